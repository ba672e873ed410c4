//! The documents that are plain records.

use serde::{Deserialize, Serialize};

use crate::span::Span;
use crate::store::Document;

macro_rules! document {
    ($type:ty, $kind:literal) => {
        impl Document for $type {
            const KIND: &'static str = $kind;
        }
    };
}

/// Rules of login names and domains.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DomainPolicy {
    /// Whether login names end in a domain of the organization; user names are then unique per organization only.
    pub user_login_must_be_domain: bool,
    /// Whether organizations must prove that a domain is theirs.
    pub validate_org_domains: bool,
    /// Whether mails must be sent from a domain of the instance.
    pub smtp_sender_address_matches_instance_domain: bool,
}
document!(DomainPolicy, "domain_policy");

/// What passwords must contain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PasswordComplexityPolicy {
    /// Characters at least; 1 to 72.
    pub min_length: u64,
    /// Whether a lower-case letter is required.
    pub has_lowercase: bool,
    /// Whether an upper-case letter is required.
    pub has_uppercase: bool,
    /// Whether a digit is required.
    pub has_number: bool,
    /// Whether a symbol is required.
    pub has_symbol: bool,
}
document!(PasswordComplexityPolicy, "password_complexity_policy");

impl Default for PasswordComplexityPolicy {
    fn default() -> Self {
        Self { min_length: 8, has_lowercase: true, has_uppercase: true, has_number: true, has_symbol: true }
    }
}

/// How long passwords last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PasswordAgePolicy {
    /// Days before the end at which users are warned; 0: never.
    pub expire_warn_days: u64,
    /// Days after which a password must be changed; 0: never.
    pub max_age_days: u64,
}
document!(PasswordAgePolicy, "password_age_policy");

/// Links on the pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PrivacyPolicy {
    /// Terms of service.
    pub tos_link: String,
    /// Privacy policy.
    pub privacy_link: String,
    /// Help page.
    pub help_link: String,
    /// Address of the support.
    pub support_email: String,
    /// Documentation.
    pub docs_link: String,
    /// A link of the operator's own.
    pub custom_link: String,
    /// Its text.
    pub custom_link_text: String,
}
document!(PrivacyPolicy, "privacy_policy");

impl Default for PrivacyPolicy {
    fn default() -> Self {
        Self {
            tos_link: String::new(),
            privacy_link: String::new(),
            help_link: String::new(),
            support_email: String::new(),
            docs_link: "https://zitadel.com/docs".to_owned(),
            custom_link: String::new(),
            custom_link_text: String::new(),
        }
    }
}

/// What users are told by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NotificationPolicy {
    /// Whether users are told that their password changed.
    pub password_change: bool,
}
document!(NotificationPolicy, "notification_policy");

impl Default for NotificationPolicy {
    fn default() -> Self {
        Self { password_change: true }
    }
}

/// When users are locked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LockoutPolicy {
    /// Failed passwords in a row; 0: no limit.
    #[serde(rename = "maxPasswordAttempts")]
    pub max_password_attempts: u64,
    /// Failed one-time passwords in a row; 0: no limit.
    #[serde(rename = "maxOTPAttempts")]
    pub max_otp_attempts: u64,
    /// Whether users see the number of failed attempts.
    #[serde(rename = "showLockOutFailures")]
    pub show_failures: bool,
}
document!(LockoutPolicy, "lockout_policy");

impl Default for LockoutPolicy {
    fn default() -> Self {
        Self { max_password_attempts: 0, max_otp_attempts: 0, show_failures: true }
    }
}

/// Lifetimes of tokens; instance only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OidcSettings {
    /// Lifetime of access tokens.
    pub access_token_lifetime: Span,
    /// Lifetime of ID tokens.
    pub id_token_lifetime: Span,
    /// How long a refresh token lives without being used.
    pub refresh_token_idle_expiration: Span,
    /// How long a refresh token lives at most.
    pub refresh_token_expiration: Span,
}
document!(OidcSettings, "oidc_settings");

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            access_token_lifetime: Span::from_hours(12),
            id_token_lifetime: Span::from_hours(12),
            refresh_token_idle_expiration: Span::from_hours(720),
            refresh_token_expiration: Span::from_hours(2_160),
        }
    }
}

/// Embedding in frames and impersonation; instance only. Field names are those of the event.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SecurityPolicy {
    /// Whether the login pages may stand in frames of the allowed origins.
    pub enable_iframe_embedding: bool,
    /// Origins that may embed.
    #[serde(rename = "allowedOrigins")]
    pub allowed_origins: Vec<String>,
    /// Whether token exchange may impersonate.
    pub enable_impersonation: bool,
}
document!(SecurityPolicy, "security_policy");

/// What the operator of the system allows an instance; set through the System API.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Limits {
    /// How long events can be read; absent: as configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_log_retention: Option<Span>,
    /// Whether the instance answers nothing but the System API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block: Option<bool>,
}
document!(Limits, "limits");

/// What an instance restricts itself to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Restrictions {
    /// Whether organizations cannot be registered on the login pages.
    pub disallow_public_org_registration: bool,
    /// Languages that may be used (BCP 47); empty: all supported ones.
    pub allowed_languages: Vec<String>,
}
document!(Restrictions, "restrictions");

/// What an organization sets for itself besides policies.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OrganizationSettings {
    /// Whether user names are unique within the organization only.
    pub organization_scoped_usernames: bool,
}
document!(OrganizationSettings, "organization_settings");
