//! Rules for everything that has an order: numbers, durations and points in time.

use std::fmt::{self, Display};

use super::violation::Broken;

/// Rules for a value with an order.
#[derive(Debug)]
pub(super) struct Number<T> {
    pub(super) ignore_empty: bool,
    pub(super) equal: Option<T>,
    pub(super) below: Option<T>,
    pub(super) at_most: Option<T>,
    pub(super) above: Option<T>,
    pub(super) at_least: Option<T>,
    pub(super) one_of: Vec<T>,
    pub(super) none_of: Vec<T>,
}

impl<T> Default for Number<T> {
    fn default() -> Self {
        Self {
            ignore_empty: false,
            equal: None,
            below: None,
            at_most: None,
            above: None,
            at_least: None,
            one_of: Vec::new(),
            none_of: Vec::new(),
        }
    }
}

impl<T: PartialOrd + Display> Number<T> {
    /// The rule that a value breaks, if any. `is_zero` says whether the value is its kind's zero.
    pub(super) fn check(&self, value: &T, is_zero: bool) -> Result<(), Broken> {
        if self.ignore_empty && is_zero {
            return Ok(());
        }
        if let Some(equal) = self.equal.as_ref().filter(|equal| *equal != value) {
            return Err(Broken::new(format!("value must equal {equal}")));
        }
        self.check_bounds(value)?;
        if !self.one_of.is_empty() && !self.one_of.contains(value) {
            return Err(Broken::new(format!("value must be in list {}", listed(&self.one_of))));
        }
        if self.none_of.contains(value) {
            return Err(Broken::new(format!("value must not be in list {}", listed(&self.none_of))));
        }
        Ok(())
    }

    fn check_bounds(&self, value: &T) -> Result<(), Broken> {
        // The bound, whether it belongs to the range, and whether the value keeps it.
        let upper = match (&self.below, &self.at_most) {
            (Some(bound), _) => Some((bound, false, value < bound)),
            (None, Some(bound)) => Some((bound, true, value <= bound)),
            (None, None) => None,
        };
        let lower = match (&self.above, &self.at_least) {
            (Some(bound), _) => Some((bound, false, value > bound)),
            (None, Some(bound)) => Some((bound, true, value >= bound)),
            (None, None) => None,
        };
        let reason = match (lower, upper) {
            (Some((low, low_in, above)), Some((high, high_in, below))) if low < high => {
                let (open, close) = (if low_in { '[' } else { '(' }, if high_in { ']' } else { ')' });
                (!(above && below)).then(|| format!("value must be inside range {open}{low}, {high}{close}"))
            }
            // Bounds the other way round leave a gap: the value must be on one side of it.
            (Some((low, low_in, above)), Some((high, high_in, below))) => {
                let (open, close) = (if high_in { '(' } else { '[' }, if low_in { ')' } else { ']' });
                (!(above || below)).then(|| format!("value must be outside range {open}{high}, {low}{close}"))
            }
            (None, Some((bound, inclusive, kept))) => {
                let or_equal = if inclusive { "or equal to " } else { "" };
                (!kept).then(|| format!("value must be less than {or_equal}{bound}"))
            }
            (Some((bound, inclusive, kept)), None) => {
                let or_equal = if inclusive { "or equal to " } else { "" };
                (!kept).then(|| format!("value must be greater than {or_equal}{bound}"))
            }
            (None, None) => None,
        };
        reason.map_or(Ok(()), |reason| Err(Broken::new(reason)))
    }
}

/// `[a b c]`, as Go prints lists.
pub(super) fn listed<T: Display>(values: &[T]) -> String {
    let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
    format!("[{}]", texts.join(" "))
}

/// A duration in nanoseconds, printed as Go does (`1h30m0s`, `1.5ms`).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Span(pub(super) i128);

impl Span {
    /// From the parts of `google.protobuf.Duration`; `None` when they are no duration.
    pub(super) fn from_parts(seconds: i64, nanos: i32) -> Option<Self> {
        let contradictory = (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0);
        let in_range = seconds.unsigned_abs() <= 315_576_000_000 && nanos.unsigned_abs() < 1_000_000_000;
        (in_range && !contradictory).then(|| Self(i128::from(seconds) * 1_000_000_000 + i128::from(nanos)))
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => write!(f, "{}µs", decimal(nanos, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{}ms", decimal(nanos, 1_000_000)),
            _ => {
                let minutes = nanos / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                write!(f, "{}s", decimal(nanos % 60_000_000_000, 1_000_000_000))
            }
        }
    }
}

fn decimal(value: u128, unit: u128) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    let width = unit.ilog10() as usize;
    let fraction = format!("{rest:0width$}");
    format!("{whole}.{}", fraction.trim_end_matches('0'))
}

/// A point in time, printed as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    pub(super) nanos: i32,
}

impl Moment {
    /// From the parts of `google.protobuf.Timestamp`; `None` outside of the years 1 to 9999.
    pub(super) fn from_parts(seconds: i64, nanos: i32) -> Option<Self> {
        crate::json::timestamp_text(seconds, nanos).map(|_| Self { seconds, nanos })
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::json::timestamp_text(self.seconds, self.nanos).unwrap_or_default())
    }
}
