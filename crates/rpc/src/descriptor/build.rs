//! From descriptors to tables.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use prost_reflect::{
    Cardinality as ProtoCardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
};

use super::ContractError;
use super::table::{
    Cardinality, EnumTable, FieldKind, FieldTable, MessageLink, MessageTable, NumberIndex, OneofTable, Presence,
    Tables, WellKnown,
};

/// A text that lives as long as the contract, that is as long as the process.
pub(super) fn intern(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// Compiles every message of the pool.
pub(super) fn tables(pool: &DescriptorPool) -> Result<&'static Tables, ContractError> {
    let enums: HashMap<String, &'static EnumTable> = pool
        .all_enums()
        .map(|descriptor| (descriptor.full_name().to_owned(), &*Box::leak(Box::new(enum_table(&descriptor)))))
        .collect();
    let links: HashMap<String, MessageLink> = pool
        .all_messages()
        .map(|message| (message.full_name().to_owned(), MessageLink(Box::leak(Box::new(OnceLock::new())))))
        .collect();

    let mut tables = Tables::new();
    for message in pool.all_messages() {
        let table: &'static MessageTable = Box::leak(Box::new(message_table(&message, &enums, &links)?));
        tables.insert(table.full_name, table);
    }
    let tables: &'static Tables = Box::leak(Box::new(tables));
    for (name, link) in &links {
        if let Some(table) = tables.get(name.as_str()) {
            // Each cell is set once, here: a second value cannot meet it.
            let _ = link.0.set(table);
            let _ = table.tables.set(tables);
        }
    }
    mark_rules(tables);
    Ok(tables)
}

/// Tells every table whether rules are anywhere below it.
fn mark_rules(tables: &'static Tables) {
    let mut ruled: HashSet<&'static str> =
        tables.values().filter(|table| table.plan.bites()).map(|table| table.full_name).collect();
    loop {
        let before = ruled.len();
        for table in tables.values() {
            let mut nested = table.plan.descends().filter_map(|field| table.fields[field].kind.message());
            if nested.any(|nested| ruled.contains(nested.full_name)) {
                ruled.insert(table.full_name);
            }
        }
        if ruled.len() == before {
            break;
        }
    }
    for table in tables.values() {
        let _ = table.has_rules.set(ruled.contains(table.full_name));
    }
}

fn enum_table(descriptor: &EnumDescriptor) -> EnumTable {
    let proto = descriptor.enum_descriptor_proto();
    let values: Vec<(i32, &'static str)> =
        proto.value.iter().map(|value| (value.number(), intern(value.name()))).collect();
    let mut by_name: Vec<_> = values.iter().map(|&(number, name)| (name, number)).collect();
    by_name.sort_unstable();
    let mut by_number = values;
    by_number.sort_by_key(|value| value.0);
    by_number.dedup_by_key(|value| value.0);
    EnumTable { full_name: intern(descriptor.full_name()), by_number, by_name }
}

fn message_table(
    message: &MessageDescriptor,
    enums: &HashMap<String, &'static EnumTable>,
    links: &HashMap<String, MessageLink>,
) -> Result<MessageTable, ContractError> {
    let unknown = |name: &str| ContractError::new(format!("{} uses the unknown type {name}", message.full_name()));
    let real_oneofs: Vec<_> = message.oneofs().filter(|oneof| !oneof.is_synthetic()).collect();
    let mut fields = Vec::new();
    // The descriptor itself keeps the order of the contract, which is the order of JSON members.
    for proto in &message.descriptor_proto().field {
        let number = u32::try_from(proto.number()).unwrap_or_default();
        let field = message.get_field(number).ok_or_else(|| unknown(proto.name()))?;
        let kind = match field.kind() {
            Kind::Message(nested) => {
                FieldKind::Message(*links.get(nested.full_name()).ok_or_else(|| unknown(nested.full_name()))?)
            }
            Kind::Enum(nested) => {
                FieldKind::Enum(enums.get(nested.full_name()).ok_or_else(|| unknown(nested.full_name()))?)
            }
            scalar => scalar_kind(&scalar),
        };
        fields.push(field_table(&field, kind, &real_oneofs));
    }

    let oneofs: Vec<_> = real_oneofs
        .iter()
        .enumerate()
        .map(|(index, oneof)| OneofTable {
            proto_name: intern(oneof.name()),
            go_name: intern(&go_camel_case(oneof.name())),
            fields: (0..fields.len()).filter(|&field| fields[field].oneof == Some(index)).collect(),
        })
        .collect();
    let mut by_name: Vec<(&'static str, u16)> = fields
        .iter()
        .zip(0_u16..)
        .flat_map(|(field, index)| [(field.json_name, index), (field.proto_name, index)])
        .collect();
    by_name.sort_unstable_by_key(|&(name, index)| (name.len(), name.as_bytes(), index));
    by_name.dedup();

    let package = message.package_name();
    let local = message.full_name().strip_prefix(package).unwrap_or(message.full_name()).trim_start_matches('.');
    Ok(MessageTable {
        full_name: intern(message.full_name()),
        go_name: intern(&go_camel_case(local)),
        well_known: WellKnown::of(message.full_name()),
        by_number: NumberIndex::new(fields.iter().map(|field| field.number)),
        by_name,
        plan: crate::validate::plan(message, &fields, &oneofs)?,
        fields,
        oneofs,
        tables: OnceLock::new(),
        has_rules: OnceLock::new(),
    })
}

fn field_table(field: &FieldDescriptor, kind: FieldKind, oneofs: &[prost_reflect::OneofDescriptor]) -> FieldTable {
    let oneof = field.containing_oneof().and_then(|own| oneofs.iter().position(|oneof| *oneof == own));
    let cardinality = if field.is_map() {
        Cardinality::Map
    } else if field.cardinality() == ProtoCardinality::Repeated {
        Cardinality::Repeated
    } else {
        Cardinality::Singular
    };
    FieldTable {
        number: field.number(),
        proto_name: intern(field.name()),
        json_name: intern(field.json_name()),
        go_name: intern(&go_camel_case(field.name())),
        kind,
        cardinality,
        presence: if field.supports_presence() { Presence::Explicit } else { Presence::Implicit },
        packed: field.is_packed(),
        optional: field.field_descriptor_proto().proto3_optional(),
        oneof,
    }
}

const fn scalar_kind(kind: &Kind) -> FieldKind {
    match kind {
        Kind::Double => FieldKind::Double,
        Kind::Float => FieldKind::Float,
        Kind::Int32 => FieldKind::Int32,
        Kind::Int64 => FieldKind::Int64,
        Kind::Uint32 => FieldKind::Uint32,
        Kind::Uint64 => FieldKind::Uint64,
        Kind::Sint32 => FieldKind::Sint32,
        Kind::Sint64 => FieldKind::Sint64,
        Kind::Fixed32 => FieldKind::Fixed32,
        Kind::Fixed64 => FieldKind::Fixed64,
        Kind::Sfixed32 => FieldKind::Sfixed32,
        Kind::Sfixed64 => FieldKind::Sfixed64,
        Kind::Bool => FieldKind::Bool,
        Kind::String => FieldKind::String,
        // Enums and messages never come here.
        Kind::Bytes | Kind::Enum(_) | Kind::Message(_) => FieldKind::Bytes,
    }
}

/// The Go spelling of a name: words joined in capitals (`user_id` becomes `UserId`), a dot becomes `_` before a capital.
pub(super) fn go_camel_case(name: &str) -> String {
    let mut go = String::with_capacity(name.len());
    let mut characters = name.chars().peekable();
    let mut start_of_word = true;
    let mut start_of_part = true;
    while let Some(character) = characters.next() {
        let lower_follows = characters.peek().is_some_and(char::is_ascii_lowercase);
        match character {
            '.' if lower_follows => start_of_word = true,
            '.' => go.push('_'),
            '_' if start_of_part => {
                go.push('X');
                start_of_word = true;
            }
            '_' if lower_follows => start_of_word = true,
            // A lower-case letter begins a word unless it continues one: `a1b` becomes `A1B`.
            lower if lower.is_ascii_lowercase() && start_of_word => {
                go.push(lower.to_ascii_uppercase());
                start_of_word = false;
            }
            other => {
                go.push(other);
                start_of_word = !other.is_ascii_alphabetic();
            }
        }
        start_of_part = character == '.';
    }
    go
}
