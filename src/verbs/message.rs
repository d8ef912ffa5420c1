//! Verbs about one message that is there: edit, recall, read, mark, urge.

use super::address;
use super::content::{Body, MsgType};
use super::error::{ErrorKind, VerbError};
use super::run::{App, Executor, with};
use super::send::{check, im_v1};
use super::{MANY, Verb};
use crate::deliver::limiter::Scope;
use crate::feishu::call::{BATCH_IDS, Call, History, Urge};
use crate::feishu::content::Channel;
use serde_json::{Value, json};

impl Executor<'_> {
    /// PATCH of a card, PUT of a text or post. Where nobody said what the content is, the message says what it can become.
    pub(super) async fn edit(&self, app: App<'_>, message: &str, body: &Body, guessed: bool) -> Result<Value, VerbError> {
        im_v1(app, "edits")?;
        let message = address::message(message)?;
        let body = if guessed && body.msg_type == MsgType::Text { self.as_shown(app, message, body).await? } else { body.clone() };
        check(&body, Channel::App)?;
        let content = body.to_content_string();
        let call = match body.msg_type {
            MsgType::Interactive => Call::patch(message, &content),
            MsgType::Text | MsgType::Post => Call::edit(message, body.msg_type.as_str(), &content),
            other => return Err(VerbError::usage(format!("messages of kind {} cannot be edited", other.as_str()))),
        };
        let answer = self.call(app, &call, Scope::Message(message)).await?;
        Ok(with(answer.data, &[("message_id", json!(message))]))
    }

    /// A text in the kind of the message that is to show it.
    async fn as_shown(&self, app: App<'_>, message: &str, body: &Body) -> Result<Body, VerbError> {
        let shown = match self.call(app, &Call::get(message), Scope::None).await {
            Ok(answer) => answer.data.pointer("/items/0/msg_type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            // Reading takes a scope that editing does not.
            Err(error) if error.kind == ErrorKind::Refused => String::new(),
            Err(error) => return Err(error),
        };
        match shown.as_str() {
            "interactive" => Err(VerbError::usage(format!("{message} is a card; its new content has to be a card"))),
            "post" => {
                let text = body.content.get("text").and_then(Value::as_str).unwrap_or_default();
                let lines: Vec<Value> = text.lines().map(|line| json!([{ "tag": "text", "text": line }])).collect();
                Ok(Body { msg_type: MsgType::Post, content: json!({ "zh_cn": { "content": lines } }) })
            }
            _ => Ok(body.clone()),
        }
    }

    pub(super) async fn recall(&self, app: App<'_>, id: &str) -> Result<Value, VerbError> {
        if id.starts_with("bm-") {
            let batch = address::id(id, "bm-", "a batch")?;
            let answer = self.call(app, &Call::batch_recall(batch), Scope::None).await?;
            return Ok(with(answer.data, &[("batch_id", json!(batch))]));
        }
        im_v1(app, "recalls")?;
        let message = address::id(id, "om_", "a message (om_) or a batch (bm-)")?;
        let answer = self.call(app, &Call::recall(message), Scope::None).await?;
        Ok(with(answer.data, &[("message_id", json!(message))]))
    }

    pub(super) async fn read(&self, app: App<'_>, verb: &Verb) -> Result<Value, VerbError> {
        let call = match verb {
            Verb::Get { message } => Call::get(address::message(message)?),
            Verb::History { of, since, until, oldest_first, size, page } => {
                let thread = of.starts_with("omt_");
                if thread && (since.is_some() || until.is_some()) {
                    return Err(VerbError::usage("the history of a topic cannot be cut by time").at("since"));
                }
                let id = if thread { address::id(of, "omt_", "a topic")? } else { address::chat(of)? };
                let history = History {
                    container_id_type: if thread { "thread" } else { "chat" }.to_owned(),
                    container_id: id.to_owned(),
                    start_time: *since,
                    end_time: *until,
                    ascending: *oldest_first,
                    page_size: *size,
                };
                Call::history(&history, page.as_deref())
            }
            Verb::Readers { message, page } => {
                let mut data = self.call(app, &Call::read_users(address::message(message)?, page.as_deref()), Scope::None).await?.data;
                self.name_readers(app, &mut data).await;
                return Ok(with(data, &[]));
            }
            Verb::Progress { batch } => {
                let batch = address::id(batch, "bm-", "a batch")?;
                let progress = self.call(app, &Call::batch_progress(batch), Scope::None).await?.data;
                let read = self.call(app, &Call::batch_read_user(batch), Scope::None).await?.data;
                let read = read.get("read_user").cloned().unwrap_or_default();
                return Ok(with(progress, &[("batch_id", json!(batch)), ("read_user", read)]));
            }
            _ => return Err(VerbError::usage("this verb reads nothing")),
        };
        self.call(app, &call, Scope::None).await.map(|answer| with(answer.data, &[]))
    }

    /// Names beside the readers' ids, where the app may see them.
    async fn name_readers(&self, app: App<'_>, data: &mut Value) {
        let items = data.get_mut("items").and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            let Some(id) = item.get("user_id").and_then(Value::as_str).map(str::to_owned) else { continue };
            // One refusal speaks for all: names are a courtesy.
            let Some(name) = self.name(app, &id).await else { return };
            if let Some(item) = item.as_object_mut() {
                item.insert("name".to_owned(), name.into());
            }
        }
    }

    /// Reactions and pins.
    pub(super) async fn mark(&self, app: App<'_>, verb: &Verb) -> Result<Value, VerbError> {
        let call = match verb {
            Verb::React { message, emoji } => Call::react(address::message(message)?, address::id(emoji, "", "an emoji, such as DONE")?),
            Verb::Unreact { message, reaction } => Call::unreact(address::message(message)?, address::id(reaction, "", "a reaction")?),
            Verb::Reactions { message, emoji, page } => Call::reactions(address::message(message)?, emoji.as_deref(), page.as_deref()),
            Verb::Pin { message } => Call::pin(address::message(message)?),
            Verb::Unpin { message } => Call::unpin(address::message(message)?),
            Verb::Pins { chat, page } => Call::pins(address::chat(chat)?, page.as_deref()),
            _ => return Err(VerbError::usage("this verb marks nothing")),
        };
        let answer = self.call(app, &call, Scope::None).await?;
        let about = match verb {
            Verb::Unreact { message, .. } | Verb::Unpin { message } => vec![("message_id", json!(message))],
            _ => Vec::new(),
        };
        Ok(with(answer.data, &about))
    }

    /// Urges people, at most 200 a call and never twice. Text messages and phone calls cost the tenant's quota.
    pub(super) async fn urgent(&self, app: App<'_>, message: &str, who: &[String], by: Urge, yes: bool) -> Result<Value, VerbError> {
        im_v1(app, "urging")?;
        let message = address::message(message)?;
        let people = self.people(who)?;
        if !yes {
            let costly = match by {
                Urge::App => None,
                Urge::Sms => Some("text messages"),
                Urge::Phone => Some("phone calls"),
            };
            if let Some(costly) = costly {
                let who = if people.len() == 1 { "1 person".to_owned() } else { format!("{} people", people.len()) };
                let what = format!("this urges {who} by the tenant's quota of {costly}");
                return Err(VerbError::needs_yes(what));
            }
            if people.len() > MANY {
                return Err(VerbError::needs_yes(format!("this urges {} people", people.len())));
            }
        }
        let range = self.range(app, &people).await?;
        let (mut urged, mut invalid) = (0, Vec::new());
        for (kind, ids) in range.by_kind() {
            for part in ids.chunks(BATCH_IDS) {
                let part: Vec<&str> = part.iter().map(String::as_str).collect();
                let answer = self.call(app, &Call::urgent(by, message, kind, &part), Scope::None).await;
                let answer = answer.map_err(|error| if urged > 0 { error.after(json!({ "urged": urged })) } else { error })?;
                let refused = answer.data.get("invalid_user_id_list").and_then(Value::as_array).cloned().unwrap_or_default();
                urged += part.len().saturating_sub(refused.len());
                invalid.extend(refused);
            }
        }
        if urged == 0 && invalid.is_empty() {
            let message = format!("nobody that the app can see has these addresses: {}", range.not_found.join(", "));
            return Err(VerbError::new(ErrorKind::Refused, message).at("who"));
        }
        Ok(json!({ "message_id": message, "urged": urged, "invalid_user_id_list": invalid, "not_found": range.not_found }))
    }
}
