//! The shell of a page, and the headers that keep what alerts say from running.

use super::assets::{self, Asset};
use super::viewer::{Lang, Theme, Viewer};
use axum::response::{Html, IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use maud::{DOCTYPE, Markup, html};

/// A page to be sent.
#[derive(Debug)]
pub struct Page<'a> {
    /// In the browser's tab, before our name.
    pub title: &'a str,
    /// Who reads it.
    pub viewer: Viewer,
    /// Beside the look of all pages.
    pub styles: &'a [&'static Asset],
    /// Beside what keeps it true.
    pub scripts: &'a [&'static Asset],
    /// Class of the body: the kind of page.
    pub kind: &'static str,
    /// Where the page hears of changes; empty: nowhere.
    pub events: &'static str,
    /// The content.
    pub body: Markup,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let nonce: String = crate::util::id::new_id();
        let html = html! {
            (DOCTYPE)
            html lang=(self.viewer.lang.tag()) data-theme=[self.viewer.theme.attribute()] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · larkhook" }
                    link rel="icon" type="image/svg+xml" href=(assets::SIGN.address());
                    link rel="stylesheet" href=(assets::BASE.address());
                    @for style in self.styles { link rel="stylesheet" href=(style.address()); }
                    script type="module" nonce=(nonce) src=(assets::LIVE.address()) {}
                    @for script in self.scripts { script type="module" nonce=(nonce) src=(script.address()) {} }
                }
                body class=(self.kind) data-events=[Some(self.events).filter(|events| !events.is_empty())] { (self.body) }
            }
        };
        let mut response = Html(html.into_string()).into_response();
        guard(&mut response, &nonce);
        response
    }
}

/// A part of a page, for the script that keeps it true.
pub fn part(markup: Markup) -> Response {
    let mut response = Html(markup.into_string()).into_response();
    guard(&mut response, "");
    response
}

/// A page that only goes on to an address of this site, from this site.
pub fn onward(address: &str) -> Response {
    let html = html! { (DOCTYPE) html { head { meta charset="utf-8"; meta http-equiv="refresh" content={ "0;url=" (address) }; title { "larkhook" } } } };
    part(html)
}

/// The buttons for language and colours, which every page of ours has.
pub fn choices(viewer: Viewer) -> Markup {
    let (lang, other) = match viewer.lang {
        Lang::Zh => ("lang=en", "EN"),
        Lang::En => ("lang=zh", "中文"),
    };
    let (theme, sign, name) = match viewer.theme {
        Theme::Auto => ("theme=dark", "◐", viewer.say("跟随系统；换成深色", "As the system has it; change to dark")),
        Theme::Dark => ("theme=light", "●", viewer.say("深色；换成浅色", "Dark; change to light")),
        Theme::Light => ("theme=auto", "○", viewer.say("浅色；换成跟随系统", "Light; change to what the system has")),
    };
    html! {
        button.quiet type="button" data-cookie=(lang) { (other) }
        button.quiet type="button" data-cookie=(theme) title=(name) aria-label=(name) { (sign) }
    }
}

/// Nothing comes from elsewhere, nothing inline runs, nobody frames it, nothing is kept. Style attributes are allowed: the widths and
/// colours of cards stand there, written from numbers.
fn guard(response: &mut Response, nonce: &str) {
    let script = if nonce.is_empty() { "'none'".to_owned() } else { format!("'nonce-{nonce}'") };
    let policy = format!(
        "default-src 'none'; script-src {script}; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; media-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Without any, a browser says that a form of ours comes from nowhere.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
