//! A point in time in whole microseconds since the Unix epoch, the resolution that storage keeps.

use std::fmt;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 9999-12-31T23:59:59Z, which the API shows for keys and tokens that do not expire.
    pub const NEVER: Self = Self(253_402_300_799_000_000);

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the epoch; saturates at the ends of the range.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// From seconds and nanoseconds as protobuf has them; nanoseconds below a microsecond are cut.
    pub fn from_parts(seconds: i64, nanos: i32) -> Self {
        Self(seconds.saturating_mul(1_000_000).saturating_add(i64::from(nanos) / 1_000))
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The nanoseconds within the second.
    #[allow(clippy::cast_possible_truncation)]
    pub const fn subsec_nanos(self) -> i32 {
        (self.0.rem_euclid(1_000_000) * 1_000) as i32
    }

    /// This time moved by a number of seconds (negative: into the past); saturates.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// This time moved by microseconds; saturates.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Reads an RFC 3339 text such as `2099-01-01T00:00:00Z`; `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        // Years to the end of 9999 are wanted; the library's own time stamps end a day earlier.
        let (date_time, offset) = match text.strip_suffix(['Z', 'z']) {
            Some(rest) => (rest, 0),
            None => {
                let at = text.len().checked_sub(6).filter(|at| text.is_char_boundary(*at))?;
                (&text[..at], offset_seconds(&text[at..])?)
            }
        };
        let civil: jiff::civil::DateTime = date_time.parse().ok()?;
        let days = i64::from(jiff::civil::date(1970, 1, 1).until(civil.date()).ok()?.get_days());
        let seconds = days * 86_400
            + i64::from(civil.hour()) * 3_600
            + i64::from(civil.minute()) * 60
            + i64::from(civil.second())
            - offset;
        Some(Self::from_parts(seconds, civil.subsec_nanosecond()))
    }

    /// RFC 3339 in UTC with as many fractional digits as needed (`2026-01-02T03:04:05.000006Z`); empty outside the years
    /// 1 to 9999, which have no such text.
    pub fn to_rfc3339(self) -> String {
        let (days, second) = (self.seconds().div_euclid(86_400), self.seconds().rem_euclid(86_400));
        let Some(date) = i32::try_from(days)
            .ok()
            .and_then(|days| jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok())
            .filter(|date| date.year() >= 1)
        else {
            return String::new();
        };
        // Each event with a time in it asks for this: digits by themselves take a tenth of what `format!` does.
        let mut text = String::with_capacity("2026-01-02T03:04:05.000006Z".len());
        let day =
            [('-', 4, i64::from(date.year())), ('-', 2, i64::from(date.month())), ('T', 2, i64::from(date.day()))];
        let clock = [(':', 2, second / 3_600), (':', 2, second / 60 % 60), ('.', 2, second % 60)];
        for (follows, digits, number) in day.into_iter().chain(clock) {
            push_digits(&mut text, digits, number);
            text.push(follows);
        }
        push_digits(&mut text, 6, self.0.rem_euclid(1_000_000));
        let end = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(end);
        text.push('Z');
        text
    }
}

/// Appends the last digits of a number that is not negative.
fn push_digits(text: &mut String, digits: u32, number: i64) {
    for power in (0..digits).rev() {
        // A digit is below ten.
        text.push(char::from(b'0' + (number / 10_i64.pow(power) % 10) as u8));
    }
}

/// The seconds of `+01:00` or `-05:30`.
fn offset_seconds(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() != 6 || bytes[3] != b':' || !text.is_ascii() {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        let digits = &text[range];
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (hours, minutes) = (number(1..3)?, number(4..6)?);
    let size = (hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)?;
    match bytes[0] {
        b'+' => Some(size),
        b'-' => Some(-size),
        _ => None,
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn rfc3339_texts_read_and_print_alike() {
        let time = Timestamp::parse("2026-01-02T03:04:05.000006Z").unwrap();
        assert_eq!(time.to_rfc3339(), "2026-01-02T03:04:05.000006Z");
        assert_eq!(Timestamp::NEVER.to_rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(Timestamp::from_micros(1_500_000).to_rfc3339(), "1970-01-01T00:00:01.5Z");
        assert_eq!(Timestamp::from_seconds(0).to_rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::parse("0001-01-01T00:00:00Z").unwrap().to_rfc3339(), "0001-01-01T00:00:00Z");
        assert_eq!(Timestamp::parse("9999-12-31T23:59:59Z"), Some(Timestamp::NEVER));
        assert_eq!(Timestamp::parse("1970-01-01T01:00:00.5+01:00"), Some(Timestamp::from_micros(500_000)));
        assert_eq!(Timestamp::parse("2026-13-01T00:00:00Z"), None);
        assert_eq!(Timestamp::parse("2026-01-01T00:00:00"), None);
        assert_eq!(Timestamp::parse("tomorrow"), None);
    }

    #[test]
    fn times_before_the_epoch_keep_positive_nanoseconds() {
        let time = Timestamp::from_micros(-1);
        assert_eq!((time.seconds(), time.subsec_nanos()), (-1, 999_999_000));
    }
}
