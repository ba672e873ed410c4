//! The tables: one per message, with everything that the codec and the validator ask about a field.

use std::fmt;
use std::sync::OnceLock;

use super::names::{go_camel_case, is_go_spelling};
use super::set::{Set, proven};
use crate::validate::Plan;

/// Messages that JSON writes in a form of their own (protobuf.dev/programming-guides/json).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum WellKnown {
    /// An ordinary message.
    None,
    Timestamp,
    Duration,
    FieldMask,
    Empty,
    Any,
    Struct,
    Value,
    ListValue,
    /// `google.protobuf.StringValue` and its siblings: a message with one field `value`.
    Wrapper,
}

impl WellKnown {
    /// What the message of that full name is.
    pub fn of(full_name: &str) -> Self {
        match full_name {
            "google.protobuf.Timestamp" => Self::Timestamp,
            "google.protobuf.Duration" => Self::Duration,
            "google.protobuf.FieldMask" => Self::FieldMask,
            "google.protobuf.Empty" => Self::Empty,
            "google.protobuf.Any" => Self::Any,
            "google.protobuf.Struct" => Self::Struct,
            "google.protobuf.Value" => Self::Value,
            "google.protobuf.ListValue" => Self::ListValue,
            "google.protobuf.BoolValue"
            | "google.protobuf.BytesValue"
            | "google.protobuf.DoubleValue"
            | "google.protobuf.FloatValue"
            | "google.protobuf.Int32Value"
            | "google.protobuf.Int64Value"
            | "google.protobuf.StringValue"
            | "google.protobuf.UInt32Value"
            | "google.protobuf.UInt64Value" => Self::Wrapper,
            _ => Self::None,
        }
    }
}

/// The type of a field's value, or of a list's elements.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs)]
pub enum FieldKind {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
    Enum(&'static EnumTable),
    /// A message; for a map, the entry with fields 1 (key) and 2 (value).
    Message(MessageLink),
}

/// A message that is compiled when its table is first asked for; messages may contain themselves.
#[derive(Clone, Copy)]
pub struct MessageLink {
    pub(super) cell: &'static OnceLock<Box<MessageTable>>,
    pub(super) set: &'static Set,
    pub(super) number: usize,
}

impl MessageLink {
    /// The table.
    pub fn table(self) -> &'static MessageTable {
        match self.cell.get() {
            Some(table) => table,
            None => self.first_use(),
        }
    }

    #[cold]
    fn first_use(self) -> &'static MessageTable {
        proven(self.set.message(self.number))
    }
}

impl fmt::Debug for MessageLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MessageLink").field(&self.set.index.message(self.number).map(|found| found.full_name)).finish()
    }
}

impl FieldKind {
    /// The nested message's table.
    pub fn message(&self) -> Option<&'static MessageTable> {
        match self {
            Self::Message(link) => Some(link.table()),
            _ => None,
        }
    }

    /// Whether the values are messages.
    pub const fn is_message(&self) -> bool {
        matches!(self, Self::Message(_))
    }

    /// The wire type of a single value.
    pub const fn wire_type(&self) -> u8 {
        match self {
            Self::Double | Self::Fixed64 | Self::Sfixed64 => 1,
            Self::String | Self::Bytes | Self::Message(_) => 2,
            Self::Float | Self::Fixed32 | Self::Sfixed32 => 5,
            _ => 0,
        }
    }
}

/// How many values a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Cardinality {
    Singular,
    Repeated,
    Map,
}

/// Whether "not set" and "set to zero" differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// They are the same: proto3 scalars, lists and maps.
    Implicit,
    /// They differ: `optional` fields, message fields and members of a `oneof`.
    Explicit,
}

/// One field of a message.
#[derive(Debug)]
pub struct FieldTable {
    /// The field number.
    pub number: u32,
    /// The name in the contract, such as `user_name`.
    pub proto_name: &'static str,
    /// The name in JSON, such as `userName`.
    pub json_name: &'static str,
    /// The type.
    pub kind: FieldKind,
    /// One, many or a map.
    pub cardinality: Cardinality,
    /// Whether zero differs from unset.
    pub presence: Presence,
    /// Whether a list is written packed.
    pub packed: bool,
    /// Whether the field carries the word `optional`.
    pub optional: bool,
    /// The `oneof` it belongs to, as an index of [`MessageTable::oneofs`]; none for `optional` fields.
    pub oneof: Option<usize>,
}

impl FieldTable {
    /// The name in Go, such as `UserName`, which error texts use.
    pub fn go_name(&self) -> String {
        go_camel_case(self.proto_name)
    }
}

/// A `oneof` of a message.
#[derive(Debug)]
pub struct OneofTable {
    /// The name in the contract.
    pub proto_name: &'static str,
    /// Its members, as indices of [`MessageTable::fields`].
    pub fields: Vec<usize>,
}

impl OneofTable {
    /// The name in Go.
    pub fn go_name(&self) -> String {
        go_camel_case(self.proto_name)
    }
}

/// An enum: its values by number and by name.
#[derive(Debug)]
pub struct EnumTable {
    /// The full name, such as `zitadel.user.v1.Gender`.
    pub full_name: &'static str,
    /// Sorted by number; the first declared name where numbers are shared.
    pub(super) by_number: Vec<(i32, &'static str)>,
    /// Sorted by name.
    pub(super) by_name: Vec<(&'static str, i32)>,
}

impl EnumTable {
    /// The name of a number.
    pub fn name(&self, number: i32) -> Option<&'static str> {
        let index = self.by_number.binary_search_by_key(&number, |value| value.0).ok()?;
        Some(self.by_number[index].1)
    }

    /// The number of a name.
    pub fn number(&self, name: &str) -> Option<i32> {
        let index = self.by_name.binary_search_by(|value| value.0.cmp(name)).ok()?;
        Some(self.by_name[index].1)
    }

    /// The names, by ascending number.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.by_number.iter().map(|value| value.1)
    }

    /// Whether this is `google.protobuf.NullValue`, which JSON writes as `null`.
    pub fn is_null_value(&self) -> bool {
        self.full_name == "google.protobuf.NullValue"
    }
}

/// One message type.
#[derive(Debug)]
pub struct MessageTable {
    /// The full name, such as `zitadel.management.v1.AddMachineUserRequest`.
    pub full_name: &'static str,
    /// The package of its file.
    pub package: &'static str,
    /// Which special JSON form the message has.
    pub well_known: WellKnown,
    /// The fields in the order of the contract.
    pub fields: Vec<FieldTable>,
    /// The oneofs, without those that `optional` fields imply.
    pub oneofs: Vec<OneofTable>,
    pub(super) by_number: NumberIndex,
    /// Indices of fields by both spellings, sorted by length and then bytes.
    pub(super) by_name: Vec<(&'static str, u16)>,
    pub(super) set: &'static Set,
    /// The validation rules of the fields.
    pub(crate) plan: Plan,
    pub(super) has_rules: OnceLock<bool>,
}

impl MessageTable {
    /// The index of the field with that number.
    pub fn index_of(&self, number: u32) -> Option<usize> {
        self.by_number.get(number)
    }

    /// The field of that name in JSON or contract spelling, with its index.
    pub fn field_named(&self, name: &str) -> Option<(usize, &FieldTable)> {
        let position = self
            .by_name
            .binary_search_by(|entry| (entry.0.len(), entry.0.as_bytes()).cmp(&(name.len(), name.as_bytes())))
            .ok()?;
        let index = usize::from(self.by_name[position].1);
        Some((index, &self.fields[index]))
    }

    /// The field of that name in Go, JSON or contract spelling (`ProjectId`, `projectId`, `project_id`).
    pub fn field_spelled(&self, name: &str) -> Option<&FieldTable> {
        self.field_named(name)
            .map(|(_, field)| field)
            .or_else(|| self.fields.iter().find(|field| is_go_spelling(field.proto_name, name)))
    }

    /// The name in Go: without the package, nested names joined by `_`.
    pub fn go_name(&self) -> String {
        let local = self.full_name.strip_prefix(self.package).unwrap_or(self.full_name);
        go_camel_case(local.trim_start_matches('.'))
    }

    /// Whether the message, or any message inside it, has validation rules.
    pub fn has_rules(&self) -> bool {
        self.has_rules.get().copied().unwrap_or_else(|| self.look_for_rules())
    }

    #[cold]
    fn look_for_rules(&self) -> bool {
        let mut seen = vec![self];
        let mut next = 0;
        while let Some(&table) = seen.get(next) {
            if table.plan.bites() || table.has_rules.get() == Some(&true) {
                return *self.has_rules.get_or_init(|| true);
            }
            for nested in table.plan.descends().filter_map(|field| table.fields[field].kind.message()) {
                if !seen.iter().any(|known| std::ptr::eq(*known, nested)) {
                    seen.push(nested);
                }
            }
            next += 1;
        }
        // None of them leads to a rule, because whatever they contain was looked at as well.
        for table in seen {
            table.has_rules.get_or_init(|| false);
        }
        false
    }

    /// Another message of the same contract, for `google.protobuf.Any`.
    pub fn sibling(&self, full_name: &str) -> Option<&'static MessageTable> {
        self.set.link(full_name).map(MessageLink::table)
    }
}

/// From field numbers to indices: a plain array while numbers are small, else a search.
#[derive(Debug)]
pub(super) enum NumberIndex {
    Dense(Vec<u16>),
    Sorted(Vec<(u32, u16)>),
}

const NO_FIELD: u16 = u16::MAX;

impl NumberIndex {
    pub(super) fn new(numbers: impl Iterator<Item = u32>) -> Self {
        let mut sorted: Vec<(u32, u16)> = numbers.zip(0..NO_FIELD).collect();
        sorted.sort_unstable();
        let highest = sorted.last().map_or(0, |last| last.0) as usize;
        if highest > 512 {
            return Self::Sorted(sorted);
        }
        let mut dense = vec![NO_FIELD; highest + 1];
        for (number, index) in sorted {
            dense[number as usize] = index;
        }
        Self::Dense(dense)
    }

    fn get(&self, number: u32) -> Option<usize> {
        match self {
            Self::Dense(dense) => {
                dense.get(number as usize).filter(|&&index| index != NO_FIELD).map(|&index| usize::from(index))
            }
            Self::Sorted(sorted) => {
                let position = sorted.binary_search_by_key(&number, |entry| entry.0).ok()?;
                Some(usize::from(sorted[position].1))
            }
        }
    }
}
