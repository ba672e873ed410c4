//! The profile of a person: names, language, gender.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::Context;

use super::event::ProfileChanged;
use super::sql;
use crate::users::head::{Reach, UserHead};

const NOT_FOUND: Fault = Fault::precondition("COMMAND-3M9sd", "Errors.User.Profile.NotFound");
const NOT_CHANGED: Fault = Fault::precondition("COMMAND-2M0fs", "Errors.User.Profile.NotChanged");
const FIRST_NAME_EMPTY: Fault = Fault::invalid("USER-UCej2", "Errors.User.Profile.FirstNameEmpty");
const LAST_NAME_EMPTY: Fault = Fault::invalid("USER-4hB7d", "Errors.User.Profile.LastNameEmpty");

/// A change to a profile; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub(in crate::users) struct ProfileChange {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub nick_name: Option<String>,
    pub display_name: Option<String>,
    pub preferred_language: Option<String>,
    pub gender: Option<i32>,
}

/// Changes the profile and refuses when nothing is different (v1).
pub(super) async fn change(ctx: &mut Context, reach: &Reach, user_id: &str, change: ProfileChange) -> Result<Receipt> {
    let user = UserHead::find_human(ctx.tx().await?, reach, user_id).await?.ok_or(NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    apply(ctx, &user, change).await?.ok_or_else(|| NOT_CHANGED.into())
}

/// Applies a change; the receipt if something was different. Permission is the caller's to check.
pub(super) async fn apply(ctx: &mut Context, user: &UserHead, change: ProfileChange) -> Result<Option<Receipt>> {
    if change.first_name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(FIRST_NAME_EMPTY.into());
    }
    if change.last_name.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(LAST_NAME_EMPTY.into());
    }
    let before = sql::profile(ctx.tx().await?, &user.id).await?.ok_or(NOT_FOUND)?;
    let changed = ProfileChanged {
        first_name: different(change.first_name, &before.first_name),
        last_name: different(change.last_name, &before.last_name),
        nick_name: different(change.nick_name, &before.nick_name),
        display_name: different(change.display_name, &before.display_name),
        preferred_language: different(change.preferred_language.map(stored_language), &before.preferred_language),
        gender: change.gender.filter(|gender| *gender != before.gender),
    };
    if !changed.any() {
        return Ok(None);
    }
    let receipt = ctx.record(&user.aggregate(), &changed).await?;
    sql::update_profile(ctx.tx().await?, &user.id, &changed, &receipt).await?;
    Ok(Some(receipt))
}

/// A language as storage keeps it: empty when undetermined.
pub(super) fn stored_language(language: String) -> String {
    if language == "und" { String::new() } else { language }
}

fn different(new: Option<String>, old: &str) -> Option<String> {
    new.filter(|new| new != old)
}
