//! The data of a demo: several years, with examples for every kind of query, and the same each time
//! that they are made.

use crate::support::{App, Database, Settings, Template, now};
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use elos::tramite::Nre;
use std::sync::Arc;

const EVERYTHING: &str = "SELECT md5(string_agg(t, '|' ORDER BY t)) AS t FROM (
    SELECT p::text AS t FROM processo p UNION ALL SELECT v::text FROM vinculo v UNION ALL SELECT g::text FROM guia g
    UNION ALL SELECT a::text FROM adolescente a
    UNION ALL SELECT (to_jsonb(t) - 'xid')::text FROM tramite t UNION ALL SELECT m::text FROM mudanca_de_situacao m
    UNION ALL SELECT e.id - (SELECT min(id) FROM evento) || e.tipo || e.ocorrido_em || e.mudancas::text FROM evento e) AS x";

#[test]
fn there_are_years_of_data_of_every_kind_and_always_the_same() {
    let now = now();
    let [one, other] = [(); 2].map(|()| {
        let database = Database::new(Template::Large);
        elos::seed::history(&mut database.conn(), now).unwrap();
        database
    });
    assert_eq!(one.text(Sql::new(EVERYTHING)), other.text(Sql::new(EVERYTHING)));
    let count = |sql| one.count(sql);
    assert!(count("SELECT count(DISTINCT extract(year FROM criado_em)) AS n FROM processo") >= 5);
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM processo WHERE criado_em > '2026-11-15' OR criado_em < '2021-01-01'"
        ),
        0
    );
    // In the sample `id % 5 = 1`, processos are created on working days.
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM processo WHERE id % 5 = 1 AND extract(isodow FROM criado_em AT TIME ZONE 'America/Sao_Paulo') > 5"
        ),
        0
    );
    assert_eq!(count("SELECT count(DISTINCT tipo) AS n FROM guia"), 4);
    assert_eq!(count("SELECT count(DISTINCT motivo_baixa) AS n FROM guia"), 5);
    assert!(count("SELECT count(*) AS n FROM vinculo WHERE encerrado_em IS NOT NULL") > 10);
    assert!(
        count(
            "SELECT count(*) AS n FROM evento WHERE tipo = 'SITUACAO_ALTERADA' AND mudancas @> '[{\"para\": \"ATIVO\"}]'"
        ) > 10
    );
    // Eventos are in order of time, the situação of a processo is that of its last evento, and the
    // number of a guia begins with its date.
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM evento a JOIN evento b ON b.id = a.id + 1 WHERE b.ocorrido_em < a.ocorrido_em"
        ),
        0
    );
    assert_eq!(
        count("SELECT count(*) AS n FROM processo p WHERE situacao IS DISTINCT FROM coalesce(
                 (SELECT mudancas->0->>'para' FROM evento e WHERE e.processo_id = p.id AND tipo = 'SITUACAO_ALTERADA' ORDER BY id DESC LIMIT 1), 'ATIVO')"),
        0
    );
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM guia g WHERE numero NOT LIKE to_char(criado_em AT TIME ZONE 'America/Sao_Paulo', 'YYYYMMDD') || '%'"
        ),
        0
    );
    // Every processo has an active vínculo (R18), and an execução is later than its apuração.
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM processo p WHERE NOT EXISTS (SELECT FROM vinculo v WHERE v.processo_id = p.id AND v.encerrado_em IS NULL)"
        ),
        0
    );
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM processo e JOIN processo o ON o.numero = e.numero_referencia WHERE e.tipo_referencia IS NOT NULL AND e.criado_em <= o.criado_em"
        ),
        0
    );
    keeps_the_other_rules(&one);
    has_tramites_in_every_situacao(&one);
    every_kind_of_query_finds_something(&App::on_database(&Arc::new(one), Settings::default()));
}

fn every_kind_of_query_finds_something(app: &App) {
    for query in [
        "processos(filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS], situacao: [ATIVO], guiasDaMedida: {nenhum: {situacao: [ATIVO]}}})",
        "processos(filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL], situacao: [ATIVO], atualizadoAte: \"2026-06-01T00:00:00Z\"})",
        "guias(filtro: {vencida: true})",
        "guias(filtro: {tipo: [INTERNACAO_SANCAO]})",
        "guias(filtro: {tipo: [UNIFICADORA]})",
        "vinculos(filtro: {situacao: ENCERRADO, motivo: \"remissao\"})",
        "adolescentes(filtro: {idadeMinima: 18})",
    ] {
        let total =
            app.gql("cnj", &format!("{{ l: {query} {{ totalCount }} }}"))["l"]["totalCount"]
                .as_i64()
                .unwrap();
        assert!(total > 0, "{query}");
    }
}

/// Checks the rules on rows, the dates, and the check digits of numbers.
fn keeps_the_other_rules(database: &Database) {
    let none = [
        ("R11", "SELECT count(*) AS n FROM processo e WHERE tipo_referencia IS NOT NULL AND 1 <> (
            SELECT count(*) FROM vinculo v JOIN processo a ON a.numero = e.numero_referencia
              JOIN vinculo va ON va.processo_id = a.id AND va.adolescente_id = v.adolescente_id WHERE v.processo_id = e.id)"),
        ("R12", "SELECT count(*) AS n FROM (SELECT adolescente_id FROM vinculo v JOIN processo p ON p.id = v.processo_id
            WHERE p.tipo_referencia IS NOT NULL AND p.situacao = 'ATIVO' GROUP BY 1 HAVING count(*) > 1) AS d"),
        // Two execuções of one adolescente follow each other: the second begins after the first is
        // archived.
        ("R12 then", "SELECT count(*) AS n FROM vinculo v JOIN vinculo w ON w.adolescente_id = v.adolescente_id AND w.iniciado_em > v.iniciado_em
            JOIN processo p ON p.id = v.processo_id JOIN processo q ON q.id = w.processo_id
            WHERE p.tipo_referencia IS NOT NULL AND q.tipo_referencia IS NOT NULL AND q.criado_em <= coalesce((SELECT max(ocorrido_em)
              FROM evento e WHERE e.processo_id = p.id AND e.mudancas @> '[{\"para\": \"ARQUIVADO\"}]'), 'infinity')"),
        ("R16", "SELECT count(*) AS n FROM vinculo v WHERE encerrado_em IS NOT NULL AND EXISTS (SELECT FROM vinculo x JOIN processo e ON e.id = x.processo_id
            WHERE x.adolescente_id = v.adolescente_id AND e.tipo_referencia IS NOT NULL AND e.criado_em <= v.encerrado_em)"),
        ("R16 archived", "SELECT count(*) AS n FROM vinculo v JOIN evento e USING (processo_id) WHERE e.tipo = 'SITUACAO_ALTERADA' AND v.encerrado_em >= e.ocorrido_em"),
        ("R26", "SELECT count(*) AS n FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.prazo NOT BETWEEN 1 AND 90
            OR g.criado_em::date >= a.data_nascimento + interval '21 years' OR g.baixada_em < g.criado_em"),
        ("R27", "SELECT count(*) AS n FROM guia g JOIN adolescente a ON a.id = g.adolescente_id JOIN processo p ON p.id = g.apuracao_id
            WHERE a.tribunal_codigo <> g.tribunal_codigo OR p.tribunal_codigo <> g.tribunal_codigo OR p.criado_em > g.criado_em"),
        ("the fixed dates", "SELECT count(*) AS n FROM evento WHERE ocorrido_em > '2026-11-13' AND guia_id IS NULL"),
        ("the future", "SELECT count(*) AS n FROM evento WHERE ocorrido_em > now()"),
        ("the coming month", "SELECT count(*) AS n FROM tribunal t WHERE NOT EXISTS (SELECT FROM guia g WHERE g.tribunal_codigo = t.codigo
            AND g.situacao = 'ATIVO' AND g.data_decisao + g.prazo BETWEEN current_date AND current_date + 30)"),
        ("weekends", "SELECT count(*) AS n FROM processo WHERE numero LIKE '8%' AND extract(isodow FROM criado_em AT TIME ZONE 'America/Sao_Paulo') > 5"),
        ("the recess", "SELECT count(*) AS n FROM processo WHERE id % 5 = 1 AND to_char(criado_em AT TIME ZONE 'America/Sao_Paulo', 'MMDD') NOT BETWEEN '0121' AND '1219'"),
    ];
    for (rule, sql) in none {
        assert_eq!(database.count(sql), 0, "{rule}");
    }
    assert!(database.count("SELECT count(DISTINCT (nome, sobrenome)) AS n FROM adolescente") > 600);
    assert!(database.count("SELECT count(*) AS n FROM (SELECT adolescente_id FROM vinculo v JOIN processo p ON p.id = v.processo_id
        WHERE p.tipo_referencia IS NOT NULL GROUP BY 1 HAVING count(*) > 1) AS d") > 20);
    let numeros = database.text(Sql::new("SELECT string_agg(numero, ',') AS t FROM processo"));
    for numero in numeros.split(',').map(|numero| numero.parse::<NumeroProcesso>().unwrap()) {
        assert_eq!(numero.digit(), numero.expected_digit(), "{numero}");
    }
    // Whenever the demo starts until the end of 2031, guias fall due in the month that follows.
    let months = "SELECT count(*) AS n FROM generate_series(date '2026-12-01', date '2031-12-01', interval '1 month') AS m
        WHERE NOT EXISTS (SELECT FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.situacao = 'ATIVO'
          AND least(a.data_nascimento + interval '21 years', g.data_decisao + g.prazo) BETWEEN m AND m + interval '30 days')";
    assert_eq!(database.count(months), 0);
}

fn has_tramites_in_every_situacao(database: &Database) {
    assert_eq!(database.count("SELECT count(DISTINCT situacao) AS n FROM tramite"), 10);
    let of_rn = "SELECT count(DISTINCT situacao) AS n FROM tramite WHERE 820 IN (remetente_tribunal, destinatario_tribunal)";
    assert!(database.count(of_rn) >= 9);
    for (what, sql) in [
        ("the last situação", "SELECT count(*) AS n FROM tramite t WHERE situacao IS DISTINCT FROM
            (SELECT m.situacao FROM mudanca_de_situacao m WHERE m.idt = t.idt ORDER BY m.id DESC LIMIT 1)"),
        ("order of time", "SELECT count(*) AS n FROM mudanca_de_situacao m JOIN mudanca_de_situacao o ON o.idt = m.idt AND o.id > m.id
            WHERE o.ocorrida_em <= m.ocorrida_em"),
        ("parties", "SELECT count(*) AS n FROM tramite t WHERE (situacao IN (5, 6)) <> EXISTS (SELECT FROM registro_no_sistema s
            WHERE s.nre = t.nre AND s.tribunal_codigo = t.destinatario_tribunal)"),
        ("the future", "SELECT count(*) AS n FROM tramite WHERE atualizado_em > now()"),
        ("expiry", "SELECT count(*) AS n FROM tramite WHERE situacao IN (1, 2, 3, 4) AND atualizado_em < now() - interval '3 days'"),
        ("bytes", "SELECT count(*) AS n FROM tramite t WHERE (situacao BETWEEN 2 AND 5) <> EXISTS (SELECT FROM conteudo c JOIN conteudo_parte p
            ON p.conteudo_id = c.id WHERE c.idt = t.idt AND encode(sha256(p.bytes), 'base64') = (SELECT hash FROM componente x WHERE x.idt = t.idt))"),
    ] {
        assert_eq!(database.count(sql), 0, "{what}");
    }
    let nres = database.text(Sql::new("SELECT string_agg(nre, ',') AS t FROM registro_eletronico"));
    for nre in nres.split(',') {
        let (sequence, year) = (nre[..10].parse().unwrap(), nre[12..].parse().unwrap());
        assert_eq!(Nre::new(sequence, year).to_string(), nre);
    }
}
