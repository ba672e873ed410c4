//! Projects and what hangs on them: roles, project grants, applications with their keys, and authorizations (which user has
//! which roles of a project). It does not own who may administer a project; that is the directory's.

pub mod applications;
pub mod authorizations;
pub mod grants;
pub mod instance_setup;
pub mod projects;
pub mod roles;
mod wire;

#[cfg(test)]
mod testing;

use castellan_rpc::Registry;

/// Registers every RPC of this slice.
pub fn register(registry: &mut Registry) {
    projects::register(registry);
    roles::register(registry);
    grants::register(registry);
    applications::register(registry);
    authorizations::register(registry);
    instance_setup::register(registry);
}
