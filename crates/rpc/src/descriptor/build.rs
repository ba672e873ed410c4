//! From declarations to tables.

use std::sync::OnceLock;

use super::ContractError;
use super::schema::{Enum, Field, Message, kind};
use super::set::Set;
use super::table::{
    Cardinality, EnumTable, FieldKind, FieldTable, MessageTable, NumberIndex, OneofTable, Presence, WellKnown,
};

/// Compiles an enum.
pub(super) fn enum_table(set: &'static Set, number: usize) -> Result<EnumTable, ContractError> {
    let declared = set.index.enumeration(number).ok_or_else(|| ContractError::unusable("an enum is missing"))?;
    let mut by_number = Enum::read(&declared).map_err(ContractError::unusable)?.values;
    let mut by_name: Vec<_> = by_number.iter().map(|&(number, name)| (name, number)).collect();
    by_name.sort_unstable();
    by_number.sort_by_key(|value| value.0);
    by_number.dedup_by_key(|value| value.0);
    Ok(EnumTable { full_name: declared.full_name, by_number, by_name })
}

/// Compiles a message with its rules; the messages inside it stay as they are.
pub(super) fn message_table(set: &'static Set, number: usize) -> Result<MessageTable, ContractError> {
    let declared = set.index.message(number).ok_or_else(|| ContractError::unusable("a message is missing"))?;
    let message = Message::read(&declared).map_err(ContractError::unusable)?;
    let real_oneofs: Vec<usize> =
        (0..message.oneofs.len()).filter(|&oneof| !message.oneofs[oneof].is_synthetic).collect();
    let mut fields = Vec::with_capacity(message.fields.len());
    for field in &message.fields {
        fields.push(field_table(set, message.full_name, field, &real_oneofs)?);
    }

    let oneofs: Vec<_> = real_oneofs
        .iter()
        .enumerate()
        .map(|(index, &oneof)| OneofTable {
            proto_name: message.oneofs[oneof].name,
            fields: (0..fields.len()).filter(|&field| fields[field].oneof == Some(index)).collect(),
        })
        .collect();
    let mut by_name: Vec<(&'static str, u16)> = Vec::with_capacity(2 * fields.len());
    by_name.extend(
        fields.iter().zip(0_u16..).flat_map(|(field, index)| [(field.json_name, index), (field.proto_name, index)]),
    );
    by_name.sort_unstable_by_key(|&(name, index)| (name.len(), name.as_bytes(), index));
    by_name.dedup();

    Ok(MessageTable {
        full_name: message.full_name,
        package: declared.package,
        well_known: WellKnown::of(message.full_name),
        by_number: NumberIndex::new(fields.iter().map(|field| field.number)),
        by_name,
        plan: crate::validate::plan(set, &message, &fields, &oneofs)?,
        fields,
        oneofs,
        set,
        has_rules: OnceLock::new(),
    })
}

/// The table of a field of the message `owner`.
pub(super) fn field_table(
    set: &'static Set,
    owner: &str,
    field: &Field,
    real_oneofs: &[usize],
) -> Result<FieldTable, ContractError> {
    let unknown = || {
        let type_name = if field.type_name.is_empty() { field.name } else { field.type_name };
        ContractError::new(format!("{owner} uses the unknown type {type_name}"))
    };
    let mut is_map = false;
    let kind = match field.kind {
        kind::MESSAGE => {
            let link = set.link(field.type_name).ok_or_else(unknown)?;
            is_map = field.is_repeated && set.index.is_map_entry(link.number);
            FieldKind::Message(link)
        }
        kind::ENUM => FieldKind::Enum(set.enumeration(set.index.find_enum(field.type_name).ok_or_else(unknown)?)?),
        number => scalar_kind(number).ok_or_else(unknown)?,
    };
    let cardinality = match (field.is_repeated, is_map) {
        (_, true) => Cardinality::Map,
        (true, false) => Cardinality::Repeated,
        (false, false) => Cardinality::Singular,
    };
    Ok(FieldTable {
        number: field.number,
        proto_name: field.name,
        json_name: field.json_name,
        kind,
        cardinality,
        presence: if field.has_presence() { Presence::Explicit } else { Presence::Implicit },
        packed: field.is_packed(),
        optional: field.is_optional,
        oneof: field.oneof.and_then(|own| real_oneofs.iter().position(|&oneof| oneof == own)),
    })
}

const fn scalar_kind(number: u64) -> Option<FieldKind> {
    Some(match number {
        kind::DOUBLE => FieldKind::Double,
        kind::FLOAT => FieldKind::Float,
        kind::INT32 => FieldKind::Int32,
        kind::INT64 => FieldKind::Int64,
        kind::UINT32 => FieldKind::Uint32,
        kind::UINT64 => FieldKind::Uint64,
        kind::SINT32 => FieldKind::Sint32,
        kind::SINT64 => FieldKind::Sint64,
        kind::FIXED32 => FieldKind::Fixed32,
        kind::FIXED64 => FieldKind::Fixed64,
        kind::SFIXED32 => FieldKind::Sfixed32,
        kind::SFIXED64 => FieldKind::Sfixed64,
        kind::BOOL => FieldKind::Bool,
        kind::STRING => FieldKind::String,
        kind::BYTES => FieldKind::Bytes,
        // Groups are gone from the language.
        _ => return None,
    })
}
