use super::*;
use async_graphql::Value as ConstValue;
use async_graphql::parser::types::Selection;
use serde_json::json;

fn preparador() -> Preparador {
    Preparador::novo(&crate::graphql::sdl(), Opcoes::default()).unwrap()
}

fn variaveis(json: serde_json::Value) -> Variables {
    Variables::from_json(json)
}

#[test]
fn o_que_se_sabe_da_operacao_e_dito() {
    let preparador = preparador();
    let texto = "query Q { a: eu { sub } b: eu { azp } __typename } mutation M { __typename }";
    let pronto = preparador.preparar(texto, Some("Q"), &Variables::default()).unwrap();
    assert_eq!((pronto.tipo, pronto.nome.as_deref()), (OperationType::Query, Some("Q")));
    assert_eq!(pronto.raizes, ["eu", "__typename"]);
    assert!(!pronto.introspeccao && !pronto.vazia);
    let pronto = preparador.preparar(texto, Some("M"), &Variables::default()).unwrap();
    assert_eq!(pronto.tipo, OperationType::Mutation);
    let texto = "{ __schema { queryType { name } } }";
    assert!(preparador.preparar(texto, None, &Variables::default()).unwrap().introspeccao);
    let texto = "{ eu @skip(if: true) { sub } }";
    assert!(preparador.preparar(texto, None, &Variables::default()).unwrap().vazia);
}

#[test]
fn lembra_por_texto_operacao_e_condicoes() {
    let preparador = preparador();
    let texto = "query A($c: Boolean!, $n: Int) { eu @skip(if: $c) { sub } processos(first: $n) { totalCount } } query B { eu { sub } }";
    let preparar =
        |operacao, json| preparador.preparar(texto, Some(operacao), &variaveis(json)).unwrap();
    let primeiro = preparar("A", json!({ "c": true, "n": 1 }));
    assert!(Arc::ptr_eq(&primeiro, &preparar("A", json!({ "c": true, "n": 2 }))));
    let outro = preparar("A", json!({ "c": false }));
    assert!(!Arc::ptr_eq(&primeiro, &outro));
    assert_eq!((primeiro.raizes.len(), outro.raizes.len()), (1, 2));
    assert!(Arc::ptr_eq(&outro, &preparar("A", json!({ "c": false }))));
    assert_eq!(preparar("B", json!({})).raizes, ["eu"]);
    assert_eq!(preparador.cache.len(), 2);
}

#[test]
fn o_cache_nao_passa_do_seu_tamanho_nem_guarda_o_recusado() {
    let opcoes = Opcoes { cache: 200_000, ..Opcoes::default() };
    let preparador = Preparador::novo(&crate::graphql::sdl(), opcoes).unwrap();
    let nada = Variables::default();
    for i in 0..200 {
        preparador.preparar(&format!("{{ a{i}: eu {{ sub }} }}"), None, &nada).unwrap();
        assert!(preparador.preparar(&format!("{{ a{i} }}"), None, &nada).is_err());
    }
    assert!(preparador.cache.weight() <= 200_000 && preparador.cache.len() > 20);
}

#[test]
fn as_variaveis_se_conferem_tambem_quando_ja_se_conhece_o_documento() {
    let preparador = preparador();
    let texto = "query($c: Boolean! = true, $i: ID!) { node(id: $i) { id @skip(if: $c) } }";
    let preparar = |json| preparador.preparar(texto, None, &variaveis(json)).map(|p| p.vazia);
    assert_eq!(preparar(json!({ "i": "x" })), Ok(false));
    let falta = |nome: &str| Err(VariavelInvalida::Falta(nome.to_owned()).into());
    assert_eq!(preparar(json!({})), falta("i"));
    assert_eq!(preparar(json!({ "i": "x", "c": null })), falta("c"));
}

#[test]
fn introspeccao_que_se_multiplica_e_recusada() {
    let preparador = preparador();
    let funda =
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    let recusa = preparador.preparar(funda, None, &Variables::default()).map(|_| ());
    assert_eq!(recusa, Err(Recusado::IntrospeccaoFunda));
}

#[test]
fn os_lugares_sao_os_do_texto_do_cliente() {
    let preparador = preparador();
    let texto = "{ ...F }\nfragment F on Query {\n  eu { sub }\n}";
    let pronto = preparador.preparar(texto, None, &Variables::default()).unwrap();
    let operacao = &pronto.operacao;
    let Selection::Field(eu) = &operacao.node.selection_set.node.items[0].node else { panic!() };
    assert_eq!((eu.pos.line, eu.pos.column), (3, 3));
}

#[test]
fn os_escalares_se_leem_antes_de_tudo() {
    let confere = |escalar: &str, valor: &ConstValue| {
        escalar != "NumeroProcesso" || *valor == ConstValue::String("certo".into())
    };
    let opcoes = Opcoes { confere, ..Opcoes::default() };
    let preparador = Preparador::novo(&crate::graphql::sdl(), opcoes).unwrap();
    let preparar = |texto: &str, json| {
        preparador.preparar(texto, None, &variaveis(json)).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(preparar("{ processo(numero: \"certo\") { id } }", json!({})), Ok(()));
    assert_eq!(
        preparar("{ processo(numero: \"errado\") { id } }", json!({})),
        Err("o valor do argumento `numero` não é um `NumeroProcesso`".to_owned())
    );
    let dentro = "{ processos(filtro: {e: [{numero: [\"certo\", 12]}]}) { totalCount } }";
    assert_eq!(
        preparar(dentro, json!({})),
        Err("o valor do argumento `filtro` não é um `NumeroProcesso`".to_owned())
    );
    let texto = "query($n: NumeroProcesso!) { processo(numero: $n) { id } }";
    assert_eq!(preparar(texto, json!({ "n": "certo" })), Ok(()));
    assert_eq!(
        preparar(texto, json!({ "n": "errado" })),
        Err("o valor de `$n` não é um `NumeroProcesso`".to_owned())
    );
}
