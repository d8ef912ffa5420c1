//! What a message says: the view rendered at a ladder step, the people it mentions.

use super::Worker;
use crate::alert::State;
use crate::config::settings::{Address, AddressKind, ContentKind, Locale, MentionOn};
use crate::deliver::attach;
use crate::deliver::ladder::Step;
use crate::deliver::view::{Difference, Digest, short_name};
use crate::feishu::content::Content;
use crate::feishu::content::card::v1::{self, Reader};
use crate::feishu::people::Person;
use crate::outbox::{Act, CallMeta};
use crate::render::model::Mention;
use crate::render::{Degrade, Diff, Request};

impl Worker<'_, '_> {
    /// Renders the message at a ladder step.
    pub(super) async fn content(&self, act: Act, step: Step, generation: i64) -> (Content, CallMeta) {
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
        let meta = CallMeta {
            images: attach::images_in(self.view, &rendered.content),
            left_out: attach::wants_lists(owed, self.view, rendered.omitted),
            ..self.meta(act, generation, kind, &rendered.content)
        };
        (rendered.content, meta)
    }

    /// The same for the help desk, which takes cards of JSON 1.0 only; one that grows too big by that goes as a post.
    pub(super) async fn helpdesk_content(&self, step: Step, generation: i64) -> (Content, CallMeta) {
        let (content, meta) = self.content(Act::Send, step, generation).await;
        let Content::Card(card) = &content else { return (content, meta) };
        let reader = Reader { timezone: &self.live.settings.timezone, chinese: self.owed.spec.locale == Locale::Zh };
        let content = Content::Card(v1::to_v1(card, &reader));
        if content.wire_bytes_for(self.way.channel()) > self.way.limit(ContentKind::Card).bytes {
            return self.content(Act::Send, Step { kind: ContentKind::Post, ..step }, generation).await;
        }
        let meta = self.meta(Act::Send, generation, ContentKind::Card, &content);
        (content, meta)
    }

    /// What a call with this content means.
    pub(super) fn meta(&self, act: Act, generation: i64, shape: ContentKind, content: &Content) -> CallMeta {
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
            images: Vec::new(),
            left_out: false,
            told_of: self.tells.map(|tells| tells.of.clone()),
        }
    }

    pub(super) fn told(&self) -> String {
        if let Some(tells) = self.tells {
            return tells.told.clone();
        }
        serde_json::to_string(&Digest::of(self.view, self.owed.repeats)).unwrap_or_default()
    }

    pub(super) fn diff(&self, new: &Difference) -> Diff {
        let titles =
            |indices: &[usize]| indices.iter().filter_map(|i| self.view.alerts.get(*i)).map(|a| short_name(a, self.view)).collect();
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
    pub(super) async fn mentions(&self, shape: ContentKind) -> Vec<Mention> {
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
}
