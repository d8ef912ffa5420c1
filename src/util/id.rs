//! Ids: random time-ordered ones for rows and events, hashed ones where the same input must give the
//! same id.

use sha2::{Digest, Sha256};

/// A new time-ordered id of 32 hex digits.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// The first 40 hex digits of SHA-256 over the parts, each framed by its length so that no two lists
/// of parts collide. 40 characters fit Feishu's `uuid` field (at most 50).
pub fn hash_id<S: AsRef<[u8]>>(parts: &[S]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        let bytes = part.as_ref();
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    }
    hex(&hasher.finalize()[..20])
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}
