//! The whole API as one service: every framing, REST, health and reflection, with the headers they share.

mod quota;
#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use ::http::{Request, Response, StatusCode, header};
use axum::body::Body;
use castellan_kernel::{Clock, Rng, SystemClock, SystemRng};
use tower::Service;

use crate::call::Invoke;
use crate::framing::{Framings, Health};
use crate::http::{
    ConnectionInfo, REQUEST_ID, assign_request_id, cors, forbid_caching, forbid_indexing, panics, request_origin,
};
use crate::rest::Rest;

/// Ten mebibytes, the limit that clients of the API know.
pub const DEFAULT_MESSAGE_LIMIT: usize = 10 * 1024 * 1024;

/// How the API is served.
#[derive(Clone)]
pub struct ServiceOptions {
    /// Time, for `expires` headers.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for request ids.
    pub rng: Arc<dyn Rng>,
    /// The health that `grpc.health.v1` reports; keep a clone to change it.
    pub health: Health,
    /// The most bytes that a request message or REST body may have, after unpacking.
    pub message_limit: usize,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            rng: Arc::new(SystemRng::default()),
            health: Health::new(),
            message_limit: DEFAULT_MESSAGE_LIMIT,
        }
    }
}

impl fmt::Debug for ServiceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceOptions").field("message_limit", &self.message_limit).finish_non_exhaustive()
    }
}

/// The API, to be served as it is or as the fallback of a router with routes of its own for OAuth and pages.
///
/// The listener puts [`ConnectionInfo`] into the extensions of every request.
pub fn service(invoke: Arc<dyn Invoke>, options: ServiceOptions) -> ApiService {
    ApiService(Arc::new(Api {
        framings: Framings::new(Arc::clone(&invoke), &options.health, options.message_limit),
        rest: Rest::new(invoke, options.message_limit),
        options,
    }))
}

/// The whole API. A panic inside is answered like any internal error.
#[derive(Clone)]
pub struct ApiService(Arc<Api>);

impl ApiService {
    /// Whether the path is known as one of the API: that of an RPC, or one that begins as a REST route does, once there was a
    /// REST request.
    pub fn takes(&self, path: &str) -> bool {
        Framings::is_path_of_rpc(path) || self.0.rest.begins(path)
    }

    /// The API as the fallback of a router.
    pub fn into_router(self) -> axum::Router {
        axum::Router::new().fallback_service(self)
    }
}

impl fmt::Debug for ApiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ApiService").field(&self.0.options).finish()
    }
}

impl Service<Request<Body>> for ApiService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let api = Arc::clone(&self.0);
        Box::pin(async move {
            let answered = panics::catch("api", pin!(api.serve(request))).await;
            Ok(answered.unwrap_or_else(|failure| crate::rest::failure(&failure)))
        })
    }
}

struct Api {
    framings: Framings,
    rest: Rest,
    options: ServiceOptions,
}

impl Api {
    async fn serve(&self, mut request: Request<Body>) -> Response<Body> {
        let id = assign_request_id(request.headers_mut(), &*self.options.rng);
        let mut response = match cors::API.preflight(&request) {
            Some(preflight) => preflight,
            None => self.answer(request).await,
        };
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let caller_origin = request.headers().get(header::ORIGIN).cloned();
        let was_exhausted = quota::says_exhausted(request.headers());
        let connection = request.extensions().get::<ConnectionInfo>();
        let origin = request_origin(request.headers(), request.uri(), connection);
        let is_rpc = Framings::takes(&request);
        let mut response =
            if is_rpc { self.framings.serve(request, origin).await } else { self.rest.serve(request, origin).await };
        // Connect shows failures in the status, and leaves them without these headers (`spec: api.md 1.1`).
        let is_connect_failure = is_rpc && response.status() != StatusCode::OK;
        if !is_rpc {
            quota::tell(was_exhausted, &mut response);
        }
        let headers = response.headers_mut();
        if !is_connect_failure {
            forbid_caching(headers, self.options.clock.now());
        }
        forbid_indexing(headers);
        cors::API.apply(caller_origin, headers);
        response
    }
}
