//! Everything that parses network input, each as one function over bytes. It panics when it finds something wrong.
//!
//! `cargo test` replays seeds, regressions and seeded random mutations with the stable compiler; `cargo fuzz` explores further:
//! `cargo +nightly fuzz run --features fuzzer rest`. An input that failed once goes to `regressions/<target>/`.

mod api;
mod credentials;
pub mod mutate;
pub mod seeds;

pub use api::{json, rest, rpc};
pub use credentials::{form, jwt, key, opaque};

/// A target: the function that is given bytes.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 7] =
    [("rest", rest), ("json", json), ("rpc", rpc), ("form", form), ("jwt", jwt), ("opaque", opaque), ("key", key)];
