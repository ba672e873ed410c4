//! Every message type of the contract and of `kinds.proto`, compared with prost-reflect in both directions.

use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};

use super::super::{decode, encode};
use super::generate::{Dice, message};
use crate::descriptor::{Contract, kinds};

fn oracle(message: &DynamicMessage, options: &SerializeOptions) -> serde_json::Value {
    plain(message.serialize_with_options(serde_json::value::Serializer, options).unwrap())
}

/// The same JSON with `1.0` as `1`, which are the same number.
fn plain(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match json {
        Value::Number(number) => match number.as_f64() {
            Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => Value::from(value as i64),
            _ => Value::Number(number),
        },
        Value::Array(elements) => elements.into_iter().map(plain).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        other => other,
    }
}

fn check(contract: &Contract, descriptor: &MessageDescriptor, seed: u64) {
    let table = contract.message(descriptor.full_name()).unwrap();
    let original = message(descriptor, &mut Dice(seed), 0);
    let context = || format!("{} with seed {seed}", descriptor.full_name());

    let mut written = Vec::new();
    encode(table, &original.encode_to_vec(), &mut written).unwrap_or_else(|error| panic!("{error}: {}", context()));
    let written: serde_json::Value =
        serde_json::from_slice(&written).unwrap_or_else(|error| panic!("{error}: {}", context()));
    let expected = oracle(&original, &SerializeOptions::new());
    assert_eq!(plain(written), expected, "{}", context());

    for options in [
        SerializeOptions::new(),
        SerializeOptions::new().use_proto_field_name(true).use_enum_numbers(true),
        SerializeOptions::new().stringify_64_bit_integers(false),
    ] {
        let json = oracle(&original, &options).to_string();
        let wire = decode(table, json.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{json}\n{}", context()));
        let read = DynamicMessage::decode(descriptor.clone(), wire.as_slice()).unwrap();
        assert_eq!(oracle(&read, &SerializeOptions::new()), settled(&json, descriptor), "{json}\n{}", context());
    }
}

/// What prost-reflect itself makes of a JSON text.
fn settled(json: &str, descriptor: &MessageDescriptor) -> serde_json::Value {
    let mut reader = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(descriptor.clone(), &mut reader).unwrap();
    oracle(&message, &SerializeOptions::new())
}

fn check_all(contract: &Contract, pool: &DescriptorPool, wanted: impl Fn(&MessageDescriptor) -> bool, seeds: u64) {
    for descriptor in pool.all_messages() {
        if !descriptor.is_map_entry() && wanted(&descriptor) {
            for seed in 0..seeds {
                check(contract, &descriptor, seed);
            }
        }
    }
}

#[test]
fn every_message_of_the_contract_reads_and_writes_as_prost_reflect_has_it() {
    check_all(
        Contract::get(),
        &kinds::pool_of_contract(),
        |descriptor| descriptor.package_name().starts_with("zitadel."),
        3,
    );
}

#[test]
fn every_kind_of_field_reads_and_writes_as_prost_reflect_has_it() {
    check_all(kinds::contract(), &kinds::pool(), |descriptor| descriptor.package_name() == "castellan.kinds", 300);
}

#[test]
fn no_bytes_make_the_codec_panic() {
    let contract = kinds::contract();
    let mut dice = Dice(42);
    for descriptor in kinds::pool().all_messages().filter(|descriptor| !descriptor.is_map_entry()) {
        let table = contract.message(descriptor.full_name()).unwrap();
        for _ in 0..40 {
            let sample = message(&descriptor, &mut dice, 0);
            let json = oracle(&sample, &SerializeOptions::new()).to_string().into_bytes();
            for mut bytes in [sample.encode_to_vec(), json] {
                for _ in 0..=dice.below(4) {
                    if !bytes.is_empty() {
                        let index = dice.below(bytes.len() as u64) as usize;
                        match dice.below(3) {
                            0 => bytes[index] = dice.next() as u8,
                            1 => bytes.truncate(index),
                            _ => bytes.insert(index, b"\"{}[],:\\\x00\xff\x80"[dice.below(11) as usize]),
                        }
                    }
                }
                let mut out = Vec::new();
                // What matters is that both return.
                let _ = encode(table, &bytes, &mut out);
                if let Ok(wire) = decode(table, &bytes) {
                    DynamicMessage::decode(descriptor.clone(), wire.as_slice()).unwrap();
                }
            }
        }
    }
}
