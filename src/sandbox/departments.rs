//! Departments and help desks of the sandbox's tenant, and looking them up.
//!
//! As with people: a lenient world makes an `od-` department with a few people the first time it is named,
//! and takes any well-formed help-desk credential while none is listed.

use crate::sandbox::world::{MAX_MADE, Person, World, looks_like};
use crate::util::id::hash_id;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// People that a made department has.
const MADE_MEMBERS: usize = 3;

/// A department.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Department {
    /// `od-...`
    pub open_department_id: String,
    /// The tenant's own id; may be empty.
    pub department_id: String,
    /// The name.
    pub name: String,
    /// `open_department_id` of the department above; empty: directly under the root.
    pub parent: String,
    /// `open_id` of the people directly in it.
    pub members: BTreeSet<String>,
}

/// A help desk.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Helpdesk {
    /// Its id.
    pub helpdesk_id: String,
    /// Its token, `ht-...`; empty accepts any.
    pub token: String,
    /// The name.
    pub name: String,
}

impl World {
    /// Adds or replaces a department; returns its id.
    pub fn add_department(&mut self, mut department: Department) -> String {
        if department.open_department_id.is_empty() {
            let made = hash_id(&["department", &department.name]);
            department.open_department_id = format!("od-{}", made.get(..32).unwrap_or(&made));
        }
        let id = department.open_department_id.clone();
        if department.name.is_empty() {
            department.name = format!("部门 {}", id.get(id.len().saturating_sub(4)..).unwrap_or_default());
        }
        self.removed.remove(&id);
        self.departments.insert(id.clone(), department);
        id
    }

    /// Everybody in a department and the departments below it, in order of `open_id`; `None`: no such department.
    pub(crate) fn members_of(&mut self, id: &str) -> Option<BTreeSet<String>> {
        let known = self
            .departments
            .values()
            .find(|department| department.open_department_id == id || (!id.is_empty() && department.department_id == id))
            .map(|department| department.open_department_id.clone());
        let root = match known {
            Some(root) => root,
            None => self.make_department(id)?,
        };
        let mut inside = BTreeSet::from([root.clone()]);
        let mut next = vec![root];
        while let Some(above) = next.pop() {
            for department in self.departments.values().filter(|department| department.parent == above) {
                // A department that is below itself is walked once.
                if inside.insert(department.open_department_id.clone()) {
                    next.push(department.open_department_id.clone());
                }
            }
        }
        Some(inside.iter().filter_map(|id| self.departments.get(id)).flat_map(|department| department.members.iter().cloned()).collect())
    }

    fn make_department(&mut self, id: &str) -> Option<String> {
        let makes = self.lenient && self.departments.len() < MAX_MADE && !self.removed.contains(id);
        if !makes || !looks_like("od-", id) {
            return None;
        }
        let members = (0..MADE_MEMBERS)
            .map(|n| self.add_person(Person { name: format!("成员 {}", n + 1), user_id: member_id(id, n), ..Person::default() }))
            .collect();
        Some(self.add_department(Department { open_department_id: id.to_owned(), members, ..Department::default() }))
    }

    /// The help desk of these credentials; `None`: one of them is wrong.
    pub(crate) fn helpdesk(&self, id: &str, token: &str) -> Option<Helpdesk> {
        match self.helpdesks.get(id) {
            Some(desk) => (desk.token.is_empty() || desk.token == token).then(|| desk.clone()),
            None if self.helpdesks.is_empty() && self.lenient => {
                Some(Helpdesk { helpdesk_id: id.to_owned(), token: token.to_owned(), name: "服务台".to_owned() })
            }
            None => None,
        }
    }
}

fn member_id(department: &str, n: usize) -> String {
    hash_id(&[department, &n.to_string()]).get(..8).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn department(id: &str, parent: &str, members: &[&str]) -> Department {
        let members = members.iter().map(|id| (*id).to_owned()).collect();
        Department { open_department_id: id.to_owned(), parent: parent.to_owned(), members, ..Department::default() }
    }

    #[test]
    fn departments_include_those_below_even_in_a_circle() {
        let mut world = World::strict();
        world.add_department(department("od-a", "od-c", &["ou_1"]));
        world.add_department(department("od-b", "od-a", &["ou_2", "ou_1"]));
        world.add_department(department("od-c", "od-b", &["ou_3"]));
        assert_eq!(world.members_of("od-a").unwrap().len(), 3);
        assert_eq!(world.members_of("od-x"), None);
    }

    #[test]
    fn a_lenient_world_makes_departments_once() {
        let mut world = World::default();
        let first = world.members_of("od-new").unwrap();
        assert_eq!((first.len(), world.members_of("od-new")), (MADE_MEMBERS, Some(first)));
        assert_eq!((world.members_of("0"), world.members_of("sales")), (None, None));
    }

    #[test]
    fn listed_help_desks_are_the_only_ones() {
        let mut world = World::default();
        assert!(world.helpdesk("1", "ht-x").is_some());
        world.helpdesks.insert("1".to_owned(), Helpdesk { helpdesk_id: "1".to_owned(), token: "ht-1".to_owned(), ..Helpdesk::default() });
        assert!(world.helpdesk("1", "ht-1").is_some());
        assert!(world.helpdesk("1", "ht-x").is_none() && world.helpdesk("2", "ht-1").is_none());
    }
}
