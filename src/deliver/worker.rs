//! One message's next effect: read, render, keep the bytes, call, record.
//!
//! Nothing here decides an order or a wait; see [`dispatch`](super::dispatch). Not cancel safe: a call that was begun is
//! finished and recorded even while the process drains.

use super::dispatch::Shared;
use super::ladder::Step;
use super::notice::{self, Trouble};
use super::outcome::{self, Situation, Verdict};
use super::plan::{self, Action};
use super::view::{Difference, Digest, view};
use crate::alert::State;
use crate::config::settings::{Address, AddressKind, ContentKind, MentionOn, OnUnknown};
use crate::feishu::call::{Call, receive_id_type};
use crate::feishu::content::size::Kind;
use crate::feishu::content::{Channel, Content, Limit};
use crate::feishu::error::{Class, Endpoint, NotSentReason, Outcome, Timed};
use crate::feishu::people::{People, Person};
use crate::live::{BotChannel, Live};
use crate::outbox::{Act, CallMeta, EditWay, Rank, Work};
use crate::render::model::{Mention, View};
use crate::render::{Degrade, Diff, ReplyRequest, Request};
use crate::store::{Begin, Finish, JobRow, Next, Owed, Park, Patch, Recorded, StoreError, Tried};
use crate::util::clock::{after, since};
use crate::util::{failpoint, id};
use jiff::Timestamp;
use std::time::Duration;

/// What became of one piece of work.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Owed again, not before this time, with this urgency (`None`: as before).
    pub again: Option<(Timestamp, Option<Rank>)>,
    /// There was nothing to call for: nothing was learnt of the target.
    pub idle: bool,
}

/// A call ready to be made.
enum Prepared {
    App(Call),
    Bot(serde_json::Value),
}

/// What can stop a message before its call.
enum Stop {
    /// This outcome takes the place of an answer.
    Outcome(Outcome),
}

/// Moves one message one effect on.
pub(super) async fn run(shared: &Shared, live: &Live, work: &Work) -> Result<End, StoreError> {
    let now = shared.clock.now();
    let Some(owed) = shared.store.owed(&work.message).await? else { return Ok(End { again: None, idle: true }) };
    let view = view(&owed);
    let action = plan::next(&owed, &view, now);
    let Some(mut job) = action.job().cloned() else { return Ok(End { again: None, idle: true }) };
    if !matches!(action, Action::Repeat(..) | Action::Unknown(..)) && !owed.key.only_new() {
        // New bytes: the doubt about an edit that newer state has overtaken is not theirs.
        job.unknown_since = None;
    }
    let give_up_after = live.settings.give_up_after;
    if outcome::outdated(&owed, &job, give_up_after, now) {
        let finish = finish(&owed, &job, job.fence, now, Next::Dead { reason: "over before it could be shown".to_owned() });
        shared.store.finish(finish).await?;
        return Ok(End { idle: true, ..after_finish(Recorded::Dead, &owed, &job) });
    }
    let worker = Worker { shared, live, owed: &owed, view: &view, job: &job };
    match action {
        Action::Nothing => Ok(End { again: None, idle: true }),
        Action::Settle(_) => {
            // Nothing new to say where only a reply could say it: it counts as shown, or it would be owed for ever.
            let shown = (owed.edit_way == EditWay::Reply && owed.sync.is_some()).then_some(owed.wanted);
            let patch = Patch { shown, ..Patch::default() };
            let recorded = shared.store.finish(Finish { patch, ..finish(&owed, &job, job.fence, now, Next::Done) }).await?;
            Ok(End { idle: true, ..after_finish(recorded, &owed, &job) })
        }
        Action::Repeat(_, kept) => {
            let (text, meta) = *kept;
            match serde_json::from_str::<Call>(&text) {
                Ok(call) => worker.perform(Prepared::App(call), None, meta).await,
                Err(error) => Err(StoreError::Corrupt { what: "kept call", why: error.to_string() }),
            }
        }
        Action::Unknown(_, meta) => {
            let endpoint = if owed.key.only_new() { Endpoint::Hook } else { endpoint_of(meta.act, meta.shape) };
            let verdict = outcome::doubt(&worker.situation(&meta, endpoint, now));
            worker.record(verdict, None, None, job.fence, &meta).await
        }
        Action::Send(_, generation) => worker.send(generation).await,
        Action::Edit(_) => worker.edit().await,
        Action::EditByReply(_, new) => worker.reply(&new, Act::EditByReply).await,
        Action::Reply(_, new) => worker.reply(&new, Act::Reply).await,
    }
}

struct Worker<'a> {
    shared: &'a Shared,
    live: &'a Live,
    owed: &'a Owed,
    view: &'a View,
    job: &'a JobRow,
}

impl Worker<'_> {
    fn step(&self) -> Step {
        Step::parse(&self.job.step, self.owed.spec.kind)
    }

    fn bot(&self) -> Option<&BotChannel> {
        self.live.channels.bots.get(self.owed.key.via.strip_prefix("bot:")?)
    }

    fn people(&self) -> Option<&People> {
        match self.owed.key.via.split_once(':') {
            Some(("app", name)) => self.live.channels.apps.get(name).map(|app| &app.people),
            _ => self.bot()?.people.as_ref(),
        }
    }

    /// A first or new message.
    async fn send(&self, generation: i64) -> Result<End, StoreError> {
        let step = self.step();
        let (content, meta) = self.content(Act::Send, step, generation).await;
        let step_name = step.name();
        let uuid = id::hash_id(&[self.owed.message.as_str(), &generation.to_string(), &step_name]);
        let prepared = if self.owed.key.only_new() {
            Ok(Prepared::Bot(content.to_bot_body()))
        } else {
            self.receive_id()
                .await
                .map(|(kind, value)| Prepared::App(Call::send(kind, &value, content.msg_type(), &content.to_content_string(), &uuid)))
        };
        self.go(prepared, meta, if self.owed.key.only_new() { Endpoint::Hook } else { Endpoint::Send }).await
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
            channel: Channel::App,
            limit: Limit::app(Kind::Text),
        });
        let meta = CallMeta {
            act,
            revision: self.owed.wanted,
            generation: self.owed.generation,
            shape: ContentKind::Text,
            schema: String::new(),
            told: self.told(),
            repeatable: true,
            images: Vec::new(),
            left_out: false,
        };
        let om = self.owed.platform_id.as_deref().unwrap_or_default();
        let sequence = (self.owed.replies + 1).to_string();
        let thread = if self.job.in_thread { "thread" } else { "plain" };
        let uuid = id::hash_id(&[self.owed.message.as_str(), "reply", &sequence, &step.name(), thread]);
        let call = Call::reply(om, content.msg_type(), &content.to_content_string(), self.job.in_thread, &uuid);
        self.go(Ok(Prepared::App(call)), meta, Endpoint::Reply).await
    }

    /// Renders the message at a ladder step.
    async fn content(&self, act: Act, step: Step, generation: i64) -> (Content, CallMeta) {
        let owed = self.owed;
        let bot = self.bot();
        let kind = match (act, owed.shown_kind.as_deref()) {
            // An edit cannot change the type that is shown.
            (Act::Edit, Some("post")) => ContentKind::Post,
            (Act::Edit, Some("text")) => ContentKind::Text,
            (Act::Edit, Some(_)) => ContentKind::Card,
            _ => step.kind,
        };
        let mention = self.view.status() == State::Firing && owed.spec.mention_on.contains(&MentionOn::Fire) && !step.no_mentions;
        let mentions = if mention { self.mentions(kind).await } else { Vec::new() };
        let channel = if owed.key.only_new() { Channel::CustomBot } else { Channel::App };
        let started = std::time::Instant::now();
        let rendered = self.live.renderer.render(&Request {
            template: &owed.spec.template,
            kind,
            view: self.view,
            locale: owed.spec.locale,
            mentions: &mentions,
            degrade: Degrade { no_rich: step.no_rich, no_mentions: step.no_mentions, safe: step.safe },
            limit: if channel == Channel::CustomBot { Limit::custom_bot() } else { Limit::app(size_kind(kind)) },
            channel,
            now: self.shared.clock.now(),
            keyword: bot.and_then(|bot| bot.settings.keyword.as_deref()),
        });
        let failed = rendered.failure.as_ref();
        self.shared.metrics.render(&owed.spec.template, if failed.is_some() { "fallback" } else { "ok" }, started.elapsed());
        if let Some(failure) = failed {
            tracing::error!(
                template = owed.spec.template,
                file = failure.file,
                line = failure.line,
                column = failure.column,
                error = failure.message,
                delivery = owed.message,
                "a template failed; the built-in safe template carries the alert"
            );
        }
        let schema = match &rendered.content {
            Content::Card(card) => card.get("schema").and_then(|s| s.as_str()).unwrap_or("1.0").to_owned(),
            Content::Post(_) | Content::Text(_) => String::new(),
        };
        let meta = CallMeta {
            act,
            revision: owed.wanted,
            generation,
            shape: kind,
            schema,
            told: self.told(),
            repeatable: !owed.key.only_new(),
            images: super::attach::images_in(self.view, &rendered.content),
            left_out: super::attach::wants_lists(owed, self.view, rendered.omitted),
        };
        (rendered.content, meta)
    }

    fn told(&self) -> String {
        serde_json::to_string(&Digest::of(self.view, self.owed.repeats)).unwrap_or_default()
    }

    fn diff(&self, new: &Difference) -> Diff {
        let titles = |indices: &[usize]| {
            indices.iter().filter_map(|i| self.view.alerts.get(*i)).map(|a| super::view::short_name(a, self.view)).collect()
        };
        Diff {
            joined: if new.reopened.is_some() { Vec::new() } else { titles(&new.joined) },
            resolved: if new.over.is_some() { Vec::new() } else { titles(&new.resolved) },
            gone: titles(&new.gone),
            reopened: new.reopened,
            worse: new.worse,
            repeat: new.repeat,
            resolved_all: new.over,
            firing_now: self.view.count(State::Firing),
        }
    }

    /// The people to mention, looked up; one who is not found costs the mention, not the alert.
    async fn mentions(&self, shape: ContentKind) -> Vec<Mention> {
        let mut mentions = Vec::new();
        let mut wanted = Vec::new();
        for text in &self.owed.mentions {
            match text.parse::<Address>() {
                _ if text == "all" => mentions.push(Mention::All),
                Ok(address) => match address.kind {
                    AddressKind::OpenId | AddressKind::UserId => mentions.push(Mention::User { id: address.value }),
                    // Cards know no union_id in mentions; posts, texts and so the replies do.
                    AddressKind::UnionId if shape != ContentKind::Card => mentions.push(Mention::User { id: address.value }),
                    AddressKind::Email | AddressKind::Mobile => wanted.push(address),
                    _ => {}
                },
                Err(_) => {}
            }
        }
        if let Some(people) = self.people().filter(|_| !wanted.is_empty()) {
            let found = people.find(&wanted).await;
            for address in &wanted {
                match found.get(address) {
                    Some(Person::Found(id)) => mentions.push(Mention::User { id: id.clone() }),
                    Some(Person::NotFound) => {
                        tracing::warn!(%address, delivery = self.owed.message, "nobody with this address; not mentioned")
                    }
                    Some(Person::Failed(_, why)) => tracing::warn!(%address, %why, "a look-up failed; not mentioned"),
                    None => {}
                }
            }
        }
        mentions.dedup();
        mentions
    }

    /// Where a first message goes: the platform's id type and id.
    async fn receive_id(&self) -> Result<(&'static str, String), Stop> {
        let address: Address = self.owed.key.target.parse().map_err(|why| Stop::Outcome(Outcome::NotSent(NotSentReason::Build, why)))?;
        if let Some(kind) = receive_id_type(address.kind) {
            return Ok((kind, address.value));
        }
        let Some(people) = self.people() else {
            let why = "the app is not configured any more".to_owned();
            return Err(Stop::Outcome(Outcome::NotSent(NotSentReason::Token(Class::Config), why)));
        };
        let person = |class: Class, why: &str| Stop::Outcome(Outcome::NotSent(NotSentReason::Person(class), why.to_owned()));
        match people.find(std::slice::from_ref(&address)).await.remove(&address) {
            Some(Person::Found(id)) => Ok(("open_id", id)),
            Some(Person::Failed(class, why)) => Err(person(class, &why)),
            Some(Person::NotFound) | None => Err(person(Class::Target, "nobody with this number is visible to the app")),
        }
    }

    /// Keeps the bytes, then calls; or records what stood in the way.
    async fn go(&self, prepared: Result<Prepared, Stop>, meta: CallMeta, endpoint: Endpoint) -> Result<End, StoreError> {
        match prepared {
            Ok(prepared) => {
                let text = match &prepared {
                    Prepared::App(call) => serde_json::to_string(call),
                    Prepared::Bot(body) => serde_json::to_string(body),
                }
                .unwrap_or_default();
                self.perform(prepared, Some(text), meta).await
            }
            Err(Stop::Outcome(outcome)) => {
                let verdict = outcome::decide(&self.situation(&meta, endpoint, self.shared.clock.now()), &outcome);
                let answer = Timed { value: outcome, took: Duration::ZERO };
                let tried = self.tried(endpoint, &answer, &meta);
                self.record(verdict, Some(tried), Some((endpoint, answer.value.code())), self.job.fence, &meta).await
            }
        }
    }

    /// Commit {revision, step, uuid, bytes}, then the call, then the record.
    async fn perform(&self, prepared: Prepared, keep: Option<String>, meta: CallMeta) -> Result<End, StoreError> {
        let shared = self.shared;
        let endpoint = match &prepared {
            Prepared::App(call) => call.endpoint,
            Prepared::Bot(_) => Endpoint::Hook,
        };
        if !shared.admit(&self.owed.key, &self.owed.message, endpoint).await {
            return Ok(End { again: Some((shared.clock.now(), None)), idle: true });
        }
        let now = shared.clock.now();
        let begin = Begin {
            job: self.job.id.clone(),
            fence: self.job.fence,
            step: self.step().name(),
            call: keep.map(|text| (text, meta.clone())),
            now,
            lease_until: after(now, shared.lease),
        };
        let Some(fence) = shared.store.begin(begin).await? else {
            tracing::debug!(delivery = self.owed.message, "the job moved on before its call");
            return Ok(End { again: Some((now, None)), idle: true });
        };
        failpoint::hit("bytes-kept");
        let answer = self.call(&prepared).await;
        failpoint::hit("answered");
        let now = shared.clock.now();
        shared.learn(&self.owed.key, &self.owed.message, endpoint, &answer.value, now);
        let verdict = outcome::decide(&self.situation(&meta, endpoint, now), &answer.value);
        let tried = self.tried(endpoint, &answer, &meta);
        self.record(verdict, Some(tried), Some((endpoint, answer.value.code())), fence, &meta).await
    }

    async fn call(&self, prepared: &Prepared) -> Timed<Outcome> {
        let gone = || Timed {
            value: Outcome::NotSent(NotSentReason::Token(Class::Config), format!("{} is not configured any more", self.owed.key.via)),
            took: Duration::ZERO,
        };
        match prepared {
            Prepared::App(call) => {
                let name = self.owed.key.via.strip_prefix("app:").unwrap_or_default();
                match self.live.channels.apps.get(name) {
                    Some(app) => app.client.call(call).await,
                    None => gone(),
                }
            }
            Prepared::Bot(body) => match self.bot() {
                Some(bot) => bot.hook.post(body, self.shared.clock.now()).await,
                None => gone(),
            },
        }
    }

    fn situation<'s>(&'s self, meta: &'s CallMeta, endpoint: Endpoint, now: Timestamp) -> Situation<'s> {
        Situation {
            owed: self.owed,
            job: self.job,
            meta,
            endpoint,
            step: self.step(),
            on_unknown: self.bot().map_or(OnUnknown::Resend, |bot| bot.settings.on_unknown),
            give_up_after: self.live.settings.give_up_after,
            now,
            random: rand::random::<f64>(),
        }
    }

    fn tried(&self, endpoint: Endpoint, answer: &Timed<Outcome>, meta: &CallMeta) -> Tried {
        let outcome = &answer.value;
        let class = outcome.class(endpoint);
        self.shared.metrics.call(&self.owed.key.via, endpoint.as_str(), class.as_str(), answer.took);
        Tried {
            endpoint: endpoint.as_str(),
            http: outcome.answer().map_or(0, |a| a.http),
            code: outcome.code(),
            class: class.detail(),
            log_id: outcome.answer().and_then(|a| a.log_id.clone()),
            duration_ms: i64::try_from(answer.took.as_millis()).unwrap_or(i64::MAX),
            step: self.step().name(),
            revision: meta.revision,
            note: outcome::words(outcome, class),
        }
    }

    /// Writes down what became of it, and tells the fallback receiver of what was lost.
    async fn record(
        &self,
        verdict: Verdict,
        tried: Option<Tried>,
        answer: Option<(Endpoint, Option<i64>)>,
        fence: i64,
        meta: &CallMeta,
    ) -> Result<End, StoreError> {
        let shared = self.shared;
        let now = shared.clock.now();
        let Verdict { patch, next, park, reason } = verdict;
        let (dead, parked) = (matches!(next, Next::Dead { .. }), matches!(park, Park::Park { .. }));
        let worked = matches!(park, Park::Clear);
        if let Some(tried) = tried.as_ref().filter(|_| worked) {
            shared.metrics.delivered(tried.endpoint, since(self.job.created_at, now));
        }
        if dead {
            shared.metrics.died(reason.as_str());
        }
        if patch.duplicate {
            shared.metrics.doubted(&self.owed.key.via);
        }
        if matches!(&next, Next::Later { step, .. } if *step != self.step().name()) {
            shared.metrics.stepped(reason.as_str());
        }
        if worked {
            tracing::debug!(delivery = self.owed.message, act = meta.act.as_str(), to = self.owed.key.target, "delivered");
        } else {
            tracing::warn!(
                delivery = self.owed.message,
                act = meta.act.as_str(),
                via = self.owed.key.via,
                to = self.owed.key.target,
                reason = reason.as_str(),
                endpoint = tried.as_ref().map_or("", |t| t.endpoint),
                code = tried.as_ref().and_then(|t| t.code),
                log_id = tried.as_ref().and_then(|t| t.log_id.as_deref()),
                attempt = self.job.attempts + 1,
                why = tried.as_ref().map_or("", |t| t.note.as_str()),
                "not delivered by this call"
            );
        }
        let why = match (&next, &park) {
            (Next::Dead { reason }, _) | (_, Park::Park { reason, .. }) => reason.clone(),
            _ => String::new(),
        };
        let answer = answer.and_then(|(endpoint, code)| Some((endpoint, code?)));
        let parking = park.clone();
        let mut finish = Finish { patch, park, tried, ..finish(self.owed, self.job, fence, now, next) };
        if self.job.call.is_some() {
            // Bytes of an earlier moment: whatever came since is new to them.
            finish.seen = (0, -1);
        }
        let recorded = shared.store.finish(finish).await?;
        failpoint::hit("recorded");
        let over = shared.parking(&self.owed.key, &parking);
        if dead || parked || over.is_some() {
            let parked = match parking {
                Park::Park { target, .. } => Some(target),
                Park::Keep | Park::AppWorks | Park::Clear => None,
            };
            let trouble = Trouble { owed: self.owed, view: self.view, dead, parked, over: None, answer, why };
            if over.is_some() {
                let over = Trouble { dead: false, parked: None, over, why: String::new(), ..trouble.clone() };
                notice::tell(shared, self.live, &over, now).await;
            }
            if dead || trouble.parked.is_some() {
                notice::tell(shared, self.live, &trouble, now).await;
            }
        }
        Ok(after_finish(recorded, self.owed, self.job))
    }
}

fn size_kind(kind: ContentKind) -> Kind {
    match kind {
        ContentKind::Card => Kind::Card,
        ContentKind::Post => Kind::Post,
        ContentKind::Text => Kind::Text,
    }
}

fn endpoint_of(act: Act, shape: ContentKind) -> Endpoint {
    match (act, shape) {
        (Act::Send, _) => Endpoint::Send,
        (Act::Edit, ContentKind::Card) => Endpoint::Patch,
        (Act::Edit, _) => Endpoint::Edit,
        (Act::Reply | Act::EditByReply, _) => Endpoint::Reply,
    }
}

fn finish(owed: &Owed, job: &JobRow, fence: i64, now: Timestamp, next: Next) -> Finish {
    Finish {
        job: job.id.clone(),
        message: owed.message.clone(),
        fence,
        now,
        tried: None,
        patch: Patch::default(),
        next,
        park: Park::Keep,
        seen: (owed.revision, owed.repeats),
    }
}

/// When the message is owed something again: its own retry, or the reply that waited for the send.
fn after_finish(recorded: Recorded, owed: &Owed, job: &JobRow) -> End {
    match recorded {
        Recorded::Again(due) => End { again: Some((due, None)), idle: false },
        Recorded::Done | Recorded::Dead | Recorded::LostLease => {
            let waiting = owed.reply.as_ref().filter(|reply| reply.id != job.id);
            End { again: waiting.map(|reply| (reply.due_at, Some(Rank::Reply))), idle: false }
        }
    }
}
