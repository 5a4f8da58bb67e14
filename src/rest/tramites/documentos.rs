//! Reads the files that the documents of a send describe, in the processo and in its apensados.
//! This module does not change the other fields of a document. It skips the files of a document
//! with `retirado`, because the sender never sends them.

use super::super::json_fields::{FieldPath, JsonBody};
use super::super::not_in_list;
use super::fields::{APENSADOS, boolean, integer};
use crate::tramite::rules::MAX_COMPONENTES;
use crate::tramite::{ComponenteDigital, Protocolo};
use serde_json::{Map, Value};

/// Largest number of refusals in one answer: as many as a person can correct at a time.
const MAX_REFUSALS: usize = 20;

/// Closed lists of the platform. Where clients use several names for one type, the list has all of
/// them.
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
/// Identity documents of a person.
const IDENTITY: [&str; 17] = [
    "CI", "CNH", "TE", "CN", "CC", "PAS", "CT", "RIC", "CMF", "PISPASEP", "CEI", "NIT", "CP", "IF",
    "OAB", "RJC", "RGE",
];
const MAX_NOME: usize = 255;

/// The highest level of secrecy: sealed.
const SEALED: i64 = 3;

/// Checks `produtor` and, in `lists`, the interessados, documents and apensados, and returns the
/// files. A value that cannot be read becomes a refusal on `body` that says where the value is.
pub fn read(
    body: &mut JsonBody,
    protocolo: Option<&str>,
    produtor: Option<&Value>,
    lists: &Map<String, Value>,
) -> Vec<ComponenteDigital> {
    let mut scan = Scan::default();
    scan.produtor("", produtor);
    scan.processo(protocolo.unwrap_or_default(), "", lists);
    for refusal in scan.refusals {
        body.refuse_because(field_of(&refusal), refusal);
    }
    scan.found
}

/// The path of the first `nivelDeSigilo` with level 3 in the metadata for the destinatário. Any
/// member of that name counts, at any depth and in any case, because the receiver may read it so.
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

/// The field of the processo that holds this path.
fn field_of(place: &str) -> FieldPath {
    match place.split(['[', '.', ':']).next().unwrap_or_default() {
        "interessados" => &["interessados"],
        "produtor" => &["produtor"],
        "processosApensados" => &["processosApensados"],
        "processoApensado" => &["processoApensado"],
        _ => &["documentos"],
    }
}

#[derive(Default)]
struct Scan {
    found: Vec<ComponenteDigital>,
    refusals: Vec<String>,
}

impl Scan {
    fn refuse(&mut self, at: &str, message: &str) {
        if self.refusals.len() < MAX_REFUSALS {
            self.refusals.push(format!("{at}: {message}"));
        }
    }

    /// The items of a list of objects, each with its path.
    fn items<'v>(
        &mut self,
        at: &str,
        name: &str,
        fields: &'v Map<String, Value>,
    ) -> Vec<(String, &'v Map<String, Value>)> {
        let items = match fields.get(name) {
            None | Some(Value::Null) => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.refuse(&format!("{at}{name}"), "é uma lista");
                return Vec::new();
            }
        };
        let mut objects = Vec::with_capacity(items.len());
        for (n, item) in items.iter().enumerate() {
            let at = format!("{at}{name}[{n}]");
            match item {
                Value::Object(fields) => objects.push((at, fields)),
                _ => self.refuse(&at, "esperava um objeto"),
            }
        }
        objects
    }

    /// Checks that a field, if present, is a word of a closed list.
    fn word(&mut self, at: &str, name: &str, fields: &Map<String, Value>, list: &[&'static str]) {
        let Some(value) = fields.get(name).filter(|value| !value.is_null()) else { return };
        let word = value.as_str().map(str::trim);
        if !word.is_some_and(|p| list.iter().any(|allowed| allowed.eq_ignore_ascii_case(p))) {
            self.refuse(&format!("{at}.{name}"), &not_in_list(list, |word| word));
        }
    }

    /// Checks the types of a produtor and of its unidade.
    fn produtor(&mut self, at: &str, produtor: Option<&Value>) {
        let Some(Value::Object(produtor)) = produtor else { return };
        self.word(&format!("{at}produtor"), "tipo", produtor, &PERSON);
        if let Some(Value::Object(unidade)) = produtor.get("unidade") {
            self.word(&format!("{at}produtor.unidade"), "tipo", unidade, &PERSON);
        }
    }

    /// Checks the level of secrecy of a document or an apensado.
    fn nivel_de_sigilo(&mut self, at: &str, fields: &Map<String, Value>) {
        let Some(level) = fields.get("nivelDeSigilo").filter(|level| !level.is_null()) else {
            return;
        };
        if !integer(level).is_some_and(|level| (1..=SEALED).contains(&level)) {
            self.refuse(&format!("{at}.nivelDeSigilo"), "o nível de sigilo vai de 1 a 3");
        }
    }

    /// Checks the name and the content type of a file.
    fn componente_description(&mut self, at: &str, fields: &Map<String, Value>) {
        let name = fields.get("nome").filter(|name| !name.is_null());
        let fits = |name: &str| (1..=MAX_NOME).contains(&name.trim().chars().count());
        if name.is_some_and(|name| !name.as_str().is_some_and(fits)) {
            self.refuse(&format!("{at}.nome"), "esperava um texto de 1 a 255 caracteres");
        }
        self.word(at, "mimeType", fields, &MIME);
        self.word(at, "tipoDeConteudo", fields, &CONTENT);
    }

    fn processo(&mut self, protocolo: &str, at: &str, fields: &Map<String, Value>) {
        for (at, interessado) in self.items(at, "interessados", fields) {
            self.word(&at, "polo", interessado, &PARTY);
            self.word(&at, "tipo", interessado, &PERSON);
            for (at, identity) in
                self.items(&format!("{at}."), "documentosDeIdentificacao", interessado)
            {
                self.word(&at, "tipo", identity, &IDENTITY);
            }
        }
        for (at, documento) in self.items(at, "documentos", fields) {
            self.documento(protocolo, &at, documento);
        }
        let apensados = APENSADOS.map(|name| self.items(at, name, fields));
        for (at, apensado) in apensados.into_iter().flatten() {
            self.produtor(&format!("{at}."), apensado.get("produtor"));
            self.nivel_de_sigilo(&at, apensado);
            let apensado_protocolo = apensado.get("protocolo").filter(|value| !value.is_null());
            let parsed = apensado_protocolo
                .and_then(Value::as_str)
                .filter(|text| Protocolo::read(text).is_ok());
            let before = self.found.len();
            self.processo(parsed.unwrap_or_default().trim(), &format!("{at}."), apensado);
            let missing = apensado_protocolo.is_none() && self.found.len() > before;
            if missing || apensado_protocolo.is_some() && parsed.is_none() {
                self.refuse(&format!("{at}.protocolo"), "esperava o protocolo do apensado");
            }
        }
    }

    fn documento(&mut self, protocolo: &str, at: &str, fields: &Map<String, Value>) {
        self.produtor(&format!("{at}."), fields.get("produtor"));
        self.nivel_de_sigilo(at, fields);
        match fields.get("retirado").filter(|value| !value.is_null()).map(boolean) {
            // The field must be readable, because the receiver gets it too and trusts it.
            Some(None) => {
                return self.refuse(&format!("{at}.retirado"), "esperava true ou false");
            }
            Some(Some(true)) => return,
            Some(Some(false)) | None => {}
        }
        let componentes = self.items(&format!("{at}."), "componentesDigitais", fields);
        let without_order = matches!(fields.get("ordem"), None | Some(Value::Null));
        if componentes.is_empty() && without_order {
            return;
        }
        let Some(documento) = integer_field(fields, "ordem").filter(|ordem| *ordem > 0) else {
            let message = "esperava a ordem do documento, a contar de 1";
            return self.refuse(&format!("{at}.ordem"), message);
        };
        for (n, (at, fields)) in componentes.into_iter().enumerate() {
            // A rule refuses a send with more files than the limit. Reading one above it is enough.
            if self.found.len() > MAX_COMPONENTES {
                return;
            }
            self.componente_description(&at, fields);
            let ordem = match fields.get("ordem") {
                None | Some(Value::Null) => i32::try_from(n + 1).ok(),
                Some(_) => integer_field(fields, "ordem"),
            };
            let hash = fields.get("hash").and_then(Value::as_object);
            let algorithm = hash.and_then(|hash| hash.get("algoritmo"));
            let known = algorithm.is_none_or(|name| name.is_null() || name == "SHA256");
            let content = hash.and_then(|hash| hash.get("conteudo")).and_then(Value::as_str);
            let parsed = content.and_then(|content| content.parse().ok());
            let size = fields.get("tamanhoEmBytes").and_then(integer);
            match (ordem, known, parsed, size) {
                (None, ..) => self.refuse(&format!("{at}.ordem"), "esperava um inteiro"),
                (_, false, ..) => self.refuse(&format!("{at}.hash.algoritmo"), "use SHA256"),
                (_, _, None, _) => self.refuse(
                    &format!("{at}.hash.conteudo"),
                    "esperava o SHA-256 do arquivo em base64, 44 caracteres",
                ),
                (.., None) => self.refuse(
                    &format!("{at}.tamanhoEmBytes"),
                    "esperava o tamanho do arquivo em bytes",
                ),
                (Some(ordem), true, Some(hash), Some(size)) => {
                    let protocolo = protocolo.to_owned();
                    let componente =
                        ComponenteDigital { protocolo, documento, ordem, hash, tamanho: size };
                    self.found.push(componente);
                }
            }
        }
    }
}

fn integer_field(fields: &Map<String, Value>, name: &str) -> Option<i32> {
    integer(fields.get(name)?)?.try_into().ok()
}
