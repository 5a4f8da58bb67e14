//! Puts the slices together into one schema. No other folder of `graphql/` depends on the slices.

mod actor;
mod audit;
pub mod errors;
pub mod feeds;
pub mod mutation;
pub mod node;
pub mod scalars;
mod semantic_non_null;
mod tribunal;

use crate::adolescente::graphql::{AdolescenteMutation, AdolescenteQuery};
use crate::catalogo::graphql::{CatalogoMutation, CatalogoQuery};
use crate::estatisticas::graphql::EstatisticaQuery;
use crate::evento::graphql::EventoSubscription;
use crate::guia::graphql::{GuiaMutation, GuiaQuery};
use crate::lote::graphql::LoteMutation;
use crate::processo::graphql::{ProcessoMutation, ProcessoQuery, VinculoQuery};
use crate::rascunho::graphql::RascunhoMutation;
use crate::tramite::graphql::{TramiteMutation, TramiteQuery, TramiteSubscription};
use actor::AtorQuery;
use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, ValidationMode};
use audit::AuditoriaQuery;
use node::NodeQuery;
use tribunal::TribunalQuery;

/// Leitura; exige o papel `pse-consulta`, salvo em `eu`, que não exige papel, e onde `@requerPapel` diz outro. Os campos de raiz são nulos quando falham ou quando não há o que mostrar; o que é de outro tribunal aparece como ausente.
#[derive(MergedObject, Default)]
pub struct Query(
    AtorQuery,
    ProcessoQuery,
    AdolescenteQuery,
    GuiaQuery,
    VinculoQuery,
    EstatisticaQuery,
    TramiteQuery,
    CatalogoQuery,
    TribunalQuery,
    AuditoriaQuery,
    NodeQuery,
);

/// Escrita; exige o papel `pse-integracao`, salvo onde `@requerPapel` diz outro. A recusa de uma regra é dado (`erros`); o que o cliente não pode consertar é erro de topo, com `extensions.code` e `extensions.status`.
#[derive(MergedObject, Default)]
pub struct Mutation(
    ProcessoMutation,
    AdolescenteMutation,
    RascunhoMutation,
    GuiaMutation,
    TramiteMutation,
    CatalogoMutation,
    LoteMutation,
);

/// Tempo real, por WebSocket (graphql-transport-ws) ou SSE. Entrega ao menos uma vez e em ordem.
#[derive(MergedSubscription, Default)]
pub struct Subscription(EventoSubscription, TramiteSubscription);

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema alone, as `elos schema` prints it. Execution also needs a `RequestContext` in each
/// request.
pub fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        // `document` has already validated every document, and checked its limits.
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(200)
        .finish()
}

pub use semantic_non_null::mark as mark_semantic_non_null;

pub fn sdl() -> String {
    sdl_of(&schema())
}

/// The SDL of a schema that is built already.
pub fn sdl_of(schema: &Schema) -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions().include_specified_by();
    let sdl = schema.sdl_with_options(options.use_space_ident().indent_width(2));
    format!("# Gerado por `elos schema`; não edite.\n\n{}\n", with_scalars(sdl.trim()))
}

/// Adds the location SCALAR to `@cost`, which async-graphql's `TypeDirective` cannot express. The
/// schema has no scalar with `@cost`.
fn with_scalars(sdl: &str) -> String {
    let line = |line: &str| match line.starts_with("directive @cost(") {
        true => format!("{line} | SCALAR"),
        false => line.to_owned(),
    };
    sdl.lines().map(line).collect::<Vec<_>>().join("\n")
}
