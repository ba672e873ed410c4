//! Admin, Management, Auth and System v1: conversion only, no rules.

use castellan_db::query::Condition;
use castellan_kernel::{Fault, Receipt, Result, TextMethod};
use castellan_proto::zitadel::{admin::v1 as admin, auth::v1 as auth, management::v1 as management};
use castellan_proto::zitadel::{member, system::v1 as system, user, v1::ObjectDetails};
use castellan_rpc::{Context, convert};

use super::command::{self, Assignment};
use super::query::{self, Sorting, filter};
use super::target::{Reach, Resource};
use super::{Administrator, Level};

const QUERY_INVALID: Fault = Fault::invalid("MEMBE-7Bb92", "Errors.Query.InvalidRequest");

fn context(ctx: &Context) -> Reach {
    Reach::Org(ctx.caller.org.clone())
}

fn own_org(ctx: &Context) -> Resource {
    Resource::Org(ctx.caller.org.clone())
}

/// Nothing was there to remove: the details name the owner only.
fn removed(receipt: Option<Receipt>, owner: &str) -> Option<ObjectDetails> {
    match receipt {
        Some(receipt) => convert::changed(&receipt),
        None => Some(ObjectDetails { resource_owner: owner.to_owned(), ..ObjectDetails::default() }),
    }
}

pub(super) async fn add_to_instance(
    ctx: &mut Context,
    request: admin::AddIamMemberRequest,
) -> Result<admin::AddIamMemberResponse> {
    let admin::AddIamMemberRequest { user_id, roles } = request;
    let assignment = Assignment { reach: Reach::Instance, resource: Resource::Instance, user_id, roles };
    let receipt = command::add(ctx, assignment).await?;
    Ok(admin::AddIamMemberResponse { details: convert::added(&receipt) })
}

pub(super) async fn update_on_instance(
    ctx: &mut Context,
    request: admin::UpdateIamMemberRequest,
) -> Result<admin::UpdateIamMemberResponse> {
    let admin::UpdateIamMemberRequest { user_id, roles } = request;
    let assignment = Assignment { reach: Reach::Instance, resource: Resource::Instance, user_id, roles };
    let receipt = command::update(ctx, assignment).await?;
    Ok(admin::UpdateIamMemberResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove_from_instance(
    ctx: &mut Context,
    request: admin::RemoveIamMemberRequest,
) -> Result<admin::RemoveIamMemberResponse> {
    let receipt = command::remove(ctx, &Reach::Instance, &Resource::Instance, &request.user_id).await?;
    Ok(admin::RemoveIamMemberResponse { details: removed(receipt, &ctx.instance.id) })
}

pub(super) async fn list_of_instance(
    ctx: &mut Context,
    request: admin::ListIamMembersRequest,
) -> Result<admin::ListIamMembersResponse> {
    let sorting = sorting(request.sorting_column());
    let page = convert::page_v1(request.query.as_ref());
    let filters = filters(request.queries)?;
    let list = query::of_resource(ctx, Resource::Instance, filters, sorting, page).await?;
    Ok(admin::ListIamMembersResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: members(ctx, &list.items),
    })
}

pub(super) async fn list_of_instance_for_system(
    ctx: &mut Context,
    request: system::ListIamMembersRequest,
) -> Result<system::ListIamMembersResponse> {
    let sorting = sorting(request.sorting_column());
    let page = convert::page_v1(request.query.as_ref());
    let filters = filters(request.queries)?;
    let list = query::of_resource(ctx, Resource::Instance, filters, sorting, page).await?;
    Ok(system::ListIamMembersResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: members(ctx, &list.items),
    })
}

pub(super) async fn instance_roles(
    ctx: &mut Context,
    _: admin::ListIamMemberRolesRequest,
) -> Result<admin::ListIamMemberRolesResponse> {
    let roles = role_names(ctx, Level::Instance);
    Ok(admin::ListIamMemberRolesResponse { details: convert::list_v1(roles.len() as u64, ctx.now()), roles })
}

pub(super) async fn add_to_org(
    ctx: &mut Context,
    request: management::AddOrgMemberRequest,
) -> Result<management::AddOrgMemberResponse> {
    let management::AddOrgMemberRequest { user_id, roles } = request;
    let assignment = Assignment { reach: context(ctx), resource: own_org(ctx), user_id, roles };
    let receipt = command::add(ctx, assignment).await?;
    Ok(management::AddOrgMemberResponse { details: convert::added(&receipt) })
}

pub(super) async fn update_on_org(
    ctx: &mut Context,
    request: management::UpdateOrgMemberRequest,
) -> Result<management::UpdateOrgMemberResponse> {
    let management::UpdateOrgMemberRequest { user_id, roles } = request;
    let assignment = Assignment { reach: context(ctx), resource: own_org(ctx), user_id, roles };
    let receipt = command::update(ctx, assignment).await?;
    Ok(management::UpdateOrgMemberResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove_from_org(
    ctx: &mut Context,
    request: management::RemoveOrgMemberRequest,
) -> Result<management::RemoveOrgMemberResponse> {
    let (reach, org) = (context(ctx), own_org(ctx));
    let receipt = command::remove(ctx, &reach, &org, &request.user_id).await?;
    Ok(management::RemoveOrgMemberResponse { details: removed(receipt, &ctx.caller.org) })
}

pub(super) async fn list_of_org(
    ctx: &mut Context,
    request: management::ListOrgMembersRequest,
) -> Result<management::ListOrgMembersResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let (org, filters) = (own_org(ctx), filters(request.queries)?);
    let list = query::of_resource(ctx, org, filters, Sorting::Created, page).await?;
    Ok(management::ListOrgMembersResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: members(ctx, &list.items),
    })
}

pub(super) async fn org_roles(
    ctx: &mut Context,
    _: management::ListOrgMemberRolesRequest,
) -> Result<management::ListOrgMemberRolesResponse> {
    Ok(management::ListOrgMemberRolesResponse { result: role_names(ctx, Level::Org) })
}

pub(super) async fn add_to_project(
    ctx: &mut Context,
    request: management::AddProjectMemberRequest,
) -> Result<management::AddProjectMemberResponse> {
    let management::AddProjectMemberRequest { project_id, user_id, roles } = request;
    let assignment = Assignment { reach: context(ctx), resource: Resource::Project(project_id), user_id, roles };
    let receipt = command::add(ctx, assignment).await?;
    Ok(management::AddProjectMemberResponse { details: convert::added(&receipt) })
}

pub(super) async fn update_on_project(
    ctx: &mut Context,
    request: management::UpdateProjectMemberRequest,
) -> Result<management::UpdateProjectMemberResponse> {
    let management::UpdateProjectMemberRequest { project_id, user_id, roles } = request;
    let assignment = Assignment { reach: context(ctx), resource: Resource::Project(project_id), user_id, roles };
    let receipt = command::update(ctx, assignment).await?;
    Ok(management::UpdateProjectMemberResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove_from_project(
    ctx: &mut Context,
    request: management::RemoveProjectMemberRequest,
) -> Result<management::RemoveProjectMemberResponse> {
    let (reach, project) = (context(ctx), Resource::Project(request.project_id));
    let receipt = command::remove(ctx, &reach, &project, &request.user_id).await?;
    Ok(management::RemoveProjectMemberResponse { details: removed(receipt, &ctx.caller.org) })
}

pub(super) async fn list_of_project(
    ctx: &mut Context,
    request: management::ListProjectMembersRequest,
) -> Result<management::ListProjectMembersResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let (project, filters) = (Resource::Project(request.project_id), filters(request.queries)?);
    let list = query::of_resource(ctx, project, filters, Sorting::Created, page).await?;
    Ok(management::ListProjectMembersResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: members(ctx, &list.items),
    })
}

pub(super) async fn project_roles(
    ctx: &mut Context,
    _: management::ListProjectMemberRolesRequest,
) -> Result<management::ListProjectMemberRolesResponse> {
    let result = role_names(ctx, Level::Project);
    let details = convert::list_v1(result.len() as u64, ctx.now());
    Ok(management::ListProjectMemberRolesResponse { details, result })
}

pub(super) async fn add_to_grant(
    ctx: &mut Context,
    request: management::AddProjectGrantMemberRequest,
) -> Result<management::AddProjectGrantMemberResponse> {
    let resource = Resource::ProjectGrant { project: request.project_id, grant: request.grant_id };
    let assignment = Assignment { reach: context(ctx), resource, user_id: request.user_id, roles: request.roles };
    let receipt = command::add(ctx, assignment).await?;
    Ok(management::AddProjectGrantMemberResponse { details: convert::added(&receipt) })
}

pub(super) async fn update_on_grant(
    ctx: &mut Context,
    request: management::UpdateProjectGrantMemberRequest,
) -> Result<management::UpdateProjectGrantMemberResponse> {
    let resource = Resource::ProjectGrant { project: request.project_id, grant: request.grant_id };
    let assignment = Assignment { reach: context(ctx), resource, user_id: request.user_id, roles: request.roles };
    let receipt = command::update(ctx, assignment).await?;
    Ok(management::UpdateProjectGrantMemberResponse { details: convert::changed(&receipt) })
}

pub(super) async fn remove_from_grant(
    ctx: &mut Context,
    request: management::RemoveProjectGrantMemberRequest,
) -> Result<management::RemoveProjectGrantMemberResponse> {
    let reach = context(ctx);
    let resource = Resource::ProjectGrant { project: request.project_id, grant: request.grant_id };
    let receipt = command::remove(ctx, &reach, &resource, &request.user_id).await?;
    Ok(management::RemoveProjectGrantMemberResponse { details: removed(receipt, &ctx.caller.org) })
}

pub(super) async fn list_of_grant(
    ctx: &mut Context,
    request: management::ListProjectGrantMembersRequest,
) -> Result<management::ListProjectGrantMembersResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let resource = Resource::ProjectGrant { project: request.project_id, grant: request.grant_id };
    let filters = filters(request.queries)?;
    let list = query::of_resource(ctx, resource, filters, Sorting::Created, page).await?;
    Ok(management::ListProjectGrantMembersResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: members(ctx, &list.items),
    })
}

pub(super) async fn grant_roles(
    ctx: &mut Context,
    _: management::ListProjectGrantMemberRolesRequest,
) -> Result<management::ListProjectGrantMemberRolesResponse> {
    let result = role_names(ctx, Level::ProjectGrant);
    let details = convert::list_v1(result.len() as u64, ctx.now());
    Ok(management::ListProjectGrantMemberRolesResponse { details, result })
}

pub(super) async fn list_of_user(
    ctx: &mut Context,
    request: management::ListUserMembershipsRequest,
) -> Result<management::ListUserMembershipsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let filters = membership_filters(request.queries)?;
    let list = query::of_user(ctx, request.user_id, filters, page).await?;
    Ok(management::ListUserMembershipsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(|administrator| membership(ctx, administrator)).collect(),
    })
}

pub(super) async fn list_of_caller(
    ctx: &mut Context,
    request: auth::ListMyMembershipsRequest,
) -> Result<auth::ListMyMembershipsResponse> {
    let page = convert::page_v1(request.query.as_ref());
    let filters = membership_filters(request.queries)?;
    let list = query::of_caller(ctx, filters, page).await?;
    Ok(auth::ListMyMembershipsResponse {
        details: convert::list_v1(list.total, ctx.now()),
        result: list.items.iter().map(|administrator| membership(ctx, administrator)).collect(),
    })
}

pub(super) async fn permissions_of_caller(
    ctx: &mut Context,
    _: auth::ListMyZitadelPermissionsRequest,
) -> Result<auth::ListMyZitadelPermissionsResponse> {
    Ok(auth::ListMyZitadelPermissionsResponse { result: ctx.caller.permissions_in_context() })
}

fn role_names(ctx: &Context, level: Level) -> Vec<String> {
    level.role_names(&ctx.env().roles, ctx.caller.org == ctx.instance.default_org_id)
}

fn sorting(column: member::v1::MemberFieldColumnName) -> Sorting {
    use member::v1::MemberFieldColumnName as Column;
    match column {
        Column::MemberFieldNameUnspecified | Column::MemberFieldNameCreationDate => Sorting::Created,
        Column::MemberFieldNameUserId => Sorting::User,
        Column::MemberFieldNameChangeDate => Sorting::Changed,
        Column::MemberFieldNameUserResourceOwner => Sorting::UserOrg,
    }
}

fn filters(queries: Vec<member::v1::SearchQuery>) -> Result<Vec<Condition>> {
    use member::v1::search_query::Query;
    let method = |number| TextMethod::from_number(number).ok_or(QUERY_INVALID);
    queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                Query::FirstNameQuery(query) => filter::first_name(method(query.method)?, &query.first_name),
                Query::LastNameQuery(query) => filter::last_name(method(query.method)?, &query.last_name),
                Query::EmailQuery(query) => filter::email(method(query.method)?, &query.email),
                Query::UserIdQuery(query) => filter::user(query.user_id),
            })
        })
        .collect()
}

fn membership_filters(queries: Vec<user::v1::MembershipQuery>) -> Result<Vec<Condition>> {
    use user::v1::membership_query::Query;
    queries
        .into_iter()
        .map(|query| {
            Ok(match query.query.ok_or(QUERY_INVALID)? {
                Query::OrgQuery(query) => filter::resource(Resource::Org(query.org_id)),
                Query::ProjectQuery(query) => filter::resource(Resource::Project(query.project_id)),
                Query::ProjectGrantQuery(query) => filter::grant(query.project_grant_id),
                Query::IamQuery(query) if query.iam => filter::level(Level::Instance),
                Query::IamQuery(_) => !filter::level(Level::Instance),
            })
        })
        .collect()
}

fn owner<'a>(ctx: &'a Context, administrator: &'a Administrator) -> &'a str {
    match administrator.level {
        Level::Instance => &ctx.instance.id,
        Level::Org | Level::Project | Level::ProjectGrant => &administrator.org_id,
    }
}

fn members(ctx: &Context, administrators: &[Administrator]) -> Vec<member::v1::Member> {
    administrators
        .iter()
        .map(|administrator| member::v1::Member {
            user_id: administrator.user_id.clone(),
            details: convert::read(
                administrator.sequence,
                administrator.created_at,
                administrator.changed_at,
                owner(ctx, administrator),
            ),
            roles: administrator.roles.clone(),
            preferred_login_name: administrator.login_name.clone(),
            email: administrator.email.clone(),
            first_name: administrator.first_name.clone(),
            last_name: administrator.last_name.clone(),
            display_name: administrator.display_name.clone(),
            avatar_url: avatar_url(ctx, administrator),
            user_type: administrator.user_kind,
            user_resource_owner: administrator.user_org_id.clone(),
        })
        .collect()
}

fn avatar_url(ctx: &Context, administrator: &Administrator) -> String {
    if administrator.avatar_key.is_empty() {
        return String::new();
    }
    format!("{}/assets/v1/{}/{}", ctx.origin, administrator.user_org_id, administrator.avatar_key)
}

fn membership(ctx: &Context, administrator: &Administrator) -> user::v1::Membership {
    use user::v1::membership::Type;
    let (kind, name) = match administrator.level {
        Level::Instance => (Type::Iam(true), &ctx.instance.name),
        Level::Org => (Type::OrgId(administrator.org_id.clone()), &administrator.org_name),
        Level::Project => (Type::ProjectId(administrator.project_id.clone()), &administrator.project_name),
        Level::ProjectGrant => (Type::ProjectGrantId(administrator.grant_id.clone()), &administrator.project_name),
    };
    user::v1::Membership {
        user_id: administrator.user_id.clone(),
        details: convert::read(
            administrator.sequence,
            administrator.created_at,
            administrator.changed_at,
            owner(ctx, administrator),
        ),
        roles: administrator.roles.clone(),
        display_name: name.clone(),
        r#type: Some(kind),
    }
}
