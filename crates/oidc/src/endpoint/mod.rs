//! The HTTP endpoints: instance by host, parameters, one transaction per command, answers that nobody stores.

mod discovery;
mod introspection;
mod keys;
mod revocation;
mod service;
mod token;
mod userinfo;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use castellan_db::{Retry, Snapshot};
use castellan_kernel::{Caller, Error};
use castellan_rpc::hosts::RequestedHost;
use castellan_rpc::http::{ConnectionInfo, request_origin};
use castellan_rpc::{Context, Environment, Instance};
use http::{HeaderMap, StatusCode, header};

use crate::error::{OAuthError, OAuthResult};
use crate::form::Parameters;
use crate::gate::instance_by_host;
use crate::options::Options;

pub use service::Endpoints;

/// The largest form body that is read.
const MAX_BODY: usize = 1 << 20;

/// What every endpoint needs.
pub(crate) struct State {
    env: Arc<Environment>,
    options: Arc<Options>,
}

/// A request whose instance is known and whose parameters are read.
pub(crate) struct Incoming {
    instance: Arc<Instance>,
    origin: Arc<str>,
    headers: HeaderMap,
    parameters: Parameters,
}

impl Incoming {
    fn authorization(&self) -> Option<&str> {
        self.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok())
    }

    /// A command of this request.
    fn command(&self, state: &State) -> Context {
        let (env, instance) = (Arc::clone(&state.env), Arc::clone(&self.instance));
        Context::new(env, instance, Arc::new(Caller::anonymous()), Arc::clone(&self.origin), true)
    }
}

/// What an endpoint is refused without.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    /// That the instance has requests left (`spec: oauth.md 3.6`).
    Quota,
}

/// Reads a request, and begins to look into its instance. Headers and body are taken out of the request.
async fn read(state: &State, request: &mut Request, needs: Needs) -> Result<(Incoming, Snapshot), Response> {
    let connection = request.extensions().get::<ConnectionInfo>();
    let asked = request_origin(request.headers(), request.uri(), connection);
    let host = RequestedHost::read(request.headers(), &asked, &state.env.hosts);
    let mut look = state.env.db.snapshot(None);
    let instance = instance_by_host(&state.env, &mut look, &host).await.map_err(|error| plain(&error))?;
    look.scope(&instance.id);
    if instance.is_blocked {
        return Err((StatusCode::TOO_MANY_REQUESTS, "This instance is blocked. Its operator can lift the block.\n")
            .into_response());
    }
    if needs == Needs::Quota
        && let Some(meter) = &state.options.meter
        && meter.is_exhausted(&instance.id)
    {
        return Err((StatusCode::TOO_MANY_REQUESTS, "The requests that are granted to this instance are used up.\n")
            .into_response());
    }
    let body = axum::body::to_bytes(std::mem::take(request.body_mut()), MAX_BODY)
        .await
        .map_err(|_| OAuthError::invalid_request("the body is too large or was cut off").into_response())?;
    let headers = std::mem::take(request.headers_mut());
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().starts_with("application/x-www-form-urlencoded"));
    let body = if is_form { body.as_ref() } else { b"" };
    let parameters = Parameters::read(request.uri().query(), body).map_err(IntoResponse::into_response)?;
    Ok((Incoming { instance, origin: Arc::from(host.origin()), headers, parameters }, look))
}

/// Instance errors are plain text (`spec: oauth.md 2.2`).
fn plain(error: &Error) -> Response {
    let status = StatusCode::from_u16(error.kind().http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status.is_server_error() {
        tracing::error!(?error, "the instance of a request could not be read");
        return (status, "Something went wrong on our side\n").into_response();
    }
    (status, error.key().to_owned()).into_response()
}

/// One run of a command.
pub(crate) type Attempt<'a, T> = Pin<Box<dyn Future<Output = OAuthResult<T>> + Send + 'a>>;

/// Runs a command once more when its transaction lost against another. What it looks at beforehand it reads from the snapshot
/// that it is given.
pub(crate) async fn retrying<T, F>(state: &State, incoming: &Incoming, look: Snapshot, run: F) -> OAuthResult<T>
where
    F: for<'a> Fn(&'a mut Context, Snapshot) -> Attempt<'a, T>,
{
    let mut retry = Retry::new(&state.env.db);
    let mut first = Some(look);
    loop {
        let mut ctx = incoming.command(state);
        let look = first.take().unwrap_or_else(|| ctx.look());
        let outcome = match run(&mut ctx, look).await {
            Ok(value) => ctx.commit().await.map(|()| value).map_err(OAuthError::from),
            Err(error) => {
                ctx.rollback();
                Err(error)
            }
        };
        match outcome {
            Err(error) if error.cause.as_ref().is_some_and(|cause| cause.is_conflict()) => {
                if !retry.again().await {
                    return Err(error);
                }
            }
            outcome => return outcome,
        }
    }
}
