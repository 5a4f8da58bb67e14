//! `elos version`: prints the version of the program.

#[expect(clippy::print_stdout, reason = "commands answer on stdout")]
pub fn run(json: bool) {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    match json {
        true => println!("{}", serde_json::json!({ "nome": name, "versao": version })),
        false => println!("{name} {version}"),
    }
}
