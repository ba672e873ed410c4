//! The domain that every organization gets: `<label>.<external domain>` (`spec: oauth.md 1.5`).

use castellan_kernel::{Fault, Result};

const EMPTY: Fault = Fault::invalid("ORG-RrfXY", "Errors.Org.Domain.EmptyString");

/// The longest label of a domain name (RFC 1035 2.3.4), in bytes.
const LABEL: usize = 63;
/// The longest domain name, in bytes.
const NAME: usize = 253;

/// The domain of an organization of this name.
///
/// # Errors
/// `ORG-RrfXY` when no character of the name can stand in a domain.
pub fn generated_domain(org_name: &str, external_domain: &str) -> Result<String> {
    let mut label: String = org_name
        .trim()
        .chars()
        .map(|c| if c == ' ' { '-' } else { c })
        .filter(|c| c.is_alphanumeric() || *c == '-' || is_mark(*c))
        .collect();
    cut(&mut label, LABEL);
    cut(&mut label, NAME.saturating_sub(external_domain.len() + 1));
    let label = label.strip_prefix('-').unwrap_or(&label);
    let label = label.strip_suffix('-').unwrap_or(label);
    if label.is_empty() {
        return Err(EMPTY.into());
    }
    Ok(format!("{label}.{external_domain}").to_lowercase())
}

/// Combining marks of the blocks that names use.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}'
        | '\u{3099}' | '\u{309a}')
}

fn cut(text: &mut String, bytes: usize) {
    while text.len() > bytes {
        text.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::generated_domain;

    #[test]
    fn spaces_become_dashes_and_other_characters_are_left_out() {
        assert_eq!(generated_domain("My Org & Co.", "Example.com").unwrap(), "my-org--co.example.com");
        assert_eq!(generated_domain("-ZITADEL-", "localhost").unwrap(), "zitadel.localhost");
        assert_eq!(generated_domain("Müller 東京", "localhost").unwrap(), "müller-東京.localhost");
    }

    #[test]
    fn a_name_without_a_usable_character_is_refused() {
        assert!(generated_domain("!!!", "localhost").is_err());
    }

    #[test]
    fn labels_are_cut_to_63_bytes() {
        let domain = generated_domain(&"ü".repeat(100), "localhost").unwrap();
        assert_eq!(domain.split('.').next().unwrap().len(), 62);
    }
}
