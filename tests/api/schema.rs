use crate::support::App;

/// The committed contract is the one that the program serves.
#[test]
fn schema_graphql_esta_em_dia() {
    let guardado =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();
    assert!(
        guardado == elos::graphql::sdl(),
        "run `cargo run -- schema > schema.graphql` and look at the diff"
    );
}

#[test]
fn o_servidor_da_o_sdl_sem_token() {
    let app = App::vazio();
    let resposta = app.pedir("GET", "/schema.graphql", &[], b"");
    assert_eq!((resposta.status, resposta.texto), (200, elos::graphql::sdl()));
}

/// Every type, field, argument and enum value explains itself.
#[test]
fn tudo_tem_descricao() {
    let app = App::vazio();
    let dados = app.gql(
        "tjrn",
        "{ __schema { types { name description fields(includeDeprecated: true) { name description args { name description } }
           inputFields { name description } enumValues { name description } } } }",
    );
    let mut faltas = Vec::new();
    let falta = |valor: &serde_json::Value| {
        valor["description"].as_str().is_none_or(|d| d.trim().is_empty())
    };
    for tipo in dados["__schema"]["types"].as_array().unwrap() {
        let nome = tipo["name"].as_str().unwrap();
        if nome.starts_with("__") || ["Int", "Float", "String", "Boolean", "ID"].contains(&nome) {
            continue;
        }
        if falta(tipo) {
            faltas.push(nome.to_owned());
        }
        for lista in ["fields", "inputFields", "enumValues"] {
            for item in tipo[lista].as_array().into_iter().flatten() {
                let args = item["args"].as_array().into_iter().flatten();
                for parte in args.chain([item]).filter(|parte| falta(parte)) {
                    faltas.push(format!("{nome}.{} {}", item["name"], parte["name"]));
                }
            }
        }
    }
    assert_eq!(faltas, Vec::<String>::new());
}
