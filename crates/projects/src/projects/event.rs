//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectAdded<'a> {
    pub name: &'a str,
    #[serde(skip_serializing_if = "is_false")]
    pub project_role_assertion: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub project_role_check: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub has_project_check: bool,
    #[serde(skip_serializing_if = "is_zero")]
    pub private_labeling_setting: i32,
}

impl AuditEvent for ProjectAdded<'_> {
    const TYPE: &'static str = "project.added";
}

/// Only what changed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProjectChanged<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_role_assertion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_role_check: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_project_check: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_labeling_setting: Option<i32>,
}

impl AuditEvent for ProjectChanged<'_> {
    const TYPE: &'static str = "project.changed";
}

#[derive(Serialize)]
pub(super) struct ProjectDeactivated {}

impl AuditEvent for ProjectDeactivated {
    const TYPE: &'static str = "project.deactivated";
}

#[derive(Serialize)]
pub(super) struct ProjectReactivated {}

impl AuditEvent for ProjectReactivated {
    const TYPE: &'static str = "project.reactivated";
}

#[derive(Serialize)]
pub(super) struct ProjectRemoved {}

impl AuditEvent for ProjectRemoved {
    const TYPE: &'static str = "project.removed";
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(value: &i32) -> bool {
    *value == 0
}
