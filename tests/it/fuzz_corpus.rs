//! Everything the fuzzer has kept, through the same functions: what was found once stays mended.
//!
//! The fuzzer's own way in is `fuzz/`; how to run it: docs/reliability.md.

#[allow(missing_docs, clippy::panic)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;

/// Prints what broke a promise, in a form that can be put into the corpus.
struct Shown<'a>(&'a Path, &'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("fails with {} as {:?}", self.0.display(), self.1.escape_ascii().to_string());
        }
    }
}

/// Runs every input of a target's corpus, and a few that are nearly the same: broken, joined with another, cut.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let input = std::fs::read(&path).unwrap();
        inputs.push((path, input));
    }
    inputs.sort();
    assert!(inputs.len() > 5, "{} has {} inputs", folder.display(), inputs.len());
    run(b"");
    for (path, input) in &inputs {
        let shown = Shown(path, input);
        run(input);
        drop(shown);
    }
    let variable = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let mut dice = Dice(variable("LARKHOOK_FUZZ_SEED").unwrap_or(1));
    for _ in 0..variable("LARKHOOK_FUZZ_MUTATIONS").unwrap_or(50) {
        let (path, input) = &inputs[dice.below(inputs.len())];
        let other = &inputs[dice.below(inputs.len())].1;
        let input = dice.mutated(input, other);
        let shown = Shown(path, &input);
        run(&input);
        drop(shown);
    }
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end.max(1)
    }

    fn range(&mut self, of: &[u8]) -> std::ops::Range<usize> {
        let from = self.below(of.len() + 1);
        from..from + self.below((of.len() - from + 1).min(40))
    }

    fn mutated(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut out = input.to_vec();
        for _ in 0..=self.below(4) {
            let here = self.range(&out);
            match self.below(6) {
                0 => out[here].iter_mut().for_each(|byte| *byte = byte.wrapping_add(1)),
                1 => drop(out.drain(here)),
                2 => {
                    let piece = out[here.clone()].to_vec();
                    out.splice(here.end..here.end, piece);
                }
                3 => {
                    let there = self.range(other);
                    out.splice(here, other[there].iter().copied());
                }
                4 => {
                    let byte = u8::try_from(self.below(256)).unwrap();
                    out.insert(here.start, byte);
                }
                _ => {
                    let word =
                        [&b"<at id=all></at>"[..], b"\xff\xfe", b"99999999999999999999", b"-1", b"null", b"\"", b"{{", b"\x1e", b"\n"]
                            [self.below(9)];
                    out.splice(here.start..here.start, word.iter().copied());
                }
            }
        }
        out
    }
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

#[test]
fn callback() {
    replay("callback", targets::callback::run);
}
