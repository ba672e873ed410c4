//! Reading the domains of an organization.

use castellan_db::query::{Condition, List, VisibleColumns};
use castellan_kernel::{Page, Permission, Result, TextMethod};
use castellan_rpc::Context;

use super::{OrgDomain, sql};

pub(super) enum Sorting {
    Created,
    Name,
}

/// Domains of one organization that the caller may read.
pub(super) async fn list(
    ctx: &mut Context,
    org_id: String,
    filters: Vec<(String, TextMethod)>,
    sorting: &Sorting,
    page: Page,
) -> Result<List<OrgDomain>> {
    let visibility = ctx.caller.visibility(Permission::OrgRead);
    let mut select = sql::select()
        .and(Condition::equals("d.org_id", org_id))
        .and(Condition::visible(&visibility, &VisibleColumns::org("d.org_id")))
        .page(page);
    for (domain, method) in filters {
        select = select.and(Condition::text("d.domain", "d.domain_lower", method, &domain));
    }
    let select = match sorting {
        Sorting::Created => select.order_by(&["d.created_at", "d.domain_lower"]),
        Sorting::Name => select.order_by(&["d.domain_lower"]),
    };
    ctx.read().await?.list(&select, sql::read).await
}
