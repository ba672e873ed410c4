//! Files on the server's disk, which requests may name only inside the one directory that the operator allows for it.

use std::path::{Component, Path, PathBuf};

use castellan_kernel::{Error, Fault, Result};
use castellan_rpc::Context;

const NOT_ALLOWED: Fault = Fault::precondition("ADMIN-Fi1lN", "Errors.Import.NoDirectory");
const OUTSIDE: Fault = Fault::invalid("ADMIN-Fi2lO", "Errors.Import.PathOutside");
const NOT_FOUND: Fault = Fault::not_found("ADMIN-Fi3lF", "Errors.Import.FileNotFound");
const EXISTS: Fault = Fault::exists("ADMIN-Fi4lE", "Errors.Import.FileExists");

/// The directory whose files requests of import and export may name; a service of the environment. Without it, none.
#[derive(Debug, Clone)]
pub struct TransferDirectory(pub PathBuf);

/// The file that a request wants to read.
///
/// # Errors
/// `ADMIN-Fi1lN` where no directory is allowed, `ADMIN-Fi2lO` for a path that leaves it, `ADMIN-Fi3lF` without the file.
pub(crate) fn to_read(ctx: &Context, path: &str) -> Result<PathBuf> {
    let directory = allowed(ctx)?;
    let file = directory.join(plain(path)?);
    let file = file.canonicalize().map_err(|cause| Error::from(NOT_FOUND).because(cause))?;
    if !file.starts_with(&directory) {
        return Err(OUTSIDE.into());
    }
    if file.is_file() { Ok(file) } else { Err(NOT_FOUND.into()) }
}

/// The file that a request wants to write.
///
/// # Errors
/// As [`to_read`], and `ADMIN-Fi4lE` for a file that exists.
pub(crate) fn to_write(ctx: &Context, path: &str) -> Result<PathBuf> {
    let directory = allowed(ctx)?;
    let file = directory.join(plain(path)?);
    let (parent, name) = file.parent().zip(file.file_name()).ok_or(OUTSIDE)?;
    let parent = parent.canonicalize().map_err(|cause| Error::from(NOT_FOUND).because(cause))?;
    if !parent.starts_with(&directory) {
        return Err(OUTSIDE.into());
    }
    let file = parent.join(name);
    // A link counts as well: what it names may lie elsewhere.
    if file.symlink_metadata().is_ok() { Err(EXISTS.into()) } else { Ok(file) }
}

fn allowed(ctx: &Context) -> Result<PathBuf> {
    let directory = ctx.service::<TransferDirectory>().map_err(|_| NOT_ALLOWED)?;
    directory.0.canonicalize().map_err(|cause| Error::from(NOT_ALLOWED).because(cause))
}

/// A path of plain names below the directory.
fn plain(path: &str) -> Result<&Path> {
    let path = Path::new(path);
    let is_plain = path.components().all(|component| matches!(component, Component::Normal(_)));
    if is_plain && path.file_name().is_some() { Ok(path) } else { Err(OUTSIDE.into()) }
}
