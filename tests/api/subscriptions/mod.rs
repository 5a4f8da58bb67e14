//! Subscriptions: their two protocols, and their guarantees.

pub mod sse_client;
pub mod ws_client;
mod delivery;
mod filters;
mod limits;
mod protocol;
mod resumption;
mod sse;
mod trail;

use crate::support::{App, MAX_WAIT};
use serde_json::{Value, json};

pub const ALTERADO: &str = "subscription { processoAlterado { cursor } }";

/// Returns the number of a processo that the client may read.
pub fn processo(app: &App, client: &str, index: usize) -> Value {
    let data = app.gql(client, "{ processos(first: 5) { nodes { numero } } }");
    data["processos"]["nodes"][index]["numero"].clone()
}

/// Changes the processo once, whatever its state is.
#[track_caller]
pub fn alterar(app: &App, client: &str, numero: &Value, nome: &str) {
    let mutation = "mutation($i: AtualizarResponsaveisInput!) { atualizarResponsaveis(input: $i) { erros { mensagem } } }";
    let input = json!({ "processo": numero, "magistrado": { "nome": nome } });
    let data = app.gql_with(client, mutation, json!({ "i": input }));
    assert_eq!(data["atualizarResponsaveis"]["erros"], json!([]));
}
