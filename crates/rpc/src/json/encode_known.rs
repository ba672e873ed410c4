//! The messages with a JSON form of their own, from wire bytes to text.

use super::encode::Encoder;
use super::{JsonError, time, write};
use crate::descriptor::wire::Raw;
use crate::descriptor::{MessageTable, WellKnown};

impl<'a> Encoder<'a, '_> {
    /// A message with a form of its own.
    pub(super) fn known(&mut self, table: &MessageTable, wire: &'a [u8], depth: u32) -> Result<(), JsonError> {
        let start = self.records.height();
        self.records.push(table, wire)?;
        match table.well_known {
            WellKnown::Timestamp => {
                let (seconds, nanos) = self.seconds_and_nanos(start);
                time::write_timestamp(seconds, nanos, self.out)
                    .ok_or_else(|| JsonError::new("the timestamp is outside of the years 1 to 9999"))?;
            }
            WellKnown::Duration => {
                let (seconds, nanos) = self.seconds_and_nanos(start);
                time::write_duration(seconds, nanos, self.out)
                    .ok_or_else(|| JsonError::new("the duration is longer than 10000 years or has two signs"))?;
            }
            WellKnown::FieldMask => self.field_mask(start)?,
            WellKnown::Empty => self.out.extend_from_slice(b"{}"),
            WellKnown::Any => self.any(table, start, depth)?,
            WellKnown::Struct => {
                let field = table.fields.first().ok_or_else(|| JsonError::new("a struct without fields"))?;
                self.map(field, start..self.records.height(), depth)?;
            }
            WellKnown::ListValue => self.list_value(table, start, depth)?,
            WellKnown::Value => self.any_value(table, start, depth)?,
            WellKnown::Wrapper | WellKnown::None => {
                let field = table.fields.first().ok_or_else(|| JsonError::new("a wrapper without a value"))?;
                self.singular(field, start..self.records.height(), depth)?;
            }
        }
        self.records.cut(start);
        Ok(())
    }

    #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "int64 and int32 on the wire")]
    fn seconds_and_nanos(&self, start: usize) -> (i64, i32) {
        let last = |field| match self.records.find(start, field).last().and_then(|last| self.records.at(last)) {
            Some(record) => match record.raw {
                Raw::Varint(bits) => bits,
                _ => 0,
            },
            None => 0,
        };
        (last(0) as i64, last(1) as i32)
    }

    fn field_mask(&mut self, start: usize) -> Result<(), JsonError> {
        let mut mask = String::new();
        for height in start..self.records.height() {
            let Some(Raw::Bytes(path)) = self.records.at(height).map(|record| record.raw) else { continue };
            let path = str::from_utf8(path).map_err(|_| JsonError::new("a path is not valid UTF-8"))?;
            if height > start {
                mask.push(',');
            }
            let mut after_underscore = false;
            for character in path.chars() {
                match character {
                    '_' if !after_underscore => after_underscore = true,
                    'a'..='z' if after_underscore => {
                        mask.push(character.to_ascii_uppercase());
                        after_underscore = false;
                    }
                    'a'..='z' | '0'..='9' | '.' if !after_underscore => mask.push(character),
                    _ => return Err(JsonError::new(format!("the path {path:?} has no form in JSON"))),
                }
            }
            if after_underscore {
                return Err(JsonError::new(format!("the path {path:?} has no form in JSON")));
            }
        }
        write::string(&mask, self.out);
        Ok(())
    }

    fn any(&mut self, table: &MessageTable, start: usize, depth: u32) -> Result<(), JsonError> {
        let last = |field| match self.records.find(start, field).last().and_then(|last| self.records.at(last)) {
            Some(record) => match record.raw {
                Raw::Bytes(bytes) => bytes,
                _ => b"",
            },
            None => b"",
        };
        let (url, wire) = (last(0), last(1));
        if url.is_empty() && wire.is_empty() {
            self.out.extend_from_slice(b"{}");
            return Ok(());
        }
        let url = str::from_utf8(url).map_err(|_| JsonError::new("the type is not valid UTF-8"))?;
        let inner = table
            .sibling(url.rsplit_once('/').map_or(url, |(_, name)| name))
            .ok_or_else(|| JsonError::new(format!("the type {url:?} is not known")))?;
        self.out.extend_from_slice(b"{\"@type\":");
        write::string(url, self.out);
        if inner.well_known == WellKnown::None {
            let before = self.out.len();
            self.out.push(b',');
            self.members(inner, wire, depth + 1, true)?;
            if self.out.len() == before + 1 {
                self.out.truncate(before);
            }
        } else {
            self.out.extend_from_slice(b",\"value\":");
            self.message(inner, wire, depth + 1)?;
        }
        self.out.push(b'}');
        Ok(())
    }

    fn list_value(&mut self, table: &MessageTable, start: usize, depth: u32) -> Result<(), JsonError> {
        let field = table.fields.first().ok_or_else(|| JsonError::new("a list without elements"))?;
        self.out.push(b'[');
        for height in start..self.records.height() {
            let Some(record) = self.records.at(height) else { break };
            if height > start {
                self.out.push(b',');
            }
            self.value(field, record.raw, depth)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn any_value(&mut self, table: &MessageTable, start: usize, depth: u32) -> Result<(), JsonError> {
        // A value of no kind is one that an older or careless client sent: as good as null.
        let Some(record) = self.records.at(start) else {
            self.out.extend_from_slice(b"null");
            return Ok(());
        };
        if matches!(record.raw, Raw::Fixed64(bits) if !f64::from_bits(bits).is_finite()) {
            return Err(JsonError::new("a value must be a finite number"));
        }
        self.singular(&table.fields[usize::from(record.field)], start..self.records.height(), depth)
    }
}
