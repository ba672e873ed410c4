//! The key set (RFC 7517 5): every key that may have signed a valid token.

use axum::response::Response;
use castellan_db::Snapshot;
use castellan_settings::web_keys;
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::State;
use crate::error::{OAuthResult, json as json_answer};

pub(super) async fn answer(state: &State, mut look: Snapshot) -> OAuthResult<Response> {
    let keys = web_keys::public_keys(&mut look).await?;
    let mut response = json_answer(StatusCode::OK, &json!({ "keys": keys }));
    if state.options.jwks_cache_seconds > 0 {
        let value = format!("max-age={}, must-revalidate", state.options.jwks_cache_seconds);
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header::CACHE_CONTROL, value);
            response.headers_mut().remove(header::PRAGMA);
            response.headers_mut().remove(header::EXPIRES);
        }
    }
    Ok(response)
}
