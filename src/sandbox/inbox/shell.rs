//! What stands around every page of the sandbox: where one is, outage and counters, language and colours.

use super::names::Names;
use crate::draw::{Locale, Look};
use crate::sandbox::core::Shared;
use crate::web::{Lang, Page, Viewer, assets, page};
use axum::response::{IntoResponse, Response};
use http::header::HOST;
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use std::sync::Arc;

/// A page of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Inbox,
    Calls,
    Chaos,
    World,
}

/// One request for a page: whose, and of which sandbox.
pub(super) struct Shell<'a> {
    pub shared: &'a Arc<Shared>,
    pub viewer: Viewer,
    /// The name under which it is asked.
    pub host: String,
}

impl<'a> Shell<'a> {
    pub fn new(shared: &'a Arc<Shared>, headers: &HeaderMap) -> Self {
        // Batches reach people with time, not with a call.
        shared.lock().settle(shared.clock.now());
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1").to_owned();
        Self { shared, viewer: Viewer::of(headers), host }
    }

    /// Names of people and pictures, for drawing.
    pub fn names(&self) -> Names<'_> {
        Names(self.shared)
    }

    /// How messages are drawn for this reader.
    pub fn look<'n>(&self, names: &'n Names<'n>) -> Look<'n> {
        let locale = if self.viewer.lang == Lang::Zh { Locale::Zh } else { Locale::En };
        Look { live: true, ..Look::new(locale, names) }
    }

    pub fn say(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.viewer.say(zh, en)
    }

    pub fn page(&self, place: Place, title: &str, content: Markup) -> Response {
        Page {
            title,
            viewer: self.viewer,
            styles: &[&assets::MESSAGES, &assets::INBOX],
            scripts: &[&assets::ACT, &assets::INBOX_SCRIPT],
            kind: "sandbox",
            events: "/inbox/live",
            body: html! { (self.head(place)) (content) },
        }
        .into_response()
    }

    /// Nothing of this id.
    pub fn nothing(&self, id: &str) -> Response {
        let shown: String = id.chars().take(80).collect();
        let content = html! {
            main.sheet {
                h1 { (self.say("这里什么都没有", "There is nothing here")) }
                p { code { (shown) } " " (self.say("不存在，或已被清除。", "does not exist, or was cleared.")) }
                p { a href="/inbox" { (self.say("回到收件箱", "Back to the inbox")) } }
            }
        };
        let mut response = self.page(Place::Inbox, "404", content);
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }

    fn head(&self, place: Place) -> Markup {
        let places = [
            (Place::Inbox, "/inbox", self.say("收件箱", "Inbox")),
            (Place::Calls, "/inbox/calls", self.say("调用", "Calls")),
            (Place::Chaos, "/inbox/chaos", self.say("故障", "Chaos")),
            (Place::World, "/inbox/world", self.say("群与人", "World")),
        ];
        html! {
            a.skip href="#content" { (self.say("跳到内容", "Skip to content")) }
            header.bar {
                a.brand href="/inbox" aria-label="larkhook sandbox" { img src=(assets::SIGN.address()) alt="" width="22" height="22"; span { "larkhook sandbox" } }
                nav aria-label=(self.say("页面", "Pages")) {
                    @for (each, address, name) in places {
                        a href=(address) aria-current=[(each == place).then_some("page")] { (name) }
                    }
                }
                div.tools {
                    span.link title=(self.say("实时连接", "Live connection")) { span.up { "●" } span.down { (self.say("已断开，正在重连", "disconnected, trying again")) } }
                    (page::choices(self.viewer))
                }
            }
        }
    }
}
