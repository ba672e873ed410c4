//! Durations as texts, in the notation that configuration and contract share.

use std::time::Duration;

/// The units of Go's durations with their nanoseconds; longer names first, so that `ms` is not read as `m`.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
];

/// Reads a duration as Go writes it: `12h30m`, `1.5s`, `300ms`; only zero may stand without a unit. `None` for everything else,
/// negative ones included.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    let mut total: u128 = 0;
    let mut parts = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let (unit, nanos) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        total = total.checked_add(u128::from(whole) * u128::from(*nanos))?;
        let mut weight = u128::from(*nanos);
        for digit in fraction.chars() {
            weight /= 10;
            total += u128::from(digit.to_digit(10)?) * weight;
        }
        rest = &tail[unit.len()..];
        parts += 1;
    }
    (parts > 0).then(|| u64::try_from(total).ok().map(Duration::from_nanos))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        let read = |text: &str| parse_duration(text);
        assert_eq!(read("12h30m"), Some(Duration::from_secs(45_000)));
        assert_eq!(read("1.5s"), Some(Duration::from_millis(1_500)));
        assert_eq!(read("300ms"), Some(Duration::from_millis(300)));
        assert_eq!(read("0"), Some(Duration::ZERO));
        assert_eq!(read("0s"), Some(Duration::ZERO));
        for wrong in ["", "12", "h", "5 m", "-1h", "1d", "1h-"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }
}
