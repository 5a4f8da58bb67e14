//! Reads a JSON body field by field, and collects a refusal for each field that it cannot read.

use super::answer;
use super::envelope::RestError;
use crate::bounded_json::{self, Bounds, NotRead};
use crate::error::{CodigoErro, Error, Failure, Refusal};
use crate::http::body::{has_body, read_json};
use crate::value::field::{self, Change, filled};
use crate::value::rules::UnknownFields;
use crate::value::time;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;
use utoipa::PartialSchema;

/// Limits of a usual body, far above any that a person fills in.
const LIMITS: Limits = Limits { bytes: 256 * 1024, values: 20_000 };
const DEPTH: usize = 64;
const MAX_UNKNOWN: usize = 50;

/// The largest body: in bytes as sent, and in JSON values as held in memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub bytes: usize,
    pub values: usize,
}

/// The path of a field below the input, by the names of the GraphQL schema.
pub type FieldPath = &'static [&'static str];

/// A JSON body. Each method takes a field out of it, and [`JsonBody::finish`] treats the fields
/// that remain as unknown.
#[derive(Default)]
pub struct JsonBody {
    prefix: String,
    bytes: web::Bytes,
    fields: Map<String, Value>,
    /// The refusals of the fields that could not be read.
    pub malformed: Vec<Refusal>,
    /// The paths in the body of the fields that nothing has taken.
    pub unknown: Vec<String>,
}

impl JsonBody {
    pub async fn read(req: &HttpRequest, payload: web::Payload) -> Result<Self, RestError> {
        Ok(Self::read_limited(req, payload, LIMITS, |body| body).await?)
    }

    /// Reads a body and passes it to `read`. Parses a large body on another thread.
    pub async fn read_limited<T: Send + 'static>(
        req: &HttpRequest,
        payload: web::Payload,
        limits: Limits,
        read: impl FnOnce(Self) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let Limits { bytes, values } = limits;
        let read = move |bytes| Ok(read(Self::of(bytes, values)?));
        let (read, _share) = read_json(req, payload, bytes, read).await?;
        read
    }

    fn of(bytes: web::Bytes, values: usize) -> Result<Self, Error> {
        match bounded_json::members::<Value>(&bytes, Bounds { values, depth: DEPTH }, |_| true) {
            Ok(fields) => Ok(Self { bytes, fields, ..Self::default() }),
            Err(NotRead::Malformed) => Err(Error::invalid("o corpo não é um objeto JSON")),
            Err(NotRead::Repeated(place)) => Err(bounded_json::repeated(&place)),
            Err(NotRead::Excess) => {
                let message = format!("o corpo tem mais de {values} valores ou {DEPTH} níveis");
                Err(Error::failure(Failure::CorpoExcedeLimite, message))
            }
        }
    }

    /// Reads a body that the route does not require.
    pub async fn read_optional(
        req: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Option<Self>, RestError> {
        if has_body(req.headers()) { Self::read(req, payload).await.map(Some) } else { Ok(None) }
    }

    /// Null and blank texts count as absent.
    pub fn text(&mut self, name: &'static str, field: FieldPath) -> Option<String> {
        match self.fields.remove(name)? {
            Value::String(text) => filled(Some(text)),
            Value::Null => None,
            _ => self.refuse(field, "esperava um texto"),
        }
    }

    /// A text, parsed by the `FromStr` of `T`.
    pub fn parse<T>(&mut self, name: &'static str, field: FieldPath) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let text = self.text(name, field)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.refuse(field, error.to_string()),
        }
    }

    /// One of a closed list of words.
    pub fn word<T>(
        &mut self,
        name: &'static str,
        field: FieldPath,
        all: &[T],
        text: fn(T) -> &'static str,
    ) -> Option<T>
    where
        T: Copy,
    {
        let written = self.text(name, field)?;
        let found = all.iter().copied().find(|&value| text(value) == written);
        found.or_else(|| self.refuse(field, super::not_in_list(all, text)))
    }

    /// Reads what a PUT does to a field: an absent or blank field stays as it is, and null erases
    /// it.
    pub fn change<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Change<T> {
        match self.fields.get(name) {
            Some(Value::Null) => {
                self.fields.remove(name);
                Change::Clear
            }
            _ => read(self).into(),
        }
    }

    /// Refuses the fields of an answer that nobody took: they exist, but this route does not change
    /// them.
    pub fn immutable_fields_of<T: PartialSchema>(&mut self) {
        for name in answer::field_names::<T>() {
            if !matches!(self.fields.remove(&name), None | Some(Value::Null)) {
                let mut refusal = malformed_form("o campo não se altera por esta rota".into());
                refusal.campo = vec![name.into()];
                self.malformed.push(refusal);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub fn integer(&mut self, name: &'static str, field: FieldPath) -> Option<i32> {
        match self.fields.remove(name)? {
            Value::Null => None,
            Value::Number(n) => match n.as_i64().and_then(|n| i32::try_from(n).ok()) {
                Some(n) => Some(n),
                None => self.refuse(field, "esperava um inteiro de até 2147483647"),
            },
            _ => self.refuse(field, "esperava um número inteiro"),
        }
    }

    /// An integer, or a text with its digits.
    pub fn integer_or_text(&mut self, name: &'static str, field: FieldPath) -> Option<i32> {
        if let Some(Value::String(text)) = self.fields.get(name) {
            let parsed = text.trim().parse().ok();
            self.fields.remove(name);
            return parsed.or_else(|| self.refuse(field, "esperava um número inteiro"));
        }
        self.integer(name, field)
    }

    /// A text, or an integer taken as its digits.
    pub fn text_or_number(&mut self, name: &'static str, field: FieldPath) -> Option<String> {
        if let Some(Value::Number(number)) = self.fields.get(name)
            && (number.is_i64() || number.is_u64())
        {
            let text = number.to_string();
            self.fields.remove(name);
            return Some(text);
        }
        self.text(name, field)
    }

    /// A date as `dd/MM/yyyy`.
    pub fn date(&mut self, name: &'static str, field: FieldPath) -> Option<NaiveDate> {
        let text = self.text(name, field)?;
        time::read_date(&text).or_else(|| self.refuse(field, "a data tem a forma dd/MM/aaaa"))
    }

    /// Reads `S` or `N`, and also `Sim` and `Não`, because answers carry those two.
    pub fn yes_or_no(&mut self, name: &'static str, field: FieldPath) -> Option<bool> {
        match self.text(name, field)?.as_str() {
            "S" | "Sim" => Some(true),
            "N" | "Não" => Some(false),
            _ => self.refuse(field, "use S ou N"),
        }
    }

    /// A list of texts that `FromStr` parses. An item that cannot be parsed leaves `None` at its
    /// index and a refusal that names the index, so the other items keep theirs. A list above
    /// [`field::MAX_ITEMS`] is not parsed: the result holds one item too many, which makes the rule
    /// about its length refuse it.
    pub fn list<T>(&mut self, name: &'static str, field: FieldPath) -> Vec<Option<T>>
    where
        T: FromStr<Err: Display>,
    {
        let items = self.array(name, field);
        if field::items(&items).len() < items.len() {
            return std::iter::repeat_with(|| None).take(field::MAX_ITEMS + 1).collect();
        }
        let read = |item: &Value| match item.as_str().map(|text| text.trim().parse::<T>()) {
            Some(Ok(value)) => Ok(value),
            Some(Err(error)) => Err(Cow::Owned(error.to_string())),
            None => Err(Cow::Borrowed("esperava um texto")),
        };
        let mut values = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            let parsed = read(item).map_err(|message| at_item(malformed_form(message), field, i));
            values.push(parsed.map_err(|refusal| self.malformed.push(refusal)).ok());
        }
        values
    }

    /// A list of objects, each read by `read`. The path of a refusal within an item includes the
    /// index of the item.
    pub fn items<T>(
        &mut self,
        name: &'static str,
        field: FieldPath,
        read: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        let items = self.array(name, field);
        if field::items(&items).len() < items.len() {
            let empty = || read(&mut Self::default());
            return std::iter::repeat_with(empty).take(field::MAX_ITEMS + 1).collect();
        }
        let mut values = Vec::with_capacity(items.len());
        for (i, item) in items.into_iter().enumerate() {
            let fields = match item {
                Value::Object(fields) => fields,
                _ => {
                    self.malformed.push(at_item(
                        malformed_form("esperava um objeto".into()),
                        field,
                        i,
                    ));
                    Map::new()
                }
            };
            let prefix = format!("{}{name}[{i}].", self.prefix);
            let mut nested = Self { prefix, fields, ..Self::default() };
            values.push(read(&mut nested));
            nested.collect_unknown();
            self.unknown.append(&mut nested.unknown);
            self.malformed.extend(nested.malformed.into_iter().map(|refusal| {
                let below = refusal.campo.clone();
                let mut refusal = at_item(refusal, field, i);
                refusal.campo.extend(below);
                refusal
            }));
        }
        values
    }

    /// The text of a field of the outermost object, exactly as sent. This method does not check the
    /// value; the rules do.
    pub fn json(&mut self, name: &'static str) -> Option<String> {
        self.fields.remove(name).filter(|value| !value.is_null())?;
        let texts: HashMap<String, &RawValue> = serde_json::from_slice(&self.bytes).ok()?;
        texts.get(name).map(|text| text.get().to_owned())
    }

    /// Takes the fields with these names, as they came. Null counts as absent.
    pub fn keep(&mut self, names: &[&str]) -> Map<String, Value> {
        let take = |name: &&str| Some(((*name).to_owned(), self.fields.shift_remove(*name)?));
        names.iter().filter_map(take).filter(|(_, value)| !value.is_null()).collect()
    }

    /// Takes every remaining field whose name `accept` accepts.
    pub fn rest(&mut self, accept: impl Fn(&str) -> bool) -> Map<String, Value> {
        let fields = std::mem::take(&mut self.fields);
        let (rest, kept) = fields.into_iter().partition(|(name, _)| accept(name));
        self.fields = kept;
        rest
    }

    /// Gives access to all fields, for a caller that changes them before it reads them.
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.fields
    }

    /// An instant as RFC 3339, with an offset.
    pub fn instant(&mut self, name: &'static str, field: FieldPath) -> Option<DateTime<Utc>> {
        let text = self.text(name, field)?;
        time::read_instant(&text)
            .or_else(|| self.refuse(field, "o instante tem a forma AAAA-MM-DDThh:mm:ssZ, com fuso"))
    }

    /// Adds a refusal that the caller decided on.
    pub fn refuse_because(&mut self, field: FieldPath, message: impl Into<Cow<'static, str>>) {
        self.refuse::<()>(field, message);
    }

    /// An object within the body, read by `read`.
    pub fn nested<T: Default>(
        &mut self,
        name: &'static str,
        field: FieldPath,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        match self.fields.remove(name) {
            None | Some(Value::Null) => T::default(),
            Some(Value::Object(fields)) => {
                let prefix = format!("{}{name}.", self.prefix);
                let mut nested = Self { prefix, fields, ..Self::default() };
                let value = read(&mut nested);
                nested.collect_unknown();
                self.malformed.append(&mut nested.malformed);
                self.unknown.append(&mut nested.unknown);
                value
            }
            Some(_) => {
                self.refuse::<()>(field, "esperava um objeto");
                T::default()
            }
        }
    }

    /// Ends the reading. Returns the refusals and the warnings. Each field that nothing has taken,
    /// up to [`MAX_UNKNOWN`], is a warning or a refusal, as `policy` says.
    pub fn finish(mut self, policy: UnknownFields) -> (Vec<Refusal>, Vec<String>) {
        self.collect_unknown();
        let Self { mut malformed, mut unknown, .. } = self;
        unknown.truncate(MAX_UNKNOWN);
        match policy {
            UnknownFields::Avisar => {
                let warning = |name| format!("{name}: campo desconhecido, ignorado");
                (malformed, unknown.into_iter().map(warning).collect())
            }
            UnknownFields::Recusar => {
                malformed.extend(unknown.into_iter().map(|name| {
                    let mut refusal = malformed_form("campo desconhecido".into());
                    refusal.campo = vec![name.into()];
                    refusal
                }));
                (malformed, Vec::new())
            }
        }
    }

    fn array(&mut self, name: &'static str, field: FieldPath) -> Vec<Value> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.refuse::<()>(field, "esperava uma lista");
                Vec::new()
            }
        }
    }

    fn collect_unknown(&mut self) {
        for (name, _) in std::mem::take(&mut self.fields).into_iter().take(MAX_UNKNOWN) {
            let name = super::printable(&name);
            self.unknown.push(format!("{}{name}", self.prefix));
        }
    }

    fn refuse<T>(&mut self, field: FieldPath, message: impl Into<Cow<'static, str>>) -> Option<T> {
        let mut refusal = malformed_form(message.into());
        refusal.campo = field.iter().map(|&part| part.into()).collect();
        self.malformed.push(refusal);
        None
    }
}

/// The field that names the object of an update, or else all refusals of the body, among them that this
/// field is missing.
pub fn required<T>(
    value: Option<T>,
    field: &'static str,
    (rule, hint): (&'static str, &'static str),
    mut malformed: Vec<Refusal>,
) -> Result<(T, Vec<Refusal>), Error> {
    let Some(value) = value else {
        if malformed.iter().all(|refusal| refusal.campo != [field]) {
            let missing = Refusal::new(CodigoErro::CampoObrigatorio, rule, "o campo é obrigatório");
            malformed.push(missing.at([field]).hint(hint));
        }
        return Err(Error::Refusals(malformed));
    };
    Ok((value, malformed))
}

fn malformed_form(message: Cow<'static, str>) -> Refusal {
    Refusal::new(CodigoErro::CampoInvalido, "forma", message)
}

fn at_item(mut refusal: Refusal, field: FieldPath, i: usize) -> Refusal {
    refusal.campo = field.iter().map(|&part| part.into()).collect();
    refusal.campo.push(i.to_string().into());
    refusal
}
