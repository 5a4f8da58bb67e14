//! Parses a document and holds it against the schema, by every rule of the specification.

use crate::graphql::document::position::Posicoes;
use crate::graphql::document::schema::Esquema;
use crate::graphql::document::{expansion, limits, messages, validation};
use apollo_compiler::diagnostic::{Diagnostic, ToCliReport};
use apollo_compiler::executable::Operation;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::{DiagnosticData, DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node};
use async_graphql::Pos;

/// Of the errors in a document, the first ones.
const ERROS_MAXIMO: usize = 10;

/// The second line: `limits` counts the same on the raw text, more strictly.
const TOKENS_MAXIMO: usize = 300_000;
const RECURSAO_MAXIMA: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErroNoDocumento {
    pub mensagem: String,
    pub lugares: Vec<Pos>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalido {
    #[error(transparent)]
    Limite(#[from] limits::Excesso),
    #[error(transparent)]
    Tamanho(#[from] expansion::Excesso),
    #[error("o documento GraphQL está malformado")]
    Malformado(Vec<ErroNoDocumento>),
    #[error("o documento GraphQL não vale neste esquema")]
    Invalido(Vec<ErroNoDocumento>),
}

#[derive(Debug, Clone, Copy)]
pub struct Opcoes {
    pub texto: limits::Limites,
    pub tamanho: expansion::Limites,
    /// Say which name of the schema was probably meant.
    pub sugestoes: bool,
}

impl Default for Opcoes {
    fn default() -> Self {
        let (texto, tamanho) = (limits::Limites::default(), expansion::Limites::default());
        Self { texto, tamanho, sugestoes: true }
    }
}

/// Nothing here recurses deeper than `limits` lets the text nest, or walks more
/// than `tamanho` lets it stand for.
pub fn validar(
    esquema: &Esquema,
    texto: &str,
    opcoes: Opcoes,
) -> Result<Valid<ExecutableDocument>, Invalido> {
    limits::conferir(texto, opcoes.texto)?;
    let erros = |lista: &DiagnosticList| erros(esquema, texto, lista, opcoes.sugestoes);
    let mut parser = Parser::new().token_limit(TOKENS_MAXIMO).recursion_limit(RECURSAO_MAXIMA);
    let documento = parser
        .parse_ast(texto, "documento")
        .map_err(|com| Invalido::Malformado(erros(&com.errors)))?;
    expansion::conferir(&documento, opcoes.tamanho)?;
    // In two steps: a field that does not exist leaves its parent without a selection.
    let valido = documento
        .to_executable(&esquema.valido)
        .map_err(|com| Invalido::Invalido(erros(&com.errors)))?
        .validate(&esquema.valido)
        .or_else(|com| match so_repete_raizes(&com.errors, &com.partial) {
            true => Ok(Valid::assume_valid(com.partial)),
            false => Err(Invalido::Invalido(erros(&com.errors))),
        })?;
    let mut faltas = validation::conferir(esquema, &valido, &Posicoes::novas(texto));
    faltas.truncate(ERROS_MAXIMO);
    if faltas.is_empty() { Ok(valido) } else { Err(Invalido::Invalido(faltas)) }
}

/// A subscription has one root field (§5.2.4.1), which may be written twice, as any
/// field may. apollo-compiler 1 counts how often it is written.
fn so_repete_raizes(erros: &DiagnosticList, documento: &ExecutableDocument) -> bool {
    let por_contar = |erro: Diagnostic<'_, DiagnosticData>| {
        erro.error.unstable_error_name() == Some("SubscriptionUsesMultipleFields")
    };
    let uma_chave = |operacao: &Node<Operation>| {
        let mut chaves = operacao.root_fields(documento).map(|campo| campo.response_key());
        let primeira = chaves.next();
        chaves.all(|chave| Some(chave) == primeira)
    };
    let mut assinaturas = documento.operations.iter().filter(|o| o.is_subscription());
    erros.iter().all(por_contar) && assinaturas.all(uma_chave)
}

fn erros(
    esquema: &Esquema,
    texto: &str,
    lista: &DiagnosticList,
    sugestoes: bool,
) -> Vec<ErroNoDocumento> {
    let posicoes = Posicoes::novas(texto);
    let erro = |diagnostico: Diagnostic<'_, DiagnosticData>| {
        let mensagem = messages::traduzir(esquema, &diagnostico.error.to_string(), sugestoes);
        let lugares = diagnostico.error.location().map(|lugar| posicoes.de(Some(lugar)));
        ErroNoDocumento { mensagem, lugares: lugares.into_iter().collect() }
    };
    lista.iter().take(ERROS_MAXIMO).map(erro).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OperacaoIndefinida {
    /// A document of fragments alone.
    #[error("o documento não tem operação")]
    Nenhuma,
    #[error("o documento não tem a operação que `operationName` pede")]
    Ausente,
    #[error("o documento tem várias operações: diga qual em `operationName`")]
    Ambigua,
}

/// The operation to execute.
pub fn escolher<'d>(
    documento: &'d Valid<ExecutableDocument>,
    nome: Option<&str>,
) -> Result<&'d Node<Operation>, OperacaoIndefinida> {
    let operacoes = &documento.operations;
    match nome {
        Some(nome) => operacoes.named.get(nome).ok_or(OperacaoIndefinida::Ausente),
        None => {
            let mut todas = operacoes.iter();
            match (todas.next(), todas.next()) {
                (Some(unica), None) => Ok(unica),
                (None, _) => Err(OperacaoIndefinida::Nenhuma),
                _ => Err(OperacaoIndefinida::Ambigua),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn esquema() -> Esquema {
        Esquema::do_sdl(&crate::graphql::sdl()).unwrap()
    }

    #[test]
    fn malformado_invalido_e_grande_se_distinguem_e_dizem_onde() {
        let esquema = esquema();
        let validar = |texto: &str| validar(&esquema, texto, Opcoes::default()).map(|_| ());
        assert_eq!(validar("{ eu { sub } }"), Ok(()));
        let Err(Invalido::Malformado(erros)) = validar("{\n  eu {\n") else { panic!() };
        assert_eq!(erros[0].lugares[0].line, 3);
        let texto = "# ç\r\n{ node(id: \"çç\") { id nada } }";
        let Err(Invalido::Invalido(erros)) = validar(texto) else { panic!() };
        assert_eq!(erros[0].lugares, [Pos { line: 2, column: 23 }]);
        let ciclo = "{ ...F } fragment F on Query { ...F }";
        assert_eq!(validar(ciclo), Err(Invalido::Tamanho(expansion::Excesso::Ciclo)));
    }

    #[test]
    fn os_erros_sao_no_maximo_dez() {
        let texto = format!("{{ eu {{ sub {} }} }}", "nada ".repeat(40));
        let Err(Invalido::Invalido(erros)) = validar(&esquema(), &texto, Opcoes::default()) else {
            panic!()
        };
        assert_eq!(erros.len(), ERROS_MAXIMO);
    }

    #[test]
    fn a_raiz_de_uma_assinatura_e_uma_por_mais_que_se_repita() {
        let esquema = esquema();
        let vale = |texto: &str| validar(&esquema, texto, Opcoes::default()).is_ok();
        assert!(vale("subscription { a: processoAlterado { id } a: processoAlterado { tipo } }"));
        let repete = "subscription { ...F processoAlterado { id } } \
                      fragment F on Subscription { processoAlterado { tipo } }";
        assert!(vale(repete));
        assert!(!vale("subscription { processoAlterado { id } b: processoAlterado { id } }"));
        assert!(!vale("subscription { processoAlterado { id } processoAlterado { nada } }"));
        let conflito = "subscription { processoAlterado { x: id } processoAlterado { x: tipo } }";
        assert!(!vale(conflito));
        let outra = "subscription A { processoAlterado { id } processoAlterado { id } } \
                     subscription B { processoAlterado { id } tramiteRecebido { id } }";
        assert!(!vale(outra));
    }

    #[test]
    fn a_operacao_e_a_que_se_pede_ou_a_unica() {
        let esquema = esquema();
        let escolher = |texto: &str, nome: Option<&str>| {
            let documento = validar(&esquema, texto, Opcoes::default()).unwrap();
            escolher(&documento, nome).map(|operacao| operacao.name.clone().map(|n| n.to_string()))
        };
        let duas = "query A { eu { sub } } query B { eu { azp } }";
        assert_eq!(escolher(duas, Some("B")), Ok(Some("B".to_owned())));
        assert_eq!(escolher(duas, Some("C")), Err(OperacaoIndefinida::Ausente));
        assert_eq!(escolher(duas, None), Err(OperacaoIndefinida::Ambigua));
        assert_eq!(escolher("query A { eu { sub } }", None), Ok(Some("A".to_owned())));
        assert_eq!(escolher("{ eu { sub } }", None), Ok(None));
        assert_eq!(escolher("{ eu { sub } }", Some("")), Err(OperacaoIndefinida::Ausente));
    }

    #[test]
    fn aninhado_ate_o_limite_cabe_na_recursao_do_parser() {
        let opcoes = Opcoes::default();
        let fundo = |n: usize| {
            let filtro = format!("{}{{idOrgao: 1}}{}", "{nao: ".repeat(n), "}".repeat(n));
            format!("{{ processos(filtro: {filtro}) {{ totalCount }} }}")
        };
        assert!(validar(&esquema(), &fundo(60), opcoes).is_ok());
        let demais = validar(&esquema(), &fundo(70), opcoes).map(|_| ());
        assert_eq!(demais, Err(Invalido::Limite(limits::Excesso::Aninhamento(64))));
    }
}
