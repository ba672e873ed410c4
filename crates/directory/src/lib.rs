//! The directory: instances and their hosts, organizations, users with their credentials and metadata, administrators.

pub mod administrators;
pub mod instances;
pub mod organizations;
pub mod users;

use castellan_rpc::Registry;

/// Registers every RPC of this slice.
pub fn register(registry: &mut Registry) {
    administrators::register(registry);
    instances::register(registry);
    organizations::register(registry);
    users::register(registry);
}
