//! Web keys: the key pairs that sign tokens. RPCs: webkey v2 and v2beta Create-, Activate-, Delete-, ListWebKeys. Table `web_keys`.
//! Events `web_key.added`, `.activated`, `.deactivated`, `.removed`. Rules: spec oauth.md 4.14, api.md 4.13. Private halves are sealed
//! with the keyring's OIDC key; all halves that are not removed are published, and the one active key signs.

mod api;
mod command;
mod event;
mod kind;
mod signer;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{webkey_v2, webkey_v2beta};
use castellan_rpc::Registry;

pub use command::{create_initial, generate, insert_initial};
pub use kind::{Curve, Hasher, RsaSize, WebKeyKind};
pub use signer::{SealedKey, active_key};
pub use sql::{active_question, public_key, public_keys};

/// The state of a key that exists; the number is that of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Published, never used for signing yet.
    Initial = 1,
    /// Signs new tokens.
    Active = 2,
    /// Signed before; still published.
    Inactive = 3,
}

/// A stored key, without its private half.
#[derive(Debug, Clone)]
pub struct WebKey {
    /// The id, which is the `kid` of tokens.
    pub id: String,
    /// The state.
    pub state: State,
    /// Kind and parameters.
    pub kind: WebKeyKind,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its state changed last.
    pub changed_at: Timestamp,
}

pub(crate) fn register(registry: &mut Registry) {
    registry
        .room("settings/web_keys")
        .command::<webkey_v2::CreateWebKey>(api::v2_create)
        .command::<webkey_v2::ActivateWebKey>(api::v2_activate)
        .command::<webkey_v2::DeleteWebKey>(api::v2_delete)
        .query::<webkey_v2::ListWebKeys>(api::v2_list)
        .command::<webkey_v2beta::CreateWebKey>(api::v2beta_create)
        .command::<webkey_v2beta::ActivateWebKey>(api::v2beta_activate)
        .command::<webkey_v2beta::DeleteWebKey>(api::v2beta_delete)
        .query::<webkey_v2beta::ListWebKeys>(api::v2beta_list);
}
