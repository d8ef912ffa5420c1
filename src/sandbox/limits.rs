//! Sliding-window limits: a call is admitted when every window that covers it has room.
//!
//! Only admitted calls are counted. Pure: time comes in as an argument. Limits and codes are the
//! documented ones (`open.feishu.cn/document/server-docs/api-call-guide/frequency-control`, read 2026-11).

use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};

/// What is limited.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scope {
    /// One API of one app.
    Api(&'static str, String),
    /// Messages into one chat, by whichever bot.
    Chat(String),
    /// Messages to one person.
    Person(String),
    /// Updates of one card.
    Card(String),
    /// Pinning and unpinning one message.
    Pin(String),
    /// Listing the pins of one chat, by whichever bot.
    Pins(String),
    /// One custom bot.
    Hook(String),
}

/// So many calls in so many milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub calls: u32,
    pub window_ms: i64,
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60_000;

impl Scope {
    /// The windows of this scope, shortest first.
    fn rules(&self) -> &'static [Rule] {
        const API: [Rule; 2] = [Rule { calls: 50, window_ms: SECOND }, Rule { calls: 1000, window_ms: MINUTE }];
        const DESK: [Rule; 1] = [Rule { calls: 100, window_ms: MINUTE }];
        const FIVE: [Rule; 1] = [Rule { calls: 5, window_ms: SECOND }];
        const HOOK: [Rule; 2] = [Rule { calls: 5, window_ms: SECOND }, Rule { calls: 100, window_ms: MINUTE }];
        const FIFTY: [Rule; 1] = [Rule { calls: 50, window_ms: SECOND }];
        match self {
            Self::Api("helpdesk_send", _) => &DESK,
            Self::Api(..) => &API,
            Self::Chat(_) | Self::Person(_) | Self::Card(_) | Self::Pin(_) => &FIVE,
            Self::Pins(_) => &FIFTY,
            Self::Hook(_) => &HOOK,
        }
    }
}

/// A window that was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    pub rule: Rule,
    /// Until the oldest counted call leaves the window.
    pub reset_ms: i64,
}

/// All windows of the sandbox.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    seen: HashMap<Scope, VecDeque<i64>>,
}

/// Scopes kept before those without recent calls are swept out.
const SWEEP_AT: usize = 4096;

impl Limits {
    /// Admits and counts one call in `scope`, or says which window is full.
    pub fn admit(&mut self, scope: Scope, now: Timestamp) -> Result<(), Full> {
        let now = now.as_millisecond();
        let rules = scope.rules();
        let longest = rules.iter().map(|rule| rule.window_ms).max().unwrap_or(SECOND);
        if self.seen.len() >= SWEEP_AT && !self.seen.contains_key(&scope) {
            self.seen.retain(|_, calls| calls.back().is_some_and(|last| now - last < MINUTE));
        }
        let calls = self.seen.entry(scope).or_default();
        while calls.front().is_some_and(|first| now - first >= longest) {
            calls.pop_front();
        }
        for rule in rules {
            // The call that must leave the window before another fits.
            let limit = rule.calls as usize;
            let blocking = calls.len().checked_sub(limit).and_then(|index| calls.get(index));
            if let Some(oldest) = blocking
                && now - oldest < rule.window_ms
            {
                return Err(Full { rule: *rule, reset_ms: rule.window_ms - (now - oldest) });
            }
        }
        calls.push_back(now);
        Ok(())
    }

    /// Forgets everything counted.
    pub fn clear(&mut self) {
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::from_ms;

    fn api() -> Scope {
        Scope::Api("send", "cli_a".to_owned())
    }

    #[test]
    fn five_a_second_slide() {
        let mut limits = Limits::default();
        let chat = || Scope::Chat("oc_a".to_owned());
        for ms in [0, 200, 400, 600, 800] {
            assert_eq!(limits.admit(chat(), from_ms(ms)), Ok(()));
        }
        assert_eq!(limits.admit(chat(), from_ms(999)), Err(Full { rule: Rule { calls: 5, window_ms: 1000 }, reset_ms: 1 }));
        assert_eq!(limits.admit(chat(), from_ms(1000)), Ok(()));
        assert!(limits.admit(chat(), from_ms(1100)).is_err(), "200..1000 still holds five");
        assert_eq!(limits.admit(Scope::Chat("oc_b".to_owned()), from_ms(1100)), Ok(()));
    }

    #[test]
    fn both_windows_of_an_api_hold() {
        let mut limits = Limits::default();
        let mut admitted = 0;
        for ms in 0..60_000 {
            admitted += u32::from(limits.admit(api(), from_ms(ms)).is_ok());
        }
        assert_eq!(admitted, 1000);
        let mut limits = Limits::default();
        let first = (0..1000).filter(|_| limits.admit(api(), from_ms(5)).is_ok()).count();
        assert_eq!(first, 50);
    }

    #[test]
    fn quiet_scopes_are_swept() {
        let mut limits = Limits::default();
        for n in 0..SWEEP_AT {
            let _ = limits.admit(Scope::Chat(format!("oc_{n}")), from_ms(0));
        }
        let _ = limits.admit(Scope::Chat("oc_new".to_owned()), from_ms(MINUTE));
        assert_eq!(limits.seen.len(), 1);
    }
}
