//! What comes as a callback: requests to the app's URL, frames of a long connection, and the app's answers.
//!
//! Promised: whatever the bytes, they are read or refused; what is read is written as it was read; what was encrypted and
//! signed with another key is never taken; fragments stay within their bounds. Parts: choices, a key, the bytes.

use super::parts::Parts;
use larkhook::feishu::callback::answer::Answer;
use larkhook::feishu::callback::crypt::CryptKey;
use larkhook::feishu::callback::envelope::{self, Incoming};
use larkhook::feishu::callback::fragments::{Bounds, Fragments};
use larkhook::feishu::callback::frame::{Ack, Frame};
use larkhook::feishu::callback::{Keys, Signed, open, signature};

/// Runs one input.
pub fn run(data: &[u8]) {
    let mut parts = Parts::of(data);
    let which = parts.choice(0, 3);
    let key = String::from_utf8_lossy(parts.bytes()).into_owned();
    let bytes = parts.bytes();
    match which {
        0 => request(bytes, &key),
        1 => frames(data),
        _ => answer(bytes),
    }
}

fn request(bytes: &[u8], key: &str) {
    let keys = Keys { encrypt_key: key, verification_token: "" };
    if let Ok(Incoming::Event(event)) = envelope::read(bytes) {
        let again = envelope::read(&event.to_body());
        assert!(matches!(&again, Ok(Incoming::Event(same)) if same.id == event.id && same.event == event.event), "{again:?}");
    }
    let _ = open(bytes, None, keys);
    if key.is_empty() {
        return;
    }
    let sealed = envelope::encrypted_body(&CryptKey::new(key).encrypt(bytes, [7; 16]));
    let signed = signature::sign("1", "n", key, &sealed);
    let signed = Signed { timestamp: "1", nonce: "n", signature: &signed };
    assert_eq!(open(&sealed, Some(signed), keys).ok(), envelope::read(bytes).ok());
    let other = format!("{key}x");
    assert!(open(&sealed, Some(signed), Keys { encrypt_key: &other, ..keys }).is_err());
    assert!(!matches!(open(&sealed, None, keys), Ok(Incoming::Event(_))), "an event needs a signature");
}

/// Each part of the input is a frame.
fn frames(data: &[u8]) {
    let bounds = Bounds { ttl_ms: 5, parts: 8, bytes: 200, messages: 3 };
    let mut fragments = Fragments::within(bounds);
    for (at, bytes) in (0..).zip(data.split(|byte| *byte == super::parts::SEPARATOR)) {
        let Ok(frame) = Frame::read(bytes) else { continue };
        assert_eq!(Frame::read(&frame.encode()).as_ref(), Ok(&frame));
        let ack = Ack { code: 200, answer: Some(bytes.to_vec()).filter(|answer| !answer.is_empty()) };
        assert_eq!(frame.acked(&ack, 1).ack(), Ok(ack));
        let _ = (frame.kind(), frame.ack(), frame.client_config());
        let now = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
        let whole = fragments.push(frame, now);
        assert!(fragments.waiting() <= bounds.messages, "{whole:?}");
    }
}

fn answer(bytes: &[u8]) {
    if let Ok(answer) = Answer::read(bytes) {
        let again = serde_json::to_vec(&answer).ok().map(|bytes| Answer::read(&bytes));
        assert_eq!(again, Some(Ok(answer)));
    }
}
