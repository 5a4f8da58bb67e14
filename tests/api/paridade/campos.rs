//! Values for the fields of an input: valid ones, those at a limit, and those past it.

use super::estado::{Estado, cpf, numero};
use chrono::Days;
use elos::processo::NumeroProcesso;
use serde_json::{Value, json};

/// A field of an input, by its path, and what to put there; null takes it away.
pub type Campo = (&'static str, Vec<Value>);

/// Texts at the limit and past it, blank, padded, with a control character, and no text.
pub fn textos(maximo: usize) -> Vec<Value> {
    let textos = ["x".into(), " x ".into(), "ç".repeat(maximo), "x".repeat(maximo + 1), " ".into()];
    let outros = [String::new(), "a\u{7}b".into(), "a\0b".into()];
    let textos = textos.into_iter().chain(outros).map(Value::String);
    textos.chain([json!(1), json!({}), Value::Null]).collect()
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

pub fn datas() -> Vec<Value> {
    let hoje = elos::value::time::dia(crate::support::agora());
    let dia = |data: Option<chrono::NaiveDate>| json!(data.unwrap().to_string());
    let mut datas =
        vec![dia(hoje.checked_sub_days(Days::new(1))), dia(hoje.checked_add_days(Days::new(2)))];
    let textos =
        ["2010-02-01", "1900-01-01", "1899-12-31", "2999-01-01", "2011-02-29", "2011-2-28", "x"];
    datas.extend(textos.map(Value::from));
    datas.extend([json!(1), Value::Null]);
    datas
}

pub fn inteiros(limite: i64) -> Vec<Value> {
    let perto = [0, 1, -1, limite, limite + 1, 2_147_483_648, -2_147_483_649].map(Value::from);
    perto.into_iter().chain([json!(1.5), json!({}), Value::Null]).collect()
}

pub fn versoes() -> Vec<Value> {
    vec![json!(1), json!(2), json!(3), json!(7)]
}

pub fn numeros() -> Vec<Value> {
    let mut numeros: Vec<Value> = (1..8).map(|n| numero(n).into()).collect();
    let nu = NumeroProcesso::sintetico(9_400_001, 2024, 820, 1);
    numeros.push(nu.digitos().into());
    // Of another tribunal, there and not there; of none; with wrong digits.
    for (n, tribunal) in [(0, 817), (1, 817), (1, 899)] {
        numeros
            .push(NumeroProcesso::sintetico(9_400_000 + n, 2024, tribunal, 1).to_string().into());
    }
    numeros.extend(["9000741-61.2021.8.20.0083", "9000741-62.2021.8.20.008"].map(Value::from));
    numeros
}

pub fn quem(estado: &Estado) -> Vec<Value> {
    let conhecidos = estado.identificadores.iter().map(|quem| json!(quem));
    conhecidos.chain([json!("203000000099")]).collect()
}

pub fn pessoa(adolescente: &str) -> Vec<Campo> {
    let nomes = ["nome", "sobrenome", "nomeMae", "nomePai", "naturalidade", "nomeSocial"];
    let mut campos: Vec<Campo> = nomes.map(|nome| (nome, textos(200))).into();
    let documentos =
        ["rg.numero", "rg.orgaoExpedidor", "certidaoNascimento.folha", "certidaoNascimento.livro"];
    campos.extend(documentos.map(|nome| (nome, textos(60))));
    campos.extend(["dataNascimento", "rg.dataExpedicao"].map(|nome| (nome, datas())));
    campos.push(("cpf", cpfs()));
    campos.push(("dataNascimentoPresumida", vec![json!(true), json!(false)]));
    campos.push(("sexoBiologico", ["MASCULINO", "INTERSEXO", "X"].map(Value::from).into()));
    campos.push(("racaCor", ["PARDA", "AZUL"].map(Value::from).into()));
    campos.push(("rg.estadoRg", ["RN", "ZZ", "rn"].map(Value::from).into()));
    if adolescente == "alteracao" {
        // In a change null erases in GraphQL and keeps in REST: it is not one input.
        campos.push(("dataObito", datas()));
    }
    campos
}
