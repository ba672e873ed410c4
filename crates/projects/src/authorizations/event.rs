//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantAdded<'a> {
    pub user_id: &'a str,
    pub project_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub grant_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub role_keys: &'a [String],
}

impl AuditEvent for GrantAdded<'_> {
    const TYPE: &'static str = "user.grant.added";
}

/// Changed through v1.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantChanged<'a> {
    pub user_id: &'a str,
    pub role_keys: &'a [String],
}

impl AuditEvent for GrantChanged<'_> {
    const TYPE: &'static str = "user.grant.changed";
}

/// Changed through v2, or because roles were removed from the project or the grant.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantCascadeChanged<'a> {
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub role_keys: &'a [String],
}

impl AuditEvent for GrantCascadeChanged<'_> {
    const TYPE: &'static str = "user.grant.cascade.changed";
}

#[derive(Serialize)]
pub(super) struct GrantDeactivated {}

impl AuditEvent for GrantDeactivated {
    const TYPE: &'static str = "user.grant.deactivated";
}

#[derive(Serialize)]
pub(super) struct GrantReactivated {}

impl AuditEvent for GrantReactivated {
    const TYPE: &'static str = "user.grant.reactivated";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantRemoved<'a> {
    pub user_id: &'a str,
    pub project_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub grant_id: &'a str,
}

impl AuditEvent for GrantRemoved<'_> {
    const TYPE: &'static str = "user.grant.removed";
}

/// Removed because the project or the grant was.
#[derive(Serialize)]
pub(super) struct GrantCascadeRemoved {}

impl AuditEvent for GrantCascadeRemoved {
    const TYPE: &'static str = "user.grant.cascade.removed";
}
