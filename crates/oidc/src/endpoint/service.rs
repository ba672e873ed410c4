//! The endpoints as one service, so that a server can lead requests to them without a router.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use castellan_rpc::Environment;
use castellan_rpc::http::{Served, cors, panics};
use http::{StatusCode, header};
use tower::Service;

use super::{Needs, State, discovery, introspection, keys, read, revocation, token, userinfo};
use crate::options::Options;

/// All endpoints. A panic inside is answered with the status 500.
#[derive(Clone)]
pub struct Endpoints(Arc<Shared>);

struct Shared {
    state: State,
    paths: [(&'static str, Endpoint); 6],
}

#[derive(Clone, Copy)]
enum Endpoint {
    Discovery,
    Keys,
    Token,
    Userinfo,
    Introspection,
    Revocation,
}

impl Endpoints {
    /// The endpoints at the paths of the options.
    pub fn new(env: Arc<Environment>, options: Options) -> Self {
        let paths = options.paths.clone();
        // Named in metrics for as long as the process lives.
        let path = |path: &str| -> &'static str { format!("/{}", path.trim_start_matches('/')).leak() };
        let paths = [
            (path(&paths.token), Endpoint::Token),
            (path(&paths.userinfo), Endpoint::Userinfo),
            (path(&paths.introspection), Endpoint::Introspection),
            (path(&paths.keys), Endpoint::Keys),
            (path(&paths.revocation), Endpoint::Revocation),
            ("/.well-known/openid-configuration", Endpoint::Discovery),
        ];
        Self(Arc::new(Shared { state: State { env, options: Arc::new(options) }, paths }))
    }

    /// Whether the path is one of theirs.
    pub fn takes(&self, path: &str) -> bool {
        self.0.find(path).is_some()
    }

    /// The same as routes of a router.
    pub fn into_router(self) -> Router {
        let paths: Vec<&str> = self.0.paths.iter().map(|(path, _)| *path).collect();
        paths.into_iter().fold(Router::new(), |router, path| router.route_service(path, self.clone()))
    }
}

impl Service<Request> for Endpoints {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { Ok(shared.serve(&mut request).await) })
    }
}

impl Shared {
    fn find(&self, path: &str) -> Option<(&'static str, Endpoint)> {
        self.paths.iter().find(|(known, _)| *known == path).copied()
    }

    async fn serve(&self, request: &mut Request) -> Response {
        let Some((path, endpoint)) = self.find(request.uri().path()) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut response = match cors::OIDC.preflight(request) {
            Some(preflight) => preflight,
            None => {
                let origin = request.headers().get(header::ORIGIN).cloned();
                let answered = panics::catch(path, pin!(self.answer(endpoint, request))).await;
                let mut response = answered.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
                cors::OIDC.apply(origin, response.headers_mut());
                response
            }
        };
        response.extensions_mut().insert(Served { method: path, status: None });
        response
    }

    async fn answer(&self, endpoint: Endpoint, request: &mut Request) -> Response {
        let state = &self.state;
        let needs = match endpoint {
            Endpoint::Discovery | Endpoint::Keys => Needs::Nothing,
            Endpoint::Token | Endpoint::Userinfo | Endpoint::Introspection | Endpoint::Revocation => Needs::Quota,
        };
        let (mut incoming, look) = match read(state, request, needs).await {
            Ok(read) => read,
            Err(response) => return response,
        };
        let answer = match endpoint {
            Endpoint::Discovery => discovery::answer(state, &incoming),
            Endpoint::Keys => keys::answer(state, look).await,
            Endpoint::Token => token::answer(state, &mut incoming, look).await,
            Endpoint::Userinfo => userinfo::answer(state, &incoming, look).await,
            Endpoint::Introspection => introspection::answer(state, &incoming, look).await,
            Endpoint::Revocation => revocation::answer(state, &incoming, look).await,
        };
        answer.unwrap_or_else(IntoResponse::into_response)
    }
}
