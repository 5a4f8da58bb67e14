//! elos: court processos of juvenile justice, adolescentes and the links
//! between them, served as one graph.
//!
//! The modules, in order of dependency:

pub mod app;
pub mod auth; // who asks: tokens, papéis, the development issuer
pub mod campo; // checks of a text field
pub mod config; // every setting, documented once
pub mod cpf; // the number that names a person
pub mod db; // PostgreSQL: its two doors, pages, relations
pub mod embedded; // a private PostgreSQL for `elos demo` and the tests
pub mod entrada; // the bytes of a JSON request
pub mod error; // what can go wrong, and the one table of codes
pub mod telemetry; // logs
pub mod tempo; // time as the courts write it // what a request can reach

pub mod adolescente;
pub mod evento;
pub mod processo;
pub mod tribunal; // the slices, each knowing those before it

pub mod cli;
pub mod demo; // all of it on one machine
pub mod graphql; // the roof: one schema over HTTP
pub mod pages; // GraphiQL, served from the program
pub mod rest; // the façade: old paths, the same services
pub mod seed; // synthetic data
pub mod server; // routes // the command line

pub use app::App;
pub use error::Error;

/// Resolvers and services answer with this; see [`error`].
pub type Result<T> = std::result::Result<T, Error>;
