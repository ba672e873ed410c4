//! Options of the contract, read by name: `(validate.rules).string.min_len`, `(google.api.http).get`.

use super::build::field_table;
use super::records::unpack;
use super::schema::{Field, each};
use super::set::Set;
use super::table::{Cardinality, FieldKind, FieldTable, MessageTable};
use super::wire::{Raw, WireError, unzigzag};

/// A message of options: its bytes with the table that names its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    table: &'static MessageTable,
    wire: &'static [u8],
}

/// The value of an option, or an element of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value {
    kind: FieldKind,
    raw: Raw<'static>,
}

/// The value that an extension has in the options of a declaration; `None` when it is not there.
pub(crate) fn extension(set: &'static Set, options: &'static [u8], name: &str) -> Option<Value> {
    if options.is_empty() {
        return None;
    }
    let declared = set.index.extension(name)?;
    let field = Field::read(declared.wire, declared.is_proto3).ok()?;
    let raw = last(options, field.number)?;
    Some(Value { kind: field_table(set, name, &field, &[]).ok()?.kind, raw })
}

/// Whether an extension that is a yes or no says yes.
pub(crate) fn flag(set: &'static Set, options: &'static [u8], name: &str) -> bool {
    extension(set, options, name).and_then(Value::as_bool) == Some(true)
}

/// The value of a field: the last one, as in every decoder. Compilers write a message of options in one record.
fn last(wire: &'static [u8], number: u32) -> Option<Raw<'static>> {
    let mut found: Option<Raw<'static>> = None;
    let read = each(wire, |at, raw| {
        if at == number {
            found = Some(raw);
        }
        Ok(())
    });
    read.ok().and(found)
}

impl Options {
    fn field(&self, name: &str) -> Option<&'static FieldTable> {
        self.table.fields.iter().find(|field| field.proto_name == name)
    }

    /// The field of that name, if it is set.
    pub fn value(&self, name: &str) -> Option<Value> {
        let field = self.field(name)?;
        last(self.wire, field.number).map(|raw| Value { kind: field.kind, raw })
    }

    /// Whether a yes or no says yes.
    pub fn flag(&self, name: &str) -> bool {
        self.value(name).and_then(Value::as_bool) == Some(true)
    }

    /// An unsigned number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.value(name).and_then(Value::as_u64)
    }

    /// A text.
    pub fn text(&self, name: &str) -> Option<&'static str> {
        self.value(name).and_then(Value::as_str)
    }

    /// A message inside.
    pub fn message(&self, name: &str) -> Option<Self> {
        self.value(name).and_then(Value::as_message)
    }

    /// The elements of a list that `read` can read.
    pub fn list<T>(&self, name: &str, read: impl Fn(Value) -> Option<T>) -> Vec<T> {
        let Some(field) = self.field(name) else { return Vec::new() };
        let mut elements = Vec::new();
        let value = |raw| Value { kind: field.kind, raw };
        let complete = each(self.wire, |number, raw| {
            match raw {
                _ if number != field.number => {}
                Raw::Bytes(packed) if field.cardinality == Cardinality::Repeated && field.kind.wire_type() != 2 => {
                    unpack(&field.kind, packed, |raw| {
                        elements.extend(read(value(raw)));
                        Ok::<(), WireError>(())
                    })?;
                }
                raw => elements.extend(read(value(raw))),
            }
            Ok(())
        });
        if complete.is_ok() { elements } else { Vec::new() }
    }

    /// Which member of a `oneof` is set.
    pub fn set_in(&self, oneof: &str) -> Option<&'static str> {
        let oneof = self.table.oneofs.iter().find(|known| known.proto_name == oneof)?;
        let mut members = oneof.fields.iter().map(|member| &self.table.fields[*member]);
        members.find(|field| last(self.wire, field.number).is_some()).map(|field| field.proto_name)
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the wire says how to read the bits")]
impl Value {
    /// A yes or no.
    pub fn as_bool(self) -> Option<bool> {
        match self.raw {
            Raw::Varint(bits) if matches!(self.kind, FieldKind::Bool) => Some(bits != 0),
            _ => None,
        }
    }

    /// A number of 32 bits, or the number of an enum's value.
    pub fn as_i32(self) -> Option<i32> {
        match (self.kind, self.raw) {
            (FieldKind::Int32 | FieldKind::Enum(_), Raw::Varint(bits)) => Some(bits as i32),
            (FieldKind::Sint32, Raw::Varint(bits)) => Some(unzigzag(bits) as i32),
            (FieldKind::Sfixed32, Raw::Fixed32(bits)) => Some(bits as i32),
            _ => None,
        }
    }

    /// A number of 64 bits.
    pub fn as_i64(self) -> Option<i64> {
        match (self.kind, self.raw) {
            (FieldKind::Int64, Raw::Varint(bits)) => Some(bits as i64),
            (FieldKind::Sint64, Raw::Varint(bits)) => Some(unzigzag(bits)),
            (FieldKind::Sfixed64, Raw::Fixed64(bits)) => Some(bits as i64),
            _ => None,
        }
    }

    /// An unsigned number of 32 bits.
    pub fn as_u32(self) -> Option<u32> {
        match (self.kind, self.raw) {
            (FieldKind::Uint32, Raw::Varint(bits)) => Some(bits as u32),
            (FieldKind::Fixed32, Raw::Fixed32(bits)) => Some(bits),
            _ => None,
        }
    }

    /// An unsigned number of 64 bits.
    pub fn as_u64(self) -> Option<u64> {
        match (self.kind, self.raw) {
            (FieldKind::Uint64, Raw::Varint(bits)) | (FieldKind::Fixed64, Raw::Fixed64(bits)) => Some(bits),
            _ => None,
        }
    }

    /// A floating-point number of 32 bits.
    pub fn as_f32(self) -> Option<f32> {
        match (self.kind, self.raw) {
            (FieldKind::Float, Raw::Fixed32(bits)) => Some(f32::from_bits(bits)),
            _ => None,
        }
    }

    /// A floating-point number of 64 bits.
    pub fn as_f64(self) -> Option<f64> {
        match (self.kind, self.raw) {
            (FieldKind::Double, Raw::Fixed64(bits)) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// A text.
    pub fn as_str(self) -> Option<&'static str> {
        match self.raw {
            Raw::Bytes(bytes) if matches!(self.kind, FieldKind::String) => str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Bytes.
    pub fn as_bytes(self) -> Option<&'static [u8]> {
        match self.raw {
            Raw::Bytes(bytes) if matches!(self.kind, FieldKind::Bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A message. A declaration that cannot be compiled is an error of its own, so here it only is not there.
    pub fn as_message(self) -> Option<Options> {
        match (self.kind, self.raw) {
            (FieldKind::Message(link), Raw::Bytes(wire)) => {
                Some(Options { table: link.set.message(link.number).ok()?, wire })
            }
            _ => None,
        }
    }
}
