//! What must be known of a mutation before any of it runs.
//!
//! Its fields run one after the other, and each is committed: an error found at
//! the second would come too late for the first.

use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Value as ConstValue, Variables};
use std::collections::HashSet;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Recusada {
    #[error("a chave `{0}` se repete na raiz da mutation: dê um apelido a cada uso")]
    ChaveRepetida(Name),
    #[error("um inteiro está fora de -2147483648 a 2147483647")]
    InteiroGrande,
    #[error("falta a variável `${0}`")]
    FaltaVariavel(Name),
}

/// Refuses a mutation that would stop after having written.
pub fn conferir(
    documento: &ExecutableDocument,
    operacao: &OperationDefinition,
    variaveis: &Variables,
) -> Result<(), Recusada> {
    for definicao in operacao.variable_definitions.iter().map(|definicao| &definicao.node) {
        let exigida = !definicao.var_type.node.nullable && definicao.default_value.is_none();
        let dada = variaveis.get(&definicao.name.node);
        if exigida && dada.is_none_or(|valor| *valor == ConstValue::Null) {
            return Err(Recusada::FaltaVariavel(definicao.name.node.clone()));
        }
    }
    if operacao.ty != OperationType::Mutation {
        return Ok(());
    }
    if !variaveis.values().all(cabe) {
        return Err(Recusada::InteiroGrande);
    }
    raiz(documento, &operacao.selection_set.node, &mut HashSet::new())
}

/// The root fields, through fragments, whose size `expansao` has bounded.
fn raiz<'d>(
    documento: &'d ExecutableDocument,
    selecoes: &'d SelectionSet,
    chaves: &mut HashSet<&'d Name>,
) -> Result<(), Recusada> {
    for selecao in &selecoes.items {
        match &selecao.node {
            Selection::Field(campo) => {
                let chave = &campo.node.response_key().node;
                if !chaves.insert(chave) {
                    return Err(Recusada::ChaveRepetida(chave.clone()));
                }
                let mut argumentos = campo.node.arguments.iter().filter_map(|(_, valor)| {
                    // Variables were looked at already.
                    valor.node.clone().into_const_with(|_| Ok::<_, ()>(ConstValue::Null)).ok()
                });
                if !argumentos.all(|valor| cabe(&valor)) {
                    return Err(Recusada::InteiroGrande);
                }
            }
            Selection::InlineFragment(trecho) => {
                raiz(documento, &trecho.node.selection_set.node, chaves)?;
            }
            Selection::FragmentSpread(uso) => {
                if let Some(fragmento) = documento.fragments.get(&uso.node.fragment_name.node) {
                    raiz(documento, &fragmento.node.selection_set.node, chaves)?;
                }
            }
        }
    }
    Ok(())
}

/// GraphQL's Int has 32 bits; validation lets a longer one pass.
fn cabe(valor: &ConstValue) -> bool {
    match valor {
        ConstValue::Number(numero) => {
            numero.is_f64() || numero.as_i64().is_some_and(|n| i32::try_from(n).is_ok())
        }
        ConstValue::List(itens) => itens.iter().all(cabe),
        ConstValue::Object(campos) => campos.values().all(cabe),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use serde_json::json;

    fn conferir_texto(texto: &str, variaveis: serde_json::Value) -> Result<(), Recusada> {
        let documento = parse_query(texto).unwrap();
        let (_, operacao) = documento.operations.iter().next().unwrap();
        conferir(&documento, &operacao.node, &Variables::from_json(variaveis))
    }

    #[test]
    fn chave_repetida_na_raiz_se_acha_atraves_de_fragmentos() {
        let repetida = Err(Recusada::ChaveRepetida(Name::new("a")));
        assert_eq!(conferir_texto("mutation { a b x: a }", json!({})), Ok(()));
        assert_eq!(conferir_texto("mutation { a a }", json!({})), repetida);
        assert_eq!(
            conferir_texto("mutation { a ...F } fragment F on Mutation { a }", json!({})),
            repetida
        );
        assert_eq!(conferir_texto("mutation { a ... { a: b } }", json!({})), repetida);
        assert_eq!(conferir_texto("{ a a }", json!({})), Ok(()));
    }

    #[test]
    fn inteiros_e_variaveis_se_conferem_antes() {
        assert_eq!(conferir_texto("mutation { a(x: {y: [2147483647]}) }", json!({})), Ok(()));
        assert_eq!(
            conferir_texto("mutation { a(x: {y: [2147483648]}) }", json!({})),
            Err(Recusada::InteiroGrande)
        );
        assert_eq!(
            conferir_texto("mutation { a(x: -2147483649) }", json!({})),
            Err(Recusada::InteiroGrande)
        );
        let com = "mutation($i: I!) { a(x: $i) }";
        assert_eq!(conferir_texto(com, json!({ "i": { "n": 1.5 } })), Ok(()));
        assert_eq!(
            conferir_texto(com, json!({ "i": { "n": 18_446_744_073_709_551_615_u64 } })),
            Err(Recusada::InteiroGrande)
        );
        for falta in [json!({}), json!({ "i": null })] {
            assert_eq!(conferir_texto(com, falta), Err(Recusada::FaltaVariavel(Name::new("i"))));
        }
        assert_eq!(
            conferir_texto("mutation($i: I! = 1, $j: I) { a(x: $i, y: $j) }", json!({})),
            Ok(())
        );
    }
}
