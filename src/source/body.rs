//! What came over the wire to JSON bytes: compression with a bound, forms that carry JSON.
//!
//! Signatures are checked over the raw bytes before this; [`super::Compiled::parse`] comes after it.

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::io::Read;

mod multipart;
#[cfg(test)]
#[path = "tests/body.rs"]
mod tests;

/// Why a body cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// 413: larger than allowed, as received or inflated.
    #[error("the body is larger than {max} bytes{}", if *.inflated { " when inflated" } else { "" })]
    TooLarge {
        /// The limit.
        max: usize,
        /// Whether only the inflated body is too large.
        inflated: bool,
    },
    /// 415: a compression that is not spoken here.
    #[error("Content-Encoding {0:?} is not supported; send gzip, deflate or no compression")]
    Encoding(String),
    /// 415: a type that cannot hold JSON.
    #[error("Content-Type {0:?} is not supported; send application/json")]
    Type(String),
    /// 400: broken compression.
    #[error("the body is not valid {0}")]
    Inflate(&'static str),
    /// 400: a form without fields, a multipart body without its boundary.
    #[error("the form cannot be read: {0}")]
    Form(&'static str),
}

impl BodyError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            BodyError::TooLarge { .. } => 413,
            BodyError::Encoding(_) | BodyError::Type(_) => 415,
            BodyError::Inflate(_) | BodyError::Form(_) => 400,
        }
    }

    /// The error code of the answer, and the label for metrics.
    pub fn code(&self) -> &'static str {
        match self {
            BodyError::TooLarge { .. } => "too_large",
            BodyError::Encoding(_) => "unsupported_encoding",
            BodyError::Type(_) => "unsupported_type",
            BodyError::Inflate(_) => "invalid_encoding",
            BodyError::Form(_) => "invalid_form",
        }
    }
}

/// Decodes a body by its headers; `max` bounds it before and after inflating.
///
/// Types: JSON, plain text (Amazon SNS) and none are taken as they are. A form gives the field `payload`, `data` or
/// `json` where it carries JSON, its only field (value, or name without value) where that is JSON, and else an object of its fields
/// (values that are JSON objects or lists are nested).
///
/// # Errors
/// See [`BodyError`].
pub fn decode<'b>(
    content_type: Option<&str>,
    content_encoding: Option<&str>,
    raw: &'b [u8],
    max: usize,
) -> Result<Cow<'b, [u8]>, BodyError> {
    if raw.len() > max {
        return Err(BodyError::TooLarge { max, inflated: false });
    }
    let body = inflate(content_encoding.unwrap_or_default(), raw, max)?;
    let content_type = content_type.unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json_like = matches!(body.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['));
    match essence.as_str() {
        // `curl -d '{...}'` says that JSON is a form
        "application/x-www-form-urlencoded" if !json_like => {
            from_fields(url::form_urlencoded::parse(&body).into_owned().collect()).map(Cow::Owned)
        }
        "multipart/form-data" => from_fields(multipart::fields(content_type, &body)?).map(Cow::Owned),
        "" | "application/json" | "text/plain" | "text/json" | "application/octet-stream" => Ok(body),
        other if other.ends_with("+json") || json_like => Ok(body),
        other => Err(BodyError::Type(other.to_owned())),
    }
}

fn inflate<'b>(encodings: &str, raw: &'b [u8], max: usize) -> Result<Cow<'b, [u8]>, BodyError> {
    let mut body = Cow::Borrowed(raw);
    let encodings: Vec<String> =
        encodings.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect();
    if encodings.len() > 2 {
        return Err(BodyError::Encoding(encodings.join(", ")));
    }
    for name in encodings.iter().rev() {
        body = match name.as_str() {
            "identity" => body,
            "gzip" | "x-gzip" => Cow::Owned(bounded(MultiGzDecoder::new(&*body), max, "gzip")?),
            "deflate" => Cow::Owned(bounded(ZlibDecoder::new(&*body), max, "deflate")?),
            other => return Err(BodyError::Encoding(other.to_owned())),
        };
    }
    Ok(body)
}

fn bounded(reader: impl Read, max: usize, name: &'static str) -> Result<Vec<u8>, BodyError> {
    let mut out = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(limit).read_to_end(&mut out).map_err(|_| BodyError::Inflate(name))?;
    if out.len() > max { Err(BodyError::TooLarge { max, inflated: true }) } else { Ok(out) }
}

/// JSON bytes from the fields of a form.
fn from_fields(fields: Vec<(String, String)>) -> Result<Vec<u8>, BodyError> {
    for carrier in ["payload", "data", "json"] {
        if let Some((_, value)) = fields.iter().find(|(name, value)| name == carrier && looks_like_json(value)) {
            return Ok(value.clone().into_bytes());
        }
    }
    match fields.as_slice() {
        [] => Err(BodyError::Form("it has no fields")),
        [(_, value)] if looks_like_json(value) && is_json(value) => Ok(value.clone().into_bytes()),
        // `curl --data-urlencode '{...}'` sends a name without a value
        [(name, value)] if value.is_empty() && looks_like_json(name) => Ok(name.clone().into_bytes()),
        _ => {
            let mut object: Map<String, Value> = Map::new();
            for (name, value) in fields {
                let nested = if looks_like_json(&value) { serde_json::from_str(&value).ok() } else { None };
                let value = nested.unwrap_or(Value::String(value));
                match object.get_mut(&name) {
                    None => drop(object.insert(name, value)),
                    Some(Value::Array(list)) => list.push(value),
                    Some(first) => *first = Value::Array(vec![first.take(), value]),
                }
            }
            Ok(Value::Object(object).to_string().into_bytes())
        }
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
