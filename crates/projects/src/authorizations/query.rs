//! Reading authorizations: those of the context organization, of the caller, all that the caller may see, and for claims.

use castellan_db::query::{Condition, Join, List, Select, VisibleColumns};
use castellan_db::{Connection, Row};
use castellan_kernel::{Caller, Fault, Page, Permission, Result};
use castellan_rpc::Context;

use super::{Authorization, AuthorizationState, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-wIPkA", "Errors.UserGrant.NotFound");

const COLUMNS: &str = "a.id, a.org_id, a.user_id, a.project_id, a.grant_id, a.role_keys, a.state, a.created_at,
    a.changed_at, a.sequence, o.name, o.primary_domain, p.name, p.org_id, u.user_name, u.first_name, u.last_name, u.email,
    CASE WHEN u.kind = 2 THEN u.name ELSE u.display_name END, u.avatar_key, u.org_id, u.kind,
    COALESCE((SELECT l.login_name FROM domain_login_names l
              WHERE l.instance_id = a.instance_id AND l.user_id = a.user_id AND l.is_primary), u.user_name)";

const FROM: &str = "authorizations a WHERE a.instance_id = $1";
/// The authorizations that an organization gave are among these.
const ALL: &str = FROM;
/// Foreign keys guarantee what is joined.
const JOINS: &[Join] = &[
    Join { alias: "p", sql: "JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id" },
    Join { alias: "o", sql: "JOIN organizations o ON o.instance_id = a.instance_id AND o.id = a.org_id" },
    Join { alias: "u", sql: "JOIN users u ON u.instance_id = a.instance_id AND u.id = a.user_id" },
];

/// An authorization with what lists show of organization, project and user.
pub(super) struct Listed {
    pub authorization: Authorization,
    pub org_name: String,
    pub org_domain: String,
    pub project_name: String,
    pub project_org_id: String,
    pub user_name: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub display_name: String,
    pub avatar_key: String,
    pub user_org_id: String,
    /// The wire value of the v1 user type.
    pub user_kind: i32,
    pub login_name: String,
}

impl Listed {
    pub fn avatar_url(&self, ctx: &Context) -> String {
        if self.avatar_key.is_empty() {
            return String::new();
        }
        format!("{}/assets/v1/{}/{}", ctx.origin, self.user_org_id, self.avatar_key)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sorting {
    #[default]
    Created,
    Changed,
    Id,
    User,
    Project,
    Org,
    UserOrg,
}

/// The filters of all API versions.
pub(super) mod filter {
    use castellan_directory::users::login_names::{self, USER_NAME};
    use castellan_kernel::TextMethod;

    use super::Condition;
    use crate::wire::listed;

    pub fn ids(ids: Vec<String>) -> Condition {
        Condition::in_list("a.id", ids)
    }

    pub fn org(id: String) -> Condition {
        Condition::equals("a.org_id", id)
    }

    /// The wire value; numbers that are not stored match nothing.
    pub fn state(number: i32) -> Condition {
        Condition::equals("a.state", number)
    }

    pub fn users(ids: Vec<String>) -> Condition {
        Condition::in_list("a.user_id", ids)
    }

    pub fn user_org(id: String) -> Condition {
        Condition::equals("a.user_org_id", id)
    }

    pub fn user_kind(number: i32) -> Condition {
        Condition::equals("u.kind", number)
    }

    /// What a search for users is among.
    const USERS: &str = "SELECT u.id FROM users u WHERE u.instance_id = $1";

    pub fn login_name(method: TextMethod, name: &str) -> Condition {
        login_names::preferred_of_members(method, name)
    }

    pub fn user_name(method: TextMethod, name: &str) -> Condition {
        Condition::searched_name("a.user_id", USERS, USER_NAME, method, name)
    }

    pub fn first_name(method: TextMethod, name: &str) -> Condition {
        Condition::searched_text("a.user_id", USERS, "u.first_name", "u.first_name_lower", method, name)
    }

    pub fn last_name(method: TextMethod, name: &str) -> Condition {
        Condition::searched_text("a.user_id", USERS, "u.last_name", "u.last_name_lower", method, name)
    }

    pub fn email(method: TextMethod, email: &str) -> Condition {
        Condition::searched_text("a.user_id", USERS, "u.email", "u.email_lower", method, email)
    }

    pub fn display_name(method: TextMethod, name: &str) -> Condition {
        login_names::shown_name("a.user_id", USERS, method, name)
    }

    pub fn project(id: String) -> Condition {
        Condition::equals("a.project_id", id)
    }

    pub fn project_name(method: TextMethod, name: &str) -> Condition {
        let projects = "SELECT p.id FROM projects p WHERE p.instance_id = $1";
        Condition::searched_text("a.project_id", projects, "p.name", "p.name_lower", method, name)
    }

    pub fn org_name(method: TextMethod, name: &str) -> Condition {
        Condition::indexed_text("o.name", "o.name_lower", method, name)
    }

    pub fn org_domain(method: TextMethod, domain: &str) -> Condition {
        Condition::text(
            "o.primary_domain",
            "(SELECT d.domain_lower FROM org_domains d
              WHERE d.instance_id = o.instance_id AND d.org_id = o.id AND d.is_primary)",
            method,
            domain,
        )
    }

    pub fn role(method: TextMethod, key: &str) -> Condition {
        listed("a.role_keys", "LOWER(a.role_keys)", method, key)
    }

    pub fn grant(id: String) -> Condition {
        Condition::equals("a.grant_id", id)
    }
}

/// One authorization that the context organization gave (v1).
pub(super) async fn get(ctx: &mut Context, user_id: String, id: String) -> Result<Listed> {
    let own = filter::org(ctx.caller.org.clone());
    let conditions = vec![filter::ids(vec![id]), filter::users(vec![user_id]), own, visible_to(&ctx.caller)];
    let list = list(ctx, conditions, Sorting::Created, Page::default()).await?;
    list.items.into_iter().next().ok_or_else(|| NOT_FOUND.into())
}

/// Authorizations that the context organization gave; with those that others gave on its projects, if `with_granted` (v1).
pub(super) async fn list_of_context(
    ctx: &mut Context,
    with_granted: bool,
    filters: Vec<Condition>,
    page: Page,
) -> Result<List<Listed>> {
    let org = ctx.caller.org.clone();
    let given_here = Condition::owner_by_index("a.org_id", vec![org.clone()], ALL);
    let given = Condition::all([given_here, visible_to(&ctx.caller)]);
    let shown = if with_granted {
        let visibility = ctx.caller.visibility(Permission::UserGrantRead);
        let visible = Condition::visible(&visibility, &VisibleColumns::org("p.org_id").project("p.id"));
        let own = Condition::all([Condition::equals("p.org_id", org), visible]);
        // An index tells what was given on projects that are named.
        let on_own_projects = match few_projects(ctx, own.clone()).await? {
            Some(ids) => Condition::in_list("a.project_id", ids),
            None => own,
        };
        Condition::any([given, on_own_projects])
    } else {
        given
    };
    list(ctx, vec![shown, Condition::all(filters)], Sorting::Created, page).await
}

/// The projects like this, unless there are many.
async fn few_projects(ctx: &mut Context, condition: Condition) -> Result<Option<Vec<String>>> {
    const FEW: u32 = 100;
    let select = Select::instance("projects", "p.id", "projects p WHERE p.instance_id = $1")
        .and(condition)
        .page(Page::unbounded(0, FEW + 1, true));
    let ids = ctx.read().await?.items(&select, |row| row.text(0)).await?;
    Ok((ids.len() <= FEW as usize).then_some(ids))
}

/// The caller's own authorizations, in all organizations.
pub(super) async fn list_of_caller(ctx: &mut Context, page: Page) -> Result<List<Listed>> {
    let own = filter::users(vec![ctx.caller.user_id.clone()]);
    list(ctx, vec![own], Sorting::Created, page).await
}

/// The roles that the caller has by active authorizations of the context organization, each once.
pub(super) async fn roles_of_caller(ctx: &mut Context) -> Result<Vec<String>> {
    let user_id = ctx.caller.user_id.clone();
    let org = filter::org(ctx.caller.org.clone());
    let active = effective(&user_id).and(org);
    let found = ctx.read().await?.list(&active, claimed).await?;
    let mut roles: Vec<String> = found.items.into_iter().flatten().map(|role| role.role_key).collect();
    roles.sort_unstable();
    roles.dedup();
    Ok(roles)
}

/// Authorizations of the whole instance as far as the caller may see, and its own (v2).
pub(super) async fn list_visible(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Listed>> {
    let own = match ctx.caller.user_id.as_str() {
        "" => Condition::never(),
        user_id => filter::users(vec![user_id.to_owned()]),
    };
    let visible = Condition::any([visible_to(&ctx.caller), own]);
    list(ctx, vec![visible, Condition::all(filters)], sorting, page).await
}

/// Rights on a project concern what its owner gave, rights on a grant what was given by that grant.
fn visible_to(caller: &Caller) -> Condition {
    Condition::visible(
        &caller.visibility(Permission::UserGrantRead),
        &VisibleColumns::org("a.org_id")
            .of_indexed(ALL)
            .project("CASE WHEN a.grant_id = '' THEN a.project_id END")
            .grant("a.grant_id"),
    )
}

async fn list(ctx: &mut Context, conditions: Vec<Condition>, sorting: Sorting, page: Page) -> Result<List<Listed>> {
    let select = Select::instance("authorizations", COLUMNS, FROM)
        .joined(JOINS)
        .keyed("a.id")
        .and(Condition::all(conditions))
        .order_by(match sorting {
            Sorting::Created => &["a.created_at", "a.id"],
            Sorting::Changed => &["a.changed_at", "a.id"],
            Sorting::Id => &["a.id"],
            Sorting::User => &["a.user_id", "a.id"],
            Sorting::Project => &["a.project_id", "a.id"],
            Sorting::Org => &["a.org_id", "a.id"],
            Sorting::UserOrg => &["a.user_org_id", "a.id"],
        })
        .page(page);
    ctx.read().await?.list(&select, read).await
}

fn read(row: &Row) -> Result<Listed> {
    Ok(Listed {
        authorization: sql::read(row)?,
        org_name: row.text(10)?,
        org_domain: row.text(11)?,
        project_name: row.text(12)?,
        project_org_id: row.text(13)?,
        user_name: row.text(14)?,
        first_name: row.text(15)?,
        last_name: row.text(16)?,
        email: row.text(17)?,
        display_name: row.text(18)?,
        avatar_key: row.text(19)?,
        user_org_id: row.text(20)?,
        user_kind: row.small(21)?,
        login_name: row.text(22)?,
    })
}

/// A role that a user has, as claims tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedRole {
    /// The project.
    pub project_id: String,
    /// The role.
    pub role_key: String,
    /// The organization that gave it.
    pub org_id: String,
    /// That organization's primary domain.
    pub org_domain: String,
}

/// The roles of a user on these projects. Only active authorizations on active projects count, and of granted projects only while
/// the grant is active.
///
/// # Errors
/// When storage does not answer.
pub async fn roles_for_claims(
    connection: &mut Connection,
    user_id: &str,
    project_ids: &[String],
) -> Result<Vec<ClaimedRole>> {
    if project_ids.is_empty() {
        return Ok(Vec::new());
    }
    let select = effective(user_id).and(Condition::in_list("a.project_id", project_ids.to_vec()));
    let rows = connection.list(&select, claimed).await?;
    Ok(rows.items.into_iter().flatten().collect())
}

/// The authorizations of a user that count.
fn effective(user_id: &str) -> Select {
    Select::instance(
        "roles of a user",
        "a.project_id, a.role_keys, a.org_id, o.primary_domain",
        "authorizations a
         JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
         JOIN organizations o ON o.instance_id = a.instance_id AND o.id = a.org_id
         LEFT JOIN project_grants g ON g.instance_id = a.instance_id AND g.id = a.grant_id
         WHERE a.instance_id = $1 AND p.state = 1 AND (a.grant_id = '' OR g.state = 1)",
    )
    .and(Condition::equals("a.user_id", user_id))
    .and(Condition::equals("a.state", AuthorizationState::Active as i64))
    .order_by(&["a.created_at", "a.id"])
}

fn claimed(row: &Row) -> Result<Vec<ClaimedRole>> {
    let (project_id, org_id, org_domain) = (row.text(0)?, row.text(2)?, row.text(3)?);
    let roles: Vec<String> = row.json(1)?;
    let role = |role_key| ClaimedRole {
        project_id: project_id.clone(),
        role_key,
        org_id: org_id.clone(),
        org_domain: org_domain.clone(),
    };
    Ok(roles.into_iter().map(role).collect())
}
