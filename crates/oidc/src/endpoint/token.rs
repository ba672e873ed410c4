//! The token endpoint.

use std::sync::Arc;

use axum::response::Response;
use castellan_db::Snapshot;
use http::StatusCode;

use super::{Incoming, State, retrying};
use crate::error::{OAuthResult, json_bytes};
use crate::token::{self, TokenRequest};

pub(super) async fn answer(state: &State, incoming: &mut Incoming, look: Snapshot) -> OAuthResult<Response> {
    let request = Arc::new(TokenRequest {
        parameters: std::mem::take(&mut incoming.parameters),
        authorization: incoming.authorization().map(str::to_owned),
        options: Arc::clone(&state.options),
    });
    let answer = retrying(state, incoming, look, |ctx, look| {
        let request = Arc::clone(&request);
        Box::pin(async move { token::grant(ctx, look, &request).await })
    })
    .await?;
    Ok(json_bytes(StatusCode::OK, answer.to_json().into()))
}
