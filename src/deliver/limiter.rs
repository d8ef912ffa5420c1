//! Budgets: how many calls the platform takes, per app and API, chat, person, message and custom bot.
//!
//! Pure. Every budget is a sliding window (at most N calls in *any* second or minute), so the platform's own windows
//! hold wherever they start. A call is admitted by all its budgets together or by none, and counted when admitted.
//! Start at [`Limiter::admit`]. Limits: the platform's frequency page, read 2026-05.

use super::quota::{Quota, QuotaWarning, Usage};
use crate::config::settings::Limits;
use crate::feishu::error::Endpoint;
use crate::util::clock::{after, from_ms};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

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
    /// Yes, and it is counted: make it.
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

/// The admitted calls of one budget.
#[derive(Debug, Default)]
struct Windows {
    /// Times in ms, ascending, as far back as the longest window reaches.
    times: VecDeque<i64>,
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

    /// Asks for a call. All budgets must admit it; then it is counted in all of them.
    pub fn admit(&mut self, demand: &Demand<'_>, now: Timestamp) -> Admit {
        let waits = self.peek(demand, now);
        if waits != Admit::Yes {
            return waits;
        }
        for (budget, rules) in self.budgets(demand) {
            if !rules.is_empty() {
                self.spent.entry(budget).or_default().times.push_back(now.as_millisecond());
            }
        }
        if let Some(app) = demand.app.filter(|_| demand.api.counts_monthly()) {
            let most = self.limits.get(app).and_then(|limits| limits.monthly_calls);
            self.quota.count(app, most, now);
        }
        Admit::Yes
    }

    /// Whether a call would be admitted now; nothing is counted.
    pub fn peek(&mut self, demand: &Demand<'_>, now: Timestamp) -> Admit {
        let now_ms = now.as_millisecond();
        self.sweep(now_ms);
        let budgets = self.budgets(demand);
        let mut latest: Option<(i64, &Budget)> = None;
        for (budget, rules) in &budgets {
            let paused = self.pauses.get(budget).copied().unwrap_or(i64::MIN);
            let windows = self.spent.get_mut(budget);
            let free = windows.map_or(now_ms, |w| {
                w.forget(now_ms, rules.iter().map(|rule| rule.1).max().unwrap_or(0));
                rules.iter().map(|(most, span)| w.free_at(*most, *span, now_ms)).max().unwrap_or(now_ms)
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

    /// The budgets of a call and their rules (most, span in ms), the widest first, the narrowest last.
    fn budgets(&self, demand: &Demand<'_>) -> Vec<(Budget, Vec<(u32, i64)>)> {
        let limits = demand.app.and_then(|app| self.limits.get(app)).copied().unwrap_or_default();
        let per_chat = limits.per_chat.clamp(1, MAX_PER_CHAT);
        let mut list = Vec::with_capacity(3);
        if let Some(app) = demand.app {
            list.push((Budget::App(app.to_owned()), Vec::new()));
            let per_minute = if demand.api == Endpoint::HelpdeskSend { HELPDESK_PER_MINUTE } else { MAX_PER_MINUTE };
            let rules = vec![(limits.per_second.clamp(1, MAX_PER_SECOND), SECOND_MS), (limits.per_minute.clamp(1, per_minute), MINUTE_MS)];
            list.push((api_of(demand), rules));
        }
        match demand.scope {
            Scope::None => {}
            Scope::Chat(id) => list.push((Budget::Chat(id.to_owned()), vec![(per_chat, SECOND_MS)])),
            Scope::Person(id) => list.push((Budget::Person(id.to_owned()), vec![(per_chat, SECOND_MS)])),
            Scope::Message(id) => list.push((Budget::Message(id.to_owned()), vec![(EDITS_PER_SECOND, SECOND_MS)])),
            Scope::Bot(name) => {
                list.push((Budget::Bot(name.to_owned()), vec![(BOT_PER_SECOND, SECOND_MS), (BOT_PER_MINUTE, MINUTE_MS)]));
            }
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
            !windows.times.is_empty()
        });
        self.pauses.retain(|_, until| *until > now);
    }
}

fn api_of(demand: &Demand<'_>) -> Budget {
    Budget::Api(demand.app.unwrap_or_default().to_owned(), demand.api)
}

impl Windows {
    /// Drops calls that are `longest` or more ago. Calls from the future (the clock was set back) count as just now,
    /// so that they neither block for hours nor are forgotten.
    fn forget(&mut self, now: i64, longest: i64) {
        for time in self.times.iter_mut().rev().take_while(|time| **time > now) {
            *time = now;
        }
        while self.times.front().is_some_and(|time| *time <= now - longest) {
            self.times.pop_front();
        }
    }

    /// The first moment from `now` on at which one more call keeps at most `most` within any `span`.
    fn free_at(&self, most: u32, span: i64, now: i64) -> i64 {
        let most = most as usize;
        match self.times.len().checked_sub(most).and_then(|index| self.times.get(index)) {
            Some(oldest) => (oldest + span).max(now),
            None => now,
        }
    }
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
