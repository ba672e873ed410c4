//! Where the declarations of a descriptor set are: by name or by number to the bytes of one declaration, so that nobody has to
//! read the whole set to use a small part of it.
//!
//! An index is a run of bytes without pointers that is used where it lies. All numbers are `u32`, little-endian: a header with
//! one count of records and one count of slots per section; then for each section its slots (an open hash table of record
//! numbers counted from 1) and its records; then the texts that the set itself does not contain. Places beyond the end of the
//! set are places in those texts.

mod build;
#[cfg(test)]
mod tests;

pub use build::{Malformed, build};

/// Stands for a message that the set does not declare.
const NONE: u32 = u32::MAX;
/// Flags in the upper bits of a declaration's length.
const PROTO3: u32 = 1 << 31;
const MAP_ENTRY: u32 = 1 << 30;
const LENGTH: u32 = MAP_ENTRY - 1;

const MESSAGES: usize = 0;
const ENUMS: usize = 1;
const EXTENSIONS: usize = 2;
const SERVICES: usize = 3;
const METHODS: usize = 4;
/// How many numbers a record has: place and length of the name, length of the package, place and length of the declaration;
/// for methods also the numbers of the input and the output.
const WIDTHS: [usize; 5] = [5, 5, 5, 5, 7];

/// A message, an enum, an extension or a service.
#[derive(Debug, Clone, Copy)]
pub struct Declaration {
    /// Its full name.
    pub full_name: &'static str,
    /// The package of its file.
    pub package: &'static str,
    /// The declaration in wire form.
    pub wire: &'static [u8],
    /// Whether its file is written in proto3.
    pub is_proto3: bool,
    /// Whether it stands for the entries of a map.
    pub is_map_entry: bool,
}

/// An RPC.
#[derive(Debug, Clone, Copy)]
pub struct MethodDeclaration {
    /// Service and name, such as `zitadel.user.v2.UserService/GetUserByID`.
    pub path: &'static str,
    /// The package of its file.
    pub package: &'static str,
    /// The declaration in wire form.
    pub wire: &'static [u8],
    /// The number of its request message; `None` when the set has no such message.
    pub input: Option<usize>,
    /// The number of its response message.
    pub output: Option<usize>,
}

/// A set with its index.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    set: &'static [u8],
    texts: &'static [u8],
    sections: [Section; 5],
}

#[derive(Debug, Clone, Copy, Default)]
struct Section {
    slots: &'static [u8],
    records: &'static [u8],
    count: usize,
}

impl Index {
    /// Joins a set and the index that [`build()`] made of it.
    pub fn new(set: &'static [u8], index: &'static [u8]) -> Self {
        let mut sections = [Section::default(); 5];
        let mut rest = index.get(sections.len() * 8..).unwrap_or_default();
        for (at, section) in sections.iter_mut().enumerate() {
            section.count = number(index, 2 * at) as usize;
            let slots = number(index, 2 * at + 1) as usize;
            (section.slots, rest) = rest.split_at_checked(slots * 4).unwrap_or_default();
            (section.records, rest) = rest.split_at_checked(section.count * WIDTHS[at] * 4).unwrap_or_default();
        }
        Self { set, texts: rest, sections }
    }

    /// How many messages there are, those inside others and map entries included.
    pub const fn messages(&self) -> usize {
        self.sections[MESSAGES].count
    }

    /// How many enums there are.
    pub const fn enums(&self) -> usize {
        self.sections[ENUMS].count
    }

    /// How many RPCs there are.
    pub const fn methods(&self) -> usize {
        self.sections[METHODS].count
    }

    /// The number of the message of that full name.
    pub fn find_message(&self, full_name: &str) -> Option<usize> {
        self.find(MESSAGES, full_name)
    }

    /// The number of the enum of that full name.
    pub fn find_enum(&self, full_name: &str) -> Option<usize> {
        self.find(ENUMS, full_name)
    }

    /// The number of the RPC of that path.
    pub fn find_method(&self, path: &str) -> Option<usize> {
        self.find(METHODS, path)
    }

    /// A message by its number.
    pub fn message(&self, number: usize) -> Option<Declaration> {
        self.declaration(MESSAGES, number)
    }

    /// An enum by its number.
    pub fn enumeration(&self, number: usize) -> Option<Declaration> {
        self.declaration(ENUMS, number)
    }

    /// The extension of that full name.
    pub fn extension(&self, full_name: &str) -> Option<Declaration> {
        self.declaration(EXTENSIONS, self.find(EXTENSIONS, full_name)?)
    }

    /// The services in the order of the set.
    pub fn services(&self) -> impl ExactSizeIterator<Item = &'static str> + use<> {
        let index = *self;
        (0..index.sections[SERVICES].count).map(move |service| index.name(SERVICES, service))
    }

    /// An RPC by its number; they are counted service by service.
    pub fn method(&self, number: usize) -> Option<MethodDeclaration> {
        let Declaration { full_name, package, wire, .. } = self.declaration(METHODS, number)?;
        let message =
            |column| Some(self.column(METHODS, number, column)).filter(|at| *at != NONE).map(|at| at as usize);
        Some(MethodDeclaration { path: full_name, package, wire, input: message(5), output: message(6) })
    }

    /// The path of an RPC.
    pub fn path(&self, number: usize) -> &'static str {
        self.name(METHODS, number)
    }

    /// Whether a message stands for the entries of a map.
    pub fn is_map_entry(&self, message: usize) -> bool {
        self.column(MESSAGES, message, 4) & MAP_ENTRY != 0
    }

    fn declaration(&self, section: usize, record: usize) -> Option<Declaration> {
        if record >= self.sections[section].count {
            return None;
        }
        let full_name = self.name(section, record);
        let length = self.column(section, record, 4);
        let start = self.column(section, record, 3) as usize;
        Some(Declaration {
            full_name,
            package: full_name.get(..self.column(section, record, 2) as usize)?,
            wire: self.set.get(start..start + (length & LENGTH) as usize)?,
            is_proto3: length & PROTO3 != 0,
            is_map_entry: length & MAP_ENTRY != 0,
        })
    }

    fn name(&self, section: usize, record: usize) -> &'static str {
        str::from_utf8(self.name_bytes(section, record)).unwrap_or_default()
    }

    fn name_bytes(&self, section: usize, record: usize) -> &'static [u8] {
        let (start, length) = (self.column(section, record, 0) as usize, self.column(section, record, 1) as usize);
        let (texts, start) = match start.checked_sub(self.set.len()) {
            Some(start) => (self.texts, start),
            None => (self.set, start),
        };
        texts.get(start..start + length).unwrap_or_default()
    }

    fn column(&self, section: usize, record: usize, column: usize) -> u32 {
        number(self.sections[section].records, record * WIDTHS[section] + column)
    }

    fn find(&self, section: usize, name: &str) -> Option<usize> {
        let slots = self.sections[section].slots;
        // The number of slots is a power of two, and never are all of them taken.
        let mask = (slots.len() / 4).checked_sub(1)?;
        let mut slot = hash(name.as_bytes()) & mask;
        loop {
            let record = (number(slots, slot) as usize).checked_sub(1)?;
            if self.name_bytes(section, record) == name.as_bytes() {
                return Some(record);
            }
            slot = (slot + 1) & mask;
        }
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at * 4..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Eight bytes at a time; the names are ours, so nobody can choose them to collide.
fn hash(name: &[u8]) -> usize {
    let mut hash = name.len() as u64;
    let mut add = |word: u64| hash = (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = name.as_chunks::<8>();
    words.iter().for_each(|word| add(u64::from_le_bytes(*word)));
    add(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    (hash >> 32) as usize
}
