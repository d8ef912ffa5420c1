//! The app's token: one fetch at a time, renewed early, kept while a renewal fails.
//!
//! The platform gives the same token back while it has 30 minutes or more left, else a new one beside the old; both
//! work until they expire. So renewing below 20 minutes never interrupts anything. Times are tokio's monotonic ones.

use super::error::Class;
use secrecy::SecretString;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A token below this much left is renewed early (spread by up to [`SPREAD`] either way).
const EARLY: Duration = Duration::from_secs(20 * 60);
const SPREAD: Duration = Duration::from_secs(5 * 60);
/// A token with less left is not used any more.
const MARGIN: Duration = Duration::from_secs(60);
/// Pause after a failed early renewal, and after credentials were refused.
const HOLD_OFF: Duration = Duration::from_secs(10);

/// A token as the platform gave it.
pub struct Fresh {
    /// The token.
    pub token: SecretString,
    /// How long it is still good for.
    pub expires_in: Duration,
}

/// Why no token could be had.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenTrouble {
    /// Whether that passes by itself (Retry, Rate, Auth) or somebody must act (Config).
    pub class: Class,
    /// The platform's code, where it answered.
    pub code: Option<i64>,
    /// A sentence for logs; holds no secret.
    pub text: String,
}

/// A usable token, and which one it is.
#[derive(Clone)]
pub struct Held {
    /// The token.
    pub token: Arc<SecretString>,
    /// Tells [`TokenCache::refused`] which token was refused.
    generation: u64,
}

#[derive(Default)]
struct State {
    held: Option<(Held, Times)>,
    generation: u64,
    /// Finished fetches; lets waiters see that one ended while they waited.
    fetches: u64,
    trouble: Option<TokenTrouble>,
    not_before: Option<Instant>,
}

#[derive(Clone, Copy)]
struct Times {
    renew: Instant,
    end: Instant,
}

/// The token of one app.
#[derive(Default)]
pub struct TokenCache {
    state: Mutex<State>,
    flight: tokio::sync::Mutex<()>,
}

enum Peek {
    Good(Held),
    Old(Held),
    Missing(u64),
    Refused(TokenTrouble),
}

impl TokenCache {
    /// The token, fetched when there is none. Of many callers one fetches and the others wait for it; all get the
    /// same result, good or bad. Cancel safe: where the fetching caller goes away, the next one fetches.
    ///
    /// # Errors
    /// Why there is no token.
    pub async fn get<F, Fut>(&self, fetch: F) -> Result<Held, TokenTrouble>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Fresh, TokenTrouble>>,
    {
        let seen = match self.peek() {
            Peek::Good(held) => return Ok(held),
            Peek::Refused(trouble) => return Err(trouble),
            Peek::Old(held) => {
                let Ok(_flight) = self.flight.try_lock() else { return Ok(held) };
                // Somebody may have renewed between the look and the lock.
                return match self.peek() {
                    Peek::Good(new) => Ok(new),
                    _ => Ok(self.renew(fetch).await.unwrap_or(held)),
                };
            }
            Peek::Missing(fetches) => fetches,
        };
        let _flight = self.flight.lock().await;
        match self.peek() {
            Peek::Good(held) | Peek::Old(held) => Ok(held),
            Peek::Refused(trouble) => Err(trouble),
            Peek::Missing(fetches) => {
                let trouble = self.lock().trouble.clone();
                match trouble {
                    Some(trouble) if fetches != seen => Err(trouble),
                    _ => self.renew(fetch).await,
                }
            }
        }
    }

    /// The platform refused this token: it is not used again. A newer one, fetched meanwhile, stays.
    pub fn refused(&self, held: &Held) {
        let mut state = self.lock();
        if state.held.as_ref().is_some_and(|(now, _)| now.generation == held.generation) {
            state.held = None;
        }
    }

    fn peek(&self) -> Peek {
        let state = self.lock();
        let now = Instant::now();
        let held_off = state.not_before.is_some_and(|at| now < at);
        match &state.held {
            Some((held, times)) if now < times.renew || (held_off && now < times.end) => Peek::Good(held.clone()),
            Some((held, times)) if now < times.end => Peek::Old(held.clone()),
            _ => match &state.trouble {
                // Wrong credentials stay wrong: do not hammer the platform with them.
                Some(trouble) if held_off && trouble.class == Class::Config => Peek::Refused(trouble.clone()),
                _ => Peek::Missing(state.fetches),
            },
        }
    }

    async fn renew<F, Fut>(&self, fetch: F) -> Result<Held, TokenTrouble>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Fresh, TokenTrouble>>,
    {
        let result = fetch().await;
        let now = Instant::now();
        let mut state = self.lock();
        state.fetches += 1;
        match result {
            Ok(fresh) => {
                state.generation += 1;
                let held = Held { token: Arc::new(fresh.token), generation: state.generation };
                state.held = Some((held.clone(), times(now, fresh.expires_in, rand::random::<f64>())));
                state.trouble = None;
                state.not_before = None;
                Ok(held)
            }
            Err(trouble) => {
                state.not_before = Some(now + HOLD_OFF);
                state.trouble = Some(trouble.clone());
                Err(trouble)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When to renew and when to stop using a token; `rng` in [0, 1). Short-lived tokens get margins in proportion.
fn times(now: Instant, left: Duration, rng: f64) -> Times {
    let early = (EARLY - SPREAD + SPREAD.mul_f64(2.0 * rng)).min(left / 2);
    Times { renew: now + left.saturating_sub(early), end: now + left.saturating_sub(MARGIN.min(left / 4)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn fresh(n: u32, secs: u64) -> Fresh {
        Fresh { token: format!("t-{n}").into(), expires_in: Duration::from_secs(secs) }
    }

    fn trouble(class: Class) -> TokenTrouble {
        TokenTrouble { class, code: None, text: "no".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn many_callers_share_one_fetch_and_its_failure() {
        let (cache, calls) = (TokenCache::default(), AtomicU32::new(0));
        let fetch = || async {
            let n = calls.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            if n == 0 { Err(trouble(Class::Retry)) } else { Ok(fresh(n, 7200)) }
        };
        let all = futures_util::future::join_all((0..20).map(|_| cache.get(fetch))).await;
        assert!(all.iter().all(Result::is_err) && calls.load(Ordering::SeqCst) == 1);
        let all = futures_util::future::join_all((0..20).map(|_| cache.get(fetch))).await;
        assert!(all.iter().all(Result::is_ok) && calls.load(Ordering::SeqCst) == 2);
    }

    #[tokio::test(start_paused = true)]
    async fn renewed_early_and_kept_while_that_fails() {
        let (cache, calls) = (TokenCache::default(), AtomicU32::new(0));
        let works = std::sync::atomic::AtomicBool::new(true);
        let fetch = || async {
            let n = calls.fetch_add(1, Ordering::SeqCst) + 1;
            if works.load(Ordering::SeqCst) { Ok(fresh(n, 7200)) } else { Err(trouble(Class::Retry)) }
        };
        let token = async || cache.get(fetch).await.map(|held| held.token.expose_secret().to_owned());
        assert_eq!(token().await.unwrap(), "t-1");
        tokio::time::advance(Duration::from_secs(7200 - 26 * 60)).await;
        assert_eq!(token().await.unwrap(), "t-1");
        works.store(false, Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(12 * 60)).await;
        assert_eq!(token().await.unwrap(), "t-1");
        assert_eq!(token().await.unwrap(), "t-1");
        assert_eq!(calls.load(Ordering::SeqCst), 2, "one failed renewal, then a pause");
        tokio::time::advance(HOLD_OFF).await;
        works.store(true, Ordering::SeqCst);
        assert_eq!(token().await.unwrap(), "t-3");
        works.store(false, Ordering::SeqCst);
        tokio::time::advance(Duration::from_secs(7200 - 59)).await;
        assert!(token().await.is_err(), "an expired token is not used");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_goes_but_not_its_successor() {
        let (cache, calls) = (TokenCache::default(), AtomicU32::new(0));
        let fetch = || async { Ok(fresh(calls.fetch_add(1, Ordering::SeqCst) + 1, 7200)) };
        let first = cache.get(fetch).await.unwrap();
        cache.refused(&first);
        let second = cache.get(fetch).await.unwrap();
        cache.refused(&first);
        assert_eq!(cache.get(fetch).await.unwrap().token.expose_secret(), second.token.expose_secret());
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_credentials_are_not_hammered() {
        let (cache, calls) = (TokenCache::default(), AtomicU32::new(0));
        let fetch = || async {
            calls.fetch_add(1, Ordering::SeqCst);
            Err::<Fresh, _>(trouble(Class::Config))
        };
        for _ in 0..5 {
            assert!(cache.get(fetch).await.is_err());
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        tokio::time::advance(HOLD_OFF).await;
        assert!(cache.get(fetch).await.is_err());
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_caller_fetches_when_the_first_goes_away() {
        let (cache, calls) = (TokenCache::default(), AtomicU32::new(0));
        let fetch = || async {
            if calls.fetch_add(1, Ordering::SeqCst) == 0 {
                std::future::pending::<()>().await;
            }
            Ok(fresh(1, 7200))
        };
        assert!(tokio::time::timeout(Duration::from_secs(1), cache.get(fetch)).await.is_err());
        assert!(cache.get(fetch).await.is_ok());
    }

    #[test]
    fn margins_shrink_with_short_tokens() {
        let now = Instant::now();
        for (left, rng) in [(7200, 0.0), (7200, 0.99), (1800, 0.5), (60, 0.5), (4, 0.0)] {
            let times = times(now, Duration::from_secs(left), rng);
            assert!(now < times.renew && times.renew < times.end && times.end < now + Duration::from_secs(left), "{left} {rng}");
        }
    }
}
