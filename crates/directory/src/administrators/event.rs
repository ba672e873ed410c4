//! Events of this room, exactly as `spec: events.json` has them: one family per level.

use castellan_kernel::{Receipt, Result};
use castellan_rpc::{Aggregate, AuditEvent, Context};
use serde::Serialize;

use super::Level;
use super::target::Target;

/// What happened to an administrator.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// Became one with these roles.
    Added(&'a [String]),
    /// Has these roles instead of the former.
    Changed(&'a [String]),
    /// Is none any more.
    Removed,
    /// Is none any more because the user was removed.
    CascadeRemoved,
}

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    roles: Option<&'a [String]>,
    #[serde(rename = "userId")]
    user_id: &'a str,
    #[serde(rename = "grantId", skip_serializing_if = "Option::is_none")]
    grant_id: Option<&'a str>,
}

macro_rules! events {
    ($($name:ident = $event_type:literal,)*) => {
        $(
            #[derive(Serialize)]
            #[serde(transparent)]
            struct $name<'a>(Payload<'a>);

            impl AuditEvent for $name<'_> {
                const TYPE: &'static str = $event_type;
            }
        )*
    };
}

events! {
    InstanceAdded = "instance.member.added",
    InstanceChanged = "instance.member.changed",
    InstanceRemoved = "instance.member.removed",
    InstanceCascadeRemoved = "instance.member.cascade.removed",
    OrgAdded = "org.member.added",
    OrgChanged = "org.member.changed",
    OrgRemoved = "org.member.removed",
    OrgCascadeRemoved = "org.member.cascade.removed",
    ProjectAdded = "project.member.added",
    ProjectChanged = "project.member.changed",
    ProjectRemoved = "project.member.removed",
    ProjectCascadeRemoved = "project.member.cascade.removed",
    GrantAdded = "project.grant.member.added",
    GrantChanged = "project.grant.member.changed",
    GrantRemoved = "project.grant.member.removed",
    GrantCascadeRemoved = "project.grant.member.cascade.removed",
}

/// Appends the event of that level.
pub(super) async fn record(ctx: &mut Context, target: &Target, user_id: &str, change: Change<'_>) -> Result<Receipt> {
    let stream: &Aggregate = &target.aggregate();
    let roles = match change {
        Change::Added(roles) | Change::Changed(roles) => Some(roles),
        Change::Removed | Change::CascadeRemoved => None,
    };
    let payload = Payload { roles, user_id, grant_id: target.grant_id.as_deref() };
    match (target.level, change) {
        (Level::Instance, Change::Added(_)) => ctx.record(stream, &InstanceAdded(payload)).await,
        (Level::Instance, Change::Changed(_)) => ctx.record(stream, &InstanceChanged(payload)).await,
        (Level::Instance, Change::Removed) => ctx.record(stream, &InstanceRemoved(payload)).await,
        (Level::Instance, Change::CascadeRemoved) => ctx.record(stream, &InstanceCascadeRemoved(payload)).await,
        (Level::Org, Change::Added(_)) => ctx.record(stream, &OrgAdded(payload)).await,
        (Level::Org, Change::Changed(_)) => ctx.record(stream, &OrgChanged(payload)).await,
        (Level::Org, Change::Removed) => ctx.record(stream, &OrgRemoved(payload)).await,
        (Level::Org, Change::CascadeRemoved) => ctx.record(stream, &OrgCascadeRemoved(payload)).await,
        (Level::Project, Change::Added(_)) => ctx.record(stream, &ProjectAdded(payload)).await,
        (Level::Project, Change::Changed(_)) => ctx.record(stream, &ProjectChanged(payload)).await,
        (Level::Project, Change::Removed) => ctx.record(stream, &ProjectRemoved(payload)).await,
        (Level::Project, Change::CascadeRemoved) => ctx.record(stream, &ProjectCascadeRemoved(payload)).await,
        (Level::ProjectGrant, Change::Added(_)) => ctx.record(stream, &GrantAdded(payload)).await,
        (Level::ProjectGrant, Change::Changed(_)) => ctx.record(stream, &GrantChanged(payload)).await,
        (Level::ProjectGrant, Change::Removed) => ctx.record(stream, &GrantRemoved(payload)).await,
        (Level::ProjectGrant, Change::CascadeRemoved) => ctx.record(stream, &GrantCascadeRemoved(payload)).await,
    }
}
