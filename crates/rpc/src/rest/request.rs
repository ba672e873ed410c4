//! From path, query and body to a request message in wire form.

use std::borrow::Cow;

use bytes::Bytes;

use crate::descriptor::FieldTable;
use crate::descriptor::wire::{Raw, Reader, WireError, put_bytes, put_tag, put_varint};
use crate::json;

use super::percent::{self, PercentError};
use super::query::put_query;
use super::routes::{Body, Route};
use super::tree::Captures;
use super::value::put_value;

/// The request message of a route. The path wins over the query and the body; no body is an empty message.
///
/// # Errors
/// What is wrong with the request, for the caller to read.
pub fn assemble(route: &Route, captures: &Captures<'_>, query: Option<&str>, body: &[u8]) -> Result<Bytes, String> {
    let table = route.method.request();
    let is_in_path = |field: &FieldTable| route.variables.iter().any(|variable| variable.number == field.number);
    let mut wire = Vec::new();
    match route.body {
        Body::Whole if !is_blank(body) => {
            wire = json::decode(table, body).map_err(|error| error.to_string())?;
            if !route.variables.is_empty() {
                remove_fields(&mut wire, &|number| route.variables.iter().any(|variable| variable.number == number))?;
            }
        }
        Body::Whole => {}
        Body::Query => {
            if let Some(query) = query.filter(|query| !query.is_empty()) {
                put_query(table, query, &is_in_path, &mut wire)?;
            }
        }
        Body::Field(field) => {
            if let Some(inner) = field.kind.message().filter(|_| !is_blank(body)) {
                let value = json::decode(inner, body).map_err(|error| error.to_string())?;
                put_bytes(field.number, &value, &mut wire);
            }
            if let Some(query) = query.filter(|query| !query.is_empty()) {
                put_query(table, query, &|other| is_in_path(other) || other.number == field.number, &mut wire)?;
            }
        }
    }
    for (field, raw) in route.variables.iter().zip(captures.values()) {
        let value = decoded(raw).map_err(|error| match error {
            PercentError::Sequence => {
                format!("malformed path escape in {:?}: use % and two hexadecimal digits", field.proto_name)
            }
            PercentError::Utf8 => format!("the path value of {:?} is not UTF-8", field.proto_name),
        })?;
        put_value(field, &value, &mut wire)
            .map_err(|reason| format!("type mismatch, parameter: {}, error: {reason}", field.proto_name))?;
    }
    Ok(Bytes::from(wire))
}

/// Every segment of the value decoded on its own, so that a value of many segments keeps their borders.
fn decoded(raw: &str) -> Result<Cow<'_, str>, PercentError> {
    if !raw.contains('/') {
        return percent::decode(raw);
    }
    let segments = raw.split('/').map(percent::decode).collect::<Result<Vec<_>, _>>()?;
    Ok(Cow::Owned(segments.join("/")))
}

fn is_blank(body: &[u8]) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}

/// Takes fields out of a message, so that nobody who reads it can see another value than the path's.
fn remove_fields(wire: &mut Vec<u8>, is_removed: &dyn Fn(u32) -> bool) -> Result<(), String> {
    let malformed = |error: WireError| error.to_string();
    let mut reader = Reader::new(wire);
    let mut is_there = false;
    while let Some((number, _)) = reader.record().map_err(malformed)? {
        is_there |= is_removed(number);
    }
    if !is_there {
        return Ok(());
    }
    let mut kept = Vec::with_capacity(wire.len());
    let mut reader = Reader::new(wire);
    while let Some((number, raw)) = reader.record().map_err(malformed)? {
        if !is_removed(number) {
            put_raw(number, raw, &mut kept);
        }
    }
    *wire = kept;
    Ok(())
}

fn put_raw(number: u32, raw: Raw<'_>, out: &mut Vec<u8>) {
    match raw {
        Raw::Varint(value) => {
            put_tag(number, 0, out);
            put_varint(value, out);
        }
        Raw::Fixed64(bits) => {
            put_tag(number, 1, out);
            out.extend_from_slice(&bits.to_le_bytes());
        }
        Raw::Bytes(bytes) => put_bytes(number, bytes, out),
        Raw::Fixed32(bits) => {
            put_tag(number, 5, out);
            out.extend_from_slice(&bits.to_le_bytes());
        }
        // The JSON codec writes no groups, and no message of the contract has one.
        Raw::Group => {}
    }
}
