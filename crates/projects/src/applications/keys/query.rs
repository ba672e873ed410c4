//! Reading keys: one, those of an application, and all that the caller may see.

use castellan_db::query::{Condition, List, Select, VisibleColumns};
use castellan_kernel::{Fault, Page, Permission, Result};
use castellan_rpc::Context;

use super::{Key, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-Dgr3g", "Errors.AuthNKey.NotFound");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sorting {
    #[default]
    Id,
    Project,
    Application,
    Created,
    Org,
    Expires,
    Type,
}

/// The filters of all API versions.
pub(super) mod filter {
    use super::Condition;

    pub fn application(id: String) -> Condition {
        Condition::equals("k.application_id", id)
    }

    pub fn project(id: String) -> Condition {
        Condition::equals("a.project_id", id)
    }

    pub fn org(id: String) -> Condition {
        Condition::equals("p.org_id", id)
    }
}

/// One key of an application of the context organization (v1).
pub(super) async fn of_context(ctx: &mut Context, project: &str, application: &str, key_id: &str) -> Result<Key> {
    let key = sql::find(ctx.read().await?, key_id).await?.ok_or(NOT_FOUND)?;
    let within = key.project_id == project && key.application_id == application && key.org_id == ctx.caller.org;
    if within { Ok(key) } else { Err(NOT_FOUND.into()) }
}

/// One key of any project on which the caller may read applications (v2).
pub(super) async fn by_id(ctx: &mut Context, key_id: &str) -> Result<Key> {
    let key = sql::find(ctx.read().await?, key_id).await?.ok_or(NOT_FOUND)?;
    ctx.require(Permission::ProjectAppRead, &key.org_id, Some(&key.project_id))?;
    Ok(key)
}

/// The keys of an application of the context organization (v1).
pub(super) async fn list_of_context(
    ctx: &mut Context,
    project_id: String,
    application_id: String,
    page: Page,
) -> Result<List<Key>> {
    let select = Select::instance("application keys", sql::COLUMNS, sql::FROM)
        .joined(sql::JOINS)
        .keyed("k.id")
        .and(filter::application(application_id))
        .and(filter::project(project_id))
        .and(filter::org(ctx.caller.org.clone()))
        .order_by(&["k.created_at", "k.id"])
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}

/// Keys of all projects on which the caller may read applications (v2).
pub(super) async fn list_visible(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Key>> {
    let visibility = ctx.caller.visibility(Permission::ProjectAppRead);
    let select = Select::instance("application keys", sql::COLUMNS, sql::FROM)
        .joined(sql::JOINS)
        .keyed("k.id")
        .and(Condition::visible(&visibility, &VisibleColumns::org("p.org_id").project("a.project_id")))
        .and(Condition::all(filters))
        .order_by(match sorting {
            Sorting::Id => &["k.id"],
            Sorting::Project => &["a.project_id", "k.id"],
            Sorting::Application => &["k.application_id", "k.id"],
            Sorting::Created => &["k.created_at", "k.id"],
            Sorting::Org => &["p.org_id", "k.id"],
            Sorting::Expires => &["k.expires_at", "k.id"],
            Sorting::Type => &["k.type", "k.id"],
        })
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}
