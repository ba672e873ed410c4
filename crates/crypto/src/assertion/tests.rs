use serde_json::{Value, json};

use super::*;
use crate::jose::{SigningKey, VerifyingKey};

const NOW: i64 = 1_700_000_000;

fn rules() -> Rules<'static> {
    Rules { audience: "https://id.example", issuer: None, now: Timestamp::from_seconds(NOW), offset_seconds: 1 }
}

fn claims() -> Value {
    json!({"iss": "341", "sub": "341", "aud": "https://id.example", "iat": NOW, "exp": NOW + 60})
}

struct Party {
    signing: SigningKey,
    verifying: VerifyingKey,
}

fn party(algorithm: Algorithm) -> Party {
    let signing = SigningKey::generate("kid-1", algorithm).unwrap();
    let verifying = VerifyingKey::new(signing.public_key().clone()).unwrap();
    Party { signing, verifying }
}

impl Party {
    fn check(&self, claims: &Value, rules: &Rules<'_>) -> Result<Assertion, AssertionError> {
        let token = self.signing.sign("", claims.to_string().as_bytes()).unwrap();
        verify(&token, rules, |kid, _| (kid == Some("kid-1")).then_some(&self.verifying))
    }

    fn with(&self, name: &str, value: Value) -> Result<Assertion, AssertionError> {
        let mut claims = claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        self.check(&claims, &rules())
    }
}

#[test]
fn a_fresh_assertion_of_the_right_party_is_accepted() {
    for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::PS256] {
        let assertion = party(algorithm).check(&claims(), &rules()).unwrap();
        assert_eq!((assertion.iss.as_str(), assertion.sub.as_str()), ("341", "341"));
        assert_eq!(assertion.exp, Timestamp::from_seconds(NOW + 60));
    }
}

#[test]
fn other_algorithms_are_refused() {
    for algorithm in [Algorithm::RS512, Algorithm::ES384, Algorithm::EdDSA] {
        assert_eq!(party(algorithm).check(&claims(), &rules()), Err(AssertionError::Algorithm), "{algorithm}");
    }
}

#[test]
fn the_subject_must_be_the_issuer() {
    let party = party(Algorithm::ES256);
    assert_eq!(party.with("sub", json!("342")), Err(AssertionError::Subject));
    assert_eq!(party.with("sub", Value::Null), Err(AssertionError::Subject));
    assert_eq!(party.with("iss", Value::Null), Err(AssertionError::Issuer));
    let empty = json!({"iss": "", "sub": "", "aud": "https://id.example", "iat": NOW, "exp": NOW + 60});
    assert_eq!(party.check(&empty, &rules()), Err(AssertionError::Issuer));
    let known = Rules { issuer: Some("342"), ..rules() };
    assert_eq!(party.check(&claims(), &known), Err(AssertionError::Issuer));
}

#[test]
fn the_audience_must_contain_the_issuer_of_the_host_exactly() {
    let party = party(Algorithm::ES256);
    assert!(party.with("aud", json!(["x", "https://id.example"])).is_ok());
    for audience in [json!("https://id.example/"), json!(["x"]), json!([]), Value::Null] {
        assert_eq!(party.with("aud", audience), Err(AssertionError::Audience));
    }
}

#[test]
fn the_expiry_must_be_later_than_now_and_offset() {
    let party = party(Algorithm::ES256);
    assert_eq!(party.with("exp", json!(NOW + 1)), Err(AssertionError::Expired));
    assert_eq!(party.with("exp", Value::Null), Err(AssertionError::Expired));
    assert!(party.with("exp", json!(NOW + 2)).is_ok());
    assert!(party.with("exp", json!(NOW + 1_000_000_000)).is_ok());
}

#[test]
fn the_time_of_issue_must_be_within_the_last_hour() {
    let party = party(Algorithm::ES256);
    assert_eq!(party.with("iat", Value::Null), Err(AssertionError::IssuedAtMissing));
    assert_eq!(party.with("iat", json!(NOW + 2)), Err(AssertionError::IssuedInFuture));
    assert!(party.with("iat", json!(NOW + 1)).is_ok());
    assert!(party.with("iat", json!(NOW - 3600)).is_ok());
    assert_eq!(party.with("iat", json!(NOW - 3601)), Err(AssertionError::TooOld));
    assert_eq!(party.with("nbf", json!(NOW + 2)), Err(AssertionError::NotYetValid));
}

#[test]
fn a_foreign_key_and_an_unknown_kid_are_refused() {
    let (one, other) = (party(Algorithm::ES256), party(Algorithm::ES256));
    let token = one.signing.sign("JWT", claims().to_string().as_bytes()).unwrap();
    assert_eq!(verify(&token, &rules(), |_, _| Some(&other.verifying)), Err(AssertionError::Signature));
    assert_eq!(verify(&token, &rules(), |_, _| None), Err(AssertionError::UnknownKey));
}

#[test]
fn peeking_tells_the_claimed_key_and_issuer() {
    let token = party(Algorithm::ES256).signing.sign("JWT", claims().to_string().as_bytes()).unwrap();
    let assertion = peek(&token).unwrap();
    assert_eq!((assertion.kid(), assertion.issuer()), (Some("kid-1"), Some("341")));
}

#[test]
fn what_is_no_token_is_malformed() {
    for text in ["", "x", "a.b.c", "eyJhbGciOiJFUzI1NiJ9.W10.AA"] {
        assert_eq!(peek(text).unwrap_err(), AssertionError::Malformed, "{text}");
    }
}
