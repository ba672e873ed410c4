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
