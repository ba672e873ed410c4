//! An id per request, for logs and support: taken from a proxy in front, or drawn.

use ::http::{HeaderMap, HeaderName, HeaderValue};
use castellan_kernel::Rng;

/// The header that carries the id, in requests and answers.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A longer id of a client is replaced, so that nobody can fill the logs with it.
const LONGEST: usize = 128;

/// Keeps the id that the request came with if it is 1 to 128 visible ASCII characters, else puts a new one there; returns it.
pub fn assign_request_id(headers: &mut HeaderMap, rng: &dyn Rng) -> HeaderValue {
    if let Some(given) = headers.get(&REQUEST_ID)
        && (1..=LONGEST).contains(&given.len())
        && given.as_bytes().iter().all(u8::is_ascii_graphic)
    {
        return given.clone();
    }
    let id = new_id(rng);
    headers.insert(REQUEST_ID, id.clone());
    id
}

/// 128 random bits in hexadecimal.
fn new_id(rng: &dyn Rng) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut bytes = [0_u8; 16];
    rng.fill(&mut bytes);
    let mut text = [0_u8; 32];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    let mut id = HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("none"));
    // It never comes again, so HTTP/2 need not keep it in the table of the connection; this is how it is told.
    id.set_sensitive(true);
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use castellan_kernel::SeededRng;

    #[test]
    fn the_id_of_a_proxy_is_kept_and_a_doubtful_one_is_replaced() {
        let rng = SeededRng::new(1);
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, "proxy-7".parse().unwrap());
        assert_eq!(assign_request_id(&mut headers, &rng), "proxy-7");
        for doubtful in ["", "two words", &"x".repeat(129)] {
            headers.insert(REQUEST_ID, doubtful.parse().unwrap());
            let id = assign_request_id(&mut headers, &rng);
            assert_eq!(id.len(), 32, "{doubtful}");
            assert_eq!(headers[&REQUEST_ID], id);
        }
    }
}
