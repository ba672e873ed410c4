//! Configurations in the messages of application v2, which app v2beta shares on the wire.

use castellan_kernel::Result;
use castellan_proto::zitadel::application::v2;
use castellan_rpc::Context;

use super::oidc::OidcChange;
use super::saml::{Metadata, SamlSettings};
use super::v1_config::{duration, nanos, numbers, problems};
use super::{AppType, Application, AuthMethod, GrantType, Kind, LoginVersion, OidcConfig, ResponseType, TokenType};
use crate::wire::time;

/// v2 numbers response types from 1.
fn response_type(number: i32) -> Option<ResponseType> {
    number.checked_sub(1).and_then(ResponseType::from_number)
}

fn login(version: Option<v2::LoginVersion>) -> (LoginVersion, String) {
    use v2::login_version::Version;
    match version.and_then(|version| version.version) {
        None => (LoginVersion::Unspecified, String::new()),
        Some(Version::LoginV1(_)) => (LoginVersion::Version1, String::new()),
        Some(Version::LoginV2(login)) => (LoginVersion::Version2, login.base_uri.unwrap_or_default()),
    }
}

pub(super) fn new_saml(request: v2::CreateSamlApplicationRequest) -> SamlSettings {
    use v2::create_saml_application_request::Metadata as Wire;
    let metadata = match request.metadata {
        Some(Wire::MetadataXml(xml)) => Metadata::Xml(xml),
        Some(Wire::MetadataUrl(address)) => Metadata::Url(address),
        None => Metadata::None,
    };
    SamlSettings { metadata, login: Some(login(request.login_version)) }
}

/// Login pages that are left out stay as they are.
pub(super) fn saml_change(request: v2::UpdateSamlApplicationConfigurationRequest) -> SamlSettings {
    use v2::update_saml_application_configuration_request::Metadata as Wire;
    let metadata = match request.metadata {
        Some(Wire::MetadataXml(xml)) => Metadata::Xml(xml),
        Some(Wire::MetadataUrl(address)) => Metadata::Url(address),
        None => Metadata::None,
    };
    SamlSettings { metadata, login: request.login_version.map(|version| login(Some(version))) }
}

pub(super) fn new_oidc(request: v2::CreateOidcApplicationRequest) -> Result<(AuthMethod, OidcConfig)> {
    let (login_version, login_base_uri) = login(request.login_version);
    let config = OidcConfig {
        redirect_uris: request.redirect_uris,
        response_types: numbers(&request.response_types, response_type)?,
        grant_types: numbers(&request.grant_types, GrantType::from_number)?,
        app_type: AppType::from(request.application_type),
        post_logout_redirect_uris: request.post_logout_redirect_uris,
        dev_mode: request.development_mode,
        access_token_type: TokenType::from(request.access_token_type),
        access_token_role_assertion: request.access_token_role_assertion,
        id_token_role_assertion: request.id_token_role_assertion,
        id_token_userinfo_assertion: request.id_token_userinfo_assertion,
        clock_skew_nanos: nanos(request.clock_skew),
        additional_origins: request.additional_origins,
        skip_native_app_success_page: request.skip_native_app_success_page,
        back_channel_logout_uri: request.back_channel_logout_uri,
        login_version,
        login_base_uri,
    };
    Ok((AuthMethod::from(request.auth_method_type), config))
}

/// An empty list of addresses means no change; so does a field that is left out, except for response types, grant types and
/// clock skew.
pub(super) fn oidc_change(request: v2::UpdateOidcApplicationConfigurationRequest) -> Result<OidcChange> {
    let filled = |list: Vec<String>| (!list.is_empty()).then_some(list);
    Ok(OidcChange {
        auth_method: request.auth_method_type.map(AuthMethod::from),
        redirect_uris: filled(request.redirect_uris),
        response_types: numbers(&request.response_types, response_type)?,
        grant_types: numbers(&request.grant_types, GrantType::from_number)?,
        app_type: request.application_type.map(AppType::from),
        post_logout_redirect_uris: filled(request.post_logout_redirect_uris),
        dev_mode: request.development_mode,
        access_token_type: request.access_token_type.map(TokenType::from),
        access_token_role_assertion: request.access_token_role_assertion,
        id_token_role_assertion: request.id_token_role_assertion,
        id_token_userinfo_assertion: request.id_token_userinfo_assertion,
        clock_skew_nanos: nanos(request.clock_skew),
        additional_origins: filled(request.additional_origins),
        skip_native_app_success_page: request.skip_native_app_success_page,
        back_channel_logout_uri: request.back_channel_logout_uri,
        login: request.login_version.map(|version| login(Some(version))),
    })
}

/// The problems of a configuration, in the caller's language.
pub(super) fn localized_problems(
    ctx: &Context,
    config: &OidcConfig,
    auth_method: AuthMethod,
) -> (bool, Vec<v2::OidcLocalizedMessage>) {
    let (non_compliant, messages) = problems(ctx, config, auth_method);
    let messages = messages
        .into_iter()
        .map(|message| v2::OidcLocalizedMessage { key: message.key, localized_message: message.localized_message });
    (non_compliant, messages.collect())
}

pub(super) fn application(ctx: &Context, application: &Application) -> v2::Application {
    use v2::application::Configuration;
    v2::Application {
        application_id: application.id.clone(),
        creation_date: time(application.created_at),
        change_date: time(application.changed_at),
        state: application.state as i32,
        name: application.name.clone(),
        project_id: application.project_id.clone(),
        configuration: Some(match application.kind {
            Kind::Oidc => Configuration::OidcConfiguration(oidc_configuration(ctx, application)),
            Kind::Api => Configuration::ApiConfiguration(v2::ApiConfiguration {
                client_id: application.client_id.clone(),
                auth_method_type: application.auth_method.api_number(),
            }),
            Kind::Saml => Configuration::SamlConfiguration(v2::SamlConfiguration {
                metadata_xml: application.saml.metadata.clone().into(),
                metadata_url: String::new(),
                login_version: login_version(application.saml.login_version, &application.saml.login_base_uri),
            }),
        }),
    }
}

fn oidc_configuration(ctx: &Context, application: &Application) -> v2::OidcConfiguration {
    let config = &application.oidc;
    let (non_compliant, compliance_problems) = localized_problems(ctx, config, application.auth_method);
    v2::OidcConfiguration {
        redirect_uris: config.redirect_uris.clone(),
        response_types: config.response_types.iter().map(|kind| kind.number() + 1).collect(),
        grant_types: config.grant_types.iter().map(|kind| kind.number()).collect(),
        application_type: config.app_type.number(),
        client_id: application.client_id.clone(),
        auth_method_type: application.auth_method.number(),
        post_logout_redirect_uris: config.post_logout_redirect_uris.clone(),
        version: 0,
        non_compliant,
        compliance_problems,
        development_mode: config.dev_mode,
        access_token_type: config.access_token_type.number(),
        access_token_role_assertion: config.access_token_role_assertion,
        id_token_role_assertion: config.id_token_role_assertion,
        id_token_userinfo_assertion: config.id_token_userinfo_assertion,
        clock_skew: duration(config.clock_skew_nanos),
        additional_origins: config.additional_origins.clone(),
        allowed_origins: config.allowed_origins(),
        skip_native_app_success_page: config.skip_native_app_success_page,
        back_channel_logout_uri: config.back_channel_logout_uri.clone(),
        login_version: login_version(config.login_version, &config.login_base_uri),
    }
}

fn login_version(version: LoginVersion, base_uri: &str) -> Option<v2::LoginVersion> {
    use v2::login_version::Version;
    let version = match version {
        LoginVersion::Unspecified => return None,
        LoginVersion::Version1 => Version::LoginV1(v2::LoginV1 {}),
        LoginVersion::Version2 => {
            Version::LoginV2(v2::LoginV2 { base_uri: (!base_uri.is_empty()).then(|| base_uri.to_owned()) })
        }
    };
    Some(v2::LoginVersion { version: Some(version) })
}
