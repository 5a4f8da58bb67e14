//! The data of a demo: several years, with examples for every query, and the same at every start.

use crate::support::{App, Database, Settings, Template};
use elos::db::Sql;
use std::sync::Arc;

const EVERYTHING: &str = "SELECT md5(string_agg(t, '|' ORDER BY t)) AS t FROM (
    SELECT p::text AS t FROM processo p UNION ALL SELECT v::text FROM vinculo v UNION ALL SELECT g::text FROM guia g
    UNION ALL SELECT a::text FROM adolescente a
    UNION ALL SELECT e.id - (SELECT min(id) FROM evento) || e.tipo || e.ocorrido_em || e.mudancas::text FROM evento e) AS x";

#[test]
fn there_are_years_of_data_of_every_kind_and_always_the_same() {
    let [one, other] = [(); 2].map(|()| {
        let database = Database::new(Template::Large);
        elos::seed::history(&mut database.conn()).unwrap();
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
    // Processos are created on working days.
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
    // Eventos are in order of time, and the rows agree with them.
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
    // The data keep R12 and R18.
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
    let app = App::on_database(&Arc::new(one), Settings::default());
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
