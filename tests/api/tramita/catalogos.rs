//! The catalogues of the Tramita: reads by the systems of órgãos, reads and writes through GraphQL,
//! and the import of a file.

use super::{CE, PE, RN, Tramita, code, envio};
use crate::support::{Database, Template};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use std::path::PathBuf;

const BASE: &str = "/interoperabilidade/rest/v3";
const UNITS: &str = "/repositorios-de-estruturas/1/estruturas-organizacionais";
/// The client of TJRN that maintains catalogues.
const KEEPER: &str = "tjrn-catalogo";

fn with_catalogues() -> Tramita {
    Tramita::new().with_catalogues()
}

impl Tramita {
    pub fn with_catalogues(self) -> Self {
        elos::seed::catalogos(&mut self.0.database.conn(), crate::support::now()).unwrap();
        self
    }

    #[track_caller]
    fn see(&self, path: &str) -> Value {
        let answer = self.request(RN, "GET", &format!("{BASE}{path}"), &Value::Null);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.body
    }

    fn names(&self, query: &str) -> Vec<String> {
        let found = self.see(&format!("{UNITS}?{query}"));
        let units = found["estruturas"].as_array().unwrap();
        units.iter().map(|unit| unit["sigla"].as_str().unwrap().to_owned()).collect()
    }
}

/// Makes the calls 1 to 7 of the client module.
#[test]
fn the_client_finds_its_catalogues() {
    let t = with_catalogues();
    t.0.ready();
    for path in ["/healthcheck", "//healthcheck"] {
        let health = t.0.request("GET", &format!("{BASE}{path}"), &[], b"");
        assert_eq!((health.status, &health.body["situacao"]), (200, &json!("pronto")), "{path}");
        let odd = [("Authorization", "Basic %%%")];
        assert_eq!(t.0.request("GET", &format!("{BASE}{path}"), &odd, b"").status, 200);
    }
    let repositorios = json!([{ "id": 1, "nome": "Poder Judiciário", "ativo": true }]);
    assert_eq!(t.see("/repositorios-de-estruturas?ativos=1"), repositorios);
    assert_eq!(t.see("/repositorios-de-estruturas?ativo=1"), repositorios);
    assert_eq!(t.see("/repositorios-de-estruturas?ativos=0"), json!([]));

    let unit = t.see(&format!("{UNITS}/82021"));
    assert_eq!(
        unit,
        json!({
            "numeroDeIdentificacaoDaEstrutura": "82021",
            "nome": "Vara da Infância e da Juventude da Comarca Fictícia",
            "sigla": "VIJ1",
            "ativo": true,
            "aptoParaReceberTramites": true,
            "codigoNoOrgaoEntidade": "TJRN-021",
            "hierarquia": [
                { "numeroDeIdentificacaoDaEstrutura": "82002", "nome": "Coordenadoria da Infância e da Juventude Fictícia", "sigla": "CIJ" },
                { "numeroDeIdentificacaoDaEstrutura": "820", "nome": "Tribunal de Justiça do Estado do Rio Grande do Norte", "sigla": "TJRN" },
            ],
        })
    );
    for unknown in ["/99999", "/x", "/82021%2F"] {
        let answer = t.request(RN, "GET", &format!("{BASE}{UNITS}{unknown}"), &Value::Null);
        assert_eq!(code(&answer), (404, "0055"), "{unknown}: {}", answer.text);
    }
    let elsewhere = "/repositorios-de-estruturas/9/estruturas-organizacionais/820";
    let answer = t.request(RN, "GET", &format!("{BASE}{elsewhere}"), &Value::Null);
    assert_eq!(code(&answer), (404, "0055"));

    let especies = t.see("/especies");
    assert_eq!(especies["especies"].as_array().unwrap().len(), 40);
    assert_eq!(especies["especies"][0], json!({ "codigo": 1, "nomeNoProdutor": "Acórdão" }));
    let (ativas, inactive) = (t.see("/hipoteses?ativos=1"), t.see("/hipoteses?ativos=0"));
    assert_eq!(ativas["hipotesesLegais"].as_array().unwrap().len(), 9);
    assert_eq!(
        ativas["hipotesesLegais"][0],
        json!({ "identificacao": 1, "nome": "Segredo de Justiça no Processo Civil", "status": true,
                "baseLegal": "Art. 189 do Código de Processo Civil" })
    );
    assert_eq!(
        inactive["hipotesesLegais"],
        json!([{ "identificacao": 10, "nome": "Hipótese Revogada Fictícia", "status": false }])
    );
    let motivos = t.see("/motivosUrgencia");
    assert_eq!(motivos["motivosUrgencia"].as_array().unwrap().len(), 5);
    assert_eq!(motivos["motivosUrgencia"][1]["descricao"], "Cumprimento de decisão judicial");

    for path in ["/especies", "/hipoteses", "/motivosUrgencia", "/repositorios-de-estruturas"] {
        let nobody = t.0.request("GET", &format!("{BASE}{path}"), &[], b"");
        assert_eq!(code(&nobody), (401, "9401"), "{path}");
        let odd = t.request(RN, "GET", &format!("{BASE}{path}?ativos=2"), &Value::Null);
        assert_eq!(code(&odd), (400, "9400"), "{path}");
    }
}

#[test]
fn units_are_found_by_name_sigla_and_place() {
    let t = with_catalogues();
    let as_called = format!(
        "identificacaoDoRepositorioDeEstruturas=1&apenasAtivas=1&nome={}&permiteRecebimento=1",
        "INFANCIA"
    );
    assert_eq!(t.names(&as_called), ["CIJ", "CIJ", "CIJ", "VIJ1", "VIJ1", "VIJ1"]);
    assert_eq!(t.names("nome=inf%C3%A2ncia%20e%20da%20juventude%20da&sigla=vij1").len(), 3);
    // The wildcards of SQL patterns have no special meaning.
    assert_eq!(t.names("nome=%25"), [""; 0]);
    assert_eq!(t.names("nome=_"), [""; 0]);
    assert_eq!(t.names("sigla=NJR"), ["NJR"; 3]);
    assert_eq!(t.names("sigla=NJR&permiteRecebimento=1"), [""; 0]);
    assert_eq!(t.names("sigla=NJR&permiteEnvio=1"), [""; 0]);
    assert_eq!(t.names("sigla=SEIEX"), [""; 0], "it is not in use");
    assert_eq!(t.names("sigla=SEIEX&apenasAtivas=0"), ["SEIEX"; 3]);
    let below = "numeroDeIdentificacaoDaEstruturaRaizDaConsulta=82002";
    assert_eq!(t.names(below), ["NJR", "VIJ1", "VREM"]);
    let all = "numeroDeIdentificacaoDaEstruturaRaizDaConsulta=820";
    assert_eq!(t.names(all).len(), 9);

    let page = t.see(&format!("{UNITS}?{all}&registroInicial=7&quantidadeDeRegistros=5"));
    assert_eq!(page["totalDeRegistros"], 9);
    assert_eq!(page["estruturas"].as_array().unwrap().len(), 2);
    assert_eq!(page["estruturas"][0]["hierarquia"][0]["sigla"], "CIJ");
    for odd in [
        "quantidadeDeRegistros=0",
        "quantidadeDeRegistros=1001",
        "registroInicial=-1",
        "identificacaoDoRepositorioDeEstruturas=2",
        "permiteEnvio=talvez",
        "numeroDeIdentificacaoDaEstrutura=AAA",
        "numeroDeIdentificacaoDaEstruturaRaizDaConsulta=82%20",
        "numeroDeIdentificacaoDaEstruturaRaizDaConsulta=00000000820",
        "nada=1",
    ] {
        let answer = t.request(RN, "GET", &format!("{UNITS}?{odd}"), &Value::Null);
        assert_eq!(code(&answer), (400, "9400"), "{odd}: {}", answer.text);
    }
}

const SAVE: &str = "mutation($input: GravarEstruturaInput!) { gravarEstrutura(input: $input) {
    alterado simulado estrutura { numero sigla versao propria aptoParaReceberTramites pai { numero } hierarquia { numero } }
    erros { codigo campo } } }";

fn save(t: &Tramita, who: &str, input: &Value) -> Value {
    let answer = t.0.graphql(who, SAVE, json!({ "input": input }));
    assert_eq!(answer.status, 200, "{}", answer.text);
    match &answer.body["errors"] {
        Value::Null => answer.body["data"]["gravarEstrutura"].clone(),
        errors => errors[0]["extensions"]["code"].clone(),
    }
}

#[test]
fn a_tribunal_keeps_its_own_units_and_no_others() {
    let t = Tramita::new();
    let unit = json!({ "repositorio": 1, "numero": "8209", "nome": "Vara Fictícia", "sigla": "VF", "pai": "820" });
    assert_eq!(save(&t, RN, &unit), "SEM_PERMISSAO", "it takes a papel of its own");
    let saved = save(&t, KEEPER, &unit);
    let told = json!({ "numero": "8209", "sigla": "VF", "versao": 1, "propria": true,
        "aptoParaReceberTramites": true, "pai": { "numero": "820" }, "hierarquia": [{ "numero": "820" }] });
    assert_eq!((&saved["estrutura"], &saved["alterado"]), (&told, &json!(true)));
    assert_eq!(save(&t, KEEPER, &unit)["alterado"], false);

    let with = |field: &str, value: Value| {
        let mut changed = unit.clone();
        changed[field] = value;
        changed
    };
    let refused = |input: &Value| save(&t, KEEPER, input)["erros"][0]["campo"][1].clone();
    assert_eq!(refused(&with("pai", json!("817"))), "pai");
    assert_eq!(refused(&with("pai", json!("8209"))), "pai");
    assert_eq!(refused(&with("repositorio", json!(7))), "repositorio");
    assert_eq!(refused(&with("numero", json!("817"))), "numero");
    assert_eq!(refused(&with("numero", json!("x"))), "numero");
    assert_eq!(refused(&with("nome", json!(" "))), "nome");
    assert_eq!(refused(&with("versaoEsperada", json!(9))), "versaoEsperada");
    // The server refuses to place a unit below its own descendant.
    let child =
        json!({ "repositorio": 1, "numero": "82099", "nome": "Seção Fictícia", "pai": "8209" });
    assert_eq!(save(&t, KEEPER, &child)["alterado"], true);
    assert_eq!(refused(&with("pai", json!("82099"))), "pai");

    // A unit that may not receive gets no processo.
    let closed = save(&t, KEEPER, &with("podeReceber", json!(false)));
    assert_eq!(closed["estrutura"]["versao"], 2);
    assert_eq!(
        code(&t.request(PE, "POST", "/tramites/processo", &envio(PE, "8209", "P", None))),
        (422, "0055")
    );
    let tried = save(&t, KEEPER, &with("simular", json!(true)));
    assert_eq!((&tried["simulado"], &tried["estrutura"]), (&json!(true), &Value::Null));
    assert_eq!(
        code(&t.request(PE, "POST", "/tramites/processo", &envio(PE, "8209", "P", None))),
        (422, "0055")
    );
    save(&t, KEEPER, &unit);
    let sent = t.request(PE, "POST", "/tramites/processo", &envio(PE, "8209", "P", None));
    assert_eq!(sent.status, 200, "{}", sent.text);
    let idt = sent.body["IDT"].to_string();
    let query = "query($idt: ID!) { tramite(idt: $idt) { destinatario { sigla propria hierarquia { sigla } filhas { nodes { numero } } } } }";
    let told = json!({ "sigla": "VF", "propria": false, "hierarquia": [{ "sigla": "TJRN" }],
        "filhas": { "nodes": [{ "numero": "82099" }] } });
    assert_eq!(t.0.gql_with(PE, query, json!({ "idt": idt }))["tramite"]["destinatario"], told);
}

/// The role of the application cannot change a unit of another tribunal.
#[test]
fn the_database_keeps_the_units_of_each_tribunal() {
    let database = Database::new(Template::Empty);
    let as_rn = |sql: &str| {
        let sql = format!("SET ROLE elos_app; SET elos.tribunal = '820'; {sql}");
        database.conn().batch_execute(&sql).map_err(|error| error.to_string())
    };
    as_rn("UPDATE estrutura SET nome = 'x' WHERE numero = '820'").unwrap();
    as_rn("UPDATE estrutura SET nome = 'x' WHERE numero = '817'").unwrap();
    assert_eq!(database.count("SELECT count(*) AS n FROM estrutura WHERE nome = 'x'"), 1);
    for sql in [
        "INSERT INTO estrutura (repositorio, numero, nome, tribunal_codigo) VALUES (1, '8179', 'x', 817)",
        "UPDATE estrutura SET tribunal_codigo = 817 WHERE numero = '820'",
        "UPDATE estrutura SET chave_publica = '{}' WHERE numero = '820'",
        "DELETE FROM estrutura WHERE numero = '820'",
        "INSERT INTO catalogo_item (tipo, codigo, nome) VALUES ('ESPECIE', 1, 'x')",
        "UPDATE catalogo_item SET nome = 'x'",
    ] {
        let refused = as_rn(sql).unwrap_err();
        assert!(
            refused.contains("permission denied") || refused.contains("row-level"),
            "{sql}: {refused}"
        );
    }
}

#[test]
fn only_a_catalogue_client_writes_shared_catalogues() {
    let t = Tramita::new();
    let write = |who: &str, input: Value| {
        let mutation =
            "mutation($input: GravarItemDoCatalogoInput!) { gravarItemDoCatalogo(input: $input) {
            alterado item { codigo nome baseLegal ativo versao } erros { codigo campo } } }";
        let answer = t.0.graphql(who, mutation, json!({ "input": input }));
        match &answer.body["errors"] {
            Value::Null => answer.body["data"]["gravarItemDoCatalogo"].clone(),
            errors => errors[0]["extensions"]["code"].clone(),
        }
    };
    let oficio = json!({ "tipo": "ESPECIE", "codigo": 31, "nome": "Ofício" });
    assert_eq!(write(RN, oficio.clone()), "SEM_PERMISSAO");
    assert_eq!(write("cnj", oficio.clone()), "SEM_PERMISSAO");
    let first = write(KEEPER, oficio.clone());
    let told =
        json!({ "codigo": 31, "nome": "Ofício", "baseLegal": null, "ativo": true, "versao": 1 });
    assert_eq!((&first["item"], &first["alterado"]), (&told, &json!(true)));
    assert_eq!(write(KEEPER, oficio)["alterado"], false);
    let renamed =
        json!({ "tipo": "ESPECIE", "codigo": 31, "nome": "Ofício circular", "versaoEsperada": 1 });
    assert_eq!(write(KEEPER, renamed.clone())["item"]["versao"], 2);
    let mut late = renamed;
    late["nome"] = json!("Outro");
    assert_eq!(write(KEEPER, late)["erros"][0]["codigo"], "CONFLITO_DE_VERSAO");
    let motive = json!({ "tipo": "MOTIVO_DE_URGENCIA", "codigo": 6, "nome": "x" });
    assert_eq!(write(KEEPER, motive)["erros"][0]["campo"], json!(["input", "codigo"]));
    // Every tribunal reads the catalogue.
    let query =
        "{ itensDoCatalogo(filtro: { tipo: ESPECIE }) { totalCount nodes { codigo nome } } }";
    let told = json!({ "totalCount": 1, "nodes": [{ "codigo": 31, "nome": "Ofício circular" }] });
    assert_eq!(t.0.gql(CE, query)["itensDoCatalogo"], told);
    assert_eq!(t.see("/especies")["especies"][0]["nomeNoProdutor"], "Ofício circular");
}

#[test]
fn units_have_their_ancestors_and_children() {
    let t = with_catalogues();
    let query = r#"{ estrutura(repositorio: 1, numero: "82002") { nome propria filhas(first: 2) { totalCount nodes { sigla pai { numero } } pageInfo { hasNextPage endCursor } } }
        estruturas(filtro: { nome: "comarca", raiz: { repositorio: 1, numero: "817" } }) { nodes { numero propria hierarquia { sigla } } } }"#;
    let found = t.0.gql(RN, query);
    assert_eq!(found["estrutura"]["propria"], true);
    let children = &found["estrutura"]["filhas"];
    assert_eq!(children["totalCount"], 3);
    assert_eq!(
        children["nodes"],
        json!([{ "sigla": "NJR", "pai": { "numero": "82002" } }, { "sigla": "VIJ1", "pai": { "numero": "82002" } }])
    );
    assert_eq!(children["pageInfo"]["hasNextPage"], true);
    let vara = json!([{ "numero": "81721", "propria": false, "hierarquia": [{ "sigla": "CIJ" }, { "sigla": "TJPE" }] }]);
    assert_eq!(found["estruturas"]["nodes"], vara);
    let after = children["pageInfo"]["endCursor"].as_str().unwrap();
    let rest = format!(
        r#"{{ estrutura(repositorio: 1, numero: "82002") {{ filhas(after: "{after}") {{ nodes {{ sigla }} }} }} }}"#
    );
    assert_eq!(t.0.gql(RN, &rest)["estrutura"]["filhas"]["nodes"], json!([{ "sigla": "VREM" }]));
    assert_eq!(
        t.0.gql(RN, r#"{ estrutura(repositorio: 1, numero: "9") { nome } }"#)["estrutura"],
        Value::Null
    );
}

/// A file that is removed at the end of the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("elos-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The levels below a unit move with it, and count too.
#[test]
fn the_hierarchy_of_units_has_at_most_twenty_levels() {
    let t = Tramita::new();
    let unit = |numero: u32, pai: Option<u32>| {
        json!({ "repositorio": 1, "numero": numero.to_string(), "nome": "Unidade Fictícia",
        "pai": pai.map(|pai| pai.to_string()) })
    };
    let outcome = |input: &Value| {
        let saved = save(&t, KEEPER, input);
        match saved["erros"][0]["campo"][1].as_str() {
            Some(field) => field.to_owned(),
            None => saved["alterado"].to_string(),
        }
    };
    // Two lines of units: one of 11 levels, one of 10.
    for n in 0..11 {
        assert_eq!(outcome(&unit(90_100 + n, n.checked_sub(1).map(|pai| 90_100 + pai))), "true");
    }
    for n in 0..10 {
        assert_eq!(outcome(&unit(90_200 + n, n.checked_sub(1).map(|pai| 90_200 + pai))), "true");
    }
    assert_eq!(outcome(&unit(90_200, Some(90_110))), "pai", "that would be 21 levels");
    assert_eq!(outcome(&unit(90_200, Some(90_109))), "true");
    assert_eq!(outcome(&unit(90_210, Some(90_209))), "pai");
    // A change of something else does not ask again.
    let renamed = |numero, pai| {
        let mut renamed = unit(numero, pai);
        renamed["nome"] = "Outra Unidade".into();
        renamed
    };
    assert_eq!(outcome(&renamed(90_200, Some(90_109))), "true");

    // Nor does a file move a line of units too far down.
    let file = File::new(
        "deep.csv",
        "numero;nome;pai;tribunal\n\
         90200;Unidade Movida;90110;\n\
         90300;Unidade Nova;90109;\n",
    );
    let (ok, told) =
        run(&t.0.database, &["catalogo", "import", "estruturas", file.0.to_str().unwrap()]);
    assert!(!ok && told.contains("1 acrescentadas, 0 mudadas, 0 iguais, 1 recusadas"), "{told}");
    assert!(told.contains("linha 2: pai: a hierarquia tem no máximo vinte níveis"), "{told}");
    let parent = "SELECT count(*) AS n FROM estrutura f JOIN estrutura p ON p.id = f.pai_id \
                  WHERE f.numero = '90200' AND p.numero = '90109'";
    assert_eq!(t.0.database.count(parent), 1);
}

fn run(database: &Database, args: &[&str]) -> (bool, String) {
    let (code, text) = database.elos(args);
    (code == Some(0), text)
}

#[test]
fn a_file_brings_units_in_and_says_what_became_of_each_line() {
    let database = Database::new(Template::Empty);
    let file = File::new(
        "units.csv",
        "numero;nome;sigla;pai;tribunal\n\
         90001;Seção Fictícia;SE;90000;\n\
         90000;Unidade Fictícia;UN;820;\n\
         90002;Sem pai conhecido;SP;99999;\n\
         90003;Sem tribunal;ST;;\n\
         90004;De outro;DO;820;8.17\n\
         x;Número errado;NE;820;\n\
         90001;Repetida;RE;820;\n\
         90005;Raiz Fictícia;RA;;8.06\n",
    );
    let path = file.0.to_str().unwrap();
    let import = |more: &[&str]| {
        run(&database, &[&["catalogo", "import", "estruturas", path], more].concat())
    };
    let counted =
        || database.count("SELECT count(*) AS n FROM estrutura WHERE numero LIKE '9000_'");
    let (ok, tried) = import(&["--simular"]);
    assert!(!ok && tried.contains("3 acrescentadas, 0 mudadas, 0 iguais, 5 recusadas"), "{tried}");
    assert_eq!(counted(), 0, "nothing stays of a dry run");
    let (ok, told) = import(&[]);
    assert!(!ok, "lines were refused");
    for part in [
        "linha 4: pai:",
        "linha 5: tribunal: falta",
        "linha 6: pai: é de outro tribunal",
        "linha 7: numero:",
        "linha 8: numero: 90001 vem duas vezes",
        "3 acrescentadas, 0 mudadas, 0 iguais, 5 recusadas",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let place = "SELECT count(*) AS n FROM estrutura f JOIN estrutura p ON p.id = f.pai_id \
                 WHERE (f.numero, p.numero) IN (('90001', '90000'), ('90000', '820')) AND f.tribunal_codigo = 820";
    assert_eq!(database.count(place), 2);
    let (_, told) = import(&["--tribunal", "8.20"]);
    assert!(told.contains("1 acrescentadas, 0 mudadas, 3 iguais, 4 recusadas"), "{told}");

    let again = File::new(
        "again.json",
        r#"{"estruturas": [
        {"numeroDeIdentificacaoDaEstrutura": 90000, "nome": "Unidade Nova", "sigla": "UN", "pai": "820", "ativo": true},
        {"numeroDeIdentificacaoDaEstrutura": "90001", "nome": "Seção Fictícia", "sigla": "SE", "pai": "90000", "ativo": 1}]}"#,
    );
    let (ok, told) =
        run(&database, &["catalogo", "import", "estruturas", again.0.to_str().unwrap()]);
    assert!(ok && told.contains("0 acrescentadas, 1 mudadas, 1 iguais, 0 recusadas"), "{told}");
    assert_eq!(
        database.count("SELECT versao::bigint AS n FROM estrutura WHERE numero = '90000'"),
        2
    );
    assert_eq!(
        database.count("SELECT versao::bigint AS n FROM estrutura WHERE numero = '90001'"),
        1
    );

    // The import refuses a cycle of parents.
    let circle = File::new(
        "circle.csv",
        "numero,nome,sigla,pai\n90000,Unidade Nova,UN,90001\n90001,Seção Fictícia,SE,90000\n",
    );
    let (ok, told) =
        run(&database, &["catalogo", "import", "estruturas", circle.0.to_str().unwrap()]);
    assert!(!ok && told.contains("2 recusadas"), "{told}");
    assert_eq!(database.count(place), 2);
}

#[test]
fn a_file_brings_shared_catalogues_in() {
    let database = Database::new(Template::Empty);
    let especies = File::new(
        "especies.json",
        r#"{"especies":[{"codigo":1,"nomeNoProdutor":"Ofício"},{"codigo":"2","nomeNoProdutor":"Nota"},{"codigo":0,"nomeNoProdutor":"x"}]}"#,
    );
    let (ok, told) =
        run(&database, &["catalogo", "import", "especies", especies.0.to_str().unwrap()]);
    assert!(!ok && told.contains("linha 3: codigo:") && told.contains("2 acrescentadas"), "{told}");
    let hipoteses = File::new(
        "hipoteses.csv",
        "identificacao,nome,baseLegal,status\n7,\"Sigilo, em geral\",Lei,não\n",
    );
    let path = hipoteses.0.to_str().unwrap();
    for expected in ["1 acrescentadas, 0 mudadas, 0 iguais", "0 acrescentadas, 0 mudadas, 1 iguais"]
    {
        let (ok, told) = run(&database, &["catalogo", "import", "hipoteses", path]);
        assert!(ok && told.contains(expected), "{told}");
    }
    let motivos = File::new("motivos.csv", "codigo,descricao\n2,Decisão de tribunal\n6,Sexto\n");
    let (ok, told) =
        run(&database, &["catalogo", "import", "motivos", motivos.0.to_str().unwrap()]);
    assert!(!ok && told.contains("1 mudadas, 0 iguais, 1 recusadas"), "{told}");
    for (name, text, part) in
        [("x.xml", "x", ".csv ou .json"), ("x.json", "{", "JSON"), ("x.csv", "", "não tem linhas")]
    {
        let file = File::new(name, text);
        let (ok, told) =
            run(&database, &["catalogo", "import", "especies", file.0.to_str().unwrap()]);
        assert!(!ok && told.contains(part), "{name}: {told}");
    }
}

/// A command registers the key of a unit. From then on the unit must sign its recibos.
#[test]
fn a_key_is_registered_by_a_command() {
    use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding};
    let t = Tramita::new();
    let key = rsa::RsaPrivateKey::from_pkcs8_pem(crate::support::pem()).unwrap();
    let public = key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
    let set = |unit: &str, text: &str| {
        let file = File::new("key.pem", text);
        run(&t.0.database, &["estrutura", "set-key", unit, file.0.to_str().unwrap()])
    };
    for (unit, text, part) in [
        ("1/9", public.as_str(), "não há estrutura 1/9"),
        ("817", &public, "1/820"),
        ("1/817", crate::support::pem(), "chave privada"),
        ("1/817", "x", "não é uma chave RSA"),
    ] {
        let (ok, told) = set(unit, text);
        assert!(!ok && told.contains(part), "{unit}: {told}");
        assert!(!told.contains("BEGIN"), "a key is not told");
    }
    let (idt, _) = t.enviado(RN, PE, "P", None);
    t.steps(idt, &[(PE, "receber")]);
    let (ok, told) = set("1/817", &public);
    assert!(ok, "{told}");
    assert_eq!(t.step(PE, idt, "recibo").status, 400, "it must be signed from now on");
    let query = r#"{ estrutura(repositorio: 1, numero: "817") { temChave } }"#;
    assert_eq!(t.0.gql(RN, query)["estrutura"]["temChave"], true);
}
