//! What the filters find is what SQL that was written by itself finds.

use crate::support::{Ajustes, App, Banco, Modelo, agora};
use chrono::{Days, NaiveDate, TimeDelta};
use diesel::connection::SimpleConnection;
use diesel::{PgConnection, RunQueryDsl};
use serde_json::{Value, json};
use std::sync::Arc;

/// What the seed has none of: measures without an active guia, of every kind, people of every age,
/// links that ended, processos without a magistrado.
const MUNDO: &str = "
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

struct Cena {
    app: App,
    conn: PgConnection,
    hoje: NaiveDate,
}

impl Cena {
    fn nova() -> Self {
        let banco = Arc::new(Banco::novo(Modelo::Grande));
        let mut conn = banco.conn();
        conn.batch_execute(MUNDO).unwrap();
        conn.batch_execute("ANALYZE").unwrap();
        let app = App::no_banco(&banco, Ajustes::default());
        Self { app, conn, hoje: elos::value::time::dia(agora()) }
    }

    /// The keys, in order, that a list has with this filter; the total has to be their number.
    #[track_caller]
    fn achados(&self, cliente: &str, lista: &str, filtro: &str) -> Vec<String> {
        let (campos, _) = chave(lista);
        let mut achados = Vec::new();
        let mut depois = Value::Null;
        loop {
            let query = format!(
                "query($d: String) {{ l: {lista}(first: 100, after: $d, filtro: {filtro}) {{ totalCount pageInfo {{ endCursor hasNextPage }} nodes {{ {campos} }} }} }}"
            );
            let l = self.app.gql_com(cliente, &query, json!({ "d": depois }))["l"].take();
            achados.extend(l["nodes"].as_array().unwrap().iter().map(texto));
            if l["pageInfo"]["hasNextPage"] == false {
                assert_eq!(l["totalCount"], achados.len(), "{lista} {filtro}");
                achados.sort();
                return achados;
            }
            depois = l["pageInfo"]["endCursor"].clone();
        }
    }

    fn sql(&mut self, lista: &str, onde: &str) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Linha {
            #[diesel(sql_type = diesel::sql_types::Text)]
            t: String,
        }
        let (_, de) = chave(lista);
        let linhas: Vec<Linha> =
            elos::db::Sql::new(format!("{de} WHERE {onde}").leak()).load(&mut self.conn).unwrap();
        let mut achados: Vec<_> = linhas.into_iter().map(|linha| linha.t).collect();
        achados.sort();
        achados
    }

    /// The filter finds what the condition finds: some, and not all.
    #[track_caller]
    fn confere(&mut self, lista: &str, filtro: &str, onde: &str) {
        let (_, letra) = (0, &lista[..1]);
        let alias = if lista == "processos" { "p" } else { letra };
        let do_tribunal = format!("{alias}.tribunal_codigo = 820");
        let todos = self.sql(lista, &do_tribunal).len();
        let esperados = self.sql(lista, &format!("{do_tribunal} AND ({onde})"));
        assert!(
            !esperados.is_empty() && esperados.len() < todos,
            "{filtro}: {} of {todos}",
            esperados.len()
        );
        assert_eq!(self.achados("tjrn", lista, filtro), esperados, "{filtro}");
        // What the filter does not find is the rest.
        let resto = self.achados("tjrn", lista, &format!("{{nao: {filtro}}}"));
        assert_eq!(resto.len(), todos - esperados.len(), "nao: {filtro}");
        let de_todos = self.sql(lista, onde);
        if de_todos.len() < 800 {
            assert_eq!(self.achados("cnj", lista, filtro), de_todos, "{filtro}");
        }
    }
}

/// What tells a row of a list apart, in the schema and in SQL.
fn chave(lista: &str) -> (&'static str, &'static str) {
    match lista {
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

fn texto(node: &Value) -> String {
    let so_letras = |texto: &str| texto.replace(['-', '.'], "");
    match node {
        Value::Object(campos) => {
            let ordem = [
                "processo",
                "adolescente",
                "numero",
                "identificador",
                "tribunal",
                "codigo",
                "situacao",
            ];
            ordem.iter().filter_map(|campo| campos.get(*campo)).map(texto).collect()
        }
        Value::String(valor) => so_letras(valor),
        valor => valor.to_string(),
    }
}

const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";
const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
/// R26, as a person would write it.
const VENCE: &str = "least(CASE to_char(a.data_nascimento, 'MMDD') WHEN '0229' \
    THEN make_date(extract(year FROM a.data_nascimento)::int + 21, 3, 1) \
    ELSE (a.data_nascimento + interval '21 years')::date END, g.data_decisao + g.prazo)";

#[test]
fn execucao_ativa_sem_guia_ativa_e_um_filtro_so() {
    let mut cena = Cena::nova();
    let filtro = format!(
        "{{tipo: [{EXECUCAO}], situacao: [ATIVO], guiasDaMedida: {{nenhum: {{situacao: [ATIVO]}}}}}}"
    );
    let sem_guia = format!(
        "p.tipo = '{EXECUCAO}' AND p.situacao = 'ATIVO' AND p.id NOT IN (
            SELECT g.execucao_id FROM guia g WHERE g.situacao = 'ATIVO' AND g.execucao_id IS NOT NULL
            UNION ALL SELECT e.id FROM guia g JOIN processo o ON o.id = g.apuracao_id
              JOIN processo e ON e.numero_referencia = o.numero AND e.tipo = '{EXECUCAO}'
              JOIN vinculo v ON v.processo_id = e.id AND v.adolescente_id = g.adolescente_id
             WHERE g.situacao = 'ATIVO' AND g.execucao_id IS NULL)"
    );
    cena.confere("processos", &filtro, &sem_guia);
    // The guias of the execução alone are another question.
    let ingenuo = filtro.replace("guiasDaMedida", "guias");
    assert!(
        cena.achados("tjrn", "processos", &ingenuo).len()
            > cena.achados("tjrn", "processos", &filtro).len()
    );
    // And what it does not find has such a guia among those that it tells.
    let query = format!(
        "{{ processos(first: 100, filtro: {{tipo: [{EXECUCAO}], situacao: [ATIVO]}}) {{ nodes {{ numero
           ... on ProcessoExecucao {{ guiasDaMedida(situacao: ATIVO) {{ totalCount nodes {{ numero situacao }} }} }} }} }} }}"
    );
    let dados = cena.app.gql("tjrn", &query);
    let sem: Vec<_> = dados["processos"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|um| um["guiasDaMedida"]["totalCount"] == 0)
        .map(|um| {
            assert_eq!(um["guiasDaMedida"]["nodes"], json!([]));
            texto(&um["numero"])
        })
        .collect();
    let mut sem = sem;
    sem.sort();
    assert_eq!(sem, cena.achados("tjrn", "processos", &filtro));
}

/// The instants and days that questions are about, and a person's age as SQL counts it.
struct Dias {
    ha_90: String,
    ha_30: String,
    hoje: NaiveDate,
    em_30: NaiveDate,
    anos: String,
}

impl Dias {
    fn de(cena: &Cena) -> Self {
        let instante = |dias: i64| {
            (agora() - TimeDelta::days(dias)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        };
        let hoje = cena.hoje;
        let anos = format!("extract(year FROM age(date '{hoje}', a.data_nascimento))");
        Self { ha_90: instante(90), ha_30: instante(30), hoje, em_30: hoje + Days::new(30), anos }
    }
}

#[test]
fn processos_que_se_acham_sao_os_que_o_sql_acha() {
    let mut cena = Cena::nova();
    let Dias { ha_90, ha_30, anos, .. } = Dias::de(&cena);
    let processos = [
        // Apurações that nothing happened to for ninety days.
        (format!("{{tipo: [{APURACAO}], situacao: [ATIVO], atualizadoAte: \"{ha_90}\"}}"),
         format!("p.tipo = '{APURACAO}' AND p.situacao = 'ATIVO' AND p.atualizado_em < '{ha_90}'")),
        (format!("{{atualizadoDe: \"{ha_90}\", atualizadoAte: \"{ha_30}\"}}"),
         format!("p.atualizado_em >= '{ha_90}' AND p.atualizado_em < '{ha_30}'")),
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
                  SELECT v.processo_id FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id WHERE {anos} >= 20)")),
        ("{eventos: {nenhum: {tipo: [GUIA_EMITIDA, EXECUCAO_CADASTRADA]}}}".into(),
         "p.id NOT IN (SELECT processo_id FROM evento WHERE tipo IN ('GUIA_EMITIDA', 'EXECUCAO_CADASTRADA'))".into()),
    ];
    for (filtro, onde) in processos {
        cena.confere("processos", &filtro, &onde);
    }
}

#[test]
fn adolescentes_que_se_acham_sao_os_que_o_sql_acha() {
    let mut cena = Cena::nova();
    let Dias { hoje, em_30, anos, .. } = Dias::de(&cena);
    let adolescentes = [
        // Those of more than one execução.
        (format!("{{processos: {{algum: {{tipo: [{EXECUCAO}]}}, minimo: 2}}}}"),
         format!("(SELECT count(DISTINCT p.id) FROM vinculo v JOIN processo p ON p.id = v.processo_id
                  WHERE v.adolescente_id = a.id AND p.tipo = '{EXECUCAO}') > 1")),
        ("{idadeMinima: 15, idadeMaxima: 17}".into(), format!("{anos} BETWEEN 15 AND 17")),
        ("{idadeMaxima: 17}".into(), format!("{anos} <= 17")),
        (format!("{{completa21Ate: \"{em_30}\"}}"),
         format!("a.data_nascimento + interval '21 years' + CASE to_char(a.data_nascimento, 'MMDD') WHEN '0229' THEN 1 ELSE 0 END * interval '1 day' < '{em_30}'")),
        ("{completa21De: \"2029-03-01\"}".into(),
         "to_char(a.data_nascimento, 'YYYYMMDD') >= '20080229'".into()),
        ("{nascidoDe: \"2008-01-01\", nascidoAte: \"2010-01-01\"}".into(), "extract(year FROM a.data_nascimento) IN (2008, 2009)".into()),
        ("{possuiNomeSocial: true}".into(), "a.nome_social IS NOT NULL".into()),
        ("{guias: {algum: {vencida: true}}}".into(),
         format!("a.id IN (SELECT g.adolescente_id FROM guia g WHERE g.situacao = 'ATIVO' AND {VENCE} <= '{hoje}')")),
        ("{vinculos: {nenhum: {motivo: \"obito\"}}}".into(),
         "a.id NOT IN (SELECT adolescente_id FROM vinculo WHERE motivo LIKE 'Óbito%')".into()),
        ("{ou: [{nome: \"ANGELA\"}, {idadeMaxima: 13}]}".into(), format!("a.nome = 'Ângela' OR {anos} <= 13")),
    ];
    for (filtro, onde) in adolescentes {
        cena.confere("adolescentes", &filtro, &onde);
    }
}

#[test]
fn guias_que_se_acham_sao_as_que_o_sql_acha() {
    let mut cena = Cena::nova();
    let Dias { ha_30, hoje, em_30, .. } = Dias::de(&cena);
    let guias = [
        // Those whose time ends within thirty days.
        (format!("{{situacao: [ATIVO], venceDe: \"{hoje}\", venceAte: \"{em_30}\"}}"),
         format!("g.situacao = 'ATIVO' AND {VENCE} >= '{hoje}' AND {VENCE} < '{em_30}'")),
        ("{vencida: true}".into(), format!("g.situacao = 'ATIVO' AND {VENCE} <= '{hoje}'")),
        ("{vencida: false}".into(), format!("NOT (g.situacao = 'ATIVO' AND {VENCE} <= '{hoje}')")),
        ("{tipo: [INTERNACAO_SANCAO, PROVISORIA]}".into(), "g.tipo IN ('INTERNACAO_SANCAO', 'PROVISORIA')".into()),
        ("{situacao: [BAIXADA], motivoBaixa: [EXTINTA]}".into(), "g.motivo_baixa = 'EXTINTA'".into()),
        ("{idOrgao: 2}".into(), "EXISTS (SELECT FROM processo p WHERE (p.id = g.apuracao_id OR p.id = g.execucao_id) AND p.id_orgao = 2)".into()),
        (format!("{{emitidaDe: \"{ha_30}\"}}"), format!("g.criado_em >= '{ha_30}'")),
        (format!("{{emitidaAte: \"{ha_30}\"}}"), format!("g.criado_em < '{ha_30}'")),
        ("{vazio: [EXECUCAO]}".into(), "g.execucao_id IS NULL".into()),
        ("{vazio: [ORIGEM]}".into(), "g.origem IS NULL".into()),
        ("{vazio: [MAGISTRADO_NOME]}".into(), "g.magistrado_nome IS NULL".into()),
        ("{codigoTpuMedida: [\"11387\"]}".into(), "g.codigo_tpu_medida = '11387'".into()),
        ("{adolescenteCom: {nome: \"angela\"}, situacao: [ATIVO]}".into(), "a.nome = 'Ângela' AND g.situacao = 'ATIVO'".into()),
        (format!("{{processos: {{algum: {{tipo: [{EXECUCAO}]}}}}}}"), "g.execucao_id IS NOT NULL".into()),
    ];
    for (filtro, onde) in guias {
        cena.confere("guias", &filtro, &onde);
    }
}

#[test]
fn vinculos_que_se_acham_sao_os_que_o_sql_acha() {
    let mut cena = Cena::nova();
    let Dias { ha_90, ha_30, anos, .. } = Dias::de(&cena);
    let vinculos = [
        ("{situacao: ENCERRADO}".into(), "v.encerrado_em IS NOT NULL".into()),
        (
            format!("{{iniciadoDe: \"{ha_90}\", iniciadoAte: \"{ha_30}\"}}"),
            format!("v.iniciado_em >= '{ha_90}' AND v.iniciado_em < '{ha_30}'"),
        ),
        (format!("{{encerradoAte: \"{ha_90}\"}}"), format!("v.encerrado_em < '{ha_90}'")),
        ("{motivo: \"óbito\"}".into(), "v.motivo LIKE 'Óbito%'".into()),
        (
            "{situacao: ENCERRADO, vazio: [MOTIVO]}".into(),
            "v.encerrado_em IS NOT NULL AND v.motivo IS NULL".into(),
        ),
        // Who is linked to what, and how.
        (
            format!(
                "{{situacao: ATIVO, processoCom: {{tipo: [{EXECUCAO}]}}, adolescenteCom: {{idadeMinima: 18}}}}"
            ),
            format!("v.encerrado_em IS NULL AND p.tipo = '{EXECUCAO}' AND {anos} >= 18"),
        ),
    ];
    for (filtro, onde) in vinculos {
        let (filtro, onde): (String, String) = (filtro, onde);
        cena.confere("vinculos", &filtro, &onde);
    }
}

#[test]
fn pelo_nome_de_um_so() {
    let mut cena = Cena::nova();
    // By one processo, by one adolescente.
    let dados = cena.app.gql("tjrn", "{ vinculos(first: 1) { nodes { processo { numero } adolescente { identificador } } } guias(first: 1) { nodes { numero } } }");
    let numero = dados["vinculos"]["nodes"][0]["processo"]["numero"].as_str().unwrap().to_owned();
    let quem =
        dados["vinculos"]["nodes"][0]["adolescente"]["identificador"].as_str().unwrap().to_owned();
    let guia = dados["guias"]["nodes"][0]["numero"].as_str().unwrap().to_owned();
    let digitos = texto(&json!(numero));
    cena.confere(
        "vinculos",
        &format!("{{processo: \"{numero}\"}}"),
        &format!("p.numero = '{digitos}'"),
    );
    cena.confere(
        "vinculos",
        &format!("{{adolescente: \"{quem}\"}}"),
        &format!("a.identificador = '{quem}'"),
    );
    cena.confere("guias", &format!("{{numero: [\"{guia}\"]}}"), &format!("g.numero = '{guia}'"));
    cena.confere(
        "processos",
        &format!("{{numeroPrefixo: \"{}\"}}", &numero[..10]),
        &format!("p.numero LIKE '{}%'", &digitos[..9]),
    );
    let com_guia = "SELECT p.numero AS n FROM processo p JOIN guia g ON g.apuracao_id = p.id WHERE p.tribunal_codigo = 820 LIMIT 1";
    let apuracao = cena
        .app
        .banco
        .texto(elos::db::Sql::new("SELECT n AS t FROM (").push(com_guia).push(") AS x"));
    cena.confere("guias", &format!("{{processo: \"{apuracao}\"}}"),
        &format!("EXISTS (SELECT FROM processo p WHERE (p.id = g.apuracao_id OR p.id = g.execucao_id) AND p.numero = '{apuracao}')"));
}

#[test]
fn o_que_nao_se_le_e_erro_tambem_negado() {
    let app = App::novo();
    let erros = [
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
    for (lista, filtro) in erros {
        for filtro in [
            filtro.to_owned(),
            format!("{{nao: {filtro}}}"),
            format!("{{ou: [{{e: [{filtro}]}}]}}"),
        ] {
            let query = format!("{{ {lista}(filtro: {filtro}) {{ totalCount }} }}");
            assert_eq!(app.codigo("tjrn", &query), "BAD_USER_INPUT", "{query}");
        }
    }
    for (lista, filtro) in [
        ("guias", "{processo: \"9000741-63.2021.8.20.0083\"}"),
        ("vinculos", "{nao: {processo: \"9000741-63.2021.8.20.0083\"}}"),
    ] {
        let query = format!("{{ {lista}(filtro: {filtro}) {{ totalCount }} }}");
        assert_eq!(app.codigo("tjrn", &query), "BAD_USER_INPUT", "{query}");
    }
}

/// Whether a field is empty tells of it.
/// Each relation multiplies the rows that are looked at, so that a short filter would take seconds.
#[test]
fn uma_relacao_esta_no_maximo_dentro_de_outra() {
    let app = App::novo();
    let dentro = "processos: {algum: {situacao: [ATIVO]}}";
    let adolescentes = |dentro: &str| {
        format!(
            "{{ processos(filtro: {{adolescentes: {{algum: {{{dentro}}}}}}}) {{ totalCount }} }}"
        )
    };
    assert!(app.gql("tjrn", &adolescentes(dentro))["processos"]["totalCount"].is_i64());
    for demais in [
        "processos: {algum: {vinculos: {algum: {}}}}",
        "processos: {nenhum: {guias: {nenhum: {}}}}",
        "nao: {ou: [{vinculos: {algum: {processoCom: {}}}}]}",
    ] {
        assert_eq!(app.codigo("tjrn", &adolescentes(demais)), "BAD_USER_INPUT", "{demais}");
    }
}

#[test]
fn o_vazio_do_que_e_sensivel_exige_o_papel_e_fica_na_trilha() {
    let app = App::novo();
    for lista in [
        "adolescentes(filtro: {nao: {vazio: [CPF]}})",
        "processos(filtro: {adolescentes: {nenhum: {vazio: [NOME_MAE]}}})",
        "guias(filtro: {adolescenteCom: {vazio: [RACA_COR]}})",
    ] {
        let query = format!("query Vazio {{ {lista} {{ totalCount }} }}");
        assert_eq!(app.codigo("tjrn-leitura", &query), "SEM_PERMISSAO", "{query}");
        app.gql("tjrn", &query);
    }
    assert!(app.gql("tjrn-leitura", "{ adolescentes(filtro: {vazio: [DATA_OBITO]}) { totalCount } }")["adolescentes"]["totalCount"].as_i64().unwrap() > 0);
    app.auditado();
    let vistos = app.banco.texto(elos::db::Sql::new(
        "SELECT string_agg(DISTINCT campos_sensiveis::text, ' ') AS t FROM auditoria WHERE operacao = 'Vazio' AND resultado = 'OK'",
    ));
    assert!(vistos.len() > 1, "{vistos}");
}

/// Every order gives each row once, in both directions, and by a column that may hold equal values.
#[test]
fn cada_ordem_da_cada_linha_uma_vez() {
    let mut cena = Cena::nova();
    let ordens = [
        ("processos", &["ID_ORGAO", "MAGISTRADO", "ATUALIZADO_EM"][..]),
        ("adolescentes", &["NOME", "DATA_NASCIMENTO", "ATUALIZADO_EM"]),
        ("guias", &["EMITIDA_EM", "ATUALIZADO_EM", "NUMERO", "VENCE_EM"]),
        ("vinculos", &["INICIADO_EM", "ENCERRADO_EM"]),
    ];
    for (lista, campos) in ordens {
        let alias = &lista[..1];
        let todos = cena.sql(lista, &format!("{alias}.tribunal_codigo = 820"));
        for campo in campos {
            let crescente = andar(&cena.app, lista, &json!({ "campo": campo, "sentido": "ASC" }));
            let mut decrescente =
                andar(&cena.app, lista, &json!({ "campo": campo, "sentido": "DESC" }));
            decrescente.reverse();
            assert_eq!(crescente, decrescente, "{lista} {campo}");
            let mut ordenados = crescente;
            ordenados.sort();
            assert_eq!(ordenados, todos, "{lista} {campo}");
        }
    }
    // And the order is the one that it says.
    let nomes = cena.app.gql(
        "tjrn",
        "{ adolescentes(first: 100, ordem: {campo: NOME}) { nodes { nomeExibicao } } }",
    );
    let nomes: Vec<_> = nomes["adolescentes"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|um| um["nomeExibicao"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        nomes[0].starts_with("Al") || nomes[0].starts_with("An") || nomes[0].starts_with("Ân"),
        "{nomes:?}"
    );
    let dias = cena
        .app
        .gql("tjrn", "{ guias(first: 100, ordem: {campo: VENCE_EM}) { nodes { venceEm } } }");
    let dias: Vec<_> = dias["guias"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|um| um["venceEm"].as_str().unwrap_or("9999").to_owned())
        .collect();
    assert!(dias.is_sorted() && dias.len() > 20, "{dias:?}");
}

fn andar(app: &App, lista: &str, ordem: &Value) -> Vec<String> {
    let (campos, _) = chave(lista);
    let tipo = format!("{}{}Ordem", lista[..1].to_uppercase(), &lista[1..lista.len() - 1]);
    let query = format!(
        "query($d: String, $o: {tipo}) {{ {lista}(first: 7, after: $d, ordem: $o) {{ pageInfo {{ endCursor hasNextPage }} nodes {{ {campos} }} }} }}"
    );
    let (mut vistos, mut depois) = (Vec::new(), Value::Null);
    loop {
        let dados = app.gql_com("tjrn", &query, json!({ "d": depois, "o": ordem }));
        vistos.extend(dados[lista]["nodes"].as_array().unwrap().iter().map(texto));
        if dados[lista]["pageInfo"]["hasNextPage"] == false {
            return vistos;
        }
        depois = dados[lista]["pageInfo"]["endCursor"].clone();
    }
}

#[test]
fn o_vinculo_e_um_node_e_esta_na_aresta() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ vinculos(first: 1) { nodes { id situacao iniciadoEm tribunal { codigo } processo { numero adolescentes(situacao: null) { edges { vinculo { id } node { identificador } } } } adolescente { identificador } } } }",
    );
    let vinculo = &dados["vinculos"]["nodes"][0];
    let edges = vinculo["processo"]["adolescentes"]["edges"].as_array().unwrap();
    let da_aresta = edges.iter().find(|edge| edge["vinculo"]["id"] == vinculo["id"]).unwrap();
    assert_eq!(da_aresta["node"]["identificador"], vinculo["adolescente"]["identificador"]);
    let query = "query($id: ID!) { node(id: $id) { __typename ... on Vinculo { id situacao iniciadoEm processo { numero } } } }";
    let node = &app.gql_com("tjrn", query, json!({ "id": vinculo["id"] }))["node"];
    assert_eq!((&node["__typename"], &node["id"]), (&json!("Vinculo"), &vinculo["id"]));
    assert_eq!(node["processo"]["numero"], vinculo["processo"]["numero"]);
    // Another tribunal's is absent.
    assert_eq!(app.gql_com("tjpe", query, json!({ "id": vinculo["id"] }))["node"], Value::Null);
    // Who saw a link saw that the two are linked.
    app.auditado();
    let vistos = app.banco.contar(
        "SELECT count(*) AS n FROM auditoria, unnest(recursos) AS r WHERE r % 8 IN (0, 1) AND tribunal_codigo = 820",
    );
    assert!(vistos > 0);
}

#[test]
fn eventos_do_mais_novo_por_tipo_e_por_data() {
    let app = App::novo();
    let dados = app.gql(
        "tjrn",
        "{ processos(first: 1, filtro: {eventos: {algum: {tipo: [GUIA_EMITIDA]}}}) { nodes {
             antigos: eventos { nodes { id tipo } } novos: eventos(sentido: DESC) { nodes { id tipo } }
             guias: eventos(filtro: {tipo: [GUIA_EMITIDA]}) { totalCount nodes { tipo } }
             futuros: eventos(filtro: {ocorridoDe: \"2099-01-01T00:00:00Z\"}) { totalCount }
             passados: eventos(filtro: {ocorridoAte: \"2099-01-01T00:00:00Z\"}) { totalCount } } } }",
    );
    let processo = &dados["processos"]["nodes"][0];
    let antigos = processo["antigos"]["nodes"].as_array().unwrap();
    let mut novos = processo["novos"]["nodes"].as_array().unwrap().clone();
    novos.reverse();
    assert!(antigos.len() > 1 && *antigos == novos, "{processo}");
    let das_guias = antigos.iter().filter(|um| um["tipo"] == "GUIA_EMITIDA").count();
    assert!(das_guias > 0 && das_guias < antigos.len());
    assert_eq!(processo["guias"]["totalCount"], das_guias);
    assert_eq!(processo["futuros"]["totalCount"], 0);
    assert_eq!(processo["passados"]["totalCount"], antigos.len());
}

/// A trâmite counts for the processo whose number is its protocolo, to who is a party.
#[test]
fn processos_por_tramite() {
    let app = App::novo();
    let dados = app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }");
    let numero = dados["processos"]["nodes"][0]["numero"].clone();
    let com =
        "{ processos(filtro: {tramites: {algum: {emAndamento: true}}}) { nodes { numero } } }";
    let sem = "{ processos(filtro: {tramites: {nenhum: {}}}) { totalCount } }";
    assert_eq!(app.gql("tjrn", com)["processos"]["nodes"], json!([]));
    let todos = app.gql("tjrn", sem)["processos"]["totalCount"].as_i64().unwrap();
    let enviar = "mutation($p: String!) { enviarTramite(input: {remetente: {repositorio: 1, numero: \"820\"}, destinatario: {repositorio: 1, numero: \"817\"}, protocolo: $p, descricao: \"Pedido fictício\"}) { erros { codigo mensagem } } }";
    let feito = app.gql_com("tjrn", enviar, json!({ "p": numero }));
    assert_eq!(feito["enviarTramite"]["erros"], json!([]));
    assert_eq!(app.gql("tjrn", com)["processos"]["nodes"], json!([{ "numero": numero }]));
    assert_eq!(app.gql("tjrn", sem)["processos"]["totalCount"], todos - 1);
}
