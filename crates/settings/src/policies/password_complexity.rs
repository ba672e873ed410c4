//! What passwords must contain. RPCs: Admin and Management …PasswordComplexityPolicy, Auth GetMyPasswordComplexityPolicy, settings v2
//! and v2beta GetPasswordComplexitySettings. Document `password_complexity_policy`. Events `*.policy.password.complexity.*`.

use castellan_kernel::Result;
use castellan_proto::methods::{admin_v1, auth_v1, management_v1, settings_v2, settings_v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, auth::v1 as auth, management::v1 as management, policy, settings};
use castellan_rpc::{Context, Registry};

use super::rpc::{owner_type, v1_handlers, v2_read, values};
use crate::documents::PasswordComplexityPolicy;
use crate::store::Stored;

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("settings/policies/password_complexity")
        .query::<admin_v1::GetPasswordComplexityPolicy>(admin_get)
        .command::<admin_v1::UpdatePasswordComplexityPolicy>(admin_update)
        .query::<management_v1::GetPasswordComplexityPolicy>(get)
        .query::<management_v1::GetDefaultPasswordComplexityPolicy>(get_default)
        .command::<management_v1::AddCustomPasswordComplexityPolicy>(add)
        .command::<management_v1::UpdateCustomPasswordComplexityPolicy>(update)
        .command::<management_v1::ResetPasswordComplexityPolicyToDefault>(reset)
        .query::<auth_v1::GetMyPasswordComplexityPolicy>(get_mine)
        .query::<settings_v2::GetPasswordComplexitySettings>(v2_get)
        .query::<settings_v2beta::GetPasswordComplexitySettings>(v2beta_get);
}

values! {
    PasswordComplexityPolicy: admin::UpdatePasswordComplexityPolicyRequest,
        management::AddCustomPasswordComplexityPolicyRequest, management::UpdateCustomPasswordComplexityPolicyRequest;
    |request, _held| PasswordComplexityPolicy {
        #[allow(clippy::useless_conversion, reason = "the request types number this field differently")]
        min_length: request.min_length.into(),
        has_lowercase: request.has_lowercase,
        has_uppercase: request.has_uppercase,
        has_number: request.has_number,
        has_symbol: request.has_symbol,
    }
}

v1_handlers! {
    PasswordComplexityPolicy, wire;
    admin get GetPasswordComplexityPolicyRequest => GetPasswordComplexityPolicyResponse,
        update UpdatePasswordComplexityPolicyRequest => UpdatePasswordComplexityPolicyResponse;
    management get GetPasswordComplexityPolicyRequest => GetPasswordComplexityPolicyResponse { policy, is_default },
        default GetDefaultPasswordComplexityPolicyRequest => GetDefaultPasswordComplexityPolicyResponse,
        add AddCustomPasswordComplexityPolicyRequest => AddCustomPasswordComplexityPolicyResponse,
        update UpdateCustomPasswordComplexityPolicyRequest => UpdateCustomPasswordComplexityPolicyResponse,
        reset ResetPasswordComplexityPolicyToDefaultRequest => ResetPasswordComplexityPolicyToDefaultResponse;
}

v2_read!(
    PasswordComplexityPolicy,
    v2_wire,
    GetPasswordComplexitySettingsRequest => GetPasswordComplexitySettingsResponse
);

async fn get_mine(
    ctx: &mut Context,
    _: auth::GetMyPasswordComplexityPolicyRequest,
) -> Result<auth::GetMyPasswordComplexityPolicyResponse> {
    let org = ctx.caller.own_org.clone();
    let stored = super::read(ctx, &org).await?;
    Ok(auth::GetMyPasswordComplexityPolicyResponse { policy: Some(wire(&stored, &ctx.instance.id)) })
}

fn wire(stored: &Stored<PasswordComplexityPolicy>, instance_id: &str) -> policy::v1::PasswordComplexityPolicy {
    policy::v1::PasswordComplexityPolicy {
        details: stored.details(instance_id),
        min_length: stored.value.min_length,
        has_uppercase: stored.value.has_uppercase,
        has_lowercase: stored.value.has_lowercase,
        has_number: stored.value.has_number,
        has_symbol: stored.value.has_symbol,
        is_default: stored.is_default(),
    }
}

fn v2_wire(stored: &Stored<PasswordComplexityPolicy>) -> settings::v2::PasswordComplexitySettings {
    settings::v2::PasswordComplexitySettings {
        min_length: stored.value.min_length,
        requires_uppercase: stored.value.has_uppercase,
        requires_lowercase: stored.value.has_lowercase,
        requires_number: stored.value.has_number,
        requires_symbol: stored.value.has_symbol,
        resource_owner_type: owner_type(stored),
    }
}
