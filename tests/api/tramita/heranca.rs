//! An heir becomes a party of an NRE when both sides ask for it.

use super::corridas::correr;
use super::{CE, NUP, PE, RN, Tramita, codigo};
use crate::support::{Resposta, agora, rounds};
use chrono::Duration;
use diesel::RunQueryDsl;
use elos::db::Sql;
use serde_json::{Value, json};

const NUMEROS: [(&str, &str); 3] = [(RN, "820"), (PE, "817"), (CE, "806")];

fn numero(quem: &str) -> &str {
    NUMEROS.iter().find(|(nome, _)| *nome == quem).map_or(quem, |(_, numero)| numero)
}

pub fn entrada(parte: &str, herdeira: &str, nre: &str, protocolo: &str) -> Value {
    let estrutura = |quem| json!({ "repositorio": 1, "numero": numero(quem) });
    json!({ "nre": nre, "protocolo": protocolo, "parte": estrutura(parte), "herdeira": estrutura(herdeira),
        "justificativa": "cisão do órgão" })
}

impl Tramita {
    fn vincular_com(&self, quem: &str, input: &Value) -> Value {
        let mutation = "mutation ($input: VincularNreInput!) { vincularNre(input: $input) {
            efetivado simulado registro { nre protocolo bloqueado } erros { codigo ... on ErroDeTramite { codigoErro nre } } } }";
        let resposta: Resposta = self.0.graphql(quem, mutation, json!({ "input": input }));
        match &resposta.corpo["data"]["vincularNre"] {
            Value::Null => resposta.corpo["errors"][0]["extensions"]["code"].clone(),
            payload => payload.clone(),
        }
    }

    fn vincular(&self, quem: &str, parte: &str, herdeira: &str, nre: &str) -> Value {
        self.vincular_com(quem, &entrada(parte, herdeira, nre, NUP))
    }
}

fn pendente() -> Value {
    json!({ "efetivado": false, "simulado": false, "registro": null, "erros": [] })
}

#[test]
fn quando_os_dois_pedem_a_herdeira_tem_o_processo() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(PE, PE, CE, &nre), pendente());
    // It is no party yet, and nothing tells it of one.
    assert_eq!(codigo(&t.pedir(CE, "GET", &format!("/NREs/{nre}"), &Value::Null)), (404, "9002"));
    assert_eq!(codigo(&t.enviar(CE, RN, NUP, Some(&nre))), (404, "9002"));
    // A rehearsal says what would come of it, and leaves nothing.
    let mut ensaio = entrada(PE, CE, &nre, NUP);
    ensaio["simular"] = json!(true);
    let ensaiado = t.vincular_com(CE, &ensaio);
    assert_eq!(
        (&ensaiado["efetivado"], &ensaiado["simulado"], &ensaiado["registro"]),
        (&json!(true), &json!(true), &Value::Null)
    );

    let feito = json!({ "efetivado": true, "simulado": false, "erros": [],
        "registro": { "nre": nre, "protocolo": NUP, "bloqueado": false } });
    assert_eq!(t.vincular(CE, PE, CE, &nre), feito);
    // Told again to who asks again.
    assert_eq!(t.vincular(CE, PE, CE, &nre), feito);
    assert_eq!(t.vincular(PE, PE, CE, &nre)["efetivado"], true);
    assert_eq!(
        t.0.banco
            .contar("SELECT count(*) AS n FROM pedido_de_vinculo WHERE efetivado_em IS NOT NULL"),
        2
    );
    assert_eq!(
        t.0.banco.contar("SELECT count(*) AS n FROM pedido_de_vinculo WHERE efetivado_em IS NULL"),
        0
    );

    // The processo is with the heir, and no more with the party.
    assert_eq!(codigo(&t.enviar(PE, RN, NUP, Some(&nre))), (409, "9006"));
    let sem_nre = t.enviar(CE, RN, NUP, None);
    assert_eq!(
        (codigo(&sem_nre), super::parametro(&sem_nre, "nre")),
        ((409, "9001"), Some(nre.as_str()))
    );
    let volta = t.enviar(CE, RN, NUP, Some(&nre));
    assert_eq!((volta.status, &volta.corpo["devolucao"]), (200, &json!(true)), "{}", volta.texto);
    // It goes on by trâmites from there.
    let idt = volta.corpo["IDT"].as_i64().unwrap();
    t.passos(idt, &[(RN, "receber"), (RN, "recibo"), (CE, "buscar")]);
    assert_eq!(codigo(&t.enviar(CE, PE, NUP, Some(&nre))), (409, "9006"));
    assert_eq!(t.enviar(RN, PE, NUP, Some(&nre)).status, 200);
}

#[test]
fn a_herdeira_pede_no_escuro() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    // An NRE that is there, one that is not, another protocolo: one answer, byte for byte.
    let inexistente = "0000009999992026";
    assert_eq!(t.vincular(CE, PE, CE, &nre), pendente());
    assert_eq!(t.vincular(CE, PE, CE, inexistente), pendente());
    assert_eq!(t.vincular_com(CE, &entrada(PE, CE, &nre, "OUTRO")), pendente());
    // Of one that is no party, nothing comes, although both ask.
    let (_, alheio) = t.realizado(RN, PE, "SEM-PARTE", None);
    let sem_parte = entrada(CE, "805", &alheio, "SEM-PARTE");
    t.0.credencial("tjba", RN, |claims| {
        claims["azp"] = json!("tjba");
        claims["tribunal"] = json!("805");
    });
    assert_eq!(t.vincular_com("tjba", &sem_parte), pendente());
    assert_eq!(t.vincular_com(CE, &sem_parte)["erros"][0]["codigo"], "NRE_NAO_LOCALIZADO");
    assert_eq!(t.vincular_com("tjba", &sem_parte), pendente());
    // A party is told, because it is one; and what the other side asked stays.
    let erro = |valor: &Value| valor["erros"][0]["codigo"].clone();
    assert_eq!(erro(&t.vincular(PE, PE, CE, inexistente)), "NRE_NAO_LOCALIZADO");
    assert_eq!(erro(&t.vincular_com(PE, &entrada(PE, CE, &nre, "OUTRO"))), "PROTOCOLO_DIVERGENTE");
    assert_eq!(t.vincular(PE, PE, CE, &nre)["efetivado"], true);
}

/// Asking is no way to learn who else is a party, nor who has the processo.
#[test]
fn uma_parte_nao_sabe_de_outra_por_perguntar() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let perguntas = || [(RN, CE), (PE, RN), (CE, RN)].map(|(a, b)| t.vincular(RN, a, b, &nre));
    let antes = perguntas();
    t.realizado(PE, CE, NUP, Some(&nre));
    assert_eq!(perguntas(), antes);
    assert_eq!(antes, [pendente(), pendente(), pendente()]);
}

/// Any party can be the one; but of who has not the processo, nobody gets it to send.
#[test]
fn a_parte_que_nao_tem_o_processo_nao_o_passa_adiante() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(RN, RN, CE, &nre), pendente());
    let feito = t.vincular(CE, RN, CE, &nre);
    assert_eq!(feito["registro"]["bloqueado"], true, "{feito}");
    assert_eq!(codigo(&t.enviar(CE, RN, NUP, Some(&nre))), (409, "9006"));
    assert_eq!(t.enviar(PE, CE, NUP, Some(&nre)).corpo["devolucao"], true);
}

/// A key tells of the outcome as it was, also when the other side has asked since.
#[test]
fn a_chave_repete_o_desfecho() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    let mut com_chave = entrada(PE, CE, &nre, NUP);
    com_chave["chaveIdempotencia"] = json!("heranca-1");
    assert_eq!(t.vincular_com(PE, &com_chave), pendente());
    assert_eq!(t.vincular(CE, PE, CE, &nre)["efetivado"], true);
    assert_eq!(t.vincular_com(PE, &com_chave), pendente());
    let mut da_herdeira = com_chave.clone();
    da_herdeira["chaveIdempotencia"] = json!("heranca-2");
    for _ in 0..2 {
        assert_eq!(t.vincular_com(CE, &da_herdeira)["registro"]["nre"], nre);
    }
}

#[test]
fn quem_pode_pedir_e_o_que() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(RN, PE, CE, &nre), "SEM_PERMISSAO");
    assert_eq!(t.vincular("tjrn-leitura", RN, CE, &nre), "SEM_PERMISSAO");
    let recusado = |mudar: fn(&mut Value)| {
        let mut input = entrada(PE, CE, &nre, NUP);
        mudar(&mut input);
        t.vincular_com(PE, &input)["erros"][0]["codigo"].clone()
    };
    assert_eq!(recusado(|i| i["justificativa"] = json!(" ")), "CAMPO_OBRIGATORIO");
    assert_eq!(recusado(|i| i["justificativa"] = json!("x".repeat(1001))), "CAMPO_INVALIDO");
    assert_eq!(recusado(|i| i["protocolo"] = json!("")), "CAMPO_INVALIDO");
    assert_eq!(recusado(|i| i["herdeira"]["numero"] = json!("999")), "ESTRUTURA_INVALIDA");
    assert_eq!(recusado(|i| i["herdeira"] = i["parte"].clone()), "ESTRUTURA_INVALIDA");
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM pedido_de_vinculo"), 0);

    // Not while it travels, whoever asks last; and not over another NRE of the heir.
    let (idt, _) = t.enviado(PE, RN, NUP, Some(&nre));
    assert_eq!(t.vincular(CE, PE, CE, &nre), pendente());
    let em_andamento = t.vincular(PE, PE, CE, &nre);
    assert_eq!(em_andamento["erros"][0]["codigo"], "TRAMITE_EM_ANDAMENTO");
    t.passos(idt, &[(PE, "cancelar")]);
    let (_, outro) = t.enviado(CE, "805", NUP, None);
    assert_ne!(outro, nre);
    let outro_nre = t.vincular(PE, PE, CE, &nre);
    assert_eq!(
        outro_nre["erros"],
        json!([{ "codigo": "NUP_JA_CADASTRADO", "codigoErro": "9001", "nre": null }])
    );
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM registro_no_sistema"), 3);
}

#[test]
fn o_pedido_vale_trinta_dias() {
    let t = Tramita::novo();
    let (_, nre) = t.realizado(RN, PE, NUP, None);
    assert_eq!(t.vincular(PE, PE, CE, &nre), pendente());
    Sql::new("UPDATE pedido_de_vinculo SET pedido_em = ")
        .bind(agora() - Duration::days(31))
        .execute(&mut t.0.banco.conn())
        .unwrap();
    assert_eq!(t.vincular(CE, PE, CE, &nre), pendente());
    assert_eq!(t.vincular(PE, PE, CE, &nre)["efetivado"], true);
}

#[test]
fn os_dois_lados_e_um_envio_ao_mesmo_tempo() {
    let t = Tramita::novo();
    let mut herdados = 0;
    for rodada in 0..rounds(20, 50) {
        let protocolo = format!("HERANCA-{rodada}");
        let (_, nre) = t.realizado(RN, PE, &protocolo, None);
        let input = entrada(PE, CE, &nre, &protocolo);
        let fim = correr(3, |n| match n {
            0 => t.vincular_com(PE, &input),
            1 => t.vincular_com(CE, &input),
            _ => json!(t.enviar(PE, RN, &protocolo, Some(&nre)).status),
        });
        // Either the send set out, and nobody inherited; or it came too late.
        assert!(fim[0].is_object() && fim[1].is_object(), "{fim:?}");
        let herdou = fim[0]["efetivado"] == true || fim[1]["efetivado"] == true;
        herdados += i64::from(herdou);
        assert_eq!(fim[2], if herdou { 409 } else { 200 }, "{fim:?}");
        assert!(!(fim[0]["efetivado"] == true && fim[1]["efetivado"] == true), "{fim:?}");
    }
    assert_eq!(t.0.banco.contar("SELECT count(*) AS n FROM heranca"), herdados);
}
