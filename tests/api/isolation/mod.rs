//! `elos isolamento prove`: it holds on a right database, and finds each fault that is planted.

mod cluster;
mod faults;

use cluster::Database;
use elos::isolation::Kind;

#[test]
fn it_holds_on_an_empty_database_and_on_a_full_one() {
    let _turn = cluster::roles_stay();
    for database in [Database::empty(), Database::seeded()] {
        let before = database.contents();
        let report = database.prove();
        assert!(report.holds(), "{report}");
        assert_eq!(report.notes, Vec::<String>::new(), "every table has rows to try");
        assert_eq!(database.contents(), before, "something was left");
        for kind in
            [Kind::Read, Kind::Update, Kind::Insert, Kind::Delete, Kind::Truncate, Kind::Own]
        {
            assert!(report.tried_of(kind) > 20, "{kind:?}\n{report}");
        }
        for kind in [Kind::Move, Kind::Function, Kind::BecomeRole, Kind::Sequence] {
            assert!(report.tried_of(kind) > 5, "{kind:?}\n{report}");
        }
    }
}

#[test]
fn a_superuser_may_prove_too() {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    let report = database.prove_as("postgres", &database.one_login());
    assert!(report.holds(), "{report}");
}

#[test]
fn three_logins_for_three_purposes_hold_too() {
    let _turn = cluster::roles_stay();
    let database = Database::empty();
    let report = database.prove_as(cluster::OWNER, &database.three_logins());
    assert!(report.holds(), "{report}");
}
