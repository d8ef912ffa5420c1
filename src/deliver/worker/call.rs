//! One call: its bytes are kept, it waits for its budgets, it is made, its outcome is judged.

use super::{End, Stop, Worker};
use crate::config::settings::{Address, AddressKind, OnUnknown};
use crate::deliver::dispatch::Permit;
use crate::deliver::outcome::{self, Situation};
use crate::deliver::way::Way;
use crate::feishu::call::{Call, helpdesk_content, receive_id_type};
use crate::feishu::content::Content;
use crate::feishu::error::{Class, Endpoint, NotSentReason, Outcome, Timed};
use crate::feishu::people::Person;
use crate::outbox::CallMeta;
use crate::store::{Begin, StoreError};
use crate::util::clock::after;
use crate::util::failpoint;
use jiff::Timestamp;
use std::sync::PoisonError;
use std::time::Duration;

/// A call ready to be made.
pub(super) enum Prepared {
    App(Call),
    Bot(serde_json::Value),
}

impl Worker<'_, '_> {
    /// Keeps the bytes, then calls; or records what stood in the way.
    pub(super) async fn go(&self, prepared: Result<Prepared, Stop>, meta: CallMeta, endpoint: Endpoint) -> Result<End, StoreError> {
        match prepared {
            Ok(prepared) => {
                let text = match &prepared {
                    Prepared::App(call) => serde_json::to_string(call),
                    Prepared::Bot(body) => serde_json::to_string(body),
                }
                .unwrap_or_default();
                self.perform(prepared, Some(text), meta).await
            }
            Err(Stop(outcome)) => {
                let verdict = outcome::decide(&self.situation(&meta, endpoint, self.shared.clock.now()), &outcome);
                let answer = Timed { value: outcome, took: Duration::ZERO };
                let tried = self.tried(endpoint, &answer, &meta);
                self.record(verdict, Some(tried), Some((endpoint, answer.value.code())), self.job.fence, &meta).await
            }
        }
    }

    /// Commit {revision, step, uuid, bytes}, then the call, then the record.
    pub(super) async fn perform(&self, prepared: Prepared, keep: Option<String>, meta: CallMeta) -> Result<End, StoreError> {
        let shared = self.shared;
        let endpoint = match &prepared {
            Prepared::App(call) => call.endpoint,
            Prepared::Bot(_) => Endpoint::Hook,
        };
        let permit = match self.leave(endpoint).await {
            Ok(permit) => permit,
            Err(until) => return Ok(End { again: Some((until, None)), idle: true, worked: false }),
        };
        let now = shared.clock.now();
        let begin = Begin {
            job: self.job.id.clone(),
            fence: self.job.fence,
            via: self.carrier.via.clone(),
            step: self.step().name(),
            call: keep.map(|text| (text, meta.clone())),
            now,
            lease_until: after(now, shared.lease),
        };
        let Some(fence) = shared.store.begin(begin).await? else {
            tracing::debug!(delivery = self.owed.message, "the job moved on before its call");
            return Ok(End { again: Some((now, None)), idle: true, worked: false });
        };
        failpoint::hit("bytes-kept");
        let answer = self.call(&prepared).await;
        failpoint::hit("answered");
        let now = shared.clock.now();
        permit.made_and_learnt(&answer.value, now);
        let verdict = outcome::decide(&self.situation(&meta, endpoint, now), &answer.value);
        let verdict = self.of_part(verdict, Some(&answer.value), &meta, endpoint, now).await?;
        let tried = self.tried(endpoint, &answer, &meta);
        self.record(verdict, Some(tried), Some((endpoint, answer.value.code())), fence, &meta).await
    }

    /// Leave to make a call: the one that came with the turn, or where the call is another one its own, waited for. `Err`: when
    /// to come again.
    async fn leave(&self, endpoint: Endpoint) -> Result<Permit<'_>, Timestamp> {
        let given = self.permit.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(permit) = given.filter(|permit| permit.is_for(self.carrier, endpoint)) {
            return Ok(permit);
        }
        if self.pinned {
            return self.shared.admit_now(self.carrier, &self.owed.message, endpoint);
        }
        self.shared.admit(self.carrier, &self.owed.message, endpoint).await.ok_or(self.shared.clock.now())
    }

    pub(super) async fn call(&self, prepared: &Prepared) -> Timed<Outcome> {
        let gone = || Timed {
            value: Outcome::NotSent(NotSentReason::Token(Class::Config), format!("{} is not configured any more", self.carrier.via)),
            took: Duration::ZERO,
        };
        match prepared {
            Prepared::App(call) => {
                let name = self.carrier.app_name().unwrap_or_default();
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

    pub(super) fn situation<'s>(&'s self, meta: &'s CallMeta, endpoint: Endpoint, now: Timestamp) -> Situation<'s> {
        Situation {
            owed: self.owed,
            carrier: self.carrier,
            others: self.others(),
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

    /// Where a first message goes: the platform's id type and id.
    pub(super) async fn receive_id(&self) -> Result<(&'static str, String), Stop> {
        let address: Address = self.owed.key.target.parse().map_err(|why| Stop(Outcome::NotSent(NotSentReason::Build, why)))?;
        if self.way == Way::Legacy && address.kind == AddressKind::UnionId {
            let why = "message/v4 knows no union_id; use open_id, user_id, email or a chat".to_owned();
            return Err(Stop(Outcome::NotSent(NotSentReason::Person(Class::Target), why)));
        }
        if let Some(kind) = receive_id_type(address.kind) {
            return Ok((kind, address.value));
        }
        let Some(people) = self.people() else {
            let why = "the app is not configured any more".to_owned();
            return Err(Stop(Outcome::NotSent(NotSentReason::Token(Class::Config), why)));
        };
        let person = |class: Class, why: &str| Stop(Outcome::NotSent(NotSentReason::Person(class), why.to_owned()));
        match people.find(std::slice::from_ref(&address)).await.remove(&address) {
            Some(Person::Found(id)) => Ok(("open_id", id)),
            Some(Person::Failed(class, why)) => Err(person(class, &why)),
            Some(Person::NotFound) | None => Err(person(Class::Target, "nobody with this number is visible to the app")),
        }
    }

    /// A message of the help desk's bot.
    pub(super) fn helpdesk_call(&self, content: &Content) -> Result<Prepared, Stop> {
        let refused = |class: Class, why: &str| Stop(Outcome::NotSent(NotSentReason::Person(class), why.to_owned()));
        let app = self.carrier.app_name().and_then(|name| self.live.settings.apps.get(name));
        let Some(desk) = app.and_then(|app| app.helpdesk.as_ref()) else {
            return Err(refused(Class::Config, "the app has no `helpdesk` in the configuration any more"));
        };
        let address: Address = self.owed.key.target.parse().map_err(|why| Stop(Outcome::NotSent(NotSentReason::Build, why)))?;
        let content_text = helpdesk_content(content);
        let call = Call::helpdesk_send(desk.user_id_type.as_str(), &address.value, desk.receive, content.msg_type(), &content_text);
        Ok(Prepared::App(call))
    }
}
