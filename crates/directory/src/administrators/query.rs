//! Lists of administrators: of one resource, of one user, and across the instance as far as the caller may see.

use castellan_db::Row;
use castellan_db::query::{Condition, Join, List, Select, VisibleColumns};
use castellan_kernel::{Caller, Error, Page, Result, TextMethod, TimeMethod, Timestamp, Visibility};
use castellan_rpc::Context;

use super::{Administrator, Level, Resource};

const COLUMNS: &str = "a.level, a.user_id, a.org_id, a.project_id, a.grant_id, g.granted_org_id, o.name, p.name,
    a.roles, a.created_at, a.changed_at, a.sequence, u.org_id, u.kind, u.email, u.first_name, u.last_name,
    CASE WHEN u.kind = 2 THEN u.name ELSE u.display_name END, u.avatar_key,
    COALESCE((SELECT l.login_name FROM domain_login_names l
              WHERE l.instance_id = a.instance_id AND l.user_id = a.user_id AND l.is_primary), u.user_name)";

const FROM: &str = "administrators a WHERE a.instance_id = $1";
/// A foreign key guarantees the user; the others are there as the level has them.
const JOINS: &[Join] = &[
    Join { alias: "u", sql: "JOIN users u ON u.instance_id = a.instance_id AND u.id = a.user_id" },
    Join { alias: "o", sql: "LEFT JOIN organizations o ON o.instance_id = a.instance_id AND o.id = a.org_id" },
    Join { alias: "p", sql: "LEFT JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id" },
    Join { alias: "g", sql: "LEFT JOIN project_grants g ON g.instance_id = a.instance_id AND g.id = a.grant_id" },
];

/// What a list can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Sorting {
    #[default]
    Created,
    Changed,
    User,
    UserOrg,
}

impl Sorting {
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Created => &["a.created_at", "a.level", "a.aggregate_id", "a.user_id"],
            Self::Changed => &["a.changed_at", "a.level", "a.aggregate_id", "a.user_id"],
            Self::User => &["a.user_id", "a.level", "a.aggregate_id"],
            Self::UserOrg => &["u.org_id", "a.level", "a.aggregate_id", "a.user_id"],
        }
    }
}

/// The filters of all API versions.
pub(super) mod filter {
    use super::{Condition, Level, Resource, TextMethod, TimeMethod, Timestamp};
    use crate::users::login_names;

    pub fn level(level: Level) -> Condition {
        Condition::equals("a.level", level.number())
    }

    pub fn resource(resource: Resource) -> Condition {
        let own_level = level(resource.level());
        match resource {
            Resource::Instance => own_level,
            Resource::Org(org) => Condition::all([own_level, Condition::equals("a.aggregate_id", org)]),
            Resource::Project(project) => Condition::all([own_level, Condition::equals("a.aggregate_id", project)]),
            Resource::ProjectGrant { project, grant } => Condition::all([
                own_level,
                Condition::equals("a.aggregate_id", grant),
                Condition::equals("a.project_id", project),
            ]),
            Resource::ProjectGrantTo { project, org } => Condition::all([
                own_level,
                Condition::equals("a.project_id", project),
                Condition::equals("g.granted_org_id", org),
            ]),
        }
    }

    /// A grant by its id alone.
    pub fn grant(grant: String) -> Condition {
        Condition::all([level(Level::ProjectGrant), Condition::equals("a.aggregate_id", grant)])
    }

    pub fn user(user_id: String) -> Condition {
        Condition::equals("a.user_id", user_id)
    }

    pub fn users(user_ids: Vec<String>) -> Condition {
        Condition::in_list("a.user_id", user_ids)
    }

    pub fn user_org(org: String) -> Condition {
        Condition::equals("u.org_id", org)
    }

    pub fn created(method: TimeMethod, time: Timestamp) -> Condition {
        Condition::time("a.created_at", method, time)
    }

    pub fn changed(method: TimeMethod, time: Timestamp) -> Condition {
        Condition::time("a.changed_at", method, time)
    }

    pub fn login_name(method: TextMethod, name: &str) -> Condition {
        login_names::preferred_of_members(method, name)
    }

    pub fn display_name(method: TextMethod, name: &str) -> Condition {
        const USERS: &str =
            "SELECT u.id FROM administrators m JOIN users u ON u.instance_id = m.instance_id AND u.id = m.user_id
            WHERE m.instance_id = $1";
        login_names::shown_name("a.user_id", USERS, method, name)
    }

    pub fn first_name(method: TextMethod, name: &str) -> Condition {
        Condition::text("u.first_name", "u.first_name_lower", method, name)
    }

    pub fn last_name(method: TextMethod, name: &str) -> Condition {
        Condition::text("u.last_name", "u.last_name_lower", method, name)
    }

    pub fn email(method: TextMethod, email: &str) -> Condition {
        Condition::indexed_text("u.email", "u.email_lower", method, email)
    }

    /// The role is among those held. Roles are stored as a JSON list, where the quotes delimit each name.
    pub fn role(role: &str) -> Condition {
        let quoted = serde_json::Value::from(role).to_string();
        Condition::text("a.roles", "a.roles", TextMethod::Contains, &quoted)
    }
}

/// The administrators of one resource: v1 lists, where the door has checked the permission on the context organization.
pub(super) async fn of_resource(
    ctx: &mut Context,
    resource: Resource,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Administrator>> {
    let org = ctx.caller.org.as_str();
    let within = match resource.level() {
        Level::Instance => Condition::always(),
        Level::Org | Level::Project => Condition::equals("a.org_id", org),
        // The door let everyone in who may read the members of any grant.
        Level::ProjectGrant => Condition::all([
            Condition::any([Condition::equals("a.org_id", org), Condition::equals("g.granted_org_id", org)]),
            visible_on_grants(&ctx.caller),
        ]),
    };
    let select = select().and(filter::resource(resource)).and(within).and(Condition::all(filters));
    list(ctx, select, sorting, page).await
}

/// Everything that one user administers, of which v1 Management shows what concerns the context organization.
pub(super) async fn of_user(
    ctx: &mut Context,
    user_id: String,
    filters: Vec<Condition>,
    page: Page,
) -> Result<List<Administrator>> {
    let org = ctx.caller.org.clone();
    let mut shown = vec![Condition::equals("a.org_id", org.as_str())];
    // Who may not read the instance's members learns of instance roles of users of the own organization only.
    shown.push(Condition::all([
        filter::level(Level::Instance),
        match ctx.caller.visibility(Level::Instance.read()) {
            Visibility::All => Condition::always(),
            Visibility::Some { .. } => filter::user_org(org),
        },
    ]));
    let select = select().and(filter::user(user_id)).and(Condition::any(shown)).and(Condition::all(filters));
    list(ctx, select, Sorting::Created, page).await
}

/// Everything that the caller administers, in all organizations.
pub(super) async fn of_caller(ctx: &mut Context, filters: Vec<Condition>, page: Page) -> Result<List<Administrator>> {
    let select = select().and(filter::user(ctx.caller.user_id.clone())).and(Condition::all(filters));
    list(ctx, select, Sorting::Created, page).await
}

/// All administrators that the caller may see: each level has its own permission, own rows always show.
pub(super) async fn visible(
    ctx: &mut Context,
    filters: Vec<Condition>,
    sorting: Sorting,
    page: Page,
) -> Result<List<Administrator>> {
    let select = select().and(visible_to(&ctx.caller)).and(Condition::all(filters));
    list(ctx, select, sorting, page).await
}

fn visible_to(caller: &Caller) -> Condition {
    let instance = match caller.visibility(Level::Instance.read()) {
        Visibility::All => Condition::always(),
        Visibility::Some { .. } => Condition::never(),
    };
    let orgs = Condition::visible(&caller.visibility(Level::Org.read()), &VisibleColumns::org("a.org_id"));
    let projects = Condition::visible(
        &caller.visibility(Level::Project.read()),
        &VisibleColumns::org("a.org_id").project("a.project_id"),
    );
    Condition::any([
        Condition::all([filter::level(Level::Instance), instance]),
        Condition::all([filter::level(Level::Org), orgs]),
        Condition::all([filter::level(Level::Project), projects]),
        Condition::all([filter::level(Level::ProjectGrant), visible_on_grants(caller)]),
        if caller.user_id.is_empty() { Condition::never() } else { filter::user(caller.user_id.clone()) },
    ])
}

/// Rows of project grants show to those who may read grant members in the owning or in the granted organization, on the
/// project or on the grant.
fn visible_on_grants(caller: &Caller) -> Condition {
    let visibility = caller.visibility(Level::ProjectGrant.read());
    Condition::any([
        Condition::visible(&visibility, &VisibleColumns::org("a.org_id").project("a.project_id").grant("a.grant_id")),
        Condition::visible(&visibility, &VisibleColumns::org("g.granted_org_id")),
    ])
}

fn select() -> Select {
    Select::instance("administrators", COLUMNS, FROM).joined(JOINS).keyed("(a.level, a.aggregate_id, a.user_id)")
}

async fn list(ctx: &mut Context, select: Select, sorting: Sorting, page: Page) -> Result<List<Administrator>> {
    let select = select.order_by(sorting.columns()).page(page);
    ctx.read().await?.list(&select, read).await
}

fn read(row: &Row) -> Result<Administrator> {
    Ok(Administrator {
        level: Level::from_number(row.int(0)?).ok_or_else(|| Error::internal("an administrator on no level"))?,
        user_id: row.text(1)?,
        org_id: row.opt_text(2)?.unwrap_or_default(),
        project_id: row.opt_text(3)?.unwrap_or_default(),
        grant_id: row.opt_text(4)?.unwrap_or_default(),
        granted_org_id: row.opt_text(5)?.unwrap_or_default(),
        org_name: row.opt_text(6)?.unwrap_or_default(),
        project_name: row.opt_text(7)?.unwrap_or_default(),
        roles: row.json(8)?,
        created_at: row.timestamp(9)?,
        changed_at: row.timestamp(10)?,
        sequence: row.unsigned(11)?,
        user_org_id: row.text(12)?,
        user_kind: row.small(13)?,
        email: row.text(14)?,
        first_name: row.text(15)?,
        last_name: row.text(16)?,
        display_name: row.text(17)?,
        avatar_key: row.text(18)?,
        login_name: row.text(19)?,
    })
}
