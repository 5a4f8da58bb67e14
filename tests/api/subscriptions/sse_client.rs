//! A small client of server-sent events. It speaks HTTP itself, to see each byte when it arrives.

use super::MAX_WAIT;
use crate::support::App;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub struct Sse {
    pub status: u16,
    pub headers: Vec<String>,
    body: BufReader<Box<dyn Read>>,
}

/// The body of a chunked response, without the chunk headers.
struct Unchunked {
    of: BufReader<TcpStream>,
    remaining: usize,
    end: bool,
}

impl Read for Unchunked {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.remaining == 0 && !self.end {
            let mut line = String::new();
            while line.trim().is_empty() {
                line.clear();
                if self.of.read_line(&mut line)? == 0 {
                    self.end = true;
                    return Ok(0);
                }
            }
            self.remaining = usize::from_str_radix(line.trim(), 16).unwrap();
            self.end = self.remaining == 0;
        }
        let until = buf.len().min(self.remaining);
        let read = self.of.read(&mut buf[..until])?;
        self.remaining -= read;
        Ok(read)
    }
}

impl Sse {
    pub fn request(app: &App, client: &str, accept: &str, body: &Value) -> Self {
        Self::with_headers(app, client, &format!("Accept: {accept}\r\n"), body)
    }

    /// Opens a stream with compression.
    pub fn compressed(app: &App, client: &str, body: &Value) -> Self {
        let headers = "Accept: text/event-stream\r\nAccept-Encoding: gzip, zstd\r\n";
        let Self { status, headers, body } = Self::with_headers(app, client, headers, body);
        let decoder: Box<dyn Read> = Box::new(flate2::read::GzDecoder::new(body));
        Self { status, headers, body: BufReader::new(decoder) }
    }

    fn with_headers(app: &App, client: &str, headers: &str, body: &Value) -> Self {
        let token = app.token(client);
        let body = body.to_string();
        let request = format!(
            "POST /graphql HTTP/1.1\r\nHost: elos\r\nAuthorization: Bearer {token}\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(MAX_WAIT)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut of = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            of.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_ascii_lowercase()),
            }
        }
        let status = lines[0].split(' ').nth(1).unwrap().parse().unwrap();
        let chunked = lines.iter().any(|line| line == "transfer-encoding: chunked");
        let size = lines.iter().find_map(|line| line.strip_prefix("content-length: "));
        let body: Box<dyn Read> = match chunked {
            true => Box::new(Unchunked { of, remaining: 0, end: false }),
            false => Box::new(of.take(size.unwrap().parse().unwrap())),
        };
        Self { status, headers: lines, body: BufReader::new(body) }
    }

    /// Returns the name and the data of the next event; `None` at the end. Comments are skipped.
    pub fn evento(&mut self) -> Option<(String, String)> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.body.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end_matches('\n').split_once(':') {
                Some(("event", value)) => value.trim_start().clone_into(&mut name),
                Some(("data", value)) => value.trim_start().clone_into(&mut data),
                None if !name.is_empty() => return Some((name, data)),
                _ => {}
            }
        }
    }

    /// Returns the next line, unchanged.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.body.read_line(&mut line).unwrap();
        line
    }

    /// Returns the data of the next event, which must be a result.
    #[track_caller]
    pub fn result(&mut self) -> Value {
        let (name, data) = self.evento().expect("the stream ended");
        assert_eq!(name, "next", "{data}");
        serde_json::from_str(&data).unwrap()
    }

    pub fn all(mut self) -> String {
        let mut text = String::new();
        self.body.read_to_string(&mut text).unwrap();
        text
    }
}
