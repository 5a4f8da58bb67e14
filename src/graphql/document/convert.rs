//! A normalised operation in async-graphql's terms.
//!
//! Node by node rather than printed and parsed again: errors keep the lines and
//! columns of the client's text, and nothing depends on how another parser reads
//! a `\u{…}` or a block string.

use crate::graphql::document::normalize::{Campo, Selecao};
use crate::graphql::document::position::Posicoes;
use apollo_compiler::executable::Operation;
use apollo_compiler::{Name as Nome, Node, ast};
use async_graphql::parser::types::{
    Field, InlineFragment, OperationDefinition, OperationType, Selection, SelectionSet, Type,
    TypeCondition, VariableDefinition,
};
use async_graphql::{Name, Pos, Positioned, Value as ConstValue};
use async_graphql_value::{Number, Value};
use std::collections::HashSet;

/// The operation with these selections.
pub fn traduzir(
    operacao: &Node<Operation>,
    selecoes: &[Selecao],
    posicoes: &Posicoes<'_>,
) -> Positioned<OperationDefinition> {
    let mut traducao = Traducao { posicoes, usadas: HashSet::new() };
    let pos = posicoes.de(operacao.location());
    let selection_set = Positioned::new(traducao.selecoes(selecoes), pos);
    let definicoes = operacao.variables.iter();
    // A variable whose every use was skipped goes with them.
    let usadas = definicoes.filter(|definicao| traducao.usadas.contains(&definicao.name));
    let definicao = OperationDefinition {
        ty: tipo(operacao.operation_type),
        variable_definitions: usadas.filter_map(|v| variavel(v, posicoes)).collect(),
        directives: Vec::new(),
        selection_set,
    };
    Positioned::new(definicao, pos)
}

pub fn tipo(tipo: ast::OperationType) -> OperationType {
    match tipo {
        ast::OperationType::Query => OperationType::Query,
        ast::OperationType::Mutation => OperationType::Mutation,
        ast::OperationType::Subscription => OperationType::Subscription,
    }
}

fn variavel(
    definicao: &Node<ast::VariableDefinition>,
    posicoes: &Posicoes<'_>,
) -> Option<Positioned<VariableDefinition>> {
    let pos = posicoes.de(definicao.location());
    let padrao = definicao.default_value.as_ref().and_then(|valor| constante(valor));
    let definicao = VariableDefinition {
        name: Positioned::new(nome(&definicao.name), pos),
        var_type: Positioned::new(Type::new(&definicao.ty.to_string())?, pos),
        directives: Vec::new(),
        default_value: padrao.map(|valor| Positioned::new(valor, pos)),
    };
    Some(Positioned::new(definicao, pos))
}

/// None if it has a variable.
pub fn constante(valor: &ast::Value) -> Option<ConstValue> {
    fn sem_variavel(_: Name) -> Result<ConstValue, ()> {
        Err(())
    }
    traduzir_valor(valor, &mut HashSet::new()).into_const_with(sem_variavel).ok()
}

struct Traducao<'t> {
    posicoes: &'t Posicoes<'t>,
    usadas: HashSet<Nome>,
}

impl Traducao<'_> {
    fn selecoes(&mut self, selecoes: &[Selecao]) -> SelectionSet {
        let items = selecoes.iter().map(|selecao| match selecao {
            Selecao::Campo(campo) => self.campo(campo),
            Selecao::Em(tipo, campos) => {
                let items: Vec<_> = campos.iter().map(|campo| self.campo(campo)).collect();
                let pos = items.first().map_or_else(Pos::default, |primeiro| primeiro.pos);
                let condicao = TypeCondition { on: Positioned::new(nome(tipo), pos) };
                let trecho = InlineFragment {
                    type_condition: Some(Positioned::new(condicao, pos)),
                    directives: Vec::new(),
                    selection_set: Positioned::new(SelectionSet { items }, pos),
                };
                Positioned::new(Selection::InlineFragment(Positioned::new(trecho, pos)), pos)
            }
        });
        SelectionSet { items: items.collect() }
    }

    /// Without its directives: `@skip` and `@include` were applied, and the schema has no other.
    fn campo(&mut self, campo: &Campo) -> Positioned<Selection> {
        let origem = &campo.origem;
        let pos = self.posicoes.de(origem.location());
        let argumentos = origem.arguments.iter().map(|argumento| {
            let nome =
                Positioned::new(nome(&argumento.name), self.posicoes.de(argumento.location()));
            let valor = traduzir_valor(&argumento.value, &mut self.usadas);
            (nome, Positioned::new(valor, self.posicoes.de(argumento.value.location())))
        });
        let arguments = argumentos.collect();
        let campo = Field {
            alias: origem.alias.as_ref().map(|alias| Positioned::new(nome(alias), pos)),
            name: Positioned::new(nome(&origem.name), pos),
            arguments,
            directives: Vec::new(),
            selection_set: Positioned::new(self.selecoes(&campo.selecoes), pos),
        };
        Positioned::new(Selection::Field(Positioned::new(campo, pos)), pos)
    }
}

fn nome(nome: &Nome) -> Name {
    Name::new(nome.as_str())
}

fn traduzir_valor(valor: &ast::Value, usadas: &mut HashSet<Nome>) -> Value {
    match valor {
        ast::Value::Null => Value::Null,
        ast::Value::Boolean(valor) => Value::Boolean(*valor),
        ast::Value::Enum(valor) => Value::Enum(nome(valor)),
        ast::Value::String(texto) => Value::String(texto.clone()),
        ast::Value::Variable(variavel) => {
            usadas.insert(variavel.clone());
            Value::Variable(nome(variavel))
        }
        ast::Value::Int(inteiro) => numero(inteiro.as_str()),
        ast::Value::Float(real) => numero(real.as_str()),
        ast::Value::List(itens) => {
            Value::List(itens.iter().map(|item| traduzir_valor(item, usadas)).collect())
        }
        ast::Value::Object(campos) => {
            let campo = |(n, v): &(Nome, Node<ast::Value>)| (nome(n), traduzir_valor(v, usadas));
            Value::Object(campos.iter().map(campo).collect())
        }
    }
}

/// An integer longer than 64 bits, an `ID` for one, keeps its digits as text.
fn numero(texto: &str) -> Value {
    match texto.parse::<Number>() {
        Ok(numero) if !numero.is_f64() || texto.contains(['.', 'e', 'E']) => Value::Number(numero),
        _ => Value::String(texto.to_owned()),
    }
}
