//! What the client makes of an app's answer: a toast, a new card, or an error with its code.
//!
//! A card has to be what an update by API would take, of the schema of the card it replaces.

use super::{Fault, Outcome, Pressed, Response, ShownToast};
use crate::feishu::callback::answer::{Answer, AnswerError, Card};
use crate::sandbox::answer::Refused;
use crate::sandbox::api::edit::{kind_of, may_replace};
use crate::sandbox::api::send::check_world;
use crate::sandbox::content::{CardKind, inspect_value, max_body};
use crate::sandbox::core::Core;
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::messages::{Change, Message, Version};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

const BAD_BODY: i64 = 200_672;
const BAD_CARD: i64 = 200_673;
const DOWNGRADE: i64 = 200_830;

/// Reads an answer that came over HTTP, or in an ack: `status` 200 is the only good one.
pub(crate) fn read(response: &Response) -> Result<Answer, Fault> {
    match response.status {
        200 => {}
        status @ 300..=399 => return Err(Fault::new(200_671, format!("status {status}: redirects are not followed"))),
        status => return Err(Fault::new(200_671, format!("status {status} instead of 200"))),
    }
    Answer::read(response.body.as_bytes()).map_err(|error| match error {
        AnswerError::Body(why) => Fault::new(BAD_BODY, why),
        AnswerError::Card(why) => Fault::new(BAD_CARD, why),
    })
}

/// Shows an answer, and puts its card in the place of the pressed one.
pub(super) fn show(core: &mut Core, to: &Shown<'_>, answer: &Answer) -> Result<(Outcome, Option<ShownToast>), Fault> {
    if let Some(card) = &answer.card {
        replace(core, to, card)?;
    }
    let toast = answer.toast.as_ref().map(|toast| ShownToast { kind: toast.kind, content: toast.text(to.locale).to_owned() });
    let outcome = match (&toast, &answer.card) {
        (Some(_), Some(_)) => Outcome::ToastAndCard,
        (Some(_), None) => Outcome::Toast,
        (None, Some(_)) => Outcome::Card,
        (None, None) => Outcome::Nothing,
    };
    Ok((outcome, toast))
}

/// To whom an answer is shown, and of what.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub message_id: &'a str,
    pub app_id: &'a str,
    pub open_id: &'a str,
    pub event_id: &'a str,
    pub locale: &'a str,
    pub now: Timestamp,
}

fn replace(core: &mut Core, to: &Shown<'_>, card: &Card) -> Result<(), Fault> {
    let message = core.messages.get(to.message_id).map(Arc::clone);
    let message = message.filter(|message| message.recalled.is_none());
    let message = message.ok_or_else(|| Fault { code: None, reason: "the message was taken back meanwhile".to_owned() })?;
    let value = match card {
        Card::Raw(data) => data.clone(),
        Card::Template(data) => json!({"type": "template", "data": data}),
    };
    let old = kind_of(message.content_for(to.open_id));
    let update = checked(core, to.app_id, &message, old, value).map_err(|refused| fault(&refused))?;
    let stays = !matches!((old, update.kind), (CardKind::V1 { .. }, CardKind::V2));
    if !stays {
        return Err(Fault::new(BAD_CARD, "the card is of schema 2.0 and replaces one of schema 1.0: the schema has to stay the same"));
    }
    let only_for = if update.is_exclusive() { vec![to.open_id.to_owned()] } else { Vec::new() };
    let by = By { endpoint: Endpoint::Callback, request_id: to.event_id.to_owned(), now: to.now, only_for };
    put(core, &message, update, by);
    Ok(())
}

/// A card that may take the place of another.
#[derive(Debug)]
pub(crate) struct Update {
    value: Value,
    pub kind: CardKind,
    bytes: usize,
}

impl Update {
    /// Whether it is seen by named people only.
    pub fn is_exclusive(&self) -> bool {
        self.kind == CardKind::V1 { update_multi: false }
    }
}

/// The checks of an update by API, on a card that is given as an object. `old`: what it replaces.
pub(crate) fn checked(core: &mut Core, app_id: &str, message: &Message, old: CardKind, value: Value) -> Result<Update, Refused> {
    let bytes = value.to_string().len();
    if bytes > max_body("interactive") {
        return Err(crate::sandbox::answer::refuse(230_025));
    }
    let content = inspect_value("interactive", value)?;
    let exclusive = CardKind::V1 { update_multi: false };
    // A card that only some see stays one, or becomes one that all see.
    if old != exclusive {
        may_replace(old, content.card)?;
    } else if content.card == Some(CardKind::V2) {
        may_replace(CardKind::V2, content.card)?;
    }
    check_world(core, app_id, &message.chat_id, "interactive", &content)?;
    Ok(Update { kind: content.card.unwrap_or(CardKind::V2), value: content.value, bytes })
}

/// What writes a version.
#[derive(Debug)]
pub(crate) struct By {
    pub endpoint: Endpoint,
    pub request_id: String,
    pub now: Timestamp,
    pub only_for: Vec<String>,
}

/// Makes the update the message's newest version.
pub(crate) fn put(core: &mut Core, message: &Message, update: Update, by: By) {
    let By { endpoint, request_id, now, only_for } = by;
    let (number, content, bytes) = (message.next_number(), update.value, update.bytes);
    let version = Arc::new(Version { number, at: now, endpoint, request_id, uuid: None, bytes, content, only_for });
    core.change(&message.message_id, Change::Edited, |message| {
        message.updated = now;
        message.versions.push(version);
    });
}

/// What the client says of a refused card.
fn fault(refused: &Refused) -> Fault {
    let downgrade = refused.msg.contains(&format!("ErrCode: {DOWNGRADE};"));
    Fault::new(if downgrade { DOWNGRADE } else { BAD_CARD }, refused.msg.clone())
}

impl Pressed {
    /// An error that the client shows.
    pub(super) fn failed(fault: Fault) -> Self {
        let Fault { code, reason } = fault;
        Self { outcome: Outcome::Error, toast: None, code, reason: Some(reason), took_ms: 0, request: None, response: None }
    }
}
