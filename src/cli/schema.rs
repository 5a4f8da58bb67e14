//! `elos schema` and `elos openapi`: print the contracts of the two APIs.

use crate::{graphql, rest};

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn graphql() {
    print!("{}", graphql::sdl());
}

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn openapi() {
    print!("{}", rest::openapi::render());
}
