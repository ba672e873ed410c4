//! Values given as text, in the path or the query, written as records of the request message.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use castellan_kernel::Timestamp;

use crate::descriptor::wire::{put_bytes, put_tag, put_varint, zigzag};
use crate::descriptor::{EnumTable, FieldKind, FieldTable, MessageTable, WellKnown};
use crate::json;

/// An error names the values of an enum up to this number.
const NAMED_VALUES: i32 = 20;

/// Appends one value of a field in wire form.
///
/// # Errors
/// What is wrong with the text, for the caller to read.
pub fn put_value(field: &FieldTable, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    put_kind(field.number, &field.kind, text, out)
}

fn put_kind(number: u32, kind: &FieldKind, text: &str, out: &mut Vec<u8>) -> Result<(), String> {
    match kind {
        FieldKind::String => put_bytes(number, text.as_bytes(), out),
        FieldKind::Bytes => put_bytes(number, &bytes(text)?, out),
        FieldKind::Bool => varint(number, u64::from(boolean(text)?), out),
        FieldKind::Enum(table) => varint(number, sign_extended(enumeration(table, text)?.into()), out),
        FieldKind::Int32 => varint(number, sign_extended(whole::<i32>(text)?.into()), out),
        FieldKind::Int64 => varint(number, sign_extended(whole(text)?), out),
        FieldKind::Uint32 => varint(number, whole::<u32>(text)?.into(), out),
        FieldKind::Uint64 => varint(number, whole(text)?, out),
        FieldKind::Sint32 => varint(number, zigzag(whole::<i32>(text)?.into()), out),
        FieldKind::Sint64 => varint(number, zigzag(whole(text)?), out),
        FieldKind::Fixed32 => fixed(number, kind, &whole::<u32>(text)?.to_le_bytes(), out),
        FieldKind::Sfixed32 => fixed(number, kind, &whole::<i32>(text)?.to_le_bytes(), out),
        FieldKind::Fixed64 => fixed(number, kind, &whole::<u64>(text)?.to_le_bytes(), out),
        FieldKind::Sfixed64 => fixed(number, kind, &whole::<i64>(text)?.to_le_bytes(), out),
        FieldKind::Float => fixed(number, kind, &decimal::<f32>(text)?.to_le_bytes(), out),
        FieldKind::Double => fixed(number, kind, &decimal::<f64>(text)?.to_le_bytes(), out),
        FieldKind::Message(_) => {
            let table = kind.message().ok_or("its type is not known")?;
            put_bytes(number, &message(table, text)?, out);
        }
    }
    Ok(())
}

/// The message types that a single text can give, as the gateway reads them.
fn message(table: &'static MessageTable, text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    match table.well_known {
        WellKnown::Timestamp => {
            let time = Timestamp::parse(text)
                .ok_or_else(|| format!("{text:?} is not a time such as 2026-01-02T03:04:05Z (RFC 3339)"))?;
            parts(time.seconds(), time.subsec_nanos(), &mut out);
        }
        WellKnown::Duration => {
            let (seconds, nanos) =
                duration(text).ok_or_else(|| format!("{text:?} is not a duration such as 90s, 3.5s or 1h30m"))?;
            parts(seconds, nanos, &mut out);
        }
        WellKnown::FieldMask => {
            text.split(',').filter(|path| !path.is_empty()).for_each(|path| put_bytes(1, path.as_bytes(), &mut out));
        }
        WellKnown::Wrapper => {
            let value = table.fields.first().ok_or("its type has no value")?;
            put_value(value, text, &mut out)?;
        }
        WellKnown::Struct | WellKnown::Value => {
            out = json::decode(table, text.as_bytes()).map_err(|error| error.to_string())?;
        }
        WellKnown::None | WellKnown::Empty | WellKnown::Any | WellKnown::ListValue => {
            return Err(format!("it is a message; name a field inside it with a dot, such as {}", example(table)));
        }
    }
    Ok(out)
}

fn example(table: &MessageTable) -> String {
    table.fields.first().map_or_else(|| "a.b".to_owned(), |field| format!("….{}", field.json_name))
}

/// Field 1 seconds, field 2 nanoseconds: `Timestamp` and `Duration` alike.
fn parts(seconds: i64, nanos: i32, out: &mut Vec<u8>) {
    if seconds != 0 {
        varint(1, sign_extended(seconds), out);
    }
    if nanos != 0 {
        varint(2, sign_extended(nanos.into()), out);
    }
}

fn varint(number: u32, value: u64, out: &mut Vec<u8>) {
    put_tag(number, 0, out);
    put_varint(value, out);
}

fn fixed(number: u32, kind: &FieldKind, bytes: &[u8], out: &mut Vec<u8>) {
    put_tag(number, kind.wire_type(), out);
    out.extend_from_slice(bytes);
}

#[allow(clippy::cast_sign_loss, reason = "negative numbers are written as their 64-bit pattern")]
const fn sign_extended(value: i64) -> u64 {
    value as u64
}

fn whole<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number in the range of {}", std::any::type_name::<N>()))
}

fn decimal<N: std::str::FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("{text:?} is not a number"))
}

fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!("{text:?} is not a boolean; use true or false")),
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).map_err(|_| format!("{text:?} is not base64 with padding"))
}

/// By name or by number; a number need not be a known value.
fn enumeration(table: &EnumTable, text: &str) -> Result<i32, String> {
    if let Some(number) = table.number(text) {
        return Ok(number);
    }
    text.parse().map_err(|_| {
        let names: Vec<_> = (0..NAMED_VALUES).filter_map(|number| table.name(number)).collect();
        format!("{text:?} is not a value of {}; use one of {}", table.full_name, names.join(", "))
    })
}

/// A duration in Go's notation, which the protobuf one (`3.5s`) is part of: seconds and nanoseconds of one sign.
fn duration(text: &str) -> Option<(i64, i32)> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some((0, 0));
    }
    let mut nanos = 0_i128;
    while !rest.is_empty() || nanos == 0 {
        let end = rest.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let (amount, tail) = rest.split_at(end);
        let (unit, tail) = tail.split_at(tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len()));
        let unit_nanos = match unit {
            "h" => 3_600_000_000_000,
            "m" => 60_000_000_000,
            "s" => 1_000_000_000,
            "ms" => 1_000_000,
            "us" | "µs" | "μs" => 1_000,
            "ns" => 1,
            _ => return None,
        };
        nanos = nanos.checked_add(scaled(amount, unit_nanos)?)?;
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    let signed = if negative { -nanos } else { nanos };
    let seconds = i64::try_from(signed / 1_000_000_000).ok().filter(|seconds| seconds.abs() <= 315_576_000_000)?;
    Some((seconds, i32::try_from(signed % 1_000_000_000).ok()?))
}

/// A decimal amount times a unit in nanoseconds, exactly; what is below a nanosecond is cut.
fn scaled(amount: &str, unit_nanos: i128) -> Option<i128> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
    let fraction = fraction.get(..fraction.len().min(15))?;
    let divisor = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = digits(fraction)?.checked_mul(unit_nanos)? / divisor;
    digits(whole)?.checked_mul(unit_nanos)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_go_and_protobuf_notation() {
        for (text, seconds, nanos) in [
            ("3.5s", 3, 500_000_000),
            ("1h30m", 5_400, 0),
            ("-1.5s", -1, -500_000_000),
            ("250ms", 0, 250_000_000),
            ("0", 0, 0),
            ("0s", 0, 0),
            ("1.000000001s", 1, 1),
        ] {
            assert_eq!(duration(text), Some((seconds, nanos)), "{text}");
        }
        for text in ["", "5", "s", ".s", "1x", "1.2.3s", "1s2", "999999999999h", "-"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn booleans_are_the_twelve_words_that_the_gateway_knows() {
        assert_eq!(boolean("T"), Ok(true));
        assert_eq!(boolean("0"), Ok(false));
        assert!(boolean("yes").unwrap_err().contains("use true or false"));
    }
}
