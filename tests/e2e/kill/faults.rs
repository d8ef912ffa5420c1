//! What goes wrong on the platform's side in one round.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

/// A few faults at once, each with its own likelihood; now and then none.
///
/// Custom bots cannot be repeated safely, so a call of theirs that had no effect and no answer may be lost by design after one
/// repeat; for them answers are only lost after the effect.
pub fn plan(random: &mut StdRng) -> Vec<Value> {
    if random.random_bool(0.2) {
        return Vec::new();
    }
    let app = ["token", "send", "reply", "patch"];
    let mut all = Vec::new();
    let mut some = |random: &mut StdRng, share: f64, fault: Value, endpoints: &[&str]| {
        if random.random_bool(share) {
            for endpoint in endpoints {
                let mut fault = fault.clone();
                fault["endpoint"] = json!(endpoint);
                all.push(fault);
            }
        }
    };
    let likely = |random: &mut StdRng| f64::from(random.random_range(3..20u32)) / 100.0;
    let slow = format!("{}ms", random.random_range(50..800));
    let every = ["token", "send", "reply", "patch", "hook"];
    for (share, fault, endpoints) in [
        (0.4, json!({"delay": slow}), &every[..]),
        (0.3, json!({"delay": slow, "when": "after"}), &every[..]),
        (0.3, json!({"action": "reset"}), &app[..]),
        (0.4, json!({"action": "reset", "when": "after"}), &every[..]),
        (0.3, json!({"action": "cut_body", "when": "after"}), &every[..]),
        (0.2, json!({"action": "hang", "when": "after"}), &every[..]),
        (0.4, json!({"code": 99_991_400, "headers": {"x-ogw-ratelimit-reset": "1"}}), &every[..4]),
        (0.3, json!({"code": 11_232, "status": 200}), &["hook"][..]),
        (0.3, json!({"code": 230_020}), &["send", "reply"][..]),
        (0.3, json!({"status": 503}), &every[..]),
        (0.2, json!({"status": 502, "body": "<html><h1>502 Bad Gateway</h1></html>"}), &every[..]),
        (0.2, json!({"code": 99_991_663, "count": 2}), &["send", "patch"][..]),
    ] {
        let mut fault = fault;
        if fault.get("count").is_none() {
            let mut probability = likely(random);
            if fault["action"] == "hang" {
                probability /= 8.0;
            }
            fault["probability"] = json!(probability);
        }
        some(random, share, fault, endpoints);
    }
    all
}

/// Now and then the whole platform is away.
pub fn outage(random: &mut StdRng) -> Option<&'static str> {
    if random.random_bool(0.1) { Some("unavailable") } else { None }
}
