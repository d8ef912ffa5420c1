//! A YAML or JSON file as any type that serde can read, with the findings of a configuration.
//!
//! For files that are no configuration of larkhook, such as a sandbox's world: no schema, no defaults of ours. Reading stops
//! at the first value that does not fit. A value that is wanted as text is taken as written, so ids of digits need no quotes.

use super::diagnostic::{Diagnostic, Findings, Out, Severity};
use super::load::lines;
use super::node::{self, Node, Span, Value};
use super::vars::Env;
use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use std::fmt::Display;
use std::path::Path;

/// Reads the file at `path`; `env` answers for variables.
///
/// # Errors
/// What is wrong with the file, where.
pub fn load_data<T: DeserializeOwned>(path: &Path, env: Env) -> Result<T, Findings> {
    let name = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => read_data(&text, &name, env),
        Err(error) => Err(Findings(vec![Diagnostic {
            severity: Severity::Error,
            code: "unreadable-file",
            file: name.clone(),
            line: 1,
            column: 1,
            end_column: 1,
            message: format!("cannot read {name}: {error}"),
            hint: None,
            source: String::new(),
        }])),
    }
}

/// Reads a text; `name` stands in findings.
///
/// # Errors
/// As [`load_data`].
pub fn read_data<T: DeserializeOwned>(text: &str, name: &str, env: Env) -> Result<T, Findings> {
    let text = lines(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut out = Out::new(name, &text);
    let read = node::parse(&text, env, &mut out).map(|root| T::deserialize(At(&root)).map_err(|wrong| wrong.or_at(place(&root))));
    match read {
        Some(Ok(value)) if !out.has_errors() => return Ok(value),
        // What could not even be read as YAML was complained about.
        Some(Err(wrong)) if !out.has_errors() => wrong.tell(&mut out),
        _ => {}
    }
    Err(out.finish().0)
}

/// Why a value does not fit, and where; boxed because it is the rare way out.
#[derive(Debug)]
struct Wrong(Box<Detail>);

#[derive(Debug)]
struct Detail {
    message: String,
    /// The word that is not known, and those that are.
    unknown: Option<(String, Vec<&'static str>)>,
    span: Option<Span>,
}

impl Wrong {
    fn new(message: String, unknown: Option<(String, Vec<&'static str>)>) -> Self {
        Self(Box::new(Detail { message, unknown, span: None }))
    }

    fn unknown(what: &str, word: &str, known: &[&'static str]) -> Self {
        Self::new(format!("there is no {what} `{word}` here"), Some((word.to_owned(), known.to_vec())))
    }

    fn or_at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    fn tell(self, out: &mut Out) {
        out.error("data", self.0.span.unwrap_or_default(), self.0.message);
        if let Some((word, known)) = self.0.unknown {
            out.suggest(&word, known);
        }
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string(), None)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("key", field, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::unknown("value", variant, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("`{field}` is missing here"))
    }
}

/// A value is pointed at where it stands, a section by its key.
fn place(node: &Node) -> Span {
    if matches!(node.value, Value::Scalar { .. }) { node.span } else { node.owner() }
}

/// A node that is being read.
#[derive(Clone, Copy)]
struct At<'n>(&'n Node);

impl At<'_> {
    fn text(&self) -> Option<&str> {
        match &self.0.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }
}

macro_rules! as_any {
    ($($method:ident)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
                self.deserialize_any(visitor)
            }
        )+
    };
}

macro_rules! as_text {
    ($($method:ident)+) => {
        $(
            fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
                match self.text() {
                    Some(text) => visitor.visit_str(text).map_err(|wrong: Wrong| wrong.or_at(self.0.span)),
                    None => self.deserialize_any(visitor),
                }
            }
        )+
    };
}

impl<'de> Deserializer<'de> for At<'_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let read = match &self.0.value {
            Value::Null | Value::Bad => visitor.visit_unit(),
            Value::Scalar { text, plain: true, .. } => scalar(text, visitor),
            Value::Scalar { text, .. } => visitor.visit_str(text),
            Value::List(items) => visitor.visit_seq(Items(items.iter())),
            Value::Map(entries) => visitor.visit_map(Entries { entries: entries.iter(), value: None }),
        };
        read.map_err(|wrong: Wrong| wrong.or_at(place(self.0)))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, name: &'static str, words: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        let span = self.0.span;
        let read = match &self.0.value {
            Value::Scalar { text, .. } => visitor.visit_enum(IntoDeserializer::<Wrong>::into_deserializer(text.as_str())),
            Value::Map(entries) => match entries.as_slice() {
                [(word, key, node)] => visitor.visit_enum(Chosen { word, key: *key, node }),
                _ => Err(de::Error::custom(format_args!("one key is wanted here: {}", words.join(", ")))),
            },
            _ => self.deserialize_struct(name, words, visitor),
        };
        read.map_err(|wrong| wrong.or_at(span))
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_any(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(self, _: &'static str, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_any(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_any(visitor)
    }

    as_text! { deserialize_str deserialize_string deserialize_char deserialize_identifier }
    as_any! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_f32 deserialize_f64 deserialize_bytes deserialize_byte_buf deserialize_unit deserialize_seq
        deserialize_map deserialize_ignored_any
    }
}

/// A plain scalar is what it looks like.
fn scalar<'de, V: Visitor<'de>>(text: &str, visitor: V) -> Result<V::Value, Wrong> {
    match text {
        "true" | "True" | "TRUE" => return visitor.visit_bool(true),
        "false" | "False" | "FALSE" => return visitor.visit_bool(false),
        _ => {}
    }
    if let Ok(number) = text.parse::<u64>() {
        visitor.visit_u64(number)
    } else if let Ok(number) = text.parse::<i64>() {
        visitor.visit_i64(number)
    } else if let (true, Ok(number)) = (text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')), text.parse::<f64>()) {
        visitor.visit_f64(number)
    } else {
        visitor.visit_str(text)
    }
}

struct Items<'n>(std::slice::Iter<'n, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let read = self.0.next().map(|item| seed.deserialize(At(item)).map_err(|wrong| wrong.or_at(place(item))));
        read.transpose()
    }
}

struct Entries<'n> {
    entries: std::slice::Iter<'n, (String, Span, Node)>,
    value: Option<&'n Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let Some((key, span, node)) = self.entries.next() else { return Ok(None) };
        self.value = Some(node);
        let key: StrDeserializer<'_, Wrong> = key.as_str().into_deserializer();
        seed.deserialize(key).map(Some).map_err(|wrong| wrong.or_at(*span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let node = self.value.take().ok_or_else(|| de::Error::custom("a value without its key"))?;
        seed.deserialize(At(node)).map_err(|wrong| wrong.or_at(place(node)))
    }
}

/// `{word: value}`
struct Chosen<'n> {
    word: &'n str,
    key: Span,
    node: &'n Node,
}

impl<'de, 'n> EnumAccess<'de> for Chosen<'n> {
    type Error = Wrong;
    type Variant = At<'n>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, At<'n>), Wrong> {
        let word: StrDeserializer<'_, Wrong> = self.word.into_deserializer();
        let read = seed.deserialize(word).map_err(|wrong| wrong.or_at(self.key))?;
        Ok((read, At(self.node)))
    }
}

impl<'de> VariantAccess<'de> for At<'_> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        de::Deserialize::deserialize(self)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Data {
        id: String,
        on: bool,
        left: Option<u32>,
        share: f64,
        how: How,
        items: Vec<String>,
        named: BTreeMap<String, Inner>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        word: String,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum How {
        #[default]
        None,
        Url(String),
    }

    fn read(text: &str) -> Result<Data, Findings> {
        read_data(text, "world.yaml", &|name| (name == "ID").then(|| "from-env".to_owned()))
    }

    #[test]
    fn yaml_and_json_are_read() {
        let yaml =
            "id: 007\non: true\nleft: ~\nshare: 0.5\nhow: { url: 'http://x/' }\nitems: [1, yes, \"${ID}\"]\nnamed:\n  a: { word: true }\n";
        let json = r#"{"id": "007", "on": true, "left": null, "share": 0.5, "how": {"url": "http://x/"}, "items": ["1", "yes", "from-env"],
            "named": {"a": {"word": "true"}}}"#;
        let expected = Data {
            id: "007".to_owned(),
            on: true,
            left: None,
            share: 0.5,
            how: How::Url("http://x/".to_owned()),
            items: ["1", "yes", "from-env"].map(str::to_owned).to_vec(),
            named: [("a".to_owned(), Inner { word: "true".to_owned() })].into(),
        };
        assert_eq!((read(yaml).unwrap(), read(json).unwrap()), (expected, read(yaml).unwrap()));
        assert_eq!(read("how: none\nleft: 3").unwrap(), Data { left: Some(3), ..Data::default() });
        assert_eq!(read("").unwrap(), Data::default());
    }

    #[test]
    fn mistakes_have_a_place_and_a_hint() {
        for (text, line, column, message, hint) in [
            ("id: a\nitmes: []\n", 2, 1, "there is no key `itmes` here", "did you mean `items`?"),
            ("named:\n  a:\n    word: x\n    wrod: y\n", 4, 5, "there is no key `wrod` here", "did you mean `word`?"),
            ("named:\n  a: {}\n", 2, 3, "`word` is missing here", ""),
            ("on: 5\n", 1, 5, "invalid type: integer `5`, expected a boolean", ""),
            ("left: -1\n", 1, 7, "invalid value: integer `-1`, expected u32", ""),
            ("items:\n  - [a]\n", 2, 5, "invalid type: sequence, expected a string", ""),
            ("items: 5\n", 1, 8, "invalid type: integer `5`, expected a sequence", ""),
            ("how: urll\n", 1, 6, "there is no value `urll` here", "did you mean `url`?"),
            ("how: { link: x }\n", 1, 8, "there is no value `link` here", "there is: none, url"),
            ("id: [\n", 1, 5, "not YAML", ""),
            ("id: a\nid: b\n", 2, 1, "given twice", ""),
        ] {
            let findings = read(text).unwrap_err();
            let finding = &findings.0[0];
            assert!(finding.message.contains(message), "{text}: {}", finding.message);
            assert_eq!((findings.0.len(), finding.line, finding.column), (1, line, column), "{text}: {}", findings.render(false));
            assert!(finding.hint.as_deref().unwrap_or_default().contains(hint), "{text}: {:?}", finding.hint);
        }
    }
}
