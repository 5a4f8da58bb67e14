//! What every write shares: one transaction, a dry run, and a key against doing it twice.

mod idempotency;
mod group_commit;

pub use group_commit::Turmas;
pub use idempotency::{CABECALHO, Chave, ChaveMalformada};

use crate::audit::{self, NovoRegistro};
use crate::auth::{Ator, Papel};
use crate::call::Chamada;
use crate::call::record::Rastro;
use crate::db::Sessao;
use crate::error::{CodigoErro, Error, Recusa};
use crate::value::regras::Regras;
use crate::value::resource::{Rastreavel, Recurso};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One use case that writes. As a value it is what a client asked for: two that
/// read the same as JSON, under one key, are one request sent twice.
pub trait Comando: Serialize + Clone + Send + 'static {
    /// Its name among the mutations; a key counts within it.
    const NOME: &'static str;
    /// What whoever asks for it must have.
    const PAPEL: Papel = Papel::Integracao;
    type Efeito: Efeito;

    /// Lock, read, rule, write, tell: within the transaction that it is given.
    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Self::Efeito, Error>;

    /// How many objects it names, each of which may not be there.
    fn names(&self) -> usize {
        1
    }

    /// How it is done in one transaction with others like it that wait, if it may be: it locks no
    /// row that is there already, and nothing that a rule asks about one is changed by another.
    fn juntos(&self) -> Option<Juntos<Self>> {
        None
    }
}

/// Does several commands in one transaction: what each came to, in their order. A refused one
/// has written nothing.
pub type Juntos<C> = fn(&mut Sessao<'_>, Vec<(C, &Contexto)>) -> Result<Vec<Julgado<C>>, Error>;

/// What rules let a command come to.
pub type Julgado<C> = Result<<C as Comando>::Efeito, Vec<Recusa>>;

/// What a write leaves behind.
pub trait Efeito: Sized + Send + Rastreavel + 'static {
    /// What did not stop it but is worth knowing, in Portuguese.
    fn avisos(&self) -> &[String] {
        &[]
    }

    /// The record that it made, if it made one: after a dry run there is none.
    fn created(&self) -> Option<Recurso> {
        None
    }

    /// How many objects that it named are others', which its client will learn from what becomes
    /// of it: they count as looked for and not there.
    fn absences(&self) -> usize {
        0
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
#[derive(Clone)]
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
/// same transaction, and of a refusal when the call is over. `ler` may run twice.
pub async fn executar<C, U, L>(
    chamada: &Chamada,
    comando: C,
    modo: Modo,
    ler: L,
) -> Result<Feito<C::Efeito, U>, Error>
where
    C: Comando,
    U: Rastreavel + Send + 'static,
    L: Ler<C, U>,
{
    let (app, ator, rastro) = (&chamada.app, chamada.ator(), chamada.rastro.clone());
    ator.exige(C::PAPEL)?;
    if comando.names() > 0 {
        chamada.naming(comando.names())?;
    }
    chamada.admitir().await?;
    let contexto = Contexto {
        tribunal: ator.tribunal_de_escrita()?,
        regras: app.regras,
        relogio: app.agora,
        autor: ator.clone(),
    };
    let Modo { simular: simulado, chave } = modo;
    // The transaction of a dry run is undone, and its record with it: what it showed is recorded as read.
    let registra = app.auditoria.escreve() && !simulado;
    let pedido = Pedido { comando, contexto, resto: Resto { ler, rastro, registra } };
    let desfecho = match (simulado, chave, pedido.comando.juntos()) {
        (true, ..) => app.db.ensaiar(ator, move |sessao| pedido.executar(sessao, None)).await,
        (false, None, Some(juntos)) => group_commit::escrever(app, pedido, juntos).await,
        (false, chave, _) => {
            app.db.escrever(ator, move |sessao| pedido.executar(sessao, chave.as_ref())).await
        }
    };
    let rastro = &chamada.rastro;
    match desfecho.and_then(|desfecho| desfecho.map_err(Error::Recusas)) {
        Ok(Gravado { efeito, lido, registro, repetido, .. }) => {
            let never_was = efeito.created().filter(|_| simulado);
            if !simulado {
                rastro.gravada(registro);
            }
            rastro.ausentes(efeito.absences());
            rastro.leu_exceto(&(&efeito, &lido), never_was);
            Ok(Feito { efeito, lido, simulado, repetido })
        }
        Err(error) => {
            let recusas = error.recusas();
            rastro.ausentes(recusas.iter().filter(|recusa| nao_estava(recusa)).count());
            rastro.recusada(C::NOME, error.status());
            Err(error)
        }
    }
}

/// What an answer reads in the transaction of the write that it is about.
pub trait Ler<C: Comando, U>:
    Fn(&mut Sessao<'_>, &C::Efeito) -> Result<U, Error> + Clone + Send + 'static
{
}

impl<C: Comando, U, F> Ler<C, U> for F where
    F: Fn(&mut Sessao<'_>, &C::Efeito) -> Result<U, Error> + Clone + Send + 'static
{
}

/// A write on its way to its transaction.
#[derive(Clone)]
struct Pedido<C, L> {
    comando: C,
    contexto: Contexto,
    resto: Resto<L>,
}

/// What is left to do of a write once its command is done.
#[derive(Clone)]
struct Resto<L> {
    ler: L,
    rastro: Rastro,
    /// The trail is to tell of it.
    registra: bool,
}

/// A write as its transaction left it.
struct Gravado<T, U> {
    efeito: T,
    lido: U,
    registro: NovoRegistro,
    registra: bool,
    repetido: bool,
}

/// What became of a write: done, or refused.
type Desfecho<C, U> = Result<Gravado<<C as Comando>::Efeito, U>, Vec<Recusa>>;

impl<C: Comando, L> Pedido<C, L> {
    fn executar<U: Rastreavel>(
        self,
        sessao: &mut Sessao<'_>,
        chave: Option<&Chave>,
    ) -> Result<Desfecho<C, U>, Error>
    where
        L: Ler<C, U>,
    {
        let Self { comando, contexto, resto } = self;
        let (julgado, repetido) = match chave {
            None => (Ok(comando.executar(sessao, &contexto)?), false),
            Some(chave) => idempotency::uma_vez(sessao, chave, comando, &contexto)?,
        };
        let desfecho = resto.ler(sessao, julgado, repetido)?;
        registrar(sessao, desfecho.as_ref().ok())?;
        Ok(desfecho)
    }
}

impl<L> Resto<L> {
    fn ler<C: Comando, U: Rastreavel>(
        self,
        sessao: &mut Sessao<'_>,
        julgado: Julgado<C>,
        repetido: bool,
    ) -> Result<Desfecho<C, U>, Error>
    where
        L: Ler<C, U>,
    {
        let Self { ler, rastro, registra } = self;
        let efeito = match julgado {
            Ok(efeito) => efeito,
            Err(recusas) => return Ok(Err(recusas)),
        };
        let lido = ler(sessao, &efeito)?;
        let registro = rastro.escrita(C::NOME, &efeito, &lido);
        Ok(Ok(Gravado { efeito, lido, registro, registra, repetido }))
    }
}

/// The trail of what was written, in the same transaction.
fn registrar<'a, T: 'a, U: 'a>(
    sessao: &mut Sessao<'_>,
    gravados: impl IntoIterator<Item = &'a Gravado<T, U>>,
) -> Result<(), Error> {
    let registros: Vec<_> = gravados
        .into_iter()
        .filter(|gravado| gravado.registra)
        .map(|gravado| &gravado.registro)
        .collect();
    Ok(audit::trail::registrar(sessao, &registros)?)
}

/// What the client named is not there, or not theirs to see. R10 tells of the apurações of every
/// tribunal, so those that are not there are counted too.
fn nao_estava(recusa: &Recusa) -> bool {
    match recusa.codigo {
        CodigoErro::ProcessoNaoEncontrado
        | CodigoErro::AdolescenteNaoEncontrado
        | CodigoErro::NaoEncontrado
        | CodigoErro::NreNaoLocalizado => true,
        CodigoErro::ReferenciaInvalida => recusa.regra == "R10",
        // That another órgão has this processo, of which the caller is no party.
        CodigoErro::NupJaCadastrado => matches!(&*recusa.regra, "A2" | "B5"),
        // Not the one that was consumed, which is the tribunal's own.
        CodigoErro::RascunhoInvalido => recusa.status == 400,
        _ => false,
    }
}
