//! Bare prototypes: the least that a server must do for a scenario, on hyper, aws-lc-rs and SQLite, with no product around it.
//! What a server reaches of its prototype is what its design costs. A prototype runs in a process of its own, so that its CPU
//! can be told from the driver's; it answers `GET /sample` with the requests that it is to be driven with.

mod answers;
mod body;
mod kind;
mod process;
mod server;
mod signing;
mod store;
mod tokens;

pub use kind::Kind;
pub use process::Running;
pub use store::Store;
pub use tokens::Tokens;

use std::io::Write as _;
use std::path::Path;

use crate::failure::{Failure, Result};

/// Runs a prototype until the process is ended. Says on standard output where, as soon as it takes connections.
///
/// # Errors
/// When the port is taken or the directory cannot be written.
pub async fn run(kind: Kind, port: u16, directory: &Path) -> Result<()> {
    let listener = server::listen(port).await?;
    let address = listener.local_addr().map_err(|cause| Failure::of("the port has no address", cause))?;
    println!("listening on {address}");
    // Who started it may have gone; then there is nobody to tell.
    let _ = std::io::stdout().flush();
    server::serve(kind, listener, directory).await
}
