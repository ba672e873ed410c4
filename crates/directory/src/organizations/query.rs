//! Reading organizations: one, and lists as far as the caller may see.

use castellan_db::query::{Condition, List, VisibleColumns};
use castellan_kernel::{Fault, Page, Permission, Result, TextMethod, Visibility};
use castellan_rpc::Context;

use super::{OrgState, Organization, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-iTTGJ", "Errors.Org.NotFound");
const NOTHING_ASKED: Fault = Fault::invalid("QUERY-DGqfd", "Errors.Query.InvalidRequest");

/// What a list of organizations can be narrowed by.
pub(super) enum Filter {
    Id(String),
    Name(String, TextMethod),
    /// A verified domain.
    Domain(String, TextMethod),
    State(i32),
    /// The organization that new users land in.
    Default,
}

pub(super) enum Sorting {
    Created,
    Name,
}

/// One organization; the door has checked that the caller may read it.
pub(super) async fn get(ctx: &mut Context, id: &str) -> Result<Organization> {
    sql::find(ctx.read().await?, id).await?.ok_or_else(|| NOT_FOUND.into())
}

/// The organization that has verified this domain.
pub(super) async fn get_by_domain(ctx: &mut Context, domain: &str) -> Result<Organization> {
    sql::find_by_verified_domain(ctx.read().await?, domain).await?.ok_or_else(|| NOT_FOUND.into())
}

/// The organization that new users land in.
pub(super) async fn get_default(ctx: &mut Context) -> Result<Organization> {
    let id = sql::default_org_id(ctx.read().await?).await?.ok_or(NOT_FOUND)?;
    get(ctx, &id).await
}

/// Whether neither name nor domain is taken; an empty one is not asked for.
pub(super) async fn is_unique(ctx: &mut Context, name: &str, domain: &str) -> Result<bool> {
    let (name, domain) = (name.trim(), domain.trim());
    if name.is_empty() && domain.is_empty() {
        return Err(NOTHING_ASKED.into());
    }
    let connection = ctx.read().await?;
    let name_free = name.is_empty() || sql::name_is_free(connection, name).await?;
    Ok(name_free && (domain.is_empty() || sql::find_by_verified_domain(connection, domain).await?.is_none()))
}

/// Organizations that the caller may read.
pub(super) async fn list(
    ctx: &mut Context,
    filters: Vec<Filter>,
    sorting: &Sorting,
    page: Page,
) -> Result<List<Organization>> {
    let visibility = ctx.caller.visibility(Permission::OrgRead);
    list_visible(ctx, &visibility, filters, sorting, page).await
}

/// Organizations in which the caller has manager roles, and its own one.
pub(super) async fn list_mine(
    ctx: &mut Context,
    filters: Vec<Filter>,
    sorting: &Sorting,
    page: Page,
) -> Result<List<Organization>> {
    use castellan_kernel::Scope;
    let mut orgs = vec![ctx.caller.own_org.clone()];
    let mut everywhere = false;
    for membership in &ctx.caller.memberships {
        match &membership.scope {
            Scope::System | Scope::Instance => everywhere = true,
            Scope::Org(org) => orgs.push(org.clone()),
            Scope::Project { owner, .. } => orgs.push(owner.clone()),
            Scope::ProjectGrant { granted, .. } => orgs.push(granted.clone()),
        }
    }
    let visibility =
        if everywhere { Visibility::All } else { Visibility::Some { orgs, projects: Vec::new(), grants: Vec::new() } };
    list_visible(ctx, &visibility, filters, sorting, page).await
}

async fn list_visible(
    ctx: &mut Context,
    visibility: &Visibility,
    filters: Vec<Filter>,
    sorting: &Sorting,
    page: Page,
) -> Result<List<Organization>> {
    let mut select = sql::select().and(Condition::visible(visibility, &VisibleColumns::org("o.id"))).page(page);
    for filter in filters {
        select = select.and(condition(filter));
    }
    let select = match sorting {
        Sorting::Created => select.order_by(&["o.created_at", "o.id"]),
        Sorting::Name => select.order_by(&["o.name_lower", "o.id"]),
    };
    ctx.read().await?.list(&select, sql::read).await
}

fn condition(filter: Filter) -> Condition {
    match filter {
        Filter::Id(id) => Condition::equals("o.id", id),
        Filter::Name(name, method) => Condition::indexed_text("o.name", "o.name_lower", method, &name),
        Filter::Domain(domain, method) => verified_domain(&domain, method),
        Filter::State(state) => Condition::equals("o.state", state),
        Filter::Default => Condition::sql("o.id = (SELECT default_org_id FROM instances WHERE id = o.instance_id)", []),
    }
}

/// The organization has a verified domain that compares by this method.
fn verified_domain(domain: &str, method: TextMethod) -> Condition {
    Condition::among(
        "o.id IN (SELECT d.org_id FROM org_domains d WHERE d.instance_id = $1 AND d.is_verified",
        Condition::indexed_text("d.domain", "d.domain_lower", method, domain),
    )
}

/// The number that the contract gives to the state.
pub(super) fn state_number(state: OrgState) -> i32 {
    state as i32
}
