//! PEM texts (RFC 7468), and the RSA key pairs that service users and applications are given (oauth.md 3.4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::der::{self, Reader};
use crate::jose::{Algorithm, KeyError, PublicKey, RsaBits, SigningKey};

/// Longer texts are refused: they hold no key.
const MAX_LENGTH: usize = 64 * 1024;
const LINE: usize = 64;

/// One block of a PEM text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pem {
    /// What stands after `BEGIN`, such as `PUBLIC KEY`.
    pub label: String,
    /// The decoded content.
    pub content: Zeroizing<Vec<u8>>,
}

/// Reads the first block of a PEM text. What stands before and after it, line ends, blanks and header lines are ignored.
pub fn decode(text: &[u8]) -> Option<Pem> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let text = std::str::from_utf8(text).ok()?;
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let mut digits = Zeroizing::new(String::with_capacity(body.len()));
    for line in body.lines().filter(|line| !line.contains(':')) {
        digits.extend(line.chars().filter(|character| !character.is_ascii_whitespace()));
    }
    let content = Zeroizing::new(STANDARD.decode(digits.as_bytes()).ok()?);
    Some(Pem { label: label.to_owned(), content })
}

/// Writes one block with lines of 64 characters and a final newline.
pub fn encode(label: &str, content: &[u8]) -> String {
    let digits = Zeroizing::new(STANDARD.encode(content));
    let mut text = String::with_capacity(digits.len() + digits.len() / LINE + 2 * label.len() + 40);
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = digits.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, so that every index is a character boundary.
        let (line, after) = rest.split_at(rest.len().min(LINE));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The PKCS#1 private key inside a PKCS#8 document of an RSA key (RFC 5208, RFC 8017 A.1.2).
pub fn pkcs1_of_pkcs8(pkcs8: &[u8]) -> Option<&[u8]> {
    let mut info = Reader::new(pkcs8).sequence()?;
    info.unsigned()?;
    info.sequence()?;
    info.expect(der::OCTET_STRING)
}

/// A new RSA key pair for a service user or an application.
#[derive(Debug)]
pub struct RsaKeyPair {
    /// PEM, label `RSA PRIVATE KEY`, PKCS#1. Shown to the user once and never stored.
    pub private_pem: Zeroizing<String>,
    /// PEM, label `RSA PUBLIC KEY`, though its content is a SubjectPublicKeyInfo: what clients of the contract know.
    pub public_pem: String,
}

impl RsaKeyPair {
    /// Draws a new pair. Takes tens of milliseconds and more for longer keys, so run it outside async workers.
    ///
    /// # Errors
    /// [`KeyError::Generation`] if the provider cannot make a key.
    pub fn generate(bits: RsaBits) -> Result<Self, KeyError> {
        let key = SigningKey::generate_rsa("", bits, Algorithm::RS256)?;
        let pkcs8 = key.to_pkcs8()?;
        let pkcs1 = pkcs1_of_pkcs8(&pkcs8).ok_or(KeyError::Generation)?;
        Ok(Self {
            private_pem: Zeroizing::new(encode("RSA PRIVATE KEY", pkcs1)),
            public_pem: stored_public_pem(key.public_key()),
        })
    }
}

/// A public key in the form it is stored and shown: a SubjectPublicKeyInfo under the label `RSA PUBLIC KEY` (oauth.md 3.4).
pub fn stored_public_pem(key: &PublicKey) -> String {
    encode("RSA PUBLIC KEY", &key.to_spki_der())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::jose::VerifyingKey;

    #[test]
    fn a_generated_pair_signs_and_verifies() {
        let pair = RsaKeyPair::generate(RsaBits::Rsa2048).unwrap();
        assert!(pair.private_pem.starts_with("-----BEGIN RSA PRIVATE KEY-----\nMII"));
        assert!(pair.private_pem.ends_with("\n-----END RSA PRIVATE KEY-----\n"));
        assert!(pair.public_pem.starts_with("-----BEGIN RSA PUBLIC KEY-----\n"));
        let signing = SigningKey::from_pem("1", Algorithm::RS256, pair.private_pem.as_bytes()).unwrap();
        let token = signing.sign("JWT", b"{}").unwrap();
        let verifying = VerifyingKey::from_pem(pair.public_pem.as_bytes()).unwrap();
        let compact = crate::jose::parse_compact(&token).unwrap();
        verifying.verify(&compact, &[Algorithm::RS256]).unwrap();
        assert_eq!(stored_public_pem(verifying.public_key()), pair.public_pem);
    }

    #[test]
    fn texts_around_a_block_and_foreign_line_ends_do_not_matter() {
        let pem =
            decode(b"Bag Attributes\r\n-----BEGIN X-----\r\nProc-Type: 4\r\n AQ\r\n ID \r\n-----END X-----\r\nend")
                .unwrap();
        assert_eq!((pem.label.as_str(), pem.content.as_slice()), ("X", [1, 2, 3].as_slice()));
    }

    #[test]
    fn a_block_without_its_end_is_refused() {
        assert_eq!(decode(b"-----BEGIN X-----\nAQID\n-----END Y-----\n"), None);
        assert_eq!(decode(b"-----BEGIN X-----\nAQI\n-----END X-----\n"), None);
    }

    proptest! {
        #[test]
        fn written_blocks_read_back(content: Vec<u8>) {
            let pem = decode(encode("A B", &content).as_bytes()).unwrap();
            prop_assert_eq!(pem.content.as_slice(), content.as_slice());
        }

        #[test]
        fn any_text_is_read_without_panic(text in "(-----(BEGIN|END) ?[AB ]{0,2}-----|[A-Za-z0-9+/=:\n]){0,40}") {
            let _ = decode(text.as_bytes());
        }
    }
}
