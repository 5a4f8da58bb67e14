//! Reads a JSON body field by field, and remembers what it could not read.

use super::envelope::Negado;
use crate::error::{CodigoErro, Error, Falha, Recusa};
use crate::http::body::counted::{self, Bounds, NotRead};
use crate::http::body::read_json;
use crate::value::field::{self, Mudanca, preenchido};
use crate::value::regras::CamposDesconhecidos;
use crate::value::time;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

/// What a body may be: more than any that a person fills in.
const LIMITS: Limits = Limits { bytes: 256 * 1024, values: 20_000 };
const DEPTH: usize = 64;
const DESCONHECIDOS_MAXIMO: usize = 50;

/// How large a body may be, as it comes and in memory.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub bytes: usize,
    pub values: usize,
}

/// The path of a field below the input, in the names of the GraphQL schema.
pub type Campo = &'static [&'static str];

/// A body being read. Each field is taken once; what is left at the end is unknown.
#[derive(Default)]
pub struct Corpo {
    prefixo: String,
    bytes: web::Bytes,
    campos: Map<String, Value>,
    pub malformados: Vec<Recusa>,
    pub desconhecidos: Vec<String>,
}

impl Corpo {
    pub async fn ler(req: &HttpRequest, payload: web::Payload) -> Result<Self, Negado> {
        Ok(Self::read(req, payload, LIMITS, |corpo| corpo).await?)
    }

    /// What `read` makes of a body; of a large one, on another thread.
    pub async fn read<T: Send + 'static>(
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
        match counted::members::<Value>(&bytes, Bounds { values, depth: DEPTH }, |_| true) {
            Ok(campos) => Ok(Self { bytes, campos, ..Self::default() }),
            Err(NotRead::Malformed) => {
                Err(Error::falha(Falha::EntradaInvalida, "o corpo não é um objeto JSON"))
            }
            Err(NotRead::Repeated(place)) => Err(counted::repeated(&place)),
            Err(NotRead::Excess) => {
                let mensagem = format!("o corpo tem mais de {values} valores ou {DEPTH} níveis");
                Err(Error::falha(Falha::CorpoExcedeLimite, mensagem))
            }
        }
    }

    /// The body, where a route can do without.
    pub async fn ler_se_houver(
        req: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Option<Self>, Negado> {
        let headers = req.headers();
        let tamanho = headers.get(header::CONTENT_LENGTH).and_then(|valor| valor.to_str().ok());
        let vem =
            headers.contains_key(header::TRANSFER_ENCODING) || tamanho.is_some_and(|n| n != "0");
        if vem { Self::ler(req, payload).await.map(Some) } else { Ok(None) }
    }

    /// Null counts as absent, and so does blank.
    pub fn texto(&mut self, nome: &'static str, campo: Campo) -> Option<String> {
        match self.campos.remove(nome)? {
            Value::String(texto) => preenchido(Some(texto)),
            Value::Null => None,
            _ => self.recusar(campo, "esperava um texto"),
        }
    }

    /// A text with a shape of its own.
    pub fn forma<T>(&mut self, nome: &'static str, campo: Campo) -> Option<T>
    where
        T: FromStr<Err: Display>,
    {
        let texto = self.texto(nome, campo)?;
        match texto.parse() {
            Ok(valor) => Some(valor),
            Err(erro) => self.recusar(campo, erro.to_string()),
        }
    }

    /// One of a list of words.
    pub fn palavra<T>(
        &mut self,
        nome: &'static str,
        campo: Campo,
        todas: &[T],
        texto: fn(T) -> &'static str,
    ) -> Option<T>
    where
        T: Copy,
    {
        let escrita = self.texto(nome, campo)?;
        let achada = todas.iter().copied().find(|&valor| texto(valor) == escrita);
        achada.or_else(|| self.recusar(campo, super::fora_da_lista(todas, texto)))
    }

    /// What a PUT does to a field that `ler` reads: absent and blank keep it, null erases it.
    pub fn mudanca<T>(
        &mut self,
        nome: &'static str,
        ler: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Mudanca<T> {
        match self.campos.get(nome) {
            Some(Value::Null) => {
                self.campos.remove(nome);
                Mudanca::Apagar
            }
            _ => ler(self).into(),
        }
    }

    /// The same, of a text with a shape of its own.
    pub fn mudanca_de_forma<T>(&mut self, nome: &'static str, campo: Campo) -> Mudanca<T>
    where
        T: FromStr<Err: Display>,
    {
        self.mudanca(nome, |corpo| corpo.forma(nome, campo))
    }

    /// A field that exists, and that this route does not change.
    pub fn imutavel(&mut self, nome: &'static str, campo: Campo) {
        if !matches!(self.campos.remove(nome), None | Some(Value::Null)) {
            self.recusar::<()>(campo, "o campo não se altera por esta rota");
        }
    }

    pub fn vazio(&self) -> bool {
        self.campos.is_empty()
    }

    pub fn inteiro(&mut self, nome: &'static str, campo: Campo) -> Option<i32> {
        match self.campos.remove(nome)? {
            Value::Null => None,
            Value::Number(n) => match n.as_i64().and_then(|n| i32::try_from(n).ok()) {
                Some(n) => Some(n),
                None => self.recusar(campo, "esperava um inteiro de até 2147483647"),
            },
            _ => self.recusar(campo, "esperava um número inteiro"),
        }
    }

    /// A number, or the digits of one as text.
    pub fn inteiro_ou_texto(&mut self, nome: &'static str, campo: Campo) -> Option<i32> {
        if let Some(Value::String(texto)) = self.campos.get(nome) {
            let lido = texto.trim().parse().ok();
            self.campos.remove(nome);
            return lido.or_else(|| self.recusar(campo, "esperava um número inteiro"));
        }
        self.inteiro(nome, campo)
    }

    /// A text, or a whole number as its digits.
    pub fn texto_ou_numero(&mut self, nome: &'static str, campo: Campo) -> Option<String> {
        if let Some(Value::Number(numero)) = self.campos.get(nome)
            && (numero.is_i64() || numero.is_u64())
        {
            let texto = numero.to_string();
            self.campos.remove(nome);
            return Some(texto);
        }
        self.texto(nome, campo)
    }

    /// `dd/MM/yyyy`.
    pub fn data(&mut self, nome: &'static str, campo: Campo) -> Option<NaiveDate> {
        let texto = self.texto(nome, campo)?;
        time::ler_data(&texto).or_else(|| self.recusar(campo, "a data tem a forma dd/MM/aaaa"))
    }

    /// `S` or `N`; `Sim` and `Não` too, since that is how they are answered.
    pub fn sim_ou_nao(&mut self, nome: &'static str, campo: Campo) -> Option<bool> {
        match self.texto(nome, campo)?.as_str() {
            "S" | "Sim" => Some(true),
            "N" | "Não" => Some(false),
            _ => self.recusar(campo, "use S ou N"),
        }
    }

    /// A list of texts with a shape; one that is too long is not read, only seen to be. An item that has not is refused by its
    /// place, and leaves it empty: the others keep theirs.
    pub fn lista<T>(&mut self, nome: &'static str, campo: Campo) -> Vec<Option<T>>
    where
        T: FromStr<Err: Display>,
    {
        let itens = self.array(nome, campo);
        if field::itens(&itens).len() < itens.len() {
            return std::iter::repeat_with(|| None).take(field::ITENS_MAXIMO + 1).collect();
        }
        let ler = |item: &Value| match item.as_str().map(|texto| texto.trim().parse::<T>()) {
            Some(Ok(valor)) => Ok(valor),
            Some(Err(erro)) => Err(Cow::Owned(erro.to_string())),
            None => Err(Cow::Borrowed("esperava um texto")),
        };
        let mut lidos = Vec::with_capacity(itens.len());
        for (i, item) in itens.iter().enumerate() {
            let lido = ler(item).map_err(|mensagem| no_item(malformado(mensagem), campo, i));
            lidos.push(lido.map_err(|recusa| self.malformados.push(recusa)).ok());
        }
        lidos
    }

    /// A list of bodies within the body, each read by `ler`; fields are told below their item.
    pub fn itens<T>(
        &mut self,
        nome: &'static str,
        campo: Campo,
        ler: impl Fn(&mut Self) -> T,
    ) -> Vec<T> {
        let itens = self.array(nome, campo);
        if field::itens(&itens).len() < itens.len() {
            let vazio = || ler(&mut Self::default());
            return std::iter::repeat_with(vazio).take(field::ITENS_MAXIMO + 1).collect();
        }
        let mut lidos = Vec::with_capacity(itens.len());
        for (i, item) in itens.into_iter().enumerate() {
            let campos = match item {
                Value::Object(campos) => campos,
                _ => {
                    self.malformados.push(no_item(
                        malformado("esperava um objeto".into()),
                        campo,
                        i,
                    ));
                    Map::new()
                }
            };
            let prefixo = format!("{}{nome}[{i}].", self.prefixo);
            let mut dentro = Self { prefixo, campos, ..Self::default() };
            lidos.push(ler(&mut dentro));
            dentro.contar_desconhecidos();
            self.desconhecidos.append(&mut dentro.desconhecidos);
            self.malformados.extend(dentro.malformados.into_iter().map(|recusa| {
                let abaixo = recusa.campo.clone();
                let mut recusa = no_item(recusa, campo, i);
                recusa.campo.extend(abaixo);
                recusa
            }));
        }
        lidos
    }

    /// A value of the outermost body that is not looked into: its text, to the
    /// letter. What it must be is a rule's to say.
    pub fn json(&mut self, nome: &'static str) -> Option<String> {
        self.campos.remove(nome).filter(|valor| !valor.is_null())?;
        let textos: HashMap<String, &RawValue> = serde_json::from_slice(&self.bytes).ok()?;
        textos.get(nome).map(|texto| texto.get().to_owned())
    }

    /// A value that is kept as it came, if it has one of these names.
    pub fn guardar(&mut self, nomes: &[&str]) -> Map<String, Value> {
        let tirar = |nome: &&str| Some(((*nome).to_owned(), self.campos.shift_remove(*nome)?));
        nomes.iter().filter_map(tirar).filter(|(_, valor)| !valor.is_null()).collect()
    }

    /// Takes all that nobody asked for, where its name serves.
    pub fn resto(&mut self, serve: impl Fn(&str) -> bool) -> Map<String, Value> {
        let campos = std::mem::take(&mut self.campos);
        let (resto, ficam) = campos.into_iter().partition(|(nome, _)| serve(nome));
        self.campos = ficam;
        resto
    }

    /// The fields, for who looks at all of them before they are read.
    pub fn campos_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.campos
    }

    /// RFC 3339, with an offset.
    pub fn instante(&mut self, nome: &'static str, campo: Campo) -> Option<DateTime<Utc>> {
        let texto = self.texto(nome, campo)?;
        let lido = DateTime::parse_from_rfc3339(&texto).ok().map(|instante| instante.to_utc());
        lido.filter(|instante| (1900..=9999).contains(&instante.year())).or_else(|| {
            self.recusar(campo, "o instante tem a forma AAAA-MM-DDThh:mm:ssZ, com fuso")
        })
    }

    /// Refuses a field for a reason that its reader has.
    pub fn recusar_por(&mut self, campo: Campo, mensagem: impl Into<Cow<'static, str>>) {
        self.recusar::<()>(campo, mensagem);
    }

    /// A body within the body, read by `ler`.
    pub fn dentro<T: Default>(
        &mut self,
        nome: &'static str,
        campo: Campo,
        ler: impl FnOnce(&mut Self) -> T,
    ) -> T {
        match self.campos.remove(nome) {
            None | Some(Value::Null) => T::default(),
            Some(Value::Object(campos)) => {
                let prefixo = format!("{}{nome}.", self.prefixo);
                let mut dentro = Self { prefixo, campos, ..Self::default() };
                let valor = ler(&mut dentro);
                dentro.contar_desconhecidos();
                self.malformados.append(&mut dentro.malformados);
                self.desconhecidos.append(&mut dentro.desconhecidos);
                valor
            }
            Some(_) => {
                self.recusar::<()>(campo, "esperava um objeto");
                T::default()
            }
        }
    }

    /// Ends the reading: what was never asked for is a notice, or a refusal.
    pub fn terminar(mut self, politica: CamposDesconhecidos) -> (Vec<Recusa>, Vec<String>) {
        self.contar_desconhecidos();
        let Self { mut malformados, mut desconhecidos, .. } = self;
        desconhecidos.truncate(DESCONHECIDOS_MAXIMO);
        match politica {
            CamposDesconhecidos::Avisar => {
                let aviso = |nome| format!("{nome}: campo desconhecido, ignorado");
                (malformados, desconhecidos.into_iter().map(aviso).collect())
            }
            CamposDesconhecidos::Recusar => {
                malformados.extend(desconhecidos.into_iter().map(|nome| {
                    let mut recusa = malformado("campo desconhecido".into());
                    recusa.campo = vec![nome.into()];
                    recusa
                }));
                (malformados, Vec::new())
            }
        }
    }

    fn array(&mut self, nome: &'static str, campo: Campo) -> Vec<Value> {
        match self.campos.remove(nome) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(itens)) => itens,
            Some(_) => {
                self.recusar::<()>(campo, "esperava uma lista");
                Vec::new()
            }
        }
    }

    fn contar_desconhecidos(&mut self) {
        for (nome, _) in std::mem::take(&mut self.campos).into_iter().take(DESCONHECIDOS_MAXIMO) {
            let nome: String = nome.chars().filter(|c| !c.is_control()).take(60).collect();
            self.desconhecidos.push(format!("{}{nome}", self.prefixo));
        }
    }

    fn recusar<T>(&mut self, campo: Campo, mensagem: impl Into<Cow<'static, str>>) -> Option<T> {
        let mut recusa = malformado(mensagem.into());
        recusa.campo = campo.iter().map(|&parte| parte.into()).collect();
        self.malformados.push(recusa);
        None
    }
}

fn malformado(mensagem: Cow<'static, str>) -> Recusa {
    Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem)
}

fn no_item(mut recusa: Recusa, campo: Campo, i: usize) -> Recusa {
    recusa.campo = campo.iter().map(|&parte| parte.into()).collect();
    recusa.campo.push(i.to_string().into());
    recusa
}
