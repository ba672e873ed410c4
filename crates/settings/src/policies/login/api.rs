//! v1, v2 and v2beta side by side: conversion only, no rules.

use castellan_kernel::{Fault, Owner, Result};
use castellan_proto::zitadel::{admin::v1 as admin, auth::v1 as auth, management::v1 as management, policy, settings};
use castellan_rpc::{Context, convert};

use super::factors::{self, Kind};
use crate::documents::LoginPolicy;
use crate::policies;
use crate::policies::rpc::{owner_type, v1_handlers, v2_read, values};
use crate::span::Span;
use crate::store::Stored;

const IDP_NOT_FOUND: Fault = Fault::precondition("Org-FEd32", "Errors.IDPConfig.NotExisting");

values! {
    LoginPolicy: admin::UpdateLoginPolicyRequest, management::AddCustomLoginPolicyRequest,
        management::UpdateCustomLoginPolicyRequest;
    |request, held| LoginPolicy {
        allow_username_password: request.allow_username_password,
        allow_register: request.allow_register,
        allow_external_idp: request.allow_external_idp,
        force_mfa: request.force_mfa,
        force_mfa_local_only: request.force_mfa_local_only,
        hide_password_reset: request.hide_password_reset,
        ignore_unknown_usernames: request.ignore_unknown_usernames,
        allow_domain_discovery: request.allow_domain_discovery,
        disable_login_with_email: request.disable_login_with_email,
        disable_login_with_phone: request.disable_login_with_phone,
        passwordless_type: request.passwordless_type,
        default_redirect_uri: request.default_redirect_uri,
        password_check_lifetime: Span::from_proto(request.password_check_lifetime.as_ref()),
        external_login_check_lifetime: Span::from_proto(request.external_login_check_lifetime.as_ref()),
        mfa_init_skip_lifetime: Span::from_proto(request.mfa_init_skip_lifetime.as_ref()),
        second_factor_check_lifetime: Span::from_proto(request.second_factor_check_lifetime.as_ref()),
        multi_factor_check_lifetime: Span::from_proto(request.multi_factor_check_lifetime.as_ref()),
        second_factors: held.second_factors.clone(),
        multi_factors: held.multi_factors.clone(),
        idps: held.idps.clone(),
    }
}

v1_handlers! {
    LoginPolicy, wire;
    admin get GetLoginPolicyRequest => GetLoginPolicyResponse,
        update UpdateLoginPolicyRequest => UpdateLoginPolicyResponse;
    management get GetLoginPolicyRequest => GetLoginPolicyResponse { policy, is_default },
        default GetDefaultLoginPolicyRequest => GetDefaultLoginPolicyResponse,
        update UpdateCustomLoginPolicyRequest => UpdateCustomLoginPolicyResponse,
        reset ResetLoginPolicyToDefaultRequest => ResetLoginPolicyToDefaultResponse;
}

v2_read!(LoginPolicy, v2_wire, GetLoginSettingsRequest => GetLoginSettingsResponse);

pub(in crate::policies) async fn add(
    ctx: &mut Context,
    request: management::AddCustomLoginPolicyRequest,
) -> Result<management::AddCustomLoginPolicyResponse> {
    use crate::policies::rpc::Values as _;
    // No identity provider exists that could be named here.
    if !request.idps.is_empty() {
        return Err(IDP_NOT_FOUND.into());
    }
    let (second_factors, multi_factors) = (request.second_factors.clone(), request.multi_factors.clone());
    let policy =
        LoginPolicy { second_factors, multi_factors, idps: Vec::new(), ..request.apply(&LoginPolicy::default()) };
    let org = ctx.caller.org.clone();
    let added = policies::add(ctx, &org, &policy).await?;
    let receipt = factors::record_initial(ctx, &Owner::Org(org), &policy).await?.unwrap_or(added);
    Ok(management::AddCustomLoginPolicyResponse { details: convert::added(&receipt) })
}

pub(in crate::policies) async fn get_mine(
    ctx: &mut Context,
    _: auth::GetMyLoginPolicyRequest,
) -> Result<auth::GetMyLoginPolicyResponse> {
    let org = ctx.caller.own_org.clone();
    let stored = policies::read(ctx, &org).await?;
    Ok(auth::GetMyLoginPolicyResponse { policy: Some(wire(&stored, &ctx.instance.id)) })
}

/// Defines the six handlers of factors for one owner.
macro_rules! factor_handlers {
    (
        $messages:ident, $owner:expr, $policy:expr;
        $second_list:ident, $second_add:ident, $second_remove:ident, $multi_list:ident, $multi_add:ident, $multi_remove:ident
    ) => {
        pub(in crate::policies) async fn $second_list(
            ctx: &mut Context,
            _: $messages::ListLoginPolicySecondFactorsRequest,
        ) -> Result<$messages::ListLoginPolicySecondFactorsResponse> {
            let org: String = $policy(ctx);
            let result = policies::read::<LoginPolicy>(ctx, &org).await?.value.second_factors;
            let details = convert::list_v1(result.len() as u64, ctx.now());
            Ok($messages::ListLoginPolicySecondFactorsResponse { details, result })
        }

        pub(in crate::policies) async fn $second_add(
            ctx: &mut Context,
            request: $messages::AddSecondFactorToLoginPolicyRequest,
        ) -> Result<$messages::AddSecondFactorToLoginPolicyResponse> {
            let owner: Owner = $owner(ctx);
            let receipt = factors::add(ctx, &owner, Kind::Second, request.r#type).await?;
            Ok($messages::AddSecondFactorToLoginPolicyResponse { details: convert::added(&receipt) })
        }

        pub(in crate::policies) async fn $second_remove(
            ctx: &mut Context,
            request: $messages::RemoveSecondFactorFromLoginPolicyRequest,
        ) -> Result<$messages::RemoveSecondFactorFromLoginPolicyResponse> {
            let owner: Owner = $owner(ctx);
            let receipt = factors::remove(ctx, &owner, Kind::Second, request.r#type).await?;
            Ok($messages::RemoveSecondFactorFromLoginPolicyResponse { details: convert::changed(&receipt) })
        }

        pub(in crate::policies) async fn $multi_list(
            ctx: &mut Context,
            _: $messages::ListLoginPolicyMultiFactorsRequest,
        ) -> Result<$messages::ListLoginPolicyMultiFactorsResponse> {
            let org: String = $policy(ctx);
            let result = policies::read::<LoginPolicy>(ctx, &org).await?.value.multi_factors;
            let details = convert::list_v1(result.len() as u64, ctx.now());
            Ok($messages::ListLoginPolicyMultiFactorsResponse { details, result })
        }

        pub(in crate::policies) async fn $multi_add(
            ctx: &mut Context,
            request: $messages::AddMultiFactorToLoginPolicyRequest,
        ) -> Result<$messages::AddMultiFactorToLoginPolicyResponse> {
            let owner: Owner = $owner(ctx);
            let receipt = factors::add(ctx, &owner, Kind::Multi, request.r#type).await?;
            Ok($messages::AddMultiFactorToLoginPolicyResponse { details: convert::added(&receipt) })
        }

        pub(in crate::policies) async fn $multi_remove(
            ctx: &mut Context,
            request: $messages::RemoveMultiFactorFromLoginPolicyRequest,
        ) -> Result<$messages::RemoveMultiFactorFromLoginPolicyResponse> {
            let owner: Owner = $owner(ctx);
            let receipt = factors::remove(ctx, &owner, Kind::Multi, request.r#type).await?;
            Ok($messages::RemoveMultiFactorFromLoginPolicyResponse { details: convert::changed(&receipt) })
        }
    };
}

factor_handlers!(
    admin, |_: &Context| Owner::Instance, |_: &Context| String::new();
    admin_second_factors, admin_add_second_factor, admin_remove_second_factor,
    admin_multi_factors, admin_add_multi_factor, admin_remove_multi_factor
);
factor_handlers!(
    management, |ctx: &Context| Owner::Org(ctx.caller.org.clone()), |ctx: &Context| ctx.caller.org.clone();
    second_factors, add_second_factor, remove_second_factor, multi_factors, add_multi_factor, remove_multi_factor
);

fn wire(stored: &Stored<LoginPolicy>, instance_id: &str) -> policy::v1::LoginPolicy {
    let value = stored.value.clone();
    policy::v1::LoginPolicy {
        details: stored.details(instance_id),
        allow_username_password: value.allow_username_password,
        allow_register: value.allow_register,
        allow_external_idp: value.allow_external_idp,
        force_mfa: value.force_mfa,
        passwordless_type: value.passwordless_type,
        is_default: stored.is_default(),
        hide_password_reset: value.hide_password_reset,
        ignore_unknown_usernames: value.ignore_unknown_usernames,
        default_redirect_uri: value.default_redirect_uri,
        password_check_lifetime: Some(value.password_check_lifetime.to_proto()),
        external_login_check_lifetime: Some(value.external_login_check_lifetime.to_proto()),
        mfa_init_skip_lifetime: Some(value.mfa_init_skip_lifetime.to_proto()),
        second_factor_check_lifetime: Some(value.second_factor_check_lifetime.to_proto()),
        multi_factor_check_lifetime: Some(value.multi_factor_check_lifetime.to_proto()),
        second_factors: value.second_factors,
        multi_factors: value.multi_factors,
        idps: Vec::new(),
        allow_domain_discovery: value.allow_domain_discovery,
        disable_login_with_email: value.disable_login_with_email,
        disable_login_with_phone: value.disable_login_with_phone,
        force_mfa_local_only: value.force_mfa_local_only,
    }
}

fn v2_wire(stored: &Stored<LoginPolicy>) -> settings::v2::LoginSettings {
    let value = stored.value.clone();
    #[allow(deprecated, reason = "readers of earlier versions look there")]
    settings::v2::LoginSettings {
        allow_username_password: value.allow_username_password,
        allow_local_authentication: value.allow_username_password,
        allow_register: value.allow_register,
        allow_external_idp: value.allow_external_idp,
        force_mfa: value.force_mfa,
        passkeys_type: value.passwordless_type,
        hide_password_reset: value.hide_password_reset,
        ignore_unknown_usernames: value.ignore_unknown_usernames,
        default_redirect_uri: value.default_redirect_uri,
        password_check_lifetime: Some(value.password_check_lifetime.to_proto()),
        external_login_check_lifetime: Some(value.external_login_check_lifetime.to_proto()),
        mfa_init_skip_lifetime: Some(value.mfa_init_skip_lifetime.to_proto()),
        second_factor_check_lifetime: Some(value.second_factor_check_lifetime.to_proto()),
        multi_factor_check_lifetime: Some(value.multi_factor_check_lifetime.to_proto()),
        second_factors: value.second_factors,
        multi_factors: value.multi_factors,
        allow_domain_discovery: value.allow_domain_discovery,
        disable_login_with_email: value.disable_login_with_email,
        disable_login_with_phone: value.disable_login_with_phone,
        resource_owner_type: owner_type(stored),
        force_mfa_local_only: value.force_mfa_local_only,
    }
}
