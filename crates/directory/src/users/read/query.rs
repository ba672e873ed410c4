//! Reading users: one, and lists as far as the caller may see.

use castellan_db::Connection;
use castellan_db::query::{Condition, List, Part, Scatter, VisibleColumns};
use castellan_kernel::{Caller, Fault, Page, Permission, Result, TextMethod, Visibility};
use castellan_rpc::Context;

use super::{Human, Profile, User, filter, sql};
use crate::users::head::Reach;
use crate::users::login_names::LOGIN_NAME;

const NOT_FOUND: Fault = Fault::not_found("QUERY-Dfbg2", "Errors.User.NotFound");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sorting {
    Id,
    UserName,
    FirstName,
    LastName,
    NickName,
    DisplayName,
    Email,
    State,
    Kind,
    Created,
}

impl Sorting {
    /// From the number that the field enums of all API generations share.
    pub(super) fn from_number(number: i32) -> Self {
        match number {
            1 => Self::UserName,
            2 => Self::FirstName,
            3 => Self::LastName,
            4 => Self::NickName,
            5 => Self::DisplayName,
            6 => Self::Email,
            7 => Self::State,
            8 => Self::Kind,
            9 => Self::Created,
            _ => Self::Id,
        }
    }

    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["u.id"],
            Self::UserName => &["u.user_name_key", "u.id"],
            Self::FirstName => &["u.first_name_lower", "u.id"],
            Self::LastName => &["u.last_name_lower", "u.id"],
            Self::NickName => &["u.nick_name_lower", "u.id"],
            Self::DisplayName => &["u.display_name_lower", "u.id"],
            Self::Email => &["u.email_lower", "u.id"],
            Self::State => &["u.state", "u.id"],
            Self::Kind => &["u.kind", "u.id"],
            Self::Created => &["u.created_at", "u.id"],
        }
    }

    fn scatter(self) -> Scatter {
        match self {
            Self::UserName | Self::FirstName | Self::LastName | Self::DisplayName => Scatter::Filtered,
            _ => Scatter::Never,
        }
    }
}

/// Users who have nothing in this column, in the order of their ids, and all others in the order of the column.
macro_rules! nothing_first {
    ($column:literal) => {
        &[
            Part { condition: concat!($column, " = ''"), order: &["u.id"] },
            Part { condition: concat!($column, " > ''"), order: &[$column, "u.id"] },
        ]
    };
}

/// Names that people alone have: the embedded engine has no index of service users in these orders.
const BY_FIRST_NAME: &[Part] = nothing_first!("u.first_name_lower");
const BY_LAST_NAME: &[Part] = nothing_first!("u.last_name_lower");
const BY_DISPLAY_NAME: &[Part] = nothing_first!("u.display_name_lower");

/// What most users share, so that no index is worth it.
const BY_NICK_NAME: &[Part] = nothing_first!("u.nick_name_lower");
const BY_KIND: &[Part] =
    &[Part { condition: "u.kind = 1", order: &["u.id"] }, Part { condition: "u.kind = 2", order: &["u.id"] }];
const BY_STATE: &[Part] = &[
    Part { condition: "u.state = 1", order: &["u.id"] },
    Part { condition: "u.state > 1", order: &["u.state", "u.id"] },
];

/// The user of that id, if it exists within reach. Permission is the caller's to check.
///
/// # Errors
/// When storage does not answer.
pub async fn user_by_id(connection: &mut Connection, reach: &Reach, user_id: &str) -> Result<Option<User>> {
    let mut condition = Condition::equals("u.id", user_id);
    if let Reach::Org(org) = reach {
        condition = Condition::all([condition, Condition::equals("u.org_id", org.as_str())]);
    }
    one(connection, condition).await
}

async fn one(connection: &mut Connection, condition: Condition) -> Result<Option<User>> {
    let mut found = connection.list(&sql::select().and(condition), sql::read).await?.items;
    found.truncate(1);
    sql::add_login_names(connection, &mut found).await?;
    Ok(found.pop())
}

/// A user of the context organization (v1).
pub(super) async fn get_in_context(ctx: &mut Context, user_id: &str) -> Result<User> {
    let reach = Reach::context(ctx);
    user_by_id(ctx.read().await?, &reach, user_id).await?.ok_or_else(|| NOT_FOUND.into())
}

/// The caller itself.
pub(super) async fn get_own(ctx: &mut Context) -> Result<User> {
    let own = ctx.caller.user_id.clone();
    user_by_id(ctx.read().await?, &Reach::Instance, &own).await?.ok_or_else(|| NOT_FOUND.into())
}

/// A user of any organization that the caller may read (v2).
pub(super) async fn get_visible(ctx: &mut Context, user_id: &str) -> Result<User> {
    let user = user_by_id(ctx.read().await?, &Reach::Instance, user_id).await?.ok_or(NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserRead, &user.org_id, &user.id)?;
    Ok(user)
}

/// The user of any organization with this login name, whatever its case.
pub(super) async fn get_by_login_name(ctx: &mut Context, login_name: &str) -> Result<User> {
    let condition = Condition::among(
        "u.id IN (SELECT l.user_id FROM login_names l WHERE l.instance_id = $1",
        Condition::named(LOGIN_NAME, TextMethod::EqualsIgnoreCase, login_name),
    );
    one(ctx.read().await?, condition).await?.ok_or_else(|| NOT_FOUND.into())
}

/// Users of the context organization (v1).
pub(super) async fn list_in_context(
    ctx: &mut Context,
    condition: Condition,
    sorting: Sorting,
    page: Page,
) -> Result<List<User>> {
    let scope = filter::org(ctx.caller.org.clone());
    list(ctx, Condition::all([scope, condition]), sorting, page).await
}

/// Users of all organizations that the caller may read, and itself (v2).
pub(super) async fn list_visible(
    ctx: &mut Context,
    condition: Condition,
    sorting: Sorting,
    page: Page,
) -> Result<List<User>> {
    let visibility = ctx.caller.visibility(Permission::UserRead);
    let own = hidden_otherwise(&ctx.caller, &visibility);
    let visible = Condition::visible(&visibility, &VisibleColumns::org("u.org_id").of(filter::ALL).own("u.id", own));
    list(ctx, Condition::all([visible, condition]), sorting, page).await
}

/// The caller's own id, unless it sees all users of its organization anyway: an "or" would only keep an index from being used.
pub(in crate::users) fn hidden_otherwise<'a>(caller: &'a Caller, visibility: &Visibility) -> &'a str {
    match visibility {
        Visibility::Some { orgs, .. } if !orgs.contains(&caller.own_org) => &caller.user_id,
        _ => "",
    }
}

async fn list(ctx: &mut Context, condition: Condition, sorting: Sorting, page: Page) -> Result<List<User>> {
    let select = sql::select().and(condition).order_by(sorting.columns()).scattered(sorting.scatter()).page(page);
    let select = match sorting {
        Sorting::FirstName => select.in_parts_if_embedded(BY_FIRST_NAME),
        Sorting::LastName => select.in_parts_if_embedded(BY_LAST_NAME),
        Sorting::DisplayName => select.in_parts_if_embedded(BY_DISPLAY_NAME),
        Sorting::NickName => select.in_parts(BY_NICK_NAME),
        Sorting::State => select.in_parts(BY_STATE),
        Sorting::Kind => select.in_parts(BY_KIND),
        Sorting::Id | Sorting::UserName | Sorting::Email | Sorting::Created => select,
    };
    let connection = ctx.read().await?;
    let mut users = connection.list(&select, sql::read).await?;
    sql::add_login_names(connection, &mut users.items).await?;
    Ok(users)
}

/// What only people have, or the fault for a service user.
pub(super) fn human(user: &User, not_human: Fault) -> Result<&Human> {
    match &user.profile {
        Profile::Human(human) => Ok(human),
        Profile::Machine(_) => Err(not_human.into()),
    }
}
