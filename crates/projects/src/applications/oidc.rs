//! The rules for OIDC configurations: defaults, what must fit together, and partial changes.

use castellan_kernel::{Error, Fault, Result};
use castellan_outbound::{Client, Failure};
use castellan_rpc::Context;

use super::{AppType, AuthMethod, GrantType, LoginVersion, OidcConfig, ResponseType, TokenType};

const LOGOUT_URI_INVALID: Fault = Fault::invalid("PROJECT-iZL2Ac", "Errors.Project.App.Invalid.BackchannelLogoutURL");

const LOGOUT_URI_BLOCKED: Fault = Fault::invalid("PROJECT-msNebo", "Errors.Project.App.Blocked.BackchannelLogoutURL");

/// The largest clock skew, in nanoseconds.
const MAX_CLOCK_SKEW: i64 = 5_000_000_000;

/// A change of a configuration; `None` stays as it is. Response and grant types are always replaced, by their defaults when
/// empty, and so is the clock skew: that is how the API has it, also in v2 (spec: api.md 4.4).
#[derive(Debug, Default)]
pub(super) struct OidcChange {
    pub auth_method: Option<AuthMethod>,
    pub redirect_uris: Option<Vec<String>>,
    pub response_types: Vec<ResponseType>,
    pub grant_types: Vec<GrantType>,
    pub app_type: Option<AppType>,
    pub post_logout_redirect_uris: Option<Vec<String>>,
    pub dev_mode: Option<bool>,
    pub access_token_type: Option<TokenType>,
    pub access_token_role_assertion: Option<bool>,
    pub id_token_role_assertion: Option<bool>,
    pub id_token_userinfo_assertion: Option<bool>,
    pub clock_skew_nanos: i64,
    pub additional_origins: Option<Vec<String>>,
    pub skip_native_app_success_page: Option<bool>,
    pub back_channel_logout_uri: Option<String>,
    pub login: Option<(LoginVersion, String)>,
}

impl OidcChange {
    /// The configuration after the change.
    pub fn apply(self, old: &OidcConfig) -> OidcConfig {
        let (login_version, login_base_uri) =
            self.login.unwrap_or_else(|| (old.login_version, old.login_base_uri.clone()));
        normalized(OidcConfig {
            redirect_uris: self.redirect_uris.unwrap_or_else(|| old.redirect_uris.clone()),
            response_types: self.response_types,
            grant_types: self.grant_types,
            app_type: self.app_type.unwrap_or(old.app_type),
            post_logout_redirect_uris: self
                .post_logout_redirect_uris
                .unwrap_or_else(|| old.post_logout_redirect_uris.clone()),
            dev_mode: self.dev_mode.unwrap_or(old.dev_mode),
            access_token_type: self.access_token_type.unwrap_or(old.access_token_type),
            access_token_role_assertion: self.access_token_role_assertion.unwrap_or(old.access_token_role_assertion),
            id_token_role_assertion: self.id_token_role_assertion.unwrap_or(old.id_token_role_assertion),
            id_token_userinfo_assertion: self.id_token_userinfo_assertion.unwrap_or(old.id_token_userinfo_assertion),
            clock_skew_nanos: self.clock_skew_nanos,
            additional_origins: self.additional_origins.unwrap_or_else(|| old.additional_origins.clone()),
            skip_native_app_success_page: self.skip_native_app_success_page.unwrap_or(old.skip_native_app_success_page),
            back_channel_logout_uri: self
                .back_channel_logout_uri
                .unwrap_or_else(|| old.back_channel_logout_uri.clone()),
            login_version,
            login_base_uri,
        })
    }
}

/// The configuration with defaults for empty lists and without blanks around URIs.
pub(super) fn normalized(mut config: OidcConfig) -> OidcConfig {
    if config.response_types.is_empty() {
        config.response_types.push(ResponseType::Code);
    }
    if config.grant_types.is_empty() {
        config.grant_types.push(GrantType::AuthorizationCode);
    }
    let lists = [&mut config.redirect_uris, &mut config.post_logout_redirect_uris, &mut config.additional_origins];
    for uri in lists.into_iter().flatten() {
        *uri = uri.trim().to_owned();
    }
    config.back_channel_logout_uri = config.back_channel_logout_uri.trim().to_owned();
    config
}

/// Checks what would make the configuration unusable; `invalid` is the fault of the calling command. Redirect URIs that do not
/// comply are told in reads and never refused.
pub(super) fn check(config: &OidcConfig, invalid: Fault) -> Result<()> {
    let skew = (0..=MAX_CLOCK_SKEW).contains(&config.clock_skew_nanos);
    let origins = config.additional_origins.iter().all(|text| origin(text).as_deref() == Some(text.as_str()));
    if !skew || !origins || !grants_fit_responses(config) {
        return Err(invalid.into());
    }
    let logout = &config.back_channel_logout_uri;
    if !logout.is_empty() && origin(logout).is_none() {
        return Err(LOGOUT_URI_INVALID.into());
    }
    Ok(())
}

/// Where notices of logouts go must not be what this server may not reach: its host is looked up, so this comes before the
/// transaction and once for all of its attempts. A name that has no address at present is none that is denied; who sends
/// looks again.
///
/// # Errors
/// `PROJECT-msNebo`.
pub(super) async fn check_logout_address(ctx: &mut Context, address: &str) -> Result<()> {
    struct Checked;
    let address = address.trim();
    if origin(address).is_none() || ctx.kept::<Checked>().is_some() {
        return Ok(());
    }
    match ctx.service::<Client>()?.look(address).await {
        Err(cause @ Failure::Denied(_)) => Err(Error::from(LOGOUT_URI_BLOCKED).because(cause)),
        Err(_) | Ok(()) => {
            ctx.keep(Checked);
            Ok(())
        }
    }
}

/// Each response type needs its grant; at least one is needed.
fn grants_fit_responses(config: &OidcConfig) -> bool {
    let device = config.allows(GrantType::DeviceCode);
    !config.response_types.is_empty()
        && config.response_types.iter().all(|response| match response {
            ResponseType::Code => device || config.allows(GrantType::AuthorizationCode),
            ResponseType::IdToken | ResponseType::IdTokenToken => config.allows(GrantType::Implicit),
        })
}

/// `scheme://host[:port]` of an HTTP or HTTPS address; `None` for anything else.
pub(super) fn origin(address: &str) -> Option<String> {
    let address: http::Uri = address.parse().ok()?;
    let scheme = address.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = address.authority().filter(|authority| !authority.as_str().contains('@'))?;
    Some(format!("{scheme}://{authority}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVALID: Fault = Fault::invalid("X", "x");

    fn config(responses: &[ResponseType], grants: &[GrantType]) -> OidcConfig {
        normalized(OidcConfig {
            response_types: responses.to_vec(),
            grant_types: grants.to_vec(),
            ..OidcConfig::default()
        })
    }

    #[test]
    fn every_response_type_needs_its_grant() {
        use GrantType::{AuthorizationCode, DeviceCode, Implicit};
        use ResponseType::{Code, IdToken};
        assert!(check(&config(&[], &[]), INVALID).is_ok());
        assert!(check(&config(&[Code], &[DeviceCode]), INVALID).is_ok());
        assert!(check(&config(&[Code], &[Implicit]), INVALID).is_err());
        assert!(check(&config(&[IdToken], &[AuthorizationCode]), INVALID).is_err());
        assert!(check(&config(&[Code, IdToken], &[AuthorizationCode, Implicit]), INVALID).is_ok());
    }

    #[test]
    fn an_additional_origin_has_no_path() {
        let with = |origin: &str| OidcConfig { additional_origins: vec![origin.to_owned()], ..config(&[], &[]) };
        assert!(check(&with("https://a.example:8443"), INVALID).is_ok());
        assert!(check(&with("https://a.example/"), INVALID).is_err());
        assert!(check(&with("a.example"), INVALID).is_err());
    }

    #[test]
    fn the_clock_skew_is_at_most_five_seconds() {
        assert!(check(&OidcConfig { clock_skew_nanos: 5_000_000_000, ..config(&[], &[]) }, INVALID).is_ok());
        assert!(check(&OidcConfig { clock_skew_nanos: 5_000_000_001, ..config(&[], &[]) }, INVALID).is_err());
        assert!(check(&OidcConfig { clock_skew_nanos: -1, ..config(&[], &[]) }, INVALID).is_err());
    }

    #[test]
    fn a_partial_change_keeps_what_it_does_not_name() {
        let old = OidcConfig { redirect_uris: vec!["https://a.example/cb".into()], dev_mode: true, ..config(&[], &[]) };
        let new = OidcChange { dev_mode: Some(false), ..OidcChange::default() }.apply(&old);
        assert_eq!(new, OidcConfig { dev_mode: false, ..old });
    }

    #[test]
    fn blanks_around_addresses_are_cut() {
        let config =
            normalized(OidcConfig { redirect_uris: vec![" https://a.example/cb ".into()], ..OidcConfig::default() });
        assert_eq!(config.redirect_uris, ["https://a.example/cb"]);
    }
}
