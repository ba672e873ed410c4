//! The compact form of a signed token (RFC 7515 section 7.1), taken apart without believing any of it.

use serde::Deserialize;

use crate::base64url;

/// Longer tokens are refused unread: 32 KiB, far above what fits an HTTP header.
pub const MAX_COMPACT_LENGTH: usize = 32 * 1024;

/// The members of a header that matter here (RFC 7515 section 4.1). Keys inside a header (`jwk`, `jku`, `x5c`) are never used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// The algorithm by name.
    pub alg: String,
    /// Which key signed.
    #[serde(default)]
    pub kid: Option<String>,
    /// What the token is, such as `JWT`.
    #[serde(default)]
    pub typ: Option<String>,
    /// What the payload is; `JWT` means a token within a token.
    #[serde(default)]
    pub cty: Option<String>,
}

/// A signed token taken apart; nothing in it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compact<'a> {
    /// The decoded header.
    pub header: Header,
    /// The decoded payload.
    pub payload: Vec<u8>,
    /// The decoded signature.
    pub signature: Vec<u8>,
    /// The text that was signed: encoded header, dot, encoded payload.
    pub signing_input: &'a str,
}

/// Takes a compact JWS apart; `None` unless it has three parts that decode and a header that is understood.
pub fn parse_compact(token: &str) -> Option<Compact<'_>> {
    if token.len() > MAX_COMPACT_LENGTH {
        return None;
    }
    let (signing_input, signature) = token.rsplit_once('.')?;
    let (header, payload) = signing_input.split_once('.')?;
    Some(Compact {
        header: read_header(&base64url::decode(header)?)?,
        // A fourth dot would stand in here, and is no base64url character.
        payload: base64url::decode(payload)?,
        signature: base64url::decode(signature)?,
        signing_input,
    })
}

fn read_header(bytes: &[u8]) -> Option<Header> {
    #[derive(Deserialize)]
    struct Critical {
        crit: Option<serde::de::IgnoredAny>,
        b64: Option<bool>,
    }
    // serde would read a struct from an array as well.
    if bytes.first() != Some(&b'{') {
        return None;
    }
    let critical: Critical = serde_json::from_slice(bytes).ok()?;
    // No extension is understood here, and what is marked critical must be understood (section 4.1.11).
    if critical.crit.is_some() || critical.b64 == Some(false) {
        return None;
    }
    serde_json::from_slice(bytes).ok()
}
