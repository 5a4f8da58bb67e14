//! Limits the memory of request bodies, for the whole server and for each caller.

use super::quota::{Quota, QuotaPermit};
use crate::error::Error;
use std::time::Duration;

/// Maximum time that a body waits for its memory.
const BODY_SPACE_TIMEOUT: Duration = Duration::from_secs(1);
/// A body up to this size counts only against the limit of the server, not against its caller's
/// share: the number of connections of an address or a credential is limited too.
pub const UNCHARGED_BYTES: usize = 4 * 1024;
/// The number of parts of a limit. One part of the total is for uploads, and one part of each limit
/// is the share of one caller.
const PARTS: u32 = 4;
const KIB: usize = 1024;
/// Total in MiB when no setting gives it.
const DEFAULT_MIB: u32 = 64;

/// The memory for the bodies that the whole server is receiving or processing. The unit is KiB.
pub struct BodyBudget {
    whole: Quota,
    /// A separate limit for pieces of uploads, because an upload may take half an hour.
    pieces: Quota,
}

impl BodyBudget {
    /// A limit of `mib` MiB, a quarter of them for uploads.
    pub fn new(mib: u32) -> Self {
        let part = mib.saturating_mul(1024) / PARTS;
        let whole = part * (PARTS - 1);
        Self { whole: Quota::new(whole, whole / PARTS), pieces: Quota::new(part, part / PARTS) }
    }

    /// Reserves memory for a piece of an upload.
    pub async fn reserve_piece(&self, bytes: usize, caller: &str) -> Result<QuotaPermit, Error> {
        let share = self.pieces.take(units(bytes), Some(caller), BODY_SPACE_TIMEOUT).await;
        share.ok_or(Error::Overloaded { seconds: 5 })
    }

    /// Reserves memory for a body, before it is received.
    pub async fn reserve(&self, bytes: usize, caller: &str) -> Result<QuotaPermit, Error> {
        let counted = (bytes > UNCHARGED_BYTES).then_some(caller);
        let share = self.whole.take(units(bytes), counted, BODY_SPACE_TIMEOUT).await;
        share.ok_or(Error::Overloaded { seconds: 1 })
    }
}

/// The number of units (KiB) for so many bytes, rounded up.
pub fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(KIB)).unwrap_or(u32::MAX)
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self::new(DEFAULT_MIB)
    }
}
