//! Transactions that write.

use super::manager::Inicio;
use super::{Db, Lane, Permit, Sessao};
use crate::auth::{Ator, Escopo};
use crate::error::Error;
use diesel::{Connection, PgConnection};
use std::convert::Infallible;
use std::time::Instant;

impl Db {
    /// Writes in one transaction: committed if `escrever` succeeds, rolled back if not.
    pub async fn escrever<T, F>(&self, ator: &Ator, escrever: F) -> Result<T, Error>
    where
        F: FnOnce(&mut Sessao<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let (db, escopo) = (self.clone(), Escopo::Tribunal(ator.tribunal_de_escrita()?));
        let permit = self.permit(ator, Lane::Alone, Instant::now()).await?;
        Self::bloqueante(permit, move || db.transacao(escopo, escrever)).await?
    }

    /// The same, by one that has a place already; on the thread where it was done, `contar` is
    /// told what came of it.
    pub fn escrever_na<T>(
        &self,
        permit: Permit,
        tribunal: i16,
        escrever: impl FnOnce(&mut Sessao<'_>) -> Result<T, Error> + Send + 'static,
        contar: impl FnOnce(Result<T, Error>) + Send + 'static,
    ) {
        let db = self.clone();
        tokio::task::spawn_blocking(move || {
            let feito = db.transacao(Escopo::Tribunal(tribunal), escrever);
            drop(permit);
            contar(feito);
        });
    }

    /// Whether nobody waits that long for a place.
    pub fn esperou_demais(&self, desde: Instant) -> bool {
        desde.elapsed() >= self.espera
    }

    fn transacao<T>(
        &self,
        escopo: Escopo,
        escrever: impl FnOnce(&mut Sessao<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.usar(escopo, |conn| conn.transaction(|conn| escrever(&mut Sessao { conn, escopo })))
    }

    /// A transaction that `usar` begins and ends.
    fn usar<T>(
        &self,
        escopo: Escopo,
        usar: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.no_tempo(|| {
            let feito = self.reservar(escopo, Inicio::Solto)?.usar(false, usar);
            // Undone or not: the feeds are read only up to the oldest transaction still open.
            self.avisos.avisar();
            feito
        })
    }

    /// Does what [`Db::escrever`] does and then undoes it, whatever came of it.
    pub async fn ensaiar<T, F>(&self, ator: &Ator, escrever: F) -> Result<T, Error>
    where
        F: FnOnce(&mut Sessao<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let (db, escopo) = (self.clone(), Escopo::Tribunal(ator.tribunal_de_escrita()?));
        let permit = self.permit(ator, Lane::Alone, Instant::now()).await?;
        let ensaiar = move |conn: &mut PgConnection| {
            let mut feito = None;
            let desfeito = conn.transaction(|conn| {
                feito = Some(escrever(&mut Sessao { conn, escopo })?);
                Err::<Infallible, Error>(diesel::result::Error::RollbackTransaction.into())
            });
            let Err(error) = desfeito;
            feito.ok_or(error)
        };
        Self::bloqueante(permit, move || db.usar(escopo, ensaiar)).await?
    }
}
