//! Reads the bytes of a file piece by piece from its stored parts.

use crate::auth::Actor;
use crate::call::App;
use crate::error::Error;
use crate::rest::tramites::retry::retry;
use crate::tramite::{ByteRange, Segment};
use actix_web::HttpRequest;
use actix_web::web::Bytes;
use std::sync::Arc;

pub struct Reader {
    req: HttpRequest,
    app: Arc<App>,
    actor: Actor,
    segments: Vec<Segment>,
    position: i64,
    end: i64,
}

impl Reader {
    pub const fn new(
        req: HttpRequest,
        app: Arc<App>,
        actor: Actor,
        segments: Vec<Segment>,
        range: ByteRange,
    ) -> Self {
        Self { req, app, actor, segments, position: range.inicio, end: range.fim }
    }

    /// Whether the reader has returned all bytes of the range.
    pub const fn is_at_end(&self) -> bool {
        self.position >= self.end
    }

    /// The next bytes, at most one stored piece, or `None` at the end of the range.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        if self.is_at_end() {
            return Ok(None);
        }
        let lost = || Error::internal(anyhow::anyhow!("a piece of a content is missing"));
        let position = self.position;
        let holds_position =
            |segment: &&Segment| (segment.range.inicio..segment.range.fim).contains(&position);
        let segment = *self.segments.iter().find(holds_position).ok_or_else(lost)?;
        let (order, start) = segment.chunk(position).ok_or_else(lost)?;
        let Self { app, actor, .. } = &*self;
        let read = || app.blob_store.read(actor, segment.content, order);
        let chunk = retry(&self.req, app, read).await?.ok_or_else(lost)?;
        let remaining = segment.range.fim.min(self.end) - position;
        let count = usize::try_from(remaining).map_err(Error::internal)?;
        let end = chunk.len().min(start.saturating_add(count));
        if start >= end {
            return Err(lost());
        }
        let bytes = chunk.slice(start..end);
        self.position += i64::try_from(bytes.len()).map_err(Error::internal)?;
        Ok(Some(bytes))
    }
}
