//! The domain that an organization gets from its name (`spec: oauth.md 1.5`).

use castellan_kernel::{Fault, Result};

const EMPTY: Fault = Fault::invalid("ORG-RrfXY", "Errors.Org.Domain.EmptyString");

/// RFC 1035 2.3.4: bytes of one label, and of a whole name as text.
const LABEL_BYTES: usize = 63;
const NAME_BYTES: usize = 253;

/// `<label>.<domain>` in lower case. The label is the name with spaces as dashes and without everything that is no letter, mark,
/// digit or dash; it is cut to what fits, and a dash at either end goes.
///
/// # Errors
/// `ORG-RrfXY` when nothing of the name is left.
pub fn generated_domain(name: &str, domain: &str) -> Result<String> {
    let kept: String = name
        .trim()
        .chars()
        .map(|character| if character == ' ' { '-' } else { character })
        .filter(|&character| character.is_alphanumeric() || character == '-' || is_mark(character))
        .flat_map(char::to_lowercase)
        .collect();
    let label = cut(&kept, LABEL_BYTES.min(NAME_BYTES.saturating_sub(domain.len() + 1)));
    let label = label.strip_prefix('-').unwrap_or(label);
    let label = label.strip_suffix('-').unwrap_or(label);
    if label.is_empty() {
        return Err(EMPTY.into());
    }
    Ok(format!("{label}.{}", domain.to_lowercase()))
}

/// The longest start of the text of at most so many bytes.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Combining marks, which the standard library does not tell from symbols: the blocks that scripts in use need.
fn is_mark(character: char) -> bool {
    matches!(u32::from(character),
        0x0300..=0x036f | 0x0483..=0x0489 | 0x0591..=0x05c7 | 0x0610..=0x061a | 0x064b..=0x065f | 0x0670
        | 0x06d6..=0x06ed | 0x0900..=0x0903 | 0x093a..=0x094f | 0x0951..=0x0957 | 0x0e31 | 0x0e34..=0x0e3a
        | 0x0e47..=0x0e4e | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0x3099 | 0x309a | 0xfe00..=0xfe0f
        | 0xfe20..=0xfe2f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(name: &str) -> String {
        generated_domain(name, "Example.com").unwrap().trim_end_matches(".example.com").to_owned()
    }

    #[test]
    fn the_label_keeps_letters_digits_and_dashes_in_lower_case() {
        assert_eq!(label("ZITADEL"), "zitadel");
        assert_eq!(label("Acme & Söhne 24"), "acme--söhne-24");
        assert_eq!(label("-a-"), "a");
    }

    #[test]
    fn the_label_is_cut_at_a_whole_character() {
        assert_eq!(label(&"a".repeat(100)).len(), 63);
        assert!(label(&"ä".repeat(100)).len() <= 63);
        let long = generated_domain(&"a".repeat(63), &"b".repeat(240)).unwrap();
        assert_eq!(long.len(), 253);
    }

    #[test]
    fn a_name_without_letters_gives_no_domain() {
        assert!(generated_domain("!?", "example.com").unwrap_err().is(EMPTY));
    }
}
