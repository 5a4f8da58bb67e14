//! The validator's messages in Portuguese, and what was probably meant.
//!
//! apollo-compiler tells its errors in words alone. They are pinned with its
//! version by the tests here; one that is not in the table goes out as it came.

use crate::graphql::document::schema::Esquema;
use apollo_compiler::schema::ExtendedType;

/// The message, and ours: `{0}` is the first `{}` of theirs.
const TRADUCOES: &[(&str, &str)] = &[
    (SEM_CAMPO, "o tipo `{0}` não tem o campo `{1}`"),
    (SEM_ARGUMENTO, "`{1}` não tem o argumento `{0}`"),
    (SEM_ENTRADA, "`{1}` não tem o campo `{0}`"),
    (SEM_VALOR, "`{1}` não tem o valor `{0}`"),
    ("the required argument `{}` is not provided", "falta o argumento obrigatório `{0}`"),
    ("the required field `{}` is not provided", "falta o campo obrigatório `{0}`"),
    ("expected value of type {}, found {}", "espera-se um valor do tipo `{0}`, e não {1}"),
    (
        "variable `${}` of type `{}` cannot be used for argument `{}` of type `{}`",
        "a variável `${0}`, do tipo `{1}`, não serve ao argumento `{2}`, do tipo `{3}`",
    ),
    ("variable `${}` is not defined", "a variável `${0}` não foi declarada"),
    ("unused variable: `${}`", "a variável `${0}` não é usada"),
    (
        "the variable `${}` is declared multiple times",
        "a variável `${0}` é declarada mais de uma vez",
    ),
    ("the argument `{}` is provided multiple times", "o argumento `{0}` é dado mais de uma vez"),
    (
        "`${}` variable must be of an input type",
        "a variável `${0}` tem de ser de um tipo de entrada",
    ),
    ("cannot find fragment `{}` in this document", "o documento não tem o fragmento `{0}`"),
    ("cannot find type `{}` in this document", "não existe o tipo `{0}`"),
    ("cannot find directive `@{}` in this document", "não existe a diretiva `@{0}`"),
    ("{} directive is not supported for {} location", "a diretiva `@{0}` não vale aqui ({1})"),
    (
        "non-repeatable directive {} can only be used once per location",
        "a diretiva `@{0}` se repete no mesmo lugar",
    ),
    (
        "interface, union and object types must have a subselection set",
        "um objeto pede uma seleção de campos entre chaves",
    ),
    (
        "field selection of scalar type `{}` must not have subselections",
        "o escalar `{0}` não tem campos a selecionar",
    ),
    (
        "field selection of enum type `{}` must not have subselections",
        "a enumeração `{0}` não tem campos a selecionar",
    ),
    ("fragment `{}` must be used in an operation", "o fragmento `{0}` não é usado"),
    (
        "int cannot represent non 32-bit signed integer value",
        "um `Int` vai de -2147483648 a 2147483647",
    ),
    (
        "cannot select different fields into the same alias `{}`",
        "campos diferentes têm a mesma chave `{0}`: dê um apelido a cada uso",
    ),
    (
        "operation must not provide conflicting field arguments for the same name `{}`",
        "o campo `{0}` se repete com outros argumentos: dê um apelido a cada uso",
    ),
    (
        "operation must not select different types using the same name `{}`",
        "campos de tipos diferentes têm a mesma chave `{0}`: dê um apelido a cada uso",
    ),
    (
        "the operation `{}` is defined multiple times in the document",
        "a operação `{0}` se define mais de uma vez",
    ),
    (
        "the fragment `{}` is defined multiple times in the document",
        "o fragmento `{0}` se define mais de uma vez",
    ),
    (
        "anonymous operation cannot be selected when the document contains other operations",
        "uma operação sem nome tem de ser a única do documento",
    ),
    (
        "fragment `{}` with type condition `{}` cannot be applied to `{}`",
        "o fragmento `{0}`, de `{1}`, nunca se aplica a `{2}`",
    ),
    (
        "inline fragment with type condition `{}` cannot be applied to `{}`",
        "um fragmento de `{0}` nunca se aplica a `{1}`",
    ),
    (
        "subscription `{}` can only have one root field",
        "uma subscription seleciona um só campo na raiz: abra uma para cada campo",
    ),
    (
        "anonymous subscription can only have one root field",
        "uma subscription seleciona um só campo na raiz: abra uma para cada campo",
    ),
    (
        "subscription `{}` can not have an introspection field as a root field",
        "a raiz de uma subscription não tem campos de introspecção",
    ),
    (
        "anonymous subscription can not have an introspection field as a root field",
        "a raiz de uma subscription não tem campos de introspecção",
    ),
    (
        "subscription `{}` can not specify @skip or @include on root fields",
        "o campo na raiz de uma subscription não leva @skip nem @include",
    ),
    (
        "anonymous subscription can not specify @skip or @include on root fields",
        "o campo na raiz de uma subscription não leva @skip nem @include",
    ),
    ("syntax error: {}", "erro de sintaxe: {0}"),
];

const SEM_CAMPO: &str = "type `{}` does not have a field `{}`";
const SEM_ARGUMENTO: &str = "the argument `{}` is not supported by `{}`";
const SEM_ENTRADA: &str = "field `{}` does not exist on `{}`";
const SEM_VALOR: &str = "value `{}` does not exist on `{}`";

/// `sugestoes` off tells nothing of the schema to who may not read it.
pub fn traduzir(esquema: &Esquema, mensagem: &str, sugestoes: bool) -> String {
    let achada = TRADUCOES
        .iter()
        .find_map(|(deles, nossa)| Some((*deles, *nossa, partes(deles, mensagem)?)));
    let Some((deles, nossa, partes)) = achada else { return mensagem.to_owned() };
    let mut texto = nossa.to_owned();
    for (i, parte) in partes.iter().enumerate() {
        texto = texto.replacen(&format!("{{{i}}}"), valor(parte), 1);
    }
    if sugestoes && let Some(sugestao) = sugerir(esquema, deles, &partes) {
        texto = format!("{texto}; você quis dizer `{sugestao}`?");
    }
    texto
}

/// How the kinds of values are called.
fn valor(parte: &str) -> &str {
    match parte {
        "null" => "`null`",
        "a boolean" => "um booleano",
        "an enum" => "um valor de enumeração",
        "a string" => "um texto",
        "a variable" => "uma variável",
        "a float" => "um número com vírgula",
        "an integer" => "um inteiro",
        "a list" => "uma lista",
        "an input object" => "um objeto",
        outra => outra,
    }
}

/// What stands in a message where its pattern has `{}`.
fn partes<'m>(padrao: &str, mensagem: &'m str) -> Option<Vec<&'m str>> {
    let mut pedacos = padrao.split("{}");
    let mut resto = mensagem.strip_prefix(pedacos.next()?)?;
    let mut partes = Vec::new();
    let mut pedacos = pedacos.peekable();
    while let Some(pedaco) = pedacos.next() {
        let fim = match pedacos.peek() {
            Some(_) => resto.find(pedaco)?,
            // The last one ends the message.
            None => resto.strip_suffix(pedaco)?.len(),
        };
        let (parte, depois) = resto.split_at_checked(fim)?;
        partes.push(parte);
        resto = depois.get(pedaco.len()..)?;
    }
    resto.is_empty().then_some(partes)
}

fn sugerir<'e>(esquema: &'e Esquema, deles: &str, partes: &[&str]) -> Option<&'e str> {
    let [um, outro] = partes else { return None };
    let tipo = |nome: &str| esquema.valido.types.get(nome);
    let (errado, certos): (_, Vec<&str>) = match deles {
        SEM_CAMPO => (
            outro,
            match tipo(um)? {
                ExtendedType::Object(objeto) => objeto.fields.keys().map(AsRef::as_ref).collect(),
                ExtendedType::Interface(tipo) => tipo.fields.keys().map(AsRef::as_ref).collect(),
                _ => return None,
            },
        ),
        SEM_ARGUMENTO => {
            let (tipo, campo) = outro.split_once('.')?;
            let campo = esquema.valido.type_field(tipo, campo).ok()?;
            (um, campo.arguments.iter().map(|argumento| argumento.name.as_str()).collect())
        }
        SEM_ENTRADA => {
            (um, tipo(outro)?.as_input_object()?.fields.keys().map(AsRef::as_ref).collect())
        }
        SEM_VALOR => (um, tipo(outro)?.as_enum()?.values.keys().map(AsRef::as_ref).collect()),
        _ => return None,
    };
    const COMPRIDO: usize = 80;
    let maximo = errado.len().div_ceil(3).max(1);
    let perto = |certo: &&str| {
        (errado.len().max(certo.len()) <= COMPRIDO).then(|| distancia(errado, certo))
    };
    let candidatos = certos.into_iter().filter_map(|certo| Some((perto(&certo)?, certo)));
    let (longe, certo) = candidatos.min_by_key(|(longe, _)| *longe)?;
    (longe <= maximo).then_some(certo)
}

/// Levenshtein's, in which the case of a letter does not count.
fn distancia(um: &str, outro: &str) -> usize {
    let outro: Vec<u8> = outro.bytes().map(|b| b.to_ascii_lowercase()).collect();
    let mut linha: Vec<usize> = (0..=outro.len()).collect();
    for (i, a) in um.bytes().map(|b| b.to_ascii_lowercase()).enumerate() {
        let mut diagonal = i;
        let mut anterior = i + 1;
        for (b, celula) in outro.iter().zip(linha.iter_mut().skip(1)) {
            let troca = diagonal + usize::from(a != *b);
            diagonal = *celula;
            *celula = troca.min(diagonal + 1).min(anterior + 1);
            anterior = *celula;
        }
        linha[0] = i + 1;
    }
    linha.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::document::validate::{Invalido, Opcoes, validar};

    #[test]
    fn os_erros_se_dizem_em_portugues_e_sugerem_so_quando_podem() {
        let esquema = Esquema::do_sdl(&crate::graphql::sdl()).unwrap();
        let erro = |texto: &str, sugestoes| match validar(
            &esquema,
            texto,
            Opcoes { sugestoes, ..Opcoes::default() },
        ) {
            Err(Invalido::Malformado(erros) | Invalido::Invalido(erros)) => {
                erros.first().unwrap().mensagem.clone()
            }
            outro => panic!("{texto}: {outro:?}"),
        };
        for (texto, esperado) in [
            ("{ eu { subs } }", "o tipo `Ator` não tem o campo `subs`; você quis dizer `sub`?"),
            ("{ eu { completamente } }", "o tipo `Ator` não tem o campo `completamente`"),
            (
                "{ processos(firts: 1) { totalCount } }",
                "`Query.processos` não tem o argumento `firts`; você quis dizer `first`?",
            ),
            (
                "{ processos(filtro: {IDorgao: 1}) { totalCount } }",
                "`ProcessoFiltro` não tem o campo `IDorgao`; você quis dizer `idOrgao`?",
            ),
            (
                "{ processos(filtro: {situacao: ATIVOS}) { totalCount } }",
                "`SituacaoProcesso` não tem o valor `ATIVOS`; você quis dizer `ATIVO`?",
            ),
            (
                "{ processos(first: \"1\") { totalCount } }",
                "espera-se um valor do tipo `Int`, e não um texto",
            ),
            ("{ processo { id } }", "falta o argumento obrigatório `Query.processo(numero:)`"),
            ("query($a: Int) { eu { sub } }", "a variável `$a` não é usada"),
            (
                "{ processos(first: 2147483648) { totalCount } }",
                "um `Int` vai de -2147483648 a 2147483647",
            ),
            ("{ ...F }", "o documento não tem o fragmento `F`"),
            ("{ eu @nada { sub } }", "não existe a diretiva `@nada`"),
            ("{ eu { sub } } fragment F on Ator { sub }", "o fragmento `F` não é usado"),
            (
                "{ node(id: 1) { ... on Query { eu { sub } } } }",
                "um fragmento de `Query` nunca se aplica a `Node`",
            ),
            (
                "query($n: String) { processos(first: $n) { totalCount } }",
                "a variável `$n`, do tipo `String`, não serve ao argumento `first`, do tipo `Int`",
            ),
            ("{ eu }", "um objeto pede uma seleção de campos entre chaves"),
            (
                "{ node(id: 1) { ... on Tribunal { a: sigla a: nome } } }",
                "campos diferentes têm a mesma chave `a`: dê um apelido a cada uso",
            ),
        ] {
            assert_eq!(erro(texto, true), esperado, "{texto}");
            let sem = esperado.split(';').next().unwrap();
            assert_eq!(erro(texto, false), sem, "{texto}");
        }
        assert!(erro("{ eu {", true).starts_with("erro de sintaxe: "));
    }

    #[test]
    fn a_distancia_conta_letras_trocadas() {
        assert_eq!(distancia("sub", "SUB"), 0);
        assert_eq!(distancia("subs", "sub"), 1);
        assert_eq!(distancia("", "abc"), 3);
        assert_eq!(distancia("firts", "first"), 2);
    }
}
