use castellan_kernel::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{base64url, pem};

// The keys and the certificate below were made for these tests.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIULvtIh5IPWHgk4yMsEheCanAU3tcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJY2FzdGVsbGFuMCAXDTI2MTEyMzIzNDUwN1oYDzIwODEwODI2
MjM0NTA3WjAUMRIwEAYDVQQDDAljYXN0ZWxsYW4wWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASizjqico2vAORksQsniwShedm1uzZgojFFTuiUEK62/r80RfhIH0oj
ACeXY4Ds0UZan52k6HhARUzlTJ+cmio1o1MwUTAdBgNVHQ4EFgQUJND/p2gGO8oz
2GpQbQnlsXwePpAwHwYDVR0jBBgwFoAUJND/p2gGO8oz2GpQbQnlsXwePpAwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA4MWyDJkRU72IAnKSCtaT
W3PFKstqkzeX40exFTeVRLICIQCr5VIFcEst2GyIjFwgKH+BYs1yJPM1Y+9TmlNM
niaNyQ==
-----END CERTIFICATE-----
";
const EC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEos46onKNrwDkZLELJ4sEoXnZtbs2
YKIxRU7olBCutv6/NEX4SB9KIwAnl2OA7NFGWp+dpOh4QEVM5UyfnJoqNQ==
-----END PUBLIC KEY-----
";
const EC_PRIVATE: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIBgMoZqydCrkuYBCNjEPK8OeSPK8vm0F6SIyvpvyLXvXoAoGCCqGSM49
AwEHoUQDQgAEos46onKNrwDkZLELJ4sEoXnZtbs2YKIxRU7olBCutv6/NEX4SB9K
IwAnl2OA7NFGWp+dpOh4QEVM5UyfnJoqNQ==
-----END EC PRIVATE KEY-----
";
const ED25519_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEICF5Jz/1d1jWAD+Sqedd8XKjKlC5NLqhBICBFZKr5S9+
-----END PRIVATE KEY-----
";

const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

fn jwk(value: Value) -> Jwk {
    serde_json::from_value(value).unwrap()
}

fn verifies(key: &VerifyingKey, token: &str) -> Result<(), VerifyError> {
    key.verify(&parse_compact(token).unwrap(), &Algorithm::ALL)
}

#[test]
fn the_rs256_example_of_rfc_7515_a_2_verifies() {
    let key = VerifyingKey::from_jwk(&jwk(json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}))).unwrap();
    let token = format!(
        "eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
    );
    assert_eq!(verifies(&key, &token), Ok(()));
    let claims: RegisteredClaims = read_claims(&parse_compact(&token).unwrap()).unwrap();
    assert_eq!((claims.iss.as_deref(), claims.exp), (Some("joe"), Some(NumericDate(1_300_819_380))));
}

#[test]
fn the_es256_example_of_rfc_7515_a_3_verifies() {
    let key = VerifyingKey::from_jwk(&jwk(json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}))).unwrap();
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert_eq!(verifies(&key, &format!("eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.{signature}")), Ok(()));
}

#[test]
fn the_es512_example_of_rfc_7515_a_4_verifies() {
    let key = VerifyingKey::from_jwk(&jwk(json!({"kty": "EC", "crv": "P-521", "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk", "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"}))).unwrap();
    let token = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    assert_eq!(verifies(&key, token), Ok(()));
}

#[test]
fn the_ed25519_example_of_rfc_8037_verifies_and_has_its_thumbprint() {
    let jwk = jwk(json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}));
    let key = VerifyingKey::from_jwk(&jwk).unwrap();
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(verifies(&key, token), Ok(()));
    assert_eq!(jwk.thumbprint().unwrap(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn the_thumbprint_is_that_of_rfc_7638() {
    let jwk = jwk(
        json!({"kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}),
    );
    assert_eq!(jwk.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

#[test]
fn every_algorithm_signs_stores_publishes_and_verifies() {
    for algorithm in Algorithm::ALL {
        let made = SigningKey::generate("341", algorithm).unwrap();
        let key = SigningKey::from_pkcs8("341", algorithm, &made.to_pkcs8().unwrap()).unwrap();
        assert_eq!(key.public_jwk(), made.public_jwk(), "{algorithm}");
        let token = key.sign("JWT", br#"{"sub":"me"}"#).unwrap();
        let published: Jwk = serde_json::from_str(&serde_json::to_string(&made.public_jwk()).unwrap()).unwrap();
        let verifying = VerifyingKey::from_jwk(&published).unwrap();
        assert_eq!(verifies(&verifying, &token), Ok(()), "{algorithm}");
        let header = &parse_compact(&token).unwrap().header;
        assert_eq!(
            (header.alg.as_str(), header.kid.as_deref(), header.typ.as_deref()),
            (algorithm.name(), Some("341"), Some("JWT"))
        );
        let spki = pem::encode("PUBLIC KEY", &made.public_key().to_spki_der());
        assert_eq!(VerifyingKey::from_pem(spki.as_bytes()).unwrap().public_key(), made.public_key());

        let mut altered = token.clone().into_bytes();
        let position = token.find('.').unwrap() + 3;
        altered[position] ^= 1;
        assert!(
            parse_compact(std::str::from_utf8(&altered).unwrap())
                .is_none_or(|token| verifying.verify(&token, &Algorithm::ALL).is_err())
        );
    }
}

#[test]
fn ecdsa_signatures_have_their_full_length() {
    for (algorithm, length) in [(Algorithm::ES256, 64), (Algorithm::ES384, 96), (Algorithm::ES512, 132)] {
        assert_eq!(SigningKey::generate("", algorithm).unwrap().signature(b"x").unwrap().len(), length);
    }
}

#[test]
fn a_published_rsa_key_has_the_members_of_the_contract_in_order() {
    let key = SigningKey::generate_rsa("341", RsaBits::Rsa3072, Algorithm::RS384).unwrap();
    let text = serde_json::to_string(&key.public_jwk()).unwrap();
    assert!(text.starts_with(r#"{"use":"sig","kty":"RSA","kid":"341","alg":"RS384","n":""#), "{text}");
    assert!(text.ends_with(r#"","e":"AQAB"}"#), "{text}");
}

#[test]
fn a_token_is_accepted_only_with_an_algorithm_of_key_and_caller() {
    let rsa = SigningKey::generate("1", Algorithm::RS256).unwrap();
    let token = rsa.sign("JWT", b"{}").unwrap();
    let token = parse_compact(&token).unwrap();
    let any = VerifyingKey::new(rsa.public_key().clone()).unwrap();
    assert_eq!(any.verify(&token, &[Algorithm::RS256]), Ok(()));
    assert_eq!(any.verify(&token, &[Algorithm::PS256]), Err(VerifyError::Algorithm));
    let pss = any.restricted_to(Algorithm::PS256).unwrap();
    assert_eq!(pss.verify(&token, &Algorithm::ALL), Err(VerifyError::Algorithm));
    let ec = VerifyingKey::from_pem(EC_PUBLIC.as_bytes()).unwrap();
    assert_eq!(ec.verify(&token, &Algorithm::ALL), Err(VerifyError::Algorithm));
    assert_eq!(ec.restricted_to(Algorithm::RS256).unwrap_err(), KeyError::WrongAlgorithm);
}

#[test]
fn none_and_hmac_are_never_accepted() {
    let key = VerifyingKey::from_pem(EC_PUBLIC.as_bytes()).unwrap();
    for algorithm in ["none", "None", "HS256", "ES384", ""] {
        let token = format!("{}.e30.", base64url::encode(json!({"alg": algorithm}).to_string()));
        assert_eq!(verifies(&key, &token), Err(VerifyError::Algorithm), "{algorithm}");
    }
    assert_eq!(verifies(&key, "eyJhbGciOiJFUzI1NiJ9.e30."), Err(VerifyError::Signature));
}

#[test]
fn critical_extensions_and_odd_headers_are_refused() {
    for header in [
        r#"{"alg":"ES256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"ES256","b64":false}"#,
        r#"["ES256",null,null,null]"#,
        r#"{"alg":1}"#,
        r#"{"alg":"ES256","alg":"none"}"#,
        "{}",
        "",
    ] {
        assert_eq!(parse_compact(&format!("{}.e30.AAAA", base64url::encode(header))), None, "{header}");
    }
}

#[test]
fn texts_of_another_shape_are_refused() {
    for token in [
        "",
        ".",
        "..",
        "...",
        "a.b.c",
        "eyJhbGciOiJFUzI1NiJ9.e30",
        "eyJhbGciOiJFUzI1NiJ9.e30.AA.AA",
        "eyJhbGciOiJFUzI1NiJ9.e30=.AA",
        " eyJhbGciOiJFUzI1NiJ9.e30.AA",
    ] {
        assert_eq!(parse_compact(token), None, "{token}");
    }
    let long = format!("eyJhbGciOiJFUzI1NiJ9.{}.AA", "A".repeat(MAX_COMPACT_LENGTH));
    assert_eq!(parse_compact(&long), None);
}

#[test]
fn a_public_key_reads_alike_from_spki_pkcs1_and_any_label() {
    let rsa = SigningKey::generate("1", Algorithm::RS256).unwrap();
    let expected = rsa.public_key();
    for label in ["PUBLIC KEY", "RSA PUBLIC KEY", "WHATEVER"] {
        for content in [expected.to_spki_der(), expected.raw()] {
            assert_eq!(&PublicKey::from_pem(pem::encode(label, &content).as_bytes()).unwrap(), expected);
        }
    }
}

#[test]
fn a_certificate_yields_its_key_and_validity() {
    let certificate = Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap();
    assert_eq!(certificate.public_key, PublicKey::from_pem(EC_PUBLIC.as_bytes()).unwrap());
    assert_eq!(certificate.not_before.to_rfc3339(), "2026-11-23T23:45:07Z");
    assert_eq!(certificate.not_after.to_rfc3339(), "2081-08-26T23:45:07Z");
    assert!(certificate.is_valid_at(certificate.not_after));
    assert!(!certificate.is_valid_at(certificate.not_after.plus_seconds(1)));
    assert!(!certificate.is_valid_at(certificate.not_before.plus_seconds(-1)));
    assert_eq!(PublicKey::from_pem(CERTIFICATE.as_bytes()).unwrap(), certificate.public_key);
}

#[test]
fn private_keys_read_from_sec1_and_pkcs8() {
    let ec = SigningKey::from_pem("1", Algorithm::ES256, EC_PRIVATE.as_bytes()).unwrap();
    assert_eq!(ec.public_key(), &PublicKey::from_pem(EC_PUBLIC.as_bytes()).unwrap());
    assert!(SigningKey::from_pem("1", Algorithm::EdDSA, ED25519_PRIVATE.as_bytes()).is_ok());
    for wrong in [Algorithm::RS256, Algorithm::ES384, Algorithm::EdDSA] {
        assert_eq!(SigningKey::from_pem("1", wrong, EC_PRIVATE.as_bytes()).unwrap_err(), KeyError::Malformed);
    }
}

#[test]
fn weak_foreign_and_impossible_keys_are_refused() {
    let n = base64url::encode([0xff; 128]);
    let small = jwk(json!({"kty": "RSA", "e": "AQAB", "n": n}));
    assert_eq!(VerifyingKey::from_jwk(&small).unwrap_err(), KeyError::RsaSize(1024));
    let n = base64url::encode([0xff; 256]);
    let identity = jwk(json!({"kty": "RSA", "e": "AQ", "n": n}));
    assert_eq!(VerifyingKey::from_jwk(&identity).unwrap_err(), KeyError::Malformed);
    let off_curve =
        jwk(json!({"kty": "EC", "crv": "P-256", "x": base64url::encode([1; 32]), "y": base64url::encode([1; 32])}));
    assert_eq!(VerifyingKey::from_jwk(&off_curve).unwrap_err(), KeyError::Malformed);
    for other in [
        json!({"kty": "oct", "k": "AAAA"}),
        json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
        json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
    ] {
        assert_eq!(VerifyingKey::from_jwk(&jwk(other)).unwrap_err(), KeyError::Unsupported);
    }
    let mut encryption = SigningKey::generate("1", Algorithm::ES256).unwrap().public_jwk();
    encryption.use_ = Some("enc".into());
    assert_eq!(VerifyingKey::from_jwk(&encryption).unwrap_err(), KeyError::Unsupported);
}

#[test]
fn one_odd_key_does_not_cost_the_rest_of_the_set() {
    let good = SigningKey::generate("good", Algorithm::EdDSA).unwrap().public_jwk();
    let set = json!({"keys": [1, {"kid": "no type"}, {"kty": "oct", "kid": "other"}, good]}).to_string();
    let set = JwkSet::parse(set.as_bytes()).unwrap();
    assert_eq!(set.verifying_keys().map(|(jwk, _)| jwk.kid.clone().unwrap()).collect::<Vec<_>>(), ["good"]);
    assert_eq!(set.find("good"), Some(&good));
    assert_eq!(JwkSet::parse(b"[]"), None);
}

fn expectation(now: i64) -> Expectation<'static> {
    Expectation {
        issuer: Some("me"),
        audience: Some("you"),
        now: Timestamp::from_seconds(now),
        leeway_seconds: 1,
        accept_expired: false,
    }
}

#[test]
fn claims_are_checked_against_the_expectation() {
    let key = SigningKey::generate("1", Algorithm::EdDSA).unwrap();
    let verifying = VerifyingKey::from_jwk(&key.public_jwk()).unwrap();
    let check = |claims: Value, expectation: Expectation<'_>| {
        let token = key.sign("JWT", claims.to_string().as_bytes()).unwrap();
        verify_claims::<Value>(&token, &[Algorithm::EdDSA], &expectation, |kid| {
            (kid == Some("1")).then_some(&verifying)
        })
        .map(|(registered, _)| registered)
    };
    let good = json!({"iss": "me", "aud": ["they", "you"], "exp": 100, "nbf": 50, "iat": 50.9, "sub": "s"});
    let claims = check(good.clone(), expectation(99)).unwrap();
    assert_eq!((claims.sub.as_deref(), claims.iat), (Some("s"), Some(NumericDate(50))));
    assert!(check(good.clone(), expectation(100)).is_ok());
    assert_eq!(check(good.clone(), expectation(101)).unwrap_err(), ClaimsError::Expired.into());
    assert!(check(good.clone(), Expectation { accept_expired: true, ..expectation(101) }).is_ok());
    assert_eq!(check(good.clone(), expectation(48)).unwrap_err(), ClaimsError::NotYetValid.into());
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        check(claims, expectation(99)).unwrap_err()
    };
    assert_eq!(with("iss", json!("you")), ClaimsError::Issuer.into());
    assert_eq!(with("aud", json!("yo")), ClaimsError::Audience.into());
    assert_eq!(with("aud", Value::Null), ClaimsError::Audience.into());
    assert_eq!(with("exp", Value::Null), ClaimsError::Expired.into());
    assert_eq!(with("iat", json!(101)), ClaimsError::IssuedInFuture.into());
    assert_eq!(with("exp", json!("100")), JwtError::Malformed);
    assert_eq!(with("exp", json!(1e300)), JwtError::Malformed);
    assert_eq!(with("aud", json!([1])), JwtError::Malformed);
    assert_eq!(check(json!(["me"]), expectation(99)).unwrap_err(), JwtError::Malformed);
}

proptest! {
    #[test]
    fn any_text_is_parsed_without_panic(text in "[A-Za-z0-9_.-]{0,200}|.*") {
        let _ = parse_compact(&text);
    }

    #[test]
    fn any_bytes_are_no_key_and_no_panic(bytes: Vec<u8>) {
        prop_assert!(PublicKey::from_spki_der(&bytes).is_err());
        prop_assert!(Certificate::from_der(&bytes).is_err());
        prop_assert!(SigningKey::from_pkcs8("", Algorithm::ES256, &bytes).is_err());
        let _ = JwkSet::parse(&bytes);
    }

    #[test]
    fn an_altered_certificate_never_panics(position in 0..388_usize, value: u8, length in 0..388_usize) {
        let mut bytes = pem::decode(CERTIFICATE.as_bytes()).unwrap().content;
        bytes[position] = value;
        let _ = Certificate::from_der(&bytes);
        let _ = Certificate::from_der(&bytes[..length]);
        if let Ok(certificate) = Certificate::from_der(&bytes) {
            let _ = VerifyingKey::new(certificate.public_key);
        }
    }

    #[test]
    fn an_altered_signature_is_refused(position in 0..64_usize, bit in 0..8_u8) {
        let key = SigningKey::from_pem("1", Algorithm::ES256, EC_PRIVATE.as_bytes()).unwrap();
        let verifying = VerifyingKey::from_pem(EC_PUBLIC.as_bytes()).unwrap();
        let mut signature = key.signature(b"message").unwrap();
        prop_assert_eq!(verifying.verify_signature(Algorithm::ES256, b"message", &signature), Ok(()));
        signature[position] ^= 1 << bit;
        prop_assert!(verifying.verify_signature(Algorithm::ES256, b"message", &signature).is_err());
    }
}
