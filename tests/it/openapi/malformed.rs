//! Malformed requests at every operation: bad JSON, wrong types, huge numbers, long strings, bad ids, wrong methods and content types. Never a
//! 5xx, always our form of an error. Seeded: `LARKHOOK_SEED=7 cargo test --test it openapi` makes others, and what fails names its seed.

use super::caller::Caller;
use super::spec::Operation;
use super::story;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write;

/// Requests at each operation.
const EACH: usize = 20;
const SEED: u64 = 20_261_122;

/// Ids and other segments of paths, percent-encoded.
const SEGMENTS: [&str; 16] = [
    "x",
    "0",
    "-1",
    "99999999999999999999999",
    "00000000000000000000000000000000",
    "0193f0c0a1b2c3d4e5f60718293a4b5c",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "%ff%fe",
    "%F0%9D%95%8F%E4%B8%AD",
    "'%3B%20drop%20table%20jobs%3B--",
    "null",
    "%7B%7D",
    "%20",
    "incident.card",
    "a.b.c.d",
];
/// Values of query parameters, percent-encoded.
const VALUES: [&str; 18] = [
    "",
    "0",
    "-1",
    "1",
    "99999999999999999999999",
    "1e999",
    "NaN",
    "null",
    "true",
    "%00",
    "%ff",
    "%",
    "x%20y",
    "open",
    "dead",
    "2026-01-01T00:00:00Z",
    "9999-99-99T99:99:99Z",
    "%E4%B8%AD%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB",
];

/// A small generator of numbers: the same seed gives the same requests everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }

    fn one<'v, T: ?Sized>(&mut self, of: &[&'v T]) -> &'v T {
        of[self.roll(of.len())]
    }

    fn path(&mut self, operation: &Operation) -> String {
        let mut path = String::new();
        for part in operation.path.split('/').skip(1) {
            let part = match part.starts_with('{') {
                true if part == "{source}" && self.roll(2) == 0 => "open".to_owned(),
                true if self.roll(12) == 0 => "a".repeat(4000),
                true => self.one(&SEGMENTS).to_owned(),
                false => part.to_owned(),
            };
            write!(path, "/{part}").unwrap();
        }
        let mut joint = '?';
        for parameter in operation.parameters.iter().filter(|parameter| parameter["in"] == "query") {
            if self.roll(3) > 0 {
                let long = "%E4%B8%AD".repeat(1000);
                let value = if self.roll(15) == 0 { &long } else { self.one(&VALUES) };
                write!(path, "{joint}{}={value}", parameter["name"].as_str().unwrap()).unwrap();
                joint = '&';
            }
        }
        if self.roll(6) == 0 {
            write!(path, "{joint}zzz=1").unwrap();
        }
        path
    }

    /// A value of no sense.
    fn value(&mut self, depth: usize) -> Value {
        match self.roll(if depth > 3 { 9 } else { 11 }) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(1e308),
            5 => json!(""),
            6 => "x".repeat(self.roll(20_000)).into(),
            7 => "\u{202e}\u{0}\u{fdd0}{{#if}}{{{x}}}</script>".into(),
            8 => json!("chat:oc_default00000000000000000000"),
            9 => (0..self.roll(4)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                let names =
                    ["payload", "source", "ids", "filter", "to", "by", "text", "as", "labels", "verb", "state", "name", "limit", "send"];
                (0..self.roll(5)).map(|_| (self.one(&names).to_owned(), self.value(depth + 1))).collect::<serde_json::Map<_, _>>().into()
            }
        }
    }

    fn body(&mut self, operation: &Operation) -> Vec<u8> {
        match self.roll(10) {
            0 => Vec::new(),
            1 => b"{\"payload\": {".to_vec(),
            2 => [b"\xff\xfe".as_slice(), &[0; 40]].concat(),
            3 => "[".repeat(20_000).into_bytes(),
            4 => br#"{"limit": 1e999999, "ids": [1e400]}"#.to_vec(),
            5 => vec![b' '; 70_000],
            6 | 7 => {
                let mut right = story::body(&operation.name());
                let value = self.value(0);
                let more = self.one(&["extra", "limit", "ids"]).to_owned();
                if let Some(fields) = right.as_object_mut() {
                    let names: Vec<String> = fields.keys().cloned().chain([more]).collect();
                    let name = names[self.roll(names.len())].clone();
                    fields.insert(name, value);
                }
                right.to_string().into_bytes()
            }
            _ => self.value(0).to_string().into_bytes(),
        }
    }
}

#[tokio::test]
async fn nothing_malformed_is_answered_with_a_5xx() {
    let seed = std::env::var("LARKHOOK_SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let larkhook = story::running().await;
    let caller = Caller::new(&larkhook);
    story::prepare(&caller).await;
    let mut dice = Dice(seed);
    for operation in &caller.spec.operations {
        for _ in 0..EACH {
            let path = dice.path(operation);
            let odd = dice.roll(12) == 0;
            let method = if odd {
                Method::from_bytes(dice.one(&["PATCH", "DELETE", "OPTIONS", "FOO"]).as_bytes()).unwrap()
            } else {
                operation.method.parse().unwrap()
            };
            let kind = dice.one(&[
                "application/json",
                "application/json",
                "application/json; charset=latin1",
                "text/plain",
                "application/xml",
                "",
            ]);
            let body = dice.body(operation);
            let shown =
                format!("seed {seed}: {method} {path} ({kind}) {}", String::from_utf8_lossy(&body).chars().take(300).collect::<String>());
            let large = body.len() > 1000;
            let request = larkhook.request(method, &path).header("content-type", kind);
            if odd {
                let (status, said) = crate::support::error(request.send().await.unwrap()).await;
                assert!((400..500).contains(&status) && said["code"].is_string(), "{shown}: {status} {said}");
                continue;
            }
            let answer = match caller.try_check(operation, request.body(body)).await {
                Ok(answer) => answer,
                Err(error) if large && !error.is_timeout() => continue,
                Err(error) => panic!("{shown}: {error:?}"),
            };
            assert!(answer.status < 500, "{shown}: {} {}", answer.status, answer.text);
            assert!(answer.status < 400 || answer.body["error"]["code"].is_string(), "{shown}: {}", answer.text);
        }
    }
    // It is still there, and well.
    assert_eq!(larkhook.get("/-/ready").await.status(), 200);
    larkhook.app.stop(std::time::Duration::from_secs(10)).await;
}
