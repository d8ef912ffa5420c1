//! The routing tree, time intervals, receivers and their send entries.

use crate::config::decode::{At, Decode, OneOrMany, Req, Word, section};
use crate::config::diagnostic::Out;
use crate::config::node::{Node, Value};
use crate::config::settings::{Attach, Locale, MentionOn, Verb};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// What a message is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// A card by a template.
    Card,
    /// Rich text by a template.
    Post,
    /// Text by a template.
    Text,
    /// The alert's own picture.
    Image,
    /// A chat that people can join.
    ShareChat,
}

impl Word for As {
    const WORDS: &'static [(&'static str, Self)] =
        &[("card", As::Card), ("post", As::Post), ("text", As::Text), ("image", As::Image), ("share_chat", As::ShareChat)];
}

impl Word for Verb {
    const WORDS: &'static [(&'static str, Self)] =
        &[("edit", Verb::Edit), ("thread", Verb::Thread), ("reply", Verb::Reply), ("new", Verb::New)];
}

impl Word for MentionOn {
    const WORDS: &'static [(&'static str, Self)] =
        &[("fire", MentionOn::Fire), ("worse", MentionOn::Worse), ("reopen", MentionOn::Reopen), ("repeat", MentionOn::Repeat)];
}

impl Word for Attach {
    const WORDS: &'static [(&'static str, Self)] = &[("alerts", Attach::Alerts)];
}

section! {
    /// A node of the routing tree, as in Alertmanager: the first match wins, `continue` goes on; alerts are matched one by one.
    "a route" Route {
        /// Name of the receiver. Default: the parent's.
        receiver: Option<At<String>>,
        /// Where to send in place of a receiver.
        send: Option<Vec<Send>>,
        /// Label names to group by, or `['...']` for one message per alert. Default: the parent's; at the root the sender's own grouping.
        group_by: Option<OneOrMany<At<String>>>,
        /// Conditions that must all hold, such as `severity="critical"` or `team=~"db|cache"`. Reserved: `__source__`, `__receiver__`.
        matchers: Option<OneOrMany<At<String>>>,
        /// Go on with the next sibling after a match. Default `false`.
        r#continue: Option<At<bool>>,
        /// Names of `time_intervals` during which nothing is sent.
        mute_time_intervals: Option<OneOrMany<At<String>>>,
        /// Names of `time_intervals` outside of which nothing is sent.
        active_time_intervals: Option<OneOrMany<At<String>>>,
        /// The children, tried in order.
        routes: Option<Vec<Route>>,
    }
}

section! {
    /// A name for some time intervals.
    "an entry of `time_intervals`" NamedIntervals {
        /// The name.
        name: Req<At<String>>,
        /// The intervals; one that holds is enough.
        time_intervals: Req<Vec<Interval>>,
    }
}

section! {
    /// A time interval as in Alertmanager: all of its given parts must hold.
    "a time interval" Interval {
        /// Times of day.
        times: Option<OneOrMany<TimeRange>>,
        /// Days of the week, such as `monday:friday`.
        weekdays: Option<OneOrMany<At<String>>>,
        /// Days of the month, such as `1:5` or `-1` for the last.
        days_of_month: Option<OneOrMany<At<String>>>,
        /// Months, such as `may:august` or `1:3`.
        months: Option<OneOrMany<At<String>>>,
        /// Years, such as `2026:2027`.
        years: Option<OneOrMany<At<String>>>,
        /// Time zone. Default `UTC`, as in Alertmanager.
        location: Option<At<String>>,
    }
}

section! {
    /// A time of day from (inclusive) to (exclusive).
    "`times`" TimeRange {
        /// Such as `"22:00"`; in quotes.
        start_time: Req<At<String>>,
        /// Such as `"24:00"`; in quotes.
        end_time: Req<At<String>>,
    }
}

section! {
    /// A named list of places to send to.
    "a receiver" Receiver {
        /// The name, for `route` and `fallback`.
        name: Req<At<String>>,
        /// Language of this receiver's messages: `zh` or `en`. Default: the global `locale`.
        locale: Option<At<Locale>>,
        /// Where to send, and how.
        send: Req<Vec<Send>>,
    }
}

section! {
    /// One place to send to, or several in the same way.
    "a `send` entry" Send {
        /// Keeps this entry's messages apart from others' over reloads. Default: its position, from 1.
        name: Option<At<String>>,
        /// Addresses: `chat:oc_...`, `open_id:`, `user_id:`, `union_id:`, `email:`, `mobile:`, `team:`, `bot:` (or `bot:[a, b]`, custom bots of one chat that take turns), `department:od-...`, `broadcast:[open_id:ou_..., team:...]` or `helpdesk:`; templates over the alert are allowed, such as `'chat:{{labels.feishu_chat}}'`.
        to: Req<OneOrMany<At<String>>>,
        /// The app that sends; needed only where there are several.
        app: Option<At<String>>,
        /// Shape of the message: `card` (default), `post` or `text`; `image` for the alert's own picture, `share_chat` for the chat in `share`.
        r#as: Option<At<As>>,
        /// With `as: share_chat`: the chat whose card is sent, `chat:oc_...`; templates over the alert are allowed.
        share: Option<At<String>>,
        /// Name of the template. Default `incident`.
        template: Option<At<String>>,
        /// Only alerts for which all of these hold. Default: all alerts of the route.
        matchers: Option<OneOrMany<At<String>>>,
        /// People to mention: person or `team:` addresses, templates allowed, or the word `all`.
        mention: Option<OneOrMany<At<String>>>,
        /// When they are mentioned. Default `[fire, worse, reopen, repeat]`.
        mention_on: Option<OneOrMany<At<MentionOn>>>,
        /// Files that follow a message: `alerts` is the full list as CSV and JSON where the message left alerts out. Default: none.
        attach: Option<OneOrMany<At<Attach>>>,
        /// What follows what.
        lifecycle: Option<LifecycleSection>,
    }
}

section! {
    /// What follows what: lists of `edit`, `thread`, `reply`, `new`, or the word `none`. Custom bots can only post anew.
    "`lifecycle`" LifecycleSection {
        /// Alerts joined, resolved or left. Default `[edit, thread]`.
        on_change: Option<Verbs>,
        /// The severity rose. Default `[edit, reply]`.
        on_worse: Option<Verbs>,
        /// The sender reminds; not while acknowledged or silenced. Default `[reply]`.
        on_repeat: Option<Verbs>,
        /// Fired again within `reopen_within`. Default `[edit, reply]`.
        on_reopen: Option<Verbs>,
        /// Nothing fires any more. Default `[edit, reply]`.
        on_resolve: Option<Verbs>,
    }
}

/// A list of verbs, one verb, or `none`.
pub struct Verbs(pub Vec<At<Verb>>);

impl Decode for Verbs {
    fn decode(node: &Node, out: &mut Out) -> Option<Self> {
        let none = |node: &Node| matches!(&node.value, Value::Scalar { text, .. } if text == "none");
        match &node.value {
            Value::List(items) if items.len() == 1 && items.iter().all(none) => Some(Verbs(Vec::new())),
            _ if none(node) => Some(Verbs(Vec::new())),
            _ => OneOrMany::decode(node, out).map(|OneOrMany(verbs)| Verbs(verbs)),
        }
    }
}

impl JsonSchema for Verbs {
    fn schema_name() -> Cow<'static, str> {
        "Verbs".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = Verb::WORDS.iter().map(|(word, _)| *word).chain(["none"]).collect();
        json_schema!({ "anyOf": [{ "enum": words }, { "type": "array", "items": { "enum": words } }] })
    }
}
