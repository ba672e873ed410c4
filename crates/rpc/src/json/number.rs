//! Numbers from the text of JSON numbers.

use super::parse::is_number;

/// Sign and magnitude of a JSON number that is a whole one, such as `12`, `-1.0` or `1.5e3`. `None` when it has a
/// fraction, does not fit 64 bits or is not a number.
pub(super) fn whole(text: &str) -> Option<(bool, u64)> {
    if !is_number(text) {
        return None;
    }
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    if let Ok(magnitude) = text.parse() {
        return Some((negative, magnitude));
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = before.bytes().chain(after.bytes()).collect();
    let significant = digits.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
    if significant == 0 {
        return Some((negative, 0));
    }
    // The position of the point: digits before it are whole, later ones must be zero.
    let point = exponent.parse::<i64>().ok()?.checked_add(i64::try_from(before.len()).ok()?)?;
    let point = usize::try_from(point).ok().filter(|&point| point >= significant)?;
    let first = digits.iter().position(|&digit| digit != b'0')?;
    if point - first > 20 {
        return None;
    }
    let magnitude = (first..point).try_fold(0_u64, |value, index| {
        let digit = digits.get(index).map_or(0, |digit| digit - b'0');
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })?;
    Some((negative, magnitude))
}

/// A whole number within a signed range of `bits` bits.
pub(super) fn signed(text: &str, bits: u32) -> Option<i64> {
    let (negative, magnitude) = whole(text)?;
    let value = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
    let limit = 1_i128 << (bits - 1);
    (-limit..limit).contains(&value).then(|| i64::try_from(value).ok()).flatten()
}

/// A whole number within an unsigned range of `bits` bits.
pub(super) fn unsigned(text: &str, bits: u32) -> Option<u64> {
    let (negative, magnitude) = whole(text)?;
    let fits = bits == 64 || magnitude >> bits == 0;
    (fits && (magnitude == 0 || !negative)).then_some(magnitude)
}

/// A floating-point number that is finite in its precision.
pub(super) fn double(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| is_number(text) && value.is_finite())
}

/// The same in single precision.
pub(super) fn single(text: &str) -> Option<f32> {
    text.parse().ok().filter(|value: &f32| is_number(text) && value.is_finite())
}
