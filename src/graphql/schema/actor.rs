//! The field `eu`: the authenticated caller as the server sees it.

use crate::auth::{Actor, Papel};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::schema_env;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, Object};

#[derive(Default)]
pub struct AtorQuery;

#[Object]
impl AtorQuery {
    /// Quem chama, como o servidor o vê.
    async fn eu(&self, ctx: &Context<'_>) -> Option<AtorNode> {
        Some(AtorNode(ctx.actor().clone()))
    }

    #[graphql(name = "__schemaEnvironment", visible = false)]
    async fn schema_environment(&self, ctx: &Context<'_>) -> bool {
        schema_env::show(ctx)
    }
}

pub struct AtorNode(Actor);

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
        self.0.tribunal().and_then(Tribunal::by_code)
    }

    /// Vê todos os tribunais (papel `pse-nacional`).
    async fn nacional(&self) -> bool {
        self.0.has(Papel::Nacional)
    }

    /// Papéis reconhecidos, em ordem alfabética.
    async fn papeis(&self) -> Vec<&'static str> {
        self.0.papeis().iter().map(|papel| papel.name()).collect()
    }
}
