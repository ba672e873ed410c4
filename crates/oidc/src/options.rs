//! What the configuration decides about this crate (`spec: oauth.md 1.2, 4.1, 4.6`).

use std::sync::Arc;

use castellan_rpc::Meter;

/// Paths and lifetimes of the OpenID provider.
#[derive(Debug, Clone)]
pub struct Options {
    /// `OIDC.CustomEndpoints.*.Path`, without a leading slash.
    pub paths: Paths,
    /// Seconds an access token lives where the instance sets nothing.
    pub access_token_seconds: i64,
    /// Seconds an ID token lives where the instance sets nothing.
    pub id_token_seconds: i64,
    /// Seconds that clients may cache the key set; 0 forbids caching.
    pub jwks_cache_seconds: i64,
    /// The languages of the login pages.
    pub languages: Vec<String>,
    /// Who knows which instances have used up their authenticated requests; `None` when nothing is counted.
    pub meter: Option<Arc<dyn Meter>>,
}

/// The paths of the endpoints.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct Paths {
    pub authorize: String,
    pub token: String,
    pub introspection: String,
    pub revocation: String,
    pub userinfo: String,
    pub end_session: String,
    pub keys: String,
    pub device_authorization: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            paths: Paths::default(),
            access_token_seconds: 12 * 3600,
            id_token_seconds: 12 * 3600,
            jwks_cache_seconds: 300,
            languages: castellan_languages(),
            meter: None,
        }
    }
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            authorize: "oauth/v2/authorize".to_owned(),
            token: "oauth/v2/token".to_owned(),
            introspection: "oauth/v2/introspect".to_owned(),
            revocation: "oauth/v2/revoke".to_owned(),
            userinfo: "oidc/v1/userinfo".to_owned(),
            end_session: "oidc/v1/end_session".to_owned(),
            keys: "oauth/v2/keys".to_owned(),
            device_authorization: "oauth/v2/device_authorization".to_owned(),
        }
    }
}

fn castellan_languages() -> Vec<String> {
    [
        "ar", "bg", "cs", "de", "en", "es", "fr", "hu", "id", "it", "ja", "ko", "mk", "nl", "pl", "pt", "ro", "ru",
        "sv", "tr", "uk", "zh",
    ]
    .map(str::to_owned)
    .to_vec()
}
