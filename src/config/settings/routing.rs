//! Routes, receivers and send entries as written; inheritance is resolved by `route::Tree`.

use super::Locale;
use crate::alert::matcher::Matcher;
use serde::{Deserialize, Serialize};

/// One node of the routing tree as written.
#[derive(Debug, Clone)]
pub struct Route {
    /// Where it stands: `route`, `route.routes[0]`, ...
    pub path: String,
    /// A receiver's name; `None` inherits.
    pub receiver: Option<String>,
    /// Inline send entries in place of a receiver's.
    pub send: Vec<Send>,
    /// Own grouping; `None` inherits.
    pub group_by: Option<GroupBy>,
    /// All must match.
    pub matchers: Vec<Matcher>,
    /// Go on with the next sibling after a match.
    pub continue_matching: bool,
    /// Names of intervals during which nothing is sent.
    pub mute_time_intervals: Vec<String>,
    /// Names of intervals outside of which nothing is sent; empty: always active.
    pub active_time_intervals: Vec<String>,
    /// Children in order.
    pub routes: Vec<Route>,
}

/// A route's own grouping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// One incident per alert: `['...']`.
    All,
    /// By these labels; an empty list puts all alerts of the source together.
    Labels(Vec<String>),
}

/// A named list of send entries.
#[derive(Debug, Clone)]
pub struct Receiver {
    /// Its name.
    pub name: String,
    /// Language; default the global one.
    pub locale: Locale,
    /// Where to and how.
    pub send: Vec<Send>,
}

/// One send entry: where to, as what, by which template, with which lifecycle.
#[derive(Debug, Clone)]
pub struct Send {
    /// Keeps messages apart over reloads; default: its position.
    pub name: String,
    /// Address templates (`chat:{{labels.feishu_chat}}`), evaluated per alert.
    pub to: Vec<String>,
    /// App for targets that need one; resolved, so only `None` when every target is a bot.
    pub app: Option<String>,
    /// Shape of the message; of its plainer form where it is sent as something else.
    pub kind: ContentKind,
    /// Sent as something that is no words of ours.
    pub direct: Option<Direct>,
    /// Template name.
    pub template: String,
    /// Only alerts that all of these match.
    pub matchers: Vec<Matcher>,
    /// Address templates of people to mention, evaluated per alert; the word `all` mentions everybody.
    pub mention: Vec<String>,
    /// When they are mentioned.
    pub mention_on: Vec<MentionOn>,
    /// Files that follow a message.
    pub attach: Vec<Attach>,
    /// What follows what.
    pub lifecycle: Lifecycle,
    /// Language.
    pub locale: Locale,
}

/// What a message is that no template makes. Where it cannot be had, a text takes its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direct {
    /// The alert's own picture.
    Image,
    /// The card of a chat that people can join; the address template of the chat, evaluated over the first alert.
    ShareChat(String),
}

/// Shape of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ContentKind {
    /// Interactive card.
    #[default]
    Card,
    /// Rich text.
    Post,
    /// Plain text.
    Text,
}

impl ContentKind {
    /// The word of the configuration and of template file names.
    pub fn as_str(self) -> &'static str {
        match self {
            ContentKind::Card => "card",
            ContentKind::Post => "post",
            ContentKind::Text => "text",
        }
    }

    /// The platform's `msg_type`.
    pub fn msg_type(self) -> &'static str {
        match self {
            ContentKind::Card => "interactive",
            ContentKind::Post => "post",
            ContentKind::Text => "text",
        }
    }
}

/// Files that follow a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Attach {
    /// The full list of alerts as CSV and JSON, where the message left some out.
    Alerts,
}

/// Moments at which people are mentioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MentionOn {
    /// The first message.
    Fire,
    /// The severity rose.
    Worse,
    /// Fired again soon after it was resolved.
    Reopen,
    /// The sender reminds.
    Repeat,
}

/// A lifecycle verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Bring the message itself up to date.
    Edit,
    /// Reply in its topic.
    Thread,
    /// Quote it in the stream.
    Reply,
    /// A new message.
    New,
}

/// What follows what; an empty list means nothing follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifecycle {
    /// Alerts joined, resolved or left.
    pub on_change: Vec<Verb>,
    /// The severity rose.
    pub on_worse: Vec<Verb>,
    /// The sender reminds.
    pub on_repeat: Vec<Verb>,
    /// Fired again soon after it was resolved.
    pub on_reopen: Vec<Verb>,
    /// Nothing fires any more.
    pub on_resolve: Vec<Verb>,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            on_change: vec![Verb::Edit, Verb::Thread],
            on_worse: vec![Verb::Edit, Verb::Reply],
            on_repeat: vec![Verb::Reply],
            on_reopen: vec![Verb::Edit, Verb::Reply],
            on_resolve: vec![Verb::Edit, Verb::Reply],
        }
    }
}

/// The default of `mention_on`.
pub const MENTION_ON: [MentionOn; 4] = [MentionOn::Fire, MentionOn::Worse, MentionOn::Reopen, MentionOn::Repeat];
