//! What happens to authorizations when the project, grant or roles go that they rest on.

use castellan_kernel::Result;
use castellan_rpc::Context;

use super::event::{GrantCascadeChanged, GrantCascadeRemoved};
use super::{Authorization, sql};
use crate::wire::without;

/// Takes removed roles out of the authorizations of a project, or of one of its grants.
pub(crate) async fn drop_roles(
    ctx: &mut Context,
    project_id: &str,
    grant_id: Option<&str>,
    removed: &[String],
) -> Result<()> {
    if removed.is_empty() {
        return Ok(());
    }
    for authorization in sql::of_project(ctx.tx().await?, project_id).await? {
        let kept = without(&authorization.role_keys, removed);
        let concerned = grant_id.is_none_or(|grant_id| authorization.grant_id == grant_id);
        if concerned && kept != authorization.role_keys {
            let event = GrantCascadeChanged { role_keys: &kept };
            let receipt = ctx.record(&authorization.aggregate(), &event).await?;
            sql::set_roles(ctx.tx().await?, &authorization.id, &kept, &receipt).await?;
        }
    }
    Ok(())
}

/// Removes all authorizations of a project that is about to be removed.
pub(crate) async fn remove_of_project(ctx: &mut Context, project_id: &str) -> Result<()> {
    let authorizations = sql::of_project(ctx.tx().await?, project_id).await?;
    remove(ctx, authorizations).await
}

/// Removes all authorizations of a project grant that is about to be removed.
pub(crate) async fn remove_of_grant(ctx: &mut Context, grant_id: &str) -> Result<()> {
    let authorizations = sql::of_grant(ctx.tx().await?, grant_id).await?;
    remove(ctx, authorizations).await
}

async fn remove(ctx: &mut Context, authorizations: Vec<Authorization>) -> Result<()> {
    for authorization in authorizations {
        ctx.record(&authorization.aggregate(), &GrantCascadeRemoved {}).await?;
        sql::delete(ctx.tx().await?, &authorization.id).await?;
    }
    Ok(())
}
