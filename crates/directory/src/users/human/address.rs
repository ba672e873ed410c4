//! E-mail addresses and phone numbers as requests bring them: what is accepted, and the form that is stored.

use castellan_kernel::{Fault, Result};

const EMAIL_EMPTY: Fault = Fault::invalid("EMAIL-spblu", "Errors.User.Email.Empty");
const EMAIL_INVALID: Fault = Fault::invalid("EMAIL-599BI", "Errors.User.Email.Invalid");
const EMAIL_WITH_NAME: Fault = Fault::invalid("EMAIL-599GV", "Errors.User.Email.Invalid");
const PHONE_INVALID: Fault = Fault::invalid("PHONE-so0wa", "Errors.User.Phone.Invalid");

/// The longest address that RFC 5321 (4.5.3.1) allows to be routed.
const MAX_EMAIL_BYTES: usize = 254;
/// The country code of numbers that are written without one: the default region of the contract is Switzerland.
const DEFAULT_COUNTRY: &str = "41";

/// Refuses what is no bare mailbox (RFC 5322 `addr-spec`); the address is stored as given.
///
/// # Errors
/// `EMAIL-spblu` for none, `EMAIL-599GV` for one with a display name, `EMAIL-599BI` for everything else.
pub(super) fn check_email(address: &str) -> Result<()> {
    if address.trim().is_empty() {
        return Err(EMAIL_EMPTY.into());
    }
    if address.contains(['<', '>']) {
        return Err(EMAIL_WITH_NAME.into());
    }
    let valid = address.len() <= MAX_EMAIL_BYTES
        && address.rsplit_once('@').is_some_and(|(local, domain)| is_local_part(local) && is_domain(domain));
    if valid { Ok(()) } else { Err(EMAIL_INVALID.into()) }
}

/// `dot-atom`, with letters of any script (RFC 6532). Quoted local parts are refused: nobody mails them.
fn is_local_part(text: &str) -> bool {
    let allowed = |character: char| character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character);
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(|c| allowed(c) || !c.is_ascii() && !c.is_control()))
}

fn is_domain(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|character| character.is_alphanumeric() || character == '-')
    })
}

/// The number in E.164: `+`, country code, subscriber number. Spaces, points, hyphens, slashes and brackets are for people and
/// dropped; a number without country code is taken for a Swiss one.
///
/// # Errors
/// `PHONE-so0wa` for what is no number of 7 to 15 digits (ITU-T E.164, 6).
pub(super) fn normalise_phone(number: &str) -> Result<String> {
    let number = number.trim();
    let international = number.starts_with('+') || number.starts_with("00");
    // The trunk prefix in "+44 (0) 20 …" is for callers at home.
    let spoken = if international { number.replace("(0)", "") } else { number.to_owned() };
    let mut digits = String::with_capacity(spoken.len());
    for (position, character) in spoken.chars().enumerate() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if position == 0 => {}
            ' ' | '\u{a0}' | '.' | '-' | '/' | '(' | ')' => {}
            _ => return Err(PHONE_INVALID.into()),
        }
    }
    let digits = if number.starts_with('+') {
        digits
    } else if international {
        digits.trim_start_matches('0').to_owned()
    } else {
        format!("{DEFAULT_COUNTRY}{}", digits.strip_prefix('0').unwrap_or(&digits))
    };
    if (7..=15).contains(&digits.len()) && !digits.starts_with('0') {
        Ok(format!("+{digits}"))
    } else {
        Err(PHONE_INVALID.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email_error(address: &str) -> Option<String> {
        check_email(address).err().map(|error| error.id().to_owned())
    }

    #[test]
    fn a_bare_mailbox_is_accepted_and_nothing_else() {
        for good in ["a@b", "first.last+tag@example.com", "müller@bücher.example", "o'neil@x-y.org"] {
            assert_eq!(email_error(good), None, "{good}");
        }
        assert_eq!(email_error(" ").as_deref(), Some("EMAIL-spblu"));
        assert_eq!(email_error("Anna <a@b.ch>").as_deref(), Some("EMAIL-599GV"));
        for bad in ["a", "@b", "a@", "a b@c", "a@b c", "a..b@c", ".a@c", "a@-b", "a@b..c", "\"a\"@b", "a@b@c", "a@b\n"]
        {
            assert_eq!(email_error(bad).as_deref(), Some("EMAIL-599BI"), "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_stored_in_e164() {
        for (given, stored) in [
            ("+41 71 000 00 00", "+41710000000"),
            ("071 000 00 00", "+41710000000"),
            ("0041710000000", "+41710000000"),
            ("+44 (0) 20-7946/0123", "+442079460123"),
            ("(071) 000.00.00", "+41710000000"),
        ] {
            assert_eq!(normalise_phone(given).unwrap(), stored, "{given}");
        }
        for bad in ["", "+", "hello", "+123", "+4171000000000000", "071 000 00 0x", "41+710000000", "+0710000000"] {
            assert!(normalise_phone(bad).unwrap_err().is(PHONE_INVALID), "{bad}");
        }
    }
}
