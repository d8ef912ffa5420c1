//! By what messages leave: an app, a custom bot, or several bots of one chat in turn.
//!
//! The one place that reads and writes the words in which the store and the scheduler keep that.

/// By what the messages of one key leave: `app:ops`, `bot:room`, or `bot:[room-1,room-2]`, whose bots take turns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via<'a> {
    /// An app by its name.
    App(&'a str),
    /// Custom bots by their names, sorted; one or more.
    Bots(Vec<&'a str>),
}

impl<'a> Via<'a> {
    /// Reads it.
    pub fn parse(text: &'a str) -> Self {
        match text.split_once(':') {
            Some(("bot", names)) => Via::Bots(bot_names(names).collect()),
            Some((_, name)) => Via::App(name),
            None => Via::App(text),
        }
    }

    /// The app's name.
    pub fn app(&self) -> Option<&'a str> {
        match self {
            Via::App(name) => Some(name),
            Via::Bots(_) => None,
        }
    }
}

/// One app or bot that makes a call, and the target as breakers, budgets and parking know it. A bot has one target only, the
/// chat it was made in: itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Carrier {
    /// `app:NAME` or `bot:NAME`, never several.
    pub via: String,
    /// The configured address; of a bot `bot:NAME`.
    pub target: String,
}

impl Carrier {
    /// Everyone that can carry what goes by `via` to `target`: one, or each of the bots that take turns.
    pub fn all(via: &str, target: &str) -> Vec<Carrier> {
        match Via::parse(via) {
            Via::Bots(names) if names.len() > 1 => names.into_iter().map(Carrier::bot).collect(),
            Via::Bots(_) | Via::App(_) => vec![Carrier { via: via.to_owned(), target: target.to_owned() }],
        }
    }

    /// A custom bot.
    pub fn bot(name: &str) -> Self {
        let via = format!("bot:{name}");
        Self { target: via.clone(), via }
    }

    /// The app's name; `None`: a custom bot.
    pub fn app_name(&self) -> Option<&str> {
        self.via.strip_prefix("app:")
    }

    /// The custom bot's name.
    pub fn bot_name(&self) -> Option<&str> {
        self.via.strip_prefix("bot:")
    }
}

/// The names in the value of a `bot:` address.
pub(super) fn bot_names(value: &str) -> impl Iterator<Item = &str> {
    let list = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let several = list.is_some();
    list.unwrap_or(value).split(move |c: char| several && c == ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_who_can_carry() {
        assert_eq!(Via::parse("app:ops"), Via::App("ops"));
        assert_eq!(Via::parse("bot:a"), Via::Bots(vec!["a"]));
        assert_eq!(Via::parse("bot:[a,b]"), Via::Bots(vec!["a", "b"]));
        let all = |via: &str, target: &str| Carrier::all(via, target).into_iter().map(|c| (c.via, c.target)).collect::<Vec<_>>();
        let pair = |via: &str, target: &str| (via.to_owned(), target.to_owned());
        assert_eq!(all("app:ops", "chat:oc_1"), [pair("app:ops", "chat:oc_1")]);
        assert_eq!(all("bot:a", "bot:a"), [pair("bot:a", "bot:a")]);
        assert_eq!(all("bot:[a,b]", "bot:[a,b]"), [pair("bot:a", "bot:a"), pair("bot:b", "bot:b")]);
    }
}
