//! Lists: offset, limit, direction, and the comparison methods of filters (`spec: api.md 1.7`).

use crate::{Error, Fault, Kind, Result};

const LIMIT_EXCEEDED: Fault = Fault::new(Kind::InvalidArgument, "QUERY-4M0fs", "Errors.Query.LimitExceeded");

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    /// Rows to skip.
    pub offset: u64,
    /// Rows to return; `None` returns all.
    pub limit: Option<u64>,
    /// Ascending order; every list style defaults to descending.
    pub ascending: bool,
}

/// The default and the largest page of `filter.v2` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Applied when the request names no limit.
    pub default: u64,
    /// More is refused.
    pub max: u64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { default: 100, max: 1_000 }
    }
}

impl Page {
    /// A page of a v1 or `object.v2` list: limit 0 means everything.
    pub fn unbounded(offset: u64, limit: u32, ascending: bool) -> Self {
        Self { offset, limit: (limit > 0).then_some(u64::from(limit)), ascending }
    }

    /// A page of a `filter.v2` list.
    ///
    /// # Errors
    /// `QUERY-4M0fs` when the limit is above the maximum.
    pub fn bounded(limits: PageLimits, offset: u64, limit: u32, ascending: bool) -> Result<Self> {
        let limit = if limit == 0 { limits.default } else { u64::from(limit) };
        if limit > limits.max {
            return Err(Error::from(LIMIT_EXCEEDED));
        }
        Ok(Self { offset, limit: Some(limit), ascending })
    }

    /// The limit in force as `applied_limit` shows it; 0 where there is none.
    pub fn applied_limit(&self) -> u64 {
        self.limit.unwrap_or_default()
    }
}

/// How a text filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum TextMethod {
    #[default]
    Equals,
    EqualsIgnoreCase,
    StartsWith,
    StartsWithIgnoreCase,
    Contains,
    ContainsIgnoreCase,
    EndsWith,
    EndsWithIgnoreCase,
}

impl TextMethod {
    /// From the number that every text-method enum of the contract shares; `None` for an undefined one.
    pub fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::Equals,
            1 => Self::EqualsIgnoreCase,
            2 => Self::StartsWith,
            3 => Self::StartsWithIgnoreCase,
            4 => Self::Contains,
            5 => Self::ContainsIgnoreCase,
            6 => Self::EndsWith,
            7 => Self::EndsWithIgnoreCase,
            _ => return None,
        })
    }
}

/// How a time filter compares. The numbers of the two enum families differ, so converters name the variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum TimeMethod {
    #[default]
    Equals,
    Greater,
    GreaterOrEquals,
    Less,
    LessOrEquals,
}

impl TimeMethod {
    /// From the number shared by v1 (`GREATER` …) and `filter.v2` (`AFTER` …); `None` for an undefined one.
    pub fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::Equals,
            1 => Self::Greater,
            2 => Self::GreaterOrEquals,
            3 => Self::Less,
            4 => Self::LessOrEquals,
            _ => return None,
        })
    }
}
