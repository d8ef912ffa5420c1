//! The `uuid` of a call: at most one message for it within an hour, one chat within ten.

use crate::sandbox::clock::ms_between;
use crate::sandbox::endpoint::Endpoint;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};

/// One hour: how long the `uuid` of a message is remembered.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// Beyond this the oldest is forgotten early.
const MAX_KEPT: usize = 500_000;

type Key = (String, Endpoint, String);

/// Which `uuid` made what.
#[derive(Debug)]
pub(crate) struct Uuids {
    window_ms: i64,
    made: HashMap<Key, String>,
    order: VecDeque<(Timestamp, Key)>,
}

impl Uuids {
    /// Remembers each for so long.
    pub fn lasting(window_ms: i64) -> Self {
        Self { window_ms, made: HashMap::new(), order: VecDeque::new() }
    }

    /// The id of what this `uuid` has made within the window.
    pub fn made(&mut self, app_id: &str, endpoint: Endpoint, uuid: &str, now: Timestamp) -> Option<&str> {
        while self.order.front().is_some_and(|(at, _)| ms_between(*at, now) >= self.window_ms) {
            if let Some((_, key)) = self.order.pop_front() {
                self.made.remove(&key);
            }
        }
        self.made.get(&(app_id.to_owned(), endpoint, uuid.to_owned())).map(String::as_str)
    }

    /// Remembers what a `uuid` made.
    pub fn remember(&mut self, app_id: &str, endpoint: Endpoint, uuid: &str, id: &str, now: Timestamp) {
        let key = (app_id.to_owned(), endpoint, uuid.to_owned());
        if self.order.len() >= MAX_KEPT
            && let Some((_, oldest)) = self.order.pop_front()
        {
            self.made.remove(&oldest);
        }
        self.order.push_back((now, key.clone()));
        self.made.insert(key, id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::from_ms;

    #[test]
    fn holds_for_one_hour() {
        let mut uuids = Uuids::lasting(HOUR_MS);
        uuids.remember("cli_a", Endpoint::Send, "u", "om_1", from_ms(0));
        assert_eq!(uuids.made("cli_a", Endpoint::Send, "u", from_ms(HOUR_MS - 1)), Some("om_1"));
        assert_eq!(uuids.made("cli_b", Endpoint::Send, "u", from_ms(1)), None);
        assert_eq!(uuids.made("cli_a", Endpoint::Send, "u", from_ms(HOUR_MS)), None);
    }
}
