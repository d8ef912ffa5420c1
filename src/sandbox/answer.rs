//! Answers in the platform's shape: `{code, msg, data}`, `error.log_id`, `X-Tt-Logid`.
//!
//! Texts of known codes live in one table here; handlers only name the code and, where the platform does,
//! add the `ext=` detail.

use axum::body::{Body, Bytes};
use axum::response::Response;

use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

/// What one platform call answers, before it becomes an HTTP response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub http: u16,
    pub code: i64,
    pub msg: String,
    pub body: Payload,
    pub headers: Vec<(&'static str, String)>,
    violations: Vec<Value>,
}

/// The part of an answer beside `code` and `msg`.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    /// Under `data`.
    Data(Value),
    /// Beside `code` and `msg`, as the token and bot endpoints do.
    Flat(Map<String, Value>),
    /// Not JSON at all: a downloaded image.
    Raw(&'static str, Bytes),
}

/// A refusal, boxed because it is the rare way out.
pub(crate) type Refused = Box<Answer>;

/// What a handler returns.
pub(crate) type Outcome = Result<Answer, Refused>;

impl Answer {
    /// `code: 0` with `data`.
    pub fn ok(data: Value) -> Self {
        Self::of(200, 0, "success", Payload::Data(data))
    }

    /// `code: 0` with the fields beside it.
    pub fn flat(fields: Value) -> Self {
        let fields = match fields {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Self::of(200, 0, "ok", Payload::Flat(fields))
    }

    /// A download.
    pub fn raw(content_type: &'static str, bytes: Bytes) -> Self {
        Self::of(200, 0, "success", Payload::Raw(content_type, bytes))
    }

    fn of(http: u16, code: i64, msg: &str, body: Payload) -> Self {
        Self { http, code, msg: msg.to_owned(), body, headers: Vec::new(), violations: Vec::new() }
    }

    /// An answer made on demand by a fault.
    pub fn made(http: u16, code: i64, msg: String) -> Self {
        Self { http, code, msg, body: Payload::Data(json!({})), headers: Vec::new(), violations: Vec::new() }
    }

    /// Adds a header.
    pub fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The JSON body.
    pub fn to_json(&self, log_id: &str) -> Value {
        let mut out = Map::new();
        out.insert("code".into(), self.code.into());
        out.insert("msg".into(), self.msg.clone().into());
        match &self.body {
            Payload::Data(data) if self.code == 0 || !data.as_object().is_some_and(Map::is_empty) => {
                out.insert("data".into(), data.clone());
            }
            Payload::Flat(fields) => out.extend(fields.clone()),
            Payload::Data(_) | Payload::Raw(..) => {}
        }
        if self.code != 0 && !matches!(self.body, Payload::Flat(_)) {
            let mut error = json!({"log_id": log_id, "troubleshooter": "larkhook sandbox: nothing was sent to Feishu"});
            if !self.violations.is_empty() {
                error["field_violations"] = self.violations.clone().into();
            }
            out.insert("error".into(), error);
        }
        Value::Object(out)
    }

    /// Content type and bytes of the body.
    pub fn body_bytes(&self, log_id: &str) -> (&'static str, Bytes) {
        match &self.body {
            Payload::Raw(content_type, bytes) if self.code == 0 => (content_type, bytes.clone()),
            _ => ("application/json; charset=utf-8", self.to_json(log_id).to_string().into()),
        }
    }

    /// The HTTP response.
    pub fn respond(&self, log_id: &str, request_id: &str) -> Response {
        let (content_type, bytes) = self.body_bytes(log_id);
        self.respond_with(content_type, Body::from(bytes), log_id, request_id)
    }

    /// The HTTP response with another body.
    pub fn respond_with(&self, content_type: &'static str, body: Body, log_id: &str, request_id: &str) -> Response {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        for (name, value) in [("x-tt-logid", log_id), ("x-request-id", request_id)]
            .into_iter()
            .chain(self.headers.iter().map(|(name, value)| (*name, value.as_str())))
        {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        response
    }
}

/// A refusal with the platform's words for `code`, HTTP 400.
pub(crate) fn refuse(code: i64) -> Refused {
    Box::new(Answer::made(400, code, words(code).to_owned()))
}

/// A refusal with a detail behind `ext=`.
pub(crate) fn refuse_ext(code: i64, ext: impl std::fmt::Display) -> Refused {
    Box::new(Answer::made(400, code, format!("{}, ext={ext}", words(code).trim_end_matches('.'))))
}

/// A refusal with words of its own.
pub(crate) fn refuse_msg(http: u16, code: i64, msg: impl Into<String>) -> Refused {
    Box::new(Answer::made(http, code, msg.into()))
}

/// 99992402: a field is missing or out of range.
pub(crate) fn field(name: &str, value: &str, description: impl Into<String>) -> Refused {
    let mut answer = Answer::made(400, 99_992_402, words(99_992_402).to_owned());
    answer.violations.push(json!({"field": name, "value": value, "description": description.into()}));
    Box::new(answer)
}

/// The gateway's 429 with the headers that say when to come back.
pub(crate) fn too_many(limit: u32, reset_ms: i64) -> Refused {
    let seconds = reset_ms.max(1).div_ceil_ms();
    let answer = Answer::made(429, 99_991_400, words(99_991_400).to_owned())
        .with_header("x-ogw-ratelimit-limit", limit.to_string())
        .with_header("x-ogw-ratelimit-reset", seconds.to_string());
    Box::new(answer)
}

trait Seconds {
    fn div_ceil_ms(self) -> i64;
}

impl Seconds for i64 {
    fn div_ceil_ms(self) -> i64 {
        (self + 999) / 1000
    }
}

/// The platform's words for a code.
pub(crate) fn words(code: i64) -> &'static str {
    match code {
        0 => "success",
        9499 => "Bad Request",
        10002 => "send message fail",
        10003 => "invalid param",
        10014 => "app is not usable",
        10015 => "app secret invalid",
        10010 => "cross tenant",
        10020 => "invalid message id",
        10029 => "invalid chat id",
        10030 => "bot is not in the chat",
        10037 => "message does not exist",
        11101 => "open_id does not exist",
        11102 => "user_id does not exist",
        11105 => "email does not exist",
        11203 => "no permission to send messages to several users",
        11204 => "no permission to send messages to departments",
        11205 => "app do not have bot",
        11207 => "app is unusable",
        11209 => "app does not exist",
        11210 => "app is not installed",
        11213 => "chat does not exist",
        11223 => "no write permission",
        11225 => "bot is invisible to the user",
        11227 => "invalid image key",
        11231 => "chat not found",
        11235 => "at all user is forbidden",
        11240 => "bot does not exist",
        11248 => "sensitive content",
        11236 => "user has resigned",
        11237 => "chat is dissolved",
        11242 => "send message is forbidden in the chat",
        11311 => "the card is invalid",
        11312 => "message audit failed",
        11232 => "create message service trigger rate limit",
        11233 => "create message chat trigger rate limit",
        11246 => "create content failed",
        11247 => "send message reaches the limit",
        18053 => "create message failed",
        18054 => "create message content failed",
        18120 => "p2p chat is forbidden",
        18121 => "the same request is in progress",
        19001 => "param invalid: incoming webhook access token invalid",
        19002 => "params error, msg_type need",
        19021 => "sign match fail or timestamp is not within one hour from current time",
        19022 => "Ip Not Allowed",
        19024 => "Key Words Not Found",
        19036 => "The message exceeds 30 KB",
        41012 => "user id invalid error",
        41050 => "no user authority error",
        100_000 => "the card exceeds 100 KB",
        100_030 => "the request body is not valid JSON",
        200_000 => "the message was withdrawn",
        200_310 => "the card is another app's",
        200_320 => "invalid open_ids",
        300_020 => "the token is malformed",
        300_030 => "the token has expired",
        300_040 => "the token has been used too often",
        300_090 => "open_ids is required for cards that are not shared",
        154_000 => "invalid param",
        154_001 => "invalid helpdesk token or id",
        154_003 => "no permission",
        154_004 => "not found",
        154_005 => "not supported",
        155_000 => "internal error",
        99_991_201 => "no such path",
        99_991_301 => "method not allowed",
        99_991_400 => "request trigger frequency limit",
        99_991_403 => "This month's API call quota has been exceeded",
        99_991_543 => "app_id or app_secret does not exist",
        99_991_661 => "Missing access token for authorization. Please make a test attempt again.",
        99_991_662 => "app is disabled",
        99_991_663 => "Invalid access token for authorization. Please make a test attempt again.",
        99_991_664 => "Invalid app access token",
        99_991_668 => "Invalid user access token for authorization",
        99_991_671 => "Invalid access token for authorization. The token must start with \"t-\" or \"u-\"",
        99_991_672 => "Access denied. One of the following scopes is required",
        99_992_351 => "The request you send is not a valid {open_id} or not exists",
        99_992_352 => "The request you send is not a valid {user_id} or not exists",
        99_992_353 => "The request you send is not a valid {union_id} or not exists",
        99_992_354 => "The request you send is not a valid {message_id} or not exists",
        99_992_361 => "open_id cross app",
        99_992_402 => "field validation failed",
        230_001 => "Your request contains an invalid request parameter",
        230_002 => "The bot can NOT be outside the group.",
        230_006 => "Bot ability is not activated.",
        230_009 => "The message has exceeded the time limit for recall.",
        230_011 => "The message was withdrawn.",
        230_012 => "Bot is NOT the sender of the message.",
        230_013 => "Bot has NO availability to this user.",
        230_015 => "P2P chat can NOT be shared.",
        230_017 => "Bot is NOT the owner of the resource.",
        230_018 => "These operations are NOT allowed at current group settings.",
        230_019 => "The topic does NOT exist.",
        230_020 => "This operation triggers the frequency limit.",
        230_022 => "The content of the message contains sensitive information.",
        230_023 => "The number of unread urgent messages of the user reaches its limit.",
        230_024 => "The quota of urgent messages of the tenant is used up.",
        230_025 => "The length of the message content reaches its limit.",
        230_026 => "No permission to recall this message.",
        230_027 => "Lack of necessary permissions.",
        230_028 => "The messages do NOT pass the audit.",
        230_029 => "The user has resigned.",
        230_030 => "The message_id does NOT exist.",
        230_031 => "The message has exceeded the time limit for updating cards (14 days).",
        230_033 => "The reading status can only be got within 7 days after the message is sent.",
        230_034 => "The receive_id is invalid.",
        230_035 => "Send Message Permission deny.",
        230_038 => "Cross tenant p2p chat operate forbid.",
        230_045 => "The chat does NOT exist.",
        230_046 => "No permission to pin or unpin messages in the chat.",
        230_047 => "Pinning and unpinning of this message triggers the frequency limit.",
        230_048 => "Listing pins triggers the frequency limit.",
        230_049 => "The message is being sent.",
        230_050 => "The message is invisible to the operator.",
        230_052 => "Urgent messages are NOT allowed in this chat.",
        230_053 => "The user has stopped the bot from sending messages.",
        230_054 => "This operation is not supported for this message type.",
        230_055 => "The type of file upload does not match the type of message being sent.",
        230_061 => "This type of message can NOT be forwarded.",
        230_064 => "The message to forward is invalid.",
        230_065 => "The message to forward has been withdrawn.",
        230_066 => "Messages can NOT be forwarded from or to a secret chat.",
        230_067 => "Messages of topics and other messages, or of several topics, can NOT be forwarded together.",
        230_069 => "Messages of different chats can NOT be forwarded together.",
        230_070 => "Messages of a chat in restricted mode can NOT be forwarded.",
        230_071 => "The operation is not allowed: reply in thread or operator mismatch.",
        230_072 => "The message has reached the number of times it can be edited.",
        230_073 => "The topic is invisible to the operator.",
        230_074 => "The target topic is invisible to the operator.",
        230_075 => "The operation is not allowed for this message (encrypted chat or edit window over).",
        230_098 => "The chat is folded, only urgent notices inside the app are possible.",
        230_099 => "Failed to create card content",
        230_100 => "Invalid message, restricted.",
        230_110 => "Action unavailable as the message has been deleted.",
        231_001 => "reaction type is invalid.",
        231_002 => "The operator has no permission to react on the specific message.",
        231_003 => "The message is not found, maybe not exist or deleted.",
        231_004 => "The chat in which the message exists is not found, maybe not exist, deleted or archived.",
        231_007 => "The operator has no permission to delete this reaction.",
        231_008 => "The operator has no access to the message.",
        231_010 => "The reaction does not belong to the message.",
        231_011 => "The request has an invalid reaction_id.",
        231_012 => "The request has an invalid pageToken.",
        231_014 => "user_id_type is invalid.",
        231_017 => "System messages can NOT be reacted on.",
        231_022 => "The bot has no availability to the user.",
        231_203 => "The chat is confidential.",
        232_006 => "Your request specifies a chat_id which is invalid.",
        232_007 => "Your request specifies a chat which is NOT a group.",
        232_009 => "Your request specifies a chat which has already been dissolved.",
        232_011 => "Operator can NOT be out of the chat.",
        232_013 => "You have reached the limit of maximum number of members a chat can have.",
        232_017 => "No permission: the operator is neither owner, administrator nor creator of the chat.",
        232_020 => "Name can NOT be less than two characters for public chats.",
        232_021 => "Bot can NOT be found.",
        232_022 => "User has already resigned.",
        232_025 => "Bot ability is not activated.",
        232_027 => "There are no valid members in the ID list specified in your request.",
        232_030 => "Your request specifies a user_id which is invalid.",
        232_042 => "Public group chat's name should not be empty.",
        232_043 => "Your request contains unavailable ids.",
        232_044 => "You have reached the limit of maximum number of bots a chat can have.",
        232_068 => "The chat is being created.",
        232_076 => "The owner can NOT be removed from the chat.",
        234_001 => "Invalid request param.",
        234_003 => "The resource does not belong to the message.",
        234_004 => "The app is not in the chat.",
        234_005 => "The resource has been deleted.",
        234_006 => "The file size exceed the max value.",
        234_007 => "The app has no bot ability.",
        234_008 => "The app is not the resource sender.",
        234_010 => "File's size can't be 0.",
        234_011 => "Can't recognize the image format.",
        234_038 => "The chat is in restricted mode: nothing can be downloaded.",
        234_039 => "Image resolution exceeds limit.",
        234_043 => "Resources of this type of message can NOT be downloaded.",
        _ => "internal error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_carry_log_id_and_detail() {
        let json = refuse_ext(230_001, "invalid msg_type").to_json("L1");
        assert_eq!(json["code"], 230_001);
        assert_eq!(json["msg"], "Your request contains an invalid request parameter, ext=invalid msg_type");
        assert_eq!(json["error"]["log_id"], "L1");
        assert!(json.get("data").is_none());
    }

    #[test]
    fn flat_answers_have_no_data() {
        let json = Answer::flat(json!({"tenant_access_token": "t-1", "expire": 7200})).to_json("L");
        assert_eq!(json, json!({"code": 0, "msg": "ok", "tenant_access_token": "t-1", "expire": 7200}));
    }

    #[test]
    fn rate_limits_round_the_wait_up() {
        let answer = too_many(50, 1001);
        assert_eq!(answer.headers, [("x-ogw-ratelimit-limit", "50".to_owned()), ("x-ogw-ratelimit-reset", "2".to_owned())]);
    }
}
