//! Which pictures a message shows: those of its first alerts, few. Pure.

use crate::alert::{Alert, State};

/// Most pictures in one message.
pub const MOST: usize = 3;
/// Most pictures that one message is given over its life: a sender makes a new one with every notification.
pub const MOST_EVER: i64 = 12;
/// Alert field with an embedded picture: since intake its hash.
pub const EMBEDDED: &str = "embeddedImage";
/// Alert field with a picture's URL.
pub const URL: &str = "imageURL";
/// Before the hash of an embedded picture.
pub const HASH_PREFIX: &str = "sha256:";

/// A picture that a message should show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// A URL, or [`HASH_PREFIX`] and the hash of an embedded one.
    pub source: String,
    /// What it is, in words.
    pub alt: String,
}

/// The pictures of a message with these alerts: firing ones first, oldest first, each picture once.
pub fn wanted<'a>(alerts: impl Iterator<Item = (&'a Alert, State)>) -> Vec<Wanted> {
    let mut with: Vec<(&Alert, State, &str)> = alerts.filter_map(|(alert, state)| Some((alert, state, source(alert)?))).collect();
    with.sort_by_key(|(alert, state, _)| (*state != State::Firing, alert.starts_at, alert.fingerprint.as_str()));
    let mut all: Vec<Wanted> = Vec::new();
    for (alert, _, source) in with {
        if all.iter().all(|known| known.source != source) {
            all.push(Wanted { source: source.to_owned(), alt: alt(alert) });
        }
        if all.len() == MOST {
            break;
        }
    }
    all
}

/// An embedded picture needs no fetch: it goes before the URL.
fn source(alert: &Alert) -> Option<&str> {
    let text = |name: &str| alert.extra.get(name)?.as_str();
    text(EMBEDDED).filter(|text| text.starts_with(HASH_PREFIX)).or_else(|| text(URL).filter(|url| !url.is_empty() && url.len() <= 4096))
}

fn alt(alert: &Alert) -> String {
    let label = |name: &str| alert.labels.get(name).map_or("", String::as_str);
    let text = format!("{} {}", label("alertname"), label("instance"));
    crate::util::text::truncate(text.trim(), 100).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn alert(name: &str, start: i64, fields: &[(&str, &str)]) -> Alert {
        Alert {
            status: crate::alert::Status::Firing,
            labels: [("alertname".to_owned(), name.to_owned())].into(),
            annotations: crate::alert::Labels::new(),
            starts_at: Timestamp::from_second(start).unwrap(),
            ends_at: None,
            generator_url: String::new(),
            fingerprint: name.to_owned(),
            extra: fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect(),
        }
    }

    #[test]
    fn firing_ones_first_and_each_once() {
        let alerts = [
            (alert("late", 9, &[(URL, "http://g/late")]), State::Firing),
            (alert("over", 1, &[(URL, "http://g/over")]), State::Resolved),
            (alert("none", 1, &[(URL, ""), (EMBEDDED, "AAAA")]), State::Firing),
            (alert("both", 2, &[(URL, "http://g/both"), (EMBEDDED, "sha256:ab")]), State::Firing),
            (alert("same", 3, &[(EMBEDDED, "sha256:ab")]), State::Firing),
        ];
        let sources: Vec<String> = wanted(alerts.iter().map(|(a, s)| (a, *s))).into_iter().map(|w| w.source).collect();
        assert_eq!(sources, ["sha256:ab", "http://g/late", "http://g/over"]);
    }
}
