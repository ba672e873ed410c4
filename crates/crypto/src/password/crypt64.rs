//! What the texts of the formats share: identifiers, fields, and the base64 of crypt(3).

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// The alphabet of crypt(3), lowest bits first.
const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Standard base64, padded or not, as different exporters write it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What stands between the first two dollar signs.
pub(super) fn identifier(text: &str) -> Option<&str> {
    text.strip_prefix('$')?.split_once('$').map(|(identifier, _)| identifier)
}

/// Standard base64 with or without padding; passlib's `.` counts as `+`. Empty and very long values are refused.
pub(super) fn decode_base64(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || text.len() > 1024 {
        return None;
    }
    LENIENT.decode(text.replace('.', "+")).ok().filter(|bytes| !bytes.is_empty())
}

/// A parameter such as `ln=16` with the given name.
pub(super) fn parameter(text: &str, name: &str) -> Option<u32> {
    number(text.strip_prefix(name)?.strip_prefix('=')?)
}

/// Decimal digits only: no sign, at most nine of them.
pub(super) fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The number that a character of the alphabet stands for.
pub(super) fn digit(character: u8) -> Option<u32> {
    ALPHABET.iter().position(|known| *known == character).and_then(|position| u32::try_from(position).ok())
}

/// Appends `count` characters for up to three bytes, of which the first is the highest.
pub(super) fn push_group(text: &mut String, bytes: &[u8], count: usize) {
    let mut value = bytes.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    for _ in 0..count {
        text.push(char::from(ALPHABET[value & 63]));
        value >>= 6;
    }
}

/// Bytes in groups of three, the first of a group lowest (phpass and drupal7).
pub(super) fn encode_groups(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let reversed: Vec<u8> = group.iter().rev().copied().collect();
        push_group(&mut text, &reversed, group.len() + 1);
    }
    text
}
