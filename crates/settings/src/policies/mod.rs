//! Policies: documents that the instance has and an organization may override. One set of commands serves all kinds and both
//! owners; what differs by kind (events, errors, validation) stands in its [`Policy`] (`spec: api.md 4.9`).

mod command;
pub mod event;
mod kinds;
pub(crate) mod label;
mod lockout;
mod login;
mod notification;
mod password_age;
mod password_complexity;
mod privacy;
pub mod rpc;
#[cfg(test)]
mod tests;

use castellan_kernel::{Fault, Owner, Result};
use castellan_rpc::Registry;

pub use command::{add, change, insert_default, read, read_default, remove};

pub(crate) use login::record_initial as record_initial_factors;

use crate::store::Document;

/// The errors of one kind of policy.
#[derive(Debug, Clone, Copy)]
pub struct Faults {
    /// The organization already has an override.
    pub org_exists: Fault,
    /// The organization has no override to change.
    pub org_missing: Fault,
    /// The change of the organization's override would change nothing.
    pub org_unchanged: Fault,
    /// The organization has no override to remove.
    pub org_reset_missing: Fault,
    /// The instance has none to change.
    pub instance_missing: Fault,
    /// The change of the instance's own would change nothing.
    pub instance_unchanged: Fault,
}

/// A kind of policy.
pub trait Policy: Document {
    /// Event types by owner.
    const EVENTS: event::Names;
    /// Errors.
    const FAULTS: Faults;
    /// Fields that are stored but have events of their own.
    const NOT_IN_EVENTS: &'static [&'static str] = &[];
    /// Fields that the event of the addition spells otherwise than the document: (document, event).
    const ADDED_NAMES: &'static [(&'static str, &'static str)] = &[];

    /// Whether the values may be stored for this owner. `adding` tells the addition of an override from a change.
    ///
    /// # Errors
    /// The documented error of the first value that may not.
    fn validate(&self, _owner: &Owner, _adding: bool) -> Result<()> {
        Ok(())
    }
}

pub(crate) fn register(registry: &mut Registry) {
    label::register(registry);
    lockout::register(registry);
    login::register(registry);
    notification::register(registry);
    password_age::register(registry);
    password_complexity::register(registry);
    privacy::register(registry);
}
