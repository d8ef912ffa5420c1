//! The ladder a refused message goes down: what to leave out next, until something is accepted.
//!
//! Pure. card -> without chart, tables, images -> without mentions -> the `safe` card -> post -> text. The fault decides
//! where to step in; every step leaves out more than the one before, so the ladder ends.

use crate::config::settings::ContentKind;
use crate::feishu::error::ContentFault;
use serde::{Deserialize, Serialize};

/// What a message is shown as and without. Stored with the attempt; part of the `uuid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// Shape.
    pub kind: ContentKind,
    /// Without charts, tables, images.
    pub no_rich: bool,
    /// Without mentions.
    pub no_mentions: bool,
    /// By the built-in `safe` template.
    pub safe: bool,
    /// As what no template makes (a picture, a chat's card); the next step is a text.
    pub direct: bool,
}

impl Step {
    /// The first step: everything, in the configured shape.
    pub fn first(kind: ContentKind) -> Self {
        Self { kind, no_rich: false, no_mentions: false, safe: false, direct: false }
    }

    /// The step before the first: something that no template makes.
    pub fn direct() -> Self {
        Self { direct: true, ..Self::first(ContentKind::Text) }
    }

    /// The last step: the safe text without anything.
    pub fn last() -> Self {
        Self { kind: ContentKind::Text, no_rich: true, no_mentions: true, safe: true, direct: false }
    }

    /// The last step that keeps the shape (edits cannot change it).
    pub fn last_of(kind: ContentKind) -> Self {
        Self { kind, ..Self::last() }
    }

    /// Whether this is the first step of its shape: nothing left out.
    pub fn is_full(&self) -> bool {
        *self == Self::first(self.kind)
    }

    /// A short stable name for `uuid`s, the store and logs: `card`, `card-rms`, `text-s`.
    pub fn name(&self) -> String {
        if self.direct {
            return "direct".to_owned();
        }
        let mut name = self.kind.as_str().to_owned();
        for (on, letter) in [(self.no_rich, 'r'), (self.no_mentions, 'm'), (self.safe, 's')] {
            if on {
                if name.len() == self.kind.as_str().len() {
                    name.push('-');
                }
                name.push(letter);
            }
        }
        name
    }

    /// Reads [`name`](Self::name) back; anything else is the first step of `kind`.
    pub fn parse(name: &str, kind: ContentKind) -> Self {
        if name == "direct" {
            return Self::direct();
        }
        let (shape, letters) = name.split_once('-').unwrap_or((name, ""));
        let Some(kind) = [ContentKind::Card, ContentKind::Post, ContentKind::Text].into_iter().find(|k| k.as_str() == shape) else {
            return Self::first(kind);
        };
        let has = |letter| letters.contains(letter);
        Self { kind, no_rich: has('r'), no_mentions: has('m'), safe: has('s'), direct: false }
    }

    /// The step after this one was refused; `None` at the end. `keep_kind` for edits.
    pub fn after(self, fault: ContentFault, keep_kind: bool) -> Option<Self> {
        if self.direct {
            return Some(Self::first(self.kind));
        }
        let without_rich = Self { no_rich: true, ..self };
        let without_mentions = Self { no_mentions: true, ..self };
        let safe = Self { no_rich: true, safe: true, ..self };
        // Text has nothing rich: that step would send the same again.
        let can_drop_rich = !self.no_rich && !self.safe && self.kind != ContentKind::Text;
        match fault {
            ContentFault::Mentions if !self.no_mentions => return Some(without_mentions),
            ContentFault::Rich | ContentFault::TooLong if can_drop_rich => return Some(without_rich),
            ContentFault::TooLong | ContentFault::Sensitive | ContentFault::Template if !self.safe => return Some(safe),
            ContentFault::Shape => return self.simpler_kind(keep_kind),
            _ => {}
        }
        if can_drop_rich {
            Some(without_rich)
        } else if !self.no_mentions {
            Some(without_mentions)
        } else if !self.safe {
            Some(safe)
        } else {
            self.simpler_kind(keep_kind)
        }
    }

    fn simpler_kind(self, keep_kind: bool) -> Option<Self> {
        let kind = match self.kind {
            _ if keep_kind => return None,
            ContentKind::Card => ContentKind::Post,
            ContentKind::Post => ContentKind::Text,
            ContentKind::Text => return None,
        };
        Some(Self { kind, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(kind: ContentKind, fault: ContentFault, keep_kind: bool) -> Vec<String> {
        let mut steps = vec![Step::first(kind)];
        while let Some(next) = steps[steps.len() - 1].after(fault, keep_kind) {
            assert!(!steps.contains(&next) && steps.len() < 10, "{steps:?} {next:?}");
            steps.push(next);
        }
        steps.iter().map(Step::name).collect()
    }

    #[test]
    fn goes_down_step_by_step() {
        use ContentFault as F;
        use ContentKind::{Card, Post, Text};
        for (kind, fault, keep, expected) in [
            (Card, F::Other, false, vec!["card", "card-r", "card-rm", "card-rms", "post-rms", "text-rms"]),
            (Card, F::Other, true, vec!["card", "card-r", "card-rm", "card-rms"]),
            (Card, F::Mentions, false, vec!["card", "card-m", "card-rm", "card-rms", "post-rms", "text-rms"]),
            (Card, F::Rich, false, vec!["card", "card-r", "card-rm", "card-rms", "post-rms", "text-rms"]),
            (Card, F::TooLong, false, vec!["card", "card-r", "card-rs", "card-rms", "post-rms", "text-rms"]),
            (Card, F::Template, true, vec!["card", "card-rs", "card-rms"]),
            (Card, F::Shape, false, vec!["card", "post", "text"]),
            (Post, F::Other, false, vec!["post", "post-r", "post-rm", "post-rms", "text-rms"]),
            (Text, F::Other, false, vec!["text", "text-m", "text-rms"]),
            (Text, F::Sensitive, false, vec!["text", "text-rs", "text-rms"]),
        ] {
            assert_eq!(walk(kind, fault, keep), expected, "{kind:?} {fault:?}");
        }
    }

    #[test]
    fn faults_in_any_order_end() {
        use ContentFault as F;
        const ALL: [F; 9] = [F::Mentions, F::Rich, F::TooLong, F::Locked, F::ThreadRefused, F::Shape, F::Sensitive, F::Template, F::Other];
        fn deepest(step: Step, keep: bool) -> usize {
            ALL.iter().filter_map(|fault| step.after(*fault, keep)).map(|next| 1 + deepest(next, keep)).max().unwrap_or(0)
        }
        for kind in [ContentKind::Card, ContentKind::Post, ContentKind::Text] {
            assert!(deepest(Step::first(kind), false) <= 5 && deepest(Step::first(kind), true) <= 3);
        }
    }
}
