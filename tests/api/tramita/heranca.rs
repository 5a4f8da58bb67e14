//! An heir becomes a party of an NRE when both sides request it.

use super::races::race;
use super::{CE, NUP, PE, RN, Tramita, code, numero_da_estrutura};
use crate::support::{Response, now, rounds};
use chrono::Duration;
use diesel::RunQueryDsl;
use elos::db::Sql;
use serde_json::{Value, json};

pub fn input(party: &str, herdeira: &str, nre: &str, protocolo: &str) -> Value {
    let estrutura = |caller| json!({ "repositorio": 1, "numero": numero_da_estrutura(caller) });
    json!({ "nre": nre, "protocolo": protocolo, "parte": estrutura(party), "herdeira": estrutura(herdeira),
        "justificativa": "cisão do órgão" })
}

impl Tramita {
    fn vincular_with(&self, caller: &str, input: &Value) -> Value {
        let mutation = "mutation ($input: VincularNreInput!) { vincularNre(input: $input) {
            efetivado simulado registro { nre protocolo bloqueado } erros { codigo ... on ErroDeTramite { codigoErro nre } } } }";
        let response: Response = self.0.graphql(caller, mutation, json!({ "input": input }));
        match &response.body["data"]["vincularNre"] {
            Value::Null => response.body["errors"][0]["extensions"]["code"].clone(),
            payload => payload.clone(),
        }
    }

    fn vincular(&self, caller: &str, party: &str, herdeira: &str, nre: &str) -> Value {
        self.vincular_with(caller, &input(party, herdeira, nre, NUP))
    }
}

fn pending() -> Value {
    json!({ "efetivado": false, "simulado": false, "registro": null, "erros": [] })
}

#[test]
fn quando_os_dois_pedem_a_herdeira_tem_o_processo() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(PE, PE, CE, &nre), pending());
    // The heir is no party yet, and learns nothing.
    assert_eq!(code(&t.request(CE, "GET", &format!("/NREs/{nre}"), &Value::Null)), (404, "9002"));
    assert_eq!(code(&t.enviar(CE, RN, NUP, Some(&nre))), (404, "9002"));
    // A dry run tells the outcome and stores nothing.
    let mut dry_run_input = input(PE, CE, &nre, NUP);
    dry_run_input["simular"] = json!(true);
    let dry_run = t.vincular_with(CE, &dry_run_input);
    assert_eq!(
        (&dry_run["efetivado"], &dry_run["simulado"], &dry_run["registro"]),
        (&json!(true), &json!(true), &Value::Null)
    );

    let efetivado = json!({ "efetivado": true, "simulado": false, "erros": [],
        "registro": { "nre": nre, "protocolo": NUP, "bloqueado": false } });
    assert_eq!(t.vincular(CE, PE, CE, &nre), efetivado);
    // A repeated request gets the same answer.
    assert_eq!(t.vincular(CE, PE, CE, &nre), efetivado);
    assert_eq!(t.vincular(PE, PE, CE, &nre)["efetivado"], true);
    assert_eq!(
        t.0.database
            .count("SELECT count(*) AS n FROM pedido_de_vinculo WHERE efetivado_em IS NOT NULL"),
        2
    );
    assert_eq!(
        t.0.database
            .count("SELECT count(*) AS n FROM pedido_de_vinculo WHERE efetivado_em IS NULL"),
        0
    );

    // The heir now has the processo, and the former party has not.
    assert_eq!(code(&t.enviar(PE, RN, NUP, Some(&nre))), (409, "9006"));
    let without_nre = t.enviar(CE, RN, NUP, None);
    assert_eq!(
        (code(&without_nre), super::parameter(&without_nre, "nre")),
        ((409, "9001"), Some(nre.as_str()))
    );
    let returned = t.enviar(CE, RN, NUP, Some(&nre));
    assert_eq!(
        (returned.status, &returned.body["devolucao"]),
        (200, &json!(true)),
        "{}",
        returned.text
    );
    // From here on, trâmites move the processo.
    let idt = returned.body["IDT"].as_i64().unwrap();
    t.steps(idt, &[(RN, "receber"), (RN, "recibo"), (CE, "buscar")]);
    assert_eq!(code(&t.enviar(CE, PE, NUP, Some(&nre))), (409, "9006"));
    assert_eq!(t.enviar(RN, PE, NUP, Some(&nre)).status, 200);
}

#[test]
fn a_herdeira_pede_no_escuro() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    // An existing NRE, an unknown one, and a wrong protocolo have the same response.
    let nonexistent = "0000009999992026";
    assert_eq!(t.vincular(CE, PE, CE, &nre), pending());
    assert_eq!(t.vincular(CE, PE, CE, nonexistent), pending());
    assert_eq!(t.vincular_with(CE, &input(PE, CE, &nre, "OUTRO")), pending());
    // A request that names an órgão that is no party has no effect, also if both sides make it.
    let (_, foreign) = t.realizado(RN, PE, "SEM-PARTE", None);
    let without_parte = input(CE, "805", &foreign, "SEM-PARTE");
    t.0.credential("tjba", RN, |claims| {
        claims["azp"] = json!("tjba");
        claims["tribunal"] = json!("805");
    });
    assert_eq!(t.vincular_with("tjba", &without_parte), pending());
    assert_eq!(t.vincular_with(CE, &without_parte)["erros"][0]["codigo"], "NRE_NAO_LOCALIZADO");
    assert_eq!(t.vincular_with("tjba", &without_parte), pending());
    // A party gets the errors. The request of the other side remains.
    let error = |value: &Value| value["erros"][0]["codigo"].clone();
    assert_eq!(error(&t.vincular(PE, PE, CE, nonexistent)), "NRE_NAO_LOCALIZADO");
    assert_eq!(error(&t.vincular_with(PE, &input(PE, CE, &nre, "OUTRO"))), "PROTOCOLO_DIVERGENTE");
    assert_eq!(t.vincular(PE, PE, CE, &nre)["efetivado"], true);
}

/// A request does not reveal the other parties, nor which of them has the processo.
#[test]
fn uma_parte_nao_sabe_de_outra_por_perguntar() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let requests = || [(RN, CE), (PE, RN), (CE, RN)].map(|(a, b)| t.vincular(RN, a, b, &nre));
    let before = requests();
    t.realizado(PE, CE, NUP, Some(&nre));
    assert_eq!(requests(), before);
    assert_eq!(before, [pending(), pending(), pending()]);
}

/// Any party may name an heir. The heir gets the processo to send only from the party that has it.
#[test]
fn a_parte_que_nao_tem_o_processo_nao_o_passa_adiante() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(RN, RN, CE, &nre), pending());
    let done = t.vincular(CE, RN, CE, &nre);
    assert_eq!(done["registro"]["bloqueado"], true, "{done}");
    assert_eq!(code(&t.enviar(CE, RN, NUP, Some(&nre))), (409, "9006"));
    assert_eq!(t.enviar(PE, CE, NUP, Some(&nre)).body["devolucao"], true);
}

/// A key repeats the first outcome, also after the other side has made its request.
#[test]
fn a_key_repeats_the_outcome() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let mut with_key = input(PE, CE, &nre, NUP);
    with_key["chaveIdempotencia"] = json!("heranca-1");
    assert_eq!(t.vincular_with(PE, &with_key), pending());
    assert_eq!(t.vincular(CE, PE, CE, &nre)["efetivado"], true);
    assert_eq!(t.vincular_with(PE, &with_key), pending());
    let mut of_herdeira = with_key.clone();
    of_herdeira["chaveIdempotencia"] = json!("heranca-2");
    for _ in 0..2 {
        assert_eq!(t.vincular_with(CE, &of_herdeira)["registro"]["nre"], nre);
    }
}

#[test]
fn quem_pode_pedir_e_o_que() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(RN, PE, CE, &nre), "SEM_PERMISSAO");
    assert_eq!(t.vincular("tjrn-leitura", RN, CE, &nre), "SEM_PERMISSAO");
    let refused = |change: fn(&mut Value)| {
        let mut input = input(PE, CE, &nre, NUP);
        change(&mut input);
        t.vincular_with(PE, &input)["erros"][0]["codigo"].clone()
    };
    assert_eq!(refused(|i| i["justificativa"] = json!(" ")), "CAMPO_OBRIGATORIO");
    assert_eq!(refused(|i| i["justificativa"] = json!("x".repeat(1001))), "CAMPO_INVALIDO");
    assert_eq!(refused(|i| i["protocolo"] = json!("")), "CAMPO_INVALIDO");
    assert_eq!(refused(|i| i["herdeira"]["numero"] = json!("999")), "ESTRUTURA_INVALIDA");
    assert_eq!(refused(|i| i["herdeira"] = i["parte"].clone()), "ESTRUTURA_INVALIDA");
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM pedido_de_vinculo"), 0);

    // The request of a party is refused during a trâmite, and if the heir is a party under another
    // NRE.
    let (idt, _) = t.enviado(PE, RN, NUP, Some(&nre));
    assert_eq!(t.vincular(CE, PE, CE, &nre), pending());
    let em_andamento = t.vincular(PE, PE, CE, &nre);
    assert_eq!(em_andamento["erros"][0]["codigo"], "TRAMITE_EM_ANDAMENTO");
    t.steps(idt, &[(PE, "cancelar")]);
    let (_, other) = t.enviado(CE, "805", NUP, None);
    assert_ne!(other, nre);
    let other_nre = t.vincular(PE, PE, CE, &nre);
    assert_eq!(
        other_nre["erros"],
        json!([{ "codigo": "NUP_JA_CADASTRADO", "codigoErro": "9001", "nre": null }])
    );
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM registro_no_sistema"), 3);
}

#[test]
fn o_pedido_vale_trinta_dias() {
    let t = Tramita::new();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(PE, PE, CE, &nre), pending());
    Sql::new("UPDATE pedido_de_vinculo SET pedido_em = ")
        .bind(now() - Duration::days(31))
        .execute(&mut t.0.database.conn())
        .unwrap();
    assert_eq!(t.vincular(CE, PE, CE, &nre), pending());
    assert_eq!(t.vincular(PE, PE, CE, &nre)["efetivado"], true);
}

#[test]
fn os_dois_lados_e_um_envio_ao_mesmo_tempo() {
    let t = Tramita::new();
    let mut inherited_count = 0;
    for round in 0..rounds(20, 50) {
        let protocolo = format!("HERANCA-{round}");
        let (_, nre) = t.realizado(RN, PE, &protocolo, None);
        let input = input(PE, CE, &nre, &protocolo);
        let end = race(3, |n| match n {
            0 => t.vincular_with(PE, &input),
            1 => t.vincular_with(CE, &input),
            _ => json!(t.enviar(PE, RN, &protocolo, Some(&nre)).status),
        });
        // Either the send was accepted and nobody inherited, or the send came too late.
        assert!(end[0].is_object() && end[1].is_object(), "{end:?}");
        let inherited = end[0]["efetivado"] == true || end[1]["efetivado"] == true;
        inherited_count += i64::from(inherited);
        assert_eq!(end[2], if inherited { 409 } else { 200 }, "{end:?}");
        assert!(!(end[0]["efetivado"] == true && end[1]["efetivado"] == true), "{end:?}");
    }
    assert_eq!(t.0.database.count("SELECT count(*) AS n FROM heranca"), inherited_count);
}
