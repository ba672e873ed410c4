//! JSON of protobuf messages, both ways, from the contract's tables (protobuf.dev/programming-guides/json).
//!
//! Goes from wire bytes to text and back without a tree of values between. The choices that the specification leaves
//! open are those of grpc-gateway: lowerCamelCase names, unset fields left out, unknown members ignored.

mod decode;
mod decode_known;
mod encode;
mod encode_known;
mod error;
mod number;
mod parse;
mod time;
mod write;

#[cfg(test)]
mod tests;

pub use decode::decode;
pub use encode::encode;
pub use error::JsonError;

/// The RFC 3339 text of a timestamp; `None` outside of the years 1 to 9999.
pub(crate) fn timestamp_text(seconds: i64, nanos: i32) -> Option<String> {
    let mut quoted = Vec::new();
    time::write_timestamp(seconds, nanos, &mut quoted)?;
    String::from_utf8(quoted).ok().map(|text| text.trim_matches('"').to_owned())
}
