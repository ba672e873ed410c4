//! The routes for operators: alive, ready, valid, metrics; and the two plain answers at the root
//! (`spec: oauth.md 1.6`). None of them needs a token or an instance.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::metrics::Metrics;

/// The media type that Prometheus asks for.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes. Without `metrics` the metrics route answers 404. `ready` says whether the database answers; its error is
/// shown to whoever asks, so it must not contain a secret.
pub fn router<F, R>(metrics: Option<Metrics>, ready: R) -> Router
where
    R: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<(), String>> + Send,
{
    let validate = ready.clone();
    Router::new()
        .route("/debug/healthz", get(|| async { "ok" }))
        .route(
            "/debug/ready",
            get(move || async move {
                match ready().await {
                    Ok(()) => json("\"ok\"".to_owned()),
                    Err(error) => (StatusCode::PRECONDITION_FAILED, error).into_response(),
                }
            }),
        )
        .route(
            "/debug/validate",
            get(move || async move {
                match validate().await {
                    Ok(()) => json("\"ok\"".to_owned()),
                    Err(error) => json(serde_json::json!([error]).to_string()),
                }
            }),
        )
        .route(
            "/debug/metrics",
            get(move || async move {
                match metrics {
                    Some(metrics) => ([(CONTENT_TYPE, METRICS_TYPE)], metrics.render()).into_response(),
                    None => StatusCode::NOT_FOUND.into_response(),
                }
            }),
        )
        .route("/robots.txt", get(|| async { "User-agent: *\nDisallow: /\n" }))
        .route("/", get(|| async { (StatusCode::FOUND, [(LOCATION, "/ui/login")]) }))
}

fn json(body: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;
    use castellan_kernel::SystemClock;
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    async fn fetch(router: &Router, path: &str) -> (u16, String, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let header = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let kind = header(LOCATION).or_else(|| header(CONTENT_TYPE)).unwrap_or_default();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_healthy_server_says_so() {
        let router = router(Some(Metrics::new(&SystemClock)), || async { Ok(()) });
        assert_eq!(fetch(&router, "/debug/healthz").await.2, "ok");
        let json = "application/json".to_owned();
        assert_eq!(fetch(&router, "/debug/ready").await, (200, json.clone(), "\"ok\"".to_owned()));
        assert_eq!(fetch(&router, "/debug/validate").await, (200, json, "\"ok\"".to_owned()));
        let (status, _, text) = fetch(&router, "/debug/metrics").await;
        assert!(status == 200 && text.contains("castellan_build_info"));
        assert_eq!(fetch(&router, "/robots.txt").await.2, "User-agent: *\nDisallow: /\n");
        assert_eq!(fetch(&router, "/").await, (302, "/ui/login".to_owned(), String::new()));
    }

    #[tokio::test]
    async fn without_its_database_the_server_is_alive_but_not_ready() {
        let router = router(None, || async { Err("the database does not answer".to_owned()) });
        assert_eq!(fetch(&router, "/debug/healthz").await.0, 200);
        let (status, kind, text) = fetch(&router, "/debug/ready").await;
        assert_eq!((status, text.as_str()), (412, "the database does not answer"));
        assert!(kind.starts_with("text/plain"));
        assert_eq!(fetch(&router, "/debug/validate").await.2, r#"["the database does not answer"]"#);
        assert_eq!(fetch(&router, "/debug/metrics").await.0, 404);
    }
}
