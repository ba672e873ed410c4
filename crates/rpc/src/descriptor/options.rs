//! Options of the contract, read by name: `(validate.rules).string.min_len`, `(google.api.http).get`.

use super::schema::{Field, Message, Schema, each, kind};
use super::wire::{Raw, Reader};

/// A message of options: its bytes with the declaration that names its fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options<'s> {
    schema: &'s Schema,
    message: &'s Message,
    wire: &'static [u8],
}

/// The value of an option, or an element of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'s> {
    schema: &'s Schema,
    field: &'s Field,
    raw: Raw<'static>,
}

/// The value that an extension has in the options of a declaration; `None` when it is not there.
pub(crate) fn extension<'s>(schema: &'s Schema, options: &'static [u8], name: &str) -> Option<Value<'s>> {
    let field = schema.extensions.get(name)?;
    last(options, field.number).map(|raw| Value { schema, field, raw })
}

/// Whether an extension that is a yes or no says yes.
pub(crate) fn flag(schema: &Schema, options: &'static [u8], name: &str) -> bool {
    extension(schema, options, name).and_then(Value::as_bool) == Some(true)
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

impl<'s> Options<'s> {
    /// The field of that name, if it is set.
    pub fn value(&self, name: &str) -> Option<Value<'s>> {
        let field = self.message.fields.iter().find(|field| field.name == name)?;
        last(self.wire, field.number).map(|raw| Value { schema: self.schema, field, raw })
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
    pub fn message(&self, name: &str) -> Option<Options<'s>> {
        self.value(name).and_then(Value::as_message)
    }

    /// The elements of a list that `read` can read.
    pub fn list<T>(&self, name: &str, read: impl Fn(Value<'s>) -> Option<T>) -> Vec<T> {
        let Some(field) = self.message.fields.iter().find(|field| field.name == name) else { return Vec::new() };
        let mut elements = Vec::new();
        let value = |raw| Value { schema: self.schema, field, raw };
        let complete = each(self.wire, |number, raw| {
            match raw {
                _ if number != field.number => {}
                Raw::Bytes(packed) if field.is_packable() => {
                    let mut reader = Reader::new(packed);
                    while !reader.is_empty() {
                        elements.extend(read(value(field.unpack(&mut reader)?)));
                    }
                }
                raw => elements.extend(read(value(raw))),
            }
            Ok(())
        });
        if complete.is_ok() { elements } else { Vec::new() }
    }

    /// Which member of a `oneof` is set.
    pub fn set_in(&self, oneof: &str) -> Option<&'static str> {
        let index = self.message.oneofs.iter().position(|known| known.name == oneof)?;
        let members = self.message.fields.iter().filter(|field| field.oneof == Some(index));
        members.filter(|field| last(self.wire, field.number).is_some()).map(|field| field.name).next()
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the wire says how to read the bits")]
impl<'s> Value<'s> {
    /// A yes or no.
    pub fn as_bool(self) -> Option<bool> {
        match self.raw {
            Raw::Varint(bits) if self.field.kind == kind::BOOL => Some(bits != 0),
            _ => None,
        }
    }

    /// A number of 32 bits, or the number of an enum's value.
    pub fn as_i32(self) -> Option<i32> {
        match (self.field.kind, self.raw) {
            (kind::INT32 | kind::ENUM, Raw::Varint(bits)) => Some(bits as i32),
            (kind::SINT32, Raw::Varint(bits)) => Some(super::wire::unzigzag(bits) as i32),
            (kind::SFIXED32, Raw::Fixed32(bits)) => Some(bits as i32),
            _ => None,
        }
    }

    /// A number of 64 bits.
    pub fn as_i64(self) -> Option<i64> {
        match (self.field.kind, self.raw) {
            (kind::INT64, Raw::Varint(bits)) => Some(bits as i64),
            (kind::SINT64, Raw::Varint(bits)) => Some(super::wire::unzigzag(bits)),
            (kind::SFIXED64, Raw::Fixed64(bits)) => Some(bits as i64),
            _ => None,
        }
    }

    /// An unsigned number of 32 bits.
    pub fn as_u32(self) -> Option<u32> {
        match (self.field.kind, self.raw) {
            (kind::UINT32, Raw::Varint(bits)) => Some(bits as u32),
            (kind::FIXED32, Raw::Fixed32(bits)) => Some(bits),
            _ => None,
        }
    }

    /// An unsigned number of 64 bits.
    pub fn as_u64(self) -> Option<u64> {
        match (self.field.kind, self.raw) {
            (kind::UINT64, Raw::Varint(bits)) | (kind::FIXED64, Raw::Fixed64(bits)) => Some(bits),
            _ => None,
        }
    }

    /// A floating-point number of 32 bits.
    pub fn as_f32(self) -> Option<f32> {
        match (self.field.kind, self.raw) {
            (kind::FLOAT, Raw::Fixed32(bits)) => Some(f32::from_bits(bits)),
            _ => None,
        }
    }

    /// A floating-point number of 64 bits.
    pub fn as_f64(self) -> Option<f64> {
        match (self.field.kind, self.raw) {
            (kind::DOUBLE, Raw::Fixed64(bits)) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// A text.
    pub fn as_str(self) -> Option<&'static str> {
        match self.raw {
            Raw::Bytes(bytes) if self.field.kind == kind::STRING => str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// Bytes.
    pub fn as_bytes(self) -> Option<&'static [u8]> {
        match self.raw {
            Raw::Bytes(bytes) if self.field.kind == kind::BYTES => Some(bytes),
            _ => None,
        }
    }

    /// A message.
    pub fn as_message(self) -> Option<Options<'s>> {
        match self.raw {
            Raw::Bytes(wire) if self.field.kind == kind::MESSAGE => {
                Some(Options { schema: self.schema, message: self.schema.message(self.field.type_name)?, wire })
            }
            _ => None,
        }
    }
}
