//! Payloads of events as protobuf has JSON objects.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_json::Value as Json;

/// The object as protobuf has it; anything but an object has no fields to show.
pub(super) fn to_struct(payload: Json) -> Option<Struct> {
    match payload {
        Json::Object(fields) => {
            Some(Struct { fields: fields.into_iter().map(|(key, value)| (key, to_value(value))).collect() })
        }
        _ => None,
    }
}

fn to_value(value: Json) -> Value {
    let kind = match value {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(value),
        // Protobuf has no other numbers; durations in nanoseconds lose nothing that matters beyond 2^53.
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => Kind::ListValue(ListValue { values: items.into_iter().map(to_value).collect() }),
        Json::Object(fields) => Kind::StructValue(Struct {
            fields: fields.into_iter().map(|(key, value)| (key, to_value(value))).collect(),
        }),
    };
    Value { kind: Some(kind) }
}
