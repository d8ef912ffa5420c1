//! How a verb fails: what happened, what the platform's code means, who has to do what.

use crate::config::settings::Locale;
use crate::feishu::error::{Class, Doubt, Endpoint, NotSentReason, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of failure; each has its HTTP status and exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request makes no sense; nothing was called.
    Usage,
    /// It reaches many people, costs a quota or removes people, and the request does not say `yes`; nothing was called.
    NeedsYes,
    /// The platform refused, or a budget was not free in time.
    Refused,
    /// It may have been done although nobody can say so.
    Unknown,
    /// The platform could not be reached.
    Unreachable,
}

impl ErrorKind {
    /// The word of API answers.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Usage => "usage",
            ErrorKind::NeedsYes => "needs_yes",
            ErrorKind::Refused => "refused",
            ErrorKind::Unknown => "unknown",
            ErrorKind::Unreachable => "unreachable",
        }
    }
}

/// A failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct VerbError {
    /// What kind.
    pub kind: ErrorKind,
    /// For people: what is wrong and what to do, with the platform's code and log id.
    pub message: String,
    /// What of the request is wrong: a JSON pointer into the content, or a parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The call that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
    /// The platform's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<i64>,
    /// What the platform's support asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_id: Option<String>,
    /// What was done before it failed, where a verb is several calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Box<Value>>,
    /// Makes a repeat harmless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<Box<str>>,
}

impl VerbError {
    /// A failure of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), at: None, endpoint: None, code: None, log_id: None, done: None, uuid: None }
    }

    /// The request makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// The request has to say `yes`; `what` is what it would do.
    pub fn needs_yes(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::NeedsYes, format!("{what}; repeat with --yes if that is meant"))
    }

    /// Names what is wrong.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// Says what was done before.
    #[must_use]
    pub fn after(mut self, done: Value) -> Self {
        self.done = Some(Box::new(done));
        self
    }

    /// Says what makes a repeat harmless, and for how long.
    #[must_use]
    pub fn repeatable(mut self, uuid: &str, lasts: &str) -> Self {
        self.message.push_str(&format!(" Within {lasts} it is safe to repeat it with --uuid {uuid}."));
        self.uuid = Some(uuid.into());
        self
    }

    /// A call that did not work. `safe`: a repeat could do no harm, so an unknown outcome is only a failure.
    pub fn of(endpoint: Endpoint, outcome: &Outcome, safe: bool, tries: u32, locale: Locale) -> Self {
        let class = outcome.class(endpoint);
        let answer = outcome.answer();
        let kind = match outcome {
            Outcome::NotSent(NotSentReason::Token(Class::Config), _) => ErrorKind::Refused,
            Outcome::NotSent(NotSentReason::Build | NotSentReason::Person(_), _) => ErrorKind::Refused,
            Outcome::NotSent(..) => ErrorKind::Unreachable,
            _ if outcome.is_unknown(endpoint) && !safe => ErrorKind::Unknown,
            Outcome::Unknown(..) => ErrorKind::Unreachable,
            Outcome::Answered(_) if matches!(class, Class::Unknown) => ErrorKind::Unreachable,
            Outcome::Answered(_) => ErrorKind::Refused,
        };
        let what = match (outcome, class) {
            (_, Class::Rate { .. }) => {
                words(locale, "The platform limits how often this is called; try again in a while.", "调用频率超限；请稍后再试。")
            }
            (Outcome::NotSent(NotSentReason::Token(Class::Retry), _), _) => words(
                locale,
                "The platform could not be reached for a token; check `platform`, proxy and network.",
                "获取 token 时无法连接平台；请检查 platform、代理和网络。",
            ),
            (Outcome::Unknown(..), _) => words(locale, "The platform gave no answer.", "平台没有给出应答。"),
            (Outcome::Answered(_), Class::Retry) => {
                words(locale, "The platform has an internal error; try again later.", "平台内部错误；请稍后再试。")
            }
            _ => outcome.explain(endpoint).text(locale),
        };
        let mut message = what.to_owned();
        if matches!(class, Class::Content(_)) && endpoint.shows_content() {
            // The sentences speak of deliveries, which go on in a simpler form.
            message.push_str(words(locale, " A command sends nothing simpler in its place.", "命令不会改发更简单的版本。"));
        }
        if kind == ErrorKind::Unknown {
            let doubt = words(
                locale,
                " Whether it was done is unknown; it is not repeated, because that could do it twice: look before you repeat it.",
                "无法确定是否已执行；为避免重复执行，未自动重试：请先核实再重试。",
            );
            message.push_str(doubt);
        }
        let mut facts = vec![endpoint.as_str().to_owned()];
        match outcome {
            Outcome::Answered(answer) if answer.json => facts.push(format!("code {}, {:?}", answer.code, answer.msg)),
            Outcome::Answered(answer) => facts.push(format!("HTTP {}, {:?}", answer.http, answer.msg)),
            Outcome::NotSent(_, text) | Outcome::Unknown(Doubt { text, .. }) if !text.is_empty() => facts.push(text.clone()),
            Outcome::NotSent(..) | Outcome::Unknown(..) => facts.push(outcome.reason(endpoint).to_owned()),
        }
        // The platform may have named a batch before the answer broke: it can be asked about.
        let batch = outcome.batch_id().filter(|_| endpoint == Endpoint::BatchSend);
        facts.extend(batch.map(|id| format!("larkhook message progress {id} knows more")));
        if let Some(log_id) = answer.and_then(|answer| answer.log_id.as_deref()) {
            facts.push(format!("log id {log_id}"));
        }
        if tries > 1 {
            facts.push(format!("{tries} tries"));
        }
        message.push_str(&format!(" [{}]", facts.join("; ")));
        Self {
            endpoint: Some(endpoint),
            code: outcome.code(),
            log_id: answer.and_then(|answer| answer.log_id.clone()),
            ..Self::new(kind, message)
        }
    }
}

fn words(locale: Locale, en: &'static str, zh: &'static str) -> &'static str {
    match locale {
        Locale::En => en,
        Locale::Zh => zh,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feishu::error::{Answer, UnknownReason};

    fn answered(http: u16, code: i64, json: bool) -> Outcome {
        Outcome::Answered(Answer { http, code, msg: "m".into(), log_id: Some("L1".into()), reset: None, data: Value::Null, json })
    }

    #[test]
    fn failures_say_what_to_do_and_whether_it_may_have_been_done() {
        let lost: Outcome = Doubt::new(UnknownReason::Timeout, "").into();
        for (endpoint, outcome, safe, kind, part) in [
            (Endpoint::Send, answered(400, 230_002, true), true, ErrorKind::Refused, "[send; code 230002, \"m\"; log id L1]"),
            (Endpoint::Send, answered(400, 230_025, true), true, ErrorKind::Refused, "nothing simpler"),
            (Endpoint::UrgentPhone, lost.clone(), false, ErrorKind::Unknown, "not repeated"),
            (Endpoint::Get, lost, true, ErrorKind::Unreachable, "no answer"),
            (Endpoint::BatchSend, answered(502, 0, false), false, ErrorKind::Unknown, "HTTP 502"),
            (Endpoint::Get, Outcome::NotSent(NotSentReason::Dns, "x".into()), true, ErrorKind::Unreachable, "name is not found"),
            (Endpoint::Get, Outcome::NotSent(NotSentReason::Token(Class::Config), "y".into()), true, ErrorKind::Refused, "app_secret"),
        ] {
            let error = VerbError::of(endpoint, &outcome, safe, 1, Locale::En);
            assert_eq!(error.kind, kind, "{error}");
            assert!(error.message.contains(part), "{error}");
        }
        assert!(
            VerbError::of(Endpoint::Send, &answered(400, 230_002, true), true, 1, Locale::Zh).message.starts_with(|c: char| !c.is_ascii())
        );
    }
}
