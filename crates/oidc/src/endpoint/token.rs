//! The token endpoint.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;

use super::{Incoming, State, retrying};
use crate::error::{OAuthResult, json};
use crate::token::{self, TokenRequest};

pub(super) async fn answer(state: &State, incoming: Incoming) -> OAuthResult<Response> {
    let request = Arc::new(TokenRequest {
        parameters: incoming.parameters.clone(),
        authorization: incoming.authorization().map(str::to_owned),
        options: Arc::clone(&state.options),
    });
    let answer = retrying(state, &incoming, |ctx| {
        let request = Arc::clone(&request);
        Box::pin(async move { token::grant(ctx, &request).await })
    })
    .await?;
    Ok(json(StatusCode::OK, &answer))
}
