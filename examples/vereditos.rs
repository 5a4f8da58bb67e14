//! One line per document of the file given: accepted or not, and why. See `script/conformance/oraculo`.
#![expect(clippy::unwrap_used, reason = "a tool, which stops at what it did not expect")]

use elos::graphql::document::{Booleanos, Esquema, Opcoes, normalizar, validar};

fn main() {
    let documentos = std::env::args().nth(1).unwrap();
    let esquema = Esquema::do_sdl(&elos::graphql::sdl()).unwrap();
    for texto in std::fs::read_to_string(documentos).unwrap().lines() {
        let texto = texto.replace('⏎', "\n");
        match validar(&esquema, &texto, Opcoes::default()) {
            Ok(documento) => {
                let mut normal = Ok(Vec::new());
                for operacao in documento.operations.iter() {
                    normal =
                        normal.and(normalizar(&esquema, &documento, operacao, &Booleanos::new()));
                }
                match normal {
                    Ok(_) => println!("aceito"),
                    Err(e) => println!("recusado NORMAL {e}"),
                }
            }
            Err(erro) => println!("recusado {}", format!("{erro:?}").replace('\n', " ")),
        }
    }
}
