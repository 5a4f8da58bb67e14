use super::*;
use crate::graphql::document::validate::{Opcoes, validar};

/// The normalised operation, as one would write it.
fn normal(texto: &str, booleanos: &[(&str, bool)]) -> Result<String, Recusado> {
    fn escrever(selecoes: &[Selecao]) -> String {
        fn campo(campo: &Campo) -> String {
            let Field { alias, name, .. } = &*campo.origem;
            let apelido = alias.as_ref().map(|a| format!("{a}:")).unwrap_or_default();
            let argumentos = match campo.origem.arguments.as_slice() {
                [] => String::new(),
                alguns => {
                    let um = |a: &Node<apollo_compiler::ast::Argument>| {
                        format!("{}:{}", a.name, a.value.serialize().no_indent())
                    };
                    format!("({})", alguns.iter().map(um).collect::<Vec<_>>().join(" "))
                }
            };
            let dentro = match campo.selecoes.is_empty() {
                true => String::new(),
                false => format!("{{{}}}", escrever(&campo.selecoes)),
            };
            format!("{apelido}{name}{argumentos}{dentro}")
        }
        let uma = |selecao: &Selecao| match selecao {
            Selecao::Campo(um) => campo(um),
            Selecao::Em(tipo, campos) => {
                let campos: Vec<_> = campos.iter().map(campo).collect();
                format!("..{tipo}{{{}}}", campos.join(" "))
            }
        };
        selecoes.iter().map(uma).collect::<Vec<_>>().join(" ")
    }
    let esquema = Esquema::do_sdl(&crate::graphql::sdl()).unwrap();
    let documento = validar(&esquema, texto, Opcoes::default()).unwrap();
    let operacao = documento.operations.iter().next().unwrap();
    let booleanos =
        booleanos.iter().map(|(nome, valor)| (Name::new(nome).unwrap(), *valor)).collect();
    normalizar(&esquema, &documento, operacao, &booleanos).map(|selecoes| escrever(&selecoes))
}

fn igual(texto: &str, esperado: &str) {
    assert_eq!(normal(texto, &[]).as_deref(), Ok(esperado), "{texto}");
}

#[test]
fn chaves_iguais_se_juntam_na_ordem_da_primeira() {
    igual(
        "{ eu { sub tribunal { id } azp } a: eu { sub } eu { azp tribunal { sigla } nacional } }",
        "eu{sub tribunal{id sigla} azp nacional} a:eu{sub}",
    );
    igual(
        "mutation { a: baixarGuia(input: {numero: \"1\"}) { alterado } ...F }
         fragment F on Mutation { a: baixarGuia(input: {numero: \"1\"}) { simulado alterado } }",
        "a:baixarGuia(input:{numero: \"1\"}){alterado simulado}",
    );
    igual(
        "{ processos(first: 1, after: \"a\") { totalCount } processos(after: \"a\", first: 1) { nodes { id } } }",
        "processos(first:1 after:\"a\"){totalCount nodes{id}}",
    );
}

#[test]
fn condicoes_se_aplicam_e_fragmentos_se_dissolvem() {
    let texto = "query($s: Boolean!, $i: Boolean!) {
        eu @skip(if: $s) { sub } ...F @include(if: $i) ... @skip(if: false) { tribunais { id @include(if: false) sigla } } }
        fragment F on Query { eu { azp } ... on Query { eu { nacional } } }";
    let normal = |s, i| normal(texto, &[("s", s), ("i", i)]).unwrap();
    assert_eq!(normal(true, false), "tribunais{sigla}");
    assert_eq!(normal(false, false), "eu{sub} tribunais{sigla}");
    assert_eq!(normal(true, true), "eu{azp nacional} tribunais{sigla}");
    assert_eq!(normal(false, true), "eu{sub azp nacional} tribunais{sigla}");
    igual("{ eu @skip(if: true) { sub } }", "");
    igual("{ eu { sub @skip(if: true) @include(if: true) } }", "eu");
}

#[test]
fn num_tipo_abstrato_fica_como_escrito_o_que_nao_se_repete() {
    igual(
        "{ processo(numero: \"1\") { id ... on ProcessoApuracao { execucoes { totalCount } } ... on Node { id } versao } }",
        "processo(numero:\"1\"){id ..ProcessoApuracao{execucoes{totalCount}} versao}",
    );
    // Relay's way: the leaf that was asked of all is not asked again of some.
    igual(
        "{ node(id: \"x\") { __typename id ... on Processo { id numero } ... on Guia { n: numero __typename } } }",
        "node(id:\"x\"){__typename id ..Processo{numero} ..Guia{n:numero}}",
    );
    igual(
        "{ node(id: \"x\") { ... on Processo { ... on Node { ... on ProcessoExecucao { numero } } } } }",
        "node(id:\"x\"){..ProcessoExecucao{numero}}",
    );
    // Valid, for each step may match; together they never do.
    igual(
        "{ node(id: \"x\") { id ... on ProcessoApuracao { ... on Processo { ... on ProcessoExecucao { numero } } } } }",
        "node(id:\"x\"){id}",
    );
}

#[test]
fn o_que_se_repete_num_tipo_se_distribui_por_todos() {
    igual(
        "{ processo(numero: \"1\") { id tribunal { id } ... on ProcessoApuracao { tribunal { sigla } codigo } versao } }",
        "processo(numero:\"1\"){..ProcessoApuracao{id tribunal{id sigla} codigo versao} ..ProcessoExecucao{id tribunal{id} versao}}",
    );
    igual(
        "{ processo(numero: \"1\") { ... on ProcessoApuracao { id codigo } id versao } }",
        "processo(numero:\"1\"){..ProcessoApuracao{id codigo versao} ..ProcessoExecucao{id versao}}",
    );
    // What was asked of all, again after some: the order is that of the text.
    igual(
        "{ processo(numero: \"1\") { tribunal { id } ... on ProcessoApuracao { tribunal { sigla } } tribunal { nome } } }",
        "processo(numero:\"1\"){..ProcessoApuracao{tribunal{id sigla nome}} ..ProcessoExecucao{tribunal{id nome}}}",
    );
    igual(
        "{ processo(numero: \"1\") { ... on ProcessoApuracao { tribunal { id @skip(if: true) } } tribunal { sigla } ... on ProcessoApuracao { tribunal { nome } } } }",
        "processo(numero:\"1\"){..ProcessoApuracao{tribunal{sigla nome}} ..ProcessoExecucao{tribunal{sigla}}}",
    );
    // Each type its own arguments: their objects never meet.
    igual(
        "{ processo(numero: \"1\") { ... on ProcessoApuracao { guias(first: 1) { totalCount } } ... on ProcessoExecucao { guias(first: 2) { totalCount } } } }",
        "processo(numero:\"1\"){..ProcessoApuracao{guias(first:1){totalCount}} ..ProcessoExecucao{guias(first:2){totalCount}}}",
    );
}

#[test]
fn argumentos_que_o_validador_confunde_sao_conflito() {
    let texto = "{ nodes(ids: [\"a\"]) { id } nodes(ids: [\"a\", \"b\"]) { __typename } }";
    let conflito = Recusado::Conflito(Name::new("nodes").unwrap());
    assert_eq!(normal(texto, &[]), Err(conflito));
}

#[test]
fn a_distribuicao_tem_limite() {
    let mut fundo = "id".to_owned();
    for _ in 0..6 {
        fundo = format!(
            "... on Processo {{ tribunal {{ id }} ... on ProcessoApuracao {{ tribunal {{ nome }} }} eventos {{ nodes {{ processo {{ {fundo} }} }} }} ... on ProcessoExecucao {{ eventos {{ nodes {{ cursor }} }} }} }}"
        );
    }
    let campos = normal(&format!("{{ nodes(ids: []) {{ {fundo} }} }}"), &[]);
    assert!(campos.is_ok_and(|texto| texto.len() > 3_000));
    let largo = "tribunal { id sigla nome codigo tr } ".repeat(300);
    let largo = format!("{{ nodes(ids: []) {{ ... on Processo {{ {largo} }} {fundo} }} }}");
    assert!(normal(&largo, &[]).is_ok());
}

#[test]
fn as_condicoes_que_contam_sao_as_da_operacao() {
    let esquema = Esquema::do_sdl(&crate::graphql::sdl()).unwrap();
    let texto = "query A($b: Boolean!, $a: Boolean!, $n: Int) { ...F processos(first: $n) { totalCount @include(if: $b) } }
        fragment F on Query { eu @skip(if: $a) @include(if: $b) { sub } }
        query B($c: Boolean!) { eu @skip(if: $c) { sub } }";
    let documento = validar(&esquema, texto, Opcoes::default()).unwrap();
    let operacao = documento.operations.named.get("A").unwrap();
    let nomes = condicionais(&documento, operacao);
    assert_eq!(nomes.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["a", "b"]);
}
