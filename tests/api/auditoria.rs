//! Who looked at what: the trail, its chain, and who may read it.

use crate::support::{Ajustes, App, Banco, Modelo};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;

const TRILHA: &str = "query($r: ID, $a: String) { auditoria(first: 100, recurso: $r, ator: $a) { totalCount nodes {
    sub azp tribunal { sigla } canal operacao especie resultado status recursos camposSensiveis correlacao } } }";

/// What the trail has to say, in the words of who may read it.
fn trilha(app: &App, variaveis: Value) -> Vec<Value> {
    app.auditado();
    let dados = app.gql_com("cnj", TRILHA, variaveis);
    dados["auditoria"]["nodes"].as_array().unwrap().clone()
}

/// The records of `azp`, without what changes from run to run.
fn de(app: &App, azp: &str) -> Vec<Value> {
    let mut registros = trilha(app, json!({ "a": azp }));
    for registro in &mut registros {
        let correlacao = registro["correlacao"].take();
        assert_eq!(correlacao.as_str().unwrap().len(), 36, "a UUID");
        registro.as_object_mut().unwrap().remove("correlacao");
        assert_eq!(registro.as_object_mut().unwrap().remove("azp"), Some(json!(azp)));
        registro.as_object_mut().unwrap().remove("sub");
    }
    registros
}

fn registro(
    canal: &str,
    operacao: &str,
    especie: &str,
    (resultado, status): (&str, u16),
    recursos: &[&Value],
    campos: &[&str],
) -> Value {
    json!({ "tribunal": { "sigla": "TJRN" }, "canal": canal, "operacao": operacao, "especie": especie,
        "resultado": resultado, "status": status, "recursos": recursos, "camposSensiveis": campos })
}

/// A processo of TJRN and its adolescente: ids, number, identificador. Asked by the
/// national credential, whose reads are in another chain.
fn alvo(app: &App) -> (Value, Value, String, String) {
    let dados = app.gql(
        "cnj",
        r#"{ processos(first: 1, filtro: {tribunal: "20"}) { nodes { id numero adolescentes(first: 1) { nodes { id identificador } } } } }"#,
    );
    let processo = &dados["processos"]["nodes"][0];
    let adolescente = &processo["adolescentes"]["nodes"][0];
    let texto = |valor: &Value| valor.as_str().unwrap().to_owned();
    (
        processo["id"].clone(),
        adolescente["id"].clone(),
        texto(&processo["numero"]),
        texto(&adolescente["identificador"]),
    )
}

#[test]
fn leituras_dizem_quem_viu_o_que_e_que_campos() {
    let app = App::novo();
    let (processo, adolescente, numero, identificador) = alvo(&app);
    let query = "query Ficha($n: NumeroProcesso!) { processo(numero: $n) { adolescentes(first: 1) { nodes { nome cpf racaCor } } } }";
    app.gql_com("tjrn", query, json!({ "n": numero }));
    app.gql_com("tjrn-leitura", query, json!({ "n": numero }));
    app.get("tjrn", &format!("/api/v1/adolescentes/identificador/{identificador}"));
    app.get("tjrn", "/api/v1/adolescentes/identificador/209900000001");
    app.gql_com(
        "tjrn",
        "query($n: NumeroProcesso!) { processo(numero: $n) { id } }",
        json!({ "n": "9000741-62.2021.8.20.0083" }),
    );
    app.get("tjrn", "/tramites/999999");

    let ficha = [&processo, &adolescente];
    let achados = de(&app, "tjrn");
    let mut por_rota = achados[1].clone();
    let campos = por_rota["camposSensiveis"].take();
    assert!(campos.as_array().unwrap().contains(&json!("Adolescente.cpf")), "{campos}");
    por_rota["camposSensiveis"] = json!([]);
    let rota = "GET /api/v1/adolescentes/identificador/{identificador}";
    assert_eq!(
        [achados[0].clone(), por_rota, achados[2].clone(), achados[3].clone(), achados[4].clone()],
        [
            registro(
                "GRAPHQL",
                "Ficha",
                "LEITURA",
                ("OK", 200),
                &ficha,
                &["Adolescente.racaCor", "Adolescente.cpf"]
            ),
            registro("REST", rota, "LEITURA", ("OK", 200), &[&adolescente], &[]),
            registro("REST", rota, "LEITURA", ("NAO_ENCONTRADO", 404), &[], &[]),
            registro("GRAPHQL", "processo", "LEITURA", ("NAO_ENCONTRADO", 404), &[], &[]),
            registro(
                "TRAMITA",
                "GET /tramites/{idt}",
                "LEITURA",
                ("NAO_ENCONTRADO", 404),
                &[],
                &[]
            ),
        ]
    );
    assert_eq!(achados.len(), 5);
    // Who sees no sensitive field has read none.
    assert_eq!(
        de(&app, "tjrn-leitura"),
        [registro("GRAPHQL", "Ficha", "LEITURA", ("OK", 200), &ficha, &[])]
    );
    // Who looked at this adolescente?
    let quem: Vec<Value> =
        trilha(&app, json!({ "r": adolescente })).iter().map(|r| r["azp"].clone()).collect();
    assert_eq!(quem, ["cnj", "tjrn", "tjrn-leitura", "tjrn"]);
    let ilegivel = app.graphql("cnj", TRILHA, json!({ "r": "bm90IGFuIGlk" }));
    assert!(ilegivel.texto.contains("BAD_USER_INPUT"), "{}", ilegivel.texto);
}

#[test]
fn escritas_se_contam_na_sua_transacao_e_recusas_tambem() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    let corpo = json!({ "numeroProcesso": "9000741-62.2021.8.20.0083", "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "idOrgao": 7, "appNameSistemaTribunal": "pje", "identificadoresAdolescentes": [adolescente] });
    assert_eq!(app.post("tjrn", "/api/v1/processos", &corpo).status, 200);
    assert_eq!(app.post("tjrn", "/api/v1/processos", &corpo).status, 409);
    assert_eq!(app.post("tjrn", "/api/v1/processos", &json!({})).status, 400);
    assert_eq!(app.post("tjrn-leitura", "/api/v1/processos", &corpo).status, 403);
    let mutation = "mutation Duas { a: alterarSituacao(input: {processo: \"9000741-62.2021.8.20.0083\", situacao: ARQUIVADO}) { alterado }
        b: vincularAdolescente(input: {processo: \"9000741-62.2021.8.20.0083\", adolescente: \"202600000009\"}) { erros { codigo } } }";
    app.gql("tjrn", mutation);

    let resumo = |azp: &str| -> Vec<Value> {
        let contar = |r: &Value| {
            json!([
                r["canal"],
                r["operacao"],
                r["especie"],
                r["resultado"],
                r["status"],
                r["recursos"].as_array().unwrap().len()
            ])
        };
        let mut resumo: Vec<Value> = de(&app, azp).iter().map(contar).collect();
        // A write is in the trail when it is done, what was read a moment later.
        resumo.sort_by_key(|linha| usize::from(linha[2] == "LEITURA" || linha[3] != "OK"));
        resumo
    };
    let rota = "POST /api/v1/processos";
    assert_eq!(
        resumo("tjrn"),
        [
            json!(["REST", "POST /api/v1/adolescentes", "ESCRITA", "OK", 200, 1]),
            // The answer names the adolescente too.
            json!(["REST", rota, "ESCRITA", "OK", 200, 2]),
            json!(["GRAPHQL", "alterarSituacao", "ESCRITA", "OK", 200, 1]),
            // The answer tells the sensitive fields that it shows.
            json!(["REST", "POST /api/v1/adolescentes", "LEITURA", "OK", 200, 1]),
            json!(["REST", rota, "ESCRITA", "CONFLITO", 409, 0]),
            json!(["REST", rota, "ESCRITA", "CONFLITO", 400, 0]),
            json!(["GRAPHQL", "vincularAdolescente", "ESCRITA", "CONFLITO", 409, 0]),
        ]
    );
    assert_eq!(resumo("tjrn-leitura"), [json!(["REST", rota, "ESCRITA", "NEGADO", 403, 0])]);
}

/// In one transaction with what it tells of: what is undone was not done.
#[test]
fn um_ensaio_e_uma_leitura() {
    let app = App::vazio();
    let corpo = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
    assert_eq!(app.post("tjrn", "/api/v1/adolescentes?simular=true", &corpo).status, 200);
    app.auditado();
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM auditoria WHERE resultado = 'OK'"), 1);
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 0);
}

#[test]
fn so_quem_audita_le_a_trilha_e_cada_um_a_sua() {
    let app = App::novo();
    let (processo, ..) = alvo(&app);
    app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
    app.gql("tjpe", "{ processos(first: 1) { nodes { id } } }");
    app.auditado();
    assert_eq!(app.codigo("tjrn", "{ auditoria { nodes { id } } }"), "SEM_PERMISSAO");
    app.auditado();
    app.credencial("auditor", "tjrn", |claims| {
        claims["azp"] = "auditor".into();
        claims["realm_access"]["roles"] = json!(["pse-consulta", "pse-auditoria"]);
    });
    let dados =
        app.gql("auditor", "{ auditoria { nodes { id tribunal { sigla } operacao recursos } } }");
    let nodes = dados["auditoria"]["nodes"].as_array().unwrap();
    let operacoes: Vec<_> = nodes.iter().map(|node| &node["operacao"]).collect();
    assert_eq!(operacoes, ["processos", "auditoria"], "its own, and the refused one: {dados}");
    assert_eq!((&nodes[0]["operacao"], &nodes[0]["recursos"][0]), (&json!("processos"), &processo));
    // By its id too, and only to who may.
    let um = "query($i: ID!) { node(id: $i) { id } }";
    let id = json!({ "i": nodes[0]["id"] });
    assert_eq!(app.gql_com("auditor", um, &id)["node"], json!({ "id": nodes[0]["id"] }));
    assert_eq!(app.gql_com("tjrn", um, &id)["node"], Value::Null);
    assert_eq!(app.gql_com("tjpe", um, &id)["node"], Value::Null);
    // And pages neither skip nor repeat.
    let mut vistos = Vec::new();
    let mut depois = Value::Null;
    loop {
        let pagina = "query($d: String) { auditoria(first: 1, after: $d) { pageInfo { hasNextPage endCursor } nodes { id } } }";
        let dados = app.gql_com("auditor", pagina, json!({ "d": depois }));
        vistos.push(dados["auditoria"]["nodes"][0]["id"].clone());
        depois = dados["auditoria"]["pageInfo"]["endCursor"].clone();
        if dados["auditoria"]["pageInfo"]["hasNextPage"] == false || vistos.len() > 50 {
            break;
        }
        app.auditado();
    }
    let unicos: std::collections::HashSet<String> = vistos.iter().map(Value::to_string).collect();
    assert_eq!(unicos.len(), vistos.len());
}

#[test]
fn a_trilha_so_cresce() {
    let app = App::novo();
    app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
    app.auditado();
    for papel in ["elos_app", "elos_nacional", "elos_auditor"] {
        for comando in [
            "UPDATE auditoria SET status = 1",
            "DELETE FROM auditoria",
            "TRUNCATE auditoria",
            "UPDATE selo SET ordem = 9",
            "DELETE FROM selo",
        ] {
            let como = format!("SET ROLE {papel}; SET elos.tribunal = '820'; {comando}");
            let erro = app.banco.conn().batch_execute(&como).expect_err(comando).to_string();
            assert!(erro.contains("permission denied"), "{papel} {comando}: {erro}");
        }
    }
    // Nobody who has a login writes history: no role inserts a row of its own making, not even
    // into a month.
    let inserir = |tabela: &str| {
        format!("INSERT INTO {tabela} (tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            VALUES (820, '2026-01-01', 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{{}}', '{{}}', 'c')")
    };
    let mes = app.banco.texto(elos::db::Sql::new(
        "SELECT 'auditoria_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') AS t",
    ));
    let selo = "INSERT INTO selo (tribunal_codigo, ordem, ate_xid, ate_id, ids, resumos, recursos, anterior, hash, selado_em, mes)
        SELECT 820, 99, '1', 1, '{}', '', '{}', h, h, now(), now() FROM (SELECT sha256('x') AS h) x";
    for papel in ["elos_app", "elos_nacional", "elos_auditor"] {
        for comando in [&inserir("auditoria"), &inserir(&mes), selo] {
            let como = format!("SET ROLE {papel}; SET elos.tribunal = '820'; {comando}");
            let erro = app.banco.conn().batch_execute(&como).expect_err(comando).to_string();
            assert!(erro.contains("permission denied"), "{papel} {comando}: {erro}");
        }
    }
    // By the function that a tribunal's session may call it tells of itself alone, and of now.
    let antes = app.banco.contar("SELECT count(*) AS n FROM auditoria WHERE tribunal_codigo = 820");
    app.banco
        .conn()
        .batch_execute("SET ROLE elos_app; SET elos.tribunal = '820'; SELECT elos_trilha_de_escrita(ARRAY['c'], ARRAY[1], ARRAY[0], ARRAY[1], '{}', ARRAY['s'], ARRAY[''], ARRAY['REST'], ARRAY['o'], ARRAY['ESCRITA'], ARRAY['OK'], ARRAY[200::smallint], ARRAY[''])")
        .unwrap();
    let agora = "SELECT count(*) AS n FROM auditoria WHERE tribunal_codigo = 820 AND ocorrido_em > now() - interval '1 minute'";
    assert_eq!(app.banco.contar(agora), antes + 1);
    for (papel, funcao) in [
        ("elos_app", "elos_trilha_selar()"),
        ("elos_nacional", "elos_trilha_selar()"),
        ("elos_nacional", "elos_trilha_preparar()"),
    ] {
        let como = format!("SET ROLE {papel}; SELECT {funcao}");
        assert!(app.banco.conn().batch_execute(&como).is_err(), "{papel} {funcao}");
    }
}

/// `elos auditoria verify` on the database of the test: exit code, what it said.
fn verificar(banco: &Banco, args: &[&str]) -> (Option<i32>, String) {
    let saida = Command::new(env!("CARGO_BIN_EXE_elos"))
        .args(["auditoria", "verify"])
        .args(args)
        .env("ELOS_MIGRATE_URL", banco.url("postgres"))
        .output()
        .unwrap();
    let texto = [saida.stdout, saida.stderr].concat();
    (saida.status.code(), String::from_utf8(texto).unwrap())
}

/// A thousand operations of two tribunais and the national credential, all sealed.
fn mil_operacoes() -> App {
    let app = App::novo();
    let (_, _, numero, _) = alvo(&app);
    std::thread::scope(|escopo| {
        for cliente in ["tjrn", "tjpe", "cnj", "tjrn-leitura"] {
            let (app, numero) = (&app, &numero);
            escopo.spawn(move || {
                for i in 0..250 {
                    match i % 5 {
                        0 => drop(app.get(cliente, "/api/v1/processos?size=2")),
                        1 => drop(app.gql(cliente, "{ adolescentes(first: 2) { nodes { cpf } } }")),
                        2 => drop(app.graphql(cliente, "query($n: NumeroProcesso!) { processo(numero: $n) { id } }", json!({ "n": numero }))),
                        3 => drop(app.get(cliente, "/tramites")),
                        _ => drop(app.post(cliente, "/api/v1/adolescentes", &json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" }))),
                    }
                }
            });
        }
    });
    app.auditado();
    app.selado();
    app
}

#[test]
fn um_byte_mudado_em_mil_operacoes_se_acha_com_a_sua_posicao() {
    let app = mil_operacoes();
    assert!(app.banco.contar("SELECT count(*) AS n FROM auditoria") >= 1000);
    let (codigo, texto) = verificar(&app.banco, &[]);
    assert_eq!(codigo, Some(0), "{texto}");
    assert!(
        texto.contains("a trilha confere") && texto.contains("nenhum registro por selar"),
        "{texto}"
    );
    let notada = std::env::temp_dir().join(format!("elos-ancora-{}", std::process::id()));
    std::fs::write(&notada, &texto).unwrap();
    let ancora = ["--ancora", notada.to_str().unwrap()];

    // Each is undone before the next: the chain holds again.
    let mut conn = app.banco.conn();
    conn.batch_execute(
        "CREATE TABLE a AS TABLE auditoria; CREATE TABLE s AS TABLE selo;
         CREATE TEMP TABLE alvo AS SELECT a.id, s.ordem, array_position(s.ids, a.id) AS posicao
             FROM auditoria a JOIN selo s ON a.id = ANY(s.ids) WHERE a.tribunal_codigo = 820 ORDER BY a.xid, a.id OFFSET 17 LIMIT 1",
    )
    .unwrap();
    #[derive(diesel::QueryableByName)]
    struct Alvo {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    use diesel::RunQueryDsl;
    let onde = elos::db::Sql::new(
        "SELECT format('selo %s, posição %s, registro %s', ordem, posicao, id) AS t FROM alvo",
    );
    let onde = onde.get_result::<Alvo>(&mut conn).unwrap().t;
    for (adulteracao, achado, com_posicao) in [
        ("UPDATE auditoria SET operacao = overlay(operacao placing 'x' from 2 for 1) WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("UPDATE auditoria SET ocorrido_em = ocorrido_em + interval '1 microsecond' WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("UPDATE auditoria SET recursos = recursos || 8::bigint WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("UPDATE auditoria SET azp = nullif(azp, azp) WHERE id = (SELECT id FROM alvo)", "foi alterado", true),
        ("DELETE FROM auditoria WHERE id = (SELECT id FROM alvo)", "foi removido", true),
        ("UPDATE auditoria SET xid = (SELECT max(xid) FROM auditoria WHERE tribunal_codigo = 820) WHERE id = (SELECT id FROM alvo)", "registro", true),
        ("UPDATE auditoria SET tribunal_codigo = 817 WHERE id = (SELECT id FROM alvo)", "foi removido", true),
        ("INSERT INTO auditoria SELECT id + 5000000, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao
            FROM auditoria WHERE id = (SELECT id FROM alvo)", "foi inserido", false),
        ("INSERT INTO auditoria SELECT id + 5000000, xid, 999, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao
            FROM auditoria WHERE id = (SELECT id FROM alvo)", "foi inserido", false),
        ("UPDATE selo SET selado_em = selado_em + interval '1 hour' WHERE tribunal_codigo = 820 AND ordem = 1", "o selo foi alterado", false),
        ("DELETE FROM selo WHERE tribunal_codigo = 820 AND ordem = 1", "falta o selo", false),
        // The end cut off, records and seals: only who noted it elsewhere can tell.
        ("DELETE FROM auditoria WHERE tribunal_codigo = 820 AND id = ANY(SELECT unnest(ids) FROM selo WHERE tribunal_codigo = 820 AND ordem = (SELECT max(ordem) FROM selo WHERE tribunal_codigo = 820));
          DELETE FROM selo WHERE tribunal_codigo = 820 AND ordem = (SELECT max(ordem) FROM selo WHERE tribunal_codigo = 820)", "falta o selo", false),
    ] {
        conn.batch_execute(adulteracao).unwrap();
        let (codigo, texto) = verificar(&app.banco, &ancora);
        assert_eq!(codigo, Some(1), "{adulteracao}: {texto}");
        assert!(texto.contains(achado), "{adulteracao}: {texto}");
        assert!(!com_posicao || texto.contains(&onde), "{adulteracao}: {onde} is not in {texto}");
        conn.batch_execute(
            "DELETE FROM auditoria; INSERT INTO auditoria TABLE a; DELETE FROM selo; INSERT INTO selo TABLE s;",
        )
        .unwrap();
    }
    let (codigo, texto) = verificar(&app.banco, &ancora);
    assert_eq!(codigo, Some(0), "{texto}");
    let _ = std::fs::remove_file(notada);
}

#[test]
fn a_cauda_que_falta_selar_se_diz() {
    let banco = Banco::novo(Modelo::Vazio);
    banco.conn().batch_execute("INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
        SELECT 820, '2026-01-02T03:04:05Z', 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{}', '{}', 'c' FROM generate_series(1, 3)").unwrap();
    let (codigo, texto) = verificar(&banco, &[]);
    assert_eq!(codigo, Some(0), "{texto}");
    assert!(texto.contains("tribunal 820: 0 registro(s) em 0 selo(s); 3 registro(s) por selar, o mais antigo de 2026-01-02T03:04:05Z"), "{texto}");
}

/// While the trail cannot be written its queue fills; then calls wait, and are refused
/// rather than answered behind its back. What was queued is written once, when it can be.
#[test]
fn sem_lugar_na_fila_nada_se_mostra() {
    let app = App::novo();
    let (_, _, numero, _) = alvo(&app);
    app.auditado();
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { id } }";
    // Whoever adds to the trail waits for this lock; whoever reads elsewhere does not.
    let mut trava = app.banco.conn();
    trava.batch_execute("BEGIN; LOCK TABLE auditoria IN EXCLUSIVE MODE").unwrap();
    let cabem = app.encher_a_fila();
    let resposta = app.graphql("tjrn", query, json!({ "n": numero }));
    assert_eq!(resposta.corpo.get("data"), None, "{}", resposta.texto);
    assert_eq!(resposta.corpo["errors"][0]["extensions"]["code"], "INDISPONIVEL");
    assert!(!resposta.texto.contains(&numero[..7]), "{}", resposta.texto);
    assert_eq!(app.get("tjrn", "/api/v1/processos").status, 503);

    trava.batch_execute("COMMIT").unwrap();
    app.auditado();
    assert_eq!(app.graphql("tjrn", query, json!({ "n": numero })).status, 200);
    app.auditado();
    let escritos =
        app.banco.contar("SELECT count(*) AS n FROM auditoria WHERE operacao = 'enchimento'");
    assert_eq!(escritos, i64::try_from(cabem).unwrap());
}

/// What a connection broke off in the middle of is sent again, and stands once.
#[test]
fn uma_conexao_cortada_nao_repete_nem_perde_registros() {
    let app = App::novo();
    app.auditado();
    let antes = app.banco.contar("SELECT count(*) AS n FROM auditoria");
    let mut trava = app.banco.conn();
    for _ in 0..5 {
        trava.batch_execute("BEGIN; LOCK TABLE auditoria IN EXCLUSIVE MODE").unwrap();
        std::thread::scope(|escopo| {
            for _ in 0..5 {
                escopo.spawn(|| app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }"));
            }
            // The writer waits for the lock: its connection goes.
            while app.banco.esperam() == 0 {}
            trava
                .batch_execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid(); COMMIT")
                .unwrap();
        });
    }
    app.auditado();
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM auditoria") - antes, 25);
    assert_eq!(
        app.banco.contar("SELECT count(*) - count(DISTINCT correlacao) AS n FROM auditoria"),
        0
    );
}

/// A server that is told to stop writes what it knows before it goes.
#[test]
fn uma_parada_em_ordem_nao_perde_nada() {
    let banco = std::sync::Arc::new(Banco::novo(Modelo::Semeado));
    for rodada in 1..=3 {
        let app = App::no_banco(&banco, Ajustes::default());
        for _ in 0..10 {
            app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
        }
        app.parar();
        assert_eq!(banco.contar("SELECT count(*) AS n FROM auditoria"), 10 * rodada);
    }
}

/// What the tests of tampering cannot undo by themselves: places that no seal will come to.
#[test]
fn um_registro_fora_do_tempo_se_acha() {
    let app = App::novo();
    app.gql("tjrn", "{ processos(first: 1) { nodes { id } } }");
    app.auditado();
    app.selado();
    let inserir = |id: &str, xid: &str| {
        format!("INSERT INTO auditoria (id, xid, tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            VALUES ({id}, '{xid}', 820, now(), 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{{}}', '{{}}', 'c')")
    };
    // Before the first seal, or of a transaction that has not been.
    for xid in ["0", "9000000000000000000"] {
        app.banco.conn().batch_execute(&inserir("7", xid)).unwrap();
        let (codigo, texto) = verificar(&app.banco, &[]);
        assert!(
            codigo == Some(1) && texto.contains("registro 7: o registro foi inserido"),
            "{xid}: {texto}"
        );
        app.banco.conn().batch_execute("DELETE FROM auditoria WHERE id = 7").unwrap();
    }
    assert!(app.banco.conn().batch_execute(&inserir("-5", "0")).is_err());
    // The server's role does not say where in the trail a record stands.
    let como_app = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {}", inserir("7", "0"));
    let erro = app.banco.conn().batch_execute(&como_app).expect_err("a place of one's own");
    assert!(erro.to_string().contains("permission denied"), "{erro}");
    // Strange values are a place like any other, not the end of the check.
    for estranho in [
        "campos_sensiveis = '{\"\"}'",
        "campos_sensiveis = '{NULL}'",
        "recursos = '{{1,2},{3,4}}'",
        "ocorrido_em = '-infinity'",
    ] {
        app.banco.conn().batch_execute(&format!("CREATE TABLE a AS TABLE auditoria; UPDATE auditoria SET {estranho} WHERE azp = 'tjrn'")).unwrap();
        let (codigo, texto) = verificar(&app.banco, &[]);
        assert!(codigo == Some(1) && texto.contains("foi alterado"), "{estranho}: {texto}");
        app.banco
            .conn()
            .batch_execute("DELETE FROM auditoria; INSERT INTO auditoria TABLE a; DROP TABLE a")
            .unwrap();
    }
    assert_eq!(verificar(&app.banco, &[]).0, Some(0));
}

/// What no server writes does not keep what comes after it from being sealed.
#[test]
fn o_estranho_tambem_se_sela() {
    let app = App::vazio();
    for recursos in ["{{1,2},{3,4}}", "{NULL,2}"] {
        let inserir = format!("INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            VALUES (820, now(), 's', 'REST', 'o', 'LEITURA', 'OK', 200, '{recursos}', '{{}}', 'c')");
        app.banco.conn().batch_execute(&inserir).unwrap();
    }
    app.assentado();
    app.selado();
    assert_eq!(verificar(&app.banco, &[]).0, Some(0));
    let achados = "SELECT sum(r)::bigint AS n FROM selo, unnest(recursos) AS r";
    assert_eq!(app.banco.contar(achados), 1 + 2 + 3 + 4);
}

/// What is sealed is found by its place in the trail, though the statements were first planned
/// over an empty one and PostgreSQL has not counted it since.
#[test]
fn selar_nao_percorre_a_trilha() {
    let banco = std::sync::Arc::new(Banco::novo(Modelo::Vazio));
    let desligar = "DO $$ DECLARE mes regclass; BEGIN
        FOR mes IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'auditoria'::regclass LOOP
            EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = off)', mes);
        END LOOP; END $$";
    for preparar in ["VACUUM auditoria", desligar] {
        banco.conn().batch_execute(preparar).unwrap();
    }
    let app = App::no_banco(&banco, Ajustes::default());
    let mut escritos = 0;
    let mut crescer = |n: i64| {
        let inserir = format!("INSERT INTO auditoria (id, tribunal_codigo, ocorrido_em, sub, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
            SELECT nextval('auditoria_sequencia') + n, 820, now(), 's', 'REST', 'o', 'LEITURA', 'OK', 200, ARRAY[8 * (n % 7)], '{{}}', 'c' FROM generate_series(1, {n}) AS n");
        banco.conn().batch_execute(&inserir).unwrap();
        app.assentado();
        escritos += n;
        // A round of the server's own may hold the turn.
        while banco.contar("SELECT coalesce(sum(cardinality(ids)), 0)::bigint AS n FROM selo")
            < escritos
        {
            app.selar();
        }
    };
    // As often as PostgreSQL plans a statement before it keeps the plan.
    (0..8).for_each(|_| crescer(1));
    crescer(3000);
    app.parar();
    // A connection tells what it read when it ends.
    while banco.contar("SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'elos' AND datname = current_database()") > 0 {}
    let percorridos = banco
        .contar("SELECT sum(seq_tup_read)::bigint AS n FROM pg_stat_user_tables WHERE relname ~ '^auditoria_[0-9]'");
    assert_eq!(percorridos, 0);
    assert_eq!(banco.contar("SELECT count(DISTINCT r) AS n FROM selo, unnest(recursos) AS r"), 7);
}

/// Data that came from a server further on: what is written now stands behind what is sealed,
/// and the chain goes on.
#[test]
fn uma_copia_de_um_servidor_mais_adiantado_continua_depois_do_que_tem() {
    let app = App::novo();
    app.gql("tjrn", "{ eu { azp } }");
    app.auditado();
    app.selado();
    let banco = Arc::clone(&app.banco);
    app.parar();
    banco.conn().batch_execute("INSERT INTO selo (tribunal_codigo, ordem, ate_xid, ate_id, ids, resumos, recursos, anterior, hash, selado_em, mes)
        SELECT 817, 1, '9000000000000', 1, '{}', '', '{}', h, h, now(), now() FROM (SELECT sha256('x') AS h) x").unwrap();
    let app = App::no_banco(&banco, Ajustes::default());
    assert_eq!(banco.contar("SELECT max(numero)::bigint AS n FROM epoca"), 2);
    app.gql("tjrn", "{ eu { azp } }");
    app.auditado();
    app.selado();
    let depois =
        "SELECT count(*) AS n FROM selo WHERE tribunal_codigo = 820 AND ate_xid > '9000000000000'";
    assert!(banco.contar(depois) > 0);
    // Another start is in the same epoch.
    app.parar();
    let _app = App::no_banco(&banco, Ajustes::default());
    assert_eq!(banco.contar("SELECT max(numero)::bigint AS n FROM epoca"), 2);
}

/// How a call ended, although GraphQL answers 200; and what was only tried is of no record.
#[test]
fn o_desfecho_e_o_que_foi() {
    let app = App::vazio();
    app.graphql("tjrn-leitura", "{ auditoria { nodes { id } } }", json!({}));
    app.graphql("tjrn-leitura", r#"mutation { registrarRascunho(input: {appNameSistemaTribunal: "x", dados: "{}"}) { erros { codigo } } }"#, json!({}));
    app.gql("tjrn", r#"mutation { registrarRascunho(input: {appNameSistemaTribunal: "x", dados: "{}", chaveIdempotencia: ""}) { erros { codigo } } }"#);
    app.gql("tjrn", r#"mutation { registrarRascunho(input: {appNameSistemaTribunal: "x", dados: "{}", simular: true}) { erros { codigo } } }"#);
    let fim = |azp: &str| -> Vec<Value> {
        de(&app, azp)
            .iter()
            .map(|r| json!([r["operacao"], r["status"], r["recursos"].as_array().unwrap().len()]))
            .collect()
    };
    assert_eq!(
        fim("tjrn-leitura"),
        [json!(["auditoria", 403, 0]), json!(["registrarRascunho", 403, 0])]
    );
    assert_eq!(
        fim("tjrn"),
        [json!(["registrarRascunho", 400, 0]), json!(["registrarRascunho", 200, 0])]
    );
}
