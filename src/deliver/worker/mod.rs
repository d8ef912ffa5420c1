//! One message's next effect: read, render, keep the bytes, call, record.
//!
//! Nothing here decides an order or a wait; see [`dispatch`](super::dispatch). Not cancel safe: a call that was begun is
//! finished and recorded even while the process drains.

mod call;
mod content;
mod digest;
mod direct;
mod parts;
mod record;

use super::dispatch::{Permit, Shared};
use super::ladder::Step;
use super::outcome;
use super::plan::{self, Action};
use super::storm::{self, tells::Tells};
use super::view::{Difference, view};
use super::way::Way;
use crate::alert::{Severity, State};
use crate::config::settings::{Carrier, ContentKind};
use crate::feishu::call::Call;
use crate::feishu::error::{Endpoint, Outcome};
use crate::feishu::people::People;
use crate::live::{BotChannel, Live};
use crate::outbox::{Act, CallMeta, EditWay, Rank, Work};
use crate::render::ReplyRequest;
use crate::render::model::View;
use crate::store::{Finish, JobRow, Next, Owed, Patch, Recorded, StoreError};
use crate::util::clock::after;
use crate::util::id;
use call::Prepared;
use jiff::Timestamp;
use record::{after_finish, finish};
use std::sync::Mutex;

/// What became of one piece of work.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Owed again, not before this time, with this urgency (`None`: as before).
    pub again: Option<(Timestamp, Option<Rank>)>,
    /// There was nothing to call for: nothing was learnt of the target.
    pub idle: bool,
    /// A call worked.
    pub worked: bool,
}

/// Stands in the way of a call: this outcome takes the place of an answer.
struct Stop(Outcome);

/// Moves one message one effect on.
pub(super) async fn run(shared: &Shared, live: &Live, work: &Work, permit: Permit<'_>) -> Result<End, StoreError> {
    if work.rank.is_digest() {
        return digest::run(shared, live, work, permit).await;
    }
    let now = shared.clock.now();
    let idle = || End { idle: true, ..End::default() };
    let Some(owed) = shared.store.owed(&work.message).await? else { return Ok(idle()) };
    let view = view(&owed);
    let action = plan::next(&owed, &view, now);
    let Some(mut job) = action.job().cloned() else { return Ok(idle()) };
    if waits_for_digest(shared, &owed, &view, &action) {
        return Ok(End { again: Some((after(now, storm::EVERY), None)), ..idle() });
    }
    let way = Way::of(&owed.key, live);
    let pinned = pinned(shared, live, &owed, &job);
    let chosen = permit.carrier().clone();
    let carrier = pinned.as_ref().unwrap_or(&chosen);
    if *carrier != chosen {
        shared.pass(&chosen);
    }
    if !matches!(action, Action::Repeat(..) | Action::Unknown(..)) && way.has_uuid() {
        // New bytes: the doubt about an edit that newer state has overtaken is not theirs.
        job.unknown_since = None;
    }
    let give_up_after = live.settings.give_up_after;
    if outcome::outdated(&owed, &job, give_up_after, now) {
        let finish = finish(&owed, carrier, &job, job.fence, now, Next::Dead { reason: "over before it could be shown".to_owned() });
        shared.store.finish(finish).await?;
        return Ok(End { idle: true, ..after_finish(Recorded::Dead, &owed, &job) });
    }
    let permit = Mutex::new(Some(permit));
    let pinned = pinned.is_some();
    let worker = Worker { shared, live, way, carrier, pinned, owed: &owed, view: &view, job: &job, permit: &permit, tells: None };
    act(worker, action, now).await
}

/// A digest listed the group of this first message, and then it ended: the digest's next version tells so, and that is enough. Nothing waits
/// for a digest that is kept no longer.
fn waits_for_digest(shared: &Shared, owed: &Owed, view: &View, action: &Action) -> bool {
    let never_begun = matches!(action, Action::Send(job, _) if job.call.is_none()) && owed.shown == 0;
    never_begun && owed.severity < Severity::Critical && view.status() != State::Firing && shared.told_by_digest(owed)
}

/// Does what was planned.
async fn act(worker: Worker<'_, '_>, action: Action, now: Timestamp) -> Result<End, StoreError> {
    let Worker { shared, way, carrier, owed, job, .. } = worker;
    match action {
        Action::Nothing => Ok(End { idle: true, ..End::default() }),
        Action::Settle(_) => {
            // Nothing new to say where only a reply could say it: it counts as shown, or it would be owed for ever.
            let shown = (owed.edit_way == EditWay::Reply && owed.sync.is_some()).then_some(owed.wanted);
            let patch = Patch { shown, ..Patch::default() };
            let recorded = shared.store.finish(Finish { patch, ..finish(owed, carrier, job, job.fence, now, Next::Done) }).await?;
            Ok(End { idle: true, ..after_finish(recorded, owed, job) })
        }
        Action::Repeat(_, kept) => {
            let (text, meta) = *kept;
            match serde_json::from_str::<Call>(&text) {
                Ok(call) => worker.perform(Prepared::App(call), None, meta).await,
                Err(error) => Err(StoreError::Corrupt { what: "kept call", why: error.to_string() }),
            }
        }
        Action::Unknown(_, meta) => {
            // By what it was begun as: the configuration may have changed since.
            let endpoint = match job.call.as_ref().and_then(|(text, _)| serde_json::from_str::<Call>(text).ok()) {
                Some(call) => call.endpoint,
                None => way.endpoint(meta.act, meta.shape),
            };
            let verdict = outcome::doubt(&worker.situation(&meta, endpoint, now));
            let verdict = worker.of_part(verdict, None, &meta, endpoint, now).await?;
            worker.record(verdict, None, None, job.fence, &meta).await
        }
        Action::Send(_, generation) if way == Way::Batch => worker.send_part(generation).await,
        Action::Send(_, generation) => worker.send(generation).await,
        Action::Edit(_) => worker.edit().await,
        Action::EditByReply(_, new) => worker.reply(&new, Act::EditByReply).await,
        Action::Reply(_, new) => worker.reply(&new, Act::Reply).await,
    }
}

/// The bot whose call has an unknown outcome makes the repeat as well, where it can: it answers for doubts in its own way, and
/// readers see both from one sender. `None`: whoever's turn it is.
fn pinned(shared: &Shared, live: &Live, owed: &Owed, job: &JobRow) -> Option<Carrier> {
    let carriers = Carrier::all(&owed.key.via, &owed.key.target);
    let by = job.via.as_ref().filter(|_| job.unknown_since.is_some() && carriers.len() > 1)?;
    let carrier = carriers.into_iter().find(|carrier| carrier.via == *by)?;
    let there = carrier.bot_name().is_some_and(|name| live.channels.bots.contains_key(name));
    (there && !shared.is_parked(&carrier)).then_some(carrier)
}

#[derive(Clone, Copy)]
struct Worker<'a, 'p> {
    shared: &'a Shared,
    live: &'a Live,
    way: Way,
    /// The app or bot that makes the call.
    carrier: &'a Carrier,
    /// No other may make it.
    pinned: bool,
    owed: &'a Owed,
    view: &'a View,
    job: &'a JobRow,
    /// Leave for the call that it most likely makes.
    permit: &'a Permits<'p>,
    /// It is a digest, and says this.
    tells: Option<&'a Tells>,
}

/// A permit until it is used or given back.
type Permits<'p> = Mutex<Option<Permit<'p>>>;

impl Worker<'_, '_> {
    fn step(&self) -> Step {
        let direct = self.job.step.is_empty() && self.owed.spec.direct.is_some() && self.owed.platform_id.is_none();
        let step = if direct { Step::direct() } else { Step::parse(&self.job.step, self.owed.spec.kind) };
        // A label may have named a bot or the help desk, and a reload may have taken `im/v1` away: these take only words.
        if step.direct && self.way != Way::App { Step::first(ContentKind::Text) } else { step }
    }

    fn bot(&self) -> Option<&BotChannel> {
        self.live.channels.bots.get(self.carrier.bot_name()?)
    }

    /// Whether another bot could make the call as well.
    fn others(&self) -> bool {
        self.owed.key.via != self.carrier.via
    }

    fn people(&self) -> Option<&People> {
        match self.carrier.app_name() {
            Some(name) => self.live.channels.apps.get(name).map(|app| &app.people),
            None => self.bot()?.people.as_ref(),
        }
    }

    /// A first or new message.
    async fn send(&self, generation: i64) -> Result<End, StoreError> {
        let step = self.step();
        if step.direct {
            return self.send_direct(generation).await;
        }
        let (content, meta) = match self.way {
            Way::Helpdesk => self.helpdesk_content(step, generation).await,
            _ => self.content(Act::Send, step, generation).await,
        };
        let step_name = step.name();
        let uuid = id::hash_id(&[self.owed.message.as_str(), &generation.to_string(), &step_name]);
        let prepared = match self.way {
            Way::Bot => Ok(Prepared::Bot(content.to_bot_body())),
            Way::Helpdesk => self.helpdesk_call(&content),
            way => self.receive_id().await.map(|(kind, value)| {
                Prepared::App(match way {
                    Way::Legacy => Call::legacy_send((kind, &value), None, &content),
                    _ => Call::send(kind, &value, content.msg_type(), &content.to_content_string(), &uuid),
                })
            }),
        };
        self.go(prepared, meta, self.way.send()).await
    }

    /// PATCH of a card, PUT of a text or post.
    async fn edit(&self) -> Result<End, StoreError> {
        let (content, meta) = self.content(Act::Edit, self.step(), self.owed.generation).await;
        let om = self.owed.platform_id.as_deref().unwrap_or_default();
        let (call, endpoint) = match content.msg_type() {
            "interactive" => (Call::patch(om, &content.to_content_string()), Endpoint::Patch),
            kind => (Call::edit(om, kind, &content.to_content_string()), Endpoint::Edit),
        };
        self.go(Ok(Prepared::App(call)), meta, endpoint).await
    }

    /// What is new, as a reply.
    async fn reply(&self, new: &Difference, act: Act) -> Result<End, StoreError> {
        let step = self.step();
        let mentions = if self.job.mention && !step.no_mentions { self.mentions(ContentKind::Text).await } else { Vec::new() };
        let diff = self.diff(new);
        let content = self.live.renderer.reply(&ReplyRequest {
            diff: &diff,
            kind: ContentKind::Text,
            locale: self.owed.spec.locale,
            mentions: &mentions,
            channel: self.way.channel(),
            limit: self.way.limit(ContentKind::Text),
        });
        let meta = CallMeta {
            act,
            revision: self.owed.wanted,
            generation: self.owed.generation,
            shape: ContentKind::Text,
            schema: String::new(),
            told: self.told(),
            repeatable: self.way.has_uuid(),
            part: None,
            images: Vec::new(),
            left_out: false,
            told_of: self.tells.map(|tells| tells.of.clone()),
        };
        let om = self.owed.platform_id.as_deref().unwrap_or_default();
        let sequence = (self.owed.replies + 1).to_string();
        let thread = if self.job.in_thread { "thread" } else { "plain" };
        let uuid = id::hash_id(&[self.owed.message.as_str(), "reply", &sequence, &step.name(), thread]);
        let prepared = match self.way {
            // Without topics: a quote in the stream.
            Way::Legacy => self.receive_id().await.map(|(kind, value)| Call::legacy_send((kind, &value), Some(om), &content)),
            _ => Ok(Call::reply(om, content.msg_type(), &content.to_content_string(), self.job.in_thread, &uuid)),
        };
        self.go(prepared.map(Prepared::App), meta, self.way.endpoint(act, ContentKind::Text)).await
    }
}
