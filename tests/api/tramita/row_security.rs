//! The row-level security of the Tramita, without the filters of the queries.

use super::componentes::{documento, hash};
use super::{CE, NUP, PE, RN, Tramita, envio};
use crate::support::{App, Settings, Template};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

/// Without the filters, a caller that is no party still sees nothing.
#[test]
fn without_the_filters_a_client_that_is_no_party_sees_nothing() {
    let t = Tramita(App::with(
        Template::Empty,
        Settings { skip_tribunal_filter: true, ..Settings::default() },
    ));
    let (idt, nre) = with_file(&t);
    let found = t.request(RN, "GET", "/tramites", &Value::Null).body["totalDeRegistros"].clone();
    assert_eq!(found, 1, "row-level security is not tested if no party sees the trâmite");
    for path in ["/tramites".to_owned(), "/tramites/pendentes?todas=true".to_owned()] {
        let list = t.request(CE, "GET", &path, &Value::Null);
        assert!(!list.text.contains(&nre) && !list.text.contains(NUP), "{}", list.text);
    }
    let protocolo = "/tramites/protocolo/99990000001202653".to_owned();
    for path in [format!("/tramites/{idt}"), format!("/NREs/{nre}"), protocolo] {
        assert_eq!(t.request(CE, "GET", &path, &Value::Null).status, 404, "{path}");
    }
    assert_eq!(t.baixar(CE, idt, NUP, &hash(b"um")).status, 404);
    assert_eq!(t.upload(CE, idt, NUP, b"um").status, 404);
}

fn with_file(t: &Tramita) -> (i64, String) {
    let mut body = envio(RN, PE, NUP, None);
    body["processo"]["documentos"] = json!([documento(1, &[b"um"])]);
    let enviado = t.request(RN, "POST", "/tramites/processo", &body).body;
    let idt = enviado["IDT"].as_i64().unwrap();
    assert_eq!(t.upload(RN, idt, NUP, b"um").status, 200);
    (idt, enviado["NRE"].as_str().unwrap().to_owned())
}

/// Statements that the role of the application may not run, whatever the application does.
#[test]
fn the_application_role_does_not_write_for_others() {
    let t = Tramita::new();
    let (idt, nre) = with_file(&t);
    let mut conn = t.0.database.conn();
    let mut as_role = |tribunal: i16, command: &str| {
        let text = format!("BEGIN; SET ROLE elos_app; SET elos.tribunal = '{tribunal}'; {command}");
        let outcome = conn.batch_execute(&text);
        conn.batch_execute("ROLLBACK; RESET ROLE; RESET elos.tribunal").unwrap();
        outcome.map_err(|error| error.to_string())
    };
    let key = "99990000001202653";
    let party = format!(
        "INSERT INTO registro_no_sistema (tribunal_codigo, nre, protocolo_chave, criado_em) VALUES (806, '{nre}', '{key}', now())"
    );
    let vincular = |party: i32, herdeira: i32| {
        format!(
            "SELECT elos_vincular_nre('{nre}', '{key}', (SELECT id FROM estrutura WHERE numero = '{party}'), \
             (SELECT id FROM estrutura WHERE numero = '{herdeira}'), 'x', 'x', now())"
        )
    };
    let forbidden = [
        (806, party.clone()),
        (817, party.replace("806", "820")),
        (806, vincular(820, 817)),
        (806, "INSERT INTO pedido_de_vinculo SELECT".into()),
        (806, "INSERT INTO heranca SELECT".into()),
        (817, "UPDATE pedido_de_vinculo SET efetivado_em = now()".into()),
        (806, format!("SELECT elos_com_quem_esta('{nre}')")),
        // The destinatário may read the bytes; only the remetente may write them.
        (817, format!("INSERT INTO conteudo (idt, criado_em) VALUES ({idt}, now())")),
        (817, "INSERT INTO conteudo_parte SELECT conteudo_id, 9, bytes FROM conteudo_parte".into()),
        (
            817,
            format!(
                "INSERT INTO componente (idt, protocolo, protocolo_chave, documento, ordem, hash, tamanho, solicitado) \
            SELECT {idt}, protocolo, protocolo_chave, 9, 9, hash, tamanho, true FROM componente"
            ),
        ),
        (
            817,
            format!(
                "INSERT INTO tramite (nre, remetente_id, remetente_tribunal, destinatario_id, destinatario_tribunal, situacao, \
            devolucao, nre_informado, descricao, nivel_de_sigilo, urgente, criado_em, atualizado_em) \
            SELECT nre, remetente_id, remetente_tribunal, destinatario_id, destinatario_tribunal, 7, false, true, 'x', 1, false, now(), now() \
            FROM tramite WHERE idt = {idt}"
            ),
        ),
        // A content belongs to its trâmite, so that no other trâmite can refer to it.
        (820, "UPDATE componente SET conteudo_id = 4242".into()),
        (820, "UPDATE tramite SET descricao = 'x'".into()),
        (820, "DELETE FROM tramite".into()),
        (820, "DELETE FROM componente".into()),
    ];
    for (tribunal, command) in forbidden {
        let outcome = as_role(tribunal, &command);
        let error = outcome.expect_err(&command);
        let denials = [
            "permission denied",
            "row-level security",
            "only the two sides",
            "componente_do_conteudo",
        ];
        assert!(denials.iter().any(|motivo| error.contains(motivo)), "{command}: {error}");
    }
    // Rows that a policy hides are no error; the statement finds none.
    for command in ["DELETE FROM conteudo_parte", "DELETE FROM conteudo"] {
        as_role(
            817,
            &format!("{command}; DO 'BEGIN ASSERT (SELECT count(*) FROM conteudo_parte) = 1; END'"),
        )
        .unwrap();
    }
    let nothing = "DO 'BEGIN ASSERT 0 = (SELECT count(*) FROM conteudo_parte) + (SELECT count(*) FROM conteudo) + (SELECT count(*) FROM componente) \
        + (SELECT count(*) FROM tramite) + (SELECT count(*) FROM registro_eletronico); END'";
    as_role(806, nothing).unwrap();
    assert!(as_role(820, nothing).is_err(), "the remetente sees its own");
}
