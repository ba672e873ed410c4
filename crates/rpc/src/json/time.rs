//! Timestamps and durations as text (RFC 3339; seconds with a fraction and the letter `s`).

use super::write;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in Unix seconds: what a timestamp may be.
const TIMESTAMP_RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// About ten thousand years in seconds: what a duration may be, either way.
const MAX_DURATION: i64 = 315_576_000_000;
const DAY: i64 = 86_400;

/// Appends a quoted timestamp in UTC with 0, 3, 6 or 9 fraction digits; `None` when it is out of range.
pub(super) fn write_timestamp(seconds: i64, nanos: i32, out: &mut Vec<u8>) -> Option<()> {
    if !TIMESTAMP_RANGE.contains(&seconds) || !(0..1_000_000_000).contains(&nanos) {
        return None;
    }
    let (year, month, day) = civil(seconds.div_euclid(DAY));
    let second = seconds.rem_euclid(DAY);
    out.push(b'"');
    padded(year, 4, out);
    for (separator, value) in
        [(b'-', month), (b'-', day), (b'T', second / 3600), (b':', second / 60 % 60), (b':', second % 60)]
    {
        out.push(separator);
        padded(value, 2, out);
    }
    fraction(nanos.unsigned_abs(), out);
    out.extend_from_slice(b"Z\"");
    Some(())
}

/// Appends a quoted duration with 0, 3, 6 or 9 fraction digits; `None` when it is out of range or its parts disagree
/// about the sign.
pub(super) fn write_duration(seconds: i64, nanos: i32, out: &mut Vec<u8>) -> Option<()> {
    let contradictory = (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0);
    if seconds.abs() > MAX_DURATION || nanos.unsigned_abs() >= 1_000_000_000 || contradictory {
        return None;
    }
    out.push(b'"');
    if seconds < 0 || nanos < 0 {
        out.push(b'-');
    }
    write::unsigned(seconds.unsigned_abs(), out);
    fraction(nanos.unsigned_abs(), out);
    out.extend_from_slice(b"s\"");
    Some(())
}

fn padded(value: i64, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        out.push(b'0' + (value / 10_i64.pow(place) % 10) as u8);
    }
}

fn fraction(nanos: u32, out: &mut Vec<u8>) {
    let (value, digits) = match nanos {
        0 => return,
        nanos if nanos % 1_000_000 == 0 => (nanos / 1_000_000, 3),
        nanos if nanos % 1_000 == 0 => (nanos / 1_000, 6),
        nanos => (nanos, 9),
    };
    out.push(b'.');
    padded(i64::from(value), digits, out);
}

/// Reads an RFC 3339 timestamp with any offset and up to nine fraction digits as seconds and nanoseconds.
pub(super) fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let bytes = text.as_bytes();
    let (head, mut tail) = bytes.split_at_checked(19)?;
    let number = |range: std::ops::Range<usize>| digits(&head[range]);
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let separated = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let in_range = (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range || separated.iter().any(|&(index, separator)| head[index] != separator) {
        return None;
    }
    let mut nanos = 0;
    if let Some(rest) = tail.strip_prefix(b".") {
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        nanos = nanoseconds(&rest[..length])?;
        tail = &rest[length..];
    }
    let offset = match tail {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), hours @ .., b':', ten, one] if hours.len() == 2 => {
            let (hours, minutes) = (digits(hours)?, digits(&[*ten, *one])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 3600 + minutes * 60;
            if *sign == b'-' { -offset } else { offset }
        }
        _ => return None,
    };
    let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset;
    TIMESTAMP_RANGE.contains(&seconds).then_some((seconds, nanos))
}

/// Reads a duration such as `-3.5s` as seconds and nanoseconds, both with the sign.
pub(super) fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let text = text.strip_suffix('s')?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let seconds = if whole.is_empty() { 0 } else { digits(whole.as_bytes())? };
    let nanos = if part.is_empty() { 0 } else { nanoseconds(part.as_bytes())? };
    if seconds > MAX_DURATION {
        return None;
    }
    Some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

fn digits(text: &[u8]) -> Option<i64> {
    if text.is_empty() || text.len() > 18 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(text.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')))
}

fn nanoseconds(fraction: &[u8]) -> Option<i32> {
    let missing = 9_u32.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    i32::try_from(digits(fraction)? * 10_i64.pow(missing)).ok()
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the Gregorian calendar. Years are counted from March, so that the leap day is
/// the last of its year.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The inverse of [`days`].
const fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    (year, month, day)
}
