//! The rule for translations: a level's translation into a locale is replaced as a whole.

use castellan_kernel::{Owner, Result};
use castellan_rpc::{AuditEvent, Context};
use serde::Serialize;

use super::tree::Tree;
use super::{kind, query};
use crate::owner::require_known;
use crate::policies::event::aggregate;
use crate::store;

#[derive(Serialize)]
struct InstanceSet<'a> {
    translation: &'a Tree,
    language: &'a str,
    level: &'static str,
}
impl AuditEvent for InstanceSet<'_> {
    const TYPE: &'static str = "instance.hosted_login_translation.set";
}

#[derive(Serialize)]
#[serde(transparent)]
struct OrgSet<'a>(InstanceSet<'a>);
impl AuditEvent for OrgSet<'_> {
    const TYPE: &'static str = "org.hosted_login_translation.set";
}

/// Replaces what the owner says otherwise in a locale; the same again changes nothing.
///
/// # Errors
/// `SETTINGS-Org1n` when there is no such organization.
pub(super) async fn set(ctx: &mut Context, owner: &Owner, locale: &str, translation: &Tree) -> Result<()> {
    let tx = ctx.tx().await?;
    require_known(tx, owner).await?;
    if query::own(tx, owner, locale).await? == *translation {
        return Ok(());
    }
    let aggregate = aggregate(ctx, owner);
    let event = InstanceSet { translation, language: locale, level: aggregate.kind };
    let receipt = match owner {
        Owner::Instance => ctx.record(&aggregate, &event).await?,
        Owner::Org(_) => ctx.record(&aggregate, &OrgSet(event)).await?,
    };
    let tx = ctx.tx().await?;
    if translation.is_empty() {
        store::reset_as(tx, owner, &kind(locale)).await?;
        return Ok(());
    }
    store::put_as(tx, owner, &kind(locale), translation, &receipt).await
}
