//! The three things wanted from an X.509 certificate (RFC 5280 section 4.1): its public key and its time of validity.

use castellan_kernel::Timestamp;

use super::{KeyError, PublicKey};
use crate::der::{self, Reader};
use crate::pem;

/// A certificate as a container of a public key; neither its signature nor its names are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The key of its subject.
    pub public_key: PublicKey,
    /// The first moment it is valid.
    pub not_before: Timestamp,
    /// The last moment it is valid.
    pub not_after: Timestamp,
}

impl Certificate {
    /// From DER.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] if it is no certificate, or the error of its key.
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let (key, not_before, not_after) = read(bytes).ok_or(KeyError::Malformed)?;
        Ok(Self { public_key: PublicKey::from_spki_der(key)?, not_before, not_after })
    }

    /// From PEM.
    ///
    /// # Errors
    /// As [`Certificate::from_der`].
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        Self::from_der(&pem::decode(text).ok_or(KeyError::Malformed)?.content)
    }

    /// Whether it is valid at this time.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }
}

fn read(bytes: &[u8]) -> Option<(&[u8], Timestamp, Timestamp)> {
    let mut outer = Reader::new(bytes);
    let mut body = outer.sequence().filter(|_| outer.is_empty())?.sequence()?;
    if body.peek_tag() == Some(der::CONTEXT_0) {
        body.element()?; // version
    }
    body.expect(der::INTEGER)?; // serial number
    body.sequence()?; // signature algorithm
    body.sequence()?; // issuer
    let mut validity = body.sequence()?;
    let (not_before, not_after) = (read_time(&mut validity)?, read_time(&mut validity)?);
    body.sequence()?; // subject
    let (tag, _, key) = body.element()?;
    (tag == der::SEQUENCE).then_some((key, not_before, not_after))
}

/// UTCTime `YYMMDDHHMMSSZ` (50 and above is the last century) or GeneralizedTime `YYYYMMDDHHMMSSZ`.
fn read_time(reader: &mut Reader<'_>) -> Option<Timestamp> {
    let (tag, content, _) = reader.element()?;
    let digits = std::str::from_utf8(content).ok()?.strip_suffix('Z')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = match (tag, digits.len()) {
        (der::UTC_TIME, 12) => format!("{}{digits}", if digits >= "5" { "19" } else { "20" }),
        (der::GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to);
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    ))
}
