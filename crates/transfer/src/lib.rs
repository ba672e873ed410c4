//! Import and export: whole organizations in the format of the contract (`DataOrg`), into a server and out of it.
//! RPCs: Admin ImportData, ExportData; the command line calls [`import()`] and [`export`] on files. It owns no table and no rule:
//! what it writes it writes through the commands of the rooms, most of it through their requests. Rules: spec api.md 4.16,
//! docs/decisions/0006-import.md.

mod api;
pub mod export;
mod files;
pub mod import;
mod json_file;
mod older;
mod source;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use castellan_proto::methods::admin_v1 as admin;
use castellan_rpc::{Handlers, Registry};

pub use castellan_proto::zitadel::admin::v1::{DataOrg, ImportDataSuccessOrg};
pub use files::TransferDirectory;
pub use import::{Listener, Refusal, Severity, import};
pub use source::Source;

/// Registers the RPCs of this slice.
pub fn register(registry: &mut Registry) {
    registry
        .room("transfer")
        .command::<admin::ImportData>(api::import_data)
        .query::<admin::ExportData>(api::export_data);
}

/// The rooms whose requests an import is made of.
fn rooms() -> &'static Handlers {
    static ROOMS: LazyLock<Handlers> = LazyLock::new(|| {
        let mut registry = Registry::default();
        castellan_settings::register(&mut registry);
        castellan_directory::register(&mut registry);
        castellan_projects::register(&mut registry);
        registry.into_handlers()
    });
    &ROOMS
}
