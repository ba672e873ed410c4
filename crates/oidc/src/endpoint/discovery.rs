//! The discovery document (OpenID Connect Discovery 3).

use axum::response::Response;
use http::StatusCode;
use serde_json::json;

use super::{Incoming, State};
use crate::error::{OAuthResult, json as json_answer};

pub(super) fn answer(state: &State, incoming: &Incoming) -> OAuthResult<Response> {
    let issuer = &*incoming.origin;
    let paths = &state.options.paths;
    let url = |path: &str| format!("{issuer}/{}", path.trim_start_matches('/'));
    let document = json!({
        "issuer": issuer,
        "authorization_endpoint": url(&paths.authorize),
        "token_endpoint": url(&paths.token),
        "introspection_endpoint": url(&paths.introspection),
        "userinfo_endpoint": url(&paths.userinfo),
        "revocation_endpoint": url(&paths.revocation),
        "end_session_endpoint": url(&paths.end_session),
        "device_authorization_endpoint": url(&paths.device_authorization),
        "jwks_uri": url(&paths.keys),
        "scopes_supported": ["openid", "profile", "email", "phone", "address", "offline_access"],
        "response_types_supported": ["code", "id_token", "id_token token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": [
            "authorization_code", "implicit", "refresh_token", "client_credentials",
            "urn:ietf:params:oauth:grant-type:jwt-bearer", "urn:ietf:params:oauth:grant-type:device_code"
        ],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512"],
        "request_object_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "revocation_endpoint_auth_methods_supported":
            ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
        "revocation_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
        "introspection_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "claims_supported": [
            "sub", "aud", "exp", "iat", "iss", "auth_time", "nonce", "acr", "amr", "c_hash", "at_hash", "act", "scopes",
            "client_id", "azp", "preferred_username", "name", "family_name", "given_name", "locale", "email",
            "email_verified", "phone_number", "phone_number_verified"
        ],
        "code_challenge_methods_supported": ["S256"],
        "ui_locales_supported": state.options.languages,
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true
    });
    Ok(json_answer(StatusCode::OK, &document))
}
