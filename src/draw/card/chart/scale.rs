//! The steps of an axis of numbers, and numbers as its labels.

/// An axis: where it begins and ends, and its step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub from: f64,
    pub to: f64,
    pub step: f64,
}

impl Scale {
    /// Around these numbers in about so many steps of 1, 2 or 5; zero is always on it where bars stand on it.
    pub fn around(numbers: impl Iterator<Item = f64>, zero: bool, steps: f64) -> Self {
        let (mut low, mut high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), n| (low.min(n), high.max(n)));
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // An axis that begins at zero says more, unless all is far from it.
        if zero || (low > 0.0 && low < high * 0.6) {
            low = low.min(0.0);
        }
        if zero || high < 0.0 && high > low * 0.6 {
            high = high.max(0.0);
        }
        if high - low < 1e-9 * high.abs().max(low.abs()).max(1e-3) {
            let pad = (high.abs() * 0.1).max(1.0);
            (low, high) = (if low >= 0.0 { (low - pad).max(0.0) } else { low - pad }, high + pad);
        }
        let raw = (high - low) / steps.max(1.0);
        let power = 10f64.powf(raw.log10().floor());
        let step = power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|nice| power * nice >= raw).unwrap_or(10.0);
        Self { from: (low / step).floor() * step, to: (high / step).ceil() * step, step }
    }

    /// Where a number lies, 0 to 1.
    pub fn at(&self, number: f64) -> f64 {
        ((number - self.from) / (self.to - self.from)).clamp(0.0, 1.0)
    }

    /// The marks, at most twenty.
    pub fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let (from, step) = (self.from, self.step);
        let count = ((self.to - self.from) / self.step).round().clamp(0.0, 20.0) as u32;
        (0..=count).map(move |n| from + step * f64::from(n))
    }
}

/// A number as a label: `1.2k`, `35M`, `0.05`.
pub(super) fn label(number: f64) -> String {
    let (scaled, unit) = match number.abs() {
        n if n >= 1e12 => (number / 1e12, "T"),
        n if n >= 1e9 => (number / 1e9, "G"),
        n if n >= 1e6 => (number / 1e6, "M"),
        n if n >= 1e4 => (number / 1e3, "k"),
        _ => (number, ""),
    };
    let digits = match scaled.abs() {
        n if n >= 100.0 || n == 0.0 => 0,
        n if n >= 1.0 => 2,
        n if n >= 0.01 => 4,
        _ => 6,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let text = if text == "-0" { "0" } else { text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        let around = |numbers: &[f64], zero| {
            let scale = Scale::around(numbers.iter().copied(), zero, 5.0);
            (scale.from, scale.to, scale.step)
        };
        assert_eq!(around(&[81.0, 93.0], false), (80.0, 95.0, 5.0));
        assert_eq!(around(&[3.0, 33.0], true), (0.0, 40.0, 10.0));
        assert_eq!(around(&[-4.0, 43.0], true), (-10.0, 50.0, 10.0));
        assert_eq!(around(&[5.0], false), (4.0, 6.0, 0.5));
        assert_eq!(around(&[], false), (0.0, 1.0, 0.2));
        for numbers in [[1e15, -1e15], [1e-12, 2e-12], [0.0, 0.0], [f64::MIN_POSITIVE, 1e15]] {
            let scale = Scale::around(numbers.into_iter(), false, 5.0);
            assert!(scale.step.is_finite() && scale.step > 0.0 && scale.to > scale.from, "{scale:?}");
            assert!(scale.ticks().count() <= 21);
        }
    }

    #[test]
    fn labels_are_short() {
        for (number, expected) in
            [(0.0, "0"), (-0.0, "0"), (1234.0, "1234"), (12_340.0, "12.34k"), (5e6, "5M"), (0.05, "0.05"), (93.5, "93.5")]
        {
            assert_eq!(label(number), expected);
        }
    }
}
