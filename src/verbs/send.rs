//! Sending by every path: a chat or person, the old API, a custom bot, the help desk, each of a team, a batch.

use super::address;
use super::content::Body;
use super::error::{ErrorKind, VerbError};
use super::run::{App, Executor, with};
use super::{MANY, MsgType, Request};
use crate::config::settings::{Address, AddressKind, Api, Locale};
use crate::deliver::limiter::Scope;
use crate::feishu::call::{Call, receive_id_type};
use crate::feishu::content::Channel;
use crate::feishu::content::card::v1::{self, Reader};
use crate::feishu::error::Endpoint;
use crate::util::id::hash_id;
use serde_json::{Value, json};

impl Executor<'_> {
    pub(super) async fn send(&self, request: &Request, to: &str, body: &Body, uuid: &str) -> Result<Value, VerbError> {
        let to = address::parse(to)?;
        let app = || self.app(request.app.as_deref());
        if request.verb.uuid().is_some() && (!to.kind.by_message_api() || app()?.settings.api == Api::V4) {
            return Err(no_uuid(to.kind));
        }
        let channel = match to.kind {
            AddressKind::Bot => Channel::CustomBot,
            AddressKind::Helpdesk | AddressKind::Department | AddressKind::Broadcast => Channel::Legacy,
            _ if app()?.settings.api == Api::V4 => Channel::Legacy,
            _ => Channel::App,
        };
        check(body, channel)?;
        match to.kind {
            AddressKind::Bot => self.to_bot(&to, body).await,
            AddressKind::Helpdesk => self.to_helpdesk(app()?, &to, body).await,
            AddressKind::Department | AddressKind::Broadcast => self.to_batch(app()?, &to, body, request.yes).await,
            AddressKind::Team => self.to_each(app()?, &to, body, uuid, request.yes).await,
            _ => self.to_one(app()?, &to, body, uuid).await,
        }
    }

    /// One chat or person, over the message API that the app has.
    async fn to_one(&self, app: App<'_>, to: &Address, body: &Body, uuid: &str) -> Result<Value, VerbError> {
        let (kind, receiver) = self.receiver(app, to).await?;
        let name = to.to_string();
        let scope = if to.kind == AddressKind::Chat { Scope::Chat(&name) } else { Scope::Person(&name) };
        if app.settings.api == Api::V4 {
            if kind == "union_id" {
                return Err(
                    VerbError::usage("message/v4 sends to chats, open_ids, user_ids and e-mail addresses, not to union_ids").at("to")
                );
            }
            let Some(envelope) = body.envelope() else { return Err(not_taken(body, "message/v4")) };
            let call = Call::legacy_send_value((kind, &receiver), None, body.msg_type.as_str(), envelope);
            let answer = self.call(app, &call, scope).await?;
            return Ok(with(answer.data, &[("to", json!(name))]));
        }
        let call = Call::send(kind, &receiver, body.msg_type.as_str(), &body.to_content_string(), uuid);
        let answer = self.call(app, &call, scope).await?;
        Ok(with(answer.data, &[("to", json!(name)), ("uuid", json!(uuid))]))
    }

    /// The platform's id type and id of whoever a message goes to.
    pub(super) async fn receiver(&self, app: App<'_>, to: &Address) -> Result<(&'static str, String), VerbError> {
        if let Some(kind) = receive_id_type(to.kind) {
            return Ok((kind, to.value.clone()));
        }
        if to.kind != AddressKind::Mobile {
            return Err(VerbError::usage(format!("{to} is neither a chat nor a person")).at("to"));
        }
        let found = self.looked_up(app, std::slice::from_ref(to)).await?.pop().and_then(|(_, id)| id);
        let id = found.ok_or_else(|| {
            VerbError::new(ErrorKind::Refused, format!("nobody that the app can see has {to}; check its contact range")).at("to")
        })?;
        Ok(("open_id", id))
    }

    /// Everybody in a team, each alone and with an id of their own.
    async fn to_each(&self, app: App<'_>, to: &Address, body: &Body, uuid: &str, yes: bool) -> Result<Value, VerbError> {
        let people = self.opened(vec![to.clone()])?;
        if people.len() > MANY && !yes {
            return Err(VerbError::needs_yes(format!("this sends to {} people", people.len())));
        }
        let (mut items, mut failed) = (Vec::new(), 0);
        for person in &people {
            let name = person.to_string();
            let own = hash_id(&[uuid, &name]);
            match self.to_one(app, person, body, &own).await {
                Ok(sent) => items.push(sent),
                Err(error) => {
                    // The team's: with it the whole command is repeated, and those who have the message get no second one.
                    let error = repeatable(error, uuid, "an hour");
                    failed += 1;
                    items.push(json!({ "to": name, "error": error }));
                }
            }
        }
        Ok(json!({ "to": to.to_string(), "uuid": uuid, "items": items, "failed": failed }))
    }

    /// Departments and lists of people, 200 of each kind a call. A call has no `uuid`: what was sent before a failure is told.
    async fn to_batch(&self, app: App<'_>, to: &Address, body: &Body, yes: bool) -> Result<Value, VerbError> {
        let Some(envelope) = body.envelope() else { return Err(not_taken(body, "a batch")) };
        let list = self.opened(to.members())?;
        let departments = list.iter().filter(|address| address.kind == AddressKind::Department);
        let departments: Vec<&str> = departments.map(|address| address.value.as_str()).collect();
        if !yes && !departments.is_empty() {
            return Err(VerbError::needs_yes(format!("this reaches everybody in {} and below", departments.join(", "))));
        }
        if !yes && list.len() > MANY {
            return Err(VerbError::needs_yes(format!("this sends to {} people", list.len())));
        }
        let range = self.range(app, &list).await?;
        if range.audience.is_empty() {
            let message = format!("nobody that the app can see has these addresses: {}", range.not_found.join(", "));
            return Err(VerbError::new(ErrorKind::Refused, message).at("to"));
        }
        let mut batches = Vec::new();
        for part in range.audience.chunks() {
            let call = Call::batch_send_value(body.msg_type.as_str(), envelope.clone(), &part);
            match self.call(app, &call, Scope::None).await {
                Ok(answer) => batches.push(with(answer.data, &[("ids", json!(part.len()))])),
                Err(error) if batches.is_empty() => return Err(error),
                Err(error) => return Err(error.after(json!({ "batches": batches }))),
            }
        }
        Ok(json!({ "to": to.to_string(), "batches": batches, "ids": range.audience.len(), "not_found": range.not_found }))
    }

    async fn to_bot(&self, to: &Address, body: &Body) -> Result<Value, VerbError> {
        let bots = &self.live.channels.bots;
        let mut hooks = Vec::new();
        for member in to.members() {
            let Some(bot) = bots.get(&member.value) else {
                let known = bots.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { "none is configured".to_owned() } else { format!("there is: {known}") };
                return Err(VerbError::usage(format!("no custom bot is called {:?}; {known}", member.value)).at("to"));
            };
            hooks.push(&bot.hook);
        }
        let Some(message) = body.envelope() else { return Err(not_taken(body, "a custom bot")) };
        let message = with(message, &[("msg_type", json!(body.msg_type.as_str()))]);
        self.hook(&hooks, &message).await?;
        Ok(json!({ "to": to.to_string() }))
    }

    async fn to_helpdesk(&self, app: App<'_>, to: &Address, body: &Body) -> Result<Value, VerbError> {
        let Some(desk) = &app.settings.helpdesk else {
            return Err(VerbError::usage(format!("app {} has no helpdesk: id and token", app.settings.name)).at("to"));
        };
        let content = match body.msg_type {
            // The help desk takes cards of JSON 1.0 only.
            MsgType::Interactive => {
                let settings = &self.live.settings;
                let reader = Reader { timezone: &settings.timezone, chinese: settings.locale == Locale::Zh };
                let old = Body { msg_type: MsgType::Interactive, content: v1::to_v1(&body.content, &reader) };
                check(&old, Channel::Legacy)?;
                old.helpdesk()
            }
            _ => body.helpdesk(),
        };
        let Some(content) = content else { return Err(not_taken(body, "the help desk")) };
        let kind = desk.user_id_type.as_str();
        let call = Call::helpdesk_send(kind, &to.value, desk.receive, body.msg_type.as_str(), &content);
        let name = to.to_string();
        let answer = self.call(app, &call, Scope::Person(&name)).await?;
        Ok(with(answer.data, &[("to", json!(name))]))
    }

    pub(super) async fn reply(&self, app: App<'_>, message: &str, body: &Body, thread: bool, uuid: &str) -> Result<Value, VerbError> {
        im_v1(app, "replies")?;
        let message = address::message(message)?;
        check(body, Channel::App)?;
        let call = Call::reply(message, body.msg_type.as_str(), &body.to_content_string(), thread, uuid);
        let answer = self.call(app, &call, Scope::None).await?;
        Ok(with(answer.data, &[("uuid", json!(uuid))]))
    }

    /// One message, several as one, or a topic.
    pub(super) async fn forward(&self, app: App<'_>, messages: &[String], merge: bool, to: &str, uuid: &str) -> Result<Value, VerbError> {
        im_v1(app, "forwards")?;
        let (kind, receiver, name) = match to.strip_prefix("thread:") {
            Some(thread) => ("thread_id", address::id(thread, "omt_", "a topic")?.to_owned(), String::new()),
            None => {
                let to = address::parse(to)?;
                let (kind, id) = self.receiver(app, &to).await?;
                (kind, id, to.to_string())
            }
        };
        let scope = match kind {
            "thread_id" => Scope::None,
            "chat_id" => Scope::Chat(&name),
            _ => Scope::Person(&name),
        };
        let call = match messages {
            [thread] if !merge && thread.starts_with("omt_") => {
                Call::forward_thread(address::id(thread, "omt_", "a topic")?, kind, &receiver, uuid)
            }
            [message] if !merge => Call::forward(address::message(message)?, kind, &receiver, uuid),
            several if (1..=100).contains(&several.len()) => {
                let ids: Vec<&str> = several.iter().map(|message| address::message(message)).collect::<Result<_, _>>()?;
                Call::merge_forward(&ids, kind, &receiver, uuid)
            }
            _ => return Err(VerbError::usage("1 to 100 messages are forwarded as one")),
        };
        let answer = self.call(app, &call, scope).await?;
        Ok(with(answer.data, &[("uuid", json!(uuid))]))
    }
}

/// What the platform would refuse is not sent.
pub(super) fn check(body: &Body, channel: Channel) -> Result<(), VerbError> {
    let faults = body.check(channel);
    let Some(first) = faults.first() else { return Ok(()) };
    let list: Vec<String> = faults.iter().map(|fault| format!("  {fault}")).collect();
    Err(VerbError::usage(format!("the platform would refuse this content:\n{}", list.join("\n"))).at(first.at.clone()))
}

/// Calls that only `im/v1` has.
pub(super) fn im_v1(app: App<'_>, what: &str) -> Result<(), VerbError> {
    match app.settings.api {
        Api::ImV1 => Ok(()),
        Api::V4 => Err(VerbError::usage(format!("app {} has only message/v4, which knows no {what}", app.settings.name)).at("app")),
    }
}

fn not_taken(body: &Body, by: &str) -> VerbError {
    VerbError::usage(format!("{by} does not take messages of kind {}", body.msg_type.as_str())).at("/msg_type")
}

/// A `uuid` that would be dropped on the way promises what nobody keeps.
fn no_uuid(kind: AddressKind) -> VerbError {
    let way = match kind {
        AddressKind::Bot => "a custom bot",
        AddressKind::Helpdesk => "the help desk",
        AddressKind::Department | AddressKind::Broadcast => "a batch",
        _ => "message/v4",
    };
    VerbError::usage(format!("{way} knows no uuid: a repeat always makes a second message; leave it out")).at("uuid")
}

/// Where nobody knows whether it was done, the same `uuid` makes a repeat harmless.
pub(super) fn repeatable(error: VerbError, uuid: &str, lasts: &str) -> VerbError {
    let carried = error.endpoint.is_some_and(Endpoint::has_uuid);
    if carried && error.kind == ErrorKind::Unreachable && error.code.is_none() { error.repeatable(uuid, lasts) } else { error }
}
