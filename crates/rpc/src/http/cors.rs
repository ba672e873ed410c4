//! Cross-origin requests (`spec: oauth.md 2.2`): every origin may call, with credentials; who may do what is decided by the
//! token, never by the origin.

use ::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::body::Body;

/// What browsers may send and read across origins.
#[derive(Debug)]
pub struct CorsPolicy {
    methods: HeaderValue,
    headers: HeaderValue,
    exposed: HeaderValue,
}

/// The policy of all APIs.
pub static API: CorsPolicy = CorsPolicy {
    methods: HeaderValue::from_static("OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE"),
    headers: HeaderValue::from_static(
        "Origin, Content-Type, Accept, Accept-Language, Authorization, X-Zitadel-Orgid, X-User-Agent, X-Grpc-Web, \
         X-Requested-With, Connect-Protocol-Version, Connect-Timeout-Ms, Grpc-Timeout",
    ),
    exposed: HeaderValue::from_static("Location, Content-Length, Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin"),
};

/// The policy of the OAuth and OpenID Connect endpoints.
pub static OIDC: CorsPolicy = CorsPolicy {
    methods: HeaderValue::from_static("GET, HEAD, POST"),
    headers: HeaderValue::from_static("Origin, Accept, Accept-Language, Authorization, Content-Type, X-Requested-With"),
    exposed: HeaderValue::from_static("Location, Content-Length"),
};

impl CorsPolicy {
    /// The answer to a preflight; `None` when the request is not one.
    pub fn preflight<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let headers = request.headers();
        if request.method() != Method::OPTIONS || !headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let answer = response.headers_mut();
        answer.insert(
            header::VARY,
            HeaderValue::from_static("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        );
        if let Some(origin) = headers.get(header::ORIGIN) {
            allow_origin(answer, origin.clone());
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
        }
        Some(response)
    }

    /// Adds what the answer to a request from `origin` needs; without an origin only `Vary`.
    pub fn apply(&self, origin: Option<HeaderValue>, answer: &mut HeaderMap) {
        answer.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = origin {
            allow_origin(answer, origin);
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
        }
    }

    /// Puts the policy around the routes of a router.
    pub fn around(&'static self, router: axum::Router) -> axum::Router {
        router.layer(axum::middleware::from_fn(
            move |request: axum::extract::Request, next: axum::middleware::Next| async move {
                if let Some(answer) = self.preflight(&request) {
                    return answer;
                }
                let origin = request.headers().get(header::ORIGIN).cloned();
                let mut response = next.run(request).await;
                self.apply(origin, response.headers_mut());
                response
            },
        ))
    }
}

fn allow_origin(answer: &mut HeaderMap, origin: HeaderValue) {
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, headers: &[(&'static str, &'static str)]) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = method;
        for (name, value) in headers {
            request.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        request
    }

    #[test]
    fn a_preflight_from_any_origin_is_answered_with_credentials() {
        let preflight =
            request(Method::OPTIONS, &[("origin", "https://app.example"), ("access-control-request-method", "DELETE")]);
        let answer = API.preflight(&preflight).unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(answer.headers()["access-control-allow-origin"], "https://app.example");
        assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
        assert!(answer.headers()["access-control-allow-methods"].to_str().unwrap().contains("DELETE"));
        assert!(answer.headers()["access-control-allow-headers"].to_str().unwrap().contains("X-Zitadel-Orgid"));
    }

    #[test]
    fn plain_options_and_other_verbs_are_no_preflights() {
        assert!(API.preflight(&request(Method::OPTIONS, &[("origin", "https://app.example")])).is_none());
        assert!(API.preflight(&request(Method::POST, &[("access-control-request-method", "POST")])).is_none());
    }

    #[test]
    fn an_answer_names_the_origin_and_what_may_be_read() {
        let mut headers = HeaderMap::new();
        API.apply(Some(HeaderValue::from_static("null")), &mut headers);
        assert_eq!(headers["access-control-allow-origin"], "null");
        assert!(headers["access-control-expose-headers"].to_str().unwrap().contains("Grpc-Status"));
        let mut without = HeaderMap::new();
        API.apply(None, &mut without);
        assert_eq!(without.len(), 1);
    }
}
