use super::TramiteNode;
use crate::Result;
use crate::auth::Papel;
use crate::graphql::schema::feeds::{FeedContext, FeedItem, FeedQuery};
use crate::graphql_types::context::ContextExt;
use async_graphql::{Context, Subscription};
use futures_util::{Stream, stream};

#[derive(Default)]
pub struct TramiteSubscription;

#[Subscription]
impl TramiteSubscription {
    /// Cada trâmite que passa a esperar o recebimento por quem chama (situação 2).
    async fn tramite_recebido(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "O `Tramite.cursor` do último trâmite recebido; retoma dali sem perder nada."
        )]
        desde: Option<String>,
    ) -> Result<impl Stream<Item = Option<TramiteNode>>> {
        ctx.actor().require(Papel::Consulta)?;
        let tramite =
            match FeedContext::resolve_root(ctx, FeedQuery::TramitesRecebidos, desde.as_deref())? {
                Some(FeedItem::Tramite(tramite)) => Some(TramiteNode(tramite)),
                _ => None,
            };
        Ok(stream::iter(tramite.map(Some)))
    }
}
