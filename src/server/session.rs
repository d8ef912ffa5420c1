//! Sessions of browsers: begun by a password, carried by a cookie, ended by time, by hand, or with the password.
//!
//! In memory only: after a restart people log in again. What is kept is the hash of the cookie's value, so that nothing in memory opens anything.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A session that nobody uses ends after this.
const IDLE: Duration = Duration::from_secs(12 * 3600);
/// Any session ends after this.
pub const LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// Sessions at the same time; one more ends the one that was not used for the longest time.
const MOST: usize = 1000;

type Key = [u8; 32];

#[derive(Debug, Clone)]
struct Session {
    user: String,
    /// Of the password's hash: another password ends the session.
    password: Key,
    begun: Instant,
    used: Instant,
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<Key, Session>>);

fn hash(text: &str) -> Key {
    Sha256::digest(text.as_bytes()).into()
}

impl Sessions {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins one; `phc` is the user's password hash of now. Returns the cookie's value, 256 random bits.
    pub fn begin(&self, user: &str, phc: &str) -> String {
        let token = crate::util::id::hex(&rand::random::<[u8; 32]>());
        let now = Instant::now();
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.lives(now));
        while sessions.len() >= MOST {
            let Some(oldest) = sessions.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key) else { break };
            sessions.remove(&oldest);
        }
        sessions.insert(hash(&token), Session { user: user.to_owned(), password: hash(phc), begun: now, used: now });
        token
    }

    /// Whose it is, if it lives; `phc` tells a user's password hash of now.
    pub fn user<'c>(&self, token: &str, phc: impl FnOnce(&str) -> Option<&'c str>) -> Option<String> {
        let key = hash(token);
        let now = Instant::now();
        let mut sessions = self.lock();
        let session = sessions.get_mut(&key)?;
        let same = phc(&session.user).is_some_and(|phc| hash(phc) == session.password);
        if same && session.lives(now) {
            session.used = now;
            return Some(session.user.clone());
        }
        sessions.remove(&key);
        None
    }

    /// Ends one; says whose it was.
    pub fn end(&self, token: &str) -> Option<String> {
        self.lock().remove(&hash(token)).map(|session| session.user)
    }
}

impl Session {
    fn lives(&self, now: Instant) -> bool {
        now.duration_since(self.used) < IDLE && now.duration_since(self.begun) < LONGEST
    }
}

/// Wrong credentials within [`WINDOW`] that an address may send; more are not looked at.
const FAILURES: u32 = 20;
const WINDOW: Duration = Duration::from_secs(300);
/// Addresses that are remembered; one more forgets the one that failed first.
const ADDRESSES: usize = 10_000;

/// Who failed to log in how often. By address, so that nobody locks out anybody else; an IPv6 network of one customer counts as one.
#[derive(Debug, Default)]
pub struct Failures(Mutex<HashMap<IpAddr, (Instant, u32)>>);

fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6((ip.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

impl Failures {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, (Instant, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For how long nothing of this address is looked at.
    pub fn blocked(&self, ip: IpAddr) -> Option<Duration> {
        let failures = self.lock();
        let (since, count) = failures.get(&network(ip))?;
        let left = WINDOW.checked_sub(since.elapsed()).filter(|left| !left.is_zero())?;
        (*count >= FAILURES).then_some(left)
    }

    /// It failed.
    pub fn count(&self, ip: IpAddr) {
        let mut failures = self.lock();
        failures.retain(|_, (since, _)| since.elapsed() < WINDOW);
        if failures.len() >= ADDRESSES
            && let Some(first) = failures.iter().min_by_key(|(_, (since, _))| *since).map(|(ip, _)| *ip)
        {
            failures.remove(&first);
        }
        failures.entry(network(ip)).or_insert((Instant::now(), 0)).1 += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHC: &str = "$argon2id$one";

    #[tokio::test(start_paused = true)]
    async fn sessions_end_by_time_and_with_the_password() {
        let sessions = Sessions::default();
        let of = |token: &str| sessions.user(token, |user| (user == "li").then_some(PHC));
        let token = sessions.begin("li", PHC);
        assert_eq!(token.len(), 64);
        for _ in 0..14 {
            tokio::time::advance(IDLE - Duration::from_secs(1)).await;
            assert_eq!(of(&token).as_deref(), Some("li"), "used, it lives on");
        }
        tokio::time::advance(IDLE - Duration::from_secs(1)).await;
        assert_eq!(of(&token), None, "no session lives for ever");
        let idle = sessions.begin("li", PHC);
        tokio::time::advance(IDLE).await;
        assert_eq!(of(&idle), None);
        let changed = sessions.begin("li", PHC);
        assert_eq!(sessions.user(&changed, |_| Some("$argon2id$two")), None);
        assert_eq!(of(&changed), None, "and it stays over");
        let gone = sessions.begin("wang", PHC);
        assert_eq!(of(&gone), None, "the user left the configuration");
        let over = sessions.begin("li", PHC);
        assert_eq!((sessions.end(&over).as_deref(), of(&over)), (Some("li"), None));
    }

    #[tokio::test(start_paused = true)]
    async fn their_number_is_bounded() {
        let sessions = Sessions::default();
        let mut tokens = Vec::new();
        for _ in 0..MOST + 5 {
            tokio::time::advance(Duration::from_millis(1)).await;
            tokens.push(sessions.begin("li", PHC));
        }
        assert_eq!(sessions.lock().len(), MOST);
        let lives = |token: &String| sessions.user(token, |_| Some(PHC)).is_some();
        assert!(!lives(&tokens[0]) && lives(&tokens[MOST + 4]));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_guesses_waits_and_nobody_else() {
        let failures = Failures::default();
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        for _ in 0..FAILURES {
            assert_eq!(failures.blocked(ip("192.0.2.1")), None);
            failures.count(ip("192.0.2.1"));
            failures.count(ip("2001:db8::1"));
        }
        assert_eq!(failures.blocked(ip("192.0.2.1")), Some(WINDOW));
        assert!(failures.blocked(ip("::ffff:192.0.2.1")).is_some() && failures.blocked(ip("2001:db8::99")).is_some());
        assert!(failures.blocked(ip("192.0.2.2")).is_none() && failures.blocked(ip("2001:db8:0:1::1")).is_none());
        tokio::time::advance(WINDOW).await;
        assert_eq!(failures.blocked(ip("192.0.2.1")), None);
        for n in 0..ADDRESSES as u32 + 10 {
            failures.count(IpAddr::from(n.to_be_bytes()));
        }
        assert_eq!(failures.lock().len(), ADDRESSES);
    }
}
