//! Answers of the platform, and of whatever stands before it, to what they mean.
//!
//! Promised: whatever the bytes, there is a class with a sentence; texts are bounded and hold no secret; a batch's id
//! is only ever a whole one, and more of the same answer never changes it. Parts: choices (endpoint, status, envelope),
//! a reset header, the body.

use super::parts::Parts;
use larkhook::config::settings::Locale;
use larkhook::feishu::error::{Answer, Doubt, Endpoint, Outcome, ParseAs, UnknownReason, classify, explain_answer, quota_ends, sub_code};

const SECRET: &str = "hunter2";
const STATUS: &[u16] = &[200, 400, 401, 403, 404, 413, 429, 499, 500, 502, 503, 504, 302, 100];

/// Runs one input.
pub fn run(data: &[u8]) {
    let mut parts = Parts::of(data);
    let endpoint = parts.pick(0, Endpoint::ALL);
    let http = parts.pick(1, STATUS);
    let parse = parts.pick(2, &[ParseAs::Api, ParseAs::Hook]);
    let (reset, body) = (parts.bytes(), parts.bytes());
    let mut headers = http::HeaderMap::new();
    if let Ok(value) = http::HeaderValue::from_bytes(reset) {
        let name = parts.pick(3, &["retry-after", "x-ogw-ratelimit-reset", "x-tt-logid", "x-request-id"]);
        headers.insert(name, value);
    }
    let answer = Answer::read(http, &headers, body, parse, &[SECRET]);
    assert!(answer.msg.chars().count() <= 2000 && !answer.msg.contains(SECRET), "{:?}", answer.msg);
    assert!(!answer.msg.chars().any(char::is_control), "{:?}", answer.msg);
    assert!(answer.log_id.as_ref().is_none_or(|id| id.chars().count() <= 128 && !id.contains(SECRET)), "{:?}", answer.log_id);
    assert!(answer.reset.is_none_or(|reset| reset.as_secs() <= 3600), "{:?}", answer.reset);
    assert!(answer.json || answer.code == 0, "{answer:?}");
    let _ = (sub_code(&answer.msg), answer.thread_id(), answer.chat_id(), answer.message_id());
    let class = classify(endpoint, &answer);
    assert!(!class.as_str().is_empty() && !class.detail().is_empty());
    for locale in [Locale::En, Locale::Zh] {
        assert!(!explain_answer(endpoint, &answer).text(locale).is_empty());
    }
    let now = jiff::Timestamp::from_second(1_795_316_400).unwrap_or_default();
    assert!(quota_ends(endpoint, answer.code, now).is_none_or(|end| end > now));
    let is_foreign = !answer.json;
    let outcome = Outcome::Answered(answer);
    assert!(!is_foreign || outcome.code().is_none());
    let _ = (outcome.is_unknown(endpoint), outcome.is_outage(endpoint));
    assert!(!outcome.reason(endpoint).is_empty());
    whole(outcome.batch_id());
    cut(body);
}

/// Nothing but a batch's id in full.
fn whole(id: Option<&str>) {
    let rest = id.map(|id| id.strip_prefix("bm-").or_else(|| id.strip_prefix("bm_")).unwrap_or_default());
    assert!(
        rest.is_none_or(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))),
        "{id:?}"
    );
}

/// The connection breaks anywhere.
fn cut(body: &[u8]) {
    let after = |end: usize| Outcome::from(Doubt::new(UnknownReason::CutBody, "x").after(&body[..end])).batch_id().map(str::to_owned);
    let mut found = None;
    let step = (body.len() / 64).max(1);
    for end in (0..body.len()).step_by(step).chain([body.len()]) {
        let id = after(end);
        whole(id.as_deref());
        assert!(found.is_none() || id == found, "{found:?} became {id:?} at {end}");
        found = id;
    }
}
