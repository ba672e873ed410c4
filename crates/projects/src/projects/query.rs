//! Reading projects: one, those of an organization, and owned and granted ones as far as the caller may see.

use castellan_db::Row;
use castellan_db::query::{Condition, List, Select, VisibleColumns};
use castellan_kernel::{Fault, Page, Permission, Result, TextMethod, Timestamp};
use castellan_rpc::Context;

use super::head::{COLUMNS, ProjectHead, ProjectState};

const NOT_FOUND: Fault = Fault::not_found("QUERY-fk2fs", "Errors.Project.NotFound");

/// A row of the v2 list: a project as its owner sees it, or as the organization sees it that it is granted to.
pub(super) struct Listed {
    pub project: ProjectHead,
    pub granted: Option<Granted>,
}

/// What a granted row adds. The dates of the row are the grant's.
pub(super) struct Granted {
    pub org_id: String,
    pub org_name: String,
    pub state: ProjectState,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sorting {
    #[default]
    Created,
    Changed,
    Id,
    Name,
}

/// Which rows belong to an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Belongs {
    Owned,
    Granted,
    Either,
}

/// The filters of all API versions on projects (`p`).
pub(super) mod filter {
    use super::{Belongs, Condition, TextMethod};

    pub fn name(method: TextMethod, name: &str) -> Condition {
        Condition::indexed_text("p.name", "p.name_lower", method, name)
    }

    pub fn ids(ids: Vec<String>) -> Condition {
        Condition::in_list("p.id", ids)
    }

    pub fn owner(org: String) -> Condition {
        Condition::equals("p.org_id", org)
    }

    /// Only for the v2 list, which has rows of both kinds.
    pub fn belongs(org: &str, how: Belongs) -> Condition {
        let owned = Condition::all([Condition::equals("p.org_id", org), Condition::equals("p.granted_org_id", "")]);
        let granted = Condition::equals("p.granted_org_id", org);
        match how {
            Belongs::Owned => owned,
            Belongs::Granted => granted,
            Belongs::Either => Condition::any([owned, granted]),
        }
    }

    /// Rows of grants that this organization gave; only for the v2 list.
    pub fn grants_of_owner(org: String) -> Condition {
        Condition::all([owner(org), !Condition::equals("p.granted_org_id", "")])
    }
}

/// One project of the context organization (v1).
pub(super) async fn of_context(ctx: &mut Context, project_id: &str) -> Result<ProjectHead> {
    let reach = castellan_directory::users::head::Reach::Org(ctx.caller.org.clone());
    ProjectHead::find(ctx.read().await?, &reach, project_id).await?.ok_or_else(|| NOT_FOUND.into())
}

/// One project of any organization on which the caller may read projects.
pub(super) async fn by_id(ctx: &mut Context, project_id: &str) -> Result<ProjectHead> {
    let reach = castellan_directory::users::head::Reach::Instance;
    let project = ProjectHead::find(ctx.read().await?, &reach, project_id).await?.ok_or(NOT_FOUND)?;
    ctx.require(Permission::ProjectRead, &project.org_id, Some(&project.id))?;
    Ok(project)
}

/// The projects that the context organization owns (v1); with rights on single projects only, those.
pub(super) async fn list_of_context(
    ctx: &mut Context,
    filters: Vec<Condition>,
    page: Page,
) -> Result<List<ProjectHead>> {
    let visibility = ctx.caller.visibility(Permission::ProjectRead);
    let select = Select::instance("projects", COLUMNS, "projects p WHERE p.instance_id = $1")
        .keyed("p.id")
        .and(Condition::equals("p.org_id", ctx.caller.org.as_str()))
        .and(Condition::visible(&visibility, &VisibleColumns::org("p.org_id").project("p.id")))
        .and(Condition::all(filters))
        .order_by(&["p.created_at", "p.id"])
        .page(page);
    ctx.read().await?.list(&select, ProjectHead::read).await
}

/// What rows are sorted by is among the columns, and both halves have the same types: only then does the embedded engine merge the
/// halves in their order instead of sorting the whole.
const LISTED_COLUMNS: &str = "p.id, p.org_id, p.name, p.state, p.role_assertion, p.role_check, p.has_project_check,
    p.private_labeling, p.created_at, p.changed_at, p.sequence,
    p.granted_org_id, p.granted_org_name, p.granted_state, p.granted_created_at, p.granted_changed_at,
    p.row_created_at, p.row_changed_at, p.name_lower";
const LISTED_FROM: &str = "(
    SELECT o.id, o.org_id, o.name, o.name_lower, o.state, o.role_assertion, o.role_check, o.has_project_check,
           o.private_labeling, o.created_at, o.changed_at, o.sequence, CAST('' AS TEXT) AS grant_id, CAST('' AS TEXT) AS granted_org_id,
           CAST('' AS TEXT) AS granted_org_name, CAST(0 AS BIGINT) AS granted_state, CAST(0 AS BIGINT) AS granted_created_at,
           CAST(0 AS BIGINT) AS granted_changed_at, o.created_at AS row_created_at, o.changed_at AS row_changed_at
    FROM projects o WHERE o.instance_id = $1
    UNION ALL
    SELECT o.id, o.org_id, o.name, o.name_lower, o.state, o.role_assertion, o.role_check, o.has_project_check,
           o.private_labeling, o.created_at, o.changed_at, o.sequence, g.id AS grant_id, g.granted_org_id,
           t.name AS granted_org_name, g.state AS granted_state, g.created_at AS granted_created_at,
           g.changed_at AS granted_changed_at, g.created_at AS row_created_at, g.changed_at AS row_changed_at
    FROM project_grants g
    JOIN projects o ON o.instance_id = g.instance_id AND o.id = g.project_id
    JOIN organizations t ON t.instance_id = g.instance_id AND t.id = g.granted_org_id
    WHERE g.instance_id = $1
    ) p WHERE TRUE";

/// Owned and granted projects as separate rows, as far as the caller may see (v2).
pub(super) async fn list(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Listed>> {
    let projects = ctx.caller.visibility(Permission::ProjectRead);
    let grants = ctx.caller.visibility(Permission::ProjectGrantRead);
    let owned = Condition::visible(&projects, &VisibleColumns::org("p.org_id").project("p.id"));
    let granted = Condition::any([
        Condition::visible(&grants, &VisibleColumns::org("p.org_id").project("p.id").grant("p.grant_id")),
        Condition::visible(&grants, &VisibleColumns::org("p.granted_org_id").grant("p.grant_id")),
    ]);
    let select = Select::instance("owned and granted projects", LISTED_COLUMNS, LISTED_FROM)
        .and(Condition::any([
            Condition::all([Condition::equals("p.granted_org_id", ""), owned]),
            Condition::all([!Condition::equals("p.granted_org_id", ""), granted]),
        ]))
        .and(Condition::all(filters))
        .order_by(match sorting {
            Sorting::Created => &["p.row_created_at", "p.id", "p.granted_org_id"],
            Sorting::Changed => &["p.row_changed_at", "p.id", "p.granted_org_id"],
            Sorting::Id => &["p.id", "p.granted_org_id"],
            Sorting::Name => &["p.name_lower", "p.id", "p.granted_org_id"],
        })
        .page(page);
    ctx.read().await?.list(&select, read_listed).await
}

fn read_listed(row: &Row) -> Result<Listed> {
    let org_id = row.text(11)?;
    let granted = if org_id.is_empty() {
        None
    } else {
        Some(Granted {
            org_id,
            org_name: row.text(12)?,
            state: ProjectState::from_number(row.int(13)?),
            created_at: row.timestamp(14)?,
            changed_at: row.timestamp(15)?,
        })
    };
    Ok(Listed { project: ProjectHead::read(row)?, granted })
}
