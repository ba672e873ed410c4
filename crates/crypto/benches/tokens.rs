//! What tokens cost: sealing and opening opaque ones, signing and verifying JWTs.
#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use castellan_crypto::jose::{Algorithm, SigningKey, VerifyingKey, parse_compact};
use castellan_crypto::keyring::SecretKey;
use castellan_crypto::opaque::{OpaqueKey, open_token, seal_token};
use castellan_kernel::SystemRng;
use divan::{Bencher, black_box};

const PLAINTEXT: &str = "V2_341234567890123456-at_341234567890123457:341234567890123000";
const CLAIMS: &[u8] = br#"{"iss":"https://id.example.com","sub":"341234567890123000","aud":["341234567890123001"],"exp":1900000000,"iat":1899956800,"nbf":1899956800,"jti":"V2_341234567890123456-at_341234567890123457","client_id":"robot"}"#;
const ALGORITHMS: [&str; 3] = ["RS256", "ES256", "EdDSA"];

fn main() {
    divan::main();
}

fn opaque_key() -> OpaqueKey {
    OpaqueKey::new(&SecretKey::from_bytes([7; 32]), false)
}

fn signing_key(name: &str) -> SigningKey {
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name).unwrap();
    SigningKey::generate("1", algorithm).unwrap()
}

#[divan::bench]
fn seal_an_opaque_token(bencher: Bencher<'_, '_>) {
    let key = opaque_key();
    bencher.bench(|| seal_token(&key, &SystemRng::default(), black_box(PLAINTEXT)));
}

#[divan::bench]
fn open_an_opaque_token(bencher: Bencher<'_, '_>) {
    let key = opaque_key();
    let token = seal_token(&key, &SystemRng::default(), PLAINTEXT);
    bencher.bench(|| open_token(&key, black_box(&token)).unwrap());
}

#[divan::bench(args = ALGORITHMS)]
fn sign_a_jwt(bencher: Bencher<'_, '_>, name: &str) {
    let key = signing_key(name);
    bencher.bench(|| key.sign("JWT", black_box(CLAIMS)).unwrap());
}

#[divan::bench(args = ALGORITHMS)]
fn verify_a_jwt(bencher: Bencher<'_, '_>, name: &str) {
    let key = signing_key(name);
    let token = key.sign("JWT", CLAIMS).unwrap();
    let verifying = VerifyingKey::from_jwk(&key.public_jwk()).unwrap();
    bencher.bench(|| verifying.verify(&parse_compact(black_box(&token)).unwrap(), &Algorithm::ALL).unwrap());
}
