//! Addresses: where a message goes and who is mentioned, `kind:value`.

use serde::{Deserialize, Serialize};

/// A destination or person as configured: `kind:value`. The value is literal here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Which kind of id.
    pub kind: AddressKind,
    /// The id, e-mail address, mobile number or configured name.
    pub value: String,
}

/// Kinds of addresses, spelled as in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// A chat by `oc_` id.
    Chat,
    /// A person by `ou_` id (belongs to one app).
    OpenId,
    /// A person by tenant user id.
    UserId,
    /// A person by `on_` id.
    UnionId,
    /// A person by e-mail address.
    Email,
    /// A person by mobile number.
    Mobile,
    /// A configured team: everybody in it.
    Team,
    /// A configured custom bot, or several of one chat that take turns, `[a,b]`.
    Bot,
    /// Everybody in a department and below it, by `od-` id: each alone, by a batch.
    Department,
    /// A list of people, `[open_id:..,team:..]`: each alone, by a batch.
    Broadcast,
    /// A person, as the help desk's bot writes to them.
    Helpdesk,
}

impl AddressKind {
    /// All kinds.
    pub const ALL: [AddressKind; 11] = [
        AddressKind::Chat,
        AddressKind::OpenId,
        AddressKind::UserId,
        AddressKind::UnionId,
        AddressKind::Email,
        AddressKind::Mobile,
        AddressKind::Team,
        AddressKind::Bot,
        AddressKind::Department,
        AddressKind::Broadcast,
        AddressKind::Helpdesk,
    ];

    /// The kind of a written address.
    pub fn of(address: &str) -> Option<Self> {
        let word = address.split_once(':')?.0;
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether the message API reaches it (`im/v1`: with a `uuid`, replies, pictures and files), or an API of its own.
    pub fn by_message_api(self) -> bool {
        !matches!(self, AddressKind::Bot | AddressKind::Department | AddressKind::Broadcast | AddressKind::Helpdesk)
    }

    /// The word before the colon.
    pub fn as_str(self) -> &'static str {
        match self {
            AddressKind::Chat => "chat",
            AddressKind::OpenId => "open_id",
            AddressKind::UserId => "user_id",
            AddressKind::UnionId => "union_id",
            AddressKind::Email => "email",
            AddressKind::Mobile => "mobile",
            AddressKind::Team => "team",
            AddressKind::Bot => "bot",
            AddressKind::Department => "department",
            AddressKind::Broadcast => "broadcast",
            AddressKind::Helpdesk => "helpdesk",
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.kind.as_str(), self.value)
    }
}

impl std::str::FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, value) =
            text.split_once(':').ok_or_else(|| format!("{text:?} is not an address; write kind:value, e.g. chat:oc_..."))?;
        let value = value.trim();
        let Some(kind) = AddressKind::ALL.into_iter().find(|known| known.as_str() == kind.trim()) else {
            let known = AddressKind::ALL.map(AddressKind::as_str);
            let hint = crate::util::text::suggest(kind, known).map(|s| format!("; did you mean {s}?")).unwrap_or_default();
            return Err(format!("unknown kind of address {kind:?} in {text:?}: one of {}{hint}", known.join(", ")));
        };
        if value.is_empty() {
            return Err(format!("nothing after the colon in {text:?}"));
        }
        match kind {
            AddressKind::Broadcast => return Self::broadcast(value),
            AddressKind::Bot if value.starts_with('[') => return Self::bots_in_turn(value),
            _ => {}
        }
        if value.chars().any(is_foreign) {
            return Err(format!("{text:?} has a character that no id, address or number has"));
        }
        Ok(Self { kind, value: value.to_owned() })
    }
}

/// Characters that no id, address, number or name has.
fn is_foreign(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\'' | '&' | '{' | '}')
}

/// Kinds that a broadcast can list.
pub const IN_BROADCAST: [AddressKind; 7] = [
    AddressKind::OpenId,
    AddressKind::UserId,
    AddressKind::UnionId,
    AddressKind::Email,
    AddressKind::Mobile,
    AddressKind::Team,
    AddressKind::Department,
];

impl Address {
    /// A broadcast from its list in brackets.
    fn broadcast(list: &str) -> Result<Self, String> {
        let form = "write broadcast:[open_id:ou_..., team:dba]";
        let inner = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(|| form.to_owned())?;
        let mut members: Vec<String> = Vec::new();
        for text in inner.split(',').map(str::trim).filter(|text| !text.is_empty()) {
            let member: Address = text.parse()?;
            if !IN_BROADCAST.contains(&member.kind) {
                let known = IN_BROADCAST.map(AddressKind::as_str).join(", ");
                return Err(format!("{text:?} cannot stand in a broadcast: its members are {known}"));
            }
            let member = member.to_string();
            if !members.contains(&member) {
                members.push(member);
            }
        }
        if members.is_empty() {
            return Err(format!("nobody in the broadcast; {form}"));
        }
        Ok(Self { kind: AddressKind::Broadcast, value: format!("[{}]", members.join(",")) })
    }

    /// Bots that take turns, from their list in brackets. Sorted: the same bots are one target, in whatever order.
    fn bots_in_turn(list: &str) -> Result<Self, String> {
        let form = "write bot:[room-1, room-2]";
        let inner = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let inner = inner.ok_or_else(|| format!("the list of bots does not end with a bracket; {form}"))?;
        let mut names: Vec<&str> = inner.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if let Some(bad) = names.iter().find(|name| name.chars().any(|c| is_foreign(c) || matches!(c, '[' | ']' | ':' | ';'))) {
            return Err(format!("{bad:?} cannot stand in a list of bots: it holds names of custom bots; {form}"));
        }
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find_map(|pair| (pair.first() == pair.last()).then(|| pair.first()).flatten()) {
            return Err(format!("the bot {twice:?} is named twice; each takes its turn once"));
        }
        match names.as_slice() {
            [] => Err(format!("no bot in the list; {form}")),
            [one] => Err(format!("one bot takes no turns; write bot:{one}, or name a second one")),
            _ => Ok(Self { kind: AddressKind::Bot, value: format!("[{}]", names.join(",")) }),
        }
    }

    /// Custom bots of the same chat as one address: they take turns where there are several. `None`: no name was given.
    pub fn of_bots<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<Self> {
        let names: std::collections::BTreeSet<&str> = names.into_iter().collect();
        let value = match names.len() {
            0 => return None,
            1 => names.first().copied().unwrap_or_default().to_owned(),
            _ => format!("[{}]", names.into_iter().collect::<Vec<_>>().join(",")),
        };
        Some(Self { kind: AddressKind::Bot, value })
    }

    /// Whom a broadcast lists, the bots that take turns, or the address itself.
    pub fn members(&self) -> Vec<Address> {
        match self.kind {
            AddressKind::Broadcast => {
                let inner = self.value.trim_start_matches('[').trim_end_matches(']');
                inner.split(',').filter_map(|text| text.parse().ok()).collect()
            }
            AddressKind::Bot => {
                super::via::bot_names(&self.value).map(|name| Address { kind: AddressKind::Bot, value: name.to_owned() }).collect()
            }
            _ => vec![self.clone()],
        }
    }

    /// Whether the value can be one of its kind at all; alerts fill it in, so it is checked before it is used.
    ///
    /// # Errors
    /// What such a value looks like.
    pub fn check(&self) -> Result<(), String> {
        let all = |allowed: fn(char) -> bool| self.value.chars().all(allowed);
        let (good, looks) = match self.kind {
            AddressKind::Chat
            | AddressKind::OpenId
            | AddressKind::UserId
            | AddressKind::UnionId
            | AddressKind::Department
            | AddressKind::Helpdesk => (
                // `all` stands for everybody where an id is expected
                self.value.len() <= 128
                    && all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                    && !self.value.eq_ignore_ascii_case("all"),
                "an id has only letters, digits, _ and -, and is not all",
            ),
            AddressKind::Email => (
                self.value.len() <= 254
                    && self.value.matches('@').count() == 1
                    && !self.value.starts_with('@')
                    && !self.value.ends_with('@')
                    && all(|c| c.is_alphanumeric() || ".@!#$%*/=?^_`|~+-".contains(c)),
                "an e-mail address looks like li@example.com",
            ),
            AddressKind::Mobile => (
                (4..=20).contains(&self.value.len())
                    && self.value.strip_prefix('+').unwrap_or(&self.value).chars().all(|c| c.is_ascii_digit() || c == '-'),
                "a mobile number looks like +8613800000000",
            ),
            AddressKind::Broadcast => return self.members().iter().try_for_each(Address::check),
            AddressKind::Team | AddressKind::Bot => (true, ""),
        };
        if good { Ok(()) } else { Err(looks.to_owned()) }
    }

    /// Whether this is a person or a team, and so can be mentioned.
    pub fn is_person(&self) -> bool {
        use AddressKind::{Bot, Broadcast, Chat, Department, Helpdesk};
        !matches!(self.kind, Chat | Bot | Department | Broadcast | Helpdesk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasts_are_lists() {
        let parse = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        assert_eq!(parse("broadcast:[open_id:ou_a, team:dba,open_id:ou_a]"), Ok("broadcast:[open_id:ou_a,team:dba]".to_owned()));
        let members = "broadcast:[email:a@b.c,department:od-1]".parse::<Address>().unwrap().members();
        assert_eq!(members.iter().map(Address::to_string).collect::<Vec<_>>(), ["email:a@b.c", "department:od-1"]);
        for (bad, part) in [
            ("broadcast:open_id:ou_a", "write broadcast:["),
            ("broadcast:[]", "nobody"),
            ("broadcast:[chat:oc_1]", "cannot stand"),
            ("broadcast:[broadcast:[open_id:a]]", "cannot stand"),
            ("broadcast:[open_id:<at>]", "has a character"),
        ] {
            assert!(parse(bad).unwrap_err().contains(part), "{bad}: {:?}", parse(bad));
        }
        let all = "broadcast:[open_id:all]".parse::<Address>().unwrap();
        assert!(all.check().is_err());
    }

    #[test]
    fn bots_take_turns_in_whatever_order() {
        let parse = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        for text in ["bot:[b,a]", "bot: [ a , b ]", "bot:[a,b,]"] {
            assert_eq!(parse(text), Ok("bot:[a,b]".to_owned()), "{text}");
        }
        let members = |text: &str| text.parse::<Address>().unwrap().members().iter().map(Address::to_string).collect::<Vec<_>>();
        assert_eq!(members("bot:[b,a]"), ["bot:a", "bot:b"]);
        assert_eq!(members("bot:a"), ["bot:a"]);
        for (bad, part) in [
            ("bot:[]", "no bot in the list"),
            ("bot:[a]", "one bot takes no turns; write bot:a"),
            ("bot:[a, a]", "named twice"),
            ("bot:[a, b", "write bot:["),
            ("bot:[a, chat:oc_1]", "cannot stand"),
            ("bot:[a, [b]]", "cannot stand"),
            ("bot:[a, b c]", "cannot stand"),
        ] {
            assert!(parse(bad).unwrap_err().contains(part), "{bad}: {:?}", parse(bad));
        }
        assert_eq!(Address::of_bots(["b", "a", "b"]).unwrap().to_string(), "bot:[a,b]");
        assert_eq!(Address::of_bots(["b"]).unwrap().to_string(), "bot:b");
        assert_eq!(Address::of_bots([]), None);
    }
}
