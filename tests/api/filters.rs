//! The results of the filters, compared with independent SQL.

use crate::support::{APURACAO, App, Database, EXECUCAO, Settings, Template, now};
use chrono::{Days, NaiveDate, TimeDelta};
use diesel::connection::SimpleConnection;
use diesel::{PgConnection, RunQueryDsl};
use serde_json::{Value, json};
use std::sync::Arc;

/// Cases that the synthetic data lack: execuções without an active guia, guias of every tipo,
/// people of every age, vínculos that ended, processos without a magistrado.
const WORLD: &str = "
    UPDATE guia SET situacao = 'BAIXADA', motivo_baixa = 'EXTINTA', baixada_em = criado_em + interval '3 days'
     WHERE tipo = 'DEFINITIVA' AND id % 4 = 0;
    INSERT INTO guia (tribunal_codigo, numero, tipo, adolescente_id, apuracao_id, execucao_id, magistrado_cpf, serventuario_cpf,
                      serventuario_cargo, codigo_tpu_medida, data_decisao, prazo, criado_em, atualizado_em)
    SELECT e.tribunal_codigo, '2099' || lpad(e.id::text, 8, '0'), 'INTERNACAO_SANCAO', v.adolescente_id, o.id, e.id,
           '52998224725', '52998224725', 'Escrivã', '11387', current_date - (e.id % 80)::int, 30 + (e.id % 60)::int, now(), now()
      FROM processo e JOIN processo o ON o.numero = e.numero_referencia JOIN vinculo v ON v.processo_id = e.id
     WHERE e.tipo_referencia IS NOT NULL AND e.id % 3 = 0;
    UPDATE adolescente SET data_nascimento = make_date(extract(year FROM current_date)::int - 12 - (id % 11)::int, 1, 1)
                                           + (id * 37 % 365)::int;
    UPDATE adolescente SET data_nascimento = '2008-02-29' WHERE id % 29 = 0;
    UPDATE adolescente SET data_nascimento = current_date - interval '21 years' + (id % 60) * interval '1 day' WHERE id % 3 = 1;
    UPDATE adolescente SET nome = 'Ângela', nome_social = NULL WHERE id % 7 = 0;
    UPDATE adolescente SET nome_social = 'Alex' WHERE id % 11 = 0 AND id % 7 <> 0;
    UPDATE processo SET magistrado_nome = CASE WHEN id % 3 = 0 THEN NULL WHEN id % 3 = 1 THEN 'Dr. José Fictício' ELSE 'Dra. Íris Fictícia' END,
                        magistrado_cpf = CASE WHEN id % 6 = 0 THEN NULL ELSE '52998224725' END,
                        serventuario_nome = CASE WHEN id % 5 = 0 THEN 'João da Secretaria' END;
    UPDATE processo SET atualizado_em = now() - (id % 200) * interval '1 day', id_orgao = 1 + (id % 4)::int;
    UPDATE vinculo SET encerrado_em = NULL, motivo = NULL;
    UPDATE vinculo SET iniciado_em = now() - (id % 300) * interval '1 day';
    UPDATE vinculo SET encerrado_em = iniciado_em + interval '1 day', motivo = CASE WHEN id % 2 = 0 THEN 'Óbito fictício' END
     WHERE id % 5 = 0;
    INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, numero_referencia, criado_em, atualizado_em)
    SELECT e.tribunal_codigo, '999' || substr(e.numero, 4), e.tipo, e.id_orgao, 'pje', e.numero_referencia, now(), now()
      FROM processo e WHERE e.tipo_referencia IS NOT NULL AND e.id % 4 = 0;
    INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em)
    SELECT n.tribunal_codigo, n.id, v.adolescente_id, now() FROM processo n JOIN processo e ON n.numero = '999' || substr(e.numero, 4)
      JOIN vinculo v ON v.processo_id = e.id;";

struct Fixture {
    app: App,
    conn: PgConnection,
    today: NaiveDate,
}

impl Fixture {
    fn new() -> Self {
        let database = Arc::new(Database::new(Template::Large));
        let mut conn = database.conn();
        conn.batch_execute(WORLD).unwrap();
        conn.batch_execute("ANALYZE").unwrap();
        let app = App::on_database(&database, Settings::default());
        Self { app, conn, today: elos::value::time::day(now()) }
    }

    /// Returns the sorted keys of a list with this filter. `totalCount` must be their number.
    #[track_caller]
    fn found(&self, client: &str, list: &str, filter: &str) -> Vec<String> {
        let (fields, _) = key(list);
        let mut found = Vec::new();
        let mut after = Value::Null;
        loop {
            let query = format!(
                "query($d: String) {{ l: {list}(first: 100, after: $d, filtro: {filter}) {{ totalCount pageInfo {{ endCursor hasNextPage }} nodes {{ {fields} }} }} }}"
            );
            let l = self.app.gql_with(client, &query, json!({ "d": after }))["l"].take();
            found.extend(l["nodes"].as_array().unwrap().iter().map(text));
            if l["pageInfo"]["hasNextPage"] == false {
                assert_eq!(l["totalCount"], found.len(), "{list} {filter}");
                found.sort();
                return found;
            }
            after = l["pageInfo"]["endCursor"].clone();
        }
    }

    fn sql(&mut self, list: &str, where_clause: &str) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            t: String,
        }
        let (_, of) = key(list);
        let rows: Vec<Row> = elos::db::Sql::new(format!("{of} WHERE {where_clause}").leak())
            .load(&mut self.conn)
            .unwrap();
        let mut found: Vec<_> = rows.into_iter().map(|row| row.t).collect();
        found.sort();
        found
    }

    /// Asserts that the filter and the SQL condition find the same rows: some, but not all.
    #[track_caller]
    fn check(&mut self, list: &str, filter: &str, where_clause: &str) {
        let alias = &list[..1];
        let of_tribunal = format!("{alias}.tribunal_codigo = 820");
        let all = self.sql(list, &of_tribunal).len();
        let expected = self.sql(list, &format!("{of_tribunal} AND ({where_clause})"));
        assert!(
            !expected.is_empty() && expected.len() < all,
            "{filter}: {} of {all}",
            expected.len()
        );
        assert_eq!(self.found("tjrn", list, filter), expected, "{filter}");
        // `nao` finds as many rows as the filter leaves.
        let rest = self.found("tjrn", list, &format!("{{nao: {filter}}}"));
        assert_eq!(rest.len(), all - expected.len(), "nao: {filter}");
        let of_all = self.sql(list, where_clause);
        if of_all.len() < 800 {
            assert_eq!(self.found("cnj", list, filter), of_all, "{filter}");
        }
    }
}

/// Returns the fields that identify a row of a list, and the SQL that selects them as one text.
fn key(list: &str) -> (&'static str, &'static str) {
    match list {
        "processos" => ("numero", "SELECT p.numero AS t FROM processo p"),
        "adolescentes" => (
            "identificador tribunal { codigo }",
            "SELECT a.identificador || a.tribunal_codigo AS t FROM adolescente a",
        ),
        "guias" => (
            "numero",
            "SELECT g.numero AS t FROM guia g JOIN adolescente a ON a.id = g.adolescente_id",
        ),
        _ => (
            "processo { numero } adolescente { identificador } situacao",
            "SELECT p.numero || a.identificador || CASE WHEN v.encerrado_em IS NULL THEN 'ATIVO' ELSE 'ENCERRADO' END AS t \
             FROM vinculo v JOIN processo p ON p.id = v.processo_id JOIN adolescente a ON a.id = v.adolescente_id",
        ),
    }
}

fn text(node: &Value) -> String {
    let stripped = |text: &str| text.replace(['-', '.'], "");
    match node {
        Value::Object(fields) => {
            let order = [
                "processo",
                "adolescente",
                "numero",
                "identificador",
                "tribunal",
                "codigo",
                "situacao",
            ];
            order.iter().filter_map(|field| fields.get(*field)).map(text).collect()
        }
        Value::String(value) => stripped(value),
        value => value.to_string(),
    }
}

/// The date on which a guia expires (R26), written independently of the server.
const EXPIRES: &str = "least(CASE to_char(a.data_nascimento, 'MMDD') WHEN '0229' \
    THEN make_date(extract(year FROM a.data_nascimento)::int + 21, 3, 1) \
    ELSE (a.data_nascimento + interval '21 years')::date END, g.data_decisao + g.prazo)";

#[test]
fn an_execucao_without_an_active_guia_is_one_filter() {
    let mut fixture = Fixture::new();
    let filter = format!(
        "{{tipo: [{EXECUCAO}], situacao: [ATIVO], guiasDaMedida: {{nenhum: {{situacao: [ATIVO]}}}}}}"
    );
    let without_guia = format!(
        "p.tipo = '{EXECUCAO}' AND p.situacao = 'ATIVO' AND p.id NOT IN (
            SELECT g.execucao_id FROM guia g WHERE g.situacao = 'ATIVO' AND g.execucao_id IS NOT NULL
            UNION ALL SELECT e.id FROM guia g JOIN processo o ON o.id = g.apuracao_id
              JOIN processo e ON e.numero_referencia = o.numero AND e.tipo = '{EXECUCAO}'
              JOIN vinculo v ON v.processo_id = e.id AND v.adolescente_id = g.adolescente_id
             WHERE g.situacao = 'ATIVO' AND g.execucao_id IS NULL)"
    );
    fixture.check("processos", &filter, &without_guia);
    // A filter on the guias of the execução alone finds more rows.
    let naive = filter.replace("guiasDaMedida", "guias");
    assert!(
        fixture.found("tjrn", "processos", &naive).len()
            > fixture.found("tjrn", "processos", &filter).len()
    );
    // The filter finds exactly the execuções whose field `guiasDaMedida` is empty.
    let query = format!(
        "{{ processos(first: 100, filtro: {{tipo: [{EXECUCAO}], situacao: [ATIVO]}}) {{ nodes {{ numero
           ... on ProcessoExecucao {{ guiasDaMedida(situacao: ATIVO) {{ totalCount nodes {{ numero situacao }} }} }} }} }} }}"
    );
    let data = fixture.app.gql("tjrn", &query);
    let mut without: Vec<_> = data["processos"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["guiasDaMedida"]["totalCount"] == 0)
        .map(|one| {
            assert_eq!(one["guiasDaMedida"]["nodes"], json!([]));
            text(&one["numero"])
        })
        .collect();
    without.sort();
    assert_eq!(without, fixture.found("tjrn", "processos", &filter));
}

/// The instants and dates of the filters, and the age of a person in SQL.
struct Dates {
    days_ago_90: String,
    days_ago_30: String,
    today: NaiveDate,
    in_30_days: NaiveDate,
    years: String,
}

impl Dates {
    fn of(fixture: &Fixture) -> Self {
        let instant = |days: i64| {
            (now() - TimeDelta::days(days)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        };
        let today = fixture.today;
        let years = format!("extract(year FROM age(date '{today}', a.data_nascimento))");
        Self {
            days_ago_90: instant(90),
            days_ago_30: instant(30),
            today,
            in_30_days: today + Days::new(30),
            years,
        }
    }
}

#[test]
fn the_processos_found_are_those_that_sql_finds() {
    let mut fixture = Fixture::new();
    let Dates { days_ago_90, days_ago_30, years, .. } = Dates::of(&fixture);
    let processos = [
        // Active apurações that have not changed for ninety days.
        (format!("{{tipo: [{APURACAO}], situacao: [ATIVO], atualizadoAte: \"{days_ago_90}\"}}"),
         format!("p.tipo = '{APURACAO}' AND p.situacao = 'ATIVO' AND p.atualizado_em < '{days_ago_90}'")),
        (format!("{{atualizadoDe: \"{days_ago_90}\", atualizadoAte: \"{days_ago_30}\"}}"),
         format!("p.atualizado_em >= '{days_ago_90}' AND p.atualizado_em < '{days_ago_30}'")),
        ("{magistrado: \"íris\"}".into(), "p.magistrado_nome LIKE '%Íris%'".into()),
        ("{serventuario: \"joao\"}".into(), "p.serventuario_nome LIKE 'João%'".into()),
        ("{vazio: [MAGISTRADO]}".into(), "p.magistrado_nome IS NULL AND p.magistrado_cpf IS NULL".into()),
        ("{vazio: [SERVENTUARIO, NUMERO_REFERENCIA]}".into(), "p.serventuario_nome IS NULL AND p.serventuario_cpf IS NULL AND p.numero_referencia IS NULL".into()),
        ("{numeroPrefixo: \"999\"}".into(), "p.numero LIKE '999%'".into()),
        ("{guias: {algum: {tipo: [INTERNACAO_SANCAO]}}}".into(),
         "p.id IN (SELECT unnest(ARRAY[g.apuracao_id, g.execucao_id]) FROM guia g WHERE g.tipo = 'INTERNACAO_SANCAO')".into()),
        ("{guias: {algum: {}, minimo: 2}}".into(),
         "(SELECT count(*) FROM guia g WHERE g.apuracao_id = p.id OR g.execucao_id = p.id) >= 2".into()),
        ("{guias: {nenhum: {}}}".into(),
         "NOT p.id = ANY (SELECT unnest(ARRAY[g.apuracao_id, coalesce(g.execucao_id, 0)]) FROM guia g)".into()),
        ("{execucoes: {algum: {}, minimo: 2}}".into(),
         format!("(SELECT count(*) FROM processo x WHERE x.numero_referencia = p.numero AND x.tipo = '{EXECUCAO}') >= 2")),
        ("{execucoes: {algum: {situacao: [ATIVO], guias: {nenhum: {}}}}}".into(),
         format!("EXISTS (SELECT FROM processo x WHERE x.numero_referencia = p.numero AND x.tipo = '{EXECUCAO}' AND x.situacao = 'ATIVO'
                  AND NOT EXISTS (SELECT FROM guia g WHERE g.execucao_id = x.id))")),
        (format!("{{tipo: [{APURACAO}], execucoes: {{nenhum: {{}}}}}}"),
         format!("p.tipo = '{APURACAO}' AND p.numero NOT IN (SELECT numero_referencia FROM processo WHERE tipo = '{EXECUCAO}')")),
        ("{adolescentes: {algum: {nome: \"angela\"}}}".into(),
         "p.id IN (SELECT v.processo_id FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id WHERE a.nome = 'Ângela')".into()),
        ("{adolescentes: {algum: {}, minimo: 2}}".into(),
         "(SELECT count(DISTINCT adolescente_id) FROM vinculo v WHERE v.processo_id = p.id) >= 2".into()),
        ("{vinculos: {algum: {situacao: ENCERRADO}}, adolescentes: {nenhum: {idadeMinima: 20}}}".into(),
         format!("p.id IN (SELECT processo_id FROM vinculo WHERE encerrado_em IS NOT NULL) AND p.id NOT IN (
                  SELECT v.processo_id FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id WHERE {years} >= 20)")),
        ("{eventos: {nenhum: {tipo: [GUIA_EMITIDA, EXECUCAO_CADASTRADA]}}}".into(),
         "p.id NOT IN (SELECT processo_id FROM evento WHERE tipo IN ('GUIA_EMITIDA', 'EXECUCAO_CADASTRADA'))".into()),
    ];
    for (filter, where_clause) in processos {
        fixture.check("processos", &filter, &where_clause);
    }
}

#[test]
fn the_adolescentes_found_are_those_that_sql_finds() {
    let mut fixture = Fixture::new();
    let Dates { today, in_30_days, years, .. } = Dates::of(&fixture);
    let adolescentes = [
        // Adolescentes with more than one execução.
        (format!("{{processos: {{algum: {{tipo: [{EXECUCAO}]}}, minimo: 2}}}}"),
         format!("(SELECT count(DISTINCT p.id) FROM vinculo v JOIN processo p ON p.id = v.processo_id
                  WHERE v.adolescente_id = a.id AND p.tipo = '{EXECUCAO}') > 1")),
        ("{idadeMinima: 15, idadeMaxima: 17}".into(), format!("{years} BETWEEN 15 AND 17")),
        ("{idadeMaxima: 17}".into(), format!("{years} <= 17")),
        (format!("{{completa21Ate: \"{in_30_days}\"}}"),
         format!("a.data_nascimento + interval '21 years' + CASE to_char(a.data_nascimento, 'MMDD') WHEN '0229' THEN 1 ELSE 0 END * interval '1 day' < '{in_30_days}'")),
        ("{completa21De: \"2029-03-01\"}".into(),
         "to_char(a.data_nascimento, 'YYYYMMDD') >= '20080229'".into()),
        ("{nascidoDe: \"2008-01-01\", nascidoAte: \"2010-01-01\"}".into(), "extract(year FROM a.data_nascimento) IN (2008, 2009)".into()),
        ("{possuiNomeSocial: true}".into(), "a.nome_social IS NOT NULL".into()),
        ("{guias: {algum: {vencida: true}}}".into(),
         format!("a.id IN (SELECT g.adolescente_id FROM guia g WHERE g.situacao = 'ATIVO' AND {EXPIRES} <= '{today}')")),
        ("{vinculos: {nenhum: {motivo: \"obito\"}}}".into(),
         "a.id NOT IN (SELECT adolescente_id FROM vinculo WHERE motivo LIKE 'Óbito%')".into()),
        ("{ou: [{nome: \"ANGELA\"}, {idadeMaxima: 13}]}".into(), format!("a.nome = 'Ângela' OR {years} <= 13")),
    ];
    for (filter, where_clause) in adolescentes {
        fixture.check("adolescentes", &filter, &where_clause);
    }
}

#[test]
fn the_guias_found_are_those_that_sql_finds() {
    let mut fixture = Fixture::new();
    let Dates { days_ago_30, today, in_30_days, .. } = Dates::of(&fixture);
    let guias = [
        // Guias that expire within thirty days.
        (format!("{{situacao: [ATIVO], venceDe: \"{today}\", venceAte: \"{in_30_days}\"}}"),
         format!("g.situacao = 'ATIVO' AND {EXPIRES} >= '{today}' AND {EXPIRES} < '{in_30_days}'")),
        ("{vencida: true}".into(), format!("g.situacao = 'ATIVO' AND {EXPIRES} <= '{today}'")),
        ("{vencida: false}".into(), format!("NOT (g.situacao = 'ATIVO' AND {EXPIRES} <= '{today}')")),
        ("{tipo: [INTERNACAO_SANCAO, PROVISORIA]}".into(), "g.tipo IN ('INTERNACAO_SANCAO', 'PROVISORIA')".into()),
        ("{situacao: [BAIXADA], motivoBaixa: [EXTINTA]}".into(), "g.motivo_baixa = 'EXTINTA'".into()),
        ("{idOrgao: 2}".into(), "EXISTS (SELECT FROM processo p WHERE (p.id = g.apuracao_id OR p.id = g.execucao_id) AND p.id_orgao = 2)".into()),
        (format!("{{emitidaDe: \"{days_ago_30}\"}}"), format!("g.criado_em >= '{days_ago_30}'")),
        (format!("{{emitidaAte: \"{days_ago_30}\"}}"), format!("g.criado_em < '{days_ago_30}'")),
        ("{vazio: [EXECUCAO]}".into(), "g.execucao_id IS NULL".into()),
        ("{vazio: [ORIGEM]}".into(), "g.origem IS NULL".into()),
        ("{vazio: [MAGISTRADO_NOME]}".into(), "g.magistrado_nome IS NULL".into()),
        ("{codigoTpuMedida: [\"11387\"]}".into(), "g.codigo_tpu_medida = '11387'".into()),
        ("{adolescenteCom: {nome: \"angela\"}, situacao: [ATIVO]}".into(), "a.nome = 'Ângela' AND g.situacao = 'ATIVO'".into()),
        (format!("{{processos: {{algum: {{tipo: [{EXECUCAO}]}}}}}}"), "g.execucao_id IS NOT NULL".into()),
    ];
    for (filter, where_clause) in guias {
        fixture.check("guias", &filter, &where_clause);
    }
}

#[test]
fn the_vinculos_found_are_those_that_sql_finds() {
    let mut fixture = Fixture::new();
    let Dates { days_ago_90, days_ago_30, years, .. } = Dates::of(&fixture);
    let vinculos = [
        ("{situacao: ENCERRADO}".into(), "v.encerrado_em IS NOT NULL".into()),
        (
            format!("{{iniciadoDe: \"{days_ago_90}\", iniciadoAte: \"{days_ago_30}\"}}"),
            format!("v.iniciado_em >= '{days_ago_90}' AND v.iniciado_em < '{days_ago_30}'"),
        ),
        (
            format!("{{encerradoAte: \"{days_ago_90}\"}}"),
            format!("v.encerrado_em < '{days_ago_90}'"),
        ),
        ("{motivo: \"óbito\"}".into(), "v.motivo LIKE 'Óbito%'".into()),
        (
            "{situacao: ENCERRADO, vazio: [MOTIVO]}".into(),
            "v.encerrado_em IS NOT NULL AND v.motivo IS NULL".into(),
        ),
        // Vínculos by their situação, their processo and their adolescente.
        (
            format!(
                "{{situacao: ATIVO, processoCom: {{tipo: [{EXECUCAO}]}}, adolescenteCom: {{idadeMinima: 18}}}}"
            ),
            format!("v.encerrado_em IS NULL AND p.tipo = '{EXECUCAO}' AND {years} >= 18"),
        ),
    ];
    for (filter, where_clause) in vinculos {
        let (filter, where_clause): (String, String) = (filter, where_clause);
        fixture.check("vinculos", &filter, &where_clause);
    }
}

#[test]
fn lists_are_filtered_by_one_processo_or_one_adolescente() {
    let mut fixture = Fixture::new();
    let data = fixture.app.gql("tjrn", "{ vinculos(first: 1) { nodes { processo { numero } adolescente { identificador } } } guias(first: 1) { nodes { numero } } }");
    let numero = data["vinculos"]["nodes"][0]["processo"]["numero"].as_str().unwrap().to_owned();
    let identificador =
        data["vinculos"]["nodes"][0]["adolescente"]["identificador"].as_str().unwrap().to_owned();
    let guia = data["guias"]["nodes"][0]["numero"].as_str().unwrap().to_owned();
    let digits = text(&json!(numero));
    fixture.check(
        "vinculos",
        &format!("{{processo: \"{numero}\"}}"),
        &format!("p.numero = '{digits}'"),
    );
    fixture.check(
        "vinculos",
        &format!("{{adolescente: \"{identificador}\"}}"),
        &format!("a.identificador = '{identificador}'"),
    );
    fixture.check("guias", &format!("{{numero: [\"{guia}\"]}}"), &format!("g.numero = '{guia}'"));
    fixture.check(
        "processos",
        &format!("{{numeroPrefixo: \"{}\"}}", &numero[..10]),
        &format!("p.numero LIKE '{}%'", &digits[..9]),
    );
    let with_guia = "SELECT p.numero AS n FROM processo p JOIN guia g ON g.apuracao_id = p.id WHERE p.tribunal_codigo = 820 LIMIT 1";
    let apuracao = fixture
        .app
        .database
        .text(elos::db::Sql::new("SELECT n AS t FROM (").push(with_guia).push(") AS x"));
    fixture.check("guias", &format!("{{processo: \"{apuracao}\"}}"),
        &format!("EXISTS (SELECT FROM processo p WHERE (p.id = g.apuracao_id OR p.id = g.execucao_id) AND p.numero = '{apuracao}')"));
}

#[test]
fn an_unreadable_filter_is_an_error_negated_too() {
    let app = App::new();
    let errors = [
        ("processos", "{numeroPrefixo: \"12\"}"),
        ("processos", "{numeroPrefixo: \"12x4\"}"),
        ("processos", "{numeroPrefixo: \"123456789012345678901\"}"),
        ("processos", "{magistrado: \"ab\"}"),
        ("processos", "{guias: {minimo: 2}}"),
        ("processos", "{guias: {algum: {}, minimo: 0}}"),
        ("processos", "{guias: {algum: {numero: [\"1\"]}}}"),
        ("processos", "{vinculos: {nenhum: {processoCom: {tribunal: \"99\"}}}}"),
        ("adolescentes", "{idadeMinima: -1}"),
        ("adolescentes", "{idadeMaxima: 151}"),
        ("adolescentes", "{guias: {algum: {codigoTpuMedida: [\"x\"]}}}"),
        ("guias", "{codigoTpuMedida: [\"\"]}"),
        ("guias", "{tribunal: \"xx\"}"),
        ("vinculos", "{motivo: \"  a \"}"),
    ];
    for (list, filter) in errors {
        for filter in [
            filter.to_owned(),
            format!("{{nao: {filter}}}"),
            format!("{{ou: [{{e: [{filter}]}}]}}"),
        ] {
            let query = format!("{{ {list}(filtro: {filter}) {{ totalCount }} }}");
            assert_eq!(app.code("tjrn", &query), "BAD_USER_INPUT", "{query}");
        }
    }
    for (list, filter) in [
        ("guias", "{processo: \"9000741-63.2021.8.20.0083\"}"),
        ("vinculos", "{nao: {processo: \"9000741-63.2021.8.20.0083\"}}"),
    ] {
        let query = format!("{{ {list}(filtro: {filter}) {{ totalCount }} }}");
        assert_eq!(app.code("tjrn", &query), "BAD_USER_INPUT", "{query}");
    }
}

/// Each nested relation multiplies the rows to read, so that a short filter could take seconds.
/// Filters therefore nest at most one relation in another.
#[test]
fn filters_nest_at_most_two_relations() {
    let app = App::new();
    let within = "processos: {algum: {situacao: [ATIVO]}}";
    let adolescentes = |within: &str| {
        format!(
            "{{ processos(filtro: {{adolescentes: {{algum: {{{within}}}}}}}) {{ totalCount }} }}"
        )
    };
    assert!(app.gql("tjrn", &adolescentes(within))["processos"]["totalCount"].is_i64());
    for too_many in [
        "processos: {algum: {vinculos: {algum: {}}}}",
        "processos: {nenhum: {guias: {nenhum: {}}}}",
        "nao: {ou: [{vinculos: {algum: {processoCom: {}}}}]}",
    ] {
        assert_eq!(app.code("tjrn", &adolescentes(too_many)), "BAD_USER_INPUT", "{too_many}");
    }
}

#[test]
fn o_vazio_do_que_e_sensivel_exige_o_papel_e_fica_na_trilha() {
    let app = App::new();
    for list in [
        "adolescentes(filtro: {nao: {vazio: [CPF]}})",
        "processos(filtro: {adolescentes: {nenhum: {vazio: [NOME_MAE]}}})",
        "guias(filtro: {adolescenteCom: {vazio: [RACA_COR]}})",
    ] {
        let query = format!("query Vazio {{ {list} {{ totalCount }} }}");
        assert_eq!(app.code("tjrn-leitura", &query), "SEM_PERMISSAO", "{query}");
        app.gql("tjrn", &query);
    }
    assert!(app.gql("tjrn-leitura", "{ adolescentes(filtro: {vazio: [DATA_OBITO]}) { totalCount } }")["adolescentes"]["totalCount"].as_i64().unwrap() > 0);
    app.wait_until_audited();
    let seen = app.database.text(elos::db::Sql::new(
        "SELECT string_agg(DISTINCT campos_sensiveis::text, ' ') AS t FROM auditoria WHERE operacao = 'Vazio' AND resultado = 'OK'",
    ));
    assert!(seen.len() > 1, "{seen}");
}

/// Every ordering gives each row once, in both directions, also for a column with equal values.
#[test]
fn each_ordering_gives_each_row_once() {
    let mut fixture = Fixture::new();
    let orders = [
        ("processos", &["ID_ORGAO", "MAGISTRADO", "ATUALIZADO_EM"][..]),
        ("adolescentes", &["NOME", "DATA_NASCIMENTO", "ATUALIZADO_EM"]),
        ("guias", &["EMITIDA_EM", "ATUALIZADO_EM", "NUMERO", "VENCE_EM"]),
        ("vinculos", &["INICIADO_EM", "ENCERRADO_EM"]),
    ];
    for (list, fields) in orders {
        let alias = &list[..1];
        let all = fixture.sql(list, &format!("{alias}.tribunal_codigo = 820"));
        for field in fields {
            let ascending = walk(&fixture.app, list, &json!({ "campo": field, "sentido": "ASC" }));
            let mut descending =
                walk(&fixture.app, list, &json!({ "campo": field, "sentido": "DESC" }));
            descending.reverse();
            assert_eq!(ascending, descending, "{list} {field}");
            let mut sorted = ascending;
            sorted.sort();
            assert_eq!(sorted, all, "{list} {field}");
        }
    }
    // The order is the stated one.
    let names = fixture.app.gql(
        "tjrn",
        "{ adolescentes(first: 100, ordem: {campo: NOME}) { nodes { nomeExibicao } } }",
    );
    let names: Vec<_> = names["adolescentes"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["nomeExibicao"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        names[0].starts_with("Al") || names[0].starts_with("An") || names[0].starts_with("Ân"),
        "{names:?}"
    );
    let days = fixture
        .app
        .gql("tjrn", "{ guias(first: 100, ordem: {campo: VENCE_EM}) { nodes { venceEm } } }");
    let days: Vec<_> = days["guias"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["venceEm"].as_str().unwrap_or("9999").to_owned())
        .collect();
    assert!(days.is_sorted() && days.len() > 20, "{days:?}");
}

fn walk(app: &App, list: &str, order: &Value) -> Vec<String> {
    let (fields, _) = key(list);
    let type_name = format!("{}{}Ordem", list[..1].to_uppercase(), &list[1..list.len() - 1]);
    let query = format!(
        "query($d: String, $o: {type_name}) {{ {list}(first: 7, after: $d, ordem: $o) {{ pageInfo {{ endCursor hasNextPage }} nodes {{ {fields} }} }} }}"
    );
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = app.gql_with("tjrn", &query, json!({ "d": after, "o": order }));
        seen.extend(data[list]["nodes"].as_array().unwrap().iter().map(text));
        if data[list]["pageInfo"]["hasNextPage"] == false {
            return seen;
        }
        after = data[list]["pageInfo"]["endCursor"].clone();
    }
}

#[test]
fn a_vinculo_is_a_node_and_is_on_the_edge() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ vinculos(first: 1) { nodes { id situacao iniciadoEm tribunal { codigo } processo { numero adolescentes(situacao: null) { edges { vinculo { id } node { identificador } } } } adolescente { identificador } } } }",
    );
    let vinculo = &data["vinculos"]["nodes"][0];
    let edges = vinculo["processo"]["adolescentes"]["edges"].as_array().unwrap();
    let of_edge = edges.iter().find(|edge| edge["vinculo"]["id"] == vinculo["id"]).unwrap();
    assert_eq!(of_edge["node"]["identificador"], vinculo["adolescente"]["identificador"]);
    let query = "query($id: ID!) { node(id: $id) { __typename ... on Vinculo { id situacao iniciadoEm processo { numero } } } }";
    let node = &app.gql_with("tjrn", query, json!({ "id": vinculo["id"] }))["node"];
    assert_eq!((&node["__typename"], &node["id"]), (&json!("Vinculo"), &vinculo["id"]));
    assert_eq!(node["processo"]["numero"], vinculo["processo"]["numero"]);
    // A vínculo of another tribunal is absent.
    assert_eq!(app.gql_with("tjpe", query, json!({ "id": vinculo["id"] }))["node"], Value::Null);
    // The trail names processos or adolescentes.
    app.wait_until_audited();
    let seen = app.database.count(
        "SELECT count(*) AS n FROM auditoria, unnest(recursos) AS r WHERE r % 8 IN (0, 1) AND tribunal_codigo = 820",
    );
    assert!(seen > 0);
}

#[test]
fn eventos_are_filtered_by_tipo_and_date_newest_first() {
    let app = App::new();
    let data = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {eventos: {algum: {tipo: [GUIA_EMITIDA]}}}) { nodes {
             antigos: eventos { nodes { id tipo } } novos: eventos(sentido: DESC) { nodes { id tipo } }
             guias: eventos(filtro: {tipo: [GUIA_EMITIDA]}) { totalCount nodes { tipo } }
             futuros: eventos(filtro: {ocorridoDe: \"2099-01-01T00:00:00Z\"}) { totalCount }
             passados: eventos(filtro: {ocorridoAte: \"2099-01-01T00:00:00Z\"}) { totalCount } } } }",
    );
    let processo = &data["processos"]["nodes"][0];
    let old = processo["antigos"]["nodes"].as_array().unwrap();
    let mut new_ones = processo["novos"]["nodes"].as_array().unwrap().clone();
    new_ones.reverse();
    assert!(old.len() > 1 && *old == new_ones, "{processo}");
    let of_guias = old.iter().filter(|one| one["tipo"] == "GUIA_EMITIDA").count();
    assert!(of_guias > 0 && of_guias < old.len());
    assert_eq!(processo["guias"]["totalCount"], of_guias);
    assert_eq!(processo["futuros"]["totalCount"], 0);
    assert_eq!(processo["passados"]["totalCount"], old.len());
}

/// A trâmite belongs to the processo whose number is its protocolo, for the parties of the trâmite.
#[test]
fn processos_are_filtered_by_tramite() {
    let app = App::new();
    let data = app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }");
    let numero = data["processos"]["nodes"][0]["numero"].clone();
    let with_nodes =
        "{ processos(filtro: {tramites: {algum: {emAndamento: true}}}) { nodes { numero } } }";
    let without = "{ processos(filtro: {tramites: {nenhum: {}}}) { totalCount } }";
    assert_eq!(app.gql("tjrn", with_nodes)["processos"]["nodes"], json!([]));
    let all = app.gql("tjrn", without)["processos"]["totalCount"].as_i64().unwrap();
    let enviar = "mutation($p: String!) { enviarTramite(input: {remetente: {repositorio: 1, numero: \"820\"}, destinatario: {repositorio: 1, numero: \"817\"}, protocolo: $p, descricao: \"Pedido fictício\"}) { erros { codigo mensagem } } }";
    let sent = app.gql_with("tjrn", enviar, json!({ "p": numero }));
    assert_eq!(sent["enviarTramite"]["erros"], json!([]));
    assert_eq!(app.gql("tjrn", with_nodes)["processos"]["nodes"], json!([{ "numero": numero }]));
    assert_eq!(app.gql("tjrn", without)["processos"]["totalCount"], all - 1);
}
