//! Events of this room, exactly as `spec: events.json` has them.

use castellan_rpc::AuditEvent;
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct GroupAdded<'a> {
    pub name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub description: &'a str,
}

impl AuditEvent for GroupAdded<'_> {
    const TYPE: &'static str = "group.added";
}

#[derive(Serialize)]
pub(super) struct GroupChanged<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
}

impl AuditEvent for GroupChanged<'_> {
    const TYPE: &'static str = "group.changed";
}

#[derive(Serialize)]
pub(super) struct GroupRemoved<'a> {
    pub id: &'a str,
}

impl AuditEvent for GroupRemoved<'_> {
    const TYPE: &'static str = "group.removed";
}

#[derive(Serialize)]
pub(super) struct GroupUsersAdded<'a> {
    #[serde(rename = "userIds")]
    pub user_ids: &'a [String],
}

impl AuditEvent for GroupUsersAdded<'_> {
    const TYPE: &'static str = "group.users.added";
}

#[derive(Serialize)]
pub(super) struct GroupUsersRemoved<'a> {
    #[serde(rename = "userIds")]
    pub user_ids: &'a [String],
}

impl AuditEvent for GroupUsersRemoved<'_> {
    const TYPE: &'static str = "group.users.removed";
}
