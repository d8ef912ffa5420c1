//! Kills: larkhook is ended at random moments and at its durable steps while the platform misbehaves, and what it
//! promised must hold all the same.
//!
//! A scenario is one database, one sandbox and twenty rounds. In each round larkhook runs for a moment, senders post
//! (and repeat what got no 2xx, as Alertmanager does), the sandbox has faults, and the round ends with SIGKILL or an
//! abort at a failpoint. Then everything heals, and [`verdict`] compares what people see with what was accepted.
//!
//! `LARKHOOK_KILL_ROUNDS` (default 20), `LARKHOOK_KILL_AT_ONCE` scenarios side by side (default 1), `LARKHOOK_KILL_SEED`
//! repeats the plan of a failed run.

mod doubt;
mod faults;
mod sender;
mod verdict;

use crate::service::Service;
use crate::stand_in::StandIn;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sender::{Group, Sender, Traffic};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Rounds on one database.
const ROUNDS: u32 = 20;
/// The durable steps at which larkhook can be made to end.
const FAILPOINTS: [&str; 6] = ["before-commit", "after-commit", "after-accept", "bytes-kept", "answered", "recorded"];

/// What a run did, for people.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Figures(BTreeMap<String, u64>);

impl Figures {
    fn add(&mut self, what: &str, count: u64) {
        *self.0.entry(what.to_owned()).or_default() += count;
    }

    fn get(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    fn merge(&mut self, other: &Self) {
        for (what, count) in &other.0 {
            self.add(what, *count);
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|(what, count)| writeln!(f, "  {count:>8}  {what}"))
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_nothing_is_lost_or_told_twice() {
    let rounds = u32::try_from(number("LARKHOOK_KILL_ROUNDS", ROUNDS.into())).unwrap();
    let at_once = usize::try_from(number("LARKHOOK_KILL_AT_ONCE", 1)).unwrap().max(1);
    let seed = number("LARKHOOK_KILL_SEED", rand::random_range(1..1_000_000_000));
    let started = Instant::now();
    let mut plans: Vec<(u64, u32)> = (0..rounds.div_ceil(ROUNDS)).map(|n| (seed + u64::from(n), ROUNDS.min(rounds - n * ROUNDS))).collect();
    plans.reverse();
    let mut figures = Figures::default();
    let mut failures = Vec::new();
    let mut running = tokio::task::JoinSet::new();
    let here = tokio::task::LocalSet::new();
    while !plans.is_empty() || !running.is_empty() {
        while running.len() < at_once
            && let Some((seed, rounds)) = plans.pop()
        {
            running.spawn_local_on(scenario(seed, rounds), &here);
        }
        let (seed, result) = here.run_until(running.join_next()).await.unwrap().unwrap();
        match result {
            Ok(of_one) => figures.merge(&of_one),
            Err(why) => failures.push(format!("seed {seed} (LARKHOOK_KILL_SEED={seed} repeats its plan):\n{why}")),
        }
        if rounds > ROUNDS {
            println!(
                "{:>6.0} s  {} rounds done, {} scenarios failed",
                started.elapsed().as_secs_f64(),
                figures.get("rounds"),
                failures.len()
            );
        }
    }
    println!("{figures}  {:>8.0}  seconds", started.elapsed().as_secs_f64());
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn config(sandbox: &str) -> String {
    format!(
        "fallback: chats
templates: [templates]
feishu:
  apps:
    ops: {{ app_id: cli_kill, app_secret: secret, platform: '{sandbox}' }}
  bots:
    room: {{ url: '{sandbox}/open-apis/bot/v2/hook/room' }}
    hall: {{ url: '{sandbox}/open-apis/bot/v2/hook/hall' }}
sources:
  am: {{ kind: alertmanager, auth: none }}
route:
  receiver: chats
  routes:
    - {{ matchers: ['room=\"room\"'], send: [{{ to: 'bot:room', template: probe }}] }}
    - {{ matchers: ['room=\"hall\"'], send: [{{ to: 'bot:hall', template: probe }}] }}
receivers:
  - name: chats
    send:
      - to: 'chat:{{{{labels.room}}}}'
        template: probe
"
    )
}

/// Twenty rounds and the verdict.
async fn scenario(seed: u64, rounds: u32) -> (u64, Result<Figures, String>) {
    let dir = tempfile::Builder::new().prefix("larkhook-kill-").tempdir().unwrap();
    let result = rounds_in(dir.path(), seed, rounds).await;
    let result = result.map_err(|why| format!("{why}\nfiles: {}", dir.keep().display()));
    (seed, result)
}

async fn rounds_in(dir: &std::path::Path, seed: u64, rounds: u32) -> Result<Figures, String> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut figures = Figures::default();
    let sandbox = StandIn::start(dir).await;
    let mut service = Service::new(dir.to_owned(), &config(&sandbox.url));
    let traffic = Arc::new(Traffic::new(service.url("/hook/am")));
    let groups: Vec<Group> = (0..12)
        .map(|n| Group::new(&format!("app{n}"), &format!("oc_kill{}", n / 2), 50..600))
        .chain(["room", "hall"].map(|bot| Group::new(bot, bot, 1500..6000)))
        .collect();
    let senders: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let sender = Sender { group, traffic: Arc::clone(&traffic), random: StdRng::seed_from_u64(random.random()) };
            tokio::spawn(sender.run())
        })
        .collect();
    for _ in 0..rounds {
        sandbox.faults(&faults::plan(&mut random)).await;
        sandbox.outage(faults::outage(&mut random)).await;
        figures.add("rounds", 1);
        round(&mut service, &mut random, &mut figures).await?;
    }
    // Everything heals; senders finish what they are about.
    sandbox.faults(&[]).await;
    sandbox.outage(None).await;
    service.start(None);
    service.ready().await;
    traffic.pouring.store(false, Ordering::SeqCst);
    let mut groups = Vec::new();
    for sender in senders {
        groups.push(sender.await.map_err(|error| error.to_string())??);
    }
    service.reload().await;
    figures.add("webhooks accepted", traffic.accepted.load(Ordering::SeqCst));
    figures.add("webhooks sent again", traffic.again.load(Ordering::SeqCst));
    let told = verdict::wait(&sandbox, &service, &groups, &figures).await?;
    figures.merge(&told);
    if !service.stop() {
        return Err(format!("larkhook did not end well on SIGTERM\n{}", service.log()));
    }
    Ok(figures)
}

/// Start, a moment of work, the end.
async fn round(service: &mut Service, random: &mut StdRng, figures: &mut Figures) -> Result<(), String> {
    let moment = Duration::from_millis(random.random_range(50..2500));
    let while_starting = random.random_bool(0.1);
    let failpoint = random.random_bool(0.5).then(|| {
        let name = FAILPOINTS[random.random_range(0..FAILPOINTS.len())];
        let passages = if name.contains("commit") || name == "after-accept" { 1..40 } else { 1..6 };
        (name, format!("{name}:{}", random.random_range(passages)))
    });
    service.start(failpoint.as_ref().map(|(_, text)| text.as_str()));
    if !while_starting {
        service.up().await;
    }
    let end = Instant::now() + moment + if failpoint.is_some() { Duration::from_secs(1) } else { Duration::ZERO };
    while Instant::now() < end {
        tokio::time::sleep(Duration::from_millis(10)).await;
        if !service.running() {
            break;
        }
    }
    match (service.running(), failpoint) {
        (true, _) => figures.add("ended by SIGKILL", 1),
        (false, Some((name, _))) => figures.add(&format!("ended at {name}"), 1),
        (false, None) => return Err(format!("larkhook ended by itself\n{}", service.log())),
    }
    figures.add("kills", 1);
    service.kill();
    Ok(())
}
