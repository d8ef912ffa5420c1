//! How far delivery is behind, what holds it up, and when it will have caught up: an estimate from what waits and what the budgets
//! allow. Pure.

use super::limiter::{BOT_PER_MINUTE, Budget};
use super::queue::{Depth, Target};
use crate::config::settings::{Limits, Via};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// Targets that are listed, those first that take longest.
const LISTED: usize = 100;

/// What stands in the way of a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// parked (its app or it takes nothing until a setting changes), breaker (the platform does not answer), paused (the platform told us to wait)
    pub by: &'static str,
    /// The next try.
    pub until: Timestamp,
}

/// A target that is owed something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `app:NAME`, `bot:NAME`, or `bot:[A,B]` whose bots take turns.
    pub via: String,
    /// The configured address.
    pub target: String,
    /// Messages that wait.
    pub waiting: u64,
    /// Of these, those nobody has seen yet.
    pub first: u64,
    /// Owed since.
    pub oldest: Timestamp,
    /// What holds it up; absent: only its budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// Estimated seconds until it has caught up, once nothing else holds it up.
    pub seconds: u64,
}

/// How far delivery is behind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// Messages that wait, those held up included.
    pub waiting: u64,
    /// Of these, those that are held up by more than a budget.
    pub held: u64,
    /// Estimated seconds until everything else has caught up.
    pub seconds: u64,
    /// Targets that are owed something; the longest first, a hundred at most.
    pub targets: Vec<Line>,
}

/// What is known of obstacles.
#[derive(Debug, Default)]
pub struct Obstacles {
    /// By carrier and target, `*` for the whole carrier: the next probe.
    pub parked: BTreeMap<(String, String), Timestamp>,
    /// By carrier: the next probe.
    pub breakers: BTreeMap<String, Timestamp>,
    /// What the platform paused.
    pub paused: Vec<(Budget, Timestamp)>,
}

/// Adds it up.
pub fn behind(depths: &BTreeMap<Target, Depth>, limits: &BTreeMap<String, Limits>, obstacles: &Obstacles) -> Behind {
    let mut behind = Behind::default();
    // Calls of each kind, by app: every kind has a budget of its own.
    let mut by_app: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for (target, depth) in depths {
        let (via, address) = (&target.0, &target.1);
        let held = obstacles.of(via, address);
        let waiting = depth.first + depth.edits + depth.replies;
        let line = Line {
            via: via.clone(),
            target: address.clone(),
            waiting,
            first: depth.first,
            oldest: depth.oldest,
            seconds: seconds(via, depth, limits),
            held,
        };
        behind.waiting += waiting;
        if line.held.is_some() {
            behind.held += waiting;
        } else {
            behind.seconds = behind.seconds.max(line.seconds);
            if let Some(app) = Via::parse(via).app() {
                let kinds = by_app.entry(app).or_default();
                for (sum, more) in kinds.iter_mut().zip([depth.first, depth.edits, depth.replies]) {
                    *sum += more;
                }
            }
        }
        behind.targets.push(line);
    }
    for (app, kinds) in by_app {
        let limits = limits.get(app).copied().unwrap_or_default();
        let (second, minute) = (u64::from(limits.per_second.max(1)), u64::from(limits.per_minute.max(1)));
        let most = kinds.into_iter().max().unwrap_or(0);
        behind.seconds = behind.seconds.max((most / second).max(most * 60 / minute));
    }
    behind.targets.sort_by_key(|line| std::cmp::Reverse((line.seconds, line.waiting)));
    behind.targets.truncate(LISTED);
    behind
}

/// What a target's own budget needs: edits have another, of each message's own.
fn seconds(via: &str, depth: &Depth, limits: &BTreeMap<String, Limits>) -> u64 {
    let calls = depth.first + depth.replies;
    match Via::parse(via) {
        Via::App(app) => calls / u64::from(limits.get(app).copied().unwrap_or_default().per_chat.max(1)),
        Via::Bots(names) => (calls + depth.edits) * 60 / (u64::from(BOT_PER_MINUTE) * names.len().max(1) as u64),
    }
}

impl Obstacles {
    /// What holds up a target; of bots that take turns each must be held up, and the first one that is free again counts.
    fn of(&self, via: &str, target: &str) -> Option<Held> {
        let carriers = crate::config::settings::Carrier::all(via, target);
        let each: Option<Vec<Held>> = carriers.iter().map(|carrier| self.of_carrier(&carrier.via, &carrier.target)).collect();
        each?.into_iter().min_by_key(|held| held.until)
    }

    fn of_carrier(&self, via: &str, target: &str) -> Option<Held> {
        let parked = [target, "*"].into_iter().filter_map(|target| self.parked.get(&(via.to_owned(), target.to_owned()))).max();
        if let Some(until) = parked {
            return Some(Held { by: "parked", until: *until });
        }
        if let Some(until) = self.breakers.get(via) {
            return Some(Held { by: "breaker", until: *until });
        }
        let name = via.split_once(':').map_or(via, |(_, name)| name);
        let mine = |budget: &Budget| match budget {
            Budget::App(app) | Budget::Api(app, _) => via.starts_with("app:") && app == name,
            Budget::Chat(id) | Budget::Person(id) => id == target,
            Budget::Bot(bot) => via.starts_with("bot:") && bot == name,
            Budget::Message(_) => false,
        };
        let until = self.paused.iter().filter(|(budget, _)| mine(budget)).map(|(_, until)| *until).max();
        until.map(|until| Held { by: "paused", until })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::clock::from_ms;
    use std::sync::Arc;

    fn target(via: &str, address: &str) -> Target {
        Arc::new((via.to_owned(), address.to_owned()))
    }

    fn depth(first: u64, edits: u64, replies: u64) -> Depth {
        Depth { first, edits, replies, oldest: from_ms(0) }
    }

    #[test]
    fn what_waits_over_what_may_go() {
        let limits = BTreeMap::from([("ops".to_owned(), Limits::default())]);
        let depths = BTreeMap::from([
            (target("app:ops", "chat:a"), depth(200, 50, 0)),
            (target("app:ops", "chat:b"), depth(4, 0, 4)),
            (target("bot:room", "bot:room"), depth(90, 0, 0)),
            (target("bot:[x,y]", "bot:[x,y]"), depth(90, 0, 0)),
        ]);
        let behind = behind(&depths, &limits, &Obstacles::default());
        let by_target: Vec<(&str, u64)> = behind.targets.iter().map(|line| (line.target.as_str(), line.seconds)).collect();
        assert_eq!(by_target, [("bot:room", 60), ("chat:a", 50), ("bot:[x,y]", 30), ("chat:b", 2)]);
        assert_eq!((behind.waiting, behind.held, behind.seconds), (438, 0, 60));
    }

    #[test]
    fn many_chats_share_the_app() {
        let limits = BTreeMap::from([("ops".to_owned(), Limits::default())]);
        let depths = (0..1800).map(|n| (target("app:ops", &format!("chat:{n}")), depth(1, 0, 0))).collect();
        let behind = behind(&depths, &limits, &Obstacles::default());
        assert_eq!((behind.seconds, behind.targets.len()), (120, LISTED), "900 a minute");
    }

    #[test]
    fn obstacles_are_named_and_are_no_part_of_the_estimate() {
        let at = from_ms;
        let obstacles = Obstacles {
            parked: BTreeMap::from([
                (("app:ops".to_owned(), "chat:a".to_owned()), at(1)),
                (("bot:x".to_owned(), "bot:x".to_owned()), at(2)),
            ]),
            breakers: BTreeMap::from([("app:dev".to_owned(), at(3))]),
            paused: vec![(Budget::Chat("chat:b".to_owned()), at(4)), (Budget::Message("m".to_owned()), at(5))],
        };
        let one = depth(1000, 0, 0);
        let depths = BTreeMap::from(
            [
                ("app:ops", "chat:a"),
                ("app:dev", "chat:d"),
                ("app:ops", "chat:b"),
                ("bot:x", "bot:x"),
                ("bot:[x,y]", "bot:[x,y]"),
                ("app:ops", "chat:c"),
            ]
            .map(|(via, address)| (target(via, address), one)),
        );
        let behind = behind(&depths, &BTreeMap::new(), &obstacles);
        let held: BTreeMap<&str, Option<(&str, Timestamp)>> =
            behind.targets.iter().map(|line| (line.target.as_str(), line.held.as_ref().map(|held| (held.by, held.until)))).collect();
        assert_eq!(held["chat:a"], Some(("parked", at(1))));
        assert_eq!(held["bot:x"], Some(("parked", at(2))));
        assert_eq!(held["chat:d"], Some(("breaker", at(3))));
        assert_eq!(held["chat:b"], Some(("paused", at(4))));
        assert_eq!((held["bot:[x,y]"], held["chat:c"]), (None, None), "the other bot goes on");
        assert_eq!((behind.held, behind.seconds), (4000, 333));
    }
}
