//! The state machine of one incident: `cargo bench --bench step`.

#[path = "common/allocator.rs"]
mod allocator;
#[path = "common/event.rs"]
mod event;

use divan::Bencher;
use event::{RULES, ids, incident, snapshot};
use larkhook::alert::Status;
use larkhook::incident::step::step;
use larkhook::util::clock::from_ms;

fn main() {
    divan::main();
}

#[divan::bench(args = [1, 20, 200])]
fn fires(bencher: Bencher, alerts: usize) {
    let event = snapshot(alerts, Status::Firing);
    bencher.with_inputs(incident).bench_values(|mut incident| step(&mut incident, &event, RULES, from_ms(1), &mut ids()));
}

#[divan::bench(args = [1, 20, 200])]
fn resolves(bencher: Bencher, alerts: usize) {
    let (fire, over) = (snapshot(alerts, Status::Firing), snapshot(alerts, Status::Resolved));
    let fired = || {
        let mut incident = incident();
        step(&mut incident, &fire, RULES, from_ms(1), &mut ids());
        incident
    };
    bencher.with_inputs(fired).bench_values(|mut incident| step(&mut incident, &over, RULES, from_ms(2), &mut ids()));
}
