//! A worker's connections. The tribunal and the statement go out in one write, one after the other;
//! a connection takes the next request while it still works at the last.

use crate::statements;
use crate::token::Caller;
use futures_util::future::try_join;
use std::cell::Cell;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{Client, Error, NoTls, Row, Statement};

/// Connections of one worker: two workers have eight, as many as pgbench.
const CONNECTIONS: usize = 4;

pub struct Database {
    connections: Vec<Connection>,
}

pub struct Connection {
    client: Client,
    waiting: Cell<usize>,
    set_tribunal: Statement,
    pub processo: Statement,
    pub processos: Statement,
    pub adolescente: Statement,
    pub page: Statement,
    pub register: Statement,
    pub register_keyed: Statement,
    pub remembered: Statement,
}

impl Database {
    pub async fn connect(settings: &str) -> Result<Self, crate::Error> {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(settings).await?);
        }
        Ok(Self { connections })
    }

    /// The connection that has the least to do.
    pub fn least_busy(&self) -> &Connection {
        let least = self.connections.iter().min_by_key(|it| it.waiting.get());
        least.unwrap_or(&self.connections[0])
    }
}

impl Connection {
    async fn open(settings: &str) -> Result<Self, crate::Error> {
        let (client, connection) = tokio_postgres::connect(settings, NoTls).await?;
        actix_web::rt::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("a connection ended: {error}");
                std::process::exit(1);
            }
        });
        Ok(Self {
            set_tribunal: client.prepare(statements::SET_TRIBUNAL).await?,
            processo: client.prepare(statements::PROCESSO).await?,
            processos: client.prepare(statements::PROCESSOS).await?,
            adolescente: client.prepare(statements::ADOLESCENTE).await?,
            page: client.prepare(statements::PAGE).await?,
            register: client.prepare_typed(statements::REGISTER, REGISTER_TYPES).await?,
            register_keyed: client
                .prepare_typed(statements::REGISTER_KEYED, REGISTER_TYPES)
                .await?,
            remembered: client.prepare(statements::REMEMBERED).await?,
            client,
            waiting: Cell::new(0),
        })
    }

    /// The row of a statement under the caller's tribunal. Both futures send what they have when they
    /// are first polled, on this thread alone, so that no other request comes between them.
    pub async fn ask(
        &self,
        caller: &Caller,
        statement: &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, Error> {
        self.waiting.set(self.waiting.get() + 1);
        let set: [&(dyn ToSql + Sync); 1] = [&caller.setting];
        let both = try_join(
            self.client.execute(&self.set_tribunal, &set),
            self.client.query_opt(statement, parameters),
        );
        let result = both.await;
        self.waiting.set(self.waiting.get() - 1);
        result.map(|(_, row)| row)
    }
}

const REGISTER_TYPES: &[Type] = &[Type::INT2, Type::TEXT, Type::TEXT_ARRAY, Type::TEXT, Type::TEXT];

/// JSON as the database wrote it.
#[derive(Clone, Copy)]
pub struct Json<'a>(pub &'a [u8]);

impl<'a> FromSql<'a> for Json<'a> {
    fn from_sql(
        kind: &Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        // jsonb comes with the number of its format in front.
        Ok(Self(if *kind == Type::JSONB { raw.get(1..).unwrap_or_default() } else { raw }))
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::JSON | Type::JSONB)
    }
}
