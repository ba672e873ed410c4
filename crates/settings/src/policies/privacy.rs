//! Links on the pages. RPCs: Admin and Management …PrivacyPolicy, Auth GetMyPrivacyPolicy, settings v2 and v2beta
//! GetLegalAndSupportSettings. Document `privacy_policy`. Events `*.policy.privacy.*`.

use castellan_kernel::Result;
use castellan_proto::methods::{admin_v1, auth_v1, management_v1, settings_v2, settings_v2beta};
use castellan_proto::zitadel::{admin::v1 as admin, auth::v1 as auth, management::v1 as management, policy, settings};
use castellan_rpc::{Context, Registry};

use super::rpc::{owner_type, v1_handlers, v2_read, values};
use crate::documents::PrivacyPolicy;
use crate::store::Stored;

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("settings/policies/privacy")
        .query::<admin_v1::GetPrivacyPolicy>(admin_get)
        .command::<admin_v1::UpdatePrivacyPolicy>(admin_update)
        .query::<management_v1::GetPrivacyPolicy>(get)
        .query::<management_v1::GetDefaultPrivacyPolicy>(get_default)
        .command::<management_v1::AddCustomPrivacyPolicy>(add)
        .command::<management_v1::UpdateCustomPrivacyPolicy>(update)
        .command::<management_v1::ResetPrivacyPolicyToDefault>(reset)
        .query::<auth_v1::GetMyPrivacyPolicy>(get_mine)
        .query::<settings_v2::GetLegalAndSupportSettings>(v2_get)
        .query::<settings_v2beta::GetLegalAndSupportSettings>(v2beta_get);
}

values! {
    PrivacyPolicy: admin::UpdatePrivacyPolicyRequest, management::AddCustomPrivacyPolicyRequest,
        management::UpdateCustomPrivacyPolicyRequest;
    |request, _held| PrivacyPolicy {
        tos_link: request.tos_link,
        privacy_link: request.privacy_link,
        help_link: request.help_link,
        support_email: request.support_email,
        docs_link: request.docs_link,
        custom_link: request.custom_link,
        custom_link_text: request.custom_link_text,
    }
}

v1_handlers! {
    PrivacyPolicy, wire;
    admin get GetPrivacyPolicyRequest => GetPrivacyPolicyResponse,
        update UpdatePrivacyPolicyRequest => UpdatePrivacyPolicyResponse;
    management get GetPrivacyPolicyRequest => GetPrivacyPolicyResponse { policy },
        default GetDefaultPrivacyPolicyRequest => GetDefaultPrivacyPolicyResponse,
        add AddCustomPrivacyPolicyRequest => AddCustomPrivacyPolicyResponse,
        update UpdateCustomPrivacyPolicyRequest => UpdateCustomPrivacyPolicyResponse,
        reset ResetPrivacyPolicyToDefaultRequest => ResetPrivacyPolicyToDefaultResponse;
}

v2_read!(PrivacyPolicy, v2_wire, GetLegalAndSupportSettingsRequest => GetLegalAndSupportSettingsResponse);

async fn get_mine(ctx: &mut Context, _: auth::GetMyPrivacyPolicyRequest) -> Result<auth::GetMyPrivacyPolicyResponse> {
    let org = ctx.caller.own_org.clone();
    let stored = super::read(ctx, &org).await?;
    Ok(auth::GetMyPrivacyPolicyResponse { policy: Some(wire(&stored, &ctx.instance.id)) })
}

fn wire(stored: &Stored<PrivacyPolicy>, instance_id: &str) -> policy::v1::PrivacyPolicy {
    let value = stored.value.clone();
    policy::v1::PrivacyPolicy {
        details: stored.details(instance_id),
        tos_link: value.tos_link,
        privacy_link: value.privacy_link,
        is_default: stored.is_default(),
        help_link: value.help_link,
        support_email: value.support_email,
        docs_link: value.docs_link,
        custom_link: value.custom_link,
        custom_link_text: value.custom_link_text,
    }
}

fn v2_wire(stored: &Stored<PrivacyPolicy>) -> settings::v2::LegalAndSupportSettings {
    let value = stored.value.clone();
    settings::v2::LegalAndSupportSettings {
        tos_link: value.tos_link,
        privacy_policy_link: value.privacy_link,
        help_link: value.help_link,
        support_email: value.support_email,
        resource_owner_type: owner_type(stored),
        docs_link: value.docs_link,
        custom_link: value.custom_link,
        custom_link_text: value.custom_link_text,
    }
}
