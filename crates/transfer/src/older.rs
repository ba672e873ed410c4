//! The older form of an organization (`zitadel.v1.v1.DataOrg`): the same parts, with the domain policy under its former name, and
//! factors and identity providers beside the login policy.

use castellan_proto::zitadel::admin::v1::{AddCustomDomainPolicyRequest, DataOrg};
use castellan_proto::zitadel::management::v1::AddCustomLoginPolicyRequest;
use castellan_proto::zitadel::management::v1::add_custom_login_policy_request::Idp;
use castellan_proto::zitadel::v1::v1 as older;
use castellan_settings::LoginPolicy;

use crate::export;

/// The organization in today's form. The older policy knew one rule only; the others are off.
pub(crate) fn org(mut org: older::DataOrg) -> DataOrg {
    let login_policy = login_policy(&mut org);
    DataOrg {
        domain_policy: org.iam_policy.map(domain_policy),
        org_id: org.org_id,
        org: org.org,
        label_policy: org.label_policy,
        lockout_policy: org.lockout_policy,
        login_policy,
        password_complexity_policy: org.password_complexity_policy,
        privacy_policy: org.privacy_policy,
        projects: org.projects,
        project_roles: org.project_roles,
        api_apps: org.api_apps,
        oidc_apps: org.oidc_apps,
        human_users: org.human_users,
        machine_users: org.machine_users,
        trigger_actions: org.trigger_actions.into_iter().map(trigger_actions).collect(),
        actions: org.actions,
        project_grants: org.project_grants,
        user_grants: org.user_grants,
        org_members: org.org_members,
        project_members: org.project_members,
        project_grant_members: org.project_grant_members,
        user_metadata: org.user_metadata,
        login_texts: org.login_texts,
        init_messages: org.init_messages,
        password_reset_messages: org.password_reset_messages,
        verify_email_messages: org.verify_email_messages,
        verify_phone_messages: org.verify_phone_messages,
        domain_claimed_messages: org.domain_claimed_messages,
        passwordless_registration_messages: org.passwordless_registration_messages,
        oidc_idps: org.oidc_idps,
        jwt_idps: org.jwt_idps,
        user_links: org.user_links,
        domains: org.domains,
        app_keys: org.app_keys,
        machine_keys: org.machine_keys,
        invite_user_messages: org.invite_user_messages,
        ..DataOrg::default()
    }
}

/// The login policy with the factors and identity providers that stand beside it. Where they stand alone, the rest of the policy is as
/// every policy is at first.
pub(crate) fn login_policy(org: &mut older::DataOrg) -> Option<AddCustomLoginPolicyRequest> {
    let is_alone = org.second_factors.is_empty() && org.multi_factors.is_empty() && org.idps.is_empty();
    if org.login_policy.is_none() && is_alone {
        return None;
    }
    let built_in = || {
        export::login_policy(LoginPolicy {
            second_factors: Vec::new(),
            multi_factors: Vec::new(),
            ..LoginPolicy::default()
        })
    };
    let mut policy = org.login_policy.take().unwrap_or_else(built_in);
    add_missing(&mut policy.second_factors, org.second_factors.iter().map(|factor| factor.r#type));
    add_missing(&mut policy.multi_factors, org.multi_factors.iter().map(|factor| factor.r#type));
    policy.idps.extend(org.idps.drain(..).map(|idp| Idp { idp_id: idp.idp_id, owner_type: idp.owner_type }));
    Some(policy)
}

fn add_missing(factors: &mut Vec<i32>, beside: impl Iterator<Item = i32>) {
    for factor in beside {
        if !factors.contains(&factor) {
            factors.push(factor);
        }
    }
}

/// The domain policy under its former name.
pub(crate) fn domain_policy(policy: older::AddCustomOrgIamPolicyRequest) -> AddCustomDomainPolicyRequest {
    AddCustomDomainPolicyRequest {
        org_id: policy.org_id,
        user_login_must_be_domain: policy.user_login_must_be_domain,
        ..AddCustomDomainPolicyRequest::default()
    }
}

/// Flows and triggers were numbers of an enum; their names are texts today.
fn trigger_actions(
    actions: older::SetTriggerActionsRequest,
) -> castellan_proto::zitadel::management::v1::SetTriggerActionsRequest {
    castellan_proto::zitadel::management::v1::SetTriggerActionsRequest {
        flow_type: actions.flow_type.to_string(),
        trigger_type: actions.trigger_type.to_string(),
        action_ids: actions.action_ids,
    }
}
