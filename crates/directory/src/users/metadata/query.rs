//! Reading metadata: one pair, or a list of those of a user.

use castellan_db::query::{Condition, List};
use castellan_kernel::{Fault, Page, Permission, Result, TextMethod};
use castellan_rpc::Context;

use super::{Metadata, sql};
use crate::users::head::{Reach, UserHead};

const NOT_FOUND: Fault = Fault::not_found("QUERY-Rgh32", "Errors.Metadata.NotFound");
const USER_NOT_FOUND: Fault = Fault::not_found("QUERY-Dfbg2", "Errors.User.NotFound");

/// What a list of metadata can be narrowed by: how the key compares.
pub(super) struct KeyFilter {
    pub key: String,
    pub method: TextMethod,
}

impl KeyFilter {
    fn condition(&self) -> Condition {
        Condition::text("m.key", "m.key_lower", self.method, &self.key)
    }
}

/// The pair with this key. v1 callers reach users of the context organization, and everyone itself.
pub(super) async fn get(ctx: &mut Context, reach: &Reach, user_id: &str, key: &str) -> Result<Metadata> {
    let select = of_user(reach, user_id).and(Condition::equals("m.key", key));
    let list = ctx.read().await?.list(&select, sql::read).await?;
    list.items.into_iter().next().ok_or_else(|| NOT_FOUND.into())
}

/// The pairs of a user (v1).
pub(super) async fn list(
    ctx: &mut Context,
    reach: &Reach,
    user_id: &str,
    filters: &[KeyFilter],
    page: Page,
) -> Result<List<Metadata>> {
    let mut select = of_user(reach, user_id).page(page);
    for filter in filters {
        select = select.and(filter.condition());
    }
    ctx.read().await?.list(&select, sql::read).await
}

/// The pairs of a user that the caller may read (v2).
pub(super) async fn list_visible(
    ctx: &mut Context,
    user_id: &str,
    filters: &[KeyFilter],
    page: Page,
) -> Result<List<Metadata>> {
    let user = UserHead::find(ctx.read().await?, &Reach::Instance, user_id).await?.ok_or(USER_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserRead, &user.org_id, &user.id)?;
    list(ctx, &Reach::Instance, user_id, filters, page).await
}

fn of_user(reach: &Reach, user_id: &str) -> castellan_db::query::Select {
    let select = sql::select().and(Condition::equals("m.user_id", user_id));
    match reach {
        Reach::Instance => select,
        Reach::Org(org) => select.and(Condition::equals("u.org_id", org.as_str())),
    }
}
