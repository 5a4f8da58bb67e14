//! The inputs that are sent through both APIs: for each mutation a valid input, and the fields to
//! vary.

use super::fields::{Field, cpfs, dates, integers, numeros, person, texts, versions, who};
use super::state::{State, dados, definitiva, guia, provisoria};
use crate::support::{APURACAO, EXECUCAO, numero};
use serde_json::{Value, json};

/// A mutation, an input that it accepts, and the fields to vary.
pub struct Case {
    pub name: &'static str,
    pub mutation: &'static str,
    pub base: Value,
    pub fields: Vec<Field>,
}

#[expect(clippy::too_many_lines, reason = "a table of inputs is long")]
pub fn processo_cases(state: &State) -> Vec<Case> {
    let (eva, ana, rui) =
        (&state.identificadores[0], &state.identificadores[1], &state.identificadores[2]);
    let responsaveis = || -> Vec<Field> {
        vec![
            ("magistrado.nome", texts(200)),
            ("magistrado.cpf", cpfs()),
            ("serventuario.nome", texts(200)),
            ("serventuario.cpf", cpfs()),
        ]
    };
    let without_null = |fields: Vec<Field>| -> Vec<Field> {
        let without_nulls =
            |(name, values): Field| (name, values.into_iter().filter(|v| !v.is_null()).collect());
        fields.into_iter().map(without_nulls).collect()
    };
    let mut cadastro = responsaveis();
    let lists = [
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
        ("adolescentes", lists.into()),
        ("referencia", numeros()),
        ("tipo", vec![json!(EXECUCAO)]),
        ("adolescentes", vec![json!([eva]), json!([rui, "203000000099"])]),
        ("idOrgao", integers(i64::from(i32::MAX))),
        ("appNameSistemaTribunal", texts(100)),
        (
            "idProcessoSistemaExterno",
            vec![
                json!(state.rascunhos[0]),
                json!(state.rascunhos[1]),
                json!("x"),
                json!("x".repeat(101)),
            ],
        ),
    ]);
    let pair = || -> Vec<Field> {
        vec![("processo", numeros()), ("adolescente", who(state)), ("versaoEsperada", versions())]
    };
    let mut vinculo_data = pair();
    vinculo_data.push(("dados", vec![dados(), dados(), json!({ "nome": "Só" }), Value::Null]));
    vinculo_data.extend([
        ("dados.nome", texts(200)),
        ("dados.cpf", cpfs()),
        ("dados.dataNascimento", dates()),
    ]);
    let mut change: Vec<Field> = vec![("processo", numeros()), ("versaoEsperada", versions())];
    change.extend(without_null(responsaveis()));
    let alteracao = without_null(person("alteracao"))
        .into_iter()
        .map(|(name, values)| (in_dados(name), values));
    let alteracao =
        alteracao.chain([("identificador", who(state)), ("versaoEsperada", versions())]);
    let person_cadastro = person("").into_iter().map(|(name, values)| (in_dados(name), values));
    vec![
        Case {
            name: "cadastrarProcesso",
            mutation: "cadastrarProcesso",
            base: json!({ "numero": numero(50), "tipo": APURACAO, "adolescentes": [rui], "idOrgao": 1,
                "appNameSistemaTribunal": "t", "referencia": numero(1) }),
            fields: cadastro,
        },
        Case {
            name: "atualizarResponsaveis",
            mutation: "atualizarResponsaveis",
            base: json!({ "processo": numero(1), "magistrado": { "nome": "M" } }),
            fields: change,
        },
        Case {
            name: "alterarSituacao",
            mutation: "alterarSituacao",
            base: json!({ "processo": numero(1), "situacao": "ARQUIVADO" }),
            fields: vec![
                ("processo", numeros()),
                ("situacao", ["ATIVO", "ATIVO", "ARQUIVADO"].map(Value::from).into()),
                ("versaoEsperada", versions()),
            ],
        },
        Case {
            name: "vincularAdolescente",
            mutation: "vincularAdolescente",
            base: json!({ "processo": numero(1), "adolescente": eva }),
            fields: vinculo_data,
        },
        Case {
            name: "desvincularAdolescente",
            mutation: "desvincularAdolescente",
            base: json!({ "processo": numero(1), "adolescente": ana }),
            fields: pair(),
        },
        Case {
            name: "cadastrarAdolescente",
            mutation: "cadastrarAdolescente",
            base: json!({ "dados": dados() }),
            fields: person_cadastro.collect(),
        },
        Case {
            name: "atualizarAdolescente",
            mutation: "atualizarAdolescente",
            base: json!({ "identificador": ana, "dados": { "nomeMae": "Mãe" } }),
            fields: alteracao.collect(),
        },
        Case {
            name: "registrarRascunho",
            mutation: "registrarRascunho",
            base: json!({ "appNameSistemaTribunal": "t", "dados": "{}" }),
            fields: vec![
                ("appNameSistemaTribunal", texts(100)),
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

pub fn in_dados(name: &'static str) -> &'static str {
    Box::leak(format!("dados.{name}").into_boxed_str())
}

#[expect(clippy::too_many_lines, reason = "a table of inputs is long")]
pub fn guia_cases(state: &State) -> Vec<Case> {
    let (eva, definitivas) = (&state.identificadores[0], &state.guias);
    let atos = [
        json!([]),
        json!([{ "codigoTpu": "x" }]),
        json!([{ "codigoTpu": "1", "dataFato": "1899-01-01" }]),
        json!([{ "codigoTpu": "1" }, { "codigoTpu": " ", "descricao": "x".repeat(501) }]),
        json!(vec![json!({ "codigoTpu": "1" }); 101]),
    ];
    let common = || -> Vec<Field> {
        vec![
            ("adolescente", who(state)),
            ("origem", ["SENTENCA_CONDENATORIA", "X"].map(Value::from).into()),
            ("magistrado.nome", texts(200)),
            ("magistrado.cpf", cpfs()),
            ("serventuario.nome", texts(200)),
            ("serventuario.cpf", cpfs()),
            ("serventuarioCargo", texts(200)),
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
    let unify = [
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
    let case = |name, especie, own: Vec<Field>| {
        let mut base = guia(eva);
        base["especie"] = especie;
        let mut fields = common();
        // Add these fields twice, so that the test draws them more often, beside the many fields
        // that every especie has.
        fields.extend(own.iter().cloned());
        fields.extend(own);
        Case { name, mutation: "emitirGuia", base, fields }
    };
    vec![
        case(
            "emitirGuia provisoria",
            provisoria(3),
            vec![
                ("especie.provisoria.apuracao", numeros()),
                ("especie.provisoria.dataSentenca", dates()),
                (
                    "especie.provisoria.houveInternacao",
                    vec![json!(true), json!(false), json!("x"), Value::Null],
                ),
                ("especie.provisoria.dataInicioInternacao", dates()),
                ("especie.provisoria.dataFimInternacao", dates()),
                ("especie.provisoria.documentos", documentos()),
            ],
        ),
        case(
            "emitirGuia definitiva",
            definitiva(3),
            vec![
                ("especie.definitiva.apuracao", numeros()),
                ("especie.definitiva.dataSentenca", dates()),
                ("especie.definitiva.dataTransitoJulgado", dates()),
                ("especie.definitiva.documentos", documentos()),
            ],
        ),
        case(
            "emitirGuia internacaoSancao",
            json!({ "internacaoSancao": { "apuracao": numero(3), "execucao": numero(4), "dataDecisao": "2024-03-01", "prazo": 90 } }),
            vec![
                ("especie.internacaoSancao.apuracao", numeros()),
                ("especie.internacaoSancao.execucao", numeros()),
                ("especie.internacaoSancao.dataDecisao", dates()),
                ("especie.internacaoSancao.prazo", integers(90)),
            ],
        ),
        case(
            "emitirGuia unificadora",
            json!({ "unificadora": { "execucao": numero(4), "dataDecisao": "2024-03-01", "definitivas": [definitivas[0]] } }),
            vec![
                ("especie.unificadora.execucao", numeros()),
                ("especie.unificadora.dataDecisao", dates()),
                ("especie.unificadora.medidaResultante", texts(500)),
                ("especie.unificadora.definitivas", unify.into()),
            ],
        ),
        Case {
            name: "baixarGuia",
            mutation: "baixarGuia",
            base: json!({ "numero": definitivas[0] }),
            fields: vec![
                (
                    "numero",
                    definitivas
                        .iter()
                        .map(|numero| json!(numero))
                        .chain(["202601019999", "x", "1"].map(Value::from))
                        .collect(),
                ),
                ("motivo", ["EXTINTA", "MAIORIDADE", "X"].map(Value::from).into()),
                ("versaoEsperada", versions()),
            ],
        },
    ]
}
