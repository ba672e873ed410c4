//! Walks a request: first whether the bytes are a message at all, then rule by rule.

use std::collections::HashSet;
use std::ops::Range;

use super::range::{Moment, Span};
use super::rules::{Check, List, Map, Rules, Step};
use super::value::{ITEMS, PAIRS};
use super::violation::{Broken, Violation};
use crate::descriptor::records::{Records, fits, is_zero, unpack, zero};
use crate::descriptor::wire::{MAX_DEPTH, Raw, Reader, WireError, unzigzag};
use crate::descriptor::{Cardinality, FieldKind, FieldTable, MessageTable, Presence};

/// Checks a message in wire form against the rules of the contract. Fields that are absent count as zero; `optional`
/// fields, members of oneofs and messages are looked at only when they are there.
///
/// # Errors
/// The first violation: plain fields in the order of the contract, then oneofs, then `optional` fields. Malformed bytes
/// and texts that are not UTF-8 come before any rule.
pub fn validate(table: &MessageTable, wire: &[u8]) -> Result<(), Violation> {
    well_formed(table, wire, 0)?;
    if !table.has_rules() {
        return Ok(());
    }
    Walk { records: Records::new() }.message(table, wire, 0)
}

/// Whether bytes are a message: records, wire types, UTF-8 and depth.
fn well_formed(table: &MessageTable, wire: &[u8], depth: u32) -> Result<(), WireError> {
    if depth > MAX_DEPTH {
        return Err(WireError::TooDeep);
    }
    let mut reader = Reader::new(wire);
    while let Some((number, raw)) = reader.record()? {
        let Some(index) = table.index_of(number) else { continue };
        let field = &table.fields[index];
        if !fits(&field.kind, field.cardinality, raw) {
            return Err(WireError::Mismatch(number));
        }
        let Raw::Bytes(bytes) = raw else { continue };
        match field.kind {
            FieldKind::String if str::from_utf8(bytes).is_err() => return Err(WireError::Utf8(number)),
            FieldKind::String | FieldKind::Bytes => {}
            FieldKind::Message(_) => match field.kind.message() {
                Some(nested) => well_formed(nested, bytes, depth + 1)?,
                None => return Err(WireError::Mismatch(number)),
            },
            _ => unpack(&field.kind, bytes, |_| Ok::<(), WireError>(()))?,
        }
    }
    Ok(())
}

struct Walk<'a> {
    records: Records<'a>,
}

impl<'a> Walk<'a> {
    fn message(&mut self, table: &MessageTable, wire: &'a [u8], depth: u32) -> Result<(), Violation> {
        if depth > MAX_DEPTH {
            return Err(WireError::TooDeep.into());
        }
        let start = self.records.height();
        self.records.push(table, wire)?;
        for step in &table.plan.steps {
            match step {
                Step::Field(index, rules) => self.field(table, *index, rules, start, depth)?,
                Step::Oneof { oneof, required, members } => {
                    let oneof = &table.oneofs[*oneof];
                    let present = |index: &usize| !self.records.find(start, *index).is_empty();
                    match oneof.fields.iter().copied().find(present) {
                        Some(index) => {
                            if let Some((_, rules)) = members.iter().find(|(member, _)| *member == index) {
                                self.field(table, index, rules, start, depth)?;
                            }
                        }
                        None if *required => {
                            return Err(Broken::new("value is required").at(table.go_name(), oneof.go_name()));
                        }
                        None => {}
                    }
                }
            }
        }
        self.records.cut(start);
        Ok(())
    }

    fn field(
        &mut self,
        table: &MessageTable,
        index: usize,
        rules: &Rules,
        start: usize,
        depth: u32,
    ) -> Result<(), Violation> {
        let field = &table.fields[index];
        let run = self.records.find(start, index);
        match (field.cardinality, &rules.check) {
            (Cardinality::Repeated, check) => {
                let none = List::default();
                self.list(table, field, run, if let Check::List(list) = check { list } else { &none }, depth)
            }
            (Cardinality::Map, check) => {
                let none = Map::default();
                self.map(table, field, run, if let Check::Map(map) = check { map } else { &none }, depth)
            }
            (Cardinality::Singular, _) if run.is_empty() && field.presence == Presence::Explicit => {
                if rules.required {
                    return Err(Broken::new("value is required").at(table.go_name(), field.go_name()));
                }
                Ok(())
            }
            (Cardinality::Singular, _) => {
                self.singular(field, run, rules, depth).map_err(|broken| broken.at(table.go_name(), field.go_name()))
            }
        }
    }

    /// A value from all the records that set it: the last one counts, messages are merged.
    fn singular(&mut self, field: &FieldTable, run: Range<usize>, rules: &Rules, depth: u32) -> Result<(), Broken> {
        let last = run.clone().last().and_then(|last| self.records.at(last));
        if run.len() > 1 && matches!(field.kind, FieldKind::Message(_)) {
            let mut merged = Vec::new();
            for record in run.filter_map(|height| self.records.at(height)) {
                if let Raw::Bytes(bytes) = record.raw {
                    merged.extend_from_slice(bytes);
                }
            }
            // The bytes live shorter than those on the stack: they get a stack of their own.
            return Walk { records: Records::new() }.value(field, Raw::Bytes(&merged), rules, depth);
        }
        self.value(field, last.map_or(zero(&field.kind), |record| record.raw), rules, depth)
    }

    /// Checks one value.
    #[allow(
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        reason = "the kind says how to read the bits"
    )]
    fn value(&mut self, field: &FieldTable, raw: Raw<'a>, rules: &Rules, depth: u32) -> Result<(), Broken> {
        let is_zero = is_zero(&field.kind, raw);
        match (&rules.check, raw) {
            (Check::Text(rules), Raw::Bytes(bytes)) => rules.check(str::from_utf8(bytes).unwrap_or_default()),
            (Check::Bytes(rules), Raw::Bytes(bytes)) => rules.check(bytes),
            (Check::Bool(equal), Raw::Varint(bits)) if (bits != 0) != *equal => {
                Err(Broken::new(format!("value must equal {equal}")))
            }
            (Check::Enum(rules), Raw::Varint(bits)) => match field.kind {
                FieldKind::Enum(table) => rules.check(bits as i32, table),
                _ => Ok(()),
            },
            (Check::Signed(rules), raw) => rules.check(&signed(&field.kind, raw), is_zero),
            (Check::Unsigned(rules), raw) => rules.check(&unsigned(&field.kind, raw), is_zero),
            (Check::Double(rules), Raw::Fixed64(bits)) => rules.check(&f64::from_bits(bits), is_zero),
            (Check::Single(rules), Raw::Fixed32(bits)) => rules.check(&f32::from_bits(bits), is_zero),
            (Check::Duration(rules), Raw::Bytes(bytes)) => {
                let (seconds, nanos) = parts(bytes);
                let span = Span::from_parts(seconds, nanos);
                rules.check(&span.ok_or_else(|| Broken::new("value is not a valid duration"))?, false)
            }
            (Check::Timestamp(rules), Raw::Bytes(bytes)) => {
                let (seconds, nanos) = parts(bytes);
                let moment = Moment::from_parts(seconds, nanos);
                rules.check(&moment.ok_or_else(|| Broken::new("value is not a valid timestamp"))?, false)
            }
            (_, Raw::Bytes(bytes)) if !rules.skip => match field.kind.message().filter(|nested| nested.has_rules()) {
                Some(nested) => self.message(nested, bytes, depth + 1).map_err(Broken::embedded),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn list(
        &mut self,
        table: &MessageTable,
        field: &FieldTable,
        run: Range<usize>,
        list: &List,
        depth: u32,
    ) -> Result<(), Violation> {
        let elements = self.elements(field, run)?;
        if list.ignore_empty && elements.is_empty() {
            return Ok(());
        }
        list.count.check(elements.len(), &ITEMS).map_err(|broken| broken.at(table.go_name(), field.go_name()))?;
        let mut seen = HashSet::new();
        for (index, raw) in elements.into_iter().enumerate() {
            let result = if list.unique && !seen.insert(identity(&field.kind, raw)) {
                Err(Broken::new("repeated value must contain unique items"))
            } else {
                self.value(field, raw, &list.items, depth)
            };
            result.map_err(|broken| broken.at(table.go_name(), format!("{}[{index}]", field.go_name())))?;
        }
        Ok(())
    }

    fn elements(&self, field: &FieldTable, run: Range<usize>) -> Result<Vec<Raw<'a>>, WireError> {
        let mut elements = Vec::with_capacity(run.len());
        for record in run.filter_map(|height| self.records.at(height)) {
            match record.raw {
                Raw::Bytes(packed) if field.kind.wire_type() != 2 => unpack(&field.kind, packed, |raw| {
                    elements.push(raw);
                    Ok::<(), WireError>(())
                })?,
                raw => elements.push(raw),
            }
        }
        Ok(elements)
    }

    fn map(
        &mut self,
        table: &MessageTable,
        field: &FieldTable,
        run: Range<usize>,
        map: &Map,
        depth: u32,
    ) -> Result<(), Violation> {
        let Some((entry, [key_field, value_field])) =
            field.kind.message().and_then(|entry| Some((entry, entry.fields.first_chunk::<2>()?)))
        else {
            return Ok(());
        };
        // By key: entries of one key replace each other.
        let mut entries: Vec<(Raw<'a>, String, &'a [u8])> = Vec::with_capacity(run.len());
        let top = self.records.height();
        for height in run {
            let Some(Raw::Bytes(wire)) = self.records.at(height).map(|record| record.raw) else { continue };
            self.records.push(entry, wire)?;
            let key = self.records.find(top, 0).last().and_then(|last| self.records.at(last));
            let key = key.map_or(zero(&key_field.kind), |record| record.raw);
            self.records.cut(top);
            entries.push((key, key_text(&key_field.kind, key), wire));
        }
        entries.sort_by(|left, right| left.1.cmp(&right.1));
        entries.reverse();
        entries.dedup_by(|right, left| left.1 == right.1);
        entries.reverse();

        if map.ignore_empty && entries.is_empty() {
            return Ok(());
        }
        map.count.check(entries.len(), &PAIRS).map_err(|broken| broken.at(table.go_name(), field.go_name()))?;
        for (key, text, wire) in entries {
            let place = || format!("{}[{text}]", field.go_name());
            self.value(key_field, key, &map.keys, depth).map_err(|broken| broken.at_key(table.go_name(), place()))?;
            self.records.push(entry, wire)?;
            let run = self.records.find(top, 1);
            let result = if map.no_sparse && run.is_empty() && matches!(value_field.kind, FieldKind::Message(_)) {
                Err(Broken::new("value cannot be sparse, all pairs must be non-nil"))
            } else {
                self.singular(value_field, run, &map.values, depth + 1)
            };
            result.map_err(|broken| broken.at(table.go_name(), place()))?;
            self.records.cut(top);
        }
        Ok(())
    }
}

#[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "the kind says how to read the bits")]
fn signed(kind: &FieldKind, raw: Raw<'_>) -> i64 {
    match (kind, raw) {
        (FieldKind::Int32, Raw::Varint(bits)) => i64::from(bits as i32),
        (FieldKind::Sint32, Raw::Varint(bits)) => unzigzag(u64::from(bits as u32)),
        (FieldKind::Sint64, Raw::Varint(bits)) => unzigzag(bits),
        (_, Raw::Varint(bits) | Raw::Fixed64(bits)) => bits as i64,
        (_, Raw::Fixed32(bits)) => i64::from(bits as i32),
        (_, Raw::Bytes(_) | Raw::Group) => 0,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the kind says how to read the bits")]
fn unsigned(kind: &FieldKind, raw: Raw<'_>) -> u64 {
    match (kind, raw) {
        (FieldKind::Uint32, Raw::Varint(bits)) => u64::from(bits as u32),
        (_, Raw::Varint(bits) | Raw::Fixed64(bits)) => bits,
        (_, Raw::Fixed32(bits)) => u64::from(bits),
        (_, Raw::Bytes(_) | Raw::Group) => 0,
    }
}

/// What makes two elements of a list the same.
#[derive(PartialEq, Eq, Hash)]
enum Identity<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

#[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "equality needs the bits only")]
fn identity<'a>(kind: &FieldKind, raw: Raw<'a>) -> Identity<'a> {
    match (kind, raw) {
        (_, Raw::Bytes(bytes)) => Identity::Bytes(bytes),
        (FieldKind::Enum(_), Raw::Varint(bits)) => Identity::Number(i64::from(bits as i32)),
        (FieldKind::Bool, Raw::Varint(bits)) => Identity::Number(i64::from(bits != 0)),
        (FieldKind::Uint32, Raw::Varint(bits)) => Identity::Number(i64::from(bits as u32)),
        (kind, raw) => Identity::Number(signed(kind, raw)),
    }
}

fn key_text(kind: &FieldKind, raw: Raw<'_>) -> String {
    match (kind, raw) {
        (_, Raw::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        (FieldKind::Bool, Raw::Varint(bits)) => (bits != 0).to_string(),
        (FieldKind::Uint32 | FieldKind::Uint64 | FieldKind::Fixed32 | FieldKind::Fixed64, raw) => {
            unsigned(kind, raw).to_string()
        }
        (kind, raw) => signed(kind, raw).to_string(),
    }
}

/// Seconds and nanoseconds of a duration or timestamp; both messages number them alike.
#[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, reason = "int64 and int32 on the wire")]
fn parts(wire: &[u8]) -> (i64, i32) {
    let (mut seconds, mut nanos) = (0, 0);
    let mut reader = Reader::new(wire);
    while let Ok(Some((number, raw))) = reader.record() {
        match (number, raw) {
            (1, Raw::Varint(bits)) => seconds = bits as i64,
            (2, Raw::Varint(bits)) => nanos = bits as i32,
            _ => {}
        }
    }
    (seconds, nanos)
}
