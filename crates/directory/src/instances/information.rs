//! What the server says about itself: health, OpenID endpoints, ids of the instance, views and failed events. RPCs: Healthz of all v1
//! services, Management GetOIDCInformation and GetIAM, Admin and System ListViews, ClearView, ListFailedEvents, RemoveFailedEvent.
//! There are no views here that could lag or fail: reads see every acknowledged write, so those lists are empty.

use castellan_kernel::Result;
use castellan_proto::methods::{admin_v1, auth_v1, management_v1, system_v1};
use castellan_proto::zitadel::{
    admin::v1 as admin, auth::v1 as auth, management::v1 as management, system::v1 as system,
};
use castellan_rpc::{Context, Registry};

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/instances/information")
        .query::<admin_v1::Healthz>(admin_health)
        .query::<management_v1::Healthz>(management_health)
        .query::<auth_v1::Healthz>(auth_health)
        .query::<system_v1::Healthz>(system_health)
        .query::<management_v1::GetOIDCInformation>(oidc_information)
        .query::<management_v1::GetIAM>(instance_ids)
        .query::<admin_v1::ListViews>(admin_views)
        .query::<admin_v1::ListFailedEvents>(admin_failed_events)
        .query::<admin_v1::RemoveFailedEvent>(admin_remove_failed_event)
        .query::<system_v1::ListViews>(system_views)
        .query::<system_v1::ClearView>(system_clear_view)
        .query::<system_v1::ListFailedEvents>(system_failed_events)
        .query::<system_v1::RemoveFailedEvent>(system_remove_failed_event);
}

async fn admin_health(_: &mut Context, _: admin::HealthzRequest) -> Result<admin::HealthzResponse> {
    Ok(admin::HealthzResponse {})
}

async fn management_health(_: &mut Context, _: management::HealthzRequest) -> Result<management::HealthzResponse> {
    Ok(management::HealthzResponse {})
}

async fn auth_health(_: &mut Context, _: auth::HealthzRequest) -> Result<auth::HealthzResponse> {
    Ok(auth::HealthzResponse {})
}

async fn system_health(_: &mut Context, _: system::HealthzRequest) -> Result<system::HealthzResponse> {
    Ok(system::HealthzResponse {})
}

/// The issuer is the origin that the caller used.
async fn oidc_information(
    ctx: &mut Context,
    _: management::GetOidcInformationRequest,
) -> Result<management::GetOidcInformationResponse> {
    Ok(management::GetOidcInformationResponse {
        issuer: ctx.origin.to_string(),
        discovery_endpoint: format!("{}/.well-known/openid-configuration", ctx.origin),
    })
}

async fn instance_ids(ctx: &mut Context, _: management::GetIamRequest) -> Result<management::GetIamResponse> {
    let default_org = ctx.instance.default_org_id.clone();
    Ok(management::GetIamResponse {
        global_org_id: default_org.clone(),
        iam_project_id: ctx.instance.project_id.clone(),
        default_org_id: default_org,
    })
}

async fn admin_views(_: &mut Context, _: admin::ListViewsRequest) -> Result<admin::ListViewsResponse> {
    Ok(admin::ListViewsResponse { result: Vec::new() })
}

async fn admin_failed_events(
    _: &mut Context,
    _: admin::ListFailedEventsRequest,
) -> Result<admin::ListFailedEventsResponse> {
    Ok(admin::ListFailedEventsResponse { result: Vec::new() })
}

async fn admin_remove_failed_event(
    _: &mut Context,
    _: admin::RemoveFailedEventRequest,
) -> Result<admin::RemoveFailedEventResponse> {
    Ok(admin::RemoveFailedEventResponse {})
}

async fn system_views(_: &mut Context, _: system::ListViewsRequest) -> Result<system::ListViewsResponse> {
    Ok(system::ListViewsResponse { result: Vec::new() })
}

async fn system_clear_view(_: &mut Context, _: system::ClearViewRequest) -> Result<system::ClearViewResponse> {
    Ok(system::ClearViewResponse {})
}

async fn system_failed_events(
    _: &mut Context,
    _: system::ListFailedEventsRequest,
) -> Result<system::ListFailedEventsResponse> {
    Ok(system::ListFailedEventsResponse { result: Vec::new() })
}

async fn system_remove_failed_event(
    _: &mut Context,
    _: system::RemoveFailedEventRequest,
) -> Result<system::RemoveFailedEventResponse> {
    Ok(system::RemoveFailedEventResponse {})
}
