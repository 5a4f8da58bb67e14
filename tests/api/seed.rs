//! The synthetic data keep the rules, and say that they are fictitious.

use crate::support::{Database, Template};
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use elos::value::cpf::Cpf;

fn list(database: &Database, sql: &'static str) -> Vec<String> {
    database.text(Sql::new(sql)).split(',').map(str::to_owned).collect()
}

#[test]
fn numeros_and_cpfs_are_valid_and_of_the_tribunal() {
    let database = Database::new(Template::Seeded);
    let numeros = list(
        &database,
        "SELECT string_agg(numero || ':' || tribunal_codigo, ',') AS t FROM processo",
    );
    assert_eq!(numeros.len(), 270);
    for pair in numeros {
        let (numero, code) = pair.split_once(':').unwrap();
        let numero: NumeroProcesso = numero.parse().unwrap();
        assert_eq!(numero.digit(), numero.expected_digit());
        assert_eq!(numero.tribunal_code().to_string(), code);
    }
    for cpf in list(&database, "SELECT string_agg(cpf, ',') AS t FROM adolescente") {
        assert!(cpf.parse::<Cpf>().unwrap().check_digits_match());
    }
}

#[test]
fn the_data_have_every_kind_of_row_and_keep_the_rules() {
    let database = Database::new(Template::Large);
    let count = |sql| database.count(sql);
    assert_eq!(count("SELECT count(*) AS n FROM processo"), 1350);
    assert_eq!(count("SELECT count(DISTINCT tribunal_codigo) AS n FROM processo"), 27);
    assert_eq!(count("SELECT count(*) AS n FROM processo WHERE tipo LIKE 'EXECUCAO%'"), 540);
    assert!(count("SELECT count(*) AS n FROM processo WHERE situacao = 'ARQUIVADO'") > 0);
    assert!(count("SELECT count(*) AS n FROM vinculo WHERE encerrado_em IS NOT NULL") > 0);
    assert!(
        count(
            "SELECT max(n) AS n FROM (SELECT count(*) AS n FROM vinculo GROUP BY processo_id) AS v"
        ) > 1
    );
    // R11: an execução has one adolescente, who has a vínculo with its apuração.
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM processo e WHERE tipo LIKE 'EXECUCAO%' AND 1 <> (
               SELECT count(*) FROM vinculo v JOIN processo a ON a.numero = e.numero_referencia
                 JOIN vinculo va ON va.processo_id = a.id AND va.adolescente_id = v.adolescente_id WHERE v.processo_id = e.id)"
        ),
        0
    );
    // R12: an adolescente has at most one active execução. R18: every processo has an adolescente.
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM (SELECT adolescente_id FROM vinculo v JOIN processo p ON p.id = v.processo_id
               WHERE p.tipo LIKE 'EXECUCAO%' AND p.situacao = 'ATIVO' GROUP BY 1 HAVING count(*) > 1) AS d"
        ),
        0
    );
    assert_eq!(
        count(
            "SELECT count(*) AS n FROM processo p WHERE NOT EXISTS (SELECT FROM vinculo v WHERE v.processo_id = p.id AND v.encerrado_em IS NULL)"
        ),
        0
    );
    assert_eq!(count("SELECT count(*) AS n FROM vinculo v JOIN processo p ON p.id = v.processo_id JOIN adolescente a ON a.id = v.adolescente_id
        WHERE v.tribunal_codigo <> p.tribunal_codigo OR v.tribunal_codigo <> a.tribunal_codigo"), 0);
    assert_eq!(
        count("SELECT count(*) AS n FROM adolescente WHERE sobrenome NOT LIKE 'Fictício%'"),
        0
    );
}

/// A second seeding adds to the first and leaves the sequences ready for the server.
#[test]
fn seeding_again_adds_and_the_server_goes_on() {
    let app = crate::support::App::new();
    let mut conn = app.database.conn();
    elos::seed::seed(&mut conn, 135).unwrap();
    assert_eq!(app.database.count("SELECT count(*) AS n FROM processo"), 405);
    let adolescente = app.adolescente("tjrn");
    assert_eq!(app.database.count("SELECT count(*) AS n FROM adolescente"), 244);
    assert!(adolescente.ends_with("00000244"), "{adolescente}");
}

#[test]
fn equal_seeds_give_equal_data() {
    let snapshot = |database: &Database| {
        database.text(Sql::new(
            "SELECT md5(string_agg(concat_ws('|', a.id, a.identificador, a.nome, a.sobrenome, a.cpf, p.numero, p.tipo, p.situacao, v.processo_id), ',' ORDER BY v.id)) AS t
             FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id JOIN processo p ON p.id = v.processo_id",
        ))
    };
    let (one, other) = (Database::new(Template::Empty), Database::new(Template::Empty));
    for database in [&one, &other] {
        elos::seed::seed(&mut database.conn(), 135).unwrap();
    }
    assert_eq!(snapshot(&one), snapshot(&other));
}
