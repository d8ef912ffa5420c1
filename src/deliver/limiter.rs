//! Budgets: how many calls the platform takes, per app and API, chat, person, message and custom bot.
//!
//! Pure. Every budget is a sliding window (at most N calls in *any* second or minute), so the platform's own windows
//! hold wherever they start. A call is admitted by all its budgets together or by none. It reaches the platform some time
//! between its admission and its answer, so it counts from the one to the other and for a window after that: however slow
//! the disk or the way, what was admitted never adds up to more than the limit over there.
//!
//! Start at [`Limiter::admit`], end at [`Limiter::made`] or [`Limiter::release`]. Cost: a hash per budget of the call (at most
//! three), whatever the number of budgets; the calls of the last minute in memory. Limits: the platform's frequency
//! page, read 2026-05.

mod windows;

use super::quota::{Quota, QuotaWarning, Usage};
use crate::config::settings::Limits;
use crate::feishu::error::Endpoint;
use crate::util::clock::{after, from_ms};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;
pub use windows::LOST_AFTER;
use windows::{Rule, Windows};

/// Highest settable calls per second and API: what the platform documents.
pub const MAX_PER_SECOND: u32 = 50;
/// Highest settable calls per minute and API.
pub const MAX_PER_MINUTE: u32 = 1000;
/// Highest settable messages per second into a chat or to a person; all bots of a chat share them.
pub const MAX_PER_CHAT: u32 = 5;
/// Edits of one message per second (5 are documented).
pub const EDITS_PER_SECOND: u32 = 2;
/// Messages of one custom bot per second (5 are documented).
pub const BOT_PER_SECOND: u32 = 4;
/// Messages of one custom bot per minute (100 are documented).
pub const BOT_PER_MINUTE: u32 = 90;
/// Messages of one help desk per minute (100 are documented).
pub const HELPDESK_PER_MINUTE: u32 = 90;
/// Custom bots keep still so long from each full and half hour on, when the platform sheds load; each bot adds up to
/// [`QUIET_SPREAD_MS`] of its own.
const QUIET_MS: i64 = 4000;
const QUIET_SPREAD_MS: i64 = 3000;
const HALF_HOUR_MS: i64 = 1_800_000;
/// A limit hit without a word on how long.
const DEFAULT_PAUSE: Duration = Duration::from_secs(1);
const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60_000;
/// How often budgets that are whole again are dropped from memory.
const SWEEP_MS: i64 = 10_000;

/// What a budget allows; none: it only knows pauses.
type Rules = [Option<Rule>; 2];
const PAUSES_ONLY: Rules = [None, None];

/// One budget. Also what a pause imposed by the platform hangs on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Budget {
    /// All calls of an app (pauses only).
    App(String),
    /// One API of an app.
    Api(String, Endpoint),
    /// Messages into a chat.
    Chat(String),
    /// Messages to a person.
    Person(String),
    /// Edits of a message.
    Message(String),
    /// A custom bot.
    Bot(String),
}

impl Budget {
    /// A short name for metrics and logs.
    pub fn as_str(&self) -> &'static str {
        match self {
            Budget::App(_) => "app",
            Budget::Api(..) => "api",
            Budget::Chat(_) => "chat",
            Budget::Person(_) => "person",
            Budget::Message(_) => "message",
            Budget::Bot(_) => "bot",
        }
    }
}

/// What a call spends besides its app's budget for the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Nothing.
    None,
    /// A message or reply into a chat (by id, whichever app sends it).
    Chat(&'a str),
    /// A message to a person, by the address it is sent to.
    Person(&'a str),
    /// An edit of a message; does not spend its chat's budget.
    Message(&'a str),
    /// A custom bot's message.
    Bot(&'a str),
}

/// A call that wants to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand<'a> {
    /// The app by its name; `None` for custom bots.
    pub app: Option<&'a str>,
    /// The call.
    pub api: Endpoint,
    /// What else it spends.
    pub scope: Scope<'a>,
}

/// Whether a call may be made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admit {
    /// Yes, and its places are held: make it.
    Yes,
    /// Not before this moment, because of this budget. Nothing is reserved: ask again then.
    WaitUntil(Timestamp, Budget),
}

/// All budgets of the process. A clone is not kept in step: share one.
#[derive(Debug, Default)]
pub struct Limiter {
    limits: BTreeMap<String, Limits>,
    spent: HashMap<Budget, Windows>,
    pauses: HashMap<Budget, i64>,
    quota: Quota,
    swept: i64,
}

impl Limiter {
    /// Budgets of these apps.
    pub fn new(limits: impl IntoIterator<Item = (String, Limits)>) -> Self {
        Self { limits: limits.into_iter().collect(), ..Self::default() }
    }

    /// New limits after a reload; what is spent stays spent.
    pub fn set_limits(&mut self, limits: impl IntoIterator<Item = (String, Limits)>) {
        self.limits = limits.into_iter().collect();
    }

    /// Asks for a call. All budgets must admit it; then it holds a place in each, until [`made`](Self::made) or
    /// [`release`](Self::release).
    pub fn admit(&mut self, demand: &Demand<'_>, now: Timestamp) -> Admit {
        let waits = self.peek(demand, now);
        if waits != Admit::Yes {
            return waits;
        }
        for (budget, _) in self.budgets(demand).into_iter().filter(counts) {
            self.spent.entry(budget).or_default().begin(now.as_millisecond());
        }
        Admit::Yes
    }

    /// A call that was admitted has ended, with an answer or without: from now on its windows run, and it counts towards the
    /// month.
    pub fn made(&mut self, demand: &Demand<'_>, now: Timestamp) {
        for (budget, _) in self.budgets(demand).into_iter().filter(counts) {
            if let Some(windows) = self.spent.get_mut(&budget) {
                windows.end(now.as_millisecond());
            }
        }
        if let Some(app) = demand.app.filter(|_| demand.api.counts_monthly()) {
            let most = self.limits.get(app).and_then(|limits| limits.monthly_calls);
            self.quota.count(app, most, now);
        }
    }

    /// A call that was admitted is not made after all: its places are free again.
    pub fn release(&mut self, demand: &Demand<'_>) {
        for (budget, _) in self.budgets(demand).into_iter().filter(counts) {
            if let Some(windows) = self.spent.get_mut(&budget) {
                windows.release();
            }
        }
    }

    /// Whether a call would be admitted now; nothing is counted.
    pub fn peek(&mut self, demand: &Demand<'_>, now: Timestamp) -> Admit {
        let now_ms = now.as_millisecond();
        self.sweep(now_ms);
        let budgets = self.budgets(demand);
        let mut latest: Option<(i64, &Budget)> = None;
        for (budget, rules) in &budgets {
            let paused = self.pauses.get(budget).copied().unwrap_or(i64::MIN);
            let free = self.spent.get_mut(budget).map_or(now_ms, |windows| {
                windows.forget(now_ms, rules.iter().flatten().map(|rule| rule.span).max().unwrap_or(0));
                rules.iter().flatten().map(|rule| windows.free_at(*rule, now_ms)).max().unwrap_or(now_ms)
            });
            let at = quiet_until(budget, free.max(paused).max(latest.map_or(now_ms, |(at, _)| at)));
            if at > latest.map_or(now_ms, |(at, _)| at) {
                latest = Some((at, budget));
            }
        }
        match latest {
            Some((at, budget)) => Admit::WaitUntil(from_ms(at), budget.clone()),
            None => Admit::Yes,
        }
    }

    /// The platform told us to wait. A pause is never shortened by a later, shorter one.
    pub fn pause(&mut self, budget: Budget, until: Timestamp) {
        let until = until.as_millisecond();
        let entry = self.pauses.entry(budget).or_insert(until);
        *entry = (*entry).max(until);
    }

    /// The platform refused a call for its frequency: pauses the budget that the code speaks of, for as long as the
    /// platform says, else a second. Returns which and until when.
    pub fn refused(&mut self, demand: &Demand<'_>, code: Option<i64>, pause: Option<Duration>, now: Timestamp) -> (Budget, Timestamp) {
        // 230020 and a custom bot's codes speak of the chat, person, message or bot; all else of the app's API.
        let narrow = code == Some(230_020) || demand.app.is_none();
        let budget = match self.budgets(demand).pop() {
            Some((budget, _)) if narrow => budget,
            _ => api_of(demand),
        };
        let until = after(now, pause.unwrap_or(DEFAULT_PAUSE));
        self.pause(budget.clone(), until);
        (budget, until)
    }

    /// The clock was set back by so much: pauses end when they would have. Counted calls see to that themselves.
    pub fn set_back(&mut self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.pauses.values_mut().for_each(|until| *until = until.saturating_sub(by));
    }

    /// Pauses in force, for status pages.
    pub fn paused(&self, now: Timestamp) -> Vec<(Budget, Timestamp)> {
        let mut list: Vec<_> = self.pauses.iter().map(|(b, at)| (b.clone(), from_ms(*at))).filter(|(_, at)| *at > now).collect();
        list.sort();
        list
    }

    /// This month's own calls of an app.
    pub fn usage(&self, app: &str, now: Timestamp) -> Usage {
        self.quota.usage(app, self.limits.get(app).and_then(|limits| limits.monthly_calls), now)
    }

    /// Whether an app should save calls it can do without (cosmetic edits): 80 % of the month's are used.
    pub fn saver(&self, app: &str, now: Timestamp) -> bool {
        self.usage(app, now).saver()
    }

    /// Takes up the count of an earlier process. Counts of other months are ignored.
    pub fn restore_usage(&mut self, app: &str, month: &str, used: u64) {
        self.quota.restore(app, month, used);
    }

    /// Apps that came to 80 % since the last call; each once a month.
    pub fn take_quota_warnings(&mut self) -> Vec<QuotaWarning> {
        self.quota.take_warnings()
    }

    /// The budgets of a call and their rules, the widest first, the narrowest last.
    fn budgets(&self, demand: &Demand<'_>) -> Vec<(Budget, Rules)> {
        let limits = demand.app.and_then(|app| self.limits.get(app)).copied().unwrap_or_default();
        let second = |most: u32| Some(Rule { most, span: SECOND_MS });
        let minute = |most: u32| Some(Rule { most, span: MINUTE_MS });
        let per_chat = [second(limits.per_chat.clamp(1, MAX_PER_CHAT)), None];
        let mut list = Vec::with_capacity(3);
        if let Some(app) = demand.app {
            list.push((Budget::App(app.to_owned()), PAUSES_ONLY));
            let per_minute = if demand.api == Endpoint::HelpdeskSend { HELPDESK_PER_MINUTE } else { MAX_PER_MINUTE };
            let rules = [second(limits.per_second.clamp(1, MAX_PER_SECOND)), minute(limits.per_minute.clamp(1, per_minute))];
            list.push((api_of(demand), rules));
        }
        match demand.scope {
            Scope::None => {}
            Scope::Chat(id) => list.push((Budget::Chat(id.to_owned()), per_chat)),
            Scope::Person(id) => list.push((Budget::Person(id.to_owned()), per_chat)),
            Scope::Message(id) => list.push((Budget::Message(id.to_owned()), [second(EDITS_PER_SECOND), None])),
            Scope::Bot(name) => list.push((Budget::Bot(name.to_owned()), [second(BOT_PER_SECOND), minute(BOT_PER_MINUTE)])),
        }
        list
    }

    /// Drops what no window reaches any more: memory is bounded by the calls of the last minute.
    fn sweep(&mut self, now: i64) {
        if (now - self.swept).abs() < SWEEP_MS {
            return;
        }
        self.swept = now;
        self.spent.retain(|budget, windows| {
            let longest = if matches!(budget, Budget::Api(..) | Budget::Bot(_)) { MINUTE_MS } else { SECOND_MS };
            windows.forget(now, longest);
            windows.len() > 0
        });
        self.pauses.retain(|_, until| *until > now);
    }
}

/// Whether a budget counts calls at all.
fn counts((_, rules): &(Budget, Rules)) -> bool {
    *rules != PAUSES_ONLY
}

fn api_of(demand: &Demand<'_>) -> Budget {
    Budget::Api(demand.app.unwrap_or_default().to_owned(), demand.api)
}

/// A custom bot's first moment from `at` on that is not right after a full or half hour.
fn quiet_until(budget: &Budget, at: i64) -> i64 {
    let Budget::Bot(name) = budget else { return at };
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    let spread = i64::try_from(hasher.finish() % QUIET_SPREAD_MS.unsigned_abs()).unwrap_or(0);
    let into = at.rem_euclid(HALF_HOUR_MS);
    if into < QUIET_MS + spread { at - into + QUIET_MS + spread } else { at }
}

#[cfg(test)]
#[path = "limiter_test.rs"]
mod tests;
