//! `elos isolamento prove`: it holds on a right database, and finds each fault that is planted.

mod cluster;
mod faults;

use cluster::Database;
use diesel::connection::SimpleConnection;
use elos::isolation::{self, Kind};

/// What may show its own tribunal nothing of the throw-away rows: it is about no row, or the
/// state that they are in does not admit it. Every other operation shows them to who may see them.
const UNSHOWN: [&str; 25] = [
    "eu",
    "tribunais",
    // Figures are of no row.
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
    // Catalogues, which are everybody's.
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
fn it_holds_and_leaves_nothing() {
    let _turn = cluster::roles_stay();
    let database = Database::seeded();
    let before = database.contents();
    let all = isolation::Options::all(crate::support::agora);
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
    // Each query and each mutation, each route with each of its methods.
    assert!(report.tried_of(Kind::Graphql) > 100, "{report}");
    assert!(report.tried_of(Kind::Rest) > 60, "{report}");
    for unshown in &report.unshown {
        let operation = unshown.rsplit(' ').next().unwrap();
        assert!(UNSHOWN.contains(&operation), "{operation}\n{report}");
    }
}

#[test]
fn it_holds_on_an_empty_database_as_a_superuser_and_with_three_logins() {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    let report = database.prove_as("postgres", &Database::one_login(), cluster::STATEMENTS);
    assert!(report.holds(), "{report}");
    let report = database.prove_as(cluster::OWNER, &Database::three_logins(), cluster::STATEMENTS);
    assert!(report.holds(), "{report}");
}

/// With both walls down, what the doors show is found.
#[test]
fn it_finds_a_door_that_shows_what_is_anothers() {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    let fault =
        "ALTER POLICY adolescente_do_tribunal ON adolescente USING (true) WITH CHECK (true)";
    database.conn().batch_execute(fault).unwrap();
    let options =
        isolation::Options { unfiltered: true, ..isolation::Options::all(crate::support::agora) };
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
