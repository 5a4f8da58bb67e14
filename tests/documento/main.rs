//! What is prepared answers the same as what was written.
#![expect(clippy::unwrap_used, reason = "a test that unwraps has already failed")]

mod consulta;
mod esquema;

use async_graphql::{Request, ValidationMode, Variables};
use consulta::Gerador;
use elos::graphql::document::prepare::{Opcoes, Preparador};
use esquema::{Corridas, esquema};
use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};

fn executar(esquema: &esquema::Esquema, pedido: Request) -> String {
    let fio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let resposta = fio.block_on(esquema.execute(pedido));
    assert!(resposta.errors.is_empty(), "{:?}", resposta.errors);
    serde_json::to_string(&resposta.data).unwrap()
}

fn preparado(preparador: &Preparador, texto: &str, variaveis: &Variables) -> Option<Request> {
    let pronto = preparador.preparar(texto, None, variaveis).ok()?;
    Some(pronto.request(variaveis.clone()))
}

/// More of them on request: a fuzzing run is this test with a great number.
fn pedidos() -> Option<u32> {
    std::env::var("ELOS_DOCUMENTOS").ok().map(|quantos| quantos.parse().unwrap())
}

static ACEITOS: AtomicU32 = AtomicU32::new(0);

#[test]
fn o_preparado_responde_como_o_escrito() {
    // Strict, async-graphql finds some used variables unused, and an object without fields wrong.
    let fast = esquema::com(ValidationMode::Fast);
    let preparador = Preparador::novo(&fast.sdl(), Opcoes::default()).unwrap();
    let quantos = pedidos();
    let config = ProptestConfig {
        cases: quantos.unwrap_or(2_000),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    // The same documents at every run; new ones where more are asked for.
    let mut casos = match quantos {
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
        Some(_) => TestRunner::new(config),
    };
    let bytes = proptest::collection::vec(any::<u8>(), 0..400);
    casos
        .run(&(bytes, any::<bool>(), any::<bool>()), |(bytes, a, b)| {
            let texto = Gerador::documento(&bytes);
            let variaveis = Variables::from_json(json!({ "a": a, "b": b }));
            let Some(pedido) = preparado(&preparador, &texto, &variaveis) else { return Ok(()) };
            ACEITOS.fetch_add(1, Ordering::Relaxed);
            let escrito = Request::new(&texto).variables(variaveis);
            let original = executar(&fast, escrito);
            let corridas = Corridas::default();
            let nosso = executar(&fast, pedido.data(corridas.clone()));
            prop_assert_eq!(original, nosso, "{}", texto);
            let repetida =
                corridas.lock().unwrap().iter().find(|(_, n)| **n > 1).map(|(c, _)| c.clone());
            prop_assert_eq!(repetida, None, "{}", texto);
            Ok(())
        })
        .unwrap();
    assert!(ACEITOS.load(Ordering::Relaxed) > 200);
}

#[test]
fn uma_chave_repetida_na_raiz_da_mutation_roda_uma_vez() {
    let esquema = esquema();
    let preparador = Preparador::novo(&esquema.sdl(), Opcoes::default()).unwrap();
    let texto = "mutation { a: contar { total } ...F b: contar(passo: 10) { total } a: contar { total query { um { id } } } }
        fragment F on Mutation { a: contar { query { um { nome } } } }";
    let pedido = preparado(&preparador, texto, &Variables::default()).unwrap();
    let esperado =
        r#"{"a":{"total":1,"query":{"um":{"nome":"Livro","id":"livro-4"}}},"b":{"total":11}}"#;
    assert_eq!(executar(&esquema, pedido), esperado);
}

#[test]
fn o_que_se_pula_nao_vem() {
    let esquema = esquema::com(ValidationMode::Fast);
    let preparador = Preparador::novo(&esquema.sdl(), Opcoes::default()).unwrap();
    let variaveis = Variables::from_json(json!({ "a": true }));
    for (texto, resposta) in [
        ("query($a: Boolean!) { um @skip(if: $a) { id } }", "{}"),
        ("query($a: Boolean!) { um { id @skip(if: $a) } }", r#"{"um":{}}"#),
        (
            "query($a: Boolean!) { coisas { ... on Disco @include(if: $a) { id } } }",
            r#"{"coisas":[{"id":"disco-1"},{},{}]}"#,
        ),
    ] {
        let pedido = preparado(&preparador, texto, &variaveis).unwrap();
        assert_eq!(executar(&esquema, pedido), resposta, "{texto}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: pedidos().unwrap_or(2_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_quaisquer_nao_derrubam(texto in "\\PC{0,200}", simbolos in "[{}()\\[\\]!$:@a-c .\"\\\\u#|&=\n0-9-]{0,200}") {
        thread_local! {
            static PREPARADOR: Preparador = Preparador::novo(&elos::graphql::sdl(), Opcoes::default()).unwrap();
        }
        PREPARADOR.with(|preparador| {
            let nada = Variables::default();
            let _ = preparador.preparar(&texto, None, &nada);
            let _ = preparador.preparar(&simbolos, None, &nada);
            let _ = preparador.preparar(&format!("{{ processos(filtro: {simbolos}) {{ nodes {{ ...{texto} }} }} }}"), None, &nada);
        });
    }
}
