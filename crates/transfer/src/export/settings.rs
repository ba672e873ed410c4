//! Policies, branding and texts that an organization has of its own.

use castellan_kernel::{Error, Owner, Result};
use castellan_proto::zitadel::admin::v1::{AddCustomDomainPolicyRequest, DataOrg};
use castellan_proto::zitadel::management::v1 as wire;
use castellan_rpc::descriptor::Contract;
use castellan_rpc::{Context, json};
use castellan_settings::store::get;
use castellan_settings::texts::{self, OwnTexts, Template};
use castellan_settings::{
    DomainPolicy, LabelPolicy, LockoutPolicy, LoginPolicy, PasswordComplexityPolicy, PrivacyPolicy,
};
use prost::Message;
use serde_json::Value;

pub(super) async fn read(ctx: &mut Context, id: &str, org: &mut DataOrg) -> Result<()> {
    let owner = Owner::Org(id.to_owned());
    let connection = ctx.read().await?;
    org.domain_policy = get::<DomainPolicy>(connection, &owner).await?.map(|stored| AddCustomDomainPolicyRequest {
        org_id: id.to_owned(),
        user_login_must_be_domain: stored.value.user_login_must_be_domain,
        validate_org_domains: stored.value.validate_org_domains,
        smtp_sender_address_matches_instance_domain: stored.value.smtp_sender_address_matches_instance_domain,
    });
    org.label_policy = get::<LabelPolicy>(connection, &owner).await?.map(|stored| label(stored.value));
    org.lockout_policy = get::<LockoutPolicy>(connection, &owner).await?.map(|stored| lockout(&stored.value));
    org.login_policy = get::<LoginPolicy>(connection, &owner).await?.map(|stored| login(stored.value));
    let complexity = get::<PasswordComplexityPolicy>(connection, &owner).await?;
    org.password_complexity_policy = complexity.map(|stored| wire::AddCustomPasswordComplexityPolicyRequest {
        min_length: stored.value.min_length,
        has_uppercase: stored.value.has_uppercase,
        has_lowercase: stored.value.has_lowercase,
        has_number: stored.value.has_number,
        has_symbol: stored.value.has_symbol,
    });
    org.privacy_policy = get::<PrivacyPolicy>(connection, &owner).await?.map(|stored| privacy(stored.value));
    for own in texts::own(connection, &owner).await? {
        add_texts(own, org)?;
    }
    Ok(())
}

/// Branding as it is published; pictures and fonts have no place in the format.
fn label(policy: LabelPolicy) -> wire::AddCustomLabelPolicyRequest {
    wire::AddCustomLabelPolicyRequest {
        primary_color: policy.primary_color,
        hide_login_name_suffix: policy.hide_login_name_suffix,
        warn_color: policy.warn_color,
        background_color: policy.background_color,
        font_color: policy.font_color,
        primary_color_dark: policy.primary_color_dark,
        background_color_dark: policy.background_color_dark,
        warn_color_dark: policy.warn_color_dark,
        font_color_dark: policy.font_color_dark,
        disable_watermark: policy.disable_watermark,
        theme_mode: policy.theme_mode,
    }
}

fn lockout(policy: &LockoutPolicy) -> wire::AddCustomLockoutPolicyRequest {
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    wire::AddCustomLockoutPolicyRequest {
        max_password_attempts: count(policy.max_password_attempts),
        max_otp_attempts: count(policy.max_otp_attempts),
    }
}

pub(crate) fn login(policy: LoginPolicy) -> wire::AddCustomLoginPolicyRequest {
    wire::AddCustomLoginPolicyRequest {
        allow_username_password: policy.allow_username_password,
        allow_register: policy.allow_register,
        allow_external_idp: policy.allow_external_idp,
        force_mfa: policy.force_mfa,
        passwordless_type: policy.passwordless_type,
        hide_password_reset: policy.hide_password_reset,
        ignore_unknown_usernames: policy.ignore_unknown_usernames,
        default_redirect_uri: policy.default_redirect_uri,
        password_check_lifetime: Some(policy.password_check_lifetime.to_proto()),
        external_login_check_lifetime: Some(policy.external_login_check_lifetime.to_proto()),
        mfa_init_skip_lifetime: Some(policy.mfa_init_skip_lifetime.to_proto()),
        second_factor_check_lifetime: Some(policy.second_factor_check_lifetime.to_proto()),
        multi_factor_check_lifetime: Some(policy.multi_factor_check_lifetime.to_proto()),
        second_factors: policy.second_factors,
        multi_factors: policy.multi_factors,
        idps: Vec::new(),
        allow_domain_discovery: policy.allow_domain_discovery,
        disable_login_with_email: policy.disable_login_with_email,
        disable_login_with_phone: policy.disable_login_with_phone,
        force_mfa_local_only: policy.force_mfa_local_only,
    }
}

fn privacy(policy: PrivacyPolicy) -> wire::AddCustomPrivacyPolicyRequest {
    wire::AddCustomPrivacyPolicyRequest {
        tos_link: policy.tos_link,
        privacy_link: policy.privacy_link,
        help_link: policy.help_link,
        support_email: policy.support_email,
        docs_link: policy.docs_link,
        custom_link: policy.custom_link,
        custom_link_text: policy.custom_link_text,
    }
}

/// The request that sets these texts; the names of texts are the same in it.
fn request<T: Message + Default>(name: &'static str, texts: OwnTexts) -> Result<T> {
    let unknown = || Error::internal(format!("the contract has no message {name}"));
    let table = Contract::get().message(name).ok_or_else(unknown)?;
    let mut message = texts.message;
    message.insert("language".to_owned(), Value::from(texts.language));
    let text = serde_json::to_vec(&message).map_err(Error::internal)?;
    let wire = json::decode(table, &text).map_err(Error::internal)?;
    T::decode(wire.as_slice()).map_err(Error::internal)
}

fn add_texts(own: OwnTexts, org: &mut DataOrg) -> Result<()> {
    macro_rules! management {
        ($name:literal) => {
            concat!("zitadel.management.v1.", $name)
        };
    }
    match own.template {
        Template::Login => org.login_texts.push(request(management!("SetCustomLoginTextsRequest"), own)?),
        Template::InitCode => org.init_messages.push(request(management!("SetCustomInitMessageTextRequest"), own)?),
        Template::PasswordReset => {
            org.password_reset_messages.push(request(management!("SetCustomPasswordResetMessageTextRequest"), own)?);
        }
        Template::VerifyEmail => {
            org.verify_email_messages.push(request(management!("SetCustomVerifyEmailMessageTextRequest"), own)?);
        }
        Template::VerifyPhone => {
            org.verify_phone_messages.push(request(management!("SetCustomVerifyPhoneMessageTextRequest"), own)?);
        }
        Template::VerifySmsOtp => {
            org.verify_sms_otp_messages.push(request(management!("SetCustomVerifySMSOTPMessageTextRequest"), own)?);
        }
        Template::VerifyEmailOtp => {
            let name = management!("SetCustomVerifyEmailOTPMessageTextRequest");
            org.verify_email_otp_messages.push(request(name, own)?);
        }
        Template::DomainClaimed => {
            org.domain_claimed_messages.push(request(management!("SetCustomDomainClaimedMessageTextRequest"), own)?);
        }
        Template::PasswordlessRegistration => {
            let name = management!("SetCustomPasswordlessRegistrationMessageTextRequest");
            org.passwordless_registration_messages.push(request(name, own)?);
        }
        Template::InviteUser => {
            org.invite_user_messages.push(request(management!("SetCustomInviteUserMessageTextRequest"), own)?);
        }
        // The format has no place for it.
        Template::PasswordChange => {}
    }
    Ok(())
}
