//! The order in which an app checks a callback request: signature, decryption, token.
//!
//! A signature that is there is checked over the raw bytes before anything is decrypted; without one only a challenge
//! is taken where an Encrypt Key is set. The reasons are for logs: the sender is told one thing for all of them.

use super::crypt::CryptKey;
use super::envelope::{self, Incoming};
use super::signature;

/// What an app's console shows, as far as it is set.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The Encrypt Key; empty: bodies are plain and unsigned.
    pub encrypt_key: &'a str,
    /// The Verification Token; empty: not compared.
    pub verification_token: &'a str,
}

impl std::fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// The headers of a signed request.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// [`signature::TIMESTAMP`]
    pub timestamp: &'a str,
    /// [`signature::NONCE`]
    pub nonce: &'a str,
    /// [`signature::SIGNATURE`]
    pub signature: &'a str,
}

/// Why a request is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The signature does not fit the bytes and the Encrypt Key.
    #[error("the signature is wrong: is the Encrypt Key the one of the app's console?")]
    Signature,
    /// No signature, though an Encrypt Key is set.
    #[error("the request is not signed, though an Encrypt Key is set")]
    Unsigned,
    /// An Encrypt Key is set and the body is plain.
    #[error("the body is not encrypted, though an Encrypt Key is set")]
    Plain,
    /// The body is encrypted and no Encrypt Key is set.
    #[error("the body is encrypted, and no Encrypt Key is set")]
    Encrypted,
    /// It cannot be decrypted.
    #[error(transparent)]
    Decrypt(#[from] super::crypt::DecryptError),
    /// It is no envelope.
    #[error(transparent)]
    Envelope(#[from] envelope::EnvelopeError),
    /// The Verification Token is another.
    #[error("the Verification Token is wrong")]
    Token,
}

/// Checks a webhook request and reads it. `body`: the bytes as received. Whose event it is and whether it is a repeat is
/// for the caller to look at.
///
/// # Errors
/// When it is not from the platform, as far as the keys can tell.
pub fn open(body: &[u8], signed: Option<Signed<'_>>, keys: Keys<'_>) -> Result<Incoming, OpenError> {
    let encrypted = envelope::encrypted(body);
    let incoming = match (keys.encrypt_key, encrypted) {
        ("", Some(_)) => return Err(OpenError::Encrypted),
        ("", None) => envelope::read(body)?,
        (_, None) => return Err(OpenError::Plain),
        (key, Some(encrypted)) => {
            if let Some(Signed { timestamp, nonce, signature }) = signed
                && !signature::is_signed(signature, timestamp, nonce, key, body)
            {
                return Err(OpenError::Signature);
            }
            let incoming = envelope::read(&CryptKey::new(key).decrypt(&encrypted)?)?;
            if signed.is_none() && !matches!(incoming, Incoming::Challenge { .. }) {
                return Err(OpenError::Unsigned);
            }
            incoming
        }
    };
    let (Incoming::Challenge { token, .. } | Incoming::Event(envelope::Event { token, .. })) = &incoming;
    if !keys.verification_token.is_empty() && !signature::same(token, keys.verification_token) {
        return Err(OpenError::Token);
    }
    Ok(incoming)
}
