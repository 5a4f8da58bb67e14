//! No query scans a large table sequentially.
//!
//! PostgreSQL counts sequential scans. With few rows it would scan rightly, so the test disables
//! them in the planner, and those that remain have no index to use. `ELOS_PROCESSOS=200000` runs
//! the test on a database of that size, with the planner unchanged.

use crate::statements::RELATIONS;
use crate::support::{App, Database, Settings, Template};
use diesel::connection::SimpleConnection;
use elos::config::DocumentSettings;
use serde_json::{Value, json};
use std::sync::Arc;

const LARGE: &str = "'processo', 'adolescente', 'vinculo', 'evento', 'guia'";

/// Queries by names, with filters and with orderings.
const QUERIES: [&str; 72] = [
    "{ processo(numero: $numero) { id numero } }",
    "{ apuracao(numero: $numero) { id execucoes { totalCount } } }",
    "{ adolescente(identificador: $identificador) { id } }",
    "{ guia(numero: $guia) { id } }",
    "{ node(id: $id) { id } }",
    "{ processos(filtro: {adolescente: $identificador}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {numero: [$numero]}) { nodes { numero } } }",
    "{ processos(filtro: {situacao: [ARQUIVADO]}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS]}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {situacaoGuia: ATIVO}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {idOrgao: 7}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {criadoDe: \"2024-01-01T00:00:00Z\", criadoAte: \"2024-03-01T00:00:00Z\"}) { totalCount nodes { numero } } }",
    "{ processos(ordem: {campo: NUMERO}) { nodes { numero } } }",
    "{ processos(ordem: {campo: CRIADO_EM, sentido: DESC}, first: 100) { totalCount nodes { numero } } }",
    "{ processos(last: 20) { nodes { numero } } }",
    "{ adolescentes(filtro: {identificador: [$identificador]}) { nodes { nome } } }",
    "{ adolescentes(filtro: {nome: \"Fict\"}) { nodes { nome } } }",
    "{ adolescentes(ordem: {campo: CRIADO_EM}) { nodes { nome } } }",
    "{ adolescentesSemelhantes(nome: \"Ana\", sobrenome: \"Fictício Ramos\", dataNascimento: \"2009-01-01\") { adolescente { nome } } }",
    "{ verificarEnvio(input: {remetente: {repositorio: 1, numero: \"820\"}, destinatario: {repositorio: 1, numero: \"806\"}, protocolo: \"99990.000001/2026-53\"}) { linha } }",
    "{ processo(numero: $numero) { eventos { totalCount nodes { tipo } } adolescentes { nodes { processos { nodes { numero } } } } } }",
    "{ processos(filtro: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS], situacao: [ATIVO], guiasDaMedida: {nenhum: {situacao: [ATIVO]}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {guias: {nenhum: {situacao: [ATIVO]}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {guias: {algum: {tipo: [PROVISORIA]}, minimo: 2}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {execucoes: {algum: {situacao: [ATIVO]}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {execucoes: {nenhum: {}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {adolescentes: {algum: {idadeMinima: 18}, minimo: 2}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {adolescentes: {nenhum: {nome: \"Ana\"}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {vinculos: {algum: {situacao: ENCERRADO}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {vinculos: {nenhum: {}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {eventos: {nenhum: {ocorridoDe: \"2026-01-01T00:00:00Z\"}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {eventos: {algum: {tipo: [GUIA_EMITIDA]}}, guias: {algum: {}}, vinculos: {algum: {}}, adolescentes: {algum: {}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {tramites: {nenhum: {}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {numeroPrefixo: \"8000\"}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {magistrado: \"ficticia\"}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {vazio: [SERVENTUARIO]}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {atualizadoDe: \"2024-01-01T00:00:00Z\", atualizadoAte: \"2024-03-01T00:00:00Z\"}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {nao: {guias: {algum: {situacao: [ATIVO]}}}}) { totalCount nodes { numero } } }",
    "{ processos(filtro: {ou: [{guias: {nenhum: {}}}, {execucoes: {algum: {}}}]}) { totalCount nodes { numero } } }",
    "{ processos(ordem: {campo: MAGISTRADO}) { nodes { numero } } }",
    "{ processos(ordem: {campo: ID_ORGAO, sentido: DESC}) { nodes { numero } } }",
    "{ adolescentes(filtro: {processos: {algum: {tipo: [EXECUCAO_DE_MEDIDAS_SOCIOEDUCATIVAS]}, minimo: 2}}) { totalCount nodes { nome } } }",
    "{ adolescentes(filtro: {guias: {algum: {vencida: true}}}) { totalCount nodes { nome } } }",
    "{ adolescentes(filtro: {vinculos: {nenhum: {situacao: ATIVO}}}) { totalCount nodes { nome } } }",
    "{ adolescentes(filtro: {idadeMinima: 17, idadeMaxima: 17}) { totalCount nodes { nome } } }",
    "{ adolescentes(filtro: {completa21Ate: \"2029-06-01\"}) { totalCount nodes { nome } } }",
    "{ adolescentes(ordem: {campo: NOME}) { nodes { nome } } }",
    "{ adolescentes(ordem: {campo: DATA_NASCIMENTO, sentido: DESC}) { nodes { nome } } }",
    "{ processos(ordens: [{campo: ID_ORGAO}, {campo: MAGISTRADO, sentido: DESC}]) { nodes { numero } } }",
    "{ guias { totalCount nodes { numero } } }",
    "{ guias(filtro: {situacao: [ATIVO], venceDe: \"2029-01-01\", venceAte: \"2029-02-01\"}) { totalCount nodes { numero } } }",
    "{ guias(filtro: {vencida: true}, ordem: {campo: VENCE_EM}) { totalCount nodes { numero } } }",
    "{ guias(filtro: {idOrgao: 1007}) { totalCount nodes { numero } } }",
    "{ guias(filtro: {processo: $numero}) { totalCount nodes { numero } } }",
    "{ guias(filtro: {adolescente: $identificador}) { totalCount nodes { numero } } }",
    "{ guias(filtro: {numero: [$guia]}) { totalCount nodes { numero } } }",
    "{ guias(filtro: {emitidaDe: \"2024-01-01T00:00:00Z\"}, ordem: {campo: EMITIDA_EM, sentido: DESC}) { totalCount nodes { numero } } }",
    "{ vinculos(filtro: {situacao: ENCERRADO}, ordem: {campo: ENCERRADO_EM}) { totalCount nodes { situacao } } }",
    "{ vinculos(filtro: {processo: $numero}) { totalCount nodes { situacao } } }",
    "{ vinculos(filtro: {adolescente: $identificador}) { totalCount nodes { situacao } } }",
    "{ vinculos(filtro: {motivo: \"decisao\", processoCom: {situacao: [ATIVO]}, adolescenteCom: {nome: \"Ana\"}}) { totalCount nodes { situacao } } }",
    "{ estatisticas(de: PROCESSOS, por: [TIPO, MES]) { total duracao { mediana } } }",
    "{ estatisticas(de: GUIAS, por: [ORGAO, FAIXA_ETARIA]) { total } }",
    "{ estatisticas(de: VINCULOS, por: [SITUACAO]) { total } }",
    "{ estatisticas(de: ADOLESCENTES, por: [FAIXA_ETARIA], filtro: {adolescentes: {guias: {algum: {vencida: true}}}}) { total } }",
    "{ busca(texto: $numero) { score processo { numero } } }",
    "{ busca(texto: \"00000\") { score processo { numero } guia { numero } } }",
    "{ busca(texto: \"Ana Fictícia\", em: [ADOLESCENTES]) { score adolescente { nome } } }",
    "{ busca(texto: \"ficticia\", em: [MAGISTRADOS]) { score processo { magistrado { nome } } } }",
    "{ busca(texto: \"fict\", first: 50) { score adolescente { nome } processo { numero } } }",
    "{ processo(numero: $numero) { linhaDoTempo { totalCount nodes { frase } } } }",
    "{ adolescente(identificador: $identificador) { linhaDoTempo(sentido: DESC) { totalCount nodes { frase } } } }",
];

const ROUTES: [&str; 5] = [
    "/api/v1/processos",
    "/api/v1/processos?situacaoProcesso=ATIVO&page=1&size=20",
    "/api/v1/processos/numero-processo/$numero",
    "/api/v1/processos/apuracao/numero-processo/$numero",
    "/api/v1/adolescentes/identificador/$identificador",
];

struct Names(Vec<(&'static str, String)>);

impl Names {
    fn of(app: &App) -> Self {
        let data = app.gql(
            "tjrn",
            "{ processos(first: 1, filtro: {situacaoGuia: ATIVO}) { nodes { id numero guias(first: 1) { nodes { numero } } adolescentes(first: 1) { nodes { identificador } } } } }",
        );
        let processo = &data["processos"]["nodes"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self(vec![
            ("$numero", text(&processo["numero"])),
            ("$identificador", text(&processo["adolescentes"]["nodes"][0]["identificador"])),
            ("$guia", text(&processo["guias"]["nodes"][0]["numero"])),
            ("$id", text(&processo["id"])),
        ])
    }

    fn by(&self, text: &str, quote: &str) -> String {
        let by = |text: String, (name, value): &(&str, String)| {
            text.replace(name, &format!("{quote}{value}{quote}"))
        };
        self.0.iter().fold(text.to_owned(), by)
    }
}

struct Measurement {
    database: Arc<Database>,
    documents: DocumentSettings,
    names: Names,
}

enum Request {
    Graphql(String),
    Rest(String),
}

#[test]
fn no_query_reads_a_whole_table() {
    let documents = DocumentSettings { max_cost: u64::MAX, ..DocumentSettings::default() };
    let mut measurement = Measurement { database: database(), documents, names: Names(Vec::new()) };
    let app = measurement.server();
    measurement.names = Names::of(&app);
    app.stop();
    let relations = RELATIONS.iter().map(|(_, _, query)| *query);
    let graphql = relations.chain(QUERIES).map(|query| Request::Graphql(query.to_owned()));
    let rest = ROUTES.iter().map(|route| Request::Rest((*route).to_owned()));
    let requests: Vec<Request> = graphql.chain(rest).collect();
    assert_eq!(measurement.culprits(&requests), Vec::<&str>::new());
}

impl Measurement {
    fn server(&self) -> App {
        App::on_database(
            &self.database,
            Settings { documents: self.documents.clone(), ..Settings::default() },
        )
    }

    /// Returns the requests that scanned, found by bisection.
    fn culprits<'p>(&self, requests: &'p [Request]) -> Vec<&'p str> {
        let before = sequential_scans(&self.database);
        let app = self.server();
        for request in requests {
            self.request(&app, request);
        }
        app.stop();
        match requests {
            _ if sequential_scans(&self.database) == before => Vec::new(),
            [Request::Graphql(text) | Request::Rest(text)] => vec![text],
            requests => {
                let (half, others) = requests.split_at(requests.len() / 2);
                [self.culprits(half), self.culprits(others)].concat()
            }
        }
    }

    fn request(&self, app: &App, request: &Request) {
        match request {
            Request::Graphql(query) => {
                app.gql_with("tjrn", &self.names.by(query, "\""), json!({ "n": 20 }));
            }
            Request::Rest(route) => {
                let response = app.get("tjrn", &self.names.by(route, ""));
                assert_eq!(response.status, 200, "{route}: {}", response.text);
            }
        }
    }
}

fn database() -> Arc<Database> {
    let Ok(processos) = std::env::var("ELOS_PROCESSOS") else {
        let database = Database::new(Template::Large);
        let mut owner = database.conn();
        owner.batch_execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$").unwrap();
        owner.batch_execute("VACUUM ANALYZE").unwrap();
        return Arc::new(database);
    };
    let database = Database::new(Template::Empty);
    let mut owner = elos::db::migrations::Migrator::connect(&database.url("postgres")).unwrap();
    elos::seed::seed(owner.conn(), processos.parse().unwrap()).unwrap();
    owner.conn().batch_execute("VACUUM ANALYZE").unwrap();
    Arc::new(database)
}

/// Returns the large tables and the number of their sequential scans. A connection reports its
/// statistics only when it ends.
fn sequential_scans(database: &Database) -> String {
    let open_connections = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while database.count(open_connections) > 0 {
        std::thread::yield_now();
    }
    let sql = elos::db::Sql::new(
        "SELECT string_agg(relname || ' ' || seq_scan, ', ' ORDER BY relname) AS t FROM pg_stat_user_tables WHERE relname IN (",
    );
    database.text(sql.push(LARGE).push(")"))
}
