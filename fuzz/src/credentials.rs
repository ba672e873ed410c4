//! Credentials: forms, Basic headers, assertions, opaque tokens, uploaded keys. Nothing made up may be accepted.

use std::sync::LazyLock;

use castellan_crypto::assertion::{self, Rules};
use castellan_crypto::jose::{Certificate, JwkSet, PublicKey, VerifyingKey, parse_compact};
use castellan_crypto::opaque::{OpaqueKey, open_legacy_token, open_token};
use castellan_kernel::Timestamp;
use castellan_oidc::form::{Parameters, basic_credentials, decode_component};
use castellan_oidc::scope::Scopes;

use crate::seeds;

/// A query, a line end, a form body: either is read as a whole or refused, and a parameter comes back as it was encoded.
pub fn form(data: &[u8]) {
    let split = data.iter().position(|&byte| byte == b'\n');
    let (first, body) = split.map_or((data, &b""[..]), |end| (&data[..end], &data[end + 1..]));
    let Ok(first) = str::from_utf8(first) else { return };
    if let Ok(parameters) = Parameters::read(Some(first), body) {
        for name in ["grant_type", "scope", "assertion", "client_id", "client_secret", "token"] {
            let _ = parameters.require(name);
        }
        if let Ok(Some(scope)) = parameters.get("scope") {
            let scopes = Scopes::known(scope);
            let _ = (scopes.audience("1"), scopes.role_keys(), scopes.role_orgs(), scopes.org(), scopes.to_text());
        }
    }
    let _ = basic_credentials(Some(first));
    if let Some(decoded) = decode_component(first) {
        assert!(decoded.len() <= first.len());
        let encoded: String = decoded.bytes().map(|byte| format!("%{byte:02X}")).collect();
        assert_eq!(decode_component(&encoded), Some(decoded));
    }
}

/// A token: what verifies is the one token that was really signed.
pub fn jwt(data: &[u8]) {
    static KEY: LazyLock<VerifyingKey> = LazyLock::new(|| VerifyingKey::from_pem(seeds::PUBLIC_KEY.as_bytes()).unwrap());
    let Ok(text) = str::from_utf8(data) else { return };
    let parsed = parse_compact(text);
    let Ok(peeked) = assertion::peek(text) else { return };
    assert!(parsed.is_some());
    let _ = (peeked.kid(), peeked.issuer());
    let now = Timestamp::from_seconds(seeds::ISSUED_AT + 1);
    let rules = Rules { audience: seeds::ISSUER, issuer: None, now, offset_seconds: 1 };
    if peeked.verify(&KEY, &rules).is_ok() {
        assert_eq!(text, seeds::SIGNED_ASSERTION, "a token that nobody signed was accepted");
    }
}

/// A token: what opens is the one token that was really sealed.
pub fn opaque(data: &[u8]) {
    static KEY: LazyLock<OpaqueKey> = LazyLock::new(|| OpaqueKey::new(&seeds::secret_key(), true));
    let Ok(text) = str::from_utf8(data) else { return };
    if let Some(plaintext) = open_token(&KEY, text) {
        assert_eq!(text, *seeds::SEALED_TOKEN, "a token that nobody sealed was opened to {plaintext}");
    }
    if let Some(plaintext) = open_legacy_token(&KEY, text) {
        assert!(plaintext.bytes().all(|byte| byte.is_ascii_graphic()));
    }
}

/// An uploaded key, a certificate or a key set: what is read can be written and read again.
pub fn key(data: &[u8]) {
    for public in [PublicKey::from_pem(data), PublicKey::from_spki_der(data), PublicKey::from_pkcs1_der(data)] {
        if let Ok(public) = public {
            let again = PublicKey::from_spki_der(&public.to_spki_der()).unwrap();
            assert_eq!(again.to_spki_der(), public.to_spki_der());
            let _ = PublicKey::from_jwk(&public.to_jwk()).unwrap();
            let _ = VerifyingKey::new(public);
        }
    }
    for certificate in [Certificate::from_pem(data), Certificate::from_der(data)].into_iter().flatten() {
        let _ = certificate.is_valid_at(Timestamp::from_seconds(seeds::ISSUED_AT));
    }
    if let Some(set) = JwkSet::parse(data) {
        let _ = set.verifying_keys().count();
    }
}
