//! The data of a demo: years of them, with something to find for every question, and the same at every start.

use crate::support::{Ajustes, App, Banco, Modelo};
use elos::db::Sql;
use std::sync::Arc;

const TUDO: &str = "SELECT md5(string_agg(t, '|' ORDER BY t)) AS t FROM (
    SELECT p::text AS t FROM processo p UNION ALL SELECT v::text FROM vinculo v UNION ALL SELECT g::text FROM guia g
    UNION ALL SELECT a::text FROM adolescente a
    UNION ALL SELECT e.id - (SELECT min(id) FROM evento) || e.tipo || e.ocorrido_em || e.mudancas::text FROM evento e) AS x";

#[test]
fn ha_anos_de_dados_com_de_tudo_e_sempre_os_mesmos() {
    let [um, outro] = [(); 2].map(|()| {
        let banco = Banco::novo(Modelo::Grande);
        elos::seed::historia(&mut banco.conn()).unwrap();
        banco
    });
    assert_eq!(um.texto(Sql::new(TUDO)), outro.texto(Sql::new(TUDO)));
    let contar = |sql| um.contar(sql);
    assert!(contar("SELECT count(DISTINCT extract(year FROM criado_em)) AS n FROM processo") >= 5);
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM processo WHERE criado_em > '2026-11-15' OR criado_em < '2021-01-01'"
        ),
        0
    );
    // Work begins on working days.
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM processo WHERE id % 5 = 1 AND extract(isodow FROM criado_em AT TIME ZONE 'America/Sao_Paulo') > 5"
        ),
        0
    );
    assert_eq!(contar("SELECT count(DISTINCT tipo) AS n FROM guia"), 4);
    assert_eq!(contar("SELECT count(DISTINCT motivo_baixa) AS n FROM guia"), 5);
    assert!(contar("SELECT count(*) AS n FROM vinculo WHERE encerrado_em IS NOT NULL") > 10);
    assert!(
        contar(
            "SELECT count(*) AS n FROM evento WHERE tipo = 'SITUACAO_ALTERADA' AND mudancas @> '[{\"para\": \"ATIVO\"}]'"
        ) > 10
    );
    // Eventos are in the order of time, and what is there is what they tell.
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM evento a JOIN evento b ON b.id = a.id + 1 WHERE b.ocorrido_em < a.ocorrido_em"
        ),
        0
    );
    assert_eq!(
        contar("SELECT count(*) AS n FROM processo p WHERE situacao IS DISTINCT FROM coalesce(
                 (SELECT mudancas->0->>'para' FROM evento e WHERE e.processo_id = p.id AND tipo = 'SITUACAO_ALTERADA' ORDER BY id DESC LIMIT 1), 'ATIVO')"),
        0
    );
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM guia g WHERE numero NOT LIKE to_char(criado_em AT TIME ZONE 'America/Sao_Paulo', 'YYYYMMDD') || '%'"
        ),
        0
    );
    // R12, R18: as the rules have it.
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM processo p WHERE NOT EXISTS (SELECT FROM vinculo v WHERE v.processo_id = p.id AND v.encerrado_em IS NULL)"
        ),
        0
    );
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM processo e JOIN processo o ON o.numero = e.numero_referencia WHERE e.tipo_referencia IS NOT NULL AND e.criado_em <= o.criado_em"
        ),
        0
    );
    let app = App::no_banco(&Arc::new(um), Ajustes::default());
    for pergunta in [
        "processos(filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS], situacao: [ATIVO], guiasDaMedida: {nenhum: {situacao: [ATIVO]}}})",
        "processos(filtro: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL], situacao: [ATIVO], atualizadoAte: \"2026-06-01T00:00:00Z\"})",
        "guias(filtro: {vencida: true})",
        "guias(filtro: {tipo: [INTERNACAO_SANCAO]})",
        "guias(filtro: {tipo: [UNIFICADORA]})",
        "vinculos(filtro: {situacao: ENCERRADO, motivo: \"remissao\"})",
        "adolescentes(filtro: {idadeMinima: 18})",
    ] {
        let total =
            app.gql("cnj", &format!("{{ l: {pergunta} {{ totalCount }} }}"))["l"]["totalCount"]
                .as_i64()
                .unwrap();
        assert!(total > 0, "{pergunta}");
    }
}
