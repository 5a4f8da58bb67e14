//! Guias (b.4, R26, R27), through both APIs.

use crate::support::{App, NewProcesso, Response, code, numero};
use elos::db::Sql;
use serde_json::{Value, json};

const CPF: &str = "52998224725";

/// An apuração (0) with two adolescentes, and the execução (1) of the first one.
pub struct Fixture {
    pub app: App,
    pub ana: String,
    rui: String,
}

impl Fixture {
    pub fn new() -> Self {
        let app = App::empty();
        let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        app.cadastrado("tjrn", &NewProcesso::apuracao(&numero(0), &[&ana, &rui]));
        app.cadastrado("tjrn", &NewProcesso::execucao(&numero(1), &[&ana], &numero(0)));
        Self { app, ana, rui }
    }

    pub fn body(&self, especie: &str) -> Value {
        let mut body = json!({
            "identificadorAdolescente": self.ana, "origemGuia": "SENTENCA_CONDENATORIA", "magistrado": "Juíza Fictícia",
            "magistradoCPF": CPF, "serventuarioCPF": CPF, "serventuarioCargo": "Escrivã", "codigoTpuMedida": "11386",
            "atosInfracionais": [{ "codigoTpu": "11428", "descricao": "Ato fictício", "localFato": "Natal", "dataFato": "01/02/2024" }],
        });
        let own = match especie {
            "provisoria" => {
                json!({ "numeroProcessoConhecimento": numero(0), "dataSentenca": "10/03/2024", "houveInternacao": "Sim",
                "dataInicioInternacao": "01/02/2024", "dataFimInternacao": "10/03/2024",
                "documentosInstruirGuia": [{ "tipoDocumento": "Cópia da representação", "identificadorDocAutos": "123" }] })
            }
            "definitiva" => {
                json!({ "numeroProcessoConhecimento": numero(0), "dataSentenca": "10/03/2024", "dataTransitoJulgado": "10/04/2024" })
            }
            "internacao-sancao" => {
                json!({ "numeroProcessoConhecimento": numero(0), "numeroProcessoExecucao": numero(1),
                "dataDecisaoInternacaoSancao": "10/05/2024", "prazo": "50" })
            }
            _ => {
                json!({ "numeroProcessoExecucao": numero(1), "dataDecisaoUnifcacaoDeMedidas": "10/06/2024",
                "medidaResultanteUnificacao": "Semiliberdade", "listaNumeroDaGuiaDefinitiva": [] })
            }
        };
        for (name, value) in own.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    pub fn emitir(&self, especie: &str, body: &Value) -> Response {
        self.app.post("tjrn", &format!("/api/v1/guias/{especie}"), body)
    }

    #[track_caller]
    pub fn emitida(&self, especie: &str) -> String {
        let response = self.emitir(especie, &self.body(especie));
        assert_eq!(response.status, 200, "{}", response.text);
        response.body["dados"]["numeroGuia"].as_str().unwrap().to_owned()
    }

    pub fn rest(&self, method: &str, path: &str, body: &Value) -> Response {
        self.app.rest("tjrn", method, &format!("/api/v1{path}"), &[], body)
    }
}

#[test]
fn as_quatro_especies_por_rest() {
    let fixture = Fixture::new();
    let provisoria = fixture.emitir("provisoria", &fixture.body("provisoria"));
    assert_eq!(provisoria.status, 200, "{}", provisoria.text);
    let dados = &provisoria.body["dados"];
    let today = fixture
        .app
        .database
        .text(Sql::new("SELECT to_char(now() AT TIME ZONE 'America/Sao_Paulo', 'YYYYMMDD') AS t"));
    let guia_numero = dados["numeroGuia"].as_str().unwrap();
    assert!(guia_numero.len() == 12 && guia_numero.starts_with(&today), "{guia_numero}");
    assert_eq!(
        (&dados["tipoGuia"], &dados["situacaoGuia"]),
        (&json!("PROVISORIA"), &json!("ATIVO"))
    );
    assert_eq!(
        (&dados["medida"], &dados["houveInternacao"]),
        (&json!("Advertência"), &json!("Sim"))
    );
    assert_eq!(dados["adolescente"]["identificador"], json!(fixture.ana));
    assert_eq!(
        dados["processoConhecimento"]["tipoProcesso"],
        "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL"
    );
    assert_eq!(dados["atosInfracionais"][0]["dataFato"], "01/02/2024");
    assert_eq!(dados["documentosInstruirGuia"][0]["tipoDocumento"], "Cópia da representação");
    assert_eq!((&dados["venceEm"], &dados["vencida"]), (&json!("01/02/2031"), &json!(false)));
    assert_eq!(provisoria.headers["etag"], "\"1\"");

    let definitiva = fixture.emitida("definitiva");
    let sancao = fixture.emitir("internacao-sancao", &fixture.body("internacao-sancao"));
    let dados = &sancao.body["dados"];
    // 50 days from 10/05/2024 end on 29/06/2024.
    assert_eq!(
        (&dados["prazo"], &dados["venceEm"], &dados["vencida"]),
        (&json!(50), &json!("29/06/2024"), &json!(true))
    );
    assert!(dados.get("documentosInstruirGuia").is_none());

    let mut unificadora = fixture.body("unificadora");
    unificadora["listaNumeroDaGuiaDefinitiva"] = json!([definitiva]);
    let unificadora = fixture.emitir("unificadora", &unificadora);
    assert_eq!(unificadora.status, 200, "{}", unificadora.text);
    assert_eq!(unificadora.body["dados"]["listaNumeroDaGuiaDefinitiva"], json!([definitiva]));
    assert!(unificadora.body["dados"].get("processoConhecimento").is_none());
    // The unificadora sets the unified guias to BAIXADA.
    let baixada = &fixture
        .rest("GET", &format!("/guias?numeroGuia={definitiva}"), &Value::Null)
        .body["dados"]["content"][0];
    assert_eq!(
        (&baixada["situacaoGuia"], &baixada["motivoBaixa"]),
        (&json!("BAIXADA"), &json!("UNIFICADA"))
    );
    let eventos = fixture.app.database.text(Sql::new(
        "SELECT string_agg(e.tipo || ' ' || p.numero, ',' ORDER BY e.id) AS t FROM evento e JOIN processo p ON p.id = e.processo_id WHERE e.guia_id IS NOT NULL",
    ));
    let (a, e) = (numero(0).replace(['-', '.'], ""), numero(1).replace(['-', '.'], ""));
    assert_eq!(
        eventos,
        format!(
            "GUIA_EMITIDA {a},GUIA_EMITIDA {a},GUIA_EMITIDA {a},GUIA_EMITIDA {e},GUIA_EMITIDA {e},GUIA_BAIXADA {a}"
        )
    );
    assert_eq!(fixture.rest("POST", "/guias/outra", &json!({})).status, 404);
    // The eventos of an adolescente show a guia once, also if it is in several processos.
    fixture.app.wait_until_settled();
    let of_adolescente = fixture.app.gql_with(
        "tjrn",
        "query($a: IdentificadorAdolescente!) { adolescente(identificador: $a) { eventos { nodes { tipo guia { tipo } } } } }",
        json!({ "a": fixture.ana }),
    );
    let sancoes = of_adolescente["adolescente"]["eventos"]["nodes"].as_array().unwrap().iter();
    assert_eq!(sancoes.filter(|evento| evento["guia"]["tipo"] == "INTERNACAO_SANCAO").count(), 1);
}

impl Fixture {
    /// Asserts that the server refuses the body of `especie` with this value of `field` with
    /// `code`, and that the error names `field`.
    #[track_caller]
    fn refuses(&self, especie: &str, field: &str, value: Value, code: &str) {
        let mut body = self.body(especie);
        body[field] = value;
        let response = self.emitir(especie, &body);
        let errors = response.body["erros"].as_array().expect(&response.text);
        assert_eq!(response.status, 400, "{field}: {}", response.text);
        assert!(
            errors.iter().any(|error| error.as_str().unwrap().starts_with(field)),
            "{field}: {}",
            response.text
        );
        // The body of a unificadora has an empty list of definitivas, which is an error of its own.
        if especie != "unificadora" {
            assert_eq!(response.body["mensagemDesenvolvedor"], code, "{field}: {}", response.text);
        }
    }

    #[track_caller]
    fn stored_nothing(&self) {
        assert_eq!(self.app.database.count("SELECT count(*) AS n FROM guia"), 0);
    }
}

#[test]
fn b4_cada_campo_obrigatorio() {
    let fixture = Fixture::new();
    for (especie, field) in [
        ("provisoria", "identificadorAdolescente"),
        ("provisoria", "magistradoCPF"),
        ("provisoria", "serventuarioCPF"),
        ("provisoria", "codigoTpuMedida"),
        ("provisoria", "numeroProcessoConhecimento"),
        ("provisoria", "dataSentenca"),
        ("provisoria", "houveInternacao"),
        ("provisoria", "dataInicioInternacao"),
        ("provisoria", "dataFimInternacao"),
        ("definitiva", "dataTransitoJulgado"),
        ("internacao-sancao", "prazo"),
        ("internacao-sancao", "numeroProcessoExecucao"),
        ("internacao-sancao", "dataDecisaoInternacaoSancao"),
        ("unificadora", "dataDecisaoUnifcacaoDeMedidas"),
    ] {
        fixture.refuses(especie, field, Value::Null, "CAMPO_OBRIGATORIO");
    }
    let empty = json!([]);
    fixture.refuses("provisoria", "serventuarioCargo", json!(" "), "CAMPO_OBRIGATORIO");
    fixture.refuses("provisoria", "atosInfracionais", empty.clone(), "CAMPO_OBRIGATORIO");
    fixture.refuses("unificadora", "listaNumeroDaGuiaDefinitiva", empty, "CAMPO_OBRIGATORIO");
    fixture.stored_nothing();
}

#[test]
fn b4_cada_regra_de_um_campo() {
    let fixture = Fixture::new();
    let refuses_provisoria = |field, value, code| fixture.refuses("provisoria", field, value, code);
    refuses_provisoria("magistradoCPF", json!("52998224726"), "CAMPO_INVALIDO");
    refuses_provisoria("codigoTpuMedida", json!("11386a"), "CAMPO_INVALIDO");
    refuses_provisoria("houveInternacao", json!("talvez"), "CAMPO_INVALIDO");
    refuses_provisoria("dataFimInternacao", json!("31/01/2024"), "CAMPO_INVALIDO");
    refuses_provisoria("dataSentenca", json!("01/01/2999"), "CAMPO_INVALIDO");
    refuses_provisoria("dataSentenca", json!("2024-01-01"), "CAMPO_INVALIDO");
    refuses_provisoria("origemGuia", json!("OUTRA"), "CAMPO_INVALIDO");
    refuses_provisoria("atosInfracionais", json!([{ "codigoTpu": "x" }]), "CAMPO_INVALIDO");
    refuses_provisoria("atosInfracionais", json!([{}]), "CAMPO_OBRIGATORIO");
    refuses_provisoria("atosInfracionais", json!([1]), "CAMPO_INVALIDO");
    let unknown_type = json!([{ "tipoDocumento": "Bilhete" }]);
    refuses_provisoria("documentosInstruirGuia", unknown_type, "CAMPO_INVALIDO");
    fixture.refuses("definitiva", "dataTransitoJulgado", json!("09/03/2024"), "CAMPO_INVALIDO");
    fixture.refuses("internacao-sancao", "prazo", json!(91), "CAMPO_INVALIDO");
    fixture.refuses("internacao-sancao", "prazo", json!(0), "CAMPO_INVALIDO");
    for (value, code) in [("1", "CAMPO_INVALIDO"), ("202401010001", "NAO_ENCONTRADO")] {
        fixture.refuses("unificadora", "listaNumeroDaGuiaDefinitiva", json!([value]), code);
    }

    let mut body = fixture.body("provisoria");
    body["houveInternacao"] = json!("Não");
    assert_eq!(fixture.emitir("provisoria", &body).body["erros"].as_array().unwrap().len(), 2);
    fixture.stored_nothing();
}

#[test]
fn b4_o_adolescente_e_o_processo_da_guia() {
    let fixture = Fixture::new();
    for (field, value, code) in [
        ("identificadorAdolescente", json!("202600009999"), "ADOLESCENTE_NAO_ENCONTRADO"),
        ("numeroProcessoConhecimento", json!(numero(9)), "PROCESSO_NAO_ENCONTRADO"),
        ("numeroProcessoConhecimento", json!(numero(1)), "TIPO_DE_PROCESSO_INCOMPATIVEL"),
    ] {
        fixture.refuses("definitiva", field, value, code);
    }
    let mut body = fixture.body("definitiva");
    body["identificadorAdolescente"] = json!(fixture.app.adolescente("tjrn"));
    assert_eq!(code(&fixture.emitir("definitiva", &body)), (400, "VINCULO_NAO_ENCONTRADO"));
    fixture.stored_nothing();
}

/// A list that is too long is one error, whatever its items are. An item that cannot be read is one
/// error, with its place in the body.
#[test]
fn endless_lists_and_unreadable_items_are_refused() {
    let fixture = Fixture::new();
    let errors = |field: &str, value: Value| {
        let especie = if field.starts_with("lista") { "unificadora" } else { "provisoria" };
        let mut body = fixture.body(especie);
        body[field] = value;
        let response = fixture.emitir(especie, &body);
        assert_eq!(response.status, 400, "{}", response.text);
        response.body["erros"].as_array().unwrap().clone()
    };
    for field in ["atosInfracionais", "documentosInstruirGuia", "listaNumeroDaGuiaDefinitiva"] {
        // This is almost as many items as fit in a body.
        let many = errors(field, json!(vec![1; 19_900]));
        assert_eq!(many.len(), 1);
        assert!(
            many[0].as_str().unwrap().starts_with(&format!("{field}: a lista tem mais")),
            "{many:?}"
        );
    }
    for field in ["atosInfracionais", "documentosInstruirGuia"] {
        assert_eq!(
            errors(field, json!([null])),
            [json!(format!("{field}[0]: esperava um objeto"))]
        );
    }
    let query = "mutation($i: EmitirGuiaInput!) { emitirGuia(input: $i) { erros { codigo } } }";
    let input = json!({ "adolescente": fixture.ana, "magistrado": { "cpf": CPF }, "serventuario": { "cpf": CPF }, "serventuarioCargo": "E",
        "codigoTpuMedida": "1", "atosInfracionais": [{ "codigoTpu": "1" }],
        "especie": { "unificadora": { "execucao": numero(1), "dataDecisao": "2024-06-10", "definitivas": vec!["x"; 5_000] } } });
    let dados = fixture.app.gql_with("tjrn", query, json!({ "i": input }));
    assert!(dados["emitirGuia"]["erros"].as_array().unwrap().len() <= 100);
}

/// A dry run shows nothing that the server would generate. The server refuses a blank `simular`.
#[test]
fn simular_nao_gera_nada() {
    let fixture = Fixture::new();
    let body = fixture.body("provisoria");
    let response = fixture.emitir("provisoria?simular=true", &body);
    assert_eq!(response.status, 200, "{}", response.text);
    let dados = &response.body["dados"];
    for generated in ["id", "numeroGuia"] {
        assert_eq!(dados.get(generated), None, "{dados}");
    }
    for list in ["atosInfracionais", "documentosInstruirGuia"] {
        assert_eq!(dados[list][0].get("id"), None, "{dados}");
    }
    assert!(!response.headers.contains_key("etag"));
    assert!(response.body["avisos"][0].as_str().unwrap().starts_with("simulação"));
    for blank in ["?simular", "?simular=", "?simular=%20", "?simular=sim"] {
        assert_eq!(fixture.emitir(&format!("provisoria{blank}"), &body).status, 400, "{blank}");
    }
    assert_eq!(fixture.app.database.count("SELECT count(*) AS n FROM guia"), 0);
    // The server refuses a client that may not write before it checks the body.
    assert_eq!(
        fixture.app.post("tjrn-leitura", "/api/v1/guias/provisoria", &json!([])).status,
        403
    );
}

#[test]
fn b4_so_definitivas_ativas_do_adolescente_se_unificam() {
    let fixture = Fixture::new();
    let provisoria = fixture.emitida("provisoria");
    let definitiva = fixture.emitida("definitiva");
    let mut of_rui = fixture.body("definitiva");
    of_rui["identificadorAdolescente"] = json!(fixture.rui);
    let of_rui = fixture.emitir("definitiva", &of_rui).body["dados"]["numeroGuia"].clone();
    let unify = |list: Value| {
        let mut body = fixture.body("unificadora");
        body["listaNumeroDaGuiaDefinitiva"] = list;
        fixture.emitir("unificadora", &body)
    };
    for list in [json!([provisoria]), json!([of_rui]), json!([definitiva, definitiva])] {
        assert_eq!(code(&unify(list.clone())), (400, "CAMPO_INVALIDO"), "{list}");
    }
    assert_eq!(unify(json!([definitiva])).status, 200);
    assert_eq!(code(&unify(json!([definitiva]))), (400, "CAMPO_INVALIDO"));
}

#[test]
fn r26_baixa_com_motivo_uma_vez() {
    let fixture = Fixture::new();
    let guia = fixture.emitida("definitiva");
    let baixar = |situacao: &str, body: &Value| {
        fixture.rest("PUT", &format!("/guias/{guia}/situacao/{situacao}"), body)
    };
    assert_eq!(code(&baixar("Ativo", &Value::Null)), (400, "CAMPO_INVALIDO"));
    assert_eq!(code(&baixar("BAIXADA", &json!({ "motivo": "CANSEI" }))), (400, "CAMPO_INVALIDO"));
    let baixada = baixar("Baixada", &json!({ "motivo": "EXTINTA" }));
    let dados = &baixada.body["dados"];
    assert_eq!(
        (baixada.status, &dados["situacaoGuia"], &dados["motivoBaixa"]),
        (200, &json!("BAIXADA"), &json!("EXTINTA"))
    );
    assert_eq!((&dados["versao"], &dados["vencida"]), (&json!(2), &json!(false)));
    // The motivo of a guia that is BAIXADA does not change.
    let again = baixar("BAIXADA", &json!({ "motivo": "MAIORIDADE" }));
    assert_eq!((again.status, &again.body["dados"]["motivoBaixa"]), (200, &json!("EXTINTA")));
    assert_eq!(
        code(&fixture.rest("PUT", "/guias/202401010001/situacao/BAIXADA", &Value::Null)),
        (404, "NAO_ENCONTRADO")
    );
    assert_eq!(
        code(&fixture.rest("PUT", "/guias/1/situacao/BAIXADA", &Value::Null)),
        (400, "CAMPO_INVALIDO")
    );
    let path = format!("/api/v1/guias/{guia}/situacao/BAIXADA");
    let foreign = fixture.app.rest("tjpe", "PUT", &path, &[], &Value::Null);
    assert_eq!(foreign.status, 404);
}

#[test]
fn r27_situacao_das_guias_conta_os_dois_processos() {
    let fixture = Fixture::new();
    let sancao = fixture.emitida("internacao-sancao");
    let count = |situacao: &str| {
        let page = fixture
            .rest("GET", &format!("/processos?situacaoGuia={situacao}"), &Value::Null)
            .body["dados"]
            .clone();
        let query =
            format!("{{ processos(filtro: {{situacaoGuia: {situacao}}}) {{ totalCount }} }}");
        let total = fixture.app.gql("tjrn", &query)["processos"]["totalCount"].clone();
        assert_eq!(page["totalElements"], total);
        total
    };
    assert_eq!((count("ATIVO"), count("BAIXADA")), (json!(2), json!(0)));
    assert_eq!(
        fixture.rest("PUT", &format!("/guias/{sancao}/situacao/BAIXADA"), &Value::Null).status,
        200
    );
    assert_eq!((count("ATIVO"), count("BAIXADA")), (json!(0), json!(2)));
    assert_eq!(fixture.rest("GET", "/processos?situacaoGuia=VENCIDA", &Value::Null).status, 400);
}

const EMITIR: &str = "mutation($i: EmitirGuiaInput!) { emitirGuia(input: $i) { guia { id numero tipo situacao venceEm vencida magistrado { nome cpf }
    adolescente { identificador } apuracao { numero } execucao { numero } atosInfracionais { codigoTpu } documentos { tipoDocumento }
    definitivasUnificadas { numero } } simulado erros { codigo campo } } }";

impl Fixture {
    /// Returns the input of `emitirGuia` for this especie.
    fn input(&self, especie: &Value) -> Value {
        json!({ "adolescente": self.ana, "magistrado": { "nome": "Juíza", "cpf": CPF }, "serventuario": { "cpf": CPF },
            "serventuarioCargo": "Escrivã", "codigoTpuMedida": "11386", "atosInfracionais": [{ "codigoTpu": "11428" }],
            "especie": especie })
    }

    fn emitir_by_graphql(&self, especie: &Value) -> Value {
        let variables = json!({ "i": self.input(especie) });
        self.app.gql_with("tjrn", EMITIR, variables)["emitirGuia"].clone()
    }

    /// Issues a guia definitiva, and the unificadora that unifies it.
    fn definitiva_e_unificadora(&self) -> (Value, Value) {
        let definitiva = self.emitir_by_graphql(&definitiva());
        assert_eq!(definitiva["erros"], json!([]), "{definitiva}");
        let unificadora = self.emitir_by_graphql(
            &json!({ "unificadora": { "execucao": numero(1), "dataDecisao": "2024-06-10", "definitivas": [definitiva["guia"]["numero"]] } }),
        );
        (definitiva["guia"].clone(), unificadora["guia"].clone())
    }

    fn baixar_no_grafo(&self, input: &Value) -> Value {
        let mutation = "mutation($i: BaixarGuiaInput!) { baixarGuia(input: $i) { guia { motivoBaixa baixadaEm versao } alterado erros { codigo ... on ErroConflitoDeVersao { versaoAtual } } } }";
        self.app.gql_with("tjrn", mutation, json!({ "i": input }))["baixarGuia"].clone()
    }
}

fn definitiva() -> Value {
    json!({ "definitiva": { "apuracao": numero(0), "dataSentenca": "2024-03-10", "dataTransitoJulgado": "2024-04-10" } })
}

#[test]
fn a_guia_se_emite_por_graphql() {
    let fixture = Fixture::new();
    let (guia, unificadora) = fixture.definitiva_e_unificadora();
    assert_eq!(
        (&guia["apuracao"]["numero"], &guia["definitivasUnificadas"]),
        (&json!(numero(0)), &Value::Null)
    );
    assert_eq!(unificadora["definitivasUnificadas"][0]["numero"], guia["numero"], "{unificadora}");

    // The rules are those of REST, and the errors name the fields of the schema.
    let wrong = fixture.emitir_by_graphql(
        &json!({ "internacaoSancao": { "apuracao": numero(0), "execucao": numero(0), "dataDecisao": "2024-05-10", "prazo": 91 } }),
    );
    assert_eq!(
        wrong["erros"],
        json!([{ "codigo": "CAMPO_INVALIDO", "campo": ["input", "especie", "internacaoSancao", "prazo"] },
               { "codigo": "TIPO_DE_PROCESSO_INCOMPATIVEL", "campo": ["input", "especie", "internacaoSancao", "execucao"] }])
    );
    // An input has exactly one especie.
    let mut two = definitiva();
    two["internacaoSancao"] = json!({ "apuracao": numero(0), "execucao": numero(1), "dataDecisao": "2024-05-10", "prazo": 9 });
    let variables = json!({ "i": fixture.input(&two) });
    assert_eq!(fixture.app.graphql("tjrn", EMITIR, variables).status, 400);
}

#[test]
fn a_guia_se_baixa_e_se_le_por_graphql() {
    let fixture = Fixture::new();
    let (guia, unificadora) = fixture.definitiva_e_unificadora();
    let guia_numero = &unificadora["numero"];
    assert_eq!(
        fixture.baixar_no_grafo(&json!({ "numero": guia_numero, "versaoEsperada": 7 }))["erros"],
        json!([{ "codigo": "CONFLITO_DE_VERSAO", "versaoAtual": 1 }])
    );
    let baixada = fixture.baixar_no_grafo(
        &json!({ "numero": guia_numero, "motivo": "EXTINTA", "versaoEsperada": 1 }),
    );
    assert_eq!(
        (&baixada["alterado"], &baixada["guia"]["motivoBaixa"]),
        (&json!(true), &json!("EXTINTA"))
    );
    for (numero, code) in [("x", "CAMPO_INVALIDO"), ("202401010001", "NAO_ENCONTRADO")] {
        let refused = fixture.baixar_no_grafo(&json!({ "numero": numero }));
        assert_eq!(refused["erros"][0]["codigo"], code);
    }

    fixture.app.wait_until_settled();
    let read = fixture.app.gql_with(
        "tjrn",
        "query($n: NumeroProcesso!, $a: IdentificadorAdolescente!, $id: ID!) {
           processo(numero: $n) { guias { totalCount nodes { numero } } ativas: guias(situacao: ATIVO) { totalCount } eventos { nodes { tipo guia { numero } } } }
           adolescente(identificador: $a) { guias { totalCount } } node(id: $id) { ... on Guia { numero } } }",
        json!({ "n": numero(1), "a": fixture.ana, "id": guia["id"] }),
    );
    assert_eq!(read["processo"]["guias"]["nodes"], json!([{ "numero": guia_numero }]));
    assert_eq!(
        (&read["processo"]["ativas"]["totalCount"], &read["adolescente"]["guias"]["totalCount"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(read["node"]["numero"], guia["numero"]);
    let eventos = read["processo"]["eventos"]["nodes"].as_array().unwrap().iter();
    let types: Vec<_> = eventos.map(|evento| evento["tipo"].clone()).collect();
    assert_eq!(types, ["PROCESSO_CADASTRADO", "GUIA_EMITIDA", "GUIA_BAIXADA"]);
    // Another tribunal does not see the guia.
    let foreign = format!("{{ guia(numero: {guia_numero}) {{ id }} }}");
    assert_eq!(fixture.app.gql("tjpe", &foreign)["guia"], Value::Null);
    let without_papel =
        format!("{{ guia(numero: {guia_numero}) {{ magistrado {{ nome cpf }} }} }}");
    assert_eq!(
        fixture.app.gql("tjrn-leitura", &without_papel)["guia"]["magistrado"],
        json!({ "nome": "Juíza", "cpf": null })
    );
}

/// Sixteen guias that are issued at once get sixteen numbers. A guia is either BAIXADA by a client
/// or unified, never both.
#[test]
fn guias_emitidas_ao_mesmo_tempo_tem_numeros_distintos() {
    let fixture = Fixture::new();
    let body = fixture.body("definitiva");
    let mut numeros: Vec<String> = std::thread::scope(|scope| {
        let emit = || {
            fixture.emitir("definitiva", &body).body["dados"]["numeroGuia"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let handles: Vec<_> = (0..16).map(|_| scope.spawn(emit)).collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    numeros.sort_unstable();
    numeros.dedup();
    assert_eq!(numeros.len(), 16);
    for guia in &numeros {
        let mut unificadora = fixture.body("unificadora");
        unificadora["listaNumeroDaGuiaDefinitiva"] = json!([guia]);
        let (unified, baixada) = std::thread::scope(|scope| {
            let unify = scope.spawn(|| fixture.emitir("unificadora", &unificadora).status);
            let baixar = scope.spawn(|| {
                fixture.rest(
                    "PUT",
                    &format!("/guias/{guia}/situacao/BAIXADA"),
                    &json!({ "motivo": "EXTINTA" }),
                )
            });
            (unify.join().unwrap(), baixar.join().unwrap())
        });
        let motivo = baixada.body["dados"]["motivoBaixa"].as_str().unwrap().to_owned();
        assert!(
            matches!((unified, motivo.as_str()), (200, "UNIFICADA") | (400, "EXTINTA")),
            "{unified} {motivo}"
        );
    }
    let duplicates = "SELECT count(*) AS n FROM (SELECT guia_id, processo_id FROM evento WHERE tipo = 'GUIA_BAIXADA' GROUP BY 1, 2 HAVING count(*) > 1) AS d";
    assert_eq!(fixture.app.database.count(duplicates), 0);
}

#[test]
fn r26_ninguem_cumpre_medida_depois_dos_21() {
    let fixture = Fixture::new();
    let old = json!({ "nome": "Ivo", "sobrenome": "Fictício", "dataNascimento": "29/02/2004", "sexoBiologico": "MASCULINO" });
    let old = fixture.app.post("tjrn", "/api/v1/adolescentes", &old).body["dados"]["identificador"]
        .clone();
    let path = format!("/processos/{}/apuracao/adolescentes/{}", numero(0), old.as_str().unwrap());
    assert_eq!(fixture.rest("POST", &path, &Value::Null).status, 200);
    let mut body = fixture.body("definitiva");
    body["identificadorAdolescente"] = old;
    let dados = fixture.emitir("definitiva", &body).body["dados"].clone();
    assert_eq!((&dados["venceEm"], &dados["vencida"]), (&json!("01/03/2025"), &json!(true)));
}
