//! Events of applications, exactly as `spec: events.json` has them. They belong to the project's stream.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_rpc::AuditEvent;
use serde::Serialize;

use super::{AppType, AuthMethod, GrantType, LoginVersion, OidcConfig, ResponseType, SamlConfig, TokenType};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplicationAdded<'a> {
    pub app_id: &'a str,
    pub name: &'a str,
}

impl AuditEvent for ApplicationAdded<'_> {
    const TYPE: &'static str = "project.application.added";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplicationChanged<'a> {
    pub app_id: &'a str,
    pub name: &'a str,
}

impl AuditEvent for ApplicationChanged<'_> {
    const TYPE: &'static str = "project.application.changed";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplicationDeactivated<'a> {
    pub app_id: &'a str,
}

impl AuditEvent for ApplicationDeactivated<'_> {
    const TYPE: &'static str = "project.application.deactivated";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplicationReactivated<'a> {
    pub app_id: &'a str,
}

impl AuditEvent for ApplicationReactivated<'_> {
    const TYPE: &'static str = "project.application.reactivated";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApplicationRemoved<'a> {
    pub app_id: &'a str,
}

impl AuditEvent for ApplicationRemoved<'_> {
    const TYPE: &'static str = "project.application.removed";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiConfigAdded<'a> {
    pub app_id: &'a str,
    pub client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashed_secret: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    pub auth_method_type: i32,
}

impl AuditEvent for ApiConfigAdded<'_> {
    const TYPE: &'static str = "project.application.config.api.added";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiConfigChanged<'a> {
    pub app_id: &'a str,
    pub auth_method_type: i32,
}

impl AuditEvent for ApiConfigChanged<'_> {
    const TYPE: &'static str = "project.application.config.api.changed";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiSecretChanged<'a> {
    pub app_id: &'a str,
    pub hashed_secret: &'a str,
}

impl AuditEvent for ApiSecretChanged<'_> {
    const TYPE: &'static str = "project.application.config.api.secret.changed";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OidcSecretChanged<'a> {
    pub app_id: &'a str,
    pub hashed_secret: &'a str,
}

impl AuditEvent for OidcSecretChanged<'_> {
    const TYPE: &'static str = "project.application.config.oidc.secret.changed";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OidcConfigAdded<'a> {
    pub app_id: &'a str,
    pub client_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashed_secret: Option<&'a str>,
    #[serde(flatten)]
    pub fields: OidcFields<'a>,
}

impl AuditEvent for OidcConfigAdded<'_> {
    const TYPE: &'static str = "project.application.config.oidc.added";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OidcConfigChanged<'a> {
    pub app_id: &'a str,
    #[serde(flatten)]
    pub fields: OidcFields<'a>,
}

impl AuditEvent for OidcConfigChanged<'_> {
    const TYPE: &'static str = "project.application.config.oidc.changed";
}

/// The configuration as events carry it; `None` is left out.
#[derive(Serialize, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct OidcFields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uris: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_types: Option<&'a [ResponseType]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_types: Option<&'a [GrantType]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_type: Option<AppType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_method_type: Option<AuthMethod>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_logout_redirect_uris: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dev_mode: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_type: Option<TokenType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_role_assertion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_role_assertion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_userinfo_assertion: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_skew: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_origins: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip_native_app_success_page: Option<bool>,
    #[serde(rename = "backChannelLogoutURI", skip_serializing_if = "Option::is_none")]
    back_channel_logout_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_version: Option<LoginVersion>,
    #[serde(rename = "loginBaseURI", skip_serializing_if = "Option::is_none")]
    login_base_uri: Option<&'a str>,
}

impl<'a> OidcFields<'a> {
    /// What of the new configuration differs from the old one. Against an empty one: everything that is set.
    pub fn changed(
        new: &'a OidcConfig,
        new_auth_method: AuthMethod,
        old: &OidcConfig,
        old_auth_method: AuthMethod,
    ) -> Self {
        fn list<'a, T: PartialEq>(new: &'a [T], old: &[T]) -> Option<&'a [T]> {
            (new != old).then_some(new)
        }
        fn value<T: PartialEq + Copy>(new: T, old: T) -> Option<T> {
            (new != old).then_some(new)
        }
        Self {
            redirect_uris: list(&new.redirect_uris, &old.redirect_uris),
            response_types: list(&new.response_types, &old.response_types),
            grant_types: list(&new.grant_types, &old.grant_types),
            application_type: value(new.app_type, old.app_type),
            auth_method_type: value(new_auth_method, old_auth_method),
            post_logout_redirect_uris: list(&new.post_logout_redirect_uris, &old.post_logout_redirect_uris),
            dev_mode: value(new.dev_mode, old.dev_mode),
            access_token_type: value(new.access_token_type, old.access_token_type),
            access_token_role_assertion: value(new.access_token_role_assertion, old.access_token_role_assertion),
            id_token_role_assertion: value(new.id_token_role_assertion, old.id_token_role_assertion),
            id_token_userinfo_assertion: value(new.id_token_userinfo_assertion, old.id_token_userinfo_assertion),
            clock_skew: value(new.clock_skew_nanos, old.clock_skew_nanos),
            additional_origins: list(&new.additional_origins, &old.additional_origins),
            skip_native_app_success_page: value(new.skip_native_app_success_page, old.skip_native_app_success_page),
            back_channel_logout_uri: (new.back_channel_logout_uri != old.back_channel_logout_uri)
                .then_some(new.back_channel_logout_uri.as_str()),
            login_version: value(new.login_version, old.login_version),
            login_base_uri: (new.login_base_uri != old.login_base_uri).then_some(new.login_base_uri.as_str()),
        }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Serialize)]
pub(super) struct SamlFields<'a> {
    #[serde(rename = "appId")]
    app_id: &'a str,
    #[serde(rename = "entityId")]
    entity_id: &'a str,
    /// Standard base64 of the XML.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(rename = "loginVersion", skip_serializing_if = "Option::is_none")]
    login_version: Option<LoginVersion>,
    #[serde(rename = "loginBaseURI", skip_serializing_if = "Option::is_none")]
    login_base_uri: Option<&'a str>,
}

impl<'a> SamlFields<'a> {
    /// What of the new configuration differs from the old one, and always the entity id.
    fn changed(app_id: &'a str, new: &'a SamlConfig, old: &SamlConfig) -> Self {
        Self {
            app_id,
            entity_id: &new.entity_id,
            metadata: (new.metadata != old.metadata).then(|| STANDARD.encode(&new.metadata)),
            login_version: (new.login_version != old.login_version).then_some(new.login_version),
            login_base_uri: (new.login_base_uri != old.login_base_uri).then_some(new.login_base_uri.as_str()),
        }
    }
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct SamlConfigAdded<'a>(SamlFields<'a>);

impl<'a> SamlConfigAdded<'a> {
    pub fn new(app_id: &'a str, config: &'a SamlConfig) -> Self {
        Self(SamlFields::changed(app_id, config, &SamlConfig::default()))
    }
}

impl AuditEvent for SamlConfigAdded<'_> {
    const TYPE: &'static str = "project.application.config.saml.added";
}

#[derive(Serialize)]
#[serde(transparent)]
pub(super) struct SamlConfigChanged<'a>(SamlFields<'a>);

impl<'a> SamlConfigChanged<'a> {
    pub fn new(app_id: &'a str, new: &'a SamlConfig, old: &SamlConfig) -> Self {
        Self(SamlFields::changed(app_id, new, old))
    }
}

impl AuditEvent for SamlConfigChanged<'_> {
    const TYPE: &'static str = "project.application.config.saml.changed";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyAdded<'a> {
    pub application_id: &'a str,
    pub client_id: &'a str,
    pub key_id: &'a str,
    #[serde(rename = "type")]
    pub key_type: i64,
    pub expiration_date: String,
    /// Standard base64 of the PEM.
    pub public_key: String,
}

/// The name says OIDC for keys of API applications too.
impl AuditEvent for KeyAdded<'_> {
    const TYPE: &'static str = "project.application.oidc.key.added";
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyRemoved<'a> {
    pub key_id: &'a str,
}

impl AuditEvent for KeyRemoved<'_> {
    const TYPE: &'static str = "project.application.oidc.key.removed";
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(value: &i32) -> bool {
    *value == 0
}
