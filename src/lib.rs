//! elos: court processos of juvenile justice, adolescentes and the links
//! between them, served as one graph.
//!
//! The modules stand as they depend on each other, the top first: each knows only what is below it.

// The program.
pub mod cli; // the command line
#[cfg(feature = "dev-issuer")]
pub mod demo; // all of it on one machine
pub mod isolation; // tries to cross from one tribunal to another
pub mod server; // routes

// The doors.
pub mod rest; // the second: old paths, the same services
pub mod graphql; // the first: one schema over HTTP
pub mod seed; // synthetic data

// The slices.
pub mod estatisticas;
pub mod linha_do_tempo;
pub mod tramite;
pub mod guia;
pub mod catalogo;
pub mod processo;
pub mod rascunho;
pub mod adolescente;
pub mod evento;
pub mod filters; // conditions on rows, each kind by what it is related to

// The kernels.
pub mod graphql_types; // what a slice builds its part of the schema from
pub mod command; // what every write shares: one transaction, dry runs, idempotency
pub mod http; // what both doors share of HTTP
pub mod config; // every setting, documented once
pub mod readiness; // whether this instance should be sent requests
pub mod call; // what one call carries
pub mod audit; // who looked at what: a trail with a chain of hashes
pub mod blob_store; // the bytes of files
pub mod db; // PostgreSQL: its two doors, pages, relations
pub mod work; // what would hold the async workers
pub mod telemetry; // logs and metrics
pub mod auth; // tokens, papéis, the development issuer
pub mod embedded; // a private PostgreSQL for `elos demo` and the tests
pub mod pdf; // documents to be printed
pub mod value; // values without a home in a slice
pub mod error; // what can go wrong, and the one table of codes

pub use call::App;
pub use error::{Error, Result};
