//! Templates of the links in messages: text with `{{.Name}}` where something of the message goes in (`spec: api.md 4.1.2`). They are
//! checked when they are given, because a link that cannot be made is found out too late when the message is due.

use castellan_kernel::{Fault, Result};

const UNREADABLE: Fault = Fault::invalid("DOMAIN-oGh5e", "Errors.User.InvalidURLTemplate");
const UNKNOWN_NAME: Fault = Fault::invalid("DOMAIN-ieYa7", "Errors.User.InvalidURLTemplate");

/// What messages can put into a link.
const NAMES: [&str; 5] = ["UserID", "Code", "CodeID", "OrgID", "LoginName"];

/// Refuses a template that no link can be made of.
///
/// # Errors
/// `DOMAIN-oGh5e` where braces do not match or hold something else than a name, `DOMAIN-ieYa7` for a name that no message has.
pub(super) fn check(template: &str) -> Result<()> {
    let mut rest = template;
    while let Some((_, action)) = rest.split_once("{{") {
        let (action, after) = action.split_once("}}").ok_or(UNREADABLE)?;
        let name = action.trim().strip_prefix('.').ok_or(UNREADABLE)?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(UNREADABLE.into());
        }
        if !NAMES.contains(&name) {
            return Err(UNKNOWN_NAME.into());
        }
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    fn id(template: &str) -> String {
        check(template).map_or_else(|error| error.id().to_owned(), |()| String::new())
    }

    #[test]
    fn a_template_names_what_messages_have() {
        assert_eq!(id("https://example.com/verify?user={{.UserID}}&code={{ .Code }}&org={{.OrgID}}"), "");
        assert_eq!(id("https://example.com/verify"), "");
        assert_eq!(id("https://example.com/{{.Password}}"), "DOMAIN-ieYa7");
    }

    #[test]
    fn a_template_with_braces_that_do_not_match_is_refused() {
        for template in ["https://example.com/{{.Code", "{{Code}}", "{{}}", "{{.}}", "{{.Code{{.UserID}}"] {
            assert_eq!(id(template), "DOMAIN-oGh5e", "{template}");
        }
    }
}
