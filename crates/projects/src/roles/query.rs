//! Lists of roles: of a project, of a granted project, and of one project as far as the caller may see it.

use castellan_db::Connection;
use castellan_db::query::{Condition, Join, List, Select, VisibleColumns};
use castellan_kernel::{Fault, Page, Permission, Result};
use castellan_rpc::Context;

use super::{Role, sql};
use crate::grants;

const COLUMNS: &str =
    "r.project_id, p.org_id, r.key, r.display_name, r.group_name, r.created_at, r.changed_at, r.sequence";
const FROM: &str = "project_roles r WHERE r.instance_id = $1";
/// A foreign key guarantees the project.
const JOINS: &[Join] =
    &[Join { alias: "p", sql: "JOIN projects p ON p.instance_id = r.instance_id AND p.id = r.project_id" }];

const GRANT_NOT_FOUND: Fault = Fault::not_found("QUERY-n98GGs", "Errors.ProjectGrant.NotFound");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sorting {
    #[default]
    Created,
    Changed,
    Key,
}

/// The filters of all API versions.
pub(super) mod filter {
    use castellan_kernel::TextMethod;

    use super::Condition;

    pub fn key(method: TextMethod, key: &str) -> Condition {
        Condition::text("r.key", "r.key_lower", method, key)
    }

    pub fn display_name(method: TextMethod, name: &str) -> Condition {
        Condition::text("r.display_name", "LOWER(r.display_name)", method, name)
    }
}

/// Roles of a project of the context organization (v1).
pub(super) async fn list_of_context(
    ctx: &mut Context,
    project_id: &str,
    filters: Vec<Condition>,
    page: Page,
) -> Result<List<Role>> {
    let org = ctx.caller.org.clone();
    list(ctx, vec![project(project_id), Condition::equals("p.org_id", org), Condition::all(filters)], page).await
}

/// The roles that a grant gives to the context organization, or that the context organization gave (v1).
pub(super) async fn list_granted(
    ctx: &mut Context,
    project_id: &str,
    grant_id: &str,
    filters: Vec<Condition>,
    page: Page,
) -> Result<List<Role>> {
    let org = ctx.caller.org.clone();
    let grant = grants::find_by_id(ctx.read().await?, project_id, grant_id)
        .await?
        .filter(|grant| grant.granted_org_id == org || grant.org_id == org)
        .ok_or(GRANT_NOT_FOUND)?;
    list(ctx, vec![project(project_id), Condition::in_list("r.key", grant.role_keys), Condition::all(filters)], page)
        .await
}

/// Roles of a project of any organization on which the caller may read roles (v2).
pub(super) async fn list_visible(
    ctx: &mut Context,
    project_id: &str,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Role>> {
    let visibility = ctx.caller.visibility(Permission::ProjectRoleRead);
    let visible = Condition::visible(&visibility, &VisibleColumns::org("p.org_id").project("p.id"));
    let select = Select::instance("roles", COLUMNS, FROM)
        .joined(JOINS)
        .and(project(project_id))
        .and(visible)
        .and(Condition::all(filters))
        .order_by(match sorting {
            Sorting::Created => &["r.created_at", "r.key"],
            Sorting::Changed => &["r.changed_at", "r.key"],
            Sorting::Key => &["r.key"],
        })
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}

fn project(id: &str) -> Condition {
    Condition::equals("r.project_id", id)
}

async fn list(ctx: &mut Context, conditions: Vec<Condition>, page: Page) -> Result<List<Role>> {
    let select = Select::instance("roles", COLUMNS, FROM)
        .joined(JOINS)
        .and(Condition::all(conditions))
        .order_by(&["r.created_at", "r.key"])
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}

/// All roles of these projects.
pub(crate) async fn of_projects(connection: &mut Connection, mut project_ids: Vec<String>) -> Result<Vec<Role>> {
    project_ids.sort_unstable();
    project_ids.dedup();
    let select =
        Select::instance("roles", COLUMNS, FROM).joined(JOINS).and(Condition::in_list("r.project_id", project_ids));
    Ok(connection.list(&select, sql::read).await?.items)
}
