//! Timelines, and what eventos keep of a change.

use crate::support::{Ajustes, App, Banco, Modelo};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use serde_json::{Value, json};
use std::sync::Arc;

const LINHA: &str = "totalCount pageInfo { hasNextPage endCursor } nodes { tipo ocorridoEm frase processo { numero } adolescente { identificador } guia { numero } vinculo { id } tramite { idt } evento { id } }";

fn entradas(linha: &Value) -> Vec<Value> {
    linha["nodes"].as_array().unwrap().clone()
}

/// A time of its own for each, as SQL counts them: what a person would look for in five tables.
const CONTADAS: &str = "WITH d AS (SELECT id, numero FROM processo WHERE numero = $n
      UNION SELECT e.id, e.numero FROM processo e WHERE e.numero_referencia = $n AND e.tipo LIKE 'EXEC%')
    SELECT (SELECT count(*) FROM evento WHERE processo_id IN (SELECT id FROM d) AND tipo IN ('PROCESSO_CADASTRADO', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA'))
         + (SELECT count(*) + count(encerrado_em) FROM vinculo WHERE processo_id IN (SELECT id FROM d))
         + (SELECT count(*) + count(baixada_em) FROM guia WHERE apuracao_id IN (SELECT id FROM d) OR execucao_id IN (SELECT id FROM d))
         + (SELECT count(*) FROM mudanca_de_situacao m JOIN tramite t ON t.idt = m.idt JOIN registro_eletronico r ON r.nre = t.nre
             WHERE r.protocolo_chave IN (SELECT numero FROM d)) AS n";

#[test]
fn a_linha_do_processo_conta_tudo_em_ordem_de_tempo() {
    let banco = Arc::new(Banco::novo(Modelo::Grande));
    banco.conn().batch_execute(
        "UPDATE vinculo SET encerrado_em = iniciado_em + interval '1 hour', motivo = 'Decisão fictícia.' WHERE id % 3 = 0;
         INSERT INTO guia (tribunal_codigo, numero, tipo, adolescente_id, apuracao_id, execucao_id, magistrado_cpf, serventuario_cpf,
                           serventuario_cargo, codigo_tpu_medida, data_decisao, prazo, criado_em, atualizado_em)
         SELECT e.tribunal_codigo, '2099' || lpad(e.id::text, 8, '0'), 'INTERNACAO_SANCAO', v.adolescente_id, o.id, e.id,
                '52998224725', '52998224725', 'Escrivã', '11387', current_date, 30, now(), now()
           FROM processo e JOIN processo o ON o.numero = e.numero_referencia JOIN vinculo v ON v.processo_id = e.id
          WHERE e.tipo_referencia IS NOT NULL",
    ).unwrap();
    let app = App::no_banco(&banco, Ajustes::default());
    let dados = app.gql("tjrn", "{ processos(first: 1, filtro: {execucoes: {algum: {}}, guias: {algum: {situacao: [BAIXADA]}}}) { nodes { numero ... on ProcessoApuracao { execucoes { nodes { numero } } } } } }");
    let numero = dados["processos"]["nodes"][0]["numero"].as_str().unwrap().to_owned();
    let enviar = "mutation($p: String!) { enviarTramite(input: {remetente: {repositorio: 1, numero: \"820\"}, destinatario: {repositorio: 1, numero: \"817\"}, protocolo: $p, descricao: \"Pedido fictício\"}) { erros { codigo } tramite { idt } } }";
    let idt =
        app.gql_com("tjrn", enviar, json!({ "p": numero }))["enviarTramite"]["tramite"]["idt"]
            .take();
    let arquivar = "mutation($n: NumeroProcesso!, $s: SituacaoProcesso!) { alterarSituacao(input: {processo: $n, situacao: $s}) { erros { codigo } } }";
    app.gql_com("tjrn", arquivar, json!({ "n": numero, "s": "ARQUIVADO" }));
    app.gql_com("tjrn", arquivar, json!({ "n": numero, "s": "ATIVO" }));

    let query = format!(
        "query($n: NumeroProcesso!) {{ processo(numero: $n) {{ linhaDoTempo(first: 100) {{ {LINHA} }} }} }}"
    );
    let linha =
        app.gql_com("tjrn", &query, json!({ "n": numero }))["processo"]["linhaDoTempo"].take();
    let todas = entradas(&linha);
    let digitos = numero.replace(['-', '.'], "");
    let contadas = diesel_n(&banco, &CONTADAS.replace("$n", &format!("'{digitos}'")));
    assert_eq!((todas.len(), &linha["totalCount"]), (contadas, &json!(contadas)), "{linha}");
    let horas: Vec<_> =
        todas.iter().map(|um| um["ocorridoEm"].as_str().unwrap().to_owned()).collect();
    assert!(
        horas.is_sorted_by_key(|hora| chrono::DateTime::parse_from_rfc3339(hora).unwrap()),
        "{horas:?}"
    );

    let frases: Vec<_> = todas.iter().map(|um| um["frase"].as_str().unwrap().to_owned()).collect();
    let execucao =
        dados["processos"]["nodes"][0]["execucoes"]["nodes"][0]["numero"].as_str().unwrap();
    for esperada in [
        format!("Processo de apuração {numero} cadastrado."),
        format!("Execução {execucao} cadastrada."),
        format!("Processo de apuração {numero} arquivado."),
        format!("Processo de apuração {numero} reativado."),
        format!(
            "Trâmite {} do processo de apuração {numero}: à espera do destinatário.",
            idt.as_str().unwrap()
        ),
    ] {
        assert!(frases.contains(&esperada), "{esperada}: {frases:#?}");
    }
    assert!(
        frases.iter().any(|frase| frase.ends_with("encerrado: Decisão fictícia.")),
        "{frases:#?}"
    );
    assert!(
        frases.iter().any(|frase| frase.starts_with("Guia de internação-sanção")
            && frase.contains("emitida para ")),
        "{frases:#?}"
    );
    assert!(
        frases.iter().any(|frase| frase.contains("baixada: convertida em definitiva.")),
        "{frases:#?}"
    );
    assert!(
        frases.iter().all(|frase| frase.ends_with('.') && !frase.contains("adolescente  ")),
        "{frases:#?}"
    );

    // Pages put together are the whole, in both directions; a stretch of time is a part of it.
    for sentido in ["ASC", "DESC"] {
        let query = format!(
            "query($n: NumeroProcesso!, $d: String) {{ processo(numero: $n) {{ linhaDoTempo(first: 3, after: $d, sentido: {sentido}) {{ {LINHA} }} }} }}"
        );
        let (mut juntas, mut depois) = (Vec::new(), Value::Null);
        loop {
            let pagina = app.gql_com("tjrn", &query, json!({ "n": numero, "d": depois }))["processo"]["linhaDoTempo"].take();
            juntas.extend(entradas(&pagina));
            if pagina["pageInfo"]["hasNextPage"] == false {
                break;
            }
            depois = pagina["pageInfo"]["endCursor"].clone();
        }
        if sentido == "DESC" {
            juntas.reverse();
        }
        assert_eq!(juntas, todas, "{sentido}");
    }
    let query = format!(
        "query($n: NumeroProcesso!, $a: DateTime) {{ processo(numero: $n) {{ linhaDoTempo(first: 100, ate: $a) {{ {LINHA} }} }} }}"
    );
    let ate = app.gql_com("tjrn", &query, json!({ "n": numero, "a": horas[horas.len() - 1] }))["processo"]["linhaDoTempo"].take();
    let antes = horas.iter().filter(|hora| **hora < horas[horas.len() - 1]).count();
    assert_eq!(entradas(&ate), todas[..antes]);
    // The recipient of the trâmite sees nothing of the processo.
    assert_eq!(
        app.gql_com(
            "tjpe",
            "query($n: NumeroProcesso!) { processo(numero: $n) { linhaDoTempo { totalCount } } }",
            json!({ "n": numero })
        )["processo"],
        Value::Null
    );
}

fn diesel_n(banco: &Banco, sql: &str) -> usize {
    #[derive(diesel::QueryableByName)]
    struct Contagem {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        n: i64,
    }
    use diesel::RunQueryDsl;
    let contagem: Contagem = Sql::new(sql.to_owned().leak()).get_result(&mut banco.conn()).unwrap();
    usize::try_from(contagem.n).unwrap()
}

#[test]
fn a_linha_do_adolescente_e_a_dos_seus_processos_e_dele() {
    let app = App::novo();
    let dados = app.gql("tjrn", "{ adolescentes(first: 1, filtro: {guias: {algum: {}}}) { nodes { identificador processos(vinculo: null) { totalCount } guias { totalCount } } } }");
    let um = &dados["adolescentes"]["nodes"][0];
    let query = format!(
        "query($i: IdentificadorAdolescente!) {{ adolescente(identificador: $i) {{ nomeExibicao linhaDoTempo(first: 100) {{ {LINHA} }} }} }}"
    );
    let lido = app.gql_com("tjrn", &query, json!({ "i": um["identificador"] }));
    let linha = &lido["adolescente"]["linhaDoTempo"];
    let do_tipo = |tipo: &str| entradas(linha).iter().filter(|um| um["tipo"] == tipo).count();
    assert_eq!(do_tipo("ADOLESCENTE_CADASTRADO"), 1, "{linha}");
    assert_eq!(do_tipo("VINCULO_INICIADO"), um["processos"]["totalCount"], "{linha}");
    assert_eq!(do_tipo("PROCESSO_CADASTRADO"), um["processos"]["totalCount"], "{linha}");
    assert_eq!(do_tipo("GUIA_EMITIDA"), um["guias"]["totalCount"], "{linha}");
    let nome = lido["adolescente"]["nomeExibicao"].as_str().unwrap();
    let frases = entradas(linha);
    assert!(
        frases.iter().any(|um| um["frase"] == format!("Cadastro de {nome} criado.")),
        "{linha}"
    );
}

/// From what to what, and nothing of what is sensitive.
#[test]
fn o_evento_diz_de_que_para_que_e_nada_sensivel() {
    let app = App::vazio();
    let quem = app.adolescente("tjrn");
    let numero = "9000741-62.2021.8.20.0083";
    let corpo = json!({ "numeroProcesso": numero, "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL", "idOrgao": 1,
        "appNameSistemaTribunal": "t", "identificadoresAdolescentes": [quem], "magistradoNome": "Juíza Fictícia", "magistradoCPF": "52998224725" });
    assert_eq!(app.post("tjrn", "/api/v1/processos", &corpo).status, 200);
    let outro = app.adolescente("tjrn");
    let escrita = "mutation($n: NumeroProcesso!, $a: IdentificadorAdolescente!, $q: IdentificadorAdolescente!) {
        atualizarResponsaveis(input: {processo: $n, magistrado: {nome: \"Juiz Fictício\", cpf: \"11144477735\"}, serventuario: {nome: \"Escrivã Fictícia\"}}) { erros { codigo } }
        vincularAdolescente(input: {processo: $n, adolescente: $a}) { erros { codigo } }
        desvincularAdolescente(input: {processo: $n, adolescente: $a, motivo: \"Decisão fictícia\"}) { erros { codigo } }
        alterarSituacao(input: {processo: $n, situacao: ARQUIVADO}) { erros { codigo } }
        atualizarAdolescente(input: {identificador: $q, dados: {naturalidade: \"Natal\", nomeMae: \"Mãe Fictícia\", cpf: \"11144477735\", nome: \"Outra\", dataObito: \"2026-01-02\"}}) { erros { codigo } } }";
    let feito = app.gql_com("tjrn", escrita, json!({ "n": numero, "a": outro, "q": quem }));
    assert!(feito.as_object().unwrap().values().all(|um| um["erros"] == json!([])), "{feito}");
    app.assentado();
    let mudancas = "mudancas { campo de para }";
    let dados = app.gql_com(
        "tjrn-leitura",
        &format!("query($n: NumeroProcesso!, $q: IdentificadorAdolescente!) {{ processo(numero: $n) {{ eventos {{ nodes {{ tipo {mudancas} }} }} linhaDoTempo(sentido: DESC) {{ nodes {{ frase }} }} }} adolescente(identificador: $q) {{ eventos(sentido: DESC, first: 1) {{ nodes {{ tipo camposAlterados {mudancas} }} }} }} }}"),
        json!({ "n": numero, "q": quem }),
    );
    let do_tipo = |tipo: &str| {
        let eventos = dados["processo"]["eventos"]["nodes"].as_array().unwrap();
        eventos.iter().find(|um| um["tipo"] == tipo).unwrap()["mudancas"].clone()
    };
    let um =
        |campo: &str, de: Value, para: Value| json!({ "campo": campo, "de": de, "para": para });
    assert_eq!(
        do_tipo("RESPONSAVEIS_ATUALIZADOS"),
        json!([
            um("magistrado.nome", json!("Juíza Fictícia"), json!("Juiz Fictício")),
            um("serventuario.nome", Value::Null, json!("Escrivã Fictícia"))
        ])
    );
    assert_eq!(
        do_tipo("ADOLESCENTE_VINCULADO"),
        json!([um("vinculo.situacao", Value::Null, json!("ATIVO"))])
    );
    assert_eq!(
        do_tipo("ADOLESCENTE_DESVINCULADO"),
        json!([
            um("vinculo.situacao", json!("ATIVO"), json!("ENCERRADO")),
            um("vinculo.motivo", Value::Null, json!("Decisão fictícia"))
        ])
    );
    assert_eq!(
        do_tipo("SITUACAO_ALTERADA"),
        json!([um("situacao", json!("ATIVO"), json!("ARQUIVADO"))])
    );
    assert_eq!(do_tipo("PROCESSO_CADASTRADO"), json!([]));
    let evento = &dados["adolescente"]["eventos"]["nodes"][0];
    assert_eq!(evento["tipo"], "ADOLESCENTE_ATUALIZADO");
    assert_eq!(
        evento["mudancas"],
        json!([
            um("dataObito", Value::Null, json!("2026-01-02")),
            um("naturalidade", Value::Null, json!("Natal"))
        ]),
        "{evento}"
    );
    assert!(evento["camposAlterados"].as_array().unwrap().contains(&json!("cpf")));
    let tudo = app.banco.texto(Sql::new("SELECT string_agg(mudancas::text, ' ') AS t FROM evento"));
    for sensivel in ["Mãe Fictícia", "11144477735", "52998224725", "Outra"] {
        assert!(!tudo.contains(sensivel), "{tudo}");
    }
    let frases = dados["processo"]["linhaDoTempo"]["nodes"].to_string();
    assert!(frases.contains("magistrado, de Juíza Fictícia para Juiz Fictício; serventuário, de ninguém para Escrivã Fictícia."), "{frases}");
}

/// What the sentences of all processos tell of is read together, each kind of object once.
#[test]
fn as_frases_de_todos_custam_um_comando_por_tipo() {
    let app = App::com(Modelo::Grande, Ajustes::default());
    app.gql("tjrn", "{ processos(first: 1) { nodes { numero } } }");
    for n in [10, 50] {
        let query = format!(
            "{{ processos(first: {n}) {{ nodes {{ linhaDoTempo(first: 10) {{ nodes {{ frase }} }} }} }} }}"
        );
        // Processos, entries, and then vínculos, eventos, processos, adolescentes and guias.
        let (comandos, dados) = app.comandos(|| app.gql("tjrn", &query));
        assert_eq!(comandos, 7, "{n}");
        assert!(dados.to_string().contains("emitida para"));
    }
}
