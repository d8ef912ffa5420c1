//! Tenant tokens as the platform hands them out.
//!
//! Thirty minutes or more left: the same token again with what is left. Less: a new one, and both are
//! good until the old one ends.

use crate::sandbox::clock::{ms_between, plus};
use crate::util::id::new_id;
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

const LIFE: Duration = Duration::from_secs(7200);
const REISSUE_BELOW_MS: i64 = 30 * 60 * 1000;

#[derive(Debug)]
struct Issued {
    app_id: String,
    ends: Timestamp,
}

/// The tokens in circulation.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    live: HashMap<String, Issued>,
    newest: HashMap<String, String>,
}

impl Tokens {
    /// A token for the app and the seconds it has left.
    pub fn issue(&mut self, app_id: &str, now: Timestamp) -> (String, i64) {
        self.live.retain(|_, issued| issued.ends > now);
        self.newest.retain(|_, token| self.live.contains_key(token));
        if let Some(token) = self.newest.get(app_id)
            && let Some(issued) = self.live.get(token)
        {
            let left = ms_between(now, issued.ends);
            if left >= REISSUE_BELOW_MS {
                return (token.clone(), left / 1000);
            }
        }
        let token = format!("t-{}", new_id());
        let ends = plus(now, LIFE);
        self.live.insert(token.clone(), Issued { app_id: app_id.to_owned(), ends });
        self.newest.insert(app_id.to_owned(), token.clone());
        (token, ms_between(now, ends) / 1000)
    }

    /// Whose token this is, while it lives.
    pub fn owner(&self, token: &str, now: Timestamp) -> Option<&str> {
        self.live.get(token).filter(|issued| issued.ends > now).map(|issued| issued.app_id.as_str())
    }

    /// Ends the tokens of one app, or of all; returns how many.
    pub fn expire(&mut self, app_id: Option<&str>) -> usize {
        let before = self.live.len();
        self.live.retain(|_, issued| app_id.is_some_and(|app| app != issued.app_id));
        before - self.live.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::from_ms;

    #[test]
    fn same_token_until_thirty_minutes_are_left() {
        let mut tokens = Tokens::default();
        let (first, life) = tokens.issue("cli_a", from_ms(0));
        assert_eq!(life, 7200);
        assert_eq!(tokens.issue("cli_a", from_ms(5_400_000)), (first.clone(), 1800));
        let (second, life) = tokens.issue("cli_a", from_ms(5_400_001));
        assert_ne!(second, first);
        assert_eq!(life, 7200);
        assert_eq!(tokens.owner(&first, from_ms(7_199_999)), Some("cli_a"), "both are good");
        assert_eq!(tokens.owner(&first, from_ms(7_200_000)), None);
        assert_eq!(tokens.owner(&second, from_ms(7_200_000)), Some("cli_a"));
    }

    #[test]
    fn expires_on_demand() {
        let mut tokens = Tokens::default();
        let (a, _) = tokens.issue("cli_a", from_ms(0));
        let (b, _) = tokens.issue("cli_b", from_ms(0));
        assert_eq!(tokens.expire(Some("cli_a")), 1);
        assert_eq!((tokens.owner(&a, from_ms(1)), tokens.owner(&b, from_ms(1))), (None, Some("cli_b")));
        assert_ne!(tokens.issue("cli_a", from_ms(2)).0, a);
    }
}
