//! Files of requests in the format of the REST Client of VS Code.

use super::shown;
use crate::support::{App, Response, now};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

pub struct Session<'a> {
    app: &'a App,
    file: &'a str,
    variables: HashMap<String, String>,
    answers: HashMap<String, Value>,
}

/// One request of the file.
struct Written<'a> {
    title: &'a str,
    name: Option<&'a str>,
    method: &'a str,
    address: &'a str,
    headers: Vec<(&'a str, &'a str)>,
    body: String,
}

impl<'a> Session<'a> {
    pub fn new(app: &'a App, file: &'a str) -> Self {
        Self { app, file, variables: HashMap::new(), answers: HashMap::new() }
    }

    /// Sends every request in order and returns their number.
    pub fn run(&mut self, text: &'a str) -> usize {
        let parts = text.split("###");
        parts.filter(|part| self.part(part)).count()
    }

    /// Handles the text between two `###`: definitions of variables, and possibly a request.
    /// Returns whether there was one.
    fn part(&mut self, part: &'a str) -> bool {
        let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
        for line in rest.lines().chain(std::iter::once(title)) {
            if let Some((name, value)) = line.strip_prefix('@').and_then(|l| l.split_once(" = ")) {
                let value = if name == "base" { self.app.base.clone() } else { self.filled(value) };
                self.variables.insert(name.to_owned(), value);
            }
        }
        let Some(request) = Written::read(title, rest) else { return false };
        let status = self.send(&request);
        let expected = request.title.split_once("Espera-se ").map(|(_, after)| {
            after.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
        });
        // A request whose title states no status gets a 200.
        let expected: u16 = expected.unwrap_or(200);
        assert_eq!(status, expected, "{}.http: {}", self.file, request.title);
        true
    }

    fn send(&mut self, request: &Written<'a>) -> u16 {
        let headers: Vec<_> = request
            .headers
            .iter()
            .map(|(name, value)| (*name, basic(&self.filled(value))))
            .collect();
        let address = self.filled(request.address);
        let path = address.strip_prefix(&self.app.base).expect("an address of the server");
        let body = self.filled(&request.body);
        if headers.iter().any(|(_, value)| value == "text/event-stream") {
            return self.status_of_stream(request.method, path, &headers, &body);
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let Response { status, body, .. } =
            self.app.request(request.method, path, &headers, body.as_bytes());
        shown::rows(&format!("{}.http: {}", self.file, request.title), status, &body);
        if let Some(name) = request.name {
            self.answers.insert(name.to_owned(), body);
        }
        status
    }

    /// Reads only the status line, because the body of a stream does not end.
    fn status_of_stream(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, String)],
        body: &str,
    ) -> u16 {
        let host = self.app.base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: {host}\r\n").unwrap();
        for (name, value) in headers {
            write!(stream, "{name}: {value}\r\n").unwrap();
        }
        write!(stream, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Returns the text with its variables replaced.
    fn filled(&self, text: &str) -> String {
        let mut parts = text.split("{{");
        let mut filled = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once("}}").expect("a variable that ends");
            filled += &self.value(name.trim());
            filled += rest;
        }
        filled
    }

    fn value(&self, name: &str) -> String {
        if name == "$datetime iso8601" {
            return now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        }
        let Some((answer, path)) = name.split_once(".response.body.") else {
            return self.variables.get(name).unwrap_or_else(|| panic!("{name} is not set")).clone();
        };
        let fields = path.split('.').filter(|field| *field != "$");
        let found = fields.fold(&self.answers[answer], |value, field| &value[field]);
        match found {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            other => panic!("{name} is {other}"),
        }
    }
}

impl<'a> Written<'a> {
    fn read(title: &'a str, text: &'a str) -> Option<Self> {
        let is_setting = |line: &&str| line.is_empty() || line.starts_with(['#', '@']);
        let mut name = None;
        let mut lines = text.lines().skip_while(|line| {
            name = line.strip_prefix("# @name ").or(name);
            is_setting(line)
        });
        let (method, address) = lines.next()?.split_once(' ')?;
        let headers = lines.by_ref().map_while(|line| line.split_once(": ")).collect();
        let multipart = text.contains("multipart/form-data");
        // A multipart form needs CRLF line ends. JSON accepts any.
        let body = lines.collect::<Vec<_>>().join(if multipart { "\r\n" } else { "\n" });
        let body = body.trim().to_owned();
        Some(Self { title: title.trim(), name, method, address, headers, body })
    }
}

/// Encodes a name and a secret as base64, as the editor does.
fn basic(value: &str) -> String {
    match value.strip_prefix("Basic ").and_then(|pair| pair.split_once(' ')) {
        Some((user, secret)) => {
            format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{secret}")))
        }
        None => value.to_owned(),
    }
}
