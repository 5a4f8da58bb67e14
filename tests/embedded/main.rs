//! Tests of the embedded PostgreSQL: kills, leftovers, refusals, settings, and the structure and
//! roles of its database. Whichever process dies, the next start finds the committed rows.
#![expect(clippy::unwrap_used, reason = "a test that unwraps has already failed")]

mod initdb;
mod kills;
mod leftovers;
mod program;
mod refusals;
mod running;
mod structure;
mod support;
