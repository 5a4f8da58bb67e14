//! The limits on connections, and the rule that a client must read its responses.

use crate::support::{App, MAX_WAIT, Settings, Template, until};
use elos::http::connections::ConnectionLimits;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

fn connect(app: &App) -> TcpStream {
    let stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
    stream.set_write_timeout(Some(MAX_WAIT)).unwrap();
    stream
}

/// Connects from the loopback address that ends in `last`.
fn connect_from(app: &App, last: u8) -> TcpStream {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
    use std::os::fd::AsRawFd;
    let to: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).unwrap();
    bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, last, 0)).unwrap();
    let SocketAddr::V4(to) = to else { panic!("{to}") };
    connect(fd.as_raw_fd(), &SockaddrIn::from(to)).unwrap();
    let stream = TcpStream::from(fd);
    stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
    stream
}

/// Sends a request on an open connection and returns the status line, or an empty text if the
/// server closed the connection.
fn ask(stream: &mut TcpStream) -> String {
    let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let (mut read, mut buffer) = (Vec::new(), [0; 1024]);
    while !read.ends_with(b"ok\n") {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => read.extend(&buffer[..n]),
        }
    }
    String::from_utf8_lossy(&read).lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_connection_above_the_limit_is_refused_and_others_go_on() {
    let proxies = [Ipv4Addr::new(127, 0, 0, 9).into()].into();
    // The total leaves room for closed connections that the server has not noticed yet.
    let connections = ConnectionLimits { max_total: 16, per_address: 3, proxies };
    let app = App::with(Template::Empty, Settings { connections, ..Settings::default() });
    let mut open: Vec<_> = (0..3).map(|_| connect_from(&app, 2)).collect();
    for stream in &mut open {
        assert_eq!(ask(stream), "HTTP/1.1 200 OK");
    }
    let mut one_too_many = connect_from(&app, 2);
    let answer = ask(&mut one_too_many);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503"), "{answer}");
    // The server still serves other addresses and open connections. Only the total limits a trusted
    // proxy.
    assert_eq!(ask(&mut connect_from(&app, 3)), "HTTP/1.1 200 OK");
    assert_eq!(ask(&mut open[0]), "HTTP/1.1 200 OK");
    let mut by_proxy: Vec<_> = (0..4).map(|_| connect_from(&app, 9)).collect();
    for stream in &mut by_proxy {
        assert_eq!(ask(stream), "HTTP/1.1 200 OK");
    }
    // A closed connection makes room for another one.
    drop(open);
    until(MAX_WAIT, "a connection is released", || {
        ask(&mut connect_from(&app, 2)) == "HTTP/1.1 200 OK"
    });
}

/// The server soon disconnects a client that pipelines thousands of requests and reads no response.
#[test]
fn a_client_that_does_not_read_is_disconnected() {
    let app = App::empty();
    let request = b"GET /schema.graphql HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = connect(&app);
    let begun = Instant::now();
    let mut sent = 0_usize;
    // Write until the server closes the connection. The client reads nothing.
    let end = loop {
        match stream.write(&request.repeat(100)) {
            Ok(n) => sent += n,
            Err(error) => break error.kind(),
        }
    };
    assert!(matches!(end, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{end}");
    // The server gives up long before TCP does.
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}, {sent} bytes", begun.elapsed());

    // A client that reads may send any number of requests, one at a time or a few at once.
    let mut stream = connect(&app);
    for _ in 0..100 {
        assert_eq!(ask(&mut stream), "HTTP/1.1 200 OK");
    }
    stream.write_all(&request.repeat(3)).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut read = Vec::new();
    stream.read_to_end(&mut read).unwrap();
    let answers = String::from_utf8_lossy(&read).matches("HTTP/1.1 200 OK").count();
    assert_eq!(answers, 4);
}
