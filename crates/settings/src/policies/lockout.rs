//! When users are locked out. RPCs: Admin and Management …LockoutPolicy, settings v2 and v2beta GetLockoutSettings. Document
//! `lockout_policy`. Events `*.policy.lockout.*`.

use castellan_proto::methods::{admin_v1, management_v1, settings_v2, settings_v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management, policy, settings};
use castellan_rpc::Registry;

use super::rpc::{owner_type, v1_handlers, v2_read, values};
use crate::documents::LockoutPolicy;
use crate::store::Stored;

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("settings/policies/lockout")
        .query::<admin_v1::GetLockoutPolicy>(admin_get)
        .command::<admin_v1::UpdateLockoutPolicy>(admin_update)
        .query::<management_v1::GetLockoutPolicy>(get)
        .query::<management_v1::GetDefaultLockoutPolicy>(get_default)
        .command::<management_v1::AddCustomLockoutPolicy>(add)
        .command::<management_v1::UpdateCustomLockoutPolicy>(update)
        .command::<management_v1::ResetLockoutPolicyToDefault>(reset)
        .query::<settings_v2::GetLockoutSettings>(v2_get)
        .query::<settings_v2beta::GetLockoutSettings>(v2beta_get);
}

// No request carries whether failures are shown: through the API they always are.
values! {
    LockoutPolicy: admin::UpdateLockoutPolicyRequest, management::AddCustomLockoutPolicyRequest,
        management::UpdateCustomLockoutPolicyRequest;
    |request, _held| LockoutPolicy {
        max_password_attempts: request.max_password_attempts.into(),
        max_otp_attempts: request.max_otp_attempts.into(),
        show_failures: true,
    }
}

v1_handlers! {
    LockoutPolicy, wire;
    admin get GetLockoutPolicyRequest => GetLockoutPolicyResponse,
        update UpdateLockoutPolicyRequest => UpdateLockoutPolicyResponse;
    management get GetLockoutPolicyRequest => GetLockoutPolicyResponse { policy, is_default },
        default GetDefaultLockoutPolicyRequest => GetDefaultLockoutPolicyResponse,
        add AddCustomLockoutPolicyRequest => AddCustomLockoutPolicyResponse,
        update UpdateCustomLockoutPolicyRequest => UpdateCustomLockoutPolicyResponse,
        reset ResetLockoutPolicyToDefaultRequest => ResetLockoutPolicyToDefaultResponse;
}

v2_read!(LockoutPolicy, v2_wire, GetLockoutSettingsRequest => GetLockoutSettingsResponse);

fn wire(stored: &Stored<LockoutPolicy>, instance_id: &str) -> policy::v1::LockoutPolicy {
    policy::v1::LockoutPolicy {
        details: stored.details(instance_id),
        max_password_attempts: stored.value.max_password_attempts,
        max_otp_attempts: stored.value.max_otp_attempts,
        is_default: stored.is_default(),
    }
}

fn v2_wire(stored: &Stored<LockoutPolicy>) -> settings::v2::LockoutSettings {
    settings::v2::LockoutSettings {
        max_password_attempts: stored.value.max_password_attempts,
        max_otp_attempts: stored.value.max_otp_attempts,
        resource_owner_type: owner_type(stored),
    }
}
