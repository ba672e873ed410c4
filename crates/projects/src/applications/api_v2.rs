//! application v2: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Result};
use castellan_proto::zitadel::application::v2;
use castellan_rpc::{Context, convert};

use super::command::{self, ConfigChange, NewApplication, SecretOf};
use super::query::{self, Sorting, filter};
use super::{AuthMethod, Kind, oidc, v2_config};
use crate::wire::{QUERY_INVALID, changed_at, method, page};

const UNKNOWN_TYPE: Fault = Fault::invalid("APP-0iiN46", "unknown app type");

pub(super) async fn create(
    ctx: &mut Context,
    request: v2::CreateApplicationRequest,
) -> Result<v2::CreateApplicationResponse> {
    use v2::create_application_request::ApplicationType as Wanted;
    use v2::create_application_response::ApplicationType as Made;
    let application =
        NewApplication { project_id: request.project_id, id: Some(request.application_id), name: request.name };
    let (added, made) = match request.application_type.ok_or(UNKNOWN_TYPE)? {
        Wanted::OidcConfiguration(request) => {
            let (auth_method, config) = v2_config::new_oidc(request)?;
            let config = oidc::normalized(config);
            let added = command::create_oidc(ctx, &Reach::Instance, application, auth_method, config.clone()).await?;
            let (non_compliant, compliance_problems) = v2_config::localized_problems(ctx, &config, auth_method);
            let made = Made::OidcConfiguration(v2::CreateOidcApplicationResponse {
                client_id: added.client_id.clone(),
                client_secret: added.client_secret.clone().unwrap_or_default(),
                non_compliant,
                compliance_problems,
            });
            (added, made)
        }
        Wanted::ApiConfiguration(request) => {
            let auth_method = AuthMethod::from_api_number(request.auth_method_type);
            let added = command::create_api(ctx, &Reach::Instance, application, auth_method).await?;
            let made = Made::ApiConfiguration(v2::CreateApiApplicationResponse {
                client_id: added.client_id.clone(),
                client_secret: added.client_secret.clone().unwrap_or_default(),
            });
            (added, made)
        }
        Wanted::SamlConfiguration(request) => {
            let added = command::create_saml(ctx, &Reach::Instance, application, v2_config::new_saml(request)).await?;
            (added, Made::SamlConfiguration(v2::CreateSamlApplicationResponse {}))
        }
    };
    Ok(v2::CreateApplicationResponse {
        application_id: added.id,
        creation_date: changed_at(&added.receipt),
        application_type: Some(made),
    })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateApplicationRequest,
) -> Result<v2::UpdateApplicationResponse> {
    use v2::update_application_request::ApplicationType;
    let name = (!request.name.trim().is_empty()).then_some(request.name);
    let config = match request.application_type {
        Some(ApplicationType::OidcConfiguration(change)) => {
            Some(ConfigChange::Oidc(Box::new(v2_config::oidc_change(change)?)))
        }
        Some(ApplicationType::ApiConfiguration(change)) => {
            Some(ConfigChange::Api(AuthMethod::from_api_number(change.auth_method_type)))
        }
        Some(ApplicationType::SamlConfiguration(change)) => {
            Some(ConfigChange::Saml(Box::new(v2_config::saml_change(change))))
        }
        None => None,
    };
    if name.is_none() && config.is_none() {
        return Err(UNKNOWN_TYPE.into());
    }
    let (project_id, id) = (request.project_id, request.application_id);
    let receipt = command::update(ctx, &Reach::Instance, &project_id, &id, name, config).await?;
    Ok(v2::UpdateApplicationResponse { change_date: changed_at(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2::DeactivateApplicationRequest,
) -> Result<v2::DeactivateApplicationResponse> {
    let receipt = command::deactivate(ctx, &Reach::Instance, &request.project_id, &request.application_id).await?;
    Ok(v2::DeactivateApplicationResponse { deactivation_date: changed_at(&receipt) })
}

pub(super) async fn reactivate(
    ctx: &mut Context,
    request: v2::ReactivateApplicationRequest,
) -> Result<v2::ReactivateApplicationResponse> {
    let receipt = command::reactivate(ctx, &Reach::Instance, &request.project_id, &request.application_id).await?;
    Ok(v2::ReactivateApplicationResponse { reactivation_date: changed_at(&receipt) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2::DeleteApplicationRequest,
) -> Result<v2::DeleteApplicationResponse> {
    let receipt = command::remove(ctx, &Reach::Instance, &request.project_id, &request.application_id).await?;
    Ok(v2::DeleteApplicationResponse { deletion_date: changed_at(&receipt) })
}

pub(super) async fn generate_secret(
    ctx: &mut Context,
    request: v2::GenerateClientSecretRequest,
) -> Result<v2::GenerateClientSecretResponse> {
    let (project_id, id) = (request.project_id, request.application_id);
    let (client_secret, receipt) =
        command::regenerate_secret(ctx, &Reach::Instance, &project_id, &id, SecretOf::Any).await?;
    Ok(v2::GenerateClientSecretResponse { client_secret, creation_date: changed_at(&receipt) })
}

pub(super) async fn get(ctx: &mut Context, request: v2::GetApplicationRequest) -> Result<v2::GetApplicationResponse> {
    let application = query::by_id(ctx, &request.application_id).await?;
    Ok(v2::GetApplicationResponse { application: Some(v2_config::application(ctx, &application)) })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2::ListApplicationsRequest,
) -> Result<v2::ListApplicationsResponse> {
    let page = page(ctx, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column);
    let filters = request.filters.into_iter().map(search_filter).collect::<Result<_>>()?;
    let list = query::list_visible(ctx, filters, sorting, page).await?;
    Ok(v2::ListApplicationsResponse {
        applications: list.items.iter().map(|application| v2_config::application(ctx, application)).collect(),
        pagination: convert::pagination_v2(list.total, &page),
    })
}

/// Both versions number the columns alike.
pub(super) fn sorting(column: i32) -> Sorting {
    match v2::ApplicationSorting::try_from(column).unwrap_or_default() {
        v2::ApplicationSorting::ApplicationSortById => Sorting::Id,
        v2::ApplicationSorting::ApplicationSortByName => Sorting::Name,
        v2::ApplicationSorting::ApplicationSortByState => Sorting::State,
        v2::ApplicationSorting::ApplicationSortByCreationDate => Sorting::Created,
        v2::ApplicationSorting::ApplicationSortByChangeDate => Sorting::Changed,
    }
}

fn search_filter(search: v2::ApplicationSearchFilter) -> Result<Condition> {
    use v2::application_search_filter::Filter;
    Ok(match search.filter.ok_or(QUERY_INVALID)? {
        Filter::ProjectIdFilter(by) => filter::project(&by.project_id),
        Filter::NameFilter(by) => filter::name(method(by.method)?, &by.name),
        Filter::StateFilter(state) => filter::state(state),
        Filter::TypeFilter(kind) => filter::kind(match v2::ApplicationType::try_from(kind).unwrap_or_default() {
            v2::ApplicationType::Oidc => Kind::Oidc,
            v2::ApplicationType::Api => Kind::Api,
            v2::ApplicationType::Saml => Kind::Saml,
            v2::ApplicationType::Unspecified => return Err(QUERY_INVALID.into()),
        }),
        Filter::ClientIdFilter(by) => filter::client_id(by.client_id),
        Filter::EntityIdFilter(by) => filter::entity_id(&by.entity_id),
    })
}
