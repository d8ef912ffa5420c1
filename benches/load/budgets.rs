//! Many messages at once against the platform's limits: how long the service takes beside what its own budgets permit.
//!
//! 500 groups, 20 chats, two apps in each chat, default budgets. The sandbox enforces 5 messages a second into a chat, 50 calls
//! a second and 1,000 a minute of an app, in sliding windows. The schedule is what the scheduler and the budgets make of the
//! same messages on a clock of their own, with calls that take no time.

use crate::client::{self, Connection};
use crate::process::{Service, Stand};
use crate::table::{self, Floor, Unit, millis};
use larkhook::alert::Severity;
use larkhook::config::settings::Limits;
use larkhook::deliver::limiter::{Admit, Budget, Demand, Limiter, Scope};
use larkhook::deliver::queue::{Hold, Pick, Queue};
use larkhook::feishu::error::Endpoint;
use larkhook::outbox::{Rank, Work};
use larkhook::util::clock::from_ms;
use std::path::Path;
use std::time::{Duration, Instant};

const MESSAGES: usize = 500;
const CHATS: usize = 20;
/// Senders at once: their webhooks share commits.
const CONNECTIONS: usize = 50;
/// The longest that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen.
struct Outcome {
    /// From the first message that arrived to the last.
    took: Duration,
    /// The same, as scheduled.
    schedule: Duration,
    /// Answers of the platform that named a limit.
    limit_answers: u64,
    /// Messages that arrived.
    arrived: usize,
}

/// Where the n-th message goes: its chat and the app's name.
fn place(n: usize) -> (String, &'static str) {
    (format!("oc_budget{}", n % CHATS), if (n / CHATS).is_multiple_of(2) { "one" } else { "two" })
}

/// Sends them all, and waits until all have arrived.
async fn measure(dir: &Path) -> Outcome {
    std::fs::create_dir_all(dir).unwrap();
    let stand = Stand::start(dir).await;
    let url = &stand.url;
    let config = format!(
        "fallback: one\nfeishu:\n  apps:\n    one: {{ app_id: cli_one, app_secret: s, platform: '{url}' }}\n    two: {{ app_id: cli_two, app_secret: s, platform: '{url}' }}\n\
         sources: {{ am: {{ kind: alertmanager, auth: none }} }}\n\
         route: {{ receiver: one, routes: [{{ matchers: ['alertname=~\"two.*\"'], receiver: two }}] }}\n\
         receivers:\n  - {{ name: one, send: [{{ to: 'chat:{{{{labels.chat}}}}', app: one }}] }}\n  - {{ name: two, send: [{{ to: 'chat:{{{{labels.chat}}}}', app: two }}] }}\n"
    );
    let service = Service::with_config(&dir.join("service"), &config).await;
    let service_addr = service.addr;
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|of| {
            tokio::spawn(async move {
                let mut connection = Connection::open(service_addr).await;
                for n in (of..MESSAGES).step_by(CONNECTIONS) {
                    let (chat, app) = place(n);
                    let body = client::body(&format!("{app}{n}"), &chat, &[(0, 1)]);
                    assert_eq!(connection.post(&body).await.unwrap(), 200);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let begun = Instant::now();
    let mut times = Vec::new();
    while begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(500)).await;
        times = stand.sent().await;
        if times.len() >= MESSAGES {
            break;
        }
    }
    times.sort_unstable();
    let took = match (times.first(), times.last()) {
        (Some(first), Some(last)) => Duration::try_from(last.duration_since(*first)).unwrap_or_default(),
        _ => Duration::ZERO,
    };
    Outcome { took, schedule: schedule(), limit_answers: stand.calls(&[99_991_400, 230_020, 11_232, 11_233]).await, arrived: times.len() }
}

/// Measures, and prints the figures.
pub async fn print(dir: &Path) {
    let seen = measure(dir).await;
    let (took, schedule) = (millis(seen.took), millis(seen.schedule));
    table::head("500 messages, 20 chats, 2 apps, within 5/s a chat, 50/s and 1,000/min an app");
    let note = format!("{:.3} of the schedule, {} arrived", took / schedule, seen.arrived);
    table::row("all there in", took, Unit::Ms, Floor::AtMost(1.1 * schedule), &note);
    table::row("answers of the platform that named a limit", seen.limit_answers as f64, Unit::Count, Floor::AtMost(0.0), "");
}

/// From the first message to the last, where nothing but the budgets takes time.
fn schedule() -> Duration {
    let mut limiter = Limiter::new(["one", "two"].map(|app| (app.to_owned(), Limits::default())));
    let mut queue = Queue::default();
    for n in 0..MESSAGES {
        let (chat, app) = place(n);
        queue.push(Work {
            message: n.to_string(),
            via: format!("app:{app}"),
            target: format!("chat:{chat}"),
            severity: Severity::Critical,
            rank: Rank::First,
            due_at: from_ms(0),
            since: from_ms(0),
        });
    }
    let (mut now, mut last) = (0, 0);
    loop {
        let picked = queue.pick(from_ms(now), &mut |work, _| {
            let demand = Demand { app: work.via.strip_prefix("app:"), api: Endpoint::Send, scope: Scope::Chat(&work.target) };
            match limiter.admit(&demand, from_ms(now)) {
                Admit::Yes => {
                    limiter.made(&demand, from_ms(now));
                    Ok(())
                }
                Admit::WaitUntil(until, Budget::App(_) | Budget::Api(..)) => Err(Hold::App(until)),
                Admit::WaitUntil(until, _) => Err(Hold::Target(until)),
            }
        });
        match picked {
            Pick::Go(work) => {
                queue.done(&work.message, None);
                last = now;
            }
            Pick::Wait(Some(until)) => now = until.as_millisecond(),
            Pick::Wait(None) => return Duration::from_millis(last.unsigned_abs()),
        }
    }
}
