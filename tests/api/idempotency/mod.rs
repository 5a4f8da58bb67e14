//! When a client sends a write again under its idempotency key, the server does not execute it
//! again and returns the first response. This module tests each promise alone; `client` tests all
//! of them together.

mod client;

use crate::support::{APURACAO, Api, App, Mode, Operation, Outcome, numero};
use diesel::connection::SimpleConnection;
use elos::db::Sql;
use serde_json::{Value, json};

const APIS: [Api; 2] = [Api::Rest, Api::Graphql];

fn cadastro(nome: &str, cpf: Option<&str>) -> Operation {
    let dados = json!({ "nome": nome, "sobrenome": "Fictícia", "dataNascimento": "2010-02-01", "sexoBiologico": "FEMININO", "cpf": cpf });
    Operation::new("cadastrarAdolescente", json!({ "dados": dados }))
}

fn perform(app: &App, api: Api, operation: &Operation, key: &str) -> Outcome {
    app.execute("tjrn", api, operation, Mode { key: Some(key), ..Mode::default() })
}

/// Returns whether the response says that it repeats an earlier one. Only REST says so, in a
/// header.
fn replayed(outcome: &Outcome) -> bool {
    outcome.response.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
}

fn verdict(outcome: &Outcome) -> (u16, Option<&str>) {
    (outcome.status, outcome.code.as_deref())
}

fn key_count(app: &App) -> i64 {
    app.database.count("SELECT count(*) AS n FROM chave_idempotencia")
}

fn adolescentes(app: &App) -> (i64, i64) {
    let eventos = "SELECT count(*) AS n FROM evento WHERE tipo = 'ADOLESCENTE_CADASTRADO'";
    (app.database.count("SELECT count(*) AS n FROM adolescente"), app.database.count(eventos))
}

#[test]
fn a_repeated_request_gets_the_same_response_and_rest_says_so() {
    let app = App::empty();
    for api in APIS {
        let key = format!("{api:?}");
        let (first, another) = (
            perform(&app, api, &cadastro("Ana", None), &key),
            perform(&app, api, &cadastro("Ana", None), &key),
        );
        assert_eq!((first.status, another.status), (200, 200), "{}", another.response.text);
        assert_eq!(first.generated, another.generated);
        assert_eq!((replayed(&first), replayed(&another)), (false, api == Api::Rest));
    }
    assert_eq!(adolescentes(&app), (2, 2));
    // Both APIs share one command, so a key of one API is known to the other.
    let by_other = perform(&app, Api::Rest, &cadastro("Ana", None), "Graphql");
    assert!(replayed(&by_other), "{}", by_other.response.text);
    assert_eq!(adolescentes(&app), (2, 2));
}

#[test]
fn a_key_with_another_input_is_422_and_nothing_is_done() {
    let app = App::empty();
    for api in APIS {
        let key = format!("{api:?}");
        assert_eq!(perform(&app, api, &cadastro("Ana", None), &key).status, 200);
        let before = adolescentes(&app);
        for operation in [cadastro("Eva", None), cadastro("Ana", Some("52998224725"))] {
            let refused = perform(&app, api, &operation, &key);
            assert_eq!(verdict(&refused), (422, Some("CHAVE_IDEMPOTENCIA_REUTILIZADA")));
        }
        assert_eq!(adolescentes(&app), before);
        // The server still remembers the first outcome.
        assert_eq!(perform(&app, api, &cadastro("Ana", None), &key).status, 200);
        assert_eq!(adolescentes(&app), before);
    }
}

#[test]
fn of_8_simultaneous_requests_with_one_key_only_one_is_executed() {
    let app = App::empty();
    for round in 0..20 {
        for api in APIS {
            let before = adolescentes(&app);
            let (key, barrier) = (format!("{api:?} {round}"), std::sync::Barrier::new(8));
            let request = || {
                barrier.wait();
                perform(&app, api, &cadastro("Ana", None), &key)
            };
            let outcomes: Vec<_> = std::thread::scope(|scope| {
                let handles: Vec<_> = (0..8).map(|_| scope.spawn(request)).collect();
                handles.into_iter().map(|handle| handle.join().unwrap()).collect()
            });
            for outcome in &outcomes {
                assert_eq!(outcome.status, 200, "{}", outcome.response.text);
                assert_eq!(outcome.generated, outcomes[0].generated);
            }
            let replays = outcomes.iter().filter(|outcome| replayed(outcome)).count();
            assert_eq!(replays, if api == Api::Rest { 7 } else { 0 });
            assert_eq!(adolescentes(&app), (before.0 + 1, before.1 + 1));
        }
    }
}

#[test]
fn the_table_of_keys_holds_neither_name_nor_cpf() {
    let app = App::empty();
    let target = perform(&app, Api::Rest, &cadastro("Ludmila", Some("52998224725")), "a");
    let change = json!({ "identificador": target.generated, "dados": { "nomeMae": "Ludmila", "cpf": "52998224725" } });
    for api in APIS {
        let key = |nome: &str| format!("{nome} {api:?}");
        // Send an accepted change, three registrations that the server refuses for the CPF, the
        // length of the text and the check digits, and an accepted rascunho.
        perform(&app, api, &Operation::new("atualizarAdolescente", change.clone()), &key("a"));
        perform(&app, api, &cadastro("Ludmila", Some("529.982.247-25")), &key("b"));
        perform(&app, api, &cadastro(&"Ludmila".repeat(50), None), &key("c"));
        perform(&app, api, &cadastro("Ludmila", Some("52998224726")), &key("52998224725"));
        let rascunho = json!({ "appNameSistemaTribunal": "t", "dados": r#"{"nome":"Ludmila"}"# });
        perform(&app, api, &Operation::new("registrarRascunho", rascunho), &key("Ludmila"));
    }
    assert_eq!(key_count(&app), 11);
    let text = app.database.text(Sql::new(
        "SELECT string_agg(t::text || encode(chave, 'escape') || encode(entrada, 'escape'), E'\n') AS t FROM chave_idempotencia t",
    ));
    for secret in ["Ludmila", "Fictícia", "52998224725", "529.982.247-25", "52998224726"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

/// Makes every key older.
fn age(app: &App, interval: &str) {
    let sql =
        format!("UPDATE chave_idempotencia SET criada_em = criada_em - interval '{interval}'");
    app.database.conn().batch_execute(&sql).unwrap();
}

#[test]
fn a_key_is_remembered_for_a_day() {
    let app = App::empty();
    for api in APIS {
        let before = adolescentes(&app).0;
        let first = perform(&app, api, &cadastro("Ana", None), "k");
        age(&app, "23 hours 59 minutes");
        assert_eq!(perform(&app, api, &cadastro("Ana", None), "k").generated, first.generated);
        assert_eq!(adolescentes(&app).0, before + 1);
        age(&app, "2 minutes");
        // After a key expired, another input may use it, and the server executes it.
        let new = perform(&app, api, &cadastro("Eva", None), "k");
        assert_eq!((new.status, replayed(&new)), (200, false), "{}", new.response.text);
        assert_eq!(adolescentes(&app).0, before + 2);
        // The next key, whichever it is, removes an expired row.
        age(&app, "25 hours");
        perform(&app, api, &cadastro("Ana", None), "outra");
        assert_eq!(key_count(&app), 1);
        age(&app, "25 hours");
    }
}

#[test]
fn a_repeated_refusal_is_the_same_though_the_state_changes() {
    let app = App::empty();
    let (ana, rui) = (app.adolescente("tjrn"), app.adolescente("tjrn"));
    for (api, n) in APIS.into_iter().zip(0..) {
        let numero = numero(n);
        let without_key = |mutation, input: Value| {
            let operation = Operation::new(mutation, input);
            let done = app.execute("tjrn", api, &operation, Mode::default());
            assert_eq!(done.status, 200, "{}", done.response.text);
        };
        let situacao =
            |to| without_key("alterarSituacao", json!({ "processo": numero, "situacao": to }));
        without_key(
            "cadastrarProcesso",
            json!({ "numero": numero, "tipo": APURACAO, "adolescentes": [ana], "idOrgao": 1, "appNameSistemaTribunal": "t" }),
        );
        situacao("ARQUIVADO");
        let vincular = Operation::new(
            "vincularAdolescente",
            json!({ "processo": numero, "adolescente": rui }),
        );
        let key = format!("{api:?}");
        let refused = perform(&app, api, &vincular, &key);
        assert_eq!(verdict(&refused), (409, Some("PROCESSO_ARQUIVADO")));
        situacao("ATIVO");
        let another = perform(&app, api, &vincular, &key);
        assert_eq!((verdict(&another), &another.texts), (verdict(&refused), &refused.texts));
        assert_eq!(perform(&app, api, &vincular, &format!("nova {key}")).status, 200);
    }
}

#[test]
fn a_key_belongs_to_its_credential_and_operation() {
    let app = App::empty();
    // Other clients of the same tribunal: one with another `azp`, and a person whose `sub` is the
    // name of the client.
    app.credential("outro", "tjrn", |claims| claims["azp"] = "outro".into());
    app.credential("pessoa", "tjrn", |claims| {
        claims.as_object_mut().unwrap().remove("azp");
        claims["sub"] = "tjrn".into();
    });
    for api in APIS {
        let key = format!("{api:?}");
        let mode = Mode { key: Some(&key), ..Mode::default() };
        let request =
            |client: &str, nome: &str| app.execute(client, api, &cadastro(nome, None), mode);
        let mut generated = Vec::new();
        for (client, nome) in
            [("tjrn", "Ana"), ("tjpe", "Eva"), ("outro", "Lia"), ("pessoa", "Rui")]
        {
            let done = request(client, nome);
            assert_eq!((done.status, replayed(&done)), (200, false), "{client}");
            generated.push(done.generated);
        }
        generated.dedup();
        assert_eq!(generated.len(), 4);
        let rascunho = json!({ "appNameSistemaTribunal": "t", "dados": "{}" });
        let another = perform(&app, api, &Operation::new("registrarRascunho", rascunho), &key);
        assert_eq!((another.status, replayed(&another)), (200, false));
        // A client that may not write takes no key.
        assert_eq!(request("tjrn-leitura", "Ana").status, 403);
    }
    assert_eq!(key_count(&app), 10);
}

#[test]
fn a_dry_run_does_not_use_up_a_key() {
    let app = App::empty();
    for api in APIS {
        let key = format!("{api:?}");
        let dry_run = |nome: &str| {
            let mode = Mode { key: Some(&key), dry_run: true };
            app.execute("tjrn", api, &cadastro(nome, None), mode)
        };
        let before = (key_count(&app), adolescentes(&app));
        assert_eq!(dry_run("Eva").status, 200);
        assert_eq!((key_count(&app), adolescentes(&app)), before);
        let done = perform(&app, api, &cadastro("Ana", None), &key);
        assert_eq!((done.status, replayed(&done)), (200, false));
        assert_eq!(dry_run("Eva").status, 200);
        assert_eq!(key_count(&app), before.0 + 1);
    }
}

#[test]
fn a_malformed_key_is_400_with_its_field() {
    let app = App::empty();
    let long = "k".repeat(256);
    for key in ["", "\"\"", "   ", &long] {
        let rest = perform(&app, Api::Rest, &cadastro("Ana", None), key);
        assert_eq!(rest.status, 400, "{key:?}: {}", rest.response.text);
        let error = rest.response.body["erros"][0].as_str().unwrap();
        assert!(error.starts_with("Idempotency-Key: "), "{error}");
    }
    let bearer = app.bearer("tjrn");
    let headers = [("Authorization", &*bearer), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")];
    assert_eq!(app.request("POST", "/api/v1/adolescentes", &headers, b"{}").status, 400);
    for key in ["", "\"\"", "   ", &long, "a\nb"] {
        let graphql = perform(&app, Api::Graphql, &cadastro("Ana", None), key);
        assert_eq!(verdict(&graphql), (400, Some("CAMPO_INVALIDO")), "{key:?}");
        let query = "mutation($i: CadastrarAdolescenteInput!) { cadastrarAdolescente(input: $i) { erros { campo } } }";
        let mut input = cadastro("Ana", None).input;
        input["chaveIdempotencia"] = key.into();
        let dados = app.gql_with("tjrn", query, json!({ "i": input }));
        assert_eq!(
            dados["cadastrarAdolescente"]["erros"],
            json!([{ "campo": ["input", "chaveIdempotencia"] }])
        );
    }
    assert_eq!((key_count(&app), adolescentes(&app)), (0, (0, 0)));
    // This is the longest allowed key.
    for api in APIS {
        assert_eq!(perform(&app, api, &cadastro("Ana", None), &long[1..]).status, 200);
    }
    assert_eq!(adolescentes(&app).0, 1);
}
