//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct MachineAdded<'a> {
    #[serde(rename = "userName")]
    pub user_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub description: &'a str,
    #[serde(rename = "accessTokenType", skip_serializing_if = "is_zero")]
    pub access_token_type: i64,
}

impl AuditEvent for MachineAdded<'_> {
    const TYPE: &'static str = "user.machine.added";
}

/// Only what changed is there.
#[derive(Serialize)]
pub(super) struct MachineChanged {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "accessTokenType", skip_serializing_if = "Option::is_none")]
    pub access_token_type: Option<i64>,
}

impl MachineChanged {
    pub(super) fn any(&self) -> bool {
        self.name.is_some() || self.description.is_some() || self.access_token_type.is_some()
    }
}

impl AuditEvent for MachineChanged {
    const TYPE: &'static str = "user.machine.changed";
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}
