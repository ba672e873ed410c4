//! How users sign in. RPCs: Admin and Management …LoginPolicy with second and multi factors, Auth GetMyLoginPolicy, settings v2 and
//! v2beta GetLoginSettings. Document `login_policy`. Events `*.policy.login.*`. Identity providers of the policy are federation's.

pub(in crate::policies) mod api;
mod factors;

use castellan_proto::methods::{admin_v1, auth_v1, management_v1, settings_v2, settings_v2beta};
use castellan_rpc::Registry;

pub(crate) use factors::record_initial;

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("settings/policies/login")
        .query::<admin_v1::GetLoginPolicy>(api::admin_get)
        .command::<admin_v1::UpdateLoginPolicy>(api::admin_update)
        .query::<management_v1::GetLoginPolicy>(api::get)
        .query::<management_v1::GetDefaultLoginPolicy>(api::get_default)
        .command::<management_v1::AddCustomLoginPolicy>(api::add)
        .command::<management_v1::UpdateCustomLoginPolicy>(api::update)
        .command::<management_v1::ResetLoginPolicyToDefault>(api::reset)
        .query::<auth_v1::GetMyLoginPolicy>(api::get_mine)
        .query::<settings_v2::GetLoginSettings>(api::v2_get)
        .query::<settings_v2beta::GetLoginSettings>(api::v2beta_get)
        .query::<admin_v1::ListLoginPolicySecondFactors>(api::admin_second_factors)
        .command::<admin_v1::AddSecondFactorToLoginPolicy>(api::admin_add_second_factor)
        .command::<admin_v1::RemoveSecondFactorFromLoginPolicy>(api::admin_remove_second_factor)
        .query::<admin_v1::ListLoginPolicyMultiFactors>(api::admin_multi_factors)
        .command::<admin_v1::AddMultiFactorToLoginPolicy>(api::admin_add_multi_factor)
        .command::<admin_v1::RemoveMultiFactorFromLoginPolicy>(api::admin_remove_multi_factor)
        .query::<management_v1::ListLoginPolicySecondFactors>(api::second_factors)
        .command::<management_v1::AddSecondFactorToLoginPolicy>(api::add_second_factor)
        .command::<management_v1::RemoveSecondFactorFromLoginPolicy>(api::remove_second_factor)
        .query::<management_v1::ListLoginPolicyMultiFactors>(api::multi_factors)
        .command::<management_v1::AddMultiFactorToLoginPolicy>(api::add_multi_factor)
        .command::<management_v1::RemoveMultiFactorFromLoginPolicy>(api::remove_multi_factor);
}
