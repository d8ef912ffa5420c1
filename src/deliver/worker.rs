//! One message's next effect: read, render, keep the bytes, call, record.
//!
//! Nothing here decides an order or a wait; see [`dispatch`](super::dispatch). Not cancel safe: a call that was begun is
//! finished and recorded even while the process drains.

use super::batch;
use super::dispatch::Shared;
use super::ladder::Step;
use super::notice::{self, Trouble};
use super::outcome::{self, Situation, Verdict};
use super::plan::{self, Action};
use super::view::{Difference, Digest, view};
use super::way::Way;
use crate::alert::State;
use crate::config::settings::{Address, AddressKind, ContentKind, MentionOn, OnUnknown};
use crate::feishu::call::{Audience, Call, helpdesk_content, receive_id_type};
use crate::feishu::content::Content;
use crate::feishu::error::{Class, Endpoint, NotSentReason, Outcome, Timed};
use crate::feishu::people::{People, Person};
use crate::live::{BotChannel, Live};
use crate::outbox::{Act, CallMeta, PartState, Rank, Work};
use crate::render::model::{Mention, View};
use crate::render::{Degrade, Diff, ReplyRequest, Request};
use crate::store::{Begin, Finish, JobRow, Next, Owed, Park, Patch, Plan, Recorded, StoreError, Tried};
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
    let way = Way::of(&owed.key, live);
    if !matches!(action, Action::Repeat(..) | Action::Unknown(..)) && way.has_uuid() {
        // New bytes: the doubt about an edit that newer state has overtaken is not theirs.
        job.unknown_since = None;
    }
    let give_up_after = live.settings.give_up_after;
    if outcome::outdated(&owed, &job, give_up_after, now) {
        let finish = finish(&owed, &job, job.fence, now, Next::Dead { reason: "over before it could be shown".to_owned() });
        shared.store.finish(finish).await?;
        return Ok(End { idle: true, ..after_finish(Recorded::Dead, &owed, &job) });
    }
    let worker = Worker { shared, live, way, owed: &owed, view: &view, job: &job };
    match action {
        Action::Nothing => Ok(End { again: None, idle: true }),
        Action::Settle(_) => {
            let recorded = shared.store.finish(finish(&owed, &job, job.fence, now, Next::Done)).await?;
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
            let verdict = outcome::doubt(&worker.situation(&meta, way.endpoint(meta.act, meta.shape), now));
            let verdict = worker.of_part(verdict, None, &meta, way.send(), now).await?;
            worker.record(verdict, None, None, job.fence, &meta).await
        }
        Action::Send(_, generation) if way == Way::Batch => worker.send_part(generation).await,
        Action::Send(_, generation) => worker.send(generation).await,
        Action::Edit(_) => worker.edit().await,
        Action::EditByReply(_, new) => worker.reply(&new, Act::EditByReply).await,
        Action::Reply(_, new) => worker.reply(&new, Act::Reply).await,
    }
}

#[derive(Clone, Copy)]
struct Worker<'a> {
    shared: &'a Shared,
    live: &'a Live,
    way: Way,
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

    /// The next part of a message to departments and lists of people.
    async fn send_part(&self, generation: i64) -> Result<End, StoreError> {
        let store = &self.shared.store;
        let (step, message) = (self.step(), &self.owed.message);
        let mut sending = store.sending(message, generation).await?;
        let written = sending.content.as_ref().filter(|(at, _)| *at == step.name()).is_some();
        if !written || sending.parts.is_empty() {
            // What everybody gets is no second one; a part that may be is written by itself.
            let view = View { possible_duplicate: false, ..self.view.clone() };
            let (content, meta) = Worker { view: &view, ..*self }.content(Act::Send, step, generation).await;
            let audiences = if sending.parts.is_empty() { self.audience().await.map(|all| all.chunks()) } else { Ok(Vec::new()) };
            let audiences = match audiences {
                Ok(audiences) => audiences.iter().map(|part| serde_json::to_string(part).unwrap_or_default()).collect(),
                Err(stop) => return self.go(Err(stop), meta, Endpoint::BatchSend).await,
            };
            let content = serde_json::to_string(&content).unwrap_or_default();
            store.plan(Plan { message: message.clone(), generation, step: step.name(), content, audiences }).await?;
            sending = store.sending(message, generation).await?;
        }
        let Some(part) = batch::next_part(&sending.parts) else {
            // Settled before, and only the end was not recorded: a kill, or a message that retention took.
            let recorded = store.finish(self.all_sent(generation)).await?;
            return Ok(after_finish(recorded, self.owed, self.job));
        };
        let corrupt = |what: &'static str, why: String| StoreError::Corrupt { what, why };
        let audience: Audience = serde_json::from_str(&part.audience).map_err(|e| corrupt("audience", e.to_string()))?;
        let (_, text) = sending.content.as_ref().ok_or_else(|| corrupt("content of parts", "missing".to_owned()))?;
        let shared: Content = serde_json::from_str(text).map_err(|e| corrupt("content of parts", e.to_string()))?;
        let content = match part.duplicate {
            true => {
                let view = View { possible_duplicate: true, ..self.view.clone() };
                Worker { view: &view, ..*self }.content(Act::Send, step, generation).await.0
            }
            false => shared,
        };
        let meta = CallMeta { part: Some(part.number), ..self.meta(Act::Send, generation, step.kind, &content) };
        match (part.state, part.batch_id.as_deref()) {
            (PartState::Asking, Some(id)) => self.perform(Prepared::App(Call::batch_progress(id)), None, meta).await,
            _ => self.go(Ok(Prepared::App(Call::batch_send(&content, &audience))), meta, Endpoint::BatchSend).await,
        }
    }

    /// A message all of whose parts are settled.
    fn all_sent(&self, generation: i64) -> Finish {
        let now = self.shared.clock.now();
        let patch =
            Patch { shown: Some(self.owed.wanted), generation: Some(generation), sent_at: Some(now), updated: true, ..Patch::default() };
        Finish { patch, ..finish(self.owed, self.job, self.job.fence, now, Next::Done) }
    }

    /// Whom a department or list of people means, each once; people by address are looked up.
    async fn audience(&self) -> Result<Audience, Stop> {
        let target: Address = self.owed.key.target.parse().map_err(|why| Stop::Outcome(Outcome::NotSent(NotSentReason::Build, why)))?;
        let mut audience = Audience::default();
        let mut wanted = Vec::new();
        for member in crate::route::expand(&target.members(), &self.live.settings) {
            match member.kind {
                AddressKind::Department => audience.department_ids.push(member.value),
                AddressKind::OpenId => audience.open_ids.push(member.value),
                AddressKind::UserId => audience.user_ids.push(member.value),
                AddressKind::UnionId => audience.union_ids.push(member.value),
                AddressKind::Email | AddressKind::Mobile => wanted.push(member),
                AddressKind::Chat | AddressKind::Team | AddressKind::Bot | AddressKind::Broadcast | AddressKind::Helpdesk => {}
            }
        }
        let stop = |class: Class, why: String| Stop::Outcome(Outcome::NotSent(NotSentReason::Person(class), why));
        if let Some(people) = self.people().filter(|_| !wanted.is_empty()) {
            let mut found = people.find(&wanted).await;
            for address in &wanted {
                match found.remove(address) {
                    Some(Person::Found(id)) => audience.open_ids.push(id),
                    // Not the whole list: nobody may be missed for a look-up that did not work.
                    Some(Person::Failed(class, why)) => return Err(stop(class, why.to_string())),
                    Some(Person::NotFound) | None => {
                        tracing::warn!(%address, delivery = self.owed.message, "nobody with this address; not sent to them")
                    }
                }
            }
        }
        let mut seen = std::collections::HashSet::new();
        for list in [&mut audience.department_ids, &mut audience.open_ids, &mut audience.user_ids, &mut audience.union_ids] {
            seen.clear();
            list.retain(|id| seen.insert(id.clone()));
        }
        if audience.is_empty() {
            return Err(stop(Class::Target, "nobody of the list was found".to_owned()));
        }
        Ok(audience)
    }

    /// What an end means for the part that the call was for; ids that the platform did not know are told.
    async fn of_part(
        &self,
        verdict: Verdict,
        outcome: Option<&Outcome>,
        meta: &CallMeta,
        endpoint: Endpoint,
        now: Timestamp,
    ) -> Result<Verdict, StoreError> {
        if meta.part.is_none() {
            return Ok(verdict);
        }
        let parts = self.shared.store.sending(&self.owed.message, meta.generation).await?.parts;
        let step = self.step().name();
        let verdict = match (endpoint, outcome) {
            (Endpoint::BatchProgress, Some(outcome)) => batch::asked(verdict, outcome, meta, &parts, &step, now),
            _ => batch::settle(verdict, outcome, meta, &parts, &step, now),
        };
        if let Some(part) = verdict.patch.part.as_ref().filter(|part| !part.invalid.is_empty()) {
            notice::invalid(self.shared, self.live, self.owed, &part.invalid, now).await;
        }
        Ok(verdict)
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
        let started = std::time::Instant::now();
        let rendered = self.live.renderer.render(&Request {
            template: &owed.spec.template,
            kind,
            view: self.view,
            locale: owed.spec.locale,
            mentions: &mentions,
            degrade: Degrade { no_rich: step.no_rich, no_mentions: step.no_mentions, safe: step.safe },
            limit: self.way.limit(kind),
            channel: self.way.channel(),
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
        let meta = self.meta(act, generation, kind, &rendered.content);
        (rendered.content, meta)
    }

    /// What a call with this content means.
    fn meta(&self, act: Act, generation: i64, shape: ContentKind, content: &Content) -> CallMeta {
        let schema = match content {
            Content::Card(card) => card.get("schema").and_then(|s| s.as_str()).unwrap_or("1.0").to_owned(),
            Content::Post(_) | Content::Text(_) => String::new(),
        };
        CallMeta {
            act,
            revision: self.owed.wanted,
            generation,
            shape,
            schema,
            told: self.told(),
            repeatable: self.way.has_uuid(),
            part: None,
        }
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

    /// A message of the help desk's bot.
    fn helpdesk_call(&self, content: &Content) -> Result<Prepared, Stop> {
        let refused = |class: Class, why: &str| Stop::Outcome(Outcome::NotSent(NotSentReason::Person(class), why.to_owned()));
        let app = self.owed.key.via.strip_prefix("app:").and_then(|name| self.live.settings.apps.get(name));
        let Some(desk) = app.and_then(|app| app.helpdesk.as_ref()) else {
            return Err(refused(Class::Config, "the app has no `helpdesk` in the configuration any more"));
        };
        let address: Address = self.owed.key.target.parse().map_err(|why| Stop::Outcome(Outcome::NotSent(NotSentReason::Build, why)))?;
        let content_text = helpdesk_content(content);
        let call = Call::helpdesk_send(desk.user_id_type.as_str(), &address.value, desk.receive, content.msg_type(), &content_text);
        Ok(Prepared::App(call))
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
        let verdict = self.of_part(verdict, Some(&answer.value), &meta, endpoint, now).await?;
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
            way: self.way,
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
