//! What the first start tells the operator: where the server is, and how to sign in. The password is shown once.

use std::io::Write;

use castellan_kernel::{Rng, random_string};

use crate::config::{PasswordComplexityPolicy, Secret};

const LOWER: &[u8] = b"abcdefghijkmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";
const DIGITS: &[u8] = b"23456789";
const SYMBOLS: &[u8] = b"-_.!";
/// Letters and digits that cannot be taken for one another.
const READABLE: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Characters of a generated password, unless the policy asks for more.
const PASSWORD_LENGTH: usize = 20;

/// What to tell.
#[derive(Debug)]
pub struct FirstStart<'a> {
    /// The external base URL.
    pub address: &'a str,
    /// The login name of the administrator who signs in; `None` if there is none.
    pub login_name: Option<&'a str>,
    /// The generated password; `None` when the operator chose one.
    pub generated_password: Option<&'a Secret>,
    /// Whether the administrator must change the password when signing in.
    pub change_required: bool,
    /// Where the data is, in the operator's words (a directory, a host); never a connection string.
    pub data: &'a str,
}

/// A password that satisfies the policy, easy to read and to type: letters and digits that look alike are left out.
pub fn generate_password(rng: &dyn Rng, policy: &PasswordComplexityPolicy) -> Secret {
    let length = PASSWORD_LENGTH.max(usize::try_from(policy.min_length).unwrap_or(PASSWORD_LENGTH)).min(70);
    let mut text = random_string(rng, length - 4, READABLE);
    // One of each class at places drawn at random: the policy of an instance may ask for any of them.
    for class in [LOWER, UPPER, DIGITS, SYMBOLS] {
        let mut place = [0_u8; 1];
        rng.fill(&mut place);
        text.insert_str(usize::from(place[0]) % (text.len() + 1), &random_string(rng, 1, class));
    }
    Secret::new(text)
}

/// Writes the announcement of the first start.
///
/// # Errors
/// The output cannot be written.
pub fn announce(output: &mut dyn Write, facts: &FirstStart<'_>) -> std::io::Result<()> {
    let address = facts.address;
    writeln!(output, "\nCastellan created its first instance.\n")?;
    writeln!(output, "  Address    {address}")?;
    writeln!(output, "  Console    {address}/ui/console")?;
    if let Some(login_name) = facts.login_name {
        writeln!(output, "  Sign in    {login_name}")?;
        match facts.generated_password {
            Some(password) => {
                writeln!(output, "  Password   {}", password.expose())?;
                let then = if facts.change_required { "; you choose a new one when you sign in" } else { "" };
                writeln!(output, "             (shown only this once{then})")?;
            }
            None => writeln!(output, "  Password   as configured (FirstInstance.Org.Human.Password)")?,
        }
    }
    writeln!(output, "  Data       {}\n", facts.data)?;
    output.flush()
}

/// Writes the announcement of every later start: one line with the address.
///
/// # Errors
/// The output cannot be written.
pub fn announce_again(output: &mut dyn Write, address: &str) -> std::io::Result<()> {
    writeln!(output, "Castellan serves {address} (console: {address}/ui/console)")?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use castellan_kernel::{SeededRng, SystemRng};

    use super::*;

    fn told(facts: &FirstStart<'_>) -> String {
        let mut output = Vec::new();
        announce(&mut output, facts).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn the_first_start_tells_where_and_how_to_sign_in() {
        let password = Secret::new("generated-Password1");
        let text = told(&FirstStart {
            address: "http://localhost:8080",
            login_name: Some("zitadel-admin@zitadel.localhost"),
            generated_password: Some(&password),
            change_required: true,
            data: "./castellan-data",
        });
        for part in [
            "http://localhost:8080/ui/console",
            "zitadel-admin@zitadel.localhost",
            "generated-Password1",
            "shown only this once; you choose a new one",
        ] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn a_configured_password_is_not_repeated() {
        let facts = FirstStart {
            address: "http://localhost:8080",
            login_name: Some("admin"),
            generated_password: None,
            change_required: true,
            data: "db.example",
        };
        assert!(told(&facts).contains("as configured"));
    }

    #[test]
    fn generated_passwords_satisfy_every_class_and_length() {
        let mut policy =
            crate::config::load(&Default::default()).unwrap().settings.default_instance.password_complexity_policy;
        for (least, length) in [(8, 20), (40, 40), (500, 70)] {
            policy.min_length = least;
            let password = generate_password(&SystemRng::default(), &policy);
            let text = password.expose();
            assert_eq!(text.len(), length);
            for class in [LOWER, UPPER, DIGITS, SYMBOLS] {
                assert!(text.bytes().any(|byte| class.contains(&byte)), "{text}");
            }
        }
        let draw = |seed| generate_password(&SeededRng::new(seed), &policy);
        assert!(draw(1) != draw(2));
    }
}
