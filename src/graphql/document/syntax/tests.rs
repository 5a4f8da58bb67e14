use super::*;

fn blanked(text: &str) -> String {
    read(text).unwrap_or_else(|error| panic!("{text}: {error:?}")).blanked(text).into_owned()
}

#[test]
fn descriptions_become_blanks_and_everything_else_stays_in_its_place() {
    for (text, expected) in [
        ("{ a }", "{ a }"),
        ("\"x\" query { a }", "    query { a }"),
        ("\"\"\"a \\\"\"\" {\n b\"\"\"\nquery { a }", "           \n     \nquery { a }"),
        (
            "query A(\"d\" $n: String = \"d\" \"e\" $m: Int) { a(b: \"c\") }",
            "query A(    $n: String = \"d\"     $m: Int) { a(b: \"c\") }",
        ),
        ("\"f\" fragment F on A { a } { ...F }", "    fragment F on A { a } { ...F }"),
        ("# \"x\"\n{ a }", "# \"x\"\n{ a }"),
        ("{ ..., # c\n F a, : b }", "{ ...     \n F a  : b }"),
    ] {
        assert_eq!(blanked(text), expected, "{text}");
        assert_eq!(blanked(text).len(), text.len());
    }
}

#[test]
fn the_first_error_is_told_where_it_is() {
    for (text, offset, message) in [
        ("", 0, "erro de sintaxe: não se esperava <EOF>"),
        ("{ a", 3, "erro de sintaxe: esperava-se um nome, e não <EOF>"),
        ("{ }", 2, "erro de sintaxe: esperava-se um nome, e não `}`"),
        ("{ a(b: ) }", 7, "erro de sintaxe: não se esperava `)`"),
        ("{ a(b: \"x) }", 12, "erro de sintaxe: texto sem aspas finais"),
        (
            "{ a(b: \"\\uD800\") }",
            8,
            "erro de sintaxe: a sequência `\\uD800` não é de um caractere",
        ),
        ("{ a(b: 01) }", 8, "erro de sintaxe: esperava-se um algarismo no número, e não `1`"),
        ("{ a(b: 1x) }", 8, "erro de sintaxe: esperava-se um algarismo no número, e não `x`"),
        ("{ a é }", 4, "erro de sintaxe: caractere inesperado: U+00E9"),
        ("\"d\" { a }", 0, "erro de sintaxe: uma consulta abreviada não leva descrição"),
        (
            "query($a: Int = $b) { a }",
            16,
            "erro de sintaxe: a variável `$b` está num valor constante",
        ),
    ] {
        let error = read(text).err().unwrap_or_else(|| panic!("{text}"));
        assert_eq!((error.offset, error.message.to_string().as_str()), (offset, message), "{text}");
    }
}
