//! OAuth 2 and OpenID Connect: lifetimes, caches and endpoint paths (`spec: oauth.md 4`).

use std::time::Duration;

use crate::config::key::section;

section! {
    /// OAuth 2 and OpenID Connect.
    Oidc {
        /// Whether S256 is offered for PKCE.
        "CodeMethodS256" => code_method_s256: bool = "true";
        /// Whether `client_secret_post` is offered.
        "AuthMethodPost" => auth_method_post: bool = "true";
        /// Whether `private_key_jwt` is offered.
        "AuthMethodPrivateKeyJWT" => auth_method_private_key_jwt: bool = "true";
        /// Whether the refresh token grant is offered.
        "GrantTypeRefreshToken" => grant_type_refresh_token: bool = "true";
        /// Whether request objects are accepted.
        "RequestObjectSupported" => request_object_supported: bool = "true";
        /// Lifetime of access tokens where the instance sets none.
        "DefaultAccessTokenLifetime" => default_access_token_lifetime: Duration = "12h";
        /// Lifetime of ID tokens where the instance sets none.
        "DefaultIdTokenLifetime" => default_id_token_lifetime: Duration = "12h";
        /// How long a refresh token lives without being used.
        "DefaultRefreshTokenIdleExpiration" => default_refresh_token_idle_expiration: Duration = "720h";
        /// How long a refresh token lives at most.
        "DefaultRefreshTokenExpiration" => default_refresh_token_expiration: Duration = "2160h";
        /// How long clients may keep the key set; 0s: not at all.
        "JWKSCacheControlMaxAge" => jwks_cache_control_max_age: Duration = "5m";
        /// How long the server keeps a public key it has not used.
        "PublicKeyCacheMaxAge" => public_key_cache_max_age: Duration = "24h";
        /// Where the login pages start; the id of the auth request is appended. Empty: the built-in pages.
        "DefaultLoginURLV2" => default_login_url_v2: String = "/ui/v2/login/login?authRequest=";
        /// Where logout pages start.
        "DefaultLogoutURLV2" => default_logout_url_v2: String = "/ui/v2/login/logout?post_logout_redirect=";
        "CustomEndpoints" => custom_endpoints: CustomEndpoints;
        "DeviceAuth" => device_auth: DeviceAuthorization;
        "BackChannelLogout" => back_channel_logout: BackChannelLogout;
    }
}

section! {
    /// Paths of the endpoints.
    CustomEndpoints {
        "Auth" => auth: Endpoint ["Path" = "/oauth/v2/authorize"];
        "Token" => token: Endpoint ["Path" = "/oauth/v2/token"];
        "Introspection" => introspection: Endpoint ["Path" = "/oauth/v2/introspect"];
        "Userinfo" => userinfo: Endpoint ["Path" = "/oidc/v1/userinfo"];
        "Revocation" => revocation: Endpoint ["Path" = "/oauth/v2/revoke"];
        "EndSession" => end_session: Endpoint ["Path" = "/oidc/v1/end_session"];
        "Keys" => keys: Endpoint ["Path" = "/oauth/v2/keys"];
        "DeviceAuth" => device_auth: Endpoint ["Path" = "/oauth/v2/device_authorization"];
    }
}

impl CustomEndpoints {
    /// Every endpoint with its name in the configuration.
    pub fn all(&self) -> [(&'static str, &Endpoint); 8] {
        [
            ("Auth", &self.auth),
            ("Token", &self.token),
            ("Introspection", &self.introspection),
            ("Userinfo", &self.userinfo),
            ("Revocation", &self.revocation),
            ("EndSession", &self.end_session),
            ("Keys", &self.keys),
            ("DeviceAuth", &self.device_auth),
        ]
    }
}

section! {
    /// One endpoint.
    Endpoint {
        /// Path of the endpoint; it begins with `/`.
        "Path" => path: String = "/";
    }
}

section! {
    /// The device authorization grant.
    DeviceAuthorization {
        /// How long a device code can be used.
        "Lifetime" => lifetime: Duration = "5m";
        /// How long a device waits between two polls.
        "PollInterval" => poll_interval: Duration = "5s";
        "UserCode" => user_code: UserCode;
    }
}

section! {
    /// The code that a user types in.
    UserCode {
        /// Characters of which codes are made.
        "CharSet" => char_set: String = "BCDFGHJKLMNPQRSTVWXZ";
        /// Number of characters.
        "CharAmount" => char_amount: u32 = "8";
        /// A dash stands after each so many characters.
        "DashInterval" => dash_interval: u32 = "4";
    }
}

section! {
    /// Back-channel logout.
    BackChannelLogout {
        /// Lifetime of logout tokens.
        "TokenLifetime" => token_lifetime: Duration = "15m";
    }
}
