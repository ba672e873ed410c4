//! The messages with a JSON form of their own, from text to wire bytes.

use super::decode::{map, members, message, nested};
use super::parse::Parser;
use super::{JsonError, number, time};
use crate::descriptor::wire::{put_bytes, put_tag, put_varint};
use crate::descriptor::{FieldTable, MessageTable, WellKnown};

/// A message with a form of its own.
pub(super) fn known(
    parser: &mut Parser<'_>,
    table: &MessageTable,
    depth: u32,
    out: &mut Vec<u8>,
) -> Result<(), JsonError> {
    match table.well_known {
        WellKnown::Timestamp => {
            let before = parser.clone();
            let text = parser.string()?;
            let parsed = time::parse_timestamp(&text);
            put_parts(parsed.ok_or_else(|| before.error("expected a time such as \"2026-01-31T12:00:00Z\""))?, out);
            Ok(())
        }
        WellKnown::Duration => {
            let before = parser.clone();
            let text = parser.string()?;
            let parsed = time::parse_duration(&text);
            put_parts(parsed.ok_or_else(|| before.error("expected a duration in seconds such as \"3.5s\""))?, out);
            Ok(())
        }
        WellKnown::FieldMask => field_mask(parser, out),
        WellKnown::Empty => parser.object(|parser, _| parser.skip(depth + 1)),
        WellKnown::Any => any(parser, table, depth, out),
        WellKnown::Struct => map(parser, first(parser, table)?, depth, out),
        WellKnown::ListValue => list_value(parser, table, depth, out),
        WellKnown::Value => any_value(parser, table, depth, out),
        WellKnown::Wrapper | WellKnown::None => super::decode::value(parser, first(parser, table)?, depth, out),
    }
}

fn first<'t>(parser: &Parser<'_>, table: &'t MessageTable) -> Result<&'t FieldTable, JsonError> {
    table.fields.first().ok_or_else(|| parser.error("its message has no fields"))
}

#[allow(clippy::cast_sign_loss, reason = "negative numbers are sign-extended on the wire")]
fn put_parts((seconds, nanos): (i64, i32), out: &mut Vec<u8>) {
    for (number, value) in [(1, seconds), (2, i64::from(nanos))] {
        if value != 0 {
            put_tag(number, 0, out);
            put_varint(value as u64, out);
        }
    }
}

fn field_mask(parser: &mut Parser<'_>, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let before = parser.clone();
    let text = parser.string()?;
    for path in text.split(',').filter(|_| !text.is_empty()) {
        let mut snake = String::with_capacity(path.len() + 4);
        for character in path.trim().chars() {
            match character {
                'A'..='Z' => {
                    snake.push('_');
                    snake.push(character.to_ascii_lowercase());
                }
                'a'..='z' | '0'..='9' | '.' => snake.push(character),
                _ => return Err(before.error("expected field names in lowerCamelCase, separated by commas")),
            }
        }
        put_bytes(1, snake.as_bytes(), out);
    }
    Ok(())
}

fn any(parser: &mut Parser<'_>, table: &MessageTable, depth: u32, out: &mut Vec<u8>) -> Result<(), JsonError> {
    // The type may stand behind the members that it explains: look for it first.
    let mut url = None;
    let mut is_empty = true;
    let mut value = None;
    let before = parser.clone();
    parser.object(|parser, name| {
        is_empty = false;
        match name.as_ref() {
            "@type" if url.is_some() => Err(parser.error("the type is given twice").within("@type")),
            "@type" => {
                url = Some(parser.string().map_err(|error| error.within("@type"))?);
                Ok(())
            }
            "value" => {
                value = Some(parser.clone());
                parser.skip(depth + 1)
            }
            _ => parser.skip(depth + 1),
        }
    })?;
    let Some(url) = url else {
        return if is_empty { Ok(()) } else { Err(before.error("expected a member \"@type\"")) };
    };
    let inner = table.sibling(url.rsplit_once('/').map_or(&*url, |(_, name)| name)).ok_or_else(|| {
        before.error(format!("the type {:?} is not known", url.chars().take(128).collect::<String>()))
    })?;
    put_bytes(1, url.as_bytes(), out);
    nested(2, out, |out| match (inner.well_known, value) {
        (WellKnown::None, _) if depth >= crate::descriptor::wire::MAX_DEPTH => Err(before.too_deep()),
        (WellKnown::None, _) => members(&mut before.clone(), inner, depth + 1, true, out),
        (_, Some(mut value)) => message(&mut value, inner, depth + 1, out).map_err(|error| error.within("value")),
        (WellKnown::Empty, None) => Ok(()),
        (_, None) => Err(before.error("expected a member \"value\"")),
    })
}

fn list_value(parser: &mut Parser<'_>, table: &MessageTable, depth: u32, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let field = first(parser, table)?;
    let inner = field.kind.message().ok_or_else(|| parser.error("its elements are not known"))?;
    parser.list(|parser, index| {
        nested(field.number, out, |out| message(parser, inner, depth + 1, out))
            .map_err(|error| error.within(format!("[{index}]")))
    })
}

/// The fields of `google.protobuf.Value`.
mod kind {
    pub(super) const NULL: u32 = 1;
    pub(super) const NUMBER: u32 = 2;
    pub(super) const STRING: u32 = 3;
    pub(super) const BOOL: u32 = 4;
    pub(super) const STRUCT: u32 = 5;
    pub(super) const LIST: u32 = 6;
}

fn any_value(parser: &mut Parser<'_>, table: &MessageTable, depth: u32, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let number = match parser.peek() {
        Some(b'n') => {
            parser.null()?;
            put_tag(kind::NULL, 0, out);
            out.push(0);
            return Ok(());
        }
        Some(b't' | b'f') => {
            let value = parser.boolean()?;
            put_tag(kind::BOOL, 0, out);
            out.push(u8::from(value));
            return Ok(());
        }
        Some(b'"') => {
            put_bytes(kind::STRING, parser.string()?.as_bytes(), out);
            return Ok(());
        }
        Some(b'{') => kind::STRUCT,
        Some(b'[') => kind::LIST,
        Some(b'-' | b'0'..=b'9') => {
            let before = parser.clone();
            let value = number::double(parser.number()?).ok_or_else(|| before.error("the number is out of range"))?;
            put_tag(kind::NUMBER, 1, out);
            out.extend_from_slice(&value.to_le_bytes());
            return Ok(());
        }
        _ => return Err(parser.expected("a value")),
    };
    let inner = table.index_of(number).and_then(|index| table.fields[index].kind.message());
    let inner = inner.ok_or_else(|| parser.error("its value is not known"))?;
    nested(number, out, |out| message(parser, inner, depth + 1, out))
}
