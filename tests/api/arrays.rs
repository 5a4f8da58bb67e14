//! Arrays as bind parameters: PostgreSQL reads the same values as from their literals.

use crate::support::Database;
use chrono::{DateTime, Utc};
use diesel::RunQueryDsl;
use elos::db::{Sql, SqlValue};

#[derive(diesel::QueryableByName)]
struct Same {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    same: bool,
}

#[test]
fn bound_arrays_are_what_their_literals_say() {
    let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let mut conn = Database::admin();
    let cases: [(SqlValue, &'static str); 10] = [
        (vec![i16::MIN, 0, i16::MAX].into(), "ARRAY[-32768, 0, 32767]::int2[]"),
        (vec![i32::MIN, -1, i32::MAX].into(), "ARRAY[-2147483648, -1, 2147483647]::int4[]"),
        (vec![i64::MIN, i64::MAX].into(), "'{-9223372036854775808,9223372036854775807}'::int8[]"),
        (Vec::<i64>::new().into(), "'{}'::int8[]"),
        (vec![Some(7_i64), None, Some(-7)].into(), "ARRAY[7, NULL, -7]::int8[]"),
        (vec!["maçã".to_owned(), String::new()].into(), "ARRAY['maçã', '']"),
        (vec![None, Some("a'\"\\{},".to_owned())].into(), r#"ARRAY[NULL, 'a''"\{},']"#),
        (Vec::<String>::new().into(), "'{}'::text[]"),
        (
            vec![instant("1969-12-31T23:59:59.999999Z"), instant("2026-02-03T04:05:06Z")].into(),
            "ARRAY['1969-12-31 23:59:59.999999+00', '2026-02-03 04:05:06+00']::timestamptz[]",
        ),
        (vec![None::<String>].into(), "ARRAY[NULL]::text[]"),
    ];
    for (value, literal) in cases {
        let shown = format!("{value:?}");
        let sql = Sql::new("SELECT ").bind(value).push(" IS NOT DISTINCT FROM ").push(literal);
        let Same { same } = sql.push(" AS same").get_result(&mut conn).unwrap();
        assert!(same, "{shown} is not {literal}");
    }
}
