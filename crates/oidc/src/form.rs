//! Parameters of OAuth requests: query and form body together, strictly decoded, and client credentials from the
//! `Authorization` header (RFC 6749 2.3.1 and Appendix B).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_db::Text;

use crate::error::{OAuthError, OAuthResult};

/// The parameters of one request, in order.
#[derive(Debug, Default, Clone)]
pub struct Parameters(Vec<(Text, Text)>);

impl Parameters {
    /// Decodes `application/x-www-form-urlencoded` texts, the query and the body.
    ///
    /// # Errors
    /// `invalid_request` for broken percent-encoding or bytes that are not UTF-8.
    pub fn read(query: Option<&str>, body: &[u8]) -> OAuthResult<Self> {
        let undecodable = || OAuthError::invalid_request("error decoding form");
        let body = std::str::from_utf8(body).map_err(|_| undecodable())?;
        let mut pairs = Vec::new();
        for pair in query.into_iter().chain([body]).flat_map(|text| text.split('&')).filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            pairs.push((
                decode_component(name).ok_or_else(undecodable)?.into(),
                decode_component(value).ok_or_else(undecodable)?.into(),
            ));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter; empty ones count as absent (RFC 6749 3.2).
    ///
    /// # Errors
    /// `invalid_request` when it is given twice (RFC 6749 3.2: parameters must not be included more than once).
    pub fn get(&self, name: &str) -> OAuthResult<Option<&str>> {
        let mut values = self.0.iter().filter(|(own, value)| own == name && !value.is_empty());
        let value = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            return Err(OAuthError::invalid_request(format!("the parameter {name} is given more than once")));
        }
        Ok(value)
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request`, `<name> missing`.
    pub fn require(&self, name: &str) -> OAuthResult<&str> {
        self.get(name)?.ok_or_else(|| OAuthError::invalid_request(format!("{name} missing")))
    }
}

/// Decodes one form component: `+` is a space, `%XX` a byte. `None` if it is broken.
pub fn decode_component(text: &str) -> Option<Cow<'_, str>> {
    // All of it, without a branch for each byte.
    if text.bytes().fold(true, |is_plain, byte| is_plain & !matches!(byte, b'+' | b'%')) {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// Client id and secret of an `Authorization: Basic` header; both are form-decoded after base64.
///
/// # Errors
/// `invalid_client` for a Basic header that is broken.
pub fn basic_credentials(header: Option<&str>) -> OAuthResult<Option<(String, String)>> {
    let Some((scheme, encoded)) = header.and_then(|header| header.split_once(' ')) else { return Ok(None) };
    if !scheme.eq_ignore_ascii_case("basic") {
        return Ok(None);
    }
    let decode = || {
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((decode_component(id)?.into_owned(), decode_component(secret)?.into_owned()))
    };
    decode().map(Some).ok_or_else(|| OAuthError::invalid_client("invalid basic auth header"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_given_twice_is_refused() {
        let parameters = Parameters::read(Some("scope=a"), b"scope=b&x=").unwrap();
        assert!(parameters.get("scope").is_err());
        assert_eq!(parameters.get("x").unwrap(), None);
    }

    #[test]
    fn broken_percent_encoding_is_refused() {
        assert!(Parameters::read(None, b"a=%zz").is_err());
        assert!(Parameters::read(None, b"a=%ff").is_err());
    }

    #[test]
    fn basic_credentials_are_form_decoded() {
        let header = format!("Basic {}", STANDARD.encode("my%20user%40x:p%3Aw"));
        assert_eq!(basic_credentials(Some(&header)).unwrap(), Some(("my user@x".into(), "p:w".into())));
        assert!(basic_credentials(Some("Basic !!")).is_err());
        assert!(basic_credentials(Some("Bearer x")).unwrap().is_none());
    }
}
