//! A small client of server-sent events: HTTP by hand, to see each byte when it comes.

use super::NO_MAXIMO;
use crate::support::App;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

pub struct Sse {
    pub status: u16,
    pub headers: Vec<String>,
    corpo: BufReader<Box<dyn Read>>,
}

/// The body of an answer without its chunks.
struct SemPedacos {
    de: BufReader<TcpStream>,
    resta: usize,
    fim: bool,
}

impl Read for SemPedacos {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if self.resta == 0 && !self.fim {
            let mut linha = String::new();
            while linha.trim().is_empty() {
                linha.clear();
                if self.de.read_line(&mut linha)? == 0 {
                    self.fim = true;
                    return Ok(0);
                }
            }
            self.resta = usize::from_str_radix(linha.trim(), 16).unwrap();
            self.fim = self.resta == 0;
        }
        let ate = buf.len().min(self.resta);
        let lidos = self.de.read(&mut buf[..ate])?;
        self.resta -= lidos;
        Ok(lidos)
    }
}

impl Sse {
    pub fn pedir(app: &App, cliente: &str, accept: &str, corpo: &Value) -> Self {
        Self::com(app, cliente, &format!("Accept: {accept}\r\n"), corpo)
    }

    /// Of which each event comes compressed.
    pub fn compressed(app: &App, cliente: &str, corpo: &Value) -> Self {
        let headers = "Accept: text/event-stream\r\nAccept-Encoding: gzip, zstd\r\n";
        let Self { status, headers, corpo } = Self::com(app, cliente, headers, corpo);
        let decoder: Box<dyn Read> = Box::new(flate2::read::GzDecoder::new(corpo));
        Self { status, headers, corpo: BufReader::new(decoder) }
    }

    fn com(app: &App, cliente: &str, headers: &str, corpo: &Value) -> Self {
        let token = app.token(cliente);
        let corpo = corpo.to_string();
        let pedido = format!(
            "POST /graphql HTTP/1.1\r\nHost: elos\r\nAuthorization: Bearer {token}\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{corpo}",
            corpo.len()
        );
        let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(NO_MAXIMO)).unwrap();
        stream.write_all(pedido.as_bytes()).unwrap();
        let mut de = BufReader::new(stream);
        let mut linhas = Vec::new();
        loop {
            let mut linha = String::new();
            de.read_line(&mut linha).unwrap();
            match linha.trim_end() {
                "" => break,
                linha => linhas.push(linha.to_ascii_lowercase()),
            }
        }
        let status = linhas[0].split(' ').nth(1).unwrap().parse().unwrap();
        let em_pedacos = linhas.iter().any(|linha| linha == "transfer-encoding: chunked");
        let tamanho = linhas.iter().find_map(|linha| linha.strip_prefix("content-length: "));
        let corpo: Box<dyn Read> = match em_pedacos {
            true => Box::new(SemPedacos { de, resta: 0, fim: false }),
            false => Box::new(de.take(tamanho.unwrap().parse().unwrap())),
        };
        Self { status, headers: linhas, corpo: BufReader::new(corpo) }
    }

    /// The next event, its name and its data; none at the end. Comments are passed over.
    pub fn evento(&mut self) -> Option<(String, String)> {
        let (mut nome, mut dados) = (String::new(), String::new());
        loop {
            let mut linha = String::new();
            if self.corpo.read_line(&mut linha).unwrap() == 0 {
                return None;
            }
            match linha.trim_end_matches('\n').split_once(':') {
                Some(("event", valor)) => valor.trim_start().clone_into(&mut nome),
                Some(("data", valor)) => valor.trim_start().clone_into(&mut dados),
                None if !nome.is_empty() => return Some((nome, dados)),
                _ => {}
            }
        }
    }

    /// The next line, as it comes.
    pub fn linha(&mut self) -> String {
        let mut linha = String::new();
        self.corpo.read_line(&mut linha).unwrap();
        linha
    }

    /// The next result.
    #[track_caller]
    pub fn resultado(&mut self) -> Value {
        let (nome, dados) = self.evento().expect("the stream ended");
        assert_eq!(nome, "next", "{dados}");
        serde_json::from_str(&dados).unwrap()
    }

    pub fn tudo(mut self) -> String {
        let mut texto = String::new();
        self.corpo.read_to_string(&mut texto).unwrap();
        texto
    }
}
