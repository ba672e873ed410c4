//! The kinds of values: how each is written in YAML, in the environment and on the command line, and how it is shown.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use castellan_kernel::{Timestamp, parse_duration};
use castellan_outbound::DenyList;
use serde_json::Value;

use super::secret::{MASK, Secret, SecretBytes};

/// A type that a key can have.
pub(super) trait Setting: Sized {
    /// What to call such values, in errors and in the documentation.
    const KIND: &'static str;
    /// Whether values must not be shown.
    const SECRET: bool = false;
    /// Reads a value as YAML, the environment or a flag gives it.
    ///
    /// # Errors
    /// A sentence that says what is wrong and how to write it; never the value of a secret.
    fn parse(value: &Value) -> Result<Self, String>;
    /// The value as one would write it.
    fn show(&self) -> String;
}

/// Reads a value of a type and shows it, masked if it is secret.
pub(super) fn check<T: Setting>(value: &Value) -> Result<String, String> {
    let shown = T::parse(value)?.show();
    Ok(if T::SECRET && !shown.is_empty() { MASK.to_owned() } else { shown })
}

/// A scalar as text; lists and maps are no scalars.
fn text(value: &Value, kind: &str) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null => Ok(String::new()),
        Value::Array(_) | Value::Object(_) => Err(format!("expects {kind}, not a list or a section")),
    }
}

impl Setting for bool {
    const KIND: &'static str = "true or false";
    fn parse(value: &Value) -> Result<Self, String> {
        let text = text(value, Self::KIND)?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Ok(true),
            "false" | "f" | "0" => Ok(false),
            _ => Err(format!("{text:?} is neither true nor false")),
        }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! number {
    ($($type:ty: $kind:literal),*) => { $(
        impl Setting for $type {
            const KIND: &'static str = $kind;
            fn parse(value: &Value) -> Result<Self, String> {
                let text = text(value, Self::KIND)?;
                text.trim().parse().map_err(|_| {
                    format!("{text:?} is not a number from {} to {}", <$type>::MIN, <$type>::MAX)
                })
            }
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )* };
}
number!(u8: "number", u16: "number", u32: "number", u64: "number");

impl Setting for f64 {
    const KIND: &'static str = "fraction";
    fn parse(value: &Value) -> Result<Self, String> {
        let text = text(value, Self::KIND)?;
        let number: Self = text.trim().parse().map_err(|_| format!("{text:?} is not a number"))?;
        if (0.0..=1.0).contains(&number) { Ok(number) } else { Err(format!("{text} is not between 0 and 1")) }
    }
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Setting for String {
    const KIND: &'static str = "text";
    fn parse(value: &Value) -> Result<Self, String> {
        text(value, Self::KIND)
    }
    fn show(&self) -> String {
        self.clone()
    }
}

impl Setting for PathBuf {
    const KIND: &'static str = "path";
    fn parse(value: &Value) -> Result<Self, String> {
        text(value, Self::KIND).map(Self::from)
    }
    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Setting for Secret {
    const KIND: &'static str = "text";
    const SECRET: bool = true;
    fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::Number(number) if !number.is_u64() => Err("looks like a number: put it in quotes".to_owned()),
            Value::Bool(_) => Err("looks like true or false: put it in quotes".to_owned()),
            _ => text(value, Self::KIND).map(Self::new),
        }
    }
    fn show(&self) -> String {
        self.expose().to_owned()
    }
}

/// Bytes, written in base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

fn base64_bytes(value: &Value) -> Result<Vec<u8>, String> {
    let text: String = text(value, "base64")?.split_ascii_whitespace().collect();
    STANDARD.decode(text).map_err(|_| "is not base64 (standard alphabet, with padding)".to_owned())
}

impl Setting for Bytes {
    const KIND: &'static str = "base64";
    fn parse(value: &Value) -> Result<Self, String> {
        base64_bytes(value).map(Self)
    }
    fn show(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!("({} bytes)", self.0.len()) }
    }
}

impl Setting for SecretBytes {
    const KIND: &'static str = "base64";
    const SECRET: bool = true;
    fn parse(value: &Value) -> Result<Self, String> {
        base64_bytes(value).map(Self::new)
    }
    fn show(&self) -> String {
        if self.is_empty() { String::new() } else { MASK.to_owned() }
    }
}

impl Setting for Vec<String> {
    const KIND: &'static str = "list";
    fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::Array(items) => items.iter().map(|item| text(item, "a list of texts")).collect(),
            _ => Ok(text(value, "a list of texts")?
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()),
        }
    }
    fn show(&self) -> String {
        self.join(",")
    }
}

/// Addresses of name servers; the port is 53 unless it is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameServers(pub Vec<SocketAddr>);

impl Setting for NameServers {
    const KIND: &'static str = "list";
    fn parse(value: &Value) -> Result<Self, String> {
        let read = |entry: &String| {
            let address = entry.parse().or_else(|_| entry.parse().map(|address: IpAddr| SocketAddr::new(address, 53)));
            address.map_err(|_| {
                format!("{entry:?} is no address; write it like 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53")
            })
        };
        Vec::<String>::parse(value)?.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
    fn show(&self) -> String {
        self.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    }
}

impl Setting for DenyList {
    const KIND: &'static str = "list";
    fn parse(value: &Value) -> Result<Self, String> {
        let entries: Vec<String> = Vec::parse(value)?;
        Self::parse(entries.iter().map(String::as_str)).map_err(|entry| {
            format!("{entry:?} is neither an address, a network (such as 10.0.0.0/8) nor the name of a host")
        })
    }
    fn show(&self) -> String {
        self.entries().join(",")
    }
}

impl Setting for Timestamp {
    const KIND: &'static str = "time";
    fn parse(value: &Value) -> Result<Self, String> {
        let text = text(value, Self::KIND)?;
        Self::parse(text.trim()).ok_or_else(|| {
            format!("{text:?} is not a time: write it as RFC 3339 says, for example 2099-01-01T00:00:00Z")
        })
    }
    fn show(&self) -> String {
        self.to_rfc3339()
    }
}

impl Setting for Duration {
    const KIND: &'static str = "duration";
    fn parse(value: &Value) -> Result<Self, String> {
        let text = text(value, Self::KIND)?;
        parse_duration(text.trim())
            .ok_or_else(|| format!("{text:?} is not a duration: write it like 30s, 5m, 12h or 12h30m"))
    }
    fn show(&self) -> String {
        show_duration(*self)
    }
}

/// An empty text means: not set.
impl<T: Setting> Setting for Option<T> {
    const KIND: &'static str = T::KIND;
    const SECRET: bool = T::SECRET;
    fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) if text.is_empty() => Ok(None),
            _ => T::parse(value).map(Some),
        }
    }
    fn show(&self) -> String {
        self.as_ref().map_or_else(String::new, T::show)
    }
}

/// Writes a duration in hours, minutes and seconds, without the parts that are zero.
fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let nanos = duration.subsec_nanos();
    let mut shown = String::new();
    for (amount, unit) in [(seconds / 3600, "h"), (seconds / 60 % 60, "m")] {
        if amount > 0 {
            shown.push_str(&format!("{amount}{unit}"));
        }
    }
    if nanos > 0 && seconds == 0 && nanos.is_multiple_of(1_000_000) {
        shown.push_str(&format!("{}ms", nanos / 1_000_000));
    } else if nanos > 0 {
        let fraction = format!("{nanos:09}");
        shown.push_str(&format!("{}.{}s", seconds % 60, fraction.trim_end_matches('0')));
    } else if !seconds.is_multiple_of(60) || shown.is_empty() {
        shown.push_str(&format!("{}s", seconds % 60));
    }
    shown
}

/// Declares a closed set of words as an enum and as a kind of value; case does not matter when reading.
macro_rules! choice {
    (
        $(#[$meta:meta])*
        $name:ident ($kind:literal) {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal $(| $other:literal)*),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $crate::config::value::Setting for $name {
            const KIND: &'static str = $kind;
            fn parse(value: &serde_json::Value) -> Result<Self, String> {
                let text = <String as $crate::config::value::Setting>::parse(value)?;
                match text.trim().to_ascii_lowercase().as_str() {
                    $($word $(| $other)* => Ok(Self::$variant),)+
                    _ => Err(format!("{text:?} is not one of: {}", $kind)),
                }
            }
            fn show(&self) -> String {
                match self { $(Self::$variant => $word,)+ }.to_owned()
            }
        }
    };
}
pub(super) use choice;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_shown_in_the_form_in_which_they_are_written() {
        for text in ["12h30m", "720h", "5m", "30s", "0s", "1h0.5s", "250ms", "1m1s"] {
            assert_eq!(show_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn lists_are_sequences_or_texts_with_commas() {
        let list = |value: Value| <Vec<String> as Setting>::parse(&value).unwrap();
        assert_eq!(list(Value::from("a, b,,c")), ["a", "b", "c"]);
        assert_eq!(list(serde_json::json!(["a", 1])), ["a", "1"]);
        assert!(list(Value::from("")).is_empty());
    }

    #[test]
    fn a_secret_that_yaml_would_change_is_refused() {
        assert!(Secret::parse(&serde_json::json!(1.10)).unwrap_err().contains("quotes"));
        assert_eq!(Secret::parse(&serde_json::json!(1234)).unwrap().expose(), "1234");
    }

    #[test]
    fn an_empty_text_leaves_an_optional_value_unset() {
        assert_eq!(<Option<Timestamp> as Setting>::parse(&Value::from("")).unwrap(), None);
        assert!(<Option<Timestamp> as Setting>::parse(&Value::from("soon")).is_err());
    }
}
