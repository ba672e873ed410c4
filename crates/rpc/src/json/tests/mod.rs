//! The codec against prost-reflect on random messages, and its special cases by hand.

mod generate;
mod oracle;
mod reading;
mod refusing;
mod writing;

use super::{JsonError, decode, encode};
use crate::descriptor::kinds;

/// The JSON of wire bytes.
fn json_of(table: &str, wire: &[u8]) -> Result<String, JsonError> {
    let mut out = Vec::new();
    encode(kinds::table(table), wire, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// The JSON of JSON: read and written again.
fn again(table: &str, json: &str) -> Result<String, JsonError> {
    json_of(table, &decode(kinds::table(table), json.as_bytes())?)
}

/// The text of the error that reading gives.
fn refusal(table: &str, json: &str) -> String {
    again(table, json).unwrap_err().to_string()
}
