//! What pressing something does: opens a link, calls back, or both; and what is asked first.

use super::{Pen, Place, div, first_link, flag, word};
use crate::draw::{items, url};
use maud::{Markup, html};
use serde_json::{Map, Value};

/// What a press does.
#[derive(Debug, Default)]
pub(super) struct Press {
    /// The `href`.
    pub link: Option<String>,
    /// Leads into the client, which a browser cannot.
    pub in_client: Option<String>,
    pub callback: bool,
    pub disabled: bool,
    /// Shown beside the pointer.
    pub tip: Option<String>,
    pub confirm: Option<(String, String)>,
    pub form: Option<FormPress>,
}

/// What a button does to its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormPress {
    Submit,
    Reset,
}

impl Press {
    /// Of an interactive component.
    pub fn of(map: &Map<String, Value>, place: Place<'_>, pen: &Pen<'_>) -> Self {
        let mut press = Self { disabled: flag(map, "disabled", false), confirm: confirm(map, pen), ..Self::default() };
        let tip = div::words(map.get(if press.disabled { "disabled_tips" } else { "hover_tips" }), pen);
        press.tip = Some(tip.to_owned()).filter(|tip| !tip.is_empty());
        for behavior in items(map.get("behaviors")).iter().take(20).filter_map(Value::as_object) {
            match (word(behavior, "type"), word(behavior, "behavior")) {
                ("open_url", _) => press.open(behavior),
                ("callback", _) => press.callback = true,
                ("form_action", "submit") => press.form = Some(FormPress::Submit),
                ("form_action", "reset") => press.form = Some(FormPress::Reset),
                _ => {}
            }
        }
        match (word(map, "form_action_type"), word(map, "action_type")) {
            ("submit", _) | (_, "form_submit") => press.form = Some(FormPress::Submit),
            ("reset", _) | (_, "form_reset") => press.form = Some(FormPress::Reset),
            _ => {}
        }
        if items(map.get("behaviors")).is_empty() {
            press.legacy(map);
        }
        press.form = press.form.filter(|_| place.form);
        press.callback = (press.callback || press.form == Some(FormPress::Submit)) && pen.look.live;
        press
    }

    /// `url`, `multi_url` and `value`: of an address and a value the address wins, unless the button says that it does both.
    fn legacy(&mut self, map: &Map<String, Value>) {
        self.open(map);
        if let Some(urls) = map.get("multi_url").and_then(Value::as_object).filter(|_| self.link.is_none()) {
            self.open(urls);
        }
        let leads = self.link.is_some() || self.in_client.is_some();
        self.callback = map.contains_key("value") && (!leads || flag(map, "complex_interaction", false));
    }

    fn open(&mut self, urls: &Map<String, Value>) {
        self.link = self.link.take().or_else(|| first_link(urls));
        if self.link.is_none() {
            self.in_client = ["default_url", "url", "pc_url"].iter().find_map(|key| match url::Target::of(word(urls, key)) {
                url::Target::Client(address) => Some(address),
                url::Target::Web(_) | url::Target::Refused => None,
            });
        }
    }

    /// `callback`, where a press is answered.
    pub fn act(&self) -> Option<&'static str> {
        self.callback.then_some("callback")
    }

    /// The title: the tip, else where it leads when a browser cannot follow.
    pub fn title(&self) -> Option<&str> {
        self.tip.as_deref().or(self.in_client.as_deref())
    }

    pub fn confirm_title(&self) -> Option<&str> {
        self.confirm.as_ref().map(|(title, _)| title.as_str())
    }

    pub fn confirm_text(&self) -> Option<&str> {
        self.confirm.as_ref().map(|(_, text)| text.as_str())
    }
}

fn confirm(map: &Map<String, Value>, pen: &Pen<'_>) -> Option<(String, String)> {
    let confirm = map.get("confirm")?.as_object()?;
    let of = |key: &str| div::words(confirm.get(key), pen).to_owned();
    Some((of("title"), of("text")))
}

/// A link over all of a container; what can be pressed in it lies above.
pub(super) fn cover_link(href: &str, pen: &Pen<'_>) -> Markup {
    html! { a.lk-cover href=(href) target="_blank" rel="noopener noreferrer" aria-label=(pen.say("打开链接", "Open the link")) {} }
}
