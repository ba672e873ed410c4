//! Well-known forms of texts: email addresses, host names, URIs. Each function says what is wrong.

use std::borrow::Cow;

type Form = Result<(), Cow<'static, str>>;

/// An email address without a display name (RFC 5322 `addr-spec`, RFC 5321 lengths; letters beyond ASCII are allowed).
pub(super) fn email(text: &str) -> Form {
    let Some((local, domain)) = text.rsplit_once('@') else { return Err("there is no @".into()) };
    if text.len() > 254 {
        return Err("email addresses cannot exceed 254 characters".into());
    }
    if local.len() > 64 {
        return Err("the part before the @ cannot exceed 64 characters".into());
    }
    let quoted = local.strip_prefix('"').and_then(|local| local.strip_suffix('"'));
    let well_formed = match quoted {
        Some(quoted) => is_quoted_text(quoted),
        None => local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character)),
    };
    if !well_formed {
        return Err("the part before the @ is not an email name".into());
    }
    hostname(domain)
}

fn is_atom_character(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || "!#$%&'*+-/=?^_`{|}~".contains(character)
        || (!character.is_ascii() && !character.is_control() && !character.is_whitespace())
}

fn is_quoted_text(text: &str) -> bool {
    let mut escaped = false;
    for character in text.chars() {
        match character {
            _ if character.is_control() => return false,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return false,
            _ => {}
        }
    }
    !escaped && !text.is_empty()
}

/// A host name (RFC 1034 with labels that may begin with a digit; one dot at the end is allowed).
pub(super) fn hostname(text: &str) -> Form {
    if text.len() > 253 {
        return Err("hostname cannot exceed 253 characters".into());
    }
    for label in text.strip_suffix('.').unwrap_or(text).split('.') {
        if label.is_empty() || label.len() > 63 {
            return Err("hostname part must be non-empty and cannot exceed 63 characters".into());
        }
        if label.starts_with('-') {
            return Err("hostname parts cannot begin with hyphens".into());
        }
        if label.ends_with('-') {
            return Err("hostname parts cannot end with hyphens".into());
        }
        if let Some(wrong) = label.chars().find(|character| !character.is_ascii_alphanumeric() && *character != '-') {
            return Err(
                format!("hostname parts can only contain alphanumeric characters or hyphens, got {wrong:?}").into()
            );
        }
    }
    Ok(())
}

/// A URI reference (RFC 3986, as leniently as Go reads it). Gives whether it is absolute, that is has a scheme.
pub(super) fn uri_reference(text: &str) -> Result<bool, Cow<'static, str>> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("it contains a control character".into());
    }
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    percent_escapes(fragment)?;
    let (scheme, rest) = scheme(text)?;
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        if scheme {
            // Opaque, such as `mailto:somebody@example.com`.
            return Ok(true);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("the first path segment cannot contain a colon".into());
        }
    }
    let path = match rest.strip_prefix("//").filter(|rest| scheme || !rest.starts_with('/')) {
        Some(rest) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            check_authority(authority)?;
            path
        }
        None => rest,
    };
    percent_escapes(path)?;
    Ok(scheme)
}

/// Whether a scheme stands in front, and what follows it.
fn scheme(text: &str) -> Result<(bool, &str), Cow<'static, str>> {
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("the scheme is missing".into()),
            b':' => return Ok((true, &text[index + 1..])),
            _ => break,
        }
    }
    Ok((false, text))
}

fn check_authority(authority: &str) -> Form {
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    percent_escapes(user)?;
    if user.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b"-._~!$&'()*+,;=%:@".contains(&byte)) {
        return Err("the user information contains a character that is not allowed".into());
    }
    let port = if let Some(literal) = host.strip_prefix('[') {
        let Some((_, after)) = literal.rsplit_once(']') else { return Err("the ] of the host is missing".into()) };
        after
    } else {
        host.rfind(':').map_or("", |colon| &host[colon..])
    };
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(format!("{port:?} is not a port").into());
    }
    let allowed = |character: char| {
        !character.is_ascii()
            || character.is_ascii_alphanumeric()
            || "-._~!$&'()*+,;=:[]<>\"".contains(character)
            || (character == '%' && host.starts_with('['))
    };
    match host.chars().find(|&character| !allowed(character)) {
        Some(wrong) => Err(format!("the host contains {wrong:?}").into()),
        None => Ok(()),
    }
}

fn percent_escapes(text: &str) -> Form {
    let bytes = text.as_bytes();
    for (index, _) in text.match_indices('%') {
        if !bytes.get(index + 1..index + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err("a % is not followed by two hexadecimal digits".into());
        }
    }
    Ok(())
}
