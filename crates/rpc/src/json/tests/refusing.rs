use super::super::decode;
use super::{again, refusal};
use crate::descriptor::kinds;

#[test]
fn a_wrong_type_names_the_field_and_what_was_expected() {
    for (json, text) in [
        (r#"{"aString":1}"#, "invalid JSON for field aString: expected a string, found a number (line 1, column 12)"),
        (
            r#"{"a_bool":"true"}"#,
            "invalid JSON for field aBool: expected true or false, found a string (line 1, column 11)",
        ),
        (
            "{\n  \"chosenMessage\": {\"anInt32\": []}\n}",
            "invalid JSON for field chosenMessage.anInt32: expected an integer, found a list (line 2, column 32)",
        ),
        (
            r#"{"anInt32":2147483648}"#,
            "invalid JSON for field anInt32: expected an integer from -2147483648 to 2147483647 (line 1, column 12)",
        ),
        (
            r#"{"aUint32":-1}"#,
            "invalid JSON for field aUint32: expected an integer from 0 to 4294967295 (line 1, column 12)",
        ),
        (
            r#"{"aColour":"BLUE"}"#,
            "invalid JSON for field aColour: \"BLUE\" is not one of COLOUR_BELOW, COLOUR_UNSPECIFIED, COLOUR_RED (line 1, column 12)",
        ),
        (r#"{"someBytes":"*"}"#, "invalid JSON for field someBytes: expected bytes in Base64 (line 1, column 14)"),
        (r#"[]"#, "invalid JSON: expected an object, found a list (line 1, column 1)"),
        ("", "invalid JSON: expected an object, found the end of the text (line 1, column 1)"),
    ] {
        assert_eq!(refusal("Scalars", json), text);
    }
    assert_eq!(
        refusal("Many", r#"{"messages":[{},{"aString":true}]}"#),
        "invalid JSON for field messages[1].aString: expected a string, found true or false (line 1, column 28)"
    );
    assert_eq!(
        refusal("Many", r#"{"byInt32":{"x":{}}}"#),
        "invalid JSON for field byInt32[\"x\"]: expected a key that is an integer in range (line 1, column 17)"
    );
}

#[test]
fn no_field_is_given_twice_in_whatever_spelling() {
    assert!(
        refusal("Scalars", r#"{"aString":"a","a_string":"b"}"#).contains("field aString: the field is given twice")
    );
    assert!(refusal("Many", r#"{"byString":{"a":"","a":""}}"#).contains("the key is given twice"));
    assert!(refusal("Known", r#"{"any":{"@type":"a","@type":"a"}}"#).contains("the type is given twice"));
}

#[test]
fn of_a_oneof_only_one_member_may_be_given() {
    assert_eq!(
        refusal("Scalars", r#"{"chosenText":"a","chosenNumber":"1"}"#),
        "invalid JSON for field chosenNumber: only one of the fields of choice may be given, and another one is already (line 1, column 34)"
    );
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    for json in [
        r#"{"anInt32":1.5}"#,
        r#"{"anInt32":1e10}"#,
        r#"{"anInt32":"1 "}"#,
        r#"{"anInt32":"01"}"#,
        r#"{"anInt32":"+1"}"#,
        r#"{"anInt32":""}"#,
        r#"{"anInt32":"0x1"}"#,
        r#"{"anInt32":true}"#,
        r#"{"anInt64":"9223372036854775808"}"#,
        r#"{"aUint64":18446744073709551616}"#,
        r#"{"aUint64":1e99999999999999999999}"#,
        r#"{"aUint64":1e-99999999999999999999}"#,
        r#"{"aDouble":"inf"}"#,
        r#"{"aDouble":1e400}"#,
        r#"{"aFloat":1e39}"#,
        r#"{"aFloat":NaN}"#,
        r#"{"aColour":1.5}"#,
        r#"{"aColour":3000000000}"#,
    ] {
        assert!(again("Scalars", json).is_err(), "{json}");
    }
}

#[test]
fn broken_syntax_is_refused() {
    for json in [
        "{",
        "}",
        "{]",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{a:1}"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":-}"#,
        r#"{"a":1e}"#,
        r#"{"a":tru}"#,
        r#"{"a":truex}"#,
        r#"{"a":nul}"#,
        r#"{"a":"x}"#,
        "{\"a\":\"\n\"}",
        r#"{"a":"\x"}"#,
        r#"{"a":"\u12"}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\udc00"}"#,
        r#"{"a":"\ud800\u0041"}"#,
        r#"{"a":"\u+123"}"#,
        "{} {}",
        "{}x",
        r#"{"a":[1 2]}"#,
        r#"{"a":[1,]}"#,
        "\u{feff}{}",
        r#"{"a":1 "b":2}"#,
        "nothing",
        "null",
        r#"{"a":.5}"#,
    ] {
        assert!(again("Scalars", json).is_err(), "{json}");
    }
    let error = decode(kinds::table("Scalars"), b"{\"aString\":\"\xff\"}").unwrap_err();
    assert_eq!(error.to_string(), "invalid JSON: the text is not valid UTF-8 (line 1, column 13)");
}

#[test]
fn null_is_no_element_of_a_list_or_value_of_a_map() {
    assert!(refusal("Many", r#"{"strings":[null]}"#).contains("strings[0]: expected a string, found null"));
    assert!(refusal("Many", r#"{"messages":[null]}"#).contains("messages[0]: expected an object, found null"));
    assert!(refusal("Many", r#"{"byString":{"a":null}}"#).contains("byString[\"a\"]: expected a string, found null"));
}

#[test]
fn times_that_do_not_exist_are_refused() {
    for text in [
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01t00:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00z",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00+24:00",
        "0000-12-31T00:00:00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "+026-01-01T00:00:00Z",
        "",
        "é026",
    ] {
        assert!(refusal("Known", &format!("{{\"timestamp\":\"{text}\"}}")).contains("expected a time"), "{text}");
    }
    for text in ["1", "s", "-s", ".s", "1.5", "1m", "1.0000000001s", "315576000001s", "1 s", "--1s", "1.-5s"] {
        assert!(refusal("Known", &format!("{{\"duration\":\"{text}\"}}")).contains("expected a duration"), "{text}");
    }
}

#[test]
fn an_any_needs_a_type_that_is_known() {
    assert!(refusal("Known", r#"{"any":{"a":1}}"#).contains("expected a member \"@type\""));
    assert!(refusal("Known", r#"{"any":{"@type":"x/no.Such"}}"#).contains("the type \"x/no.Such\" is not known"));
    assert!(
        refusal("Known", r#"{"any":{"@type":"google.protobuf.Duration"}}"#).contains("expected a member \"value\"")
    );
}

#[test]
fn nesting_has_a_limit() {
    let nested = |levels: usize| format!("{}{{}}{}", "{\"chosenMessage\":".repeat(levels), "}".repeat(levels));
    assert!(again("Scalars", &nested(100)).is_ok());
    assert!(refusal("Scalars", &nested(101)).contains("nest deeper than 100 levels"));
    let lists = |levels: usize| format!("{{\"nobody\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(again("Scalars", &lists(90)).is_ok());
    assert!(refusal("Scalars", &lists(100_000)).contains("nest deeper than 100 levels"));
    let values = format!("{{\"value\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    assert!(refusal("Known", &values).contains("nest deeper than 100 levels"));
    let any = "{\"any\":{\"@type\":\"x/castellan.kinds.Known\",\"any\":".repeat(200);
    assert!(again("Known", &any).is_err());
}

#[test]
fn masks_hold_names_only() {
    assert!(refusal("Known", r#"{"mask":"user_name"}"#).contains("expected field names"));
}
