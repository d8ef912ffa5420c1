//! Everything the fuzzer has kept, through the same functions: what was found once stays mended.
//!
//! The fuzzer's own way in is `fuzz/`; how to run it: docs/reliability.md.

#[allow(missing_docs, clippy::panic)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;

/// Runs every input of a target's corpus; the name of the one that fails is printed before it does.
fn replay(target: &str, run: fn(&[u8])) {
    struct Name(String);
    impl Drop for Name {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("fails with {}", self.0);
            }
        }
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = Name(path.display().to_string());
        run(&std::fs::read(&path).unwrap());
        drop(name);
        count += 1;
    }
    run(b"");
    assert!(count > 5, "{} has {count} inputs", folder.display());
}

#[test]
fn payload() {
    replay("payload", targets::payload::run);
}

#[test]
fn matcher() {
    replay("matcher", targets::matcher::run);
}

#[test]
fn template() {
    replay("template", targets::template::run);
}

#[test]
fn card() {
    replay("card", targets::card::run);
}

#[test]
fn config() {
    replay("config", targets::config::run);
}

#[test]
fn answer() {
    replay("answer", targets::answer::run);
}
