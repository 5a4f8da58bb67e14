//! What is sent through both doors: for each mutation an input, and what varies in it.

use super::campos::{Campo, cpfs, datas, inteiros, numeros, pessoa, quem, textos, versoes};
use super::estado::{APURACAO, EXECUCAO, Estado, dados, definitiva, guia, numero, provisoria};
use serde_json::{Value, json};

/// A mutation, an input that it accepts, and what to vary in it.
pub struct Prova {
    pub nome: &'static str,
    pub mutation: &'static str,
    pub base: Value,
    pub campos: Vec<Campo>,
}

#[expect(clippy::too_many_lines, reason = "a table of inputs is long")]
pub fn dos_processos(estado: &Estado) -> Vec<Prova> {
    let (eva, ana, rui) =
        (&estado.identificadores[0], &estado.identificadores[1], &estado.identificadores[2]);
    let responsaveis = || -> Vec<Campo> {
        vec![
            ("magistrado.nome", textos(200)),
            ("magistrado.cpf", cpfs()),
            ("serventuario.nome", textos(200)),
            ("serventuario.cpf", cpfs()),
        ]
    };
    let sem_null = |campos: Vec<Campo>| -> Vec<Campo> {
        let filtrar =
            |(nome, valores): Campo| (nome, valores.into_iter().filter(|v| !v.is_null()).collect());
        campos.into_iter().map(filtrar).collect()
    };
    let mut cadastro = responsaveis();
    let listas = [
        json!([ana, rui]),
        json!([rui, rui]),
        json!([]),
        json!([rui, "203000000099"]),
        json!(["x"]),
        json!([eva]),
        json!([1]),
    ];
    cadastro.extend([
        ("numero", numeros()),
        ("tipo", [APURACAO, EXECUCAO, EXECUCAO, "OUTRO"].map(Value::from).into()),
        ("adolescentes", listas.into()),
        ("referencia", numeros()),
        ("tipo", vec![json!(EXECUCAO)]),
        ("adolescentes", vec![json!([eva]), json!([rui, "203000000099"])]),
        ("idOrgao", inteiros(i64::from(i32::MAX))),
        ("appNameSistemaTribunal", textos(100)),
        (
            "idProcessoSistemaExterno",
            vec![
                json!(estado.rascunhos[0]),
                json!(estado.rascunhos[1]),
                json!("x"),
                json!("x".repeat(101)),
            ],
        ),
    ]);
    let par = || -> Vec<Campo> {
        vec![("processo", numeros()), ("adolescente", quem(estado)), ("versaoEsperada", versoes())]
    };
    let mut dados_do_vinculo = par();
    dados_do_vinculo.push(("dados", vec![dados(), dados(), json!({ "nome": "Só" }), Value::Null]));
    dados_do_vinculo.extend([
        ("dados.nome", textos(200)),
        ("dados.cpf", cpfs()),
        ("dados.dataNascimento", datas()),
    ]);
    let mut mudanca: Vec<Campo> = vec![("processo", numeros()), ("versaoEsperada", versoes())];
    mudanca.extend(sem_null(responsaveis()));
    let alteracao = sem_null(pessoa("alteracao"))
        .into_iter()
        .map(|(nome, valores)| (dentro_de_dados(nome), valores));
    let alteracao =
        alteracao.chain([("identificador", quem(estado)), ("versaoEsperada", versoes())]);
    let cadastro_de_pessoa =
        pessoa("").into_iter().map(|(nome, valores)| (dentro_de_dados(nome), valores));
    vec![
        Prova {
            nome: "cadastrarProcesso",
            mutation: "cadastrarProcesso",
            base: json!({ "numero": numero(50), "tipo": APURACAO, "adolescentes": [rui], "idOrgao": 1,
                "appNameSistemaTribunal": "t", "referencia": numero(1) }),
            campos: cadastro,
        },
        Prova {
            nome: "atualizarResponsaveis",
            mutation: "atualizarResponsaveis",
            base: json!({ "processo": numero(1), "magistrado": { "nome": "M" } }),
            campos: mudanca,
        },
        Prova {
            nome: "alterarSituacao",
            mutation: "alterarSituacao",
            base: json!({ "processo": numero(1), "situacao": "ARQUIVADO" }),
            campos: vec![
                ("processo", numeros()),
                ("situacao", ["ATIVO", "ATIVO", "ARQUIVADO"].map(Value::from).into()),
                ("versaoEsperada", versoes()),
            ],
        },
        Prova {
            nome: "vincularAdolescente",
            mutation: "vincularAdolescente",
            base: json!({ "processo": numero(1), "adolescente": eva }),
            campos: dados_do_vinculo,
        },
        Prova {
            nome: "desvincularAdolescente",
            mutation: "desvincularAdolescente",
            base: json!({ "processo": numero(1), "adolescente": ana }),
            campos: par(),
        },
        Prova {
            nome: "cadastrarAdolescente",
            mutation: "cadastrarAdolescente",
            base: json!({ "dados": dados() }),
            campos: cadastro_de_pessoa.collect(),
        },
        Prova {
            nome: "atualizarAdolescente",
            mutation: "atualizarAdolescente",
            base: json!({ "identificador": ana, "dados": { "nomeMae": "Mãe" } }),
            campos: alteracao.collect(),
        },
        Prova {
            nome: "registrarRascunho",
            mutation: "registrarRascunho",
            base: json!({ "appNameSistemaTribunal": "t", "dados": "{}" }),
            campos: vec![
                ("appNameSistemaTribunal", textos(100)),
                ("dados", ["[]", "1", "x", r#"{"a":[1,{"b":null}]}"#].map(Value::from).into()),
                (
                    "dados",
                    [99_992, 99_993]
                        .map(|n| json!(format!("{{\"a\":\"{}\"}}", "x".repeat(n))))
                        .into(),
                ),
            ],
        },
    ]
}

pub fn dentro_de_dados(nome: &'static str) -> &'static str {
    Box::leak(format!("dados.{nome}").into_boxed_str())
}

#[expect(clippy::too_many_lines, reason = "a table of inputs is long")]
pub fn das_guias(estado: &Estado) -> Vec<Prova> {
    let (eva, definitivas) = (&estado.identificadores[0], &estado.guias);
    let atos = [
        json!([]),
        json!([{ "codigoTpu": "x" }]),
        json!([{ "codigoTpu": "1", "dataFato": "1899-01-01" }]),
        json!([{ "codigoTpu": "1" }, { "codigoTpu": " ", "descricao": "x".repeat(501) }]),
        json!(vec![json!({ "codigoTpu": "1" }); 101]),
    ];
    let comuns = || -> Vec<Campo> {
        vec![
            ("adolescente", quem(estado)),
            ("origem", ["SENTENCA_CONDENATORIA", "X"].map(Value::from).into()),
            ("magistrado.nome", textos(200)),
            ("magistrado.cpf", cpfs()),
            ("serventuario.nome", textos(200)),
            ("serventuario.cpf", cpfs()),
            ("serventuarioCargo", textos(200)),
            (
                "codigoTpuMedida",
                ["1", "12345678901", "x", " ", "1234567890"].map(Value::from).into(),
            ),
            ("atosInfracionais", atos.clone().into()),
        ]
    };
    let documentos = || {
        vec![
            json!([{ "tipoDocumento": "RG" }]),
            json!([{ "tipoDocumento": "X" }, { "tipoDocumento": " " }]),
            json!([{ "tipoDocumento": "CPF", "identificadorDocAutos": "x".repeat(201) }]),
            json!([]),
        ]
    };
    let unificar = [
        json!([definitivas[0]]),
        json!([definitivas[0], definitivas[0]]),
        json!([definitivas[1]]),
        json!([definitivas[2]]),
        json!([definitivas[3]]),
        json!(["202601019999"]),
        json!(["x", definitivas[0]]),
        json!([]),
        json!([definitivas[0], definitivas[3]]),
    ];
    let prova = |nome, especie, proprios: Vec<Campo>| {
        let mut base = guia(eva);
        base["especie"] = especie;
        let mut campos = comuns();
        // Twice, so that they are drawn as often as the many that all kinds have.
        campos.extend(proprios.iter().cloned());
        campos.extend(proprios);
        Prova { nome, mutation: "emitirGuia", base, campos }
    };
    vec![
        prova(
            "emitirGuia provisoria",
            provisoria(3),
            vec![
                ("especie.provisoria.apuracao", numeros()),
                ("especie.provisoria.dataSentenca", datas()),
                (
                    "especie.provisoria.houveInternacao",
                    vec![json!(true), json!(false), json!("x"), Value::Null],
                ),
                ("especie.provisoria.dataInicioInternacao", datas()),
                ("especie.provisoria.dataFimInternacao", datas()),
                ("especie.provisoria.documentos", documentos()),
            ],
        ),
        prova(
            "emitirGuia definitiva",
            definitiva(3),
            vec![
                ("especie.definitiva.apuracao", numeros()),
                ("especie.definitiva.dataSentenca", datas()),
                ("especie.definitiva.dataTransitoJulgado", datas()),
                ("especie.definitiva.documentos", documentos()),
            ],
        ),
        prova(
            "emitirGuia internacaoSancao",
            json!({ "internacaoSancao": { "apuracao": numero(3), "execucao": numero(4), "dataDecisao": "2024-03-01", "prazo": 90 } }),
            vec![
                ("especie.internacaoSancao.apuracao", numeros()),
                ("especie.internacaoSancao.execucao", numeros()),
                ("especie.internacaoSancao.dataDecisao", datas()),
                ("especie.internacaoSancao.prazo", inteiros(90)),
            ],
        ),
        prova(
            "emitirGuia unificadora",
            json!({ "unificadora": { "execucao": numero(4), "dataDecisao": "2024-03-01", "definitivas": [definitivas[0]] } }),
            vec![
                ("especie.unificadora.execucao", numeros()),
                ("especie.unificadora.dataDecisao", datas()),
                ("especie.unificadora.medidaResultante", textos(500)),
                ("especie.unificadora.definitivas", unificar.into()),
            ],
        ),
        Prova {
            nome: "baixarGuia",
            mutation: "baixarGuia",
            base: json!({ "numero": definitivas[0] }),
            campos: vec![
                (
                    "numero",
                    definitivas
                        .iter()
                        .map(|numero| json!(numero))
                        .chain(["202601019999", "x", "1"].map(Value::from))
                        .collect(),
                ),
                ("motivo", ["EXTINTA", "MAIORIDADE", "X"].map(Value::from).into()),
                ("versaoEsperada", versoes()),
            ],
        },
    ]
}
