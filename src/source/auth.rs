//! Whether a request comes from its sender.
//!
//! Everything but HMAC is decided from the headers, before the body is read; HMAC is decided over the raw body bytes.
//! Secrets are compared in constant time, and denials never repeat what was sent.

use crate::config::settings::Auth;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::time::Duration;
use subtle::{Choice, ConstantTimeEq};

/// What the check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Let in.
    Ok,
    /// The headers are in order; [`check_body`] decides.
    NeedsBody,
    /// Answer 401.
    Denied(DeniedReason),
}

/// Why a request is denied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeniedReason {
    /// No such header.
    #[error("header {0} is missing")]
    Missing(String),
    /// Sent more than once, in a wrong form, or with another scheme.
    #[error("header {0} has not the expected form: {1}")]
    Malformed(String, &'static str),
    /// Well-formed, and not what is configured.
    #[error("wrong credentials")]
    Wrong,
    /// The signature does not fit the body.
    #[error("the signature does not fit the body")]
    BadSignature,
    /// The timestamp is too old or too far ahead.
    #[error("the timestamp is more than {} away from our clock", crate::util::duration::format(*.0))]
    Stale(Duration),
}

impl DeniedReason {
    /// Short label for metrics.
    pub fn reason(&self) -> &'static str {
        match self {
            DeniedReason::Missing(_) => "missing",
            DeniedReason::Malformed(..) => "malformed",
            DeniedReason::Wrong => "wrong",
            DeniedReason::BadSignature => "bad_signature",
            DeniedReason::Stale(_) => "stale",
        }
    }
}

/// The value for `WWW-Authenticate` in a 401, where the kind has one.
pub fn challenge(auth: &Auth) -> Option<&'static str> {
    match auth {
        Auth::BearerToken(_) => Some("Bearer"),
        Auth::Basic { .. } => Some("Basic realm=\"larkhook\", charset=\"UTF-8\""),
        Auth::None | Auth::Header { .. } | Auth::Hmac { .. } => None,
    }
}

/// Decides from the headers alone; for HMAC only whether they can be right at all.
pub fn check(auth: &Auth, headers: &HeaderMap) -> Verdict {
    let result = match auth {
        Auth::None => Ok(()),
        Auth::BearerToken(token) => {
            credentials(headers, "bearer").and_then(|sent| allow(same(sent.as_bytes(), token.expose_secret().as_bytes())))
        }
        Auth::Basic { username, password } => basic(headers, username, password.expose_secret()),
        Auth::Header { name, value } => single(headers, name).and_then(|sent| allow(same(sent, value.expose_secret().as_bytes()))),
        Auth::Hmac { header, timestamp_header, prefix, .. } => {
            let signed = signature(headers, header, prefix).map(|_| ());
            return match signed.and_then(|()| timestamp(headers, timestamp_header.as_deref()).map(|_| ())) {
                Ok(()) => Verdict::NeedsBody,
                Err(reason) => Verdict::Denied(reason),
            };
        }
    };
    verdict(result)
}

/// Decides for HMAC over the raw body, as it was received; for every other kind the same as [`check`].
pub fn check_body(auth: &Auth, headers: &HeaderMap, raw_body: &[u8], now: Timestamp) -> Verdict {
    let Auth::Hmac { secret, header, timestamp_header, max_age, prefix } = auth else { return check(auth, headers) };
    let decide = || {
        let sent = signature(headers, header, prefix)?;
        let timestamp = timestamp(headers, timestamp_header.as_deref())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| DeniedReason::BadSignature)?;
        if let Some((text, _)) = timestamp {
            mac.update(text.as_bytes());
            mac.update(b":");
        }
        mac.update(raw_body);
        mac.verify_slice(&sent).map_err(|_| DeniedReason::BadSignature)?;
        match timestamp {
            Some((_, seconds)) if now.as_second().abs_diff(seconds) > max_age.as_secs() => Err(DeniedReason::Stale(*max_age)),
            _ => Ok(()),
        }
    };
    verdict(decide())
}

fn verdict(result: Result<(), DeniedReason>) -> Verdict {
    match result {
        Ok(()) => Verdict::Ok,
        Err(reason) => Verdict::Denied(reason),
    }
}

fn allow(same: Choice) -> Result<(), DeniedReason> {
    if bool::from(same) { Ok(()) } else { Err(DeniedReason::Wrong) }
}

/// Compares digests, so that neither contents nor lengths show in the time it takes.
fn same(a: &[u8], b: &[u8]) -> Choice {
    Sha256::digest(a).as_slice().ct_eq(Sha256::digest(b).as_slice())
}

/// The one value of a header.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h [u8], DeniedReason> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) => Err(DeniedReason::Missing(name.to_owned())),
        (Some(_), Some(_)) => Err(DeniedReason::Malformed(name.to_owned(), "it was sent more than once")),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, DeniedReason> {
    std::str::from_utf8(single(headers, name)?).map_err(|_| DeniedReason::Malformed(name.to_owned(), "it is not UTF-8"))
}

/// What follows the scheme in `Authorization`.
fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Result<&'h str, DeniedReason> {
    let value = text(headers, AUTHORIZATION.as_str())?;
    match value.split_once(' ') {
        Some((sent, rest)) if sent.eq_ignore_ascii_case(scheme) => Ok(rest.trim()),
        _ => Err(DeniedReason::Malformed(
            AUTHORIZATION.to_string(),
            if scheme == "basic" { "Basic was expected" } else { "Bearer was expected" },
        )),
    }
}

fn basic(headers: &HeaderMap, username: &str, password: &str) -> Result<(), DeniedReason> {
    let malformed = |what| DeniedReason::Malformed(AUTHORIZATION.to_string(), what);
    let sent = credentials(headers, "basic")?;
    let sent = STANDARD.decode(sent).or_else(|_| STANDARD_NO_PAD.decode(sent)).map_err(|_| malformed("it is not base64"))?;
    let colon = sent.iter().position(|byte| *byte == b':').ok_or_else(|| malformed("user:password was expected"))?;
    let (user, rest) = sent.split_at(colon);
    allow(same(user, username.as_bytes()) & same(&rest[1..], password.as_bytes()))
}

/// The signature's bytes; hex in either case.
fn signature(headers: &HeaderMap, header: &str, prefix: &str) -> Result<Vec<u8>, DeniedReason> {
    let malformed = |what| DeniedReason::Malformed(header.to_owned(), what);
    let hex = text(headers, header)?.trim().strip_prefix(prefix).ok_or_else(|| malformed("its prefix is not the configured one"))?;
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect();
    bytes.filter(|bytes| bytes.len() == 32).ok_or_else(|| malformed("64 hex digits were expected"))
}

/// The timestamp as sent (it is signed as text) and as unix seconds.
fn timestamp<'h>(headers: &'h HeaderMap, header: Option<&str>) -> Result<Option<(&'h str, i64)>, DeniedReason> {
    let Some(header) = header else { return Ok(None) };
    let sent = text(headers, header)?.trim();
    let seconds = sent.parse().map_err(|_| DeniedReason::Malformed(header.to_owned(), "unix seconds were expected"))?;
    Ok(Some((sent, seconds)))
}

#[cfg(test)]
#[path = "tests/auth.rs"]
mod tests;
