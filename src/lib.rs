//! elos: court processos of juvenile justice, adolescentes and the links
//! between them, served as one graph.
//!
//! # The layers, top first
//!
//! A module may use only the modules below it. `LAYERS` in `tests/api/architecture` holds the exact
//! order, which is also the order of this file, and lists the exceptions that cannot be avoided.
//!
//! * The program: [`cli`], `demo`, [`isolation`], [`server`].
//! * The APIs: [`rest`], [`graphql`], and [`seed`] with synthetic data.
//! * The slices, one for each part of the domain: [`lote`], [`busca`], [`estatisticas`],
//!   [`linha_do_tempo`], [`tramite`], [`guia`], [`catalogo`], [`processo`], [`rascunho`],
//!   [`adolescente`], [`evento`]; and [`filters`].
//! * The kernels, which know no slice: [`graphql_types`], [`command`], [`config`], [`http`], [`call`],
//!   [`audit`], [`blob_store`], [`telemetry`], [`db`], [`readiness`], [`bounded_json`], [`work`],
//!   [`auth`], [`embedded`], [`pdf`], [`value`], [`error`].
//!
//! # Where to begin
//!
//! * A write is a [`command::Command`]: [`processo::service`] has some, and [`processo::rules`] what
//!   they must not break. [`command::execute`] runs each in one transaction.
//! * A read goes through [`call::Call::read`], or is a [`db::BatchKey`] or a list of a slice's `store`
//!   that resolvers wait for.
//! * A request enters through [`graphql::protocol`] or [`rest`]; [`graphql::execution`] runs a query.
//! * The database is reached through [`db::Db`] alone.
//!
//! The book in `docs/` says the same at length, with a recipe for each kind of change.

// The program.
pub mod cli; // the command line
#[cfg(feature = "dev-issuer")]
pub mod demo; // the whole system on one machine
pub mod isolation; // tries to cross from one tribunal to another
pub mod server; // routes, middleware, shutdown

// The APIs.
pub mod rest; // REST routes over the same services
pub mod graphql; // one GraphQL schema, over HTTP and WebSockets
pub mod seed; // synthetic data

// The slices.
pub mod lote; // several writes in one transaction
pub mod busca; // one search box
pub mod estatisticas;
pub mod linha_do_tempo;
pub mod tramite;
pub mod guia;
pub mod catalogo;
pub mod processo;
pub mod rascunho;
pub mod adolescente;
pub mod evento;
pub mod filters; // conditions on rows, also by their related rows

// The kernels.
pub mod graphql_types; // building blocks of the GraphQL schema
pub mod command; // writes: one transaction each, dry runs, idempotency
pub mod config; // every setting, documented once
pub mod http; // HTTP for both APIs
pub mod call; // the state of the application (App), and one call: its actor, its audit record, its look-ups
pub mod audit; // the audit trail, with a chain of hashes
pub mod blob_store; // contents of files
pub mod telemetry; // logs and metrics
pub mod db; // PostgreSQL: who may use it when, reads, writes, pages, change feeds
pub mod readiness; // whether this instance should receive requests
pub mod bounded_json; // JSON with a limit on what is kept in memory
pub mod work; // CPU work off the async workers; limits on the memory of bodies and answers
pub mod auth; // tokens, papéis, the development issuer
pub mod embedded; // a private PostgreSQL for `elos demo` and the tests
pub mod pdf; // PDF documents
pub mod trace; // traces across programs, exported by OTLP
pub mod value; // shared value types
pub mod error; // errors, and the one table of codes

pub use call::App;
pub use error::{Error, Result};
