//! v1 Management and Auth: conversion only, no rules.

use castellan_kernel::{Error, Fault, Kind, Result};
use castellan_proto::zitadel::{auth::v1 as auth_v1, management::v1};
use castellan_rpc::{Context, convert};

use super::command::{self, AddHuman, InitialCode};
use super::contact::{self, Channel, Faults, Pending};
use super::password::{self, NewPassword, PasswordChange, Proof, ResetFaults};
use super::profile::{self, ProfileChange};
use super::{NewAddress, Verification};
use crate::users::head::Reach;
use crate::users::recovery_codes::KnownCode;

const ID_TAKEN: Fault = Fault::precondition("COMMAND-k2unb", "Errors.User.AlreadyExisting");
const IMPORT_USER_NAME_EMPTY: Fault = Fault::invalid("COMMAND-00p2b", "Errors.Org.Empty");
const IMPORT_FIRST_NAME_EMPTY: Fault = Fault::invalid("PROFILE-RF5z2", "Errors.User.Profile.FirstNameEmpty");
const IMPORT_LAST_NAME_EMPTY: Fault = Fault::invalid("PROFILE-DSUkN", "Errors.User.Profile.LastNameEmpty");
const EMAIL_VERIFIED: Fault = Fault::precondition("COMMAND-3M9ds", "Errors.User.Email.AlreadyVerified");
const PHONE_VERIFIED: Fault = Fault::precondition("COMMAND-2M9sf", "Errors.User.Phone.AlreadyVerified");
const EMAIL_CODE_WRONG: Fault = Fault::invalid("COMMAND-Gdsgs", "Errors.User.Code.Invalid");
const PHONE_CODE_WRONG: Fault = Fault::invalid("COMMAND-sM0cs", "Errors.User.Code.Invalid");

const EMAIL: Faults = Faults {
    not_found: Fault::precondition("COMMAND-0Pe4r", "Errors.User.Email.NotFound"),
    missing: Fault::precondition("COMMAND-0Pe4r", "Errors.User.Email.NotFound"),
    not_initialised: Fault::precondition("COMMAND-J8dsk", "Errors.User.NotInitialised"),
    not_changed: Fault::precondition("COMMAND-2b7fM", "Errors.User.Email.NotChanged"),
};
const EMAIL_CODE: Faults = Faults {
    not_found: Fault::not_found("COMMAND-0Pe4r", "Errors.User.Email.NotFound"),
    missing: Fault::not_found("COMMAND-0Pe4r", "Errors.User.Email.NotFound"),
    not_initialised: Fault::precondition("COMMAND-E3fbw", "Errors.User.NotInitialised"),
    not_changed: Fault::precondition("COMMAND-2b7fM", "Errors.User.Email.NotChanged"),
};
const PHONE: Faults = Faults {
    not_found: Fault::precondition("COMMAND-3M0fs", "Errors.User.NotFound"),
    missing: Fault::not_found("COMMAND-p6rsc", "Errors.User.Phone.NotFound"),
    not_initialised: Fault::precondition("COMMAND-uz0Uu", "Errors.User.NotInitialised"),
    not_changed: Fault::precondition("COMMAND-wF94r", "Errors.User.Phone.NotChanged"),
};
const PHONE_CODE: Faults = Faults {
    not_found: Fault::precondition("COMMAND-2M0fs", "Errors.User.NotFound"),
    missing: Fault::not_found("COMMAND-2b7Hf", "Errors.User.Phone.NotFound"),
    not_initialised: Fault::precondition("COMMAND-uz0Uu", "Errors.User.NotInitialised"),
    not_changed: Fault::precondition("COMMAND-wF94r", "Errors.User.Phone.NotChanged"),
};
const PHONE_REMOVAL: Faults =
    Faults { not_found: Fault::precondition("COMMAND-3M9fs", "Errors.User.NotFound"), ..PHONE };
const RESET: ResetFaults = ResetFaults {
    not_found: Fault::precondition("COMMAND-Hj9ds", "Errors.User.NotFound"),
    not_initialised: Fault::precondition("COMMAND-2M9sd", "Errors.User.NotInitialised"),
};

/// v1 knows proven addresses, and others that a code goes to.
pub(super) fn new_address(address: String, verified: bool) -> NewAddress {
    let verification = if verified { Verification::Verified } else { Verification::Unspecified };
    NewAddress { address, verification }
}

fn new_phone(phone: String, verified: bool) -> Option<NewAddress> {
    (!phone.is_empty()).then(|| new_address(phone, verified))
}

pub(super) async fn add(ctx: &mut Context, request: v1::AddHumanUserRequest) -> Result<v1::AddHumanUserResponse> {
    let profile = request.profile.unwrap_or_default();
    let email = request.email.unwrap_or_default();
    let command = AddHuman {
        org_id: ctx.caller.org.clone(),
        user_name: Some(request.user_name),
        first_name: profile.first_name,
        last_name: profile.last_name,
        nick_name: profile.nick_name,
        display_name: profile.display_name,
        preferred_language: profile.preferred_language,
        gender: profile.gender,
        email: new_address(email.email, email.is_email_verified),
        phone: request.phone.and_then(|phone| new_phone(phone.phone, phone.is_phone_verified)),
        password: (!request.initial_password.is_empty()).then_some(NewPassword::Plain(request.initial_password)),
        password_change_required: true,
        initial_code: InitialCode::UnlessUsable,
        id_taken: Some(ID_TAKEN),
        ..AddHuman::default()
    };
    let added = command::add(ctx, command).await?;
    Ok(v1::AddHumanUserResponse { user_id: added.user_id, details: convert::added(&added.receipt) })
}

/// The person that a request of ImportHumanUser describes. Passkeys, one-time passwords and links are not looked at.
///
/// # Errors
/// `COMMAND-00p2b`, `PROFILE-RF5z2` and `PROFILE-DSUkN` for names that are missing.
pub fn from_import(org_id: String, request: v1::ImportHumanUserRequest) -> Result<AddHuman> {
    let profile = request.profile.unwrap_or_default();
    let email = request.email.unwrap_or_default();
    if request.user_name.trim().is_empty() {
        return Err(IMPORT_USER_NAME_EMPTY.into());
    }
    if profile.first_name.trim().is_empty() {
        return Err(IMPORT_FIRST_NAME_EMPTY.into());
    }
    if profile.last_name.trim().is_empty() {
        return Err(IMPORT_LAST_NAME_EMPTY.into());
    }
    let hashed = request.hashed_password.map(|hashed| hashed.value).filter(|hash| !hash.is_empty());
    Ok(AddHuman {
        org_id,
        user_name: Some(request.user_name),
        first_name: profile.first_name,
        last_name: profile.last_name,
        nick_name: profile.nick_name,
        display_name: profile.display_name,
        preferred_language: profile.preferred_language,
        gender: profile.gender,
        email: new_address(email.email.trim().to_owned(), email.is_email_verified),
        phone: request.phone.and_then(|phone| new_phone(phone.phone, phone.is_phone_verified)),
        // Where both are given, the plain one wins.
        password: if request.password.is_empty() {
            hashed.map(NewPassword::Hashed)
        } else {
            Some(NewPassword::Plain(request.password))
        },
        password_change_required: request.password_change_required,
        recovery_codes: request.recovery_codes.into_iter().map(known_code).collect(),
        initial_code: InitialCode::UnlessUsable,
        id_taken: Some(ID_TAKEN),
        ..AddHuman::default()
    })
}

fn known_code(code: v1::import_human_user_request::RecoveryCode) -> KnownCode {
    use v1::import_human_user_request::recovery_code::CodeType;
    match code.code_type {
        Some(CodeType::Raw(code)) => KnownCode::Plain(code),
        Some(CodeType::Hash(hash)) => KnownCode::Hashed(hash),
        None => KnownCode::Plain(String::new()),
    }
}

pub(super) async fn import(
    ctx: &mut Context,
    request: v1::ImportHumanUserRequest,
) -> Result<v1::ImportHumanUserResponse> {
    for (given, field) in [
        (request.request_passwordless_registration, "request_passwordless_registration"),
        (!request.otp_code.is_empty(), "otp_code"),
        (!request.idps.is_empty(), "idps"),
    ] {
        if given {
            return Err(not_served("ImportHumanUser", field));
        }
    }
    let command = from_import(ctx.caller.org.clone(), request)?;
    let added = command::add(ctx, command).await?;
    Ok(v1::ImportHumanUserResponse {
        user_id: added.user_id,
        details: convert::added(&added.receipt),
        passwordless_registration: None,
    })
}

/// The answer to a part of a request that needs credentials which this version does not keep.
pub(super) fn not_served(method: &str, field: &str) -> Error {
    Error::bare(
        Kind::Unimplemented,
        format!("{method}.{field} is not served by this version of Castellan, leave it out"),
    )
}

pub(super) async fn update_profile(
    ctx: &mut Context,
    request: v1::UpdateHumanProfileRequest,
) -> Result<v1::UpdateHumanProfileResponse> {
    let change = ProfileChange {
        first_name: Some(request.first_name),
        last_name: Some(request.last_name),
        nick_name: Some(request.nick_name),
        display_name: Some(request.display_name),
        preferred_language: Some(request.preferred_language),
        gender: Some(request.gender),
    };
    let reach = Reach::context(ctx);
    let receipt = profile::change(ctx, &reach, &request.user_id, change).await?;
    Ok(v1::UpdateHumanProfileResponse { details: convert::changed(&receipt) })
}

pub(super) async fn update_my_profile(
    ctx: &mut Context,
    request: auth_v1::UpdateMyProfileRequest,
) -> Result<auth_v1::UpdateMyProfileResponse> {
    let change = ProfileChange {
        first_name: Some(request.first_name),
        last_name: Some(request.last_name),
        nick_name: Some(request.nick_name),
        display_name: Some(request.display_name),
        preferred_language: Some(request.preferred_language),
        gender: Some(request.gender),
    };
    let own = ctx.caller.user_id.clone();
    let receipt = profile::change(ctx, &Reach::Instance, &own, change).await?;
    Ok(auth_v1::UpdateMyProfileResponse { details: convert::changed(&receipt) })
}

pub(super) async fn update_email(
    ctx: &mut Context,
    request: v1::UpdateHumanEmailRequest,
) -> Result<v1::UpdateHumanEmailResponse> {
    let reach = Reach::context(ctx);
    let new = new_address(request.email, request.is_email_verified);
    let changed = contact::set(ctx, Channel::Email, &reach, &request.user_id, new, &EMAIL).await?;
    Ok(v1::UpdateHumanEmailResponse { details: convert::changed(&changed.receipt) })
}

pub(super) async fn update_phone(
    ctx: &mut Context,
    request: v1::UpdateHumanPhoneRequest,
) -> Result<v1::UpdateHumanPhoneResponse> {
    let reach = Reach::context(ctx);
    let new = new_address(request.phone, request.is_phone_verified);
    let changed = contact::set(ctx, Channel::Phone, &reach, &request.user_id, new, &PHONE).await?;
    Ok(v1::UpdateHumanPhoneResponse { details: convert::changed(&changed.receipt) })
}

pub(super) async fn remove_phone(
    ctx: &mut Context,
    request: v1::RemoveHumanPhoneRequest,
) -> Result<v1::RemoveHumanPhoneResponse> {
    let reach = Reach::context(ctx);
    let receipt = contact::remove_phone(ctx, &reach, &request.user_id, &PHONE_REMOVAL).await?;
    Ok(v1::RemoveHumanPhoneResponse { details: convert::changed(&receipt) })
}

pub(super) async fn resend_email(
    ctx: &mut Context,
    request: v1::ResendHumanEmailVerificationRequest,
) -> Result<v1::ResendHumanEmailVerificationResponse> {
    let reach = Reach::context(ctx);
    let receipt = resend(ctx, Channel::Email, &reach, &request.user_id).await?;
    Ok(v1::ResendHumanEmailVerificationResponse { details: convert::changed(&receipt) })
}

pub(super) async fn resend_phone(
    ctx: &mut Context,
    request: v1::ResendHumanPhoneVerificationRequest,
) -> Result<v1::ResendHumanPhoneVerificationResponse> {
    let reach = Reach::context(ctx);
    let receipt = resend(ctx, Channel::Phone, &reach, &request.user_id).await?;
    Ok(v1::ResendHumanPhoneVerificationResponse { details: convert::changed(&receipt) })
}

async fn resend(
    ctx: &mut Context,
    channel: Channel,
    reach: &Reach,
    user_id: &str,
) -> Result<castellan_kernel::Receipt> {
    let (faults, verified) = match channel {
        Channel::Email => (&EMAIL_CODE, EMAIL_VERIFIED),
        Channel::Phone => (&PHONE_CODE, PHONE_VERIFIED),
    };
    let pending = Pending::Unproven(verified);
    let unspecified = Verification::Unspecified;
    Ok(contact::request_code(ctx, channel, reach, user_id, unspecified, pending, faults).await?.receipt)
}

pub(super) async fn set_initial_password(
    ctx: &mut Context,
    request: v1::SetHumanInitialPasswordRequest,
) -> Result<v1::SetHumanInitialPasswordResponse> {
    let reach = Reach::context(ctx);
    let receipt = password::set(ctx, &reach, &request.user_id, by_permission(request.password, true)).await?;
    Ok(v1::SetHumanInitialPasswordResponse { details: convert::changed(&receipt) })
}

pub(super) async fn set_password(
    ctx: &mut Context,
    request: v1::SetHumanPasswordRequest,
) -> Result<v1::SetHumanPasswordResponse> {
    let reach = Reach::context(ctx);
    let change = by_permission(request.password, !request.no_change_required);
    let receipt = password::set(ctx, &reach, &request.user_id, change).await?;
    Ok(v1::SetHumanPasswordResponse { details: convert::changed(&receipt) })
}

fn by_permission(password: String, change_required: bool) -> PasswordChange {
    PasswordChange { password: NewPassword::Plain(password), change_required, proof: Proof::Permission }
}

pub(super) async fn reset_password(
    ctx: &mut Context,
    request: v1::SendHumanResetPasswordNotificationRequest,
) -> Result<v1::SendHumanResetPasswordNotificationResponse> {
    let reach = Reach::context(ctx);
    let by_text_message = request.r#type == 1;
    let unspecified = Verification::Unspecified;
    let (receipt, _) =
        password::request_reset(ctx, &reach, &request.user_id, by_text_message, unspecified, &RESET).await?;
    Ok(v1::SendHumanResetPasswordNotificationResponse { details: convert::changed(&receipt) })
}

pub(super) async fn set_my_email(
    ctx: &mut Context,
    request: auth_v1::SetMyEmailRequest,
) -> Result<auth_v1::SetMyEmailResponse> {
    let own = ctx.caller.user_id.clone();
    let new = new_address(request.email, false);
    let changed = contact::set(ctx, Channel::Email, &Reach::Instance, &own, new, &EMAIL).await?;
    Ok(auth_v1::SetMyEmailResponse { details: convert::changed(&changed.receipt) })
}

pub(super) async fn verify_my_email(
    ctx: &mut Context,
    request: auth_v1::VerifyMyEmailRequest,
) -> Result<auth_v1::VerifyMyEmailResponse> {
    let own = ctx.caller.user_id.clone();
    let receipt = contact::verify(ctx, Channel::Email, &own, &request.code, EMAIL_CODE_WRONG, &EMAIL_CODE).await?;
    Ok(auth_v1::VerifyMyEmailResponse { details: convert::changed(&receipt) })
}

pub(super) async fn resend_my_email(
    ctx: &mut Context,
    _: auth_v1::ResendMyEmailVerificationRequest,
) -> Result<auth_v1::ResendMyEmailVerificationResponse> {
    let own = ctx.caller.user_id.clone();
    let receipt = resend(ctx, Channel::Email, &Reach::Instance, &own).await?;
    Ok(auth_v1::ResendMyEmailVerificationResponse { details: convert::changed(&receipt) })
}

pub(super) async fn set_my_phone(
    ctx: &mut Context,
    request: auth_v1::SetMyPhoneRequest,
) -> Result<auth_v1::SetMyPhoneResponse> {
    let own = ctx.caller.user_id.clone();
    let new = new_address(request.phone, false);
    let changed = contact::set(ctx, Channel::Phone, &Reach::Instance, &own, new, &PHONE).await?;
    Ok(auth_v1::SetMyPhoneResponse { details: convert::changed(&changed.receipt) })
}

pub(super) async fn verify_my_phone(
    ctx: &mut Context,
    request: auth_v1::VerifyMyPhoneRequest,
) -> Result<auth_v1::VerifyMyPhoneResponse> {
    let own = ctx.caller.user_id.clone();
    let receipt = contact::verify(ctx, Channel::Phone, &own, &request.code, PHONE_CODE_WRONG, &PHONE_CODE).await?;
    Ok(auth_v1::VerifyMyPhoneResponse { details: convert::changed(&receipt) })
}

pub(super) async fn resend_my_phone(
    ctx: &mut Context,
    _: auth_v1::ResendMyPhoneVerificationRequest,
) -> Result<auth_v1::ResendMyPhoneVerificationResponse> {
    let own = ctx.caller.user_id.clone();
    let receipt = resend(ctx, Channel::Phone, &Reach::Instance, &own).await?;
    Ok(auth_v1::ResendMyPhoneVerificationResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove_my_phone(
    ctx: &mut Context,
    _: auth_v1::RemoveMyPhoneRequest,
) -> Result<auth_v1::RemoveMyPhoneResponse> {
    let own = ctx.caller.user_id.clone();
    let receipt = contact::remove_phone(ctx, &Reach::Instance, &own, &PHONE_REMOVAL).await?;
    Ok(auth_v1::RemoveMyPhoneResponse { details: convert::changed(&receipt) })
}

pub(super) async fn update_my_password(
    ctx: &mut Context,
    request: auth_v1::UpdateMyPasswordRequest,
) -> Result<auth_v1::UpdateMyPasswordResponse> {
    let own = ctx.caller.user_id.clone();
    let change = PasswordChange {
        password: NewPassword::Plain(request.new_password),
        change_required: false,
        proof: Proof::Current(request.old_password),
    };
    let receipt = password::set(ctx, &Reach::Instance, &own, change).await?;
    Ok(auth_v1::UpdateMyPasswordResponse { details: convert::changed(&receipt) })
}
