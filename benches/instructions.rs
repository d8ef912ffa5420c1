//! Hot paths with fixed inputs, for counting instructions: `scripts/instructions` runs each case under callgrind.
//!
//! Counts do not depend on what else the machine does, so a change of a few percent can be seen and is one of the code.
//! Without arguments every case runs once; with a name and a number that case so often.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/card.rs"]
mod card;
#[allow(dead_code)]
#[path = "common/event.rs"]
mod event;
#[allow(dead_code)]
#[path = "common/sender.rs"]
mod sender;
#[allow(dead_code)]
#[path = "common/tree.rs"]
mod tree;
#[path = "common/value.rs"]
mod value;

use jiff::Timestamp;
use larkhook::alert::Status;
use larkhook::config::settings::{ContentKind, Limits};
use larkhook::deliver::limiter::{Demand, Limiter, Scope};
use larkhook::feishu::error::Endpoint;
use larkhook::incident::step::step;
use larkhook::render::{RenderOptions, Renderer, marks, write::escape};
use larkhook::route::Tree;
use larkhook::util::clock::from_ms;
use std::hint::black_box;
use value::value;

/// What is prepared once, and gives what is counted.
type Case = fn() -> Box<dyn FnMut()>;

/// The cases by their names.
const CASES: &[(&str, Case)] = &[
    ("parse-1-alert", || parse("am-single-firing.json")),
    ("parse-200-alerts", || parse("am-200-alerts-2-full.json")),
    ("route-10000-equality", || route(10_000, tree::equal)),
    ("route-1000-regex", || route(1000, tree::regex)),
    ("route-1000-regex-inside", || route(1000, tree::regex_inside)),
    ("step-1-alert-fires", || fires(1)),
    ("step-200-alerts-fire", || fires(200)),
    ("render-incident-10-alerts", || render(10)),
    ("render-incident-200-alerts-to-fit", || render(200)),
    ("escape-markdown-1-kb", escape_markdown),
    ("escape-token-1-kb", escape_token),
    ("limiter-admit-1000-calls", admit),
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.as_slice() {
        [list] if list == "--list" => CASES.iter().for_each(|(name, _)| println!("{name}")),
        [name, times] => {
            let (_, prepare) = CASES.iter().find(|(case, _)| case == name).unwrap();
            counted(&mut *prepare(), times.parse().unwrap());
        }
        _ => CASES.iter().for_each(|(_, prepare)| counted(&mut *prepare(), 1)),
    }
}

/// Callgrind counts while it is in here.
#[inline(never)]
fn counted(work: &mut dyn FnMut(), times: usize) {
    for _ in 0..times {
        work();
    }
}

fn now() -> Timestamp {
    from_ms(1_795_316_400_000)
}

fn parse(file: &str) -> Box<dyn FnMut()> {
    let (source, body) = (sender::source("am"), sender::body(file));
    Box::new(move || drop(black_box(source.parse(black_box(&body), now()).unwrap())))
}

fn route(routes: usize, matchers: fn(usize) -> String) -> Box<dyn FnMut()> {
    let tree = Tree::new(&tree::settings(routes, matchers)).unwrap();
    let labels = tree::labels(routes);
    // The first alert fills the expressions' caches.
    let route = move || drop(black_box(tree.route(black_box(&labels), "am", "feishu", now())));
    route();
    Box::new(route)
}

fn fires(alerts: usize) -> Box<dyn FnMut()> {
    let event = event::snapshot(alerts, Status::Firing);
    Box::new(move || {
        let mut incident = event::incident();
        drop(black_box(step(&mut incident, &event, event::RULES, from_ms(1), &mut event::ids())));
    })
}

fn render(alerts: usize) -> Box<dyn FnMut()> {
    let renderer = Renderer::new(&[], RenderOptions::default()).unwrap();
    let view = card::view(alerts, now());
    Box::new(move || {
        let request = card::request("incident", ContentKind::Card, &view, now());
        drop(black_box(renderer.render(black_box(&request))));
    })
}

fn escape_markdown() -> Box<dyn FnMut()> {
    let value = value();
    Box::new(move || {
        let mut out = String::with_capacity(4 * value.len());
        escape::markdown(&mut out, black_box(&value), "<br/>", true);
        drop(black_box(out));
    })
}

fn escape_token() -> Box<dyn FnMut()> {
    let value = value();
    Box::new(move || {
        let token = marks::escape(black_box(&value));
        let count = marks::segments(&token).map(|segs| segs.len());
        assert_eq!(black_box(count), Ok(1));
    })
}

fn admit() -> Box<dyn FnMut()> {
    let chats: Vec<String> = (0..100).map(|n| format!("oc_{n}")).collect();
    Box::new(move || {
        let mut limiter = Limiter::new([("ops".to_owned(), Limits::default())]);
        for at in 0..1000_i32 {
            let chat = &chats[usize::try_from(at % 100).unwrap()];
            let demand = Demand { app: Some("ops"), api: Endpoint::Send, scope: Scope::Chat(chat) };
            let _ = black_box(limiter.admit(&demand, from_ms(i64::from(at))));
        }
    })
}
