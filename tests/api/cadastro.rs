//! The first write, through both doors.

use crate::support::{Ajustes, App, Modelo, rounds};
use elos::value::regras::{CamposDesconhecidos, Regras};
use serde_json::{Value, json};

const NUMERO: &str = "9000741-62.2021.8.20.0083";
const APURACAO: &str = "PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL";
const EXECUCAO: &str = "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS";

/// The body of the source document, with real values.
fn corpo(adolescente: &str) -> Value {
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

fn com(corpo: &Value, campo: &str, valor: impl Into<Value>) -> Value {
    let mut corpo = corpo.clone();
    corpo[campo] = valor.into();
    corpo
}

fn sem(corpo: &Value, campo: &str) -> Value {
    let mut corpo = corpo.clone();
    corpo.as_object_mut().unwrap().remove(campo);
    corpo
}

fn cadastrar(app: &App, corpo: &Value) -> crate::support::Resposta {
    app.post("tjrn", "/api/v1/processos", corpo)
}

#[test]
fn o_corpo_do_documento_cadastra_e_o_graphql_mostra() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    let resposta = cadastrar(&app, &corpo(&adolescente));
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    insta::assert_json_snapshot!(resposta.corpo, {
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
        app.gql_com("tjrn", query, json!({ "n": NUMERO }))["processo"],
        json!({
            "numero": NUMERO, "idOrgao": 1234, "idProcessoSistemaExterno": null, "numeroReferencia": null,
            "magistrado": { "nome": "Magistrada Fictícia", "cpf": "52998224725" },
            "serventuario": { "nome": "Serventuário Fictício", "cpf": null },
            "adolescentes": { "nodes": [{ "identificador": adolescente, "processos": { "nodes": [{ "numero": NUMERO }] } }] },
        })
    );
}

/// `idProcessoSistemaExterno` and `numeroProcessoReferencia` filled: on an apuração both are kept.
#[test]
fn r9_referencia_de_apuracao_fica_guardada_como_informacao() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    let cheio = com(&corpo(&adolescente), "numeroProcessoReferencia", "9000501-26.2024.8.20.0000");
    let resposta = cadastrar(&app, &cheio);
    assert_eq!(resposta.status, 200, "{}", resposta.texto);
    assert_eq!(resposta.corpo["dados"]["numeroProcessoReferencia"], "90005012620248200000");
}

#[test]
fn execucao_da_apuracao_com_os_seus_eventos() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    assert_eq!(cadastrar(&app, &corpo(&adolescente)).status, 200);
    let execucao = com(&corpo(&adolescente), "numeroProcesso", "90005012620248200000");
    let execucao =
        com(&com(&execucao, "tipoProcesso", EXECUCAO), "numeroProcessoReferencia", NUMERO);
    let resposta = cadastrar(&app, &execucao);
    assert_eq!(
        (resposta.status, &resposta.corpo["avisos"]),
        (200, &Value::Null),
        "{}",
        resposta.texto
    );

    let query = "query($n: NumeroProcesso!) { apuracao(numero: $n) { numero execucoes { nodes { numero apuracao { numero } } } } }";
    for numero in [NUMERO, "9000501-26.2024.8.20.0000"] {
        let apuracao = &app.gql_com("tjrn", query, json!({ "n": numero }))["apuracao"];
        assert_eq!(apuracao["numero"], NUMERO);
        assert_eq!(apuracao["execucoes"]["nodes"][0]["apuracao"]["numero"], NUMERO);
    }
    let eventos = app.banco.texto(elos::db::Sql::new(
        "SELECT string_agg(tipo || ' ' || coalesce(processo_id, adolescente_id) || ' ' || ator_azp, ', ' ORDER BY id) AS t FROM evento",
    ));
    assert_eq!(
        eventos,
        "ADOLESCENTE_CADASTRADO 1 tjrn, PROCESSO_CADASTRADO 1 tjrn, PROCESSO_CADASTRADO 2 tjrn, EXECUCAO_CADASTRADA 1 tjrn"
    );
}

#[test]
fn r11_execucao_sem_vinculo_na_apuracao_avisa_ou_recusa_pela_configuracao() {
    for exigir in [false, true] {
        let regras = Regras { exigir_vinculo_na_referencia: exigir, ..Regras::default() };
        let app = App::com(Modelo::Vazio, Ajustes { regras, ..Ajustes::default() });
        let (um, outro) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
        assert_eq!(cadastrar(&app, &corpo(&um)).status, 200);
        let execucao = com(&corpo(&outro), "numeroProcesso", "90005012620248200000");
        let execucao =
            com(&com(&execucao, "tipoProcesso", EXECUCAO), "numeroProcessoReferencia", NUMERO);
        let resposta = cadastrar(&app, &execucao);
        let aviso = "adolescentes: o adolescente não tem vínculo com a apuração de referência";
        match exigir {
            false => {
                assert_eq!((resposta.status, &resposta.corpo["avisos"]), (200, &json!([aviso])));
            }
            true => assert_eq!(resposta.status, 400, "{}", resposta.texto),
        }
    }
}

/// A rare interleaving needs many rounds to show.
fn rodadas() -> u32 {
    u32::try_from(rounds(15, 40)).unwrap()
}

/// R6 under a race: one number, written in two ways by 24 callers at once.
#[test]
fn r6_de_24_cadastros_do_mesmo_numero_um_so_vale() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    for rodada in 0..rodadas() {
        let numero = elos::processo::NumeroProcesso::sintetico(9_100_000 + rodada, 2024, 820, 1);
        let mut status: Vec<u16> = std::thread::scope(|escopo| {
            let chamadas: Vec<_> = (0..24)
                .map(|i| {
                    let escrito =
                        if i % 2 == 0 { numero.to_string() } else { numero.digitos().to_owned() };
                    let corpo = com(&corpo(&adolescente), "numeroProcesso", escrito);
                    let app = &app;
                    escopo.spawn(move || cadastrar(app, &corpo).status)
                })
                .collect();
            chamadas.into_iter().map(|chamada| chamada.join().unwrap()).collect()
        });
        status.sort_unstable();
        let mut esperado = vec![200];
        esperado.extend([409; 23]);
        assert_eq!(status, esperado, "round {rodada}");
    }
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM processo"), i64::from(rodadas()));
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM vinculo"), i64::from(rodadas()));
    assert_eq!(
        app.banco.contar("SELECT count(*) AS n FROM evento WHERE tipo = 'PROCESSO_CADASTRADO'"),
        i64::from(rodadas())
    );
}

/// R25 under a race, and the generator beside it.
#[test]
fn r25_de_16_cadastros_do_mesmo_cpf_um_so_vale_e_ninguem_repete_identificador() {
    let app = App::vazio();
    let corpo = |cpf: Option<&str>| {
        let mut corpo = json!({ "nome": "A", "sobrenome": "F", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
        if let Some(cpf) = cpf {
            corpo["cpf"] = json!({ "numero": cpf });
        }
        corpo
    };
    let respostas: Vec<_> = std::thread::scope(|escopo| {
        let chamadas: Vec<_> = (0..32)
            .map(|i| {
                let corpo = corpo((i % 2 == 0).then_some("52998224725"));
                let app = &app;
                escopo.spawn(move || app.post("tjrn", "/api/v1/adolescentes", &corpo))
            })
            .collect();
        chamadas.into_iter().map(|chamada| chamada.join().unwrap()).collect()
    });
    let feitos = respostas.iter().filter(|r| r.status == 200).count();
    let tomados = respostas.iter().filter(|r| r.status == 409).count();
    assert_eq!((feitos, tomados), (17, 15));
    assert_eq!(app.banco.contar("SELECT count(DISTINCT identificador) AS n FROM adolescente"), 17);
    // The same CPF in another tribunal is another record.
    assert_eq!(
        app.post("tjpe", "/api/v1/adolescentes", &corpo(Some("529.982.247-25"))).status,
        200
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases is long")]
fn cada_entrada_ruim_e_400_nomeia_o_campo_e_nada_grava() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    let bom = corpo(&adolescente);
    let longo = "x".repeat(101);
    let casos = [
        (sem(&bom, "numeroProcesso"), "numeroProcesso", "CAMPO_OBRIGATORIO"),
        (com(&bom, "numeroProcesso", "  "), "numeroProcesso", "CAMPO_OBRIGATORIO"),
        (com(&bom, "numeroProcesso", Value::Null), "numeroProcesso", "CAMPO_OBRIGATORIO"),
        (com(&bom, "numeroProcesso", 1), "numeroProcesso", "CAMPO_INVALIDO"),
        (
            com(&bom, "numeroProcesso", "9000741-62.2021.8.20.008"),
            "numeroProcesso",
            "CAMPO_INVALIDO",
        ),
        (
            com(&bom, "numeroProcesso", "9000741.62.2021.8.20.0083"),
            "numeroProcesso",
            "CAMPO_INVALIDO",
        ),
        (
            com(&bom, "numeroProcesso", "9000741-61.2021.8.20.0083"),
            "numeroProcesso",
            "NUMERO_DIGITO_INVALIDO",
        ),
        (
            com(&bom, "numeroProcesso", "9000630-14.2023.8.17.0044"),
            "numeroProcesso",
            "NUMERO_DE_OUTRO_TRIBUNAL",
        ),
        (sem(&bom, "tipoProcesso"), "tipoProcesso", "CAMPO_OBRIGATORIO"),
        (com(&bom, "tipoProcesso", "OUTRO"), "tipoProcesso", "CAMPO_INVALIDO"),
        (com(&bom, "tipoProcesso", json!({})), "tipoProcesso", "CAMPO_INVALIDO"),
        (sem(&bom, "idOrgao"), "idOrgao", "CAMPO_OBRIGATORIO"),
        (com(&bom, "idOrgao", 0), "idOrgao", "CAMPO_INVALIDO"),
        (com(&bom, "idOrgao", -1), "idOrgao", "CAMPO_INVALIDO"),
        (com(&bom, "idOrgao", 2_147_483_648_u64), "idOrgao", "CAMPO_INVALIDO"),
        (com(&bom, "idOrgao", 1.5), "idOrgao", "CAMPO_INVALIDO"),
        (com(&bom, "idOrgao", "1"), "idOrgao", "CAMPO_INVALIDO"),
        (sem(&bom, "appNameSistemaTribunal"), "appNameSistemaTribunal", "CAMPO_OBRIGATORIO"),
        (
            com(&bom, "appNameSistemaTribunal", longo.as_str()),
            "appNameSistemaTribunal",
            "CAMPO_INVALIDO",
        ),
        (
            com(&bom, "appNameSistemaTribunal", "a\u{0}b"),
            "appNameSistemaTribunal",
            "CAMPO_INVALIDO",
        ),
        (
            sem(&bom, "identificadoresAdolescentes"),
            "identificadoresAdolescentes",
            "CAMPO_OBRIGATORIO",
        ),
        (
            com(&bom, "identificadoresAdolescentes", json!([])),
            "identificadoresAdolescentes",
            "CAMPO_OBRIGATORIO",
        ),
        (
            com(&bom, "identificadoresAdolescentes", "x"),
            "identificadoresAdolescentes",
            "CAMPO_INVALIDO",
        ),
        (
            com(&bom, "identificadoresAdolescentes", json!([1])),
            "identificadoresAdolescentes[0]",
            "CAMPO_INVALIDO",
        ),
        (
            com(&bom, "identificadoresAdolescentes", json!(["x"])),
            "identificadoresAdolescentes[0]",
            "CAMPO_INVALIDO",
        ),
        (
            com(&bom, "identificadoresAdolescentes", json!([adolescente, adolescente])),
            "identificadoresAdolescentes[1]",
            "CAMPO_INVALIDO",
        ),
        (
            com(&bom, "identificadoresAdolescentes", json!(["202699999999"])),
            "identificadoresAdolescentes[0]",
            "ADOLESCENTE_NAO_ENCONTRADO",
        ),
        (
            com(&bom, "idProcessoSistemaExterno", longo.as_str()),
            "idProcessoSistemaExterno",
            "CAMPO_INVALIDO",
        ),
        (com(&bom, "numeroProcessoReferencia", "x"), "numeroProcessoReferencia", "CAMPO_INVALIDO"),
        (
            com(&bom, "numeroProcessoReferencia", "9000501-27.2024.8.20.0000"),
            "numeroProcessoReferencia",
            "NUMERO_DIGITO_INVALIDO",
        ),
        (com(&bom, "tipoProcesso", EXECUCAO), "numeroProcessoReferencia", "REFERENCIA_INVALIDA"),
        (
            com(&com(&bom, "tipoProcesso", EXECUCAO), "numeroProcessoReferencia", NUMERO),
            "numeroProcessoReferencia",
            "REFERENCIA_INVALIDA",
        ),
        (com(&bom, "magistradoCPF", "52998224726"), "magistradoCPF", "CAMPO_INVALIDO"),
        (com(&bom, "magistradoCPF", "x"), "magistradoCPF", "CAMPO_INVALIDO"),
        (com(&bom, "serventuarioCPF", "11111111111"), "serventuarioCPF", "CAMPO_INVALIDO"),
        (com(&bom, "serventuarioNome", "x".repeat(201)), "serventuarioNome", "CAMPO_INVALIDO"),
    ];
    for (corpo, campo, codigo) in casos {
        let resposta = cadastrar(&app, &corpo);
        assert_eq!(resposta.status, 400, "{campo} {codigo}: {}", resposta.texto);
        assert_eq!(resposta.corpo["categoria"], "ERRO");
        let erros = resposta.corpo["erros"].as_array().unwrap();
        assert!(
            erros.iter().any(|erro| erro.as_str().unwrap().starts_with(&format!("{campo}: "))),
            "{campo}: {erros:?}"
        );
        assert_eq!(resposta.corpo["mensagemDesenvolvedor"], codigo, "{campo}: {}", resposta.texto);
    }
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM processo"), 0);
    assert_eq!(
        app.banco.contar("SELECT count(*) AS n FROM evento WHERE processo_id IS NOT NULL"),
        0
    );
    assert_eq!(cadastrar(&app, &bom).status, 200);
}

#[test]
fn json_ruim_e_corpo_que_nao_e_objeto() {
    let app = App::vazio();
    let fundo = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    for corpo in ["", "{", "[]", "null", "1", "{\"a\":}", fundo.as_str(), "\u{feff}"] {
        for rota in ["/api/v1/processos", "/api/v1/adolescentes"] {
            let resposta = app.post_texto("tjrn", rota, corpo);
            assert_eq!(resposta.status, 400, "{corpo:.20}: {}", resposta.texto);
            assert_eq!(resposta.corpo["mensagemDesenvolvedor"], "BAD_USER_INPUT");
        }
    }
}

#[test]
fn violacoes_independentes_vem_juntas_nas_duas_portas() {
    let app = App::vazio();
    let ruim = json!({ "numeroProcesso": "9000630-15.2023.8.17.0044", "tipoProcesso": EXECUCAO, "idOrgao": 0,
        "appNameSistemaTribunal": "t", "identificadoresAdolescentes": ["202699999999", "202699999998"] });
    let resposta = cadastrar(&app, &ruim);
    let campos: Vec<_> = resposta.corpo["erros"]
        .as_array()
        .unwrap()
        .iter()
        .map(|erro| erro.as_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        campos,
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
    let dados = app.gql_com("tjrn", mutation, json!({ "input": { "numero": "9000630-15.2023.8.17.0044", "tipo": EXECUCAO,
        "idOrgao": 0, "appNameSistemaTribunal": "t", "adolescentes": ["202699999999", "202699999998"] } }));
    let payload = &dados["cadastrarProcesso"];
    assert_eq!(payload["processo"], Value::Null);
    let codigos: Vec<_> = payload["erros"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["codigo"].as_str().unwrap())
        .collect();
    assert_eq!(
        codigos,
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
    for politica in [CamposDesconhecidos::Avisar, CamposDesconhecidos::Recusar] {
        let regras = Regras { campos_desconhecidos: politica, ..Regras::default() };
        let app = App::com(Modelo::Vazio, Ajustes { regras, ..Ajustes::default() });
        let adolescente = app.adolescente("tjrn");
        let resposta = cadastrar(&app, &com(&corpo(&adolescente), "numeroprocesso", "x"));
        match politica {
            CamposDesconhecidos::Avisar => {
                assert_eq!(resposta.status, 200, "{}", resposta.texto);
                assert_eq!(
                    resposta.corpo["avisos"],
                    json!(["numeroprocesso: campo desconhecido, ignorado"])
                );
                assert_eq!(resposta.corpo["mensagemUsuario"], "Requisição efetuada com sucesso.");
            }
            CamposDesconhecidos::Recusar => {
                assert_eq!(resposta.status, 400, "{}", resposta.texto);
                assert_eq!(resposta.corpo["erros"], json!(["numeroprocesso: campo desconhecido"]));
            }
        }
    }
}

#[test]
fn r4_e_r5_se_relaxam_pela_configuracao() {
    let regras =
        Regras { verificar_digito: false, exigir_numero_do_tribunal: false, ..Regras::default() };
    let app = App::com(Modelo::Vazio, Ajustes { regras, ..Ajustes::default() });
    let adolescente = app.adolescente("tjrn");
    assert_eq!(
        cadastrar(&app, &com(&corpo(&adolescente), "numeroProcesso", "9000630-00.2023.8.17.0044"))
            .status,
        200
    );
    let resposta =
        cadastrar(&app, &com(&corpo(&adolescente), "numeroProcesso", "9000038-88.2022.8.28.0014"));
    assert_eq!(resposta.status, 400, "{}", resposta.texto);
}

#[test]
fn a_mutation_segue_as_mesmas_regras() {
    let app = App::vazio();
    let adolescente = "mutation($input: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $input) {
        adolescente { identificador nomeExibicao versao tribunal { sigla } } avisos erros { codigo campo ... on ErroCampoInvalido { regra } ... on ErroDeRegra { regra } } } }";
    let dados = json!({ "nome": " Ana ", "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO", "cpf": "529.982.247-25" });
    let feito = app.gql_com("tjrn", adolescente, json!({ "input": { "dados": dados } }));
    let feito = &feito["cadastrarAdolescente"];
    assert_eq!(feito["erros"], json!([]));
    assert_eq!(feito["adolescente"]["nomeExibicao"], "Ana Fictícia");
    let repetido = app.gql_com("tjrn", adolescente, json!({ "input": { "dados": dados } }));
    assert_eq!(
        repetido["cadastrarAdolescente"]["erros"],
        json!([{ "codigo": "ADOLESCENTE_JA_EXISTE", "campo": ["input", "dados", "cpf"], "regra": "R25" }])
    );

    let processo = "mutation($input: CadastrarProcessoInput!) { cadastrarProcesso(input: $input) {
        processo { numero versao adolescentes { nodes { identificador } } } query { eu { azp } }
        erros { __typename codigo campo ... on ErroProcessoJaExiste { existente { numero } } } } }";
    let input = json!({ "numero": NUMERO, "tipo": APURACAO, "adolescentes": [feito["adolescente"]["identificador"]],
        "idOrgao": 1, "appNameSistemaTribunal": "t", "magistrado": { "nome": "M", "cpf": "52998224725" } });
    let novo = app.gql_com("tjrn", processo, json!({ "input": input }));
    let novo = &novo["cadastrarProcesso"];
    assert_eq!(novo["erros"], json!([]));
    assert_eq!(
        novo["processo"]["adolescentes"]["nodes"][0]["identificador"],
        feito["adolescente"]["identificador"]
    );
    assert_eq!(novo["query"]["eu"]["azp"], "tjrn");
    let outro = app.gql_com("tjrn", processo, json!({ "input": input }));
    assert_eq!(
        outro["cadastrarProcesso"]["erros"],
        json!([{ "__typename": "ErroProcessoJaExiste", "codigo": "PROCESSO_JA_EXISTE", "campo": ["input", "numero"], "existente": { "numero": NUMERO } }])
    );
}

#[test]
fn adolescente_ruim_e_400_com_o_campo() {
    let app = App::vazio();
    let bom = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "01/02/2010", "sexoBiologico": "FEMININO" });
    for (campo, valor, nome) in [
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
        let resposta = app.post("tjrn", "/api/v1/adolescentes", &com(&bom, campo, valor));
        assert_eq!(resposta.status, 400, "{nome}: {}", resposta.texto);
        let erro = resposta.corpo["erros"][0].as_str().unwrap();
        assert!(erro.starts_with(&format!("{nome}: ")), "{nome}: {erro}");
    }
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 0);

    let cheio = json!({ "nome": "Ana", "sobrenome": "Fictícia", "dataNascimento": "29/02/2008", "sexoBiologico": "FEMININO",
        "dataNascimentoPresumida": "S", "racaCor": "PARDA", "nomeMae": "Mãe Fictícia", "naturalidade": "Natal",
        "cpf": { "numero": "52998224725" }, "rg": { "numero": "1", "orgaoExpedidor": "ITEP", "dataExpedicao": "01/01/2020", "estadoRg": "RN" },
        "certidaoNascimento": { "cartorio": "1", "livro": "2", "folha": "3", "numero": "4" } });
    let resposta = app.post("tjrn", "/api/v1/adolescentes", &cheio);
    let dados = &resposta.corpo["dados"];
    assert_eq!(dados["dataCompleta21Anos"], "01/03/2029", "{}", resposta.texto);
    assert_eq!(
        (&dados["rg"], &dados["cpf"], &dados["dataNascimentoPresumida"]),
        (&cheio["rg"], &cheio["cpf"], &json!("Sim"))
    );
}

/// A field of a mutation that cannot be read stops all of them, not those after it.
#[test]
fn nenhum_campo_da_mutation_grava_se_outro_esta_malformado() {
    let app = App::vazio();
    let bom = r#"a: cadastrarAdolescente(input: {dados: {nome: "A", sobrenome: "F", dataNascimento: "2010-01-01", sexoBiologico: FEMININO}}) { avisos }"#;
    let ruim = |valor: &str, campo: &str| {
        let variaveis = if valor == "$n" { "($n: Int!)" } else { "" };
        format!(
            r#"mutation{variaveis} {{ {bom} b: cadastrarProcesso(input: {{numero: "{NUMERO}", tipo: {APURACAO},
               adolescentes: [], idOrgao: {valor}, appNameSistemaTribunal: "t", {campo}}}) {{ avisos }} }}"#
        )
    };
    let casos = [
        (ruim("$n", ""), json!({}), "BAD_USER_INPUT"),
        (ruim("$n", ""), json!({ "n": null }), "BAD_USER_INPUT"),
        (ruim("$n", ""), json!({ "n": 3_000_000_000_u32 }), "BAD_USER_INPUT"),
        (ruim("3000000000", ""), json!({}), "GRAPHQL_VALIDATION_FAILED"),
        (ruim("1", r#"referencia: "x""#), json!({ "n": 1 }), "CAMPO_INVALIDO"),
        (ruim("1", r#"magistrado: {cpf: "x"}"#), json!({ "n": 1 }), "CAMPO_INVALIDO"),
        (
            format!("mutation {{ {bom} {} }}", bom.replace("\"A\"", "\"B\"")),
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ];
    for (mutation, variaveis, codigo) in casos {
        let resposta = app.graphql("tjrn", &mutation, variaveis);
        assert_eq!(resposta.status, 400, "{mutation}: {}", resposta.texto);
        assert_eq!(
            resposta.corpo["errors"][0]["extensions"]["code"], codigo,
            "{mutation}: {}",
            resposta.texto
        );
        assert_eq!(resposta.corpo.get("data"), None);
    }
    let variavel = "mutation($a: CadastrarAdolescenteInput!, $b: CadastrarAdolescenteInput!) {
        a: cadastrarAdolescente(input: $a) { avisos } b: cadastrarAdolescente(input: $b) { avisos } }";
    let dados = |nascimento: &str| json!({ "dados": { "nome": "A", "sobrenome": "F", "dataNascimento": nascimento, "sexoBiologico": "FEMININO" } });
    let resposta = app.graphql(
        "tjrn",
        variavel,
        json!({ "a": dados("2010-01-01"), "b": dados("2010-01- 1") }),
    );
    assert_eq!(
        (resposta.status, &resposta.corpo["errors"][0]["extensions"]["code"]),
        (400, &json!("CAMPO_INVALIDO")),
        "{}",
        resposta.texto
    );
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 0);
    app.gql_com("tjrn", variavel, json!({ "a": dados("2010-01-01"), "b": dados("2010-01-02") }));
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 2);
}

/// An item that could not be read keeps its place: the others are told by theirs.
#[test]
fn item_ilegivel_da_lista_guarda_o_lugar() {
    let app = App::vazio();
    let adolescente = app.adolescente("tjrn");
    let lista = json!(["x", "202699999999", adolescente, adolescente]);
    let resposta =
        cadastrar(&app, &com(&corpo(&adolescente), "identificadoresAdolescentes", lista));
    let campos: Vec<_> = resposta.corpo["erros"]
        .as_array()
        .unwrap()
        .iter()
        .map(|erro| erro.as_str().unwrap().split(':').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        campos,
        [
            "identificadoresAdolescentes[0]",
            "identificadoresAdolescentes[3]",
            "identificadoresAdolescentes[1]"
        ]
    );
    let execucao =
        com(&corpo(&adolescente), "identificadoresAdolescentes", json!(["x", adolescente]));
    let resposta = cadastrar(&app, &com(&execucao, "tipoProcesso", EXECUCAO));
    assert!(resposta.texto.contains("único adolescente"), "{}", resposta.texto);
}
