//! Drawings: a snapshot for each component, hostile and arbitrary content, and a gallery to look at.

mod gallery;

use super::{File, Locale, Look, World, message};
use serde_json::{Value, json};

/// A world in which a few are known.
struct Few;

impl World for Few {
    fn person(&self, id: &str) -> Option<String> {
        match id {
            "ou_wang" | "on_wang" | "wang@example.com" | "ou_00000000000000000000000000000001" => Some("王磊".to_owned()),
            "ou_li" => Some("Li <Na>".to_owned()),
            _ => None,
        }
    }
    fn image(&self, key: &str) -> Option<String> {
        match key {
            "img_v3_a" => Some("/_sandbox/images/img_v3_a".to_owned()),
            "img_v3_evil" => Some("javascript:alert(1)".to_owned()),
            _ => None,
        }
    }
    fn file(&self, key: &str) -> Option<File> {
        (key == "file_v3_a").then(|| File { name: "alerts.csv".to_owned(), url: Some("/_sandbox/files/file_v3_a".to_owned()) })
    }
    fn chat(&self, id: &str) -> Option<String> {
        (id == "oc_ops").then(|| "值班群".to_owned())
    }
    fn members(&self) -> Vec<(String, String)> {
        vec![("ou_wang".to_owned(), "王磊".to_owned()), ("ou_li".to_owned(), "Li <Na>".to_owned())]
    }
}

fn look(locale: Locale) -> Look<'static> {
    Look { locale, world: &Few, live: true }
}

/// A 2.0 card of these elements.
fn v2(elements: Value) -> Value {
    json!({"schema": "2.0", "body": {"elements": elements}})
}

/// A 1.0 card of these elements.
fn v1(elements: Value) -> Value {
    json!({"elements": elements})
}
