//! The table: one line a figure, with its floor where it has one.

use crate::client::Run;
use std::time::Duration;

/// Where a figure should be.
#[derive(Clone, Copy)]
pub enum Floor {
    /// At most so much.
    AtMost(f64),
    /// Told for comparison.
    None,
}

/// Unit of a figure.
#[derive(Clone, Copy)]
pub enum Unit {
    Ms,
    Us,
    Mb,
    MiB,
    PerSecond,
    Percent,
    Count,
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Unit::Ms => format!("{value:.2} ms"),
            Unit::Us => format!("{value:.1} us"),
            Unit::Mb => format!("{value:.1} MB"),
            Unit::MiB => format!("{value:.1} MiB"),
            Unit::PerSecond => format!("{value:.0} /s"),
            Unit::Count => format!("{value:.0}"),
            Unit::Percent => format!("{value:.1} %"),
        }
    }
}

pub fn head(title: &str) {
    println!("\n{title:<52} {:>12} {:>14}   note", "measured", "floor");
}

/// One figure.
pub fn row(name: &str, value: f64, unit: Unit, floor: Floor, note: &str) {
    let (floor, met) = match floor {
        Floor::AtMost(most) => (format!("<= {}", unit.write(most)), value <= most),
        Floor::None => (String::new(), true),
    };
    let mark = if met { ' ' } else { '!' };
    println!("{name:<52} {:>12} {floor:>14} {mark} {note}", unit.write(value));
}

/// A rate beside the handler that does nothing.
pub struct Rate<'a> {
    pub name: &'a str,
    pub run: &'a Run,
    pub nothing: &'a Run,
    /// Least rate a second and least share of the handler that does nothing.
    pub floor: (Option<f64>, Option<f64>),
    /// Most milliseconds of the 99th percentile.
    pub p99: Option<f64>,
    /// Share of the processors' time that the client took.
    pub generator: f64,
    pub memory: Option<f64>,
}

pub fn rates() {
    println!(
        "\n{:<40} {:>10} {:>9} {:>10} {:>10} {:>8} {:>10} {:>10}",
        "under load", "measured", "of no-op", "p50", "p99", "refused", "generator", "memory"
    );
}

pub fn rate(line: &Rate<'_>) {
    let (p50, p99) = (line.run.quantile(0.5), line.run.quantile(0.99));
    let (rate, share) = (line.run.rate(), line.run.rate() / line.nothing.rate());
    let memory = line.memory.map_or_else(String::new, |mib| format!("{mib:.0} MiB"));
    let missed = line.floor.0.is_some_and(|least| rate < least)
        || line.floor.1.is_some_and(|least| share < least)
        || line.p99.is_some_and(|most| millis(p99) > most);
    println!(
        "{:<40} {:>8.0}/s {:>9.3} {:>7.2} ms {:>7.2} ms {:>8} {:>8.0} % {memory:>10} {}",
        line.name,
        rate,
        share,
        millis(p50),
        millis(p99),
        line.run.refused,
        100.0 * line.generator,
        if missed { '!' } else { ' ' },
    );
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Of sorted values.
pub fn quantile(sorted: &[Duration], share: f64) -> f64 {
    millis(sorted[((sorted.len() as f64 * share) as usize).min(sorted.len() - 1)])
}
