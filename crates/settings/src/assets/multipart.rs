//! The one file of a form (RFC 7578 in the framing of RFC 2046, 5.1.1).

/// The bytes of the field `name` of a form; `None` when the content type or the body is no form, or has no such field.
pub(super) fn field<'a>(content_type: &str, body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut parameters = parameters(content_type);
    if !parameters.next()?.0.eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let (_, boundary) = parameters.find(|(key, _)| key.eq_ignore_ascii_case("boundary"))?;
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n{opening}");
    let mut rest = if body.starts_with(opening.as_bytes()) {
        &body[opening.len()..]
    } else {
        split(body, delimiter.as_bytes())?.1
    };
    // After a delimiter stands `--` behind the last part, else the line's end and the next part.
    while !rest.starts_with(b"--") {
        let (_, part) = split(rest, b"\r\n")?;
        let (content, after) = split(part, delimiter.as_bytes())?;
        let (head, value) = match content.strip_prefix(b"\r\n") {
            Some(value) => (&b""[..], value),
            None => split(content, b"\r\n\r\n")?,
        };
        if names(head, name) {
            return Some(value);
        }
        rest = after;
    }
    None
}

/// Whether the head of a part says that it is the field of that name.
fn names(head: &[u8], name: &str) -> bool {
    String::from_utf8_lossy(head).split("\r\n").any(|line| {
        let Some((header, value)) = line.split_once(':') else { return false };
        header.eq_ignore_ascii_case("content-disposition")
            && parameters(value).any(|(key, value)| key.eq_ignore_ascii_case("name") && value == name)
    })
}

/// The value of a header and its parameters: `form-data; name="file"` gives `("form-data", "")` and `("name", "file")`.
fn parameters(header: &str) -> impl Iterator<Item = (String, String)> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in header.chars() {
        if letter == ';' && !quoted {
            parts.push(String::new());
            continue;
        }
        if letter == '"' && !escaped {
            quoted = !quoted;
        } else if letter != '\\' || escaped || !quoted {
            parts.last_mut().into_iter().for_each(|part| part.push(letter));
        }
        escaped = letter == '\\' && quoted && !escaped;
    }
    parts.into_iter().map(|part| {
        let (key, value) = part.split_once('=').unwrap_or((&part, ""));
        (key.trim().to_owned(), value.trim().to_owned())
    })
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let position = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..position], &bytes[position + at.len()..]))
}

#[cfg(test)]
mod tests {
    use super::field;

    const FORM: &str = "multipart/form-data; boundary=xx";

    #[test]
    fn the_field_is_found_among_others_and_its_bytes_are_untouched() {
        let body = b"preamble\r\n--xx\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nno\r\n--xx \r\n\
            content-disposition: form-data; filename=\"a;name=x\\\".png\"; name=\"file\"\r\nContent-Type: image/png\r\n\r\n\
            a\r\n--x\r\n\r\nb\r\n--xx--\r\n";
        assert_eq!(field(FORM, body, "file"), Some(&b"a\r\n--x\r\n\r\nb"[..]));
        assert_eq!(field("Multipart/Form-Data; charset=utf-8; Boundary=\"xx\"", body, "other"), Some(&b"no"[..]));
        assert_eq!(field(FORM, body, "third"), None);
    }

    #[test]
    fn an_empty_file_is_a_file() {
        let body = b"--xx\r\nContent-Disposition: form-data; name=file\r\n\r\n\r\n--xx--";
        assert_eq!(field(FORM, body, "file"), Some(&b""[..]));
    }

    #[test]
    fn what_is_no_form_has_no_field() {
        let whole = b"--xx\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\na\r\n--xx--";
        for content_type in
            ["", "image/png", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=xx"]
        {
            assert_eq!(field(content_type, whole, "file"), None, "{content_type}");
        }
        for end in 0..whole.len() - 8 {
            assert_eq!(field(FORM, &whole[..end], "file"), None, "cut off after {end}");
        }
        assert_eq!(field(FORM, b"--xx\r\n\r\nno head\r\n--xx--", "file"), None);
    }
}
