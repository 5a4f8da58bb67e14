//! Response bodies that are sent in pieces, so that the buffer of the connection holds little more
//! than one piece that the client has not yet taken.

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::Bytes;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

const PIECE: usize = 32 * 1024;

/// Builds a body that consists of `parts` in order.
pub fn answer<const N: usize>(parts: [Bytes; N]) -> BoxBody {
    let parts: VecDeque<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let length = parts.iter().map(|part| part.len() as u64).sum();
    BoxBody::new(Pieces { parts, length })
}

struct Pieces {
    parts: VecDeque<Bytes>,
    length: u64,
}

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let Some(part) = self.parts.front_mut() else { return Poll::Ready(None) };
        let piece = part.split_to(part.len().min(PIECE));
        if part.is_empty() {
            self.parts.pop_front();
        }
        Poll::Ready(Some(Ok(piece)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn the_pieces_are_small_and_make_up_the_whole() {
        let long = Bytes::from(vec![b'x'; 3 * PIECE + 1]);
        let parts =
            [Bytes::from_static(b"a"), Bytes::new(), long.clone(), Bytes::from_static(b"z")];
        let mut body = answer(parts);
        assert_eq!(body.size(), BodySize::Sized(long.len() as u64 + 2));
        let mut whole = Vec::new();
        while let Some(piece) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await {
            let piece = piece.unwrap();
            assert!(piece.len() <= PIECE && !piece.is_empty());
            whole.extend_from_slice(&piece);
        }
        assert_eq!(whole, [&b"a"[..], &long, b"z"].concat());
    }
}
