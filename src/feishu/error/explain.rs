//! What a failure means and who has to do what, in a sentence for logs, commands and fallback messages.

use super::answer::Answer;
use super::class::{Class, classify};
use super::endpoint::Endpoint;
use super::outcome::{NotSentReason, Outcome, UnknownReason};
use super::table;
use crate::config::settings::Locale;

/// One sentence, in the two languages we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// English.
    pub en: &'static str,
    /// 中文
    pub zh: &'static str,
}

impl Explanation {
    /// The sentence in a language.
    pub fn text(self, locale: Locale) -> &'static str {
        match locale {
            Locale::Zh => self.zh,
            Locale::En => self.en,
        }
    }
}

const fn say(en: &'static str, zh: &'static str) -> Explanation {
    Explanation { en, zh }
}

/// What a code means on an endpoint; inner codes of refused cards are found as well.
pub fn explain(endpoint: Endpoint, code: i64) -> Explanation {
    if code == 0 {
        return of_class(Class::Ok);
    }
    match table::lookup(endpoint, code).or_else(|| if endpoint.shows_content() { table::lookup_sub(code) } else { None }) {
        Some(row) => say(row.en, row.zh),
        None => of_class(classify(
            endpoint,
            &Answer { http: 400, code, msg: String::new(), log_id: None, reset: None, data: serde_json::Value::Null, json: true },
        )),
    }
}

/// What an answer means; for a refused card by its inner code, for codes of several meanings by the words beside them.
pub fn explain_answer(endpoint: Endpoint, answer: &Answer) -> Explanation {
    let class = classify(endpoint, answer);
    let known = if answer.json && answer.code != 0 { table::find(endpoint, answer) } else { None };
    match known {
        // HTTP 429 and the ends of the algorithm overrule a row; its sentence would then be wrong.
        Some(row) if row.class.as_str() == class.as_str() => say(row.en, row.zh),
        _ => of_class(class),
    }
}

impl Outcome {
    /// What came of the call, and who has to do what.
    pub fn explain(&self, endpoint: Endpoint) -> Explanation {
        match self {
            Outcome::Answered(answer) => explain_answer(endpoint, answer),
            Outcome::NotSent(reason, _) => match reason {
                NotSentReason::Refused => say(
                    "The platform's address refuses connections; check `platform`, proxy and firewall.",
                    "平台地址拒绝连接；请检查 platform、代理和防火墙。",
                ),
                NotSentReason::Dns => say(
                    "The platform's name is not found; check `platform` and this machine's DNS.",
                    "无法解析平台域名；请检查 platform 和本机 DNS。",
                ),
                NotSentReason::Tls => say(
                    "The platform's certificate is not trusted or TLS failed; check `ca_file` and any proxy that opens TLS.",
                    "平台证书不受信任或 TLS 握手失败；请检查 ca_file 以及会解密 TLS 的代理。",
                ),
                NotSentReason::ConnectTimeout | NotSentReason::Connect => say(
                    "There is no connection to the platform; check network, proxy and firewall.",
                    "无法连接平台；请检查网络、代理和防火墙。",
                ),
                NotSentReason::Token(Class::Config) => say(
                    "The platform gives this app no token; check app_id, app_secret and `platform`.",
                    "平台拒绝为该应用签发 token；请检查 app_id、app_secret 和 platform。",
                ),
                NotSentReason::Token(_) => {
                    say("The platform gives no token at the moment; it is tried again.", "暂时无法获取 token；会自动重试。")
                }
                NotSentReason::Person(_) => say(
                    "The person this goes to could not be looked up; see the reason beside it.",
                    "无法查询该消息的接收人；请见所附原因。",
                ),
                NotSentReason::Build => say("The request could not be built; please report this.", "无法构造请求；请反馈此问题。"),
            },
            Outcome::Unknown(doubt) => match doubt.reason {
                UnknownReason::Timeout => {
                    say("The platform did not answer in time; it is tried again.", "平台未在限定时间内响应；会自动重试。")
                }
                UnknownReason::Reset | UnknownReason::CutBody => {
                    say("The connection to the platform broke; it is tried again.", "与平台的连接中断；会自动重试。")
                }
                UnknownReason::TooLong => say(
                    "The answer is longer than any the platform gives and was not read; check `platform` and proxy.",
                    "应答超过平台可能返回的最大长度，未读取；请检查 platform 和代理。",
                ),
            },
        }
    }
}

/// What a class means where no row says more.
fn of_class(class: Class) -> Explanation {
    match class {
        Class::Ok => say("Done.", "成功。"),
        Class::Rate { .. } => say(
            "Calls are made faster than the platform allows; nothing to do, sending goes on more slowly.",
            "调用频率超限；无需处理，会自动放慢发送。",
        ),
        Class::Retry => {
            say("The platform has an internal error; nothing to do, it is tried again.", "平台内部错误；无需处理，会自动重试。")
        }
        Class::Auth => say("The app's token was refused; it is tried again with a new one.", "应用 token 被拒绝；会换新的重试。"),
        Class::Config => say(
            "The platform refuses this app or its token; check the app in the developer console.",
            "平台拒绝该应用；请在开发者后台检查。",
        ),
        Class::Quota => say("A quota of the tenant is used up.", "租户额度已用完。"),
        Class::Target => {
            say("This destination does not exist or cannot be reached; correct the address.", "接收者不存在或不可达；请修正地址。")
        }
        Class::Content(_) => say("The content was refused; a simpler form is sent.", "内容被拒绝；将发送更简单的版本。"),
        Class::State(_) => say("The message cannot be changed any more.", "消息无法再更改。"),
        Class::Bug => say("The platform found the request wrong; please report this.", "请求有误；请反馈此问题。"),
        Class::Permanent => {
            say("The platform refused this with a code we do not know; its message says more.", "平台以未知错误码拒绝；详见其错误信息。")
        }
        Class::Unknown => say(
            "Something other than the platform answered (a proxy, a login page, a wrong address); check `platform` and proxy.",
            "应答的不是飞书平台（可能是代理、登录页或地址错误）；请检查 platform 和代理。",
        ),
    }
}
