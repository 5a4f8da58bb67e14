//! Values for the fields of an input: valid ones, those at a limit, and those beyond it.

use super::state::{State, cpf};
use crate::support::{numero, numero_of};
use chrono::Days;
use serde_json::{Value, json};

/// The path of a field, and the values to try. Null removes the field.
pub type Field = (&'static str, Vec<Value>);

/// Texts at the limit and beyond it, blank texts, texts with spaces or control characters, and
/// other JSON.
pub fn texts(max: usize) -> Vec<Value> {
    let texts = ["x".into(), " x ".into(), "ç".repeat(max), "x".repeat(max + 1), " ".into()];
    let others = [String::new(), "a\u{7}b".into(), "a\0b".into()];
    let texts = texts.into_iter().chain(others).map(Value::String);
    texts.chain([json!(1), json!({}), Value::Null]).collect()
}

pub fn cpfs() -> Vec<Value> {
    vec![
        json!("529.982.247-25"),
        json!(cpf(2)),
        json!(cpf(77)),
        json!("52998224726"),
        json!("11111111111"),
        json!("x"),
        json!(1),
        Value::Null,
    ]
}

pub fn dates() -> Vec<Value> {
    let today = elos::value::time::day(crate::support::now());
    let day = |data: Option<chrono::NaiveDate>| json!(data.unwrap().to_string());
    let mut dates =
        vec![day(today.checked_sub_days(Days::new(1))), day(today.checked_add_days(Days::new(2)))];
    let texts =
        ["2010-02-01", "1900-01-01", "1899-12-31", "2999-01-01", "2011-02-29", "2011-2-28", "x"];
    dates.extend(texts.map(Value::from));
    dates.extend([json!(1), Value::Null]);
    dates
}

pub fn integers(limit: i64) -> Vec<Value> {
    let near = [0, 1, -1, limit, limit + 1, 2_147_483_648, -2_147_483_649].map(Value::from);
    near.into_iter().chain([json!(1.5), json!({}), Value::Null]).collect()
}

pub fn versions() -> Vec<Value> {
    vec![json!(1), json!(2), json!(3), json!(7)]
}

pub fn numeros() -> Vec<Value> {
    let mut numeros: Vec<Value> = (1..8).map(|n| numero(n).into()).collect();
    let without_punctuation = numero(1).replace(['-', '.'], "");
    numeros.push(without_punctuation.into());
    // Add a registered and an unknown number of another tribunal, one of no tribunal, one with
    // wrong check digits and one that is too short.
    for (tribunal, n) in [(817, 0), (817, 1), (899, 1)] {
        numeros.push(numero_of(tribunal, n).into());
    }
    numeros.extend(["9000741-61.2021.8.20.0083", "9000741-62.2021.8.20.008"].map(Value::from));
    numeros
}

pub fn who(state: &State) -> Vec<Value> {
    let known = state.identificadores.iter().map(|who| json!(who));
    known.chain([json!("203000000099")]).collect()
}

pub fn person(adolescente: &str) -> Vec<Field> {
    let names = ["nome", "sobrenome", "nomeMae", "nomePai", "naturalidade", "nomeSocial"];
    let mut fields: Vec<Field> = names.map(|name| (name, texts(200))).into();
    let documentos =
        ["rg.numero", "rg.orgaoExpedidor", "certidaoNascimento.folha", "certidaoNascimento.livro"];
    fields.extend(documentos.map(|name| (name, texts(60))));
    fields.extend(["dataNascimento", "rg.dataExpedicao"].map(|name| (name, dates())));
    fields.push(("cpf", cpfs()));
    fields.push(("dataNascimentoPresumida", vec![json!(true), json!(false)]));
    fields.push(("sexoBiologico", ["MASCULINO", "INTERSEXO", "X"].map(Value::from).into()));
    fields.push(("racaCor", ["PARDA", "AZUL"].map(Value::from).into()));
    fields.push(("rg.estadoRg", ["RN", "ZZ", "rn"].map(Value::from).into()));
    if adolescente == "alteracao" {
        // A registration has no `dataObito`.
        fields.push(("dataObito", dates()));
    }
    fields
}
