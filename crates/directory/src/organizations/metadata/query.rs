//! Reading metadata.

use castellan_db::query::{Condition, List, VisibleColumns};
use castellan_kernel::{Fault, Page, Permission, Result, TextMethod};
use castellan_rpc::Context;

use super::{Metadata, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-Rph32", "Errors.Metadata.NotFound");

/// A filter on keys.
pub(super) type KeyFilter = (String, TextMethod);

/// One pair of the context organization (v1).
pub(super) async fn get(ctx: &mut Context, key: &str) -> Result<Metadata> {
    let org_id = ctx.caller.org.clone();
    sql::find(ctx.read().await?, &org_id, key).await?.ok_or_else(|| NOT_FOUND.into())
}

/// Pairs of one organization, as far as the caller may read it.
pub(super) async fn list(
    ctx: &mut Context,
    org_id: String,
    filters: Vec<KeyFilter>,
    page: Page,
) -> Result<List<Metadata>> {
    let visibility = ctx.caller.visibility(Permission::OrgRead);
    let mut select = sql::select()
        .and(Condition::equals("m.org_id", org_id))
        .and(Condition::visible(&visibility, &VisibleColumns::org("m.org_id")))
        .page(page);
    for (key, method) in filters {
        select = select.and(Condition::text("m.key", "m.key_lower", method, &key));
    }
    ctx.read().await?.list(&select, sql::read).await
}
