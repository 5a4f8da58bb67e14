//! Registration of processos and adolescentes, through both APIs.

use crate::support::{
    APURACAO, App, EXECUCAO, Response, Settings, Template, new_adolescente, rounds,
};
use elos::value::rules::{RuleSwitches, UnknownFields};
use serde_json::{Value, json};

const NUMERO: &str = "9000741-62.2021.8.20.0083";

/// Returns the body that the source document shows, with fictitious values.
fn body(adolescente: &str) -> Value {
    json!({
        "appNameSistemaTribunal": "pje-tjrn-1g",
        "idOrgao": 1234,
        "idProcessoSistemaExterno": "",
        "identificadoresAdolescentes": [adolescente],
        "magistradoCPF": "529.982.247-25",
        "magistradoNome": "Magistrada Fictícia",
        "numeroProcesso": NUMERO,
        "numeroProcessoReferencia": "",
        "serventuarioCPF": "",
        "serventuarioNome": "Serventuário Fictício",
        "tipoProcesso": APURACAO,
    })
}

fn with(body: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut body = body.clone();
    body[field] = value.into();
    body
}

fn without(body: &Value, field: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().remove(field);
    body
}

fn cadastrar(app: &App, body: &Value) -> Response {
    app.post("tjrn", "/api/v1/processos", body)
}

#[test]
fn o_corpo_do_documento_cadastra_e_o_graphql_mostra() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let response = cadastrar(&app, &body(&adolescente));
    assert_eq!(response.status, 200, "{}", response.text);
    insta::assert_json_snapshot!(response.body, {
        ".dataHora" => "[instante]", ".dados.dataCadastro" => "[instante]", ".dados.dataAtualizacao" => "[instante]",
        ".dados.identificadoresAdolescentes[0]" => "[identificador]", ".dados.adolescentes[0].identificador" => "[identificador]",
    }, @r#"
    {
      "mensagemUsuario": "Requisição efetuada com sucesso.",
      "categoria": "CONFIRMACAO",
      "dataHora": "[instante]",
      "dados": {
        "id": 1,
        "numeroProcesso": "90007416220218200083",
        "tipoProcesso": "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL",
        "situacaoProcesso": "ATIVO",
        "tribunal": {
          "id": 820,
          "tr": "20",
          "nome": "Tribunal de Justiça do Estado do Rio Grande do Norte"
        },
        "idOrgao": 1234,
        "versao": 1,
        "appNameSistemaTribunal": "pje-tjrn-1g",
        "magistradoCPF": "52998224725",
        "magistradoNome": "Magistrada Fictícia",
        "serventuarioNome": "Serventuário Fictício",
        "identificadoresAdolescentes": [
          "[identificador]"
        ],
        "adolescentes": [
          {
            "identificador": "[identificador]",
            "situacao": "ATIVO"
          }
        ],
        "dataCadastro": "[instante]",
        "dataAtualizacao": "[instante]"
      }
    }
    "#);
    let query = "query($n: NumeroProcesso!) { processo(numero: $n) { numero idOrgao idProcessoSistemaExterno numeroReferencia
        magistrado { nome cpf } serventuario { nome cpf } adolescentes { nodes { identificador processos { nodes { numero } } } } } }";
    assert_eq!(
        app.gql_with("tjrn", query, json!({ "n": NUMERO }))["processo"],
        json!({
            "numero": NUMERO, "idOrgao": 1234, "idProcessoSistemaExterno": null, "numeroReferencia": null,
            "magistrado": { "nome": "Magistrada Fictícia", "cpf": "52998224725" },
            "serventuario": { "nome": "Serventuário Fictício", "cpf": null },
            "adolescentes": { "nodes": [{ "identificador": adolescente, "processos": { "nodes": [{ "numero": NUMERO }] } }] },
        })
    );
}

/// R9: an apuração keeps its `numeroProcessoReferencia`, although no processo has this number.
#[test]
fn r9_referencia_de_apuracao_fica_guardada_como_informacao() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let full = with(&body(&adolescente), "numeroProcessoReferencia", "9000501-26.2024.8.20.0000");
    let response = cadastrar(&app, &full);
    assert_eq!(response.status, 200, "{}", response.text);
    assert_eq!(response.body["dados"]["numeroProcessoReferencia"], "90005012620248200000");
}

#[test]
fn execucao_da_apuracao_com_os_seus_eventos() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    assert_eq!(cadastrar(&app, &body(&adolescente)).status, 200);
    let execucao = with(&body(&adolescente), "numeroProcesso", "90005012620248200000");
    let execucao =
        with(&with(&execucao, "tipoProcesso", EXECUCAO), "numeroProcessoReferencia", NUMERO);
    let response = cadastrar(&app, &execucao);
    assert_eq!(
        (response.status, &response.body["avisos"]),
        (200, &Value::Null),
        "{}",
        response.text
    );

    let query = "query($n: NumeroProcesso!) { apuracao(numero: $n) { numero execucoes { nodes { numero apuracao { numero } } } } }";
    for numero in [NUMERO, "9000501-26.2024.8.20.0000"] {
        let apuracao = &app.gql_with("tjrn", query, json!({ "n": numero }))["apuracao"];
        assert_eq!(apuracao["numero"], NUMERO);
        assert_eq!(apuracao["execucoes"]["nodes"][0]["apuracao"]["numero"], NUMERO);
    }
    let eventos = app.database.text(elos::db::Sql::new(
        "SELECT string_agg(tipo || ' ' || coalesce(processo_id, adolescente_id) || ' ' || ator_azp, ', ' ORDER BY id) AS t FROM evento",
    ));
    assert_eq!(
        eventos,
        "ADOLESCENTE_CADASTRADO 1 tjrn, PROCESSO_CADASTRADO 1 tjrn, PROCESSO_CADASTRADO 2 tjrn, EXECUCAO_CADASTRADA 1 tjrn"
    );
}

#[test]
fn r11_execucao_sem_vinculo_na_apuracao_avisa_ou_recusa_pela_configuracao() {
    for require in [false, true] {
        let rules =
            RuleSwitches { exigir_vinculo_na_referencia: require, ..RuleSwitches::default() };
        let app = App::with(Template::Empty, Settings { rules, ..Settings::default() });
        let (one, other) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        assert_eq!(cadastrar(&app, &body(&one)).status, 200);
        let execucao = with(&body(&other), "numeroProcesso", "90005012620248200000");
        let execucao =
            with(&with(&execucao, "tipoProcesso", EXECUCAO), "numeroProcessoReferencia", NUMERO);
        let response = cadastrar(&app, &execucao);
        let warning = "adolescentes: o adolescente não tem vínculo com a apuração de referência";
        match require {
            false => {
                assert_eq!((response.status, &response.body["avisos"]), (200, &json!([warning])));
            }
            true => assert_eq!(response.status, 400, "{}", response.text),
        }
    }
}

/// A rare interleaving needs many rounds to occur.
fn round_count() -> u32 {
    u32::try_from(rounds(15, 40)).unwrap()
}

/// R6: 24 callers register the same number at once, in two spellings.
#[test]
fn r6_de_24_cadastros_do_mesmo_numero_um_so_vale() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    for round in 0..round_count() {
        let numero = elos::processo::NumeroProcesso::synthetic(9_100_000 + round, 2024, 820, 1);
        let mut status: Vec<u16> = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..24)
                .map(|i| {
                    let written =
                        if i % 2 == 0 { numero.to_string() } else { numero.digits().to_owned() };
                    let body = with(&body(&adolescente), "numeroProcesso", written);
                    let app = &app;
                    scope.spawn(move || cadastrar(app, &body).status)
                })
                .collect();
            calls.into_iter().map(|call| call.join().unwrap()).collect()
        });
        status.sort_unstable();
        let mut expected = vec![200];
        expected.extend([409; 23]);
        assert_eq!(status, expected, "round {round}");
    }
    assert_eq!(app.database.count("SELECT count(*) AS n FROM processo"), i64::from(round_count()));
    assert_eq!(app.database.count("SELECT count(*) AS n FROM vinculo"), i64::from(round_count()));
    assert_eq!(
        app.database.count("SELECT count(*) AS n FROM evento WHERE tipo = 'PROCESSO_CADASTRADO'"),
        i64::from(round_count())
    );
}

/// R25: of 32 callers at once, half register the same CPF and half register no CPF. The server
/// generates all identificadores.
#[test]
fn r25_de_16_cadastros_do_mesmo_cpf_um_so_vale_e_ninguem_repete_identificador() {
    let app = App::empty();
    let body = |cpf: Option<&str>| {
        let mut body = json!({ "nome": "A", "sobrenome": "F", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        if let Some(cpf) = cpf {
            body["cpf"] = json!({ "numero": cpf });
        }
        body
    };
    let responses: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..32)
            .map(|i| {
                let body = body((i % 2 == 0).then_some("52998224725"));
                let app = &app;
                scope.spawn(move || app.post("tjrn", "/api/v1/adolescentes", &body))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let done = responses.iter().filter(|r| r.status == 200).count();
    let taken = responses.iter().filter(|r| r.status == 409).count();
    assert_eq!((done, taken), (17, 15));
    assert_eq!(
        app.database.count("SELECT count(DISTINCT identificador) AS n FROM adolescente"),
        17
    );
    // Another tribunal has its own record for the same CPF.
    assert_eq!(app.post("tjpe", "/api/v1/adolescentes", &body(Some("529.982.247-25"))).status, 200);
}

/// A server with one adolescente, and a body of a processo that it accepts.
struct Cadastro {
    app: App,
    adolescente: String,
    good: Value,
}

impl Cadastro {
    fn new() -> Self {
        let app = App::empty();
        let adolescente = app.adolescente("tjrn");
        let good = body(&adolescente);
        Self { app, adolescente, good }
    }

    /// Asserts that the server refuses the good body with this value of `field` with `code`, and
    /// that the message names `field`.
    #[track_caller]
    fn refuses(&self, field: &str, value: impl Into<Value>, code: &str) {
        self.refuses_body(&with(&self.good, field, value), field, code);
    }

    #[track_caller]
    fn refuses_without(&self, field: &str) {
        self.refuses_body(&without(&self.good, field), field, "CAMPO_OBRIGATORIO");
    }

    #[track_caller]
    fn refuses_body(&self, body: &Value, field: &str, code: &str) {
        let response = cadastrar(&self.app, body);
        assert_eq!(response.status, 400, "{field} {code}: {}", response.text);
        assert_eq!(response.body["categoria"], "ERRO");
        let errors = response.body["erros"].as_array().unwrap();
        assert!(
            errors.iter().any(|error| error.as_str().unwrap().starts_with(&format!("{field}: "))),
            "{field}: {errors:?}"
        );
        assert_eq!(response.body["mensagemDesenvolvedor"], code, "{field}: {}", response.text);
    }

    /// Asserts that the refusals stored nothing and that the server accepts the good body.
    #[track_caller]
    fn stored_nothing(&self) {
        let count = |sql| self.app.database.count(sql);
        assert_eq!(count("SELECT count(*) AS n FROM processo"), 0);
        assert_eq!(count("SELECT count(*) AS n FROM evento WHERE processo_id IS NOT NULL"), 0);
        assert_eq!(cadastrar(&self.app, &self.good).status, 200);
    }
}

#[test]
fn numero_e_tipo_ruins_sao_400_e_nada_gravam() {
    let cadastro = Cadastro::new();
    cadastro.refuses_without("numeroProcesso");
    cadastro.refuses("numeroProcesso", "  ", "CAMPO_OBRIGATORIO");
    cadastro.refuses("numeroProcesso", Value::Null, "CAMPO_OBRIGATORIO");
    cadastro.refuses("numeroProcesso", 1, "CAMPO_INVALIDO");
    cadastro.refuses("numeroProcesso", "9000741-62.2021.8.20.008", "CAMPO_INVALIDO");
    cadastro.refuses("numeroProcesso", "9000741.62.2021.8.20.0083", "CAMPO_INVALIDO");
    cadastro.refuses("numeroProcesso", "9000741-61.2021.8.20.0083", "NUMERO_DIGITO_INVALIDO");
    cadastro.refuses("numeroProcesso", "9000630-14.2023.8.17.0044", "NUMERO_DE_OUTRO_TRIBUNAL");
    cadastro.refuses_without("tipoProcesso");
    cadastro.refuses("tipoProcesso", "OUTRO", "CAMPO_INVALIDO");
    cadastro.refuses("tipoProcesso", json!({}), "CAMPO_INVALIDO");
    cadastro.stored_nothing();
}

#[test]
fn orgao_e_sistema_ruins_sao_400_e_nada_gravam() {
    let cadastro = Cadastro::new();
    let long = "x".repeat(101);
    cadastro.refuses_without("idOrgao");
    cadastro.refuses("idOrgao", 0, "CAMPO_INVALIDO");
    cadastro.refuses("idOrgao", -1, "CAMPO_INVALIDO");
    cadastro.refuses("idOrgao", 2_147_483_648_u64, "CAMPO_INVALIDO");
    cadastro.refuses("idOrgao", 1.5, "CAMPO_INVALIDO");
    cadastro.refuses("idOrgao", "1", "CAMPO_INVALIDO");
    cadastro.refuses_without("appNameSistemaTribunal");
    cadastro.refuses("appNameSistemaTribunal", long.as_str(), "CAMPO_INVALIDO");
    cadastro.refuses("appNameSistemaTribunal", "a\u{0}b", "CAMPO_INVALIDO");
    cadastro.refuses("idProcessoSistemaExterno", long.as_str(), "CAMPO_INVALIDO");
    cadastro.stored_nothing();
}

#[test]
fn adolescentes_ruins_sao_400_e_nada_gravam() {
    let cadastro = Cadastro::new();
    let list = "identificadoresAdolescentes";
    cadastro.refuses_without(list);
    cadastro.refuses(list, json!([]), "CAMPO_OBRIGATORIO");
    cadastro.refuses(list, "x", "CAMPO_INVALIDO");
    let twice = json!([cadastro.adolescente, cadastro.adolescente]);
    for (value, field, code) in [
        (json!([1]), "identificadoresAdolescentes[0]", "CAMPO_INVALIDO"),
        (json!(["x"]), "identificadoresAdolescentes[0]", "CAMPO_INVALIDO"),
        (twice, "identificadoresAdolescentes[1]", "CAMPO_INVALIDO"),
        (json!(["202699999999"]), "identificadoresAdolescentes[0]", "ADOLESCENTE_NAO_ENCONTRADO"),
    ] {
        cadastro.refuses_body(&with(&cadastro.good, list, value), field, code);
    }
    cadastro.stored_nothing();
}

#[test]
fn referencia_e_responsaveis_ruins_sao_400_e_nada_gravam() {
    let cadastro = Cadastro::new();
    let referencia = "numeroProcessoReferencia";
    cadastro.refuses(referencia, "x", "CAMPO_INVALIDO");
    cadastro.refuses(referencia, "9000501-27.2024.8.20.0000", "NUMERO_DIGITO_INVALIDO");
    let execucao = with(&cadastro.good, "tipoProcesso", EXECUCAO);
    cadastro.refuses_body(&execucao, referencia, "REFERENCIA_INVALIDA");
    let of_itself = with(&execucao, referencia, NUMERO);
    cadastro.refuses_body(&of_itself, referencia, "REFERENCIA_INVALIDA");
    cadastro.refuses("magistradoCPF", "52998224726", "CAMPO_INVALIDO");
    cadastro.refuses("magistradoCPF", "x", "CAMPO_INVALIDO");
    cadastro.refuses("serventuarioCPF", "11111111111", "CAMPO_INVALIDO");
    cadastro.refuses("serventuarioNome", "x".repeat(201), "CAMPO_INVALIDO");
    cadastro.stored_nothing();
}

#[test]
fn bad_json_and_a_body_that_is_no_object_are_refused() {
    let app = App::empty();
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for body in ["", "{", "[]", "null", "1", "{\"a\":}", deep.as_str(), "\u{feff}"] {
        for route in ["/api/v1/processos", "/api/v1/adolescentes"] {
            let response = app.post_text("tjrn", route, body);
            assert_eq!(response.status, 400, "{body:.20}: {}", response.text);
            assert_eq!(response.body["mensagemDesenvolvedor"], "BAD_USER_INPUT");
        }
    }
}

#[test]
fn violacoes_independentes_vem_juntas_nas_duas_portas() {
    let app = App::empty();
    let bad = json!({ "numeroProcesso": "9000630-15.2023.8.17.0044", "tipoProcesso": EXECUCAO, "idOrgao": 0,
        "appNameSistemaTribunal": "t", "identificadoresAdolescentes": ["202699999999", "202699999998"] });
    let response = cadastrar(&app, &bad);
    let fields: Vec<_> = response.body["erros"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error.as_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        fields,
        [
            "idOrgao",
            "numeroProcesso",
            "numeroProcesso",
            "numeroProcessoReferencia",
            "identificadoresAdolescentes",
            "identificadoresAdolescentes[0]",
            "identificadoresAdolescentes[1]"
        ]
    );

    let mutation = "mutation($input: CadastrarProcessoInput!) { cadastrarProcesso(input: $input) {
        processo { id } erros { codigo campo mensagem orientacao } } }";
    let dados = app.gql_with("tjrn", mutation, json!({ "input": { "numero": "9000630-15.2023.8.17.0044", "tipo": EXECUCAO,
        "idOrgao": 0, "appNameSistemaTribunal": "t", "adolescentes": ["202699999999", "202699999998"] } }));
    let payload = &dados["cadastrarProcesso"];
    assert_eq!(payload["processo"], Value::Null);
    let codes: Vec<_> = payload["erros"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["codigo"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "CAMPO_INVALIDO",
            "NUMERO_DIGITO_INVALIDO",
            "NUMERO_DE_OUTRO_TRIBUNAL",
            "REFERENCIA_INVALIDA",
            "EXECUCAO_ADMITE_UM_ADOLESCENTE",
            "ADOLESCENTE_NAO_ENCONTRADO",
            "ADOLESCENTE_NAO_ENCONTRADO"
        ]
    );
    assert_eq!(payload["erros"][6]["campo"], json!(["input", "adolescentes", "1"]));
}

#[test]
fn campo_desconhecido_avisa_ou_recusa_pela_configuracao() {
    for policy in [UnknownFields::Avisar, UnknownFields::Recusar] {
        let rules = RuleSwitches { campos_desconhecidos: policy, ..RuleSwitches::default() };
        let app = App::with(Template::Empty, Settings { rules, ..Settings::default() });
        let adolescente = app.adolescente("tjrn");
        let response = cadastrar(&app, &with(&body(&adolescente), "numeroprocesso", "x"));
        match policy {
            UnknownFields::Avisar => {
                assert_eq!(response.status, 200, "{}", response.text);
                assert_eq!(
                    response.body["avisos"],
                    json!(["numeroprocesso: campo desconhecido, ignorado"])
                );
                assert_eq!(response.body["mensagemUsuario"], "Requisição efetuada com sucesso.");
            }
            UnknownFields::Recusar => {
                assert_eq!(response.status, 400, "{}", response.text);
                assert_eq!(response.body["erros"], json!(["numeroprocesso: campo desconhecido"]));
            }
        }
    }
}

#[test]
fn r4_e_r5_se_relaxam_pela_configuracao() {
    let rules = RuleSwitches {
        verificar_digito: false,
        exigir_numero_do_tribunal: false,
        ..RuleSwitches::default()
    };
    let app = App::with(Template::Empty, Settings { rules, ..Settings::default() });
    let adolescente = app.adolescente("tjrn");
    assert_eq!(
        cadastrar(&app, &with(&body(&adolescente), "numeroProcesso", "9000630-00.2023.8.17.0044"))
            .status,
        200
    );
    let response =
        cadastrar(&app, &with(&body(&adolescente), "numeroProcesso", "9000038-88.2022.8.28.0014"));
    assert_eq!(response.status, 400, "{}", response.text);
}

#[test]
fn por_graphql_valem_as_mesmas_regras() {
    let app = App::empty();
    let adolescente = "mutation($input: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $input) {
        adolescente { identificador nomeExibicao versao tribunal { sigla } } avisos erros { codigo campo ... on ErroCampoInvalido { regra } ... on ErroDeRegra { regra } } } }";
    let dados = json!({ "nome": " Ana ", "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO", "cpf": "529.982.247-25" });
    let done = app.gql_with("tjrn", adolescente, json!({ "input": { "dados": dados } }));
    let done = &done["cadastrarAdolescente"];
    assert_eq!(done["erros"], json!([]));
    assert_eq!(done["adolescente"]["nomeExibicao"], "Ana Fictícia");
    let repeated = app.gql_with("tjrn", adolescente, json!({ "input": { "dados": dados } }));
    assert_eq!(
        repeated["cadastrarAdolescente"]["erros"],
        json!([{ "codigo": "ADOLESCENTE_JA_EXISTE", "campo": ["input", "dados", "cpf"], "regra": "R25" }])
    );

    let processo = "mutation($input: CadastrarProcessoInput!) { cadastrarProcesso(input: $input) {
        processo { numero versao adolescentes { nodes { identificador } } } query { eu { azp } }
        erros { __typename codigo campo ... on ErroProcessoJaExiste { existente { numero } } } } }";
    let input = json!({ "numero": NUMERO, "tipo": APURACAO, "adolescentes": [done["adolescente"]["identificador"]],
        "idOrgao": 1, "appNameSistemaTribunal": "t", "magistrado": { "nome": "M", "cpf": "52998224725" } });
    let new = app.gql_with("tjrn", processo, json!({ "input": input }));
    let new = &new["cadastrarProcesso"];
    assert_eq!(new["erros"], json!([]));
    assert_eq!(
        new["processo"]["adolescentes"]["nodes"][0]["identificador"],
        done["adolescente"]["identificador"]
    );
    assert_eq!(new["query"]["eu"]["azp"], "tjrn");
    let other = app.gql_with("tjrn", processo, json!({ "input": input }));
    assert_eq!(
        other["cadastrarProcesso"]["erros"],
        json!([{ "__typename": "ErroProcessoJaExiste", "codigo": "PROCESSO_JA_EXISTE", "campo": ["input", "numero"], "existente": { "numero": NUMERO } }])
    );
}

#[test]
fn adolescente_ruim_e_400_com_o_campo() {
    let app = App::empty();
    let good = new_adolescente();
    for (field, value, name) in [
        ("nome", json!(""), "nome"),
        ("sobrenome", json!(null), "sobrenome"),
        ("dataNascimento", json!("2010-02-01"), "dataNascimento"),
        ("dataNascimento", json!("31/02/2010"), "dataNascimento"),
        ("dataNascimento", json!("01/01/2999"), "dataNascimento"),
        ("sexoBiologico", json!("X"), "sexoBiologico"),
        ("racaCor", json!("AZUL"), "racaCor"),
        ("identidadeGenero", json!(1), "identidadeGenero"),
        ("cpf", json!({ "numero": "52998224726" }), "cpf.numero"),
        ("cpf", json!("52998224725"), "cpf.numero"),
        ("rg", json!({ "estadoRg": "ZZ" }), "rg.estadoRg"),
        ("rg", json!({ "dataExpedicao": "x" }), "rg.dataExpedicao"),
        ("certidaoNascimento", json!({ "folha": "x".repeat(61) }), "certidaoNascimento.folha"),
        ("possuiNomeSocial", json!("talvez"), "possuiNomeSocial"),
        ("possuiNomeSocial", json!("S"), "nomeSocial"),
        ("nomeMae", json!("a\u{7}"), "nomeMae"),
    ] {
        let response = app.post("tjrn", "/api/v1/adolescentes", &with(&good, field, value));
        assert_eq!(response.status, 400, "{name}: {}", response.text);
        let error = response.body["erros"][0].as_str().unwrap();
        assert!(error.starts_with(&format!("{name}: ")), "{name}: {error}");
    }
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 0);

    let full = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "29/02/2008", "sexoBiologico": "FEMININO",
        "dataNascimentoPresumida": "S", "racaCor": "PARDA", "nomeMae": "Mãe Fictícia", "naturalidade": "Natal",
        "cpf": { "numero": "52998224725" }, "rg": { "numero": "1", "orgaoExpedidor": "ITEP", "dataExpedicao": "01/01/2020", "estadoRg": "RN" },
        "certidaoNascimento": { "cartorio": "1", "livro": "2", "folha": "3", "numero": "4" } });
    let response = app.post("tjrn", "/api/v1/adolescentes", &full);
    let dados = &response.body["dados"];
    assert_eq!(dados["dataCompleta21Anos"], "01/03/2029", "{}", response.text);
    assert_eq!(
        (&dados["rg"], &dados["cpf"], &dados["dataNascimentoPresumida"]),
        (&full["rg"], &full["cpf"], &json!("Sim"))
    );
}

/// A field of a mutation that cannot be read stops every field of the mutation, also the earlier
/// ones.
#[test]
fn no_field_of_a_mutation_writes_if_another_is_malformed() {
    let app = App::empty();
    let good = r#"a: cadastrarAdolescente(input: {dados: {nome: "A", sobrenome: "F", dataNascimento: "2010-01-01", sexoBiologico: FEMININO}}) { avisos }"#;
    let bad = |value: &str, field: &str| {
        let variables = if value == "$n" { "($n: Int!)" } else { "" };
        format!(
            r#"mutation{variables} {{ {good} b: cadastrarProcesso(input: {{numero: "{NUMERO}", tipo: {APURACAO},
               adolescentes: [], idOrgao: {value}, appNameSistemaTribunal: "t", {field}}}) {{ avisos }} }}"#
        )
    };
    let cases = [
        (bad("$n", ""), json!({}), "BAD_USER_INPUT"),
        (bad("$n", ""), json!({ "n": null }), "BAD_USER_INPUT"),
        (bad("$n", ""), json!({ "n": 3_000_000_000_u32 }), "BAD_USER_INPUT"),
        (bad("3000000000", ""), json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (bad("1", r#"referencia: "x""#), json!({ "n": 1 }), "CAMPO_INVALIDO"),
        (bad("1", r#"magistrado: {cpf: "x"}"#), json!({ "n": 1 }), "CAMPO_INVALIDO"),
        (
            format!("mutation {{ {good} {} }}", good.replace("\"A\"", "\"B\"")),
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ];
    for (mutation, variables, code) in cases {
        let response = app.graphql("tjrn", &mutation, variables);
        assert_eq!(response.status, 400, "{mutation}: {}", response.text);
        assert_eq!(
            response.body["errors"][0]["extensions"]["code"], code,
            "{mutation}: {}",
            response.text
        );
        assert_eq!(response.body.get("data"), None);
    }
    let variable = "mutation($a: CadastrarAdolescenteInput!, $b: CadastrarAdolescenteInput!) {
        a: cadastrarAdolescente(input: $a) { avisos } b: cadastrarAdolescente(input: $b) { avisos } }";
    let dados = |nascimento: &str| json!({ "dados": { "nome": "A", "sobrenome": "F", "dataNascimento": nascimento, "sexoBiologico": "FEMININO" } });
    let response = app.graphql(
        "tjrn",
        variable,
        json!({ "a": dados("2010-01-01"), "b": dados("2010-01- 1") }),
    );
    assert_eq!(
        (response.status, &response.body["errors"][0]["extensions"]["code"]),
        (400, &json!("CAMPO_INVALIDO")),
        "{}",
        response.text
    );
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 0);
    app.gql_with("tjrn", variable, json!({ "a": dados("2010-01-01"), "b": dados("2010-01-02") }));
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 2);
}

/// An item that cannot be read keeps its index, so that the errors of the other items name theirs.
#[test]
fn an_unreadable_item_of_a_list_keeps_its_place() {
    let app = App::empty();
    let adolescente = app.adolescente("tjrn");
    let list = json!(["x", "202699999999", adolescente, adolescente]);
    let response = cadastrar(&app, &with(&body(&adolescente), "identificadoresAdolescentes", list));
    let fields: Vec<_> = response.body["erros"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error.as_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        fields,
        [
            "identificadoresAdolescentes[0]",
            "identificadoresAdolescentes[3]",
            "identificadoresAdolescentes[1]"
        ]
    );
    let execucao =
        with(&body(&adolescente), "identificadoresAdolescentes", json!(["x", adolescente]));
    let response = cadastrar(&app, &with(&execucao, "tipoProcesso", EXECUCAO));
    assert!(response.text.contains("único adolescente"), "{}", response.text);
}
