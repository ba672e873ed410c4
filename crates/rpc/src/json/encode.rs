//! From wire bytes to JSON text.

use std::ops::Range;

use super::{JsonError, write};
use crate::descriptor::records::{Records, is_zero, unpack, zero};
use crate::descriptor::wire::{MAX_DEPTH, Raw, WireError, unzigzag};
use crate::descriptor::{Cardinality, FieldKind, FieldTable, MessageTable, Presence, WellKnown};

/// Appends the JSON of a message in wire form to `out`. Members stand in the order of the contract; fields that are not
/// set, and fields without presence that are zero, are left out.
///
/// # Errors
/// When the bytes are malformed, a text is not UTF-8, messages nest too deep, or a special message has a value that JSON
/// has no form for (a timestamp beyond year 9999). What `out` holds then is not a whole value.
pub fn encode(table: &MessageTable, wire: &[u8], out: &mut Vec<u8>) -> Result<(), JsonError> {
    Encoder { records: Records::new(), out }.message(table, wire, 0)
}

pub(super) struct Encoder<'a, 'o> {
    pub(super) records: Records<'a>,
    pub(super) out: &'o mut Vec<u8>,
}

impl<'a> Encoder<'a, '_> {
    /// Any message, in its special form where it has one.
    pub(super) fn message(&mut self, table: &MessageTable, wire: &'a [u8], depth: u32) -> Result<(), JsonError> {
        if depth > MAX_DEPTH {
            return Err(WireError::TooDeep.into());
        }
        if table.well_known != WellKnown::None {
            return self.known(table, wire, depth);
        }
        self.out.push(b'{');
        self.members(table, wire, depth, true)?;
        self.out.push(b'}');
        Ok(())
    }

    /// The members of an ordinary message, without braces.
    pub(super) fn members(
        &mut self,
        table: &MessageTable,
        wire: &'a [u8],
        depth: u32,
        mut first: bool,
    ) -> Result<(), JsonError> {
        let start = self.records.height();
        self.records.push(table, wire)?;
        let end = self.records.height();
        let mut next = start;
        while let Some(record) = self.records.at(next).filter(|_| next < end) {
            let run = next..self.records.end_of_run(next);
            next = run.end;
            let field = &table.fields[usize::from(record.field)];
            let before = self.out.len();
            if !first {
                self.out.push(b',');
            }
            self.out.push(b'"');
            self.out.extend_from_slice(field.json_name.as_bytes());
            self.out.extend_from_slice(b"\":");
            if self.field(field, run, depth).map_err(|error| error.within(field.json_name))? {
                first = false;
            } else {
                self.out.truncate(before);
            }
        }
        self.records.cut(start);
        Ok(())
    }

    /// The value of a field, or `false` when it is to be left out.
    fn field(&mut self, field: &FieldTable, run: Range<usize>, depth: u32) -> Result<bool, JsonError> {
        match field.cardinality {
            Cardinality::Singular => {
                if field.presence == Presence::Implicit
                    && self.records.at(run.end - 1).is_some_and(|record| is_zero(&field.kind, record.raw))
                {
                    return Ok(false);
                }
                self.singular(field, run, depth)?;
                Ok(true)
            }
            Cardinality::Repeated => self.list(field, run, depth),
            Cardinality::Map => {
                self.map(field, run, depth)?;
                Ok(true)
            }
        }
    }

    /// A value from all the records that set it: the last one counts, messages are merged.
    pub(super) fn singular(&mut self, field: &FieldTable, run: Range<usize>, depth: u32) -> Result<(), JsonError> {
        let Some(last) = self.records.at(run.end.saturating_sub(1)).filter(|_| !run.is_empty()) else {
            return self.value(field, zero(&field.kind), depth);
        };
        if run.len() > 1 && matches!(field.kind, FieldKind::Message(_)) {
            let merged = self.concatenated(run);
            // The bytes live shorter than those on the stack: they get a stack of their own.
            let mut encoder = Encoder { records: Records::new(), out: &mut *self.out };
            return encoder.value(field, Raw::Bytes(&merged), depth);
        }
        self.value(field, last.raw, depth)
    }

    fn concatenated(&self, run: Range<usize>) -> Vec<u8> {
        let mut merged = Vec::new();
        for record in run.filter_map(|height| self.records.at(height)) {
            if let Raw::Bytes(bytes) = record.raw {
                merged.extend_from_slice(bytes);
            }
        }
        merged
    }

    fn list(&mut self, field: &FieldTable, run: Range<usize>, depth: u32) -> Result<bool, JsonError> {
        let mut count = 0_usize;
        self.out.push(b'[');
        for height in run {
            let Some(record) = self.records.at(height) else { break };
            match record.raw {
                Raw::Bytes(packed) if field.kind.wire_type() != 2 => {
                    unpack(&field.kind, packed, |raw| self.element(field, raw, depth, &mut count))?;
                }
                raw => self.element(field, raw, depth, &mut count)?,
            }
        }
        self.out.push(b']');
        Ok(count > 0)
    }

    fn element(&mut self, field: &FieldTable, raw: Raw<'a>, depth: u32, count: &mut usize) -> Result<(), JsonError> {
        if *count > 0 {
            self.out.push(b',');
        }
        self.value(field, raw, depth).map_err(|error| error.within(format!("[{count}]")))?;
        *count += 1;
        Ok(())
    }

    /// A map as an object, its keys in ascending order.
    pub(super) fn map(&mut self, field: &FieldTable, run: Range<usize>, depth: u32) -> Result<(), JsonError> {
        let Some((entry, [key_field, value_field])) =
            field.kind.message().and_then(|entry| Some((entry, entry.fields.first_chunk::<2>()?)))
        else {
            return Err(JsonError::new("its entries are not known"));
        };
        let mut entries: Vec<(Key<'a>, &'a [u8])> = Vec::with_capacity(run.len());
        let top = self.records.height();
        for height in run {
            let Some(Raw::Bytes(wire)) = self.records.at(height).map(|record| record.raw) else { continue };
            self.records.push(entry, wire)?;
            let key = self.records.find(top, 0).last().and_then(|last| self.records.at(last));
            entries.push((Key::read(key_field, key.map_or(zero(&key_field.kind), |key| key.raw))?, wire));
            self.records.cut(top);
        }
        entries.sort_by(|left, right| left.0.cmp(&right.0));

        self.out.push(b'{');
        let mut first = true;
        let mut rest = entries.into_iter().peekable();
        while let Some((key, wire)) = rest.next() {
            // The last of several entries of one key counts.
            if rest.peek().is_some_and(|following| following.0 == key) {
                continue;
            }
            if !first {
                self.out.push(b',');
            }
            first = false;
            key.write(self.out);
            self.out.push(b':');
            self.records.push(entry, wire)?;
            let run = self.records.find(top, 1);
            self.singular(value_field, run, depth + 1)?;
            self.records.cut(top);
        }
        self.out.push(b'}');
        Ok(())
    }

    /// One value.
    #[allow(
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        reason = "the kind says how to read the bits"
    )]
    pub(super) fn value(&mut self, field: &FieldTable, raw: Raw<'a>, depth: u32) -> Result<(), JsonError> {
        let out = &mut *self.out;
        match (&field.kind, raw) {
            (FieldKind::String, Raw::Bytes(bytes)) => {
                let text = str::from_utf8(bytes).map_err(|_| JsonError::new("the text is not valid UTF-8"))?;
                write::string(text, out);
            }
            (FieldKind::Bytes, Raw::Bytes(bytes)) => write::bytes(bytes, out),
            (FieldKind::Message(_), Raw::Bytes(bytes)) => {
                let table = field.kind.message().ok_or_else(|| JsonError::new("its message is not known"))?;
                return self.message(table, bytes, depth + 1);
            }
            (FieldKind::Bool, Raw::Varint(bits)) => {
                out.extend_from_slice(if bits == 0 { b"false".as_slice() } else { b"true" });
            }
            (FieldKind::Enum(table), Raw::Varint(_)) if table.is_null_value() => out.extend_from_slice(b"null"),
            (FieldKind::Enum(table), Raw::Varint(bits)) => match table.name(bits as i32) {
                Some(name) => write::string(name, out),
                None => write::signed(i64::from(bits as i32), out),
            },
            (FieldKind::Int32, Raw::Varint(bits)) => write::signed(i64::from(bits as i32), out),
            (FieldKind::Uint32, Raw::Varint(bits)) => write::unsigned(u64::from(bits as u32), out),
            (FieldKind::Sint32, Raw::Varint(bits)) => write::signed(unzigzag(u64::from(bits as u32)), out),
            (FieldKind::Fixed32, Raw::Fixed32(bits)) => write::unsigned(u64::from(bits), out),
            (FieldKind::Sfixed32, Raw::Fixed32(bits)) => write::signed(i64::from(bits as i32), out),
            (FieldKind::Float, Raw::Fixed32(bits)) => write::single(f32::from_bits(bits), out),
            (FieldKind::Double, Raw::Fixed64(bits)) => write::double(f64::from_bits(bits), out),
            (FieldKind::Int64, Raw::Varint(bits)) => quoted(out, |out| write::signed(bits as i64, out)),
            (FieldKind::Uint64, Raw::Varint(bits)) => quoted(out, |out| write::unsigned(bits, out)),
            (FieldKind::Sint64, Raw::Varint(bits)) => quoted(out, |out| write::signed(unzigzag(bits), out)),
            (FieldKind::Fixed64, Raw::Fixed64(bits)) => quoted(out, |out| write::unsigned(bits, out)),
            (FieldKind::Sfixed64, Raw::Fixed64(bits)) => quoted(out, |out| write::signed(bits as i64, out)),
            _ => return Err(WireError::Mismatch(field.number).into()),
        }
        Ok(())
    }
}

/// 64-bit integers are texts, because JSON readers may not hold them exactly.
fn quoted(out: &mut Vec<u8>, number: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    number(out);
    out.push(b'"');
}

/// The key of a map, in its own order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Text(&'a str),
}

impl<'a> Key<'a> {
    #[allow(
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        reason = "the kind says how to read the bits"
    )]
    fn read(field: &FieldTable, raw: Raw<'a>) -> Result<Self, JsonError> {
        Ok(match (&field.kind, raw) {
            (FieldKind::String, Raw::Bytes(bytes)) => {
                Self::Text(str::from_utf8(bytes).map_err(|_| JsonError::new("a key is not valid UTF-8"))?)
            }
            (FieldKind::Bool, Raw::Varint(bits)) => Self::Bool(bits != 0),
            (FieldKind::Int32, Raw::Varint(bits)) => Self::Signed(i64::from(bits as i32)),
            (FieldKind::Int64, Raw::Varint(bits)) => Self::Signed(bits as i64),
            (FieldKind::Sint32, Raw::Varint(bits)) => Self::Signed(unzigzag(u64::from(bits as u32))),
            (FieldKind::Sint64, Raw::Varint(bits)) => Self::Signed(unzigzag(bits)),
            (FieldKind::Sfixed32, Raw::Fixed32(bits)) => Self::Signed(i64::from(bits as i32)),
            (FieldKind::Sfixed64, Raw::Fixed64(bits)) => Self::Signed(bits as i64),
            (FieldKind::Uint32, Raw::Varint(bits)) => Self::Unsigned(u64::from(bits as u32)),
            (FieldKind::Uint64, Raw::Varint(bits)) | (FieldKind::Fixed64, Raw::Fixed64(bits)) => Self::Unsigned(bits),
            (FieldKind::Fixed32, Raw::Fixed32(bits)) => Self::Unsigned(u64::from(bits)),
            _ => return Err(WireError::Mismatch(field.number).into()),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => write::string(text, out),
            Self::Bool(value) => quoted(out, |out| out.extend_from_slice(if *value { b"true" } else { b"false" })),
            Self::Signed(value) => quoted(out, |out| write::signed(*value, out)),
            Self::Unsigned(value) => quoted(out, |out| write::unsigned(*value, out)),
        }
    }
}
