//! Translations as trees: from and to `google.protobuf.Struct`, one laid over another, and their fingerprint.

use castellan_kernel::{Error, Result};
use md5::{Digest, Md5};
use prost_types::{ListValue, Struct, Value as Wire, value::Kind};
use serde_json::{Map, Number, Value};

/// A translation: names with texts or further names.
pub(super) type Tree = Map<String, Value>;

/// The tree of a struct, its names sorted.
pub(super) fn from_struct(wire: Struct) -> Tree {
    wire.fields.into_iter().map(|(name, value)| (name, from_value(value))).collect()
}

fn from_value(wire: Wire) -> Value {
    match wire.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => Value::Bool(value),
        Some(Kind::NumberValue(number)) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::ListValue(list)) => Value::Array(list.values.into_iter().map(from_value).collect()),
        Some(Kind::StructValue(fields)) => Value::Object(from_struct(fields)),
    }
}

/// The struct of a tree.
pub(super) fn to_struct(tree: Tree) -> Struct {
    Struct { fields: tree.into_iter().map(|(name, value)| (name, to_value(value))).collect() }
}

fn to_value(value: Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(value),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text),
        Value::Array(values) => Kind::ListValue(ListValue { values: values.into_iter().map(to_value).collect() }),
        Value::Object(fields) => Kind::StructValue(to_struct(fields)),
    };
    Wire { kind: Some(kind) }
}

/// Lays one tree over another: what the upper one says holds, name by name.
pub(super) fn overlay(lower: &mut Tree, upper: Tree) {
    for (name, value) in upper {
        match (lower.get_mut(&name), value) {
            (Some(Value::Object(below)), Value::Object(above)) => overlay(below, above),
            (_, value) => {
                lower.insert(name, value);
            }
        }
    }
}

/// The MD5 of the tree in JSON with sorted names, in hexadecimal. It tells versions apart and protects nothing.
pub(super) fn etag(tree: &Tree) -> Result<String> {
    let text = serde_json::to_vec(&sorted(tree)).map_err(Error::internal)?;
    Ok(Md5::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn sorted(tree: &Tree) -> Tree {
    let mut names: Vec<_> = tree.iter().collect();
    names.sort_by_key(|(name, _)| *name);
    let value = |value: &Value| value.as_object().map_or_else(|| value.clone(), |inner| Value::Object(sorted(inner)));
    names.into_iter().map(|(name, inner)| (name.clone(), value(inner))).collect()
}
