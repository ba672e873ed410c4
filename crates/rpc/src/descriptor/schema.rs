//! Declarations as they stand in the binary (`google/protobuf/descriptor.proto`): names point into the set, and options stay in
//! wire form until somebody asks.

use castellan_proto::index::Declaration;

use super::wire::{Raw, Reader, WireError};

/// A message type.
#[derive(Debug)]
pub(crate) struct Message {
    pub full_name: &'static str,
    pub fields: Vec<Field>,
    pub oneofs: Vec<Oneof>,
    /// `google.protobuf.MessageOptions`.
    pub options: &'static [u8],
}

/// A field or an extension.
#[derive(Debug, Clone, Default)]
pub(crate) struct Field {
    pub name: &'static str,
    pub json_name: &'static str,
    pub number: u32,
    pub is_repeated: bool,
    /// `google.protobuf.FieldDescriptorProto.Type`.
    pub kind: u64,
    /// Of an enum or a message, without a leading dot.
    pub type_name: &'static str,
    /// An index of [`Message::oneofs`].
    pub oneof: Option<usize>,
    /// Whether it carries the word `optional`.
    pub is_optional: bool,
    /// Whether its file is written in proto3.
    pub is_proto3: bool,
    /// `google.protobuf.FieldOptions`.
    pub options: &'static [u8],
}

impl Field {
    /// Whether zero differs from unset.
    pub const fn has_presence(&self) -> bool {
        !self.is_repeated && (self.kind == kind::MESSAGE || self.oneof.is_some() || !self.is_proto3)
    }

    /// Whether the values of a list can be written without a tag for each.
    pub const fn is_packable(&self) -> bool {
        !matches!(self.kind, kind::STRING | kind::BYTES | kind::MESSAGE)
    }

    /// Whether they are written so.
    pub fn is_packed(&self) -> bool {
        let mut packed = self.is_proto3;
        let read = each(self.options, |number, raw| {
            if number == 2 {
                packed = raw == Raw::Varint(1);
            }
            Ok(())
        });
        read.is_ok() && packed && self.is_repeated && self.is_packable()
    }
}

/// A `oneof`, those that `optional` fields imply included.
#[derive(Debug, Default)]
pub(crate) struct Oneof {
    pub name: &'static str,
    /// `google.protobuf.OneofOptions`.
    pub options: &'static [u8],
    /// Whether it only stands for the word `optional`.
    pub is_synthetic: bool,
}

/// An enum with its values in the order of the contract.
#[derive(Debug)]
pub(crate) struct Enum {
    pub values: Vec<(i32, &'static str)>,
}

/// An RPC.
#[derive(Debug, Default)]
pub(crate) struct Method {
    pub name: &'static str,
    /// Full names of messages.
    pub input: &'static str,
    pub output: &'static str,
    /// `google.protobuf.MethodOptions`.
    pub options: &'static [u8],
}

/// Type numbers of `google.protobuf.FieldDescriptorProto.Type`.
pub(crate) mod kind {
    pub const DOUBLE: u64 = 1;
    pub const FLOAT: u64 = 2;
    pub const INT64: u64 = 3;
    pub const UINT64: u64 = 4;
    pub const INT32: u64 = 5;
    pub const FIXED64: u64 = 6;
    pub const FIXED32: u64 = 7;
    pub const BOOL: u64 = 8;
    pub const STRING: u64 = 9;
    pub const MESSAGE: u64 = 11;
    pub const BYTES: u64 = 12;
    pub const UINT32: u64 = 13;
    pub const ENUM: u64 = 14;
    pub const SFIXED32: u64 = 15;
    pub const SFIXED64: u64 = 16;
    pub const SINT32: u64 = 17;
    pub const SINT64: u64 = 18;
}

type Result<T> = std::result::Result<T, WireError>;

impl Message {
    /// Reads a `google.protobuf.DescriptorProto`, apart from the declarations inside it.
    pub fn read(declared: &Declaration) -> Result<Self> {
        let mut count = [0; 2];
        each(declared.wire, |number, _| {
            count[0] += usize::from(number == 2);
            count[1] += usize::from(number == 8);
            Ok(())
        })?;
        let mut message = Self {
            full_name: declared.full_name,
            fields: Vec::with_capacity(count[0]),
            oneofs: Vec::with_capacity(count[1]),
            options: b"",
        };
        each(declared.wire, |number, raw| {
            match number {
                2 => message.fields.push(Field::read(bytes(number, raw)?, declared.is_proto3)?),
                7 => message.options = bytes(number, raw)?,
                8 => message.oneofs.push(oneof(bytes(number, raw)?)?),
                _ => {}
            }
            Ok(())
        })?;
        for field in message.fields.iter().filter(|field| field.is_optional) {
            if let Some(oneof) = field.oneof.and_then(|oneof| message.oneofs.get_mut(oneof)) {
                oneof.is_synthetic = true;
            }
        }
        Ok(message)
    }
}

impl Enum {
    /// Reads a `google.protobuf.EnumDescriptorProto`.
    pub fn read(declared: &Declaration) -> Result<Self> {
        let mut values = Vec::new();
        each(declared.wire, |number, raw| {
            if number == 2 {
                let (mut name, mut value) = ("", 0);
                each(bytes(number, raw)?, |number, raw| {
                    match number {
                        1 => name = text(number, raw)?,
                        2 => value = signed(raw),
                        _ => {}
                    }
                    Ok(())
                })?;
                values.push((value, name));
            }
            Ok(())
        })?;
        Ok(Self { values })
    }
}

impl Field {
    /// Reads a `google.protobuf.FieldDescriptorProto`.
    pub fn read(wire: &'static [u8], is_proto3: bool) -> Result<Self> {
        let mut field = Self { is_proto3, ..Self::default() };
        each(wire, |number, raw| {
            match (number, raw) {
                (1, raw) => field.name = text(number, raw)?,
                (3, raw) => field.number = u32::try_from(unsigned(raw)).map_err(|_| WireError::FieldNumber)?,
                (4, raw) => field.is_repeated = unsigned(raw) == 3,
                (5, raw) => field.kind = unsigned(raw),
                (6, raw) => field.type_name = text(number, raw)?.trim_start_matches('.'),
                (8, raw) => field.options = bytes(number, raw)?,
                (9, raw) => field.oneof = usize::try_from(unsigned(raw)).ok(),
                (10, raw) => field.json_name = text(number, raw)?,
                (17, raw) => field.is_optional = unsigned(raw) != 0,
                _ => {}
            }
            Ok(())
        })?;
        Ok(field)
    }
}

fn oneof(wire: &'static [u8]) -> Result<Oneof> {
    let mut oneof = Oneof::default();
    each(wire, |number, raw| {
        match number {
            1 => oneof.name = text(number, raw)?,
            2 => oneof.options = bytes(number, raw)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(oneof)
}

impl Method {
    /// Reads a `google.protobuf.MethodDescriptorProto`.
    pub fn read(wire: &'static [u8]) -> Result<Self> {
        let mut method = Self::default();
        each(wire, |number, raw| {
            match number {
                1 => method.name = text(number, raw)?,
                2 => method.input = text(number, raw)?.trim_start_matches('.'),
                3 => method.output = text(number, raw)?.trim_start_matches('.'),
                4 => method.options = bytes(number, raw)?,
                _ => {}
            }
            Ok(())
        })?;
        Ok(method)
    }
}

/// Calls `visit` with every record of a message.
pub(super) fn each<'a>(wire: &'a [u8], mut visit: impl FnMut(u32, Raw<'a>) -> Result<()>) -> Result<()> {
    let mut reader = Reader::new(wire);
    while let Some((number, raw)) = reader.record()? {
        visit(number, raw)?;
    }
    Ok(())
}

fn bytes(number: u32, raw: Raw<'static>) -> Result<&'static [u8]> {
    match raw {
        Raw::Bytes(bytes) => Ok(bytes),
        _ => Err(WireError::Mismatch(number)),
    }
}

fn text(number: u32, raw: Raw<'static>) -> Result<&'static str> {
    str::from_utf8(bytes(number, raw)?).map_err(|_| WireError::Utf8(number))
}

const fn unsigned(raw: Raw<'_>) -> u64 {
    match raw {
        Raw::Varint(bits) => bits,
        _ => 0,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "the wire says how to read the bits")]
const fn signed(raw: Raw<'_>) -> i32 {
    unsigned(raw) as i32
}
