//! What an application is configured to do: kinds, enums, and the configuration of OIDC applications.

use serde::{Deserialize, Serialize};

use super::number::numbered;

/// What kind of application; fixed at creation. The number is what storage keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ClientKind {
    Oidc = 1,
    Api = 2,
    Saml = 3,
}

impl ClientKind {
    pub(super) fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Oidc),
            2 => Some(Self::Api),
            3 => Some(Self::Saml),
            _ => None,
        }
    }
}

numbered! {
    /// How the application proves that it is the client it says. The numbers are those of OIDC applications; API applications
    /// know the first and the last, which their API numbers 0 and 1.
    AuthMethod {
        Basic = 0,
        Post = 1,
        None = 2,
        PrivateKeyJwt = 3,
    }
}

impl AuthMethod {
    /// Whether a client secret belongs to it.
    pub fn has_secret(self) -> bool {
        matches!(self, Self::Basic | Self::Post)
    }

    /// The number of API applications, in their APIs and events.
    pub(super) fn api_number(self) -> i32 {
        i32::from(self == Self::PrivateKeyJwt)
    }

    /// From the number that requests for API applications use.
    pub fn from_api_number(number: i32) -> Self {
        if number == 1 { Self::PrivateKeyJwt } else { Self::Basic }
    }
}

numbered! {
    /// What the authorization endpoint may answer.
    ResponseType {
        Code = 0,
        IdToken = 1,
        IdTokenToken = 2,
    }
}

numbered! {
    /// What the token endpoint may be asked for.
    GrantType {
        AuthorizationCode = 0,
        Implicit = 1,
        RefreshToken = 2,
        DeviceCode = 3,
        TokenExchange = 4,
    }
}

numbered! {
    /// Where the application runs.
    AppType {
        Web = 0,
        UserAgent = 1,
        Native = 2,
    }
}

numbered! {
    /// The form of access tokens.
    TokenType {
        Bearer = 0,
        Jwt = 1,
    }
}

numbered! {
    /// Which login pages the application's users see.
    LoginVersion {
        Unspecified = 0,
        Version1 = 1,
        Version2 = 2,
    }
}

/// The configuration of an OIDC application, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct OidcConfig {
    /// Where users may be sent back to after sign-in.
    pub redirect_uris: Vec<String>,
    /// What the authorization endpoint may answer.
    pub response_types: Vec<ResponseType>,
    /// What the token endpoint may be asked for.
    pub grant_types: Vec<GrantType>,
    /// Where the application runs.
    pub app_type: AppType,
    /// Where users may be sent back to after sign-out.
    pub post_logout_redirect_uris: Vec<String>,
    /// Plain HTTP and patterns are allowed in redirect URIs.
    pub dev_mode: bool,
    /// The form of access tokens.
    pub access_token_type: TokenType,
    /// Roles are put into JWT access tokens.
    pub access_token_role_assertion: bool,
    /// Roles are put into ID tokens.
    pub id_token_role_assertion: bool,
    /// Userinfo claims are put into ID tokens.
    pub id_token_userinfo_assertion: bool,
    /// How far clocks may be apart when assertions of the client are checked, in nanoseconds; 0 to 5 seconds.
    pub clock_skew_nanos: i64,
    /// Origins besides those of redirect URIs from which browsers may call.
    pub additional_origins: Vec<String>,
    /// Native applications are called back without a page that says so.
    pub skip_native_app_success_page: bool,
    /// Where sign-outs are reported to; empty for nowhere.
    pub back_channel_logout_uri: String,
    /// Which login pages the users see.
    pub login_version: LoginVersion,
    /// Where login pages of version 2 are; empty for the instance's.
    pub login_base_uri: String,
}

impl OidcConfig {
    /// Whether the application may use this grant.
    pub fn allows(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// The origins from which browsers may call the APIs with tokens of this application.
    pub fn allowed_origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = Vec::new();
        let redirects = self.redirect_uris.iter().filter_map(|uri| super::oidc::origin(uri));
        for origin in redirects.chain(self.additional_origins.iter().cloned()) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        origins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_survives_storage() {
        let config = OidcConfig {
            redirect_uris: vec!["https://a.example/cb".into()],
            response_types: vec![ResponseType::Code, ResponseType::IdToken],
            grant_types: vec![GrantType::AuthorizationCode, GrantType::Implicit],
            app_type: AppType::Native,
            clock_skew_nanos: 1_000_000_000,
            ..OidcConfig::default()
        };
        let stored = serde_json::to_string(&config).unwrap();
        assert!(stored.contains(r#""grantTypes":[0,1]"#), "{stored}");
        assert_eq!(serde_json::from_str::<OidcConfig>(&stored).unwrap(), config);
        assert_eq!(serde_json::from_str::<OidcConfig>("{}").unwrap(), OidcConfig::default());
    }

    #[test]
    fn origins_come_from_redirects_and_the_additional_list_once_each() {
        let config = OidcConfig {
            redirect_uris: vec!["https://a.example/cb".into(), "https://a.example/other".into(), "app:/cb".into()],
            additional_origins: vec!["https://b.example".into(), "https://a.example".into()],
            ..OidcConfig::default()
        };
        assert_eq!(config.allowed_origins(), ["https://a.example", "https://b.example"]);
    }
}
