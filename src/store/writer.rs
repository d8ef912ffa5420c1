//! The single writer: takes what has queued, does it in one transaction, commits, answers.
//!
//! While one commit waits for the disk the next batch gathers, so throughput follows the load without a timer. When one
//! command of a batch fails the whole batch is rolled back and each command is done again alone: commands are pure
//! functions of their input and the rows, so doing them twice is harmless.

use super::open::Connector;
use super::sql::Db;
use super::{Applied, AttachWrite, Begin, Finish, Intake, KnownUpload, Look, Operator, Plan, Recorded, StoreError, Upkeep, UpkeepDone};
use crate::incident::event::Rules;
use crate::outbox::Work;
use crate::util::failpoint;
use jiff::Timestamp;
use rusqlite::TransactionBehavior;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Most commands in one commit.
const BATCH: usize = 256;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// One write.
pub(super) enum Command {
    Intake(Box<Intake>, Reply<Applied>),
    Begin(Box<Begin>, Reply<Option<i64>>),
    Plan(Box<Plan>, Reply<()>),
    Look(Box<Look>, Reply<()>),
    Finish(Box<Finish>, Reply<Recorded>),
    Operate(Box<Operator>, Reply<bool>),
    Attach(Box<(String, AttachWrite, Timestamp)>, Reply<bool>),
    Remember(Box<KnownUpload>, Reply<()>),
    Prune(Upkeep, Reply<UpkeepDone>),
    Expire(Upkeep, Reply<UpkeepDone>),
    Configure(Rules, Reply<()>),
}

/// What a command answered, until the commit.
enum Done {
    Intake(Applied),
    Begin(Option<i64>),
    Finish(Recorded),
    Operate(bool),
    Upkeep(UpkeepDone),
    Nothing,
}

/// Counters of the writer, read by metrics and readiness.
#[derive(Debug, Default)]
pub struct Commits {
    /// Commits made.
    pub commits: AtomicU64,
    /// Commands committed.
    pub commands: AtomicU64,
    /// Microseconds spent in BEGIN to COMMIT.
    pub micros: AtomicU64,
    /// Failed commits.
    pub failures: AtomicU64,
    /// The last commit failed.
    pub failing: AtomicBool,
    /// Work was committed that could not be told to the scheduler: it must read the jobs again.
    pub rescan: AtomicBool,
}

/// Writes until nobody can send any more. Blocks: on a thread of its own.
pub(super) fn run(
    connector: &Connector,
    db: Db,
    mut queue: mpsc::Receiver<Command>,
    work: &mpsc::Sender<Vec<Work>>,
    commits: &Commits,
    mut rules: Rules,
) {
    let mut connection = Some(db);
    let mut batch = Vec::with_capacity(BATCH);
    while queue.blocking_recv_many(&mut batch, BATCH) > 0 {
        if let Some(Command::Configure(new, _)) = batch.iter().rev().find(|c| matches!(c, Command::Configure(..))) {
            rules = *new;
        }
        match transact(connector, &mut connection, &batch, rules, commits) {
            Ok((done, owed)) => answer(batch.drain(..), done, owed, work, commits),
            Err(error) if batch.len() == 1 => refuse(batch.drain(..), &error, commits),
            Err(_) => {
                for command in batch.drain(..) {
                    match transact(connector, &mut connection, std::slice::from_ref(&command), rules, commits) {
                        Ok((done, owed)) => answer([command].into_iter(), done, owed, work, commits),
                        Err(error) => refuse([command].into_iter(), &error, commits),
                    }
                }
            }
        }
    }
    if let Some(Err((_, error))) = connection.map(Db::close) {
        tracing::warn!(%error, "closing the database failed");
    }
}

/// One transaction for the whole batch. After a failure the connection is not used again.
fn transact(
    connector: &Connector,
    connection: &mut Option<Db>,
    batch: &[Command],
    rules: Rules,
    commits: &Commits,
) -> Result<(Vec<Done>, Vec<Work>), StoreError> {
    let mut usable = match connection.take() {
        Some(usable) => usable,
        None => connector.writing()?,
    };
    let result = commit(&mut usable, batch, rules, commits);
    if result.is_ok() {
        *connection = Some(usable);
    }
    result
}

fn commit(db: &mut Db, batch: &[Command], rules: Rules, commits: &Commits) -> Result<(Vec<Done>, Vec<Work>), StoreError> {
    let started = std::time::Instant::now();
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (mut done, mut owed) = (Vec::with_capacity(batch.len()), Vec::new());
    // Bodies first and together. Nobody has an answer yet, so nobody can tell the order of theirs and other commands.
    let bodies: Vec<&Intake> =
        batch.iter().filter_map(|c| if let Command::Intake(intake, _) = c { Some(&**intake) } else { None }).collect();
    let mut applied = super::intake::apply(&transaction, &bodies, rules, &mut owed)?.into_iter();
    for command in batch {
        done.push(match command {
            Command::Intake(..) => Done::Intake(applied.next().unwrap_or_default()),
            other => apply(&transaction, other, rules, &mut owed)?,
        });
    }
    failpoint::hit("before-commit");
    transaction.commit()?;
    failpoint::hit("after-commit");
    commits.commits.fetch_add(1, Ordering::Relaxed);
    commits.commands.fetch_add(batch.len() as u64, Ordering::Relaxed);
    commits.micros.fetch_add(u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    commits.failing.store(false, Ordering::Relaxed);
    Ok((done, owed))
}

fn apply(tx: &Db, command: &Command, rules: Rules, owed: &mut Vec<Work>) -> Result<Done, StoreError> {
    Ok(match command {
        Command::Begin(begin, _) => Done::Begin(super::delivery::begin(tx, begin)?),
        Command::Finish(finish, _) => Done::Finish(super::delivery::finish(tx, finish, owed)?),
        Command::Operate(operator, _) => Done::Operate(super::operator::apply(tx, operator, rules, owed)?),
        Command::Attach(write, _) => Done::Operate(super::attachments::apply(tx, &write.0, &write.1, write.2, owed)?),
        Command::Prune(upkeep, _) => Done::Upkeep(super::upkeep::prune(tx, upkeep)?),
        Command::Expire(upkeep, _) => Done::Upkeep(super::upkeep::expire(tx, upkeep, rules, owed)?),
        Command::Plan(plan, _) => {
            super::parts::plan(tx, plan)?;
            Done::Nothing
        }
        Command::Look(look, _) => {
            super::parts::look(tx, look)?;
            Done::Nothing
        }
        Command::Remember(known, _) => {
            super::attachments::remember(tx, &known.app, known.kind.as_str(), &known.hash, &known.key, known.at)?;
            Done::Nothing
        }
        // Bodies are applied together, before.
        Command::Configure(..) | Command::Intake(..) => Done::Nothing,
    })
}

/// Tells the scheduler first: a caller that went away in the meantime must not cost the wake-up.
fn answer(batch: impl Iterator<Item = Command>, done: Vec<Done>, owed: Vec<Work>, work: &mpsc::Sender<Vec<Work>>, commits: &Commits) {
    if !owed.is_empty() && work.try_send(owed).is_err() {
        commits.rescan.store(true, Ordering::Release);
    }
    for (command, done) in batch.zip(done) {
        match (command, done) {
            (Command::Intake(_, reply), Done::Intake(value)) => drop(reply.send(Ok(value))),
            (Command::Begin(_, reply), Done::Begin(value)) => drop(reply.send(Ok(value))),
            (Command::Finish(_, reply), Done::Finish(value)) => drop(reply.send(Ok(value))),
            (Command::Operate(_, reply) | Command::Attach(_, reply), Done::Operate(value)) => drop(reply.send(Ok(value))),
            (Command::Prune(_, reply) | Command::Expire(_, reply), Done::Upkeep(value)) => drop(reply.send(Ok(value))),
            (
                Command::Configure(_, reply) | Command::Plan(_, reply) | Command::Look(_, reply) | Command::Remember(_, reply),
                Done::Nothing,
            ) => drop(reply.send(Ok(()))),
            // `apply` answers each command with its own kind.
            _ => {}
        }
    }
}

fn refuse(batch: impl Iterator<Item = Command>, error: &StoreError, commits: &Commits) {
    commits.failures.fetch_add(1, Ordering::Relaxed);
    commits.failing.store(true, Ordering::Relaxed);
    tracing::error!(reason = error.reason(), %error, "a write failed");
    for command in batch {
        match command {
            Command::Intake(_, reply) => drop(reply.send(Err(error.again()))),
            Command::Begin(_, reply) => drop(reply.send(Err(error.again()))),
            Command::Finish(_, reply) => drop(reply.send(Err(error.again()))),
            Command::Operate(_, reply) | Command::Attach(_, reply) => drop(reply.send(Err(error.again()))),
            Command::Prune(_, reply) | Command::Expire(_, reply) => drop(reply.send(Err(error.again()))),
            Command::Configure(_, reply) | Command::Plan(_, reply) | Command::Look(_, reply) | Command::Remember(_, reply) => {
                drop(reply.send(Err(error.again())));
            }
        }
    }
}
