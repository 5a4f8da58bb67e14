use super::*;
use crate::graphql::document::prepare::{Opcoes, Preparador};
use serde_json::{Value as Json, json};

fn medir<T>(texto: &str, json: Json, f: impl FnOnce(&Esqueleto, &Variables) -> T) -> T {
    let preparador = Preparador::novo(&crate::graphql::sdl(), Opcoes::default()).unwrap();
    let variaveis = Variables::from_json(json);
    f(&preparador.preparar(texto, None, &variaveis).unwrap().custo, &variaveis)
}

fn custo(texto: &str) -> u64 {
    medir(texto, json!({}), Esqueleto::custo)
}

/// What an operation costs that reads so many times.
const fn base(leituras: u64) -> u64 {
    100 + 50 * leituras
}

#[test]
fn objetos_custam_um_e_escalares_nada() {
    assert_eq!(custo("{ eu { sub azp papeis } }"), base(1) + 1);
    assert_eq!(custo("{ eu { tribunal { id } } }"), base(1) + 2);
    assert_eq!(custo("{ eu { sub } x: eu { sub } }"), base(2) + 2);
    // Written twice, it runs once.
    assert_eq!(custo("{ eu { sub } eu { azp } }"), base(1) + 1);
    assert_eq!(custo("{ eu @skip(if: true) { sub } }"), base(0));
}

#[test]
fn a_fatia_multiplica_os_campos_dimensionados() {
    assert_eq!(custo("{ processos(first: 3) { nodes { id } } }"), base(1) + 1 + 3);
    assert_eq!(custo("{ processos { nodes { id } } }"), base(1) + 1 + 20);
    assert_eq!(custo("{ processos(last: 7) { edges { node { id } } } }"), base(1) + 1 + 7 * 2);
    assert_eq!(
        custo("{ processos(first: 3) { totalCount pageInfo { endCursor } } }"),
        base(1) + 1 + 10 + 300 + 1
    );
    // Counting a list below another is counting a few.
    assert_eq!(
        custo("{ processos(first: 3) { nodes { adolescentes(first: 1) { totalCount } } } }"),
        base(2) + 1 + 3 * (1 + 1 + 10)
    );
    assert_eq!(
        custo("{ processos(first: 2) { nodes { adolescentes(first: 5) { nodes { id } } } } }"),
        base(2) + 1 + 2 * (1 + 1 + 5)
    );
    assert_eq!(custo("{ tribunais { id } }"), base(1) + 27);
    assert_eq!(custo("{ processos(first: 0) { nodes { id } } }"), base(1) + 1);
    assert_eq!(custo("{ processos(first: -5) { nodes { id } } }"), base(1) + 1);
}

#[test]
fn o_peso_do_campo_conta_uma_vez() {
    assert_eq!(custo("{ adolescentesSemelhantes(nome: \"a\") { score } }"), base(1) + 3_000 + 10);
    let tres = "{ adolescentesSemelhantes(nome: \"a\", limite: 3) { score } }";
    assert_eq!(custo(tres), base(1) + 3_000 + 3);
    let mutation = "mutation { baixarGuia(input: {numero: \"1\"}) { alterado guia { id } } }";
    assert_eq!(custo(mutation), base(1) + 10 + 1);
}

#[test]
fn a_fatia_pode_vir_numa_variavel() {
    let texto = "query($n: Int) { processos(first: $n) { nodes { id } } }";
    assert_eq!(medir(texto, json!({ "n": 4 }), Esqueleto::custo), base(1) + 1 + 4);
    assert_eq!(medir(texto, json!({ "n": null }), Esqueleto::custo), base(1) + 1 + 20);
    assert_eq!(medir(texto, json!({}), Esqueleto::custo), base(1) + 1 + 20);
    let texto = "query($n: Int = 6) { processos(first: $n) { nodes { id } } }";
    assert_eq!(medir(texto, json!({}), Esqueleto::custo), base(1) + 1 + 6);
    let ids = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    assert_eq!(medir(ids, json!({ "ids": ["a", "b"] }), Esqueleto::custo), base(1) + 2);
    assert_eq!(custo("{ nodes(ids: [\"a\", \"b\", \"c\"]) { id } }"), base(1) + 3);
    let texto = "query($n: Int) { adolescentesSemelhantes(nome: \"a\", limite: $n) { score } }";
    assert_eq!(medir(texto, json!({}), Esqueleto::custo), base(1) + 3_000 + 10);
}

#[test]
fn o_campo_da_interface_conta_e_dos_tipos_o_mais_caro() {
    let dobro = "{ processo(numero: \"1\") { guias(first: 50) { nodes { id } } } }";
    assert_eq!(custo(dobro), base(2) + 1 + 1 + 50);
    let tipos = "{ node(id: \"x\") {
        ... on ProcessoApuracao { guias(first: 50) { nodes { id } } }
        ... on Adolescente { guias(first: 70) { nodes { id } } } } }";
    assert_eq!(custo(tipos), base(3) + 1 + 1 + 70);
    let soma = "{ node(id: \"x\") {
        ... on ProcessoApuracao { guias(first: 50) { nodes { id } } }
        ... on Processo { eventos(first: 70) { nodes { id } } } } }";
    assert_eq!(custo(soma), base(3) + 1 + 1 + 50 + 1 + 70);
}

#[test]
fn a_introspeccao_custa_pouco() {
    let tudo = "{ __typename __schema { types { name fields { name } } } }";
    assert_eq!(custo(tudo), base(0) + 10);
}

#[test]
fn o_excesso_diz_o_caminho_e_o_que_caberia() {
    let texto = "query($n: Int) { eu { sub } processos(first: 100) { nodes { adolescentes(first: $n) { nodes { id } } } } }";
    let mensagem = |limite, n: i32| {
        medir(texto, json!({ "n": n }), |custo, variaveis| {
            custo.conferir(limite, variaveis).map_err(|excesso| excesso.to_string())
        })
    };
    assert_eq!(mensagem(10_000, 5), Ok(base(3) + 1 + 1 + 100 * (1 + 1 + 5)));
    assert_eq!(
        mensagem(5_000, 79),
        Err("a operação custa 8.352, e o limite é 5.000: `processos.nodes.adolescentes` custa 8.000; com `first: 45` caberia".to_owned())
    );
    // When no adolescentes would fit, fewer processos would.
    assert_eq!(
        mensagem(400, 100),
        Err("a operação custa 10.452, e o limite é 400: `processos.nodes.adolescentes` custa 10.100; com `first: 1` em `processos` caberia".to_owned())
    );
    assert!(mensagem(1, 100).is_err_and(|texto| texto.ends_with("custa 10.100")));
}

#[test]
fn nada_a_fatiar_so_se_diz() {
    let texto = "{ tribunais { id } }";
    let excesso = medir(texto, json!({}), |custo, variaveis| custo.conferir(10, variaveis));
    let excesso = excesso.unwrap_err();
    assert_eq!((excesso.custo, excesso.cabe_com), (177, None));
}

#[test]
fn o_esquema_sem_diretivas_tambem_serve() {
    let esquema = Esquema::do_sdl("type Query { a: [Query!] b: Query }").unwrap();
    assert!(esquema.regras.do_campo("Query", "a").is_some_and(|regra| regra.lista.is_none()));
}

/// What these conditions add to a page of one processo.
fn do_filtro(filtro: &str) -> u64 {
    let sem = custo("{ processos(first: 1) { nodes { id } } }");
    custo(&format!("{{ processos(first: 1, filtro: {filtro}) {{ nodes {{ id }} }} }}")) - sem
}

#[test]
fn cada_condicao_custa_e_a_que_olha_outra_tabela_custa_mais() {
    let simples = do_filtro("{ idOrgao: 1 }");
    let relacao = do_filtro("{ situacaoGuia: ATIVO }");
    assert!(0 < simples && simples < relacao, "{simples} {relacao}");
    assert_eq!(do_filtro("null"), 0);
    assert_eq!(do_filtro("{ situacaoGuia: null }"), do_filtro("{}"));
    let duas = do_filtro("{ situacaoGuia: ATIVO, adolescente: \"202500000001\" }");
    assert!(relacao < duas);
    let aninhadas = do_filtro("{ nao: { ou: [{ situacaoGuia: ATIVO }, { idOrgao: 1 }] } }");
    assert!(aninhadas > relacao + simples - do_filtro("{}"), "{aninhadas}");
    assert!(do_filtro("{ situacao: [ATIVO, ARQUIVADO] }") > do_filtro("{ situacao: [ATIVO] }"));
}

#[test]
fn contar_as_linhas_procura_por_elas_mais_uma_vez() {
    let query = |filtro: &str, campo: &str| {
        custo(&format!("{{ processos(first: 1, filtro: {filtro}) {{ nodes {{ id }} {campo} }} }}"))
    };
    let contado = |filtro: &str| query(filtro, "totalCount") - query(filtro, "__typename");
    let filtro = "{ situacaoGuia: ATIVO }";
    assert_eq!(contado(filtro), contado("null") + 2 * do_filtro(filtro));
}

#[test]
fn o_filtro_numa_variavel_custa_o_mesmo_que_escrito() {
    let condicoes = json!({ "nao": { "situacaoGuia": "ATIVO", "idOrgao": null }, "ou": [{ "adolescente": "202500000001" }, {}] });
    let escritas = "{ nao: { situacaoGuia: ATIVO, idOrgao: null }, ou: [{ adolescente: \"202500000001\" }, {}] }";
    let com = |filtro: &str| {
        custo(&format!("{{ processos(first: 1, filtro: {filtro}) {{ nodes {{ id }} }} }}"))
    };
    let escrita = com(escritas);
    assert!(escrita > com("null") + 600, "{escrita}");
    let inteira = "query($f: ProcessoFiltro) { processos(first: 1, filtro: $f) { nodes { id } } }";
    assert_eq!(medir(inteira, json!({ "f": condicoes }), Esqueleto::custo), escrita);
    assert_eq!(medir(inteira, json!({ "f": null }), Esqueleto::custo), com("null"));
    assert_eq!(medir(inteira, json!({}), Esqueleto::custo), com("null"));
    let padrao = format!(
        "query($f: ProcessoFiltro = {escritas}) {{ processos(first: 1, filtro: $f) {{ nodes {{ id }} }} }}"
    );
    assert_eq!(medir(&padrao, json!({}), Esqueleto::custo), escrita);
    assert_eq!(medir(&padrao, json!({ "f": {} }), Esqueleto::custo), com("{}"));
    // Part of it, and one condition of it.
    let parte = "query($ou: [ProcessoFiltro!], $s: SituacaoGuia) {
        processos(first: 1, filtro: { nao: { situacaoGuia: $s, idOrgao: null }, ou: $ou }) { nodes { id } } }";
    let variaveis = json!({ "ou": condicoes["ou"], "s": "ATIVO" });
    assert_eq!(medir(parte, variaveis, Esqueleto::custo), escrita);
    // The same variable twice.
    let dobro = "query($f: ProcessoFiltro) { a: processos(first: 1, filtro: $f) { nodes { id } } b: processos(first: 1, filtro: $f) { nodes { id } } }";
    let duas = 2 * escrita - base(0);
    assert_eq!(medir(dobro, json!({ "f": condicoes }), Esqueleto::custo), duas);
}

/// Ninety-nine conditions on two relations, forty-nine times, in 8 KB.
#[test]
fn o_filtro_que_e_um_ataque_e_recusado_com_o_seu_campo() {
    let condicoes: Vec<_> = (0..49)
        .map(|n| json!({ "adolescente": format!("9999999999{n:02}"), "situacaoGuia": "ATIVO" }))
        .collect();
    let campos: Vec<_> = (0..49)
        .map(|n| format!("a{n}: processos(filtro: {{ ou: $f }}, first: 1) {{ nodes {{ id }} }}"))
        .collect();
    let texto = format!("query($f: [ProcessoFiltro!]) {{ {} }}", campos.join(" "));
    let conferir = |custo: &Esqueleto, variaveis: &Variables| custo.conferir(250_000, variaveis);
    let excesso = medir(&texto, json!({ "f": condicoes }), conferir).unwrap_err();
    assert!(excesso.caminho.starts_with('a') && excesso.cabe_com.is_none(), "{excesso}");
    assert!(medir(&texto, json!({ "f": condicoes[..2] }), conferir).is_ok());
}
