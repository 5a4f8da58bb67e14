//! The papel `pse-estatistica`: figures of every tribunal, rounded and without small groups, and no
//! row.

mod attacker;

use crate::support::{App, Database, Settings, Template, code};
use diesel::connection::SimpleConnection;
use diesel::{Connection, RunQueryDsl};
use elos::db::Sql;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Apurações of six tribunais, in órgãos of very different size.
const WORLD: &str = "
    INSERT INTO processo (tribunal_codigo, numero, tipo, situacao, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em)
    SELECT 815 + t, '9' || lpad((t * 1000000 + o * 10000 + n)::text, 19, '0'), 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL',
           CASE WHEN (n * 7 + o) % 5 = 0 THEN 'ARQUIVADO' ELSE 'ATIVO' END, o, 'PJe',
           '2022-03-01 12:00:00+00'::timestamptz + (n * 131 % 1400) * interval '1 day', now()
      FROM generate_series(0, 5) t, generate_series(1, 8) o, generate_series(1, 1 + (t * 5 + o * 11) % 23 * o) n;";

fn world() -> (App, Arc<Database>) {
    let database = Arc::new(Database::new(Template::Empty));
    database.conn().batch_execute(WORLD).unwrap();
    (App::on_database(&database, Settings::default()), database)
}

type Cells = BTreeMap<Vec<String>, i64>;

/// The groups of `por`, as the client `pesquisa` sees them.
fn shown(app: &App, por: &str, filtro: &str) -> Cells {
    let filtro = match filtro {
        "" => String::new(),
        dimensions => format!(", filtro: {{dimensoes: [{dimensions}]}}"),
    };
    let query = format!(
        "{{ estatisticas(de: PROCESSOS, por: [{por}]{filtro}) {{ chaves {{ valor }} total }} }}"
    );
    let groups = app.gql("pesquisa", &query)["estatisticas"].as_array().unwrap().clone();
    let keys = |group: &Value| {
        let keys = group["chaves"].as_array().unwrap().iter();
        keys.map(|key| key["valor"].as_str().unwrap_or("-").to_owned()).collect()
    };
    groups.iter().map(|group| (keys(group), group["total"].as_i64().unwrap())).collect()
}

/// The true counts, by keys separated by `|`.
fn truth(database: &Database, keys: &str) -> Cells {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        chaves: String,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let sql = format!("SELECT {keys} AS chaves, count(*) AS n FROM processo GROUP BY 1");
    let rows: Vec<Row> = Sql::new(sql.leak()).load(&mut database.conn()).unwrap();
    rows.into_iter()
        .map(|row| (row.chaves.split('|').map(str::to_owned).collect(), row.n))
        .collect()
}

const BY_ORGAO: &str = "tribunal_codigo || '|' || id_orgao";

#[test]
fn contagens_sao_multiplos_de_3_e_grupos_pequenos_nao_aparecem() {
    let (app, database) = world();
    let truth = truth(&database, BY_ORGAO);
    let shown = shown(&app, "TRIBUNAL, ORGAO", "");
    let small = truth.values().filter(|&&n| n < 5).count();
    assert!(small >= 3 && shown.len() >= 15, "{small} small, {} shown", shown.len());
    for (keys, total) in &shown {
        let exact = truth[keys];
        assert!(
            exact >= 5 && total % 3 == 0 && (exact - total).abs() <= 2,
            "{keys:?}: {exact} {total}"
        );
    }
    let rounded = shown.iter().filter(|(keys, total)| truth[*keys] != **total).count();
    assert!(rounded * 3 > shown.len(), "{rounded} of {}", shown.len());
    // A line in which one group is missing misses another one too.
    for orgao in 1..=8 {
        let of_line =
            |cells: &Cells| cells.keys().filter(|keys| keys[1] == orgao.to_string()).count();
        assert_ne!(of_line(&truth) - of_line(&shown), 1, "{orgao}");
    }
}

#[test]
fn a_mesma_celula_tem_o_mesmo_numero_como_quer_que_se_pergunte() {
    let (app, _database) = world();
    let all = shown(&app, "TRIBUNAL, ORGAO", "");
    assert_eq!(all, shown(&app, "TRIBUNAL, ORGAO", ""));
    let turned: Cells = shown(&app, "ORGAO, TRIBUNAL", "")
        .into_iter()
        .map(|(keys, total)| (vec![keys[1].clone(), keys[0].clone()], total))
        .collect();
    assert_eq!(all, turned);
    for orgao in 1..=8 {
        let filter = format!("{{dimensao: ORGAO, valor: \"{orgao}\"}}");
        let expected: Cells = all
            .iter()
            .filter(|(keys, _)| keys[1] == orgao.to_string())
            .map(|(keys, total)| (vec![keys[0].clone()], *total))
            .collect();
        assert_eq!(expected, shown(&app, "TRIBUNAL", &filter), "{orgao}");
        let both: Cells = shown(&app, "TRIBUNAL, ORGAO", &filter);
        assert_eq!(both.len(), expected.len());
    }
    // Two filters leave one cell, which is the same again.
    let one = "{dimensao: ORGAO, valor: \"5\"}, {dimensao: TRIBUNAL, valor: \"820\"}";
    let one = shown(&app, "TRIBUNAL", one);
    assert_eq!(one.values().next(), all.get(&vec!["820".to_owned(), "5".to_owned()]));
}

#[test]
fn quartis_so_de_vinte_ou_mais_e_em_dias_inteiros() {
    let (app, _database) = world();
    let query = "{ estatisticas(de: PROCESSOS, por: [TRIBUNAL, ORGAO]) { total idade { quantos primeiro mediana terceiro } } }";
    let groups = app.gql("pesquisa", query)["estatisticas"].as_array().unwrap().clone();
    let total = |group: &Value| group["total"].as_i64().unwrap();
    let without_times = shown(&app, "TRIBUNAL, ORGAO", "");
    assert_eq!(
        without_times.values().copied().collect::<Vec<_>>(),
        groups.iter().map(total).collect::<Vec<_>>()
    );
    let with: Vec<_> = groups.iter().filter(|group| !group["idade"].is_null()).collect();
    assert!(!with.is_empty() && with.len() < groups.len(), "{groups:?}");
    for group in with {
        let count = group["idade"]["quantos"].as_i64().unwrap();
        assert!(count >= 18 && count % 3 == 0, "{group}");
        for name in ["primeiro", "mediana", "terceiro"] {
            assert!(group["idade"][name].as_f64().unwrap().fract().abs() < f64::EPSILON, "{group}");
        }
    }
}

#[test]
fn so_dimensoes_servem_de_filtro_e_no_maximo_tres() {
    let (app, database) = world();
    let unknown = "{ estatisticas(de: PROCESSOS, por: [TRIBUNAL], filtro: {dimensoes: [{dimensao: ORGAO, valor: \"99999\"}]}) { total } }";
    assert_eq!(app.gql("pesquisa", unknown)["estatisticas"], json!([]));
    for arguments in [
        "por: [TRIBUNAL], filtro: {processos: {}}",
        "por: [TRIBUNAL], filtro: {processos: {numero: [\"9000741-62.2021.8.20.0083\"]}}",
        "por: [TRIBUNAL, ORGAO, SITUACAO, ANO]",
        "por: [TRIBUNAL, ORGAO, SITUACAO], filtro: {dimensoes: [{dimensao: ANO, valor: \"2022\"}]}",
        "por: [TRIBUNAL], filtro: {dimensoes: [{dimensao: ANO, valor: \"2022\"}, {dimensao: ANO, valor: \"2023\"}]}",
        "por: [TRIBUNAL], filtro: {dimensoes: [{dimensao: ANO, valor: \"20\\u000022\"}]}",
        "por: [MEDIDA]",
    ] {
        let query = format!("{{ estatisticas(de: PROCESSOS, {arguments}) {{ total }} }}");
        assert_eq!(app.code("pesquisa", &query), "BAD_USER_INPUT", "{arguments}");
    }
    // A caller that sees rows may filter by dimensions too, and gets exact counts.
    let query = "{ estatisticas(de: PROCESSOS, por: [SITUACAO], filtro: {dimensoes: [{dimensao: ORGAO, valor: \"1\"}]}) { total } }";
    let exact: i64 = app.gql("tjrn", query)["estatisticas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["total"].as_i64().unwrap())
        .sum();
    assert_eq!(exact, truth(&database, BY_ORGAO)[&vec!["820".to_owned(), "1".to_owned()]]);
}

/// Beside another papel, `pse-estatistica` gives nothing: the caller counts the rows that it sees.
#[test]
fn com_outro_papel_ve_so_o_que_o_outro_mostra() {
    let (app, database) = world();
    app.credential("misto", "tjrn-leitura", |claims| {
        claims["realm_access"]["roles"] = json!(["pse-consulta", "pse-estatistica"]);
    });
    let mixed = app.gql("misto", "{ eu { papeis nacional tribunal { codigo } } }");
    assert_eq!(
        mixed["eu"],
        json!({ "papeis": ["pse-consulta"], "nacional": false, "tribunal": { "codigo": 820 } })
    );
    let query = "{ estatisticas(de: PROCESSOS, por: [TRIBUNAL]) { chaves { valor } total } }";
    let own = truth(&database, "tribunal_codigo::text")[&vec!["820".to_owned()]];
    assert_eq!(
        app.gql("misto", query)["estatisticas"],
        json!([{ "chaves": [{ "valor": "820" }], "total": own }])
    );
    // Alone, it has no tribunal, not even the one that its token names.
    app.credential("so", "tjrn-leitura", |claims| {
        claims["realm_access"]["roles"] = json!(["pse-estatistica"]);
    });
    let alone = app.gql("so", "{ eu { papeis tribunal { codigo } } }");
    assert_eq!(alone["eu"], json!({ "papeis": ["pse-estatistica"], "tribunal": null }));
    assert!(app.gql("so", query)["estatisticas"].as_array().unwrap().len() > 3);
    assert_eq!(app.code("so", "{ processos { totalCount } }"), "SEM_PERMISSAO");
    assert_eq!(app.code("so", "{ node(id: \"x\") { id } }"), "SEM_PERMISSAO");
}

/// A caller with `pse-estatistica` gets the same answers for a processo that exists and for one
/// that does not.
#[test]
fn nenhuma_porta_diz_se_uma_linha_existe() {
    let app = App::new();
    let existing = app.gql("tjrn", "{ processos(first: 1) { nodes { id numero codigo } } }");
    let existing = &existing["processos"]["nodes"][0];
    let missing = json!({ "id": "UHJvY2Vzc286OTk5OTk5OQ", "numero": "9000741-62.2021.8.20.0083", "codigo": 2_000_000_000 });
    let answers = |of: &Value| {
        let variables = json!({ "n": of["numero"], "id": of["id"] });
        let query = "query($n: NumeroProcesso!, $id: ID!) { processo(numero: $n) { id } node(id: $id) { id } guias(filtro: {processo: $n}) { totalCount } }";
        let graphql = app.graphql("pesquisa", query, variables);
        let mutation = format!(
            "mutation {{ alterarSituacao(input: {{processo: {}, situacao: ARQUIVADO}}) {{ alterado }} }}",
            of["numero"]
        );
        let rest = app.get("pesquisa", &format!("/api/v1/processos/{}", of["codigo"]));
        let written = app.graphql("pesquisa", &mutation, json!({}));
        let extensions = |body: &Value| {
            let errors = body["errors"].as_array().unwrap().iter();
            errors.map(|error| error["message"].clone()).collect::<Vec<_>>()
        };
        (
            extensions(&graphql.body),
            graphql.body["data"].clone(),
            extensions(&written.body),
            (rest.status, rest.body["erros"].clone()),
        )
    };
    let of_existing = answers(existing);
    assert_eq!(of_existing, answers(&missing));
    assert_eq!(of_existing.3.0, 403);
}

/// In the database, the session of such a caller reads no row, and not the key of the rounding.
#[test]
fn a_sessao_no_banco_nao_ve_linha_nem_chave() {
    let (_app, database) = world();
    let mut conn = diesel::PgConnection::establish(&database.app_url()).unwrap();
    conn.batch_execute("SET ROLE elos_app; SET elos.tribunal = '-1'").unwrap();
    #[derive(diesel::QueryableByName)]
    struct Count {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    for table in
        ["processo", "adolescente", "vinculo", "guia", "evento", "rascunho", "tramite", "auditoria"]
    {
        let sql = format!("SELECT count(*) AS n FROM {table}");
        let Count { n } = Sql::new(sql.leak()).get_result(&mut conn).unwrap();
        assert_eq!(n, 0, "{table}");
    }
    for denied in
        ["SELECT 1 FROM chave_estatistica", "SELECT elos_arredondar('', '', 'PROCESSOS', 7, 1, 1)"]
    {
        let refused = conn.batch_execute(denied).unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{denied}: {refused}");
    }
    for role in ["elos_nacional", "elos_auditor"] {
        conn.batch_execute(&format!("RESET ROLE; SET ROLE {role}")).unwrap();
        assert!(conn.batch_execute("SELECT 1 FROM chave_estatistica").is_err(), "{role}");
    }
}

#[test]
fn rest_e_graphql_dao_os_mesmos_grupos_em_json_e_csv() {
    let (app, _database) = world();
    let shown = shown(&app, "TRIBUNAL, ANO", "");
    let path = "/api/v1/estatisticas?de=PROCESSOS&por=TRIBUNAL,ANO";
    let response = app.get("pesquisa", path);
    assert_eq!(response.status, 200, "{}", response.text);
    let of_json: Cells = response.body["dados"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let key = |name: &str| group["chaves"][name].as_str().unwrap().to_owned();
            (vec![key("tribunal"), key("ano")], group["total"].as_i64().unwrap())
        })
        .collect();
    assert_eq!(of_json, shown);
    let by_header = app.rest("pesquisa", "GET", path, &[("Accept", "text/csv")], &Value::Null);
    let by_parameter = app.get("pesquisa", &format!("{path}&formato=csv"));
    assert_eq!(by_header.text, by_parameter.text);
    assert!(by_header.headers["content-type"].starts_with("text/csv; charset=utf-8"));
    assert!(by_header.headers["vary"].contains("Accept"));
    let mut lines = by_header.text.split("\r\n");
    assert!(lines.next().unwrap().starts_with("tribunal,ano,total,idadeQuantos"));
    let of_csv: Cells = lines
        .filter(|line| !line.is_empty())
        .map(|line| {
            let cells: Vec<_> = line.split(',').collect();
            (vec![cells[0].to_owned(), cells[1].to_owned()], cells[2].parse().unwrap())
        })
        .collect();
    assert_eq!(of_csv, shown);
    // A caller that sees rows may use the filters of the lists. For the others they are unknown
    // parameters.
    let exact = app.get("tjrn", &format!("{path}&situacaoProcesso=ATIVO&codigoTribunal=20"));
    assert_eq!(exact.status, 200, "{}", exact.text);
    assert_eq!(code(&app.get("tjrn", &format!("{path}&codigoTribunal=17"))).0, 403);
    for wrong in [
        "de=PROCESSOS",
        "por=TRIBUNAL",
        "de=PROCESSOS&por=TRIBUNAL&situacaoProcesso=ATIVO",
        "de=PROCESSOS&por=TRIBUNAL,TIPO,ANO,ORGAO",
        "de=PROCESSOS&por=TRIBUNAL,TRIBUNAL",
        "de=PROCESSOS&por=COR",
        "de=PROCESSOS&por=TRIBUNAL&formato=xls",
        "de=PROCESSOS&por=TRIBUNAL&medida=1",
    ] {
        let refused = app.get("pesquisa", &format!("/api/v1/estatisticas?{wrong}"));
        assert_eq!(refused.status, 400, "{wrong}: {}", refused.text);
    }
}
