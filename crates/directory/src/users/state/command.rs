//! The rules of the state machine. One table per API generation says which fault stands for what.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, AuditEvent, Context};

use super::event::{
    AuthorizationCascadeRemoved, UserDeactivated, UserLocked, UserReactivated, UserRemoved, UserUnlocked,
};
use super::sql;
use crate::users::head::{Reach, UserHead, UserState};
use crate::{administrators, groups};

/// The faults of one transition in one API generation.
pub(super) struct Faults {
    pub not_found: Fault,
    /// The state does not allow the transition.
    pub wrong_state: Fault,
    /// The user never signed in yet; only deactivation tells this apart.
    pub initial: Fault,
}

/// Takes an active or locked user out of use; its tokens die at once.
pub(super) async fn deactivate(ctx: &mut Context, reach: &Reach, user_id: &str, faults: &Faults) -> Result<Receipt> {
    let user = find(ctx, reach, user_id, faults).await?;
    match user.state {
        UserState::Initial => Err(faults.initial.into()),
        UserState::Inactive => Err(faults.wrong_state.into()),
        UserState::Active | UserState::Locked => transition(ctx, &user, UserState::Inactive, &UserDeactivated {}).await,
    }
}

/// Brings a deactivated user back; a lock that it had before is lost.
pub(super) async fn reactivate(ctx: &mut Context, reach: &Reach, user_id: &str, faults: &Faults) -> Result<Receipt> {
    let user = find(ctx, reach, user_id, faults).await?;
    if user.state != UserState::Inactive {
        return Err(faults.wrong_state.into());
    }
    transition(ctx, &user, UserState::Active, &UserReactivated {}).await
}

/// Locks an active or initial user; its tokens die at once.
pub(super) async fn lock(ctx: &mut Context, reach: &Reach, user_id: &str, faults: &Faults) -> Result<Receipt> {
    let user = find(ctx, reach, user_id, faults).await?;
    if !matches!(user.state, UserState::Active | UserState::Initial) {
        return Err(faults.wrong_state.into());
    }
    transition(ctx, &user, UserState::Locked, &UserLocked {}).await
}

/// Unlocks a locked user, whose failed attempts no longer count.
pub(super) async fn unlock(ctx: &mut Context, reach: &Reach, user_id: &str, faults: &Faults) -> Result<Receipt> {
    let user = find(ctx, reach, user_id, faults).await?;
    if user.state != UserState::Locked {
        return Err(faults.wrong_state.into());
    }
    transition(ctx, &user, UserState::Active, &UserUnlocked {}).await
}

/// Nobody may change the own state, so there is no exception for the caller itself.
async fn find(ctx: &mut Context, reach: &Reach, user_id: &str, faults: &Faults) -> Result<UserHead> {
    let user = UserHead::find(ctx.tx().await?, reach, user_id).await?.ok_or(faults.not_found)?;
    ctx.require(Permission::UserWrite, &user.org_id, None)?;
    Ok(user)
}

async fn transition<E: AuditEvent>(ctx: &mut Context, user: &UserHead, to: UserState, event: &E) -> Result<Receipt> {
    let receipt = ctx.record(&user.aggregate(), event).await?;
    let voids_tokens = matches!(to, UserState::Inactive | UserState::Locked);
    sql::set_state(ctx.tx().await?, &user.id, to, voids_tokens, &receipt).await?;
    Ok(receipt)
}

/// A user to remove.
#[derive(Debug)]
pub struct RemoveUser {
    /// Whose users the caller sees.
    pub reach: Reach,
    /// The fault for a user that is not there; API generations differ in it.
    pub not_found: Fault,
    /// Which user.
    pub user_id: String,
}

/// Removes a user with everything that belongs to it: sessions, tokens, keys, metadata, authorizations and manager roles.
///
/// # Errors
/// The command's `not_found`, or what the permission check says: `user.delete`, or for oneself `user.self.delete`.
pub async fn remove(ctx: &mut Context, command: RemoveUser) -> Result<Receipt> {
    let user = UserHead::find(ctx.tx().await?, &command.reach, &command.user_id).await?.ok_or(command.not_found)?;
    if let Err(denied) = ctx.require(Permission::UserDelete, &user.org_id, None) {
        let own = ctx.caller.is_user(&user.id) && ctx.caller.may(Permission::UserSelfDelete, &user.org_id, None);
        if !own {
            return Err(denied);
        }
    }
    let authorizations = sql::authorizations(ctx.tx().await?, &user.id).await?;
    let receipt = ctx.record(&user.aggregate(), &UserRemoved {}).await?;
    for (id, org_id) in authorizations {
        ctx.record(&Aggregate::new("usergrant", id, org_id), &AuthorizationCascadeRemoved {}).await?;
    }
    administrators::record_removal_of_user(ctx, &user.id).await?;
    groups::record_removal_of_user(ctx, &user.id).await?;
    sql::delete(ctx.tx().await?, &user.id).await?;
    Ok(receipt)
}
