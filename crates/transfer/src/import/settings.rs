//! Policies, branding and texts of an organization, through the requests that set them.

use castellan_proto::Method;
use castellan_proto::methods::{admin_v1 as admin, management_v1 as management};
use castellan_proto::zitadel::admin::v1::DataOrg;
use castellan_proto::zitadel::management::v1 as wire;
use castellan_rpc::Context;

use super::Refused;
use crate::rooms;

async fn run<M: Method>(
    ctx: &mut Context,
    kind: &'static str,
    id: &str,
    request: Option<&M::Request>,
) -> Result<(), Refused> {
    if let Some(request) = request {
        rooms().call::<M>(ctx, request).await.map_err(Refused::new(kind, id))?;
    }
    Ok(())
}

pub(super) async fn import(ctx: &mut Context, id: &str, org: &DataOrg) -> Result<(), Refused> {
    let mut domain_policy = org.domain_policy.clone();
    if let Some(policy) = &mut domain_policy {
        id.clone_into(&mut policy.org_id);
    }
    run::<admin::AddCustomDomainPolicy>(ctx, "domain_policy", id, domain_policy.as_ref()).await?;
    run::<management::AddCustomLabelPolicy>(ctx, "label_policy", id, org.label_policy.as_ref()).await?;
    let publish = org.label_policy.as_ref().map(|_| wire::ActivateCustomLabelPolicyRequest {});
    run::<management::ActivateCustomLabelPolicy>(ctx, "label_policy", id, publish.as_ref()).await?;
    run::<management::AddCustomLockoutPolicy>(ctx, "lockout_policy", id, org.lockout_policy.as_ref()).await?;
    login_policy(ctx, id, org).await?;
    let complexity = org.password_complexity_policy.as_ref();
    run::<management::AddCustomPasswordComplexityPolicy>(ctx, "password_complexity_policy", id, complexity).await?;
    run::<management::AddCustomPrivacyPolicy>(ctx, "privacy_policy", id, org.privacy_policy.as_ref()).await?;
    texts(ctx, org).await
}

/// Identity providers of the policy are reported elsewhere.
async fn login_policy(ctx: &mut Context, id: &str, org: &DataOrg) -> Result<(), Refused> {
    let mut policy = org.login_policy.clone();
    if let Some(policy) = &mut policy {
        policy.idps.clear();
    }
    run::<management::AddCustomLoginPolicy>(ctx, "login_policy", id, policy.as_ref()).await
}

async fn texts(ctx: &mut Context, org: &DataOrg) -> Result<(), Refused> {
    macro_rules! each {
        ($($list:ident: $method:ident, $kind:literal;)+) => {$(
            for text in &org.$list {
                run::<management::$method>(ctx, $kind, &text.language, Some(text)).await?;
            }
        )+};
    }
    each! {
        login_texts: SetCustomLoginText, "login_text";
        init_messages: SetCustomInitMessageText, "init_message";
        password_reset_messages: SetCustomPasswordResetMessageText, "password_reset_message";
        verify_email_messages: SetCustomVerifyEmailMessageText, "verify_email_message";
        verify_phone_messages: SetCustomVerifyPhoneMessageText, "verify_phone_message";
        verify_sms_otp_messages: SetCustomVerifySMSOTPMessageText, "verify_sms_otp_message";
        verify_email_otp_messages: SetCustomVerifyEmailOTPMessageText, "verify_email_otp_message";
        domain_claimed_messages: SetCustomDomainClaimedMessageCustomText, "domain_claimed_message";
        passwordless_registration_messages: SetCustomPasswordlessRegistrationMessageCustomText,
            "passwordless_registration_message";
        invite_user_messages: SetCustomInviteUserMessageCustomText, "invite_user_message";
    }
    Ok(())
}
