//! Feature flags of the system and of instances. RPCs: feature v2 and v2beta Set-, Reset-, Get- of system and instance, System
//! SetInstanceFeature, Admin ActivateFeatureLoginDefaultOrg. Documents `features` in tables `settings` and `system_settings`. Events
//! `feature.<level>.<flag>.set`, `feature.<level>.reset`. Rules: spec api.md 1.11 and 4.14.

mod api;
mod command;
mod event;
mod levels;
#[cfg(test)]
mod tests;

use castellan_db::Connection;
use castellan_kernel::Result;
use castellan_proto::methods::{admin_v1 as admin, feature_v2, feature_v2beta, system_v1 as system};
use castellan_rpc::Registry;

pub use command::set_of_instance;

use crate::documents::{self, Features};
use crate::store;

/// The flags in force for an instance: its own over the system's. What nobody sets is absent, which means off.
///
/// # Errors
/// When storage does not answer.
pub async fn effective(connection: &mut Connection) -> Result<Features> {
    let system = documents::system(connection).await?.value;
    Ok(system.overlaid_with(&store::of_instance::<Features>(connection).await?.value))
}

/// The room of the RPCs whose answer is UNIMPLEMENTED by the contract.
pub const LEVELS_WITHOUT_FLAGS: &str = "settings/features/levels";

pub(crate) fn register(registry: &mut Registry) {
    levels::register(registry);
    registry
        .room("settings/features")
        .command::<feature_v2::SetSystemFeatures>(api::v2_set_system)
        .command::<feature_v2::ResetSystemFeatures>(api::v2_reset_system)
        .query::<feature_v2::GetSystemFeatures>(api::v2_get_system)
        .command::<feature_v2::SetInstanceFeatures>(api::v2_set_instance)
        .command::<feature_v2::ResetInstanceFeatures>(api::v2_reset_instance)
        .query::<feature_v2::GetInstanceFeatures>(api::v2_get_instance)
        .command::<feature_v2beta::SetSystemFeatures>(api::v2beta_set_system)
        .command::<feature_v2beta::ResetSystemFeatures>(api::v2beta_reset_system)
        .query::<feature_v2beta::GetSystemFeatures>(api::v2beta_get_system)
        .command::<feature_v2beta::SetInstanceFeatures>(api::v2beta_set_instance)
        .command::<feature_v2beta::ResetInstanceFeatures>(api::v2beta_reset_instance)
        .query::<feature_v2beta::GetInstanceFeatures>(api::v2beta_get_instance)
        .command::<system::SetInstanceFeature>(api::system_set_instance)
        .command::<admin::ActivateFeatureLoginDefaultOrg>(api::admin_activate_login_default_org);
}
