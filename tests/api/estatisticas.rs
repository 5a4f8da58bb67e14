//! Figures are those that SQL which was written by itself counts.

use crate::support::{Ajustes, App, Banco, Modelo};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Years of processos, some of them late in the evening of the last day of a month in São Paulo.
const MUNDO: &str = "
    UPDATE processo SET criado_em = '2022-01-10 12:00:00+00'::timestamptz + (id % 900) * interval '1 day';
    UPDATE processo SET criado_em = date_trunc('month', criado_em) + interval '1 hour' WHERE id % 5 = 0;
    UPDATE processo e SET criado_em = o.criado_em + (e.id % 100) * interval '1 day' FROM processo o
     WHERE o.numero = e.numero_referencia AND e.tipo_referencia IS NOT NULL;
    UPDATE guia SET baixada_em = criado_em + (id % 40) * interval '1 day' WHERE situacao = 'BAIXADA';
    UPDATE adolescente SET data_nascimento = current_date - (11 * 365 + id * 31 % 4500)::int;";

fn cena() -> (App, Arc<Banco>) {
    let banco = Arc::new(Banco::novo(Modelo::Grande));
    banco.conn().batch_execute(MUNDO).unwrap();
    (App::no_banco(&banco, Ajustes::default()), banco)
}

const GRUPO: &str = "chaves { dimensao valor } total idade { quantos primeiro mediana terceiro } duracao { quantos primeiro mediana terceiro }";

/// The total of each group, by its keys.
fn totais(grupos: &Value) -> BTreeMap<Vec<String>, i64> {
    let chaves = |grupo: &Value| {
        let chaves = grupo["chaves"].as_array().unwrap().iter();
        chaves.map(|chave| chave["valor"].as_str().unwrap_or("-").to_owned()).collect()
    };
    let grupos = grupos.as_array().unwrap();
    let por_chave: BTreeMap<_, _> =
        grupos.iter().map(|grupo| (chaves(grupo), grupo["total"].as_i64().unwrap())).collect();
    assert_eq!(por_chave.len(), grupos.len(), "each group once");
    por_chave
}

fn contados(banco: &Banco, sql: &str) -> BTreeMap<Vec<String>, i64> {
    #[derive(diesel::QueryableByName)]
    struct Linha {
        #[diesel(sql_type = diesel::sql_types::Text)]
        chaves: String,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    let linhas: Vec<Linha> =
        elos::db::Sql::new(sql.to_owned().leak()).load(&mut banco.conn()).unwrap();
    linhas.into_iter().map(|um| (um.chaves.split('|').map(str::to_owned).collect(), um.n)).collect()
}

#[test]
fn processos_por_tribunal_por_mes_num_pedido_e_num_comando() {
    let (app, banco) = cena();
    let query = format!("{{ estatisticas(de: PROCESSOS, por: [TRIBUNAL, MES]) {{ {GRUPO} }} }}");
    app.gql("cnj", "{ tribunais { codigo } }");
    let (comandos, dados) = app.comandos(|| app.gql("cnj", &query));
    assert_eq!(comandos, 1);
    let esperados = contados(
        &banco,
        "SELECT tribunal_codigo || '|' || to_char(criado_em - interval '3 hours', 'YYYY-MM') AS chaves, count(*) AS n FROM processo
         GROUP BY 1",
    );
    assert!(esperados.len() > 300, "{}", esperados.len());
    assert_eq!(totais(&dados["estatisticas"]), esperados);
    // Who sees one tribunal counts one.
    let de_um = totais(&app.gql("tjrn", &query)["estatisticas"]);
    let de_um_so: BTreeMap<_, _> =
        esperados.into_iter().filter(|(chaves, _)| chaves[0] == "820").collect();
    assert_eq!(de_um, de_um_so);
}

#[test]
fn cada_alvo_por_cada_dimensao() {
    let (app, banco) = cena();
    let faixa = "CASE WHEN a.data_nascimento > current_date_sp - interval '12 years' THEN 'ATE_11' WHEN a.data_nascimento > current_date_sp - interval '15 years' THEN '12_A_14'
                 WHEN a.data_nascimento > current_date_sp - interval '18 years' THEN '15_A_17' WHEN a.data_nascimento > current_date_sp - interval '21 years' THEN '18_A_20' ELSE '21_OU_MAIS' END"
        .replace("current_date_sp", &format!("date '{}'", elos::value::time::dia(crate::support::agora())));
    let casos = [
        ("de: PROCESSOS, por: [TIPO, SITUACAO, ORGAO]", "SELECT tipo || '|' || situacao || '|' || id_orgao AS chaves, count(*) AS n FROM processo WHERE tribunal_codigo = 820 GROUP BY 1".to_owned()),
        ("de: PROCESSOS, por: [ANO], filtro: {processos: {situacao: [ATIVO], guias: {algum: {}}}}",
         "SELECT to_char(criado_em - interval '3 hours', 'YYYY') AS chaves, count(*) AS n FROM processo p WHERE tribunal_codigo = 820 AND situacao = 'ATIVO'
          AND EXISTS (SELECT FROM guia g WHERE p.id IN (g.apuracao_id, g.execucao_id)) GROUP BY 1".into()),
        ("de: GUIAS, por: [TIPO, SITUACAO, MOTIVO_BAIXA, MEDIDA]",
         "SELECT tipo || '|' || situacao || '|' || coalesce(motivo_baixa, '-') || '|' || codigo_tpu_medida AS chaves, count(*) AS n FROM guia WHERE tribunal_codigo = 820 GROUP BY 1".into()),
        ("de: GUIAS, por: [ORGAO, SEXO], filtro: {guias: {tipo: [DEFINITIVA]}}",
         "SELECT (SELECT id_orgao FROM processo p WHERE p.id = g.apuracao_id) || '|' || a.sexo_biologico AS chaves, count(*) AS n
          FROM guia g JOIN adolescente a ON a.id = g.adolescente_id WHERE g.tribunal_codigo = 820 AND g.tipo = 'DEFINITIVA' GROUP BY 1".into()),
        ("de: ADOLESCENTES, por: [FAIXA_ETARIA]", format!("SELECT {faixa} AS chaves, count(*) AS n FROM adolescente a WHERE tribunal_codigo = 820 GROUP BY 1")),
        ("de: VINCULOS, por: [SITUACAO, FAIXA_ETARIA], filtro: {vinculos: {processoCom: {tipo: [PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL]}}}",
         format!("SELECT CASE WHEN encerrado_em IS NULL THEN 'ATIVO' ELSE 'ENCERRADO' END || '|' || {faixa} AS chaves, count(*) AS n
          FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id JOIN processo p ON p.id = v.processo_id
          WHERE v.tribunal_codigo = 820 AND p.tipo LIKE 'PROC%' GROUP BY 1")),
    ];
    for (argumentos, sql) in casos {
        let grupos = app.gql("tjrn", &format!("{{ estatisticas({argumentos}) {{ {GRUPO} }} }}"));
        let esperados = contados(&banco, &sql);
        assert!(!esperados.is_empty());
        assert_eq!(totais(&grupos["estatisticas"]), esperados, "{argumentos}");
    }
}

/// Linear between the two values beside the place, as statisticians have it.
fn quartis(mut valores: Vec<f64>) -> [f64; 3] {
    valores.sort_by(f64::total_cmp);
    [0.25, 0.5, 0.75].map(|parte| {
        #[expect(clippy::cast_precision_loss, reason = "few values")]
        let lugar = parte * (valores.len() - 1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place among few values"
        )]
        let antes = lugar.floor() as usize;
        let depois = (antes + 1).min(valores.len() - 1);
        valores[antes] + (lugar - lugar.floor()) * (valores[depois] - valores[antes])
    })
}

#[test]
fn medianas_e_quartis_em_dias() {
    #[derive(diesel::QueryableByName)]
    struct Dias {
        #[diesel(sql_type = diesel::sql_types::Double)]
        d: f64,
    }
    let (app, banco) = cena();
    let dias = |sql: &str| -> Vec<f64> {
        let linhas: Vec<Dias> =
            elos::db::Sql::new(sql.to_owned().leak()).load(&mut banco.conn()).unwrap();
        linhas.into_iter().map(|linha| linha.d).collect()
    };
    let confere = |quartil: &Value, valores: Vec<f64>, folga: f64| {
        assert_eq!(quartil["quantos"], valores.len(), "{quartil}");
        let esperados = quartis(valores);
        for (nome, esperado) in ["primeiro", "mediana", "terceiro"].iter().zip(esperados) {
            let dado = quartil[*nome].as_f64().unwrap();
            assert!((dado - esperado).abs() < folga, "{nome}: {dado} {esperado}");
        }
    };
    let dados =
        app.gql("tjrn", &format!("{{ estatisticas(de: PROCESSOS, por: [TIPO]) {{ {GRUPO} }} }}"));
    let grupos = dados["estatisticas"].as_array().unwrap();
    let [execucoes, apuracoes] = grupos.as_slice() else { panic!("{grupos:?}") };
    confere(
        &execucoes["duracao"],
        dias("SELECT extract(epoch FROM e.criado_em - o.criado_em)::float8 / 86400 AS d FROM processo e JOIN processo o ON o.numero = e.numero_referencia
              WHERE e.tribunal_codigo = 820 AND e.tipo LIKE 'EXEC%'"),
        1e-6,
    );
    assert_eq!(apuracoes["duracao"], Value::Null);
    // The clock goes on between the two questions.
    confere(
        &apuracoes["idade"],
        dias(
            "SELECT extract(epoch FROM now() - criado_em)::float8 / 86400 AS d FROM processo WHERE tribunal_codigo = 820 AND tipo LIKE 'PROC%' AND situacao = 'ATIVO'",
        ),
        0.1,
    );
    let dados =
        app.gql("tjrn", &format!("{{ estatisticas(de: GUIAS, por: [SITUACAO]) {{ {GRUPO} }} }}"));
    let baixadas = dados["estatisticas"]
        .as_array()
        .unwrap()
        .iter()
        .find(|um| um["chaves"][0]["valor"] == "BAIXADA")
        .unwrap()
        .clone();
    confere(
        &baixadas["duracao"],
        dias(
            "SELECT extract(epoch FROM baixada_em - criado_em)::float8 / 86400 AS d FROM guia WHERE tribunal_codigo = 820 AND situacao = 'BAIXADA'",
        ),
        1e-6,
    );
}

#[test]
fn o_que_nao_faz_sentido_e_erro() {
    let app = App::novo();
    for argumentos in [
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
            app.codigo("tjrn", &format!("{{ estatisticas({argumentos}) {{ total }} }}")),
            "BAD_USER_INPUT",
            "{argumentos}"
        );
    }
    assert_eq!(
        app.codigo("tjrn-leitura", "{ estatisticas(de: ADOLESCENTES, por: [SEXO]) { total } }"),
        "SEM_PERMISSAO"
    );
}

/// Who knows one of a few knows what the figures say of it; of many, nobody is told.
#[test]
fn o_grupo_de_poucos_diz_na_trilha_de_quem_e() {
    let (app, banco) = cena();
    let um = app.gql("tjrn", "{ adolescentes(first: 1) { nodes { id identificador } } }");
    let um = um["adolescentes"]["nodes"][0]["identificador"].as_str().unwrap();
    for (nome, filtro) in [
        ("Um", format!("filtro: {{adolescentes: {{identificador: [\"{um}\"]}}}}, ")),
        ("Todos", String::new()),
    ] {
        let query = format!(
            "query {nome} {{ estatisticas(de: ADOLESCENTES, {filtro}por: [SEXO]) {{ total }} }}"
        );
        app.gql("tjrn", &query);
    }
    let query = format!(
        "query Vinculos {{ estatisticas(de: VINCULOS, por: [SITUACAO], filtro: {{vinculos: {{adolescente: \"{um}\"}}}}) {{ total }} }}"
    );
    app.gql("tjrn", &query);
    app.auditado();
    let pessoa =
        "(SELECT id * 8 + 1 FROM adolescente WHERE tribunal_codigo = 820 AND identificador = '";
    for (nome, condicao) in [
        ("Um", format!("recursos = ARRAY[{pessoa}{um}')]")),
        ("Todos", "recursos = '{}'".to_owned()),
        ("Vinculos", format!("recursos @> ARRAY[{pessoa}{um}')] AND cardinality(recursos) > 1")),
    ] {
        let sql =
            format!("SELECT count(*) AS n FROM auditoria WHERE operacao = '{nome}' AND {condicao}");
        assert_eq!(banco.contar(sql.leak()), 1, "{nome}");
    }
}

/// Numbers that are tried out by counting are counted too.
#[test]
fn os_numeros_que_faltam_contam_como_tentativas() {
    let app = App::com(Modelo::Vazio, Ajustes { ausencias_por_minuto: 150, ..Ajustes::default() });
    let numeros: Vec<_> =
        (0..100).map(|n| NumeroProcesso::sintetico(n, 2024, 820, 1).to_string()).collect();
    let query = "query($n: [NumeroProcesso!]) { estatisticas(de: PROCESSOS, por: [TIPO], filtro: {processos: {numero: $n}}) { total } }";
    let codigo = |_| {
        let resposta = app.graphql("tjrn", query, json!({ "n": numeros }));
        resposta.corpo["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    };
    assert!((0..4).map(codigo).any(|codigo| codigo == "LIMITE_DE_REQUISICOES"));
    let outra = App::com(Modelo::Vazio, Ajustes { ausencias_por_minuto: 3, ..Ajustes::default() });
    let prefixo = |n: &String| {
        let query = format!("{{ processos(filtro: {{numeroPrefixo: \"{n}\"}}) {{ totalCount }} }}");
        let resposta = outra.graphql("tjrn", &query, json!({}));
        resposta.corpo["errors"][0]["extensions"]["code"] == "LIMITE_DE_REQUISICOES"
    };
    assert!(numeros.iter().take(8).any(prefixo));
}

#[test]
fn mais_de_mil_grupos_e_erro() {
    let banco = Arc::new(Banco::novo(Modelo::Grande));
    banco.conn().batch_execute("UPDATE processo SET id_orgao = id::int").unwrap();
    let app = App::no_banco(&banco, Ajustes::default());
    let query = "{ estatisticas(de: PROCESSOS, por: [ORGAO]) { total } }";
    assert_eq!(app.codigo("cnj", query), "BAD_USER_INPUT");
    let grupos = app.gql("tjrn", query)["estatisticas"].as_array().unwrap().clone();
    assert_eq!(json!(grupos), json!(vec![json!({ "total": 1 }); 50]));
}
