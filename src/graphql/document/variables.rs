//! The variables of a request against what the operation declares.
//!
//! async-graphql reads a variable when a resolver asks for it; the second field
//! of a mutation would find it wrong after the first was committed.

use crate::graphql::document::scalars::{Confere, estranho};
use crate::graphql::document::schema::Esquema;
use crate::value::characters::Foreign;
use apollo_compiler::Node;
use apollo_compiler::ast::{Type, VariableDefinition};
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value, Variables};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariavelInvalida {
    #[error("falta a variável `${0}`")]
    Falta(String),
    #[error("a variável `{onde}` {problema}")]
    Valor { onde: String, problema: String },
    #[error("o valor de `{onde}` não é um `{escalar}`{estranho}")]
    Escalar { onde: String, escalar: String, estranho: Foreign },
}

pub fn conferir(
    esquema: &Esquema,
    confere: Confere,
    definicoes: &[Node<VariableDefinition>],
    variaveis: &Variables,
) -> Result<(), VariavelInvalida> {
    for definicao in definicoes {
        let falta = || Err(VariavelInvalida::Falta(definicao.name.to_string()));
        match variaveis.get(definicao.name.as_str()) {
            None if definicao.ty.is_non_null() && definicao.default_value.is_none() => {
                return falta();
            }
            Some(Value::Null) if definicao.ty.is_non_null() => return falta(),
            None => {}
            Some(valor) => {
                let mut conferencia =
                    Conferencia { esquema, confere, onde: format!("${}", definicao.name) };
                conferencia.valor(&definicao.ty, valor).map_err(|defeito| match defeito {
                    Defeito::Escalar(escalar, estranho) => {
                        VariavelInvalida::Escalar { onde: conferencia.onde, escalar, estranho }
                    }
                    Defeito::Outro(problema) => {
                        VariavelInvalida::Valor { onde: conferencia.onde, problema }
                    }
                })?;
            }
        }
    }
    Ok(())
}

enum Defeito {
    /// Not one of this custom scalar.
    Escalar(String, Foreign),
    Outro(String),
}

struct Conferencia<'e> {
    esquema: &'e Esquema,
    confere: Confere,
    /// Left at the value that is wrong.
    onde: String,
}

impl Conferencia<'_> {
    fn valor(&mut self, tipo: &Type, valor: &Value) -> Result<(), Defeito> {
        let esquema = self.esquema;
        let certo = match (valor, tipo) {
            (Value::Null, _) => !tipo.is_non_null(),
            (Value::List(itens), Type::List(de) | Type::NonNullList(de)) => {
                for (i, item) in itens.iter().enumerate() {
                    self.dentro(&format!("[{i}]"), |dentro| dentro.valor(de, item))?;
                }
                true
            }
            // One value stands for a list of one.
            (_, Type::List(de) | Type::NonNullList(de)) => return self.valor(de, valor),
            _ => match (esquema.valido.types.get(tipo.inner_named_type()), valor) {
                (Some(ExtendedType::Scalar(_)), _) => {
                    return self.escalar(tipo.inner_named_type(), valor);
                }
                (Some(ExtendedType::Enum(definido)), Value::String(dado)) => {
                    definido.values.contains_key(dado.as_str())
                }
                (Some(ExtendedType::InputObject(definida)), Value::Object(campos)) => {
                    return self.entrada(definida, campos);
                }
                _ => false,
            },
        };
        if certo { Ok(()) } else { Err(Defeito::Outro(format!("não é um `{tipo}`"))) }
    }

    fn entrada(
        &mut self,
        definida: &InputObjectType,
        dados: &IndexMap<Name, Value>,
    ) -> Result<(), Defeito> {
        for (nome, campo) in &definida.fields {
            match dados.get(nome.as_str()) {
                Some(valor) => {
                    self.dentro(&format!(".{nome}"), |dentro| dentro.valor(&campo.ty, valor))?;
                }
                None if campo.is_required() => {
                    let problema = format!("não tem o campo `{nome}`, que é obrigatório");
                    return Err(Defeito::Outro(problema));
                }
                None => {}
            }
        }
        let existe = |nome: &&Name| definida.fields.contains_key(nome.as_str());
        if let Some(nome) = dados.keys().find(|nome| !existe(nome)) {
            return Err(Defeito::Outro(format!("tem o campo `{nome}`, que não existe")));
        }
        let um = dados.len() == 1 && dados.values().all(|valor| *valor != Value::Null);
        match self.esquema.e_um_de(&definida.name) && !um {
            true => Err(Defeito::Outro("tem de ter um só dos seus campos, não nulo".to_owned())),
            false => Ok(()),
        }
    }

    fn escalar(&self, tipo: &str, valor: &Value) -> Result<(), Defeito> {
        let certo = match (tipo, valor) {
            // GraphQL's Int has 32 bits.
            ("Int", Value::Number(numero)) => match numero.as_i64() {
                Some(n) if i32::try_from(n).is_ok() => true,
                None if numero.is_f64() => false,
                _ => {
                    let problema = "está fora de -2147483648 a 2147483647".to_owned();
                    return Err(Defeito::Outro(problema));
                }
            },
            ("Float", Value::Number(_))
            | ("String" | "ID", Value::String(_))
            | ("Boolean", Value::Boolean(_)) => true,
            ("ID", Value::Number(numero)) => !numero.is_f64(),
            ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
            _ if (self.confere)(tipo, valor) => true,
            _ => return Err(Defeito::Escalar(tipo.to_owned(), estranho(valor))),
        };
        if certo { Ok(()) } else { Err(Defeito::Outro(format!("não é um `{tipo}`"))) }
    }

    fn dentro(
        &mut self,
        passo: &str,
        conferir: impl FnOnce(&mut Self) -> Result<(), Defeito>,
    ) -> Result<(), Defeito> {
        let antes = self.onde.len();
        self.onde.push_str(passo);
        conferir(self)?;
        self.onde.truncate(antes);
        Ok(())
    }
}

/// The value of a variable, or its default.
pub fn booleano(
    definicoes: &[Node<VariableDefinition>],
    variaveis: &Variables,
    nome: &str,
) -> Result<bool, VariavelInvalida> {
    let definida = definicoes.iter().find(|definicao| definicao.name == nome);
    let padrao = || definida.and_then(|definicao| definicao.default_value.as_ref()?.to_bool());
    let dado = match variaveis.get(&Name::new(nome)) {
        Some(Value::Boolean(valor)) => Some(*valor),
        Some(_) => None,
        None => padrao(),
    };
    dado.ok_or_else(|| VariavelInvalida::Falta(nome.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::document::validate::{Opcoes, escolher, validar};
    use serde_json::json;

    fn conferir_texto(texto: &str, variaveis: serde_json::Value) -> Result<(), String> {
        let esquema = Esquema::do_sdl(&crate::graphql::sdl()).unwrap();
        let documento = validar(&esquema, texto, Opcoes::default()).unwrap();
        let operacao = escolher(&documento, None).unwrap();
        let confere = |escalar: &str, valor: &Value| {
            escalar != "CPF" || matches!(valor, Value::String(s) if s.len() == 11)
        };
        conferir(&esquema, confere, &operacao.variables, &Variables::from_json(variaveis))
            .map_err(|erro| erro.to_string())
    }

    #[test]
    fn cada_valor_e_do_seu_tipo_e_o_erro_diz_onde() {
        let texto =
            "mutation($i: CadastrarProcessoInput!) { cadastrarProcesso(input: $i) { simulado } }";
        let certo = json!({
            "numero": "1", "tipo": "EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS", "adolescentes": ["1"],
            "idOrgao": 2_147_483_647, "appNameSistemaTribunal": "x", "magistrado": { "cpf": "00000000000" },
        });
        let com = |campo: &str, valor: serde_json::Value| {
            let mut outro = certo.clone();
            outro[campo] = valor;
            conferir_texto(texto, json!({ "i": outro })).err().unwrap_or_default()
        };
        assert_eq!(conferir_texto(texto, json!({ "i": certo })), Ok(()));
        assert_eq!(com("adolescentes", json!("1")), "");
        assert_eq!(
            com("idOrgao", json!(2_147_483_648_u64)),
            "a variável `$i.idOrgao` está fora de -2147483648 a 2147483647"
        );
        assert_eq!(com("idOrgao", json!(1.5)), "a variável `$i.idOrgao` não é um `Int`");
        assert_eq!(
            com("idOrgao", json!(u64::MAX)),
            "a variável `$i.idOrgao` está fora de -2147483648 a 2147483647"
        );
        assert_eq!(com("idOrgao", json!(null)), "a variável `$i.idOrgao` não é um `Int!`");
        assert_eq!(com("tipo", json!("NADA")), "a variável `$i.tipo` não é um `TipoProcesso!`");
        assert_eq!(
            com("adolescentes", json!(["1", null])),
            "a variável `$i.adolescentes[1]` não é um `IdentificadorAdolescente!`"
        );
        assert_eq!(com("nada", json!(1)), "a variável `$i` tem o campo `nada`, que não existe");
        assert_eq!(
            com("magistrado", json!({ "cpf": "1" })),
            "o valor de `$i.magistrado.cpf` não é um `CPF`"
        );
        assert_eq!(
            com("magistrado", json!([])),
            "a variável `$i.magistrado` não é um `ResponsavelInput`"
        );
        assert_eq!(
            conferir_texto(texto, json!({ "i": {} })),
            Err("a variável `$i` não tem o campo `numero`, que é obrigatório".to_owned())
        );
        for falta in [json!({}), json!({ "i": null })] {
            assert_eq!(conferir_texto(texto, falta), Err("falta a variável `$i`".to_owned()));
        }
    }

    #[test]
    fn um_de_quer_um_so_e_o_padrao_vale_por_quem_falta() {
        let texto = "mutation($e: EspecieGuiaInput!) { emitirGuia(input: {adolescente: \"1\", magistrado: {}, serventuario: {}, serventuarioCargo: \"x\", codigoTpuMedida: \"1\", atosInfracionais: [], especie: $e}) { simulado } }";
        let unificadora =
            json!({ "execucao": "1", "dataDecisao": "2020-01-01", "definitivas": [] });
        let com = |especie| conferir_texto(texto, json!({ "e": especie }));
        assert_eq!(com(json!({ "unificadora": unificadora })), Ok(()));
        let um_so = Err("a variável `$e` tem de ter um só dos seus campos, não nulo".to_owned());
        assert_eq!(com(json!({ "unificadora": unificadora, "definitiva": null })), um_so);
        assert_eq!(com(json!({ "definitiva": null })), um_so);
        assert_eq!(com(json!({})), um_so);
        let texto = "query($n: Int! = 1, $i: ID, $b: Boolean = true) { processos(first: $n, after: \"a\") { totalCount } node(id: \"a\") @skip(if: $b) { id } nodes(ids: [\"a\"]) { id } tramite(idt: \"1\") { idt } auditoria(recurso: $i) { totalCount } }";
        assert_eq!(conferir_texto(texto, json!({})), Ok(()));
        assert_eq!(conferir_texto(texto, json!({ "i": 12, "outra": {} })), Ok(()));
        assert!(conferir_texto(texto, json!({ "i": 1.5 })).is_err());
        assert!(conferir_texto(texto, json!({ "n": "1" })).is_err());
    }
}
