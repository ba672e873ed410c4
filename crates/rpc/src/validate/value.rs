//! Rules applied to single values.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::formats;
use super::range::listed;
use super::rules::{Bytes, Enum, Format, Length, Text};
use super::violation::Broken;
use crate::descriptor::EnumTable;

/// The words of a length rule.
pub(super) struct Words {
    exact: &'static str,
    least: &'static str,
    most: &'static str,
    unit: &'static str,
    between_unit: &'static str,
}

const RUNES: Words = Words {
    exact: "value length must be",
    least: "value length must be at least",
    most: "value length must be at most",
    unit: "runes",
    between_unit: "runes, inclusive",
};
const BYTES: Words = Words { unit: "bytes", between_unit: "bytes, inclusive", ..RUNES };
/// For lists.
pub(super) const ITEMS: Words = Words {
    exact: "value must contain exactly",
    least: "value must contain at least",
    most: "value must contain no more than",
    unit: "item(s)",
    between_unit: "items, inclusive",
};
/// For maps.
pub(super) const PAIRS: Words = Words { unit: "pair(s)", between_unit: "pairs, inclusive", ..ITEMS };

impl Length {
    /// Checks a length.
    pub(super) fn check(self, length: usize, words: &Words) -> Result<(), Broken> {
        let length = length as u64;
        let unit = words.unit;
        let exact = self.exact.or_else(|| self.min.filter(|_| self.min == self.max));
        let reason = match (exact, self.min, self.max) {
            (Some(exact), _, _) => (length != exact).then(|| format!("{} {exact} {unit}", words.exact)),
            (None, Some(min), Some(max)) => (length < min || length > max).then(|| {
                let begin = words.exact.trim_end_matches(" exactly");
                format!("{begin} between {min} and {max} {}", words.between_unit)
            }),
            (None, Some(min), None) => (length < min).then(|| format!("{} {min} {unit}", words.least)),
            (None, None, Some(max)) => (length > max).then(|| format!("{} {max} {unit}", words.most)),
            (None, None, None) => None,
        };
        reason.map_or(Ok(()), |reason| Err(Broken::new(reason)))
    }
}

impl Text {
    /// Checks a text.
    pub(super) fn check(&self, value: &str) -> Result<(), Broken> {
        if self.ignore_empty && value.is_empty() {
            return Ok(());
        }
        if let Some(equal) = self.equal.as_deref().filter(|equal| *equal != value) {
            return Err(Broken::new(format!("value must equal {equal}")));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|one| one == value) {
            return Err(Broken::new(format!("value must be in list {}", listed(&self.one_of))));
        }
        if self.none_of.iter().any(|one| one == value) {
            return Err(Broken::new(format!("value must not be in list {}", listed(&self.none_of))));
        }
        self.runes.check(value.chars().count(), &RUNES)?;
        self.bytes.check(value.len(), &BYTES)?;
        if let Some(prefix) = self.prefix.as_ref().filter(|prefix| !value.starts_with(*prefix)) {
            return Err(Broken::new(format!("value does not have prefix {prefix:?}")));
        }
        if let Some(suffix) = self.suffix.as_ref().filter(|suffix| !value.ends_with(*suffix)) {
            return Err(Broken::new(format!("value does not have suffix {suffix:?}")));
        }
        if let Some(part) = self.contains.as_ref().filter(|part| !value.contains(*part)) {
            return Err(Broken::new(format!("value does not contain substring {part:?}")));
        }
        if let Some(part) = self.not_contains.as_ref().filter(|part| value.contains(*part)) {
            return Err(Broken::new(format!("value contains substring {part:?}")));
        }
        if let Some(format) = self.format {
            format.check(value)?;
        }
        match &self.pattern {
            Some(pattern) if !pattern.is_match(value) => {
                Err(Broken::new(format!("value does not match regex pattern {:?}", pattern.as_str())))
            }
            _ => Ok(()),
        }
    }
}

impl Format {
    fn check(self, value: &str) -> Result<(), Broken> {
        match self {
            Self::Email => {
                formats::email(value).map_err(|cause| Broken::new("value must be a valid email address").because(cause))
            }
            Self::Hostname => {
                formats::hostname(value).map_err(|cause| Broken::new("value must be a valid hostname").because(cause))
            }
            Self::Ip => valid(value.parse::<IpAddr>().is_ok(), "value must be a valid IP address"),
            Self::Ipv4 => valid(value.parse::<Ipv4Addr>().is_ok(), "value must be a valid IPv4 address"),
            Self::Ipv6 => valid(value.parse::<Ipv6Addr>().is_ok(), "value must be a valid IPv6 address"),
            Self::Uri | Self::UriReference => match formats::uri_reference(value) {
                Err(cause) => Err(Broken::new("value must be a valid URI").because(cause)),
                Ok(absolute) => valid(absolute || matches!(self, Self::UriReference), "value must be absolute"),
            },
        }
    }
}

fn valid(valid: bool, reason: &'static str) -> Result<(), Broken> {
    if valid { Ok(()) } else { Err(Broken::new(reason)) }
}

impl Bytes {
    /// Checks bytes.
    pub(super) fn check(&self, value: &[u8]) -> Result<(), Broken> {
        if self.ignore_empty && value.is_empty() {
            return Ok(());
        }
        if let Some(equal) = self.equal.as_deref().filter(|equal| *equal != value) {
            return Err(Broken::new(format!("value must equal {}", listed(equal))));
        }
        let lists = |lists: &[Vec<u8>]| listed(&lists.iter().map(|list| listed(list)).collect::<Vec<_>>());
        if !self.one_of.is_empty() && !self.one_of.iter().any(|one| one == value) {
            return Err(Broken::new(format!("value must be in list {}", lists(&self.one_of))));
        }
        if self.none_of.iter().any(|one| one == value) {
            return Err(Broken::new(format!("value must not be in list {}", lists(&self.none_of))));
        }
        self.length.check(value.len(), &BYTES)?;
        if let Some(prefix) = self.prefix.as_ref().filter(|prefix| !value.starts_with(prefix)) {
            return Err(Broken::new(format!("value does not have prefix {}", listed(prefix))));
        }
        if let Some(suffix) = self.suffix.as_ref().filter(|suffix| !value.ends_with(suffix)) {
            return Err(Broken::new(format!("value does not have suffix {}", listed(suffix))));
        }
        let holds = |part: &[u8]| part.is_empty() || value.windows(part.len()).any(|window| window == part);
        if let Some(part) = self.contains.as_ref().filter(|part| !holds(part)) {
            return Err(Broken::new(format!("value does not contain {}", listed(part))));
        }
        match &self.pattern {
            Some(pattern) if !pattern.is_match(value) => {
                Err(Broken::new(format!("value does not match regex pattern {:?}", pattern.as_str())))
            }
            _ => Ok(()),
        }
    }
}

impl Enum {
    /// Checks the number of an enum value.
    pub(super) fn check(&self, value: i32, table: &EnumTable) -> Result<(), Broken> {
        let name = |number: &i32| table.name(*number).map_or_else(|| number.to_string(), str::to_owned);
        let names = |numbers: &[i32]| listed(&numbers.iter().map(name).collect::<Vec<_>>());
        if let Some(equal) = self.equal.filter(|equal| *equal != value) {
            return Err(Broken::new(format!("value must equal {}", name(&equal))));
        }
        if !self.one_of.is_empty() && !self.one_of.contains(&value) {
            return Err(Broken::new(format!("value must be in list {}", names(&self.one_of))));
        }
        if self.none_of.contains(&value) {
            return Err(Broken::new(format!("value must not be in list {}", names(&self.none_of))));
        }
        valid(!self.defined_only || table.name(value).is_some(), "value must be one of the defined enum values")
    }
}
