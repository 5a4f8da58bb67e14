//! The GraphQL roof: puts the slices together into one schema and serves it.

mod assinatura;
mod carona;
mod conexao;
pub mod diretivas;
pub mod document;
mod documentos;
mod erros;
mod escalares;
mod escrita;
mod escrito;
mod executor;
mod filtro;
mod hop;
pub mod http;
mod loaders;
mod node;
mod operacao;
mod perguntas;
mod persistidos;
mod sessoes;
pub mod ws;

pub use assinatura::{Fato, Passagem, Pergunta};
pub use carona::Carona;
pub use conexao::{
    Aresta, ArestaComVinculo, Conexao, ListaGraphql, Paginacao, SentidoOrdem, conectar,
};
pub use documentos::Documentos;
pub use erros::{ErroDeCampo, ErroGraphql, Falivel};
pub use escalares::{Data, Instante};
pub use escrita::{Desfecho, Entrada, Fim, ModoInput, executar};
pub use escrito::{Escrevivel, Escrito};
pub use executor::Executor;
pub(crate) use filtro::relation_filter;
pub use filtro::{Condicoes, RelationInput, ate_cem, recusa, trecho};
pub use loaders::Loaders;
pub use node::{GlobalId, Node};
pub use operacao::Servico;
pub use sessoes::{Ending, Sessoes, encerrar_com_sinais};

use crate::adolescente::graphql::{AdolescenteMutation, AdolescenteQuery};
use crate::app::{App, Chamada};
use crate::auditoria::CampoSensivel;
use crate::auditoria::graphql::AuditoriaQuery;
use crate::auth::{Ator, Papel};
use crate::catalogo::graphql::{CatalogoMutation, CatalogoQuery};
use crate::error::Error;
use crate::estatisticas::graphql::EstatisticaQuery;
use crate::evento::graphql::EventoSubscription;
use crate::guia::graphql::{GuiaMutation, GuiaQuery};
use crate::processo::graphql::{ProcessoMutation, ProcessoQuery, VinculoQuery};
use crate::rascunho::graphql::RascunhoMutation;
use crate::tramite::graphql::{TramiteMutation, TramiteQuery, TramiteSubscription};
use crate::tribunal::{Tribunal, graphql::TribunalQuery};
use async_graphql::{
    Context, ErrorExtensions, MergedObject, MergedSubscription, Object, SDLExportOptions,
    ValidationMode,
};
use executor::Mostrar;
use node::NodeQuery;

/// Leitura; exige o papel `pse-consulta`. Os campos de raiz são nulos quando falham ou quando não há o que mostrar; o que é de outro tribunal aparece como ausente.
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
);

/// Tempo real, por WebSocket (graphql-transport-ws) ou SSE. Entrega ao menos uma vez e em ordem.
#[derive(MergedSubscription, Default)]
pub struct Subscription(EventoSubscription, TramiteSubscription);

pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// The schema alone, as `elos schema` prints it; execution needs an [`App`] in each request.
pub fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        // Documents come validated, and within the limits of `document`.
        .validation_mode(ValidationMode::Fast)
        .limit_recursive_depth(200)
        .finish()
}

pub fn sdl() -> String {
    let opcoes = SDLExportOptions::new().prefer_single_line_descriptions().include_specified_by();
    let sdl = schema().sdl_with_options(opcoes.use_space_ident().indent_width(2));
    format!("# Gerado por `elos schema`; não edite.\n\n{}\n", com_escalares(sdl.trim()))
}

/// `@cost` may stand at a scalar too, which `TypeDirective` has no word for; none has it.
fn com_escalares(sdl: &str) -> String {
    let linha = |linha: &str| match linha.starts_with("directive @cost(") {
        true => format!("{linha} | SCALAR"),
        false => linha.to_owned(),
    };
    sdl.lines().map(linha).collect::<Vec<_>>().join("\n")
}

/// What resolvers find in their context.
pub trait ContextExt {
    fn app(&self) -> &App;
    fn ator(&self) -> &Ator;
    fn loaders(&self) -> &Loaders;
    fn chamada(&self) -> &Chamada;
    /// Passes `valor` on to whoever may see sensitive data, and nothing to the others.
    fn sensivel<T>(&self, campo: CampoSensivel, valor: Option<T>) -> Option<T>;
}

impl ContextExt for Context<'_> {
    fn app(&self) -> &App {
        &self.chamada().app
    }

    fn ator(&self) -> &Ator {
        self.chamada().ator()
    }

    fn chamada(&self) -> &Chamada {
        self.loaders().chamada()
    }

    fn loaders(&self) -> &Loaders {
        self.data_unchecked()
    }

    fn sensivel<T>(&self, campo: CampoSensivel, valor: Option<T>) -> Option<T> {
        self.chamada().rastro.sensivel(campo, valor)
    }
}

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let (falha, mensagem) = error.publica();
        Self::new(mensagem).extend_with(|_, extensions| {
            extensions.set("code", falha.nome());
            extensions.set("status", falha.status());
        })
    }
}

#[derive(Default)]
struct AtorQuery;

#[Object]
impl AtorQuery {
    /// Quem chama, como o servidor o vê.
    #[graphql(guard = "Mostrar")]
    async fn eu(&self, ctx: &Context<'_>) -> Option<AtorNode> {
        Some(AtorNode(ctx.ator().clone()))
    }
}

pub struct AtorNode(Ator);

/// Quem chama: o cliente do token, com o tribunal e os papéis que o servidor lhe reconhece.
#[Object(name = "Ator")]
impl AtorNode {
    /// Sujeito do token.
    async fn sub(&self) -> &str {
        self.0.sub()
    }

    /// Cliente OIDC do token.
    async fn azp(&self) -> Option<&str> {
        self.0.azp()
    }

    /// Tribunal de quem chama; nulo só para credencial nacional.
    async fn tribunal(&self) -> Option<Tribunal> {
        self.0.tribunal().and_then(Tribunal::por_codigo)
    }

    /// Vê todos os tribunais (papel `pse-nacional`).
    async fn nacional(&self) -> bool {
        self.0.tem(Papel::Nacional)
    }

    /// Papéis reconhecidos, em ordem alfabética.
    async fn papeis(&self) -> Vec<&'static str> {
        self.0.papeis().iter().map(|papel| papel.nome()).collect()
    }
}
