//! Frames of the long connection: protobuf (proto2) in binary WebSocket messages.
//!
//! Two messages, written here by derive: the required fields are there even when they are zero, or the official
//! parser takes the frame for unfinished. Control frames are pings and pongs, data frames carry what a webhook's body
//! carries, unencrypted; an ack is the received frame again with another payload.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `method` of pings and pongs.
pub const CONTROL: i32 = 0;
/// `method` of events and acks.
pub const DATA: i32 = 1;

/// Names of the headers that the protocol knows.
pub mod header {
    /// `ping`, `pong`, `event` or `card`.
    pub const TYPE: &str = "type";
    /// The same for all fragments of one message.
    pub const MESSAGE_ID: &str = "message_id";
    /// How many fragments there are; 1 is the whole.
    pub const SUM: &str = "sum";
    /// Which of them this is, from 0.
    pub const SEQ: &str = "seq";
    /// For the platform's logs.
    pub const TRACE_ID: &str = "trace_id";
    /// When it was sent, in milliseconds.
    pub const TIMESTAMP: &str = "timestamp";
    /// In an ack: how long the app took, in milliseconds.
    pub const BIZ_RT: &str = "biz_rt";
}

/// One header.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Header {
    /// Its name.
    #[prost(string, required, tag = "1")]
    pub key: String,
    /// Its value.
    #[prost(string, required, tag = "2")]
    pub value: String,
}

/// One frame.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Frame {
    /// `SeqID`
    #[prost(uint64, required, tag = "1")]
    pub seq_id: u64,
    /// `LogID`
    #[prost(uint64, required, tag = "2")]
    pub log_id: u64,
    /// The `service_id` of the connection's URL.
    #[prost(int32, required, tag = "3")]
    pub service: i32,
    /// [`CONTROL`] or [`DATA`].
    #[prost(int32, required, tag = "4")]
    pub method: i32,
    /// What kind of frame it is, and which.
    #[prost(message, repeated, tag = "5")]
    pub headers: Vec<Header>,
    /// Unused.
    #[prost(string, optional, tag = "6")]
    pub payload_encoding: Option<String>,
    /// Unused.
    #[prost(string, optional, tag = "7")]
    pub payload_type: Option<String>,
    /// JSON, or a part of it.
    #[prost(bytes = "vec", optional, tag = "8")]
    pub payload: Option<Vec<u8>>,
    /// `LogIDNew`
    #[prost(string, optional, tag = "9")]
    pub log_id_new: Option<String>,
}

/// What a frame is, by its method and its `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A sign of life that wants a pong.
    Ping,
    /// The answer to a ping; its payload may be a [`ClientConfig`].
    Pong,
    /// Something happened; also `card.action.trigger`.
    Event,
    /// What the platform sends instead where the app has no callback subscription for the long connection.
    Card,
    /// Anything else, to be ignored.
    Other,
}

/// How a client keeps its connection. Times in seconds; sent with the connection's URL and in pongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default, deny_unknown_fields)]
pub struct ClientConfig {
    /// How often to try again; negative: for ever.
    pub reconnect_count: i32,
    /// Between two tries.
    pub reconnect_interval: u32,
    /// Before the first try: a random time up to this.
    pub reconnect_nonce: u32,
    /// Between two pings.
    pub ping_interval: u32,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self { reconnect_count: -1, reconnect_interval: 120, reconnect_nonce: 30, ping_interval: 120 }
    }
}

/// What an app makes of a data frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// 200: handled; anything else: not.
    pub code: i64,
    /// What it answers, as a webhook's body would; `None`: nothing.
    pub answer: Option<Vec<u8>>,
}

/// Why bytes are no frame, or a payload no ack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not protobuf of this shape.
    #[error("not a frame: {0}")]
    Protobuf(String),
    /// An ack's payload is no JSON object with a `code`.
    #[error("the ack's payload is not {{\"code\": .., \"data\": ..}}")]
    Ack,
    /// An ack's `data` is not base64.
    #[error("the ack's data is not base64")]
    Data,
}

impl Frame {
    /// The bytes of a binary message.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Reads a binary message.
    ///
    /// # Errors
    /// When it is no frame.
    pub fn read(bytes: &[u8]) -> Result<Self, FrameError> {
        Self::decode(bytes).map_err(|error| FrameError::Protobuf(error.to_string()))
    }

    /// A client's sign of life.
    pub fn ping(service: i32) -> Self {
        Self { service, method: CONTROL, ..Self::default() }.with(header::TYPE, "ping")
    }

    /// The answer to a ping, with new values for the client where there are some.
    pub fn pong(service: i32, config: Option<&ClientConfig>) -> Self {
        let payload = config.and_then(|config| serde_json::to_vec(config).ok());
        Self { service, method: CONTROL, payload, ..Self::default() }.with(header::TYPE, "pong")
    }

    /// The frame with one more header.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.headers.push(Header { key: key.to_owned(), value: value.into() });
        self
    }

    /// The value of a header.
    pub fn header(&self, key: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.key == key).map(|header| header.value.as_str())
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match (self.method, self.header(header::TYPE)) {
            (CONTROL, Some("ping")) => Kind::Ping,
            (CONTROL, Some("pong")) => Kind::Pong,
            (DATA, Some("event")) => Kind::Event,
            (DATA, Some("card")) => Kind::Card,
            _ => Kind::Other,
        }
    }

    /// The new values of a pong.
    pub fn client_config(&self) -> Option<ClientConfig> {
        if self.kind() == Kind::Pong { serde_json::from_slice(self.payload()).ok() } else { None }
    }

    /// The ack of this data frame: the same, with the time that was taken and the answer.
    #[must_use]
    pub fn acked(&self, ack: &Ack, took_ms: u64) -> Self {
        // Written by hand so that `code` comes first, as the SDKs write it.
        let payload = match &ack.answer {
            Some(answer) => format!(r#"{{"code":{},"data":"{}"}}"#, ack.code, STANDARD.encode(answer)),
            None => format!(r#"{{"code":{}}}"#, ack.code),
        };
        Self { payload: Some(payload.into_bytes()), ..self.clone() }.with(header::BIZ_RT, took_ms.to_string())
    }

    /// Reads this frame as an ack.
    ///
    /// # Errors
    /// When its payload is none.
    pub fn ack(&self) -> Result<Ack, FrameError> {
        let payload: Value = serde_json::from_slice(self.payload()).map_err(|_| FrameError::Ack)?;
        let code = payload.get("code").and_then(Value::as_i64).ok_or(FrameError::Ack)?;
        let answer = match payload.get("data") {
            None | Some(Value::Null) => None,
            Some(Value::String(data)) if data.is_empty() => None,
            Some(Value::String(data)) => Some(STANDARD.decode(data).map_err(|_| FrameError::Data)?),
            Some(_) => return Err(FrameError::Data),
        };
        Ok(Ack { code, answer })
    }

    /// The frames that carry `payload` in parts of at most `part` bytes; at least one. `self` gives everything else;
    /// `sum` and `seq` are added behind its headers.
    pub fn split(&self, payload: &[u8], part: usize) -> Vec<Self> {
        let parts: Vec<&[u8]> = if payload.is_empty() { vec![payload] } else { payload.chunks(part.max(1)).collect() };
        let sum = parts.len().to_string();
        let frame = |(seq, part): (usize, &[u8])| {
            let frame = self.clone().with(header::SUM, sum.as_str()).with(header::SEQ, seq.to_string());
            Self { payload: Some(part.to_vec()), ..frame }
        };
        parts.into_iter().enumerate().map(frame).collect()
    }
}
