//! group v2: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_kernel::{Fault, Result, TextMethod};
use castellan_proto::zitadel::authorization::v2beta::User;
use castellan_proto::zitadel::group::v2;
use castellan_rpc::{Context, convert};

use super::Group;
use super::command::{self, NewGroup};
use super::query::{self, Member, MemberSorting, Sorting};

const FILTER_INVALID: Fault = Fault::invalid("GRPC-g3f4g", "List.Query.Invalid");
const MEMBER_FILTER_INVALID: Fault = Fault::invalid("GRPC-osMHhx", "List.Query.Invalid");

pub(super) async fn create(ctx: &mut Context, request: v2::CreateGroupRequest) -> Result<v2::CreateGroupResponse> {
    let group = NewGroup {
        org_id: request.organization_id,
        id: request.id.filter(|id| !id.is_empty()),
        name: request.name,
        description: request.description,
    };
    let (id, receipt) = command::create(ctx, group).await?;
    Ok(v2::CreateGroupResponse { id, creation_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn update(ctx: &mut Context, request: v2::UpdateGroupRequest) -> Result<v2::UpdateGroupResponse> {
    let receipt = command::update(ctx, &request.id, request.name, request.description).await?;
    Ok(v2::UpdateGroupResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn delete(ctx: &mut Context, request: v2::DeleteGroupRequest) -> Result<v2::DeleteGroupResponse> {
    let receipt = command::delete(ctx, &request.id).await?;
    Ok(v2::DeleteGroupResponse { deletion_date: receipt.map(|receipt| convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn add_users(
    ctx: &mut Context,
    request: v2::AddUsersToGroupRequest,
) -> Result<v2::AddUsersToGroupResponse> {
    let receipt = command::add_users(ctx, &request.id, request.user_ids).await?;
    Ok(v2::AddUsersToGroupResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn remove_users(
    ctx: &mut Context,
    request: v2::RemoveUsersFromGroupRequest,
) -> Result<v2::RemoveUsersFromGroupResponse> {
    let receipt = command::remove_users(ctx, &request.id, request.user_ids).await?;
    Ok(v2::RemoveUsersFromGroupResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn get(ctx: &mut Context, request: v2::GetGroupRequest) -> Result<v2::GetGroupResponse> {
    let group = query::get(ctx, &request.id).await?;
    Ok(v2::GetGroupResponse { group: Some(wire_group(group)) })
}

pub(super) async fn list(ctx: &mut Context, request: v2::ListGroupsRequest) -> Result<v2::ListGroupsResponse> {
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let sorting = match request.sorting_column() {
        v2::FieldName::Unspecified | v2::FieldName::CreationDate => Sorting::Created,
        v2::FieldName::ChangeDate => Sorting::Changed,
        v2::FieldName::Id => Sorting::Id,
        v2::FieldName::Name => Sorting::Name,
    };
    let filters = request.filters.into_iter().map(group_filter).collect::<Result<_>>()?;
    let groups = query::list(ctx, filters, sorting, page).await?;
    Ok(v2::ListGroupsResponse {
        pagination: convert::pagination_v2(groups.total, &page),
        groups: groups.items.into_iter().map(wire_group).collect(),
    })
}

fn group_filter(filter: v2::GroupsSearchFilter) -> Result<Condition> {
    use v2::groups_search_filter::Filter;
    Ok(match filter.filter.ok_or(FILTER_INVALID)? {
        Filter::GroupIds(filter) if filter.ids.is_empty() => return Err(FILTER_INVALID.into()),
        Filter::GroupIds(filter) => Condition::in_list("g.id", filter.ids),
        Filter::NameFilter(filter) => {
            let method = TextMethod::from_number(filter.method).ok_or(FILTER_INVALID)?;
            Condition::text("g.name", "g.name_lower", method, &filter.name)
        }
        Filter::OrganizationId(filter) => Condition::equals("g.org_id", filter.id),
    })
}

pub(super) async fn list_users(
    ctx: &mut Context,
    request: v2::ListGroupUsersRequest,
) -> Result<v2::ListGroupUsersResponse> {
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let sorting = match request.sorting_column() {
        v2::GroupUserFieldName::Unspecified | v2::GroupUserFieldName::CreationDate => MemberSorting::Created,
        v2::GroupUserFieldName::UserId => MemberSorting::User,
        v2::GroupUserFieldName::GroupId => MemberSorting::Group,
    };
    let filters = request.filters.into_iter().map(member_filter).collect::<Result<_>>()?;
    let members = query::list_members(ctx, filters, sorting, page).await?;
    Ok(v2::ListGroupUsersResponse {
        pagination: convert::pagination_v2(members.total, &page),
        group_users: members.items.into_iter().map(|member| wire_member(ctx, member)).collect(),
    })
}

fn member_filter(filter: v2::GroupUsersSearchFilter) -> Result<Condition> {
    use v2::group_users_search_filter::Filter;
    Ok(match filter.filter.ok_or(MEMBER_FILTER_INVALID)? {
        Filter::UserIds(filter) | Filter::GroupIds(filter) if filter.ids.is_empty() => {
            return Err(MEMBER_FILTER_INVALID.into());
        }
        Filter::UserIds(filter) => Condition::in_list("m.user_id", filter.ids),
        Filter::GroupIds(filter) => Condition::in_list("m.group_id", filter.ids),
    })
}

fn wire_group(group: Group) -> v2::Group {
    v2::Group {
        id: group.id,
        name: group.name,
        description: group.description,
        organization_id: group.org_id,
        change_date: Some(convert::timestamp(group.changed_at)),
        creation_date: Some(convert::timestamp(group.created_at)),
    }
}

fn wire_member(ctx: &Context, member: Member) -> v2::GroupUser {
    let avatar_url = if member.avatar_key.is_empty() {
        String::new()
    } else {
        format!("{}/assets/v1/{}/{}", ctx.origin, member.user_org_id, member.avatar_key)
    };
    v2::GroupUser {
        group_id: member.group_id,
        organization_id: member.org_id,
        user: Some(User {
            id: member.user_id,
            preferred_login_name: member.login_name,
            display_name: member.display_name,
            avatar_url,
            organization_id: member.user_org_id,
        }),
        creation_date: Some(convert::timestamp(member.created_at)),
    }
}
