//! The walk through a card along the shapes.

use super::shape::{self, Kind, Shape};
use super::{
    CardFault, MAX_DEPTH, MAX_ELEMENTS, MAX_TABLES, Refs, chart, count_elements, count_tables, form, is_url, is_v2, markdown, table,
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const CARD_FAILED: i64 = 230_099;
pub(super) const CANNOT_PARSE: i64 = 200_621;
const TAG_UNSUPPORTED: i64 = 200_861;
const OVER_LIMIT: i64 = 11_310;
const BAD_PERSON: i64 = 100_290;
const BAD_IMAGE: i64 = 200_570;
const BAD_CHART: i64 = 200_550;
const DUPLICATE_ID: i64 = 300_301;
const NOT_SHARED: i64 = 300_302;

/// Components that stand in an `action` of JSON 1.0.
pub(super) const ACTIVE: &[&str] = &[
    "button",
    "overflow",
    "select_static",
    "multi_select_static",
    "select_person",
    "multi_select_person",
    "select_img",
    "date_picker",
    "picker_time",
    "picker_datetime",
    "input",
    "checker",
];
/// Components that stand at the right of a text in JSON 1.0.
const EXTRA: &[&str] = &["img", "button", "overflow", "select_static", "select_person", "date_picker", "picker_time", "picker_datetime"];

/// Looks through a whole card.
pub(super) fn card(card: &Value) -> (Vec<CardFault>, Refs) {
    let mut walk = Walk { v2: is_v2(card), faults: Vec::new(), refs: Refs::default(), ids: BTreeSet::new() };
    let Some(map) = card.as_object() else {
        walk.fault("", CANNOT_PARSE, "a card is a JSON object".to_owned());
        return (walk.faults, walk.refs);
    };
    if matches!(map.get("type").and_then(Value::as_str), Some("template" | "card")) && map.contains_key("data") {
        return (walk.faults, walk.refs);
    }
    walk.shape(map, &shape::CARD, "", Place::default());
    if let Some(languages) = map.get("i18n_elements").and_then(Value::as_object).filter(|_| !walk.v2) {
        for (language, elements) in languages {
            walk.value(elements, Kind::Elements, &format!("i18n_elements.{language}"), Place::default());
        }
    }
    if walk.v2 && map.get("config").and_then(|config| config.get("update_multi")) == Some(&Value::Bool(false)) {
        walk.fault("config.update_multi", NOT_SHARED, "update_multi can only be true in schema 2.0".to_owned());
    }
    let elements = count_elements(card);
    if walk.v2 && elements > MAX_ELEMENTS {
        walk.fault("", OVER_LIMIT, format!("element exceeds the limit: {elements} of at most {MAX_ELEMENTS}"));
    }
    let tables = count_tables(card);
    if tables > MAX_TABLES {
        walk.fault("", OVER_LIMIT, format!("card table number over limit: {tables} of at most {MAX_TABLES}"));
    }
    (walk.faults, walk.refs)
}

/// Where in the card the walk is.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    /// Containers around.
    depth: usize,
    in_form: bool,
    /// Directly in a `column_set`.
    in_columns: bool,
    /// In a column or an `action`.
    inside: bool,
}

struct Walk {
    v2: bool,
    faults: Vec<CardFault>,
    refs: Refs,
    ids: BTreeSet<String>,
}

impl Walk {
    fn fault(&mut self, path: &str, sub_code: i64, message: String) {
        self.faults.push(CardFault { path: path.to_owned(), code: CARD_FAILED, sub_code, message });
    }

    fn shape(&mut self, map: &Map<String, Value>, shape: &'static Shape, path: &str, place: Place) {
        for (key, value) in map {
            let at = join(path, key);
            if shape.component && matches!(key.as_str(), "tag" | "element_id" | "margin" | "fallback") {
                self.common(key, value, &at);
                continue;
            }
            let known = shape.props.iter().find(|(name, _, _, place)| name == key && shape::exists(*place, self.v2));
            match known {
                Some((_, kind, _, _)) => {
                    self.value(value, *kind, &at, place);
                    if key == "element_id" {
                        self.common(key, value, &at);
                    }
                }
                None if self.v2 && !shape.open => {
                    self.fault(&at, CANNOT_PARSE, format!("unknown property, property: {key}, in: {}", shape.name));
                }
                None => {}
            }
        }
        for (name, _, required, place) in shape.props {
            if *required && shape::exists(*place, self.v2) && !map.contains_key(*name) {
                self.fault(path, CANNOT_PARSE, format!("{} needs the property {name}", shape.name));
            }
        }
    }

    fn common(&mut self, key: &str, value: &Value, at: &str) {
        let Some(text) = value.as_str() else {
            if self.v2 && key != "fallback" {
                self.fault(at, CANNOT_PARSE, format!("{key} is not a string"));
            }
            return;
        };
        if key != "element_id" || !self.v2 {
            return;
        }
        let legal = text.len() <= 20
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !legal {
            let rule = "element_id has at most 20 letters, digits and _, and starts with a letter";
            self.fault(at, CANNOT_PARSE, rule.to_owned());
        } else if !self.ids.insert(text.to_owned()) {
            self.fault(at, DUPLICATE_ID, format!("element_id {text:?} is used twice"));
        }
    }

    fn value(&mut self, value: &Value, kind: Kind, at: &str, place: Place) {
        let fits = match kind {
            Kind::Any => true,
            Kind::Str => value.is_string(),
            Kind::Bool => value.is_boolean(),
            Kind::Num => value.is_number(),
            Kind::NumOrStr => value.is_number() || value.is_string(),
            Kind::Obj | Kind::Is(_) | Kind::Text(_) | Kind::Icon | Kind::Element => value.is_object(),
            Kind::ObjOrStr => value.is_object() || value.is_string(),
            Kind::Arr | Kind::List(_) | Kind::Elements | Kind::Behaviors => value.is_array(),
            Kind::One(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Kind::Url => value.is_string(),
        };
        if !fits {
            if self.v2 || !matches!(kind, Kind::Str | Kind::Bool | Kind::Num | Kind::NumOrStr) {
                self.fault(at, CANNOT_PARSE, format!("the value is not {}", describe(kind)));
            }
            return;
        }
        match (kind, value) {
            (Kind::Url, Value::String(text)) if !text.is_empty() && !is_url(text) => {
                self.fault(at, CANNOT_PARSE, format!("{text:?} is not a legal link"));
            }
            (Kind::Is(shape), Value::Object(map)) => self.shape(map, shape, at, place),
            (Kind::List(shape), Value::Array(items)) => {
                for (n, item) in items.iter().enumerate() {
                    self.value(item, Kind::Is(shape), &format!("{at}[{n}]"), place);
                }
            }
            (Kind::Text(tags), Value::Object(map)) => self.text(map, tags, at, place),
            (Kind::Icon, Value::Object(map)) => {
                self.shape(map, &shape::ICON, at, place);
                self.image(map.get("img_key"), &join(at, "img_key"));
            }
            (Kind::Elements, Value::Array(items)) => {
                for (n, item) in items.iter().enumerate() {
                    self.component(item, &format!("{at}[{n}]"), place);
                }
            }
            (Kind::Element, _) => self.component(value, at, Place { inside: true, ..place }),
            (Kind::Behaviors, Value::Array(items)) => self.behaviors(items, at, place),
            _ => {}
        }
    }

    fn text(&mut self, map: &Map<String, Value>, tags: &[&str], at: &str, place: Place) {
        let tag = map.get("tag").and_then(Value::as_str).unwrap_or_default();
        if !tags.contains(&tag) {
            self.fault(
                at,
                if self.v2 { TAG_UNSUPPORTED } else { CANNOT_PARSE },
                format!("the tag of this text is one of {}", tags.join(", ")),
            );
            return;
        }
        if tag == "markdown" {
            self.component_of(map, tag, at, place);
            return;
        }
        self.shape(map, &shape::TEXT, at, place);
        if !["content", "i18n_content", "i18n"].iter().any(|key| map.contains_key(*key)) {
            self.fault(at, CANNOT_PARSE, format!("{tag} needs the property content"));
        }
        if tag == "lark_md" {
            self.markdown(map, at);
        }
    }

    fn behaviors(&mut self, items: &[Value], at: &str, place: Place) {
        for (n, item) in items.iter().enumerate() {
            let at = format!("{at}[{n}]");
            let Some(map) = item.as_object() else {
                self.fault(&at, CANNOT_PARSE, "a behavior is an object".to_owned());
                continue;
            };
            let shape = match map.get("type").and_then(Value::as_str) {
                Some("open_url") => &shape::OPEN_URL,
                Some("callback") => &shape::CALLBACK,
                Some("form_action") if !self.v2 => &shape::FORM_ACTION,
                other => {
                    let shown = other.unwrap_or_default();
                    self.fault(&join(&at, "type"), CANNOT_PARSE, format!("{shown:?} is not a behavior: open_url or callback"));
                    continue;
                }
            };
            self.shape(map, shape, &at, place);
            if shape.name == "open_url" && map.get("default_url").and_then(Value::as_str) == Some("") {
                self.fault(&join(&at, "default_url"), CANNOT_PARSE, "default_url is empty".to_owned());
            }
        }
    }

    fn component(&mut self, value: &Value, at: &str, place: Place) {
        match value.as_object().map(|map| (map, map.get("tag").and_then(Value::as_str))) {
            Some((map, Some(tag))) => self.component_of(map, tag, at, place),
            _ => self.fault(at, CANNOT_PARSE, "an element is an object with a tag".to_owned()),
        }
    }

    fn component_of(&mut self, map: &Map<String, Value>, tag: &str, at: &str, place: Place) {
        let Some(shape) = shape::component(tag, self.v2) else {
            let (code, message) = if self.v2 {
                (TAG_UNSUPPORTED, format!("cards of schema V2 no longer support this capability; unsupported tag {tag}"))
            } else {
                (CANNOT_PARSE, format!("unknown tag {tag}"))
            };
            self.fault(at, code, message);
            return;
        };
        self.place(tag, at, place);
        let inner = Place {
            depth: place.depth + usize::from(shape.container),
            in_form: place.in_form || tag == "form",
            in_columns: tag == "column_set",
            inside: true,
        };
        if inner.depth > MAX_DEPTH {
            self.fault(at, OVER_LIMIT, format!("containers stand more than {MAX_DEPTH} deep in each other"));
            return;
        }
        self.shape(map, shape, at, inner);
        self.inside(map, tag, at, place);
    }

    /// Whether the component may stand here.
    fn place(&mut self, tag: &str, at: &str, place: Place) {
        let wrong = match tag {
            "column" if !place.in_columns => Some("a column stands in a column_set"),
            "column" => None,
            _ if place.in_columns => Some("a column_set contains only columns"),
            "table" | "form" if place.depth > 0 => Some("this component stands at the root of the card only"),
            "button" if !self.v2 && !place.inside => Some("in schema 1.0 a button at the root stands in an action"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            self.fault(at, CANNOT_PARSE, format!("{wrong} (tag: {tag})"));
        }
    }

    /// What a component's own rules say.
    fn inside(&mut self, map: &Map<String, Value>, tag: &str, at: &str, place: Place) {
        match tag {
            "markdown" => self.markdown(map, at),
            "img" => {
                if !map.contains_key("img_key") && !map.contains_key("i18n_img_key") {
                    self.fault(at, CANNOT_PARSE, "img needs the property img_key".to_owned());
                }
                self.image(map.get("img_key"), &join(at, "img_key"));
            }
            "img_combination" => {
                for (n, image) in map.get("img_list").and_then(Value::as_array).into_iter().flatten().enumerate() {
                    self.image(image.get("img_key"), &format!("{at}.img_list[{n}].img_key"));
                }
            }
            "person" => self.person(map.get("user_id"), &join(at, "user_id")),
            "person_list" if map.get("drop_invalid_user_id") != Some(&Value::Bool(true)) => {
                for (n, person) in map.get("persons").and_then(Value::as_array).into_iter().flatten().enumerate() {
                    self.person(person.get("id"), &format!("{at}.persons[{n}].id"));
                }
            }
            "chart" => {
                if let Some(Err((under, message))) = map.get("chart_spec").map(chart::check) {
                    self.fault(&format!("{at}.chart_spec{under}"), BAD_CHART, message);
                }
            }
            "table" => self.table(map, at),
            "form" => form::check(map).into_iter().for_each(|(code, message)| self.fault(at, code, message)),
            "action" => self.only(map.get("actions"), ACTIVE, at, "an action contains only interactive components"),
            "div" if !self.v2 => self.only(map.get("extra"), EXTRA, at, "extra is an image or an interactive component"),
            "note" => self.note(map, at),
            "input" | "multi_select_static" | "multi_select_person"
                if place.in_form && map.get("name").and_then(Value::as_str).is_none_or(str::is_empty) =>
            {
                self.fault(at, form::BAD_NAME, format!("{tag} in a form needs a name"));
            }
            _ => {}
        }
    }

    /// Whether the components (a list, or one) are of these tags; those that are none at all are found elsewhere.
    fn only(&mut self, components: Option<&Value>, tags: &[&str], at: &str, rule: &str) {
        let items = components.map_or(&[][..], |value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        let foreign = items.iter().filter_map(|item| item.get("tag").and_then(Value::as_str)).find(|tag| !tags.contains(tag));
        if let Some(tag) = foreign {
            self.fault(at, CANNOT_PARSE, format!("{rule} (tag: {tag})"));
        }
    }

    fn note(&mut self, map: &Map<String, Value>, at: &str) {
        for (n, item) in map.get("elements").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let at = format!("{at}.elements[{n}]");
            match item.get("tag").and_then(Value::as_str) {
                Some("plain_text" | "lark_md") => self.value(item, Kind::Text(&["plain_text", "lark_md"]), &at, Place::default()),
                Some("img") => self.image(item.get("img_key"), &join(&at, "img_key")),
                Some("standard_icon" | "custom_icon") => self.value(item, Kind::Icon, &at, Place::default()),
                _ => self.fault(&at, CANNOT_PARSE, "a note contains plain_text, lark_md, img and icons".to_owned()),
            }
        }
    }

    fn table(&mut self, map: &Map<String, Value>, at: &str) {
        for (under, code, message) in table::check(map) {
            self.fault(&format!("{at}{under}"), code, message);
        }
        let columns = map.get("columns").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let type_of = |key: &str| {
            columns
                .iter()
                .find(|column| column.get("name").and_then(Value::as_str) == Some(key))
                .and_then(|column| column.get("data_type"))
                .and_then(Value::as_str)
        };
        for (n, row) in map.get("rows").and_then(Value::as_array).into_iter().flatten().enumerate() {
            for (key, value) in row.as_object().into_iter().flatten() {
                let at = format!("{at}.rows[{n}].{key}");
                match (type_of(key), value) {
                    (Some("lark_md" | "markdown"), Value::String(text)) => self.named(text, &at),
                    (Some("persons"), Value::String(_)) => self.person(Some(value), &at),
                    (Some("persons"), Value::Array(ids)) => ids.iter().for_each(|id| self.person(Some(id), &at)),
                    _ => {}
                }
            }
        }
    }

    fn markdown(&mut self, map: &Map<String, Value>, at: &str) {
        if let Some(text) = map.get("content").and_then(Value::as_str) {
            self.named(text, &join(at, "content"));
        }
        for (language, text) in map.get("i18n_content").and_then(Value::as_object).into_iter().flatten() {
            self.named(text.as_str().unwrap_or_default(), &format!("{at}.i18n_content.{language}"));
        }
    }

    fn named(&mut self, text: &str, at: &str) {
        for named in markdown::named(text) {
            match named {
                markdown::Named::Person(id) if id == "all" => self.refs.at_all = true,
                markdown::Named::Person(id) => self.person(Some(&Value::String(id)), at),
                markdown::Named::Email(email) => self.refs.emails.push((at.to_owned(), email)),
                markdown::Named::Image(key) => self.image(Some(&Value::String(key)), at),
                markdown::Named::Nobody => self.fault(at, BAD_PERSON, "a mention without an id".to_owned()),
            }
        }
    }

    fn person(&mut self, id: Option<&Value>, at: &str) {
        let id = id.and_then(Value::as_str).unwrap_or_default();
        let legal = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@'));
        if legal {
            self.refs.people.push((at.to_owned(), id.to_owned()));
        } else {
            self.fault(at, BAD_PERSON, format!("invalid user id: {id:?}"));
        }
    }

    fn image(&mut self, key: Option<&Value>, at: &str) {
        match key.and_then(Value::as_str) {
            None => {}
            Some(key) if !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) => {
                self.refs.images.push((at.to_owned(), key.to_owned()));
            }
            Some(key) => self.fault(at, BAD_IMAGE, format!("invalid image key: {key:?}")),
        }
    }
}

fn describe(kind: Kind) -> String {
    match kind {
        Kind::Any => "anything".to_owned(),
        Kind::Str | Kind::Url => "a string".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Num => "a number".to_owned(),
        Kind::NumOrStr => "a number or a string".to_owned(),
        Kind::ObjOrStr => "an object or a string".to_owned(),
        Kind::Obj | Kind::Is(_) | Kind::Text(_) | Kind::Icon | Kind::Element => "an object".to_owned(),
        Kind::Arr | Kind::List(_) | Kind::Elements | Kind::Behaviors => "a list".to_owned(),
        Kind::One(words) => format!("one of {}", words.join(", ")),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
