//! The `sources` section: senders, how they prove who they are, how JSON becomes alerts.

use crate::config::decode::{At, Decode, Named, OneOrMany, Req, Secret, Word, section};
use crate::config::diagnostic::Out;
use crate::config::node::{Node, Span, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// What a sender speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Alertmanager's webhook.
    Alertmanager,
    /// Grafana's webhook.
    Grafana,
    /// Any JSON.
    Json,
}

impl Word for Kind {
    const WORDS: &'static [(&'static str, Self)] =
        &[("alertmanager", Kind::Alertmanager), ("grafana", Kind::Grafana), ("json", Kind::Json)];
}

section! {
    /// One sender.
    "a source" Source {
        /// What it speaks: `alertmanager`, `grafana` (unified and legacy), or `json` (anything, by `fields`).
        kind: Req<At<Kind>>,
        /// How it proves who it is: `none`, or one of `bearer_token`, `basic`, `header`, `hmac`.
        auth: Req<AuthValue>,
        /// Patterns of targets that a request may name with `?to=`, such as `chat:*`. Default: not allowed.
        allow_to: Option<OneOrMany<At<String>>>,
        /// Answer when overloaded: `503` (default), or `429` for senders that drop 5xx.
        overload_status: Option<At<u64>>,
        /// `json`: JSON pointer to a list; one alert per element (`this`), `root` is the whole body. Default: the body is one alert.
        each: Option<At<String>>,
        /// `json`: a template; where it renders anything the body or element is accepted and ignored.
        skip: Option<At<String>>,
        /// `json`: how the body becomes an alert; each value is a Handlebars template over it.
        fields: Option<Fields>,
    }
}

section! {
    /// How any JSON becomes an alert; each value is a Handlebars template over the body.
    "`fields`" Fields {
        /// Identity of the incident. Default: a fingerprint of the labels.
        key: Option<At<String>>,
        /// Must render `firing` or `resolved`. Default `firing`.
        status: Option<At<String>>,
        /// A word of the `severity` section.
        severity: Option<At<String>>,
        /// The title; becomes the label `alertname` where `labels` has none.
        title: Option<At<String>>,
        /// Labels by name.
        labels: Option<Named<At<String>>>,
        /// Annotations by name.
        annotations: Option<Named<At<String>>>,
        /// Link back to the sender.
        url: Option<At<String>>,
        /// Start: RFC 3339, unix seconds or milliseconds. Default: the time of arrival.
        starts_at: Option<At<String>>,
        /// End, in the same forms. Default: the time of arrival once resolved.
        ends_at: Option<At<String>>,
    }
}

/// The value of `auth`: the word `none`, or a section.
pub enum AuthValue {
    /// The word `none`.
    None(Span),
    /// A section.
    Section(Box<AuthSection>),
}

section! {
    /// How a sender proves who it is: exactly one way, and `allow_ips` beside it or alone.
    "`auth`" AuthSection {
        /// A token in `Authorization: Bearer`.
        bearer_token: Option<Secret>,
        /// File with that token.
        bearer_token_file: Option<At<String>>,
        /// User name and password in `Authorization: Basic`.
        basic: Option<BasicSection>,
        /// A fixed value of a header.
        header: Option<HeaderSection>,
        /// A signature of the body.
        hmac: Option<HmacSection>,
        /// Addresses or networks it must come from, such as `10.0.0.0/8`. Default: anywhere.
        allow_ips: Option<OneOrMany<At<String>>>,
    }
}

section! {
    /// User name and password in `Authorization: Basic`.
    "`basic`" BasicSection {
        /// User name.
        username: Req<At<String>>,
        /// Password.
        password: Option<Secret>,
        /// File with the password.
        password_file: Option<At<String>>,
    }
}

section! {
    /// A fixed value of a header.
    "`header`" HeaderSection {
        /// The header's name, such as `X-Gitlab-Token`.
        name: Req<At<String>>,
        /// Its value.
        value: Option<Secret>,
        /// File with its value.
        value_file: Option<At<String>>,
    }
}

section! {
    /// HMAC-SHA256 in hex over the body, or over `timestamp:body` where there is a timestamp header.
    "`hmac`" HmacSection {
        /// The shared key.
        secret: Option<Secret>,
        /// File with the shared key.
        secret_file: Option<At<String>>,
        /// Header with the signature, such as `X-Grafana-Alerting-Signature`.
        header: Req<At<String>>,
        /// Header with the time in unix seconds. Default: the body alone is signed.
        timestamp_header: Option<At<String>>,
        /// Oldest accepted timestamp. A duration; default `5m`.
        max_age: Option<At<String>>,
        /// Text before the hex digits, such as `sha256=`. Default: none.
        prefix: Option<At<String>>,
    }
}

impl Decode for AuthValue {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        match &node.value {
            Value::Scalar { text, .. } if text == "none" => Some(AuthValue::None(node.span)),
            Value::Scalar { .. } => {
                out.secret(node.span);
                out.error("bad-auth", node.span, "`auth` is the word `none` or a section")
                    .hint("for example `auth: { bearer_token: ${HOOK_TOKEN} }`; also basic, header, hmac");
                None
            }
            _ => AuthSection::decode(node, out).map(|section| AuthValue::Section(Box::new(section))),
        }
    }
}

impl JsonSchema for AuthValue {
    fn schema_name() -> Cow<'static, str> {
        "Auth".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let section = generator.subschema_for::<AuthSection>();
        json_schema!({ "anyOf": [{ "const": "none" }, section] })
    }
}
