//! The sandbox's state behind one lock, and what handlers share: the call, the store, small checks.

use crate::feishu::callback::frame::ClientConfig;
use crate::sandbox::answer::{Refused, field, refuse, refuse_msg};
use crate::sandbox::batches::Batches;
use crate::sandbox::calls::Calls;
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::content::Content;
use crate::sandbox::endpoint::Endpoint;
use crate::sandbox::exchanges::Exchanges;
use crate::sandbox::faults::Faults;
use crate::sandbox::files::Files;
use crate::sandbox::images::Images;
use crate::sandbox::limits::{Limits, Scope};
use crate::sandbox::long::Sockets;
use crate::sandbox::messages::{Change, Message, Messages, Version};
use crate::sandbox::press::Presses;
use crate::sandbox::press::tokens::CardTokens;
use crate::sandbox::pulse::{Pulse, Topic};
use crate::sandbox::tokens::Tokens;
use crate::sandbox::uploads::Upload;
use crate::sandbox::uuids::Uuids;
use crate::sandbox::world::World;
use axum::body::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a repeated `uuid` answers: the platform does not say, so both are here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UuidMode {
    /// The message it made, with code 0.
    #[default]
    SameMessage,
    /// Error 230049.
    Error230049,
}

/// What can be switched while it runs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// The platform's rate limits hold.
    pub limits: bool,
    /// What a repeated `uuid` answers.
    pub uuid_mode: UuidMode,
    /// `message/v4/send` refuses with HTTP 400; otherwise, as `batch_send` does, with 200. The platform does not say.
    #[serde(default)]
    pub legacy_http_400: bool,
    /// Messages of the long connection that are longer come in fragments of at most so many bytes.
    #[serde(default = "fragment_bytes")]
    pub fragment_bytes: usize,
    /// How clients keep their long connection; they learn it when they connect and with every pong.
    #[serde(default)]
    pub client_config: ClientConfig,
}

impl Default for Switches {
    fn default() -> Self {
        let (uuid_mode, client_config) = (UuidMode::default(), ClientConfig::default());
        Self { limits: true, uuid_mode, legacy_http_400: false, fragment_bytes: fragment_bytes(), client_config }
    }
}

/// Not documented.
const fn fragment_bytes() -> usize {
    64_000
}

/// Everything the surfaces share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub clock: SandboxClock,
    pub core: Mutex<Core>,
    pub faults: Faults,
    pub changes: broadcast::Sender<Change>,
    pub stop: CancellationToken,
    /// Places for pages that are told of changes.
    pub pages: Arc<Semaphore>,
    /// Owns the tasks.
    pub tracker: TaskTracker,
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells open pages what has changed.
    pub fn beat(&self, topic: Topic) {
        self.lock().pulse.beat(|| topic);
    }
}

/// The state behind the lock.
#[derive(Debug)]
pub(crate) struct Core {
    pub switches: Switches,
    pub world: World,
    pub tokens: Tokens,
    pub limits: Limits,
    pub uuids: Uuids,
    /// Which `uuid` made which chat.
    pub chat_uuids: Uuids,
    pub messages: Messages,
    pub images: Images,
    pub files: Files,
    pub batches: Batches,
    pub calls: Calls,
    pub exchanges: Exchanges,
    pub sockets: Sockets,
    pub card_tokens: CardTokens,
    pub presses: Presses,
    pub changes: broadcast::Sender<Change>,
    pub pulse: Pulse,
}

/// One call of the platform, read and parsed.
#[derive(Debug)]
pub(crate) struct Call {
    pub endpoint: Endpoint,
    /// The path parameter.
    pub id: String,
    /// A second path parameter.
    pub sub: String,
    pub query: BTreeMap<String, String>,
    pub body: Bytes,
    /// The body as JSON, where it is.
    pub json: Option<Value>,
    pub authorization: Option<String>,
    /// The `X-Lark-Helpdesk-Authorization` header.
    pub helpdesk: Option<String>,
    /// The app behind the token.
    pub app: String,
    pub peer: IpAddr,
    pub request_id: String,
    pub now: Timestamp,
    /// By which name the caller reached the sandbox.
    pub host: Option<String>,
    /// What it wants to say, checked as far as no world is needed.
    pub content: Option<Result<Content, Refused>>,
    pub upload: Option<Result<Upload, Refused>>,
}

impl Call {
    /// A query parameter, empty when absent.
    pub fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    /// The JSON body, which must be an object.
    pub fn object(&self) -> Result<&Value, Refused> {
        self.json.as_ref().filter(|json| json.is_object()).ok_or_else(|| refuse(9499))
    }

    /// A string of the body; `None` when absent or null.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Refused> {
        match self.object()?.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => {
                let shown: String = other.to_string().chars().take(80).collect();
                let msg = format!(
                    "Invalid parameter type in json: {name}. Invalid parameter value: {shown}. Please check and modify accordingly."
                );
                Err(refuse_msg(400, 9499, msg))
            }
        }
    }

    /// A string of the body that has to be there and filled.
    pub fn required(&self, name: &str) -> Result<&str, Refused> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| field(name, "", format!("{name} is required")))
    }

    /// The `uuid`, at most 50 characters.
    pub fn uuid(&self) -> Result<Option<&str>, Refused> {
        let given = if self.endpoint.has_uuid_in_query() { Some(self.param("uuid")) } else { self.text("uuid")? };
        match given.filter(|uuid| !uuid.is_empty()) {
            Some(uuid) if uuid.chars().count() > 50 => Err(field("uuid", uuid, "the max length is 50")),
            uuid => Ok(uuid),
        }
    }

    /// The checked content.
    pub fn content(&self) -> Result<&Content, Refused> {
        match &self.content {
            Some(Ok(content)) => Ok(content),
            Some(Err(refused)) => Err(refused.clone()),
            None => Err(refuse(9499)),
        }
    }

    /// The form of an upload.
    pub fn upload(&self) -> Result<&Upload, Refused> {
        match &self.upload {
            Some(Ok(upload)) => Ok(upload),
            Some(Err(refused)) => Err(refused.clone()),
            None => Err(refuse(234_001)),
        }
    }

    /// The version this call writes.
    pub fn version(&self, number: u32, content: Value) -> Result<Arc<Version>, Refused> {
        Ok(Arc::new(Version {
            number,
            at: self.now,
            endpoint: self.endpoint,
            request_id: self.request_id.clone(),
            uuid: if self.endpoint == Endpoint::Hook { None } else { self.uuid()?.map(str::to_owned) },
            bytes: self.body.len(),
            content,
            only_for: Vec::new(),
        }))
    }
}

impl Core {
    /// Counts one call in a business limit (230020).
    pub fn admit(&mut self, scope: Scope, now: Timestamp) -> Result<(), Refused> {
        self.admit_or(230_020, scope, now)
    }

    /// The same with a code of its own.
    pub fn admit_or(&mut self, code: i64, scope: Scope, now: Timestamp) -> Result<(), Refused> {
        if self.switches.limits && self.limits.admit(scope, now).is_err() {
            return Err(refuse(code));
        }
        Ok(())
    }

    /// Stores a new message and tells who listens.
    pub fn store(&mut self, message: Message) -> Arc<Message> {
        let message = self.messages.add(message);
        self.tell(Change::Sent(Arc::clone(&message)));
        message
    }

    /// Changes a message and tells who listens.
    pub fn change(
        &mut self,
        message_id: &str,
        kind: fn(Arc<Message>) -> Change,
        change: impl FnOnce(&mut Message),
    ) -> Option<Arc<Message>> {
        let message = self.messages.change(message_id, change)?;
        self.tell(kind(Arc::clone(&message)));
        Some(message)
    }

    /// Forgets all messages.
    pub fn clear_messages(&mut self) {
        self.messages.clear();
        self.tell(Change::Cleared);
    }

    fn tell(&self, change: Change) {
        self.pulse.beat(|| match &change {
            Change::Sent(message) | Change::Edited(message) | Change::Recalled(message) | Change::Touched(message) => {
                Topic::Chat(message.chat_id.clone())
            }
            Change::Cleared => Topic::All,
        });
        let _ = self.changes.send(change);
    }

    /// The message of a path parameter.
    pub fn message(&self, message_id: &str) -> Result<Arc<Message>, Refused> {
        self.messages.get(message_id).map(Arc::clone).ok_or_else(|| refuse(99_992_354))
    }
}
