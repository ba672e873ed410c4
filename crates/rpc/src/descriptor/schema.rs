//! The descriptor set as it stands in the binary (`google/protobuf/descriptor.proto`): names point into it, and options stay
//! in wire form until somebody asks. Reading it so takes a few milliseconds; a general reflection library takes most of the
//! time and memory that a start may take.

use std::collections::HashMap;

use super::wire::{Raw, Reader, WireError};

/// Everything that the set declares.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub messages: Vec<Message>,
    pub enums: Vec<Enum>,
    pub services: Vec<Service>,
    /// Extension fields by full name, such as `validate.rules`.
    pub extensions: HashMap<String, Field>,
    by_name: HashMap<String, usize>,
}

/// A message type.
#[derive(Debug)]
pub(crate) struct Message {
    pub full_name: &'static str,
    pub package: &'static str,
    pub fields: Vec<Field>,
    pub oneofs: Vec<Oneof>,
    /// `google.protobuf.MessageOptions`.
    pub options: &'static [u8],
    /// Whether it stands for the entries of a map.
    pub is_map_entry: bool,
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

    /// The next value of a packed list.
    pub fn unpack(&self, reader: &mut Reader<'static>) -> Result<Raw<'static>> {
        Ok(match self.kind {
            kind::DOUBLE | kind::FIXED64 | kind::SFIXED64 => Raw::Fixed64(reader.fixed64()?),
            kind::FLOAT | kind::FIXED32 | kind::SFIXED32 => Raw::Fixed32(reader.fixed32()?),
            _ => Raw::Varint(reader.varint()?),
        })
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
    pub full_name: &'static str,
    pub values: Vec<(i32, &'static str)>,
}

/// A service.
#[derive(Debug)]
pub(crate) struct Service {
    pub full_name: &'static str,
    pub package: &'static str,
    pub methods: Vec<Method>,
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

impl Schema {
    /// Reads a `google.protobuf.FileDescriptorSet`.
    pub fn read(set: &'static [u8]) -> Result<Self> {
        let mut schema = Self::default();
        each(set, |number, raw| if number == 1 { schema.file(bytes(number, raw)?) } else { Ok(()) })?;
        schema.by_name =
            schema.messages.iter().zip(0..).map(|(message, at)| (message.full_name.to_owned(), at)).collect();
        Ok(schema)
    }

    /// The message of that full name.
    pub fn message(&self, full_name: &str) -> Option<&Message> {
        self.by_name.get(full_name).map(|at| &self.messages[*at])
    }

    /// Whether the field is a map.
    pub fn is_map(&self, field: &Field) -> bool {
        let entry = |name| self.message(name).is_some_and(|message| message.is_map_entry);
        field.is_repeated && field.kind == kind::MESSAGE && entry(field.type_name)
    }

    fn file(&mut self, file: &'static [u8]) -> Result<()> {
        let (mut package, mut is_proto3) = ("", false);
        each(file, |number, raw| {
            match number {
                2 => package = text(number, raw)?,
                12 => is_proto3 = text(number, raw)? == "proto3",
                _ => {}
            }
            Ok(())
        })?;
        let place = Place { package, scope: package, is_proto3 };
        each(file, |number, raw| match number {
            4 => self.message_type(place, bytes(number, raw)?),
            5 => self.enum_type(place, bytes(number, raw)?),
            6 => self.service(place, bytes(number, raw)?),
            7 => self.extension(place, bytes(number, raw)?),
            _ => Ok(()),
        })
    }

    fn message_type(&mut self, place: Place, wire: &'static [u8]) -> Result<()> {
        let mut message = Message {
            full_name: place.full_name(name_of(wire)?),
            package: place.package,
            fields: Vec::new(),
            oneofs: Vec::new(),
            options: b"",
            is_map_entry: false,
        };
        let inside = Place { scope: message.full_name, ..place };
        each(wire, |number, raw| {
            match number {
                2 => message.fields.push(field(bytes(number, raw)?, place.is_proto3)?),
                3 => self.message_type(inside, bytes(number, raw)?)?,
                4 => self.enum_type(inside, bytes(number, raw)?)?,
                6 => self.extension(inside, bytes(number, raw)?)?,
                7 => message.options = bytes(number, raw)?,
                8 => message.oneofs.push(oneof(bytes(number, raw)?)?),
                _ => {}
            }
            Ok(())
        })?;
        each(message.options, |number, raw| {
            message.is_map_entry |= number == 7 && raw == Raw::Varint(1);
            Ok(())
        })?;
        for field in message.fields.iter().filter(|field| field.is_optional) {
            if let Some(oneof) = field.oneof.and_then(|oneof| message.oneofs.get_mut(oneof)) {
                oneof.is_synthetic = true;
            }
        }
        self.messages.push(message);
        Ok(())
    }

    fn enum_type(&mut self, place: Place, wire: &'static [u8]) -> Result<()> {
        let mut values = Vec::new();
        each(wire, |number, raw| {
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
        self.enums.push(Enum { full_name: place.full_name(name_of(wire)?), values });
        Ok(())
    }

    fn service(&mut self, place: Place, wire: &'static [u8]) -> Result<()> {
        let mut methods = Vec::new();
        each(wire, |number, raw| {
            if number == 2 {
                methods.push(method(bytes(number, raw)?)?);
                Ok(())
            } else {
                Ok(())
            }
        })?;
        self.services.push(Service { full_name: place.full_name(name_of(wire)?), package: place.package, methods });
        Ok(())
    }

    fn extension(&mut self, place: Place, wire: &'static [u8]) -> Result<()> {
        let field = field(wire, place.is_proto3)?;
        self.extensions.insert(place.full_name(field.name).to_owned(), field);
        Ok(())
    }
}

/// Where a declaration stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    package: &'static str,
    /// The package or the message around it.
    scope: &'static str,
    is_proto3: bool,
}

impl Place {
    /// Full names stand nowhere in the set, so they are made; they live as long as the contract.
    fn full_name(self, name: &str) -> &'static str {
        let full = if self.scope.is_empty() { name.to_owned() } else { format!("{}.{name}", self.scope) };
        Box::leak(full.into_boxed_str())
    }
}

fn name_of(wire: &'static [u8]) -> Result<&'static str> {
    let mut name = "";
    each(wire, |number, raw| {
        if number == 1 {
            name = text(number, raw)?;
        }
        Ok(())
    })?;
    Ok(name)
}

fn field(wire: &'static [u8], is_proto3: bool) -> Result<Field> {
    let mut field = Field { is_proto3, ..Field::default() };
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

fn method(wire: &'static [u8]) -> Result<Method> {
    let mut method = Method::default();
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
