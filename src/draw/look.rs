//! For whom a message is drawn, and what the drawing has to be told: names, pictures, files.
//!
//! The platform's clients look these up by themselves; here whoever draws answers, from memory.

/// The reader's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Locale {
    /// The platform's name of the language, as in `i18n_content`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Zh => "zh_cn",
            Self::En => "en_us",
        }
    }

    /// One of two words of our own.
    pub(super) const fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Where it can be had; a path of this site or an `http(s)` address, anything else is left out.
    pub url: Option<String>,
}

/// What ids and keys of a message stand for. `None` is unknown: drawn as such, never an error.
pub trait World {
    /// The name of a person by open id, union id, user id or e-mail.
    fn person(&self, id: &str) -> Option<String>;
    /// Where the picture of a key can be had: a path of this site or an `http(s)` address.
    fn image(&self, key: &str) -> Option<String>;
    /// The file of a key.
    fn file(&self, _key: &str) -> Option<File> {
        None
    }
    /// The name of a chat.
    fn chat(&self, _id: &str) -> Option<String> {
        None
    }
    /// The people who can be chosen where a card does not say whom: id and name of the chat's members.
    fn members(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// A world in which nothing is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl World for Nobody {
    fn person(&self, _: &str) -> Option<String> {
        None
    }
    fn image(&self, _: &str) -> Option<String> {
        None
    }
}

/// How a message is drawn.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// The reader's language.
    pub locale: Locale,
    /// Names, pictures, files.
    pub world: &'a dyn World,
    /// Whether pressing something is answered: elements that call back then carry `data-act`. Links open either way.
    pub live: bool,
}

impl std::fmt::Debug for Look<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Look").field("locale", &self.locale).field("live", &self.live).finish_non_exhaustive()
    }
}

impl<'a> Look<'a> {
    /// For a reader of this language; nothing calls back.
    pub fn new(locale: Locale, world: &'a dyn World) -> Self {
        Self { locale, world, live: false }
    }
}
