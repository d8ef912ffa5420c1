//! Values on their way into a message: `cargo bench --bench escape`.

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/value.rs"]
mod value;

use divan::{Bencher, counter::BytesCount};
use larkhook::render::{marks, write::escape};
use value::value;

fn main() {
    divan::main();
}

fn written(bencher: Bencher, write: fn(&mut String, &str)) {
    let value = value();
    bencher.counter(BytesCount::of_str(&value)).bench(|| {
        let mut out = String::with_capacity(4 * value.len());
        write(&mut out, divan::black_box(&value));
        out
    });
}

#[divan::bench]
fn markdown(bencher: Bencher) {
    written(bencher, |out, value| escape::markdown(out, value, "<br/>", true));
}

#[divan::bench]
fn message(bencher: Bencher) {
    written(bencher, escape::message);
}

#[divan::bench]
fn neutral(bencher: Bencher) {
    written(bencher, |out, value| escape::neutral(out, value, true));
}

#[divan::bench]
fn fence(bencher: Bencher) {
    written(bencher, escape::fence);
}

/// Into a token and out again.
#[divan::bench]
fn token(bencher: Bencher) {
    let value = value();
    bencher.counter(BytesCount::of_str(&value)).bench(|| marks::segments(&marks::escape(divan::black_box(&value))).map(|segs| segs.len()));
}
