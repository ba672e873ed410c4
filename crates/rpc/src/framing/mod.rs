//! gRPC, gRPC-Web and Connect, with health checks and reflection. The types of the framing library stay in this module.
//!
//! All RPCs of the contract are unary; whichever framing a call came in, its message goes to [`Invoke`] in wire form.

mod dispatcher;
mod errors;
mod system;
#[cfg(test)]
mod tests;
mod web_text;

use std::sync::Arc;

use ::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use axum::body::Body;
use castellan_kernel::Kind;
use connectrpc::{CompressionPolicy, ConnectError, ConnectRpcService, Limits};
use tower::Service as _;

use crate::call::{Invoke, RequestOrigin};
use crate::descriptor::Contract;
use crate::http::{Outcome, Served, compression, drain};

use dispatcher::RpcDispatcher;
pub use system::Health;
use system::System;

/// Bytes that an envelope adds to a message.
const ENVELOPE: usize = 5;

/// The three RPC framings over one set of RPCs.
pub struct Framings {
    service: ConnectRpcService<RpcDispatcher>,
    invoke: Arc<dyn Invoke>,
    message_limit: usize,
}

impl Framings {
    /// Serves the RPCs behind `invoke`, health checks and reflection; messages may have up to `message_limit` bytes.
    pub fn new(invoke: Arc<dyn Invoke>, health: &Health, message_limit: usize) -> Self {
        let system = System::new(&*invoke, health);
        let limits = Limits::default()
            .with_max_request_body_size(message_limit.saturating_add(ENVELOPE))
            .with_max_message_size(message_limit);
        let service = ConnectRpcService::new(RpcDispatcher::new(Arc::clone(&invoke), system))
            .with_limits(limits)
            .with_compression_policy(CompressionPolicy::default().with_min_size(compression::WORTH_COMPRESSING));
        Self { service, invoke, message_limit }
    }

    /// Whether a request is an RPC by its path or its content type.
    pub fn takes<B>(request: &Request<B>) -> bool {
        let is_grpc = request
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/grpc"));
        is_grpc || Self::is_path_of_rpc(request.uri().path())
    }

    /// Whether a path has the form of an RPC's, `/package.Service/Method`.
    pub fn is_path_of_rpc(path: &str) -> bool {
        let parts = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        parts.is_some_and(|(service, method)| {
            let has_package = service.find('.').is_some_and(|dot| dot > 0);
            has_package && !method.is_empty() && !method.contains('/')
        })
    }

    /// Answers one request. Headers that every answer of the API shares are not added here.
    pub async fn serve(&self, request: Request<Body>, origin: RequestOrigin) -> Response<Body> {
        let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
        let is_text = content_type.as_ref().is_some_and(web_text::is_text);
        let mut request = if is_text { web_text::unwrap(request) } else { request };
        let path = request.uri().path();
        let method = Contract::get().method(path.strip_prefix('/').unwrap_or(path)).map(|method| method.path);
        let outcome = Outcome::default();
        let response = match self.refusal(path) {
            Some(refusal) => {
                outcome.failed(Kind::Unimplemented);
                let (parts, body) = request.into_parts();
                drain(body, self.message_limit).await;
                refusal.into_http_response(&parts.headers)
            }
            None => {
                request.extensions_mut().insert(origin);
                request.extensions_mut().insert(outcome.clone());
                // The service is a handful of shared pointers; its error type has no values.
                match self.service.clone().call(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        };
        let mut response = response.map(Body::new);
        leave_status_to_trailers(response.headers_mut());
        if let Some(method) = method {
            response.extensions_mut().insert(Served { method, status: outcome.status() });
        }
        if is_text {
            response = web_text::wrap(response);
        } else {
            echo_content_type(content_type.as_ref(), response.headers_mut());
        }
        response
    }

    /// Why an RPC is not served at all, which is answered before credentials are looked at.
    fn refusal(&self, path: &str) -> Option<ConnectError> {
        let path = path.strip_prefix('/').unwrap_or(path);
        if path.starts_with(system::PREFIX) {
            return None;
        }
        match Contract::get().method(path) {
            Some(_) if self.invoke.serves(path) => None,
            Some(_) => Some(ConnectError::unimplemented(not_served(path))),
            None => Some(ConnectError::unimplemented(unknown(path)).with_http_status(StatusCode::NOT_FOUND)),
        }
    }
}

/// The text for an RPC that the contract has and this server has not.
pub(crate) fn not_served(path: &str) -> String {
    format!("{path} is part of the API, but this version of Castellan does not serve it")
}

fn unknown(path: &str) -> String {
    match path.split_once('/') {
        Some((service, method)) if Contract::get().services().any(|known| known == service) => {
            format!("the service {service} has no method {method:?}")
        }
        Some((service, _)) => format!("there is no service {service:?}"),
        None => format!("{path:?} is not the path of an RPC, which is /package.Service/Method"),
    }
}

/// The library repeats the status of a failed gRPC call in the headers, without its details. Clients that find it there look no
/// further (tonic is one), and would never see the details in the trailers.
fn leave_status_to_trailers(headers: &mut HeaderMap) {
    headers.remove("grpc-status");
    headers.remove("grpc-message");
}

/// A client that said `application/grpc` is answered so, although the library spells out `+proto`.
fn echo_content_type(request: Option<&HeaderValue>, answer: &mut HeaderMap) {
    let Some(answered) = answer.get_mut(header::CONTENT_TYPE) else { return };
    let asked = request.map_or(b"".as_slice(), |value| value.as_bytes());
    let asked = asked.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
    match (asked, answered.as_bytes()) {
        (b"application/grpc", b"application/grpc+proto") => *answered = HeaderValue::from_static("application/grpc"),
        (b"application/grpc-web", b"application/grpc-web+proto") => {
            *answered = HeaderValue::from_static("application/grpc-web");
        }
        _ => {}
    }
}
