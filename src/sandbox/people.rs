//! Finding people in the world by whichever id a call uses.

use crate::sandbox::world::{MAX_MADE, Person, World, looks_like};
use std::collections::{BTreeMap, HashMap};

/// The kinds of id by which a person is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdKind {
    Open,
    Union,
    User,
    Email,
}

/// Whose every id is, so that thousands of people are found in no time. It may be behind; then it is made anew.
#[derive(Debug, Clone, Default)]
pub(crate) struct PeopleIndex {
    keys: HashMap<String, String>,
    /// How many people it knows; `None`: made anew on the next look.
    people: Option<usize>,
}

impl PeopleIndex {
    /// Takes note of a person who is about to be added to so many.
    pub fn add(&mut self, person: &Person, people: &BTreeMap<String, Person>) {
        if self.people != Some(people.len()) {
            self.people = None;
            return;
        }
        self.people = Some(people.len() + usize::from(!people.contains_key(&person.open_id)));
        self.note(person);
    }

    fn note(&mut self, person: &Person) {
        let ids = [&person.open_id, &person.union_id, &person.user_id, &person.email];
        for id in ids.into_iter().chain(person.open_ids.values()).filter(|id| !id.is_empty()) {
            self.keys.insert(id.clone(), person.open_id.clone());
        }
    }

    fn refresh(&mut self, people: &BTreeMap<String, Person>) {
        if self.people != Some(people.len()) {
            self.keys.clear();
            people.values().for_each(|person| self.note(person));
            self.people = Some(people.len());
        }
    }
}

/// Why nobody was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPerson {
    /// Nobody has this id.
    Unknown,
    /// The `open_id` is another app's.
    OtherApp,
}

impl IdKind {
    /// From `receive_id_type` or `user_id_type`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "open_id" => Self::Open,
            "union_id" => Self::Union,
            "user_id" => Self::User,
            "email" => Self::Email,
            _ => return None,
        })
    }

    /// The name, as in `user_id_type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open_id",
            Self::Union => "union_id",
            Self::User => "user_id",
            Self::Email => "email",
        }
    }

    /// The platform's code for an id of this kind that is nobody's.
    pub const fn unknown_code(self) -> i64 {
        match self {
            Self::Open => 99_992_351,
            Self::User => 99_992_352,
            Self::Union => 99_992_353,
            Self::Email => 230_034,
        }
    }
}

impl Person {
    /// The `open_id` as the app sees it.
    pub fn open_id_for(&self, app_id: &str) -> &str {
        self.open_ids.get(app_id).unwrap_or(&self.open_id)
    }

    /// The id of the kind, as the app sees it.
    pub(crate) fn id_for(&self, kind: IdKind, app_id: &str) -> &str {
        match kind {
            IdKind::Open => self.open_id_for(app_id),
            IdKind::Union => &self.union_id,
            IdKind::User => &self.user_id,
            IdKind::Email => &self.email,
        }
    }
}

impl World {
    /// The id by which an app knows the person of this `open_id`.
    pub(crate) fn id_of(&self, open_id: &str, kind: IdKind, app_id: &str) -> String {
        self.people.get(open_id).map_or(open_id, |person| person.id_for(kind, app_id)).to_owned()
    }

    /// The `open_id` by which an app knows the person.
    pub(crate) fn open_id_for(&self, open_id: &str, app_id: &str) -> String {
        self.id_of(open_id, IdKind::Open, app_id)
    }

    /// The person of this id; a lenient world makes one where the id looks right.
    pub(crate) fn person(&mut self, kind: IdKind, id: &str, app_id: &str) -> Result<&Person, NoPerson> {
        self.index.refresh(&self.people);
        let key = match self.find(kind, id, app_id) {
            Ok(key) => key,
            Err(NoPerson::Unknown) => self.make(kind, id).ok_or(NoPerson::Unknown)?,
            Err(other) => return Err(other),
        };
        self.people.get(&key).ok_or(NoPerson::Unknown)
    }

    /// The person of this mobile number; numbers without country code are Chinese.
    pub(crate) fn by_mobile(&mut self, mobile: &str) -> Option<&Person> {
        let full = if mobile.starts_with('+') { mobile.to_owned() } else { format!("+86{mobile}") };
        let found = self.people.values().find(|person| person.mobile == full).map(|person| person.open_id.clone());
        let digits = full.trim_start_matches('+');
        let valid = (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let key = match found {
            Some(key) => key,
            None if self.lenient && valid && self.people.len() < MAX_MADE && !self.removed.contains(&full) => {
                self.add_person(Person { mobile: full, ..Person::default() })
            }
            None => return None,
        };
        self.people.get(&key)
    }

    /// The person of an id whose kind is not said, as in mentions.
    pub(crate) fn anyone(&mut self, id: &str, app_id: &str) -> Option<&Person> {
        let kind = if id.starts_with("ou_") {
            IdKind::Open
        } else if id.starts_with("on_") {
            IdKind::Union
        } else if id.contains('@') {
            IdKind::Email
        } else {
            IdKind::User
        };
        self.person(kind, id, app_id).ok()
    }

    fn find(&self, kind: IdKind, id: &str, app_id: &str) -> Result<String, NoPerson> {
        if id.is_empty() {
            return Err(NoPerson::Unknown);
        }
        let Some(key) = self.index.keys.get(id) else { return Err(NoPerson::Unknown) };
        if self.people.get(key).is_some_and(|person| person.id_for(kind, app_id) == id) {
            return Ok(key.clone());
        }
        // The id is another's too, or of another kind or app.
        if kind != IdKind::Open {
            let found = self.people.values().find(|person| person.id_for(kind, app_id) == id);
            return found.map(|person| person.open_id.clone()).ok_or(NoPerson::Unknown);
        }
        if let Some(person) = self.people.get(id)
            && person.open_id_for(app_id) == id
        {
            return Ok(id.to_owned());
        }
        match self.people.values().find(|person| person.open_id == id || person.open_ids.values().any(|other| other == id)) {
            Some(person) if person.open_id_for(app_id) == id => Ok(person.open_id.clone()),
            Some(_) => Err(NoPerson::OtherApp),
            None => Err(NoPerson::Unknown),
        }
    }

    fn make(&mut self, kind: IdKind, id: &str) -> Option<String> {
        if !self.lenient || self.people.len() >= MAX_MADE || self.removed.contains(id) {
            return None;
        }
        let person = match kind {
            IdKind::Open if looks_like("ou_", id) => Person { open_id: id.to_owned(), ..Person::default() },
            IdKind::Union if looks_like("on_", id) => Person { union_id: id.to_owned(), ..Person::default() },
            IdKind::Email if plausible_email(id) => Person { email: id.to_owned(), ..Person::default() },
            _ => return None,
        };
        Some(self.add_person(person))
    }
}

/// Something before and a dotted name after one `@`; names under `.invalid` never exist.
fn plausible_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.contains('@')
        && !domain.ends_with(".invalid")
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_ids_belong_to_apps() {
        let mut world = World::strict();
        let person = Person { open_id: "ou_a".to_owned(), open_ids: [("cli_b".to_owned(), "ou_b".to_owned())].into(), ..Person::default() };
        world.add_person(person);
        assert!(world.person(IdKind::Open, "ou_a", "cli_a").is_ok());
        assert!(world.person(IdKind::Open, "ou_b", "cli_b").is_ok());
        assert_eq!(world.person(IdKind::Open, "ou_a", "cli_b").unwrap_err(), NoPerson::OtherApp);
        assert_eq!(world.person(IdKind::Open, "ou_b", "cli_a").unwrap_err(), NoPerson::OtherApp);
        assert_eq!(world.person(IdKind::Open, "ou_c", "cli_a").unwrap_err(), NoPerson::Unknown);
    }

    #[test]
    fn people_are_found_after_every_change() {
        let mut world = World::strict();
        let person =
            |open_id: &str, user_id: &str| Person { open_id: open_id.to_owned(), user_id: user_id.to_owned(), ..Person::default() };
        world.add_person(person("ou_a", "a"));
        assert!(world.person(IdKind::User, "a", "").is_ok() && world.person(IdKind::User, "ou_a", "").is_err());
        world.people.remove("ou_a");
        world.add_person(person("ou_b", "b"));
        assert!(world.person(IdKind::User, "a", "").is_err() && world.person(IdKind::User, "b", "").is_ok());
        world.add_person(person("ou_b", "c"));
        assert!(world.person(IdKind::User, "b", "").is_err() && world.person(IdKind::User, "c", "").is_ok());
        let mut copy: World = serde_json::from_value(serde_json::to_value(&world).unwrap()).unwrap();
        assert!(copy.person(IdKind::User, "c", "").is_ok());
    }

    #[test]
    fn a_lenient_world_makes_people_but_not_impossible_ones() {
        let mut world = World::default();
        let made = world.person(IdKind::Email, "zhao@corp.example", "cli_a").unwrap().open_id.clone();
        assert_eq!(world.person(IdKind::Email, "zhao@corp.example", "cli_a").unwrap().open_id, made);
        assert!(world.person(IdKind::Email, "zhao@corp.invalid", "cli_a").is_err());
        assert!(world.person(IdKind::User, "nobody", "cli_a").is_err());
        assert_eq!(world.by_mobile("13800000001").unwrap().name, "王磊");
        assert!(world.by_mobile("12").is_none());
    }
}
