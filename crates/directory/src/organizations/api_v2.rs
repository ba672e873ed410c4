//! v2: conversion only, no rules.

use castellan_kernel::{Fault, Kind, Result, TextMethod};
use castellan_proto::zitadel::{object, org::v2};
use castellan_rpc::{Context, convert};

use super::admins::{Admin, NewAdmin, Who, human_from_v2};
use super::create::create_with_admins;
use super::query::{Filter, Sorting};
use super::{Organization, command, query};

const QUERY_INVALID: Fault = Fault::invalid("ORG-vR9nC", "List.Query.Invalid");
const USER_TYPE: Fault =
    Fault::new(Kind::Unimplemented, "ORGv2-SD2r1", "userType oneOf %T in method AddOrganization not implemented");

pub(super) async fn add(ctx: &mut Context, request: v2::AddOrganizationRequest) -> Result<v2::AddOrganizationResponse> {
    use v2::add_organization_request::admin::UserType;
    let mut admins = Vec::with_capacity(request.admins.len());
    for admin in request.admins {
        let roles = admin.roles;
        let who = match admin.user_type {
            Some(UserType::UserId(user_id)) => Who::User(user_id),
            Some(UserType::Human(human)) => human_from_v2(human)?,
            None => return Err(USER_TYPE.into()),
        };
        admins.push(NewAdmin { who, roles });
    }
    #[allow(deprecated, reason = "callers of earlier versions send it")]
    let id = request.organization_id.or(request.org_id);
    let created = create_with_admins(ctx, id, &request.name, admins).await?;
    let created_admins = created.admins.into_iter().filter_map(|admin| match admin {
        Admin::Assigned(_) => None,
        Admin::Created(human) => Some(v2::add_organization_response::CreatedAdmin {
            user_id: human.user_id,
            email_code: human.email_code,
            phone_code: human.phone_code,
        }),
    });
    Ok(v2::AddOrganizationResponse {
        details: convert::details_v2(&created.receipt),
        organization_id: created.id,
        created_admins: created_admins.collect(),
    })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2::UpdateOrganizationRequest,
) -> Result<v2::UpdateOrganizationResponse> {
    let receipt = command::rename(ctx, &request.organization_id, &request.name).await?;
    Ok(v2::UpdateOrganizationResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2::DeactivateOrganizationRequest,
) -> Result<v2::DeactivateOrganizationResponse> {
    let receipt = command::deactivate(ctx, &request.organization_id).await?;
    Ok(v2::DeactivateOrganizationResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn activate(
    ctx: &mut Context,
    request: v2::ActivateOrganizationRequest,
) -> Result<v2::ActivateOrganizationResponse> {
    let receipt = command::reactivate(ctx, &request.organization_id).await?;
    Ok(v2::ActivateOrganizationResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2::DeleteOrganizationRequest,
) -> Result<v2::DeleteOrganizationResponse> {
    let receipt = command::remove(ctx, &request.organization_id).await?;
    Ok(v2::DeleteOrganizationResponse { deletion_date: receipt.map(|receipt| convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2::ListOrganizationsRequest,
) -> Result<v2::ListOrganizationsResponse> {
    use v2::search_query::Query;
    let sorting = match request.sorting_column() {
        v2::OrganizationFieldName::Name => Sorting::Name,
        v2::OrganizationFieldName::Unspecified | v2::OrganizationFieldName::CreationDate => Sorting::Created,
    };
    let method = |number| TextMethod::from_number(number).ok_or(QUERY_INVALID);
    let filters = request
        .queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                Query::NameQuery(query) => Filter::Name(query.name, method(query.method)?),
                Query::DomainQuery(query) => Filter::Domain(query.domain, method(query.method)?),
                Query::StateQuery(query) => Filter::State(query.state),
                Query::IdQuery(query) => Filter::Id(query.id),
                Query::DefaultQuery(_) => Filter::Default,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let page = convert::page_object_v2(request.query.as_ref());
    let list = query::list(ctx, filters, &sorting, page).await?;
    Ok(v2::ListOrganizationsResponse {
        details: convert::list_object_v2(list.total, ctx.now()),
        sorting_column: request.sorting_column,
        result: list.items.iter().map(wire).collect(),
    })
}

fn wire(organization: &Organization) -> v2::Organization {
    let Organization { id, name, state, primary_domain, created_at, changed_at, sequence } = organization;
    v2::Organization {
        id: id.clone(),
        details: Some(object::v2::Details {
            sequence: *sequence,
            change_date: Some(convert::timestamp(*changed_at)),
            resource_owner: id.clone(),
            creation_date: Some(convert::timestamp(*created_at)),
        }),
        state: query::state_number(*state),
        name: name.clone(),
        primary_domain: primary_domain.clone(),
    }
}
