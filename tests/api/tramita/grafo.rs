//! The main scenarios through GraphQL, and what only the graph tells.

use super::componentes::hash;
use super::{CE, FRASE, NUP, PE, RN, Tramita};
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

const ENVIAR: &str = "mutation($i: EnviarTramiteInput!) { enviarTramite(input: $i) { nreGerado avisos erros { codigo mensagem
    ... on ErroDeTramite { codigoErro nre idt } } tramite { idt nre situacao devolucao acoesPossiveis expiraEm metadados { descricao }
    remetente { numero propria } destinatario { nome propria } historico { situacao por } } } }";

fn enviar(t: &Tramita, de: (&str, &str), para: &str, protocolo: &str, nre: Option<&str>) -> Value {
    let input = json!({ "remetente": { "repositorio": 1, "numero": de.1 }, "destinatario": { "repositorio": 1, "numero": para },
        "protocolo": protocolo, "descricao": "Pedido fictício", "nre": nre });
    t.0.gql_com(de.0, ENVIAR, json!({ "i": input }))["enviarTramite"].clone()
}

fn passo(t: &Tramita, quem: &str, nome: &str, input: &Value) -> Value {
    let tipo = format!("{}{}Input", nome[..1].to_uppercase(), &nome[1..]);
    let query = format!(
        "mutation($i: {tipo}!) {{ {nome}(input: $i) {{ tramite {{ situacao codigoSituacao acoesPossiveis }} erros {{ codigo }} }} }}"
    );
    t.0.gql_com(quem, &query, json!({ "i": input }))[nome].clone()
}

/// What was called back before it was received was never the destinatário's to read.
#[test]
fn quem_nao_recebeu_nao_le_os_metadados() {
    let t = Tramita::novo();
    let ler = |quem: &str, idt: i64| {
        let query = "query($i: ID!) { tramite(idt: $i) { metadados { descricao } } }";
        t.0.gql_com(quem, query, json!({ "i": idt.to_string() }))["tramite"]["metadados"].clone()
    };
    let (cancelado, _) = t.enviado(RN, PE, "A", None);
    t.passos(cancelado, &[(RN, "cancelar")]);
    let (recebido, _) = t.enviado(RN, PE, "B", None);
    t.passos(recebido, &[(PE, "receber"), (RN, "cancelar")]);
    assert_eq!((ler(PE, cancelado), ler(RN, cancelado).is_object()), (Value::Null, true));
    assert!(ler(PE, recebido).is_object());
}

#[test]
fn a_historia_do_artigo_no_grafo() {
    let t = Tramita::novo();
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
    let (idt, nre) = (&tramite["idt"], tramite["nre"].as_str().unwrap());
    // The destinatário does not read what was sent before it receives it.
    let ver = |quem: &str| {
        t.0.gql_com(
            quem,
            "query($i: ID!) { tramite(idt: $i) { metadados { descricao } acoesPossiveis } }",
            json!({ "i": idt }),
        )["tramite"]
            .clone()
    };
    assert_eq!(ver(PE), json!({ "metadados": null, "acoesPossiveis": ["RECEBER", "RECUSAR"] }));
    assert_eq!(ver(CE), Value::Null);
    let so_idt = json!({ "idt": idt });
    assert_eq!(passo(&t, PE, "receberTramite", &so_idt)["tramite"]["codigoSituacao"], 4);
    assert_eq!(ver(PE)["metadados"]["descricao"], "Pedido fictício");
    let agora = crate::support::agora().to_rfc3339();
    assert_eq!(
        passo(&t, PE, "enviarRecibo", &json!({ "idt": idt, "dataDeRecebimento": agora }))["tramite"]
            ["codigoSituacao"],
        5
    );
    assert_eq!(passo(&t, RN, "receberRecibo", &so_idt)["tramite"]["acoesPossiveis"], json!([]));

    // Before sending, PE is told; sending anyhow, it is refused with the NRE.
    let ensaio = t.0.gql_com(
        PE,
        "query($n: NRE) { sem: verificarEnvio(input: {remetente: {repositorio: 1, numero: \"817\"}, destinatario: {repositorio: 1, numero: \"820\"}, protocolo: \"99990.000001/2026-53\"})
           { linha aceito nre devolucao explicacao erros { codigo } }
           com: verificarEnvio(input: {remetente: {repositorio: 1, numero: \"817\"}, destinatario: {repositorio: 1, numero: \"820\"}, protocolo: \"99990.000001/2026-53\", nre: $n})
           { linha aceito nre devolucao } }",
        json!({ "n": nre }),
    );
    assert_eq!(
        (&ensaio["sem"]["linha"], &ensaio["sem"]["aceito"], &ensaio["sem"]["nre"]),
        (&json!("A1"), &json!(false), &json!(nre))
    );
    assert_eq!(
        ensaio["com"],
        json!({ "linha": "B6", "aceito": true, "nre": nre, "devolucao": true })
    );
    let recusado = enviar(&t, (PE, "817"), "820", NUP, None);
    let erro = &recusado["erros"][0];
    assert_eq!(
        (&erro["codigo"], &erro["mensagem"], &erro["codigoErro"], &erro["nre"]),
        (&json!("NUP_JA_CADASTRADO"), &json!(FRASE), &json!("9001"), &json!(nre))
    );
    let volta = enviar(&t, (PE, "817"), "820", NUP, Some(nre));
    assert_eq!(
        (&volta["tramite"]["devolucao"], &volta["nreGerado"]),
        (&json!(true), &json!(false)),
        "{volta}"
    );

    // The register gives the NRE back to a party, and to nobody else.
    let registro = "query($p: String!) { registroEletronico(protocolo: $p) { nre bloqueado emAndamento { situacao } tramites { totalCount } tipoDeProtocolo } }";
    let de = |quem: &str| {
        t.0.gql_com(quem, registro, json!({ "p": "99990000001202653" }))["registroEletronico"]
            .clone()
    };
    assert_eq!(
        de(RN),
        json!({ "nre": nre, "bloqueado": true, "emAndamento": { "situacao": "COMPONENTES_RECEBIDOS_SOLUCAO" }, "tramites": { "totalCount": 2 }, "tipoDeProtocolo": "NUP17" })
    );
    assert_eq!(de(CE), Value::Null);
    let pendencias = t.0.gql(RN, "{ pendencias { acao tramite { devolucao } } }");
    assert_eq!(
        pendencias["pendencias"],
        json!([{ "acao": "RECEBER", "tramite": { "devolucao": true } }])
    );
}

#[test]
fn o_tramite_leva_ao_processo_e_o_processo_aos_tramites() {
    let t = Tramita::novo();
    let ana = t.0.adolescente(RN);
    let numero = NumeroProcesso::sintetico(9_600_001, 2024, 820, 1).to_string();
    let corpo = json!({ "numeroProcesso": numero, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "idOrgao": 1,
        "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [ana] });
    assert_eq!(t.0.post(RN, "/api/v1/processos", &corpo).status, 200);
    assert_eq!(enviar(&t, (RN, "820"), "817", &numero, None)["erros"], json!([]));
    let dados = t.0.gql_com(RN, "query($n: NumeroProcesso!) { processo(numero: $n) { tramites { totalCount nodes { id processo { numero } registro { nre } } } } }", json!({ "n": numero }));
    let tramites = &dados["processo"]["tramites"];
    assert_eq!(
        (&tramites["totalCount"], &tramites["nodes"][0]["processo"]["numero"]),
        (&json!(1), &json!(numero))
    );
    let node =
        "query($id: ID!) { node(id: $id) { ... on Tramite { protocolo processo { numero } } } }";
    let id = json!({ "id": tramites["nodes"][0]["id"] });
    // The other party sees the trâmite, not the processo behind it; nobody else sees anything.
    assert_eq!(
        t.0.gql_com(PE, node, &id)["node"],
        json!({ "protocolo": numero, "processo": null })
    );
    assert_eq!(t.0.gql_com(CE, node, &id)["node"], Value::Null);
    let filtrados = t.0.gql(RN, "{ a: tramites(filtro: {emAndamento: true}) { totalCount } b: tramites(filtro: {situacao: [CANCELADO]}) { totalCount } }");
    assert_eq!(
        (&filtrados["a"]["totalCount"], &filtrados["b"]["totalCount"]),
        (&json!(1), &json!(0))
    );
}

/// Every relation of a trâmite, for all trâmites at once.
#[test]
fn os_comandos_nao_crescem_com_os_tramites() {
    let t = Tramita::novo();
    let ana = t.0.adolescente(RN);
    for n in 0..30 {
        let numero = NumeroProcesso::sintetico(9_610_000 + n, 2024, 820, 1).to_string();
        let corpo = json!({ "numeroProcesso": numero, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "idOrgao": 1,
            "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [ana] });
        assert_eq!(t.0.post(RN, "/api/v1/processos", &corpo).status, 200);
        t.enviado(RN, PE, &numero, None);
    }
    for (comandos, query) in [
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
            let (contagem, _) = t.0.comandos(|| t.0.gql_com(RN, query, json!({ "n": n })));
            assert_eq!((contagem, n), (comandos, n), "{query}");
        }
    }
}

/// The national credential reads every registro, and sends none.
#[test]
fn a_credencial_nacional_le_o_registro_inteiro() {
    let t = Tramita::novo();
    let (idt, nre) = t.realizado(RN, PE, NUP, None);
    let lido = t.0.gql_com(
        "cnj",
        "query($n: NRE, $i: ID!) { registroEletronico(nre: $n) { nre protocolo bloqueado emAndamento { idt } tramites { totalCount } }
           tramite(idt: $i) { codigoSituacao registro { bloqueado } recibo { registradoEm } } }",
        json!({ "n": nre, "i": idt.to_string() }),
    );
    assert_eq!(
        lido["registroEletronico"],
        json!({ "nre": nre, "protocolo": NUP, "bloqueado": true, "emAndamento": null, "tramites": { "totalCount": 1 } })
    );
    assert_eq!(lido["tramite"]["registro"]["bloqueado"], true);
}

#[test]
fn o_numero_de_estrutura_malformado_e_recusa_ou_erro_de_entrada() {
    let t = Tramita::novo();
    let estrutura = |numero: &str| json!({ "repositorio": 1, "numero": numero });
    let ensaio = t.0.gql_com(
        RN,
        "query($i: VerificarEnvioInput!) { verificarEnvio(input: $i) { linha aceito erros { codigo campo } } }",
        json!({ "i": { "remetente": estrutura("820"), "destinatario": estrutura("8\u{0}17"), "protocolo": NUP } }),
    );
    assert_eq!(
        (&ensaio["verificarEnvio"]["linha"], &ensaio["verificarEnvio"]["aceito"]),
        (&json!("S0"), &json!(false)),
        "{ensaio}"
    );
    let lista = t.0.graphql(
        RN,
        "query($f: TramiteFiltro) { tramites(filtro: $f) { totalCount } }",
        json!({ "f": { "remetente": estrutura("\u{0}") } }),
    );
    assert_eq!(lista.corpo["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{}", lista.texto);
}

/// A rehearsal with documents says which files would be asked for, as the send then does.
#[test]
fn o_ensaio_diz_que_arquivos_se_pediriam() {
    let t = Tramita::novo();
    let ensaiar = |documentos: Value| {
        let estrutura = |numero: &str| json!({ "repositorio": 1, "numero": numero });
        let entrada = json!({ "remetente": estrutura("820"), "destinatario": estrutura("817"), "protocolo": NUP,
            "documentos": documentos });
        let query = "query($i: VerificarEnvioInput!) { verificarEnvio(input: $i) { linha aceito
            componentesSolicitados { documento ordem hash } erros { codigo mensagem } } }";
        t.0.gql_com(RN, query, json!({ "i": entrada }))["verificarEnvio"].clone()
    };
    let arquivo = |bytes: &[u8]| json!({ "hash": hash(bytes), "tamanhoEmBytes": bytes.len() });
    let documentos = json!([
        { "ordem": 1, "componentesDigitais": [arquivo(b"um"), arquivo(b"dois")] },
        { "ordem": 2, "retirado": true, "componentesDigitais": [{ "hash": hash(b"x"), "tamanhoEmBytes": 0 }] },
    ]);
    let pedido = |documento: i32, ordem: i32, bytes: &[u8]| json!({ "documento": documento, "ordem": ordem, "hash": hash(bytes) });
    let ensaio = ensaiar(documentos);
    assert_eq!(ensaio["aceito"], true, "{ensaio}");
    assert_eq!(
        ensaio["componentesSolicitados"],
        json!([pedido(1, 1, b"um"), pedido(1, 2, b"dois")])
    );
    let ruim = ensaiar(
        json!([{ "ordem": 1, "componentesDigitais": [{ "hash": "x", "tamanhoEmBytes": 1 }] }]),
    );
    assert_eq!((&ruim["linha"], &ruim["aceito"]), (&json!("S0"), &json!(false)), "{ruim}");
    assert_eq!(ruim["componentesSolicitados"], json!([]));

    let (idt, _) = t.realizado(RN, PE, NUP, None);
    let lido = t.0.gql_com(
        RN,
        "query($i: ID!) { tramite(idt: $i) { historico { situacao } mudancasDeSituacao { situacao ocorridaEm por } } }",
        json!({ "i": idt.to_string() }),
    );
    let situacoes = |lista: &Value| -> Vec<Value> {
        lista.as_array().unwrap().iter().map(|m| m["situacao"].clone()).collect()
    };
    let tramite = &lido["tramite"];
    assert_eq!(situacoes(&tramite["historico"]), situacoes(&tramite["mudancasDeSituacao"]));
    assert_eq!(situacoes(&tramite["historico"]).len(), 6);
}
