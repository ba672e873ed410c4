use std::sync::Arc;

use castellan_kernel::{SeededRng, SystemRng};
use proptest::prelude::*;

use super::*;

const PASSWORD: &str = "correct horse ✓";

/// Hashes of [`PASSWORD`] at low cost, made with Python's passlib and hashlib.
const VECTORS: &[&str] = &[
    "$argon2id$v=19$m=1024,t=2,p=2$Y2FzdGVsbGFuLXNhbHQtMQ$Zjga4epYIgiyOaHSqmGq0eHomHKByKoYEj4A6Q4avg0",
    "$argon2i$v=19$m=1024,t=2,p=2$Y2FzdGVsbGFuLXNhbHQtMQ$hvDd/2Fox4S+SlQuTMoqvuMpCOpIuqNUARuxJTlvZbo",
    "$2a$04$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7W",
    "$2b$04$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7W",
    "$2y$04$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7W",
    "$pbkdf2$1000$Y2FzdGVsbGFuLXNhbHQtMQ$gOFBAg.AtCmLwud7AX82LWZaPnA",
    "$pbkdf2-sha256$1000$Y2FzdGVsbGFuLXNhbHT//g$PsX3vLBdpI8hoekeQ.PNyexwn/jLiBR4Hpecqn1Nb4k",
    "$pbkdf2-sha512$1000$Y2FzdGVsbGFuLXNhbHQtMQ$9AeL7NkSjQ5KoEYV/VZlkRSTwMLxZLn.i6VBJqQBuPQaC.1XcVFx7cR4h77nb6nw7Ix2A0c9lO2Wh2Jh9N8yfg",
    "$scrypt$ln=4,r=8,p=2$Y2FzdGVsbGFuLXNhbHQtMQ$fzsfpMw5byOTm+LhiDhr3ldYwhVfbjNbpwTbEJOk4/k",
    "$1$abcdefgh$pdkV6ACdKiNrJ0SDyc04Q0",
    "$1$$h4TZibuCbRAQbxFNq/RK1.",
    "$5$abcdefghijklmnop$WN42wFKWqrGh50k9QYExVKs3uuN9r/9TDcSPW.6pkK8",
    "$5$rounds=1234$abc$KP1zF4loPDmRsDdv.R9EmRHz9IoYqBPSH0bYSU5PhGC",
    "$6$abcdefghijklmnop$DH.KE00JBohCdusSLJR/ZmDnvFqpYPdnG782x2Fm9I8QTICo6XiUPnmHrYNldEImao7Ac9egIgZct9kYEL0G3.",
    "$P$6abcdefghA7X1uULBgX2ZJKY2E7/zG1",
    "$H$8abcdefghDAomvPEn0eVxGqThzig5o1",
    "$pbkdf2-sha224$1000$Y2FzdGVsbGFuLXNhbHQtMQ$ik2ynAlpyv42bI0keBGdMwPPfVspokF/v2AUxg",
    "$pbkdf2-sha384$1000$Y2FzdGVsbGFuLXNhbHQtMQ==$DFP9SboP4OMALpHSn/goTj1a+o17IGItBhO0Vs0KuNQcN+G3heQWErWEBGf8+ypF",
    "b7bbe04b7b6b0f1c76d2e1945f82e158",
    "$S$8abcdefgh49YWvu0XDiCLhbPOOjgxQil/GkMV0kE6XRA08bj8nak",
    "$md5salted-suffix$Y2FzdGVsbGFu$XHxGju7xNm7P80p2qNiFMQ==",
    "$md5salted-prefix$Y2FzdGVsbGFu$fRfHExmnimJi7JmesWHl9g==",
    "$7$ln=4,r=8,p=2$Y2FzdGVsbGFuLXNhbHQtMQ$fzsfpMw5byOTm+LhiDhr3ldYwhVfbjNbpwTbEJOk4/k",
];

/// A password that is longer than the digest, five times [`PASSWORD`].
const LONG: &str =
    "$6$rounds=1234$x$0k0Z3a3eIN9HMmKL78WvX8AKUz/YjrP43gkcwbWskDbPxm.EGIz7kvBtGr6tgIpkiSzcbd0GScN7unLJfADAw/";

const CHEAP: Scheme = Scheme::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 };

#[test]
fn every_format_verifies_what_other_software_made() {
    for vector in VECTORS {
        assert_eq!(verify(vector, PASSWORD), Ok(true), "{vector}");
        assert_eq!(verify(vector, "correct horse"), Ok(false), "{vector}");
        assert_eq!(verify(vector, ""), Ok(false), "{vector}");
    }
    assert_eq!(verify(LONG, &PASSWORD.repeat(5)), Ok(true));
}

#[test]
fn every_format_is_told_apart() {
    let any = Limits { bcrypt_cost: 4..=16, argon2_memory_kib: 8..=524_288, scrypt_log_n: 1..=20, ..Limits::default() };
    let formats: Vec<_> = VECTORS.iter().map(|vector| inspect(vector, &any).unwrap()).collect();
    for format in [
        Format::Argon2,
        Format::Bcrypt,
        Format::Scrypt,
        Format::Pbkdf2,
        Format::Sha2Crypt,
        Format::Md5Crypt,
        Format::Md5Plain,
        Format::Md5Salted,
        Format::Phpass,
        Format::Drupal7,
    ] {
        assert!(formats.contains(&format), "{format:?}");
    }
}

#[test]
fn imports_are_refused_by_what_is_wrong_with_them() {
    let limits = Limits::default();
    let import = |text: &str| inspect(text, &limits);
    assert_eq!(import("$2a$04$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7W"), Err(HashError::OutOfLimits));
    assert_eq!(import("$2a$17$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7W"), Err(HashError::OutOfLimits));
    assert_eq!(import("$2a$14$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7W"), Ok(Format::Bcrypt));
    assert_eq!(import("$2a$14$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7"), Err(HashError::Malformed));
    assert_eq!(import("$argon2id$v=19$m=65536,t=3$c2FsdHNhbHQ$aGFzaA"), Err(HashError::Malformed));
    assert_eq!(import("$pbkdf2-sha256$1$c2FsdA$aGFzaA"), Err(HashError::OutOfLimits));
    for unknown in ["", "password", "$x$foo", "$2x$14$x", "{SSHA}abc", "$y$j9T$x"] {
        assert_eq!(import(unknown), Err(HashError::NotSupported), "{unknown}");
    }
}

#[test]
fn a_stored_hash_that_would_take_too_long_is_refused_instead_of_computed() {
    for endless in [
        "$2a$31$abcdefghijklmnopqrstuu6el2gZ3lMFGyKPh1yoF6dHVEhuE8Y7W",
        "$argon2id$v=19$m=999999999,t=999,p=1$c2FsdHNhbHQ$aGFzaA",
        "$pbkdf2-sha256$999999999$c2FsdA$aGFzaA",
        "$P$Sabcdefgh7A1X1uULBgX2ZJKY2E7/zG",
        "$5$rounds=999999999$abc$KP1zF4loPDmRsDdv.R9EmRHz9IoYqBPSH0bYSU5PhGC",
    ] {
        assert!(verify(endless, PASSWORD).is_err(), "{endless}");
    }
    assert_eq!(verify("$scrypt$ln=25,r=8,p=1$c2FsdA$aGFzaA", PASSWORD), Err(HashError::Malformed));
}

#[test]
fn a_new_hash_verifies_and_is_up_to_date() {
    let rng = SeededRng::new(1);
    for scheme in [Scheme::default(), CHEAP, Scheme::Bcrypt { cost: 4 }] {
        let hash = scheme.hash(PASSWORD, &rng).unwrap();
        assert_eq!(verify(&hash, PASSWORD), Ok(true), "{hash}");
        assert_eq!(verify(&hash, "x"), Ok(false));
        assert!(!scheme.needs_rehash(&hash));
        assert_ne!(scheme.hash(PASSWORD, &rng).unwrap(), hash);
    }
}

#[test]
fn a_hash_of_another_scheme_or_cost_is_outdated() {
    let rng = SeededRng::new(2);
    assert!(Scheme::default().needs_rehash(&CHEAP.hash("x", &rng).unwrap()));
    assert!(Scheme::Bcrypt { cost: 5 }.needs_rehash(&Scheme::Bcrypt { cost: 4 }.hash("x", &rng).unwrap()));
    for vector in VECTORS {
        assert!(Scheme::default().needs_rehash(vector), "{vector}");
    }
}

#[test]
fn passwords_longer_than_the_scheme_takes_are_refused() {
    let rng = SeededRng::new(3);
    let bcrypt = Scheme::Bcrypt { cost: 4 };
    assert!(bcrypt.hash(&"x".repeat(72), &rng).is_ok());
    assert_eq!(bcrypt.hash(&"x".repeat(73), &rng), Err(PasswordError::TooLong));
    assert_eq!(CHEAP.hash(&"x".repeat(MAX_PASSWORD_BYTES + 1), &rng), Err(PasswordError::TooLong));
    let hash = CHEAP.hash("x", &rng).unwrap();
    assert_eq!(verify(&hash, &"x".repeat(MAX_PASSWORD_BYTES + 1)), Ok(false));
}

#[test]
fn a_decoy_has_todays_form_and_matches_nothing() {
    let rng = SystemRng::default();
    for scheme in [Scheme::Bcrypt { cost: 4 }, Scheme::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 }] {
        let decoy = scheme.decoy(&rng).unwrap();
        assert!(!scheme.needs_rehash(&decoy), "{decoy}");
        assert_eq!(verify(&decoy, PASSWORD), Ok(false), "{decoy}");
        assert_eq!(decoy.len(), scheme.hash(PASSWORD, &rng).unwrap().len());
    }
}

#[test]
fn impossible_costs_are_refused_at_the_start() {
    let impossible = Scheme::Argon2id { memory_kib: 1, iterations: 0, parallelism: 0 };
    let hasher = PasswordHasher::new(impossible, Arc::new(SystemRng::default()));
    assert_eq!(hasher.unwrap_err(), PasswordError::Costs);
}

#[tokio::test]
async fn the_pool_verifies_and_replaces_outdated_hashes_of_right_passwords() {
    let hasher = PasswordHasher::new(CHEAP, Arc::new(SystemRng::default())).unwrap();
    let stored = hasher.hash(PASSWORD).await.unwrap();
    let current = hasher.verify(stored.as_str(), PASSWORD).await.unwrap();
    assert_eq!(current, Checked { matches: true, upgraded: None });
    let old = hasher.verify(VECTORS[2], PASSWORD).await.unwrap();
    assert!(old.matches && verify(&old.upgraded.unwrap(), PASSWORD).unwrap());
    let wrong = hasher.verify(VECTORS[2], "wrong").await.unwrap();
    assert_eq!(wrong, Checked { matches: false, upgraded: None });
    let broken = hasher.verify("broken", PASSWORD).await.unwrap_err();
    assert_eq!(broken, PasswordError::Hash(HashError::NotSupported));
    hasher.verify_nothing(PASSWORD).await.unwrap();
}

#[tokio::test]
async fn slow_hashes_of_client_secrets_become_fast_ones() {
    let hasher = PasswordHasher::new(CHEAP, Arc::new(SystemRng::default())).unwrap();
    let secret = "0123456789abcdef0123456789abcdef";
    let imported = Scheme::Bcrypt { cost: 4 }.hash(secret, &SystemRng::default()).unwrap();
    let first = hasher.verify_secret(&imported, secret).await.unwrap();
    let fast = first.upgraded.unwrap();
    assert!(first.matches && !crate::secrets::is_slow(&fast));
    assert_eq!(hasher.verify_secret(&fast, secret).await.unwrap(), Checked { matches: true, upgraded: None });
    assert!(!hasher.verify_secret(&fast, "other").await.unwrap().matches);
}

#[tokio::test]
async fn a_flood_is_turned_away_and_the_pool_recovers() {
    let slow = Scheme::Argon2id { memory_kib: 8192, iterations: 2, parallelism: 1 };
    let hasher = PasswordHasher::with_workers(slow, Arc::new(SystemRng::default()), 1).unwrap();
    let flood: Vec<_> = (0..200)
        .map(|_| {
            let hasher = hasher.clone();
            tokio::spawn(async move { hasher.hash(PASSWORD).await })
        })
        .collect();
    let mut refused = 0;
    for one in flood {
        match one.await.unwrap() {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error, PasswordError::Overloaded);
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "a queue without an end");
    assert!(hasher.hash(PASSWORD).await.is_ok());
}

proptest! {
    #[test]
    fn any_stored_text_is_refused_without_panic(
        text in "(\\$(argon2id|argon2i|2a|scrypt|7|pbkdf2|pbkdf2-sha224|5|6|1|P|H|S|md5salted-prefix)\\$)?[a-zA-Z0-9./,=$]{0,70}|.*",
    ) {
        let _ = inspect(&text, &Limits::default());
        let cheap = Limits {
            bcrypt_cost: 4..=4,
            argon2_memory_kib: 0..=64,
            argon2_iterations: 0..=2,
            scrypt_log_n: 0..=4,
            pbkdf2_rounds: 0..=10,
            sha2_rounds: 0..=1000,
            portable_log_rounds: 0..=7,
            ..Limits::default()
        };
        if inspect(&text, &cheap).is_ok() {
            prop_assert_eq!(verify(&text, PASSWORD), Ok(false));
        }
    }

    #[test]
    fn an_altered_hash_never_panics(which in 0..VECTORS.len(), position in 0..200_usize, value in 0_u8..128) {
        let mut text = VECTORS[which].as_bytes().to_vec();
        let length = text.len();
        text[position % length] = value;
        let text = String::from_utf8(text).unwrap();
        let _ = inspect(&text, &Limits::default());
        let _ = inspect(&text[..position % length], &Limits::default());
    }
}
