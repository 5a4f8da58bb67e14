//! Readers copy the commands of the first pages and of the book, the files of requests, and the
//! bodies of the OpenAPI document. The tests send each to a server with the data of a fresh demo,
//! and change only the address of the server.

mod bodies;
mod collection;
mod pages;
mod requests;
mod shown;

use crate::support::{App, Settings, Template, now};
pub use bodies::document;
use requests::Session;

/// Starts a server with the data with which `elos demo` begins.
fn fresh() -> App {
    let app = App::with(Template::Large, Settings::default());
    // The pages state dates, so the history ends at a fixed instant.
    let start = "2026-11-30T12:00:00Z".parse().unwrap();
    elos::seed::history(&mut app.database.conn(), start).unwrap();
    elos::seed::catalogos(&mut app.database.conn(), now()).unwrap();
    app.ready();
    app
}

/// Runs the pages first and then the files in order, as a new reader would, and compares the
/// statuses with those that they state.
#[test]
fn the_pages_and_then_every_file_of_requests() {
    let app = fresh();
    pages::run_documents(&app);
    pages::run_tabs(&app);
    pages::run(&app);
    for file in ["adolescentes", "assinaturas", "guias", "processos", "tramites"] {
        let text =
            std::fs::read_to_string(format!("{}/examples/{file}.http", env!("CARGO_MANIFEST_DIR")));
        let sent = Session::new(&app, file).run(&text.unwrap());
        assert!(sent > 3, "{file}: only {sent} requests were found");
    }
}
