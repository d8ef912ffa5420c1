//! Addresses as configured: `kind:value`, where the value may be a template.

use super::Refs;
use super::values::Ctx;
use crate::config::decode::At;
use crate::config::settings::{Address, AddressKind, IN_BROADCAST};
use crate::util::text;

/// What is known of an address before any alert is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// All of it.
    Literal(Address),
    /// Its kind; the value is a template.
    Kind(AddressKind),
    /// Nothing: even the kind is a template.
    Nothing,
}

impl Known {
    /// The kind, where it is known.
    pub fn kind(&self) -> Option<AddressKind> {
        match self {
            Known::Literal(address) => Some(address.kind),
            Known::Kind(kind) => Some(*kind),
            Known::Nothing => None,
        }
    }
}

/// Kinds of persons.
pub const PEOPLE: [AddressKind; 5] =
    [AddressKind::OpenId, AddressKind::UserId, AddressKind::UnionId, AddressKind::Email, AddressKind::Mobile];

/// Reads an address. `None`: a finding was made.
pub fn address(at: &At<String>, refs: &mut Refs, cx: &mut Ctx) -> Option<Known> {
    let head = at.value.split("{{").next().unwrap_or_default();
    if let Some(list) = at.value.strip_prefix("broadcast:").filter(|_| head.len() != at.value.len()) {
        return broadcast(at, list, refs, cx);
    }
    if let Some(list) = at.value.strip_prefix("bot:").map(str::trim).filter(|list| list.starts_with('[') && head.len() != at.value.len()) {
        return bots_in_turn(at, list, refs, cx);
    }
    let known = if head.len() == at.value.len() {
        Known::Literal(cx.parse(at, "bad-address", "an address like chat:oc_...", literal)?)
    } else {
        cx.template(at)?;
        match head.split_once(':') {
            Some((kind, _)) => Known::Kind(cx.parse(&at.with(kind.to_owned()), "bad-address", "an address", kind_of)?),
            None => Known::Nothing,
        }
    };
    if let Known::Literal(Address { kind, value }) = &known {
        let name = At { span: at.span.inside(kind.as_str().len() + 1, value.chars().count()), ..at.with(value.clone()) };
        match kind {
            AddressKind::Bot if value.starts_with('[') => names_of(at, refs, cx)?,
            AddressKind::Bot => refs.bots.refer(&name, cx.out).then_some(())?,
            AddressKind::Team => refs.teams.refer(&name, cx.out).then_some(())?,
            AddressKind::Broadcast => teams_of(&address_of(*kind, value), at, refs, cx)?,
            _ => {}
        }
    }
    warn_open_id(&known, at, refs, cx);
    Some(known)
}

fn address_of(kind: AddressKind, value: &str) -> Address {
    Address { kind, value: value.to_owned() }
}

/// The teams that a broadcast lists.
fn teams_of(address: &Address, at: &At<String>, refs: &mut Refs, cx: &mut Ctx) -> Option<()> {
    let teams = address.members().into_iter().filter(|member| member.kind == AddressKind::Team);
    let mut known = true;
    for team in teams {
        known &= refs.teams.refer(&at.with(team.value), cx.out);
    }
    known.then_some(())
}

/// Refers to each bot of a list, at its own place in the text.
fn names_of(at: &At<String>, refs: &mut Refs, cx: &mut Ctx) -> Option<()> {
    let mut known = true;
    let mut begins = at.value.find('[').map_or(0, |bracket| bracket + 1);
    for part in at.value.get(begins..).unwrap_or_default().trim_end().trim_end_matches(']').split(',') {
        let name = part.trim();
        if !name.is_empty() && !name.contains("{{") {
            let before = begins + (part.len() - part.trim_start().len());
            let column = at.value.get(..before).unwrap_or_default().chars().count();
            let place = At { span: at.span.inside(column, name.chars().count()), ..at.with(name.to_owned()) };
            known &= refs.bots.refer(&place, cx.out);
        }
        begins += part.len() + 1;
    }
    known.then_some(())
}

/// Bots that take turns, some of them named by templates.
fn bots_in_turn(at: &At<String>, list: &str, refs: &mut Refs, cx: &mut Ctx) -> Option<Known> {
    cx.template(at)?;
    let form = "custom bots that take turns are a list: bot:[room-1, room-2]";
    let Some(inner) = list.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        cx.refuse(at, "bad-address", "a list of custom bots", form);
        return None;
    };
    if inner.split(',').filter(|name| !name.trim().is_empty()).count() < 2 {
        cx.refuse(at, "bad-address", "a list of custom bots", &format!("one bot takes no turns; {form}"));
        return None;
    }
    names_of(at, refs, cx)?;
    Some(Known::Kind(AddressKind::Bot))
}

/// A broadcast with templates in it: each member says its own kind, so that an alert cannot widen it.
fn broadcast(at: &At<String>, list: &str, refs: &mut Refs, cx: &mut Ctx) -> Option<Known> {
    cx.template(at)?;
    let Some(inner) = list.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        cx.refuse(at, "bad-address", "a broadcast", "a broadcast is a list: broadcast:[open_id:{{labels.owner}}, team:dba]");
        return None;
    };
    for member in inner.split(',').map(str::trim).filter(|member| !member.is_empty()) {
        let kind = member.split("{{").next().and_then(|head| head.split_once(':')).map(|(kind, _)| kind_of(kind));
        match kind {
            Some(Ok(kind)) if IN_BROADCAST.contains(&kind) => {
                if kind == AddressKind::Team && !member.contains("{{") {
                    let name = member.split_once(':').map(|(_, name)| name.trim().to_owned()).unwrap_or_default();
                    refs.teams.refer(&at.with(name), cx.out).then_some(())?;
                }
            }
            _ => {
                let message = format!(
                    "`{member}` cannot stand in a broadcast: write the kind before the template, such as open_id:{{{{labels.owner}}}}"
                );
                cx.refuse(at, "bad-address", "a broadcast's member", &message);
                return None;
            }
        }
    }
    Some(Known::Kind(AddressKind::Broadcast))
}

/// An `open_id` belongs to one app.
pub fn warn_open_id(known: &Known, at: &At<String>, refs: &Refs, cx: &mut Ctx) {
    if known.kind() == Some(AddressKind::OpenId) && refs.apps.len() > 1 {
        let message = "an open_id belongs to one app, and there are several";
        cx.out.warning("open-id", at.span, message).hint("use `email:`, or for targets `union_id:`, which every app understands");
    }
}

fn kind_of(word: &str) -> Result<AddressKind, String> {
    let known = AddressKind::ALL.map(AddressKind::as_str);
    AddressKind::ALL.into_iter().find(|kind| kind.as_str() == word.trim()).ok_or_else(|| {
        let near = text::suggest(word, known).map_or(format!("one of {}", known.join(", ")), |near| format!("did you mean `{near}:`?"));
        format!("`{word}:` is not a kind of address; {near}")
    })
}

/// An address without templates, its id looked at as far as its kind tells.
pub fn literal(text: &str) -> Result<Address, String> {
    let Some((kind, id)) = text.split_once(':') else {
        let hint = match text.get(..3) {
            Some("oc_") => format!("did you mean `chat:{text}`?"),
            Some("ou_") => format!("did you mean `open_id:{text}`?"),
            Some("on_") => format!("did you mean `union_id:{text}`?"),
            _ if text.contains('@') => format!("did you mean `email:{text}`?"),
            _ => "write kind:value, such as chat:oc_... or email:li@example.com".to_owned(),
        };
        return Err(format!("`{text}` is not an address; {hint}"));
    };
    let kind = kind_of(kind)?;
    let address: Address = text.parse().map_err(|error: String| error.replace("; ", ", "))?;
    let begins = |prefix: &str, what: &str| {
        if id.trim().starts_with(prefix) { Ok(()) } else { Err(format!("the id of {what} begins with `{prefix}`; `{id}` does not")) }
    };
    match kind {
        AddressKind::Chat => begins("oc_", "a chat")?,
        AddressKind::OpenId => begins("ou_", "an open_id")?,
        AddressKind::UnionId => begins("on_", "a union_id")?,
        AddressKind::Department => begins("od-", "a department")?,
        AddressKind::Broadcast => {
            for member in address.members() {
                literal(&member.to_string())?;
            }
        }
        _ => {}
    }
    address.check().map_err(|looks| format!("`{text}` does not look right; {looks}"))?;
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals() {
        for good in [
            "department:od-1",
            "helpdesk:ou_1",
            "broadcast:[open_id:ou_1,team:x]",
            "chat:oc_1",
            "open_id:ou_1",
            "union_id:on_1",
            "user_id:8d",
            "email:a@b.c",
            "mobile:+8613800000000",
            "team:x",
            "bot:y",
            "bot:[y,z]",
        ] {
            assert_eq!(literal(good).map(|a| a.to_string()), Ok(good.to_owned()));
        }
        for (bad, part) in [
            ("oc_1", "did you mean `chat:oc_1`"),
            ("a@b.c", "did you mean `email:a@b.c`"),
            ("chat:ou_1", "begins with `oc_`"),
            ("chta:oc_1", "did you mean `chat:`"),
            ("email:li", "looks like li@"),
            ("mobile:1x2", "looks like +86"),
            ("chat:", "nothing after"),
            ("bot:[y]", "one bot takes no turns"),
            ("bot:[y,y]", "named twice"),
        ] {
            assert!(literal(bad).unwrap_err().contains(part), "{bad}: {:?}", literal(bad));
        }
    }
}
