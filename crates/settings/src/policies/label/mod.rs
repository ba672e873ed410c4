//! Branding. All changes go to a preview, which activation publishes. RPCs: Admin and Management …LabelPolicy, Auth GetMyLabelPolicy,
//! settings v2 and v2beta GetBrandingSettings; files are uploaded in `crate::assets`. Documents `label_policy`, `label_policy_preview`. Events `*.policy.label.*`.

pub(crate) mod api;
mod asset;
mod asset_api;
mod asset_command;
mod command;

use castellan_proto::methods::{admin_v1, auth_v1, management_v1, settings_v2, settings_v2beta};
use castellan_rpc::Registry;

pub(crate) use asset::Asset;
pub(crate) use asset_command::upload;

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("settings/policies/label")
        .query::<admin_v1::GetLabelPolicy>(api::admin_get)
        .query::<admin_v1::GetPreviewLabelPolicy>(api::admin_get_preview)
        .command::<admin_v1::UpdateLabelPolicy>(api::admin_update)
        .command::<admin_v1::ActivateLabelPolicy>(api::admin_activate)
        .query::<management_v1::GetLabelPolicy>(api::get)
        .query::<management_v1::GetPreviewLabelPolicy>(api::get_preview)
        .query::<management_v1::GetDefaultLabelPolicy>(api::get_default)
        .command::<management_v1::AddCustomLabelPolicy>(api::add)
        .command::<management_v1::UpdateCustomLabelPolicy>(api::update)
        .command::<management_v1::ActivateCustomLabelPolicy>(api::activate)
        .command::<management_v1::ResetLabelPolicyToDefault>(api::reset)
        .query::<auth_v1::GetMyLabelPolicy>(api::get_mine)
        .query::<settings_v2::GetBrandingSettings>(api::v2_get)
        .query::<settings_v2beta::GetBrandingSettings>(api::v2beta_get);
    asset_api::register(registry);
}
