//! Configurations in the messages of Management v1.

use castellan_kernel::{Error, Fault, Result};
use castellan_proto::zitadel::app::v1 as wire;
use castellan_proto::zitadel::management::v1;
use castellan_proto::zitadel::v1::LocalizedMessage;
use castellan_rpc::{Context, convert, texts};
use prost_types::Duration;

use super::oidc::OidcChange;
use super::{
    AppType, Application, AuthMethod, GrantType, Kind, LoginVersion, OidcConfig, ResponseType, TokenType, compliance,
};

const INVALID: Fault = Fault::invalid("PROJECT-1n8df", "Errors.Project.App.Invalid");

/// All numbers of a list as the enum they stand for.
pub(super) fn numbers<T>(list: &[i32], read: impl Fn(i32) -> Option<T>) -> Result<Vec<T>> {
    list.iter().map(|number| read(*number).ok_or_else(|| Error::from(INVALID))).collect()
}

/// Longer durations than storage can hold are refused by the rules anyway.
pub(super) fn nanos(duration: Option<Duration>) -> i64 {
    duration
        .map_or(0, |duration| duration.seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(duration.nanos)))
}

#[allow(clippy::cast_possible_truncation, reason = "the remainder of a division by a billion")]
pub(super) fn duration(nanos: i64) -> Option<Duration> {
    Some(Duration { seconds: nanos / 1_000_000_000, nanos: (nanos % 1_000_000_000) as i32 })
}

pub(super) fn login(version: Option<wire::LoginVersion>) -> (LoginVersion, String) {
    match version.and_then(|version| version.version) {
        None => (LoginVersion::Unspecified, String::new()),
        Some(wire::login_version::Version::LoginV1(_)) => (LoginVersion::Version1, String::new()),
        Some(wire::login_version::Version::LoginV2(login)) => {
            (LoginVersion::Version2, login.base_uri.unwrap_or_default())
        }
    }
}

/// What a request of AddOIDCApp says beside name and project.
///
/// # Errors
/// `PROJECT-1n8df` for a response or grant type that is none.
pub fn new_oidc(request: v1::AddOidcAppRequest) -> Result<(AuthMethod, OidcConfig)> {
    let (login_version, login_base_uri) = login(request.login_version);
    let config = OidcConfig {
        redirect_uris: request.redirect_uris,
        response_types: numbers(&request.response_types, ResponseType::from_number)?,
        grant_types: numbers(&request.grant_types, GrantType::from_number)?,
        app_type: AppType::from(request.app_type),
        post_logout_redirect_uris: request.post_logout_redirect_uris,
        dev_mode: request.dev_mode,
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

/// v1 replaces the whole configuration.
pub(super) fn oidc_change(request: v1::UpdateOidcAppConfigRequest) -> Result<OidcChange> {
    Ok(OidcChange {
        auth_method: Some(AuthMethod::from(request.auth_method_type)),
        redirect_uris: Some(request.redirect_uris),
        response_types: numbers(&request.response_types, ResponseType::from_number)?,
        grant_types: numbers(&request.grant_types, GrantType::from_number)?,
        app_type: Some(AppType::from(request.app_type)),
        post_logout_redirect_uris: Some(request.post_logout_redirect_uris),
        dev_mode: Some(request.dev_mode),
        access_token_type: Some(TokenType::from(request.access_token_type)),
        access_token_role_assertion: Some(request.access_token_role_assertion),
        id_token_role_assertion: Some(request.id_token_role_assertion),
        id_token_userinfo_assertion: Some(request.id_token_userinfo_assertion),
        clock_skew_nanos: nanos(request.clock_skew),
        additional_origins: Some(request.additional_origins),
        skip_native_app_success_page: Some(request.skip_native_app_success_page),
        back_channel_logout_uri: Some(request.back_channel_logout_uri),
        login: Some(login(request.login_version)),
    })
}

/// The problems of a configuration, in the caller's language.
pub(super) fn problems(ctx: &Context, config: &OidcConfig, auth_method: AuthMethod) -> (bool, Vec<LocalizedMessage>) {
    let keys = compliance::problems(config, auth_method);
    let languages: Vec<String> =
        ctx.caller.language.iter().cloned().chain([ctx.instance.default_language.clone()]).collect();
    let non_compliant = compliance::is_non_compliant(&keys);
    let messages = keys.into_iter().map(|key| {
        let localized_message = texts::lookup(&key, &languages).to_owned();
        LocalizedMessage { key, localized_message }
    });
    (non_compliant, messages.collect())
}

pub(super) fn application(ctx: &Context, application: &Application) -> wire::App {
    use wire::app::Config;
    wire::App {
        id: application.id.clone(),
        details: convert::read(
            application.sequence,
            application.created_at,
            application.changed_at,
            &application.org_id,
        ),
        state: application.state as i32,
        name: application.name.clone(),
        config: Some(match application.kind {
            Kind::Oidc => Config::OidcConfig(oidc_config(ctx, application)),
            Kind::Api => Config::ApiConfig(wire::ApiConfig {
                client_id: application.client_id.clone(),
                auth_method_type: application.auth_method.api_number(),
            }),
            Kind::Saml => Config::SamlConfig(wire::SamlConfig {
                metadata: Some(wire::saml_config::Metadata::MetadataXml(application.saml.metadata.clone().into())),
                login_version: login_version(application.saml.login_version, &application.saml.login_base_uri),
            }),
        }),
    }
}

fn oidc_config(ctx: &Context, application: &Application) -> wire::OidcConfig {
    let config = &application.oidc;
    let (none_compliant, compliance_problems) = problems(ctx, config, application.auth_method);
    wire::OidcConfig {
        redirect_uris: config.redirect_uris.clone(),
        response_types: config.response_types.iter().map(|kind| kind.number()).collect(),
        grant_types: config.grant_types.iter().map(|kind| kind.number()).collect(),
        app_type: config.app_type.number(),
        client_id: application.client_id.clone(),
        auth_method_type: application.auth_method.number(),
        post_logout_redirect_uris: config.post_logout_redirect_uris.clone(),
        version: 0,
        none_compliant,
        compliance_problems,
        dev_mode: config.dev_mode,
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

fn login_version(version: LoginVersion, base_uri: &str) -> Option<wire::LoginVersion> {
    use wire::login_version::Version;
    let version = match version {
        LoginVersion::Unspecified => return None,
        LoginVersion::Version1 => Version::LoginV1(wire::LoginV1 {}),
        LoginVersion::Version2 => {
            Version::LoginV2(wire::LoginV2 { base_uri: (!base_uri.is_empty()).then(|| base_uri.to_owned()) })
        }
    };
    Some(wire::LoginVersion { version: Some(version) })
}
