//! The rules that apollo-compiler 1 does not have: what stands inside a list or an
//! input object (variables' positions, unique names), and `@oneOf`.
//!
//! Found by comparing with graphql-js, document by document (`oraculo/`).

use crate::graphql::document::normalize::{Campo, Selecao as Normalizada};
use crate::graphql::document::position::Posicoes;
use crate::graphql::document::schema::Esquema;
use crate::graphql::document::validate::ErroNoDocumento;
use apollo_compiler::ast::{Argument, DirectiveList, Type, Value};
use apollo_compiler::executable::{Operation, Selection, SelectionSet, VariableDefinition};
use apollo_compiler::schema::InputValueDefinition;
use apollo_compiler::{ExecutableDocument, Name, Node};
use std::collections::{HashMap, HashSet};

/// What a document that apollo-compiler finds valid still breaks.
pub fn conferir(
    esquema: &Esquema,
    documento: &ExecutableDocument,
    posicoes: &Posicoes<'_>,
) -> Vec<ErroNoDocumento> {
    let mut erros = Vec::new();
    // A fragment is another with each operation's variables.
    for operacao in documento.operations.iter() {
        Conferencia {
            esquema,
            documento,
            posicoes,
            variaveis: por_nome(operacao),
            erros: &mut erros,
        }
        .operacao(operacao);
    }
    erros
}

fn por_nome(operacao: &Operation) -> HashMap<&Name, &VariableDefinition> {
    operacao.variables.iter().map(|variavel| (&variavel.name, &**variavel)).collect()
}

struct Conferencia<'a> {
    esquema: &'a Esquema,
    documento: &'a ExecutableDocument,
    posicoes: &'a Posicoes<'a>,
    variaveis: HashMap<&'a Name, &'a VariableDefinition>,
    erros: &'a mut Vec<ErroNoDocumento>,
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Lugar<'a> {
    tipo: &'a Type,
    tem_padrao: bool,
    um_de: bool,
}

impl<'a> Conferencia<'a> {
    fn operacao(&mut self, operacao: &'a Operation) {
        for variavel in &operacao.variables {
            if let Some(valor) = &variavel.default_value {
                let tipo = &*variavel.ty;
                self.valor(Lugar { tipo, tem_padrao: false, um_de: false }, valor);
            }
        }
        let mut vistos = HashSet::new();
        let mut por_ver: Vec<&'a SelectionSet> = vec![&operacao.selection_set];
        while let Some(selecoes) = por_ver.pop() {
            for selecao in &selecoes.selections {
                self.diretivas(selecao.directives());
                match selecao {
                    Selection::Field(campo) => {
                        self.argumentos(&campo.arguments, &campo.definition.arguments);
                        por_ver.push(&campo.selection_set);
                    }
                    Selection::InlineFragment(trecho) => por_ver.push(&trecho.selection_set),
                    Selection::FragmentSpread(uso) if vistos.insert(&uso.fragment_name) => {
                        let fragmento = self.documento.fragments.get(&uso.fragment_name);
                        por_ver.extend(fragmento.map(|fragmento| &fragmento.selection_set));
                    }
                    Selection::FragmentSpread(_) => {}
                }
            }
        }
    }

    fn diretivas(&mut self, diretivas: &DirectiveList) {
        let esquema = self.esquema;
        for diretiva in diretivas {
            if let Some(definida) = esquema.valido.directive_definitions.get(&diretiva.name) {
                self.argumentos(&diretiva.arguments, &definida.arguments);
            }
        }
    }

    fn argumentos(&mut self, dados: &[Node<Argument>], definidos: &[Node<InputValueDefinition>]) {
        for argumento in dados {
            if let Some(definido) = definidos.iter().find(|d| d.name == argumento.name) {
                self.valor(Lugar::de(definido), &argumento.value);
            }
        }
    }

    fn valor(&mut self, lugar: Lugar<'_>, valor: &Node<Value>) {
        match &**valor {
            Value::Variable(nome) => self.variavel(lugar, nome, valor),
            Value::List(itens) => {
                let tipo = lugar.tipo.item_type();
                let lugar = Lugar { tipo, tem_padrao: false, um_de: false };
                for item in itens {
                    self.valor(lugar, item);
                }
            }
            Value::Object(campos) => self.objeto(lugar.tipo.inner_named_type(), valor, campos),
            _ => {}
        }
    }

    fn objeto(&mut self, nome: &Name, valor: &Node<Value>, campos: &[(Name, Node<Value>)]) {
        let esquema = self.esquema;
        let mut nomes = HashSet::new();
        if let Some((repetido, _)) = campos.iter().find(|(nome, _)| !nomes.insert(nome)) {
            self.erro(valor, format!("o campo `{repetido}` se repete no mesmo objeto"));
        }
        // A custom scalar takes objects of any shape.
        let Some(entrada) = esquema.valido.get_input_object(nome) else { return };
        let um_de = esquema.e_um_de(nome);
        match campos {
            _ if !um_de => {}
            [(campo, valor)] if valor.is_null() => {
                self.erro(
                    valor,
                    format!("`{nome}.{campo}` não pode ser nulo: `{nome}` é `@oneOf`"),
                );
            }
            [_] => {}
            _ => self.erro(valor, format!("`{nome}` é `@oneOf`: dê exatamente um dos seus campos")),
        }
        for (nome, valor) in campos {
            if let Some(definido) = entrada.fields.get(nome) {
                self.valor(Lugar { um_de, ..Lugar::de(definido) }, valor);
            }
        }
    }

    /// IsVariableUsageAllowed, §5.8.5.
    fn variavel(&mut self, lugar: Lugar<'_>, nome: &Name, valor: &Node<Value>) {
        let Some(definicao) = self.variaveis.get(nome) else { return };
        let tem_padrao = definicao.default_value.as_ref().is_some_and(|valor| !valor.is_null());
        let anulavel = !definicao.ty.is_non_null();
        let perdoa = lugar.tipo.is_non_null() && anulavel && (tem_padrao || lugar.tem_padrao);
        let aceito = match perdoa {
            true => definicao.ty.is_assignable_to(&lugar.tipo.clone().nullable()),
            false => definicao.ty.is_assignable_to(lugar.tipo),
        };
        if !aceito || (lugar.um_de && anulavel) {
            let (dado, pedido) = (&definicao.ty, lugar.tipo);
            let pedido = if lugar.um_de { pedido.clone().non_null() } else { pedido.clone() };
            let mensagem = format!(
                "a variável `${nome}`, do tipo `{dado}`, não serve onde se espera `{pedido}`"
            );
            self.erro(valor, mensagem);
        }
    }

    fn erro(&mut self, onde: &Node<Value>, mensagem: String) {
        let lugares = vec![self.posicoes.de(onde.location())];
        self.erros.push(ErroNoDocumento { mensagem, lugares });
    }
}

impl<'a> Lugar<'a> {
    fn de(definido: &'a InputValueDefinition) -> Self {
        Self { tipo: &definido.ty, tem_padrao: definido.default_value.is_some(), um_de: false }
    }
}

/// Types lead to fields, and fields to types: each turn multiplies the answer by
/// the schema. graphql-js draws the same line.
const INTROSPECCAO_MAXIMA: usize = 3;

pub fn introspeccao_funda(selecoes: &[Normalizada]) -> bool {
    fn funda(campo: &Campo, listas: usize) -> bool {
        let lista = matches!(
            campo.origem.name.as_str(),
            "fields" | "interfaces" | "possibleTypes" | "inputFields"
        );
        let listas = listas + usize::from(lista && campo.pai.starts_with("__"));
        listas >= INTROSPECCAO_MAXIMA || campos(&campo.selecoes).any(|campo| funda(campo, listas))
    }
    fn campos(selecoes: &[Normalizada]) -> impl Iterator<Item = &Campo> {
        selecoes.iter().flat_map(|selecao| match selecao {
            Normalizada::Campo(campo) => std::slice::from_ref(campo),
            Normalizada::Em(_, campos) => campos,
        })
    }
    campos(selecoes).any(|campo| funda(campo, 0))
}
