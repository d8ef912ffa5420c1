//! Putting the fragments of a long connection's messages together, within bounds.
//!
//! A large message comes as frames with one `message_id`, `sum` in number and counted by `seq`. They may arrive in any
//! order; what is not complete in time is forgotten and never acked. Pure: time comes in as an argument.

use super::frame::{Frame, header};
use jiff::Timestamp;
use std::collections::HashMap;

/// How much is kept of messages that are not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Milliseconds from the first fragment until the message is forgotten; the official SDKs take 5 or 10 s.
    pub ttl_ms: i64,
    /// Fragments of one message.
    pub parts: usize,
    /// Bytes of all fragments together.
    pub bytes: usize,
    /// Messages at a time.
    pub messages: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { ttl_ms: 5000, parts: 1024, bytes: 4 << 20, messages: 64 }
    }
}

/// Why a fragment was thrown away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FragmentError {
    /// Its `message_id`, `sum` or `seq` is missing or no number.
    #[error("a fragment without message_id, or whose sum or seq is no number")]
    Headers,
    /// `sum` is 0 or too large, `seq` not below it, or `sum` differs from that of the fragments before.
    #[error("fragment {seq} of {sum}, which cannot be")]
    Count {
        /// Which.
        seq: usize,
        /// Of how many.
        sum: usize,
    },
    /// More is waiting for its missing fragments than is kept.
    #[error("too much waits for missing fragments")]
    Full,
}

#[derive(Debug)]
struct Partial {
    since: Timestamp,
    parts: Vec<Option<Vec<u8>>>,
    missing: usize,
    bytes: usize,
}

/// The fragments of one connection.
#[derive(Debug, Default)]
pub struct Fragments {
    bounds: Bounds,
    waiting: HashMap<String, Partial>,
    bytes: usize,
}

impl Fragments {
    /// None yet, within these bounds.
    pub fn within(bounds: Bounds) -> Self {
        Self { bounds, ..Self::default() }
    }

    /// Takes a data frame in. Where it completes its message: the frame with the whole payload, which is what has to be
    /// acked; a frame without `sum`, or with `sum` 1, is whole as it is.
    ///
    /// # Errors
    /// When the fragment makes no sense or there is no room for it.
    pub fn push(&mut self, frame: Frame, now: Timestamp) -> Result<Option<Frame>, FragmentError> {
        let number = |name: &str| frame.header(name).map(str::parse::<usize>).transpose().map_err(|_| FragmentError::Headers);
        let (sum, seq) = (number(header::SUM)?.unwrap_or(1), number(header::SEQ)?.unwrap_or(0));
        if sum == 1 && seq == 0 {
            return Ok(Some(frame));
        }
        let id = frame.header(header::MESSAGE_ID).filter(|id| !id.is_empty()).ok_or(FragmentError::Headers)?.to_owned();
        if sum == 0 || sum > self.bounds.parts || seq >= sum {
            return Err(FragmentError::Count { seq, sum });
        }
        self.forget_old(now);
        let size = frame.payload().len();
        let full = self.bytes + size > self.bounds.bytes || (self.waiting.len() >= self.bounds.messages && !self.waiting.contains_key(&id));
        if full {
            return Err(FragmentError::Full);
        }
        let partial =
            self.waiting.entry(id.clone()).or_insert_with(|| Partial { since: now, parts: vec![None; sum], missing: sum, bytes: 0 });
        if partial.parts.len() != sum {
            return Err(FragmentError::Count { seq, sum });
        }
        let Some(slot) = partial.parts.get_mut(seq) else { return Err(FragmentError::Count { seq, sum }) };
        // A repeated fragment says what the first one said.
        if slot.is_none() {
            *slot = Some(frame.payload().to_vec());
            partial.missing -= 1;
            partial.bytes += size;
            self.bytes += size;
        }
        if partial.missing > 0 {
            return Ok(None);
        }
        let whole = self.drop_message(&id).map(|partial| partial.parts.into_iter().flatten().flatten().collect());
        Ok(Some(Frame { payload: whole, ..frame }))
    }

    /// Messages that wait for fragments.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn drop_message(&mut self, id: &str) -> Option<Partial> {
        let partial = self.waiting.remove(id)?;
        self.bytes -= partial.bytes;
        Some(partial)
    }

    fn forget_old(&mut self, now: Timestamp) {
        let ttl = self.bounds.ttl_ms;
        let is_old = |partial: &Partial| now.as_millisecond().saturating_sub(partial.since.as_millisecond()) > ttl;
        let old: Vec<String> = self.waiting.iter().filter(|(_, partial)| is_old(partial)).map(|(id, _)| id.clone()).collect();
        for id in old {
            self.drop_message(&id);
        }
    }
}
