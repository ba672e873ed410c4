//! Percent-decoding of path segments, once and strictly.

use std::borrow::Cow;

/// Why a segment cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PercentError {
    /// A `%` is not followed by two hexadecimal digits.
    Sequence,
    /// The decoded bytes are not UTF-8.
    Utf8,
}

/// Decodes `%XX` sequences; everything else, a plus sign too, stays as it is. What comes out is never decoded again.
///
/// # Errors
/// [`PercentError`].
pub fn decode(segment: &str) -> Result<Cow<'_, str>, PercentError> {
    let Some(first) = segment.find('%') else { return Ok(Cow::Borrowed(segment)) };
    let mut decoded = Vec::with_capacity(segment.len());
    decoded.extend_from_slice(&segment.as_bytes()[..first]);
    let mut rest = &segment.as_bytes()[first..];
    while let Some((&byte, tail)) = rest.split_first() {
        if byte == b'%' {
            let [high, low, tail @ ..] = tail else { return Err(PercentError::Sequence) };
            decoded.push(hex(*high)? << 4 | hex(*low)?);
            rest = tail;
        } else {
            decoded.push(byte);
            rest = tail;
        }
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| PercentError::Utf8)
}

const fn hex(digit: u8) -> Result<u8, PercentError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(PercentError::Sequence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_decoded_exactly_once() {
        assert_eq!(decode("plain+text").unwrap(), "plain+text");
        assert_eq!(decode("a%2Fb%20c").unwrap(), "a/b c");
        assert_eq!(decode("%252F").unwrap(), "%2F");
        assert_eq!(decode("gr%C3%BCn").unwrap(), "grün");
    }

    #[test]
    fn broken_sequences_and_other_encodings_are_refused() {
        for broken in ["%", "%2", "a%zz", "%+1"] {
            assert_eq!(decode(broken), Err(PercentError::Sequence), "{broken}");
        }
        assert_eq!(decode("%ff"), Err(PercentError::Utf8));
    }
}
