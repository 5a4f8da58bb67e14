//! What is given to be copied: the README's commands, the files of requests, and the bodies of the
//! OpenAPI document, each sent as it is to the data of a fresh demo.

mod bodies;
mod collection;
mod readme;
mod requests;

use crate::support::{Ajustes, App, Modelo, agora};
use requests::Session;

/// A server with the data that `elos demo` begins with.
fn fresh() -> App {
    let app = App::com(Modelo::Semeado, Ajustes::default());
    elos::seed::catalogos(&mut app.banco.conn(), agora()).unwrap();
    app.ready();
    app
}

/// Whoever tries the README first, and then the files one after the other, is answered as they say.
#[test]
fn the_readme_and_then_every_file_of_requests() {
    let app = fresh();
    readme::run(&app);
    for file in ["adolescentes", "assinaturas", "guias", "processos", "tramites"] {
        let text =
            std::fs::read_to_string(format!("{}/examples/{file}.http", env!("CARGO_MANIFEST_DIR")));
        let sent = Session::new(&app, file).run(&text.unwrap());
        assert!(sent > 3, "{file}: only {sent} requests were found");
    }
}
