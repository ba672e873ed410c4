//! A length of time as settings and events keep it: whole nanoseconds.

use serde::{Deserialize, Serialize};

/// A length of time in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(i64);

const NANOS_PER_SECOND: i64 = 1_000_000_000;

impl Span {
    /// No time at all; for expiries, it means without end.
    pub const ZERO: Self = Self(0);

    /// From whole seconds; saturates at the ends of the range (292 years).
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// From whole hours; saturates like [`Span::from_seconds`].
    pub const fn from_hours(hours: i64) -> Self {
        Self::from_seconds(hours.saturating_mul(3_600))
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }

    /// Whole microseconds, the resolution of stored times.
    pub const fn micros(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// From protobuf; an absent duration is zero.
    pub fn from_proto(duration: Option<&prost_types::Duration>) -> Self {
        duration.map_or(Self::ZERO, |duration| {
            Self(Self::from_seconds(duration.seconds).0.saturating_add(duration.nanos.into()))
        })
    }

    /// As protobuf has it.
    #[allow(clippy::cast_possible_truncation, reason = "the remainder is below a thousand million")]
    pub fn to_proto(self) -> prost_types::Duration {
        prost_types::Duration { seconds: self.0 / NANOS_PER_SECOND, nanos: (self.0 % NANOS_PER_SECOND) as i32 }
    }
}

impl From<std::time::Duration> for Span {
    fn from(duration: std::time::Duration) -> Self {
        Self(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_kept_as_nanoseconds() {
        assert_eq!(serde_json::to_string(&Span::from_hours(12)).unwrap(), "43200000000000");
        assert_eq!(Span::from(std::time::Duration::from_millis(1_500)).seconds(), 1);
    }

    #[test]
    fn spans_come_back_from_protobuf_unchanged() {
        let span = Span(1_500_000_000);
        assert_eq!(Span::from_proto(Some(&span.to_proto())), span);
        assert_eq!(Span::from_proto(None), Span::ZERO);
    }
}
