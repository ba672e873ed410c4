//! The login policy: how users sign in.

use serde::{Deserialize, Serialize};

use crate::span::Span;
use crate::store::Document;

/// How users sign in. The names are those of the events; factors and identity providers have events of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LoginPolicy {
    /// Whether user name and password are offered.
    pub allow_username_password: bool,
    /// Whether users may register themselves.
    pub allow_register: bool,
    /// Whether external identity providers are offered.
    pub allow_external_idp: bool,
    /// Whether a second factor is required.
    #[serde(rename = "forceMFA")]
    pub force_mfa: bool,
    /// Whether it is required of local users only.
    #[serde(rename = "forceMFALocalOnly")]
    pub force_mfa_local_only: bool,
    /// Whether the link to reset a password is hidden.
    pub hide_password_reset: bool,
    /// Whether the password is asked for even if the user does not exist.
    pub ignore_unknown_usernames: bool,
    /// Whether the domain of a login name selects the organization.
    pub allow_domain_discovery: bool,
    /// Whether signing in with the e-mail address is off.
    pub disable_login_with_email: bool,
    /// Whether signing in with the phone number is off.
    pub disable_login_with_phone: bool,
    /// Whether passkeys are offered: 0 no, 1 yes.
    pub passwordless_type: i32,
    /// Where to go when a login was not started by an application.
    #[serde(rename = "defaultRedirectURI")]
    pub default_redirect_uri: String,
    /// How long a checked password counts.
    pub password_check_lifetime: Span,
    /// How long a sign-in at an external provider counts.
    pub external_login_check_lifetime: Span,
    /// How long the offer to set up a second factor stays away once skipped.
    pub mfa_init_skip_lifetime: Span,
    /// How long a checked second factor counts.
    pub second_factor_check_lifetime: Span,
    /// How long a checked multi factor counts.
    pub multi_factor_check_lifetime: Span,
    /// Second factors (`SecondFactorType` of the contract): 1 TOTP, 2 U2F, 3 code by mail, 4 code by SMS, 5 recovery codes.
    pub second_factors: Vec<i32>,
    /// Factors that stand alone (`MultiFactorType`): 1 U2F with user verification.
    pub multi_factors: Vec<i32>,
    /// Identity providers that are offered.
    pub idps: Vec<IdpLink>,
}

/// An identity provider that a login policy offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdpLink {
    /// The provider.
    pub idp_config_id: String,
    /// Whose provider it is: 1 the instance's, 2 the organization's.
    pub idp_provider_type: i32,
}

impl Document for LoginPolicy {
    const KIND: &'static str = "login_policy";
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self {
            allow_username_password: true,
            allow_register: true,
            allow_external_idp: true,
            force_mfa: false,
            force_mfa_local_only: false,
            hide_password_reset: false,
            ignore_unknown_usernames: false,
            allow_domain_discovery: true,
            disable_login_with_email: false,
            disable_login_with_phone: false,
            passwordless_type: 1,
            default_redirect_uri: String::new(),
            password_check_lifetime: Span::from_hours(240),
            external_login_check_lifetime: Span::from_hours(240),
            mfa_init_skip_lifetime: Span::from_hours(720),
            second_factor_check_lifetime: Span::from_hours(18),
            multi_factor_check_lifetime: Span::from_hours(12),
            second_factors: vec![1, 2],
            multi_factors: vec![1],
            idps: Vec::new(),
        }
    }
}
