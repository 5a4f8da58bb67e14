//! HTTP/1.1 on a socket with a chosen source address, which client libraries do not offer.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Error, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Time limit of a read or a write. The server gives up on an incomplete body after 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(40);

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the difference from the expected response, if there is one.
    pub fn fault(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body);
        let good = self.status == 200 && !text.contains("\"errors\"");
        (!good).then(|| format!("{}: {}", self.status, text.chars().take(200).collect::<String>()))
    }
}

/// An open connection.
pub struct Session {
    stream: BufReader<TcpStream>,
    host: SocketAddrV4,
}

impl Session {
    pub fn open(from: Ipv4Addr, to: SocketAddrV4) -> Result<Self> {
        let fd = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        bind(fd.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(from, 0)))?;
        connect(fd.as_raw_fd(), &SockaddrIn::from(to))?;
        let stream = TcpStream::from(fd);
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        Ok(Self { stream: BufReader::new(stream), host: to })
    }

    /// Writes a request without waiting for its response.
    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        kind: &str,
        body: &[u8],
    ) -> Result<()> {
        let host = self.host;
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n").into_bytes();
        if let Some(authorization) = authorization {
            write!(request, "Authorization: {authorization}\r\n")?;
        }
        if method != "GET" {
            write!(request, "Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len())?;
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
        self.stream.get_mut().write_all(&request)
    }

    /// Sends a head that announces a body of this length, and the first bytes of the body.
    pub fn announce(&mut self, path: &str, token: &str, length: usize, first: &[u8]) -> Result<()> {
        let host = self.host;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        self.stream.get_mut().write_all(first)
    }

    /// Sends about this number of bytes of requests at once.
    pub fn pipeline(&mut self, path: &str, bytes: usize) -> Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host);
        let requests = request.repeat(bytes / request.len());
        self.stream.get_mut().write_all(requests.as_bytes())
    }

    /// Reads the next response completely.
    pub fn receive(&mut self) -> Result<Answer> {
        let status = self.line()?;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| Error::other("no status"))?;
        let (mut length, mut chunked) = (0_usize, false);
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().map_err(Error::other)?,
                "transfer-encoding" => chunked = value.trim() == "chunked",
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let size = usize::from_str_radix(&self.line()?, 16).map_err(Error::other)?;
                self.take(size, &mut body)?;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut body)?;
        }
        Ok(Answer { status, body })
    }

    fn take(&mut self, size: usize, body: &mut Vec<u8>) -> Result<()> {
        let begun = body.len();
        body.resize(begun + size, 0);
        self.stream.read_exact(&mut body[begun..])
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(Error::other("the server closed the connection"));
        }
        Ok(line.trim_end().to_owned())
    }

    pub fn get(&mut self, path: &str, token: Option<&str>) -> Result<Answer> {
        self.send("GET", path, token, "", &[])?;
        self.receive()
    }

    pub fn post(&mut self, path: &str, token: &str, body: &[u8]) -> Result<Answer> {
        self.send("POST", path, Some(token), "application/json", body)?;
        self.receive()
    }

    pub fn graphql(&mut self, token: &str, query: &str, variables: &Value) -> Result<Answer> {
        let body = json!({ "query": query, "variables": variables });
        self.post("/graphql", token, body.to_string().as_bytes())
    }

    /// Requests a token of the development issuer.
    pub fn token(&mut self, client: &str) -> Result<String> {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{client}:demo")));
        let path = "/auth/realms/pje/protocol/openid-connect/token";
        let form = "application/x-www-form-urlencoded";
        self.send("POST", path, Some(&basic), form, b"grant_type=client_credentials")?;
        let body: Value = serde_json::from_slice(&self.receive()?.body)?;
        let token = body["access_token"].as_str();
        Ok(format!("Bearer {}", token.ok_or_else(|| Error::other("no token"))?))
    }
}
