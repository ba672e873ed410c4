//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleAdded<'a> {
    pub key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub display_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub group: &'a str,
}

impl AuditEvent for RoleAdded<'_> {
    const TYPE: &'static str = "project.role.added";
}

/// Only what changed, and the key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleChanged<'a> {
    pub key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<&'a str>,
}

impl AuditEvent for RoleChanged<'_> {
    const TYPE: &'static str = "project.role.changed";
}

#[derive(Serialize)]
pub(super) struct RoleRemoved<'a> {
    pub key: &'a str,
}

impl AuditEvent for RoleRemoved<'_> {
    const TYPE: &'static str = "project.role.removed";
}
