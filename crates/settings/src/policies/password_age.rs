//! How long passwords last. RPCs: Admin and Management …PasswordAgePolicy, settings v2 and v2beta GetPasswordExpirySettings. Document
//! `password_age_policy`. Events `*.policy.password.age.*`.

use castellan_proto::methods::{admin_v1, management_v1, settings_v2, settings_v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management, policy, settings};
use castellan_rpc::Registry;

use super::rpc::{owner_type, v1_handlers, v2_read, values};
use crate::documents::PasswordAgePolicy;
use crate::store::Stored;

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("settings/policies/password_age")
        .query::<admin_v1::GetPasswordAgePolicy>(admin_get)
        .command::<admin_v1::UpdatePasswordAgePolicy>(admin_update)
        .query::<management_v1::GetPasswordAgePolicy>(get)
        .query::<management_v1::GetDefaultPasswordAgePolicy>(get_default)
        .command::<management_v1::AddCustomPasswordAgePolicy>(add)
        .command::<management_v1::UpdateCustomPasswordAgePolicy>(update)
        .command::<management_v1::ResetPasswordAgePolicyToDefault>(reset)
        .query::<settings_v2::GetPasswordExpirySettings>(v2_get)
        .query::<settings_v2beta::GetPasswordExpirySettings>(v2beta_get);
}

values! {
    PasswordAgePolicy: admin::UpdatePasswordAgePolicyRequest, management::AddCustomPasswordAgePolicyRequest,
        management::UpdateCustomPasswordAgePolicyRequest;
    |request, _held| PasswordAgePolicy {
        expire_warn_days: request.expire_warn_days.into(),
        max_age_days: request.max_age_days.into(),
    }
}

v1_handlers! {
    PasswordAgePolicy, wire;
    admin get GetPasswordAgePolicyRequest => GetPasswordAgePolicyResponse,
        update UpdatePasswordAgePolicyRequest => UpdatePasswordAgePolicyResponse;
    management get GetPasswordAgePolicyRequest => GetPasswordAgePolicyResponse { policy, is_default },
        default GetDefaultPasswordAgePolicyRequest => GetDefaultPasswordAgePolicyResponse,
        add AddCustomPasswordAgePolicyRequest => AddCustomPasswordAgePolicyResponse,
        update UpdateCustomPasswordAgePolicyRequest => UpdateCustomPasswordAgePolicyResponse,
        reset ResetPasswordAgePolicyToDefaultRequest => ResetPasswordAgePolicyToDefaultResponse;
}

v2_read!(PasswordAgePolicy, v2_wire, GetPasswordExpirySettingsRequest => GetPasswordExpirySettingsResponse);

fn wire(stored: &Stored<PasswordAgePolicy>, instance_id: &str) -> policy::v1::PasswordAgePolicy {
    policy::v1::PasswordAgePolicy {
        details: stored.details(instance_id),
        max_age_days: stored.value.max_age_days,
        expire_warn_days: stored.value.expire_warn_days,
        is_default: stored.is_default(),
    }
}

fn v2_wire(stored: &Stored<PasswordAgePolicy>) -> settings::v2::PasswordExpirySettings {
    settings::v2::PasswordExpirySettings {
        max_age_days: stored.value.max_age_days,
        expire_warn_days: stored.value.expire_warn_days,
        resource_owner_type: owner_type(stored),
    }
}
