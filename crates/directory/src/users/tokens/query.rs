//! Reading tokens: one, those of a user, and across users as far as the caller may see.

use castellan_db::query::{Condition, List, Scatter, VisibleColumns};
use castellan_kernel::{Fault, Page, Permission, Result, TimeMethod, Timestamp};
use castellan_rpc::Context;

use super::{PersonalAccessToken, sql};
use crate::users::read::hidden_otherwise;

const NOT_FOUND: Fault = Fault::not_found("QUERY-fRunu", "Errors.PersonalAccessToken.NotFound");

/// What a list of tokens can be narrowed by.
pub(super) enum Filter {
    Id(String),
    User(String),
    Org(String),
    Created(Timestamp, TimeMethod),
    Expires(Timestamp, TimeMethod),
}

impl Filter {
    fn condition(self) -> Condition {
        match self {
            Self::Id(id) => Condition::equals("t.id", id),
            Self::User(id) => Condition::equals("t.user_id", id),
            Self::Org(id) => Condition::equals("u.org_id", id),
            Self::Created(time, method) => Condition::time("t.created_at", method, time),
            Self::Expires(time, method) => Condition::time("t.expires_at", method, time),
        }
    }
}

pub(super) enum Sorting {
    Created,
    Id,
    User,
    Org,
    Expires,
}

impl Sorting {
    fn columns(&self) -> &'static [&'static str] {
        match self {
            Self::Created => &["t.created_at", "t.id"],
            Self::Id => &["t.id"],
            Self::User => &["t.user_id", "t.id"],
            Self::Org => &["u.org_id", "t.id"],
            Self::Expires => &["t.expires_at", "t.id"],
        }
    }

    fn scatter(&self) -> Scatter {
        if matches!(self, Self::Org) { Scatter::Always } else { Scatter::Never }
    }
}

/// Tokens of all users that the caller may read, and its own.
pub(super) async fn list(
    ctx: &mut Context,
    filters: Vec<Filter>,
    sorting: &Sorting,
    page: Page,
) -> Result<List<PersonalAccessToken>> {
    let visibility = ctx.caller.visibility(Permission::UserRead);
    let own = VisibleColumns::org("u.org_id").own("t.user_id", hidden_otherwise(&ctx.caller, &visibility));
    let mut select = sql::select().and(Condition::visible(&visibility, &own));
    for filter in filters {
        select = select.and(filter.condition());
    }
    let select = select.order_by(sorting.columns()).scattered(sorting.scatter()).page(page);
    ctx.read().await?.list(&select, sql::read).await
}

/// Tokens of one user of the context organization (v1).
pub(super) async fn list_of_user(ctx: &mut Context, user_id: String, page: Page) -> Result<List<PersonalAccessToken>> {
    let select = sql::select()
        .and(Condition::equals("t.user_id", user_id))
        .and(Condition::equals("u.org_id", ctx.caller.org.as_str()))
        .order_by(Sorting::Created.columns())
        .page(page);
    ctx.read().await?.list(&select, sql::read).await
}

/// One token of a user of the context organization (v1).
pub(super) async fn get(ctx: &mut Context, user_id: String, token_id: String) -> Result<PersonalAccessToken> {
    let select = sql::select()
        .and(Condition::equals("t.user_id", user_id))
        .and(Condition::equals("t.id", token_id))
        .and(Condition::equals("u.org_id", ctx.caller.org.as_str()));
    let tokens = ctx.read().await?.list(&select, sql::read).await?;
    tokens.items.into_iter().next().ok_or_else(|| NOT_FOUND.into())
}
