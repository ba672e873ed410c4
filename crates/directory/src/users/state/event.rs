//! Events of this room, exactly as `spec: events.json` has them. Those of a user have no payload.

use castellan_rpc::AuditEvent;
use serde::Serialize;

macro_rules! without_payload {
    ($($name:ident = $type:literal,)*) => {
        $(
            #[derive(Serialize)]
            pub(super) struct $name {}

            impl AuditEvent for $name {
                const TYPE: &'static str = $type;
            }
        )*
    };
}

without_payload! {
    UserDeactivated = "user.deactivated",
    UserReactivated = "user.reactivated",
    UserLocked = "user.locked",
    UserUnlocked = "user.unlocked",
    UserRemoved = "user.removed",
    AuthorizationCascadeRemoved = "user.grant.cascade.removed",
}

macro_rules! membership_removed {
    ($($name:ident = $type:literal,)*) => {
        $(
            #[derive(Serialize)]
            pub(super) struct $name<'a> {
                #[serde(rename = "userId")]
                pub user_id: &'a str,
            }

            impl AuditEvent for $name<'_> {
                const TYPE: &'static str = $type;
            }
        )*
    };
}

membership_removed! {
    InstanceMemberCascadeRemoved = "instance.member.cascade.removed",
    OrgMemberCascadeRemoved = "org.member.cascade.removed",
    ProjectMemberCascadeRemoved = "project.member.cascade.removed",
}

#[derive(Serialize)]
pub(super) struct ProjectGrantMemberCascadeRemoved<'a> {
    #[serde(rename = "userId")]
    pub user_id: &'a str,
    #[serde(rename = "grantId")]
    pub grant_id: &'a str,
}

impl AuditEvent for ProjectGrantMemberCascadeRemoved<'_> {
    const TYPE: &'static str = "project.grant.member.cascade.removed";
}
