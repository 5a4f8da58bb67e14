//! No secret leaks: the tests inspect every log line, 5xx body, metric and panic of the whole run.
//!
//! The harness calls [`check`] at the end of each test.

use std::fmt::Write as _;
use std::io;
use std::sync::{LazyLock, Mutex, Once, PoisonError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// The leaks so far, and where each was found.
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Words of the synthetic data and of the tests: names, the beginnings of tokens and of
/// credentials, and the secret of the demo.
static FORBIDDEN: LazyLock<Vec<String>> = LazyLock::new(|| {
    [
        "Fictíci",
        "Ficticia",
        "Magistrad",
        "Serventuári",
        "eyJ",
        "Bearer ",
        "Basic ",
        "client_secret",
        "demo:demo",
        "tjrn:demo",
    ]
    .map(str::to_lowercase)
    .to_vec()
});

/// Returns why the text is a secret, if it is one: it contains a name, a token, or at least eleven
/// digits in a row, masked or not. A CPF has 11, an identificador or guia 12, an NRE 16 and a
/// número 20.
pub fn secret(text: &str) -> Option<String> {
    let lowercase = text.to_lowercase();
    if let Some(word) = FORBIDDEN.iter().find(|word| lowercase.contains(word.as_str())) {
        return Some(format!("the word {word}"));
    }
    let mut run = String::new();
    for part in lowercase.split(|c: char| !c.is_alphanumeric() && !"-./".contains(c)) {
        // Skip request ids, which are UUIDs, and parts that look like an instant.
        if part.parse::<uuid::Uuid>().is_ok() || part.contains('t') && part.contains('-') {
            continue;
        }
        run.clear();
        for piece in part.split(|c: char| c.is_alphabetic()) {
            let digits: String = piece.chars().filter(char::is_ascii_digit).collect();
            if digits.len() >= 11 {
                let _ = write!(run, "{} digits in a row", digits.len());
                return Some(run);
            }
        }
    }
    None
}

pub fn inspect(at: &str, text: &str) {
    if let Some(why) = secret(text) {
        let excerpt: String = text.chars().take(400).collect();
        let leak = format!("{at}: {why}: {excerpt}");
        LEAKS.lock().unwrap_or_else(PoisonError::into_inner).push(leak);
    }
}

/// Fails the first test that calls it after a leak.
#[track_caller]
pub fn check() {
    let leaks = std::mem::take(&mut *LEAKS.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(leaks.is_empty(), "what is secret was told:\n{}", leaks.join("\n"));
}

#[derive(Clone)]
struct LogWatcher;

impl io::Write for LogWatcher {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        inspect("log", &String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWatcher {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Starts the inspection of every log line of the servers at every level, and of every panic of a
/// thread that is not a test.
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // HTTP clients of the tests log what they send, and others log addresses in memory.
        let filter = tracing_subscriber::EnvFilter::new(
            "trace,ureq=off,ureq_proto=off,tungstenite=off,mio=off",
        );
        let json = tracing_subscriber::fmt::layer().json().with_writer(LogWatcher);
        let human = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(LogWatcher);
        let _ = tracing_subscriber::registry().with(filter).with(json).with(human).try_init();
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let of_test = std::thread::current()
                .name()
                .is_some_and(|name| name.contains("::") || name == "main");
            // The threads of a test have no name, and their panics are in the folder of the tests.
            let of_server = info.location().is_some_and(|at| !at.file().starts_with("tests/"));
            if !of_test && of_server {
                let text = format!("a server thread panicked: {info}");
                LEAKS.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            }
            previous(info);
        }));
    });
}

#[test]
fn the_inspection_finds_every_kind_of_secret() {
    for text in [
        "cpf 52998224725",
        "cpf 529.982.247-25",
        "numero=9000741-62.2021.8.20.0083",
        "/processos/numero-processo/90007416220218200083/x",
        "identificador 202600000001",
        "nre 0000000001522026",
        "Ana FICTÍCIA Ramos",
        "eyJhbGciOi.x.y",
        "Authorization: Bearer x",
        "user tjrn:demo",
    ] {
        assert!(secret(text).is_some(), "{text}");
    }
    for text in [
        "2026-11-24T19:00:00.123456Z INFO request{id=6c1d2f0e-1111-2222-3333-444455556666 method=GET}",
        r#"{"timestamp":"2026-11-24T19:00:00.123456Z","rota":"/processos/{id}","status":404,"ms":12}"#,
        "listening on 127.0.0.1:38123, pid 1234567",
        "processo 1234567890",
    ] {
        assert_eq!(secret(text), None, "{text}");
    }
}
