//! Import and export.

use std::path::PathBuf;

use crate::config::key::section;

section! {
    /// Import and export of organizations through the API.
    ImportExport {
        /// The one directory whose files requests of ImportData and ExportData may name (`data_orgs_local`,
        /// `local_output`), relative to it; empty: requests may name no file. `castellan import` and `castellan export`
        /// do not need it.
        "Directory" => directory: Option<PathBuf> = "";
    }
}
