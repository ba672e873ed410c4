//! Verification codes and client secrets, made by the settings of a secret generator (oauth.md 1.5).

use castellan_kernel::{Rng, random_string};

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
const SYMBOLS: &str = "~!@#$^&*()_+`-={}|[]:<>?,./";

/// How a code looks: its length and the kinds of characters it is drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the flags are those of the contract's secret generator")]
pub struct CodeShape {
    pub length: u32,
    pub include_lower_letters: bool,
    pub include_upper_letters: bool,
    pub include_digits: bool,
    pub include_symbols: bool,
}

impl CodeShape {
    /// Client secrets of applications and service users: 64 letters and digits.
    pub const CLIENT_SECRET: Self = Self::letters_and_digits(64);
    /// Codes that people type from a mail or text message: 6 capitals and digits.
    pub const TYPED: Self = Self {
        length: 6,
        include_lower_letters: false,
        include_upper_letters: true,
        include_digits: true,
        include_symbols: false,
    };
    /// One-time passwords by mail or text message: 8 digits.
    pub const ONE_TIME_PASSWORD: Self = Self {
        length: 8,
        include_lower_letters: false,
        include_upper_letters: false,
        include_digits: true,
        include_symbols: false,
    };
    /// Proofs that a domain is owned: 32 letters and digits.
    pub const DOMAIN_VERIFICATION: Self = Self::letters_and_digits(32);
    /// Registration of a passkey by link: 12 letters and digits.
    pub const PASSWORDLESS_INIT: Self = Self::letters_and_digits(12);
    /// Signing keys of action targets: 36 letters and digits.
    pub const SIGNING_KEY: Self = Self::letters_and_digits(36);

    const fn letters_and_digits(length: u32) -> Self {
        Self {
            length,
            include_lower_letters: true,
            include_upper_letters: true,
            include_digits: true,
            include_symbols: false,
        }
    }

    /// Draws a code; `None` if the shape has no length or no kind of character, or more than 4096 characters.
    pub fn generate(&self, rng: &dyn Rng) -> Option<String> {
        let kinds = [
            (self.include_lower_letters, LOWER),
            (self.include_upper_letters, UPPER),
            (self.include_digits, DIGITS),
            (self.include_symbols, SYMBOLS),
        ];
        let alphabet: String = kinds.into_iter().filter(|(included, _)| *included).map(|(_, kind)| kind).collect();
        let length = usize::try_from(self.length).ok().filter(|length| (1..=4096).contains(length))?;
        (!alphabet.is_empty()).then(|| random_string(rng, length, alphabet.as_bytes()))
    }
}

/// Whether the code that was typed is the one that was sent, compared in constant time.
pub fn code_matches(sent: &str, typed: &str) -> bool {
    !sent.is_empty() && crate::constant_time_eq(sent.as_bytes(), typed.as_bytes())
}

#[cfg(test)]
mod tests {
    use castellan_kernel::SeededRng;

    use super::*;

    #[test]
    fn a_code_has_its_length_and_its_characters() {
        let rng = SeededRng::new(1);
        let typed = CodeShape { length: 400, ..CodeShape::TYPED }.generate(&rng).unwrap();
        assert!(typed.len() == 400 && typed.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
        let digits = CodeShape::ONE_TIME_PASSWORD.generate(&rng).unwrap();
        assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(CodeShape::CLIENT_SECRET.generate(&rng).unwrap().len(), 64);
    }

    #[test]
    fn every_included_kind_occurs() {
        let shape = CodeShape { length: 2000, include_symbols: true, ..CodeShape::CLIENT_SECRET };
        let code = shape.generate(&SeededRng::new(2)).unwrap();
        for character in [LOWER, UPPER, DIGITS, SYMBOLS].concat().chars() {
            assert!(code.contains(character), "{character}");
        }
    }

    #[test]
    fn a_shape_without_length_or_characters_gives_no_code() {
        let rng = SeededRng::new(3);
        assert_eq!(CodeShape { length: 0, ..CodeShape::TYPED }.generate(&rng), None);
        let empty = CodeShape { include_upper_letters: false, include_digits: false, ..CodeShape::TYPED };
        assert_eq!(empty.generate(&rng), None);
    }

    #[test]
    fn codes_match_exactly_and_an_empty_one_never() {
        assert!(code_matches("ABC123", "ABC123"));
        assert!(!code_matches("ABC123", "abc123") && !code_matches("ABC123", "ABC12") && !code_matches("", ""));
    }
}
