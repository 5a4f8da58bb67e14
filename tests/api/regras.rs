//! Rules of the source document by their numbers, through both APIs: the same state and the same
//! input give the same verdict.

use crate::support::{APURACAO, App, EXECUCAO, NewProcesso, Response, code, numero, numero_of};
use elos::error::CodigoErro;
use serde_json::{Value, json};

const WRONG_CPF: &str = "52998224726";

fn apuracao(n: u32, adolescentes: &[&str]) -> Value {
    NewProcesso::apuracao(&numero(n), adolescentes).body()
}

fn execucao(n: u32, adolescentes: &[&str], referencia: &str) -> Value {
    NewProcesso::execucao(&numero(n), adolescentes, referencia).body()
}

/// Returns the path and the input of a vínculo.
fn vinculo(n: u32, adolescente: &str) -> (String, Value) {
    let path = format!("/processos/{}/apuracao/adolescentes/{adolescente}", numero(n));
    (path, json!({ "processo": numero(n), "adolescente": adolescente }))
}

/// Apuração 0 of Ana and Rui, execução 1 of Ana, archived apuração 2 of Rui.
struct Fixture {
    app: App,
    ana: String,
    rui: String,
}

impl Fixture {
    fn new() -> Self {
        let app = App::empty();
        let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        let fixture = Self { app, ana, rui };
        let (ana, rui) = (&fixture.ana, &fixture.rui);
        let arquivar = format!("/processos/numero-processo/{}/situacao/Arquivado", numero(2));
        let responses = [
            fixture.rest("POST", "/processos", &apuracao(0, &[ana, rui])),
            fixture.rest("POST", "/processos", &execucao(1, &[ana], &numero(0))),
            fixture.rest("POST", "/processos", &apuracao(2, &[rui])),
            fixture.rest("PUT", &arquivar, &Value::Null),
        ];
        assert!(responses.iter().all(|response| response.status == 200), "{responses:?}");
        fixture
    }

    fn rest(&self, method: &str, path: &str, body: &Value) -> Response {
        self.app.rest("tjrn", method, &format!("/api/v1{path}"), &[], body)
    }

    /// Returns the codes that a mutation refuses with.
    fn codes(&self, mutation: &str, input: &Value) -> Vec<String> {
        self.app.refusal_codes("tjrn", mutation, input)
    }

    /// Asserts that both APIs refuse with this code, and REST with this status.
    #[track_caller]
    fn refuses(
        &self,
        expected: CodigoErro,
        status: u16,
        (method, path, body): (&str, &str, &Value),
        (mutation, input): (&str, &Value),
    ) {
        let response = self.rest(method, path, body);
        assert_eq!(code(&response), (status, expected.name()), "{}", response.text);
        assert_eq!(self.codes(mutation, input), [expected.name()]);
    }

    /// Asserts that both APIs refuse this registration. `rest` and `graphql` are the fields that
    /// make it invalid, in the names of each API.
    #[track_caller]
    fn refuses_cadastro(&self, code: CodigoErro, status: u16, rest: &Value, graphql: &Value) {
        let mut body = apuracao(9, &[&self.rui]);
        let mut input = json!({ "numero": numero(9), "tipo": APURACAO, "adolescentes": [self.rui], "idOrgao": 1,
            "appNameSistemaTribunal": "t" });
        for (target, changes) in [(&mut body, rest), (&mut input, graphql)] {
            for (field, value) in changes.as_object().unwrap() {
                target[field] = value.clone();
            }
        }
        self.refuses(code, status, ("POST", "/processos", &body), ("cadastrarProcesso", &input));
        assert_eq!(
            self.rest("GET", &format!("/processos/numero-processo/{}", numero(9)), &Value::Null)
                .status,
            404
        );
    }

    #[track_caller]
    fn refuses_vinculo(&self, code: CodigoErro, status: u16, n: u32, adolescente: &str) {
        let (path, input) = vinculo(n, adolescente);
        self.refuses(code, status, ("POST", &path, &Value::Null), ("vincularAdolescente", &input));
    }

    #[track_caller]
    fn refuses_desvinculo(&self, code: CodigoErro, status: u16, n: u32, adolescente: &str) {
        let (path, input) = vinculo(n, adolescente);
        self.refuses(
            code,
            status,
            ("DELETE", &path, &Value::Null),
            ("desvincularAdolescente", &input),
        );
    }
}

use CodigoErro as C;

#[test]
fn r1_o_ausente_e_o_alheio_respondem_o_mesmo() {
    let fixture = Fixture::new();
    let foreign = numero_of(817, 0);
    let of_pe = fixture.app.adolescente("tjpe");
    fixture.app.cadastrado("tjpe", &NewProcesso::apuracao(&foreign, &[&of_pe]));
    for processo in [foreign, numero(99)] {
        let path = format!("/processos/numero-processo/{processo}/situacao/Ativo");
        let input = json!({ "processo": processo, "situacao": "ATIVO" });
        fixture.refuses(
            C::ProcessoNaoEncontrado,
            404,
            ("PUT", &path, &Value::Null),
            ("alterarSituacao", &input),
        );
        let body = json!({ "numeroProcesso": processo, "magistradoNome": "M" });
        let input = json!({ "processo": processo, "magistrado": { "nome": "M" } });
        fixture.refuses(
            C::ProcessoNaoEncontrado,
            404,
            ("PUT", "/processos", &body),
            ("atualizarResponsaveis", &input),
        );
    }
    let body = json!({ "identificador": of_pe, "nome": "N" });
    let input = json!({ "identificador": of_pe, "dados": { "nome": "N" } });
    fixture.refuses(
        C::AdolescenteNaoEncontrado,
        404,
        ("PUT", "/adolescentes", &body),
        ("atualizarAdolescente", &input),
    );
}

#[test]
fn r3_os_campos_obrigatorios_do_cadastro() {
    let fixture = Fixture::new();
    let blank = json!({ "appNameSistemaTribunal": " " });
    fixture.refuses_cadastro(C::CampoObrigatorio, 400, &blank, &blank);
    fixture.refuses_cadastro(
        C::CampoObrigatorio,
        400,
        &json!({ "identificadoresAdolescentes": [] }),
        &json!({ "adolescentes": [] }),
    );
    let list = json!([fixture.rui, fixture.rui]);
    fixture.refuses_cadastro(
        C::CampoInvalido,
        400,
        &json!({ "identificadoresAdolescentes": list }),
        &json!({ "adolescentes": list }),
    );
    // GraphQL's types require these fields; in REST a rule does.
    for field in ["numeroProcesso", "tipoProcesso", "idOrgao"] {
        let mut body = apuracao(9, &[&fixture.rui]);
        body[field] = Value::Null;
        let response = fixture.rest("POST", "/processos", &body);
        assert_eq!(code(&response), (400, "CAMPO_OBRIGATORIO"));
        assert!(
            response.body["erros"][0].as_str().unwrap().starts_with(field),
            "{}",
            response.text
        );
    }
}

#[test]
fn r3_adolescente_desconhecido_no_cadastro() {
    let fixture = Fixture::new();
    let list = json!(["203000000009"]);
    fixture.refuses_cadastro(
        C::AdolescenteNaoEncontrado,
        400,
        &json!({ "identificadoresAdolescentes": list }),
        &json!({ "adolescentes": list }),
    );
}

#[test]
fn r4_digito_verificador_errado() {
    let fixture = Fixture::new();
    let wrong = json!("9000741-63.2021.8.20.0083");
    fixture.refuses_cadastro(
        C::NumeroDigitoInvalido,
        400,
        &json!({ "numeroProcesso": wrong }),
        &json!({ "numero": wrong }),
    );
    fixture.refuses_cadastro(
        C::NumeroDigitoInvalido,
        400,
        &json!({ "numeroProcessoReferencia": wrong }),
        &json!({ "referencia": wrong }),
    );
}

#[test]
fn r5_numero_de_outro_tribunal() {
    let fixture = Fixture::new();
    let foreign = json!("9000630-14.2023.8.17.0044");
    fixture.refuses_cadastro(
        C::NumeroDeOutroTribunal,
        400,
        &json!({ "numeroProcesso": foreign }),
        &json!({ "numero": foreign }),
    );
}

#[test]
fn r6_numero_ja_cadastrado_ativo_ou_arquivado() {
    let fixture = Fixture::new();
    for n in [0, 2] {
        let bare: String = numero(n).chars().filter(char::is_ascii_digit).collect();
        fixture.refuses_cadastro(
            C::ProcessoJaExiste,
            409,
            &json!({ "numeroProcesso": bare }),
            &json!({ "numero": bare }),
        );
    }
}

#[test]
fn r7_orgao_positivo() {
    let fixture = Fixture::new();
    fixture.refuses_cadastro(
        C::CampoInvalido,
        400,
        &json!({ "idOrgao": 0 }),
        &json!({ "idOrgao": 0 }),
    );
}

#[test]
fn r8_rascunho_desconhecido_ou_consumido() {
    let fixture = Fixture::new();
    let body = json!({ "appNameSistemaTribunal": "t", "dados": {} });
    let rascunho = fixture.rest("POST", "/processo-rascunho", &body).body["dados"]["id"].clone();
    let unknown = json!({ "idProcessoSistemaExterno": "x" });
    fixture.refuses_cadastro(C::RascunhoInvalido, 400, &unknown, &unknown);
    let mut consume = apuracao(8, &[&fixture.rui]);
    consume["idProcessoSistemaExterno"] = rascunho.clone();
    assert_eq!(fixture.rest("POST", "/processos", &consume).status, 200);
    let consumido = json!({ "idProcessoSistemaExterno": rascunho });
    fixture.refuses_cadastro(C::RascunhoInvalido, 409, &consumido, &consumido);
}

#[test]
fn r9_execucao_sem_referencia_ou_de_si_mesma() {
    let fixture = Fixture::new();
    fixture.refuses_cadastro(
        C::ReferenciaInvalida,
        400,
        &json!({ "tipoProcesso": EXECUCAO }),
        &json!({ "tipo": EXECUCAO }),
    );
    let itself = numero(9);
    fixture.refuses_cadastro(
        C::ReferenciaInvalida,
        400,
        &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": itself }),
        &json!({ "tipo": EXECUCAO, "referencia": itself }),
    );
}

#[test]
fn r10_referencia_desconhecida_ou_que_nao_e_apuracao() {
    let fixture = Fixture::new();
    for referencia in [numero(77), numero(1)] {
        fixture.refuses_cadastro(
            C::ReferenciaInvalida,
            400,
            &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": referencia }),
            &json!({ "tipo": EXECUCAO, "referencia": referencia }),
        );
    }
}

#[test]
fn r11_execucao_de_dois_adolescentes() {
    let fixture = Fixture::new();
    let new = fixture.app.adolescente("tjrn");
    let two = json!([fixture.rui, new]);
    fixture.refuses_cadastro(
        C::ExecucaoAdmiteUmAdolescente,
        400,
        &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": numero(0), "identificadoresAdolescentes": two }),
        &json!({ "tipo": EXECUCAO, "referencia": numero(0), "adolescentes": two }),
    );
}

#[test]
fn r12_segunda_execucao_ativa_no_cadastro_e_na_reativacao() {
    let fixture = Fixture::new();
    let ana = json!([fixture.ana]);
    fixture.refuses_cadastro(
        C::ExecucaoAtiva,
        409,
        &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": numero(0), "identificadoresAdolescentes": ana }),
        &json!({ "tipo": EXECUCAO, "referencia": numero(0), "adolescentes": ana }),
    );
    let situacao = |n: u32, situacao: &str| {
        format!("/processos/numero-processo/{}/situacao/{situacao}", numero(n))
    };
    assert_eq!(fixture.rest("PUT", &situacao(1, "Arquivado"), &Value::Null).status, 200);
    let another = execucao(7, &[&fixture.ana], &numero(0));
    assert_eq!(fixture.rest("POST", "/processos", &another).status, 200);
    let input = json!({ "processo": numero(1), "situacao": "ATIVO" });
    fixture.refuses(
        C::ExecucaoAtiva,
        409,
        ("PUT", &situacao(1, "Ativo"), &Value::Null),
        ("alterarSituacao", &input),
    );
}

#[test]
fn r13_nome_em_branco_e_cpf_errado() {
    let fixture = Fixture::new();
    let alterar = |rest: Value, graphql: Value| {
        let mut body = json!({ "numeroProcesso": numero(0) });
        for (field, value) in rest.as_object().unwrap() {
            body[field] = value.clone();
        }
        let input = json!({ "processo": numero(0), "magistrado": graphql });
        fixture.refuses(
            C::CampoInvalido,
            400,
            ("PUT", "/processos", &body),
            ("atualizarResponsaveis", &input),
        );
    };
    // In a body of REST, a blank text counts as absent, as it does at registration.
    let blank = json!({ "numeroProcesso": numero(0), "magistradoNome": "" });
    assert_eq!(fixture.rest("PUT", "/processos", &blank).status, 200);
    let input = json!({ "processo": numero(0), "magistrado": { "nome": "" } });
    assert_eq!(fixture.codes("atualizarResponsaveis", &input), [C::CampoInvalido.name()]);
    alterar(json!({ "magistradoCPF": WRONG_CPF }), json!({ "cpf": WRONG_CPF }));
    // A client may also change the responsáveis of an archived processo.
    let body = json!({ "numeroProcesso": numero(2), "serventuarioNome": "S" });
    assert_eq!(fixture.rest("PUT", "/processos", &body).status, 200);
}

#[test]
fn r14_identificador_desconhecido_nasce_pendente_ou_com_dados() {
    let fixture = Fixture::new();
    let (path, _) = vinculo(0, "203000000001");
    let done = fixture.rest("POST", &path, &Value::Null);
    assert_eq!(
        (done.status, done.body["avisos"].as_array().unwrap().len()),
        (200, 1),
        "{}",
        done.text
    );
    let (_, input) = vinculo(0, "203000000002");
    let query = "mutation($i: VincularAdolescenteInput!) { vincularAdolescente(input: $i) { avisos edge { node { cadastroPendente } } erros { codigo } } }";
    let done =
        fixture.app.gql_with("tjrn", query, json!({ "i": input }))["vincularAdolescente"].clone();
    assert_eq!(
        (done["avisos"].as_array().unwrap().len(), &done["edge"]["node"]["cadastroPendente"]),
        (1, &json!(true))
    );
    // The data in the body of a vínculo follow the rules of a registration.
    let (path, mut input) = vinculo(0, "203000000003");
    let body = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO", "cpf": { "numero": WRONG_CPF } });
    input["dados"] = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "2010-02-01", "sexoBiologico": "MASCULINO", "cpf": WRONG_CPF });
    fixture.refuses(C::CampoInvalido, 400, ("POST", &path, &body), ("vincularAdolescente", &input));
}

#[test]
fn r15_vincular_exige_apuracao_ativa_sem_vinculo_ativo() {
    let fixture = Fixture::new();
    fixture.refuses_vinculo(C::ProcessoNaoEncontrado, 404, 99, &fixture.rui);
    fixture.refuses_vinculo(C::TipoDeProcessoIncompativel, 400, 1, &fixture.rui);
    fixture.refuses_vinculo(C::ProcessoArquivado, 409, 2, &fixture.ana);
    fixture.refuses_vinculo(C::VinculoJaAtivo, 409, 0, &fixture.rui);
    // An active execução gives the same refusal, and the message names the execução.
    fixture.refuses_vinculo(C::VinculoJaAtivo, 409, 0, &fixture.ana);
    let (path, _) = vinculo(0, &fixture.ana);
    let message = fixture.rest("POST", &path, &Value::Null).body["mensagemUsuario"].clone();
    let expected_end = format!("execução ativa, a {}.", numero(1));
    assert!(message.as_str().unwrap().ends_with(&expected_end), "{message}");
    // An active execução alone does not prevent a vínculo with another apuração.
    assert_eq!(fixture.rest("POST", "/processos", &apuracao(3, &[&fixture.rui])).status, 200);
    let (path, _) = vinculo(3, &fixture.ana);
    assert_eq!(fixture.rest("POST", &path, &Value::Null).status, 200);
}

#[test]
fn r16_desvincular_exige_apuracao_ativa_e_nenhuma_execucao() {
    let fixture = Fixture::new();
    fixture.refuses_desvinculo(C::ProcessoNaoEncontrado, 404, 99, &fixture.rui);
    fixture.refuses_desvinculo(C::TipoDeProcessoIncompativel, 400, 1, &fixture.ana);
    fixture.refuses_desvinculo(C::ExecucaoAtiva, 409, 0, &fixture.ana);
    // The message names the execução.
    let (path, _) = vinculo(0, &fixture.ana);
    let refused = fixture.rest("DELETE", &path, &Value::Null).body;
    let message = format!("Adolescente possui execução ativa, a {}.", numero(1));
    assert_eq!(refused["mensagemUsuario"], message);
    // Unlinking registers no adolescente.
    fixture.refuses_desvinculo(C::VinculoNaoEncontrado, 404, 0, "203000000004");
    let search = fixture.rest("GET", "/adolescentes/identificador/203000000004", &Value::Null);
    assert_eq!(search.status, 404);
}

/// An execução of another tribunal does not prevent the unlinking, and the response does not name
/// it.
#[test]
fn r16_a_execucao_de_outro_tribunal_nao_conta_nem_se_diz() {
    let fixture = Fixture::new();
    let (apuracao, execucao) = (numero_of(817, 0), numero_of(817, 1));
    let other = fixture.app.adolescente("tjpe");
    fixture.app.cadastrado("tjpe", &NewProcesso::apuracao(&apuracao, &[&other]));
    let path = format!("/api/v1/processos/{apuracao}/apuracao/adolescentes/{}", fixture.rui);
    assert_eq!(fixture.app.post_text("tjpe", &path, "").status, 200);
    let execucao = NewProcesso::execucao(&execucao, &[&fixture.rui], &apuracao);
    fixture.app.cadastrado("tjpe", &execucao);

    let (path, _) = vinculo(0, &fixture.rui);
    let again = fixture.rest("POST", &path, &Value::Null);
    assert!(!again.text.contains("execução"), "{}", again.text);
    let desvinculado = fixture.rest("DELETE", &path, &Value::Null);
    assert_eq!(desvinculado.status, 200, "{}", desvinculado.text);
}

#[test]
fn r17_o_segundo_desvinculo_nao_acha_nada_e_o_primeiro_fica_na_historia() {
    let fixture = Fixture::new();
    let (path, _) = vinculo(0, &fixture.rui);
    assert_eq!(fixture.rest("DELETE", &path, &Value::Null).status, 200);
    fixture.refuses_desvinculo(C::VinculoNaoEncontrado, 404, 0, &fixture.rui);
    let dados = fixture
        .rest("GET", &format!("/processos/numero-processo/{}", numero(0)), &Value::Null)
        .body["dados"]
        .clone();
    assert_eq!(dados["identificadoresAdolescentes"], json!([fixture.ana]));
    assert_eq!(
        dados["adolescentes"][1],
        json!({ "identificador": fixture.rui, "situacao": "ENCERRADO" })
    );
}

#[test]
fn r18_o_ultimo_adolescente_fica() {
    let fixture = Fixture::new();
    assert_eq!(fixture.rest("POST", "/processos", &apuracao(3, &[&fixture.rui])).status, 200);
    fixture.refuses_desvinculo(C::UltimoAdolescente, 409, 3, &fixture.rui);
}

#[test]
fn r19_situacao_so_ativo_ou_arquivado_em_qualquer_caixa() {
    let fixture = Fixture::new();
    let request = |text: &str| {
        fixture.rest(
            "PUT",
            &format!("/processos/numero-processo/{}/situacao/{text}", numero(0)),
            &Value::Null,
        )
    };
    assert_eq!(
        (request("Suspenso").status, request("arquivado").status, request("ATIVO").status),
        (400, 200, 200)
    );
    // The checks run in this order: form, existence, value.
    let of = |processo: &str| {
        fixture
            .rest(
                "PUT",
                &format!("/processos/numero-processo/{processo}/situacao/Suspenso"),
                &Value::Null,
            )
            .status
    };
    assert_eq!((of("123"), of(&numero(99))), (400, 404));
    let query = format!(
        r#"mutation {{ alterarSituacao(input: {{processo: "{}", situacao: SUSPENSO}}) {{ alterado }} }}"#,
        numero(0)
    );
    assert_eq!(fixture.app.graphql("tjrn", &query, json!({})).status, 400);
}

#[test]
fn r20_a_mesma_situacao_nao_e_alteracao() {
    let fixture = Fixture::new();
    let before = fixture
        .rest("GET", &format!("/processos/numero-processo/{}", numero(0)), &Value::Null)
        .body["dados"]
        .clone();
    let path = format!("/processos/numero-processo/{}/situacao/Ativo", numero(0));
    assert_eq!(fixture.rest("PUT", &path, &Value::Null).body["dados"], before);
    let query = format!(
        r#"mutation {{ alterarSituacao(input: {{processo: "{}", situacao: ATIVO}}) {{ alterado processo {{ versao }} }} }}"#,
        numero(0)
    );
    assert_eq!(
        fixture.app.gql("tjrn", &query)["alterarSituacao"],
        json!({ "alterado": false, "processo": { "versao": before["versao"] } })
    );
    assert_eq!(
        fixture
            .app
            .database
            .count("SELECT count(*) AS n FROM evento WHERE tipo = 'SITUACAO_ALTERADA'"),
        1
    );
}

#[test]
fn r21_arquivar_a_apuracao_nao_toca_na_execucao() {
    let fixture = Fixture::new();
    assert_eq!(
        fixture
            .rest(
                "PUT",
                &format!("/processos/numero-processo/{}/situacao/Arquivado", numero(0)),
                &Value::Null
            )
            .status,
        200
    );
    let execucao = fixture
        .rest("GET", &format!("/processos/numero-processo/{}", numero(1)), &Value::Null)
        .body["dados"]
        .clone();
    assert_eq!((&execucao["situacaoProcesso"], &execucao["versao"]), (&json!("ATIVO"), &json!(1)));
}

#[test]
fn r22_a_execucao_leva_a_sua_apuracao() {
    let fixture = Fixture::new();
    for n in [0, 1] {
        let dados = fixture
            .rest(
                "GET",
                &format!("/processos/apuracao/numero-processo/{}", numero(n)),
                &Value::Null,
            )
            .body["dados"]
            .clone();
        let graph = fixture.app.gql_with(
            "tjrn",
            "query($n: NumeroProcesso!) { apuracao(numero: $n) { codigo } }",
            json!({ "n": numero(n) }),
        );
        assert_eq!(
            (&dados["id"], &dados["tipoProcesso"]),
            (&graph["apuracao"]["codigo"], &json!(APURACAO))
        );
    }
}

#[test]
fn r23_cpf_errado_em_cada_cadastro() {
    let fixture = Fixture::new();
    fixture.refuses_cadastro(
        C::CampoInvalido,
        400,
        &json!({ "magistradoCPF": WRONG_CPF }),
        &json!({ "magistrado": { "cpf": WRONG_CPF } }),
    );
    fixture.refuses_cadastro(
        C::CampoInvalido,
        400,
        &json!({ "serventuarioCPF": WRONG_CPF }),
        &json!({ "serventuario": { "cpf": WRONG_CPF } }),
    );
    let body = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO", "cpf": { "numero": WRONG_CPF } });
    let dados = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "2010-02-01", "sexoBiologico": "MASCULINO", "cpf": WRONG_CPF });
    fixture.refuses(
        C::CampoInvalido,
        400,
        ("POST", "/adolescentes", &body),
        ("cadastrarAdolescente", &json!({ "dados": dados })),
    );
}

#[test]
fn r24_o_minimo_do_adolescente() {
    let fixture = Fixture::new();
    let body = |nome: &str, nascimento: &str| json!({ "nome": nome, "sobrenome": "Fictício", "dataNascimento": nascimento, "sexoBiologico": "MASCULINO" });
    let input = |nome: &str, nascimento: &str| json!({ "dados": { "nome": nome, "sobrenome": "Fictício", "dataNascimento": nascimento, "sexoBiologico": "MASCULINO" } });
    let refuses = |code, rest: &Value, graphql: &Value| {
        fixture.refuses(
            code,
            400,
            ("POST", "/adolescentes", rest),
            ("cadastrarAdolescente", graphql),
        );
    };
    refuses(C::CampoObrigatorio, &body(" ", "01/02/2010"), &input(" ", "2010-02-01"));
    refuses(C::CampoInvalido, &body("N", "01/02/2999"), &input("N", "2999-02-01"));
}

#[test]
fn r25_cpf_ja_cadastrado_no_tribunal() {
    let fixture = Fixture::new();
    let body = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO", "cpf": { "numero": "52998224725" } });
    assert_eq!(fixture.rest("POST", "/adolescentes", &body).status, 200);
    let dados = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "2010-02-01", "sexoBiologico": "MASCULINO", "cpf": "52998224725" });
    fixture.refuses(
        C::AdolescenteJaExiste,
        409,
        ("POST", "/adolescentes", &body),
        ("cadastrarAdolescente", &json!({ "dados": dados })),
    );
    let alterar = json!({ "identificador": fixture.rui, "cpf": { "numero": "529.982.247-25" } });
    let input = json!({ "identificador": fixture.rui, "dados": { "cpf": "52998224725" } });
    fixture.refuses(
        C::AdolescenteJaExiste,
        409,
        ("PUT", "/adolescentes", &alterar),
        ("atualizarAdolescente", &input),
    );
    // Another tribunal keeps its own record of the person.
    assert_eq!(fixture.app.post("tjpe", "/api/v1/adolescentes", &body).status, 200);
}

#[test]
fn a_versao_que_mudou_desde_a_leitura() {
    let fixture = Fixture::new();
    let path = format!("/api/v1/processos/numero-processo/{}/situacao/Arquivado", numero(0));
    let response = fixture.app.rest("tjrn", "PUT", &path, &[("If-Match", "\"7\"")], &Value::Null);
    assert_eq!(code(&response), (412, "CONFLITO_DE_VERSAO"));
    let input = json!({ "processo": numero(0), "situacao": "ARQUIVADO", "versaoEsperada": 7 });
    assert_eq!(fixture.codes("alterarSituacao", &input), ["CONFLITO_DE_VERSAO"]);
}
