//! Public keys as numbers, and their encodings: SubjectPublicKeyInfo (RFC 5280), PKCS#1 (RFC 8017), PEM.

use super::{Certificate, Jwk};
use crate::der::{self, Reader};
use crate::{base64url, pem};

const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const OID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text or bytes are no key in any form known here.
    #[error("not a PEM, DER or JWK encoding of a key")]
    Malformed,
    /// Neither RSA, nor ECDSA on P-256, P-384 or P-521, nor Ed25519.
    #[error("the kind of key is not supported: use RSA, ECDSA on P-256, P-384 or P-521, or Ed25519")]
    Unsupported,
    /// RSA keys must have 2048 to 8192 bits.
    #[error("the RSA key has {0} bits: use 2048 to 8192")]
    RsaSize(usize),
    /// The algorithm does not belong to this kind of key.
    #[error("the algorithm does not fit the kind of key")]
    WrongAlgorithm,
    /// The cryptographic provider could not make or encode the key.
    #[error("the cryptographic provider could not make the key")]
    Generation,
}

/// A curve of NIST.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Curve {
    /// P-256.
    P256,
    /// P-384.
    P384,
    /// P-521.
    P521,
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    /// The name in a JWK (RFC 7518 section 6.2.1.1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The bytes of one coordinate.
    pub const fn coordinate_length(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    const fn oid(self) -> &'static [u8] {
        match self {
            Self::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
            Self::P384 => &[0x2b, 0x81, 0x04, 0x00, 0x22],
            Self::P521 => &[0x2b, 0x81, 0x04, 0x00, 0x23],
        }
    }
}

/// A public key. Its parts have the right lengths, but only a [`super::VerifyingKey`] has proved that they are a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA: modulus and exponent, big-endian without leading zeros.
    Rsa {
        /// The modulus.
        n: Vec<u8>,
        /// The exponent.
        e: Vec<u8>,
    },
    /// ECDSA: the point's coordinates at full length.
    Ec {
        /// The curve.
        curve: Curve,
        /// The first coordinate.
        x: Vec<u8>,
        /// The second coordinate.
        y: Vec<u8>,
    },
    /// Ed25519: the encoded point.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// From a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] or [`KeyError::Unsupported`].
    pub fn from_spki_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut outer = Reader::new(bytes);
        let mut info = outer.sequence().ok_or(KeyError::Malformed)?;
        let mut algorithm = info.sequence().ok_or(KeyError::Malformed)?;
        let key = info.bit_string().ok_or(KeyError::Malformed)?;
        if !outer.is_empty() || !info.is_empty() {
            return Err(KeyError::Malformed);
        }
        match algorithm.expect(der::OBJECT_IDENTIFIER).ok_or(KeyError::Malformed)? {
            OID_RSA => Self::from_pkcs1_der(key),
            OID_EC => {
                let oid = algorithm.expect(der::OBJECT_IDENTIFIER).ok_or(KeyError::Unsupported)?;
                let curve = Curve::ALL.into_iter().find(|curve| curve.oid() == oid).ok_or(KeyError::Unsupported)?;
                Self::from_point(curve, key)
            }
            OID_ED25519 => Ok(Self::Ed25519(key.try_into().map_err(|_| KeyError::Malformed)?)),
            _ => Err(KeyError::Unsupported),
        }
    }

    /// From a DER RSAPublicKey (PKCS#1).
    ///
    /// # Errors
    /// [`KeyError::Malformed`], or [`KeyError::RsaSize`].
    pub fn from_pkcs1_der(bytes: &[u8]) -> Result<Self, KeyError> {
        let mut outer = Reader::new(bytes);
        let mut inner = outer.sequence().ok_or(KeyError::Malformed)?;
        let (n, e) = (inner.unsigned().ok_or(KeyError::Malformed)?, inner.unsigned().ok_or(KeyError::Malformed)?);
        if !outer.is_empty() || !inner.is_empty() {
            return Err(KeyError::Malformed);
        }
        Self::rsa(n, e)
    }

    /// From an uncompressed point (SEC 1 section 2.3.3).
    pub(super) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let length = curve.coordinate_length();
        let point = point.strip_prefix(&[4]).filter(|rest| rest.len() == 2 * length).ok_or(KeyError::Malformed)?;
        let (x, y) = point.split_at(length);
        Ok(Self::Ec { curve, x: x.to_vec(), y: y.to_vec() })
    }

    /// From PEM: a public key (SubjectPublicKeyInfo or PKCS#1, whatever the label says) or an X.509 certificate.
    ///
    /// # Errors
    /// [`KeyError`] if it is none of them.
    pub fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        let pem = pem::decode(text).ok_or(KeyError::Malformed)?;
        match Self::from_spki_der(&pem.content) {
            Err(KeyError::Malformed) => Self::from_pkcs1_der(&pem.content).or_else(|error| match error {
                KeyError::Malformed => Certificate::from_der(&pem.content).map(|certificate| certificate.public_key),
                other => Err(other),
            }),
            result => result,
        }
    }

    /// From a JWK. Its `use`, `alg` and `kid` are not looked at.
    ///
    /// # Errors
    /// [`KeyError::Malformed`], [`KeyError::Unsupported`] or [`KeyError::RsaSize`].
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let part = |text: &Option<String>| text.as_ref().and_then(base64url::decode).ok_or(KeyError::Malformed);
        match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (part(&jwk.n)?, part(&jwk.e)?);
                // Some providers write leading zeros, which RFC 7518 section 2 forbids but which change nothing.
                let strip = |bytes: &[u8]| bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
                Self::rsa(&n[strip(&n)..], &e[strip(&e)..])
            }
            ("EC", Some(name)) => {
                let curve = Curve::ALL.into_iter().find(|curve| curve.name() == name).ok_or(KeyError::Unsupported)?;
                let (x, y) = (part(&jwk.x)?, part(&jwk.y)?);
                if x.len() != curve.coordinate_length() || y.len() != curve.coordinate_length() {
                    return Err(KeyError::Malformed);
                }
                Ok(Self::Ec { curve, x, y })
            }
            ("OKP", Some("Ed25519")) => part(&jwk.x)?.try_into().map(Self::Ed25519).map_err(|_| KeyError::Malformed),
            _ => Err(KeyError::Unsupported),
        }
    }

    fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
        if !(2048..=8192).contains(&bits) {
            return Err(KeyError::RsaSize(bits));
        }
        // An even exponent is none, and 1 would leave the message unchanged.
        let odd = e.last().is_some_and(|byte| byte & 1 == 1);
        if !odd || e == [1] || e.len() > 4 {
            return Err(KeyError::Malformed);
        }
        Ok(Self::Rsa { n: n.to_vec(), e: e.to_vec() })
    }

    /// The DER SubjectPublicKeyInfo.
    pub fn to_spki_der(&self) -> Vec<u8> {
        let oid = |bytes: &[u8]| der::element(der::OBJECT_IDENTIFIER, bytes);
        let algorithm = match self {
            Self::Rsa { .. } => der::sequence(&[&oid(OID_RSA), &der::element(der::NULL, &[])]),
            Self::Ec { curve, .. } => der::sequence(&[&oid(OID_EC), &oid(curve.oid())]),
            Self::Ed25519(_) => der::sequence(&[&oid(OID_ED25519)]),
        };
        der::sequence(&[&algorithm, &der::bit_string(&self.raw())])
    }

    /// What stands in the bit string: RSAPublicKey, uncompressed point, or the 32 bytes.
    pub(super) fn raw(&self) -> Vec<u8> {
        match self {
            Self::Rsa { n, e } => der::sequence(&[&der::unsigned(n), &der::unsigned(e)]),
            Self::Ec { x, y, .. } => [&[4], x.as_slice(), y].concat(),
            Self::Ed25519(x) => x.to_vec(),
        }
    }

    /// The JWK with the parts of the key only.
    pub fn to_jwk(&self) -> Jwk {
        let text = |bytes: &[u8]| Some(base64url::encode(bytes));
        match self {
            Self::Rsa { n, e } => Jwk { kty: "RSA".into(), n: text(n), e: text(e), ..Jwk::default() },
            Self::Ec { curve, x, y } => {
                Jwk { kty: "EC".into(), crv: Some(curve.name().into()), x: text(x), y: text(y), ..Jwk::default() }
            }
            Self::Ed25519(x) => Jwk { kty: "OKP".into(), crv: Some("Ed25519".into()), x: text(x), ..Jwk::default() },
        }
    }
}
