//! Headers that keep answers of the API out of caches and search engines.

use std::borrow::Cow;

use ::http::{HeaderMap, HeaderName, HeaderValue, header};
use castellan_kernel::Timestamp;

use super::http_date;

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// `cache-control`, `pragma` and `expires` of an answer that must not be stored (`spec: api.md 1.1`).
pub fn forbid_caching(headers: &mut HeaderMap, now: Timestamp) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::EXPIRES, http_date(now));
}

/// `x-robots-tag: none` (`spec: api.md 1.1`).
pub fn forbid_indexing(headers: &mut HeaderMap) {
    headers.insert(X_ROBOTS_TAG, HeaderValue::from_static("none"));
}

/// A text as a header value: control characters, which could end the header, become spaces; other characters stay as UTF-8.
pub fn header_text(text: &str) -> HeaderValue {
    let safe = if text.contains(char::is_control) {
        Cow::Owned(text.replace(char::is_control, " "))
    } else {
        Cow::Borrowed(text)
    };
    HeaderValue::from_bytes(safe.as_bytes()).unwrap_or(HeaderValue::from_static("error"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_line_breaks_cannot_add_a_header() {
        assert_eq!(header_text("no\r\nset-cookie: a=b").as_bytes(), b"no  set-cookie: a=b");
        assert_eq!(header_text("ungültig").as_bytes(), "ungültig".as_bytes());
    }

    #[test]
    fn an_answer_that_must_not_be_stored_says_so_in_three_ways() {
        let mut headers = HeaderMap::new();
        forbid_caching(&mut headers, Timestamp::from_seconds(0));
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["pragma"], "no-cache");
        assert_eq!(headers["expires"], "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
