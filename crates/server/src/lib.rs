//! The process around the services: configuration, command line, listener, logs, metrics; the library of the binary.
//! Here concrete choices meet; nothing below this crate knows of files, flags or sockets.

pub mod cli;
pub mod config;
pub mod debug;
pub mod door;
mod failure;
pub mod first_start;
pub mod listener;
pub mod logging;
pub mod master_key;
pub mod metrics;
pub mod observe;
pub mod wiring;

pub use failure::{Failure, Result};
