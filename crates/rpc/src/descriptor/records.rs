//! The records of a message brought into the order of its fields, on one stack for a whole tree of messages.

use super::table::{Cardinality, FieldKind, MessageTable};
use super::wire::{Raw, Reader, WireError};

/// One record of a known field.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The index of the field in its table.
    pub field: u16,
    /// The value.
    pub raw: Raw<'a>,
}

/// A stack of records. Pushing a message lays its records on top, sorted by field; the caller cuts the stack back to
/// its former height when the message is done.
#[derive(Debug, Default)]
pub struct Records<'a> {
    stack: Vec<Record<'a>>,
    /// Of the message being pushed, by oneof: the member seen last and the height from which its records count.
    oneofs: Vec<(u16, usize)>,
}

impl<'a> Records<'a> {
    /// An empty stack.
    pub const fn new() -> Self {
        Self { stack: Vec::new(), oneofs: Vec::new() }
    }

    /// The height of the stack.
    pub fn height(&self) -> usize {
        self.stack.len()
    }

    /// The record at a height, counted from the bottom.
    pub fn at(&self, height: usize) -> Option<Record<'a>> {
        self.stack.get(height).copied()
    }

    /// The end of the run of records of one field that begins at `start`; equal to `start` at the top of the stack.
    pub fn end_of_run(&self, start: usize) -> usize {
        let Some(first) = self.at(start) else { return start };
        let run = self.stack[start..].iter().take_while(|record| record.field == first.field).count();
        start + run
    }

    /// Where the records of `field` are among those at `start` and above.
    pub fn find(&self, start: usize, field: usize) -> std::ops::Range<usize> {
        let records = &self.stack[start..];
        let from = records.partition_point(|record| usize::from(record.field) < field);
        let to = from + records[from..].partition_point(|record| usize::from(record.field) == field);
        start + from..start + to
    }

    /// Cuts the stack back.
    pub fn cut(&mut self, height: usize) {
        self.stack.truncate(height);
    }

    /// Lays the records of a message on the stack: those of its fields, in the order of the fields and, within a field,
    /// of the wire; of a oneof only the member that came last. Unknown fields are skipped.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are malformed or a known field has another wire type than its kind.
    pub fn push(&mut self, table: &MessageTable, wire: &'a [u8]) -> Result<(), WireError> {
        let start = self.stack.len();
        self.oneofs.clear();
        self.oneofs.resize(table.oneofs.len(), (u16::MAX, start));
        let mut overwritten = false;
        let mut sorted = true;
        let mut highest = 0;
        let mut reader = Reader::new(wire);
        while let Some((number, raw)) = reader.record()? {
            let Some(index) = table.index_of(number) else { continue };
            let field = &table.fields[index];
            if !fits(&field.kind, field.cardinality, raw) {
                return Err(WireError::Mismatch(number));
            }
            // There are fewer than 65535 fields: the number index is built that way.
            let index = index as u16;
            if let Some(oneof) = field.oneof {
                let (member, from) = &mut self.oneofs[oneof];
                if *member != index {
                    overwritten |= *member != u16::MAX;
                    (*member, *from) = (index, self.stack.len());
                }
            }
            sorted &= index >= highest;
            highest = highest.max(index);
            self.stack.push(Record { field: index, raw });
        }
        if overwritten {
            self.drop_overwritten(table, start);
        }
        if !sorted {
            self.stack[start..].sort_by_key(|record| record.field);
        }
        Ok(())
    }

    fn drop_overwritten(&mut self, table: &MessageTable, start: usize) {
        let mut kept = start;
        for height in start..self.stack.len() {
            let record = self.stack[height];
            let counts = match table.fields[usize::from(record.field)].oneof {
                Some(oneof) => height >= self.oneofs[oneof].1,
                None => true,
            };
            if counts {
                self.stack[kept] = record;
                kept += 1;
            }
        }
        self.stack.truncate(kept);
    }
}

/// Whether a record can hold a value of that kind: its own wire type, or a packed list.
pub fn fits(kind: &FieldKind, cardinality: Cardinality, raw: Raw<'_>) -> bool {
    match (raw, kind.wire_type()) {
        (Raw::Varint(_), 0) | (Raw::Fixed64(_), 1) | (Raw::Bytes(_), 2) | (Raw::Fixed32(_), 5) => true,
        (Raw::Bytes(_), _) => cardinality == Cardinality::Repeated,
        _ => false,
    }
}

/// Calls `each` with every element of a packed list.
///
/// # Errors
/// [`WireError`] when the list is malformed, or what `each` returns.
pub fn unpack<E: From<WireError>>(
    kind: &FieldKind,
    packed: &[u8],
    mut each: impl FnMut(Raw<'static>) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader = Reader::new(packed);
    while !reader.is_empty() {
        each(match kind.wire_type() {
            1 => Raw::Fixed64(reader.fixed64()?),
            5 => Raw::Fixed32(reader.fixed32()?),
            _ => Raw::Varint(reader.varint()?),
        })?;
    }
    Ok(())
}

/// The zero of a kind, as a record would hold it.
pub const fn zero(kind: &FieldKind) -> Raw<'static> {
    match kind.wire_type() {
        1 => Raw::Fixed64(0),
        2 => Raw::Bytes(b""),
        5 => Raw::Fixed32(0),
        _ => Raw::Varint(0),
    }
}

/// Whether a value is the zero of its kind, which fields without presence leave out. Zero with a sign is not.
#[allow(clippy::cast_possible_truncation, reason = "32-bit kinds look at the low bits only")]
pub const fn is_zero(kind: &FieldKind, raw: Raw<'_>) -> bool {
    match raw {
        Raw::Varint(bits) => match kind {
            FieldKind::Int32 | FieldKind::Uint32 | FieldKind::Sint32 | FieldKind::Enum(_) => bits as u32 == 0,
            _ => bits == 0,
        },
        Raw::Fixed64(bits) => bits == 0,
        Raw::Fixed32(bits) => bits == 0,
        Raw::Bytes(bytes) => bytes.is_empty(),
        Raw::Group => false,
    }
}
