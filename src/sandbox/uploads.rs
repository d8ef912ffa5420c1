//! Uploaded bytes: the form they come in, and a shelf that keeps them by key within a bound.
//!
//! A key belongs to the app that uploaded it. What a key is good for is decided by `images` and `files`.

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, Uri};
use std::collections::{BTreeMap, HashMap, VecDeque};

const KEEP_BYTES: usize = 128_000_000;

/// A multipart upload, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Upload {
    fields: BTreeMap<String, String>,
    /// The part named `image` or `file`.
    pub bytes: Option<Bytes>,
}

impl Upload {
    /// Reads the form; says what is wrong with it where it cannot be read.
    pub async fn read(parts: &Parts, body: Bytes) -> Result<Self, String> {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/");
        if let Some(content_type) = parts.headers.get(CONTENT_TYPE) {
            request.headers_mut().insert(CONTENT_TYPE, content_type.clone());
        }
        DefaultBodyLimit::disable().apply(&mut request);
        let mut form = Multipart::from_request(request, &()).await.map_err(|_| "the body is not multipart/form-data".to_owned())?;
        let mut upload = Self::default();
        while let Some(field) = form.next_field().await.map_err(|_| "broken multipart body".to_owned())? {
            match field.name().unwrap_or_default().to_owned() {
                name if matches!(name.as_str(), "image" | "file") => {
                    upload.bytes = Some(field.bytes().await.map_err(|_| format!("{name} ends early"))?);
                }
                name => {
                    let text = field.text().await.map_err(|_| format!("{name} is not text"))?;
                    upload.fields.insert(name, text);
                }
            }
        }
        Ok(upload)
    }

    /// A text field, empty when absent.
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Whether a key may be used by an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyState {
    Own,
    OtherApp,
    /// Not uploaded here, but looks like a key.
    Foreign,
    Invalid,
}

#[derive(Debug)]
struct Kept<T> {
    app_id: String,
    about: T,
    bytes: Bytes,
}

/// What was uploaded, by key; the oldest goes when it is too much.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    prefixes: [&'static str; 2],
    by_key: HashMap<String, Kept<T>>,
    order: VecDeque<String>,
    bytes: usize,
}

impl<T> Shelf<T> {
    /// An empty one, for keys that start so.
    pub fn new(prefixes: [&'static str; 2]) -> Self {
        Self { prefixes, by_key: HashMap::new(), order: VecDeque::new(), bytes: 0 }
    }

    /// Keeps an upload of an app.
    pub fn add(&mut self, key: String, app_id: &str, about: T, bytes: Bytes) {
        self.bytes += bytes.len();
        self.order.push_back(key.clone());
        self.by_key.insert(key, Kept { app_id: app_id.to_owned(), about, bytes });
        while self.bytes > KEEP_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            if let Some(kept) = self.by_key.remove(&oldest) {
                self.bytes -= kept.bytes.len();
            }
        }
    }

    /// What the key is to the app.
    pub fn state(&self, key: &str, app_id: &str) -> KeyState {
        match self.by_key.get(key) {
            Some(kept) if kept.app_id == app_id => KeyState::Own,
            Some(_) => KeyState::OtherApp,
            None if self.prefixes.iter().any(|prefix| key.starts_with(prefix)) => KeyState::Foreign,
            None => KeyState::Invalid,
        }
    }

    /// What is known about an upload, and its bytes, whoever made it.
    pub fn get(&self, key: &str) -> Option<(&T, &Bytes)> {
        self.by_key.get(key).map(|kept| (&kept.about, &kept.bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_belong_to_apps_and_the_oldest_goes() {
        let mut shelf: Shelf<()> = Shelf::new(["file_v2_", "file_v3_"]);
        shelf.add("file_v3_1".to_owned(), "cli_a", (), Bytes::from_static(b"x"));
        for (key, app_id, state) in [
            ("file_v3_1", "cli_a", KeyState::Own),
            ("file_v3_1", "cli_b", KeyState::OtherApp),
            ("file_v2_9", "cli_a", KeyState::Foreign),
            ("img_v3_1", "cli_a", KeyState::Invalid),
        ] {
            assert_eq!(shelf.state(key, app_id), state, "{key} {app_id}");
        }
        shelf.add("file_v3_2".to_owned(), "cli_a", (), Bytes::from(vec![0; KEEP_BYTES]));
        assert!(shelf.get("file_v3_1").is_none() && shelf.get("file_v3_2").is_some());
    }
}
