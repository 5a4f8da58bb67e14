use super::*;
use crate::graphql::document::preparar::{Opcoes, Preparador};
use serde_json::{Value as Json, json};

fn medir<T>(texto: &str, json: Json, f: impl FnOnce(&Esqueleto, &Variables) -> T) -> T {
    let preparador = Preparador::novo(&crate::graphql::sdl(), Opcoes::default()).unwrap();
    let variaveis = Variables::from_json(json);
    f(&preparador.preparar(texto, None, &variaveis).unwrap().custo, &variaveis)
}

fn custo(texto: &str) -> u64 {
    medir(texto, json!({}), Esqueleto::custo)
}

#[test]
fn objetos_custam_um_e_escalares_nada() {
    assert_eq!(custo("{ eu { sub azp papeis } }"), 1);
    assert_eq!(custo("{ eu { tribunal { id } } }"), 2);
    assert_eq!(custo("{ eu { sub } x: eu { sub } }"), 2);
    // Written twice, it runs once.
    assert_eq!(custo("{ eu { sub } eu { azp } }"), 1);
    assert_eq!(custo("{ eu @skip(if: true) { sub } }"), 0);
}

#[test]
fn a_fatia_multiplica_os_campos_dimensionados() {
    assert_eq!(custo("{ processos(first: 3) { nodes { id } } }"), 1 + 3);
    assert_eq!(custo("{ processos { nodes { id } } }"), 1 + 20);
    assert_eq!(custo("{ processos(last: 7) { edges { node { id } } } }"), 1 + 7 * 2);
    assert_eq!(custo("{ processos(first: 3) { totalCount pageInfo { endCursor } } }"), 1 + 10 + 1);
    assert_eq!(
        custo("{ processos(first: 2) { nodes { adolescentes(first: 5) { nodes { id } } } } }"),
        1 + 2 * (1 + 1 + 5)
    );
    assert_eq!(custo("{ tribunais { id } }"), 27);
    assert_eq!(custo("{ processos(first: 0) { nodes { id } } }"), 1);
    assert_eq!(custo("{ processos(first: -5) { nodes { id } } }"), 1);
}

#[test]
fn o_peso_do_campo_conta_uma_vez() {
    assert_eq!(custo("{ adolescentesSemelhantes(nome: \"a\") { score } }"), 20 + 10);
    assert_eq!(custo("{ adolescentesSemelhantes(nome: \"a\", limite: 3) { score } }"), 20 + 3);
    let mutation = "mutation { baixarGuia(input: {numero: \"1\"}) { alterado guia { id } } }";
    assert_eq!(custo(mutation), 10 + 1);
}

#[test]
fn a_fatia_pode_vir_numa_variavel() {
    let texto = "query($n: Int) { processos(first: $n) { nodes { id } } }";
    assert_eq!(medir(texto, json!({ "n": 4 }), Esqueleto::custo), 1 + 4);
    assert_eq!(medir(texto, json!({ "n": null }), Esqueleto::custo), 1 + 20);
    assert_eq!(medir(texto, json!({}), Esqueleto::custo), 1 + 20);
    let texto = "query($n: Int = 6) { processos(first: $n) { nodes { id } } }";
    assert_eq!(medir(texto, json!({}), Esqueleto::custo), 1 + 6);
    let texto = "query($n: Int) { adolescentesSemelhantes(nome: \"a\", limite: $n) { score } }";
    assert_eq!(medir(texto, json!({}), Esqueleto::custo), 20 + 10);
}

#[test]
fn o_campo_da_interface_conta_e_dos_tipos_o_mais_caro() {
    let dobro = "{ processo(numero: \"1\") { guias(first: 50) { nodes { id } } } }";
    assert_eq!(custo(dobro), 1 + 1 + 50);
    let tipos = "{ node(id: \"x\") {
        ... on ProcessoApuracao { guias(first: 50) { nodes { id } } }
        ... on Adolescente { guias(first: 70) { nodes { id } } } } }";
    assert_eq!(custo(tipos), 1 + 1 + 70);
    let soma = "{ node(id: \"x\") {
        ... on ProcessoApuracao { guias(first: 50) { nodes { id } } }
        ... on Processo { eventos(first: 70) { nodes { id } } } } }";
    assert_eq!(custo(soma), 1 + 1 + 50 + 1 + 70);
}

#[test]
fn a_introspeccao_custa_pouco() {
    assert_eq!(custo("{ __typename __schema { types { name fields { name } } } }"), 10);
}

#[test]
fn o_excesso_diz_o_caminho_e_o_que_caberia() {
    let texto = "query($n: Int) { eu { sub } processos(first: 100) { nodes { adolescentes(first: $n) { nodes { id } } } } }";
    let mensagem = |limite, n: i32| {
        medir(texto, json!({ "n": n }), |custo, variaveis| {
            custo.conferir(limite, variaveis).map_err(|excesso| excesso.to_string())
        })
    };
    assert_eq!(mensagem(10_000, 5), Ok(1 + 1 + 100 * (1 + 1 + 5)));
    assert_eq!(
        mensagem(5_000, 79),
        Err("a operação custa 8.102, e o limite é 5.000: `processos.nodes.adolescentes` custa 8.000; com `first: 47` caberia".to_owned())
    );
    // When no adolescentes would fit, fewer processos would.
    assert_eq!(
        mensagem(150, 100),
        Err("a operação custa 10.202, e o limite é 150: `processos.nodes.adolescentes` custa 10.100; com `first: 1` em `processos` caberia".to_owned())
    );
    assert!(mensagem(1, 100).is_err_and(|texto| texto.ends_with("custa 10.100")));
}

#[test]
fn nada_a_fatiar_so_se_diz() {
    let texto = "{ tribunais { id } }";
    let excesso = medir(texto, json!({}), |custo, variaveis| custo.conferir(10, variaveis));
    let excesso = excesso.unwrap_err();
    assert_eq!((excesso.custo, excesso.cabe_com), (27, None));
}

#[test]
fn o_esquema_sem_diretivas_tambem_serve() {
    let esquema = Esquema::do_sdl("type Query { a: [Query!] b: Query }").unwrap();
    assert!(esquema.regras.do_campo("Query", "a").is_some_and(|regra| regra.lista.is_none()));
}
