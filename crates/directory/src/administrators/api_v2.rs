//! `internal_permission` v2 and v2beta: conversion only, no rules. The versions differ in how they name project grants.

use castellan_db::query::Condition;
use castellan_kernel::{Error, Fault, Result, TextMethod, TimeMethod};
use castellan_proto::zitadel::internal_permission::{v2, v2beta};
use castellan_rpc::{Context, convert};
use prost::Message;

use super::command::{self, Assignment};
use super::query::{self, Sorting, filter};
use super::target::{Reach, Resource};
use super::{Administrator, Level};

const CREATE_NOTHING: Fault = Fault::invalid("ADMIN-IbPp47HDP5", "Errors.Invalid.Argument");
const UPDATE_NOTHING: Fault = Fault::invalid("ADMIN-i0V2IbdloZ", "Errors.Invalid.Argument");
const DELETE_NOTHING: Fault = Fault::invalid("ADMIN-3UOjLtuohh", "Errors.Invalid.Argument");
const FILTER_INVALID: Fault = Fault::invalid("PERM-Dsg3z", "Errors.Query.InvalidRequest");
const TOO_DEEP: Fault = Fault::invalid("PERM-zsQ97", "Errors.Query.TooManyNestingLevels");

/// How deep filters may be nested.
const MAX_NESTING: u32 = 20;

/// The message of the other version with the same fields under the same numbers.
fn recast<A: Message, B: Message + Default>(message: &A) -> Result<B> {
    B::decode(message.encode_to_vec().as_slice()).map_err(Error::internal)
}

fn resource(resource: Option<v2::ResourceType>, missing: Fault) -> Result<Resource> {
    use v2::resource_type::Resource as Wire;
    Ok(match resource.and_then(|resource| resource.resource).ok_or(missing)? {
        Wire::Instance(true) => Resource::Instance,
        Wire::Instance(false) => return Err(missing.into()),
        Wire::OrganizationId(org) => Resource::Org(org),
        Wire::ProjectId(project) => Resource::Project(project),
        Wire::ProjectGrant(grant) => Resource::ProjectGrantTo { project: grant.project_id, org: grant.organization_id },
    })
}

fn beta_resource(resource: Option<v2beta::ResourceType>, missing: Fault) -> Result<Resource> {
    use v2beta::resource_type::Resource as Wire;
    Ok(match resource.and_then(|resource| resource.resource).ok_or(missing)? {
        Wire::Instance(true) => Resource::Instance,
        Wire::Instance(false) => return Err(missing.into()),
        Wire::OrganizationId(org) => Resource::Org(org),
        Wire::ProjectId(project) => Resource::Project(project),
        Wire::ProjectGrant(grant) => Resource::ProjectGrantTo { project: grant.project_id, org: grant.organization_id },
    })
}

pub(super) async fn create(
    ctx: &mut Context,
    request: v2::CreateAdministratorRequest,
) -> Result<v2::CreateAdministratorResponse> {
    let resource = resource(request.resource, CREATE_NOTHING)?;
    let assignment = Assignment { reach: Reach::Instance, resource, user_id: request.user_id, roles: request.roles };
    let receipt = command::add(ctx, assignment).await?;
    Ok(v2::CreateAdministratorResponse { creation_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn beta_create(
    ctx: &mut Context,
    request: v2beta::CreateAdministratorRequest,
) -> Result<v2beta::CreateAdministratorResponse> {
    let resource = beta_resource(request.resource, CREATE_NOTHING)?;
    let assignment = Assignment { reach: Reach::Instance, resource, user_id: request.user_id, roles: request.roles };
    let receipt = command::add(ctx, assignment).await?;
    Ok(v2beta::CreateAdministratorResponse { creation_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateAdministratorRequest,
) -> Result<v2::UpdateAdministratorResponse> {
    let resource = resource(request.resource, UPDATE_NOTHING)?;
    let assignment = Assignment { reach: Reach::Instance, resource, user_id: request.user_id, roles: request.roles };
    let receipt = command::update(ctx, assignment).await?;
    Ok(v2::UpdateAdministratorResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn beta_update(
    ctx: &mut Context,
    request: v2beta::UpdateAdministratorRequest,
) -> Result<v2beta::UpdateAdministratorResponse> {
    let resource = beta_resource(request.resource, UPDATE_NOTHING)?;
    let assignment = Assignment { reach: Reach::Instance, resource, user_id: request.user_id, roles: request.roles };
    let receipt = command::update(ctx, assignment).await?;
    Ok(v2beta::UpdateAdministratorResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2::DeleteAdministratorRequest,
) -> Result<v2::DeleteAdministratorResponse> {
    let resource = resource(request.resource, DELETE_NOTHING)?;
    let receipt = command::remove(ctx, &Reach::Instance, &resource, &request.user_id).await?;
    Ok(v2::DeleteAdministratorResponse { deletion_date: receipt.map(|receipt| convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteAdministratorRequest,
) -> Result<v2beta::DeleteAdministratorResponse> {
    let resource = beta_resource(request.resource, DELETE_NOTHING)?;
    let receipt = command::remove(ctx, &Reach::Instance, &resource, &request.user_id).await?;
    let deletion_date = receipt.map(|receipt| convert::timestamp(receipt.changed_at));
    Ok(v2beta::DeleteAdministratorResponse { deletion_date })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2::ListAdministratorsRequest,
) -> Result<v2::ListAdministratorsResponse> {
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let sorting = sorting(request.sorting_column);
    let filters = request.filters.into_iter().map(|filter| v2_filter(filter, 0)).collect::<Result<_>>()?;
    let list = query::visible(ctx, filters, sorting, page).await?;
    Ok(v2::ListAdministratorsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        administrators: list.items.iter().map(administrator).collect(),
    })
}

pub(super) async fn beta_list(
    ctx: &mut Context,
    request: v2beta::ListAdministratorsRequest,
) -> Result<v2beta::ListAdministratorsResponse> {
    let page = request.pagination.as_ref().map(recast).transpose()?;
    let page = convert::page_filter_v2(ctx.env().page_limits, page.as_ref())?;
    let sorting = sorting(request.sorting_column.unwrap_or_default());
    let filters = request.filters.into_iter().map(|filter| beta_filter(filter, 0)).collect::<Result<_>>()?;
    let list = query::visible(ctx, filters, sorting, page).await?;
    recast(&v2::ListAdministratorsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        administrators: list.items.iter().map(administrator).collect(),
    })
}

fn sorting(column: i32) -> Sorting {
    match v2::AdministratorFieldName::try_from(column).unwrap_or_default() {
        v2::AdministratorFieldName::Unspecified | v2::AdministratorFieldName::CreationDate => Sorting::Created,
        v2::AdministratorFieldName::UserId => Sorting::User,
        v2::AdministratorFieldName::ChangeDate => Sorting::Changed,
    }
}

/// The filters of one version: they differ in the package and in how they name resources.
macro_rules! filters {
    ($function:ident, $version:ident, $resource:ident) => {
        fn $function(filter: $version::AdministratorSearchFilter, depth: u32) -> Result<Condition> {
            use $version::administrator_search_filter::Filter;
            if depth > MAX_NESTING {
                return Err(TOO_DEEP.into());
            }
            let time = |filter: &castellan_proto::zitadel::filter::$version::TimestampFilter| {
                let method = TimeMethod::from_number(filter.method).ok_or(FILTER_INVALID)?;
                Ok::<_, Error>((method, convert::from_timestamp(&filter.timestamp.unwrap_or_default())))
            };
            let text = |method| TextMethod::from_number(method).ok_or(FILTER_INVALID);
            let nested = |filters: Vec<$version::AdministratorSearchFilter>| {
                if filters.is_empty() {
                    return Err(Error::from(FILTER_INVALID));
                }
                filters.into_iter().map(|filter| $function(filter, depth + 1)).collect::<Result<Vec<_>>>()
            };
            Ok(match filter.filter.ok_or(FILTER_INVALID)? {
                Filter::CreationDate(filter) => {
                    let (method, time) = time(&filter)?;
                    filter::created(method, time)
                }
                Filter::ChangeDate(filter) => {
                    let (method, time) = time(&filter)?;
                    filter::changed(method, time)
                }
                Filter::InUserIdsFilter(filter) if filter.ids.is_empty() => return Err(FILTER_INVALID.into()),
                Filter::InUserIdsFilter(filter) => filter::users(filter.ids),
                Filter::UserOrganizationId(filter) => filter::user_org(filter.id),
                Filter::UserPreferredLoginName(filter) => {
                    filter::login_name(text(filter.method)?, &filter.preferred_login_name)
                }
                Filter::UserDisplayName(filter) => filter::display_name(text(filter.method)?, &filter.display_name),
                Filter::Resource(filter) => $resource(filter)?,
                Filter::Role(filter) => filter::role(&filter.role_key),
                Filter::And(filter) => Condition::all(nested(filter.queries)?),
                Filter::Or(filter) => Condition::any(nested(filter.queries)?),
                Filter::Not(filter) => !$function(*filter.query.ok_or(FILTER_INVALID)?, depth + 1)?,
            })
        }
    };
}

filters!(v2_filter, v2, v2_resource_filter);
filters!(beta_filter, v2beta, beta_resource_filter);

fn v2_resource_filter(filter: v2::ResourceFilter) -> Result<Condition> {
    use v2::resource_filter::Resource as Wire;
    Ok(match filter.resource.ok_or(FILTER_INVALID)? {
        Wire::Instance(true) => filter::level(Level::Instance),
        Wire::Instance(false) => !filter::level(Level::Instance),
        Wire::OrganizationId(org) => filter::resource(Resource::Org(org)),
        Wire::ProjectId(project) => filter::resource(Resource::Project(project)),
        Wire::ProjectGrant(grant) => {
            filter::resource(Resource::ProjectGrantTo { project: grant.project_id, org: grant.organization_id })
        }
    })
}

fn beta_resource_filter(filter: v2beta::ResourceFilter) -> Result<Condition> {
    use v2beta::resource_filter::Resource as Wire;
    Ok(match filter.resource.ok_or(FILTER_INVALID)? {
        Wire::Instance(true) => filter::level(Level::Instance),
        Wire::Instance(false) => !filter::level(Level::Instance),
        Wire::OrganizationId(org) => filter::resource(Resource::Org(org)),
        Wire::ProjectId(project) => filter::resource(Resource::Project(project)),
        Wire::ProjectGrantId(grant) => filter::grant(grant),
    })
}

fn administrator(administrator: &Administrator) -> v2::Administrator {
    use v2::administrator::Resource as Wire;
    v2::Administrator {
        creation_date: Some(convert::timestamp(administrator.created_at)),
        change_date: Some(convert::timestamp(administrator.changed_at)),
        user: Some(v2::User {
            id: administrator.user_id.clone(),
            preferred_login_name: administrator.login_name.clone(),
            display_name: administrator.display_name.clone(),
            organization_id: administrator.user_org_id.clone(),
        }),
        roles: administrator.roles.clone(),
        resource: Some(match administrator.level {
            Level::Instance => Wire::Instance(true),
            Level::Org => Wire::Organization(v2::Organization {
                id: administrator.org_id.clone(),
                name: administrator.org_name.clone(),
            }),
            Level::Project => Wire::Project(v2::Project {
                id: administrator.project_id.clone(),
                name: administrator.project_name.clone(),
                organization_id: administrator.org_id.clone(),
            }),
            Level::ProjectGrant => Wire::ProjectGrant(v2::ProjectGrant {
                id: administrator.grant_id.clone(),
                project_id: administrator.project_id.clone(),
                project_name: administrator.project_name.clone(),
                organization_id: administrator.org_id.clone(),
                granted_organization_id: administrator.granted_org_id.clone(),
            }),
        }),
    }
}
