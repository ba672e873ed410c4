//! Events of this room, exactly as `spec: events.json` has them. They belong to the project's stream.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantAdded<'a> {
    pub grant_id: &'a str,
    pub granted_org_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub role_keys: &'a [String],
}

impl AuditEvent for GrantAdded<'_> {
    const TYPE: &'static str = "project.grant.added";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantChanged<'a> {
    pub grant_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub role_keys: &'a [String],
}

impl AuditEvent for GrantChanged<'_> {
    const TYPE: &'static str = "project.grant.changed";
}

/// A role of the project was removed, and with it from this grant.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantCascadeChanged<'a> {
    pub grant_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub role_keys: &'a [String],
}

impl AuditEvent for GrantCascadeChanged<'_> {
    const TYPE: &'static str = "project.grant.cascade.changed";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantDeactivated<'a> {
    pub grant_id: &'a str,
}

impl AuditEvent for GrantDeactivated<'_> {
    const TYPE: &'static str = "project.grant.deactivated";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantReactivated<'a> {
    pub grant_id: &'a str,
}

impl AuditEvent for GrantReactivated<'_> {
    const TYPE: &'static str = "project.grant.reactivated";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GrantRemoved<'a> {
    pub grant_id: &'a str,
}

impl AuditEvent for GrantRemoved<'_> {
    const TYPE: &'static str = "project.grant.removed";
}
