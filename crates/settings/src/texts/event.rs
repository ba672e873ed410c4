//! Events of texts: one per text that is set or removed, one when a template goes back to its default.

use castellan_kernel::{Owner, Receipt, Result};
use castellan_rpc::{AuditEvent, Context};
use serde::Serialize;

use super::template::Template;
use crate::policies::event::aggregate;

macro_rules! events {
    ($($name:ident, $instance:literal, $org:ident, $org_type:literal { $($field:ident),+ })+) => {$(
        #[derive(Serialize)]
        struct $name<'a> { $($field: &'a str),+ }
        impl AuditEvent for $name<'_> {
            const TYPE: &'static str = $instance;
        }
        #[derive(Serialize)]
        #[serde(transparent)]
        struct $org<'a>($name<'a>);
        impl AuditEvent for $org<'_> {
            const TYPE: &'static str = $org_type;
        }
    )+};
}

events! {
    InstanceSet, "instance.customtext.set", OrgSet, "org.customtext.set" { template, key, language, text }
    InstanceRemoved, "instance.customtext.removed", OrgRemoved, "org.customtext.removed" { template, key, language }
    InstanceReset, "instance.customtext.template.removed", OrgReset, "org.customtext.template.removed" { template, language }
}

pub(super) async fn set(
    ctx: &mut Context,
    owner: &Owner,
    template: Template,
    language: &str,
    key: &str,
    text: &str,
) -> Result<Receipt> {
    let aggregate = aggregate(ctx, owner);
    let event = InstanceSet { template: template.name(), key, language, text };
    match owner {
        Owner::Instance => ctx.record(&aggregate, &event).await,
        Owner::Org(_) => ctx.record(&aggregate, &OrgSet(event)).await,
    }
}

pub(super) async fn removed(
    ctx: &mut Context,
    owner: &Owner,
    template: Template,
    language: &str,
    key: &str,
) -> Result<Receipt> {
    let aggregate = aggregate(ctx, owner);
    let event = InstanceRemoved { template: template.name(), key, language };
    match owner {
        Owner::Instance => ctx.record(&aggregate, &event).await,
        Owner::Org(_) => ctx.record(&aggregate, &OrgRemoved(event)).await,
    }
}

pub(super) async fn reset(ctx: &mut Context, owner: &Owner, template: Template, language: &str) -> Result<Receipt> {
    let aggregate = aggregate(ctx, owner);
    let event = InstanceReset { template: template.name(), language };
    match owner {
        Owner::Instance => ctx.record(&aggregate, &event).await,
        Owner::Org(_) => ctx.record(&aggregate, &OrgReset(event)).await,
    }
}
