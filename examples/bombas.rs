//! Measures how long the server takes to refuse or prepare hostile documents:
//! `cargo run --release --example bombas`.
#![expect(clippy::unwrap_used, reason = "a tool, which stops at what it did not expect")]

use async_graphql::Variables;
use elos::graphql::document::prepare::{PrepareOptions, Preparer};
use std::fmt::Write;
use std::time::{Duration, Instant};

fn times(n: usize, f: impl Fn(usize) -> String) -> String {
    (0..n).map(f).collect()
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn bombs() -> Vec<(&'static str, String)> {
    let doubling = |n: usize, field: &str, of: &str| {
        let middle =
            times(n, |i| format!("fragment f{i} on {of} {{ ...f{} ...f{} }} ", i + 1, i + 1));
        format!("{middle} fragment f{n} on {of} {{ {field} }}")
    };
    let mut list = vec![
        (
            "6 KB de colchetes",
            format!("{{__type(name:{}{}){{name}}}}", "[".repeat(3000), "]".repeat(3000)),
        ),
        ("63 colchetes", format!("{{__type(name:{}{}){{name}}}}", "[".repeat(60), "]".repeat(60))),
        ("2.000 selecoes aninhadas", format!("{}{}", "{a".repeat(2000), "}".repeat(2000))),
        ("60 selecoes aninhadas", format!("{}{}", "{a".repeat(60), "}".repeat(60))),
        ("25 niveis que dobram", format!("{{ ...f0 }} {}", doubling(25, "eu { sub }", "Query"))),
        (
            "12 niveis que dobram, sob campo",
            format!("{{ eu {{ ...f0 }} }} {}", doubling(12, "sub", "Ator")),
        ),
        ("10.000 apelidos", format!("{{ eu {{ {} }} }}", times(10_000, |i| format!("a{i}:sub ")))),
        ("3.300 apelidos", format!("{{ eu {{ {} }} }}", times(3_300, |i| format!("a{i}:sub ")))),
        ("200 apelidos", format!("{{ eu {{ {} }} }}", times(200, |i| format!("a{i}:sub ")))),
        ("5.000 campos iguais", format!("{{ eu {{ {} }} }}", "sub ".repeat(5000))),
        ("9.900 campos iguais", format!("{{ eu {{ {} }} }}", "sub ".repeat(9900))),
        ("2.400 compostos iguais", format!("{{ eu {{ {} }} }}", "tribunal{id}".repeat(2400))),
        (
            "900 compostos iguais de 3 niveis",
            format!("{{ processos {{ {} }} }}", "nodes{tribunal{id sigla}}".repeat(900)),
        ),
        (
            "6.000 campos desconhecidos",
            format!("{{ eu {{ {} }} }}", times(6000, |i| format!("n{i} "))),
        ),
        (
            "fragmentos ciclicos",
            "{...a} fragment a on Query {...b} fragment b on Query {...a}".to_owned(),
        ),
        (
            "900 fragmentos em ciclo",
            format!(
                "{{...f0}} {}",
                times(900, |i| format!("fragment f{i} on Query {{...f{}}} ", (i + 1) % 900))
            ),
        ),
        (
            "corrente de 2.400",
            format!(
                "{{...f0}} {} fragment f2400 on Query {{eu{{sub}}}}",
                times(2400, |i| format!("fragment f{i} on Query {{...f{}}} ", i + 1))
            ),
        ),
        (
            "corrente de 900",
            format!(
                "{{...f0}} {} fragment f900 on Query {{eu{{sub}}}}",
                times(900, |i| format!("fragment f{i} on Query {{...f{}}} ", i + 1))
            ),
        ),
        (
            "corrente de 80",
            format!(
                "{{...f0}} {} fragment f80 on Query {{eu{{sub}}}}",
                times(80, |i| format!("fragment f{i} on Query {{...f{}}} ", i + 1))
            ),
        ),
        ("10.000 diretivas", format!("{{ eu {} {{ sub }} }}", "@a ".repeat(10_000))),
        ("4.900 diretivas", format!("{{ eu {} {{ sub }} }}", "@a ".repeat(4_900))),
        ("200 diretivas", format!("{{ eu {} {{ sub }} }}", "@a ".repeat(200))),
        (
            "900 fragmentos distintos sem uso",
            format!(
                "{{ eu {{ sub }} }} {}",
                times(900, |i| format!("fragment f{i} on Ator {{sub azp}} "))
            ),
        ),
        (
            "500 fragmentos distintos usados",
            format!(
                "{{ eu {{ {} }} }} {}",
                times(500, |i| format!("...f{i} ")),
                times(500, |i| format!("fragment f{i} on Ator {{sub azp}} "))
            ),
        ),
        (
            "2.000 variaveis",
            format!("query({}) {{ eu {{ sub }} }}", times(2000, |i| format!("$v{i}:Int "))),
        ),
        (
            "1.100 variaveis usadas",
            format!(
                "query({}) {{ nodes(ids: [{}]) {{ id }} }}",
                times(1100, |i| format!("$v{i}:ID! ")),
                times(1100, |i| format!("$v{i} "))
            ),
        ),
        (
            "1.900 argumentos",
            format!("{{ processos({}) {{ totalCount }} }}", times(1900, |i| format!("a{i}:1 "))),
        ),
        (
            "2.400 vezes o mesmo argumento",
            format!("{{ processos({}) {{ totalCount }} }}", "first:1 ".repeat(2400)),
        ),
        (
            "2.400 campos de entrada",
            format!(
                "{{ processos(filtro:{{{}}}) {{ totalCount }} }}",
                times(2400, |i| format!("a{i}:1 "))
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
            times(600, |i| format!("query q{i}{{...f}} ")) + "fragment f on Query {eu{sub}}",
        ),
        (
            "300 operacoes de um fragmento largo",
            times(300, |i| format!("query q{i}{{...f}} "))
                + &format!("fragment f on Query {{eu{{{}}}}}", "sub ".repeat(30)),
        ),
        (
            "200 operacoes com 20 variaveis",
            times(200, |i| {
                format!("query q{i}({}){{eu{{sub}}}} ", times(6, |j| format!("$v{j}:Int ")))
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
        let name = format!("{}{i}", "fragmento_de_nome_comprido_".repeat(9));
        write!(distintos, "fragment {name} on Ator {{ sub azp papeis }} ").unwrap();
        i += 1;
    }
    list.push(("256 KB de fragmentos distintos", distintos));
    // At each level, every selection of an abstract type conflicts.
    let mut deep = "id".to_owned();
    for _ in 0..4 {
        deep = format!(
            "tribunal {{ id }} ... on Processo {{ tribunal {{ sigla }} }} ... on ProcessoApuracao {{ tribunal {{ nome }} execucoes {{ nodes {{ apuracao {{ {deep} }} }} }} }}"
        );
    }
    list.push(("distribuicao em 4 niveis", format!("{{ processos {{ nodes {{ {deep} }} }} }}")));
    let wide = "... on Node { ... on Processo { tribunal { id } magistrado { nome } } ... on ProcessoApuracao { tribunal { sigla } } }".repeat(150);
    list.push((
        "distribuicao larga",
        format!("{{ processos {{ nodes {{ {wide} }} }} nodes(ids: [\"a\"]) {{ {wide} }} }}"),
    ));
    // The document repeats a field of an interface for each of its types, at each level.
    for levels in [4, 7, 9] {
        let width = 1200 / levels;
        let mut within = "id".to_owned();
        for _ in 0..levels {
            let many = "id ".repeat(width);
            within = format!(
                "{many} tribunal {{ id }} ... on ProcessoApuracao {{ tribunal {{ nome }} }} eventos {{ nodes {{ processo {{ {within} }} }} }}"
            );
        }
        list.push((
            "distribuicao que se ramifica",
            format!("{{ processos {{ nodes {{ {within} }} }} }}"),
        ));
    }
    let mil = "__typename ... on Processo { __typename tribunal { id } } ... on Node { ... on ProcessoApuracao { tribunal { id } } }".repeat(250);
    list.push(("250 vezes o mesmo conflito em Node", format!("{{ node(id: \"a\") {{ {mil} }} }}")));
    list
}

/// Prints the time to prepare a new document and a known one, and to build the preparer of the
/// schema.
fn known(sdl: &str) {
    let text = "query Lista($n: Int, $m: Boolean = true) { processos(first: $n) { totalCount nodes { id numero situacao tribunal { sigla } magistrado @include(if: $m) { nome } adolescentes(first: 5) { edges { situacao node { id nome } } } ... on ProcessoExecucao { apuracao { numero } } } pageInfo { hasNextPage endCursor } } }";
    let variables = Variables::from_json(serde_json::json!({ "n": 10 }));
    let preparer = Preparer::new(sdl, PrepareOptions::default()).unwrap();
    for (name, times) in [("novo", 1_u32), ("conhecido", 100_000)] {
        let before = Instant::now();
        let mut cost = 0;
        for _ in 0..times {
            let (ready, variables) = preparer.prepare(text, None, variables.clone()).unwrap();
            cost = ready.cost.cost(&variables);
        }
        let time = before.elapsed() / times;
        println!("{name}: {time:?}, com o custo ({cost})");
    }
    let before = Instant::now();
    Preparer::new(sdl, PrepareOptions::default()).unwrap();
    println!("esquema: {:?}", before.elapsed());
}

fn main() {
    let sdl = elos::graphql::sdl();
    let variables = Variables::default();
    let mut worst = Duration::ZERO;
    // A stack as small as that of a worker makes an unbounded recursion visible.
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for (name, text) in bombs() {
            let mut max = Duration::ZERO;
            let mut end = String::new();
            for _ in 0..5 {
                let preparer = Preparer::new(&sdl, PrepareOptions::default()).unwrap();
                let before = Instant::now();
                let prepared = preparer.prepare(&text, None, variables.clone());
                max = max.max(before.elapsed());
                end = match prepared {
                    Ok((ready, variables)) => {
                        format!("pronto, custo {}", ready.cost.cost(&variables))
                    }
                    Err(error) => format!("{error:?}").chars().take(110).collect(),
                };
            }
            worst = worst.max(max);
            println!("{:>9.3} ms  {:>7} B  {name}: {end}", max.as_secs_f64() * 1e3, text.len());
        }
        println!("pior: {:.3} ms", worst.as_secs_f64() * 1e3);
        known(&sdl);
    });
    thread.unwrap().join().unwrap();
}
