//! Subscriptions: the two protocols that carry them, and what they promise.

pub mod cliente_sse;
pub mod cliente_ws;
mod entrega;
mod limites;
mod protocolo;
mod retomada;
mod sse;
mod trilha;

use crate::support::{App, PATIENCE as NO_MAXIMO};
use serde_json::{Value, json};

pub const ALTERADO: &str = "subscription { processoAlterado { cursor } }";

/// The number of some processo that the client sees.
pub fn processo(app: &App, cliente: &str, qual: usize) -> Value {
    let dados = app.gql(cliente, "{ processos(first: 5) { nodes { numero } } }");
    dados["processos"]["nodes"][qual]["numero"].clone()
}

/// One change of it, whatever it was before.
#[track_caller]
pub fn alterar(app: &App, cliente: &str, numero: &Value, nome: &str) {
    let mutation = "mutation($i: AtualizarResponsaveisInput!) { atualizarResponsaveis(input: $i) { erros { mensagem } } }";
    let input = json!({ "processo": numero, "magistrado": { "nome": nome } });
    let dados = app.gql_com(cliente, mutation, json!({ "i": input }));
    assert_eq!(dados["atualizarResponsaveis"]["erros"], json!([]));
}
