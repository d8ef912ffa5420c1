//! Embedded pictures are taken out of their alerts before anything is stored or compared: the alert then names the picture
//! by the hash of its bytes, which lie once in a table of their own. No alert, payload or template ever holds the base64.

use crate::alert::Alert;
use crate::feishu::content::picture::inspect;
use crate::incident::pictures::{EMBEDDED, HASH_PREFIX};
use crate::util::id::hex;
use base64::Engine;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What was taken out.
#[derive(Default)]
pub(super) struct Taken {
    /// Bytes by hash.
    pub blobs: Vec<(String, Vec<u8>)>,
    /// What stood in the body, and what stands for it.
    texts: Vec<(String, String)>,
}

/// Takes the pictures out. What is no base64, no picture that the platform takes or longer than `most` bytes is dropped: it
/// costs the picture, not the alert.
pub(super) fn take<'a>(alerts: impl Iterator<Item = &'a mut Alert>, most: usize) -> Taken {
    let mut taken = Taken::default();
    for alert in alerts {
        let Some(Value::String(text)) = alert.extra.remove(EMBEDDED) else { continue };
        if text.trim().is_empty() {
            continue;
        }
        match picture(&text, most) {
            Ok(bytes) => {
                let hash = hex(&Sha256::digest(&bytes));
                let reference = format!("{HASH_PREFIX}{hash}");
                alert.extra.insert(EMBEDDED.to_owned(), reference.clone().into());
                if !taken.blobs.iter().any(|(known, _)| *known == hash) {
                    taken.blobs.push((hash, bytes));
                    taken.texts.push((text, reference));
                }
            }
            Err(why) => {
                tracing::warn!(fingerprint = alert.fingerprint, length = text.len(), why, "the alert's embedded picture is left out");
                taken.texts.push((text, why));
            }
        }
    }
    taken
}

impl Taken {
    /// The body for the record: without the pictures, cut where it is long all the same.
    pub(super) fn record(&self, body: &[u8], most: usize) -> Vec<u8> {
        if self.texts.is_empty() {
            return body[..body.len().min(most)].to_vec();
        }
        let mut text = String::from_utf8_lossy(body).into_owned();
        for (picture, reference) in &self.texts {
            text = text.replace(picture.as_str(), reference);
        }
        let mut bytes = text.into_bytes();
        bytes.truncate(most);
        bytes
    }
}

/// The bytes of a picture that the platform takes.
fn picture(text: &str, most: usize) -> Result<Vec<u8>, String> {
    let bytes = decode(text, most)?;
    inspect(&bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// Base64, with or without `data:image/png;base64,` before it.
fn decode(text: &str, most: usize) -> Result<Vec<u8>, &'static str> {
    const TOO_LONG: &str = "it is larger than `pictures.max_bytes`";
    let text = text.trim();
    let text = if text.starts_with("data:") { text.split_once(',').map_or("", |(_, data)| data) } else { text };
    if text.len() / 4 * 3 > most.saturating_add(3) {
        return Err(TOO_LONG);
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| "it is not base64")?;
    if bytes.len() > most { Err(TOO_LONG) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_pictures_are_bounded() {
        assert_eq!(decode("aGk=", 10), Ok(b"hi".to_vec()));
        assert_eq!(decode("data:image/png;base64,aGk=", 10), Ok(b"hi".to_vec()));
        for (text, most) in [("%%%", 10), ("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB", 10), ("QUFBQUFBQUFBQUE=", 10), ("data:x", 0)] {
            assert!(decode(text, most).map_or(true, |bytes| bytes.is_empty()), "{text}");
        }
    }

    #[test]
    fn alerts_name_pictures_by_hash() {
        let alert = |picture: &str| Alert {
            status: crate::alert::Status::Firing,
            labels: crate::alert::Labels::new(),
            annotations: crate::alert::Labels::new(),
            starts_at: jiff::Timestamp::UNIX_EPOCH,
            ends_at: None,
            generator_url: String::new(),
            fingerprint: "f".to_owned(),
            extra: [(EMBEDDED.to_owned(), Value::from(picture))].into(),
        };
        const GIF: &str = "R0lGODlhEAAgAA==";
        let mut alerts = [alert(GIF), alert(GIF), alert("no!"), alert("aGk="), alert("R0lGODlh0QcBAA==")];
        let taken = take(alerts.iter_mut(), 100);
        let named = alerts[0].extra[EMBEDDED].as_str().unwrap().to_owned();
        assert!(named.starts_with(HASH_PREFIX) && alerts[1].extra[EMBEDDED] == named.as_str());
        assert!(alerts[2..].iter().all(|alert| alert.extra.is_empty()), "no base64, no picture, too many pixels");
        assert_eq!(taken.blobs.len(), 1, "equal pictures are kept once");
        let record = taken.record(format!(r#"{{"a":"{GIF}","b":"no!"}}"#).as_bytes(), 1000);
        assert_eq!(String::from_utf8(record).unwrap(), format!(r#"{{"a":"{named}","b":"it is not base64"}}"#));
    }
}
