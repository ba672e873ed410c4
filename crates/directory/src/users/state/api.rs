//! v1, v2 and v2beta side by side: conversion only, no rules.

use castellan_kernel::{Fault, Result};
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1, user::v2};
use castellan_rpc::{Context, convert};

use super::command::{self, Faults, RemoveUser};
use crate::users::head::Reach;
use crate::users::twin::v2beta_twins;

const V1_DEACTIVATE: Faults = Faults {
    not_found: Fault::not_found("COMMAND-3M9ds", "Errors.User.NotFound"),
    wrong_state: Fault::precondition("COMMAND-5M0sf", "Errors.User.AlreadyInactive"),
    initial: Fault::not_found("COMMAND-ke0fw", "Errors.User.CantDeactivateInitial"),
};
const V1_REACTIVATE_WRONG: Fault = Fault::precondition("COMMAND-6M0sf", "Errors.User.NotInactive");
const V1_REACTIVATE: Faults = Faults {
    not_found: Fault::not_found("COMMAND-4M0sd", "Errors.User.NotFound"),
    wrong_state: V1_REACTIVATE_WRONG,
    initial: V1_REACTIVATE_WRONG,
};
const V1_LOCK_WRONG: Fault = Fault::precondition("COMMAND-3NN8v", "Errors.User.ShouldBeActiveOrInitial");
const V1_LOCK: Faults = Faults {
    not_found: Fault::not_found("COMMAND-5M9fs", "Errors.User.NotFound"),
    wrong_state: V1_LOCK_WRONG,
    initial: V1_LOCK_WRONG,
};
const V1_UNLOCK_WRONG: Fault = Fault::precondition("COMMAND-4M0ds", "Errors.User.NotLocked");
const V1_UNLOCK: Faults = Faults {
    not_found: Fault::not_found("COMMAND-M0dos", "Errors.User.NotFound"),
    wrong_state: V1_UNLOCK_WRONG,
    initial: V1_UNLOCK_WRONG,
};
const V1_REMOVE_NOT_FOUND: Fault = Fault::not_found("COMMAND-m9od", "Errors.User.NotFound");

const V2_DEACTIVATE: Faults = Faults {
    not_found: Fault::not_found("COMMAND-5gp2p62iin", "Errors.User.NotFound"),
    wrong_state: Fault::precondition("COMMAND-5gunjw0cd7", "Errors.User.AlreadyInactive"),
    initial: Fault::precondition("COMMAND-gvx4kct9r2", "Errors.User.CantDeactivateInitial"),
};
const V2_REACTIVATE_WRONG: Fault = Fault::precondition("COMMAND-s5qqcz97hf", "Errors.User.NotInactive");
const V2_REACTIVATE: Faults = Faults {
    not_found: Fault::not_found("COMMAND-9hy5kzbuk6", "Errors.User.NotFound"),
    wrong_state: V2_REACTIVATE_WRONG,
    initial: V2_REACTIVATE_WRONG,
};
const V2_LOCK_WRONG: Fault = Fault::precondition("COMMAND-lgws8wtsqf", "Errors.User.ShouldBeActiveOrInitial");
const V2_LOCK: Faults = Faults {
    not_found: Fault::not_found("COMMAND-450yxuqrh1", "Errors.User.NotFound"),
    wrong_state: V2_LOCK_WRONG,
    initial: V2_LOCK_WRONG,
};
const V2_UNLOCK_WRONG: Fault = Fault::precondition("COMMAND-olb9vb0oca", "Errors.User.NotLocked");
const V2_UNLOCK: Faults = Faults {
    not_found: Fault::not_found("COMMAND-x377t913pw", "Errors.User.NotFound"),
    wrong_state: V2_UNLOCK_WRONG,
    initial: V2_UNLOCK_WRONG,
};
const V2_REMOVE_NOT_FOUND: Fault = Fault::not_found("COMMAND-bd4ir1mblj", "Errors.User.NotFound");

macro_rules! transitions {
    ($($name:ident, $v1:ident, $v2:ident, $request:ident, $response:ident, $v1_faults:ident, $v2_faults:ident;)*) => {
        $(
            pub(super) async fn $v1(ctx: &mut Context, request: v1::$request) -> Result<v1::$response> {
                let reach = Reach::context(ctx);
                let receipt = command::$name(ctx, &reach, &request.id, &$v1_faults).await?;
                Ok(v1::$response { details: convert::changed(&receipt) })
            }

            pub(super) async fn $v2(ctx: &mut Context, request: v2::$request) -> Result<v2::$response> {
                let receipt = command::$name(ctx, &Reach::Instance, &request.user_id, &$v2_faults).await?;
                Ok(v2::$response { details: convert::details_v2(&receipt) })
            }
        )*
    };
}

transitions! {
    deactivate, v1_deactivate, v2_deactivate, DeactivateUserRequest, DeactivateUserResponse, V1_DEACTIVATE, V2_DEACTIVATE;
    reactivate, v1_reactivate, v2_reactivate, ReactivateUserRequest, ReactivateUserResponse, V1_REACTIVATE, V2_REACTIVATE;
    lock, v1_lock, v2_lock, LockUserRequest, LockUserResponse, V1_LOCK, V2_LOCK;
    unlock, v1_unlock, v2_unlock, UnlockUserRequest, UnlockUserResponse, V1_UNLOCK, V2_UNLOCK;
}

pub(super) async fn v1_remove(ctx: &mut Context, request: v1::RemoveUserRequest) -> Result<v1::RemoveUserResponse> {
    let command = RemoveUser { reach: Reach::context(ctx), not_found: V1_REMOVE_NOT_FOUND, user_id: request.id };
    let receipt = command::remove(ctx, command).await?;
    Ok(v1::RemoveUserResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v1_remove_my(
    ctx: &mut Context,
    _: auth_v1::RemoveMyUserRequest,
) -> Result<auth_v1::RemoveMyUserResponse> {
    let user_id = ctx.caller.user_id.clone();
    let command = RemoveUser { reach: Reach::Instance, not_found: V1_REMOVE_NOT_FOUND, user_id };
    let receipt = command::remove(ctx, command).await?;
    Ok(auth_v1::RemoveMyUserResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v2_delete(ctx: &mut Context, request: v2::DeleteUserRequest) -> Result<v2::DeleteUserResponse> {
    let command = RemoveUser { reach: Reach::Instance, not_found: V2_REMOVE_NOT_FOUND, user_id: request.user_id };
    let receipt = command::remove(ctx, command).await?;
    Ok(v2::DeleteUserResponse { details: convert::details_v2(&receipt) })
}

v2beta_twins! {
    v2beta_deactivate = v2_deactivate, DeactivateUserRequest, DeactivateUserResponse;
    v2beta_reactivate = v2_reactivate, ReactivateUserRequest, ReactivateUserResponse;
    v2beta_lock = v2_lock, LockUserRequest, LockUserResponse;
    v2beta_unlock = v2_unlock, UnlockUserRequest, UnlockUserResponse;
    v2beta_delete = v2_delete, DeleteUserRequest, DeleteUserResponse;
}
