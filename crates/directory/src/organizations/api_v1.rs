//! Management, Admin and Auth v1: conversion only, no rules.

use castellan_kernel::{Fault, Result, TextMethod};
use castellan_proto::zitadel::{admin::v1 as admin, auth::v1 as auth, management::v1 as management, org};
use castellan_rpc::{Context, convert};

use super::admins::{Admin, NewAdmin, Who};
use super::query::{Filter, Sorting};
use super::{Organization, command, create, domains, query};
use crate::users::human::{AddHuman, InitialCode, NewAddress, NewPassword, Verification};

const QUERY_INVALID: Fault = Fault::invalid("ORG-vR9nC", "List.Query.Invalid");
const NAME_EMPTY: Fault = Fault::invalid("EVENT-Mf9sd", "Errors.Org.Invalid");
const USER_MISSING: Fault = Fault::invalid("ORG-GoXOn", "Errors.User.NotFound");
const REMOVE_NOT_FOUND: Fault = Fault::not_found("COMMA-aps2n", "Errors.Org.NotFound");

pub(super) async fn get_my(ctx: &mut Context, _: management::GetMyOrgRequest) -> Result<management::GetMyOrgResponse> {
    let id = ctx.caller.org.clone();
    Ok(management::GetMyOrgResponse { org: Some(wire(&query::get(ctx, &id).await?)) })
}

pub(super) async fn get_by_domain(
    ctx: &mut Context,
    request: management::GetOrgByDomainGlobalRequest,
) -> Result<management::GetOrgByDomainGlobalResponse> {
    let org = query::get_by_domain(ctx, &request.domain).await?;
    Ok(management::GetOrgByDomainGlobalResponse { org: Some(wire(&org)) })
}

pub(super) async fn add(ctx: &mut Context, request: management::AddOrgRequest) -> Result<management::AddOrgResponse> {
    if request.name.trim().is_empty() {
        return Err(NAME_EMPTY.into());
    }
    let (id, receipt) = create::create_own(ctx, &request.name).await?;
    Ok(management::AddOrgResponse { id, details: convert::added(&receipt) })
}

/// An organization with the person who administers it, and with a domain of its own if one is named.
pub(super) async fn set_up(ctx: &mut Context, request: admin::SetUpOrgRequest) -> Result<admin::SetUpOrgResponse> {
    use admin::set_up_org_request::User;
    let org = request.org.unwrap_or_default();
    let Some(User::Human(human)) = request.user else { return Err(USER_MISSING.into()) };
    let address = |address: String, verified| {
        let verification = if verified { Verification::Verified } else { Verification::Unspecified };
        NewAddress { address, verification }
    };
    let (profile, email) = (human.profile.unwrap_or_default(), human.email.unwrap_or_default());
    let person = AddHuman {
        user_name: Some(human.user_name),
        first_name: profile.first_name,
        last_name: profile.last_name,
        nick_name: profile.nick_name,
        display_name: profile.display_name,
        preferred_language: profile.preferred_language,
        gender: profile.gender,
        email: address(email.email, email.is_email_verified),
        phone: human
            .phone
            .filter(|phone| !phone.phone.is_empty())
            .map(|phone| address(phone.phone, phone.is_phone_verified)),
        password: (!human.password.is_empty()).then_some(NewPassword::Plain(human.password)),
        initial_code: InitialCode::UnlessUsable,
        ..AddHuman::default()
    };
    let admins = vec![NewAdmin { who: Who::Human(Box::new(person)), roles: request.roles }];
    let created = create::create_with_admins(ctx, None, &org.name, admins).await?;
    let mut receipt = created.receipt;
    if !org.domain.trim().is_empty() {
        receipt = domains::add(ctx, &created.id, &org.domain).await?;
    }
    let user_id = created.admins.into_iter().find_map(|admin| match admin {
        Admin::Created(human) => Some(human.user_id),
        Admin::Assigned(_) => None,
    });
    Ok(admin::SetUpOrgResponse {
        details: convert::added(&receipt),
        org_id: created.id,
        user_id: user_id.unwrap_or_default(),
    })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: management::UpdateOrgRequest,
) -> Result<management::UpdateOrgResponse> {
    let id = ctx.caller.org.clone();
    let receipt = command::rename(ctx, &id, &request.name).await?;
    // The contract's own quirk: this one answers with a creation date.
    Ok(management::UpdateOrgResponse { details: convert::added(&receipt) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    _: management::DeactivateOrgRequest,
) -> Result<management::DeactivateOrgResponse> {
    let id = ctx.caller.org.clone();
    let receipt = command::deactivate(ctx, &id).await?;
    Ok(management::DeactivateOrgResponse { details: convert::changed(&receipt) })
}

pub(super) async fn reactivate(
    ctx: &mut Context,
    _: management::ReactivateOrgRequest,
) -> Result<management::ReactivateOrgResponse> {
    let id = ctx.caller.org.clone();
    let receipt = command::reactivate(ctx, &id).await?;
    Ok(management::ReactivateOrgResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove_my(
    ctx: &mut Context,
    _: management::RemoveOrgRequest,
) -> Result<management::RemoveOrgResponse> {
    let id = ctx.caller.org.clone();
    let receipt = command::remove(ctx, &id).await?.ok_or(REMOVE_NOT_FOUND)?;
    Ok(management::RemoveOrgResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove(ctx: &mut Context, request: admin::RemoveOrgRequest) -> Result<admin::RemoveOrgResponse> {
    let receipt = command::remove(ctx, &request.org_id).await?.ok_or(REMOVE_NOT_FOUND)?;
    Ok(admin::RemoveOrgResponse { details: convert::changed(&receipt) })
}

pub(super) async fn get_by_id(
    ctx: &mut Context,
    request: admin::GetOrgByIdRequest,
) -> Result<admin::GetOrgByIdResponse> {
    Ok(admin::GetOrgByIdResponse { org: Some(wire(&query::get(ctx, &request.id).await?)) })
}

pub(super) async fn get_default(
    ctx: &mut Context,
    _: admin::GetDefaultOrgRequest,
) -> Result<admin::GetDefaultOrgResponse> {
    Ok(admin::GetDefaultOrgResponse { org: Some(wire(&query::get_default(ctx).await?)) })
}

pub(super) async fn set_default(
    ctx: &mut Context,
    request: admin::SetDefaultOrgRequest,
) -> Result<admin::SetDefaultOrgResponse> {
    let receipt = command::set_default(ctx, &request.org_id).await?;
    Ok(admin::SetDefaultOrgResponse { details: convert::changed(&receipt) })
}

pub(super) async fn is_unique(
    ctx: &mut Context,
    request: admin::IsOrgUniqueRequest,
) -> Result<admin::IsOrgUniqueResponse> {
    let is_unique = query::is_unique(ctx, &request.name, &request.domain).await?;
    Ok(admin::IsOrgUniqueResponse { is_unique })
}

pub(super) async fn list(ctx: &mut Context, request: admin::ListOrgsRequest) -> Result<admin::ListOrgsResponse> {
    let column = request.sorting_column;
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list(ctx, filters(request.queries)?, &sorting(column), page).await?;
    Ok(admin::ListOrgsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        sorting_column: column,
        result: list.items.iter().map(wire).collect(),
    })
}

pub(super) async fn list_my(
    ctx: &mut Context,
    request: auth::ListMyProjectOrgsRequest,
) -> Result<auth::ListMyProjectOrgsResponse> {
    let sorting = sorting(request.sorting_column);
    let page = convert::page_v1(request.query.as_ref());
    let list = query::list_mine(ctx, filters(request.queries)?, &sorting, page).await?;
    Ok(auth::ListMyProjectOrgsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(wire).collect(),
    })
}

fn sorting(column: i32) -> Sorting {
    if column == org::v1::OrgFieldName::Name as i32 { Sorting::Name } else { Sorting::Created }
}

fn filters(queries: Vec<org::v1::OrgQuery>) -> Result<Vec<Filter>> {
    use org::v1::org_query::Query;
    let method = |number| TextMethod::from_number(number).ok_or(QUERY_INVALID);
    queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                Query::NameQuery(query) => Filter::Name(query.name, method(query.method)?),
                Query::DomainQuery(query) => Filter::Domain(query.domain, method(query.method)?),
                Query::StateQuery(query) => Filter::State(query.state),
                Query::IdQuery(query) => Filter::Id(query.id),
            })
        })
        .collect()
}

pub(super) fn wire(organization: &Organization) -> org::v1::Org {
    let Organization { id, name, state, primary_domain, created_at, changed_at, sequence } = organization;
    org::v1::Org {
        id: id.clone(),
        details: convert::read(*sequence, *created_at, *changed_at, id),
        state: query::state_number(*state),
        name: name.clone(),
        primary_domain: primary_domain.clone(),
    }
}
