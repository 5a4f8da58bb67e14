//! Timelines, and the changes that eventos keep.

use crate::support::{App, Database, NewProcesso, Settings, Template};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use serde_json::{Value, json};
use std::sync::Arc;

const TIMELINE: &str = "totalCount pageInfo { hasNextPage endCursor } nodes { tipo ocorridoEm frase processo { numero } adolescente { identificador } guia { numero } vinculo { id } tramite { idt } evento { id } }";

fn entries(linha_do_tempo: &Value) -> Vec<Value> {
    linha_do_tempo["nodes"].as_array().unwrap().clone()
}

/// The number of entries of a timeline, counted independently in four tables.
const ENTRY_COUNT_SQL: &str = "WITH d AS (SELECT id, numero FROM processo WHERE numero = $n
      UNION SELECT e.id, e.numero FROM processo e WHERE e.numero_referencia = $n AND e.tipo LIKE 'EXEC%')
    SELECT (SELECT count(*) FROM evento WHERE processo_id IN (SELECT id FROM d) AND tipo IN ('PROCESSO_CADASTRADO', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA'))
         + (SELECT count(*) + count(encerrado_em) FROM vinculo WHERE processo_id IN (SELECT id FROM d))
         + (SELECT count(*) + count(baixada_em) FROM guia WHERE apuracao_id IN (SELECT id FROM d) OR execucao_id IN (SELECT id FROM d))
         + (SELECT count(*) FROM mudanca_de_situacao m JOIN tramite t ON t.idt = m.idt JOIN registro_eletronico r ON r.nre = t.nre
             WHERE r.protocolo_chave IN (SELECT numero FROM d)) AS n";

/// A processo of TJRN with execuções, guias, vínculos that ended, one trâmite and two changes of
/// situação.
struct TimelineFixture {
    app: App,
    numero: String,
    /// The number of its first execução.
    execucao: String,
    idt: String,
}

impl TimelineFixture {
    fn new() -> Self {
        let database = Arc::new(Database::new(Template::Large));
        database.conn().batch_execute(
            "UPDATE vinculo SET encerrado_em = iniciado_em + interval '1 hour', motivo = 'Decisão fictícia.' WHERE id % 3 = 0;
             INSERT INTO guia (tribunal_codigo, numero, tipo, adolescente_id, apuracao_id, execucao_id, magistrado_cpf, serventuario_cpf,
                               serventuario_cargo, codigo_tpu_medida, data_decisao, prazo, criado_em, atualizado_em)
             SELECT e.tribunal_codigo, '2099' || lpad(e.id::text, 8, '0'), 'INTERNACAO_SANCAO', v.adolescente_id, o.id, e.id,
                    '52998224725', '52998224725', 'Escrivã', '11387', current_date, 30, now(), now()
               FROM processo e JOIN processo o ON o.numero = e.numero_referencia JOIN vinculo v ON v.processo_id = e.id
              WHERE e.tipo_referencia IS NOT NULL",
        ).unwrap();
        let app = App::on_database(&database, Settings::default());
        let data = app.gql("tjrn", "{ processos(first: 1, filtro: {execucoes: {algum: {}}, guias: {algum: {situacao: [BAIXADA]}}}) { nodes { numero ... on ProcessoApuracao { execucoes { nodes { numero } } } } } }");
        let processo = &data["processos"]["nodes"][0];
        let numero = processo["numero"].as_str().unwrap().to_owned();
        let execucao = processo["execucoes"]["nodes"][0]["numero"].as_str().unwrap().to_owned();
        let enviar = "mutation($p: String!) { enviarTramite(input: {remetente: {repositorio: 1, numero: \"820\"}, destinatario: {repositorio: 1, numero: \"817\"}, protocolo: $p, descricao: \"Pedido fictício\"}) { erros { codigo } tramite { idt } } }";
        let sent = app.gql_with("tjrn", enviar, json!({ "p": numero }));
        let idt = sent["enviarTramite"]["tramite"]["idt"].as_str().unwrap().to_owned();
        let arquivar = "mutation($n: NumeroProcesso!, $s: SituacaoProcesso!) { alterarSituacao(input: {processo: $n, situacao: $s}) { erros { codigo } } }";
        app.gql_with("tjrn", arquivar, json!({ "n": numero, "s": "ARQUIVADO" }));
        app.gql_with("tjrn", arquivar, json!({ "n": numero, "s": "ATIVO" }));
        Self { app, numero, execucao, idt }
    }

    /// Reads the connection `linhaDoTempo` with these arguments.
    fn read(&self, arguments: &str) -> Value {
        let query = format!(
            "query($n: NumeroProcesso!) {{ processo(numero: $n) {{ linhaDoTempo({arguments}) {{ {TIMELINE} }} }} }}"
        );
        let mut data = self.app.gql_with("tjrn", &query, json!({ "n": self.numero }));
        data["processo"]["linhaDoTempo"].take()
    }
}

fn texts(entries: &[Value], field: &str) -> Vec<String> {
    entries.iter().map(|entry| entry[field].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_linha_do_processo_conta_tudo_em_ordem_de_tempo() {
    let fixture = TimelineFixture::new();
    let linha_do_tempo = fixture.read("first: 100");
    let all = entries(&linha_do_tempo);
    let digits = fixture.numero.replace(['-', '.'], "");
    let sql = ENTRY_COUNT_SQL.replace("$n", &format!("'{digits}'"));
    let counted = usize::try_from(fixture.app.database.count(sql.leak())).unwrap();
    assert_eq!(
        (all.len(), &linha_do_tempo["totalCount"]),
        (counted, &json!(counted)),
        "{linha_do_tempo}"
    );
    let times = texts(&all, "ocorridoEm");
    assert!(
        times.is_sorted_by_key(|time| chrono::DateTime::parse_from_rfc3339(time).unwrap()),
        "{times:?}"
    );
}

#[test]
fn cada_entrada_da_linha_diz_o_que_houve_em_uma_frase() {
    let fixture = TimelineFixture::new();
    let TimelineFixture { numero, execucao, idt, .. } = &fixture;
    let sentences = texts(&entries(&fixture.read("first: 100")), "frase");
    for expected in [
        format!("Processo de apuração {numero} cadastrado."),
        format!("Execução {execucao} cadastrada."),
        format!("Processo de apuração {numero} arquivado."),
        format!("Processo de apuração {numero} reativado."),
        format!("Trâmite {idt} do processo de apuração {numero}: à espera do destinatário."),
    ] {
        assert!(sentences.contains(&expected), "{expected}: {sentences:#?}");
    }
    let any = |holds: fn(&str) -> bool| {
        assert!(sentences.iter().any(|sentence| holds(sentence)), "{sentences:#?}");
    };
    any(|sentence| sentence.ends_with("encerrado: Decisão fictícia."));
    any(|sentence| {
        sentence.starts_with("Guia de internação-sanção") && sentence.contains("emitida para ")
    });
    any(|sentence| sentence.contains("baixada: convertida em definitiva."));
    let is_whole =
        |sentence: &String| sentence.ends_with('.') && !sentence.contains("adolescente  ");
    assert!(sentences.iter().all(is_whole), "{sentences:#?}");
}

/// The pages together are the whole connection, in both directions. A range of time is a part of
/// it.
#[test]
fn as_paginas_e_os_periodos_da_linha_sao_partes_dela() {
    let fixture = TimelineFixture::new();
    let all = entries(&fixture.read("first: 100"));
    for direction in ["ASC", "DESC"] {
        let (mut merged, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = fixture.read(&format!("first: 3, after: {after}, sentido: {direction}"));
            merged.extend(entries(&page));
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].clone();
        }
        if direction == "DESC" {
            merged.reverse();
        }
        assert_eq!(merged, all, "{direction}");
    }
    let times = texts(&all, "ocorridoEm");
    let last = times.last().unwrap();
    let until = fixture.read(&format!("first: 100, ate: {last:?}"));
    let before = times.iter().filter(|time| *time < last).count();
    assert_eq!(entries(&until), all[..before]);
}

#[test]
fn o_destinatario_do_tramite_nao_ve_o_processo() {
    let fixture = TimelineFixture::new();
    let query =
        "query($n: NumeroProcesso!) { processo(numero: $n) { linhaDoTempo { totalCount } } }";
    let seen = fixture.app.gql_with("tjpe", query, json!({ "n": fixture.numero }));
    assert_eq!(seen["processo"], Value::Null);
}

#[test]
fn a_linha_do_adolescente_e_a_dos_seus_processos_e_dele() {
    let app = App::new();
    let data = app.gql("tjrn", "{ adolescentes(first: 1, filtro: {guias: {algum: {}}}) { nodes { identificador processos(vinculo: null) { totalCount } guias { totalCount } } } }");
    let adolescente = &data["adolescentes"]["nodes"][0];
    let query = format!(
        "query($i: IdentificadorAdolescente!) {{ adolescente(identificador: $i) {{ nomeExibicao linhaDoTempo(first: 100) {{ {TIMELINE} }} }} }}"
    );
    let read = app.gql_with("tjrn", &query, json!({ "i": adolescente["identificador"] }));
    let linha_do_tempo = &read["adolescente"]["linhaDoTempo"];
    let of_type =
        |tipo: &str| entries(linha_do_tempo).iter().filter(|entry| entry["tipo"] == tipo).count();
    assert_eq!(of_type("ADOLESCENTE_CADASTRADO"), 1, "{linha_do_tempo}");
    assert_eq!(
        of_type("VINCULO_INICIADO"),
        adolescente["processos"]["totalCount"],
        "{linha_do_tempo}"
    );
    assert_eq!(
        of_type("PROCESSO_CADASTRADO"),
        adolescente["processos"]["totalCount"],
        "{linha_do_tempo}"
    );
    assert_eq!(of_type("GUIA_EMITIDA"), adolescente["guias"]["totalCount"], "{linha_do_tempo}");
    let nome = read["adolescente"]["nomeExibicao"].as_str().unwrap();
    let sentences = entries(linha_do_tempo);
    assert!(
        sentences.iter().any(|entry| entry["frase"] == format!("Cadastro de {nome} criado.")),
        "{linha_do_tempo}"
    );
}

/// An evento shows the old and the new value of a field, and no sensitive value.
#[test]
fn o_evento_diz_de_que_para_que_e_nada_sensivel() {
    let app = App::empty();
    let ana = app.adolescente("tjrn");
    let numero = "9000741-62.2021.8.20.0083";
    let processo = NewProcesso::apuracao(numero, &[&ana])
        .with("magistradoNome", "Juíza Fictícia")
        .with("magistradoCPF", "52998224725");
    app.cadastrado("tjrn", &processo);
    let other = app.adolescente("tjrn");
    let mutation = "mutation($n: NumeroProcesso!, $a: IdentificadorAdolescente!, $q: IdentificadorAdolescente!) {
        atualizarResponsaveis(input: {processo: $n, magistrado: {nome: \"Juiz Fictício\", cpf: \"11144477735\"}, serventuario: {nome: \"Escrivã Fictícia\"}}) { erros { codigo } }
        vincularAdolescente(input: {processo: $n, adolescente: $a}) { erros { codigo } }
        desvincularAdolescente(input: {processo: $n, adolescente: $a, motivo: \"Decisão fictícia\"}) { erros { codigo } }
        alterarSituacao(input: {processo: $n, situacao: ARQUIVADO}) { erros { codigo } }
        atualizarAdolescente(input: {identificador: $q, dados: {naturalidade: \"Natal\", nomeMae: \"Mãe Fictícia\", cpf: \"11144477735\", nome: \"Outra\", dataObito: \"2026-01-02\"}}) { erros { codigo } } }";
    let changed = app.gql_with("tjrn", mutation, json!({ "n": numero, "a": other, "q": ana }));
    assert!(
        changed.as_object().unwrap().values().all(|one| one["erros"] == json!([])),
        "{changed}"
    );
    app.wait_until_settled();
    let changes = "mudancas { campo de para }";
    let data = app.gql_with(
        "tjrn-leitura",
        &format!("query($n: NumeroProcesso!, $q: IdentificadorAdolescente!) {{ processo(numero: $n) {{ eventos {{ nodes {{ tipo {changes} }} }} linhaDoTempo(sentido: DESC) {{ nodes {{ frase }} }} }} adolescente(identificador: $q) {{ eventos(sentido: DESC, first: 1) {{ nodes {{ tipo camposAlterados {changes} }} }} }} }}"),
        json!({ "n": numero, "q": ana }),
    );
    let of_type = |tipo: &str| {
        let eventos = data["processo"]["eventos"]["nodes"].as_array().unwrap();
        eventos.iter().find(|one| one["tipo"] == tipo).unwrap()["mudancas"].clone()
    };
    let one = |field: &str, of: Value, to: Value| json!({ "campo": field, "de": of, "para": to });
    assert_eq!(
        of_type("RESPONSAVEIS_ATUALIZADOS"),
        json!([
            one("magistrado.nome", json!("Juíza Fictícia"), json!("Juiz Fictício")),
            one("serventuario.nome", Value::Null, json!("Escrivã Fictícia"))
        ])
    );
    assert_eq!(
        of_type("ADOLESCENTE_VINCULADO"),
        json!([one("vinculo.situacao", Value::Null, json!("ATIVO"))])
    );
    assert_eq!(
        of_type("ADOLESCENTE_DESVINCULADO"),
        json!([
            one("vinculo.situacao", json!("ATIVO"), json!("ENCERRADO")),
            one("vinculo.motivo", Value::Null, json!("Decisão fictícia"))
        ])
    );
    assert_eq!(
        of_type("SITUACAO_ALTERADA"),
        json!([one("situacao", json!("ATIVO"), json!("ARQUIVADO"))])
    );
    assert_eq!(of_type("PROCESSO_CADASTRADO"), json!([]));
    let evento = &data["adolescente"]["eventos"]["nodes"][0];
    assert_eq!(evento["tipo"], "ADOLESCENTE_ATUALIZADO");
    assert_eq!(
        evento["mudancas"],
        json!([
            one("dataObito", Value::Null, json!("2026-01-02")),
            one("naturalidade", Value::Null, json!("Natal"))
        ]),
        "{evento}"
    );
    assert!(evento["camposAlterados"].as_array().unwrap().contains(&json!("cpf")));
    let all =
        app.database.text(Sql::new("SELECT string_agg(mudancas::text, ' ') AS t FROM evento"));
    for sensitive in ["Mãe Fictícia", "11144477735", "52998224725", "Outra"] {
        assert!(!all.contains(sensitive), "{all}");
    }
    let sentences = data["processo"]["linhaDoTempo"]["nodes"].to_string();
    assert!(sentences.contains("magistrado, de Juíza Fictícia para Juiz Fictício; serventuário, de ninguém para Escrivã Fictícia."), "{sentences}");
}

/// The server loads the objects that the sentences name for all processos together, with one
/// statement for each kind.
#[test]
fn the_sentences_of_all_cost_one_statement_per_kind() {
    let app = App::with(Template::Large, Settings::default());
    app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }");
    for n in [10, 50] {
        let query = format!(
            "{{ processos(first: {n}) {{ nodes {{ linhaDoTempo(first: 10) {{ nodes {{ frase }} }} }} }} }}"
        );
        // The statements read processos and entries, then vínculos, eventos, processos,
        // adolescentes and guias.
        let (statements, data) = app.statements(|| app.gql("tjrn", &query));
        assert_eq!(statements, 7, "{n}");
        assert!(data.to_string().contains("emitida para"));
    }
}
