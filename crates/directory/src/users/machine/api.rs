//! v1: conversion only, no rules. The v2 RPCs take people and service users alike and stand in `users/either`.

use castellan_kernel::{Fault, Result};
use castellan_proto::zitadel::management::v1;
use castellan_rpc::{Context, convert};

use super::AccessTokenType;
use super::command::{self, AddMachine, UpdateMachine};
use crate::users::head::Reach;

const NOT_CHANGED: Fault = Fault::precondition("COMMAND-2n8vs", "Errors.User.NotChanged");
const NOT_FOUND: Fault = Fault::not_found("COMMAND-5M0od", "Errors.User.NotFound");

pub(super) async fn v1_add(
    ctx: &mut Context,
    request: v1::AddMachineUserRequest,
) -> Result<v1::AddMachineUserResponse> {
    let added = command::create(
        ctx,
        AddMachine {
            org_id: ctx.caller.org.clone(),
            user_id: request.user_id,
            user_name: Some(request.user_name),
            name: request.name,
            description: request.description,
            access_token_type: AccessTokenType::from_number(request.access_token_type.into()),
            metadata: Vec::new(),
        },
    )
    .await?;
    // The one "add" of the contract that answers with the change date.
    Ok(v1::AddMachineUserResponse { user_id: added.user_id, details: convert::changed(&added.receipt) })
}

pub(super) async fn v1_update(
    ctx: &mut Context,
    request: v1::UpdateMachineRequest,
) -> Result<v1::UpdateMachineResponse> {
    let command = UpdateMachine {
        reach: Reach::context(ctx),
        not_found: NOT_FOUND,
        user_id: request.user_id,
        user_name: None,
        name: Some(request.name),
        description: Some(request.description),
        access_token_type: Some(AccessTokenType::from_number(request.access_token_type.into())),
        metadata: Vec::new(),
    };
    let updated = command::update(ctx, command).await?;
    let receipt = updated.receipt.ok_or(NOT_CHANGED)?;
    Ok(v1::UpdateMachineResponse { details: convert::changed(&receipt) })
}
