//! The files that the documents of a send tell of, in the processo and in those that
//! are apensados to it. Everything else about documents is kept as it comes. A document that
//! was withdrawn tells of files that nobody sends.

use super::super::json_fields::{Campo, Corpo};
use super::fields::{APENSADOS, boolean, integer};
use crate::tramite::rules::COMPONENTES_MAXIMO;
use crate::tramite::{ComponenteDigital, Protocolo};
use serde_json::{Map, Value};

/// As many as a person mends at a time.
const RECUSAS_MAXIMO: usize = 20;

/// Closed lists of the platform. Of a kind that several names are used for, each is known.
const CONTENT: [&str; 5] = ["txt", "img", "aud", "vid", "out"];
const PARTY: [&str; 3] = ["ativo", "passivo", "terceiro"];
const PERSON: [&str; 3] = ["fisica", "juridica", "orgaopublico"];
const MIME: [&str; 35] = [
    "application/pdf",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.formula",
    "application/xml",
    "text/xml",
    "application/rtf",
    "text/rtf",
    "text/html",
    "text/plain",
    "text/csv",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/tiff",
    "image/bmp",
    "image/x-ms-bmp",
    "audio/mp4",
    "audio/mpeg",
    "audio/midi",
    "audio/ogg",
    "audio/wav",
    "audio/x-wav",
    "audio/vnd.wave",
    "video/avi",
    "video/x-msvideo",
    "video/mpeg",
    "video/mp4",
    "video/ogg",
    "video/webm",
    "application/ogg",
    "outro",
    "other",
];
/// Papers that a person has.
const PAPER: [&str; 17] = [
    "CI", "CNH", "TE", "CN", "CC", "PAS", "CT", "RIC", "CMF", "PISPASEP", "CEI", "NIT", "CP", "IF",
    "OAB", "RJC", "RGE",
];
const NOME_MAXIMO: usize = 255;

/// The sealed level, and the highest.
const SEALED: i64 = 3;

/// Who produced the processo, and what is below `listas` (`documentos`, `processosApensados`). What
/// cannot be read is refused on `corpo`, by its place.
pub fn read(
    corpo: &mut Corpo,
    protocolo: Option<&str>,
    produtor: Option<&Value>,
    listas: &Map<String, Value>,
) -> Vec<ComponenteDigital> {
    let mut leitura = Leitura::default();
    leitura.produtor("", produtor);
    leitura.processo(protocolo.unwrap_or_default(), "", listas);
    for recusa in leitura.recusas {
        corpo.recusar_por(field_of(&recusa), recusa);
    }
    leitura.achados
}

/// The first place, of all that is delivered, that is sealed: by a member of that name, wherever it
/// stands and whatever its case, for its receiver may read it so.
pub fn sealed_place(delivered: &Map<String, Value>) -> Option<String> {
    delivered.iter().find_map(|(name, value)| {
        let sealed = name.eq_ignore_ascii_case("nivelDeSigilo") && integer(value) == Some(SEALED);
        if sealed { Some(name.clone()) } else { sealed_within(name, value) }
    })
}

fn sealed_within(place: &str, value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => sealed_place(members).map(|inner| format!("{place}.{inner}")),
        Value::Array(items) => {
            let item = |(n, item)| sealed_within(&format!("{place}[{n}]"), item);
            items.iter().enumerate().find_map(item)
        }
        _ => None,
    }
}

/// The field of the processo in which a place is.
fn field_of(place: &str) -> Campo {
    match place.split(['[', '.', ':']).next().unwrap_or_default() {
        "interessados" => &["interessados"],
        "produtor" => &["produtor"],
        "processosApensados" => &["processosApensados"],
        "processoApensado" => &["processoApensado"],
        _ => &["documentos"],
    }
}

#[derive(Default)]
struct Leitura {
    achados: Vec<ComponenteDigital>,
    recusas: Vec<String>,
}

impl Leitura {
    fn recusar(&mut self, onde: &str, mensagem: &str) {
        if self.recusas.len() < RECUSAS_MAXIMO {
            self.recusas.push(format!("{onde}: {mensagem}"));
        }
    }

    /// The items of a list of objects, each with its place.
    fn itens<'v>(
        &mut self,
        onde: &str,
        nome: &str,
        campos: &'v Map<String, Value>,
    ) -> Vec<(String, &'v Map<String, Value>)> {
        let itens = match campos.get(nome) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(itens)) => itens,
            Some(_) => {
                self.recusar(&format!("{onde}{nome}"), "é uma lista");
                return Vec::new();
            }
        };
        let mut objetos = Vec::with_capacity(itens.len());
        for (n, item) in itens.iter().enumerate() {
            let onde = format!("{onde}{nome}[{n}]");
            match item {
                Value::Object(campos) => objetos.push((onde, campos)),
                _ => self.recusar(&onde, "esperava um objeto"),
            }
        }
        objetos
    }

    /// A word of a closed list, if it is there.
    fn palavra(&mut self, onde: &str, nome: &str, campos: &Map<String, Value>, lista: &[&str]) {
        let Some(valor) = campos.get(nome).filter(|valor| !valor.is_null()) else { return };
        let palavra = valor.as_str().map(str::trim);
        if !palavra.is_some_and(|p| lista.iter().any(|um| um.eq_ignore_ascii_case(p))) {
            let mensagem = format!("valor desconhecido; use um de {}", lista.join(", "));
            self.recusar(&format!("{onde}.{nome}"), &mensagem);
        }
    }

    /// Who produced something, and in which unit.
    fn produtor(&mut self, onde: &str, produtor: Option<&Value>) {
        let Some(Value::Object(produtor)) = produtor else { return };
        self.palavra(&format!("{onde}produtor"), "tipo", produtor, &PERSON);
        if let Some(Value::Object(unidade)) = produtor.get("unidade") {
            self.palavra(&format!("{onde}produtor.unidade"), "tipo", unidade, &PERSON);
        }
    }

    /// How sealed something below the processo is.
    fn nivel_de_sigilo(&mut self, onde: &str, campos: &Map<String, Value>) {
        let Some(nivel) = campos.get("nivelDeSigilo").filter(|nivel| !nivel.is_null()) else {
            return;
        };
        if !integer(nivel).is_some_and(|nivel| (1..=SEALED).contains(&nivel)) {
            self.recusar(&format!("{onde}.nivelDeSigilo"), "o nível de sigilo vai de 1 a 3");
        }
    }

    /// What a file is called, and of which kind it is.
    fn descricao_do_componente(&mut self, onde: &str, campos: &Map<String, Value>) {
        let nome = campos.get("nome").filter(|nome| !nome.is_null());
        let cabe = |nome: &str| (1..=NOME_MAXIMO).contains(&nome.trim().chars().count());
        if nome.is_some_and(|nome| !nome.as_str().is_some_and(cabe)) {
            self.recusar(&format!("{onde}.nome"), "esperava um texto de 1 a 255 caracteres");
        }
        self.palavra(onde, "mimeType", campos, &MIME);
        self.palavra(onde, "tipoDeConteudo", campos, &CONTENT);
    }

    fn processo(&mut self, protocolo: &str, onde: &str, campos: &Map<String, Value>) {
        for (onde, interessado) in self.itens(onde, "interessados", campos) {
            self.palavra(&onde, "polo", interessado, &PARTY);
            self.palavra(&onde, "tipo", interessado, &PERSON);
            for (onde, paper) in
                self.itens(&format!("{onde}."), "documentosDeIdentificacao", interessado)
            {
                self.palavra(&onde, "tipo", paper, &PAPER);
            }
        }
        for (onde, documento) in self.itens(onde, "documentos", campos) {
            self.documento(protocolo, &onde, documento);
        }
        let apensados = APENSADOS.map(|nome| self.itens(onde, nome, campos));
        for (onde, apensado) in apensados.into_iter().flatten() {
            self.produtor(&format!("{onde}."), apensado.get("produtor"));
            self.nivel_de_sigilo(&onde, apensado);
            let dito = apensado.get("protocolo").filter(|dito| !dito.is_null());
            let lido = dito.and_then(Value::as_str).filter(|dito| Protocolo::ler(dito).is_ok());
            let antes = self.achados.len();
            self.processo(lido.unwrap_or_default().trim(), &format!("{onde}."), apensado);
            let falta = dito.is_none() && self.achados.len() > antes;
            if falta || dito.is_some() && lido.is_none() {
                self.recusar(&format!("{onde}.protocolo"), "esperava o protocolo do apensado");
            }
        }
    }

    fn documento(&mut self, protocolo: &str, onde: &str, campos: &Map<String, Value>) {
        self.produtor(&format!("{onde}."), campos.get("produtor"));
        self.nivel_de_sigilo(onde, campos);
        match campos.get("retirado").filter(|dito| !dito.is_null()).map(boolean) {
            // It is delivered, and its receiver takes it at its word.
            Some(None) => {
                return self.recusar(&format!("{onde}.retirado"), "esperava true ou false");
            }
            Some(Some(true)) => return,
            Some(Some(false)) | None => {}
        }
        let componentes = self.itens(&format!("{onde}."), "componentesDigitais", campos);
        let sem_ordem = matches!(campos.get("ordem"), None | Some(Value::Null));
        if componentes.is_empty() && sem_ordem {
            return;
        }
        let Some(documento) = inteiro(campos, "ordem").filter(|ordem| *ordem > 0) else {
            let mensagem = "esperava a ordem do documento, a contar de 1";
            return self.recusar(&format!("{onde}.ordem"), mensagem);
        };
        for (n, (onde, campos)) in componentes.into_iter().enumerate() {
            // What is beyond the limit is refused by a rule, and not read.
            if self.achados.len() > COMPONENTES_MAXIMO {
                return;
            }
            self.descricao_do_componente(&onde, campos);
            let ordem = match campos.get("ordem") {
                None | Some(Value::Null) => i32::try_from(n + 1).ok(),
                Some(_) => inteiro(campos, "ordem"),
            };
            let hash = campos.get("hash").and_then(Value::as_object);
            let algoritmo = hash.and_then(|hash| hash.get("algoritmo"));
            let conhecido = algoritmo.is_none_or(|nome| nome.is_null() || nome == "SHA256");
            let conteudo = hash.and_then(|hash| hash.get("conteudo")).and_then(Value::as_str);
            let lido = conteudo.and_then(|conteudo| conteudo.parse().ok());
            let tamanho = campos.get("tamanhoEmBytes").and_then(integer);
            match (ordem, conhecido, lido, tamanho) {
                (None, ..) => self.recusar(&format!("{onde}.ordem"), "esperava um inteiro"),
                (_, false, ..) => self.recusar(&format!("{onde}.hash.algoritmo"), "use SHA256"),
                (_, _, None, _) => self.recusar(
                    &format!("{onde}.hash.conteudo"),
                    "esperava o SHA-256 do arquivo em base64, 44 caracteres",
                ),
                (.., None) => self.recusar(
                    &format!("{onde}.tamanhoEmBytes"),
                    "esperava o tamanho do arquivo em bytes",
                ),
                (Some(ordem), true, Some(hash), Some(tamanho)) => {
                    let protocolo = protocolo.to_owned();
                    let componente =
                        ComponenteDigital { protocolo, documento, ordem, hash, tamanho };
                    self.achados.push(componente);
                }
            }
        }
    }
}

fn inteiro(campos: &Map<String, Value>, nome: &str) -> Option<i32> {
    integer(campos.get(nome)?)?.try_into().ok()
}
