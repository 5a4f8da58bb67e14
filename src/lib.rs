//! elos: court processos of juvenile justice, adolescentes and the links
//! between them, served as one graph.
//!
//! The modules, in order of dependency.

// The floor.
pub mod error; // what can go wrong, and the one table of codes
pub mod tempo; // time as the courts write it
pub mod cpf; // the number that names a person
pub mod characters; // those that deceive a reader
pub mod campo; // checks and changes of one field
pub mod pdf; // documents to be printed
pub mod pem; // the files in which keys and certificates come
pub mod assinante; // the key of what the server certifies
pub mod token_bucket; // what may be done so often in a minute
pub mod config; // every setting, documented once
pub mod telemetry; // logs
pub mod auth; // who asks: tokens, papéis, the development issuer
pub mod rastro; // which records an answer holds
pub mod shares; // what callers share, and none has too much of
pub mod work; // what would hold the async workers
pub mod readiness; // whether this instance should be sent requests
pub mod db; // PostgreSQL: its two doors, pages, relations
pub mod armazem; // where the bytes of files are kept
pub mod embedded; // a private PostgreSQL for `elos demo` and the tests
pub mod credencial; // OIDC clients that the server recognises by itself
pub mod enumeracao; // who tries names out has to wait
pub mod metricas; // what the server counts of itself
pub mod auditoria; // who looked at what: a trail with a chain of hashes
pub mod app; // what a request can reach, and one call of it
pub mod escrita; // what every write shares: dry runs, keys against doing it twice

// The slices.
pub mod tribunal;
pub mod adolescente;
pub mod rascunho;
pub mod processo;
pub mod guia;
pub mod catalogo;
pub mod tramite;
pub mod evento;

// The roof.
pub mod body; // the bytes of a request, for both doors
pub mod connections; // how many are open, and that their clients read
pub mod tls; // the server's own, and the certificates of clients
pub mod origin; // by which names and from which pages the server is called
pub mod graphql; // one schema over HTTP
pub mod rest; // the façade: old paths, the same services
pub mod pages; // GraphiQL, served from the program
pub mod docs; // the façade's contract, and a page to read it
pub mod requisicao; // what every request has: an id, a span, an end
pub mod front; // HTTP as the world speaks it, before both doors
pub mod server; // routes
pub mod seed; // synthetic data
pub mod isolation; // tries to cross from one tribunal to another
#[cfg(feature = "dev-issuer")]
pub mod demo; // all of it on one machine
pub mod cli; // the command line

pub use app::App;
pub use error::Error;

/// Resolvers and services answer with this; see [`error`].
pub type Result<T> = std::result::Result<T, Error>;
