//! Tokens of callbacks, by which an app updates the card afterwards: 30 minutes, twice, not before it has answered.

use crate::sandbox::clock::ms_between;
use crate::util::id::new_id;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};

const LIFE_MS: i64 = 30 * 60 * 1000;
const USES: u8 = 2;
const MAX_TOKENS: usize = 10_000;

/// What a token stands for.
#[derive(Debug, Clone)]
pub(crate) struct CardToken {
    pub app_id: String,
    pub message_id: String,
    issued: Timestamp,
    left: u8,
    answered: bool,
}

/// Why a token is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    /// Never given out (300020).
    Unknown,
    /// Older than half an hour (300030).
    Expired,
    /// Used twice (300040).
    UsedUp,
    /// The callback is not answered yet.
    Early,
}

/// The tokens that were given out, the newest of them.
#[derive(Debug, Default)]
pub(crate) struct CardTokens {
    tokens: HashMap<String, CardToken>,
    order: VecDeque<String>,
}

impl CardTokens {
    /// A token for one press.
    pub fn issue(&mut self, app_id: &str, message_id: &str, open_id: &str, now: Timestamp) -> String {
        if self.order.len() >= MAX_TOKENS
            && let Some(oldest) = self.order.pop_front()
        {
            self.tokens.remove(&oldest);
        }
        let token = format!("c-{}{}", new_id(), crate::util::id::hash_id(&[message_id, open_id]).get(..8).unwrap_or_default());
        let (app_id, message_id) = (app_id.to_owned(), message_id.to_owned());
        self.tokens.insert(token.clone(), CardToken { app_id, message_id, issued: now, left: USES, answered: false });
        self.order.push_back(token.clone());
        token
    }

    /// Takes note that the client has the answer (or gave up waiting).
    pub fn answered(&mut self, token: &str) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.answered = true;
        }
    }

    /// What the token stands for, while it is good.
    pub fn look(&self, token: &str, now: Timestamp) -> Result<&CardToken, TokenFault> {
        let known = self.tokens.get(token).ok_or(TokenFault::Unknown)?;
        if ms_between(known.issued, now) > LIFE_MS {
            return Err(TokenFault::Expired);
        }
        match known {
            CardToken { left: 0, .. } => Err(TokenFault::UsedUp),
            CardToken { answered: false, .. } => Err(TokenFault::Early),
            known => Ok(known),
        }
    }

    /// Takes one of its uses.
    pub fn spend(&mut self, token: &str) {
        if let Some(token) = self.tokens.get_mut(token) {
            token.left = token.left.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::from_ms;

    #[test]
    fn tokens_are_good_after_the_answer_twice_and_for_half_an_hour() {
        let mut tokens = CardTokens::default();
        let token = tokens.issue("cli_a", "om_1", "ou_1", from_ms(0));
        assert!(token.starts_with("c-"));
        let look = |tokens: &CardTokens, ms: i64| tokens.look(&token, from_ms(ms)).map(|known| known.message_id.clone());
        assert_eq!(look(&tokens, 1), Err(TokenFault::Early));
        tokens.answered(&token);
        assert_eq!(look(&tokens, 1_800_000), Ok("om_1".to_owned()));
        assert_eq!(look(&tokens, 1_800_001), Err(TokenFault::Expired));
        tokens.spend(&token);
        assert!(look(&tokens, 1).is_ok());
        tokens.spend(&token);
        assert_eq!(look(&tokens, 1), Err(TokenFault::UsedUp));
        assert_eq!(tokens.look("c-other", from_ms(0)).map(|_| ()), Err(TokenFault::Unknown));
    }

    #[test]
    fn the_oldest_are_let_go() {
        let mut tokens = CardTokens::default();
        let first = tokens.issue("a", "m", "o", from_ms(0));
        for _ in 0..MAX_TOKENS {
            tokens.issue("a", "m", "o", from_ms(0));
        }
        assert_eq!((tokens.tokens.len(), tokens.look(&first, from_ms(0)).map(|_| ())), (MAX_TOKENS, Err(TokenFault::Unknown)));
    }
}
