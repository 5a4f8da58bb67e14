//! What may not be told is told nowhere: every log line, 5xx body, metric and panic of the
//! whole run is looked at, whichever test caused it.
//!
//! The harness asks [`conferir`] at the end of each test.

use std::fmt::Write as _;
use std::io;
use std::sync::{LazyLock, Mutex, Once, PoisonError};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// What was told although it may not be, with where.
static VAZAMENTOS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Words of the synthetic data and of what the tests send: names, and the demo's secret.
static PROIBIDAS: LazyLock<Vec<String>> = LazyLock::new(|| {
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

/// Why `texto` may not be told, if it may not: a name, a token, or digits as a CPF (11), an
/// identificador or a guia (12), an NRE (16) or a número (20) has them, masked or bare.
pub fn segredo(texto: &str) -> Option<String> {
    let minusculas = texto.to_lowercase();
    if let Some(palavra) = PROIBIDAS.iter().find(|palavra| minusculas.contains(palavra.as_str())) {
        return Some(format!("the word {palavra}"));
    }
    let mut corrida = String::new();
    for parte in minusculas.split(|c: char| !c.is_alphanumeric() && !"-./".contains(c)) {
        // Request ids are UUIDs; what looks like an instant is one.
        if parte.parse::<uuid::Uuid>().is_ok() || parte.contains('t') && parte.contains('-') {
            continue;
        }
        corrida.clear();
        for pedaco in parte.split(|c: char| c.is_alphabetic()) {
            let digitos: String = pedaco.chars().filter(char::is_ascii_digit).collect();
            if digitos.len() >= 11 {
                let _ = write!(corrida, "{} digits in a row", digitos.len());
                return Some(corrida);
            }
        }
    }
    None
}

pub fn olhar(onde: &str, texto: &str) {
    if let Some(por_que) = segredo(texto) {
        let trecho: String = texto.chars().take(400).collect();
        let vazamento = format!("{onde}: {por_que}: {trecho}");
        VAZAMENTOS.lock().unwrap_or_else(PoisonError::into_inner).push(vazamento);
    }
}

/// Fails whoever is first to ask after something was told.
#[track_caller]
pub fn conferir() {
    let vazamentos =
        std::mem::take(&mut *VAZAMENTOS.lock().unwrap_or_else(PoisonError::into_inner));
    assert!(vazamentos.is_empty(), "what is secret was told:\n{}", vazamentos.join("\n"));
}

#[derive(Clone)]
struct Olheiro;

impl io::Write for Olheiro {
    fn write(&mut self, linha: &[u8]) -> io::Result<usize> {
        olhar("log", &String::from_utf8_lossy(linha));
        Ok(linha.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Olheiro {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// From now on every line of the servers, down to the finest, is looked at; and every panic
/// of a thread that is not a test's own.
pub fn vigiar() {
    static UMA_VEZ: Once = Once::new();
    UMA_VEZ.call_once(|| {
        // But for the clients of the tests, which tell what they send, and addresses in memory.
        let filtro = tracing_subscriber::EnvFilter::new(
            "trace,ureq=off,ureq_proto=off,tungstenite=off,mio=off",
        );
        let json = tracing_subscriber::fmt::layer().json().with_writer(Olheiro);
        let humano = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Olheiro);
        let _ = tracing_subscriber::registry().with(filtro).with(json).with(humano).try_init();
        let anterior = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panico| {
            let de_teste = std::thread::current()
                .name()
                .is_some_and(|nome| nome.contains("::") || nome == "main");
            // Threads that a test started for itself have no name, and stand in its folder.
            let do_servidor =
                panico.location().is_some_and(|onde| !onde.file().starts_with("tests/"));
            if !de_teste && do_servidor {
                let texto = format!("a server thread panicked: {panico}");
                VAZAMENTOS.lock().unwrap_or_else(PoisonError::into_inner).push(texto);
            }
            anterior(panico);
        }));
    });
}

#[test]
fn o_olheiro_ve_o_que_tem_de_ver() {
    for texto in [
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
        assert!(segredo(texto).is_some(), "{texto}");
    }
    for texto in [
        "2026-11-24T19:00:00.123456Z INFO request{id=6c1d2f0e-1111-2222-3333-444455556666 method=GET}",
        r#"{"timestamp":"2026-11-24T19:00:00.123456Z","rota":"/processos/{id}","status":404,"ms":12}"#,
        "listening on 127.0.0.1:38123, pid 1234567",
        "processo 1234567890",
    ] {
        assert_eq!(segredo(texto), None, "{texto}");
    }
}
