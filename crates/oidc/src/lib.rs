//! OAuth 2 and OpenID Connect: discovery, keys, tokens, userinfo, introspection, revocation, and who a bearer token is.
//!
//! Endpoints are one HTTP service (`endpoint/`); each grant is one file (`token/`); claims are assembled in one place
//! (`claims/`) for every answer that carries them.

pub mod claims;
pub mod client;
mod endpoint;
pub mod error;
pub mod form;
pub mod gate;
pub mod issuer;
pub mod options;
pub mod presented;
pub mod scope;
mod session;
pub mod system_user;
pub mod texts;
pub mod token;

pub use endpoint::Endpoints;
pub use gate::TokenGate;
pub use options::Options;

/// Removes sessions whose access token ended before `before`, at most `most`; returns how many. A background job.
///
/// # Errors
/// When storage does not answer.
pub async fn remove_ended_sessions(
    db: &castellan_db::Db,
    before: castellan_kernel::Timestamp,
    most: i64,
) -> castellan_kernel::Result<u64> {
    let mut tx = db.begin(None);
    let removed = session::remove_expired(&mut tx, before, most).await?;
    tx.commit().await?;
    Ok(removed)
}
