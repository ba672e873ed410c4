use super::super::decode;
use super::again;
use crate::descriptor::kinds;

fn reads_as(table: &str, json: &str, expected: &str) {
    assert_eq!(again(table, json).unwrap(), expected, "{json}");
}

#[test]
fn names_may_be_in_either_spelling() {
    reads_as("Scalars", r#"{"an_int32":1,"aString":"x"}"#, r#"{"anInt32":1,"aString":"x"}"#);
    reads_as("Scalars", r#"{"renamed":"a"}"#, r#"{"otherName":"a"}"#);
    reads_as("Scalars", r#"{"\u0061String":"x"}"#, r#"{"aString":"x"}"#);
}

#[test]
fn unknown_members_are_ignored_whatever_they_hold() {
    reads_as("Scalars", r#"{"nobody":{"x":[1,{"y":null}],"x":"\ud83d\ude00"},"aBool":true}"#, r#"{"aBool":true}"#);
}

#[test]
fn null_means_not_set() {
    reads_as("Scalars", r#"{"aString":null,"chosenText":null,"chosenNumber":"1"}"#, r#"{"chosenNumber":"1"}"#);
    reads_as("Many", r#"{"strings":null,"byString":null}"#, "{}");
    reads_as("Known", r#"{"timestamp":null,"wrappedBool":null,"struct":null}"#, "{}");
    reads_as("Known", r#"{"value":null}"#, r#"{"value":null}"#);
    reads_as("Scalars", r#"{"chosenNull":null}"#, r#"{"chosenNull":null}"#);
}

#[test]
fn numbers_may_be_quoted_and_whole_ones_written_with_fraction_or_exponent() {
    reads_as(
        "Scalars",
        r#"{"anInt32":"7","anInt64":8,"aUint64":"18446744073709551615"}"#,
        r#"{"anInt32":7,"anInt64":"8","aUint64":"18446744073709551615"}"#,
    );
    reads_as("Scalars", r#"{"anInt32":1.0}"#, r#"{"anInt32":1}"#);
    reads_as("Scalars", r#"{"anInt32":-1.5e1}"#, r#"{"anInt32":-15}"#);
    reads_as("Scalars", r#"{"anInt32":150e-1}"#, r#"{"anInt32":15}"#);
    reads_as("Scalars", r#"{"anInt64":"-9223372036854775808"}"#, r#"{"anInt64":"-9223372036854775808"}"#);
    reads_as("Scalars", r#"{"aUint32":0e99999}"#, "{}");
    reads_as("Scalars", r#"{"maybeInt32":-0}"#, r#"{"maybeInt32":0}"#);
    reads_as("Scalars", r#"{"aDouble":"1e3","aFloat":"NaN"}"#, r#"{"aDouble":1000,"aFloat":"NaN"}"#);
    reads_as("Scalars", r#"{"aDouble":"-Infinity"}"#, r#"{"aDouble":"-Infinity"}"#);
}

#[test]
fn enums_are_read_by_name_alias_or_number() {
    for value in ["\"COLOUR_RED\"", "\"COLOUR_CRIMSON\"", "1"] {
        reads_as("Scalars", &format!("{{\"aColour\":{value}}}"), r#"{"aColour":"COLOUR_RED"}"#);
    }
    reads_as("Scalars", r#"{"aColour":99}"#, r#"{"aColour":99}"#);
    reads_as("Scalars", r#"{"aColour":-1}"#, r#"{"aColour":"COLOUR_BELOW"}"#);
}

#[test]
fn base64_is_read_in_both_alphabets_with_or_without_padding() {
    for text in ["+//+AA==", "+//+AA", "-__-AA==", "-__-AA"] {
        reads_as("Scalars", &format!("{{\"someBytes\":\"{text}\"}}"), r#"{"someBytes":"+//+AA=="}"#);
    }
}

#[test]
fn escapes_are_undone() {
    reads_as("Scalars", r#"{"aString":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}"#, r#"{"aString":"\"\\/\b\f\n\r\té😀"}"#);
    reads_as("Scalars", r#"{"aString":"\u0000"}"#, r#"{"aString":"\u0000"}"#);
}

#[test]
fn offsets_of_timestamps_are_taken_into_account() {
    reads_as("Known", r#"{"timestamp":"2026-01-01T00:30:00.5+01:00"}"#, r#"{"timestamp":"2025-12-31T23:30:00.500Z"}"#);
    reads_as("Known", r#"{"timestamp":"1970-01-01T00:00:00-23:59"}"#, r#"{"timestamp":"1970-01-01T23:59:00Z"}"#);
    reads_as("Known", r#"{"duration":"+.5s"}"#, r#"{"duration":"0.500s"}"#);
}

#[test]
fn the_type_of_an_any_may_stand_last() {
    reads_as(
        "Known",
        r#"{"any":{"aBool":true,"@type":"x/castellan.kinds.Scalars"}}"#,
        r#"{"any":{"@type":"x/castellan.kinds.Scalars","aBool":true}}"#,
    );
    reads_as(
        "Known",
        r#"{"any":{"value":"1s","@type":"x/google.protobuf.Duration"}}"#,
        r#"{"any":{"@type":"x/google.protobuf.Duration","value":"1s"}}"#,
    );
}

#[test]
fn long_contents_get_long_lengths() {
    let long = "x".repeat(20_000);
    let json = format!("{{\"chosenMessage\":{{\"chosenMessage\":{{\"aString\":\"{long}\"}}}}}}");
    reads_as("Scalars", &json, &json);
    let list = vec!["300"; 100].join(",");
    reads_as("Many", &format!("{{\"int32s\":[{list}]}}"), &format!("{{\"int32s\":[{list}]}}"));
}

#[test]
fn whitespace_may_stand_anywhere_between() {
    reads_as("Many", " {\n\"int32s\" :\t[ 1 , 2 ] , \"byString\" : { } }\r\n", r#"{"int32s":[1,2]}"#);
}

#[test]
fn zeros_without_presence_take_no_bytes() {
    assert_eq!(
        decode(kinds::table("Scalars"), br#"{"anInt32":0,"aString":"","aBool":false,"anInt64":"0"}"#).unwrap(),
        b""
    );
    assert_eq!(decode(kinds::table("Many"), br#"{"int32s":[],"strings":[]}"#).unwrap(), b"");
    assert_eq!(decode(kinds::table("Many"), br#"{"int32s":[0],"strings":[""]}"#).unwrap(), b"\x12\x01\x00\x32\x00");
}
