//! Compiled rules: what a message's fields must satisfy, in the order in which they are checked.

use super::range::{Moment, Number, Span};

/// The checks of one message.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Plain fields first, then oneofs, then `optional` fields: the order of protoc-gen-validate.
    pub(super) steps: Vec<Step>,
}

/// One check of a message.
#[derive(Debug)]
pub(super) enum Step {
    /// A field, as an index of the message's fields.
    Field(usize, Rules),
    /// A oneof, as an index of the message's oneofs, with the rules of those members that have any.
    Oneof { oneof: usize, required: bool, members: Vec<(usize, Rules)> },
}

/// What the values of a field must satisfy.
#[derive(Debug, Default)]
pub(super) struct Rules {
    /// The rule for the value itself.
    pub(super) check: Check,
    /// A message must be there.
    pub(super) required: bool,
    /// The rules of a nested message are not looked at.
    pub(super) skip: bool,
}

impl Rules {
    /// Whether anything can be broken apart from the rules of a nested message.
    pub(super) const fn bite(&self) -> bool {
        self.required || !matches!(self.check, Check::None)
    }
}

/// The rule for a value by its kind.
#[derive(Debug, Default)]
pub(super) enum Check {
    #[default]
    None,
    Text(Box<Text>),
    Bytes(Box<Bytes>),
    Bool(bool),
    Enum(Enum),
    Signed(Box<Number<i64>>),
    Unsigned(Box<Number<u64>>),
    Double(Box<Number<f64>>),
    Single(Box<Number<f32>>),
    Duration(Box<Number<Span>>),
    Timestamp(Box<Number<Moment>>),
    List(Box<List>),
    Map(Box<Map>),
}

/// Bounds of a length.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Length {
    pub(super) exact: Option<u64>,
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
}

/// A well-known form of texts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Format {
    Email,
    Hostname,
    Ip,
    Ipv4,
    Ipv6,
    Uri,
    UriReference,
}

/// Rules for texts.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub(super) ignore_empty: bool,
    pub(super) equal: Option<String>,
    pub(super) one_of: Vec<String>,
    pub(super) none_of: Vec<String>,
    pub(super) runes: Length,
    pub(super) bytes: Length,
    pub(super) prefix: Option<String>,
    pub(super) suffix: Option<String>,
    pub(super) contains: Option<String>,
    pub(super) not_contains: Option<String>,
    pub(super) format: Option<Format>,
    pub(super) pattern: Option<regex::Regex>,
}

/// Rules for bytes.
#[derive(Debug, Default)]
pub(super) struct Bytes {
    pub(super) ignore_empty: bool,
    pub(super) equal: Option<Vec<u8>>,
    pub(super) one_of: Vec<Vec<u8>>,
    pub(super) none_of: Vec<Vec<u8>>,
    pub(super) length: Length,
    pub(super) prefix: Option<Vec<u8>>,
    pub(super) suffix: Option<Vec<u8>>,
    pub(super) contains: Option<Vec<u8>>,
    pub(super) pattern: Option<regex::bytes::Regex>,
}

/// Rules for enums.
#[derive(Debug, Default)]
pub(super) struct Enum {
    pub(super) equal: Option<i32>,
    pub(super) one_of: Vec<i32>,
    pub(super) none_of: Vec<i32>,
    pub(super) defined_only: bool,
}

/// Rules for lists.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) ignore_empty: bool,
    pub(super) count: Length,
    pub(super) unique: bool,
    pub(super) items: Rules,
}

/// Rules for maps.
#[derive(Debug, Default)]
pub(super) struct Map {
    pub(super) ignore_empty: bool,
    pub(super) count: Length,
    pub(super) no_sparse: bool,
    pub(super) keys: Rules,
    pub(super) values: Rules,
}
