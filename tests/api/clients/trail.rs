//! What the trail says of calls that did nothing, or that were refused.

use super::send;
use crate::support::App;
use serde_json::json;

#[test]
fn the_trail_says_what_happened() {
    let app = App::vazio();
    let skipped = "mutation($w: Boolean!) { cadastrarAdolescente(input: { dados: { nome: \"A\", \
        sobrenome: \"B\", dataNascimento: \"2010-01-01\", sexoBiologico: FEMININO } }) @include(if: $w) { simulado } }";
    let answer = app.graphql("tjrn", skipped, json!({ "w": false }));
    assert_eq!(answer.status, 200, "{}", answer.texto);
    for accept in ["application/json", "application/graphql-response+json"] {
        let body = json!({ "query": "{ nada }" }).to_string();
        send(&app, "POST", "/graphql", &[("Accept", accept)], body.as_bytes());
    }
    app.auditado();
    let trail =
        "{ auditoria(first: 100, ator: \"tjrn\") { nodes { operacao especie resultado status } } }";
    let records = app.gql("cnj", trail)["auditoria"]["nodes"].clone();
    let written = json!({ "operacao": "(nenhum campo)", "especie": "LEITURA", "resultado": "OK", "status": 200 });
    assert_eq!(records[0], written, "{records}");
    assert_eq!(records[1], records[2], "{records}");
    assert_eq!(records[1]["status"], 400, "{records}");
}
