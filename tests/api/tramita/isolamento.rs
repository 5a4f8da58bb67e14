//! The second wall around the Tramita: row-level security alone.

use super::componentes::{documento, hash};
use super::{CE, NUP, PE, RN, Tramita, envio};
use crate::support::{Ajustes, App, Modelo};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

/// With the filter of the queries gone, who is no party still sees nothing.
#[test]
fn sem_o_filtro_das_consultas_quem_nao_e_parte_nada_ve() {
    let t = Tramita(App::com(Modelo::Vazio, Ajustes { sem_filtro: true, ..Ajustes::default() }));
    let (idt, nre) = com_arquivo(&t);
    let achados = t.pedir(RN, "GET", "/tramites", &Value::Null).corpo["totalDeRegistros"].clone();
    assert_eq!(achados, 1, "the walls are not tested if nobody sees anything");
    for caminho in ["/tramites".to_owned(), "/tramites/pendentes?todas=true".to_owned()] {
        let lista = t.pedir(CE, "GET", &caminho, &Value::Null);
        assert!(!lista.texto.contains(&nre) && !lista.texto.contains(NUP), "{}", lista.texto);
    }
    let protocolo = "/tramites/protocolo/99990000001202653".to_owned();
    for caminho in [format!("/tramites/{idt}"), format!("/NREs/{nre}"), protocolo] {
        assert_eq!(t.pedir(CE, "GET", &caminho, &Value::Null).status, 404, "{caminho}");
    }
    assert_eq!(t.baixar(CE, idt, NUP, &hash(b"um")).status, 404);
    assert_eq!(t.mandar(CE, idt, NUP, b"um").status, 404);
}

fn com_arquivo(t: &Tramita) -> (i64, String) {
    let mut corpo = envio(RN, PE, NUP, None);
    corpo["processo"]["documentos"] = json!([documento(1, &[b"um"])]);
    let enviado = t.pedir(RN, "POST", "/tramites/processo", &corpo).corpo;
    let idt = enviado["IDT"].as_i64().unwrap();
    assert_eq!(t.mandar(RN, idt, NUP, b"um").status, 200);
    (idt, enviado["NRE"].as_str().unwrap().to_owned())
}

/// What the application's role cannot do, whatever the application does.
#[test]
fn o_papel_da_aplicacao_nao_escreve_pelos_outros() {
    let t = Tramita::novo();
    let (idt, nre) = com_arquivo(&t);
    let mut conn = t.0.banco.conn();
    let mut como = |tribunal: i16, comando: &str| {
        let texto =
            format!("BEGIN; SET ROLE elos_app; SET elos.tribunal = '{tribunal}'; {comando}");
        let desfecho = conn.batch_execute(&texto);
        conn.batch_execute("ROLLBACK; RESET ROLE; RESET elos.tribunal").unwrap();
        desfecho.map_err(|erro| erro.to_string())
    };
    let chave = "99990000001202653";
    let parte = format!(
        "INSERT INTO registro_no_sistema (tribunal_codigo, nre, protocolo_chave, criado_em) VALUES (806, '{nre}', '{chave}', now())"
    );
    let vincular = |parte: i32, herdeira: i32| {
        format!(
            "SELECT elos_vincular_nre('{nre}', '{chave}', (SELECT id FROM estrutura WHERE numero = '{parte}'), \
             (SELECT id FROM estrutura WHERE numero = '{herdeira}'), 'x', 'x', now())"
        )
    };
    let proibidos = [
        (806, parte.clone()),
        (817, parte.replace("806", "820")),
        (806, vincular(820, 817)),
        (806, "INSERT INTO pedido_de_vinculo SELECT".into()),
        (806, "INSERT INTO heranca SELECT".into()),
        (817, "UPDATE pedido_de_vinculo SET efetivado_em = now()".into()),
        (806, format!("SELECT elos_com_quem_esta('{nre}')")),
        // The destinatário reads the bytes; the remetente alone writes them.
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
        // A content is tied to its trâmite, so that no other can point at it.
        (820, "UPDATE componente SET conteudo_id = 4242".into()),
        (820, "UPDATE tramite SET descricao = 'x'".into()),
        (820, "DELETE FROM tramite".into()),
        (820, "DELETE FROM componente".into()),
    ];
    for (tribunal, comando) in proibidos {
        let desfecho = como(tribunal, &comando);
        let erro = desfecho.expect_err(&comando);
        let pelas_paredes = [
            "permission denied",
            "row-level security",
            "only the two sides",
            "componente_do_conteudo",
        ];
        assert!(pelas_paredes.iter().any(|motivo| erro.contains(motivo)), "{comando}: {erro}");
    }
    // What the policies hide is not an error: it is not there.
    for comando in ["DELETE FROM conteudo_parte", "DELETE FROM conteudo"] {
        como(
            817,
            &format!("{comando}; DO 'BEGIN ASSERT (SELECT count(*) FROM conteudo_parte) = 1; END'"),
        )
        .unwrap();
    }
    let nada = "DO 'BEGIN ASSERT 0 = (SELECT count(*) FROM conteudo_parte) + (SELECT count(*) FROM conteudo) + (SELECT count(*) FROM componente) \
        + (SELECT count(*) FROM tramite) + (SELECT count(*) FROM registro_eletronico); END'";
    como(806, nada).unwrap();
    assert!(como(820, nada).is_err(), "the remetente sees its own");
}
