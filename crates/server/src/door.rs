//! The first fork on the way of a request: calls of the APIs and requests of OAuth endpoints, which most requests are, go straight
//! to them; everything else finds its way by the routes of a router.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use castellan_oidc::Endpoints;
use castellan_rpc::service::ApiService;
use http::{Request, Response};
use tower::{Layer as _, Service as _};

use crate::listener::Serve;
use crate::observe::{Observe, ObserveLayer};

/// Everything that the server answers, each request observed once.
#[derive(Clone)]
pub struct Door {
    api: ApiService,
    observed_api: Observe<ApiService>,
    endpoints: Endpoints,
    observed_endpoints: Observe<Endpoints>,
    routes: Router,
}

impl Door {
    /// The APIs, the endpoints, and routes for what is not theirs: no route may begin as one of the API does.
    pub fn new(api: ApiService, endpoints: Endpoints, routes: Router, observe: &ObserveLayer) -> Self {
        // With its state, the router is laid out once and not for every request.
        let routes = observe.clone().around(routes.merge(api.clone().into_router())).with_state(());
        let (observed_api, observed_endpoints) = (observe.layer(api.clone()), observe.layer(endpoints.clone()));
        Self { api, observed_api, endpoints, observed_endpoints, routes }
    }
}

impl Serve for Door {
    type Answer = Answer;

    fn answer(&self, request: Request<Body>) -> Answer {
        let path = request.uri().path();
        if self.endpoints.takes(path) {
            return Answer(self.observed_endpoints.clone().call(request));
        }
        if self.api.takes(path) {
            return Answer(self.observed_api.clone().call(request));
        }
        self.routes.answer(request)
    }
}

/// A router alone.
impl Serve for Router {
    type Answer = Answer;

    fn answer(&self, request: Request<Body>) -> Answer {
        Answer(Box::pin(self.clone().call(request)))
    }
}

/// An answer to come.
pub struct Answer(Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>);

impl Future for Answer {
    type Output = Response<Body>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response<Body>> {
        self.0.as_mut().poll(context).map(|answer| answer.unwrap_or_else(|never| match never {}))
    }
}
