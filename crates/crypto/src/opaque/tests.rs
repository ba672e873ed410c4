use castellan_kernel::SeededRng;
use proptest::prelude::*;

use super::*;

const PLAINTEXT: &str = "V2_341234567890123456-at_341234567890123457:341234567890123000";

fn key() -> OpaqueKey {
    OpaqueKey::new(&SecretKey::from_bytes(*b"MasterkeyNeedsToHave32Characters"), true)
}

#[test]
fn a_token_opens_to_its_plaintext() {
    let token = seal_token(&key(), &SeededRng::new(1), PLAINTEXT);
    assert_eq!(open_token(&key(), &token).as_deref(), Some(PLAINTEXT));
    assert!((200..=300).contains(&token.len()), "{}", token.len());
}

#[test]
fn a_token_has_the_five_parts_of_rfc_7516_and_the_header_of_rfc_7518() {
    let token = seal_token(&key(), &SeededRng::new(2), PLAINTEXT);
    let parts: Vec<_> = token.split('.').map(|part| base64url::decode(part).unwrap()).collect();
    assert_eq!(parts.len(), 5);
    let header: serde_json::Value = serde_json::from_slice(&parts[0]).unwrap();
    assert_eq!(header["alg"], "A256GCMKW");
    assert_eq!(header["enc"], "A256GCM");
    assert_eq!(base64url::decode(header["iv"].as_str().unwrap()).unwrap().len(), 12);
    assert_eq!(base64url::decode(header["tag"].as_str().unwrap()).unwrap().len(), 16);
    assert_eq!(parts[1..].iter().map(Vec::len).collect::<Vec<_>>(), [32, 12, PLAINTEXT.len(), 16]);
}

#[test]
fn a_header_in_another_order_opens_as_well() {
    // The same token with a header of another writer, sealed by hand.
    let secret = SecretKey::from_bytes([9; 32]);
    let content_key = [5_u8; 32];
    let mut wrapped = content_key;
    let tag = aead_key(secret.expose())
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key([1; 12]), Aad::empty(), &mut wrapped)
        .unwrap();
    let header = format!(
        r#"{{ "enc":"A256GCM", "tag":"{}", "iv":"{}", "alg":"A256GCMKW" }}"#,
        base64url::encode(tag.as_ref()),
        base64url::encode([1; 12])
    );
    let header = base64url::encode(header);
    let mut text = b"hello".to_vec();
    let tag = aead_key(&content_key)
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key([2; 12]), Aad::from(header.as_bytes()), &mut text)
        .unwrap();
    let parts = [header, base64url::encode(wrapped), base64url::encode([2; 12])];
    let token = format!("{}.{}.{}", parts.join("."), base64url::encode(&text), base64url::encode(tag.as_ref()));
    assert_eq!(open_token(&OpaqueKey::new(&secret, false), &token).as_deref(), Some("hello"));
}

#[test]
fn two_tokens_of_one_plaintext_share_nothing_secret() {
    let rng = SeededRng::new(3);
    let (first, second) = (seal_token(&key(), &rng, PLAINTEXT), seal_token(&key(), &rng, PLAINTEXT));
    for (one, other) in first.split('.').zip(second.split('.')) {
        assert_ne!(one, other);
    }
}

#[test]
fn every_truncation_is_refused() {
    let token = seal_token(&key(), &SeededRng::new(4), PLAINTEXT);
    for length in 0..token.len() {
        assert_eq!(open_token(&key(), &token[..length]), None, "cut to {length}");
        assert_eq!(open_token(&key(), &token[length + 1..]), None, "without the first {}", length + 1);
    }
}

#[test]
fn every_changed_character_is_refused() {
    let token = seal_token(&key(), &SeededRng::new(5), PLAINTEXT);
    for position in 0..token.len() {
        for replacement in b"ABab01-_.=" {
            let mut altered = token.clone().into_bytes();
            if altered[position] == *replacement {
                continue;
            }
            altered[position] = *replacement;
            assert_eq!(open_token(&key(), &String::from_utf8(altered).unwrap()), None, "position {position}");
        }
    }
}

#[test]
fn every_added_character_is_refused() {
    let token = seal_token(&key(), &SeededRng::new(6), PLAINTEXT);
    for position in 0..=token.len() {
        for addition in ["A", "=", ".", " ", "AAAA"] {
            let mut altered = token.clone();
            altered.insert_str(position, addition);
            assert_eq!(open_token(&key(), &altered), None, "position {position}");
        }
    }
}

#[test]
fn a_token_of_another_key_is_refused() {
    let other = OpaqueKey::new(&SecretKey::from_bytes([1; 32]), true);
    let token = seal_token(&other, &SeededRng::new(7), PLAINTEXT);
    assert_eq!(open_token(&key(), &token), None);
    assert_eq!(open_legacy_token(&key(), &token), None);
}

#[test]
fn parts_of_two_tokens_do_not_combine() {
    let rng = SeededRng::new(8);
    let tokens = [seal_token(&key(), &rng, PLAINTEXT), seal_token(&key(), &rng, PLAINTEXT)];
    let parts: Vec<Vec<_>> = tokens.iter().map(|token| token.split('.').collect()).collect();
    for mask in 1..31_usize {
        let mixed: Vec<_> = (0..5).map(|part| parts[mask >> part & 1][part]).collect();
        assert_eq!(open_token(&key(), &mixed.join(".")), None, "mask {mask}");
    }
}

#[test]
fn a_legacy_token_opens_only_when_accepted() {
    // CFB with a block cipher is a stream: XOR of the text with the key stream that decrypting zeros and feedback yields.
    use aws_lc_rs::cipher::{EncryptingKey, EncryptionContext};
    let secret = SecretKey::from_bytes([3; 32]);
    let encrypting = EncryptingKey::cfb128(UnboundCipherKey::new(&AES_256, secret.expose()).unwrap()).unwrap();
    let mut bytes = b"341:342".to_vec();
    encrypting.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(FixedLength::from([4; 16]))).unwrap();
    let token = base64url::encode([[4_u8; 16].as_slice(), &bytes].concat());
    assert_eq!(open_legacy_token(&OpaqueKey::new(&secret, true), &token).as_deref(), Some("341:342"));
    assert_eq!(open_legacy_token(&OpaqueKey::new(&secret, false), &token), None);
    assert_eq!(open_token(&OpaqueKey::new(&secret, true), &token), None);
}

#[test]
fn legacy_decryption_is_cfb128_of_nist_sp_800_38a() {
    // SP 800-38A F.3.17 (CFB128-AES256), first block; the plaintext is not printable, so the cipher is asked directly.
    let secret: [u8; 32] = std::array::from_fn(|index| {
        u8::from_str_radix(
            &"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"[index * 2..index * 2 + 2],
            16,
        )
        .unwrap()
    });
    let iv: [u8; 16] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let mut block = 0xdc7e_84bf_da79_164b_7ecd_8486_985d_3860_u128.to_be_bytes();
    let decrypting = OpaqueKey::new(&SecretKey::from_bytes(secret), true).legacy.unwrap();
    decrypting.decrypt(&mut block, DecryptionContext::Iv128(FixedLength::from(iv))).unwrap();
    assert_eq!(u128::from_be_bytes(block), 0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a);
}

proptest! {
    #[test]
    fn any_plaintext_comes_back(plaintext in ".{0,200}", seed: u64) {
        let token = seal_token(&key(), &SeededRng::new(seed), &plaintext);
        prop_assert_eq!(open_token(&key(), &token), Some(plaintext));
    }

    #[test]
    fn any_text_is_refused_without_panic(text in "[A-Za-z0-9_.=-]{0,300}|.*") {
        prop_assert_eq!(open_token(&key(), &text), None);
        let _ = open_legacy_token(&key(), &text);
    }

    #[test]
    fn any_header_is_refused_without_panic(header in r#"\{("(alg|enc|iv|tag)":"[A-Za-z0-9]{0,30}",?){0,5}\}"#) {
        let token = format!("{}.{}.{}.AAAA.{}", base64url::encode(header), "A".repeat(43), "A".repeat(16), "A".repeat(22));
        prop_assert_eq!(open_token(&key(), &token), None);
    }
}
