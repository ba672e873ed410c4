//! Users: service users and people, their state machine, names and profiles; below it one room per credential.
//! [`head`], [`login_names`] and [`sign_in`] are what other rooms and slices read; `create` functions of the rooms take part in
//! larger transactions (first start, System API).

mod either;
mod factors;
pub mod head;
pub mod human;
pub mod keys;
pub mod login_names;
pub mod machine;
pub mod metadata;
pub mod read;
pub mod recovery_codes;
pub mod secrets;
pub mod sign_in;
pub mod state;
#[cfg(test)]
pub(crate) mod testing;
pub mod tokens;
mod twin;
mod user_name;

use castellan_rpc::Registry;

/// Registers the RPCs of users and of the rooms below.
pub fn register(registry: &mut Registry) {
    machine::register(registry);
    human::register(registry);
    either::register(registry);
    state::register(registry);
    user_name::register(registry);
    keys::register(registry);
    secrets::register(registry);
    recovery_codes::register(registry);
    tokens::register(registry);
    metadata::register(registry);
    read::register(registry);
    factors::register(registry);
}
