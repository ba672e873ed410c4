//! Makes an index: reads a set once from end to end.

use std::collections::HashMap;
use std::fmt;

use prost::DecodeError;
use prost::bytes::Buf as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use super::{ENUMS, EXTENSIONS, LENGTH, MAP_ENTRY, MESSAGES, METHODS, NONE, PROTO3, SERVICES, WIDTHS, hash};

/// Why a set has no index.
#[derive(Debug)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

impl From<DecodeError> for Malformed {
    fn from(error: DecodeError) -> Self {
        Self(error.to_string())
    }
}

/// The index of an encoded `google.protobuf.FileDescriptorSet`.
///
/// # Errors
/// When the set is malformed.
pub fn build(set: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut walk = Walk { set, sections: Default::default(), written: HashMap::new() };
    each(set, |number, value| if number == 1 { walk.file(value.bytes) } else { Ok(()) })?;
    Ok(walk.written())
}

struct Walk<'s> {
    set: &'s [u8],
    sections: [Vec<Record<'s>>; 5],
    /// The full names that the set contains as the type of a field or of an RPC, with their places.
    written: HashMap<&'s [u8], u32>,
}

struct Record<'s> {
    name: String,
    package: usize,
    wire: &'s [u8],
    flags: u32,
    /// Input and output of an RPC.
    types: Option<[&'s [u8]; 2]>,
}

/// Where a declaration stands: its package, and the package or message around it.
#[derive(Clone, Copy)]
struct Place<'p> {
    package: usize,
    scope: &'p str,
    flags: u32,
}

impl<'s> Walk<'s> {
    fn file(&mut self, file: &'s [u8]) -> Result<(), Malformed> {
        let (mut package, mut flags) = ("", 0);
        each(file, |number, value| {
            match number {
                2 => package = str::from_utf8(value.bytes).unwrap_or_default(),
                12 if value.bytes == b"proto3" => flags = PROTO3,
                _ => {}
            }
            Ok(())
        })?;
        let place = Place { package: package.len(), scope: package, flags };
        each(file, |number, value| match number {
            4 => self.message(place, value.bytes),
            5 => self.declare(ENUMS, place, value.bytes).map(drop),
            6 => self.service(place, value.bytes),
            7 => self.extension(place, value.bytes),
            _ => Ok(()),
        })
    }

    fn message(&mut self, place: Place<'_>, wire: &'s [u8]) -> Result<(), Malformed> {
        let mut is_map_entry = false;
        each(wire, |number, value| match number {
            7 => each(value.bytes, |number, value| {
                is_map_entry |= number == 7 && value.varint == 1;
                Ok(())
            }),
            _ => Ok(()),
        })?;
        let flags = place.flags | if is_map_entry { MAP_ENTRY } else { 0 };
        let scope = self.declare(MESSAGES, Place { flags, ..place }, wire)?;
        let inside = Place { scope: &scope, ..place };
        each(wire, |number, value| match number {
            2 => self.mention_type(value.bytes),
            3 => self.message(inside, value.bytes),
            4 => self.declare(ENUMS, inside, value.bytes).map(drop),
            6 => self.extension(inside, value.bytes),
            _ => Ok(()),
        })
    }

    fn extension(&mut self, place: Place<'_>, wire: &'s [u8]) -> Result<(), Malformed> {
        self.mention_type(wire)?;
        self.declare(EXTENSIONS, place, wire).map(drop)
    }

    fn service(&mut self, place: Place<'_>, wire: &'s [u8]) -> Result<(), Malformed> {
        let service = self.declare(SERVICES, place, wire)?;
        each(wire, |number, value| {
            if number != 2 {
                return Ok(());
            }
            let mut types: [&[u8]; 2] = [b"", b""];
            each(value.bytes, |number, value| {
                if let 2 | 3 = number {
                    types[number as usize - 2] = self.mention(value.bytes);
                }
                Ok(())
            })?;
            let name = format!("{service}/{}", name_of(value.bytes)?);
            let Place { package, flags, .. } = place;
            self.sections[METHODS].push(Record { name, package, wire: value.bytes, flags, types: Some(types) });
            Ok(())
        })
    }

    fn declare(&mut self, section: usize, place: Place<'_>, wire: &'s [u8]) -> Result<String, Malformed> {
        let Place { package, scope, flags } = place;
        let name = name_of(wire)?;
        let full = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        self.sections[section].push(Record { name: full.clone(), package, wire, flags, types: None });
        Ok(full)
    }

    fn mention_type(&mut self, field: &'s [u8]) -> Result<(), Malformed> {
        each(field, |number, value| {
            if number == 6 {
                self.mention(value.bytes);
            }
            Ok(())
        })
    }

    /// A full name without the dot in front.
    fn mention(&mut self, name: &'s [u8]) -> &'s [u8] {
        let name = name.strip_prefix(b".").unwrap_or(name);
        let place = self.place(name);
        self.written.entry(name).or_insert(place);
        name
    }

    #[allow(clippy::cast_possible_truncation, reason = "no set has four gigabytes")]
    fn place(&self, part: &[u8]) -> u32 {
        (part.as_ptr() as usize - self.set.as_ptr() as usize) as u32
    }

    #[allow(clippy::cast_possible_truncation, reason = "no set has four gigabytes")]
    fn written(self) -> Vec<u8> {
        let messages: HashMap<&[u8], u32> = self.sections[MESSAGES]
            .iter()
            .zip(0..)
            .map(|(message, number)| (message.name.as_bytes(), number))
            .collect();
        let mut head = Vec::new();
        let mut body = Vec::new();
        let mut texts = Vec::new();
        for (section, width) in self.sections.iter().zip(WIDTHS) {
            let mut slots = vec![0_u32; (section.len() * 2).next_power_of_two()];
            let mask = slots.len() - 1;
            for (record, number) in section.iter().zip(1..) {
                let mut slot = hash(record.name.as_bytes()) & mask;
                while slots[slot] != 0 {
                    slot = (slot + 1) & mask;
                }
                slots[slot] = number;
            }
            head.extend([section.len() as u32, slots.len() as u32]);
            body.extend(slots);
            for record in section {
                let name = self.written.get(record.name.as_bytes()).copied().unwrap_or_else(|| {
                    let place = self.set.len() + texts.len();
                    texts.extend_from_slice(record.name.as_bytes());
                    place as u32
                });
                let length = record.wire.len() as u32 & LENGTH | record.flags;
                let number = |name: &[u8]| messages.get(name).copied().unwrap_or(NONE);
                let [input, output] = record.types.unwrap_or_default().map(number);
                let columns = [
                    name,
                    record.name.len() as u32,
                    record.package as u32,
                    self.place(record.wire),
                    length,
                    input,
                    output,
                ];
                body.extend(&columns[..width]);
            }
        }
        let mut index: Vec<u8> = head.into_iter().chain(body).flat_map(u32::to_le_bytes).collect();
        index.extend(texts);
        index
    }
}

fn name_of(wire: &[u8]) -> Result<&str, Malformed> {
    let mut name = "";
    each(wire, |number, value| {
        if number == 1 {
            name = str::from_utf8(value.bytes).unwrap_or_default();
        }
        Ok(())
    })?;
    Ok(name)
}

/// The value of one field: its bytes if it has a length, else its number if it is a varint.
struct Value<'s> {
    bytes: &'s [u8],
    varint: u64,
}

fn each<'s>(
    mut wire: &'s [u8],
    mut visit: impl FnMut(u32, Value<'s>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    while wire.has_remaining() {
        let (number, wire_type) = decode_key(&mut wire)?;
        let mut value = Value { bytes: b"", varint: 0 };
        match wire_type {
            WireType::LengthDelimited => {
                let length = usize::try_from(decode_varint(&mut wire)?).unwrap_or(usize::MAX);
                (value.bytes, wire) =
                    wire.split_at_checked(length).ok_or_else(|| Malformed("a declaration is cut off".to_owned()))?;
            }
            WireType::Varint => value.varint = decode_varint(&mut wire)?,
            other => skip_field(other, number, &mut wire, DecodeContext::default())?,
        }
        visit(number, value)?;
    }
    Ok(())
}
