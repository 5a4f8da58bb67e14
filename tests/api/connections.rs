//! How many may be connected, and that they read what they ask for.

use crate::support::{Ajustes, App, Modelo, PATIENCE as AT_MOST};
use elos::config::Connections;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

fn connect(app: &App) -> TcpStream {
    let stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(AT_MOST)).unwrap();
    stream.set_write_timeout(Some(AT_MOST)).unwrap();
    stream
}

/// From another address of this machine.
fn connect_from(app: &App, last: u8) -> TcpStream {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
    use std::os::fd::AsRawFd;
    let to: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::empty(), None).unwrap();
    bind(fd.as_raw_fd(), &SockaddrIn::new(127, 0, 0, last, 0)).unwrap();
    let SocketAddr::V4(to) = to else { panic!("{to}") };
    connect(fd.as_raw_fd(), &SockaddrIn::from(to)).unwrap();
    let stream = TcpStream::from(fd);
    stream.set_read_timeout(Some(AT_MOST)).unwrap();
    stream
}

/// The status line of an answer on a connection that stays open; empty when it was cut.
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
fn one_too_many_is_told_so_and_others_go_on() {
    let proxies = [Ipv4Addr::new(127, 0, 0, 9).into()].into();
    // With room for those that hang up, until the server sees it.
    let connections = Connections { at_most: 16, per_address: 3, proxies };
    let app = App::com(Modelo::Vazio, Ajustes { connections, ..Ajustes::default() });
    let mut open: Vec<_> = (0..3).map(|_| connect_from(&app, 2)).collect();
    for stream in &mut open {
        assert_eq!(ask(stream), "HTTP/1.1 200 OK");
    }
    let mut one_too_many = connect_from(&app, 2);
    let answer = ask(&mut one_too_many);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503"), "{answer}");
    // Other addresses, and those that are open, go on; a proxy's are bounded by all.
    assert_eq!(ask(&mut connect_from(&app, 3)), "HTTP/1.1 200 OK");
    assert_eq!(ask(&mut open[0]), "HTTP/1.1 200 OK");
    let mut by_proxy: Vec<_> = (0..4).map(|_| connect_from(&app, 9)).collect();
    for stream in &mut by_proxy {
        assert_eq!(ask(stream), "HTTP/1.1 200 OK");
    }
    // Who leaves makes place.
    drop(open);
    let begun = Instant::now();
    while ask(&mut connect_from(&app, 2)) != "HTTP/1.1 200 OK" {
        assert!(begun.elapsed() < AT_MOST, "no place is given back");
    }
}

/// Thousands of requests at once and no answer read: hung up on, and soon.
#[test]
fn who_asks_on_and_does_not_read_is_hung_up_on() {
    let app = App::vazio();
    let request = b"GET /schema.graphql HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut stream = connect(&app);
    let begun = Instant::now();
    let mut sent = 0_usize;
    // Until what is sent is refused: nothing is ever read.
    let end = loop {
        match stream.write(&request.repeat(100)) {
            Ok(n) => sent += n,
            Err(error) => break error.kind(),
        }
    };
    assert!(matches!(end, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{end}");
    // Long before TCP loses its patience.
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}, {sent} bytes", begun.elapsed());

    // Who reads may ask as many as it likes, one after the other or a few at once.
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
