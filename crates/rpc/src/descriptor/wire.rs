//! The protobuf wire format, read record by record (protobuf.dev/programming-guides/encoding) and written likewise.

use std::fmt;

/// How deep messages may nest, in wire form and in JSON; the same limit as the message types' own decoder has.
pub const MAX_DEPTH: u32 = 100;

/// Why bytes are not a message in wire form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireError {
    /// The bytes end inside a record.
    Truncated,
    /// A varint has more than 64 bits.
    VarintTooLong,
    /// A field number is 0 or above 536870911.
    FieldNumber,
    /// A wire type is 6 or 7.
    WireType(u8),
    /// An end of a group that never began, or the other way round.
    UnbalancedGroup,
    /// Messages nest deeper than [`MAX_DEPTH`].
    TooDeep,
    /// The field of that number has another wire type than the contract says.
    Mismatch(u32),
    /// The field of that number is a text and not valid UTF-8.
    Utf8(u32),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the message ends inside a field"),
            Self::VarintTooLong => f.write_str("a varint is longer than 64 bits"),
            Self::FieldNumber => f.write_str("a field number is out of range"),
            Self::WireType(wire_type) => write!(f, "wire type {wire_type} does not exist"),
            Self::UnbalancedGroup => f.write_str("a group is not closed, or closed without being opened"),
            Self::TooDeep => write!(f, "messages nest deeper than {MAX_DEPTH} levels"),
            Self::Mismatch(number) => write!(f, "field {number} has a wire type that is not its own"),
            Self::Utf8(number) => write!(f, "field {number} is not valid UTF-8"),
        }
    }
}

impl std::error::Error for WireError {}

/// The value of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1, little-endian bits.
    Fixed64(u64),
    /// Wire type 2: strings, bytes, messages and packed lists.
    Bytes(&'a [u8]),
    /// Wire type 5, little-endian bits.
    Fixed32(u32),
    /// Wire types 3 and 4: a group, skipped as a whole.
    Group,
}

/// Reads the records of a message in order.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of a message.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Whether everything has been read.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The next field number with its value; `None` at the end.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are malformed; reading must stop then.
    pub fn record(&mut self) -> Result<Option<(u32, Raw<'a>)>, WireError> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        let raw = match wire_type {
            0 => Raw::Varint(self.varint()?),
            1 => Raw::Fixed64(self.fixed64()?),
            2 => Raw::Bytes(self.bytes()?),
            3 => {
                self.skip_group(number)?;
                Raw::Group
            }
            4 => return Err(WireError::UnbalancedGroup),
            5 => Raw::Fixed32(self.fixed32()?),
            other => return Err(WireError::WireType(other)),
        };
        Ok(Some((number, raw)))
    }

    fn tag(&mut self) -> Result<(u32, u8), WireError> {
        let tag = self.varint()?;
        let number = tag >> 3;
        match u32::try_from(number) {
            Ok(number) if (1..1 << 29).contains(&number) => Ok((number, (tag & 7) as u8)),
            _ => Err(WireError::FieldNumber),
        }
    }

    /// The next varint.
    ///
    /// # Errors
    /// [`WireError::Truncated`] or [`WireError::VarintTooLong`].
    pub fn varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0_u64;
        for (index, &byte) in self.bytes.iter().enumerate().take(10) {
            if index == 9 && byte > 1 {
                return Err(WireError::VarintTooLong);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.bytes = &self.bytes[index + 1..];
                return Ok(value);
            }
        }
        Err(if self.bytes.len() >= 10 { WireError::VarintTooLong } else { WireError::Truncated })
    }

    /// The next 4 bytes as a number.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn fixed32(&mut self) -> Result<u32, WireError> {
        let (head, tail) = self.bytes.split_first_chunk::<4>().ok_or(WireError::Truncated)?;
        self.bytes = tail;
        Ok(u32::from_le_bytes(*head))
    }

    /// The next 8 bytes as a number.
    ///
    /// # Errors
    /// [`WireError::Truncated`].
    pub fn fixed64(&mut self) -> Result<u64, WireError> {
        let (head, tail) = self.bytes.split_first_chunk::<8>().ok_or(WireError::Truncated)?;
        self.bytes = tail;
        Ok(u64::from_le_bytes(*head))
    }

    fn bytes(&mut self) -> Result<&'a [u8], WireError> {
        let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
        let (head, tail) = self.bytes.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.bytes = tail;
        Ok(head)
    }

    fn skip_group(&mut self, number: u32) -> Result<(), WireError> {
        let mut open = vec![number];
        while let Some(&innermost) = open.last() {
            let (number, wire_type) = self.tag()?;
            match wire_type {
                0 => drop(self.varint()?),
                1 => drop(self.fixed64()?),
                2 => drop(self.bytes()?),
                3 if open.len() >= MAX_DEPTH as usize => return Err(WireError::TooDeep),
                3 => open.push(number),
                4 if number == innermost => drop(open.pop()),
                4 => return Err(WireError::UnbalancedGroup),
                5 => drop(self.fixed32()?),
                other => return Err(WireError::WireType(other)),
            }
        }
        Ok(())
    }
}

/// Appends a varint.
#[allow(clippy::cast_possible_truncation, reason = "the low seven bits are what is wanted")]
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the key of a record: field number and wire type.
pub fn put_tag(number: u32, wire_type: u8, out: &mut Vec<u8>) {
    put_varint(u64::from(number) << 3 | u64::from(wire_type), out);
}

/// Appends a length-delimited record.
pub fn put_bytes(number: u32, bytes: &[u8], out: &mut Vec<u8>) {
    put_tag(number, 2, out);
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// Sign-folding of `sint32` and `sint64`: 0, -1, 1, -2 … become 0, 1, 2, 3 …
#[allow(clippy::cast_sign_loss, reason = "the bits are what is wanted")]
pub const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
#[allow(clippy::cast_possible_wrap, reason = "the bits are what is wanted")]
pub const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
