//! Signatures of callback requests: a plain hash over timestamp, nonce, secret and the bytes as received.
//!
//! SHA-256 with the Encrypt Key for events and `card.action.trigger`; SHA-1 with the Verification Token for the old
//! card callback. Timestamp and nonce are texts: no unit and no age limit is documented, so neither is read.

use crate::util::id::hex;
use sha2::Digest;
use subtle::ConstantTimeEq;

/// The header with the timestamp.
pub const TIMESTAMP: &str = "X-Lark-Request-Timestamp";
/// The header with the nonce.
pub const NONCE: &str = "X-Lark-Request-Nonce";
/// The header with the signature, lower-case hex.
pub const SIGNATURE: &str = "X-Lark-Signature";

/// The signature of an event or card callback. `body`: the bytes on the wire, encrypted as they are.
pub fn sign(timestamp: &str, nonce: &str, encrypt_key: &str, body: &[u8]) -> String {
    let mut hasher = sha2::Sha256::new();
    for part in [timestamp.as_bytes(), nonce.as_bytes(), encrypt_key.as_bytes(), body] {
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

/// Whether `given` is the signature, compared in constant time.
pub fn is_signed(given: &str, timestamp: &str, nonce: &str, encrypt_key: &str, body: &[u8]) -> bool {
    same(given, &sign(timestamp, nonce, encrypt_key, body))
}

/// The signature of the old card callback, whose body is never encrypted.
pub fn sign_legacy(timestamp: &str, nonce: &str, verification_token: &str, body: &[u8]) -> String {
    let mut hasher = sha1::Sha1::new();
    for part in [timestamp.as_bytes(), nonce.as_bytes(), verification_token.as_bytes(), body] {
        hasher.update(part);
    }
    hex(&hasher.finalize())
}

/// Whether `given` is the signature of the old card callback.
pub fn is_signed_legacy(given: &str, timestamp: &str, nonce: &str, verification_token: &str, body: &[u8]) -> bool {
    same(given, &sign_legacy(timestamp, nonce, verification_token, body))
}

/// Whether two texts are the same, in a time that does not tell where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "1700000000";
    const NONCE: &str = "n0nce-7f";

    #[test]
    fn signs_as_others_sign() {
        let encrypted = "AAECAwQFBgcICQoLDA0OD2mlMYxNrCbhRqTtFHzWfRDx4zIqcvw9PbcJlt1VnEkcNj2x6GryNdvIOOVl05EfXLh6GfP7YcCPU2JrlNGZ5kOpsRVaXFVofHy9aiBz491j";
        let body = format!(r#"{{"encrypt":"{encrypted}"}}"#);
        assert_eq!(body.len(), 142);
        for (body, signature) in [
            (body.as_str(), "ffa062da6eecf3f0e165bbe6faf4c253baddcbccdb84ea7751f6c9f800d57822"),
            (
                r#"{"schema":"2.0","header":{"event_id":"e-1"},"event":{}}"#,
                "a76fecf2a3aea3cab436bbd830178a7acdba276c79a9e4b44deb69c87f73030f",
            ),
        ] {
            assert_eq!(sign(AT, NONCE, "kitty-hawk-1903", body.as_bytes()), signature);
            assert!(is_signed(signature, AT, NONCE, "kitty-hawk-1903", body.as_bytes()));
            assert!(!is_signed(signature, AT, "other", "kitty-hawk-1903", body.as_bytes()));
            assert!(!is_signed("", AT, NONCE, "kitty-hawk-1903", body.as_bytes()));
        }
        let old = r#"{"open_id":"ou_1","token":"c-abc","action":{"tag":"button","value":{"k":"v"}}}"#;
        assert_eq!(sign_legacy(AT, NONCE, "vt-alpha", old.as_bytes()), "65f35dbb566a2ce0f7a8678bca1898ec99a112ed");
        assert!(is_signed_legacy("65f35dbb566a2ce0f7a8678bca1898ec99a112ed", AT, NONCE, "vt-alpha", old.as_bytes()));
    }
}
