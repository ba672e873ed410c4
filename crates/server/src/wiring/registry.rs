//! Every room that this binary serves.

use castellan_rpc::Registry;

/// The handlers of all slices.
pub fn registry() -> Registry {
    let mut registry = Registry::default();
    castellan_settings::register(&mut registry);
    castellan_directory::register(&mut registry);
    castellan_projects::register(&mut registry);
    castellan_transfer::register(&mut registry);
    registry
}
