//! Reads single fields from wire bytes, for permission checks that come before decoding.

use super::table::{Cardinality, FieldKind, FieldTable, MessageTable};
use super::wire::{Raw, Reader};

/// The value of a singular string, number, bool or enum field of a message in wire form, as text. `name` is in Go, JSON
/// or contract spelling and may name a field of a nested message by a dotted path (`organization.org_id`).
///
/// `None` when the message has no such field, the field is not set, or the bytes are malformed before its end; the
/// last value counts where a field comes more than once, as in every decoder.
pub fn field_value(table: &MessageTable, wire: &[u8], name: &str) -> Option<String> {
    let (first, rest) = name.split_once('.').map_or((name, None), |(first, rest)| (first, Some(rest)));
    let field = table.field_spelled(first).filter(|field| field.cardinality == Cardinality::Singular)?;
    let mut reader = Reader::new(wire);
    let mut value = None;
    while let Some((number, raw)) = reader.record().ok()? {
        if number == field.number {
            match (rest, raw) {
                (None, raw) => value = as_text(field, raw),
                // A nested message that comes twice is merged: what the first one set stays.
                (Some(rest), Raw::Bytes(bytes)) => {
                    value = field_value(field.kind.message()?, bytes, rest).or(value);
                }
                (Some(_), _) => return None,
            }
        } else if field.oneof.is_some()
            && table.index_of(number).is_some_and(|index| table.fields[index].oneof == field.oneof)
        {
            value = None;
        }
    }
    value
}

#[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "the wire says how to read the bits")]
fn as_text(field: &FieldTable, raw: Raw<'_>) -> Option<String> {
    use super::wire::unzigzag;
    Some(match (&field.kind, raw) {
        (FieldKind::String, Raw::Bytes(bytes)) => str::from_utf8(bytes).ok()?.to_owned(),
        (FieldKind::Bool, Raw::Varint(bits)) => (bits != 0).to_string(),
        (FieldKind::Int32, Raw::Varint(bits)) => (bits as i32).to_string(),
        (FieldKind::Int64, Raw::Varint(bits)) => (bits as i64).to_string(),
        (FieldKind::Uint32, Raw::Varint(bits)) => (bits as u32).to_string(),
        (FieldKind::Uint64, Raw::Varint(bits)) => bits.to_string(),
        (FieldKind::Sint32 | FieldKind::Sint64, Raw::Varint(bits)) => unzigzag(bits).to_string(),
        (FieldKind::Fixed32, Raw::Fixed32(bits)) => bits.to_string(),
        (FieldKind::Sfixed32, Raw::Fixed32(bits)) => (bits as i32).to_string(),
        (FieldKind::Fixed64, Raw::Fixed64(bits)) => bits.to_string(),
        (FieldKind::Sfixed64, Raw::Fixed64(bits)) => (bits as i64).to_string(),
        (FieldKind::Enum(table), Raw::Varint(bits)) => {
            let number = bits as i32;
            table.name(number).map_or_else(|| number.to_string(), str::to_owned)
        }
        _ => return None,
    })
}
