use super::*;
use crate::graphql::document::schema::DocumentSchema;
use crate::graphql::document::validate::{ValidateOptions, select_operation, validate};
use async_graphql::{Value, Variables};
use serde_json::json;

fn coerce_text(text: &str, variables: serde_json::Value) -> Result<serde_json::Value, Vec<String>> {
    let schema = DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap();
    let document = validate(&schema, text, ValidateOptions::default()).unwrap().document;
    let operation = select_operation(&document, None).unwrap();
    let check_scalar = |scalar: &str, value: &Value| {
        let accepted = scalar != "CPF" || matches!(value, Value::String(s) if s.len() == 11);
        (!accepted).then(|| "são 11 dígitos".to_owned())
    };
    let variables = Variables::from_json(variables);
    coerce(&schema, check_scalar, &operation.variables, variables)
        .map(|coerced| serde_json::to_value(coerced).unwrap())
        .map_err(|errors| errors.iter().map(|error| error.message.to_string()).collect())
}

#[test]
fn each_value_is_of_its_type_and_an_error_tells_where() {
    let text =
        "mutation($i: CadastrarProcessoInput!) { cadastrarProcesso(input: $i) { simulado } }";
    let accepted = json!({
        "numero": "1", "tipo": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS", "adolescentes": ["1"],
        "idOrgao": 2_147_483_647, "appNameSistemaTribunal": "x", "magistrado": { "cpf": "00000000000" },
    });
    let with = |field: &str, value: serde_json::Value| {
        let mut other = accepted.clone();
        other[field] = value;
        coerce_text(text, json!({ "i": other })).err().unwrap_or_default().join("; ")
    };
    let outside = "a variável `$i.idOrgao` está fora de -2147483648 a 2147483647";
    for (field, value, message) in [
        ("idOrgao", json!(1), ""),
        ("adolescentes", json!("1"), ""),
        ("idOrgao", json!(20.0), ""),
        ("idOrgao", json!(2_147_483_648_u64), outside),
        ("idOrgao", json!(u64::MAX), outside),
        ("idOrgao", json!(1.5), "a variável `$i.idOrgao` não é um `Int!`"),
        ("idOrgao", json!(null), "a variável `$i.idOrgao` não é um `Int!`"),
        ("tipo", json!("NADA"), "a variável `$i.tipo` não é um `TipoProcesso!`"),
        (
            "adolescentes",
            json!(["1", null]),
            "a variável `$i.adolescentes[1]` não é um `IdentificadorAdolescente!`",
        ),
        ("nada", json!(1), "a variável `$i` tem o campo `nada`, que não existe"),
        (
            "magistrado",
            json!({ "cpf": "1" }),
            "o valor de `$i.magistrado.cpf` não é um `CPF`: são 11 dígitos",
        ),
        ("magistrado", json!([]), "a variável `$i.magistrado` não é um `ResponsavelInput`"),
    ] {
        assert_eq!(with(field, value), message);
    }
    let several = coerce_text(text, json!({ "i": {} })).unwrap_err();
    assert_eq!(several[0], "a variável `$i` não tem o campo `numero`, que é obrigatório");
    assert!(several.len() > 1);
    let absent = coerce_text(text, json!({}));
    assert_eq!(absent, Err(vec!["falta a variável `$i`".to_owned()]));
    let null = coerce_text(text, json!({ "i": null }));
    assert_eq!(null, Err(vec!["a variável `$i` não pode ser nula".to_owned()]));
}

#[test]
fn defaults_stand_for_what_is_absent_at_every_level() {
    let text = "query($o: ProcessoOrdem = {campo: NUMERO}, $n: Int = 3, $i: ID, $xs: [NumeroProcesso!]) {
        processos(ordem: $o, first: $n, filtro: {numero: $xs}) { totalCount } auditoria(recurso: $i) { totalCount } }";
    let given = |json| coerce_text(text, json).unwrap();
    let default = json!({ "campo": "NUMERO", "sentido": "ASC" });
    assert_eq!(given(json!({})), json!({ "n": 3, "o": default }));
    assert_eq!(given(json!({ "o": null, "n": null })), json!({ "n": null, "o": null }));
    let coerced =
        given(json!({ "o": { "campo": "NUMERO", "sentido": "DESC" }, "i": 12, "xs": "1" }));
    let expected =
        json!({ "i": "12", "n": 3, "o": { "campo": "NUMERO", "sentido": "DESC" }, "xs": ["1"] });
    assert_eq!(coerced, expected);
    assert!(coerce_text(text, json!({ "i": 1.5 })).is_err());
    assert!(coerce_text(text, json!({ "n": "1" })).is_err());
}

#[test]
fn one_of_takes_exactly_one() {
    let text = "mutation($e: EspecieGuiaInput!) { emitirGuia(input: {adolescente: \"1\", magistrado: {}, serventuario: {}, serventuarioCargo: \"x\", codigoTpuMedida: \"1\", atosInfracionais: [], especie: $e}) { simulado } }";
    let unificadora = json!({ "execucao": "1", "dataDecisao": "2020-01-01", "definitivas": [] });
    let with = |especie| coerce_text(text, json!({ "e": especie })).map(|_| ());
    assert_eq!(with(json!({ "unificadora": unificadora })), Ok(()));
    let message = "a variável `$e` tem de ter um só dos seus campos, não nulo".to_owned();
    let only_one = Err(vec![message]);
    assert_eq!(with(json!({ "unificadora": unificadora, "definitiva": null })), only_one);
    assert_eq!(with(json!({ "definitiva": null })), only_one);
    assert_eq!(with(json!({})), only_one);
}
