//! Durations in the Prometheus style: `500ms`, `30s`, `5m`, `1h30m`, `7d`.

use std::time::Duration;

const UNITS: [(&str, u64); 7] =
    [("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Parses `1h30m`; `0` is allowed without a unit. Units must come largest first, each once.
///
/// # Errors
/// A sentence that says what is wrong and how a duration looks.
pub fn parse(text: &str) -> Result<Duration, String> {
    let help = "write it like 500ms, 30s, 5m, 1h30m or 7d";
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(format!("empty duration; {help}"));
    }
    let (mut total, mut last) = (0u64, u64::MAX);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().map_err(|_| format!("{text:?} is not a duration; {help}"))?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = &rest[..letters];
        let Some((_, ms)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            let what = if unit.is_empty() { format!("{text:?} has no unit") } else { format!("{unit:?} is not a unit of time") };
            return Err(format!("{what}; {help}"));
        };
        if *ms >= last {
            return Err(format!("units in {text:?} must come largest first, each once; {help}"));
        }
        last = *ms;
        rest = &rest[letters..];
        total = number.checked_mul(*ms).and_then(|v| total.checked_add(v)).ok_or_else(|| format!("{text:?} is too long"))?;
    }
    Ok(Duration::from_millis(total))
}

/// Prints a duration back in the same style; zero is `0s`.
pub fn format(duration: Duration) -> String {
    let mut ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut out = String::new();
    for (unit, size) in UNITS.iter().filter(|(unit, _)| !matches!(*unit, "y" | "w")) {
        if ms >= *size {
            out.push_str(&format!("{}{unit}", ms / size));
            ms %= size;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        for text in ["500ms", "30s", "5m", "1h30m", "7d", "1d2h3m4s5ms"] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        assert_eq!(parse("0").unwrap(), Duration::ZERO);
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, part) in [("", "empty"), ("5", "no unit"), ("5x", "not a unit"), ("1m1h", "largest first"), ("abc", "not a duration")] {
            assert!(parse(text).unwrap_err().contains(part), "{text}: {:?}", parse(text));
        }
    }
}
