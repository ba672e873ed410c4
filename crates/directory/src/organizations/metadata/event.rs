//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct MetadataSet<'a> {
    pub key: &'a str,
    /// Standard base64.
    pub value: String,
}

impl AuditEvent for MetadataSet<'_> {
    const TYPE: &'static str = "org.metadata.set";
}

#[derive(Serialize)]
pub(super) struct MetadataRemoved<'a> {
    pub key: &'a str,
}

impl AuditEvent for MetadataRemoved<'_> {
    const TYPE: &'static str = "org.metadata.removed";
}
