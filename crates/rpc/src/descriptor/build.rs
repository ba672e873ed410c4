//! From descriptors to tables.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::ContractError;
use super::schema::{Enum, Field, Message, Schema, kind};
use super::table::{
    Cardinality, EnumTable, FieldKind, FieldTable, MessageLink, MessageTable, NumberIndex, OneofTable, Presence,
    Tables, WellKnown,
};

/// A text that lives as long as the contract, that is as long as the process.
pub(super) fn intern(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// Compiles every message of the schema.
pub(super) fn tables(schema: &Schema) -> Result<&'static Tables, ContractError> {
    let enums: HashMap<&str, &'static EnumTable> =
        schema.enums.iter().map(|known| (known.full_name, &*Box::leak(Box::new(enum_table(known))))).collect();
    let links: HashMap<&str, MessageLink> = schema
        .messages
        .iter()
        .map(|message| (message.full_name, MessageLink(Box::leak(Box::new(OnceLock::new())))))
        .collect();

    let mut tables = Tables::with_capacity(schema.messages.len());
    for message in &schema.messages {
        let table: &'static MessageTable = Box::leak(Box::new(message_table(schema, message, &enums, &links)?));
        tables.insert(table.full_name, table);
    }
    let tables: &'static Tables = Box::leak(Box::new(tables));
    for (name, link) in &links {
        if let Some(table) = tables.get(name) {
            // Each cell is set once, here: a second value cannot meet it.
            let _ = link.0.set(table);
            let _ = table.tables.set(tables);
        }
    }
    mark_rules(tables);
    Ok(tables)
}

/// Tells every table whether rules are anywhere below it: from the tables that have some, up to those that contain them.
fn mark_rules(tables: &'static Tables) {
    let mut containers: HashMap<&'static str, Vec<&'static MessageTable>> = HashMap::with_capacity(tables.len());
    let mut left: Vec<&'static MessageTable> = Vec::new();
    for table in tables.values() {
        for nested in table.plan.descends().filter_map(|field| table.fields[field].kind.message()) {
            containers.entry(nested.full_name).or_default().push(table);
        }
        if table.plan.bites() {
            left.push(table);
        }
    }
    while let Some(table) = left.pop() {
        // A table that is marked already has told its containers.
        if table.has_rules.set(true).is_ok() {
            left.extend(containers.get(table.full_name).into_iter().flatten());
        }
    }
    for table in tables.values() {
        let _ = table.has_rules.set(false);
    }
}

fn enum_table(known: &Enum) -> EnumTable {
    let mut by_name: Vec<_> = known.values.iter().map(|&(number, name)| (name, number)).collect();
    by_name.sort_unstable();
    let mut by_number = known.values.clone();
    by_number.sort_by_key(|value| value.0);
    by_number.dedup_by_key(|value| value.0);
    EnumTable { full_name: known.full_name, by_number, by_name }
}

fn message_table(
    schema: &Schema,
    message: &Message,
    enums: &HashMap<&str, &'static EnumTable>,
    links: &HashMap<&str, MessageLink>,
) -> Result<MessageTable, ContractError> {
    let unknown = |name: &str| ContractError::new(format!("{} uses the unknown type {name}", message.full_name));
    let real_oneofs: Vec<usize> =
        (0..message.oneofs.len()).filter(|&oneof| !message.oneofs[oneof].is_synthetic).collect();
    let mut fields = Vec::with_capacity(message.fields.len());
    for field in &message.fields {
        let kind = match field.kind {
            kind::MESSAGE => FieldKind::Message(*links.get(field.type_name).ok_or_else(|| unknown(field.type_name))?),
            kind::ENUM => FieldKind::Enum(enums.get(field.type_name).ok_or_else(|| unknown(field.type_name))?),
            number => scalar_kind(number).ok_or_else(|| unknown(field.name))?,
        };
        fields.push(field_table(schema, field, kind, &real_oneofs));
    }

    let oneofs: Vec<_> = real_oneofs
        .iter()
        .enumerate()
        .map(|(index, &oneof)| OneofTable {
            proto_name: message.oneofs[oneof].name,
            go_name: intern(&go_camel_case(message.oneofs[oneof].name)),
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

    let local = message.full_name.strip_prefix(message.package).unwrap_or(message.full_name).trim_start_matches('.');
    Ok(MessageTable {
        full_name: message.full_name,
        go_name: intern(&go_camel_case(local)),
        well_known: WellKnown::of(message.full_name),
        by_number: NumberIndex::new(fields.iter().map(|field| field.number)),
        by_name,
        plan: crate::validate::plan(schema, message, &fields, &oneofs)?,
        fields,
        oneofs,
        tables: OnceLock::new(),
        has_rules: OnceLock::new(),
    })
}

fn field_table(schema: &Schema, field: &Field, kind: FieldKind, real_oneofs: &[usize]) -> FieldTable {
    let cardinality = match (field.is_repeated, schema.is_map(field)) {
        (_, true) => Cardinality::Map,
        (true, false) => Cardinality::Repeated,
        (false, false) => Cardinality::Singular,
    };
    FieldTable {
        number: field.number,
        proto_name: field.name,
        json_name: field.json_name,
        go_name: intern(&go_camel_case(field.name)),
        kind,
        cardinality,
        presence: if field.has_presence() { Presence::Explicit } else { Presence::Implicit },
        packed: field.is_packed(),
        optional: field.is_optional,
        oneof: field.oneof.and_then(|own| real_oneofs.iter().position(|&oneof| oneof == own)),
    }
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
