//! Uploaded pictures and fonts: table `assets`, and the HTTP routes of the assets API. Which file is in use stands in the document
//! of its resource (branding: `policies::label`); a file's name is new with every upload, so that it may be cached for ever.
//! Rules: spec api.md 4.9.

mod content;
mod multipart;
mod routes;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::{Owner, Rng};

pub use content::content_type;
pub use routes::asset_routes;
pub use sql::{File, find, insert, keep_only};

/// The largest file that is taken, in bytes.
pub const MAX_FILE: usize = 512 << 10;

/// A new name for a file, such as `policy/label/logo-0f3c…`. Nobody can guess it.
pub fn new_name(rng: &dyn Rng, path: &str) -> String {
    let mut bytes = [0_u8; 16];
    rng.fill(&mut bytes);
    format!("{path}-{:032x}", u128::from_be_bytes(bytes))
}

/// The address of a file; empty when there is none.
pub fn url(origin: &str, owner: &str, name: &str) -> String {
    if name.is_empty() { String::new() } else { format!("{origin}/assets/v1/{owner}/{name}") }
}

/// The id under which an owner's files are stored and fetched.
pub fn owner_id<'a>(owner: &'a Owner, instance_id: &'a str) -> &'a str {
    owner.org().unwrap_or(instance_id)
}
