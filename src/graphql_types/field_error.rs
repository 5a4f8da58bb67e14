//! Failures on their way into an answer.

use crate::error::Error;
use async_graphql::ErrorExtensions;

impl From<Error> for async_graphql::Error {
    fn from(error: Error) -> Self {
        let (falha, mensagem) = error.publica();
        Self::new(mensagem).extend_with(|_, extensions| {
            extensions.set("code", falha.nome());
            extensions.set("status", falha.status());
        })
    }
}
