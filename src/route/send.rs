//! Send entries with their address templates compiled: which targets an alert goes to, whom it mentions.
//!
//! What a template renders comes from the alert and is validated before it is used: a value after `chat:` can name
//! another chat, but never another kind of target.

use super::{CompileError, Seen};
use crate::alert::{Alert, Labels, Severity};
use crate::config::settings::{Address, AddressKind, Send, Settings};
use crate::render::expr::{Expr, ExprError};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A send entry with its expressions compiled.
#[derive(Debug, Clone)]
pub struct CompiledSend {
    /// As configured.
    pub send: Send,
    /// The receiver it stands in, or the path of the route that names it in place. With the send's name it keeps
    /// messages apart.
    pub receiver: String,
    to: Vec<To>,
    mention: Vec<Expr>,
    names: Arc<Names>,
    needs_data: bool,
}

/// One target template.
#[derive(Debug, Clone)]
enum To {
    /// One address, or a list of one kind.
    One(Expr),
    /// A broadcast: each member by itself, so that what an alert fills in stays within its member.
    Broadcast(Vec<Expr>),
    /// Custom bots that take turns: each as an address of its own.
    Bots(Vec<Expr>),
}

impl To {
    fn compile(text: &str) -> Result<Self, ExprError> {
        let list = |prefix: &str| text.trim().strip_prefix(prefix)?.trim_start().strip_prefix('[')?.strip_suffix(']');
        let members =
            |list: &str| list.split(',').map(str::trim).filter(|member| !member.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        if let Some(list) = list("broadcast:") {
            return members(list).iter().map(|member| Expr::compile(member)).collect::<Result<_, _>>().map(To::Broadcast);
        }
        match list("bot:") {
            Some(list) => members(list).iter().map(|name| Expr::compile(&format!("bot:{name}"))).collect::<Result<_, _>>().map(To::Bots),
            None => Expr::compile(text).map(To::One),
        }
    }
}

/// The names that addresses may refer to.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    teams: BTreeSet<String>,
    bots: BTreeSet<String>,
}

impl Names {
    pub fn of(settings: &Settings) -> Self {
        Self { teams: settings.teams.keys().cloned().collect(), bots: settings.bots.keys().cloned().collect() }
    }

    fn check(&self, address: &Address) -> Result<(), String> {
        let (known, what) = match address.kind {
            AddressKind::Team => (&self.teams, "team"),
            AddressKind::Bot => (&self.bots, "bot"),
            AddressKind::Broadcast => return address.members().iter().try_for_each(|member| self.check(member)),
            _ => return address.check(),
        };
        let Some(unknown) = address.members().into_iter().find(|member| !known.contains(&member.value)) else { return Ok(()) };
        let hint = crate::util::text::suggest(&unknown.value, known.iter().map(String::as_str));
        Err(format!("there is no {what} of that name{}", hint.map(|hint| format!("; did you mean {hint}?")).unwrap_or_default()))
    }
}

/// The targets of one send entry for one alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    /// Each once, in the order of the configuration. Teams stand as they are: see [`expand`].
    pub ok: Vec<Address>,
    /// What was rendered and is no address. A template that renders nothing, or nothing after its colon, is not here: the
    /// alert just has no such label.
    pub bad: Vec<BadTarget>,
}

impl Targets {
    fn add(&mut self, address: Address) {
        if !self.ok.contains(&address) {
            self.ok.push(address);
        }
    }
}

/// A rendered text that is no target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BadTarget {
    /// As rendered (or the template, where it failed), at most 100 characters.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for BadTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = format!("{:?}", self.text);
        if self.why.contains(&quoted) { f.write_str(&self.why) } else { write!(f, "{quoted}: {}", self.why) }
    }
}

/// Somebody to mention, not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MentionAddress {
    /// Everybody in the chat.
    All,
    /// A person or a team.
    Person(Address),
}

impl std::fmt::Display for MentionAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MentionAddress::All => f.write_str("all"),
            MentionAddress::Person(address) => address.fmt(f),
        }
    }
}

impl CompiledSend {
    pub(super) fn new(send: &Send, receiver: &str, path: &str, names: Arc<Names>) -> Result<Self, CompileError> {
        let compile = |key: &str, texts: &[String]| {
            let one = |(at, text): (usize, &String)| {
                Expr::compile(text).map_err(|error| CompileError { at: format!("{path}.{key}[{at}]"), message: error.to_string() })
            };
            texts.iter().enumerate().map(one).collect::<Result<Vec<_>, _>>()
        };
        let mention = compile("mention", &send.mention)?;
        let mut to = Vec::with_capacity(send.to.len());
        for (at, text) in send.to.iter().enumerate() {
            let wrong = |error: ExprError| CompileError { at: format!("{path}.to[{at}]"), message: error.to_string() };
            to.push(To::compile(text).map_err(wrong)?);
        }
        let needs_data = send.to.iter().chain(&send.mention).any(|text| text.contains("{{"));
        Ok(Self { send: send.clone(), receiver: receiver.to_owned(), to, mention, names, needs_data })
    }

    /// Whether the entry's own matchers let an alert through.
    pub fn admits(&self, labels: &Labels, source: &str, receiver: &str) -> bool {
        Seen { labels, source, receiver }.fails(&self.send.matchers).is_none()
    }

    /// Whether targets or mentions depend on the alert, so that [`alert_data`] is worth making.
    pub fn needs_data(&self) -> bool {
        self.needs_data
    }

    /// The targets for an alert's [`alert_data`].
    pub fn targets(&self, data: &Value) -> Targets {
        let mut targets = Targets::default();
        for to in &self.to {
            match to {
                To::One(expr) => self.valid(std::slice::from_ref(expr), data, &mut targets),
                To::Broadcast(members) => {
                    let mut listed = Targets::default();
                    self.valid(members, data, &mut listed);
                    targets.bad.append(&mut listed.bad);
                    let members: Vec<String> = listed.ok.iter().map(Address::to_string).collect();
                    if !members.is_empty() {
                        match self.address(&format!("broadcast:[{}]", members.join(","))) {
                            Ok(address) => targets.add(address),
                            Err(why) => targets.bad.push(bad("broadcast", why)),
                        }
                    }
                }
                To::Bots(names) => {
                    let mut listed = Targets::default();
                    self.valid(names, data, &mut listed);
                    targets.bad.append(&mut listed.bad);
                    let bots: Vec<Address> = listed.ok.iter().flat_map(Address::members).collect();
                    if let Some(address) = Address::of_bots(bots.iter().map(|bot| bot.value.as_str())) {
                        targets.add(address);
                    }
                }
            }
        }
        targets
    }

    fn valid(&self, exprs: &[Expr], data: &Value, targets: &mut Targets) {
        for text in self.rendered(exprs, data, &mut targets.bad) {
            match self.address(&text) {
                Ok(address) => targets.add(address),
                Err(why) => targets.bad.push(bad(&text, why)),
            }
        }
    }

    /// Whom an alert mentions, each once. What is no person costs the mention only.
    pub fn mentions(&self, data: &Value) -> Vec<MentionAddress> {
        self.checked_mentions(data).0
    }

    /// [`Self::mentions`], and what was rendered and is no person.
    pub fn checked_mentions(&self, data: &Value) -> (Vec<MentionAddress>, Vec<BadTarget>) {
        let (mut mentions, mut wrong) = (Vec::new(), Vec::new());
        for (text, expr) in self.rendered_by(&self.mention, data, &mut wrong) {
            let mention = match self.address(&text) {
                _ if text == "all" && says_all(expr.text()) => MentionAddress::All,
                _ if text == "all" => {
                    wrong.push(bad(expr.text(), "an alert cannot mention everybody; write all into the configuration".to_owned()));
                    continue;
                }
                Ok(address) if address.is_person() => MentionAddress::Person(address),
                Ok(_) => {
                    wrong.push(bad(&text, "only people, teams and the word all can be mentioned".to_owned()));
                    continue;
                }
                Err(why) => {
                    wrong.push(bad(&text, why));
                    continue;
                }
            };
            if !mentions.contains(&mention) {
                mentions.push(mention);
            }
        }
        (mentions, wrong)
    }

    fn address(&self, text: &str) -> Result<Address, String> {
        let address: Address = text.parse()?;
        self.names.check(&address).map(|()| address)
    }

    /// What the templates render, one text for each address. A value may be a list with commas between (`a@x,b@x`): all of
    /// it is of the kind before the colon.
    fn rendered(&self, exprs: &[Expr], data: &Value, bad_ones: &mut Vec<BadTarget>) -> Vec<String> {
        self.rendered_by(exprs, data, bad_ones).into_iter().map(|(text, _)| text).collect()
    }

    /// The same, with what rendered it.
    fn rendered_by<'e>(&self, exprs: &'e [Expr], data: &Value, bad_ones: &mut Vec<BadTarget>) -> Vec<(String, &'e Expr)> {
        let mut texts = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let text = match expr.eval(data) {
                Ok(text) => text,
                Err(error) => {
                    bad_ones.push(bad(expr.text(), error.to_string()));
                    continue;
                }
            };
            let text = text.trim();
            match text.split_once(':') {
                _ if text.is_empty() => {}
                // Bots that take turns are one target.
                Some((kind, values)) if kind.trim() == "bot" && values.trim_start().starts_with('[') => texts.push((text.to_owned(), expr)),
                Some((kind, values)) => {
                    let values = values.split([',', ';']).map(str::trim).filter(|value| !value.is_empty());
                    texts.extend(values.map(|value| (format!("{}:{value}", kind.trim()), expr)));
                }
                None => texts.push((text.to_owned(), expr)),
            }
        }
        texts
    }
}

/// Whether the template itself spells `all`, outside of `{{}}` or in quotes within; otherwise the word came from an alert.
fn says_all(template: &str) -> bool {
    let outside = template.split("{{").enumerate().any(|(n, part)| {
        let text = if n == 0 { part } else { part.split_once("}}").map_or("", |(_, after)| after) };
        text.trim() == "all"
    });
    outside || template.contains("\"all\"") || template.contains("'all'")
}

fn bad(text: &str, why: String) -> BadTarget {
    BadTarget { text: crate::util::text::truncate(text, 100).into_owned(), why }
}

/// What `to` and `mention` templates see of an alert: its fields under the names of the sender's JSON, what the sender
/// added, and `severity`, `source`, `receiver`.
pub fn alert_data(alert: &Alert, source: &str, receiver: &str, severity: Severity) -> Value {
    let mut data: serde_json::Map<String, Value> = alert.extra.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let own = [
        ("status", json!(alert.status)),
        ("labels", json!(alert.labels)),
        ("annotations", json!(alert.annotations)),
        ("startsAt", json!(alert.starts_at)),
        ("endsAt", json!(alert.ends_at)),
        ("generatorURL", json!(alert.generator_url)),
        ("fingerprint", json!(alert.fingerprint)),
        ("severity", json!(severity)),
        ("source", json!(source)),
        ("receiver", json!(receiver)),
    ];
    data.extend(own.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(data)
}

/// Teams replaced by their members, each address once, in order. A team that no longer exists is left out.
pub fn expand(addresses: &[Address], settings: &Settings) -> Vec<Address> {
    let mut out: Vec<Address> = Vec::with_capacity(addresses.len());
    for address in addresses {
        let members = match address.kind {
            AddressKind::Team => settings.teams.get(&address.value).map(Vec::as_slice).unwrap_or_default(),
            _ => std::slice::from_ref(address),
        };
        for member in members {
            if !out.contains(member) {
                out.push(member.clone());
            }
        }
    }
    out
}
