//! Verbs about people: addresses to ids, and who somebody is.

use super::address;
use super::error::VerbError;
use super::run::{App, Executor, with};
use crate::config::settings::AddressKind;
use crate::deliver::limiter::Scope;
use crate::feishu::call::Call;
use serde_json::{Value, json};

impl Executor<'_> {
    /// The ids of e-mail addresses and mobile numbers, names beside them where the scope allows.
    pub(super) async fn find_people(&self, app: App<'_>, who: &[String]) -> Result<Value, VerbError> {
        let people = self.people(who)?;
        let (wanted, known): (Vec<_>, Vec<_>) =
            people.into_iter().partition(|address| matches!(address.kind, AddressKind::Email | AddressKind::Mobile));
        let mut rows: Vec<(String, &'static str, Option<String>)> =
            self.looked_up(app, &wanted).await?.into_iter().map(|(address, id)| (address.to_string(), "open_id", id)).collect();
        rows.extend(known.into_iter().map(|address| (address.to_string(), address.kind.as_str(), Some(address.value))));
        let mut named = true;
        let mut items = Vec::new();
        for (address, kind, id) in rows {
            let mut item = json!({ "address": address, "found": id.is_some() });
            if let (Some(id), Some(fields)) = (id, item.as_object_mut()) {
                let name = if named && kind == "open_id" { self.name(app, &id).await } else { None };
                // One refusal speaks for all: names are a courtesy.
                named = named && (name.is_some() || kind != "open_id");
                fields.insert(kind.to_owned(), id.into());
                fields.extend(name.map(|name| ("name".to_owned(), name.into())));
            }
            items.push(item);
        }
        Ok(json!({ "items": items }))
    }

    /// Everything the app may see of one person.
    pub(super) async fn person(&self, app: App<'_>, who: &str) -> Result<Value, VerbError> {
        let address = address::parse(who)?;
        let (kind, id) = match address.kind {
            AddressKind::OpenId | AddressKind::UserId | AddressKind::UnionId => (address.kind.as_str(), address.value.clone()),
            AddressKind::Email | AddressKind::Mobile => {
                let found = self.looked_up(app, std::slice::from_ref(&address)).await?.pop().and_then(|(_, id)| id);
                let nobody = || VerbError::new(super::ErrorKind::Refused, format!("nobody that the app can see has {address}"));
                ("open_id", found.ok_or_else(nobody)?)
            }
            _ => return Err(VerbError::usage(format!("{address} is not one person")).at("who")),
        };
        let data = self.call(app, &Call::user(kind, &id), Scope::None).await?.data;
        Ok(with(data.get("user").cloned().unwrap_or(data), &[("address", json!(address.to_string()))]))
    }

    /// A person's name; `None` where the app may not see it.
    pub(super) async fn name(&self, app: App<'_>, open_id: &str) -> Option<String> {
        let answer = self.call(app, &Call::user("open_id", open_id), Scope::None).await.ok()?;
        answer.data.pointer("/user/name").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned)
    }
}
