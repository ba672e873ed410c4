//! Management v1: conversion only, no rules.

use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_proto::zitadel::app::v1 as wire;
use castellan_proto::zitadel::management::v1;
use castellan_rpc::{Context, convert};

use super::command::{self, ConfigChange, NewApplication, SecretOf};
use super::query::{self, filter};
use super::saml::{Metadata, SamlSettings};
use super::{AuthMethod, v1_config};
use crate::wire::{QUERY_INVALID, method};

fn reach(ctx: &Context) -> Reach {
    Reach::Org(ctx.caller.org.clone())
}

pub(super) async fn add_api(ctx: &mut Context, request: v1::AddApiAppRequest) -> Result<v1::AddApiAppResponse> {
    let reach = reach(ctx);
    let auth_method = AuthMethod::from_api_number(request.auth_method_type);
    let application = NewApplication { project_id: request.project_id, id: None, name: request.name };
    let added = command::create_api(ctx, &reach, application, auth_method).await?;
    Ok(v1::AddApiAppResponse {
        app_id: added.id,
        details: convert::added(&added.receipt),
        client_id: added.client_id,
        client_secret: added.client_secret.unwrap_or_default(),
    })
}

pub(super) async fn add_oidc(ctx: &mut Context, mut request: v1::AddOidcAppRequest) -> Result<v1::AddOidcAppResponse> {
    let reach = reach(ctx);
    let application = NewApplication {
        project_id: std::mem::take(&mut request.project_id),
        id: None,
        name: std::mem::take(&mut request.name),
    };
    let (auth_method, config) = v1_config::new_oidc(request)?;
    let config = super::oidc::normalized(config);
    let added = command::create_oidc(ctx, &reach, application, auth_method, config.clone()).await?;
    let (none_compliant, compliance_problems) = v1_config::problems(ctx, &config, auth_method);
    Ok(v1::AddOidcAppResponse {
        app_id: added.id,
        details: convert::added(&added.receipt),
        client_id: added.client_id,
        client_secret: added.client_secret.unwrap_or_default(),
        none_compliant,
        compliance_problems,
    })
}

pub(super) async fn add_saml(ctx: &mut Context, request: v1::AddSamlAppRequest) -> Result<v1::AddSamlAppResponse> {
    use v1::add_saml_app_request::Metadata as Wire;
    let reach = reach(ctx);
    let application = NewApplication { project_id: request.project_id, id: None, name: request.name };
    let metadata = match request.metadata {
        Some(Wire::MetadataXml(xml)) => Metadata::Xml(xml),
        Some(Wire::MetadataUrl(address)) => Metadata::Url(address),
        None => Metadata::None,
    };
    let settings = SamlSettings { metadata, login: Some(v1_config::login(request.login_version)) };
    let added = command::create_saml(ctx, &reach, application, settings).await?;
    Ok(v1::AddSamlAppResponse { app_id: added.id, details: convert::added(&added.receipt) })
}

pub(super) async fn update_saml(
    ctx: &mut Context,
    request: v1::UpdateSamlAppConfigRequest,
) -> Result<v1::UpdateSamlAppConfigResponse> {
    use v1::update_saml_app_config_request::Metadata as Wire;
    let reach = reach(ctx);
    let metadata = match request.metadata {
        Some(Wire::MetadataXml(xml)) => Metadata::Xml(xml),
        Some(Wire::MetadataUrl(address)) => Metadata::Url(address),
        None => Metadata::None,
    };
    let settings = SamlSettings { metadata, login: Some(v1_config::login(request.login_version)) };
    let change = ConfigChange::Saml(Box::new(settings));
    let receipt = command::update(ctx, &reach, &request.project_id, &request.app_id, None, Some(change)).await?;
    Ok(v1::UpdateSamlAppConfigResponse { details: convert::changed(&receipt) })
}

pub(super) async fn rename(ctx: &mut Context, request: v1::UpdateAppRequest) -> Result<v1::UpdateAppResponse> {
    let reach = reach(ctx);
    let name = Some(request.name);
    let receipt = command::update(ctx, &reach, &request.project_id, &request.app_id, name, None).await?;
    Ok(v1::UpdateAppResponse { details: convert::changed(&receipt) })
}

pub(super) async fn update_api(
    ctx: &mut Context,
    request: v1::UpdateApiAppConfigRequest,
) -> Result<v1::UpdateApiAppConfigResponse> {
    let reach = reach(ctx);
    let change = ConfigChange::Api(AuthMethod::from_api_number(request.auth_method_type));
    let receipt = command::update(ctx, &reach, &request.project_id, &request.app_id, None, Some(change)).await?;
    Ok(v1::UpdateApiAppConfigResponse { details: convert::changed(&receipt) })
}

pub(super) async fn update_oidc(
    ctx: &mut Context,
    mut request: v1::UpdateOidcAppConfigRequest,
) -> Result<v1::UpdateOidcAppConfigResponse> {
    let reach = reach(ctx);
    let (project_id, app_id) = (std::mem::take(&mut request.project_id), std::mem::take(&mut request.app_id));
    let change = ConfigChange::Oidc(Box::new(v1_config::oidc_change(request)?));
    let receipt = command::update(ctx, &reach, &project_id, &app_id, None, Some(change)).await?;
    Ok(v1::UpdateOidcAppConfigResponse { details: convert::changed(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v1::DeactivateAppRequest,
) -> Result<v1::DeactivateAppResponse> {
    let reach = reach(ctx);
    let receipt = command::deactivate(ctx, &reach, &request.project_id, &request.app_id).await?;
    Ok(v1::DeactivateAppResponse { details: convert::changed(&receipt) })
}

pub(super) async fn reactivate(
    ctx: &mut Context,
    request: v1::ReactivateAppRequest,
) -> Result<v1::ReactivateAppResponse> {
    let reach = reach(ctx);
    let receipt = command::reactivate(ctx, &reach, &request.project_id, &request.app_id).await?;
    Ok(v1::ReactivateAppResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(ctx: &mut Context, request: v1::RemoveAppRequest) -> Result<v1::RemoveAppResponse> {
    let reach = reach(ctx);
    let receipt = command::remove(ctx, &reach, &request.project_id, &request.app_id).await?;
    Ok(v1::RemoveAppResponse { details: convert::changed(&receipt) })
}

pub(super) async fn regenerate_api_secret(
    ctx: &mut Context,
    request: v1::RegenerateApiClientSecretRequest,
) -> Result<v1::RegenerateApiClientSecretResponse> {
    let reach = reach(ctx);
    let (client_secret, receipt) =
        command::regenerate_secret(ctx, &reach, &request.project_id, &request.app_id, SecretOf::Api).await?;
    Ok(v1::RegenerateApiClientSecretResponse { client_secret, details: convert::changed(&receipt) })
}

pub(super) async fn regenerate_oidc_secret(
    ctx: &mut Context,
    request: v1::RegenerateOidcClientSecretRequest,
) -> Result<v1::RegenerateOidcClientSecretResponse> {
    let reach = reach(ctx);
    let (client_secret, receipt) =
        command::regenerate_secret(ctx, &reach, &request.project_id, &request.app_id, SecretOf::Oidc).await?;
    Ok(v1::RegenerateOidcClientSecretResponse { client_secret, details: convert::changed(&receipt) })
}

pub(super) async fn get(ctx: &mut Context, request: v1::GetAppByIdRequest) -> Result<v1::GetAppByIdResponse> {
    let application = query::of_context(ctx, &request.project_id, &request.app_id).await?;
    Ok(v1::GetAppByIdResponse { app: Some(v1_config::application(ctx, &application)) })
}

pub(super) async fn list(ctx: &mut Context, request: v1::ListAppsRequest) -> Result<v1::ListAppsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let filters = request
        .queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                wire::app_query::Query::NameQuery(query) => filter::name(method(query.method)?, &query.name),
            })
        })
        .collect::<Result<_>>()?;
    let list = query::list_of_context(ctx, &request.project_id, filters, page).await?;
    Ok(v1::ListAppsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(|application| v1_config::application(ctx, application)).collect(),
    })
}
