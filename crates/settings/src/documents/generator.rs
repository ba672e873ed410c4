//! How codes and secrets are made: one document per kind of code.

use castellan_db::Connection;
use castellan_kernel::{Owner, Receipt, Result, Rng, random_string};
use serde::{Deserialize, Serialize};

use crate::span::Span;
use crate::store::{self, Stored};

/// What the code or secret is for; the number is the one of the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GeneratorKind {
    /// First sign-in of a person.
    InitCode = 1,
    /// Proof of an e-mail address.
    VerifyEmailCode = 2,
    /// Proof of a phone number.
    VerifyPhoneCode = 3,
    /// Proof of a domain.
    VerifyDomain = 4,
    /// Setting a new password.
    PasswordResetCode = 5,
    /// Registration of a passkey.
    PasswordlessInitCode = 6,
    /// Secrets of applications and service users.
    AppSecret = 7,
    /// One-time codes by SMS.
    OtpSms = 8,
    /// One-time codes by mail.
    OtpEmail = 9,
    /// Invitations.
    InviteCode = 10,
    /// Signing keys of action targets; never stored.
    SigningKey = 11,
}

impl GeneratorKind {
    /// Those that every instance stores, in the order in which they are added.
    pub const STORED: [Self; 10] = [
        Self::AppSecret,
        Self::InitCode,
        Self::VerifyEmailCode,
        Self::VerifyPhoneCode,
        Self::PasswordResetCode,
        Self::PasswordlessInitCode,
        Self::VerifyDomain,
        Self::OtpSms,
        Self::OtpEmail,
        Self::InviteCode,
    ];

    /// The number of the events.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The number of the contract's enum; `None` for those that the API does not know.
    pub const fn api_number(self) -> Option<i32> {
        match self {
            Self::VerifyDomain | Self::SigningKey => None,
            Self::InitCode | Self::VerifyEmailCode | Self::VerifyPhoneCode => Some(self as i32),
            _ => Some(self as i32 - 1),
        }
    }

    /// From the number of the contract's enum.
    pub fn from_api_number(number: i32) -> Option<Self> {
        Self::STORED.into_iter().find(|kind| kind.api_number() == Some(number))
    }

    fn storage_kind(self) -> String {
        format!("secret_generator:{}", self.number())
    }

    /// What an instance starts with.
    pub const fn built_in(self) -> SecretGenerator {
        let (length, expiry, lower, upper) = match self {
            Self::InitCode | Self::InviteCode => (6, Span::from_hours(72), false, true),
            Self::VerifyEmailCode | Self::VerifyPhoneCode | Self::PasswordResetCode => {
                (6, Span::from_hours(1), false, true)
            }
            Self::VerifyDomain => (32, Span::ZERO, true, true),
            Self::PasswordlessInitCode => (12, Span::from_hours(1), true, true),
            Self::AppSecret => (64, Span::ZERO, true, true),
            Self::OtpSms | Self::OtpEmail => (8, Span::from_seconds(300), false, false),
            Self::SigningKey => (36, Span::ZERO, true, true),
        };
        SecretGenerator {
            length,
            expiry,
            include_lower_letters: lower,
            include_upper_letters: upper,
            include_digits: true,
            include_symbols: false,
        }
    }
}

/// How one kind of code or secret is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretGenerator {
    /// Characters.
    pub length: u32,
    /// How long the code can be used; zero: without end.
    pub expiry: Span,
    /// Whether it may contain a to z.
    pub include_lower_letters: bool,
    /// Whether it may contain A to Z.
    pub include_upper_letters: bool,
    /// Whether it may contain 0 to 9.
    pub include_digits: bool,
    /// Whether it may contain symbols.
    pub include_symbols: bool,
}

impl SecretGenerator {
    /// Longer codes are of no use to anybody, and whoever may set a length could have the server draw gigabytes.
    const MAX_LENGTH: u32 = 4_096;

    /// Whether there is something to draw: a code of no characters would be one that everybody knows.
    pub fn is_usable(&self) -> bool {
        let alphabets =
            [self.include_lower_letters, self.include_upper_letters, self.include_digits, self.include_symbols];
        (1..=Self::MAX_LENGTH).contains(&self.length) && alphabets.contains(&true)
    }

    /// Draws a code or secret; empty when no alphabet is included.
    pub fn generate(&self, rng: &dyn Rng) -> String {
        let alphabets: [(bool, &[u8]); 4] = [
            (self.include_lower_letters, b"abcdefghijklmnopqrstuvwxyz"),
            (self.include_upper_letters, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            (self.include_digits, b"0123456789"),
            (self.include_symbols, b"~!@#$^&*()_+`-={}|[]:<>?,./"),
        ];
        let alphabet: Vec<u8> = alphabets
            .iter()
            .filter(|(included, _)| *included)
            .flat_map(|(_, letters)| letters.iter().copied())
            .collect();
        if alphabet.is_empty() { String::new() } else { random_string(rng, self.length as usize, &alphabet) }
    }
}

/// The generator in force for a kind of code: the instance's, else the built-in one.
///
/// # Errors
/// When storage does not answer.
pub async fn generator(connection: &mut Connection, kind: GeneratorKind) -> Result<SecretGenerator> {
    Ok(stored_generator(connection, kind).await?.map_or_else(|| kind.built_in(), |stored| stored.value))
}

/// The instance's generator for a kind of code, if one is stored.
///
/// # Errors
/// When storage does not answer.
pub async fn stored_generator(
    connection: &mut Connection,
    kind: GeneratorKind,
) -> Result<Option<Stored<SecretGenerator>>> {
    store::get_as(connection, &Owner::Instance, &kind.storage_kind()).await
}

/// Stores the instance's generator for a kind of code.
///
/// # Errors
/// When storage does not answer.
pub async fn put_generator(
    connection: &mut Connection,
    kind: GeneratorKind,
    generator: &SecretGenerator,
    receipt: &Receipt,
) -> Result<()> {
    store::put_as(connection, &Owner::Instance, &kind.storage_kind(), generator, receipt).await
}

#[cfg(test)]
mod tests {
    use castellan_kernel::SeededRng;

    use super::*;

    #[test]
    fn codes_have_the_length_and_the_alphabet_of_their_generator() {
        let code = GeneratorKind::OtpSms.built_in().generate(&SeededRng::new(1));
        assert!(code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit()));
        let secret = GeneratorKind::AppSecret.built_in().generate(&SeededRng::new(1));
        assert!(secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn the_api_numbers_leave_out_the_domain_code() {
        assert_eq!(GeneratorKind::from_api_number(4), Some(GeneratorKind::PasswordResetCode));
        assert_eq!(GeneratorKind::from_api_number(9), Some(GeneratorKind::InviteCode));
        assert_eq!(GeneratorKind::from_api_number(0), None);
    }
}
