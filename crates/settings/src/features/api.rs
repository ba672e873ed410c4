//! v2, v2beta and v1 side by side: conversion only, no rules.

use castellan_kernel::{Fault, Result};
use castellan_proto::zitadel::feature::{v2, v2beta};
use castellan_proto::zitadel::{admin, system};
use castellan_rpc::{Context, convert};

use super::command;
use crate::documents::{self, Features, LoginV2};
use crate::store::{self, Stored};
use crate::wire::{twin, via};

const NO_SUCH_FEATURE: Fault = Fault::invalid("SYST-SGV45", "Errors.Feature.NotExisting");

pub(super) async fn v2_set_system(
    ctx: &mut Context,
    request: v2::SetSystemFeaturesRequest,
) -> Result<v2::SetSystemFeaturesResponse> {
    let flags = Features {
        login_default_org: request.login_default_org,
        user_schema: request.user_schema,
        improved_performance: some_numbers(request.improved_performance),
        oidc_single_v1_session_termination: request.oidc_single_v1_session_termination,
        login_v2: request.login_v2.map(login_v2),
        permission_check_v2: request.permission_check_v2,
        enable_relational_tables: request.enable_relational_tables,
        ..Features::default()
    };
    let receipt = command::set_of_system(ctx, &flags).await?;
    Ok(v2::SetSystemFeaturesResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn v2_reset_system(
    ctx: &mut Context,
    _request: v2::ResetSystemFeaturesRequest,
) -> Result<v2::ResetSystemFeaturesResponse> {
    let receipt = command::reset_of_system(ctx).await?;
    Ok(v2::ResetSystemFeaturesResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn v2_get_system(
    ctx: &mut Context,
    _request: v2::GetSystemFeaturesRequest,
) -> Result<v2::GetSystemFeaturesResponse> {
    let system = documents::system(ctx.read().await?).await?;
    let levels = Levels { system: Some(&system.value), instance: None };
    Ok(v2::GetSystemFeaturesResponse {
        details: details(&system, "SYSTEM"),
        login_default_org: levels.flag(|features| features.login_default_org),
        user_schema: levels.flag(|features| features.user_schema),
        improved_performance: levels.improved_performance(),
        oidc_single_v1_session_termination: levels.flag(|features| features.oidc_single_v1_session_termination),
        login_v2: levels.login_v2(),
        permission_check_v2: levels.flag(|features| features.permission_check_v2),
        enable_relational_tables: levels.flag(|features| features.enable_relational_tables),
        ..v2::GetSystemFeaturesResponse::default()
    })
}

pub(super) async fn v2_set_instance(
    ctx: &mut Context,
    request: v2::SetInstanceFeaturesRequest,
) -> Result<v2::SetInstanceFeaturesResponse> {
    let flags = Features {
        login_default_org: request.login_default_org,
        user_schema: request.user_schema,
        improved_performance: some_numbers(request.improved_performance),
        debug_oidc_parent_error: request.debug_oidc_parent_error,
        oidc_single_v1_session_termination: request.oidc_single_v1_session_termination,
        login_v2: request.login_v2.map(login_v2),
        permission_check_v2: request.permission_check_v2,
        console_use_v2_user_api: request.console_use_v2_user_api,
        enable_relational_tables: request.enable_relational_tables,
    };
    let receipt = command::set_of_instance(ctx, &flags).await?;
    Ok(v2::SetInstanceFeaturesResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn v2_reset_instance(
    ctx: &mut Context,
    _request: v2::ResetInstanceFeaturesRequest,
) -> Result<v2::ResetInstanceFeaturesResponse> {
    let receipt = command::reset_of_instance(ctx).await?;
    Ok(v2::ResetInstanceFeaturesResponse { details: convert::details_v2(&receipt) })
}

pub(super) async fn v2_get_instance(
    ctx: &mut Context,
    request: v2::GetInstanceFeaturesRequest,
) -> Result<v2::GetInstanceFeaturesResponse> {
    let connection = ctx.read().await?;
    let system = if request.inheritance { Some(documents::system(connection).await?.value) } else { None };
    let instance = store::of_instance::<Features>(connection).await?;
    let levels = Levels { system: system.as_ref(), instance: Some(&instance.value) };
    Ok(v2::GetInstanceFeaturesResponse {
        details: details(&instance, &ctx.instance.id),
        login_default_org: levels.flag(|features| features.login_default_org),
        user_schema: levels.flag(|features| features.user_schema),
        improved_performance: levels.improved_performance(),
        debug_oidc_parent_error: levels.flag(|features| features.debug_oidc_parent_error),
        oidc_single_v1_session_termination: levels.flag(|features| features.oidc_single_v1_session_termination),
        login_v2: levels.login_v2(),
        permission_check_v2: levels.flag(|features| features.permission_check_v2),
        console_use_v2_user_api: levels.flag(|features| features.console_use_v2_user_api),
        enable_relational_tables: levels.flag(|features| features.enable_relational_tables),
        ..v2::GetInstanceFeaturesResponse::default()
    })
}

pub(super) async fn v2beta_set_system(
    ctx: &mut Context,
    request: v2beta::SetSystemFeaturesRequest,
) -> Result<v2beta::SetSystemFeaturesResponse> {
    via(v2_set_system(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_reset_system(
    ctx: &mut Context,
    request: v2beta::ResetSystemFeaturesRequest,
) -> Result<v2beta::ResetSystemFeaturesResponse> {
    via(v2_reset_system(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_get_system(
    ctx: &mut Context,
    request: v2beta::GetSystemFeaturesRequest,
) -> Result<v2beta::GetSystemFeaturesResponse> {
    via(v2_get_system(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_set_instance(
    ctx: &mut Context,
    request: v2beta::SetInstanceFeaturesRequest,
) -> Result<v2beta::SetInstanceFeaturesResponse> {
    via(v2_set_instance(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_reset_instance(
    ctx: &mut Context,
    request: v2beta::ResetInstanceFeaturesRequest,
) -> Result<v2beta::ResetInstanceFeaturesResponse> {
    via(v2_reset_instance(ctx, twin(&request)?).await)
}

pub(super) async fn v2beta_get_instance(
    ctx: &mut Context,
    request: v2beta::GetInstanceFeaturesRequest,
) -> Result<v2beta::GetInstanceFeaturesResponse> {
    via(v2_get_instance(ctx, twin(&request)?).await)
}

/// v1 knows one feature, the first: `INSTANCE_FEATURE_LOGIN_DEFAULT_ORG`.
pub(super) async fn system_set_instance(
    ctx: &mut Context,
    request: system::v1::SetInstanceFeatureRequest,
) -> Result<system::v1::SetInstanceFeatureResponse> {
    use system::v1::set_instance_feature_request::Value;
    let Some(Value::Bool(value)) = request.value else { return Err(NO_SUCH_FEATURE.into()) };
    if request.feature_id != 1 {
        return Err(NO_SUCH_FEATURE.into());
    }
    let flags = Features { login_default_org: Some(value), ..Features::default() };
    let receipt = command::set_of_instance(ctx, &flags).await?;
    Ok(system::v1::SetInstanceFeatureResponse { details: convert::changed(&receipt) })
}

pub(super) async fn admin_activate_login_default_org(
    ctx: &mut Context,
    _request: admin::v1::ActivateFeatureLoginDefaultOrgRequest,
) -> Result<admin::v1::ActivateFeatureLoginDefaultOrgResponse> {
    let flags = Features { login_default_org: Some(true), ..Features::default() };
    let receipt = command::set_of_instance(ctx, &flags).await?;
    Ok(admin::v1::ActivateFeatureLoginDefaultOrgResponse { details: convert::changed(&receipt) })
}

/// An empty list cannot be told from an absent one on the wire: absent.
fn some_numbers(numbers: Vec<i32>) -> Option<Vec<i32>> {
    (!numbers.is_empty()).then_some(numbers)
}

fn login_v2(value: v2::LoginV2) -> LoginV2 {
    LoginV2 { required: value.required, base_uri: value.base_uri }
}

fn details(stored: &Stored<Features>, owner: &str) -> Option<castellan_proto::zitadel::object::v2::Details> {
    (stored.sequence > 0).then(|| castellan_proto::zitadel::object::v2::Details {
        sequence: stored.sequence,
        change_date: Some(convert::timestamp(stored.changed_at)),
        resource_owner: owner.to_owned(),
        creation_date: None,
    })
}

/// The levels that a value may come from.
struct Levels<'a> {
    system: Option<&'a Features>,
    instance: Option<&'a Features>,
}

impl Levels<'_> {
    fn pick<T>(&self, value: impl Fn(&Features) -> Option<T>) -> Option<(T, v2::Source)> {
        let instance = self.instance.and_then(&value).map(|value| (value, v2::Source::Instance));
        instance.or_else(|| self.system.and_then(&value).map(|value| (value, v2::Source::System)))
    }

    fn flag(&self, value: impl Fn(&Features) -> Option<bool>) -> Option<v2::FeatureFlag> {
        let (enabled, source) = self.pick(value).unwrap_or((false, v2::Source::Unspecified));
        Some(v2::FeatureFlag { enabled, source: source as i32 })
    }

    fn improved_performance(&self) -> Option<v2::ImprovedPerformanceFeatureFlag> {
        let picked = self.pick(|features| features.improved_performance.clone());
        let (execution_paths, source) = picked.unwrap_or((Vec::new(), v2::Source::Unspecified));
        Some(v2::ImprovedPerformanceFeatureFlag { execution_paths, source: source as i32 })
    }

    fn login_v2(&self) -> Option<v2::LoginV2FeatureFlag> {
        let picked = self.pick(|features| features.login_v2.clone());
        let (value, source) = picked.unwrap_or((LoginV2::default(), v2::Source::Unspecified));
        Some(v2::LoginV2FeatureFlag { required: value.required, base_uri: value.base_uri, source: source as i32 })
    }
}
