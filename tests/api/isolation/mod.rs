//! `elos isolamento prove`: it passes on a valid database and finds the faults that the tests make.

mod cluster;
mod faults;

use cluster::Database;
use diesel::connection::SimpleConnection;
use elos::isolation::{self, Kind};

/// Operations that need not show the test rows even to their own tribunal, because they show no
/// row, or because the state of the rows does not allow it. Every other operation must show the
/// rows to a client that may see them.
const OPERATIONS_WITHOUT_ROWS: [&str; 25] = [
    "eu",
    "tribunais",
    // A statistic belongs to no single row.
    "estatisticas",
    "registrarRascunho",
    "cadastrarProcesso",
    "cadastrarAdolescente",
    "enviarRecibo",
    "enviarReciboDeConclusao",
    "enviarComponente",
    "baixarComponente",
    "baixarParteDoComponente",
    "enviarParteDoComponente",
    "concluirComponente",
    "esperarPendencia",
    // Catalogues are the same for every tribunal.
    "estrutura",
    "estruturas",
    "itensDoCatalogo",
    "gravarItemDoCatalogo",
    "listarRepositorios",
    "procurarEstruturas",
    "verEstrutura",
    "listarEspecies",
    "listarHipoteses",
    "listarMotivosDeUrgencia",
    "verSaude",
];

#[test]
fn the_proof_passes_and_leaves_nothing() {
    let _turn = cluster::roles_stay();
    let database = Database::seeded();
    let before = database.contents();
    let all = isolation::Options::all(crate::support::now);
    let report = database.prove_as(cluster::OWNER, &Database::one_login(), all);
    assert!(report.holds(), "{report}");
    assert_eq!(report.notes, Vec::<String>::new(), "every table has rows to try");
    assert_eq!(database.contents(), before, "something was left");
    for kind in [Kind::Read, Kind::Update, Kind::Insert, Kind::Delete, Kind::Truncate, Kind::Own] {
        assert!(report.tried_of(kind) > 20, "{kind:?}\n{report}");
    }
    for kind in [Kind::Move, Kind::Function, Kind::BecomeRole, Kind::Sequence] {
        assert!(report.tried_of(kind) > 5, "{kind:?}\n{report}");
    }
    // The proof tries every query, every mutation, and every method of every route.
    assert!(report.tried_of(Kind::Graphql) > 100, "{report}");
    assert!(report.tried_of(Kind::Rest) > 60, "{report}");
    for unshown in &report.unshown {
        let operation = unshown.rsplit(' ').next().unwrap();
        assert!(OPERATIONS_WITHOUT_ROWS.contains(&operation), "{operation}\n{report}");
    }
}

#[test]
fn the_proof_passes_on_an_empty_database_as_superuser_and_with_three_logins() {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    let report = database.prove_as("postgres", &Database::one_login(), cluster::STATEMENTS);
    assert!(report.holds(), "{report}");
    let report = database.prove_as(cluster::OWNER, &Database::three_logins(), cluster::STATEMENTS);
    assert!(report.holds(), "{report}");
}

/// Without the filters and with an open policy on adolescentes, the proof finds the foreign rows
/// that the APIs show.
#[test]
fn the_proof_finds_an_api_that_shows_foreign_rows() {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    let fault =
        "ALTER POLICY adolescente_do_tribunal ON adolescente USING (true) WITH CHECK (true)";
    database.conn().batch_execute(fault).unwrap();
    let options = isolation::Options {
        skip_tribunal_filter: true,
        ..isolation::Options::all(crate::support::now)
    };
    let report = database.prove_as(cluster::OWNER, &Database::one_login(), options);
    for (kind, operation) in [
        (Kind::Graphql, "adolescente"),
        (Kind::Graphql, "node"),
        (Kind::Rest, "adolescentePorIdentificador"),
    ] {
        let found = report.findings.iter().any(|one| one.kind == kind && one.what == operation);
        assert!(found, "{operation}\n{report}");
    }
}
