use castellan_proto::zitadel;
use prost::Message as _;

use super::validate;
use crate::descriptor::wire::put_bytes;
use crate::descriptor::{Contract, kinds};
use crate::json;

/// The violation of a message of the test contract, given as JSON; empty when there is none.
fn broken(table: &str, json: &str) -> String {
    let table = kinds::table(table);
    let wire = json::decode(table, json.as_bytes()).unwrap();
    validate(table, &wire).map_or_else(|violation| violation.to_string(), |()| String::new())
}

/// `Ruled` with the fields that must always be there, and others.
fn ruled(members: &str) -> String {
    let comma = if members.is_empty() { "" } else { "," };
    broken("Ruled", &format!("{{\"userName\":\"ab\",\"needed\":{{\"name\":\"x\"}}{comma}{members}}}"))
}

/// The violation of a message of the real contract.
fn of_contract(name: &str, wire: &[u8]) -> String {
    let table = Contract::get().message(name).unwrap();
    validate(table, wire).map_or_else(|violation| violation.to_string(), |()| String::new())
}

#[test]
fn requests_of_the_contract_are_checked_in_its_own_words() {
    let name = "zitadel.management.v1.AddMachineUserRequest";
    let mut request = zitadel::management::v1::AddMachineUserRequest { name: "Robot".into(), ..Default::default() };
    assert_eq!(
        of_contract(name, &request.encode_to_vec()),
        "invalid AddMachineUserRequest.UserName: value length must be between 1 and 200 runes, inclusive"
    );
    request.user_name = "ü".repeat(200);
    assert_eq!(of_contract(name, &request.encode_to_vec()), "", "runes are counted, not bytes");
    request.user_name.push('u');
    assert!(of_contract(name, &request.encode_to_vec()).contains(".UserName:"));
}

#[test]
fn nested_messages_are_told_with_their_cause() {
    let request = zitadel::management::v1::AddHumanUserRequest { user_name: "minnie".into(), ..Default::default() };
    assert_eq!(
        of_contract("zitadel.management.v1.AddHumanUserRequest", &request.encode_to_vec()),
        "invalid AddHumanUserRequest.Profile: value is required"
    );
    let request = zitadel::management::v1::AddHumanUserRequest {
        user_name: "minnie".into(),
        profile: Some(zitadel::management::v1::add_human_user_request::Profile::default()),
        ..Default::default()
    };
    assert_eq!(
        of_contract("zitadel.management.v1.AddHumanUserRequest", &request.encode_to_vec()),
        "invalid AddHumanUserRequest.Profile: embedded message failed validation | caused by: \
         invalid AddHumanUserRequest_Profile.FirstName: value length must be between 1 and 200 runes, inclusive"
    );
}

#[test]
fn every_message_of_the_contract_can_be_checked() {
    let with_rules = Contract::get().messages().filter(|table| table.has_rules()).count();
    assert!(with_rules > 500, "{with_rules}");
    for table in Contract::get().messages() {
        let _ = validate(table, b"");
    }
    assert!(!Contract::get().message("zitadel.user.v2.GetUserByIDResponse").unwrap().has_rules());
}

#[test]
fn a_message_that_keeps_its_rules_passes() {
    assert_eq!(ruled(""), "");
    assert_eq!(
        ruled(
            r#""len":"äöü","maxOnly":"ab","minOnly":"ab","bytesBetween":"ä","bytesExact":"ab","affixed":"a\"mz",
            "pattern":"abc","listed":"a","unlisted":"c","email":"a.b+c@example.com","hostname":"example.com","ip":"::1",
            "ipv4":"127.0.0.1","ipv6":"fe80::1","uri":"https://example.com/a?b#c","uriRef":"/a","constString":"x",
            "constBytes":"YWI=","bytesMin":"YWI=","constBool":true,"constColour":1,"inside":-2,"outside":"0","above":3,
            "atMost":"9","ratio":1.5,"exact":0.5,"among":2,"tags":["a","b"],"inners":[{"name":"x"}],"pairs":{"a":{"name":"x"}},
            "texts":{"k":"v"},"span":"3600s","positive":"1s","moment":"1970-01-01T00:00:11Z",
            "required":{"date":"2026-01-01T00:00:00Z","id":"1"},"unchecked":{},"recursive":{"self":{}},"skipped":{}"#
        ),
        ""
    );
}

#[test]
fn texts_keep_their_rules() {
    for (member, reason) in [
        (r#""len":"ab""#, "Len: value length must be 3 runes"),
        (r#""maxOnly":"abc""#, "MaxOnly: value length must be at most 2 runes"),
        (r#""minOnly":"a""#, "MinOnly: value length must be at least 2 runes"),
        (r#""bytesBetween":"äö""#, "BytesBetween: value length must be between 2 and 3 bytes, inclusive"),
        (r#""bytesExact":"ä1""#, "BytesExact: value length must be 2 bytes"),
        (r#""affixed":"mz""#, r#"Affixed: value does not have prefix "a\"""#),
        (r#""affixed":"a\"m""#, r#"Affixed: value does not have suffix "z""#),
        (r#""affixed":"a\"z""#, r#"Affixed: value does not contain substring "m""#),
        (r#""affixed":"a\"mqz""#, r#"Affixed: value contains substring "q""#),
        (r#""pattern":"ABC""#, r#"Pattern: value does not match regex pattern "^[a-z]+$""#),
        (r#""listed":"c""#, "Listed: value must be in list [a b]"),
        (r#""unlisted":"b""#, "Unlisted: value must not be in list [a b]"),
        (r#""ip":"1.2.3""#, "Ip: value must be a valid IP address"),
        (r#""ipv4":"::1""#, "Ipv4: value must be a valid IPv4 address"),
        (r#""ipv6":"1.2.3.4""#, "Ipv6: value must be a valid IPv6 address"),
        (r#""uri":"/a""#, "Uri: value must be absolute"),
        (r#""constString":"y""#, "ConstString: value must equal x"),
    ] {
        assert_eq!(ruled(member), format!("invalid Ruled.{reason}"));
    }
    assert_eq!(ruled(r#""pattern":"","listed":"","email":"","uri":"""#), "", "empty texts are ignored where so stated");
    assert!(ruled(r#""constString":"""#).contains("must equal x"), "an optional text that is there is checked");
}

#[test]
fn email_addresses_are_checked() {
    for good in
        ["a@b", "o'neil+x@exa-mple.com", "\"a b\"@example.com", "jürg@example.com", "a@1.2.3.4", "a@example.com."]
    {
        assert_eq!(ruled(&format!("\"email\":{}", serde_json::json!(good))), "", "{good}");
    }
    for bad in [
        "a",
        "@b",
        "a@",
        "a@b@c d",
        "a..b@c",
        ".a@c",
        "a.@c",
        "A <a@b>",
        "a b@c",
        "a@-b",
        "a@b-",
        "a@b..c",
        "a@b_c",
        " a@b",
        "a@b ",
        "\"a@b",
        "\"a\"b\"@c",
        "a@ü.ch",
        "a\u{0}@b",
        "a@b,c@d",
    ] {
        let text = ruled(&format!("\"email\":{}", serde_json::json!(bad)));
        assert!(
            text.starts_with("invalid Ruled.Email: value must be a valid email address | caused by: "),
            "{bad}: {text}"
        );
    }
    let long = format!("{}@example.com", "a".repeat(65));
    assert!(ruled(&format!("\"email\":\"{long}\"")).ends_with("the part before the @ cannot exceed 64 characters"));
    let long = format!("a@{}.com", "a".repeat(300));
    assert!(ruled(&format!("\"email\":\"{long}\"")).ends_with("email addresses cannot exceed 254 characters"));
}

#[test]
fn host_names_and_uris_are_checked() {
    for bad in ["-a", "a-.b", "a..b", "a b", "", &"a".repeat(64), &vec!["a"; 200].join(".")] {
        if !bad.is_empty() {
            assert!(ruled(&format!("\"hostname\":\"{bad}\"")).contains("must be a valid hostname"), "{bad}");
        }
    }
    for good in [
        "a",
        "/a b",
        "?x=%",
        "//host/p",
        "https://u:p@[::1]:80/",
        "mailto:a@b",
        "urn:x:y",
        "http://exämple.com",
        "#f",
        "https://h:/",
        "a/b:c",
        "*",
        "http://[fe80::1%25en0]/",
    ] {
        assert_eq!(ruled(&format!("\"uriRef\":\"{good}\"")), "", "{good}");
    }
    for bad in [
        ":a",
        "a\u{7f}",
        "%zz",
        "/%2",
        "http://h:x",
        "http://a b/",
        "http://[::1",
        "1a:b",
        "http://a%20b/",
        "#%1",
        "http://u@x@h<\\",
        "http://u^@h/",
    ] {
        let text = ruled(&format!("\"uriRef\":{}", serde_json::json!(bad)));
        assert!(text.starts_with("invalid Ruled.UriRef: value must be a valid URI | caused by: "), "{bad}: {text}");
    }
}

#[test]
fn bytes_bools_and_enums_keep_their_rules() {
    for (member, reason) in [
        (r#""constBytes":"YQ==""#, "ConstBytes: value must equal [97 98]"),
        (r#""bytesMin":"YQ==""#, "BytesMin: value length must be between 2 and 3 bytes, inclusive"),
        (r#""bytesMin":"YmI=""#, "BytesMin: value does not have prefix [97]"),
        (r#""constBool":false"#, "ConstBool: value must equal true"),
        (r#""colour":1"#, "Colour: value must not be in list [COLOUR_RED COLOUR_BELOW]"),
        (r#""colour":9"#, "Colour: value must be one of the defined enum values"),
        (r#""constColour":0"#, "ConstColour: value must equal COLOUR_RED"),
    ] {
        assert_eq!(ruled(member), format!("invalid Ruled.{reason}"));
    }
}

#[test]
fn numbers_keep_their_rules() {
    for (member, reason) in [
        (r#""inside":5"#, "Inside: value must be inside range [-2, 5)"),
        (r#""inside":-3"#, "Inside: value must be inside range [-2, 5)"),
        (r#""outside":"5""#, "Outside: value must be outside range (0, 5]"),
        (r#""outside":"1""#, "Outside: value must be outside range (0, 5]"),
        (r#""above":2"#, "Above: value must be greater than 2"),
        (r#""atMost":"10""#, "AtMost: value must be less than or equal to 9"),
        (r#""ratio":1.75"#, "Ratio: value must be inside range [0, 1.5]"),
        (r#""exact":0.25"#, "Exact: value must equal 0.5"),
        (r#""among":3"#, "Among: value must be in list [1 2]"),
    ] {
        assert_eq!(ruled(member), format!("invalid Ruled.{reason}"));
    }
}

#[test]
fn durations_and_timestamps_keep_their_rules() {
    for (member, reason) in [
        (r#""span":"3601s""#, "Span: value must be inside range [0s, 1h0m0s]"),
        (r#""span":"-1s""#, "Span: value must be inside range [0s, 1h0m0s]"),
        (r#""positive":"0s""#, "Positive: value must be greater than 1.5ms"),
        (r#""moment":"1970-01-01T00:00:10Z""#, "Moment: value must be greater than 1970-01-01T00:00:10Z"),
        (
            r#""required":{"id":"x"}"#,
            "Required: embedded message failed validation | caused by: invalid Required.Date: value is required",
        ),
    ] {
        assert_eq!(ruled(member), format!("invalid Ruled.{reason}"));
    }
    let mut wire = Vec::new();
    put_bytes(2, b"ab", &mut wire);
    put_bytes(32, b"\x0a\x01x", &mut wire);
    // Two signs.
    put_bytes(38, b"\x08\x01\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", &mut wire);
    assert_eq!(
        validate(kinds::table("Ruled"), &wire).unwrap_err().to_string(),
        "invalid Ruled.Span: value is not a valid duration"
    );
}

#[test]
fn durations_print_as_go_prints_them() {
    use super::range::Span;
    for (nanos, text) in [
        (0, "0s"),
        (999, "999ns"),
        (1_500, "1.5µs"),
        (1_500_000, "1.5ms"),
        (1_000_000_000, "1s"),
        (61_000_000_001, "1m1.000000001s"),
        (-3_600_000_000_000, "-1h0m0s"),
        (86_400_000_000_000, "24h0m0s"),
    ] {
        assert_eq!(Span(nanos).to_string(), text);
    }
}

#[test]
fn lists_and_maps_keep_their_rules() {
    for (member, reason) in [
        (r#""tags":["a","b","c","d"]"#, "Tags: value must contain between 0 and 3 items, inclusive"),
        (r#""tags":["a","b","a"]"#, "Tags[2]: repeated value must contain unique items"),
        (r#""tags":["a",""]"#, "Tags[1]: value length must be at least 1 runes"),
        (r#""inners":[{"name":"a"},{"name":"b"}]"#, "Inners: value must contain exactly 1 item(s)"),
        (
            r#""inners":[{}]"#,
            "Inners[0]: embedded message failed validation | caused by: invalid Ruled_Inner.Name: value length must be at least 1 runes",
        ),
        (
            r#""pairs":{"a":{"name":"x"},"b":{"name":"x"},"c":{"name":"x"}}"#,
            "Pairs: value must contain no more than 2 pair(s)",
        ),
        (
            r#""pairs":{"b":{"name":"x"},"a":{}}"#,
            "Pairs[a]: embedded message failed validation | caused by: invalid Ruled_Inner.Name: value length must be at least 1 runes",
        ),
        (r#""texts":{"k":""}"#, "Texts[k]: value length must be at least 1 runes"),
    ] {
        assert_eq!(ruled(member), format!("invalid Ruled.{reason}"));
    }
    assert_eq!(
        ruled(r#""pairs":{"long":{"name":"x"}}"#),
        "invalid key for Ruled.Pairs[long]: value length must be at most 3 runes"
    );
    let mut wire = Vec::new();
    put_bytes(2, b"ab", &mut wire);
    put_bytes(32, b"\x0a\x01x", &mut wire);
    put_bytes(36, b"\x0a\x01k", &mut wire);
    assert_eq!(
        validate(kinds::table("Ruled"), &wire).unwrap_err().to_string(),
        "invalid Ruled.Pairs[k]: value cannot be sparse, all pairs must be non-nil"
    );
}

#[test]
fn required_messages_and_oneofs_must_be_there() {
    assert_eq!(broken("Ruled", r#"{"userName":"a"}"#), "invalid Ruled.Needed: value is required");
    assert_eq!(
        broken("Required", r#"{"date":"2026-01-01T00:00:00Z"}"#),
        "invalid Required.TheChoice: value is required"
    );
    assert_eq!(
        broken("Required", r#"{"date":"2026-01-01T00:00:00Z","id":""}"#),
        "invalid Required.Id: value length must be at least 1 runes"
    );
    assert_eq!(
        broken("Required", r#"{"date":"2026-01-01T00:00:00Z","other":{"id":"x"}}"#),
        "invalid Required.Other: embedded message failed validation | caused by: invalid Required.Date: value is required"
    );
}

#[test]
fn plain_fields_come_first_then_oneofs_then_optional_ones() {
    assert_eq!(
        broken("Ruled", r#"{"constString":"y","userName":"","maxOnly":"long"}"#),
        "invalid Ruled.UserName: value length must be between 1 and 4 runes, inclusive"
    );
    assert!(
        broken("Ruled", r#"{"constString":"y","userName":"a","maxOnly":"long"}"#).starts_with("invalid Ruled.MaxOnly")
    );
    assert!(broken("Required", "{}").starts_with("invalid Required.Date"));
}

#[test]
fn messages_without_rules_or_with_rules_switched_off_pass() {
    assert_eq!(broken("Unchecked", "{}"), "");
    assert!(!kinds::table("Unchecked").has_rules());
    assert!(!kinds::table("Recursive").has_rules());
    assert!(kinds::table("Ruled").has_rules());
}

#[test]
fn a_message_that_comes_twice_is_checked_as_merged() {
    let mut wire = Vec::new();
    put_bytes(2, b"ab", &mut wire);
    put_bytes(32, b"", &mut wire);
    put_bytes(32, b"\x0a\x01x", &mut wire);
    put_bytes(32, b"", &mut wire);
    assert_eq!(validate(kinds::table("Ruled"), &wire), Ok(()));
    put_bytes(2, b"", &mut wire);
    assert!(validate(kinds::table("Ruled"), &wire).is_err(), "of a text the last one counts");
}

#[test]
fn malformed_bytes_are_refused_whether_or_not_there_are_rules() {
    for (table, wire, text) in [
        ("Recursive", &b"\x0a\x05"[..], "malformed request body: the message ends inside a field"),
        ("Recursive", b"\x0a\x03\x1a\x01\xff", "malformed request body: field 3 is not valid UTF-8"),
        ("Ruled", b"\x12\x01\xff", "malformed request body: field 2 is not valid UTF-8"),
        ("Scalars", b"\x70\x01", "malformed request body: field 14 has a wire type that is not its own"),
        ("Many", b"\x12\x01\x80", "malformed request body: the message ends inside a field"),
        ("Many", b"\x52\x03\x0a\x01\xff", "malformed request body: field 1 is not valid UTF-8"),
    ] {
        assert_eq!(validate(kinds::table(table), wire).unwrap_err().to_string(), text);
    }
    let mut wire = Vec::new();
    for _ in 0..101 {
        let inner = std::mem::take(&mut wire);
        put_bytes(1, &inner, &mut wire);
    }
    let text = validate(kinds::table("Recursive"), &wire).unwrap_err().to_string();
    assert_eq!(text, "malformed request body: messages nest deeper than 100 levels");
    let mut bytes = vec![0_u8; 64];
    for seed in 0..20_000_u32 {
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = (seed.wrapping_mul(2_654_435_761).rotate_left(index as u32) >> (index % 7)) as u8;
        }
        let _ = validate(kinds::table("Ruled"), &bytes);
        let _ = validate(kinds::table("Many"), &bytes[..seed as usize % 64]);
    }
}

#[test]
fn rules_that_cannot_be_kept_are_refused_at_the_start() {
    let error = Contract::from_descriptors(kinds::compile("unusable_rule.proto")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the rules of castellan.broken.Message.text: int32 rules do not fit the type of the field"
    );
}
