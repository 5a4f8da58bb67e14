//! Who may do what: every query, mutation, subscription and route, for every client of the demo and for
//! nobody. Operations come from the schema and from the OpenAPI document, so a new one shows
//! here, and a change of who may is seen at a glance.

use crate::assinaturas::cliente_sse::Sse;
use crate::support::App;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const CLIENTES: [&str; 6] = ["tjrn", "tjpe", "tjce", "tjrn-leitura", "tjrn-catalogo", "cnj"];

/// Of what is looked for in one of several ways, one.
const UM_DE: [(&str, &str); 2] = [("adolescente", "identificador"), ("registroEletronico", "nre")];

const INTROSPECCAO: &str = "{ __schema { queryType { name } mutationType { name } types { kind name isOneOf: name
    fields { name type { ...T } args { name defaultValue type { ...T } } } inputFields { name defaultValue type { ...T } } enumValues { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Types by name, as introspection tells them.
struct Esquema(BTreeMap<String, Value>);

impl Esquema {
    fn ler(app: &App) -> Self {
        let dados = app.gql("tjrn", INTROSPECCAO);
        let tipos = dados["__schema"]["types"].as_array().unwrap().iter();
        Self(tipos.map(|tipo| (tipo["name"].as_str().unwrap().to_owned(), tipo.clone())).collect())
    }

    /// A value that the type admits, as GraphQL writes it.
    fn valor(&self, tipo: &Value) -> String {
        match tipo["kind"].as_str().unwrap() {
            "NON_NULL" => self.valor(&tipo["ofType"]),
            "LIST" => format!("[{}]", self.valor(&tipo["ofType"])),
            _ => {
                let nome = tipo["name"].as_str().unwrap();
                match (&self.0[nome]["kind"], nome) {
                    (kind, _) if kind == "ENUM" => {
                        self.0[nome]["enumValues"][0]["name"].as_str().unwrap().to_owned()
                    }
                    (kind, _) if kind == "INPUT_OBJECT" => self.entrada(nome),
                    (_, "Int" | "Float") => "1".to_owned(),
                    (_, "Boolean") => "true".to_owned(),
                    (_, "NumeroProcesso") => "\"9000741-62.2021.8.20.0083\"".to_owned(),
                    (_, "IdentificadorAdolescente") => "\"209900000001\"".to_owned(),
                    (_, "CPF") => "\"529.982.247-25\"".to_owned(),
                    (_, "NRE") => "\"0000000001522026\"".to_owned(),
                    (_, "Date") => "\"2010-01-01\"".to_owned(),
                    (_, "DateTime") => "\"2026-01-01T00:00:00Z\"".to_owned(),
                    _ => "\"1\"".to_owned(),
                }
            }
        }
    }

    /// Only what is required; of an input of which exactly one field is given, the first.
    fn entrada(&self, nome: &str) -> String {
        let campos = self.0[nome]["inputFields"].as_array().unwrap();
        let exigidos: Vec<_> = campos.iter().filter(|campo| exigido(campo)).collect();
        let dados: Vec<_> = match exigidos.is_empty() && nome.starts_with("Especie") {
            true => campos.iter().take(1).collect(),
            false => exigidos,
        };
        let dados: Vec<_> = dados
            .iter()
            .map(|campo| {
                format!("{}: {}", campo["name"].as_str().unwrap(), self.valor(&campo["type"]))
            })
            .collect();
        format!("{{{}}}", dados.join(", "))
    }

    /// The smallest operation that asks for a root field, named for who reads the matrix.
    fn operacoes(&self, raiz: &str, palavra: &str) -> Vec<(String, String)> {
        let campos = self.0[raiz]["fields"].as_array().unwrap().iter();
        campos
            .map(|campo| {
                let nome = campo["name"].as_str().unwrap();
                let argumentos = campo["args"].as_array().unwrap().iter();
                let argumentos: Vec<_> = argumentos
                    .filter(|argumento| {
                        exigido(argumento)
                            || UM_DE.contains(&(nome, argumento["name"].as_str().unwrap()))
                    })
                    .map(|argumento| {
                        format!(
                            "{}: {}",
                            argumento["name"].as_str().unwrap(),
                            self.valor(&argumento["type"])
                        )
                    })
                    .collect();
                let argumentos = match argumentos.as_slice() {
                    [] => String::new(),
                    dados => format!("({})", dados.join(", ")),
                };
                (
                    format!("{palavra} {nome}"),
                    format!("{palavra} {{ {nome}{argumentos} {{ __typename }} }}"),
                )
            })
            .collect()
    }
}

fn exigido(campo: &Value) -> bool {
    campo["type"]["kind"] == "NON_NULL" && campo["defaultValue"].is_null()
}

/// The status that an answer of GraphQL stands for.
fn status(app: &App, cliente: Option<&str>, query: &str) -> u64 {
    let resposta = match cliente {
        Some(cliente) if query.starts_with("subscription") => {
            return status_da_subscription(app, cliente, query);
        }
        Some(cliente) => app.graphql(cliente, query, json!({})),
        None => app.pedir(
            "POST",
            "/graphql",
            &[("Content-Type", "application/json")],
            json!({ "query": query }).to_string().as_bytes(),
        ),
    };
    let erro = &resposta.corpo["errors"][0]["extensions"]["status"];
    assert!(
        resposta.corpo["errors"][0]["extensions"]["code"] != "GRAPHQL_VALIDATION_FAILED",
        "{query}: {}",
        resposta.texto
    );
    erro.as_u64().unwrap_or_else(|| resposta.status.into())
}

/// One that stands has nothing to say yet; one that was refused is over.
fn status_da_subscription(app: &App, cliente: &str, query: &str) -> u64 {
    let mut sse = Sse::pedir(app, cliente, "text/event-stream", &json!({ "query": query }));
    match sse.headers.iter().any(|header| header == "transfer-encoding: chunked") {
        true => sse.status.into(),
        false => sse.resultado()["errors"][0]["extensions"]["status"].as_u64().unwrap(),
    }
}

/// The smallest request of a route: names of the right shape that nobody has, an empty body.
fn rota(app: &App, cliente: Option<&str>, metodo: &str, caminho: &str) -> u16 {
    let caminho = [
        ("{id}", "2000000000"),
        ("{numeroProcesso}", "90007416220218200083"),
        ("{numeroGuia}", "202601019999"),
        ("{numero}", "820"),
        ("{identificador}", "209900000001"),
        ("{identificadorAdolescente}", "209900000001"),
        ("{cpf}", "52998224725"),
        ("{especie}", "provisoria"),
        ("{situacao}", if caminho.contains("/guias/") { "Baixada" } else { "Arquivado" }),
        ("{idt}", "999999"),
        ("{ticket}", "999999"),
        ("{nre}", "0000000001522026"),
        ("{protocolo}", "99990.000001%2F2026-53"),
        ("{repositorio}", "1"),
        ("{inicio}", "0"),
        ("{fim}", "1"),
        // Well asked, it is held until there is something to tell.
        ("/pendencias", "/pendencias?idTramiteDaPendenciaRecebida=x"),
    ]
    .iter()
    .fold(caminho.to_owned(), |caminho, (nome, valor)| caminho.replace(nome, valor));
    assert!(!caminho.contains('{'), "{caminho}");
    let bearer = cliente.map(|cliente| format!("Bearer {}", app.token(cliente)));
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("Authorization", bearer)));
    let corpo: &[u8] = if metodo == "GET" { b"" } else { b"{}" };
    app.pedir(&metodo.to_uppercase(), &caminho, &headers, corpo).status
}

#[test]
fn quem_pode_o_que() {
    let app = App::novo();
    let mut matriz = format!("{:72} nada", "");
    for cliente in CLIENTES {
        write!(matriz, " {cliente:>5.12}").unwrap();
    }
    let mut linha = |nome: &str, status: &dyn Fn(Option<&str>) -> u64| {
        write!(matriz, "\n{nome:72} {:>4}", status(None)).unwrap();
        for cliente in CLIENTES {
            write!(matriz, " {:>largura$}", status(Some(cliente)), largura = cliente.len().max(5))
                .unwrap();
        }
    };
    let esquema = Esquema::ler(&app);
    let operacoes = esquema
        .operacoes("Query", "query")
        .into_iter()
        .chain(esquema.operacoes("Mutation", "mutation"))
        .chain(esquema.operacoes("Subscription", "subscription"));
    for (nome, query) in operacoes {
        linha(&nome, &|cliente| status(&app, cliente, &query));
    }
    let openapi: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    for (caminho, metodos) in openapi["paths"].as_object().unwrap() {
        for metodo in ["get", "post", "put", "delete"] {
            if metodos.get(metodo).is_some() {
                linha(&format!("{} {caminho}", metodo.to_uppercase()), &|cliente| {
                    rota(&app, cliente, metodo, caminho).into()
                });
            }
        }
    }
    matriz.push('\n');
    if std::env::var_os("ELOS_ACEITAR").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/matriz.txt"), &matriz)
            .unwrap();
    }
    let aceita = include_str!("matriz.txt");
    let diferentes: Vec<_> =
        matriz.lines().filter(|linha| !aceita.lines().any(|a| a == *linha)).collect();
    assert!(
        matriz == aceita,
        "not as in matriz.txt (if it is right: ELOS_ACEITAR=1 script/test matriz): {diferentes:#?}"
    );
}
