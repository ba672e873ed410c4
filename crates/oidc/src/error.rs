//! OAuth errors (RFC 6749 5.2, RFC 6750 3.1) and how business errors look at the OAuth endpoints (`spec: oauth.md 4.4`).

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use castellan_kernel::{Error, Kind};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

/// An error answer of an OAuth endpoint.
#[derive(Debug)]
pub struct OAuthError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The error code of the RFC.
    pub code: &'static str,
    /// What was wrong, for the developer of the client.
    pub description: String,
    /// For the log only.
    pub cause: Option<Box<Error>>,
}

/// The result of an OAuth endpoint.
pub type OAuthResult<T> = Result<T, OAuthError>;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl OAuthError {
            $($(#[$doc])* pub fn $name(description: impl Into<String>) -> Self {
                Self { status: StatusCode::BAD_REQUEST, code: $code, description: description.into(), cause: None }
            })*
        }
    };
}

codes! {
    /// A parameter is missing or wrong.
    invalid_request = "invalid_request";
    /// The client is unknown or did not authenticate.
    invalid_client = "invalid_client";
    /// The code, assertion or token that is exchanged is not valid.
    invalid_grant = "invalid_grant";
    /// The client may not use this grant or endpoint.
    unauthorized_client = "unauthorized_client";
    /// The grant type is unknown.
    unsupported_grant_type = "unsupported_grant_type";
    /// A scope is not allowed.
    invalid_scope = "invalid_scope";
    /// The access token is missing or not valid.
    access_denied = "access_denied";
}

impl OAuthError {
    /// The same error with another HTTP status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(mut self, cause: Error) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        let (status, code) = match error.kind() {
            Kind::AlreadyExists | Kind::Aborted => (409, "invalid_request"),
            Kind::InvalidArgument | Kind::FailedPrecondition | Kind::OutOfRange => (400, "invalid_request"),
            Kind::NotFound => (404, "invalid_request"),
            Kind::PermissionDenied => (403, "invalid_request"),
            Kind::Unauthenticated => (401, "invalid_request"),
            Kind::ResourceExhausted => (429, "invalid_request"),
            Kind::Unavailable => (503, "server_error"),
            Kind::Unimplemented => (501, "server_error"),
            Kind::DeadlineExceeded => (504, "server_error"),
            Kind::Internal | Kind::Unknown | Kind::DataLoss | Kind::Canceled => (500, "server_error"),
        };
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            description: error.key().to_owned(),
            cause: Some(Box::new(error)),
        }
    }
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    error_description: &'a str,
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        match &self.cause {
            Some(cause) if self.status.is_server_error() => {
                tracing::error!(error = ?cause, "an OAuth request failed");
            }
            cause => tracing::debug!(error = ?cause, code = self.code, description = self.description, "refused"),
        }
        json(self.status, &ErrorBody { error: self.code, error_description: &self.description })
    }
}

/// A JSON answer that nobody may store (RFC 6749 5.1).
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    // Room for an access token and an ID token.
    let mut bytes = Vec::with_capacity(1_536);
    match serde_json::to_writer(&mut bytes, body) {
        Ok(()) => json_bytes(status, bytes.into()),
        Err(cause) => {
            tracing::error!(%cause, "an answer could not be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// As [`json`], for a body that is written already.
pub fn json_bytes(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Others follow: of CORS, of the connection.
    headers.reserve(12);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::EXPIRES, HeaderValue::from_static("0"));
    response
}
