//! Receivers and their send entries.

use super::Refs;
use super::address::{self, Known};
use super::values::Ctx;
use crate::alert::matcher::{Matcher, Op};
use crate::config::decode::{At, OneOrMany};
use crate::config::raw;
use crate::config::raw::As;
use crate::config::settings::{
    Address, AddressKind, Api, App, Bot, ContentKind, Direct, Lifecycle, Locale, MENTION_ON, Receiver, Send, Verb,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What send entries refer to.
pub struct Sends<'a> {
    pub(super) refs: &'a mut Refs,
    pub(super) apps: &'a BTreeMap<String, App>,
    pub(super) bots: &'a BTreeMap<String, Bot>,
    pub(super) teams: &'a BTreeMap<String, Vec<Address>>,
}

/// `receivers`.
pub fn receivers(raw: &raw::Config, locale: Locale, sends: &mut Sends, cx: &mut Ctx) -> BTreeMap<String, Arc<Receiver>> {
    let mut receivers = BTreeMap::new();
    for raw in raw.receivers.iter().flatten() {
        let locale = raw.locale.as_ref().map_or(locale, |at| at.value);
        let list = raw.send.0.as_deref().unwrap_or_default();
        if raw.send.0.as_ref().is_some_and(Vec::is_empty) {
            cx.out.warning("empty", raw.span, "this receiver sends nothing: its alerts are shown nowhere");
        }
        let send = sends.all(list, locale, cx);
        if let Some(name) = &raw.name.0 {
            let receiver = Receiver { name: name.value.clone(), locale, send };
            receivers.entry(name.value.clone()).or_insert_with(|| Arc::new(receiver));
        }
    }
    receivers
}

/// A list of matchers; errors point into the text.
pub(super) fn matchers(list: Option<&OneOrMany<At<String>>>, refs: &Refs, cx: &mut Ctx) -> Vec<Matcher> {
    let mut all = Vec::new();
    for at in list.iter().flat_map(|list| &list.0) {
        match Matcher::parse(&at.value) {
            Ok(matcher) => {
                warn_reserved(&matcher, at, refs, cx);
                all.push(matcher);
            }
            Err(error) => {
                let place = At { span: at.span.inside(error.column.saturating_sub(1), 1), ..at.with(String::new()) };
                let form = "write it like severity=\"critical\" or team=~\"db|cache\"";
                cx.refuse(&place, "bad-matcher", "a matcher", &format!("not a matcher: {}; {form}", error.message));
            }
        }
    }
    all
}

/// Labels between double underscores never come from a sender; two of them are ours.
fn warn_reserved(matcher: &Matcher, at: &At<String>, refs: &Refs, cx: &mut Ctx) {
    if matcher.name == "__source__" && matcher.op == Op::Equal && !refs.sources.has(&matcher.value) {
        let message = format!("there is no such source: `{}` never matches", at.shown());
        cx.out.warning("never-matches", at.span, message).suggest(&matcher.value, refs.sources.all());
    } else if matcher.name.starts_with("__") && !["__source__", "__receiver__"].contains(&matcher.name.as_str()) {
        let message = format!("no alert has such a label: `{}` never matches", at.shown());
        cx.out
            .warning("never-matches", at.span, message)
            .hint("reserved are `__source__`, our source, and `__receiver__`, the sender's receiver");
    }
}

impl Sends<'_> {
    /// A list of send entries, of a receiver or of a route.
    pub fn all(&mut self, list: &[raw::Send], locale: Locale, cx: &mut Ctx) -> Vec<Send> {
        let mut all: Vec<Send> = Vec::new();
        for (position, raw) in list.iter().enumerate() {
            let send = self.one(raw, position, locale, cx);
            if all.iter().any(|other| other.name == send.name) {
                let span = raw.name.as_ref().map_or(raw.span, |at| at.span);
                let message = format!("two entries of this `send` have the name `{}`", send.name);
                cx.out
                    .error("duplicate-name", span, message)
                    .hint("names keep the messages of entries apart; the default is the position, from 1");
            }
            all.push(send);
        }
        all
    }

    fn one(&mut self, raw: &raw::Send, position: usize, locale: Locale, cx: &mut Ctx) -> Send {
        let to = raw.to.0.as_ref().map(|list| list.0.as_slice()).unwrap_or_default();
        if raw.to.0.as_ref().is_some_and(|list| list.0.is_empty()) {
            cx.out.error("empty", raw.span, "`to` is empty").hint("name at least one address, such as chat:oc_...");
        }
        let targets = self.targets(to, cx);
        let app = self.app(raw, &targets, cx);
        let mention = raw.mention.as_ref().map(|list| list.0.as_slice()).unwrap_or_default();
        self.mentions(mention, &targets, cx);
        if let (Some(at), []) = (raw.mention_on.as_ref().and_then(|list| list.0.first()), mention) {
            cx.out
                .warning("no-effect", at.span, "`mention_on` without `mention` does nothing")
                .hint("say whom: `mention: [team:...]`, or `all`");
        }
        if let Some(at) = raw.template.as_ref().filter(|at| !is_template_name(&at.value)) {
            let message = format!("`{}` cannot name a template; for `incident.card.hbs` write `incident`", at.value);
            cx.refuse(at, "bad-name", "a template's name", &message);
        }
        self.attach(raw, &targets, app.as_deref(), cx);
        let (kind, direct) = self.shape(raw, &targets, cx);
        self.ways(raw, &targets, app.as_deref(), cx);
        let template = raw.template.as_ref().map_or_else(|| "incident".to_owned(), |at| at.value.clone());
        let shown = raw.template.as_ref().map_or("incident", At::shown);
        let span = raw.template.as_ref().map_or(raw.span, |at| at.span);
        cx.out.draft("unknown-template", span, format!("there is no template `{shown}` for `as: {}`", kind.as_str()));
        cx.templates.push((template.clone(), kind));
        let texts = |list: &[At<String>]| list.iter().map(|at| at.value.clone()).collect();
        Send {
            name: raw.name.as_ref().map_or_else(|| (position + 1).to_string(), |at| at.value.clone()),
            to: texts(to),
            app,
            kind,
            direct,
            template,
            matchers: matchers(raw.matchers.as_ref(), self.refs, cx),
            mention: texts(mention),
            mention_on: raw.mention_on.as_ref().map_or(MENTION_ON.to_vec(), |list| list.0.iter().map(|at| at.value).collect()),
            attach: raw.attach.as_ref().map(|list| list.0.iter().map(|at| at.value).collect()).unwrap_or_default(),
            lifecycle: lifecycle(raw.lifecycle.as_ref(), cx),
            locale,
        }
    }

    /// Files follow a message as replies, which not every way has.
    fn attach(&self, raw: &raw::Send, targets: &[Known], app: Option<&str>, cx: &mut Ctx) {
        let Some(at) = raw.attach.as_ref().and_then(|list| list.0.first()) else { return };
        let only = |test: fn(AddressKind) -> bool| !targets.is_empty() && targets.iter().all(|known| known.kind().is_some_and(test));
        let old = app.and_then(|name| self.apps.get(name)).filter(|app| app.api == Api::V4);
        let (why, hint) = if only(|kind| kind == AddressKind::Bot) {
            ("custom bots cannot upload".to_owned(), "send through an app to get files")
        } else if only(|kind| !kind.by_message_api()) {
            (
                "files are replies, and nobody replies to bots, batches and the help desk".to_owned(),
                "send to a chat or a person to get files",
            )
        } else if let Some(app) = old {
            (
                format!("the app `{}` sends by `api: v4`, which knows no replies", app.name),
                "send through an app with `api: im_v1` to get files",
            )
        } else {
            return;
        };
        cx.out.warning("no-effect", at.span, format!("{why}: `attach` does nothing here")).hint(hint);
    }

    /// What it is sent as.
    fn shape(&mut self, raw: &raw::Send, targets: &[Known], cx: &mut Ctx) -> (ContentKind, Option<Direct>) {
        let shape = raw.r#as.as_ref().map_or(As::Card, |at| at.value);
        if let (Some(at), true) = (&raw.share, shape != As::ShareChat) {
            cx.out.warning("no-effect", at.span, "`share` without `as: share_chat` does nothing").hint("add `as: share_chat`");
        }
        let direct = match shape {
            As::Card => return (ContentKind::Card, None),
            As::Post => return (ContentKind::Post, None),
            As::Text => return (ContentKind::Text, None),
            As::Image => Some(Direct::Image),
            As::ShareChat => match &raw.share {
                Some(at) => {
                    let chat = address::address(at, self.refs, cx);
                    if chat.as_ref().and_then(Known::kind).is_some_and(|kind| kind != AddressKind::Chat) {
                        cx.refuse(at, "bad-address", "a chat", "only a chat can be shared: share: chat:oc_...");
                    }
                    Some(Direct::ShareChat(at.value.clone()))
                }
                None => {
                    let hint = "say which chat: `share: chat:oc_...`; the bot must be in it";
                    cx.out.error("missing-key", raw.span, "`share` is missing here").hint(hint);
                    None
                }
            },
        };
        let elsewhere = |known: &Known| known.kind().is_some_and(|kind| !kind.by_message_api());
        if let Some(at) = raw.r#as.as_ref().filter(|_| targets.iter().any(elsewhere)) {
            let message = "a picture or a chat's card goes to chats and people only";
            cx.out.error("wrong-target", at.span, message).hint("make a `send` entry of its own for bots, departments and help desks");
        }
        (ContentKind::Text, direct)
    }

    /// What a target needs of its app.
    fn ways(&mut self, raw: &raw::Send, targets: &[Known], app: Option<&str>, cx: &mut Ctx) {
        let Some(app) = app.and_then(|name| self.apps.get(name)) else { return };
        let span = raw.to.0.as_ref().and_then(|list| list.0.first()).map_or(raw.span, |at| at.span);
        let has = |kind: AddressKind| targets.iter().any(|known| known.kind() == Some(kind));
        if has(AddressKind::Helpdesk) && app.helpdesk.is_none() {
            let message = format!("the app `{}` has no help desk", app.name);
            cx.out
                .error("no-helpdesk", span, message)
                .hint("add `helpdesk: { id: ..., token: ... }` to the app; both are shown on the help desk's administration page");
        }
        if app.api == Api::V4 {
            let in_team = targets.iter().any(|known| match known {
                Known::Literal(Address { kind: AddressKind::Team, value }) => {
                    self.teams.get(value).is_some_and(|team| team.iter().any(|person| person.kind == AddressKind::UnionId))
                }
                _ => false,
            });
            if has(AddressKind::UnionId) || in_team {
                let message = format!("the app `{}` sends by `api: v4`, which knows no union_id", app.name);
                cx.out.error("wrong-target", span, message).hint("use chat:, open_id:, user_id: or email:");
            }
            if let Some(at) = raw.r#as.as_ref().filter(|at| matches!(at.value, As::Image | As::ShareChat)) {
                let message = format!("the app `{}` sends by `api: v4`, which only sends what templates make", app.name);
                cx.out.error("wrong-target", at.span, message).hint("use `as: card`, `post` or `text`");
            }
        }
    }

    /// What is known of the targets; duplicates are a warning.
    fn targets(&mut self, list: &[At<String>], cx: &mut Ctx) -> Vec<Known> {
        let mut seen: Vec<String> = Vec::new();
        let mut targets = Vec::new();
        for at in list {
            // Lists in another order are the same target.
            let name = at.value.parse::<Address>().map_or_else(|_| at.value.clone(), |address| address.to_string());
            if seen.contains(&name) {
                cx.out.warning("duplicate-target", at.span, format!("`{}` is named twice; it gets one message", at.shown()));
            }
            seen.push(name);
            if at.value == "all" {
                cx.out.error("bad-address", at.span, "`all` is for `mention`, not for `to`").hint("name a chat: chat:oc_...");
            } else {
                targets.extend(address::address(at, self.refs, cx));
            }
        }
        targets
    }

    /// The app that sends; `None` where every target is a bot.
    fn app(&mut self, raw: &raw::Send, targets: &[Known], cx: &mut Ctx) -> Option<String> {
        if let Some(at) = &raw.app {
            return self.refs.apps.refer(at, cx.out).then(|| at.value.clone());
        }
        let needed = targets.iter().any(|known| known.kind().is_some_and(|kind| kind != AddressKind::Bot));
        let maybe = needed || targets.contains(&Known::Nothing);
        if !maybe {
            return None;
        }
        let span = raw.to.0.as_ref().and_then(|list| list.0.first()).map_or(raw.span, |at| at.span);
        match self.refs.apps.only() {
            Some(only) => {
                let only = At { value: only.to_owned(), span, raw: None };
                self.refs.apps.refer(&only, cx.out);
                Some(only.value)
            }
            None if self.refs.apps.len() == 0 => {
                if needed {
                    let hint = "add one under `feishu.apps`; without an app only custom bots (`bot:`) can be written to";
                    cx.out.error("no-app", span, "only an app can send here, and none is configured").hint(hint);
                }
                None
            }
            None => {
                let all: Vec<&str> = self.refs.apps.all().collect();
                let message = "which app sends here? There are several";
                cx.out.error("which-app", raw.span, message).hint(format!("add `app:` with one of: {}", all.join(", ")));
                None
            }
        }
    }

    /// Checks whom to mention, and that somebody can look them up.
    fn mentions(&mut self, list: &[At<String>], targets: &[Known], cx: &mut Ctx) {
        for at in list.iter().filter(|at| at.value != "all") {
            let Some(known) = address::address(at, self.refs, cx) else { continue };
            if known.kind().is_some_and(|kind| kind != AddressKind::Team && !address::PEOPLE.contains(&kind)) {
                let hint = "name people: email:, mobile:, open_id:, user_id:, union_id:, team:, or the word all";
                cx.out.error("bad-address", at.span, "only people and teams can be mentioned").hint(hint);
            }
            if known.kind() == Some(AddressKind::UnionId) {
                let message = "a card cannot mention by union_id: only replies, posts and texts will";
                cx.out.warning("union-id", at.span, message).hint("use `email:`, which is looked up for the app");
            }
            let looked_up = |kind: AddressKind| matches!(kind, AddressKind::Email | AddressKind::Mobile | AddressKind::UnionId);
            let needs_app = match &known {
                Known::Literal(Address { kind: AddressKind::Team, value }) => {
                    self.teams.get(value).is_some_and(|team| team.iter().any(|person| looked_up(person.kind)))
                }
                known => known.kind().is_some_and(looked_up),
            };
            let bots = targets.iter().flat_map(|target| match target {
                Known::Literal(address) if needs_app && address.kind == AddressKind::Bot => address.members(),
                _ => Vec::new(),
            });
            let bots: BTreeSet<String> = bots.map(|member| member.value).collect();
            for bot in bots.iter().filter_map(|name| self.bots.get(name)) {
                if bot.app.is_none() {
                    let message =
                        format!("the bot `{}` cannot look up `{}`: custom bots only mention by open_id or user_id", bot.name, at.shown());
                    let hint = if self.refs.apps.len() == 0 {
                        "configure an app under `feishu.apps`, or"
                    } else {
                        "name an app in the bot's `app:`, or"
                    };
                    cx.out.error("no-look-up", at.span, message).hint(format!("{hint} use open_id: or user_id:"));
                }
            }
        }
    }
}

fn is_template_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

fn lifecycle(raw: Option<&raw::LifecycleSection>, cx: &mut Ctx) -> Lifecycle {
    let mut lifecycle = Lifecycle::default();
    let Some(raw) = raw else { return lifecycle };
    let moments = [
        (&mut lifecycle.on_change, &raw.on_change),
        (&mut lifecycle.on_worse, &raw.on_worse),
        (&mut lifecycle.on_repeat, &raw.on_repeat),
        (&mut lifecycle.on_reopen, &raw.on_reopen),
        (&mut lifecycle.on_resolve, &raw.on_resolve),
    ];
    for (slot, given) in moments {
        let Some(raw::Verbs(verbs)) = given else { continue };
        let mut list: Vec<Verb> = Vec::new();
        for at in verbs {
            if list.contains(&at.value) {
                cx.out.warning("duplicate-name", at.span, "this verb stands here already");
            } else {
                list.push(at.value);
            }
        }
        *slot = list;
    }
    lifecycle
}
