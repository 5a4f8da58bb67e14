//! What every mutation has: the two arguments that say how to carry it out, and
//! the three fields that say how it ended.

use super::errors::ErroGraphql;
use crate::Result;
use crate::command::{self, Comando, Modo};
use crate::error::{CodigoErro, Error, Recusa};
use crate::graphql::schema::Query;
use crate::graphql_types::context::ContextExt;
use async_graphql::{Context, InputObject, SimpleObject};

/// Como executar uma operação.
#[derive(InputObject)]
pub struct ModoInput {
    /// Até 255 caracteres: repetir chave e entrada devolve o primeiro desfecho e nada refaz.
    chave_idempotencia: Option<String>,
    /// Aplica todas as regras e desfaz: nada grava.
    #[graphql(default_with = "Some(false)")]
    simular: Option<bool>,
}

impl ModoInput {
    fn ler(self) -> Result<Modo> {
        let chave = self.chave_idempotencia.map(|texto| texto.parse()).transpose();
        let chave = chave.map_err(|erro: command::ChaveMalformada| {
            Recusa::nova(CodigoErro::CampoInvalido, "idempotência", erro.to_string())
                .em(["chaveIdempotencia"])
        })?;
        Ok(Modo { simular: self.simular.unwrap_or(false), chave })
    }
}

/// What a mutation takes: a command, and how to carry it out.
pub trait Entrada {
    type Comando: Comando;

    fn partes(self) -> (Self::Comando, ModoInput);
}

/// Como uma operação terminou.
#[derive(SimpleObject)]
pub struct Fim {
    /// Foi um ensaio (`simular: true`).
    simulado: bool,
    /// Recusas; vazia no sucesso.
    erros: Vec<ErroGraphql>,
    /// Raiz, para reler na mesma ida.
    query: Option<Query>,
}

impl Fim {
    /// With one more refusal: of an effect that stays although it is one.
    #[must_use]
    pub fn com(mut self, recusa: Option<Recusa>) -> Self {
        self.erros.extend(recusa.map(Into::into));
        self
    }
}

/// What a mutation came to, on its way into a payload.
pub struct Desfecho<T> {
    efeito: Option<T>,
    fim: Fim,
}

impl<T> Desfecho<T> {
    /// What `dizer` says of the effect, even of one that was only tried.
    pub fn resumo<R: Default>(&self, dizer: impl FnOnce(&T) -> R) -> R {
        self.efeito.as_ref().map(dizer).unwrap_or_default()
    }

    /// The effect, if it stays, and how it ended.
    pub fn gravado(self) -> (Option<T>, Fim) {
        (self.efeito.filter(|_| !self.fim.simulado), self.fim)
    }
}

/// Carries a mutation out. Refusals of rules become data; what the client
/// cannot fix stays an error.
pub async fn executar<E, P>(ctx: &Context<'_>, entrada: E) -> Result<P>
where
    E: Entrada,
    P: From<Desfecho<<E::Comando as Comando>::Efeito>>,
{
    // Before the input is looked at: who may not write is not told how to.
    let nome = <E::Comando as Comando>::NOME;
    if let Err(error) = ctx.ator().exige(E::Comando::PAPEL) {
        ctx.chamada().rastro.recusada(nome, error.status());
        return Err(error);
    }
    let (comando, modo) = entrada.partes();
    let simulado = modo.simular.unwrap_or(false);
    let desfecho = match modo.ler() {
        Ok(modo) => command::executar(ctx.chamada(), comando, modo, |_, _| Ok(())).await,
        Err(error) => {
            ctx.chamada().rastro.recusada(nome, error.status());
            Err(error)
        }
    };
    let (efeito, erros) = match desfecho {
        Ok(feito) => (Some(feito.efeito), Vec::new()),
        Err(Error::Recusas(recusas)) => (None, recusas.into_iter().map(Into::into).collect()),
        Err(error) => return Err(error),
    };
    let fim = Fim { simulado, erros, query: Some(Query::default()) };
    Ok(Desfecho { efeito, fim }.into())
}
