//! Where the bytes of files are kept.

use crate::auth::Ator;
use crate::db::schema::conteudo_parte;
use crate::db::{Db, Sessao};
use crate::error::Error;
use actix_web::web::Bytes;
use diesel::prelude::*;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// One content, whatever keeps it.
pub type ConteudoId = i64;

/// How much of a content is in memory at a time.
pub const PARTE: usize = 512 * 1024;

/// A store of contents in pieces, of at most [`PARTE`] bytes each and numbered
/// from 0, so that none is ever whole in memory. PostgreSQL is one; an object
/// store can be another.
pub trait Armazem: Send + Sync {
    /// Stores a piece; one that is there already stays as it is.
    fn guardar<'a>(
        &'a self,
        ator: &'a Ator,
        conteudo: ConteudoId,
        ordem: i32,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// None when there is no such piece.
    fn ler<'a>(
        &'a self,
        ator: &'a Ator,
        conteudo: ConteudoId,
        ordem: i32,
    ) -> BoxFuture<'a, Result<Option<Bytes>, Error>>;

    /// All pieces; none is no error.
    fn apagar<'a>(
        &'a self,
        ator: &'a Ator,
        conteudo: ConteudoId,
    ) -> BoxFuture<'a, Result<(), Error>>;
}

/// Contents as rows, one a piece.
pub struct NoBanco(pub Db);

impl Armazem for NoBanco {
    fn guardar<'a>(
        &'a self,
        ator: &'a Ator,
        conteudo: ConteudoId,
        ordem: i32,
        bytes: Bytes,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let guardar = move |sessao: &mut Sessao<'_>| {
            diesel::insert_into(conteudo_parte::table)
                .values((
                    conteudo_parte::conteudo_id.eq(conteudo),
                    conteudo_parte::ordem.eq(ordem),
                    conteudo_parte::bytes.eq(&bytes[..]),
                ))
                // Whoever did not hear of it stores it once more.
                .on_conflict_do_nothing()
                .execute(sessao.conn())?;
            Ok(())
        };
        self.0.escrever(ator, guardar).boxed()
    }

    fn ler<'a>(
        &'a self,
        ator: &'a Ator,
        conteudo: ConteudoId,
        ordem: i32,
    ) -> BoxFuture<'a, Result<Option<Bytes>, Error>> {
        let ler = move |sessao: &mut Sessao<'_>| {
            let lida: Option<Vec<u8>> = conteudo_parte::table
                .find((conteudo, ordem))
                .select(conteudo_parte::bytes)
                .first(sessao.conn())
                .optional()?;
            Ok(lida.map(Bytes::from))
        };
        self.0.ler(ator, ler).boxed()
    }

    fn apagar<'a>(
        &'a self,
        ator: &'a Ator,
        conteudo: ConteudoId,
    ) -> BoxFuture<'a, Result<(), Error>> {
        let apagar = move |sessao: &mut Sessao<'_>| {
            diesel::delete(conteudo_parte::table)
                .filter(conteudo_parte::conteudo_id.eq(conteudo))
                .execute(sessao.conn())?;
            Ok(())
        };
        self.0.escrever(ator, apagar).boxed()
    }
}
