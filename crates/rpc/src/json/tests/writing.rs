use super::{again, json_of};
use crate::descriptor::wire::{put_bytes, put_tag, put_varint};

#[test]
fn unset_and_zero_fields_are_left_out_unless_presence_is_explicit() {
    assert_eq!(json_of("Scalars", b"").unwrap(), "{}");
    // an_int32 = 0 and a_string = "" without presence, maybe_int32 = 0 with it.
    assert_eq!(json_of("Scalars", b"\x18\x00\x72\x00\x88\x01\x00").unwrap(), r#"{"maybeInt32":0}"#);
    // chosen_text = "" is a member of a oneof.
    assert_eq!(json_of("Scalars", b"\xa2\x01\x00").unwrap(), r#"{"chosenText":""}"#);
    assert_eq!(json_of("Many", b"\x12\x00").unwrap(), "{}", "an empty packed list is no list");
}

#[test]
fn members_stand_in_the_order_of_the_contract() {
    let mut wire = Vec::new();
    put_bytes(25, b"z", &mut wire);
    put_bytes(24, b"r", &mut wire);
    put_tag(100_000, 0, &mut wire);
    put_varint(1, &mut wire);
    put_bytes(14, b"s", &mut wire);
    assert_eq!(
        json_of("Scalars", &wire).unwrap(),
        r#"{"aString":"s","otherName":"r","colourFarAway":"COLOUR_RED","outOfOrder":"z"}"#
    );
}

#[test]
fn the_last_value_of_a_repeated_record_counts_and_messages_are_merged() {
    assert_eq!(json_of("Scalars", b"\x18\x01\x18\x02").unwrap(), r#"{"anInt32":2}"#);
    assert_eq!(json_of("Scalars", b"\x18\x01\x18\x00").unwrap(), "{}");
    // chosen_message twice: {an_int32: 1} and {a_bool: true}.
    let mut wire = Vec::new();
    put_bytes(21, b"\x18\x01", &mut wire);
    put_bytes(21, b"\x68\x01", &mut wire);
    assert_eq!(json_of("Scalars", &wire).unwrap(), r#"{"chosenMessage":{"anInt32":1,"aBool":true}}"#);
}

#[test]
fn of_a_oneof_only_the_last_member_is_there() {
    let mut wire = Vec::new();
    put_bytes(20, b"text", &mut wire);
    put_bytes(21, b"\x18\x01", &mut wire);
    assert_eq!(json_of("Scalars", &wire).unwrap(), r#"{"chosenMessage":{"anInt32":1}}"#);
    put_bytes(20, b"text", &mut wire);
    put_bytes(21, b"\x68\x01", &mut wire);
    assert_eq!(json_of("Scalars", &wire).unwrap(), r#"{"chosenMessage":{"aBool":true}}"#, "nothing of the first stays");
    put_bytes(20, b"text", &mut wire);
    assert_eq!(json_of("Scalars", &wire).unwrap(), r#"{"chosenText":"text"}"#);
}

#[test]
fn big_integers_are_texts_and_small_ones_numbers() {
    assert_eq!(
        json_of("Scalars", b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x20\x05\x30\x06\x28\x07").unwrap(),
        r#"{"anInt32":-1,"anInt64":"5","aUint32":7,"aUint64":"6"}"#
    );
}

#[test]
fn enums_are_names_and_unknown_numbers_stay_numbers() {
    assert_eq!(json_of("Scalars", b"\x80\x01\x01").unwrap(), r#"{"aColour":"COLOUR_RED"}"#);
    assert_eq!(json_of("Scalars", b"\x80\x01\x4d").unwrap(), r#"{"aColour":77}"#);
    assert_eq!(json_of("Scalars", b"\x98\x01\x00").unwrap(), r#"{"maybeColour":"COLOUR_UNSPECIFIED"}"#);
    assert_eq!(json_of("Known", b"\xa0\x01\x00").unwrap(), "{}");
    assert_eq!(json_of("Scalars", b"\xb8\x01\x00").unwrap(), r#"{"chosenNull":null}"#);
}

#[test]
fn texts_are_escaped_no_more_than_needed() {
    let mut wire = Vec::new();
    put_bytes(14, "\"\\/\u{8}\u{c}\n\r\t\u{1}\u{1f}\u{7f}<é>\u{2028}😀".as_bytes(), &mut wire);
    assert_eq!(
        json_of("Scalars", &wire).unwrap(),
        "{\"aString\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7f}<é>\u{2028}😀\"}"
    );
}

#[test]
fn floats_are_short_and_have_names_beyond_numbers() {
    for (bits, text) in [
        (1.0_f64.to_bits(), "1"),
        (0.1_f64.to_bits(), "0.1"),
        ((-2.5e-7_f64).to_bits(), "-2.5e-7"),
        (1e20_f64.to_bits(), "100000000000000000000"),
        (1e21_f64.to_bits(), "1e+21"),
        ((-0.0_f64).to_bits(), "-0"),
        (f64::NAN.to_bits(), "\"NaN\""),
        (f64::INFINITY.to_bits(), "\"Infinity\""),
        (f64::NEG_INFINITY.to_bits(), "\"-Infinity\""),
    ] {
        let mut wire = vec![0x09];
        wire.extend_from_slice(&bits.to_le_bytes());
        assert_eq!(json_of("Scalars", &wire).unwrap(), format!("{{\"aDouble\":{text}}}"));
    }
    let mut wire = vec![0x15];
    wire.extend_from_slice(&0.1_f32.to_le_bytes());
    assert_eq!(json_of("Scalars", &wire).unwrap(), r#"{"aFloat":0.1}"#);
}

#[test]
fn bytes_are_padded_standard_base64() {
    assert_eq!(json_of("Scalars", b"\x7a\x04\xfb\xff\xfe\x00").unwrap(), r#"{"someBytes":"+//+AA=="}"#);
}

#[test]
fn timestamps_end_in_z_with_as_many_digits_as_needed() {
    for text in [
        "1970-01-01T00:00:00Z",
        "2024-02-29T23:59:59.100Z",
        "2026-01-31T12:00:00.000001Z",
        "2026-01-31T12:00:00.123456789Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999999Z",
        "1900-03-01T00:00:00Z",
        "2000-02-29T00:00:00Z",
    ] {
        let json = format!("{{\"timestamp\":\"{text}\"}}");
        assert_eq!(again("Known", &json).unwrap(), json);
    }
    let mut wire = Vec::new();
    put_bytes(1, b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\x7f", &mut wire);
    assert_eq!(
        json_of("Known", &wire).unwrap_err().to_string(),
        "invalid JSON for field timestamp: the timestamp is outside of the years 1 to 9999"
    );
}

#[test]
fn durations_are_seconds() {
    for text in ["3.500s", "0s", "-0.000000001s", "1s", "-315576000000s", "0.000100s"] {
        let json = format!("{{\"duration\":\"{text}\"}}");
        assert_eq!(again("Known", &json).unwrap(), json);
    }
    let mut wire = Vec::new();
    put_bytes(2, b"\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &mut wire);
    assert!(json_of("Known", &wire).unwrap_err().to_string().contains("two signs"));
}

#[test]
fn wrappers_masks_structs_and_any_have_their_own_forms() {
    for json in [
        r#"{"mask":"a,userName,user.firstName"}"#,
        r#"{"empty":{}}"#,
        r#"{"any":{}}"#,
        r#"{"any":{"@type":"type.googleapis.com/castellan.kinds.Scalars"}}"#,
        r#"{"any":{"@type":"type.googleapis.com/castellan.kinds.Scalars","anInt32":1,"aBool":true}}"#,
        r#"{"any":{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}}"#,
        r#"{"struct":{"a":null,"b":[1,"x",true,{}],"c":{"d":-1.5}}}"#,
        r#"{"value":null}"#,
        r#"{"value":[]}"#,
        r#"{"list":[null,[[]]]}"#,
        r#"{"wrappedBool":false,"wrappedBytes":"","wrappedDouble":0,"wrappedInt64":"0","wrappedString":""}"#,
        r#"{"nullValue":null}"#,
        r#"{"valueList":[null,1]}"#,
        r#"{"durations":{"":"1s","x":"2s"}}"#,
    ] {
        let expected = if json.contains("nullValue") { "{}" } else { json };
        assert_eq!(again("Known", json).unwrap(), expected);
    }
}

#[test]
fn map_keys_are_sorted_and_the_last_entry_of_a_key_counts() {
    assert_eq!(
        again("Many", r#"{"byInt32":{"10":{},"-1":{},"9":{"aBool":true}},"byBool":{"true":"AA==","false":""}}"#)
            .unwrap(),
        r#"{"byInt32":{"-1":{},"9":{"aBool":true},"10":{}},"byBool":{"false":"","true":"AA=="}}"#
    );
    let mut wire = Vec::new();
    put_bytes(10, b"\x0a\x01k\x12\x011", &mut wire);
    put_bytes(10, b"\x12\x012\x0a\x01k", &mut wire);
    put_bytes(10, b"\x0a\x01j", &mut wire);
    put_bytes(10, b"", &mut wire);
    assert_eq!(json_of("Many", &wire).unwrap(), r#"{"byString":{"":"","j":"","k":"2"}}"#);
}

#[test]
fn packed_and_unpacked_lists_are_read_alike() {
    assert_eq!(json_of("Many", b"\x12\x02\x01\x02\x10\x03").unwrap(), r#"{"int32s":[1,2,3]}"#);
    assert_eq!(json_of("Many", b"\x18\x01\x1a\x01\x02").unwrap(), r#"{"sint64s":["-1","1"]}"#);
}

#[test]
fn malformed_bytes_are_refused() {
    for (wire, reason) in [
        (&b"\x72\x05ab"[..], "invalid JSON: the message ends inside a field"),
        (b"\x72\x01\xff", "invalid JSON for field aString: the text is not valid UTF-8"),
        (b"\x70\x01", "invalid JSON: field 14 has a wire type that is not its own"),
        (b"\xaa\x01\x02\x72\x01", "invalid JSON for field chosenMessage: the message ends inside a field"),
    ] {
        assert_eq!(json_of("Scalars", wire).unwrap_err().to_string(), reason);
    }
    let mut wire = Vec::new();
    for _ in 0..101 {
        let inner = std::mem::take(&mut wire);
        put_bytes(21, &inner, &mut wire);
    }
    assert!(json_of("Scalars", &wire).unwrap_err().to_string().ends_with("messages nest deeper than 100 levels"));
    assert!(json_of("Scalars", &wire[4..]).is_ok(), "a hundred levels are allowed");
}
