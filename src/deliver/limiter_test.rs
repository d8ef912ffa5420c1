//! Budgets against a plain model: never more than allowed in any window, never idle when allowed.

use super::*;
use proptest::prelude::*;

const T0: i64 = 1_700_000_100_000; // 15 s past no half hour

fn at(ms: i64) -> Timestamp {
    from_ms(T0 + ms)
}

fn chat<'a>(id: &'a str) -> Demand<'a> {
    Demand { app: Some("ops"), api: Endpoint::Send, scope: Scope::Chat(id) }
}

fn edit<'a>(id: &'a str) -> Demand<'a> {
    Demand { app: Some("ops"), api: Endpoint::Patch, scope: Scope::Message(id) }
}

fn bot<'a>(name: &'a str) -> Demand<'a> {
    Demand { app: None, api: Endpoint::Hook, scope: Scope::Bot(name) }
}

fn limiter(per_second: u32, per_minute: u32, per_chat: u32) -> Limiter {
    Limiter::new([("ops".to_owned(), Limits { per_second, per_minute, per_chat, monthly_calls: Some(10) })])
}

/// A call that takes no time.
fn call(limiter: &mut Limiter, demand: &Demand<'_>, now: Timestamp) -> bool {
    let admitted = limiter.admit(demand, now) == Admit::Yes;
    if admitted {
        limiter.made(demand, now);
    }
    admitted
}

fn yes(limiter: &mut Limiter, demand: &Demand<'_>, ms: i64) -> bool {
    call(limiter, demand, at(ms))
}

#[test]
fn a_chat_takes_four_a_second_in_any_second() {
    let mut limiter = limiter(40, 900, 4);
    for ms in [0, 400, 800, 900] {
        assert!(yes(&mut limiter, &chat("a"), ms));
    }
    assert_eq!(limiter.admit(&chat("a"), at(950)), Admit::WaitUntil(at(1000), Budget::Chat("a".into())));
    assert!(yes(&mut limiter, &chat("b"), 950), "another chat is free");
    assert!(yes(&mut limiter, &chat("a"), 1000));
    assert_eq!(limiter.admit(&chat("a"), at(1001)), Admit::WaitUntil(at(1400), Budget::Chat("a".into())));
}

#[test]
fn nothing_is_spent_by_a_no() {
    let mut limiter = limiter(40, 900, 1);
    assert!(yes(&mut limiter, &chat("a"), 0));
    for _ in 0..100 {
        assert!(!yes(&mut limiter, &chat("a"), 1));
    }
    for n in 0..39 {
        assert!(yes(&mut limiter, &chat(&format!("c{n}")), 2));
    }
    assert_eq!(limiter.admit(&chat("z"), at(3)), Admit::WaitUntil(at(1000), Budget::Api("ops".into(), Endpoint::Send)));
}

#[test]
fn edits_have_their_own_budget() {
    let mut limiter = limiter(40, 900, 4);
    for _ in 0..4 {
        assert!(yes(&mut limiter, &chat("a"), 0));
    }
    assert!(yes(&mut limiter, &edit("om_1"), 0) && yes(&mut limiter, &edit("om_1"), 0));
    assert_eq!(limiter.admit(&edit("om_1"), at(0)), Admit::WaitUntil(at(1000), Budget::Message("om_1".into())));
}

#[test]
fn the_minute_counts_too_and_the_later_budget_is_named() {
    let mut limiter = limiter(50, 60, 5);
    for n in 0..60 {
        assert!(yes(&mut limiter, &chat(&n.to_string()), n * 20));
    }
    assert_eq!(limiter.admit(&chat("z"), at(1200)), Admit::WaitUntil(at(60_000), Budget::Api("ops".into(), Endpoint::Send)));
}

#[test]
fn pauses_hold_until_they_end() {
    let mut limiter = limiter(40, 900, 4);
    let (budget, until) = limiter.refused(&chat("a"), Some(99_991_400), Some(Duration::from_secs(52)), at(0));
    assert_eq!((budget, until), (Budget::Api("ops".into(), Endpoint::Send), at(52_000)));
    assert_eq!(limiter.admit(&chat("b"), at(10)), Admit::WaitUntil(at(52_000), Budget::Api("ops".into(), Endpoint::Send)));
    assert!(yes(&mut limiter, &edit("om_1"), 10), "another API is free");
    limiter.pause(Budget::Api("ops".into(), Endpoint::Send), at(5));
    assert!(!yes(&mut limiter, &chat("b"), 6), "a later, shorter pause does not shorten it");
    assert!(yes(&mut limiter, &chat("b"), 52_000));

    assert_eq!(limiter.refused(&chat("a"), Some(230_020), None, at(53_000)), (Budget::Chat("a".into()), at(54_000)));
    assert_eq!(limiter.refused(&edit("m"), Some(230_020), None, at(53_000)).0, Budget::Message("m".into()));
    assert_eq!(limiter.refused(&bot("db"), Some(11_232), None, at(53_000)).0, Budget::Bot("db".into()));
    assert!(yes(&mut limiter, &chat("b"), 53_000));
    limiter.pause(Budget::App("ops".into()), at(60_000));
    assert!(!yes(&mut limiter, &chat("b"), 55_000) && !yes(&mut limiter, &edit("x"), 55_000));
    assert_eq!(limiter.paused(at(55_000)), [(Budget::App("ops".into()), at(60_000))]);
}

#[test]
fn custom_bots_keep_still_at_full_and_half_hours() {
    let mut limiter = Limiter::default();
    for mark in [0, HALF_HOUR_MS, 2 * HALF_HOUR_MS] {
        let now = from_ms(1_000 * HALF_HOUR_MS + mark);
        let Admit::WaitUntil(until, budget) = limiter.admit(&bot("db"), now) else { panic!("admitted at {now}") };
        assert_eq!(budget, Budget::Bot("db".into()));
        let wait = until.as_millisecond() - now.as_millisecond();
        assert!((QUIET_MS..QUIET_MS + QUIET_SPREAD_MS).contains(&wait), "{wait}");
        assert!(call(&mut limiter, &bot("db"), until));
    }
    let just_before = from_ms(1_003 * HALF_HOUR_MS - 1);
    for _ in 0..BOT_PER_SECOND {
        assert!(call(&mut limiter, &bot("db"), just_before));
    }
    let Admit::WaitUntil(until, _) = limiter.admit(&bot("db"), just_before) else { panic!() };
    assert!(until.as_millisecond() >= 1_003 * HALF_HOUR_MS + QUIET_MS, "the window ends within the quiet time");
}

#[test]
fn settings_cannot_exceed_what_is_documented() {
    let mut limiter = limiter(1000, 100_000, 100);
    let admitted = (0..100).filter(|_| yes(&mut limiter, &chat("a"), 0)).count();
    assert_eq!(admitted, MAX_PER_CHAT as usize);
    let admitted = (0..100).filter(|n| yes(&mut limiter, &chat(&n.to_string()), 0)).count();
    assert_eq!(admitted, (MAX_PER_SECOND - MAX_PER_CHAT) as usize);
}

#[test]
fn a_clock_set_back_does_not_block_for_hours() {
    let mut limiter = limiter(40, 900, 1);
    assert!(yes(&mut limiter, &chat("a"), 3_600_000));
    assert_eq!(limiter.admit(&chat("a"), at(0)), Admit::WaitUntil(at(1000), Budget::Chat("a".into())));
    assert!(yes(&mut limiter, &chat("a"), 1000));
}

#[test]
fn memory_is_bounded_by_the_last_minute() {
    let mut limiter = limiter(50, 1000, 5);
    for n in 0..5000 {
        let demand = Demand { app: None, api: Endpoint::Send, scope: Scope::Chat(&n.to_string()) };
        assert!(yes(&mut limiter, &demand, n * 100));
        limiter.pause(Budget::Person(n.to_string()), at(n * 100 + 50));
    }
    assert!(limiter.spent.len() <= 111 && limiter.pauses.len() <= 111, "{} {}", limiter.spent.len(), limiter.pauses.len());
}

#[test]
fn calls_that_cost_quota_are_counted() {
    let mut limiter = limiter(50, 1000, 5);
    for n in 0..8 {
        assert!(!limiter.saver("ops", at(0)));
        assert!(yes(&mut limiter, &chat(&n.to_string()), 0));
    }
    let lookup = Demand { app: Some("ops"), api: Endpoint::BatchGetId, scope: Scope::None };
    assert!(yes(&mut limiter, &lookup, 0));
    assert_eq!(limiter.usage("ops", at(0)).used, 8);
    assert!(limiter.saver("ops", at(0)));
    assert_eq!(limiter.take_quota_warnings().len(), 1);
}

#[test]
fn a_call_counts_until_its_window_after_the_answer_is_over() {
    let mut limiter = limiter(40, 900, 1);
    assert_eq!(limiter.admit(&chat("a"), at(0)), Admit::Yes);
    // Still under way: it may reach the platform only now.
    assert_eq!(limiter.admit(&chat("a"), at(5000)), Admit::WaitUntil(at(6000), Budget::Chat("a".into())));
    limiter.made(&chat("a"), at(5200));
    assert_eq!(limiter.admit(&chat("a"), at(6000)), Admit::WaitUntil(at(6200), Budget::Chat("a".into())));
    assert_eq!(limiter.admit(&chat("a"), at(6200)), Admit::Yes);
    // Nobody says what became of it.
    let lost = i64::try_from(LOST_AFTER.as_millis()).unwrap();
    assert_eq!(limiter.admit(&chat("a"), at(6200 + lost)), Admit::WaitUntil(at(7200 + lost), Budget::Chat("a".into())));
    assert_eq!(limiter.admit(&chat("a"), at(7200 + lost)), Admit::Yes);
    limiter.made(&chat("a"), at(7200 + lost));
}

#[test]
fn what_is_not_made_costs_nothing() {
    let mut limiter = limiter(2, 900, 2);
    for _ in 0..100 {
        assert_eq!(limiter.admit(&chat("a"), at(0)), Admit::Yes);
        limiter.release(&chat("a"));
    }
    assert!(yes(&mut limiter, &chat("a"), 0) && yes(&mut limiter, &chat("a"), 0) && !yes(&mut limiter, &chat("a"), 0));
    assert_eq!(limiter.usage("ops", at(0)).used, 2, "neither of the month");
}

/// The plain rules, and every call that reached the platform, by budget: when it was admitted, arrived and was answered.
struct Model {
    rules: Vec<(Budget, usize, i64)>,
    calls: HashMap<Budget, Vec<Made>>,
}

#[derive(Clone, Copy)]
struct Made {
    arrived: i64,
    /// `None`: still under way.
    answered: Option<i64>,
}

impl Model {
    fn of(per_second: u32, per_minute: u32, per_chat: u32) -> Self {
        let rule = |budget: Budget, most: u32, span: i64| (budget, most as usize, span);
        let rules = vec![
            rule(Budget::Api(String::new(), Endpoint::Send), per_second, SECOND_MS),
            rule(Budget::Api(String::new(), Endpoint::Send), per_minute, MINUTE_MS),
            rule(Budget::Chat(String::new()), per_chat, SECOND_MS),
            rule(Budget::Message(String::new()), EDITS_PER_SECOND, SECOND_MS),
            rule(Budget::Bot(String::new()), BOT_PER_SECOND, SECOND_MS),
            rule(Budget::Bot(String::new()), BOT_PER_MINUTE, MINUTE_MS),
        ];
        Self { rules, calls: HashMap::new() }
    }

    fn budgets(demand: &Demand<'_>) -> Vec<Budget> {
        let mut list = Vec::new();
        if demand.app.is_some() {
            list.push(api_of(demand));
        }
        match demand.scope {
            Scope::Chat(id) => list.push(Budget::Chat(id.to_owned())),
            Scope::Message(id) => list.push(Budget::Message(id.to_owned())),
            Scope::Bot(id) => list.push(Budget::Bot(id.to_owned())),
            Scope::Person(id) => list.push(Budget::Person(id.to_owned())),
            Scope::None => {}
        }
        list
    }

    fn rules(&self, budget: &Budget) -> impl Iterator<Item = (usize, i64)> {
        let name = budget.as_str();
        self.rules.iter().filter(move |(b, ..)| b.as_str() == name).map(|(_, most, span)| (*most, *span))
    }

    /// Whether one more call cannot make any window of the platform's too full, wherever those under way arrive.
    fn admits(&self, demand: &Demand<'_>, now: i64) -> bool {
        Self::budgets(demand).iter().all(|budget| {
            let calls = self.calls.get(budget).map(Vec::as_slice).unwrap_or_default();
            let counts = |made: &&Made, span: i64| made.answered.is_none_or(|at| at > now - span);
            quiet_until(budget, now) == now
                && self.rules(budget).all(|(most, span)| calls.iter().filter(|made| counts(made, span)).count() < most)
        })
    }

    fn begin(&mut self, demand: &Demand<'_>, arrived: i64) {
        for budget in Self::budgets(demand) {
            self.calls.entry(budget).or_default().push(Made { arrived, answered: None });
        }
    }

    /// The call that arrived then is answered.
    fn end(&mut self, demand: &Demand<'_>, arrived: i64, now: i64) {
        for budget in Self::budgets(demand) {
            let calls = self.calls.get_mut(&budget).unwrap();
            calls.iter_mut().find(|made| made.arrived == arrived && made.answered.is_none()).unwrap().answered = Some(now);
        }
    }

    /// What the platform sees: no window, wherever it begins, holds more than the limit.
    fn check(&self) {
        for (budget, calls) in &self.calls {
            for (most, span) in self.rules(budget) {
                for start in calls.iter().map(|made| made.arrived) {
                    let inside = calls.iter().filter(|made| (start..start + span).contains(&made.arrived)).count();
                    assert!(inside <= most, "{inside} of {budget:?} within {span} ms from {start}");
                }
            }
        }
    }
}

fn gaps() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 0i64..30, 2 => 0i64..700, 1 => 0i64..30_000]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Calls that take no time: what the plain rules allow is allowed at once, and nothing else is.
    #[test]
    fn never_too_many_never_idle(
        per_second in 1u32..8, per_minute in 5u32..60, per_chat in 1u32..5, start in 0i64..HALF_HOUR_MS,
        arrivals in prop::collection::vec((gaps(), 0usize..6), 1..300),
    ) {
        let mut limiter = limiter(per_second, per_minute, per_chat);
        let mut model = Model::of(per_second, per_minute, per_chat);
        let demands = [chat("a"), chat("b"), edit("m"), edit("n"), bot("x"), bot("y")];
        let mut now = 1_000_000 * HALF_HOUR_MS + start;
        for (gap, which) in arrivals {
            now += gap;
            let demand = &demands[which];
            let expected = model.admits(demand, now);
            match limiter.admit(demand, from_ms(now)) {
                Admit::Yes => prop_assert!(expected, "too many at {}", now),
                Admit::WaitUntil(until, _) => {
                    prop_assert!(!expected, "idle at {}", now);
                    let until = until.as_millisecond();
                    prop_assert!(until > now);
                    prop_assert!(!model.admits(demand, until - 1), "could go before {}", until);
                    prop_assert!(model.admits(demand, until), "cannot go at {}", until);
                    if which % 2 == 0 {
                        continue; // gives up; nothing may have been spent
                    }
                    now = until;
                    prop_assert_eq!(limiter.admit(demand, from_ms(now)), Admit::Yes);
                }
            }
            limiter.made(demand, from_ms(now));
            model.begin(demand, now);
            model.end(demand, now, now);
        }
        model.check();
    }

    /// Calls take their time, reach the platform anywhere within it, are given up or lost; the platform pauses budgets; the
    /// clock is set back. The platform sees true time.
    #[test]
    fn the_platform_never_sees_too_many(
        per_second in 1u32..8, per_minute in 5u32..60, per_chat in 1u32..5,
        steps in prop::collection::vec((gaps(), 0usize..6, 0i64..2500, 0.0..1.0f64, 0u8..40), 1..300),
    ) {
        let mut limiter = limiter(per_second, per_minute, per_chat);
        let mut model = Model::of(per_second, per_minute, per_chat);
        let demands = [chat("a"), chat("b"), edit("m"), edit("n"), bot("x"), bot("y")];
        let (mut now, mut skew) = (1_000_000 * HALF_HOUR_MS + 100_000, 0);
        let mut under_way: Vec<(i64, i64, usize)> = Vec::new();
        let mut paused: HashMap<Budget, i64> = HashMap::new();
        for (gap, which, takes, part, event) in steps {
            now += gap;
            under_way.sort_unstable();
            while under_way.first().is_some_and(|(ends, ..)| *ends <= now) {
                let (ends, arrived, of) = under_way.remove(0);
                limiter.made(&demands[of], from_ms(ends - skew));
                model.end(&demands[of], arrived, ends);
            }
            let demand = &demands[which];
            match event {
                0 => {
                    let back = takes * 100;
                    skew += back;
                    limiter.set_back(Duration::from_millis(back.unsigned_abs()));
                }
                1 => {
                    let (budget, until) = limiter.refused(demand, Some(99_991_400), Some(Duration::from_secs(3)), from_ms(now - skew));
                    prop_assert_eq!(until, from_ms(now - skew + 3000));
                    paused.insert(budget, now + 3000);
                }
                _ => {}
            }
            // Quiet times are the clock's, which the platform's model here does not know.
            if limiter.admit(demand, from_ms(now - skew)) != Admit::Yes {
                continue;
            }
            for budget in Model::budgets(demand) {
                prop_assert!(paused.get(&budget).is_none_or(|until| *until <= now), "{:?} is paused", budget);
            }
            if event == 2 {
                limiter.release(demand);
                continue;
            }
            let arrived = now + (takes as f64 * part) as i64;
            model.begin(demand, arrived);
            under_way.push((now + takes, arrived, which));
        }
        model.check();
    }

    /// All budgets of a call or none: what is refused by one leaves the others as they were.
    #[test]
    fn all_or_nothing(per_second in 1u32..8, per_chat in 1u32..5, asked in prop::collection::vec((0i64..400, 0usize..5), 1..200)) {
        let mut limiter = limiter(per_second, 900, per_chat);
        let chats: Vec<String> = (0..5).map(|n| n.to_string()).collect();
        let mut now = 0;
        for (gap, which) in asked {
            now += gap;
            let demand = chat(&chats[which]);
            let counts = |limiter: &Limiter| -> Vec<usize> {
                Model::budgets(&demand).iter().map(|budget| limiter.spent.get(budget).map_or(0, Windows::len)).collect()
            };
            limiter.peek(&demand, at(now));
            let before = counts(&limiter);
            let more = usize::from(limiter.admit(&demand, at(now)) == Admit::Yes);
            prop_assert!(counts(&limiter).iter().zip(&before).all(|(after, before)| *after == before + more));
            if more == 1 {
                limiter.made(&demand, at(now));
            }
        }
    }
}
