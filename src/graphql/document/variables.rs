//! Checks the variables of a request against the declarations of the operation.
//!
//! async-graphql reads a variable only when a resolver asks for it, so it could find a wrong one at
//! the second field of a mutation, after committing the first.

use crate::graphql::document::scalars::{CheckScalar, foreign};
use crate::graphql::document::schema::DocumentSchema;
use crate::value::characters::UnexpectedCharacter;
use apollo_compiler::Node;
use apollo_compiler::ast::{Type, VariableDefinition};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value, Variables};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVariable {
    #[error("falta a variável `${0}`")]
    Missing(String),
    #[error("a variável `{at}` {problem}")]
    Value { at: String, problem: String },
    #[error("o valor de `{at}` não é um `{scalar}`{foreign}")]
    Scalar { at: String, scalar: String, foreign: UnexpectedCharacter },
}

/// Checks the variables. Ignores those that the operation does not declare.
pub fn check(
    schema: &DocumentSchema,
    is_valid: CheckScalar,
    definitions: &[Node<VariableDefinition>],
    variables: &Variables,
) -> Result<(), InvalidVariable> {
    for definition in definitions {
        let missing = || Err(InvalidVariable::Missing(definition.name.to_string()));
        match variables.get(definition.name.as_str()) {
            None if definition.ty.is_non_null() && definition.default_value.is_none() => {
                return missing();
            }
            Some(Value::Null) if definition.ty.is_non_null() => return missing(),
            None => {}
            Some(value) => {
                let mut checker =
                    VariableChecker { schema, is_valid, at: format!("${}", definition.name) };
                checker.value(&definition.ty, value).map_err(|defect| match defect {
                    Defect::Scalar(scalar, foreign) => {
                        InvalidVariable::Scalar { at: checker.at, scalar, foreign }
                    }
                    Defect::Other(problem) => InvalidVariable::Value { at: checker.at, problem },
                })?;
            }
        }
    }
    Ok(())
}

enum Defect {
    /// The value is not valid for this custom scalar.
    Scalar(String, UnexpectedCharacter),
    Other(String),
}

struct VariableChecker<'s> {
    schema: &'s DocumentSchema,
    is_valid: CheckScalar,
    /// The path of the value that the checker looks at. After an error, the path of the wrong
    /// value.
    at: String,
}

impl VariableChecker<'_> {
    fn value(&mut self, ty: &Type, value: &Value) -> Result<(), Defect> {
        let schema = self.schema;
        let accepted = match (value, ty) {
            (Value::Null, _) => !ty.is_non_null(),
            (Value::List(items), Type::List(inner) | Type::NonNullList(inner)) => {
                for (i, item) in items.iter().enumerate() {
                    self.within(&format!("[{i}]"), |within| within.value(inner, item))?;
                }
                true
            }
            // Input coercion: a single value stands for a list of one.
            (_, Type::List(inner) | Type::NonNullList(inner)) => return self.value(inner, value),
            _ => match (schema.valid.types.get(ty.inner_named_type()), value) {
                (Some(ExtendedType::Scalar(_)), _) => {
                    return self.scalar(ty.inner_named_type(), value);
                }
                (Some(ExtendedType::Enum(defined)), Value::String(given)) => {
                    defined.values.contains_key(given.as_str())
                }
                (Some(ExtendedType::InputObject(defined)), Value::Object(fields)) => {
                    return self.input(defined, fields);
                }
                _ => false,
            },
        };
        if accepted { Ok(()) } else { Err(Defect::Other(format!("não é um `{ty}`"))) }
    }

    fn input(
        &mut self,
        defined: &InputObjectType,
        given: &IndexMap<Name, Value>,
    ) -> Result<(), Defect> {
        for (name, field) in &defined.fields {
            match given.get(name.as_str()) {
                Some(value) => {
                    self.within(&format!(".{name}"), |within| within.value(&field.ty, value))?;
                }
                None if field.is_required() => {
                    let problem = format!("não tem o campo `{name}`, que é obrigatório");
                    return Err(Defect::Other(problem));
                }
                None => {}
            }
        }
        let exists = |name: &&Name| defined.fields.contains_key(name.as_str());
        if let Some(name) = given.keys().find(|name| !exists(name)) {
            return Err(Defect::Other(format!("tem o campo `{name}`, que não existe")));
        }
        let one = given.len() == 1 && given.values().all(|value| *value != Value::Null);
        match self.schema.is_one_of(&defined.name) && !one {
            true => Err(Defect::Other("tem de ter um só dos seus campos, não nulo".to_owned())),
            false => Ok(()),
        }
    }

    fn scalar(&self, ty: &str, value: &Value) -> Result<(), Defect> {
        let accepted = match (ty, value) {
            // A GraphQL `Int` has 32 bits.
            ("Int", Value::Number(number)) => match number.as_i64() {
                Some(n) if i32::try_from(n).is_ok() => true,
                None if number.is_f64() => false,
                _ => {
                    let problem = "está fora de -2147483648 a 2147483647".to_owned();
                    return Err(Defect::Other(problem));
                }
            },
            ("Float", Value::Number(_))
            | ("String" | "ID", Value::String(_))
            | ("Boolean", Value::Boolean(_)) => true,
            ("ID", Value::Number(number)) => !number.is_f64(),
            ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
            _ if (self.is_valid)(ty, value) => true,
            _ => return Err(Defect::Scalar(ty.to_owned(), foreign(value))),
        };
        if accepted { Ok(()) } else { Err(Defect::Other(format!("não é um `{ty}`"))) }
    }

    fn within(
        &mut self,
        step: &str,
        check: impl FnOnce(&mut Self) -> Result<(), Defect>,
    ) -> Result<(), Defect> {
        let before = self.at.len();
        self.at.push_str(step);
        check(self)?;
        self.at.truncate(before);
        Ok(())
    }
}

/// Returns the value of a boolean variable, or its default.
pub fn boolean(
    definitions: &[Node<VariableDefinition>],
    variables: &Variables,
    name: &str,
) -> Result<bool, InvalidVariable> {
    let defined = definitions.iter().find(|definition| definition.name == name);
    let default = || defined.and_then(|definition| definition.default_value.as_ref()?.to_bool());
    let given = match variables.get(name) {
        Some(Value::Boolean(value)) => Some(*value),
        Some(_) => None,
        None => default(),
    };
    given.ok_or_else(|| InvalidVariable::Missing(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::document::validate::{ValidateOptions, select_operation, validate};
    use serde_json::json;

    fn check_text(text: &str, variables: serde_json::Value) -> Result<(), String> {
        let schema = DocumentSchema::from_sdl(&crate::graphql::sdl()).unwrap();
        let document = validate(&schema, text, ValidateOptions::default()).unwrap();
        let operation = select_operation(&document, None).unwrap();
        let is_valid = |scalar: &str, value: &Value| {
            scalar != "CPF" || matches!(value, Value::String(s) if s.len() == 11)
        };
        check(&schema, is_valid, &operation.variables, &Variables::from_json(variables))
            .map_err(|error| error.to_string())
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
            check_text(text, json!({ "i": other })).err().unwrap_or_default()
        };
        assert_eq!(check_text(text, json!({ "i": accepted })), Ok(()));
        assert_eq!(with("adolescentes", json!("1")), "");
        assert_eq!(
            with("idOrgao", json!(2_147_483_648_u64)),
            "a variável `$i.idOrgao` está fora de -2147483648 a 2147483647"
        );
        assert_eq!(with("idOrgao", json!(1.5)), "a variável `$i.idOrgao` não é um `Int`");
        assert_eq!(
            with("idOrgao", json!(u64::MAX)),
            "a variável `$i.idOrgao` está fora de -2147483648 a 2147483647"
        );
        assert_eq!(with("idOrgao", json!(null)), "a variável `$i.idOrgao` não é um `Int!`");
        assert_eq!(with("tipo", json!("NADA")), "a variável `$i.tipo` não é um `TipoProcesso!`");
        assert_eq!(
            with("adolescentes", json!(["1", null])),
            "a variável `$i.adolescentes[1]` não é um `IdentificadorAdolescente!`"
        );
        assert_eq!(with("nada", json!(1)), "a variável `$i` tem o campo `nada`, que não existe");
        assert_eq!(
            with("magistrado", json!({ "cpf": "1" })),
            "o valor de `$i.magistrado.cpf` não é um `CPF`"
        );
        assert_eq!(
            with("magistrado", json!([])),
            "a variável `$i.magistrado` não é um `ResponsavelInput`"
        );
        assert_eq!(
            check_text(text, json!({ "i": {} })),
            Err("a variável `$i` não tem o campo `numero`, que é obrigatório".to_owned())
        );
        for missing in [json!({}), json!({ "i": null })] {
            assert_eq!(check_text(text, missing), Err("falta a variável `$i`".to_owned()));
        }
    }

    #[test]
    fn one_of_takes_exactly_one_and_a_default_stands_for_the_missing() {
        let text = "mutation($e: EspecieGuiaInput!) { emitirGuia(input: {adolescente: \"1\", magistrado: {}, serventuario: {}, serventuarioCargo: \"x\", codigoTpuMedida: \"1\", atosInfracionais: [], especie: $e}) { simulado } }";
        let unificadora =
            json!({ "execucao": "1", "dataDecisao": "2020-01-01", "definitivas": [] });
        let with = |especie| check_text(text, json!({ "e": especie }));
        assert_eq!(with(json!({ "unificadora": unificadora })), Ok(()));
        let only_one = Err("a variável `$e` tem de ter um só dos seus campos, não nulo".to_owned());
        assert_eq!(with(json!({ "unificadora": unificadora, "definitiva": null })), only_one);
        assert_eq!(with(json!({ "definitiva": null })), only_one);
        assert_eq!(with(json!({})), only_one);
        let text = "query($n: Int! = 1, $i: ID, $b: Boolean = true) { processos(first: $n, after: \"a\") { totalCount } node(id: \"a\") @skip(if: $b) { id } nodes(ids: [\"a\"]) { id } tramite(idt: \"1\") { idt } auditoria(recurso: $i) { totalCount } }";
        assert_eq!(check_text(text, json!({})), Ok(()));
        assert_eq!(check_text(text, json!({ "i": 12, "outra": {} })), Ok(()));
        assert!(check_text(text, json!({ "i": 1.5 })).is_err());
        assert!(check_text(text, json!({ "n": "1" })).is_err());
    }
}
