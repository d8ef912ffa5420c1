//! `openapi.yaml` and the API say the same: every route is in the file and the other way round, every answer has the shape that the file
//! gives it, and no request, however malformed, is answered with a 5xx or in another form than ours.

mod caller;
mod malformed;
mod schema;
mod spec;
mod story;

use crate::support::{CONFIG, Running, error};
use caller::Caller;
use reqwest::Method;
use spec::Spec;
use std::collections::BTreeSet;
use std::path::Path;

/// Files that register routes which are for programs.
const ROUTERS: [&str; 2] = ["src/server/stack.rs", "src/server/api/mod.rs"];
/// Pages for people: no part of the API.
const PAGES: [&str; 2] = ["GET /", "GET /login"];

/// `POST /path` of every route in the source.
fn routes() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in ROUTERS {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        for part in text.split(".route(\"").skip(1) {
            let (path, rest) = part.split_once('"').unwrap();
            let handler = rest.split(".layer(").next().unwrap().split(".route").next().unwrap();
            for method in ["get", "post", "put", "patch", "delete"] {
                if handler.contains(&format!(" {method}(")) || handler.contains(&format!(".{method}(")) {
                    found.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
    }
    found.retain(|route| !PAGES.contains(&route.as_str()));
    found
}

#[test]
fn the_file_lists_every_route_and_no_other() {
    let spec = Spec::read();
    let listed: BTreeSet<String> = spec.operations.iter().map(|operation| operation.name()).collect();
    let routes = routes();
    assert!(routes.len() > 20, "{routes:?}");
    let missing: Vec<_> = routes.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&routes).collect();
    assert!(missing.is_empty() && stale.is_empty(), "openapi.yaml lacks {missing:?}, and has {stale:?} that is no route");
}

/// The server itself says which methods a path has.
#[tokio::test]
async fn the_servers_own_word_on_methods_is_the_files() {
    let larkhook = Running::new().await;
    let spec = Spec::read();
    let paths: BTreeSet<&str> = spec.operations.iter().map(|operation| operation.path.as_str()).collect();
    for path in paths {
        let answer = larkhook.request(Method::DELETE, &path.replace("{source}", "am").replace(['{', '}'], "")).send().await.unwrap();
        let allow: String = answer.headers().get("allow").map_or_else(String::new, |allow| allow.to_str().unwrap().to_owned());
        let is_page = |method: &str| PAGES.contains(&format!("{method} {path}").as_str());
        let methods = allow.split(',').map(str::trim).filter(|method| !matches!(*method, "HEAD" | ""));
        let allowed: BTreeSet<&str> = methods.filter(|method| !is_page(method)).collect();
        let listed: BTreeSet<&str> = spec.operations.iter().filter(|o| o.path == path).map(|o| o.method.as_str()).collect();
        assert_eq!(allowed, listed, "{path}");
        let (status, said) = error(answer).await;
        assert_eq!((status, said["code"].as_str()), (405, Some("method_not_allowed")), "{path}");
    }
    larkhook.stop().await;
}

/// What changes something is written down; what does not is known not to.
#[test]
fn every_write_is_in_the_audit_log() {
    use larkhook::server::audit::{ACTIONS, HARMLESS};
    let written: BTreeSet<String> = ACTIONS.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let harmless: BTreeSet<String> = HARMLESS.iter().map(|(method, path)| format!("{method} {path}")).collect();
    let spec = Spec::read();
    let writes = spec.operations.iter().filter(|o| o.method != "GET" && !o.path.starts_with("/hook/")).map(|o| o.name());
    assert_eq!(writes.collect::<BTreeSet<_>>(), written.union(&harmless).cloned().collect::<BTreeSet<_>>());
}

/// What is guarded is guarded everywhere, and says so in our form.
#[tokio::test]
async fn strangers_are_refused_by_every_guarded_operation() {
    let locked = Running::with(&CONFIG.replace("max_body: 64KiB", "max_body: 64KiB, auth: { bearer_token: adm1n }")).await;
    let open = Running::new().await;
    for (larkhook, status) in [(&locked, 401), (&open, 403)] {
        let caller = Caller::new(larkhook);
        for operation in caller.spec.operations.iter().filter(|operation| operation.guarded) {
            let path = operation.path.replace(['{', '}'], "");
            let request = larkhook.request(operation.method.parse().unwrap(), &path).header("X-Forwarded-For", "192.0.2.1");
            let answer = caller.check(operation, request).await;
            assert_eq!(answer.status, status, "{}", operation.name());
        }
    }
    locked.stop().await;
    open.stop().await;
}
