//! Write transactions and dry runs.

use super::lease::TransactionMode;
use super::{Db, Lane, Permit, Session};
use crate::auth::{Actor, Scope};
use crate::error::Error;
use crate::trace::{TraceContext, statement};
use diesel::{Connection, PgConnection};
use std::convert::Infallible;
use std::time::Instant;

impl Db {
    /// Runs `write` in one transaction, which commits if `write` succeeds and rolls back otherwise.
    pub async fn write<T, F>(&self, actor: &Actor, write: F) -> Result<T, Error>
    where
        F: FnOnce(&mut Session<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let (db, scope) = (self.clone(), Scope::Tribunal(actor.write_tribunal()?));
        let permit = self.permit(actor, Lane::Unbatched, Instant::now()).await?;
        Self::blocking(permit, move || db.write_transaction(scope, write)).await?
    }

    /// Like [`Db::write`], on the thread that has a permit. The statements are recorded in each of
    /// the `traces`.
    pub fn write_with_permit<T>(
        &self,
        _permit: &Permit,
        tribunal: i16,
        traces: &[TraceContext],
        write: impl FnOnce(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        statement::traced_for(traces, || self.write_transaction(Scope::Tribunal(tribunal), write))
    }

    fn write_transaction<T>(
        &self,
        scope: Scope,
        write: impl FnOnce(&mut Session<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.with_write_conn(scope, |conn| {
            conn.transaction(|conn| write(&mut Session { conn, scope }))
        })
    }

    /// Leases a connection for `with_conn`, which begins and ends the transaction.
    fn with_write_conn<T>(
        &self,
        scope: Scope,
        with_conn: impl FnOnce(&mut PgConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.report_timeout(|| {
            let mut lease = self.acquire(scope, TransactionMode::Autocommit)?;
            let result = lease.with_conn(false, with_conn);
            lease.put_back();
            // Notify after a rollback too: feeds are read only up to the oldest open transaction,
            // so the end of any transaction can make more rows readable.
            self.notifier.notify();
            result
        })
    }

    /// Like [`Db::write`], but always rolls back.
    pub async fn dry_run<T, F>(&self, actor: &Actor, write: F) -> Result<T, Error>
    where
        F: FnOnce(&mut Session<'_>) -> Result<T, Error> + Send + 'static,
        T: Send + 'static,
    {
        let (db, scope) = (self.clone(), Scope::Tribunal(actor.write_tribunal()?));
        let permit = self.permit(actor, Lane::Unbatched, Instant::now()).await?;
        let dry_run = move |conn: &mut PgConnection| {
            let mut result = None;
            let rolled_back = conn.transaction(|conn| {
                result = Some(write(&mut Session { conn, scope })?);
                Err::<Infallible, Error>(diesel::result::Error::RollbackTransaction.into())
            });
            let Err(error) = rolled_back;
            result.ok_or(error)
        };
        Self::blocking(permit, move || db.with_write_conn(scope, dry_run)).await?
    }
}
