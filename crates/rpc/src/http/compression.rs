//! Gzip of REST bodies; the other framings compress by their own rules.

use std::io::{Read as _, Write as _};

use ::http::{HeaderMap, header};
use bytes::Bytes;
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

/// Answers below this many bytes are sent as they are: they fit into a few packets anyway.
pub const WORTH_COMPRESSING: usize = 8 * 1024;

/// Above this many bytes compression moves off the async workers.
const WORTH_A_THREAD: usize = 128 * 1024;

/// Why a compressed body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GunzipError {
    /// It is not gzip, or it is cut off.
    Malformed,
    /// It would unpack to more than the limit.
    TooLarge,
}

/// Unpacks a body of at most `limit` bytes.
///
/// # Errors
/// [`GunzipError`], without having used much more memory than `limit`.
pub fn gunzip(body: &[u8], limit: usize) -> Result<Bytes, GunzipError> {
    let mut unpacked = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(body).take(most).read_to_end(&mut unpacked).map_err(|_| GunzipError::Malformed)?;
    if unpacked.len() > limit {
        return Err(GunzipError::TooLarge);
    }
    Ok(Bytes::from(unpacked))
}

/// Packs a body; `None` when that fails, and the plain body is to be sent.
pub async fn gzip(body: Bytes) -> Option<Bytes> {
    if body.len() < WORTH_A_THREAD {
        return pack(&body);
    }
    tokio::task::spawn_blocking(move || pack(&body)).await.ok().flatten()
}

fn pack(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Whether `Accept-Encoding` names gzip (or anything) with a weight above zero (RFC 9110, 12.5.3).
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let refused = parameters
                .trim()
                .strip_prefix("q=")
                .is_some_and(|weight| weight.trim().parse::<f32>().is_ok_and(|weight| weight <= 0.0));
            matches!(name.trim(), "gzip" | "x-gzip" | "*") && !refused
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(value: &str) -> bool {
        accepts_gzip(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]))
    }

    #[test]
    fn gzip_is_used_only_when_the_client_accepts_it() {
        assert!(accepts("deflate, gzip;q=0.5"));
        assert!(accepts("*"));
        assert!(!accepts("gzip;q=0, deflate"));
        assert!(!accepts("br"));
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[tokio::test]
    async fn a_body_survives_packing_and_unpacking() {
        for size in [10, WORTH_A_THREAD + 1] {
            let body = Bytes::from(vec![b'a'; size]);
            let packed = gzip(body.clone()).await.unwrap();
            assert_eq!(gunzip(&packed, size).unwrap(), body);
        }
    }

    #[tokio::test]
    async fn a_body_that_unpacks_to_too_much_is_refused() {
        let bomb = gzip(Bytes::from(vec![0; 1_000_000])).await.unwrap();
        assert_eq!(gunzip(&bomb, 1_000), Err(GunzipError::TooLarge));
        assert_eq!(gunzip(b"not gzip", 1_000), Err(GunzipError::Malformed));
        assert_eq!(gunzip(&bomb[..bomb.len() / 2], 10_000_000), Err(GunzipError::Malformed));
    }
}
