//! The questions that everybody asks first: each takes one request, and its answer is that of SQL
//! written independently.
//!
//! `ELOS_PROCESSOS=200000` asks a database of that size.

use crate::support::{App, Database, Settings, Template, now};
use chrono::{DateTime, Days, TimeDelta};
use diesel::RunQueryDsl;
use elos::db::Sql;
use serde_json::Value;
use std::sync::Arc;

/// A question, and where its answer is.
struct Question {
    query: String,
    /// SQL of the same rows, as the texts that `read` makes of the answer.
    sql: String,
    read: fn(&Value) -> Answer,
}

/// The number of all rows, and those of the first page.
struct Answer {
    total: usize,
    page: Vec<String>,
}

fn digits(value: &Value) -> String {
    value.as_str().unwrap().chars().filter(char::is_ascii_digit).collect()
}

fn list(answer: &Value, row: impl Fn(&Value) -> String) -> Answer {
    let page: Vec<_> = answer["nodes"].as_array().unwrap().iter().map(row).collect();
    let total = answer["totalCount"].as_u64().unwrap();
    Answer { total: usize::try_from(total).unwrap(), page }
}

fn numeros(answer: &Value) -> Answer {
    list(answer, |node| digits(&node["numero"]))
}

fn whole(page: Vec<String>) -> Answer {
    Answer { total: page.len(), page }
}

/// Active execuções without an active guia of their measure: neither one of their own, nor one of
/// the apuração for their adolescente.
fn execucoes_ativas_sem_guia() -> Question {
    Question {
        query: "processos(first: 100, filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS], situacao: [ATIVO],
            guiasDaMedida: {nenhum: {situacao: [ATIVO]}}}) { totalCount nodes { numero } }".into(),
        sql: "SELECT numero AS t FROM processo WHERE tipo LIKE 'EXEC%' AND situacao = 'ATIVO'
            EXCEPT SELECT e.numero FROM guia g JOIN processo e ON e.id = g.execucao_id WHERE g.situacao = 'ATIVO'
            EXCEPT SELECT e.numero FROM guia g JOIN processo o ON o.id = g.apuracao_id JOIN processo e ON e.numero_referencia = o.numero
              JOIN vinculo v ON v.processo_id = e.id AND v.adolescente_id = g.adolescente_id
             WHERE g.situacao = 'ATIVO' AND g.execucao_id IS NULL".into(),
        read: numeros,
    }
}

fn adolescentes_com_mais_de_uma_execucao() -> Question {
    Question {
        query: "adolescentes(first: 100, filtro: {processos: {algum: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS]}, minimo: 2}})
            { totalCount nodes { identificador } }".into(),
        sql: "SELECT a.identificador AS t FROM vinculo v JOIN processo p ON p.id = v.processo_id AND p.tipo LIKE 'EXEC%'
            JOIN adolescente a ON a.id = v.adolescente_id GROUP BY a.id HAVING count(DISTINCT p.id) > 1".into(),
        read: |answer| list(answer, |node| digits(&node["identificador"])),
    }
}

fn apuracoes_paradas_ha_90_dias() -> Question {
    let since = (now() - TimeDelta::days(90)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    Question {
        query: format!(
            "processos(first: 100, filtro: {{tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL], situacao: [ATIVO],
                eventos: {{nenhum: {{ocorridoDe: \"{since}\"}}}}}}) {{ totalCount nodes {{ numero }} }}"
        ),
        sql: format!(
            "SELECT p.numero AS t FROM processo p JOIN evento e ON e.processo_id = p.id
              WHERE p.tipo LIKE 'PROC%' AND p.situacao = 'ATIVO' GROUP BY p.numero HAVING max(e.ocorrido_em) < '{since}'"
        ),
        read: numeros,
    }
}

fn processos_por_tribunal_por_mes() -> Question {
    Question {
        query: "estatisticas(de: PROCESSOS, por: [TRIBUNAL, MES], filtro: {processos: {criadoDe: \"2025-01-01T03:00:00Z\",
            criadoAte: \"2026-01-01T03:00:00Z\"}}) { chaves { valor } total }".into(),
        sql: "SELECT concat_ws(' ', tribunal_codigo, to_char(criado_em - interval '3 hours', 'YYYY-MM'), count(*)) AS t FROM processo
            WHERE criado_em >= '2025-01-01 03:00+00' AND criado_em < '2026-01-01 03:00+00'
            GROUP BY tribunal_codigo, to_char(criado_em - interval '3 hours', 'YYYY-MM')".into(),
        read: |answer| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let groups = answer.as_array().unwrap().iter().map(|group| {
                let [tribunal, month] = [0, 1].map(|n| text(&group["chaves"][n]["valor"]));
                format!("{tribunal} {month} {}", group["total"])
            });
            whole(groups.collect())
        },
    }
}

fn guias_que_vencem_em_30_dias() -> Question {
    let today = elos::value::time::day(now());
    let end = today + Days::new(30);
    Question {
        query: format!(
            "guias(first: 100, filtro: {{situacao: [ATIVO], venceDe: \"{today}\", venceAte: \"{end}\"}}) {{ totalCount nodes {{ numero }} }}"
        ),
        // A person born on 29 February turns 21 on 1 March.
        sql: format!(
            "SELECT numero AS t FROM (SELECT g.numero, g.data_decisao + g.prazo AS prazo, make_date(extract(year FROM n)::int + 21,
                CASE WHEN to_char(n, 'MMDD') = '0229' THEN 3 ELSE extract(month FROM n)::int END,
                CASE WHEN to_char(n, 'MMDD') = '0229' THEN 1 ELSE extract(day FROM n)::int END) AS maioridade
               FROM guia g JOIN adolescente a ON a.id = g.adolescente_id, LATERAL (SELECT a.data_nascimento AS n) AS d WHERE g.situacao = 'ATIVO') AS g
              WHERE CASE WHEN prazo < maioridade THEN prazo ELSE maioridade END >= '{today}' AND CASE WHEN prazo < maioridade THEN prazo ELSE maioridade END < '{end}'"
        ),
        read: numeros,
    }
}

/// The timeline of a processo, with the entries of the execuções that follow from it.
fn linha_do_tempo(numero: &str) -> Question {
    Question {
        query: format!(
            "processo(numero: \"{numero}\") {{ linhaDoTempo(first: 100) {{ totalCount nodes {{ ocorridoEm frase }} }} }}"
        ),
        sql: format!(
            "WITH eles AS (SELECT id, numero FROM processo WHERE '{numero}' IN (numero, numero_referencia))
             SELECT (extract(epoch FROM quando) * 1000000)::bigint::text AS t FROM (
                SELECT ocorrido_em AS quando FROM evento WHERE processo_id IN (SELECT id FROM eles)
                   AND tipo IN ('PROCESSO_CADASTRADO', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA')
                UNION ALL SELECT unnest(ARRAY[iniciado_em, encerrado_em]) FROM vinculo WHERE processo_id IN (SELECT id FROM eles)
                UNION ALL SELECT unnest(ARRAY[criado_em, baixada_em]) FROM guia
                  WHERE apuracao_id IN (SELECT id FROM eles) OR execucao_id IN (SELECT id FROM eles)
                UNION ALL SELECT m.ocorrida_em FROM mudanca_de_situacao m JOIN tramite USING (idt) JOIN registro_eletronico r USING (nre)
                  WHERE r.protocolo_chave IN (SELECT numero FROM eles)) AS tudo WHERE quando IS NOT NULL"
        ),
        read: |answer| {
            list(&answer["linhaDoTempo"], |node| {
                assert!(node["frase"].as_str().unwrap().len() > 10, "{node}");
                let when = DateTime::parse_from_rfc3339(node["ocorridoEm"].as_str().unwrap());
                when.unwrap().timestamp_micros().to_string()
            })
        },
    }
}

/// The processos of an adolescente, and whom else each of them has.
fn quem_e_ligado_a_quem(identificador: &str) -> Question {
    Question {
        query: format!(
            "adolescente(identificador: \"{identificador}\") {{ processos(vinculo: null, first: 100) {{ nodes {{
                numero adolescentes(situacao: null, first: 100) {{ edges {{ situacao node {{ identificador }} }} }} }} }} }}"
        ),
        sql: format!(
            "SELECT concat_ws(' ', p.numero, o.identificador, CASE WHEN v.encerrado_em IS NULL THEN 'ATIVO' ELSE 'ENCERRADO' END) AS t
               FROM adolescente a JOIN vinculo w ON w.adolescente_id = a.id JOIN vinculo v ON v.processo_id = w.processo_id
               JOIN processo p ON p.id = v.processo_id JOIN adolescente o ON o.id = v.adolescente_id WHERE a.identificador = '{identificador}'"
        ),
        read: |answer| {
            let processos = answer["processos"]["nodes"].as_array().unwrap().iter();
            let pairs = processos.flat_map(|processo| {
                processo["adolescentes"]["edges"].as_array().unwrap().iter().map(|edge| {
                    let (numero, who) = (digits(&processo["numero"]), digits(&edge["node"]["identificador"]));
                    format!("{numero} {who} {}", edge["situacao"].as_str().unwrap())
                })
            });
            whole(pairs.collect())
        },
    }
}

fn database() -> Arc<Database> {
    let Ok(processos) = std::env::var("ELOS_PROCESSOS") else {
        let database = Database::new(Template::Large);
        elos::seed::history(&mut database.conn(), now()).unwrap();
        return Arc::new(database);
    };
    let database = Database::new(Template::Empty);
    elos::seed::seed(&mut database.conn(), processos.parse().unwrap()).unwrap();
    elos::seed::history(&mut database.conn(), now()).unwrap();
    Arc::new(database)
}

fn rows(database: &Database, sql: &str) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let rows: Vec<Row> = Sql::new(sql.to_owned().leak()).load(&mut database.conn()).unwrap();
    let mut texts: Vec<_> = rows.into_iter().map(|row| row.t).collect();
    texts.sort_unstable();
    texts
}

#[test]
fn cada_pergunta_e_um_pedido_e_a_resposta_e_a_do_sql() {
    let database = database();
    let app = App::on_database(&database, Settings::default());
    let one = |sql: &'static str| database.text(Sql::new(sql));
    let with_most_guias = one("SELECT o.numero AS t FROM processo o JOIN guia g ON g.apuracao_id = o.id
        WHERE EXISTS (SELECT FROM processo e WHERE e.numero_referencia = o.numero) GROUP BY o.id ORDER BY count(*) DESC, o.id LIMIT 1");
    let with_tramite =
        one("SELECT protocolo_chave AS t FROM registro_eletronico ORDER BY nre LIMIT 1");
    let with_two_execucoes = one("SELECT a.identificador AS t FROM vinculo v JOIN processo p ON p.id = v.processo_id AND p.numero LIKE '7%'
        JOIN adolescente a ON a.id = v.adolescente_id ORDER BY p.id LIMIT 1");
    for Question { query, sql, read } in [
        execucoes_ativas_sem_guia(),
        adolescentes_com_mais_de_uma_execucao(),
        apuracoes_paradas_ha_90_dias(),
        processos_por_tribunal_por_mes(),
        guias_que_vencem_em_30_dias(),
        linha_do_tempo(&with_most_guias),
        linha_do_tempo(&with_tramite),
        quem_e_ligado_a_quem(&with_two_execucoes),
    ] {
        let expected = rows(&database, &sql);
        let begun = std::time::Instant::now();
        let answer = read(&app.gql("cnj", &format!("{{ r: {query} }}"))["r"]);
        println!("{} rows in {:?}: {query}", answer.total, begun.elapsed());
        assert!(!expected.is_empty(), "nothing to find: {query}");
        assert_eq!(answer.total, expected.len(), "{query}");
        let mut page = answer.page;
        page.sort_unstable();
        if answer.total <= 100 || page.len() == answer.total {
            assert_eq!(page, expected, "{query}");
        } else {
            assert_eq!(page.len(), 100, "{query}");
            assert!(
                page.iter().all(|row| expected.binary_search(row).is_ok()),
                "{query}: {page:?}"
            );
        }
    }
}
