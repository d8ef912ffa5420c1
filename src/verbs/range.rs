//! People as typed to the ids that calls take: teams opened, addresses looked up.

use super::address;
use super::error::VerbError;
use super::run::{App, Executor};
use crate::config::settings::{Address, AddressKind};
use crate::deliver::limiter::Scope;
use crate::feishu::call::{Audience, Call, LOOKUP_BATCH};
use crate::feishu::people;
use serde_json::Value;

/// People by the kind of their ids, each once.
#[derive(Debug, Default)]
pub(super) struct Range {
    /// Departments among them, and all ids.
    pub(super) audience: Audience,
    /// Addresses that nobody the app sees has.
    pub(super) not_found: Vec<String>,
}

impl Range {
    /// The ids with the platform's word for their kind, without departments.
    pub(super) fn by_kind(&self) -> [(&'static str, &Vec<String>); 3] {
        [("open_id", &self.audience.open_ids), ("user_id", &self.audience.user_ids), ("union_id", &self.audience.union_ids)]
    }
}

impl Executor<'_> {
    /// Addresses as typed, teams opened.
    pub(super) fn people(&self, who: &[String]) -> Result<Vec<Address>, VerbError> {
        let mut list = Vec::new();
        for text in who.iter().flat_map(|text| text.split(',')).filter(|text| !text.trim().is_empty()) {
            let person = address::parse(text)?;
            if !person.is_person() {
                return Err(VerbError::usage(format!("{person} is not a person or a team")).at("who"));
            }
            list.push(person);
        }
        if list.is_empty() {
            return Err(VerbError::usage("nobody is named").at("who"));
        }
        self.opened(list)
    }

    /// Teams replaced by the people in them.
    pub(super) fn opened(&self, list: Vec<Address>) -> Result<Vec<Address>, VerbError> {
        let mut out: Vec<Address> = Vec::new();
        for address in list {
            let teams = &self.live.settings.teams;
            let members = match address.kind {
                AddressKind::Team => teams.get(&address.value).cloned().ok_or_else(|| {
                    let near = crate::util::text::suggest(&address.value, teams.keys().map(String::as_str));
                    let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                    VerbError::usage(format!("no team is called {:?}{hint}", address.value))
                })?,
                _ => vec![address],
            };
            for member in members {
                if !out.contains(&member) {
                    out.push(member);
                }
            }
        }
        Ok(out)
    }

    /// Looks up e-mail addresses and mobile numbers; every address comes back, with an open_id where somebody has it.
    pub(super) async fn looked_up(&self, app: App<'_>, wanted: &[Address]) -> Result<Vec<(Address, Option<String>)>, VerbError> {
        let mut out = Vec::new();
        for batch in wanted.chunks(LOOKUP_BATCH) {
            let of = |kind: AddressKind| batch.iter().filter(move |address| address.kind == kind);
            let emails: Vec<&str> = of(AddressKind::Email).map(|address| address.value.as_str()).collect();
            let numbers: Vec<String> = of(AddressKind::Mobile).map(|address| people::mobile(&address.value)).collect();
            let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
            let answer = self.call(app, &Call::batch_get_id(&emails, &numbers), Scope::None).await?;
            out.extend(people::matched(&answer.data, batch));
        }
        Ok(out)
    }

    /// The ids of people and departments.
    pub(super) async fn range(&self, app: App<'_>, list: &[Address]) -> Result<Range, VerbError> {
        let mut range = Range::default();
        let wanted: Vec<Address> =
            list.iter().filter(|address| matches!(address.kind, AddressKind::Email | AddressKind::Mobile)).cloned().collect();
        let mut found = self.looked_up(app, &wanted).await?.into_iter();
        for address in list {
            let audience = &mut range.audience;
            let (ids, id) = match address.kind {
                AddressKind::Department => (&mut audience.department_ids, Some(address.value.clone())),
                AddressKind::UserId => (&mut audience.user_ids, Some(address.value.clone())),
                AddressKind::UnionId => (&mut audience.union_ids, Some(address.value.clone())),
                AddressKind::OpenId => (&mut audience.open_ids, Some(address.value.clone())),
                _ => (&mut audience.open_ids, found.next().and_then(|(_, id)| id)),
            };
            match id {
                Some(id) if !ids.contains(&id) => ids.push(id),
                Some(_) => {}
                None => range.not_found.push(address.to_string()),
            }
        }
        Ok(range)
    }

    /// The open_ids of people, for calls that take nothing else.
    pub(super) async fn open_ids(&self, app: App<'_>, who: &[String]) -> Result<(Vec<String>, Vec<String>), VerbError> {
        let range = self.range(app, &self.people(who)?).await?;
        let mut ids = range.audience.open_ids.clone();
        for (kind, others) in range.by_kind().into_iter().skip(1) {
            for id in others {
                let answer = self.call(app, &Call::user(kind, id), Scope::None).await?;
                ids.extend(answer.data.pointer("/user/open_id").and_then(Value::as_str).map(str::to_owned));
            }
        }
        Ok((ids, range.not_found))
    }
}
