//! Every rule of the source document, by its number, through both doors: the same
//! state, the same input in the words of each door, one verdict.

use crate::support::{App, Resposta};
use elos::error::CodigoErro;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";
const CPF_ERRADO: &str = "52998224726";

fn numero(n: u32) -> String {
    NumeroProcesso::sintetico(9_500_000 + n, 2024, 820, 1).to_string()
}

fn processo(n: u32, tipo: &str, adolescentes: &[&str], referencia: Option<&str>) -> Value {
    json!({ "numeroProcesso": numero(n), "tipoProcesso": tipo, "idOrgao": 1, "appNameSistemaTribunal": "t",
            "identificadoresAdolescentes": adolescentes, "numeroProcessoReferencia": referencia })
}

/// The path and the input of a link.
fn vinculo(n: u32, adolescente: &str) -> (String, Value) {
    let caminho = format!("/processos/{}/apuracao/adolescentes/{adolescente}", numero(n));
    (caminho, json!({ "processo": numero(n), "adolescente": adolescente }))
}

/// Apuração 0 of Ana and Rui, execução 1 of Ana, archived apuração 2 of Rui.
struct Cena {
    app: App,
    ana: String,
    rui: String,
}

impl Cena {
    fn nova() -> Self {
        let app = App::vazio();
        let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        let cena = Self { app, ana, rui };
        let feitos = [
            cena.rest("POST", "/processos", &processo(0, APURACAO, &[&cena.ana, &cena.rui], None)),
            cena.rest("POST", "/processos", &processo(1, EXECUCAO, &[&cena.ana], Some(&numero(0)))),
            cena.rest("POST", "/processos", &processo(2, APURACAO, &[&cena.rui], None)),
            cena.rest(
                "PUT",
                &format!("/processos/numero-processo/{}/situacao/Arquivado", numero(2)),
                &Value::Null,
            ),
        ];
        assert!(feitos.iter().all(|feito| feito.status == 200), "{feitos:?}");
        cena
    }

    fn rest(&self, metodo: &str, caminho: &str, corpo: &Value) -> Resposta {
        let bearer = format!("Bearer {}", self.app.token("tjrn"));
        let mut headers = vec![("Authorization", bearer.as_str())];
        let corpo = if corpo.is_null() { String::new() } else { corpo.to_string() };
        if !corpo.is_empty() {
            headers.push(("Content-Type", "application/json"));
        }
        self.app.pedir(metodo, &format!("/api/v1{caminho}"), &headers, corpo.as_bytes())
    }

    /// The codes that a mutation refuses with.
    fn codigos(&self, campo: &str, input: &Value) -> Vec<String> {
        let tipo = format!("{}{}Input", campo[..1].to_uppercase(), &campo[1..]);
        let query =
            format!("mutation($i: {tipo}!) {{ {campo}(input: $i) {{ erros {{ codigo }} }} }}");
        let dados = self.app.gql_com("tjrn", &query, json!({ "i": input }));
        let erros = dados[campo]["erros"].as_array().unwrap().clone();
        erros.iter().map(|erro| erro["codigo"].as_str().unwrap().to_owned()).collect()
    }

    /// Refused by both doors with this code, and with the status that the one table gives it.
    #[track_caller]
    fn recusa(
        &self,
        codigo: CodigoErro,
        status: u16,
        (metodo, caminho, corpo): (&str, &str, &Value),
        (campo, input): (&str, &Value),
    ) {
        let resposta = self.rest(metodo, caminho, corpo);
        let dito = resposta.corpo["mensagemDesenvolvedor"].as_str().unwrap_or_default();
        assert_eq!((resposta.status, dito), (status, codigo.nome()), "{}", resposta.texto);
        assert_eq!(self.codigos(campo, input), [codigo.nome()]);
    }

    /// A registration that both doors refuse: `trocas` are the fields that make it
    /// wrong, each in the words of REST and of GraphQL.
    #[track_caller]
    fn cadastro_recusado(&self, codigo: CodigoErro, status: u16, rest: &Value, graphql: &Value) {
        let mut corpo = processo(9, APURACAO, &[&self.rui], None);
        let mut input = json!({ "numero": numero(9), "tipo": APURACAO, "adolescentes": [self.rui], "idOrgao": 1,
            "appNameSistemaTribunal": "t" });
        for (alvo, trocas) in [(&mut corpo, rest), (&mut input, graphql)] {
            for (nome, valor) in trocas.as_object().unwrap() {
                alvo[nome] = valor.clone();
            }
        }
        self.recusa(codigo, status, ("POST", "/processos", &corpo), ("cadastrarProcesso", &input));
        assert_eq!(
            self.rest("GET", &format!("/processos/numero-processo/{}", numero(9)), &Value::Null)
                .status,
            404
        );
    }

    #[track_caller]
    fn vinculo_recusado(&self, codigo: CodigoErro, status: u16, n: u32, adolescente: &str) {
        let (caminho, input) = vinculo(n, adolescente);
        self.recusa(
            codigo,
            status,
            ("POST", &caminho, &Value::Null),
            ("vincularAdolescente", &input),
        );
    }

    #[track_caller]
    fn desvinculo_recusado(&self, codigo: CodigoErro, status: u16, n: u32, adolescente: &str) {
        let (caminho, input) = vinculo(n, adolescente);
        self.recusa(
            codigo,
            status,
            ("DELETE", &caminho, &Value::Null),
            ("desvincularAdolescente", &input),
        );
    }
}

use CodigoErro as C;

#[test]
fn r1_o_ausente_e_o_alheio_respondem_o_mesmo() {
    let cena = Cena::nova();
    let alheio = NumeroProcesso::sintetico(9_500_000, 2024, 817, 1).to_string();
    let de_pe = cena.app.adolescente("tjpe");
    let corpo = json!({ "numeroProcesso": alheio, "tipoProcesso": APURACAO, "idOrgao": 1, "appNameSistemaTribunal": "t",
        "identificadoresAdolescentes": [de_pe] });
    assert_eq!(cena.app.post("tjpe", "/api/v1/processos", &corpo).status, 200);
    for processo in [alheio, numero(99)] {
        let caminho = format!("/processos/numero-processo/{processo}/situacao/Ativo");
        let input = json!({ "processo": processo, "situacao": "ATIVO" });
        cena.recusa(
            C::ProcessoNaoEncontrado,
            404,
            ("PUT", &caminho, &Value::Null),
            ("alterarSituacao", &input),
        );
        let corpo = json!({ "numeroProcesso": processo, "magistradoNome": "M" });
        let input = json!({ "processo": processo, "magistrado": { "nome": "M" } });
        cena.recusa(
            C::ProcessoNaoEncontrado,
            404,
            ("PUT", "/processos", &corpo),
            ("atualizarResponsaveis", &input),
        );
    }
    let corpo = json!({ "identificador": de_pe, "nome": "N" });
    let input = json!({ "identificador": de_pe, "dados": { "nome": "N" } });
    cena.recusa(
        C::AdolescenteNaoEncontrado,
        404,
        ("PUT", "/adolescentes", &corpo),
        ("atualizarAdolescente", &input),
    );
}

#[test]
fn r3_os_campos_obrigatorios_do_cadastro() {
    let cena = Cena::nova();
    let branco = json!({ "appNameSistemaTribunal": " " });
    cena.cadastro_recusado(C::CampoObrigatorio, 400, &branco, &branco);
    cena.cadastro_recusado(
        C::CampoObrigatorio,
        400,
        &json!({ "identificadoresAdolescentes": [] }),
        &json!({ "adolescentes": [] }),
    );
    let lista = json!([cena.rui, cena.rui]);
    cena.cadastro_recusado(
        C::CampoInvalido,
        400,
        &json!({ "identificadoresAdolescentes": lista }),
        &json!({ "adolescentes": lista }),
    );
    // What GraphQL's types demand, REST's rule does.
    for campo in ["numeroProcesso", "tipoProcesso", "idOrgao"] {
        let mut corpo = processo(9, APURACAO, &[&cena.rui], None);
        corpo[campo] = Value::Null;
        let resposta = cena.rest("POST", "/processos", &corpo);
        assert_eq!(
            (resposta.status, &resposta.corpo["mensagemDesenvolvedor"]),
            (400, &json!("CAMPO_OBRIGATORIO"))
        );
        assert!(
            resposta.corpo["erros"][0].as_str().unwrap().starts_with(campo),
            "{}",
            resposta.texto
        );
    }
}

#[test]
fn r3_adolescente_desconhecido_no_cadastro() {
    let cena = Cena::nova();
    let lista = json!(["203000000009"]);
    cena.cadastro_recusado(
        C::AdolescenteNaoEncontrado,
        400,
        &json!({ "identificadoresAdolescentes": lista }),
        &json!({ "adolescentes": lista }),
    );
}

#[test]
fn r4_digito_verificador_errado() {
    let cena = Cena::nova();
    let errado = json!("9000741-63.2021.8.20.0083");
    cena.cadastro_recusado(
        C::NumeroDigitoInvalido,
        400,
        &json!({ "numeroProcesso": errado }),
        &json!({ "numero": errado }),
    );
    cena.cadastro_recusado(
        C::NumeroDigitoInvalido,
        400,
        &json!({ "numeroProcessoReferencia": errado }),
        &json!({ "referencia": errado }),
    );
}

#[test]
fn r5_numero_de_outro_tribunal() {
    let cena = Cena::nova();
    let alheio = json!("9000630-14.2023.8.17.0044");
    cena.cadastro_recusado(
        C::NumeroDeOutroTribunal,
        400,
        &json!({ "numeroProcesso": alheio }),
        &json!({ "numero": alheio }),
    );
}

#[test]
fn r6_numero_ja_cadastrado_ativo_ou_arquivado() {
    let cena = Cena::nova();
    for n in [0, 2] {
        let nu: String = numero(n).chars().filter(char::is_ascii_digit).collect();
        cena.cadastro_recusado(
            C::ProcessoJaExiste,
            409,
            &json!({ "numeroProcesso": nu }),
            &json!({ "numero": nu }),
        );
    }
}

#[test]
fn r7_orgao_positivo() {
    let cena = Cena::nova();
    cena.cadastro_recusado(
        C::CampoInvalido,
        400,
        &json!({ "idOrgao": 0 }),
        &json!({ "idOrgao": 0 }),
    );
}

#[test]
fn r8_rascunho_desconhecido_ou_consumido() {
    let cena = Cena::nova();
    let corpo = json!({ "appNameSistemaTribunal": "t", "dados": {} });
    let rascunho = cena.rest("POST", "/processo-rascunho", &corpo).corpo["dados"]["id"].clone();
    let desconhecido = json!({ "idProcessoSistemaExterno": "x" });
    cena.cadastro_recusado(C::RascunhoInvalido, 400, &desconhecido, &desconhecido);
    let mut consumir = processo(8, APURACAO, &[&cena.rui], None);
    consumir["idProcessoSistemaExterno"] = rascunho.clone();
    assert_eq!(cena.rest("POST", "/processos", &consumir).status, 200);
    let consumido = json!({ "idProcessoSistemaExterno": rascunho });
    cena.cadastro_recusado(C::RascunhoInvalido, 409, &consumido, &consumido);
}

#[test]
fn r9_execucao_sem_referencia_ou_de_si_mesma() {
    let cena = Cena::nova();
    cena.cadastro_recusado(
        C::ReferenciaInvalida,
        400,
        &json!({ "tipoProcesso": EXECUCAO }),
        &json!({ "tipo": EXECUCAO }),
    );
    let si = numero(9);
    cena.cadastro_recusado(
        C::ReferenciaInvalida,
        400,
        &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": si }),
        &json!({ "tipo": EXECUCAO, "referencia": si }),
    );
}

#[test]
fn r10_referencia_desconhecida_ou_que_nao_e_apuracao() {
    let cena = Cena::nova();
    for referencia in [numero(77), numero(1)] {
        cena.cadastro_recusado(
            C::ReferenciaInvalida,
            400,
            &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": referencia }),
            &json!({ "tipo": EXECUCAO, "referencia": referencia }),
        );
    }
}

#[test]
fn r11_execucao_de_dois_adolescentes() {
    let cena = Cena::nova();
    let novo = cena.app.adolescente("tjrn");
    let dois = json!([cena.rui, novo]);
    cena.cadastro_recusado(
        C::ExecucaoAdmiteUmAdolescente,
        400,
        &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": numero(0), "identificadoresAdolescentes": dois }),
        &json!({ "tipo": EXECUCAO, "referencia": numero(0), "adolescentes": dois }),
    );
}

#[test]
fn r12_segunda_execucao_ativa_no_cadastro_e_na_reativacao() {
    let cena = Cena::nova();
    let ana = json!([cena.ana]);
    cena.cadastro_recusado(
        C::ExecucaoAtiva,
        409,
        &json!({ "tipoProcesso": EXECUCAO, "numeroProcessoReferencia": numero(0), "identificadoresAdolescentes": ana }),
        &json!({ "tipo": EXECUCAO, "referencia": numero(0), "adolescentes": ana }),
    );
    let situacao = |n: u32, situacao: &str| {
        format!("/processos/numero-processo/{}/situacao/{situacao}", numero(n))
    };
    assert_eq!(cena.rest("PUT", &situacao(1, "Arquivado"), &Value::Null).status, 200);
    let outra = processo(7, EXECUCAO, &[&cena.ana], Some(&numero(0)));
    assert_eq!(cena.rest("POST", "/processos", &outra).status, 200);
    let input = json!({ "processo": numero(1), "situacao": "ATIVO" });
    cena.recusa(
        C::ExecucaoAtiva,
        409,
        ("PUT", &situacao(1, "Ativo"), &Value::Null),
        ("alterarSituacao", &input),
    );
}

#[test]
fn r13_nome_em_branco_e_cpf_errado() {
    let cena = Cena::nova();
    let alterar = |rest: Value, graphql: Value| {
        let mut corpo = json!({ "numeroProcesso": numero(0) });
        for (nome, valor) in rest.as_object().unwrap() {
            corpo[nome] = valor.clone();
        }
        let input = json!({ "processo": numero(0), "magistrado": graphql });
        cena.recusa(
            C::CampoInvalido,
            400,
            ("PUT", "/processos", &corpo),
            ("atualizarResponsaveis", &input),
        );
    };
    // In a body of the façade blank is absent, as in that of a registration.
    let branco = json!({ "numeroProcesso": numero(0), "magistradoNome": "" });
    assert_eq!(cena.rest("PUT", "/processos", &branco).status, 200);
    let input = json!({ "processo": numero(0), "magistrado": { "nome": "" } });
    assert_eq!(cena.codigos("atualizarResponsaveis", &input), [C::CampoInvalido.nome()]);
    alterar(json!({ "magistradoCPF": CPF_ERRADO }), json!({ "cpf": CPF_ERRADO }));
    // An archived processo has responsáveis that change too.
    let corpo = json!({ "numeroProcesso": numero(2), "serventuarioNome": "S" });
    assert_eq!(cena.rest("PUT", "/processos", &corpo).status, 200);
}

#[test]
fn r14_identificador_desconhecido_nasce_pendente_ou_com_dados() {
    let cena = Cena::nova();
    let (caminho, _) = vinculo(0, "203000000001");
    let feito = cena.rest("POST", &caminho, &Value::Null);
    assert_eq!(
        (feito.status, feito.corpo["avisos"].as_array().unwrap().len()),
        (200, 1),
        "{}",
        feito.texto
    );
    let (_, input) = vinculo(0, "203000000002");
    let query = "mutation($i: VincularAdolescenteInput!) { vincularAdolescente(input: $i) { avisos edge { node { cadastroPendente } } erros { codigo } } }";
    let feito =
        cena.app.gql_com("tjrn", query, json!({ "i": input }))["vincularAdolescente"].clone();
    assert_eq!(
        (feito["avisos"].as_array().unwrap().len(), &feito["edge"]["node"]["cadastroPendente"]),
        (1, &json!(true))
    );
    // The data that come with a link keep the rules of a registration.
    let (caminho, mut input) = vinculo(0, "203000000003");
    let corpo = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO", "cpf": { "numero": CPF_ERRADO } });
    input["dados"] = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "2010-02-01", "sexoBiologico": "MASCULINO", "cpf": CPF_ERRADO });
    cena.recusa(C::CampoInvalido, 400, ("POST", &caminho, &corpo), ("vincularAdolescente", &input));
}

#[test]
fn r15_vincular_exige_apuracao_ativa_sem_vinculo_ativo() {
    let cena = Cena::nova();
    cena.vinculo_recusado(C::ProcessoNaoEncontrado, 404, 99, &cena.rui);
    cena.vinculo_recusado(C::TipoDeProcessoIncompativel, 400, 1, &cena.rui);
    cena.vinculo_recusado(C::ProcessoArquivado, 409, 2, &cena.ana);
    cena.vinculo_recusado(C::VinculoJaAtivo, 409, 0, &cena.rui);
    // With an active execução too, and the message tells the two apart.
    cena.vinculo_recusado(C::VinculoJaAtivo, 409, 0, &cena.ana);
    let (caminho, _) = vinculo(0, &cena.ana);
    let mensagem = cena.rest("POST", &caminho, &Value::Null).corpo["mensagemUsuario"].clone();
    let dita = format!("execução ativa, a {}.", numero(1));
    assert!(mensagem.as_str().unwrap().ends_with(&dita), "{mensagem}");
    // An active execução alone does not block a new apuração.
    assert_eq!(
        cena.rest("POST", "/processos", &processo(3, APURACAO, &[&cena.rui], None)).status,
        200
    );
    let (caminho, _) = vinculo(3, &cena.ana);
    assert_eq!(cena.rest("POST", &caminho, &Value::Null).status, 200);
}

#[test]
fn r16_desvincular_exige_apuracao_ativa_e_nenhuma_execucao() {
    let cena = Cena::nova();
    cena.desvinculo_recusado(C::ProcessoNaoEncontrado, 404, 99, &cena.rui);
    cena.desvinculo_recusado(C::TipoDeProcessoIncompativel, 400, 1, &cena.ana);
    cena.desvinculo_recusado(C::ExecucaoAtiva, 409, 0, &cena.ana);
    // It names the execução that stands against it.
    let (caminho, _) = vinculo(0, &cena.ana);
    let recusada = cena.rest("DELETE", &caminho, &Value::Null).corpo;
    let mensagem = format!("Adolescente possui execução ativa, a {}.", numero(1));
    assert_eq!(recusada["mensagemUsuario"], mensagem);
    // Nobody is registered by being taken out.
    cena.desvinculo_recusado(C::VinculoNaoEncontrado, 404, 0, "203000000004");
    let busca = cena.rest("GET", "/adolescentes/identificador/203000000004", &Value::Null);
    assert_eq!(busca.status, 404);
}

/// An execução of another tribunal neither stands against it nor is named.
#[test]
fn r16_a_execucao_de_outro_tribunal_nao_conta_nem_se_diz() {
    let cena = Cena::nova();
    let na_pe = |n: u32| NumeroProcesso::sintetico(9_500_000 + n, 2024, 817, 1).to_string();
    let cadastrar = |corpo: &Value| cena.app.post("tjpe", "/api/v1/processos", corpo);
    let outro = cena.app.adolescente("tjpe");
    let mut apuracao = processo(0, APURACAO, &[&outro], None);
    apuracao["numeroProcesso"] = json!(na_pe(0));
    assert_eq!(cadastrar(&apuracao).status, 200);
    let caminho = format!("/api/v1/processos/{}/apuracao/adolescentes/{}", na_pe(0), cena.rui);
    assert_eq!(cena.app.post_texto("tjpe", &caminho, "").status, 200);
    let mut execucao = processo(1, EXECUCAO, &[&cena.rui], Some(&na_pe(0)));
    execucao["numeroProcesso"] = json!(na_pe(1));
    let feita = cadastrar(&execucao);
    assert_eq!(feita.status, 200, "{}", feita.texto);

    let (caminho, _) = vinculo(0, &cena.rui);
    let de_novo = cena.rest("POST", &caminho, &Value::Null);
    assert!(!de_novo.texto.contains("execução"), "{}", de_novo.texto);
    let desvinculado = cena.rest("DELETE", &caminho, &Value::Null);
    assert_eq!(desvinculado.status, 200, "{}", desvinculado.texto);
}

#[test]
fn r17_o_segundo_desvinculo_nao_acha_nada_e_o_primeiro_fica_na_historia() {
    let cena = Cena::nova();
    let (caminho, _) = vinculo(0, &cena.rui);
    assert_eq!(cena.rest("DELETE", &caminho, &Value::Null).status, 200);
    cena.desvinculo_recusado(C::VinculoNaoEncontrado, 404, 0, &cena.rui);
    let dados = cena
        .rest("GET", &format!("/processos/numero-processo/{}", numero(0)), &Value::Null)
        .corpo["dados"]
        .clone();
    assert_eq!(dados["identificadoresAdolescentes"], json!([cena.ana]));
    assert_eq!(
        dados["adolescentes"][1],
        json!({ "identificador": cena.rui, "situacao": "ENCERRADO" })
    );
}

#[test]
fn r18_o_ultimo_adolescente_fica() {
    let cena = Cena::nova();
    assert_eq!(
        cena.rest("POST", "/processos", &processo(3, APURACAO, &[&cena.rui], None)).status,
        200
    );
    cena.desvinculo_recusado(C::UltimoAdolescente, 409, 3, &cena.rui);
}

#[test]
fn r19_situacao_so_ativo_ou_arquivado_em_qualquer_caixa() {
    let cena = Cena::nova();
    let pedir = |texto: &str| {
        cena.rest(
            "PUT",
            &format!("/processos/numero-processo/{}/situacao/{texto}", numero(0)),
            &Value::Null,
        )
    };
    assert_eq!(
        (pedir("Suspenso").status, pedir("arquivado").status, pedir("ATIVO").status),
        (400, 200, 200)
    );
    // Pattern, then existence, then value.
    let de = |processo: &str| {
        cena.rest(
            "PUT",
            &format!("/processos/numero-processo/{processo}/situacao/Suspenso"),
            &Value::Null,
        )
        .status
    };
    assert_eq!((de("123"), de(&numero(99))), (400, 404));
    let query = format!(
        r#"mutation {{ alterarSituacao(input: {{processo: "{}", situacao: SUSPENSO}}) {{ alterado }} }}"#,
        numero(0)
    );
    assert_eq!(cena.app.graphql("tjrn", &query, json!({})).status, 400);
}

#[test]
fn r20_a_mesma_situacao_nao_e_alteracao() {
    let cena = Cena::nova();
    let antes = cena
        .rest("GET", &format!("/processos/numero-processo/{}", numero(0)), &Value::Null)
        .corpo["dados"]
        .clone();
    let caminho = format!("/processos/numero-processo/{}/situacao/Ativo", numero(0));
    assert_eq!(cena.rest("PUT", &caminho, &Value::Null).corpo["dados"], antes);
    let query = format!(
        r#"mutation {{ alterarSituacao(input: {{processo: "{}", situacao: ATIVO}}) {{ alterado processo {{ versao }} }} }}"#,
        numero(0)
    );
    assert_eq!(
        cena.app.gql("tjrn", &query)["alterarSituacao"],
        json!({ "alterado": false, "processo": { "versao": antes["versao"] } })
    );
    assert_eq!(
        cena.app.banco.contar("SELECT count(*) AS n FROM evento WHERE tipo = 'SITUACAO_ALTERADA'"),
        1
    );
}

#[test]
fn r21_arquivar_a_apuracao_nao_toca_na_execucao() {
    let cena = Cena::nova();
    assert_eq!(
        cena.rest(
            "PUT",
            &format!("/processos/numero-processo/{}/situacao/Arquivado", numero(0)),
            &Value::Null
        )
        .status,
        200
    );
    let execucao = cena
        .rest("GET", &format!("/processos/numero-processo/{}", numero(1)), &Value::Null)
        .corpo["dados"]
        .clone();
    assert_eq!((&execucao["situacaoProcesso"], &execucao["versao"]), (&json!("ATIVO"), &json!(1)));
}

#[test]
fn r22_a_execucao_leva_a_sua_apuracao() {
    let cena = Cena::nova();
    for n in [0, 1] {
        let dados = cena
            .rest(
                "GET",
                &format!("/processos/apuracao/numero-processo/{}", numero(n)),
                &Value::Null,
            )
            .corpo["dados"]
            .clone();
        let grafo = cena.app.gql_com(
            "tjrn",
            "query($n: NumeroProcesso!) { apuracao(numero: $n) { codigo } }",
            json!({ "n": numero(n) }),
        );
        assert_eq!(
            (&dados["id"], &dados["tipoProcesso"]),
            (&grafo["apuracao"]["codigo"], &json!(APURACAO))
        );
    }
}

#[test]
fn r23_cpf_errado_em_cada_cadastro() {
    let cena = Cena::nova();
    cena.cadastro_recusado(
        C::CampoInvalido,
        400,
        &json!({ "magistradoCPF": CPF_ERRADO }),
        &json!({ "magistrado": { "cpf": CPF_ERRADO } }),
    );
    cena.cadastro_recusado(
        C::CampoInvalido,
        400,
        &json!({ "serventuarioCPF": CPF_ERRADO }),
        &json!({ "serventuario": { "cpf": CPF_ERRADO } }),
    );
    let corpo = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO", "cpf": { "numero": CPF_ERRADO } });
    let dados = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "2010-02-01", "sexoBiologico": "MASCULINO", "cpf": CPF_ERRADO });
    cena.recusa(
        C::CampoInvalido,
        400,
        ("POST", "/adolescentes", &corpo),
        ("cadastrarAdolescente", &json!({ "dados": dados })),
    );
}

#[test]
fn r24_o_minimo_do_adolescente() {
    let cena = Cena::nova();
    let corpo = |nome: &str, nascimento: &str| json!({ "nome": nome, "sobrenome": "Fictício", "dataNascimento": nascimento, "sexoBiologico": "MASCULINO" });
    let input = |nome: &str, nascimento: &str| json!({ "dados": { "nome": nome, "sobrenome": "Fictício", "dataNascimento": nascimento, "sexoBiologico": "MASCULINO" } });
    let recusa = |codigo, rest: &Value, graphql: &Value| {
        cena.recusa(
            codigo,
            400,
            ("POST", "/adolescentes", rest),
            ("cadastrarAdolescente", graphql),
        );
    };
    recusa(C::CampoObrigatorio, &corpo(" ", "01/02/2010"), &input(" ", "2010-02-01"));
    recusa(C::CampoInvalido, &corpo("N", "01/02/2999"), &input("N", "2999-02-01"));
}

#[test]
fn r25_cpf_ja_cadastrado_no_tribunal() {
    let cena = Cena::nova();
    let corpo = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "01/02/2010", "sexoBiologico": "MASCULINO", "cpf": { "numero": "52998224725" } });
    assert_eq!(cena.rest("POST", "/adolescentes", &corpo).status, 200);
    let dados = json!({ "nome": "N", "sobrenome": "Fictício", "dataNascimento": "2010-02-01", "sexoBiologico": "MASCULINO", "cpf": "52998224725" });
    cena.recusa(
        C::AdolescenteJaExiste,
        409,
        ("POST", "/adolescentes", &corpo),
        ("cadastrarAdolescente", &json!({ "dados": dados })),
    );
    let alterar = json!({ "identificador": cena.rui, "cpf": { "numero": "529.982.247-25" } });
    let input = json!({ "identificador": cena.rui, "dados": { "cpf": "52998224725" } });
    cena.recusa(
        C::AdolescenteJaExiste,
        409,
        ("PUT", "/adolescentes", &alterar),
        ("atualizarAdolescente", &input),
    );
    // Another tribunal keeps its own record of the person.
    assert_eq!(cena.app.post("tjpe", "/api/v1/adolescentes", &corpo).status, 200);
}

#[test]
fn a_versao_que_mudou_desde_a_leitura() {
    let cena = Cena::nova();
    let bearer = format!("Bearer {}", cena.app.token("tjrn"));
    let headers = [("Authorization", bearer.as_str()), ("If-Match", "\"7\"")];
    let caminho = format!("/api/v1/processos/numero-processo/{}/situacao/Arquivado", numero(0));
    let resposta = cena.app.pedir("PUT", &caminho, &headers, b"");
    assert_eq!(
        (resposta.status, &resposta.corpo["mensagemDesenvolvedor"]),
        (412, &json!("CONFLITO_DE_VERSAO"))
    );
    let input = json!({ "processo": numero(0), "situacao": "ARQUIVADO", "versaoEsperada": 7 });
    assert_eq!(cena.codigos("alterarSituacao", &input), ["CONFLITO_DE_VERSAO"]);
}
