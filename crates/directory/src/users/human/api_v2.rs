//! v2 and v2beta: conversion only, no rules.

use castellan_kernel::{Fault, Permission, Result};
use castellan_proto::zitadel::{object, user::v2};
use castellan_rpc::{Context, convert};

use super::api_v1::not_served;
use super::command::{self, AddHuman};
use super::contact::{self, Channel, Faults, Pending};
use super::event::MfaInitSkipped;
use super::password::{self, NewPassword, PasswordChange, Proof, ResetFaults};
use super::profile::ProfileChange;
use super::update::{self, PhoneChange, UpdateHuman};
use super::{NewAddress, Verification, sql};
use crate::users::head::{self, Reach, UserHead};

const PASSWORD_EMPTY: Fault = Fault::invalid("COMMAND-3klek4sbns", "Errors.User.Password.Empty");
const PHONE_REMOVAL_VERIFIED: Fault =
    Fault::invalid("USERv2-4f3d6", "Errors.User.Phone.VerifyingRemovalIsNotSupported");
const EMAIL_NO_CODE: Fault = Fault::precondition("EMAIL-5w5ilin4yt", "Errors.User.Code.Empty");
const PHONE_NO_CODE: Fault = Fault::precondition("PHONE-5xrra88eq8", "Errors.User.Code.Empty");
const CODE_WRONG: Fault = Fault::invalid("COMMAND-eis9R", "Errors.User.Code.Invalid");
const SKIP_NOT_FOUND: Fault = Fault::not_found("COMMAND-m9cV8", "Errors.User.NotFound");

const EMAIL: Faults = Faults {
    not_found: Fault::not_found("COMMAND-ieJ2e", "Errors.User.Email.NotFound"),
    missing: Fault::not_found("COMMAND-ieJ2e", "Errors.User.Email.NotFound"),
    not_initialised: Fault::precondition("COMMAND-uz0Uu", "Errors.User.NotInitialised"),
    not_changed: Fault::precondition("COMMAND-Uch5e", "Errors.User.Email.NotChanged"),
};
const PHONE: Faults = Faults {
    not_found: Fault::not_found("COMMAND-ieJ2e", "Errors.User.Phone.NotFound"),
    missing: Fault::precondition("COMMAND-ieJ2e", "Errors.User.Phone.NotFound"),
    not_initialised: Fault::precondition("COMMAND-uz0Uu", "Errors.User.NotInitialised"),
    not_changed: Fault::precondition("COMMAND-Uch5e", "Errors.User.Phone.NotChanged"),
};
const RESET: ResetFaults = ResetFaults {
    not_found: Fault::not_found("COMMAND-SAF4f", "Errors.User.NotFound"),
    not_initialised: Fault::precondition("COMMAND-Sfe4g", "Errors.User.NotInitialised"),
};

/// The e-mail address of a request.
pub(in crate::users) fn email_from_v2(email: v2::SetHumanEmail) -> NewAddress {
    use v2::set_human_email::Verification as Wire;
    let verification = match email.verification {
        None => Verification::Unspecified,
        Some(Wire::SendCode(send)) => Verification::Send(send.url_template),
        Some(Wire::ReturnCode(_)) => Verification::Return,
        Some(Wire::IsVerified(true)) => Verification::Verified,
        Some(Wire::IsVerified(false)) => Verification::Unverified,
    };
    NewAddress { address: email.email, verification }
}

/// The phone number of a request.
pub(in crate::users) fn phone_from_v2(phone: v2::SetHumanPhone) -> NewAddress {
    use v2::set_human_phone::Verification as Wire;
    let verification = match phone.verification {
        None | Some(Wire::SendCode(_)) => Verification::Unspecified,
        Some(Wire::ReturnCode(_)) => Verification::Return,
        Some(Wire::IsVerified(true)) => Verification::Verified,
        Some(Wire::IsVerified(false)) => Verification::Unverified,
    };
    NewAddress { address: phone.phone, verification }
}

/// The phone number of an update: an empty one removes it.
///
/// # Errors
/// `USERv2-4f3d6` when a removal is to be proven.
pub(in crate::users) fn phone_change_from_v2(phone: v2::SetHumanPhone) -> Result<PhoneChange> {
    match (phone.phone.is_empty(), &phone.verification) {
        (true, Some(_)) => Err(PHONE_REMOVAL_VERIFIED.into()),
        (true, None) => Ok(PhoneChange::Remove),
        (false, _) => Ok(PhoneChange::Set(phone_from_v2(phone))),
    }
}

/// The password of a new person with whether it must be changed.
pub(in crate::users) fn password_from_v2(
    plain: Option<v2::Password>,
    hashed: Option<v2::HashedPassword>,
) -> (Option<NewPassword>, bool) {
    match (plain, hashed) {
        (Some(plain), _) => (Some(NewPassword::Plain(plain.password)), plain.change_required),
        (None, Some(hashed)) => (Some(NewPassword::Hashed(hashed.hash)), hashed.change_required),
        (None, None) => (None, false),
    }
}

/// The password of an update with its proof.
///
/// # Errors
/// `COMMAND-3klek4sbns` without a password.
pub(in crate::users) fn password_change_from_v2(change: v2::SetPassword) -> Result<PasswordChange> {
    use v2::set_password::{PasswordType, Verification as Wire};
    let (password, change_required) = match change.password_type.ok_or(PASSWORD_EMPTY)? {
        PasswordType::Password(plain) => (NewPassword::Plain(plain.password), plain.change_required),
        PasswordType::HashedPassword(hashed) => (NewPassword::Hashed(hashed.hash), hashed.change_required),
    };
    let proof = match change.verification {
        None => Proof::Permission,
        Some(Wire::CurrentPassword(current)) => Proof::Current(current),
        Some(Wire::VerificationCode(code)) => Proof::Code(code),
    };
    Ok(PasswordChange { password, change_required, proof })
}

/// Refuses the parts of a new person that need credentials which this version does not keep.
///
/// # Errors
/// UNIMPLEMENTED, naming the field.
pub(in crate::users) fn refuse_later_parts(method: &str, has_links: bool, totp_secret: Option<&str>) -> Result<()> {
    if has_links {
        return Err(not_served(method, "idp_links"));
    }
    if totp_secret.is_some() {
        return Err(not_served(method, "totp_secret"));
    }
    Ok(())
}

pub(super) async fn add(ctx: &mut Context, request: v2::AddHumanUserRequest) -> Result<v2::AddHumanUserResponse> {
    use v2::add_human_user_request::PasswordType;
    refuse_later_parts("AddHumanUser", !request.idp_links.is_empty(), request.totp_secret.as_deref())?;
    let org_id = match request.organization.and_then(|organization| organization.org) {
        None => ctx.caller.org.clone(),
        Some(object::v2::organization::Org::OrgId(id)) => head::named_org(&mut ctx.look(), &id).await?,
        Some(object::v2::organization::Org::OrgDomain(domain)) => head::org_of_domain(&mut ctx.look(), &domain).await?,
    };
    let (plain, hashed) = match request.password_type {
        None => (None, None),
        Some(PasswordType::Password(plain)) => (Some(plain), None),
        Some(PasswordType::HashedPassword(hashed)) => (None, Some(hashed)),
    };
    let (password, password_change_required) = password_from_v2(plain, hashed);
    let profile = request.profile.unwrap_or_default();
    let command = AddHuman {
        org_id,
        user_id: request.user_id,
        user_name: request.username,
        email: email_from_v2(request.email.unwrap_or_default()),
        phone: request.phone.filter(|phone| !phone.phone.is_empty()).map(phone_from_v2),
        password,
        password_change_required,
        metadata: request.metadata.into_iter().map(|pair| (pair.key, pair.value)).collect(),
        ..profile_of_new(profile)
    };
    let added = command::add(ctx, command).await?;
    Ok(v2::AddHumanUserResponse {
        user_id: added.user_id,
        details: convert::details_v2(&added.receipt),
        email_code: added.email_code,
        phone_code: added.phone_code,
    })
}

/// The profile of a new person.
pub(in crate::users) fn profile_of_new(profile: v2::SetHumanProfile) -> AddHuman {
    AddHuman {
        gender: profile.gender.unwrap_or_default(),
        first_name: profile.given_name,
        last_name: profile.family_name,
        nick_name: profile.nick_name.unwrap_or_default(),
        display_name: profile.display_name.unwrap_or_default(),
        preferred_language: profile.preferred_language.unwrap_or_default(),
        ..AddHuman::default()
    }
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateHumanUserRequest,
) -> Result<v2::UpdateHumanUserResponse> {
    let profile = request.profile.map_or_else(ProfileChange::default, |profile| ProfileChange {
        first_name: Some(profile.given_name),
        last_name: Some(profile.family_name),
        nick_name: profile.nick_name,
        display_name: profile.display_name,
        preferred_language: profile.preferred_language,
        gender: profile.gender,
    });
    let command = UpdateHuman {
        user_id: request.user_id,
        user_name: request.username,
        profile,
        email: request.email.map(email_from_v2),
        phone: request.phone.map(|phone| PhoneChange::Set(phone_from_v2(phone))),
        password: request.password.map(password_change_from_v2).transpose()?,
        metadata: Vec::new(),
    };
    let updated = update::update(ctx, command).await?;
    Ok(v2::UpdateHumanUserResponse {
        details: convert::details_v2(&updated.receipt),
        email_code: updated.email_code,
        phone_code: updated.phone_code,
    })
}

pub(super) async fn set_email(ctx: &mut Context, request: v2::SetEmailRequest) -> Result<v2::SetEmailResponse> {
    use v2::set_email_request::Verification as Wire;
    let verification = match request.verification {
        None => Verification::Unspecified,
        Some(Wire::SendCode(send)) => Verification::Send(send.url_template),
        Some(Wire::ReturnCode(_)) => Verification::Return,
        Some(Wire::IsVerified(verified)) => given(verified),
    };
    let new = NewAddress { address: request.email, verification };
    let changed = contact::set(ctx, Channel::Email, &Reach::Instance, &request.user_id, new, &EMAIL).await?;
    Ok(v2::SetEmailResponse { details: convert::details_v2(&changed.receipt), verification_code: changed.code })
}

fn given(verified: bool) -> Verification {
    if verified { Verification::Verified } else { Verification::Unverified }
}

pub(super) async fn resend_email(
    ctx: &mut Context,
    request: v2::ResendEmailCodeRequest,
) -> Result<v2::ResendEmailCodeResponse> {
    use v2::resend_email_code_request::Verification as Wire;
    let verification = match request.verification {
        None => Verification::Unspecified,
        Some(Wire::SendCode(send)) => Verification::Send(send.url_template),
        Some(Wire::ReturnCode(_)) => Verification::Return,
    };
    let pending = Pending::Required(EMAIL_NO_CODE);
    let changed = request_code(ctx, Channel::Email, &request.user_id, verification, pending).await?;
    Ok(v2::ResendEmailCodeResponse { details: convert::details_v2(&changed.receipt), verification_code: changed.code })
}

pub(super) async fn send_email(
    ctx: &mut Context,
    request: v2::SendEmailCodeRequest,
) -> Result<v2::SendEmailCodeResponse> {
    use v2::send_email_code_request::Verification as Wire;
    let verification = match request.verification {
        None => Verification::Unspecified,
        Some(Wire::SendCode(send)) => Verification::Send(send.url_template),
        Some(Wire::ReturnCode(_)) => Verification::Return,
    };
    let changed = request_code(ctx, Channel::Email, &request.user_id, verification, Pending::Optional).await?;
    Ok(v2::SendEmailCodeResponse { details: convert::details_v2(&changed.receipt), verification_code: changed.code })
}

pub(super) async fn resend_phone(
    ctx: &mut Context,
    request: v2::ResendPhoneCodeRequest,
) -> Result<v2::ResendPhoneCodeResponse> {
    use v2::resend_phone_code_request::Verification as Wire;
    let verification = match request.verification {
        None | Some(Wire::SendCode(_)) => Verification::Unspecified,
        Some(Wire::ReturnCode(_)) => Verification::Return,
    };
    let pending = Pending::Required(PHONE_NO_CODE);
    let changed = request_code(ctx, Channel::Phone, &request.user_id, verification, pending).await?;
    Ok(v2::ResendPhoneCodeResponse { details: convert::details_v2(&changed.receipt), verification_code: changed.code })
}

async fn request_code(
    ctx: &mut Context,
    channel: Channel,
    user_id: &str,
    verification: Verification,
    pending: Pending,
) -> Result<contact::Changed> {
    let faults = if channel == Channel::Email { &EMAIL } else { &PHONE };
    contact::request_code(ctx, channel, &Reach::Instance, user_id, verification, pending, faults).await
}

pub(super) async fn verify_email(
    ctx: &mut Context,
    request: v2::VerifyEmailRequest,
) -> Result<v2::VerifyEmailResponse> {
    let code = &request.verification_code;
    let receipt = contact::verify(ctx, Channel::Email, &request.user_id, code, CODE_WRONG, &EMAIL).await?;
    Ok(v2::VerifyEmailResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn verify_phone(
    ctx: &mut Context,
    request: v2::VerifyPhoneRequest,
) -> Result<v2::VerifyPhoneResponse> {
    let code = &request.verification_code;
    let receipt = contact::verify(ctx, Channel::Phone, &request.user_id, code, CODE_WRONG, &PHONE).await?;
    Ok(v2::VerifyPhoneResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn set_phone(ctx: &mut Context, request: v2::SetPhoneRequest) -> Result<v2::SetPhoneResponse> {
    use v2::set_phone_request::Verification as Wire;
    let verification = match request.verification {
        None | Some(Wire::SendCode(_)) => Verification::Unspecified,
        Some(Wire::ReturnCode(_)) => Verification::Return,
        Some(Wire::IsVerified(verified)) => given(verified),
    };
    let new = NewAddress { address: request.phone, verification };
    let changed = contact::set(ctx, Channel::Phone, &Reach::Instance, &request.user_id, new, &PHONE).await?;
    Ok(v2::SetPhoneResponse { details: convert::details_v2(&changed.receipt), verification_code: changed.code })
}

pub(super) async fn remove_phone(
    ctx: &mut Context,
    request: v2::RemovePhoneRequest,
) -> Result<v2::RemovePhoneResponse> {
    let receipt = contact::remove_phone(ctx, &Reach::Instance, &request.user_id, &PHONE).await?;
    Ok(v2::RemovePhoneResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn reset_password(
    ctx: &mut Context,
    request: v2::PasswordResetRequest,
) -> Result<v2::PasswordResetResponse> {
    use v2::password_reset_request::Medium;
    let (by_text_message, verification) = match request.medium {
        None => (false, Verification::Unspecified),
        Some(Medium::SendLink(link)) => {
            let by_text_message = link.notification_type == v2::NotificationType::Sms as i32;
            (by_text_message, Verification::Send(link.url_template))
        }
        Some(Medium::ReturnCode(_)) => (false, Verification::Return),
    };
    let (receipt, code) =
        password::request_reset(ctx, &Reach::Instance, &request.user_id, by_text_message, verification, &RESET).await?;
    Ok(v2::PasswordResetResponse { details: convert::details_v2(&receipt), verification_code: code })
}

pub(super) async fn set_password(
    ctx: &mut Context,
    request: v2::SetPasswordRequest,
) -> Result<v2::SetPasswordResponse> {
    use v2::set_password_request::Verification as Wire;
    let new = request.new_password.ok_or(PASSWORD_EMPTY)?;
    let proof = match request.verification {
        None => Proof::Permission,
        Some(Wire::CurrentPassword(current)) => Proof::Current(current),
        Some(Wire::VerificationCode(code)) => Proof::Code(code),
    };
    let change =
        PasswordChange { password: NewPassword::Plain(new.password), change_required: new.change_required, proof };
    let receipt = password::set(ctx, &Reach::Instance, &request.user_id, change).await?;
    Ok(v2::SetPasswordResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn skip_mfa_init(
    ctx: &mut Context,
    request: v2::HumanMfaInitSkippedRequest,
) -> Result<v2::HumanMfaInitSkippedResponse> {
    let user = UserHead::find_human(ctx.tx().await?, &Reach::Instance, &request.user_id).await?;
    let user = user.ok_or(SKIP_NOT_FOUND)?;
    ctx.caller.require_or_self(Permission::UserWrite, &user.org_id, &user.id)?;
    let receipt = ctx.record(&user.aggregate(), &MfaInitSkipped {}).await?;
    sql::skip_mfa_init(ctx.tx().await?, &user.id, receipt.changed_at).await?;
    Ok(v2::HumanMfaInitSkippedResponse { details: convert::details_v2(&receipt) })
}

/// v2beta methods, identical to their twins.
pub(super) mod beta {
    use crate::users::twin::v2beta_twins;

    v2beta_twins! {
        add = super::add, AddHumanUserRequest, AddHumanUserResponse;
        update = super::update, UpdateHumanUserRequest, UpdateHumanUserResponse;
        set_email = super::set_email, SetEmailRequest, SetEmailResponse;
        resend_email = super::resend_email, ResendEmailCodeRequest, ResendEmailCodeResponse;
        verify_email = super::verify_email, VerifyEmailRequest, VerifyEmailResponse;
        set_phone = super::set_phone, SetPhoneRequest, SetPhoneResponse;
        remove_phone = super::remove_phone, RemovePhoneRequest, RemovePhoneResponse;
        resend_phone = super::resend_phone, ResendPhoneCodeRequest, ResendPhoneCodeResponse;
        verify_phone = super::verify_phone, VerifyPhoneRequest, VerifyPhoneResponse;
        reset_password = super::reset_password, PasswordResetRequest, PasswordResetResponse;
        set_password = super::set_password, SetPasswordRequest, SetPasswordResponse;
    }
}
