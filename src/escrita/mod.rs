//! What every write shares: one transaction, a dry run, and a key against doing it twice.

mod chave;

pub use chave::{CABECALHO, Chave, ChaveMalformada};

use crate::app::Chamada;
use crate::auditoria;
use crate::auth::{Ator, Papel};
use crate::config::Regras;
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Recusa};
use crate::rastro::Rastreavel;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One use case that writes. As a value it is what a client asked for: two that
/// read the same as JSON, under one key, are one request sent twice.
pub trait Comando: Serialize + Send + 'static {
    /// Its name among the mutations; a key counts within it.
    const NOME: &'static str;
    type Efeito: Efeito;

    /// Lock, read, rule, write, tell: within the transaction that it is given.
    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Self::Efeito, Error>;
}

/// What a write leaves behind.
pub trait Efeito: Sized + Send + Rastreavel + 'static {
    /// What did not stop it but is worth knowing, in Portuguese.
    fn avisos(&self) -> &[String] {
        &[]
    }

    /// Which rows, so that a retry can be told of them.
    fn lembrar(&self) -> Lembranca;
    /// The same effect, told anew from the rows as they are now.
    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error>;
}

/// What is kept of an effect under a key: keys of rows, the version that they were
/// left in, and notices; never what rows say.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lembranca {
    pub id: i64,
    pub versao: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adolescente: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vinculo: Option<i64>,
    pub alterado: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub avisos: Vec<String>,
}

/// What a use case knows of where and when it runs.
pub struct Contexto {
    pub tribunal: i16,
    pub regras: Regras,
    pub relogio: fn() -> DateTime<Utc>,
    pub autor: Ator,
}

/// How a client wants a write to be carried out.
#[derive(Debug, Default)]
pub struct Modo {
    /// Every rule, and then nothing stays.
    pub simular: bool,
    pub chave: Option<Chave>,
}

/// A write that was carried out, or tried, or found done.
#[derive(Debug)]
pub struct Feito<T, U> {
    pub efeito: T,
    /// What the answer needs besides, read in the same transaction.
    pub lido: U,
    pub simulado: bool,
    /// An earlier request with this key did it.
    pub repetido: bool,
}

/// Carries a write out: in one transaction, with what the answer reads after it.
///
/// A key is taken before anything else, so a rival with the same key waits here
/// and then finds the outcome. A refusal of a rule is an outcome too, kept
/// although what led to it is rolled back. The trail tells of what was done in the
/// same transaction, and of a refusal when the call is over.
pub async fn executar<C: Comando, U: Rastreavel + Send + 'static>(
    chamada: &Chamada,
    comando: C,
    modo: Modo,
    ler: impl FnOnce(&mut Sessao<'_>, &C::Efeito) -> Result<U, Error> + Send + 'static,
) -> Result<Feito<C::Efeito, U>, Error> {
    let (app, ator, rastro) = (&chamada.app, chamada.ator(), &chamada.rastro);
    ator.exige(Papel::Integracao)?;
    chamada.admitir().await?;
    let contexto = Contexto {
        tribunal: ator.tribunal_de_escrita()?,
        regras: app.regras,
        relogio: app.agora,
        autor: ator.clone(),
    };
    let Modo { simular: simulado, chave } = modo;
    let (trilha, audita) = (rastro.clone(), app.auditoria.escreve());
    let escrever = move |sessao: &mut Sessao<'_>| {
        let (desfecho, repetido) = match chave.filter(|_| !simulado) {
            None => (Ok(comando.executar(sessao, &contexto)?), false),
            Some(chave) => chave::uma_vez(sessao, &chave, comando, &contexto)?,
        };
        match desfecho {
            Err(recusas) => Ok(Err(recusas)),
            Ok(efeito) => {
                let lido = ler(sessao, &efeito)?;
                let registro = trilha.escrita(C::NOME, &efeito, &lido);
                if audita && !simulado {
                    auditoria::store::registrar(sessao, &registro)?;
                }
                Ok(Ok((Feito { efeito, lido, simulado, repetido }, registro)))
            }
        }
    };
    let desfecho = match simulado {
        true => app.db.ensaiar(ator, escrever).await,
        false => app.db.escrever(ator, escrever).await,
    };
    match desfecho.and_then(|desfecho| desfecho.map_err(Error::Recusas)) {
        Ok((feito, registro)) => {
            // What was only tried is of no record: the transaction that made it is undone.
            if !simulado {
                rastro.gravada(registro);
                rastro.leu(&feito.efeito);
                rastro.leu(&feito.lido);
            }
            Ok(feito)
        }
        Err(error) => {
            let recusas = error.recusas();
            rastro.ausentes(recusas.iter().filter(|recusa| nao_estava(recusa)).count());
            rastro.recusada(C::NOME, error.status());
            Err(error)
        }
    }
}

/// What the client named is not there, or not theirs to see.
fn nao_estava(recusa: &Recusa) -> bool {
    matches!(
        recusa.codigo,
        CodigoErro::ProcessoNaoEncontrado
            | CodigoErro::AdolescenteNaoEncontrado
            | CodigoErro::NaoEncontrado
            | CodigoErro::NreNaoLocalizado
    )
}
