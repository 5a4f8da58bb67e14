//! Hostile documents, and how long each takes to be refused or prepared.
//! `cargo run --release --example bombas`
#![expect(clippy::unwrap_used, reason = "a tool, which stops at what it did not expect")]

use async_graphql::Variables;
use elos::graphql::document::prepare::{Opcoes, Preparador};
use std::fmt::Write;
use std::time::{Duration, Instant};

fn vezes(n: usize, f: impl Fn(usize) -> String) -> String {
    (0..n).map(f).collect()
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn bombas() -> Vec<(&'static str, String)> {
    let dobra = |n: usize, campo: &str, de: &str| {
        let meio =
            vezes(n, |i| format!("fragment f{i} on {de} {{ ...f{} ...f{} }} ", i + 1, i + 1));
        format!("{meio} fragment f{n} on {de} {{ {campo} }}")
    };
    let mut lista = vec![
        (
            "6 KB de colchetes",
            format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000)),
        ),
        ("63 colchetes", format!("{{__type(name:{}{}){{name}}}}", "[".repeat(60), "]".repeat(60))),
        ("2.000 selecoes aninhadas", format!("{}{}", "{a".repeat(2000), "}".repeat(2000))),
        ("60 selecoes aninhadas", format!("{}{}", "{a".repeat(60), "}".repeat(60))),
        ("25 niveis que dobram", format!("{{ ...f0 }} {}", dobra(25, "eu { sub }", "Query"))),
        (
            "12 niveis que dobram, sob campo",
            format!("{{ eu {{ ...f0 }} }} {}", dobra(12, "sub", "Ator")),
        ),
        ("10.000 apelidos", format!("{{ eu {{ {} }} }}", vezes(10_000, |i| format!("a{i}:sub ")))),
        ("3.300 apelidos", format!("{{ eu {{ {} }} }}", vezes(3_300, |i| format!("a{i}:sub ")))),
        ("200 apelidos", format!("{{ eu {{ {} }} }}", vezes(200, |i| format!("a{i}:sub ")))),
        ("5.000 campos iguais", format!("{{ eu {{ {} }} }}", "sub ".repeat(5000))),
        ("9.900 campos iguais", format!("{{ eu {{ {} }} }}", "sub ".repeat(9900))),
        ("2.400 compostos iguais", format!("{{ eu {{ {} }} }}", "tribunal{id}".repeat(2400))),
        (
            "900 compostos iguais de 3 niveis",
            format!("{{ processos {{ {} }} }}", "nodes{tribunal{id sigla}}".repeat(900)),
        ),
        (
            "6.000 campos desconhecidos",
            format!("{{ eu {{ {} }} }}", vezes(6000, |i| format!("n{i} "))),
        ),
        (
            "fragmentos ciclicos",
            "{...a} fragment a on Query {...b} fragment b on Query {...a}".to_owned(),
        ),
        (
            "900 fragmentos em ciclo",
            format!(
                "{{...f0}} {}",
                vezes(900, |i| format!("fragment f{i} on Query {{...f{}}} ", (i + 1) % 900))
            ),
        ),
        (
            "corrente de 2.400",
            format!(
                "{{...f0}} {} fragment f2400 on Query {{eu{{sub}}}}",
                vezes(2400, |i| format!("fragment f{i} on Query {{...f{}}} ", i + 1))
            ),
        ),
        (
            "corrente de 900",
            format!(
                "{{...f0}} {} fragment f900 on Query {{eu{{sub}}}}",
                vezes(900, |i| format!("fragment f{i} on Query {{...f{}}} ", i + 1))
            ),
        ),
        (
            "corrente de 80",
            format!(
                "{{...f0}} {} fragment f80 on Query {{eu{{sub}}}}",
                vezes(80, |i| format!("fragment f{i} on Query {{...f{}}} ", i + 1))
            ),
        ),
        ("10.000 diretivas", format!("{{ eu {} {{ sub }} }}", "@a ".repeat(10_000))),
        ("4.900 diretivas", format!("{{ eu {} {{ sub }} }}", "@a ".repeat(4_900))),
        ("200 diretivas", format!("{{ eu {} {{ sub }} }}", "@a ".repeat(200))),
        (
            "900 fragmentos distintos sem uso",
            format!(
                "{{ eu {{ sub }} }} {}",
                vezes(900, |i| format!("fragment f{i} on Ator {{sub azp}} "))
            ),
        ),
        (
            "500 fragmentos distintos usados",
            format!(
                "{{ eu {{ {} }} }} {}",
                vezes(500, |i| format!("...f{i} ")),
                vezes(500, |i| format!("fragment f{i} on Ator {{sub azp}} "))
            ),
        ),
        (
            "2.000 variaveis",
            format!("query({}) {{ eu {{ sub }} }}", vezes(2000, |i| format!("$v{i}:Int "))),
        ),
        (
            "1.100 variaveis usadas",
            format!(
                "query({}) {{ nodes(ids: [{}]) {{ id }} }}",
                vezes(1100, |i| format!("$v{i}:ID! ")),
                vezes(1100, |i| format!("$v{i} "))
            ),
        ),
        (
            "1.900 argumentos",
            format!("{{ processos({}) {{ totalCount }} }}", vezes(1900, |i| format!("a{i}:1 "))),
        ),
        (
            "2.400 vezes o mesmo argumento",
            format!("{{ processos({}) {{ totalCount }} }}", "first:1 ".repeat(2400)),
        ),
        (
            "2.400 campos de entrada",
            format!(
                "{{ processos(filtro:{{{}}}) {{ totalCount }} }}",
                vezes(2400, |i| format!("a{i}:1 "))
            ),
        ),
        (
            "900 filtros aninhados lado a lado",
            format!(
                "{{ processos(filtro:{{e:[{}]}}) {{ totalCount }} }}",
                "{nao:{idOrgao:1}}".repeat(900)
            ),
        ),
        ("9.000 itens de lista", format!("{{ nodes(ids:[{}]) {{ id }} }}", "1 ".repeat(9000))),
        (
            "600 operacoes",
            vezes(600, |i| format!("query q{i}{{...f}} ")) + "fragment f on Query {eu{sub}}",
        ),
        (
            "300 operacoes de um fragmento largo",
            vezes(300, |i| format!("query q{i}{{...f}} "))
                + &format!("fragment f on Query {{eu{{{}}}}}", "sub ".repeat(30)),
        ),
        (
            "200 operacoes com 20 variaveis",
            vezes(200, |i| {
                format!("query q{i}({}){{eu{{sub}}}} ", vezes(6, |j| format!("$v{j}:Int ")))
            }),
        ),
        (
            "introspeccao funda",
            "{__schema{types{fields{type{fields{type{fields{type{name}}}}}}}}}".to_owned(),
        ),
        ("texto de 250 KB", format!("{{ node(id: \"{}\") {{ id }} }}", "é".repeat(125_000))),
        (
            "texto em bloco de 250 KB",
            format!("{{ node(id: \"\"\"{}\"\"\") {{ id }} }}", "\n é".repeat(60_000)),
        ),
        ("comentario de 250 KB", format!("#{}\n{{ eu {{ sub }} }}", "x".repeat(250_000))),
        ("250 KB de virgulas", format!("{{ eu {{ sub }} }}{}", ",".repeat(250_000))),
        ("120 mil comentarios vazios", format!("{{ eu {{ sub }} }}{}", "#\n".repeat(120_000))),
        ("250 KB de BOM", format!("{{ eu {{ sub }} }}{}", "\u{feff}".repeat(80_000))),
        ("9.900 erros de sintaxe", "} ".repeat(9_900)),
        ("9.900 simbolos soltos", "$ ".repeat(9_900)),
        ("3.000 textos nao fechados", "\"\n".repeat(3_000)),
        ("9.000 textos nao fechados", "\"\n".repeat(9_000)),
        ("120 mil bytes invalidos", format!("{{ eu {{ sub }} }} {}", "\u{1}".repeat(9_000))),
    ];
    let mut distintos = String::from("{ eu { sub } } ");
    let mut i = 0;
    while distintos.len() < 255 * 1024 {
        let nome = format!("{}{i}", "fragmento_de_nome_comprido_".repeat(9));
        write!(distintos, "fragment {nome} on Ator {{ sub azp papeis }} ").unwrap();
        i += 1;
    }
    lista.push(("256 KB de fragmentos distintos", distintos));
    // Distribution: an abstract type in which everything conflicts, level after level.
    let mut fundo = "id".to_owned();
    for _ in 0..4 {
        fundo = format!(
            "tribunal {{ id }} ... on Processo {{ tribunal {{ sigla }} }} ... on ProcessoApuracao {{ tribunal {{ nome }} execucoes {{ nodes {{ apuracao {{ {fundo} }} }} }} }}"
        );
    }
    lista.push(("distribuicao em 4 niveis", format!("{{ processos {{ nodes {{ {fundo} }} }} }}")));
    let largo = "... on Node { ... on Processo { tribunal { id } magistrado { nome } } ... on ProcessoApuracao { tribunal { sigla } } }".repeat(150);
    lista.push((
        "distribuicao larga",
        format!("{{ processos {{ nodes {{ {largo} }} }} nodes(ids: [\"a\"]) {{ {largo} }} }}"),
    ));
    // What an interface asks in common is written again for each of its types, level after level.
    for niveis in [4, 7, 9] {
        let largura = 1200 / niveis;
        let mut dentro = "id".to_owned();
        for _ in 0..niveis {
            let muitos = "id ".repeat(largura);
            dentro = format!(
                "{muitos} tribunal {{ id }} ... on ProcessoApuracao {{ tribunal {{ nome }} }} eventos {{ nodes {{ processo {{ {dentro} }} }} }}"
            );
        }
        lista.push((
            "distribuicao que se ramifica",
            format!("{{ processos {{ nodes {{ {dentro} }} }} }}"),
        ));
    }
    let mil = "__typename ... on Processo { __typename tribunal { id } } ... on Node { ... on ProcessoApuracao { tribunal { id } } }".repeat(250);
    lista
        .push(("250 vezes o mesmo conflito em Node", format!("{{ node(id: \"a\") {{ {mil} }} }}")));
    lista
}

/// What a document that one knows costs, and one that one does not.
fn conhecido(sdl: &str) {
    let texto = "query Lista($n: Int, $m: Boolean = true) { processos(first: $n) { totalCount nodes { id numero situacao tribunal { sigla } magistrado @include(if: $m) { nome } adolescentes(first: 5) { edges { situacao node { id nome } } } ... on ProcessoExecucao { apuracao { numero } } } pageInfo { hasNextPage endCursor } } }";
    let variaveis = Variables::from_json(serde_json::json!({ "n": 10 }));
    let preparador = Preparador::novo(sdl, Opcoes::default()).unwrap();
    for (nome, vezes) in [("novo", 1_u32), ("conhecido", 100_000)] {
        let antes = Instant::now();
        let mut custo = 0;
        for _ in 0..vezes {
            custo = preparador.preparar(texto, None, &variaveis).unwrap().custo.custo(&variaveis);
        }
        let tempo = antes.elapsed() / vezes;
        println!("{nome}: {tempo:?}, com o custo ({custo})");
    }
    let antes = Instant::now();
    Preparador::novo(sdl, Opcoes::default()).unwrap();
    println!("esquema: {:?}", antes.elapsed());
}

fn main() {
    let sdl = elos::graphql::sdl();
    let variaveis = Variables::default();
    let mut pior = Duration::ZERO;
    // A small stack, as a worker's, would show a recursion that is not bounded.
    let fio = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for (nome, texto) in bombas() {
            let mut maximo = Duration::ZERO;
            let mut fim = String::new();
            for _ in 0..5 {
                let preparador = Preparador::novo(&sdl, Opcoes::default()).unwrap();
                let antes = Instant::now();
                let feito = preparador.preparar(&texto, None, &variaveis);
                maximo = maximo.max(antes.elapsed());
                fim = match feito {
                    Ok(pronto) => format!("pronto, custo {}", pronto.custo.custo(&variaveis)),
                    Err(erro) => format!("{erro:?}").chars().take(110).collect(),
                };
            }
            pior = pior.max(maximo);
            println!("{:>9.3} ms  {:>7} B  {nome}: {fim}", maximo.as_secs_f64() * 1e3, texto.len());
        }
        println!("pior: {:.3} ms", pior.as_secs_f64() * 1e3);
        conhecido(&sdl);
    });
    fio.unwrap().join().unwrap();
}
