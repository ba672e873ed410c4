//! Reading grants: those that the context organization gave, those it has, and all that the caller may see.

use castellan_db::query::{Condition, List, Select, VisibleColumns};
use castellan_kernel::{Caller, Fault, Page, Permission, Result};
use castellan_rpc::Context;

use super::{Grant, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-n98GGs", "Errors.ProjectGrant.NotFound");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sorting {
    #[default]
    Created,
    Changed,
    Project,
}

/// The filters of all API versions. Filters on the project itself (`p`) are those of projects.
pub(super) mod filter {
    use castellan_kernel::TextMethod;

    use super::Condition;
    use crate::wire::listed;

    pub fn project_name(method: TextMethod, name: &str) -> Condition {
        Condition::indexed_text("p.name", "p.name_lower", method, name)
    }

    pub fn projects(ids: Vec<String>) -> Condition {
        Condition::in_list("g.project_id", ids)
    }

    pub fn owner(org: String) -> Condition {
        Condition::equals("p.org_id", org)
    }

    pub fn granted_to(org: String) -> Condition {
        Condition::equals("g.granted_org_id", org)
    }

    pub fn role(method: TextMethod, key: &str) -> Condition {
        listed("g.role_keys", "LOWER(g.role_keys)", method, key)
    }
}

/// One grant that the context organization gave or has (v1).
pub(super) async fn get(ctx: &mut Context, project_id: &str, grant_id: &str) -> Result<Grant> {
    let grant = sql::find_by_id(ctx.read().await?, project_id, grant_id).await?.ok_or(NOT_FOUND)?;
    let org = &ctx.caller.org;
    let within = grant.org_id == *org || grant.granted_org_id == *org;
    // The door let everyone in who may read any grant of the organization.
    let read = Permission::ProjectGrantRead;
    let allowed = ctx.caller.may(read, &grant.org_id, Some(&grant.project_id))
        || ctx.caller.may(read, &grant.granted_org_id, Some(&grant.id));
    if within && allowed { Ok(grant) } else { Err(NOT_FOUND.into()) }
}

/// One grant that the context organization has (v1).
pub(super) async fn get_granted(ctx: &mut Context, project_id: &str, grant_id: &str) -> Result<Grant> {
    let grant = sql::find_by_id(ctx.read().await?, project_id, grant_id).await?.ok_or(NOT_FOUND)?;
    if grant.granted_org_id != ctx.caller.org {
        return Err(NOT_FOUND.into());
    }
    Ok(grant)
}

/// Grants that the context organization gave (v1).
pub(super) async fn list_given(ctx: &mut Context, filters: Vec<Condition>, page: Page) -> Result<List<Grant>> {
    let given = filter::owner(ctx.caller.org.clone());
    let visible = visible_to(&ctx.caller, Permission::ProjectGrantRead);
    list(ctx, vec![given, visible, Condition::all(filters)], Sorting::Created, page).await
}

/// Grants that the context organization has (v1).
pub(super) async fn list_granted(ctx: &mut Context, filters: Vec<Condition>, page: Page) -> Result<List<Grant>> {
    let granted = filter::granted_to(ctx.caller.org.clone());
    let visible = visible_to(&ctx.caller, Permission::ProjectRead);
    list(ctx, vec![granted, visible, Condition::all(filters)], Sorting::Created, page).await
}

/// Grants of the whole instance, as far as the caller may see (v2).
pub(super) async fn list_visible(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Grant>> {
    let visible = visible_to(&ctx.caller, Permission::ProjectGrantRead);
    list(ctx, vec![visible, Condition::all(filters)], sorting, page).await
}

/// Both organizations see a grant, and who has rights on the project or the grant.
fn visible_to(caller: &Caller, permission: Permission) -> Condition {
    let visibility = caller.visibility(permission);
    Condition::any([
        Condition::visible(&visibility, &VisibleColumns::org("p.org_id").project("g.project_id").grant("g.id")),
        Condition::visible(&visibility, &VisibleColumns::org("g.granted_org_id")),
    ])
}

async fn list(ctx: &mut Context, conditions: Vec<Condition>, sorting: Sorting, page: Page) -> Result<List<Grant>> {
    let select = Select::instance("project grants", sql::COLUMNS, sql::FROM)
        .joined(sql::JOINS)
        .keyed("g.id")
        .and(Condition::all(conditions))
        .order_by(match sorting {
            Sorting::Created => &["g.created_at", "g.id"],
            Sorting::Changed => &["g.changed_at", "g.id"],
            Sorting::Project => &["g.project_id", "g.id"],
        })
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}
