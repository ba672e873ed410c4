//! REST: the routes of the contract (`google.api.http`) over HTTP and JSON, by the rules of grpc-gateway.
//!
//! Paths are matched as they came, values decoded once; who may call is decided after that, by the RPC that was found.

mod answer;
mod percent;
mod query;
mod request;
mod routes;
#[cfg(test)]
mod tests;
mod tree;
mod value;

use std::pin::pin;
use std::sync::{Arc, OnceLock};

use ::http::{HeaderMap, Request, Response, header, request::Parts};
use axum::body::Body;
use bytes::Bytes;
use castellan_kernel::Kind;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::call::{Call, Failure, Framing, Invoke, RequestOrigin};
use crate::descriptor::Contract;
use crate::http::compression::{self, GunzipError};
use crate::http::{Served, drain, panics};

pub(crate) use answer::failure;
use routes::{Body as BodyPlace, Lookup, Route, Routes};
use tree::Captures;

/// Everything that REST requests need.
pub struct Rest {
    /// Laid out by the first request: servers that are called over gRPC only never need them.
    routes: OnceLock<Routes>,
    invoke: Arc<dyn Invoke>,
    body_limit: usize,
}

impl Rest {
    /// Serves the routes of the contract with the RPCs behind `invoke`; bodies may have up to `body_limit` bytes, unpacked.
    pub fn new(invoke: Arc<dyn Invoke>, body_limit: usize) -> Self {
        Self { routes: OnceLock::new(), invoke, body_limit }
    }

    #[allow(clippy::panic, reason = "a test proves that the routes of the contract can be laid out")]
    fn routes(&self) -> &Routes {
        self.routes.get_or_init(|| Routes::new(Contract::get()).unwrap_or_else(|error| panic!("the routes: {error}")))
    }

    /// Whether any route has the first segment of the path; not known before the first request.
    pub fn begins(&self, path: &str) -> bool {
        self.routes.get().is_some_and(|routes| routes.begins(path))
    }

    /// Answers one request. Headers that every answer of the API shares are not added here.
    pub async fn serve(&self, request: Request<Body>, origin: RequestOrigin) -> Response<Body> {
        let (mut parts, body) = request.into_parts();
        let headers = std::mem::take(&mut parts.headers);
        match self.routes().find(&parts.method, parts.uri.path()) {
            Lookup::Route(route, captures) => {
                let run = pin!(self.run(route, &captures, &parts, headers, body, origin));
                let mut response = match panics::catch(route.method.path, run).await {
                    Ok(Ok(response)) => response,
                    Ok(Err(failure)) | Err(failure) => answer::failure(&failure),
                };
                response.extensions_mut().insert(Served { method: route.method.path, status: None });
                response
            }
            Lookup::OtherVerb => {
                drain(body, self.body_limit).await;
                answer::method_not_allowed(&self.routes().allowed(parts.uri.path()))
            }
            Lookup::Nothing => {
                drain(body, self.body_limit).await;
                answer::not_found()
            }
        }
    }

    async fn run(
        &self,
        route: &Route,
        captures: &Captures<'_>,
        parts: &Parts,
        headers: HeaderMap,
        body: Body,
        origin: RequestOrigin,
    ) -> Result<Response<Body>, Failure> {
        let method = route.method;
        if !self.invoke.serves(method.path) {
            drain(body, self.body_limit).await;
            return Err(answer::plain(Kind::Unimplemented, crate::framing::not_served(method.path)));
        }
        let body = match route.body {
            BodyPlace::Query => Bytes::new(),
            BodyPlace::Whole | BodyPlace::Field(_) => self.read(body, &headers).await?,
        };
        let body = request::assemble(route, captures, parts.uri.query(), &body)
            .map_err(|reason| answer::plain(Kind::InvalidArgument, reason))?;
        let accepts_gzip = compression::accepts_gzip(&headers);
        let call = Call { method, headers, origin, body, framing: Framing::Rest };
        let reply = Arc::clone(&self.invoke).invoke(call).await?;
        answer::success(method, &reply, accepts_gzip).await
    }

    async fn read(&self, body: Body, headers: &HeaderMap) -> Result<Bytes, Failure> {
        let limit = self.body_limit;
        let too_large = || {
            answer::plain(
                Kind::ResourceExhausted,
                format!("the request body is larger than {limit} bytes, which is the limit"),
            )
        };
        let collected = match Limited::new(body, limit).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(too_large()),
            Err(error) => {
                return Err(answer::plain(Kind::InvalidArgument, format!("the request body ended early: {error}")));
            }
        };
        match headers.get(header::CONTENT_ENCODING).map_or(b"".as_slice(), |coding| coding.as_bytes()) {
            b"" | b"identity" => Ok(collected),
            b"gzip" | b"x-gzip" => compression::gunzip(&collected, limit).map_err(|error| match error {
                GunzipError::TooLarge => too_large(),
                GunzipError::Malformed => answer::plain(
                    Kind::InvalidArgument,
                    "the request body is not valid gzip, as its content-encoding says".into(),
                ),
            }),
            other => Err(answer::plain(
                Kind::InvalidArgument,
                format!("content-encoding {:?} is not supported; send gzip or none", String::from_utf8_lossy(other)),
            )),
        }
    }
}
