//! The main scenarios through GraphQL, and what only GraphQL shows.

use super::componentes::hash;
use super::{ALREADY_REGISTERED, CE, NUP, PE, RN, Tramita};
use crate::support::{NewProcesso, numero};
use serde_json::{Value, json};

const ENVIAR: &str = "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { nreGerado avisos erros { codigo mensagem
    ... on ErroDeTramite { codigoErro nre idt } } tramite { idt nre situacao devolucao acoesPossiveis expiraEm metadados { descricao }
    remetente { numero propria } destinatario { nome propria } historico { situacao por } } } }";

fn enviar(t: &Tramita, from: (&str, &str), to: &str, protocolo: &str, nre: Option<&str>) -> Value {
    let input = json!({ "remetente": { "repositorio": 1, "numero": from.1 }, "destinatario": { "repositorio": 1, "numero": to },
        "protocolo": protocolo, "descricao": "Pedido fictício", "nre": nre });
    t.0.gql_with(from.0, ENVIAR, json!({ "i": input }))["enviarTramite"].clone()
}

fn step(t: &Tramita, caller: &str, name: &str, input: &Value) -> Value {
    let type_name = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!(
        "mutation($i: {type_name}!) {{ {name}(input: $i) {{ tramite {{ situacao codigoSituacao acoesPossiveis }} erros {{ codigo }} }} }}"
    );
    t.0.gql_with(caller, &query, json!({ "i": input }))[name].clone()
}

/// The destinatário may not read the metadata of a trâmite that was cancelled before it was
/// received.
#[test]
fn quem_nao_recebeu_nao_le_os_metadados() {
    let t = Tramita::new();
    let read = |caller: &str, idt: i64| {
        let query = "query($i: ID!) { tramite(idt: $i) { metadados { descricao } } }";
        t.0.gql_with(caller, query, json!({ "i": idt.to_string() }))["tramite"]["metadados"].clone()
    };
    let (cancelado, _) = t.enviado(RN, PE, "A", None);
    t.steps(cancelado, &[(RN, "cancelar")]);
    let (received, _) = t.enviado(RN, PE, "B", None);
    t.steps(received, &[(PE, "receber"), (RN, "cancelar")]);
    assert_eq!((read(PE, cancelado), read(RN, cancelado).is_object()), (Value::Null, true));
    assert!(read(PE, received).is_object());
}

#[test]
fn a_historia_do_artigo_por_graphql() {
    let t = Tramita::new();
    let ida = enviar(&t, (RN, "820"), "817", NUP, None);
    let tramite = &ida["tramite"];
    assert_eq!(
        (&ida["nreGerado"], &tramite["acoesPossiveis"]),
        (&json!(true), &json!(["CANCELAR"])),
        "{ida}"
    );
    assert_eq!(
        (&tramite["remetente"]["propria"], &tramite["destinatario"]["propria"]),
        (&json!(true), &json!(false))
    );
    assert!(tramite["expiraEm"].is_string());
    let idt = &tramite["idt"];
    assert!(tramite["nre"].is_string());
    // The destinatário cannot read the metadata before it receives the trâmite.
    let view = |caller: &str| {
        t.0.gql_with(
            caller,
            "query($i: ID!) { tramite(idt: $i) { metadados { descricao } acoesPossiveis } }",
            json!({ "i": idt }),
        )["tramite"]
            .clone()
    };
    assert_eq!(view(PE), json!({ "metadados": null, "acoesPossiveis": ["RECEBER", "RECUSAR"] }));
    assert_eq!(view(CE), Value::Null);
    let only_idt = json!({ "idt": idt });
    assert_eq!(step(&t, PE, "receberTramite", &only_idt)["tramite"]["codigoSituacao"], 4);
    assert_eq!(view(PE)["metadados"]["descricao"], "Pedido fictício");
    let now = crate::support::now().to_rfc3339();
    assert_eq!(
        step(&t, PE, "enviarRecibo", &json!({ "idt": idt, "dataDeRecebimento": now }))["tramite"]["codigoSituacao"],
        5
    );
    assert_eq!(step(&t, RN, "receberRecibo", &only_idt)["tramite"]["acoesPossiveis"], json!([]));
}

#[test]
fn quem_devolve_sem_o_nre_e_recusado_com_ele() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let nre = nre.as_str();
    // `verificarEnvio` predicts the refusal. The server refuses the send and tells the NRE.
    let dry_run = t.0.gql_with(
        PE,
        "query($n: NRE) { sem: verificarEnvio(input: {remetente: {repositorio: 1, numero: \"817\"}, destinatario: {repositorio: 1, numero: \"820\"}, protocolo: \"99990.000001/2026-53\"})
           { linha aceito nre devolucao explicacao erros { codigo } }
           com: verificarEnvio(input: {remetente: {repositorio: 1, numero: \"817\"}, destinatario: {repositorio: 1, numero: \"820\"}, protocolo: \"99990.000001/2026-53\", nre: $n})
           { linha aceito nre devolucao } }",
        json!({ "n": nre }),
    );
    assert_eq!(
        (&dry_run["sem"]["linha"], &dry_run["sem"]["aceito"], &dry_run["sem"]["nre"]),
        (&json!("A1"), &json!(false), &json!(nre))
    );
    assert_eq!(
        dry_run["com"],
        json!({ "linha": "B6", "aceito": true, "nre": nre, "devolucao": true })
    );
    let refused = enviar(&t, (PE, "817"), "820", NUP, None);
    let error = &refused["erros"][0];
    assert_eq!(
        (&error["codigo"], &error["mensagem"], &error["codigoErro"], &error["nre"]),
        (&json!("NUP_JA_CADASTRADO"), &json!(ALREADY_REGISTERED), &json!("9001"), &json!(nre))
    );
    let returned = enviar(&t, (PE, "817"), "820", NUP, Some(nre));
    assert_eq!(
        (&returned["tramite"]["devolucao"], &returned["nreGerado"]),
        (&json!(true), &json!(false)),
        "{returned}"
    );

    // The registro tells the NRE to a party, and to nobody else.
    let registro = "query($p: String!) { registroEletronico(protocolo: $p) { nre bloqueado emAndamento { situacao } tramites { totalCount } tipoDeProtocolo } }";
    let from = |caller: &str| {
        t.0.gql_with(caller, registro, json!({ "p": "99990000001202653" }))["registroEletronico"]
            .clone()
    };
    assert_eq!(
        from(RN),
        json!({ "nre": nre, "bloqueado": true, "emAndamento": { "situacao": "COMPONENTES_RECEBIDOS_SOLUCAO" }, "tramites": { "totalCount": 2 }, "tipoDeProtocolo": "NUP17" })
    );
    assert_eq!(from(CE), Value::Null);
    let pendencias = t.0.gql(RN, "{ pendencias { acao tramite { devolucao } } }");
    assert_eq!(
        pendencias["pendencias"],
        json!([{ "acao": "RECEBER", "tramite": { "devolucao": true } }])
    );
}

#[test]
fn o_tramite_leva_ao_processo_e_o_processo_aos_tramites() {
    let t = Tramita::new();
    let ana = t.0.adolescente(RN);
    let numero = numero(1);
    t.0.cadastrado(RN, &NewProcesso::apuracao(&numero, &[&ana]));
    assert_eq!(enviar(&t, (RN, "820"), "817", &numero, None)["erros"], json!([]));
    let data = t.0.gql_with(RN, "query($n: NumeroProcesso!) { processo(numero: $n) { tramites { totalCount nodes { id processo { numero } registro { nre } } } } }", json!({ "n": numero }));
    let tramites = &data["processo"]["tramites"];
    assert_eq!(
        (&tramites["totalCount"], &tramites["nodes"][0]["processo"]["numero"]),
        (&json!(1), &json!(numero))
    );
    let node =
        "query($id: ID!) { node(id: $id) { ... on Tramite { protocolo processo { numero } } } }";
    let id = json!({ "id": tramites["nodes"][0]["id"] });
    // The other party sees the trâmite but not the processo. Nobody else sees either.
    assert_eq!(
        t.0.gql_with(PE, node, &id)["node"],
        json!({ "protocolo": numero, "processo": null })
    );
    assert_eq!(t.0.gql_with(CE, node, &id)["node"], Value::Null);
    let filtered = t.0.gql(RN, "{ a: tramites(filtro: {emAndamento: true}) { totalCount } b: tramites(filtro: {situacao: [CANCELADO]}) { totalCount } }");
    assert_eq!(
        (&filtered["a"]["totalCount"], &filtered["b"]["totalCount"]),
        (&json!(1), &json!(0))
    );
}

/// The server loads each relation of a trâmite for all trâmites at once.
#[test]
fn statements_do_not_grow_with_the_tramites() {
    let t = Tramita::new();
    let ana = t.0.adolescente(RN);
    for n in 0..30 {
        let numero = numero(n);
        t.0.cadastrado(RN, &NewProcesso::apuracao(&numero, &[&ana]));
        t.enviado(RN, PE, &numero, None);
    }
    for (statements, query) in [
        (
            1,
            "query($n: Int!) { tramites(first: $n) { nodes { idt nre remetente { nome } acoesPossiveis metadados { descricao } } } }",
        ),
        (2, "query($n: Int!) { tramites(first: $n) { nodes { historico { situacao } } } }"),
        (2, "query($n: Int!) { tramites(first: $n) { nodes { processo { numero } } } }"),
        (
            4,
            "query($n: Int!) { tramites(first: $n) { nodes { registro { bloqueado emAndamento { idt } } } } }",
        ),
        (
            3,
            "query($n: Int!) { tramites(first: $n) { nodes { registro { tramites(first: $n) { nodes { idt } } } } } }",
        ),
        (
            2,
            "query($n: Int!) { processos(first: $n) { nodes { tramites(first: $n) { nodes { idt } } } } }",
        ),
    ] {
        for n in [1, 10, 30] {
            let (count, _) = t.0.statements(|| t.0.gql_with(RN, query, json!({ "n": n })));
            assert_eq!((count, n), (statements, n), "{query}");
        }
    }
}

/// The national credential reads a registro as a whole.
#[test]
fn a_credencial_nacional_le_o_registro_inteiro() {
    let t = Tramita::new();
    let (idt, nre) = t.realizado(RN, PE, NUP, None);
    let read = t.0.gql_with(
        "cnj",
        "query($n: NRE, $i: ID!) { registroEletronico(nre: $n) { nre protocolo bloqueado emAndamento { idt } tramites { totalCount } }
           tramite(idt: $i) { codigoSituacao registro { bloqueado } recibo { registradoEm } } }",
        json!({ "n": nre, "i": idt.to_string() }),
    );
    assert_eq!(
        read["registroEletronico"],
        json!({ "nre": nre, "protocolo": NUP, "bloqueado": true, "emAndamento": null, "tramites": { "totalCount": 1 } })
    );
    assert_eq!(read["tramite"]["registro"]["bloqueado"], true);
}

#[test]
fn a_malformed_numero_of_an_estrutura_is_a_refusal_or_an_input_error() {
    let t = Tramita::new();
    let estrutura = |numero: &str| json!({ "repositorio": 1, "numero": numero });
    let dry_run = t.0.gql_with(
        RN,
        "query($i: VerificarEnvioInput!) { verificarEnvio(input: $i) { linha aceito erros { codigo campo } } }",
        json!({ "i": { "remetente": estrutura("820"), "destinatario": estrutura("8\u{0}17"), "protocolo": NUP } }),
    );
    assert_eq!(
        (&dry_run["verificarEnvio"]["linha"], &dry_run["verificarEnvio"]["aceito"]),
        (&json!("S0"), &json!(false)),
        "{dry_run}"
    );
    let list = t.0.graphql(
        RN,
        "query($f: TramiteFiltro) { tramites(filtro: $f) { totalCount } }",
        json!({ "f": { "remetente": estrutura("\u{0}") } }),
    );
    assert_eq!(list.body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{}", list.text);
}

/// A dry run with documents tells which files the send would request.
#[test]
fn a_dry_run_says_which_files_would_be_requested() {
    let t = Tramita::new();
    let dry_run = |documentos: Value| {
        let estrutura = |numero: &str| json!({ "repositorio": 1, "numero": numero });
        let input = json!({ "remetente": estrutura("820"), "destinatario": estrutura("817"), "protocolo": NUP,
            "documentos": documentos });
        let query = "query($i: VerificarEnvioInput!) { verificarEnvio(input: $i) { linha aceito
            componentesSolicitados { documento ordem hash } erros { codigo mensagem } } }";
        t.0.gql_with(RN, query, json!({ "i": input }))["verificarEnvio"].clone()
    };
    let file = |bytes: &[u8]| json!({ "hash": hash(bytes), "tamanhoEmBytes": bytes.len() });
    let documentos = json!([
        { "ordem": 1, "componentesDigitais": [file(b"um"), file(b"dois")] },
        { "ordem": 2, "retirado": true, "componentesDigitais": [{ "hash": hash(b"x"), "tamanhoEmBytes": 0 }] },
    ]);
    let request = |documento: i32, ordem: i32, bytes: &[u8]| json!({ "documento": documento, "ordem": ordem, "hash": hash(bytes) });
    let outcome = dry_run(documentos);
    assert_eq!(outcome["aceito"], true, "{outcome}");
    assert_eq!(
        outcome["componentesSolicitados"],
        json!([request(1, 1, b"um"), request(1, 2, b"dois")])
    );
    let bad = dry_run(
        json!([{ "ordem": 1, "componentesDigitais": [{ "hash": "x", "tamanhoEmBytes": 1 }] }]),
    );
    assert_eq!((&bad["linha"], &bad["aceito"]), (&json!("S0"), &json!(false)), "{bad}");
    assert_eq!(bad["componentesSolicitados"], json!([]));

    let (idt, _) = t.realizado(RN, PE, NUP, None);
    let read = t.0.gql_with(
        RN,
        "query($i: ID!) { tramite(idt: $i) { historico { situacao } mudancasDeSituacao { situacao ocorridaEm por } } }",
        json!({ "i": idt.to_string() }),
    );
    let situacoes = |list: &Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|m| m["situacao"].clone()).collect()
    };
    let tramite = &read["tramite"];
    assert_eq!(situacoes(&tramite["historico"]), situacoes(&tramite["mudancasDeSituacao"]));
    assert_eq!(situacoes(&tramite["historico"]).len(), 6);
}
