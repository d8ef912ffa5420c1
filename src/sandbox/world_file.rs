//! A world that was written down: ids come from the keys, what is empty is made, as for whatever is added.

use crate::sandbox::world::World;

impl World {
    /// A world without anybody that makes unknown ids on first use: what a file adds to.
    pub(crate) fn bare() -> Self {
        Self { lenient: true, ..Self::strict() }
    }

    /// The world of a file: every entry has the id it is listed under and everything else that it would have if it had been
    /// added.
    ///
    /// # Errors
    /// A sentence that names an entry whose own id differs from its key.
    pub fn completed(mut self) -> Result<Self, String> {
        let (people, chats, hooks) = (std::mem::take(&mut self.people), std::mem::take(&mut self.chats), std::mem::take(&mut self.hooks));
        let (departments, helpdesks) = (std::mem::take(&mut self.departments), std::mem::take(&mut self.helpdesks));
        let removed = self.removed.clone();
        for (key, mut person) in people {
            under("people", &key, &mut person.open_id)?;
            self.add_person(person);
        }
        for (key, mut department) in departments {
            under("departments", &key, &mut department.open_department_id)?;
            self.add_department(department);
        }
        for (key, mut chat) in chats {
            under("chats", &key, &mut chat.chat_id)?;
            self.add_chat(chat);
        }
        for (key, mut hook) in hooks {
            under("hooks", &key, &mut hook.token)?;
            self.add_hook(hook);
        }
        for (key, mut helpdesk) in helpdesks {
            under("helpdesks", &key, &mut helpdesk.helpdesk_id)?;
            self.helpdesks.insert(key, helpdesk);
        }
        self.removed = removed;
        Ok(self)
    }
}

fn under(what: &str, key: &str, id: &mut String) -> Result<(), String> {
    if id.is_empty() {
        key.clone_into(id);
    }
    if id == key { Ok(()) } else { Err(format!("{what}: the entry of {key:?} has the id {id:?}: leave the id out, or make them the same")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn world(value: serde_json::Value) -> Result<World, String> {
        serde_json::from_value::<World>(value).unwrap().completed()
    }

    #[test]
    fn ids_come_from_the_keys_and_the_rest_is_made() {
        let file = json!({"people": {"ou_wang": {"email": "wang@corp.example"}}, "chats": {"oc_ops": {"members": ["ou_wang"]}},
            "hooks": {"h1": {"secret": "s"}}});
        let mut made = world(file).unwrap();
        assert!(made.lenient && made.people.len() == 1, "nobody but who is listed");
        assert_eq!((made.people["ou_wang"].name.as_str(), made.people["ou_wang"].union_id.is_empty()), ("wang", false));
        assert!(made.chats["oc_ops"].number > 0 && made.chats.contains_key(&made.hooks["h1"].chat_id));
        assert!(made.anyone("wang@corp.example", "").is_some());
        let error = world(json!({"chats": {"oc_a": {"chat_id": "oc_b"}}})).unwrap_err();
        assert!(error.contains("oc_a") && error.contains("oc_b"), "{error}");
    }

    #[test]
    fn what_a_sandbox_shows_is_a_file_that_makes_the_same() {
        let shown = serde_json::to_value(World::default()).unwrap();
        assert_eq!(serde_json::to_value(world(shown.clone()).unwrap()).unwrap(), shown);
    }
}
