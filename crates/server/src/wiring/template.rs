//! What the configuration says of new instances and of the OpenID provider, in the words of the slices.

use castellan_kernel::Timestamp;
use castellan_oidc::Options;
use castellan_oidc::options::Paths;
use castellan_projects::instance_setup::{HumanOwner, InstanceTemplate, MachineOwner};
use castellan_settings::InstanceDefaults;
use castellan_settings::documents as document;
use castellan_settings::documents::GeneratorKind;
use castellan_settings::web_keys::{Curve, Hasher, RsaSize, WebKeyKind};

use crate::config::{
    DefaultInstance, HumanTemplate, LoginClientTemplate, MachineTemplate, SecretGenerator, Settings, WebKeyBits,
    WebKeyCurve, WebKeyHasher, WebKeyType,
};

/// The template of new instances.
pub(super) fn instance_template(settings: &Settings) -> InstanceTemplate {
    let default = &settings.default_instance;
    let external_port = match (settings.external_port(), settings.external_secure) {
        (0, _) | (443, true) | (80, false) => None,
        (port, _) => Some(port),
    };
    InstanceTemplate {
        defaults: defaults(default),
        web_keys: web_key_kind(default),
        external_domain: settings.external_domain.clone(),
        external_port,
        external_secure: settings.external_secure,
        default_language: default.default_language.clone(),
        instance_name: default.instance_name.clone(),
        human: human_owner(&default.org.human),
    }
}

/// A person as configured.
pub(super) fn human_owner(human: &HumanTemplate) -> HumanOwner {
    HumanOwner {
        user_name: human.user_name.clone(),
        first_name: human.first_name.clone(),
        last_name: human.last_name.clone(),
        nick_name: human.nick_name.clone(),
        display_name: human.display_name.clone(),
        email: human.email.address.clone(),
        email_verified: human.email.verified,
        preferred_language: human.preferred_language.clone(),
        phone: human.phone.number.clone(),
        phone_verified: human.phone.verified,
        password: human.password.expose().to_owned(),
        password_change_required: human.password_change_required,
    }
}

/// The machine administrator as configured, if one is wanted.
pub(super) fn machine_owner(machine: &MachineTemplate) -> Option<MachineOwner> {
    machine.is_set().then(|| MachineOwner {
        user_name: machine.machine.user_name.clone(),
        name: machine.machine.name.clone(),
        description: machine.machine.description.clone(),
        key: machine.machine_key.kind.map(|_| machine.machine_key.expiration_date.unwrap_or(Timestamp::NEVER)),
        token: machine.pat.expiration_date.map(|date| (date, machine.pat.scopes.clone())),
    })
}

/// The login client as configured, if one is wanted.
pub(super) fn login_client(client: &LoginClientTemplate) -> Option<MachineOwner> {
    client.is_set().then(|| MachineOwner {
        user_name: client.machine.user_name.clone(),
        name: client.machine.name.clone(),
        description: client.machine.description.clone(),
        key: None,
        token: client.pat.expiration_date.map(|date| (date, client.pat.scopes.clone())),
    })
}

fn web_key_kind(default: &DefaultInstance) -> WebKeyKind {
    let config = &default.web_keys.config;
    match default.web_keys.kind {
        WebKeyType::Rsa => WebKeyKind::Rsa(
            match config.bits {
                WebKeyBits::Bits2048 => RsaSize::Bits2048,
                WebKeyBits::Bits3072 => RsaSize::Bits3072,
                WebKeyBits::Bits4096 => RsaSize::Bits4096,
            },
            match config.hasher {
                WebKeyHasher::Sha256 => Hasher::Sha256,
                WebKeyHasher::Sha384 => Hasher::Sha384,
                WebKeyHasher::Sha512 => Hasher::Sha512,
            },
        ),
        WebKeyType::Ecdsa => WebKeyKind::Ecdsa(match config.elliptic_curve {
            WebKeyCurve::P256 => Curve::P256,
            WebKeyCurve::P384 => Curve::P384,
            WebKeyCurve::P521 => Curve::P521,
        }),
        WebKeyType::Ed25519 => WebKeyKind::Ed25519,
    }
}

fn generator(config: &SecretGenerator) -> document::SecretGenerator {
    document::SecretGenerator {
        length: config.length,
        expiry: config.expiry.into(),
        include_lower_letters: config.include_lower_letters,
        include_upper_letters: config.include_upper_letters,
        include_digits: config.include_digits,
        include_symbols: config.include_symbols,
    }
}

fn defaults(default: &DefaultInstance) -> InstanceDefaults {
    let generators = &default.secret_generators;
    let (complexity, age, domain) =
        (&default.password_complexity_policy, &default.password_age_policy, &default.domain_policy);
    let (login, privacy, label, lockout) =
        (&default.login_policy, &default.privacy_policy, &default.label_policy, &default.lockout_policy);
    let (oidc, features) = (&default.oidc_settings, &default.features);
    let base = InstanceDefaults::default();
    InstanceDefaults {
        secret_generators: [
            (GeneratorKind::AppSecret, &generators.client_secret),
            (GeneratorKind::InitCode, &generators.initialize_user_code),
            (GeneratorKind::VerifyEmailCode, &generators.email_verification_code),
            (GeneratorKind::VerifyPhoneCode, &generators.phone_verification_code),
            (GeneratorKind::PasswordResetCode, &generators.password_verification_code),
            (GeneratorKind::PasswordlessInitCode, &generators.passwordless_init_code),
            (GeneratorKind::VerifyDomain, &generators.domain_verification),
            (GeneratorKind::OtpSms, &generators.otp_sms),
            (GeneratorKind::OtpEmail, &generators.otp_email),
            (GeneratorKind::InviteCode, &generators.invite_code),
        ]
        .map(|(kind, config)| (kind, generator(config)))
        .to_vec(),
        password_complexity_policy: document::PasswordComplexityPolicy {
            min_length: complexity.min_length.into(),
            has_lowercase: complexity.has_lowercase,
            has_uppercase: complexity.has_uppercase,
            has_number: complexity.has_number,
            has_symbol: complexity.has_symbol,
        },
        password_age_policy: document::PasswordAgePolicy {
            expire_warn_days: age.expire_warn_days.into(),
            max_age_days: age.max_age_days.into(),
        },
        domain_policy: document::DomainPolicy {
            user_login_must_be_domain: domain.user_login_must_be_domain,
            validate_org_domains: domain.validate_org_domains,
            smtp_sender_address_matches_instance_domain: domain.smtp_sender_address_matches_instance_domain,
        },
        login_policy: document::LoginPolicy {
            allow_username_password: login.allow_username_password,
            allow_register: login.allow_register,
            allow_external_idp: login.allow_external_idp,
            force_mfa: login.force_mfa,
            force_mfa_local_only: login.force_mfa_local_only,
            hide_password_reset: login.hide_password_reset,
            ignore_unknown_usernames: login.ignore_unknown_usernames,
            allow_domain_discovery: login.allow_domain_discovery,
            disable_login_with_email: login.disable_login_with_email,
            disable_login_with_phone: login.disable_login_with_phone,
            passwordless_type: login.passwordless_type.into(),
            default_redirect_uri: login.default_redirect_uri.clone(),
            password_check_lifetime: login.password_check_lifetime.into(),
            external_login_check_lifetime: login.external_login_check_lifetime.into(),
            mfa_init_skip_lifetime: login.mfa_init_skip_lifetime.into(),
            second_factor_check_lifetime: login.second_factor_check_lifetime.into(),
            multi_factor_check_lifetime: login.multi_factor_check_lifetime.into(),
            ..base.login_policy
        },
        privacy_policy: document::PrivacyPolicy {
            tos_link: privacy.tos_link.clone(),
            privacy_link: privacy.privacy_link.clone(),
            help_link: privacy.help_link.clone(),
            support_email: privacy.support_email.clone(),
            docs_link: privacy.docs_link.clone(),
            custom_link: privacy.custom_link.clone(),
            custom_link_text: privacy.custom_link_text.clone(),
        },
        notification_policy: document::NotificationPolicy {
            password_change: default.notification_policy.password_change,
        },
        lockout_policy: document::LockoutPolicy {
            max_password_attempts: lockout.max_password_attempts.into(),
            max_otp_attempts: lockout.max_otp_attempts.into(),
            show_failures: lockout.should_show_lockout_failure,
        },
        label_policy: document::LabelPolicy {
            primary_color: label.primary_color.clone(),
            background_color: label.background_color.clone(),
            warn_color: label.warn_color.clone(),
            font_color: label.font_color.clone(),
            primary_color_dark: label.primary_color_dark.clone(),
            background_color_dark: label.background_color_dark.clone(),
            warn_color_dark: label.warn_color_dark.clone(),
            font_color_dark: label.font_color_dark.clone(),
            hide_login_name_suffix: label.hide_login_name_suffix,
            error_msg_popup: label.error_message_popup,
            disable_watermark: label.disable_watermark,
            theme_mode: label.theme_mode.into(),
            ..base.label_policy
        },
        oidc_settings: document::OidcSettings {
            access_token_lifetime: oidc.access_token_lifetime.into(),
            id_token_lifetime: oidc.id_token_lifetime.into(),
            refresh_token_idle_expiration: oidc.refresh_token_idle_expiration.into(),
            refresh_token_expiration: oidc.refresh_token_expiration.into(),
        },
        features: document::Features {
            login_default_org: features.login_default_org,
            user_schema: features.user_schema,
            debug_oidc_parent_error: features.debug_oidc_parent_error,
            oidc_single_v1_session_termination: features.oidc_single_v1_session_termination,
            login_v2: features.login_v2.required.map(|required| document::LoginV2 {
                required,
                base_uri: Some(features.login_v2.base_uri.clone()).filter(|uri| !uri.is_empty()),
            }),
            permission_check_v2: features.permission_check_v2,
            console_use_v2_user_api: features.console_use_v2_user_api,
            enable_relational_tables: features.enable_relational_tables,
            ..base.features
        },
        ..base
    }
}

/// Paths and lifetimes of the OpenID provider.
pub(super) fn oidc_options(settings: &Settings) -> Options {
    let (oidc, endpoints) = (&settings.oidc, &settings.oidc.custom_endpoints);
    let seconds = |duration: std::time::Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Options {
        paths: Paths {
            authorize: endpoints.auth.path.clone(),
            token: endpoints.token.path.clone(),
            introspection: endpoints.introspection.path.clone(),
            revocation: endpoints.revocation.path.clone(),
            userinfo: endpoints.userinfo.path.clone(),
            end_session: endpoints.end_session.path.clone(),
            keys: endpoints.keys.path.clone(),
            device_authorization: endpoints.device_auth.path.clone(),
        },
        access_token_seconds: seconds(oidc.default_access_token_lifetime),
        id_token_seconds: seconds(oidc.default_id_token_lifetime),
        jwks_cache_seconds: seconds(oidc.jwks_cache_control_max_age),
        ..Options::default()
    }
}
