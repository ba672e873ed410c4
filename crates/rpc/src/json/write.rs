//! Texts and numbers as JSON writes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Appends a quoted, escaped text.
pub(super) fn string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let escape = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0x08 => b'b',
            0x0c => b'f',
            0..0x20 => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[written..index]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            out.extend_from_slice(&[b'0', b'0', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        written = index + 1;
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

/// Appends bytes in standard Base64 with padding.
pub(super) fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, b'=');
    // The room is exactly what padded Base64 takes, so nothing can be missing.
    let written = STANDARD.encode_slice(bytes, &mut out[start..]).unwrap_or(0);
    out.truncate(start + written);
    out.push(b'"');
}

/// Appends a number in decimal.
pub(super) fn unsigned(mut value: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

/// Appends a number in decimal with its sign.
pub(super) fn signed(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    unsigned(value.unsigned_abs(), out);
}

/// Appends a floating-point number: the shortest digits that name it, an exponent below 1e-6 and from 1e21 on, and
/// texts for what JSON has no number for.
pub(super) fn double(value: f64, out: &mut Vec<u8>) {
    float(value, value.abs() < 1e-6 || value.abs() >= 1e21, value.to_string(), || format!("{value:e}"), out);
}

/// The same in single precision.
pub(super) fn single(value: f32, out: &mut Vec<u8>) {
    float(f64::from(value), value.abs() < 1e-6 || value.abs() >= 1e21, value.to_string(), || format!("{value:e}"), out);
}

fn float(value: f64, extreme: bool, plain: String, scientific: impl FnOnce() -> String, out: &mut Vec<u8>) {
    let text = if value.is_nan() {
        "\"NaN\"".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "\"Infinity\"" } else { "\"-Infinity\"" }.to_owned()
    } else if extreme && value != 0.0 {
        let text = scientific();
        if text.contains("e-") { text } else { text.replace('e', "e+") }
    } else {
        plain
    };
    out.extend_from_slice(text.as_bytes());
}
