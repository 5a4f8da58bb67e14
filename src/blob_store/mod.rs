//! Stores the bytes of files.

use crate::auth::Actor;
use crate::db::schema::conteudo_parte;
use crate::db::{Db, Session};
use crate::error::Error;
use actix_web::web::Bytes;
use diesel::prelude::*;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// The id of one content, in any store.
pub type ContentId = i64;

/// Maximum number of bytes of one piece of a content.
pub const PART_SIZE: usize = 512 * 1024;

/// A store of contents in pieces of at most [`PART_SIZE`] bytes, numbered from 0, so that a content
/// is never in memory as a whole. PostgreSQL is the implementation here; an object store could be
/// another.
pub trait BlobStore: Send + Sync {
    /// Stores a piece. A piece that exists already is not changed.
    fn store<'a>(
        &'a self,
        actor: &'a Actor,
        content: ContentId,
        order: i32,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// Reads a piece. `None` when it does not exist.
    fn read<'a>(
        &'a self,
        actor: &'a Actor,
        content: ContentId,
        order: i32,
    ) -> BoxFuture<'a, Result<Option<Bytes>, Error>>;

    /// Deletes all pieces. A content without pieces is not an error.
    fn delete<'a>(
        &'a self,
        actor: &'a Actor,
        content: ContentId,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

/// Stores each piece as a row.
pub struct DatabaseBlobStore(pub Db);

impl BlobStore for DatabaseBlobStore {
    fn store<'a>(
        &'a self,
        actor: &'a Actor,
        content: ContentId,
        order: i32,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let store = move |session: &mut Session<'_>| {
            diesel::insert_into(conteudo_parte::table)
                .values((
                    conteudo_parte::conteudo_id.eq(content),
                    conteudo_parte::ordem.eq(order),
                    conteudo_parte::bytes.eq(&bytes[..]),
                ))
                // A client that did not receive the response stores the piece again.
                .on_conflict_do_nothing()
                .execute(session.conn())?;
            Ok(())
        };
        self.0.write(actor, store).boxed()
    }

    fn read<'a>(
        &'a self,
        actor: &'a Actor,
        content: ContentId,
        order: i32,
    ) -> BoxFuture<'a, Result<Option<Bytes>, Error>> {
        let read = move |session: &mut Session<'_>| {
            let stored: Option<Vec<u8>> = conteudo_parte::table
                .find((content, order))
                .select(conteudo_parte::bytes)
                .first(session.conn())
                .optional()?;
            Ok(stored.map(Bytes::from))
        };
        self.0.read(actor, read).boxed()
    }

    fn delete<'a>(
        &'a self,
        actor: &'a Actor,
        content: ContentId,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let delete = move |session: &mut Session<'_>| {
            diesel::delete(conteudo_parte::table)
                .filter(conteudo_parte::conteudo_id.eq(content))
                .execute(session.conn())?;
            Ok(())
        };
        self.0.write(actor, delete).boxed()
    }
}
