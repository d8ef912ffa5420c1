//! Messages to departments and lists of people, one part after the other; what follows is decided by [`batch`].

use super::call::Prepared;
use super::record::{after_finish, finish};
use super::{End, Stop, Worker};
use crate::config::settings::{Address, AddressKind};
use crate::deliver::outcome::Verdict;
use crate::deliver::{batch, notice};
use crate::feishu::call::{Audience, Call};
use crate::feishu::content::Content;
use crate::feishu::error::{Class, Endpoint, NotSentReason, Outcome};
use crate::feishu::people::Person;
use crate::outbox::{Act, CallMeta, PartState};
use crate::render::model::View;
use crate::store::{Finish, Next, Patch, Plan, StoreError};
use jiff::Timestamp;
use std::collections::HashSet;

impl Worker<'_, '_> {
    /// The next part of a message to departments and lists of people.
    pub(super) async fn send_part(&self, generation: i64) -> Result<End, StoreError> {
        let store = &self.shared.store;
        let (step, message) = (self.step(), &self.owed.message);
        let mut sending = store.sending(message, generation).await?;
        let written = sending.content.as_ref().filter(|(at, _)| *at == step.name()).is_some();
        if !written || sending.parts.is_empty() {
            // What everybody gets is no second one; a part that may be is written by itself.
            let view = View { possible_duplicate: false, ..self.view.clone() };
            let (content, meta) = Worker { view: &view, ..*self }.content(Act::Send, step, generation).await;
            let (mut audiences, mut unknown) = (Vec::new(), Vec::new());
            if sending.parts.is_empty() {
                match self.audience().await {
                    Ok((audience, missing)) => (audiences, unknown) = (audience.chunks(), missing),
                    Err(stop) => return self.go(Err(stop), meta, Endpoint::BatchSend).await,
                }
            }
            let audiences = audiences.iter().map(|part| serde_json::to_string(part).unwrap_or_default()).collect();
            let content = serde_json::to_string(&content).unwrap_or_default();
            store.plan(Plan { message: message.clone(), generation, step: step.name(), content, audiences, unknown }).await?;
            sending = store.sending(message, generation).await?;
        }
        let Some(part) = batch::next_part(&sending.parts) else {
            // Settled before, and only the end was not recorded: a message that retention took, or a retry of what is over.
            let now = self.shared.clock.now();
            let meta = self.meta(Act::Send, generation, step.kind, &Content::Text(String::new()));
            let (next, patch) = match batch::lost(&sending.parts, None) {
                Some(reason) => (Next::Dead { reason }, Patch::default()),
                None => (Next::Done, batch::all_sent(&meta, false, now)),
            };
            let finish = Finish { patch, ..finish(self.owed, self.carrier, self.job, self.job.fence, now, next) };
            let recorded = store.finish(finish).await?;
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

    /// Whom a department or list of people means, each once; people by address are looked up. With those whom nobody has.
    pub(super) async fn audience(&self) -> Result<(Audience, Vec<String>), Stop> {
        let target: Address = self.owed.key.target.parse().map_err(|why| Stop(Outcome::NotSent(NotSentReason::Build, why)))?;
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
        let stop = |class: Class, why: String| Stop(Outcome::NotSent(NotSentReason::Person(class), why));
        let mut missing = Vec::new();
        if !wanted.is_empty() {
            // Not the whole list: nobody may be missed for a look-up that did not work.
            let Some(people) = self.people() else {
                let why = "the app is not configured any more".to_owned();
                return Err(Stop(Outcome::NotSent(NotSentReason::Token(Class::Config), why)));
            };
            let mut found = people.find(&wanted).await;
            for address in &wanted {
                match found.remove(address) {
                    Some(Person::Found(id)) => audience.open_ids.push(id),
                    Some(Person::Failed(class, why)) => return Err(stop(class, why.to_string())),
                    Some(Person::NotFound) | None => missing.push(address.to_string()),
                }
            }
        }
        let mut seen = HashSet::new();
        for list in [&mut audience.department_ids, &mut audience.open_ids, &mut audience.user_ids, &mut audience.union_ids] {
            seen.clear();
            list.retain(|id| seen.insert(id.clone()));
        }
        if audience.is_empty() {
            return Err(stop(Class::Target, "nobody of the list was found".to_owned()));
        }
        Ok((audience, missing))
    }

    /// What an end means for the part that the call was for; ids that the platform did not know are told.
    pub(super) async fn of_part(
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
        let sending = self.shared.store.sending(&self.owed.message, meta.generation).await?;
        let (parts, step) = (&sending.parts, self.step().name());
        let verdict = match (endpoint, outcome) {
            (Endpoint::BatchProgress, Some(outcome)) => batch::asked(verdict, outcome, meta, parts, &step, now),
            _ => batch::settle(verdict, outcome, meta, parts, &step, now),
        };
        if matches!(verdict.next, Next::Done | Next::Dead { .. }) {
            // Told once, when all of them are known.
            let last = verdict.patch.part.as_ref().map(|part| part.invalid.as_slice()).unwrap_or_default();
            let ids: Vec<String> = sending.unknown.iter().chain(parts.iter().flat_map(|part| &part.invalid)).chain(last).cloned().collect();
            if !ids.is_empty() {
                notice::invalid(self.shared, self.live, self.owed, &ids, now).await;
            }
        }
        Ok(verdict)
    }
}
