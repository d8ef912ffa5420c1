//! The form by which people log in.

use crate::server::health::Head;
use crate::server::login::{self, Asked};
use crate::server::state::Shared;
use crate::web::{Page, Viewer, assets, page};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use std::sync::Arc;

/// The page; whoever is let in already goes on.
pub async fn page(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let viewer = Viewer::of(request.headers());
    // A link in another page, Feishu's say, comes without our cookie: from our own page it comes with it.
    if request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return page::onward(&request.uri().to_string());
    }
    let head = Head::of(&request);
    drop(request);
    let asked = login::asked(&shared, head).await;
    if asked.who.is_some() {
        return Redirect::to(&asked.next).into_response();
    }
    Page {
        title: viewer.say("登录", "Log in"),
        viewer,
        styles: &[&assets::CONSOLE],
        scripts: &[&assets::ACT],
        kind: "console",
        events: "",
        body: form(viewer, &asked),
    }
    .into_response()
}

fn form(viewer: Viewer, asked: &Asked) -> maud::Markup {
    let next: String = url::form_urlencoded::byte_serialize(asked.next.as_bytes()).collect();
    html! {
        main #content tabindex="-1" {
            form.login method="post" action={ "/login?next=" (next) } {
                h1 { "larkhook" }
                @match asked.failed.as_deref() {
                    Some("slow") => p.refused role="alert" { (viewer.say("尝试次数过多，请五分钟后再试。", "Too many attempts; wait five minutes.")) },
                    Some(_) => p.refused role="alert" { (viewer.say("用户名或密码错误。", "User or password is wrong.")) },
                    None => {},
                }
                @if asked.by_password {
                    label { span { (viewer.say("用户名", "User")) } input name="user" autocomplete="username" required autofocus; }
                    label { span { (viewer.say("密码", "Password")) } input name="password" type="password" autocomplete="current-password" required; }
                    button.primary { (viewer.say("登录", "Log in")) }
                } @else {
                    p { (viewer.say("没有可以登录的用户：在 server.auth.users 里加一个，或用令牌访问接口。", "There is no user to log in as: add one to server.auth.users, or use the API with the token.")) }
                }
                div.tools { (page::choices(viewer)) }
            }
        }
    }
}
