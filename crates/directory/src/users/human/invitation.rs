//! Invitations to set up an account: the codes of v2 (invite) and of v1 (first sign-in), and what a person can sign in with so far.
//! RPCs: user v2 CreateInviteCode, ResendInviteCode, VerifyInviteCode, ListAuthenticationMethodTypes; Management
//! ResendHumanInitialization. Rules: spec api.md 4.1.5.

use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_proto::zitadel::{management::v1, user::v2, user::v2beta};
use castellan_rpc::{Context, convert};
use castellan_settings::GeneratorKind;

use super::api_v1::new_address;
use super::codes::{self, Attempt, CodeKind, Delivery};
use super::contact::{self, Channel};
use super::event::{EmailVerified, InitialCodeAdded, InviteCheckFailed, InviteCheckSucceeded, InviteCodeAdded};
use super::{address, password, sql};
use crate::users::head::{Reach, UserHead, UserState};
use crate::users::recovery_codes;
use crate::users::twin::twin;

const INVITE_NOT_FOUND: Fault = Fault::precondition("COMMAND-Wgvn4", "Errors.User.NotFound");
const INVITE_DONE: Fault = Fault::precondition("COMMAND-EF34g", "Errors.User.AlreadyInitialised");
const INVITE_NO_CODE: Fault = Fault::precondition("COMMAND-Wr3gq", "Errors.User.Code.NotFound");
const INVITE_WRONG: Fault = Fault::invalid("COMMAND-Wgn4q", "Errors.User.Code.Invalid");
const INITIAL_NOT_FOUND: Fault = Fault::not_found("COMMAND-2M9df", "Errors.User.NotFound");
const INITIAL_DONE: Fault = Fault::precondition("COMMAND-2M9sd", "Errors.User.AlreadyInitialised");
const METHODS_NOT_FOUND: Fault = Fault::not_found("QUERY-Dfbg2", "Errors.User.NotFound");

/// Makes and sends the code for the first sign-in of a person that v1 created.
pub(super) async fn add_initial_code(ctx: &mut Context, user: &UserHead) -> Result<Receipt> {
    let kind = CodeKind::FirstSignIn;
    let code = codes::add(ctx, &user.id, kind, GeneratorKind::InitCode, &Delivery::default()).await?;
    let receipt = ctx.record(&user.aggregate(), &InitialCodeAdded { expiry: code.expiry_nanos }).await?;
    codes::send(ctx, &user.id, kind, false).await?;
    Ok(receipt)
}

pub(super) async fn v1_resend_initialization(
    ctx: &mut Context,
    request: v1::ResendHumanInitializationRequest,
) -> Result<v1::ResendHumanInitializationResponse> {
    let reach = Reach::context(ctx);
    let user = UserHead::find_human(ctx.tx().await?, &reach, &request.user_id).await?.ok_or(INITIAL_NOT_FOUND)?;
    ctx.require(Permission::UserWrite, &user.org_id, None)?;
    if user.state != UserState::Initial {
        return Err(INITIAL_DONE.into());
    }
    if !request.email.is_empty() {
        address::check_email(&request.email)?;
        let mut new = new_address(request.email, false);
        // The code for the first sign-in proves the address as well.
        new.verification = super::Verification::Unverified;
        contact::apply(ctx, Channel::Email, &user, new).await?;
    }
    let receipt = add_initial_code(ctx, &user).await?;
    Ok(v1::ResendHumanInitializationResponse { details: convert::changed(&receipt) })
}

pub(super) async fn v2_create(
    ctx: &mut Context,
    request: v2::CreateInviteCodeRequest,
) -> Result<v2::CreateInviteCodeResponse> {
    use v2::create_invite_code_request::Verification as Wire;
    let delivery = match request.verification {
        None => Delivery::default(),
        Some(Wire::SendCode(send)) => {
            Delivery { url_template: send.url_template, application_name: send.application_name, returned: false }
        }
        Some(Wire::ReturnCode(_)) => Delivery { returned: true, ..Delivery::default() },
    };
    let user = invited(ctx, &request.user_id).await?;
    let earlier = codes::pending(ctx.tx().await?, &user.id, CodeKind::Invitation).await?.unwrap_or_default();
    let delivery = Delivery {
        url_template: delivery.url_template.or(earlier.url_template),
        application_name: delivery.application_name.or(earlier.application_name),
        returned: delivery.returned,
    };
    let (receipt, code) = invite(ctx, &user, &delivery).await?;
    Ok(v2::CreateInviteCodeResponse {
        details: convert::details_v2(&receipt),
        invite_code: delivery.returned.then_some(code),
    })
}

pub(super) async fn v2_resend(
    ctx: &mut Context,
    request: v2::ResendInviteCodeRequest,
) -> Result<v2::ResendInviteCodeResponse> {
    let user = invited(ctx, &request.user_id).await?;
    let earlier = codes::pending(ctx.tx().await?, &user.id, CodeKind::Invitation).await?;
    let delivery = earlier.filter(|earlier| !earlier.returned).ok_or(INVITE_NO_CODE)?;
    let (receipt, _) = invite(ctx, &user, &delivery).await?;
    Ok(v2::ResendInviteCodeResponse { details: convert::details_v2(&receipt) })
}

/// The person to invite: one that has nothing to sign in with yet. Nobody invites itself.
async fn invited(ctx: &mut Context, user_id: &str) -> Result<UserHead> {
    let user = UserHead::find_human(ctx.tx().await?, &Reach::Instance, user_id).await?.ok_or(INVITE_NOT_FOUND)?;
    ctx.require(Permission::UserWrite, &user.org_id, None)?;
    if password::is_set(ctx.tx().await?, &user.id).await? {
        return Err(INVITE_DONE.into());
    }
    Ok(user)
}

async fn invite(ctx: &mut Context, user: &UserHead, delivery: &Delivery) -> Result<(Receipt, String)> {
    let kind = CodeKind::Invitation;
    let code = codes::add(ctx, &user.id, kind, GeneratorKind::InviteCode, delivery).await?;
    let event = InviteCodeAdded {
        expiry: code.expiry_nanos,
        url_template: delivery.url_template.as_deref(),
        code_returned: delivery.returned,
        application_name: delivery.application_name.as_deref(),
    };
    let receipt = ctx.record(&user.aggregate(), &event).await?;
    if !delivery.returned {
        codes::send(ctx, &user.id, kind, false).await?;
    }
    Ok((receipt, code.code))
}

pub(super) async fn v2_verify(
    ctx: &mut Context,
    request: v2::VerifyInviteCodeRequest,
) -> Result<v2::VerifyInviteCodeResponse> {
    let user =
        UserHead::find_human(ctx.tx().await?, &Reach::Instance, &request.user_id).await?.ok_or(INVITE_NOT_FOUND)?;
    let typed = &request.verification_code;
    if codes::attempt(ctx, &user.id, CodeKind::Invitation, typed).await? != Attempt::Right {
        ctx.record(&user.aggregate(), &InviteCheckFailed {}).await?;
        ctx.commit().await?;
        return Err(INVITE_WRONG.into());
    }
    ctx.record(&user.aggregate(), &InviteCheckSucceeded {}).await?;
    // The code came by mail, so the address is proven too.
    let receipt = ctx.record(&user.aggregate(), &EmailVerified {}).await?;
    let tx = ctx.tx().await?;
    let email = sql::email(tx, &user.id).await?.address;
    sql::set_email(tx, &user.id, &email, true, &receipt).await?;
    codes::clear(tx, &user.id, CodeKind::Email).await?;
    Ok(v2::VerifyInviteCodeResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn v2_list_methods(
    ctx: &mut Context,
    request: v2::ListAuthenticationMethodTypesRequest,
) -> Result<v2::ListAuthenticationMethodTypesResponse> {
    let user = UserHead::find(ctx.read().await?, &Reach::Instance, &request.user_id).await?;
    let user = user.ok_or(METHODS_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserRead, &user.org_id, &user.id)?;
    let mut auth_method_types = Vec::new();
    if password::is_set(ctx.read().await?, &user.id).await? {
        auth_method_types.push(v2::AuthenticationMethodType::Password.into());
    }
    if recovery_codes::has_any(ctx.read().await?, &user.id).await? {
        auth_method_types.push(v2::AuthenticationMethodType::RecoveryCode.into());
    }
    Ok(v2::ListAuthenticationMethodTypesResponse {
        details: convert::list_object_v2(auth_method_types.len() as u64, ctx.now()),
        auth_method_types,
    })
}

/// v2beta has no name for recovery codes, so it does not list them.
pub(super) async fn v2beta_list_methods(
    ctx: &mut Context,
    request: v2beta::ListAuthenticationMethodTypesRequest,
) -> Result<v2beta::ListAuthenticationMethodTypesResponse> {
    let mut methods = v2_list_methods(ctx, twin(&request)?).await?;
    methods.auth_method_types.retain(|method| v2beta::AuthenticationMethodType::try_from(*method).is_ok());
    methods.details = convert::list_object_v2(methods.auth_method_types.len() as u64, ctx.now());
    twin(&methods)
}
