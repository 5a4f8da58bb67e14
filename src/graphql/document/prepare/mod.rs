//! From the text of a document to what the executor can run, remembered.
//!
//! ```text
//! text ─► limits ─► parse ─► tamanho ─► validate ─► normalise ─► translate, cost
//! ```
//!
//! Validation comes before normalising, which would make invalid documents valid.

mod key;

use crate::graphql::document::convert;
use crate::graphql::document::cost::Esqueleto;
use crate::graphql::document::normalize::{self, Booleanos, condicionais, normalizar};
use crate::graphql::document::position::Posicoes;
use crate::graphql::document::scalars::{self, Confere, ValorInvalido};
use crate::graphql::document::schema::{Esquema, EsquemaInvalido};
use crate::graphql::document::validate::{self, Invalido, OperacaoIndefinida, escolher, validar};
use crate::graphql::document::validation::introspeccao_funda;
use crate::graphql::document::variables::{self, VariavelInvalida};
use apollo_compiler::executable::Operation;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument as Validado, Name, Node};
use async_graphql::parser::types::{
    DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
};
use async_graphql::{Positioned, Request, Variables};
use key::{Chave, ChaveRef};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Debug, Clone, Copy)]
pub struct Opcoes {
    pub validar: validate::Opcoes,
    /// Custom scalars, by their own readers.
    pub confere: Confere,
    /// Estimated bytes of all that is remembered.
    pub cache: u64,
}

impl Default for Opcoes {
    fn default() -> Self {
        Self { validar: validate::Opcoes::default(), confere: |_, _| true, cache: 64 << 20 }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Recusado {
    #[error(transparent)]
    Documento(#[from] Invalido),
    #[error(transparent)]
    Operacao(#[from] OperacaoIndefinida),
    #[error(transparent)]
    Variavel(#[from] VariavelInvalida),
    #[error(transparent)]
    Valor(#[from] ValorInvalido),
    #[error(transparent)]
    Normalizacao(#[from] normalize::Recusado),
    #[error("a introspecção se aninha demais")]
    IntrospeccaoFunda,
}

/// An operation, ready.
#[derive(Debug)]
pub struct Preparado {
    /// Normalised: fields, and `... on Tipo` of an object's type.
    pub operacao: Positioned<OperationDefinition>,
    pub tipo: OperationType,
    pub nome: Option<String>,
    /// Its root fields, by the schema's names, each once.
    pub raizes: Vec<String>,
    /// Some root field is `__schema` or `__type`.
    pub introspeccao: bool,
    /// Every field was skipped: the answer is `{}`.
    pub vazia: bool,
    pub custo: Esqueleto,
    demorada: AtomicBool,
}

impl Preparado {
    /// For async-graphql's own execution. Of this operation alone: it has no `operationName`.
    pub fn request(&self, variaveis: Variables) -> Request {
        let operations = DocumentOperations::Single(self.operacao.clone());
        let mut request = Request::new("").variables(variaveis);
        request.set_parsed_query(ExecutableDocument { operations, fragments: HashMap::new() });
        request
    }

    /// Whether it took long when it was last executed.
    pub fn demorada(&self) -> bool {
        self.demorada.load(Ordering::Relaxed)
    }

    pub fn demorou(&self, demorou: bool) {
        self.demorada.store(demorou, Ordering::Relaxed);
    }
}

pub struct Preparador {
    esquema: Esquema,
    opcoes: validate::Opcoes,
    confere: Confere,
    cache: Cache<Chave, Arc<Lido>, Peso>,
}

/// A valid operation, before its conditions are known.
pub struct Lido {
    documento: Valid<Validado>,
    operacao: Node<Operation>,
    condicionais: Vec<Name>,
    /// The names of its variables.
    declaradas: HashSet<Name>,
    /// By the values of `condicionais`.
    prontos: Mutex<Vec<(Booleanos, Arc<Preparado>)>>,
}

/// Combinations of conditions that are remembered per operation.
const PRONTOS_MAXIMO: usize = 16;

impl Preparador {
    pub fn novo(sdl: &str, opcoes: Opcoes) -> Result<Self, EsquemaInvalido> {
        let esquema = Esquema::do_sdl(sdl)?;
        let cache = Cache::with_weighter(1_000, opcoes.cache, Peso);
        Ok(Self { esquema, opcoes: opcoes.validar, confere: opcoes.confere, cache })
    }

    pub fn preparar(
        &self,
        texto: &str,
        operacao: Option<&str>,
        variaveis: &Variables,
    ) -> Result<Arc<Preparado>, Recusado> {
        self.com_variaveis(texto, &*self.validar(texto, operacao)?, variaveis)
    }

    /// Whether nothing of it would have to be done again, whatever its variables are.
    pub fn lembra(&self, texto: &str, operacao: Option<&str>) -> bool {
        let lido = self.cache.get(&ChaveRef { texto, operacao });
        lido.is_some_and(|lido| lido.condicionais.is_empty())
    }

    /// A valid operation, remembered.
    pub fn validar(&self, texto: &str, operacao: Option<&str>) -> Result<Arc<Lido>, Recusado> {
        let chave = ChaveRef { texto, operacao };
        if let Some(lido) = self.cache.get(&chave) {
            return Ok(lido);
        }
        let lido = Arc::new(self.ler(texto, operacao)?);
        self.cache.insert(chave.guardar(), Arc::clone(&lido));
        Ok(lido)
    }

    /// The operation that these variables make of it.
    pub fn com_variaveis(
        &self,
        texto: &str,
        lido: &Lido,
        variaveis: &Variables,
    ) -> Result<Arc<Preparado>, Recusado> {
        variables::conferir(&self.esquema, self.confere, &lido.operacao.variables, variaveis)?;
        let mut booleanos = Booleanos::new();
        for nome in &lido.condicionais {
            let valor = variables::booleano(&lido.operacao.variables, variaveis, nome)?;
            booleanos.insert(nome.clone(), valor);
        }
        if let Some(pronto) = lido.pronto(&booleanos) {
            return Ok(pronto);
        }
        let preparado =
            Arc::new(self.montar(texto, &lido.documento, &lido.operacao, &booleanos)?);
        lido.guardar(booleanos, &preparado);
        Ok(preparado)
    }

    /// Whether each operation of a document can be prepared, nothing of it being skipped.
    pub fn conferir(&self, texto: &str) -> Result<(), Recusado> {
        let documento = validar(&self.esquema, texto, self.opcoes)?;
        if documento.operations.is_empty() {
            return Err(OperacaoIndefinida::Nenhuma.into());
        }
        for operacao in documento.operations.iter() {
            self.montar(texto, &documento, operacao, &Booleanos::new())?;
        }
        Ok(())
    }

    fn ler(&self, texto: &str, operacao: Option<&str>) -> Result<Lido, Recusado> {
        let documento = validar(&self.esquema, texto, self.opcoes)?;
        let operacao = escolher(&documento, operacao)?.clone();
        let condicionais = condicionais(&documento, &operacao);
        let declaradas = operacao.variables.iter().map(|uma| uma.name.clone()).collect();
        Ok(Lido { documento, operacao, condicionais, declaradas, prontos: Mutex::default() })
    }

    fn montar(
        &self,
        texto: &str,
        documento: &Valid<Validado>,
        operacao: &Node<Operation>,
        booleanos: &Booleanos,
    ) -> Result<Preparado, Recusado> {
        let selecoes = normalizar(&self.esquema, documento, operacao, booleanos)?;
        if introspeccao_funda(&selecoes) {
            return Err(Recusado::IntrospeccaoFunda);
        }
        scalars::conferir(&self.esquema, self.confere, &selecoes)?;
        let mut raizes = Vec::<String>::new();
        for selecao in &selecoes {
            if let normalize::Selecao::Campo(campo) = selecao
                && !raizes.iter().any(|raiz| *raiz == campo.origem.name.as_str())
            {
                raizes.push(campo.origem.name.to_string());
            }
        }
        Ok(Preparado {
            operacao: convert::traduzir(operacao, &selecoes, &Posicoes::novas(texto)),
            tipo: convert::tipo(operacao.operation_type),
            nome: operacao.name.as_ref().map(ToString::to_string),
            introspeccao: raizes.iter().any(|raiz| raiz == "__schema" || raiz == "__type"),
            raizes,
            vazia: selecoes.is_empty(),
            custo: Esqueleto::novo(&self.esquema, operacao, &selecoes),
            demorada: AtomicBool::new(false),
        })
    }
}

impl Lido {
    pub fn declara(&self, nome: &str) -> bool {
        self.declaradas.contains(nome)
    }

    fn pronto(&self, booleanos: &Booleanos) -> Option<Arc<Preparado>> {
        let prontos = self.prontos.lock().unwrap_or_else(PoisonError::into_inner);
        let achado = prontos.iter().find(|(destes, _)| destes == booleanos);
        achado.map(|(_, preparado)| Arc::clone(preparado))
    }

    fn guardar(&self, booleanos: Booleanos, preparado: &Arc<Preparado>) {
        let mut prontos = self.prontos.lock().unwrap_or_else(PoisonError::into_inner);
        if prontos.len() < PRONTOS_MAXIMO {
            prontos.push((booleanos, Arc::clone(preparado)));
        }
    }
}

#[derive(Clone)]
struct Peso;

impl Weighter<Chave, Arc<Lido>> for Peso {
    /// From above; measured (`examples/memoria.rs`): 4 KB, and 80 bytes of tree per
    /// byte of text, half of them once per combination of conditions.
    fn weight(&self, chave: &Chave, lido: &Arc<Lido>) -> u64 {
        let combinacoes = 1 << lido.condicionais.len().min(4);
        let texto = chave.texto.len() as u64;
        4_000 + texto * 50 * (1 + combinacoes)
    }
}

#[cfg(test)]
mod tests;
