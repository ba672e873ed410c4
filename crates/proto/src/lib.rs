//! The API contract: messages, one marker per RPC and the descriptor set, all generated from `proto/` at build time.

#![allow(missing_docs, clippy::all, rustdoc::all)]

pub mod index;

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

/// An RPC of the contract. Rooms register a handler under the marker type that implements this.
pub trait Method: Send + Sync + 'static {
    /// The request message.
    type Request: prost::Message + Default + 'static;
    /// The response message.
    type Response: prost::Message + Default + 'static;
    /// `zitadel.user.v2.UserService/GetUserByID`, without a leading slash.
    const PATH: &'static str;
}

/// Markers, one module per package that has services.
pub mod methods {
    include!(concat!(env!("OUT_DIR"), "/methods.rs"));
}

/// The encoded `google.protobuf.FileDescriptorSet` of the whole contract, with all options.
pub static DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The index of [`DESCRIPTORS`].
pub static INDEX: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/index.bin"));
