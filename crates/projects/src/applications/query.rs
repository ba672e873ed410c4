//! Reading applications: one, those of a project, and all that the caller may see.

use castellan_db::query::{Condition, List, Select, VisibleColumns};
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Page, Permission, Result};
use castellan_rpc::Context;

use super::{Application, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-pCP8P", "Errors.App.NotExisting");

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sorting {
    #[default]
    Id,
    Name,
    State,
    Created,
    Changed,
}

/// The filters of all API versions.
pub(super) mod filter {
    use castellan_kernel::TextMethod;

    use super::Condition;
    use crate::applications::Kind;

    pub fn project(id: &str) -> Condition {
        Condition::equals("a.project_id", id)
    }

    pub fn name(method: TextMethod, name: &str) -> Condition {
        Condition::indexed_text("a.name", "a.name_lower", method, name)
    }

    /// The wire value; numbers that are not stored match nothing.
    pub fn state(number: i32) -> Condition {
        Condition::equals("a.state", number)
    }

    pub fn kind(kind: Kind) -> Condition {
        Condition::equals("a.kind", kind as i64)
    }

    /// Only SAML applications have one.
    pub fn entity_id(entity_id: &str) -> Condition {
        Condition::equals("a.entity_id_lower", entity_id.to_lowercase())
    }

    pub fn client_id(client_id: String) -> Condition {
        Condition::equals("a.client_id", client_id)
    }
}

/// One application of a project of the context organization (v1).
pub(super) async fn of_context(ctx: &mut Context, project_id: &str, id: &str) -> Result<Application> {
    let reach = Reach::Org(ctx.caller.org.clone());
    let application = sql::find(ctx.read().await?, &reach, id).await?;
    application.filter(|application| application.is_in(project_id)).ok_or_else(|| NOT_FOUND.into())
}

/// One application of any project on which the caller may read applications (v2).
pub(super) async fn by_id(ctx: &mut Context, id: &str) -> Result<Application> {
    let application = sql::find(ctx.read().await?, &Reach::Instance, id).await?.ok_or(NOT_FOUND)?;
    ctx.require(Permission::ProjectAppRead, &application.org_id, Some(&application.project_id))?;
    Ok(application)
}

/// The applications of a project of the context organization (v1).
pub(super) async fn list_of_context(
    ctx: &mut Context,
    project_id: &str,
    filters: Vec<Condition>,
    page: Page,
) -> Result<List<Application>> {
    let select = Select::instance("applications", sql::COLUMNS, sql::FROM)
        .joined(sql::JOINS)
        .keyed("a.id")
        .and(filter::project(project_id))
        .and(Condition::equals("p.org_id", ctx.caller.org.as_str()))
        .and(Condition::all(filters))
        .order_by(&["a.created_at", "a.id"])
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}

/// Applications of all projects on which the caller may read them (v2).
pub(super) async fn list_visible(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Application>> {
    let visibility = ctx.caller.visibility(Permission::ProjectAppRead);
    let select = Select::instance("applications", sql::COLUMNS, sql::FROM)
        .joined(sql::JOINS)
        .keyed("a.id")
        .and(Condition::visible(&visibility, &VisibleColumns::org("p.org_id").project("a.project_id")))
        .and(Condition::all(filters))
        .order_by(match sorting {
            Sorting::Id => &["a.id"],
            Sorting::Name => &["a.name_lower", "a.id"],
            Sorting::State => &["a.state", "a.id"],
            Sorting::Created => &["a.created_at", "a.id"],
            Sorting::Changed => &["a.changed_at", "a.id"],
        })
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}
