//! The results of `estatisticas`, compared with independent SQL.

use crate::support::{App, Database, Settings, Template};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Processos of several years. Some were created late in the evening of the last day of a month in
/// São Paulo time.
const WORLD: &str = "
    UPDATE processo SET criado_em = '2022-01-10 12:00:00+00'::timestamptz + (id % 900) * interval '1 day';
    UPDATE processo SET criado_em = date_trunc('month', criado_em) + interval '1 hour' WHERE id % 5 = 0;
    UPDATE processo e SET criado_em = o.criado_em + (e.id % 100) * interval '1 day' FROM processo o
     WHERE o.numero = e.numero_referencia AND e.tipo_referencia IS NOT NULL;
    UPDATE guia SET baixada_em = criado_em + (id % 40) * interval '1 day' WHERE situacao = 'BAIXADA';
    UPDATE adolescente SET data_nascimento = current_date - (11 * 365 + id * 31 % 4500)::int;";

fn fixture() -> (App, Arc<Database>) {
    let database = Arc::new(Database::new(Template::Large));
    database.conn().batch_execute(WORLD).unwrap();
    (App::on_database(&database, Settings::default()), database)
}

const GROUP: &str = "chaves { dimensao valor } total idade { quantos primeiro mediana terceiro } duracao { quantos primeiro mediana terceiro }";

/// Returns the total of each group, by its keys.
fn totals(groups: &Value) -> BTreeMap<Vec<String>, i64> {
    let keys = |group: &Value| {
        let keys = group["chaves"].as_array().unwrap().iter();
        keys.map(|key| key["valor"].as_str().unwrap_or("-").to_owned()).collect()
    };
    let groups = groups.as_array().unwrap();
    let by_key: BTreeMap<_, _> =
        groups.iter().map(|group| (keys(group), group["total"].as_i64().unwrap())).collect();
    assert_eq!(by_key.len(), groups.len(), "each group once");
    by_key
}

fn counted(database: &Database, sql: &str) -> BTreeMap<Vec<String>, i64> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        chaves: String,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let rows: Vec<Row> =
        elos::db::Sql::new(sql.to_owned().leak()).load(&mut database.conn()).unwrap();
    rows.into_iter()
        .map(|one| (one.chaves.split('|').map(str::to_owned).collect(), one.n))
        .collect()
}

#[test]
fn processos_by_tribunal_and_month_take_one_request_and_one_statement() {
    let (app, database) = fixture();
    let query = format!("{{ estatisticas(de: PROCESSOS, por: [TRIBUNAL, MES]) {{ {GROUP} }} }}");
    app.gql("cnj", "{ tribunais { codigo } }");
    let (statements, data) = app.statements(|| app.gql("cnj", &query));
    assert_eq!(statements, 1);
    let all_expected = counted(
        &database,
        "SELECT tribunal_codigo || '|' || to_char(criado_em - interval '3 hours', 'YYYY-MM') AS chaves, count(*) AS n FROM processo
         GROUP BY 1",
    );
    assert!(all_expected.len() > 300, "{}", all_expected.len());
    assert_eq!(totals(&data["estatisticas"]), all_expected);
    // The counts are the same without the times, and the times come however they are asked for.
    let question = "estatisticas(de: PROCESSOS, por: [TRIBUNAL, MES])";
    let without = app.gql("cnj", &format!("{{ {question} {{ chaves {{ valor }} total }} }}"));
    assert_eq!(totals(&without["estatisticas"]), all_expected);
    let twice = "{ Q { chaves { dimensao valor } total } Q { ...Tempos } } \
                 fragment Tempos on GrupoEstatistico { idade { quantos primeiro mediana terceiro } duracao { quantos primeiro mediana terceiro } }"
        .replace('Q', question);
    let by_fragment = app.gql("cnj", &twice);
    let times = |data: &Value| data["estatisticas"][0]["idade"]["quantos"].clone();
    assert_eq!(times(&by_fragment), times(&data));
    assert!(times(&data).is_u64());
    // A client of one tribunal counts only that tribunal.
    let found = totals(&app.gql("tjrn", &query)["estatisticas"]);
    let expected: BTreeMap<_, _> =
        all_expected.into_iter().filter(|(keys, _)| keys[0] == "820").collect();
    assert_eq!(found, expected);
}

#[test]
fn each_target_is_counted_by_each_dimension() {
    let (app, database) = fixture();
    let range = "CASE WHEN a.data_nascimento > current_date_sp - interval '12 years' THEN 'ATE_11' WHEN a.data_nascimento > current_date_sp - interval '15 years' THEN '12_A_14'
                 WHEN a.data_nascimento > current_date_sp - interval '18 years' THEN '15_A_17' WHEN a.data_nascimento > current_date_sp - interval '21 years' THEN '18_A_20' ELSE '21_OU_MAIS' END"
        .replace("current_date_sp", &format!("date '{}'", elos::value::time::day(crate::support::now())));
    let cases = [
        ("de: PROCESSOS, por: [TIPO, SITUACAO, ORGAO]", "SELECT tipo || '|' || situacao || '|' || id_orgao AS chaves, count(*) AS n FROM processo WHERE tribunal_codigo = 820 GROUP BY 1".to_owned()),
        ("de: PROCESSOS, por: [ANO], filtro: {processos: {situacao: [ATIVO], guias: {algum: {}}}}",
         "SELECT to_char(criado_em - interval '3 hours', 'YYYY') AS chaves, count(*) AS n FROM processo p WHERE tribunal_codigo = 820 AND situacao = 'ATIVO'
          AND EXISTS (SELECT FROM guia g WHERE p.id IN (g.apuracao_id, g.execucao_id)) GROUP BY 1".into()),
        ("de: GUIAS, por: [TIPO, SITUACAO, MOTIVO_BAIXA, MEDIDA]",
         "SELECT tipo || '|' || situacao || '|' || coalesce(motivo_baixa, '-') || '|' || codigo_tpu_medida AS chaves, count(*) AS n FROM guia WHERE tribunal_codigo = 820 GROUP BY 1".into()),
        ("de: GUIAS, por: [ORGAO, SEXO], filtro: {guias: {tipo: [DEFINITIVA]}}",
         "SELECT (SELECT id_orgao FROM processo p WHERE p.id = g.apuracao_id) || '|' || a.sexo_biologico AS chaves, count(*) AS n
          FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.tribunal_codigo = 820 AND g.tipo = 'DEFINITIVA' GROUP BY 1".into()),
        ("de: ADOLESCENTES, por: [FAIXA_ETARIA]", format!("SELECT {range} AS chaves, count(*) AS n FROM adolescente a WHERE tribunal_codigo = 820 GROUP BY 1")),
        ("de: VINCULOS, por: [SITUACAO, FAIXA_ETARIA], filtro: {vinculos: {processoCom: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL]}}}",
         format!("SELECT CASE WHEN encerrado_em IS NULL THEN 'ATIVO' ELSE 'ENCERRADO' END || '|' || {range} AS chaves, count(*) AS n
          FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id JOIN processo p ON p.id = v.processo_id
          WHERE v.tribunal_codigo = 820 AND p.tipo LIKE 'PROC%' GROUP BY 1")),
    ];
    for (arguments, sql) in cases {
        let groups = app.gql("tjrn", &format!("{{ estatisticas({arguments}) {{ {GROUP} }} }}"));
        let all_expected = counted(&database, &sql);
        assert!(!all_expected.is_empty());
        assert_eq!(totals(&groups["estatisticas"]), all_expected, "{arguments}");
    }
}

/// Quartiles with linear interpolation, as SQL's `percentile_cont` computes them.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|part| {
        #[expect(clippy::cast_precision_loss, reason = "few values")]
        let rank = part * (values.len() - 1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place among few values"
        )]
        let before = rank.floor() as usize;
        let after = (before + 1).min(values.len() - 1);
        values[before] + (rank - rank.floor()) * (values[after] - values[before])
    })
}

#[test]
fn medians_and_quartiles_are_in_days() {
    #[derive(diesel::QueryableByName)]
    struct DaysRow {
        #[diesel(sql_type = diesel::sql_types::Double)]
        d: f64,
    }
    let (app, database) = fixture();
    let days = |sql: &str| -> Vec<f64> {
        let rows: Vec<DaysRow> =
            elos::db::Sql::new(sql.to_owned().leak()).load(&mut database.conn()).unwrap();
        rows.into_iter().map(|row| row.d).collect()
    };
    let check = |quartile: &Value, values: Vec<f64>, slack: f64| {
        assert_eq!(quartile["quantos"], values.len(), "{quartile}");
        let all_expected = quartiles(values);
        for (name, expected) in ["primeiro", "mediana", "terceiro"].iter().zip(all_expected) {
            let given = quartile[*name].as_f64().unwrap();
            assert!((given - expected).abs() < slack, "{name}: {given} {expected}");
        }
    };
    let data =
        app.gql("tjrn", &format!("{{ estatisticas(de: PROCESSOS, por: [TIPO]) {{ {GROUP} }} }}"));
    let groups = data["estatisticas"].as_array().unwrap();
    let [execucoes, apuracoes] = groups.as_slice() else { panic!("{groups:?}") };
    check(
        &execucoes["duracao"],
        days("SELECT extract(epoch FROM e.criado_em - o.criado_em)::float8 / 86400 AS d FROM processo e JOIN processo o ON o.numero = e.numero_referencia
              WHERE e.tribunal_codigo = 820 AND e.tipo LIKE 'EXEC%'"),
        1e-6,
    );
    assert_eq!(apuracoes["duracao"], Value::Null);
    // The clock advances between the two queries, so the ages may differ.
    check(
        &apuracoes["idade"],
        days(
            "SELECT extract(epoch FROM now() - criado_em)::float8 / 86400 AS d FROM processo WHERE tribunal_codigo = 820 AND tipo LIKE 'PROC%' AND situacao = 'ATIVO'",
        ),
        0.1,
    );
    let data =
        app.gql("tjrn", &format!("{{ estatisticas(de: GUIAS, por: [SITUACAO]) {{ {GROUP} }} }}"));
    let baixadas = data["estatisticas"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["chaves"][0]["valor"] == "BAIXADA")
        .unwrap()
        .clone();
    check(
        &baixadas["duracao"],
        days(
            "SELECT extract(epoch FROM baixada_em - criado_em)::float8 / 86400 AS d FROM guia WHERE tribunal_codigo = 820 AND situacao = 'BAIXADA'",
        ),
        1e-6,
    );
}

#[test]
fn a_meaningless_count_is_an_error() {
    let app = App::new();
    for arguments in [
        "de: PROCESSOS, por: []",
        "de: PROCESSOS, por: [TIPO, TIPO]",
        "de: PROCESSOS, por: [TRIBUNAL, TIPO, SITUACAO, ORGAO, ANO, MES]",
        "de: PROCESSOS, por: [MEDIDA]",
        "de: ADOLESCENTES, por: [ORGAO]",
        "de: VINCULOS, por: [TIPO]",
        "de: PROCESSOS, por: [TIPO], filtro: {guias: {}}",
        "de: PROCESSOS, por: [TIPO], filtro: {processos: {numeroPrefixo: \"x\"}}",
    ] {
        assert_eq!(
            app.code("tjrn", &format!("{{ estatisticas({arguments}) {{ total }} }}")),
            "BAD_USER_INPUT",
            "{arguments}"
        );
    }
    assert_eq!(
        app.code("tjrn-leitura", "{ estatisticas(de: ADOLESCENTES, por: [SEXO]) { total } }"),
        "SEM_PERMISSAO"
    );
}

/// A figure about few people tells something about each of them, so the trail names them. For a
/// large group it names nobody.
#[test]
fn o_grupo_de_poucos_diz_na_trilha_de_quem_e() {
    let (app, database) = fixture();
    let one = app.gql("tjrn", "{ adolescentes(first: 1) { nodes { id identificador } } }");
    let one = one["adolescentes"]["nodes"][0]["identificador"].as_str().unwrap();
    for (name, filter) in [
        ("Um", format!("filtro: {{adolescentes: {{identificador: [\"{one}\"]}}}}, ")),
        ("Todos", String::new()),
    ] {
        let query = format!(
            "query {name} {{ estatisticas(de: ADOLESCENTES, {filter}por: [SEXO]) {{ total }} }}"
        );
        app.gql("tjrn", &query);
    }
    let query = format!(
        "query Vinculos {{ estatisticas(de: VINCULOS, por: [SITUACAO], filtro: {{vinculos: {{adolescente: \"{one}\"}}}}) {{ total }} }}"
    );
    app.gql("tjrn", &query);
    app.wait_until_audited();
    let person =
        "(SELECT id * 8 + 1 FROM adolescente WHERE tribunal_codigo = 820 AND identificador = '";
    for (name, condition) in [
        ("Um", format!("recursos = ARRAY[{person}{one}')]")),
        ("Todos", "recursos = '{}'".to_owned()),
        ("Vinculos", format!("recursos @> ARRAY[{person}{one}')] AND cardinality(recursos) > 1")),
    ] {
        let sql = format!(
            "SELECT count(*) AS n FROM auditoria WHERE operacao = '{name}' AND {condition}"
        );
        assert_eq!(database.count(sql.leak()), 1, "{name}");
    }
}

/// The server also counts an absence for each missing number that a client tries through a count.
#[test]
fn missing_numeros_count_as_attempts() {
    let app =
        App::with(Template::Empty, Settings { absences_per_minute: 150, ..Settings::default() });
    let numeros: Vec<_> =
        (0..100).map(|n| NumeroProcesso::synthetic(n, 2024, 820, 1).to_string()).collect();
    let query = "query($n: [NumeroProcesso!]) { estatisticas(de: PROCESSOS, por: [TIPO], filtro: {processos: {numero: $n}}) { total } }";
    let code = |_| {
        let response = app.graphql("tjrn", query, json!({ "n": numeros }));
        response.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    };
    assert!((0..4).map(code).any(|code| code == "LIMITE_DE_REQUISICOES"));
    let another =
        App::with(Template::Empty, Settings { absences_per_minute: 3, ..Settings::default() });
    let prefix = |n: &String| {
        let query = format!("{{ processos(filtro: {{numeroPrefixo: \"{n}\"}}) {{ totalCount }} }}");
        let response = another.graphql("tjrn", &query, json!({}));
        response.body["errors"][0]["extensions"]["code"] == "LIMITE_DE_REQUISICOES"
    };
    assert!(numeros.iter().take(8).any(prefix));
}

#[test]
fn more_than_a_thousand_groups_are_an_error() {
    let database = Arc::new(Database::new(Template::Large));
    database.conn().batch_execute("UPDATE processo SET id_orgao = id::int").unwrap();
    let app = App::on_database(&database, Settings::default());
    let query = "{ estatisticas(de: PROCESSOS, por: [ORGAO]) { total } }";
    assert_eq!(app.code("cnj", query), "BAD_USER_INPUT");
    let groups = app.gql("tjrn", query)["estatisticas"].as_array().unwrap().clone();
    assert_eq!(json!(groups), json!(vec![json!({ "total": 1 }); 50]));
}
