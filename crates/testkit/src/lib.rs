//! The whole server inside a test: a fresh database on each engine, instances made by the product's own setup, callers by
//! role, and requests that run through the real router without a socket. A dependency of tests only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "helpers of tests: what fails here fails the test"
)]

mod actor;
mod answer;
mod application;
mod crowd;
mod fixture;
mod people;
mod scratch;
mod signing;

pub use actor::Actor;
pub use answer::Answer;
pub use application::{Application, Setup, TestInstance, on_each_engine, on_each_engine_with};
pub use crowd::Crowd;
pub use fixture::{Fixture, Resources};
pub use people::Role;
pub use signing::{Assertion, KeyFile, read_jwt, verify_with_jwks};
