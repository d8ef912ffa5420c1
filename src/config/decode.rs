//! From the tree to typed sections: the small decoder behind [`super::raw`].
//!
//! A section is written once with [`section!`]: the same lines give the struct, its JSON schema, the known
//! keys and the decoding. Nothing stops at the first problem: what does not fit becomes a finding and reads
//! as absent, so that one run shows everything.

use super::advice;
use super::diagnostic::Out;
use super::node::{Node, Span, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// What can be read from a node. `None`: a finding was made.
pub trait Decode: Sized {
    /// Reads it.
    fn decode(node: &Node, out: &mut Out) -> Option<Self>;
}

/// A value that remembers its place.
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
    /// As written, where variables were put in; only this may be shown.
    pub raw: Option<String>,
}

impl<T> At<T> {
    /// Another value at the same place.
    pub fn with<U>(&self, value: U) -> At<U> {
        At { value, span: self.span, raw: self.raw.clone() }
    }
}

impl At<String> {
    /// The text as it may be shown.
    pub fn shown(&self) -> &str {
        self.raw.as_deref().unwrap_or(&self.value)
    }
}

/// A text that is never shown. `None`: it was there but unreadable.
pub struct Secret {
    /// The text.
    pub value: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A key that must be there. `None`: a finding was made.
pub struct Req<T>(pub Option<T>);

/// One value or a list of them.
pub struct OneOrMany<T>(pub Vec<T>);

/// A map from names to sections, in the order of the file. A section that is `None` could not be read.
pub struct Named<T>(pub Vec<(At<String>, Option<T>)>);

/// A set of words.
pub trait Word: Sized + Copy + 'static {
    /// Every word and what it means.
    const WORDS: &'static [(&'static str, Self)];
}

/// How the value of a key is read: absent, `null` and unreadable alike give the empty value.
pub trait Field {
    /// Reads it; `owner` is what to point at if it is missing and must not be.
    fn field(node: Option<&Node>, key: &str, owner: Span, out: &mut Out) -> Self;
}

impl<T: Decode> Field for Option<T> {
    fn field(node: Option<&Node>, key: &str, owner: Span, out: &mut Out) -> Self {
        let node = node.filter(|node| !matches!(node.value, Value::Null))?;
        let value = T::decode(node, out);
        if value.is_none() {
            out.unread(owner, key);
        }
        value
    }
}

impl<T: Decode> Field for Req<T> {
    fn field(node: Option<&Node>, key: &str, owner: Span, out: &mut Out) -> Self {
        match node {
            Some(node) if !matches!(node.value, Value::Null) => Req(T::decode(node, out)),
            Some(node) => {
                out.error("missing-value", node.owner(), format!("`{key}` has no value"));
                Req(None)
            }
            None if out.excused(owner, &[key]) => Req(None),
            None => {
                out.error("missing-key", owner, format!("`{key}` is missing here"));
                if let Some(hint) = advice::missing(key) {
                    out.hint(hint);
                }
                Req(None)
            }
        }
    }
}

/// The entries of a map; anything else is a finding.
pub fn map<'n>(node: &'n Node, what: &str, out: &mut Out) -> Option<&'n [(String, Span, Node)]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        Value::Null => Some(&[]),
        Value::Bad => None,
        // Not quoted: a secret where its section belongs is a usual mistake.
        Value::List(_) | Value::Scalar { .. } => {
            let (found, span) = if matches!(node.value, Value::List(_)) { ("a list", node.owner()) } else { ("a text", node.span) };
            if SECRET_SECTIONS.contains(&what) {
                hide(node, out);
            }
            out.error("wrong-type", span, format!("expected {what} with `key: value` lines, found {found}"));
            None
        }
    }
}

/// Masks every scalar in `node`.
fn hide(node: &Node, out: &mut Out) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| hide(item, out)),
        Value::Map(entries) => entries.iter().for_each(|(key, span, node)| {
            // `{ secret }` is a map whose key has no value.
            if matches!(node.value, Value::Null) && !key.is_empty() {
                out.secret(*span);
            }
            hide(node, out);
        }),
        _ => out.secret(node.span),
    }
}

/// Keys whose values are secrets. What stands at a key that nobody knows is only shown where it is none of them.
const SECRET_KEYS: [&str; 6] = ["app_secret", "secret", "bearer_token", "password", "value", "url"];

/// Sections that hold secrets.
const SECRET_SECTIONS: [&str; 6] = ["an app", "a bot", "`auth`", "`basic`", "`header`", "`hmac`"];

/// Complains about keys that nobody reads.
pub fn unknown_keys(entries: &[(String, Span, Node)], what: &str, owner: Span, known: &[&'static str], out: &mut Out) {
    for (key, span, node) in entries {
        let known = known.iter().map(|key| bare(key));
        if known.clone().any(|known| known == key) {
            continue;
        }
        let meant = crate::util::text::suggest(key, known.clone());
        let harmless = meant.is_some_and(|meant| !SECRET_KEYS.contains(&meant)) || matches!(what, "a route" | "a `send` entry");
        if !harmless {
            hide(node, out);
        }
        match advice::of(what, key) {
            Some(advice) => out.error(advice.code, *span, format!("`{key}`: {}", advice.message)).hint(advice.hint),
            None => {
                if let Some(meant) = meant {
                    out.unread(owner, meant);
                }
                out.error("unknown-key", *span, format!("unknown key `{key}` in {what}")).suggest(key, known)
            }
        };
    }
}

/// The value of `key`, read as `T`.
pub fn field<T: Field>(entries: &[(String, Span, Node)], key: &'static str, owner: Span, out: &mut Out) -> T {
    let key = bare(key);
    T::field(entries.iter().find(|(name, ..)| name == key).map(|(.., node)| node), key, owner, out)
}

/// A raw identifier's own name.
fn bare(key: &'static str) -> &'static str {
    key.strip_prefix("r#").unwrap_or(key)
}

/// Says that `node` is not `expected`.
pub fn wrong<T>(node: &Node, expected: &str, out: &mut Out) -> Option<T> {
    let found = match &node.value {
        Value::Bad => return None,
        Value::Null => "nothing".to_owned(),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
        Value::Scalar { raw: Some(raw), .. } => format!("what {raw} stands for"),
        Value::Scalar { text, .. } => format!("`{}`", crate::util::text::truncate(text, 60)),
    };
    let span = if matches!(node.value, Value::List(_) | Value::Map(_) | Value::Null) { node.owner() } else { node.span };
    out.error("wrong-type", span, format!("expected {expected}, found {found}"));
    if matches!(&node.value, Value::Map(entries) if entries.iter().any(|(key, ..)| key.starts_with('{')) || entries.is_empty()) {
        out.hint("a value that begins with {{ must be in single quotes");
    }
    None
}

/// A scalar's text and whether it was plain.
fn scalar<'n>(node: &'n Node, expected: &str, out: &mut Out) -> Option<(&'n str, bool, Option<String>)> {
    match &node.value {
        Value::Scalar { text, raw, plain } => Some((text, *plain, raw.clone())),
        _ => wrong(node, expected, out),
    }
}

impl Decode for At<String> {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        let (text, _, raw) = scalar(node, "a text", out)?;
        Some(At { value: text.to_owned(), span: node.span, raw })
    }
}

impl Decode for At<bool> {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        let (text, _, raw) = scalar(node, "true or false", out)?;
        match text {
            "true" | "True" | "TRUE" => Some(At { value: true, span: node.span, raw }),
            "false" | "False" | "FALSE" => Some(At { value: false, span: node.span, raw }),
            _ => wrong(node, "true or false", out),
        }
    }
}

impl Decode for At<u64> {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        let (text, _, raw) = scalar(node, "a whole number", out)?;
        match text.replace('_', "").parse() {
            Ok(value) => Some(At { value, span: node.span, raw }),
            Err(_) => wrong(node, "a whole number", out),
        }
    }
}

impl<W: Word> Decode for At<W> {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        let words = W::WORDS.iter().map(|(word, _)| *word);
        let expected = format!("one of {}", words.clone().collect::<Vec<_>>().join(", "));
        let (text, _, raw) = scalar(node, &expected, out)?;
        match W::WORDS.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Some(At { value: *value, span: node.span, raw }),
            None => {
                wrong::<()>(node, &expected, out);
                if let (None, Some(near)) = (raw, crate::util::text::suggest(text, words)) {
                    out.hint(format!("did you mean `{near}`?"));
                }
                None
            }
        }
    }
}

impl Decode for Secret {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        hide(node, out);
        let value = match &node.value {
            Value::Scalar { text, .. } => Some(text.clone()),
            Value::Bad => None,
            _ => {
                out.error("wrong-type", node.owner(), "expected a text (a secret), found a list or a map");
                None
            }
        };
        Some(Secret { value, span: node.span })
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        match &node.value {
            Value::List(items) => Some(items.iter().filter_map(|item| T::decode(item, out)).collect()),
            _ => {
                let bad = matches!(node.value, Value::Bad);
                wrong::<()>(node, "a list", out);
                if !bad {
                    out.hint("write its entries as lines that begin with `- `, or as [a, b]");
                }
                None
            }
        }
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        match &node.value {
            Value::List(_) => Vec::decode(node, out).map(OneOrMany),
            _ => T::decode(node, out).map(|one| OneOrMany(vec![one])),
        }
    }
}

impl<T: Decode> Decode for Named<T> {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        let entries = map(node, "a map", out)?;
        let name = |key: &str, span| At { value: key.to_owned(), span, raw: None };
        Some(Named(entries.iter().map(|(key, span, node)| (name(key, *span), T::decode(node, out))).collect()))
    }
}

/// Defines one section: struct, schema, known keys and decoding.
macro_rules! section {
    ($(#[$meta:meta])* $what:literal $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(schemars::JsonSchema)]
        #[schemars(deny_unknown_fields)]
        pub struct $name {
            /// Where it stands.
            #[schemars(skip)]
            pub span: $crate::config::node::Span,
            $($(#[$field_meta])* pub $field: $type,)*
        }

        impl $crate::config::decode::Decode for $name {
            fn decode(node: &$crate::config::node::Node, out: &mut $crate::config::diagnostic::Out) -> Option<Self> {
                use $crate::config::decode::{field, map, unknown_keys};
                let entries = map(node, $what, out)?;
                let span = node.owner();
                unknown_keys(entries, $what, span, &[$(stringify!($field)),*], out);
                Some(Self { span, $($field: field(entries, stringify!($field), span, out),)* })
            }
        }
    };
}
pub(super) use section;

/// A value that may also be written as a variable.
fn or_variable(mut schema: Schema) -> Schema {
    let inner = std::mem::take(&mut schema);
    json_schema!({ "anyOf": [inner, { "type": "string", "pattern": r"\$\{" }] })
}

macro_rules! schema_of {
    (generic $param:ident: $bound:ident, $type:ty, $generator:ident => $schema:expr) => {
        schema_of!(@ [$param: $bound] $type, $generator => $schema);
    };
    (@ [$($param:tt)*] $type:ty, $generator:ident => $schema:expr) => {
        impl<$($param)*> JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                std::any::type_name::<Self>().into()
            }
            fn inline_schema() -> bool {
                true
            }
            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
    ($type:ty, $generator:ident => $schema:expr) => {
        schema_of!(@ [] $type, $generator => $schema);
    };
}
schema_of!(At<String>, _generator => json_schema!({ "type": ["string", "number"] }));
schema_of!(At<bool>, _generator => or_variable(json_schema!({ "type": "boolean" })));
schema_of!(At<u64>, _generator => or_variable(json_schema!({ "type": "integer", "minimum": 0 })));
schema_of!(generic W: Word, At<W>, _generator => {
    let words: Vec<&str> = W::WORDS.iter().map(|(word, _)| *word).collect();
    or_variable(json_schema!({ "enum": words }))
});
schema_of!(Secret, _generator => json_schema!({ "type": ["string", "number"] }));
schema_of!(generic T: JsonSchema, Req<T>, generator => generator.subschema_for::<T>());
schema_of!(generic T: JsonSchema, OneOrMany<T>, generator => {
    let one = generator.subschema_for::<T>();
    json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
});
schema_of!(generic T: JsonSchema, Named<T>, generator => {
    let one = generator.subschema_for::<T>();
    json_schema!({ "type": "object", "additionalProperties": one })
});
