//! What stands around every page of the console: where one is, who one is, language and colours.

use crate::draw::{Locale, Look, Nobody};
use crate::server::access::Who;
use crate::server::state::Shared;
use crate::web::{Asset, Lang, Page, Viewer, assets, page};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use maud::{Markup, html};
use std::sync::Arc;

/// A page of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What is going on.
    Now,
    /// All incidents.
    Incidents,
    /// What is owed, parked or dead.
    Deliveries,
    /// Templates tried out.
    Playground,
    /// The routing tree.
    Routes,
    /// What runs.
    Configuration,
}

/// One request for a page.
pub struct Shell<'a> {
    /// The running service.
    pub shared: &'a Arc<Shared>,
    /// Language and colours.
    pub viewer: Viewer,
    /// Who was let in.
    pub who: Who,
}

impl<'a> Shell<'a> {
    /// For this request.
    pub fn new(shared: &'a Arc<Shared>, who: Who, headers: &HeaderMap) -> Self {
        Self { shared, viewer: Viewer::of(headers), who }
    }

    /// The words of the reader's language.
    pub fn say(&self, zh: &'static str, en: &'static str) -> &'static str {
        self.viewer.say(zh, en)
    }

    /// How messages are drawn here: names are what the message says, and nothing calls back.
    pub fn look(&self) -> Look<'static> {
        Look::new(if self.viewer.lang == Lang::Zh { Locale::Zh } else { Locale::En }, &Nobody)
    }

    /// A whole page.
    pub fn page(&self, place: Place, title: &str, content: &Markup) -> Response {
        self.page_with(place, title, content, &[])
    }

    /// A whole page with scripts of its own.
    pub fn page_with(&self, place: Place, title: &str, content: &Markup, scripts: &[&'static Asset]) -> Response {
        let mut all = vec![&assets::ACT];
        all.extend(scripts);
        Page {
            title,
            viewer: self.viewer,
            styles: &[&assets::MESSAGES, &assets::CONSOLE],
            scripts: &all,
            kind: "console",
            events: "/console/live",
            body: html! { (self.head(place)) (content) },
        }
        .into_response()
    }

    /// There is nothing of this id.
    pub fn nothing(&self, place: Place) -> Response {
        let content = html! {
            main.sheet #content tabindex="-1" {
                h1 { (self.say("这里什么都没有", "There is nothing here")) }
                p { (self.say("可能已过保留期。", "It may have been removed after its time.")) }
            }
        };
        let mut response = self.page(place, "404", &content);
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    }

    /// Something could not be read.
    pub fn failed(&self, place: Place, why: &str) -> Response {
        let content = html! {
            main.sheet #content tabindex="-1" { h1 { (self.say("读不到数据", "The store cannot be read")) } p.refused { (why) } }
        };
        let mut response = self.page(place, "503", &content);
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response
    }

    fn head(&self, place: Place) -> Markup {
        let places = [
            (Place::Now, "/", self.say("现在", "Now")),
            (Place::Incidents, "/console/incidents", self.say("事件", "Incidents")),
            (Place::Deliveries, "/console/deliveries", self.say("投递", "Deliveries")),
            (Place::Playground, "/console/playground", self.say("模板", "Playground")),
            (Place::Routes, "/console/routes", self.say("路由", "Routes")),
            (Place::Configuration, "/console/configuration", self.say("配置", "Configuration")),
        ];
        html! {
            a.skip href="#content" { (self.say("跳到内容", "Skip to content")) }
            header.bar {
                a.brand href="/" aria-label="larkhook" { img src=(assets::SIGN.address()) alt="" width="22" height="22"; span { "larkhook" } }
                nav aria-label=(self.say("页面", "Pages")) {
                    @for (each, address, name) in places { a href=(address) aria-current=[(each == place).then_some("page")] { (name) } }
                }
                div.tools {
                    span.link title=(self.say("实时连接", "Live connection")) { span.up { "●" } span.down { (self.say("已断开，正在重连", "disconnected, trying again")) } }
                    (page::choices(self.viewer))
                    @if let Who::User(name) = &self.who {
                        span.who dir="auto" { (name) }
                        button.quiet type="button" data-post="/logout" data-go="/login" { (self.say("退出", "Log out")) }
                    }
                }
            }
        }
    }
}
