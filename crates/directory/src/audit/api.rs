//! Events and changes on the wire: conversion, and as what a caller sees them.

use castellan_kernel::{Page, Permission, Result};
use castellan_proto::zitadel::{
    admin::v1 as admin, auth::v1 as auth, change::v1 as change, event::v1 as event, management::v1 as management,
};
use castellan_rpc::{Context, convert};

use super::changes::{self, Change, Part, Resource};
use super::events::{self, EventFilter, RecordedEvent};
use super::{catalogue, payload};

pub(super) async fn list_events(
    ctx: &mut Context,
    request: admin::ListEventsRequest,
) -> Result<admin::ListEventsResponse> {
    use admin::list_events_request::CreationDateFilter;
    #[allow(deprecated, reason = "clients of earlier versions send it")]
    let deprecated = request.creation_date;
    let (from, range) = match request.creation_date_filter {
        Some(CreationDateFilter::From(from)) => (Some(from), None),
        Some(CreationDateFilter::Range(range)) => (None, Some(range)),
        None => (deprecated, None),
    };
    let (mut after, mut before) = (None, None);
    if let Some(from) = from {
        // Where the list begins: the other end depends on the direction.
        let bound = if request.asc { &mut after } else { &mut before };
        *bound = Some(convert::from_timestamp(&from));
    }
    if let Some(range) = range {
        after = range.since.as_ref().map(convert::from_timestamp);
        before = range.until.as_ref().map(convert::from_timestamp);
    }
    let filter = EventFilter {
        sequence: request.sequence,
        editor: request.editor_user_id,
        event_types: request.event_types,
        aggregate_types: request.aggregate_types,
        aggregate_id: request.aggregate_id,
        owner: request.resource_owner,
        after,
        before,
    };
    let events = events::list(ctx, filter, request.limit, request.asc).await?;
    Ok(admin::ListEventsResponse { events: events.into_iter().map(|event| wire_event(ctx, event)).collect() })
}

fn wire_event(ctx: &Context, recorded: RecordedEvent) -> event::Event {
    event::Event {
        editor: Some(event::Editor {
            user_id: recorded.editor,
            display_name: recorded.editor_name,
            service: "zitadel".to_owned(),
        }),
        aggregate: Some(event::Aggregate {
            id: recorded.aggregate_id,
            r#type: Some(aggregate_type(ctx, &recorded.aggregate_type)),
            resource_owner: recorded.owner,
        }),
        sequence: recorded.sequence,
        creation_date: Some(convert::timestamp(recorded.created_at)),
        payload: recorded.payload.and_then(payload::to_struct),
        r#type: Some(event_type(ctx, &recorded.event_type)),
    }
}

fn event_type(ctx: &Context, kind: &str) -> event::EventType {
    event::EventType { r#type: kind.to_owned(), localized: Some(catalogue::event_name(ctx, kind)) }
}

fn aggregate_type(ctx: &Context, kind: &str) -> event::AggregateType {
    event::AggregateType { r#type: kind.to_owned(), localized: Some(catalogue::aggregate_name(ctx, kind)) }
}

#[allow(clippy::unused_async, reason = "handlers are async")]
pub(super) async fn list_event_types(
    ctx: &mut Context,
    _: admin::ListEventTypesRequest,
) -> Result<admin::ListEventTypesResponse> {
    let event_types = catalogue::event_types().map(|kind| event_type(ctx, kind)).collect();
    Ok(admin::ListEventTypesResponse { event_types })
}

#[allow(clippy::unused_async, reason = "handlers are async")]
pub(super) async fn list_aggregate_types(
    ctx: &mut Context,
    _: admin::ListAggregateTypesRequest,
) -> Result<admin::ListAggregateTypesResponse> {
    let aggregate_types = catalogue::aggregate_types().into_iter().map(|kind| aggregate_type(ctx, kind)).collect();
    Ok(admin::ListAggregateTypesResponse { aggregate_types })
}

pub(super) async fn list_user_changes(
    ctx: &mut Context,
    request: management::ListUserChangesRequest,
) -> Result<management::ListUserChangesResponse> {
    let result = of_context(ctx, Permission::UserRead, None, "user", request.user_id, None, request.query).await?;
    Ok(management::ListUserChangesResponse { result })
}

pub(super) async fn list_org_changes(
    ctx: &mut Context,
    request: management::ListOrgChangesRequest,
) -> Result<management::ListOrgChangesResponse> {
    let org = ctx.caller.org.clone();
    let result = of_context(ctx, Permission::OrgRead, None, "org", org, None, request.query).await?;
    Ok(management::ListOrgChangesResponse { result })
}

pub(super) async fn list_project_changes(
    ctx: &mut Context,
    request: management::ListProjectChangesRequest,
) -> Result<management::ListProjectChangesResponse> {
    let project = request.project_id;
    let resource = Some(project.clone());
    let result = of_context(ctx, Permission::ProjectRead, resource, "project", project, None, request.query).await?;
    Ok(management::ListProjectChangesResponse { result })
}

pub(super) async fn list_grant_changes(
    ctx: &mut Context,
    request: management::ListProjectGrantChangesRequest,
) -> Result<management::ListProjectGrantChangesResponse> {
    let project = request.project_id;
    let resource = Some(project.clone());
    let part = Some(("grantId", request.grant_id));
    let result =
        of_context(ctx, Permission::ProjectGrantRead, resource, "project", project, part, request.query).await?;
    Ok(management::ListProjectGrantChangesResponse { result })
}

pub(super) async fn list_application_changes(
    ctx: &mut Context,
    request: management::ListAppChangesRequest,
) -> Result<management::ListAppChangesResponse> {
    let project = request.project_id;
    let resource = Some(project.clone());
    let part = Some(("appId", request.app_id));
    let result = of_context(ctx, Permission::ProjectAppRead, resource, "project", project, part, request.query).await?;
    Ok(management::ListAppChangesResponse { result })
}

pub(super) async fn list_my_user_changes(
    ctx: &mut Context,
    request: auth::ListMyUserChangesRequest,
) -> Result<auth::ListMyUserChangesResponse> {
    let resource = Resource {
        aggregate_type: "user",
        aggregate_id: ctx.caller.user_id.clone(),
        owner: ctx.caller.own_org.clone(),
        part: None,
    };
    let changes = changes::list(ctx, resource, asked(request.query)).await?;
    Ok(auth::ListMyUserChangesResponse { result: changes.into_iter().map(|change| wire_change(ctx, change)).collect() })
}

/// The changes of something that the context organization owns. The door has let in who has the permission on any resource of
/// the organization; who has it not on this one finds nothing.
async fn of_context(
    ctx: &mut Context,
    permission: Permission,
    limited_to: Option<String>,
    aggregate_type: &'static str,
    aggregate_id: String,
    part: Option<(&'static str, String)>,
    query: Option<change::ChangeQuery>,
) -> Result<Vec<change::Change>> {
    let owner = ctx.caller.org.clone();
    if !ctx.caller.may(permission, &owner, limited_to.as_deref()) {
        return Ok(Vec::new());
    }
    let resource = Resource { aggregate_type, aggregate_id, owner, part };
    let changes = changes::list(ctx, resource, asked(query)).await?;
    Ok(changes.into_iter().map(|change| wire_change(ctx, change)).collect())
}

fn asked(query: Option<change::ChangeQuery>) -> Part {
    let query = query.unwrap_or_default();
    Part { after_sequence: query.sequence, page: Page::unbounded(0, query.limit, query.asc) }
}

fn wire_change(ctx: &Context, change: Change) -> change::Change {
    let avatar = &change.editor_avatar_key;
    let editor_avatar_url = if avatar.is_empty() {
        String::new()
    } else {
        format!("{}/assets/v1/{}/{avatar}", ctx.origin, change.editor_org)
    };
    change::Change {
        change_date: Some(convert::timestamp(change.created_at)),
        event_type: Some(catalogue::event_name(ctx, &change.event_type)),
        sequence: change.sequence,
        editor_id: change.editor,
        editor_display_name: change.editor_name,
        resource_owner_id: change.owner,
        editor_preferred_login_name: change.editor_login_name,
        editor_avatar_url,
    }
}
