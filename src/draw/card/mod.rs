//! Cards, JSON 1.0 and 2.0: a file for each family of components, [`element`] says which draws what.
//!
//! What a script may read from the page:
//! `data-at` is the JSON pointer of the element, `data-tag` its tag, `data-act="callback"` says that pressing, choosing or
//! entering is answered by the app (only where [`Look::live`] says so), `data-option` the value of an option that is a button of its own.
//! Links are `<a>`, and may call back as well. A form has `data-form`, its inputs have a `name`, its buttons are of type `submit` and `reset`
//! with `data-submit` and `data-reset`. `data-confirm-title` and `data-confirm-text` are to be asked first. Times have `data-ms` and `data-format` (a
//! format of `local_datetime`) or `data-pattern` (`YYYY-MM-DD HH:mm`).

mod button;
mod chart;
mod config;
mod div;
mod element;
mod header;
mod i18n;
mod image;
mod input;
mod layout;
mod panel;
mod person;
mod press;
mod select;
mod table;
mod v1;

use super::colour::Own;
use super::look::Look;
use super::markdown::Ink;
use super::problem::{self, Problems};
use super::size::Sizes;
use super::{items, url};
use crate::feishu::content::card as rules;
use crate::util::text::truncate;
use maud::{Markup, html};
use serde_json::{Map, Value};
use std::cell::{Cell, RefCell};

/// Elements of a card that are drawn; the platform takes 200.
const MAX_ELEMENTS: usize = 600;

/// A drawing under way: what all elements of a card share.
pub(super) struct Pen<'a> {
    pub look: &'a Look<'a>,
    pub v2: bool,
    /// The language that texts are taken in, as `zh_cn`.
    pub language: &'a str,
    pub colours: Own,
    pub sizes: Sizes,
    problems: RefCell<Problems>,
    left: Cell<usize>,
}

/// Where an element stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// Its JSON pointer.
    pub at: &'p str,
    /// Containers around it.
    pub depth: usize,
    /// Inside a form.
    pub form: bool,
}

impl<'a> Pen<'a> {
    fn new(card: &'a Value, look: &'a Look<'a>) -> Self {
        Self {
            look,
            v2: rules::is_v2(card),
            language: i18n::language(card, look.locale),
            colours: Own::of(card),
            sizes: Sizes::of(card),
            problems: RefCell::new(Problems::of_card(card)),
            left: Cell::new(MAX_ELEMENTS),
        }
    }

    pub fn ink(&self) -> Ink<'_> {
        Ink::new(self.look, &self.colours)
    }

    pub fn say(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.look.locale.say(zh, en)
    }

    /// What the platform would refuse at this pointer or below, if nothing has shown it.
    pub fn problems(&self, at: &str) -> Markup {
        self.problems.borrow_mut().at(at, self.look.locale)
    }

    /// Whether one more element may be drawn.
    fn spend(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }
}

/// A string of an object, empty where there is none.
pub(super) fn word<'v>(map: &'v Map<String, Value>, key: &str) -> &'v str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Whether a property is `true`; `otherwise` where it is not there.
pub(super) fn flag(map: &Map<String, Value>, key: &str, otherwise: bool) -> bool {
    map.get(key).and_then(Value::as_bool).unwrap_or(otherwise)
}

/// A whole card.
pub(super) fn draw(card: &Value, look: &Look<'_>) -> Markup {
    if let Some(shown) = placeholder(card, look) {
        return shown;
    }
    let pen = Pen::new(card, look);
    let (elements, at) = body(card, &pen);
    let link = config::link(card);
    let header = card.get("header").and_then(Value::as_object);
    let place = Place { at: &at, depth: 0, form: false };
    html! {
        div.lk-card.(config::width(card)) {
            @if let Some(header) = header {
                (header::draw(header, link.as_deref(), &pen))
                (pen.problems("/header"))
            }
            @let layout = layout::Layout::body(card.get("body"), pen.v2);
            div.lk-body.lk-box.(layout.class) style=[layout.style] { (element::list(elements, place, &pen)) }
            @if let (None, Some(link)) = (header, link) {
                div.lk-foot { a href=(link) target="_blank" rel="noopener noreferrer" { (pen.say("打开卡片链接", "Open the card's link")) } }
            }
            (pen.problems.borrow_mut().rest(look.locale))
        }
    }
}

/// The elements of a card in the reader's language, and their pointer.
fn body<'v>(card: &'v Value, pen: &Pen<'_>) -> (&'v [Value], String) {
    if pen.v2 {
        return (items(card.pointer("/body/elements")), "/body/elements".to_owned());
    }
    let languages = card.get("i18n_elements").and_then(Value::as_object);
    let chosen = languages.and_then(|all| all.get_key_value(pen.language).or_else(|| all.iter().next()));
    match chosen {
        Some((language, elements)) => (items(Some(elements)), format!("/i18n_elements/{}", problem::escaped(language))),
        None => (items(card.get("elements")), "/elements".to_owned()),
    }
}

/// A card that is only named: of a template, or an entity.
fn placeholder(card: &Value, look: &Look<'_>) -> Option<Markup> {
    let data = card.get("data")?.as_object()?;
    let (label, id) = match card.get("type")?.as_str()? {
        "template" => (look.locale.say("卡片模板", "Card template"), word(data, "template_id")),
        "card" => (look.locale.say("卡片实体", "Card entity"), word(data, "card_id")),
        _ => return None,
    };
    let variables = data.get("template_variable").and_then(Value::as_object);
    Some(html! {
        div.lk-card.w-default.lk-named {
            div.lk-body.lk-box {
                div { strong { (label) } " " code { (truncate(id, 80)) } @if !word(data, "template_version_name").is_empty() { " " (truncate(word(data, "template_version_name"), 20)) } }
                @if let Some(variables) = variables.filter(|all| !all.is_empty()) {
                    dl {
                        @for (name, value) in variables.iter().take(50) {
                            dt { bdi { (truncate(name, 80)) } }
                            dd dir="auto" { (truncate(&value.as_str().map_or_else(|| value.to_string(), str::to_owned), 500)) }
                        }
                    }
                }
            }
        }
    })
}

/// A card on one line: its summary, else its title and subtitle, else the first text.
pub(super) fn plain(card: &Value, look: &Look<'_>) -> String {
    if let Some(id) = card.pointer("/data/template_id").or_else(|| card.pointer("/data/card_id")).and_then(Value::as_str) {
        return format!("{} {id}", look.locale.say("[卡片]", "[Card]"));
    }
    let language = i18n::language(card, look.locale);
    let summary = card.pointer("/config/summary").and_then(Value::as_object).map(|summary| i18n::content(summary, language));
    let titles = ["/header/title", "/header/subtitle"].into_iter().filter_map(|at| card.pointer(at)?.as_object());
    let titles = titles.map(|title| i18n::content(title, language));
    if let Some(found) = summary.into_iter().chain(titles).find(|text| !text.trim().is_empty()) {
        return super::markdown::plain(found, super::markdown::Dialect::Header, look);
    }
    let elements = items(card.pointer("/body/elements").or_else(|| card.get("elements")));
    let mut left = MAX_ELEMENTS;
    element::first_text(elements, language, look, &mut left).unwrap_or_default()
}

/// A legal address in an `href`, from an object with `url`, `pc_url`, `ios_url`, `android_url`.
pub(super) fn first_link(urls: &Map<String, Value>) -> Option<String> {
    ["url", "default_url", "pc_url", "ios_url", "android_url"].iter().find_map(|key| url::href(word(urls, key)))
}
