//! Events of a new instance, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct ProjectSet<'a> {
    #[serde(rename = "iamProjectId")]
    pub project_id: &'a str,
}

impl AuditEvent for ProjectSet<'_> {
    const TYPE: &'static str = "instance.iam.project.set";
}

#[derive(Serialize)]
pub(super) struct ConsoleSet<'a> {
    #[serde(rename = "clientId")]
    pub client_id: &'a str,
    #[serde(rename = "appId")]
    pub app_id: &'a str,
}

impl AuditEvent for ConsoleSet<'_> {
    const TYPE: &'static str = "instance.iam.console.set";
}

#[derive(Serialize)]
pub(super) struct DefaultOrgSet<'a> {
    #[serde(rename = "orgId")]
    pub org_id: &'a str,
}

impl AuditEvent for DefaultOrgSet<'_> {
    const TYPE: &'static str = "instance.default.org.set";
}

#[derive(Serialize)]
pub(super) struct MilestoneReached<'a> {
    #[serde(rename = "type")]
    pub kind: &'a str,
}

impl AuditEvent for MilestoneReached<'_> {
    const TYPE: &'static str = "milestone.v2.reached";
}
