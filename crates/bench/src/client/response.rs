//! The head of an answer over HTTP/1.1, read no further than the driver needs.

/// How the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// After so many bytes.
    Length(usize),
    /// With the empty chunk.
    Chunked,
}

/// The head of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// The bytes of the head.
    pub length: usize,
    /// How the body ends.
    pub framing: Framing,
    /// Whether the server hangs up after it.
    pub is_last: bool,
}

/// Reads the head; `None` when it is not there to its end. `searched` bytes are known to contain no end.
///
/// # Errors
/// What is wrong with it.
pub fn parse_head(bytes: &[u8], searched: usize) -> Result<Option<Head>, &'static str> {
    let from = searched.saturating_sub(3);
    let Some(end) = memchr::memmem::find(&bytes[from..], b"\r\n\r\n").map(|at| from + at) else { return Ok(None) };
    let lines = &bytes[..end];
    let line_end = memchr::memchr(b'\r', lines).unwrap_or(lines.len());
    let status = status(&lines[..line_end]).ok_or("the answer is not HTTP/1.1")?;
    let mut framing = None;
    let mut is_last = false;
    let mut rest = lines.get(line_end + 2..).unwrap_or_default();
    while !rest.is_empty() {
        let line_end = memchr::memchr(b'\r', rest).unwrap_or(rest.len());
        let line = &rest[..line_end];
        rest = rest.get(line_end + 2..).unwrap_or_default();
        // Only two first letters matter, so most lines cost one comparison.
        match line.first() {
            Some(b'c' | b'C') => {
                if let Some(length) = value(line, b"content-length") {
                    let length = std::str::from_utf8(length).ok().and_then(|length| length.parse().ok());
                    framing = framing.or(Some(Framing::Length(length.ok_or("content-length is not a number")?)));
                } else if value(line, b"connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close")) {
                    is_last = true;
                }
            }
            Some(b't' | b'T')
                if value(line, b"transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case(b"chunked")) =>
            {
                framing = Some(Framing::Chunked);
            }
            _ => {}
        }
    }
    let framing = match (status, framing) {
        (204 | 304, _) => Framing::Length(0),
        (_, Some(framing)) => framing,
        (_, None) => return Err("the answer has neither content-length nor chunks"),
    };
    Ok(Some(Head { status, length: end + 4, framing, is_last }))
}

fn status(line: &[u8]) -> Option<u16> {
    let digits = line.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|status| *status >= 200)
}

/// The value of a header line with this name.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (own, value) = line.split_at_checked(name.len())?;
    let value = value.strip_prefix(b":")?;
    own.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Option<Head>, &'static str> {
        parse_head(text.as_bytes(), 0)
    }

    #[test]
    fn status_and_length_are_read_whatever_the_case() {
        let text = "HTTP/1.1 200 OK\r\nCoNtent-Length: 12\r\nx: y\r\n\r\nrest";
        let head = Head { status: 200, length: text.len() - 4, framing: Framing::Length(12), is_last: false };
        assert_eq!(parse(text), Ok(Some(head)));
    }

    #[test]
    fn chunks_win_over_a_length() {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 12\r\ntransfer-encoding: chunked\r\nConnection: close\r\n\r\n";
        let head = parse(text).unwrap().unwrap();
        assert_eq!((head.framing, head.is_last), (Framing::Chunked, true));
    }

    #[test]
    fn a_head_that_came_in_parts_is_read_when_it_is_whole() {
        let text = "HTTP/1.1 204 No Content\r\n\r\n";
        for cut in 0..text.len() {
            assert_eq!(parse(&text[..cut]), Ok(None), "{cut}");
            assert!(parse_head(text.as_bytes(), cut).unwrap().is_some(), "{cut}");
        }
        assert_eq!(parse(text).unwrap().unwrap().framing, Framing::Length(0));
    }

    #[test]
    fn nonsense_is_an_error() {
        for text in [
            "SSH-2.0-x\r\n\r\n",
            "HTTP/1.1 xyz\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "\r\n\r\n",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
