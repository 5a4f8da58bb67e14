//! The field `eu`, which shows the authenticated caller as the server sees it, and the hidden field
//! from which the executor obtains its schema environment.

use crate::auth::{Actor, Papel};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::object::object;
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

object! {
    /// Quem chama: o cliente do token, com o tribunal e os papéis que o servidor lhe reconhece.
    #[Object(name = "Ator")]
    impl AtorNode as this {
        fields {
            /// Sujeito do token.
            sub: &str = this.0.sub();
            /// Cliente OIDC do token.
            azp: Option<&str> = this.0.azp();
            /// Tribunal de quem chama; nulo só para credencial nacional.
            tribunal: Option<Tribunal> = this.0.tribunal().and_then(Tribunal::by_code);
            /// Vê todos os tribunais (papel `pse-nacional`).
            nacional: bool = this.0.has(Papel::Nacional);
            /// Papéis reconhecidos, em ordem alfabética.
            papeis: Vec<&'static str> = this.0.papeis().iter().map(|papel| papel.name()).collect();
        }
    }
}
