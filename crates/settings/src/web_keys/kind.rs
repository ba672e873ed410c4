//! Kinds of web keys and the algorithms that follow from them.

use castellan_crypto::jose::{Algorithm, RsaBits};
use serde_json::{Value, json};

/// Size of an RSA key; the number is that of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum RsaSize {
    #[default]
    Bits2048 = 1,
    Bits3072 = 2,
    Bits4096 = 3,
}

/// Hash function of RSA signatures; the number is that of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Hasher {
    #[default]
    Sha256 = 1,
    Sha384 = 2,
    Sha512 = 3,
}

/// Curve of an ECDSA key; the number is that of the contract, which calls P-521 `P512`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum Curve {
    #[default]
    P256 = 1,
    P384 = 2,
    P521 = 3,
}

/// What kind of key, with its parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebKeyKind {
    /// RSASSA-PKCS1-v1_5.
    Rsa(RsaSize, Hasher),
    /// ECDSA.
    Ecdsa(Curve),
    /// Ed25519.
    Ed25519,
}

impl Default for WebKeyKind {
    fn default() -> Self {
        Self::Rsa(RsaSize::default(), Hasher::default())
    }
}

impl WebKeyKind {
    /// The algorithm of signatures by such a key.
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::Rsa(_, Hasher::Sha256) => Algorithm::RS256,
            Self::Rsa(_, Hasher::Sha384) => Algorithm::RS384,
            Self::Rsa(_, Hasher::Sha512) => Algorithm::RS512,
            Self::Ecdsa(Curve::P256) => Algorithm::ES256,
            Self::Ecdsa(Curve::P384) => Algorithm::ES384,
            Self::Ecdsa(Curve::P521) => Algorithm::ES512,
            Self::Ed25519 => Algorithm::EdDSA,
        }
    }

    /// The bits of an RSA key.
    pub(super) const fn rsa_bits(self) -> Option<RsaBits> {
        match self {
            Self::Rsa(RsaSize::Bits2048, _) => Some(RsaBits::Rsa2048),
            Self::Rsa(RsaSize::Bits3072, _) => Some(RsaBits::Rsa3072),
            Self::Rsa(RsaSize::Bits4096, _) => Some(RsaBits::Rsa4096),
            Self::Ecdsa(_) | Self::Ed25519 => None,
        }
    }

    /// How storage names the kind; the algorithm stands in a column of its own.
    pub(super) const fn stored_name(self) -> &'static str {
        match self {
            Self::Rsa(RsaSize::Bits2048, _) => "rsa2048",
            Self::Rsa(RsaSize::Bits3072, _) => "rsa3072",
            Self::Rsa(RsaSize::Bits4096, _) => "rsa4096",
            Self::Ecdsa(_) => "ecdsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// From what storage keeps.
    pub(super) fn from_stored(name: &str, algorithm: Algorithm) -> Option<Self> {
        let hasher = || match algorithm {
            Algorithm::RS384 => Hasher::Sha384,
            Algorithm::RS512 => Hasher::Sha512,
            _ => Hasher::Sha256,
        };
        Some(match name {
            "rsa2048" => Self::Rsa(RsaSize::Bits2048, hasher()),
            "rsa3072" => Self::Rsa(RsaSize::Bits3072, hasher()),
            "rsa4096" => Self::Rsa(RsaSize::Bits4096, hasher()),
            "ecdsa" => Self::Ecdsa(match algorithm {
                Algorithm::ES384 => Curve::P384,
                Algorithm::ES512 => Curve::P521,
                _ => Curve::P256,
            }),
            "ed25519" => Self::Ed25519,
            _ => return None,
        })
    }

    /// `configType` and `config` of the event.
    pub(super) fn event_config(self) -> (i32, Value) {
        match self {
            Self::Rsa(size, hasher) => (1, json!({"bits": size as i32, "hasher": hasher as i32})),
            Self::Ecdsa(curve) => (2, json!({"curve": curve as i32})),
            Self::Ed25519 => (3, json!({})),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_comes_back_from_storage() {
        let rsa = [RsaSize::Bits2048, RsaSize::Bits3072, RsaSize::Bits4096]
            .into_iter()
            .flat_map(|size| [Hasher::Sha256, Hasher::Sha384, Hasher::Sha512].map(|hash| WebKeyKind::Rsa(size, hash)));
        let curves = [Curve::P256, Curve::P384, Curve::P521].map(WebKeyKind::Ecdsa);
        for kind in rsa.chain(curves).chain([WebKeyKind::Ed25519]) {
            assert_eq!(WebKeyKind::from_stored(kind.stored_name(), kind.algorithm()), Some(kind));
        }
    }
}
