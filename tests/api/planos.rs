//! No question reads a large table from end to end.
//!
//! PostgreSQL counts how often it did. With few rows it would, rightly; so here it is told to
//! avoid it, and what is left is what no index serves. `ELOS_PROCESSOS=200000` asks the same of
//! a database of that size, whose planner is free.

use crate::comandos::RELACOES;
use crate::support::{Ajustes, App, Banco, Modelo};
use diesel::connection::SimpleConnection;
use elos::config::Documentos;
use serde_json::{Value, json};
use std::sync::Arc;

const GRANDES: &str = "'processo', 'adolescente', 'vinculo', 'evento', 'guia'";

/// What each filter, order and name becomes.
const PERGUNTAS: [&str; 66] = [
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
    "{ processo(numero: $numero) { linhaDoTempo { totalCount nodes { frase } } } }",
    "{ adolescente(identificador: $identificador) { linhaDoTempo(sentido: DESC) { totalCount nodes { frase } } } }",
];

const ROTAS: [&str; 5] = [
    "/api/v1/processos",
    "/api/v1/processos?situacaoProcesso=ATIVO&page=1&size=20",
    "/api/v1/processos/numero-processo/$numero",
    "/api/v1/processos/apuracao/numero-processo/$numero",
    "/api/v1/adolescentes/identificador/$identificador",
];

struct Nomes(Vec<(&'static str, String)>);

impl Nomes {
    fn de(app: &App) -> Self {
        let dados = app.gql(
            "tjrn",
            "{ processos(first: 1, filtro: {situacaoGuia: ATIVO}) { nodes { id numero guias(first: 1) { nodes { numero } } adolescentes(first: 1) { nodes { identificador } } } } }",
        );
        let processo = &dados["processos"]["nodes"][0];
        let texto = |valor: &Value| valor.as_str().unwrap().to_owned();
        Self(vec![
            ("$numero", texto(&processo["numero"])),
            ("$identificador", texto(&processo["adolescentes"]["nodes"][0]["identificador"])),
            ("$guia", texto(&processo["guias"]["nodes"][0]["numero"])),
            ("$id", texto(&processo["id"])),
        ])
    }

    fn por(&self, texto: &str, aspas: &str) -> String {
        let por = |texto: String, (nome, valor): &(&str, String)| {
            texto.replace(nome, &format!("{aspas}{valor}{aspas}"))
        };
        self.0.iter().fold(texto.to_owned(), por)
    }
}

struct Medida {
    banco: Arc<Banco>,
    documentos: Documentos,
    nomes: Nomes,
}

enum Pedido {
    Graphql(String),
    Rest(String),
}

#[test]
fn nenhuma_pergunta_le_uma_tabela_inteira() {
    let documentos = Documentos { custo_maximo: u64::MAX, ..Documentos::default() };
    let mut medida = Medida { banco: banco(), documentos, nomes: Nomes(Vec::new()) };
    let app = medida.servidor();
    medida.nomes = Nomes::de(&app);
    app.parar();
    let relacoes = RELACOES.iter().map(|(_, _, query)| *query);
    let graphql = relacoes.chain(PERGUNTAS).map(|query| Pedido::Graphql(query.to_owned()));
    let rest = ROTAS.iter().map(|rota| Pedido::Rest((*rota).to_owned()));
    let pedidos: Vec<Pedido> = graphql.chain(rest).collect();
    assert_eq!(medida.culpados(&pedidos), Vec::<&str>::new());
}

impl Medida {
    fn servidor(&self) -> App {
        App::no_banco(
            &self.banco,
            Ajustes { documentos: self.documentos.clone(), ..Ajustes::default() },
        )
    }

    /// Those that did, by halves.
    fn culpados<'p>(&self, pedidos: &'p [Pedido]) -> Vec<&'p str> {
        let antes = lidas_por_inteiro(&self.banco);
        let app = self.servidor();
        for pedido in pedidos {
            self.pedir(&app, pedido);
        }
        app.parar();
        match pedidos {
            _ if lidas_por_inteiro(&self.banco) == antes => Vec::new(),
            [Pedido::Graphql(texto) | Pedido::Rest(texto)] => vec![texto],
            pedidos => {
                let (uns, outros) = pedidos.split_at(pedidos.len() / 2);
                [self.culpados(uns), self.culpados(outros)].concat()
            }
        }
    }

    fn pedir(&self, app: &App, pedido: &Pedido) {
        match pedido {
            Pedido::Graphql(query) => {
                app.gql_com("tjrn", &self.nomes.por(query, "\""), json!({ "n": 20 }));
            }
            Pedido::Rest(rota) => {
                let resposta = app.get("tjrn", &self.nomes.por(rota, ""));
                assert_eq!(resposta.status, 200, "{rota}: {}", resposta.texto);
            }
        }
    }
}

fn banco() -> Arc<Banco> {
    let Ok(processos) = std::env::var("ELOS_PROCESSOS") else {
        let banco = Banco::novo(Modelo::Grande);
        let mut dono = banco.conn();
        dono.batch_execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_seqscan = off', current_database()); END $$").unwrap();
        dono.batch_execute("VACUUM ANALYZE").unwrap();
        return Arc::new(banco);
    };
    let banco = Banco::novo(Modelo::Vazio);
    let mut dono = elos::db::migrations::Migrador::conectar(&banco.url("postgres")).unwrap();
    elos::seed::semear(dono.conn(), processos.parse().unwrap()).unwrap();
    dono.conn().batch_execute("VACUUM ANALYZE").unwrap();
    Arc::new(banco)
}

/// Each large table with how often it was. A connection tells when it ends, and not before.
fn lidas_por_inteiro(banco: &Banco) -> String {
    let abertas = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    while banco.contar(abertas) > 0 {
        std::thread::yield_now();
    }
    let sql = elos::db::Sql::new(
        "SELECT string_agg(relname || ' ' || seq_scan, ', ' ORDER BY relname) AS t FROM pg_stat_user_tables WHERE relname IN (",
    );
    banco.texto(sql.push(GRANDES).push(")"))
}
