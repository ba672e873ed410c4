//! From JSON text to wire bytes.

use std::borrow::Cow;
use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::parse::Parser;
use super::{JsonError, number};
use crate::descriptor::records::is_zero;
use crate::descriptor::wire::{MAX_DEPTH, Raw, put_tag, put_varint, zigzag};
use crate::descriptor::{Cardinality, EnumTable, FieldKind, FieldTable, MessageTable, Presence, WellKnown};

/// Reads the JSON of a message and gives its wire form. Names may be lowerCamelCase or as in the contract, members that
/// the message does not have are ignored, `null` stands for "not set". The text must be a value: nothing at all is not
/// the empty message, `{}` is.
///
/// # Errors
/// A text naming the field, what was expected and where, when the JSON is malformed or a value does not fit its field.
pub fn decode(table: &MessageTable, json: &[u8]) -> Result<Vec<u8>, JsonError> {
    let text = match str::from_utf8(json) {
        Ok(text) => text,
        Err(error) => return Err(JsonError::at(error.valid_up_to(), "the text is not valid UTF-8").located(json)),
    };
    let mut out = Vec::with_capacity(json.len());
    let mut parser = Parser::new(text);
    message(&mut parser, table, 0, &mut out).and_then(|()| parser.end()).map_err(|error| error.located(json))?;
    Ok(out)
}

/// Any message, in its special form where it has one.
pub(super) fn message(
    parser: &mut Parser<'_>,
    table: &MessageTable,
    depth: u32,
    out: &mut Vec<u8>,
) -> Result<(), JsonError> {
    if depth > MAX_DEPTH {
        return Err(parser.too_deep());
    }
    if table.well_known == WellKnown::None {
        members(parser, table, depth, false, out)
    } else {
        super::decode_known::known(parser, table, depth, out)
    }
}

/// An ordinary message. `in_any` says that a member `@type` belongs to the `Any` around it.
pub(super) fn members(
    parser: &mut Parser<'_>,
    table: &MessageTable,
    depth: u32,
    in_any: bool,
    out: &mut Vec<u8>,
) -> Result<(), JsonError> {
    let mut seen = Seen::default();
    let mut seen_oneofs = Seen::default();
    parser.object(|parser, name| {
        if in_any && name == "@type" {
            return parser.skip(depth + 1);
        }
        let Some((index, field)) = table.field_named(&name) else { return parser.skip(depth + 1) };
        if seen.add(index) {
            return Err(parser.error("the field is given twice").within(field.json_name));
        }
        if parser.at_null() && !takes_null(field) {
            return parser.null().map_err(|error| error.within(field.json_name));
        }
        if let Some(oneof) = field.oneof.filter(|&oneof| seen_oneofs.add(oneof)) {
            let others = table.oneofs[oneof].proto_name;
            let reason = format!("only one of the fields of {others} may be given, and another one is already");
            return Err(parser.error(reason).within(field.json_name));
        }
        member(parser, field, depth, out).map_err(|error| error.within(field.json_name))
    })
}

/// Whether `null` is a value of the field rather than its absence.
fn takes_null(field: &FieldTable) -> bool {
    field.cardinality == Cardinality::Singular
        && match &field.kind {
            FieldKind::Enum(table) => table.is_null_value(),
            kind => kind.message().is_some_and(|table| table.well_known == WellKnown::Value),
        }
}

fn member(parser: &mut Parser<'_>, field: &FieldTable, depth: u32, out: &mut Vec<u8>) -> Result<(), JsonError> {
    match field.cardinality {
        Cardinality::Singular => singular(parser, field, field.presence, depth, out),
        Cardinality::Map => map(parser, field, depth, out),
        Cardinality::Repeated if field.packed => {
            let before = out.len();
            put_tag(field.number, 2, out);
            let list = open(out);
            parser.list(|parser, index| {
                let scalar = scalar(parser, field).map_err(|error| error.within(format!("[{index}]")))?;
                scalar.put(out);
                Ok(())
            })?;
            if out.len() == list {
                out.truncate(before);
            } else {
                close(list, out);
            }
            Ok(())
        }
        Cardinality::Repeated => parser.list(|parser, index| {
            singular(parser, field, Presence::Explicit, depth, out).map_err(|error| error.within(format!("[{index}]")))
        }),
    }
}

/// The value of a wrapper: a zero is left out, as other writers do.
pub(super) fn value(
    parser: &mut Parser<'_>,
    field: &FieldTable,
    depth: u32,
    out: &mut Vec<u8>,
) -> Result<(), JsonError> {
    singular(parser, field, Presence::Implicit, depth, out)
}

/// One value with its key. Without presence a zero is left out, as other writers do.
fn singular(
    parser: &mut Parser<'_>,
    field: &FieldTable,
    presence: Presence,
    depth: u32,
    out: &mut Vec<u8>,
) -> Result<(), JsonError> {
    if let FieldKind::Message(_) = field.kind {
        let table = field.kind.message().ok_or_else(|| parser.error("its message is not known"))?;
        return nested(field.number, out, |out| message(parser, table, depth + 1, out));
    }
    let scalar = scalar(parser, field)?;
    if presence == Presence::Explicit || !scalar.is_zero(&field.kind) {
        put_tag(field.number, field.kind.wire_type(), out);
        scalar.put(out);
    }
    Ok(())
}

/// An object as map entries.
pub(super) fn map(parser: &mut Parser<'_>, field: &FieldTable, depth: u32, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let Some([key_field, value_field]) = field.kind.message().and_then(|entry| entry.fields.first_chunk::<2>()) else {
        return Err(parser.error("its entries are not known"));
    };
    let mut seen: HashSet<Cow<'_, str>> = HashSet::new();
    parser.object(|parser, name| {
        let step = || format!("[{name:?}]");
        if seen.contains(&name) {
            return Err(parser.error("the key is given twice").within(step()));
        }
        nested(field.number, out, |out| {
            let key = key(parser, key_field, &name)?;
            put_tag(key_field.number, key_field.kind.wire_type(), out);
            key.put(out);
            singular(parser, value_field, Presence::Explicit, depth + 1, out)
        })
        .map_err(|error| error.within(step()))?;
        seen.insert(name);
        Ok(())
    })
}

fn key<'j>(parser: &Parser<'_>, field: &FieldTable, name: &'j str) -> Result<Scalar<'j>, JsonError> {
    match &field.kind {
        FieldKind::String => Ok(Scalar::Bytes(Cow::Borrowed(name.as_bytes()))),
        FieldKind::Bool if name == "true" => Ok(Scalar::Varint(1)),
        FieldKind::Bool if name == "false" => Ok(Scalar::Varint(0)),
        FieldKind::Bool => Err(parser.error("expected a key that is \"true\" or \"false\"")),
        kind => integer(kind, name).ok_or_else(|| parser.error("expected a key that is an integer in range")),
    }
}

/// Appends a length-delimited record whose content `write` appends.
pub(super) fn nested<E>(
    number: u32,
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    put_tag(number, 2, out);
    let start = open(out);
    write(out)?;
    close(start, out);
    Ok(())
}

/// Leaves room for a length of one byte.
fn open(out: &mut Vec<u8>) -> usize {
    out.push(0);
    out.len()
}

/// Fills in the length of what was written since `start`, making room where one byte is not enough.
fn close(start: usize, out: &mut Vec<u8>) {
    let length = out.len() - start;
    if length < 0x80 {
        out[start - 1] = length as u8;
        return;
    }
    let mut prefix = Vec::with_capacity(5);
    put_varint(length as u64, &mut prefix);
    out.splice(start - 1..start, prefix);
}

/// A value that is no message, ready to be written.
pub(super) enum Scalar<'j> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Cow<'j, [u8]>),
}

impl Scalar<'_> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(bits) => put_varint(*bits, out),
            Self::Fixed32(bits) => out.extend_from_slice(&bits.to_le_bytes()),
            Self::Fixed64(bits) => out.extend_from_slice(&bits.to_le_bytes()),
            Self::Bytes(bytes) => {
                put_varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
        }
    }

    fn is_zero(&self, kind: &FieldKind) -> bool {
        is_zero(
            kind,
            match self {
                Self::Varint(bits) => Raw::Varint(*bits),
                Self::Fixed32(bits) => Raw::Fixed32(*bits),
                Self::Fixed64(bits) => Raw::Fixed64(*bits),
                Self::Bytes(bytes) => Raw::Bytes(bytes),
            },
        )
    }
}

fn scalar<'j>(parser: &mut Parser<'j>, field: &FieldTable) -> Result<Scalar<'j>, JsonError> {
    match &field.kind {
        FieldKind::String => Ok(Scalar::Bytes(match parser.string()? {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })),
        FieldKind::Bytes => base64_bytes(parser),
        FieldKind::Bool => Ok(Scalar::Varint(u64::from(parser.boolean()?))),
        FieldKind::Enum(table) => enumeration(parser, table),
        FieldKind::Double | FieldKind::Float => float(parser, &field.kind),
        kind => {
            let before = parser.clone();
            let text = numeric_text(parser, "an integer")?;
            integer(kind, &text).ok_or_else(|| before.error(format!("expected an integer {}", range(kind))))
        }
    }
}

/// The text of a number, which may stand in quotes.
fn numeric_text<'j>(parser: &mut Parser<'j>, what: &str) -> Result<Cow<'j, str>, JsonError> {
    match parser.peek() {
        Some(b'"') => parser.string(),
        Some(b'-' | b'0'..=b'9') => parser.number().map(Cow::Borrowed),
        _ => Err(parser.expected(what)),
    }
}

#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "the range is checked, the bits are wanted")]
fn integer(kind: &FieldKind, text: &str) -> Option<Scalar<'static>> {
    Some(match kind {
        FieldKind::Int32 => Scalar::Varint(number::signed(text, 32)? as u64),
        FieldKind::Int64 => Scalar::Varint(number::signed(text, 64)? as u64),
        FieldKind::Uint32 => Scalar::Varint(number::unsigned(text, 32)?),
        FieldKind::Uint64 => Scalar::Varint(number::unsigned(text, 64)?),
        FieldKind::Sint32 => Scalar::Varint(zigzag(number::signed(text, 32)?)),
        FieldKind::Sint64 => Scalar::Varint(zigzag(number::signed(text, 64)?)),
        FieldKind::Fixed32 => Scalar::Fixed32(number::unsigned(text, 32)? as u32),
        FieldKind::Fixed64 => Scalar::Fixed64(number::unsigned(text, 64)?),
        FieldKind::Sfixed32 => Scalar::Fixed32(number::signed(text, 32)? as u32),
        FieldKind::Sfixed64 => Scalar::Fixed64(number::signed(text, 64)? as u64),
        _ => return None,
    })
}

const fn range(kind: &FieldKind) -> &'static str {
    match kind {
        FieldKind::Uint32 | FieldKind::Fixed32 => "from 0 to 4294967295",
        FieldKind::Uint64 | FieldKind::Fixed64 => "from 0 to 18446744073709551615",
        FieldKind::Int64 | FieldKind::Sint64 | FieldKind::Sfixed64 => {
            "from -9223372036854775808 to 9223372036854775807"
        }
        _ => "from -2147483648 to 2147483647",
    }
}

fn float(parser: &mut Parser<'_>, kind: &FieldKind) -> Result<Scalar<'static>, JsonError> {
    let before = parser.clone();
    let quoted = parser.peek() == Some(b'"');
    let text = numeric_text(parser, "a number")?;
    let special = match text.as_ref() {
        "NaN" if quoted => Some(f64::NAN),
        "Infinity" if quoted => Some(f64::INFINITY),
        "-Infinity" if quoted => Some(f64::NEG_INFINITY),
        _ => None,
    };
    let bits = if matches!(kind, FieldKind::Float) {
        #[allow(clippy::cast_possible_truncation, reason = "the special values exist in both precisions")]
        special
            .map(|value| value as f32)
            .or_else(|| number::single(&text))
            .map(|value| Scalar::Fixed32(value.to_bits()))
    } else {
        special.or_else(|| number::double(&text)).map(|value| Scalar::Fixed64(value.to_bits()))
    };
    bits.ok_or_else(|| before.error("expected a number in range, \"NaN\", \"Infinity\" or \"-Infinity\""))
}

#[allow(clippy::cast_sign_loss, reason = "negative numbers are sign-extended on the wire")]
fn enumeration(parser: &mut Parser<'_>, table: &EnumTable) -> Result<Scalar<'static>, JsonError> {
    let before = parser.clone();
    let number = match parser.peek() {
        Some(b'"') => {
            let name = parser.string()?;
            table.number(&name).ok_or_else(|| before.error(unknown_name(table, &name)))?
        }
        Some(b'-' | b'0'..=b'9') => number::signed(parser.number()?, 32)
            .and_then(|number| i32::try_from(number).ok())
            .ok_or_else(|| before.error("expected the name of an enum value or an integer of 32 bits"))?,
        Some(b'n') if table.is_null_value() => parser.null().map(|()| 0)?,
        _ => return Err(parser.expected("the name of an enum value")),
    };
    Ok(Scalar::Varint(i64::from(number) as u64))
}

fn unknown_name(table: &EnumTable, name: &str) -> String {
    let shown: String = name.chars().take(64).collect();
    let names: Vec<_> = table.names().take(12).collect();
    let more = if table.names().count() > names.len() { ", …" } else { "" };
    format!("{shown:?} is not one of {}{more}", names.join(", "))
}

fn base64_bytes(parser: &mut Parser<'_>) -> Result<Scalar<'static>, JsonError> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let before = parser.clone();
    let text = parser.string()?;
    let engine = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    match engine.decode(text.as_bytes()) {
        Ok(bytes) => Ok(Scalar::Bytes(Cow::Owned(bytes))),
        Err(_) => Err(before.error("expected bytes in Base64")),
    }
}

/// A set of small numbers.
#[derive(Default)]
struct Seen {
    low: u128,
    high: Vec<u128>,
}

impl Seen {
    /// Adds a number; `true` when it was there already.
    fn add(&mut self, number: usize) -> bool {
        let bit = 1_u128 << (number % 128);
        let word = match number / 128 {
            0 => &mut self.low,
            index => {
                if self.high.len() < index {
                    self.high.resize(index, 0);
                }
                &mut self.high[index - 1]
            }
        };
        let there = *word & bit != 0;
        *word |= bit;
        there
    }
}
