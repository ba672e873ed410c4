//! What surrounds every request: its id, its name in the log or its span, its metrics, and on demand its line in the log.
//! Only method, route, status and time are noted; paths and queries may contain codes and tokens.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::extract::MatchedPath;
use castellan_kernel::{Rng as _, SeededRng, SystemRng};
use castellan_rpc::http::{REQUEST_ID, Served, assign_request_id};
use http::{HeaderMap, HeaderName, Request, Response};
use opentelemetry::propagation::Extractor;
use tower::{Layer, Service};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::config::{Settings, TracingType};
use crate::logging::RequestName;
use crate::metrics::Metrics;

/// The label of requests to which no route belongs.
const UNMATCHED: &str = "unmatched";

/// Puts the observation around a router, see [`Self::around`].
#[derive(Clone)]
pub struct ObserveLayer(Arc<Around>);

struct Around {
    metrics: Metrics,
    /// Of the ids of requests, which are no secrets: the generator of those would take as long as finding what was asked for.
    ids: SeededRng,
    access_log: bool,
    traces: bool,
}

impl ObserveLayer {
    /// Observes as configured.
    pub fn new(settings: &Settings, metrics: Metrics) -> Self {
        Self(Arc::new(Around {
            metrics,
            ids: SeededRng::new(seed()),
            access_log: settings.log_store.access.stdout.enabled,
            traces: settings.tracing.kind == TracingType::Otel,
        }))
    }

    /// Observes a finished router. A handler that panics is answered with 500, and counted as such.
    pub fn around(self, router: Router) -> Router {
        router.layer(CatchPanicLayer::new()).layer(self)
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Observe { inner, around: Arc::clone(&self.0) }
    }
}

/// A service under observation.
#[derive(Clone)]
pub struct Observe<S> {
    inner: S,
    around: Arc<Around>,
}

impl<S, B, C> Service<Request<B>> for Observe<S>
where
    S: Service<Request<B>, Response = Response<C>>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<C>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let around = Arc::clone(&self.around);
        let started = Instant::now();
        let id = assign_request_id(request.headers_mut(), &around.ids);
        let verb = request.method().clone();
        let route = request.extensions().get::<MatchedPath>().cloned();
        // Whoever collects traces has it in a span, which costs more than a name that is seldom asked for.
        let identity = if around.traces {
            let span = tracing::info_span!(
                "request",
                id = id.to_str().unwrap_or_default(),
                verb = verb.as_str(),
                otel.name = field::Empty,
                otel.kind = "server",
                http.response.status_code = field::Empty,
            );
            follow(&span, request.headers());
            Identity::Span(span)
        } else {
            Identity::Name(RequestName { id: id.clone(), verb })
        };
        let presence = around.metrics.request();
        let answer = identity.around(|| self.inner.call(request));
        Box::pin(async move {
            let mut answer = pin!(answer);
            let mut response = poll_fn(|context| identity.around(|| answer.as_mut().poll(context))).await?;
            drop(presence);
            let status = response.status();
            let served = response.extensions().get::<Served>().copied();
            let method = match (served, route) {
                (Some(served), _) => Cow::Borrowed(served.method),
                (None, Some(route)) => Cow::Owned(route.as_str().to_owned()),
                (None, None) => Cow::Borrowed(UNMATCHED),
            };
            let code = served.and_then(|served| served.status).unwrap_or_else(|| status.as_u16());
            let elapsed = started.elapsed();
            if let Identity::Span(span) = &identity {
                span.record("otel.name", method.as_ref());
                span.record("http.response.status_code", status.as_u16());
            }
            if around.access_log {
                let milliseconds = elapsed.as_secs_f64() * 1000.0;
                identity.around(|| {
                    let (method, status) = (method.as_ref(), status.as_u16());
                    tracing::info!(target: "access", method, status, code, milliseconds);
                });
            }
            around.metrics.observe(method, code, elapsed);
            response.headers_mut().entry(REQUEST_ID).or_insert(id);
            Ok(response)
        })
    }
}

/// Another one for each process, so that no two of them give the same ids.
fn seed() -> u64 {
    let mut seed = [0; 8];
    SystemRng::default().fill(&mut seed);
    u64::from_ne_bytes(seed)
}

/// By what lines and traces know a request.
enum Identity {
    Span(Span),
    Name(RequestName),
}

impl Identity {
    /// Does work that belongs to the request.
    fn around<T>(&self, work: impl FnOnce() -> T) -> T {
        match self {
            Self::Span(span) => span.in_scope(work),
            Self::Name(name) => name.around(work),
        }
    }
}

/// Continues the caller's trace.
fn follow(span: &Span, headers: &HeaderMap) {
    let parent = opentelemetry::global::get_text_map_propagator(|propagator| propagator.extract(&Headers(headers)));
    // Without a running trace layer there is nothing to continue.
    let _ = span.set_parent(parent);
}

struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use castellan_kernel::SystemClock;
    use tower::ServiceExt;

    use super::*;
    use crate::config::{Inputs, load};

    fn observed() -> (Router, Metrics) {
        let settings = load(&Inputs::default()).unwrap().settings;
        let metrics = Metrics::new(&SystemClock);
        let router = Router::new()
            .route(
                "/panic",
                get(|| async {
                    if true {
                        panic!("on purpose")
                    }
                }),
            )
            .route("/users/{id}", get(|headers: HeaderMap| async move { headers[REQUEST_ID].as_bytes().to_vec() }))
            .fallback(|| async {
                let mut response = Response::new(Body::empty());
                response.extensions_mut().insert(Served { method: "a.B/C", status: Some(404) });
                response
            });
        (ObserveLayer::new(&settings, metrics.clone()).around(router), metrics)
    }

    async fn ask(router: &Router, path: &str, id: Option<&str>) -> String {
        let mut request = Request::get(path);
        if let Some(id) = id {
            request = request.header(REQUEST_ID, id);
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        response.headers()[REQUEST_ID].to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn every_answer_carries_a_request_id_and_the_callers_own_is_kept() {
        let (router, _) = observed();
        let (first, second) = (ask(&router, "/users/1", None).await, ask(&router, "/users/1", None).await);
        assert!(first.len() == 32 && first != second);
        assert_eq!(ask(&router, "/users/1", Some("my-id")).await, "my-id");
        assert_ne!(ask(&router, "/users/1", Some(&"x".repeat(200))).await.len(), 200);
    }

    #[tokio::test]
    async fn requests_are_measured_by_route_template_or_by_the_routers_label() {
        let (router, metrics) = observed();
        ask(&router, "/users/1", None).await;
        ask(&router, "/users/2", None).await;
        ask(&router, "/a.B/C", None).await;
        ask(&router, "/panic", None).await;
        let text = metrics.render();
        assert!(text.contains(r#"castellan_requests_total{method="/users/{id}",code="200"} 2"#), "{text}");
        assert!(text.contains(r#"castellan_requests_total{method="a.B/C",code="404"} 1"#), "{text}");
        assert!(text.contains(r#"castellan_requests_total{method="/panic",code="500"} 1"#), "{text}");
        assert!(text.contains("castellan_requests_in_flight 0"), "{text}");
    }
}
