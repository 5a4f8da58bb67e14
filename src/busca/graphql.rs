//! The search in the GraphQL schema.

use super::{AlvoDaBusca, Hit, rules};
use crate::Result;
use crate::adolescente::AdolescenteId;
use crate::adolescente::graphql::AdolescenteNode;
use crate::adolescente::store::AdolescenteById;
use crate::auth::Papel;
use crate::error::{Error, Failure};
use crate::graphql_types::context::ContextExt;
use crate::guia::GuiaId;
use crate::guia::graphql::GuiaNode;
use crate::guia::store::GuiaById;
use crate::processo::ProcessoId;
use crate::processo::graphql::ProcessoNode;
use crate::processo::store::ProcessoById;
use async_graphql::{Context, Object};

/// Number of objects as which a search counts, because it compares many rows to find a few.
const OBJECTS: usize = 1000;

pub struct ResultadoDaBusca(Hit);

/// O que casa com o texto procurado.
#[Object]
impl ResultadoDaBusca {
    /// O alvo em que o texto foi achado.
    async fn alvo(&self) -> AlvoDaBusca {
        self.0.target
    }

    /// Quanto casa, de 0 a 1.
    async fn score(&self) -> f64 {
        self.0.score
    }

    /// O processo, se o alvo é o número ou o magistrado dele.
    async fn processo(&self, ctx: &Context<'_>) -> Option<Result<ProcessoNode>> {
        let wanted = matches!(self.0.target, AlvoDaBusca::Processos | AlvoDaBusca::Magistrados);
        let id = wanted.then_some(ProcessoId(self.0.id))?;
        let found = ctx.loaders().load(ProcessoById(id)).await;
        found.map(|found| found.map(ProcessoNode::from)).transpose()
    }

    /// O adolescente, se o alvo é o nome dele.
    async fn adolescente(&self, ctx: &Context<'_>) -> Option<Result<AdolescenteNode>> {
        let wanted = self.0.target == AlvoDaBusca::Adolescentes;
        let id = wanted.then_some(AdolescenteId(self.0.id))?;
        let found = ctx.loaders().load(AdolescenteById(id)).await;
        found.map(|found| found.map(AdolescenteNode::from)).transpose()
    }

    /// A guia, se o alvo é o número dela.
    async fn guia(&self, ctx: &Context<'_>) -> Option<Result<GuiaNode>> {
        let wanted = self.0.target == AlvoDaBusca::Guias;
        let id = wanted.then_some(GuiaId(self.0.id))?;
        let found = ctx.loaders().load(GuiaById(id)).await;
        found.map(|found| found.map(GuiaNode)).transpose()
    }
}

/// Searches in the tribunal of the caller. Refuses a caller with `pse-nacional`, who has no
/// tribunal. A search that finds nothing counts as a look-up of an object that does not exist.
pub async fn search(
    ctx: &Context<'_>,
    text: &str,
    targets: Option<Vec<AlvoDaBusca>>,
    first: Option<i32>,
) -> Result<Vec<ResultadoDaBusca>> {
    let actor = ctx.actor();
    actor.require(Papel::Consulta)?;
    if actor.has(Papel::Nacional) {
        let message = "procure com a credencial de um tribunal: a busca é no que é dele";
        return Err(Error::failure(Failure::SemPermissao, message));
    }
    let query = rules::search(text, targets, first, actor.has(Papel::DadosSensiveis))?;
    ctx.request().count_objects(OBJECTS)?;
    ctx.call().charge_lookups(1)?;
    let hits = ctx.loaders().load(query).await?.unwrap_or_default();
    ctx.call().count_absent(usize::from(hits.is_empty()))?;
    Ok(hits.iter().map(|hit| ResultadoDaBusca(*hit)).collect())
}
