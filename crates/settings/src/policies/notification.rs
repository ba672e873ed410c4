//! What users are told by mail. RPCs: Admin and Management …NotificationPolicy. Document `notification_policy`. Events
//! `*.policy.notification.*`.

use castellan_kernel::{Fault, Owner, Result};
use castellan_proto::methods::{admin_v1, management_v1};
use castellan_proto::zitadel::{admin::v1 as admin, management::v1 as management, policy};
use castellan_rpc::{Context, Registry, convert};

use super::rpc::{Values as _, v1_handlers, values};
use crate::documents::NotificationPolicy;
use crate::store::{self, Stored};

const EXISTS: Fault = Fault::exists("INSTANCE-xpo1bj", "Errors.Instance.NotificationPolicy.AlreadyExists");

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("settings/policies/notification")
        .query::<admin_v1::GetNotificationPolicy>(admin_get)
        .command::<admin_v1::AddNotificationPolicy>(admin_add)
        .command::<admin_v1::UpdateNotificationPolicy>(admin_update)
        .query::<management_v1::GetNotificationPolicy>(get)
        .query::<management_v1::GetDefaultNotificationPolicy>(get_default)
        .command::<management_v1::AddCustomNotificationPolicy>(add)
        .command::<management_v1::UpdateCustomNotificationPolicy>(update)
        .command::<management_v1::ResetNotificationPolicyToDefault>(reset);
}

values! {
    NotificationPolicy: admin::AddNotificationPolicyRequest, admin::UpdateNotificationPolicyRequest,
        management::AddCustomNotificationPolicyRequest, management::UpdateCustomNotificationPolicyRequest;
    |request, _held| NotificationPolicy { password_change: request.password_change }
}

v1_handlers! {
    NotificationPolicy, wire;
    admin get GetNotificationPolicyRequest => GetNotificationPolicyResponse,
        update UpdateNotificationPolicyRequest => UpdateNotificationPolicyResponse;
    management get GetNotificationPolicyRequest => GetNotificationPolicyResponse { policy },
        default GetDefaultNotificationPolicyRequest => GetDefaultNotificationPolicyResponse,
        add AddCustomNotificationPolicyRequest => AddCustomNotificationPolicyResponse,
        update UpdateCustomNotificationPolicyRequest => UpdateCustomNotificationPolicyResponse,
        reset ResetNotificationPolicyToDefaultRequest => ResetNotificationPolicyToDefaultResponse;
}

/// Instances from before there was this policy have none until it is added.
async fn admin_add(
    ctx: &mut Context,
    request: admin::AddNotificationPolicyRequest,
) -> Result<admin::AddNotificationPolicyResponse> {
    if store::get::<NotificationPolicy>(ctx.tx().await?, &Owner::Instance).await?.is_some() {
        return Err(EXISTS.into());
    }
    let policy = request.apply(&NotificationPolicy::default());
    let receipt = super::insert_default(ctx, &policy).await?;
    Ok(admin::AddNotificationPolicyResponse { details: convert::added(&receipt) })
}

fn wire(stored: &Stored<NotificationPolicy>, instance_id: &str) -> policy::v1::NotificationPolicy {
    policy::v1::NotificationPolicy {
        details: stored.details(instance_id),
        is_default: stored.is_default(),
        password_change: stored.value.password_change,
    }
}
