//! Service users: accounts of programs, which sign in with keys, a client secret or personal access tokens.
//! RPCs: Management AddMachineUser, UpdateMachine; the machine branches of user v2 CreateUser and UpdateUser (`users/either`).
//! Table `users` (kind 2). Events `user.machine.added`, `user.machine.changed`. Rules: spec oauth.md 3.1, api.md 4.1.3 and 4.1.4.

mod api;
mod command;
mod event;
mod sql;
#[cfg(test)]
mod tests;

use castellan_kernel::Receipt;
use castellan_proto::methods::management_v1 as management;
use castellan_rpc::Registry;

pub use command::{AddMachine, UpdateMachine, create, update};

/// What kind of access tokens a service user gets; the number is what the contract and storage keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessTokenType {
    /// Opaque tokens.
    #[default]
    Bearer = 0,
    /// JSON Web Tokens.
    Jwt = 1,
}

impl AccessTokenType {
    /// From the contract's number; every number that is not JWT's reads as opaque.
    pub fn from_number(number: i64) -> Self {
        if number == 1 { Self::Jwt } else { Self::Bearer }
    }

    /// The number of contract, storage and events.
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// A user that was just created.
#[derive(Debug, Clone)]
pub struct AddedUser {
    /// Its id.
    pub user_id: String,
    /// Of the last event recorded for it.
    pub receipt: Receipt,
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/users/machine")
        .command::<management::AddMachineUser>(api::v1_add)
        .command::<management::UpdateMachine>(api::v1_update);
}
