//! The feeds of adolescentes and guias, and the conditions on processos.

use super::alterar;
use super::sse_client::Sse;
use crate::support::{App, NewProcesso, numero};
use serde_json::{Value, json};

const STREAM: &str = "text/event-stream";

fn open(app: &App, client: &str, field: &str) -> Sse {
    let query = format!(
        "subscription {{ {field} {{ cursor tipo processo {{ numero }} adolescente {{ identificador }} guia {{ numero }} }} }}"
    );
    let sse = Sse::request(app, client, STREAM, &json!({ "query": query }));
    assert_eq!(sse.status, 200, "{field}");
    sse
}

fn next(sse: &mut Sse, field: &str) -> Value {
    let result = sse.result();
    assert_eq!(result["errors"], Value::Null, "{result}");
    result["data"][field].clone()
}

#[test]
fn so_os_processos_que_casam_com_as_condicoes() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    for (n, orgao) in [(1, 7), (2, 8)] {
        let processo = NewProcesso::apuracao(&numero(n), &[&adolescente]).with("idOrgao", orgao);
        app.cadastrado("tjrn", &processo);
    }
    let conditions = [
        "idOrgao: 8",
        "idOrgao: 8, tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL], situacao: [ATIVO]",
        "situacao: [ATIVO], idOrgao: 8",
    ];
    let mut open: Vec<_> = conditions
        .iter()
        .map(|condition| open(&app, "tjrn", &format!("processoAlterado({condition})")))
        .collect();
    alterar(&app, "tjrn", &numero(1).into(), "Um");
    alterar(&app, "tjrn", &numero(2).into(), "Dois");
    for sse in &mut open {
        assert_eq!(next(sse, "processoAlterado")["processo"]["numero"], numero(2));
    }
    let none = "subscription { processoAlterado(situacao: [ARQUIVADO]) { cursor } }";
    let mut archived = Sse::request(&app, "tjrn", STREAM, &json!({ "query": none }));
    alterar(&app, "tjrn", &numero(1).into(), "Três");
    let path = format!("/api/v1/processos/numero-processo/{}/situacao/Arquivado", numero(2));
    assert_eq!(app.rest("tjrn", "PUT", &path, &[], &Value::Null).status, 200);
    assert!(archived.result()["data"]["processoAlterado"]["cursor"].is_string());
}

#[test]
fn adolescente_alterado_entrega_o_cadastro_e_os_vinculos_e_retoma() {
    let app = App::empty();
    let mut all = open(&app, "tjrn", "adolescenteAlterado");
    let mut foreign = open(&app, "tjpe", "adolescenteAlterado");
    let identificador = app.adolescente("tjrn");
    let first = next(&mut all, "adolescenteAlterado");
    assert_eq!(first["tipo"], "ADOLESCENTE_CADASTRADO");
    assert_eq!(first["adolescente"]["identificador"], identificador);
    let other = app.adolescente("tjrn");
    assert_eq!(next(&mut all, "adolescenteAlterado")["adolescente"]["identificador"], other);
    app.cadastrado("tjrn", &NewProcesso::apuracao(&numero(1), &[&other]));
    let path = format!("/api/v1/processos/{}/apuracao/adolescentes/{identificador}", numero(1));
    let linked = app.rest("tjrn", "POST", &path, &[], &Value::Null);
    assert_eq!(linked.status, 200, "{}", linked.text);
    let field = format!(
        "adolescenteAlterado(identificador: \"{identificador}\", desde: {})",
        first["cursor"]
    );
    let mut own = open(&app, "tjrn", &field);
    let linked = next(&mut own, "adolescenteAlterado");
    assert_eq!(linked["tipo"], "ADOLESCENTE_VINCULADO", "{linked}");
    // A tribunal sees only its own.
    let of_tjpe = app.adolescente("tjpe");
    assert_eq!(next(&mut foreign, "adolescenteAlterado")["adolescente"]["identificador"], of_tjpe);
}

#[test]
fn guia_alterada_entrega_cada_emissao_uma_vez() {
    let app = App::new();
    let mut all = open(&app, "tjrn", "guiaAlterada");
    let guias = app
        .gql("tjrn", "{ guias(filtro: {situacao: [ATIVO]}, first: 2) { nodes { numero tipo } } }");
    let numeros: Vec<_> = guias["guias"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|guia| guia["numero"].clone())
        .collect();
    for numero in &numeros {
        let mutation = format!(
            "mutation {{ baixarGuia(input: {{numero: {numero}, motivo: EXTINTA}}) {{ erros {{ mensagem }} }} }}"
        );
        assert_eq!(app.gql("tjrn", &mutation)["baixarGuia"]["erros"], json!([]));
    }
    let mut cursors = Vec::new();
    for numero in &numeros {
        let evento = next(&mut all, "guiaAlterada");
        assert_eq!((&evento["tipo"], &evento["guia"]["numero"]), (&json!("GUIA_BAIXADA"), numero));
        cursors.push(evento["cursor"].clone());
    }
    let resumed = format!("guiaAlterada(numero: {}, desde: {})", numeros[1], cursors[0]);
    assert_eq!(next(&mut open(&app, "tjrn", &resumed), "guiaAlterada")["cursor"], cursors[1]);
    let refused = Sse::request(
        &app,
        "tjrn",
        STREAM,
        &json!({ "query": "subscription { guiaAlterada(desde: \"x\") { cursor } }" }),
    )
    .result();
    assert!(refused["errors"][0]["extensions"]["code"].is_string(), "{refused}");
}
