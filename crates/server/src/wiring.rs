//! Where concrete choices meet: opens the database, builds the services, serves them.
//! Every command of the binary that needs more than the configuration ends here.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::config::Settings;
use crate::failure::{Failure, Result};
use crate::master_key::MasterKey;

/// What a command works with.
#[derive(Debug)]
pub struct Process {
    /// The checked configuration.
    pub settings: Settings,
    /// The master key.
    pub master_key: MasterKey,
}

/// An encryption key to add.
pub struct NewKey {
    /// Its id.
    pub id: String,
    /// Its bytes; `None`: generate them.
    pub key: Option<Zeroizing<[u8; 32]>>,
}

/// Brings the database up to date, creates the first instance if there is none, and serves until told to stop.
///
/// # Errors
/// The database cannot be opened, or the address is taken.
pub async fn serve(process: Process) -> Result<()> {
    let Process { settings, .. } = process;
    let metrics = crate::metrics::Metrics::new(&castellan_kernel::SystemClock);
    let shown = (settings.metrics.kind == crate::config::MetricsType::Prometheus).then(|| metrics.clone());
    let router = crate::debug::router(shown, || async { Ok(()) });
    let router = crate::observe::ObserveLayer::new(&settings, metrics.clone()).around(router);
    let stop =
        crate::listener::Stop::on_signals().map_err(|error| Failure::new("signals cannot be heard").because(error))?;
    let listener = crate::listener::Listener::bind(&settings, metrics).await?;
    listener.serve(router, stop).await;
    Ok(())
}

/// Brings the database up to date and creates the first instance if there is none.
///
/// # Errors
/// The database cannot be opened or changed.
pub async fn setup(_process: Process) -> Result<()> {
    Err(not_wired())
}

/// Adds encryption keys.
///
/// # Errors
/// An id is taken, or the database cannot be opened.
pub async fn keys_new(_process: Process, _keys: Vec<NewKey>) -> Result<()> {
    Err(not_wired())
}

/// Prints the ids of the encryption keys.
///
/// # Errors
/// The database cannot be opened.
pub async fn keys_list(_process: Process) -> Result<()> {
    Err(not_wired())
}

/// Copies the embedded database to a file.
///
/// # Errors
/// The database is not the embedded one, the file exists and `force` is not set, or it cannot be written.
pub async fn backup(_settings: Settings, _file: PathBuf, _force: bool) -> Result<()> {
    Err(not_wired())
}

/// Replaces the embedded database by a copy.
///
/// # Errors
/// The database is in use or exists without `force`, or the file is no copy of one.
pub async fn restore(_settings: Settings, _file: PathBuf, _force: bool) -> Result<()> {
    Err(not_wired())
}

/// The methods of the contract, each with whether it is served.
///
/// # Errors
/// The contract cannot be read.
pub fn api_coverage() -> Result<String> {
    Err(not_wired())
}

fn not_wired() -> Failure {
    Failure::new("this build has no storage")
}
