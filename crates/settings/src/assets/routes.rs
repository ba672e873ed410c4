//! The assets API over HTTP. Whoever may change branding uploads; whoever may read it sees the preview, too. Every file can be
//! fetched without credentials by its name, because pages show it to people who have not signed in.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use castellan_db::Retry;
use castellan_kernel::{Caller, Error, Kind, Owner, Permission, Result};
use castellan_rpc::hosts::RequestedHost;
use castellan_rpc::http::{ConnectionInfo, cors, request_origin};
use castellan_rpc::{Context, Environment, Gate, Instance, failure};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{File, MAX_FILE, content_type, find, multipart};
use crate::documents::LabelPolicy;
use crate::policies;
use crate::policies::label::{self, Asset};

/// What a form adds to its file.
const MAX_FRAMING: usize = 16 << 10;

/// What a file may do in a browser that shows it as a page: nothing. SVG can carry scripts.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// Whose branding a route is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Instance,
    Org,
}

impl Level {
    const fn read(self) -> Permission {
        match self {
            Self::Instance => Permission::IamPolicyRead,
            Self::Org => Permission::PolicyRead,
        }
    }

    const fn write(self) -> Permission {
        match self {
            Self::Instance => Permission::IamPolicyWrite,
            Self::Org => Permission::PolicyWrite,
        }
    }
}

struct State {
    env: Arc<Environment>,
    gate: Arc<dyn Gate>,
}

/// A request whose instance is known.
struct Incoming {
    instance: Arc<Instance>,
    host: RequestedHost,
    headers: HeaderMap,
}

/// The routes below `/assets/v1`: `POST` and `GET {instance|org}/policy/label/{logo|icon|font}[/dark]`, `GET …/_preview`, and
/// `GET {owner}/{name}` for everybody. Failures are plain text.
pub fn asset_routes(env: Arc<Environment>, gate: Arc<dyn Gate>) -> Router {
    let state = Arc::new(State { env, gate });
    let mut router = Router::new();
    for (level, path) in [(Level::Instance, "instance"), (Level::Org, "org")] {
        for asset in Asset::ALL {
            let path = format!("/assets/v1/{path}/policy/label/{}", asset.route());
            let (published, previewed, changed) = (Arc::clone(&state), Arc::clone(&state), Arc::clone(&state));
            let shown = get(move |request| {
                answer(published, request, move |state, incoming, _| {
                    Box::pin(async move { show(state, incoming, level, asset, false).await })
                })
            })
            .post(move |request| {
                answer(changed, request, move |state, incoming, body| {
                    Box::pin(async move { upload(state, incoming, body, level, asset).await })
                })
            });
            let preview = get(move |request| {
                answer(previewed, request, move |state, incoming, _| {
                    Box::pin(async move { show(state, incoming, level, asset, true).await })
                })
            });
            router = router.route(&path, shown).route(&format!("{path}/_preview"), preview);
        }
    }
    let named = get(move |Path((owner, name)): Path<(String, String)>, request| {
        answer(state, request, move |state, incoming, _| {
            Box::pin(async move { fetch(state, incoming, &owner, &name).await })
        })
    });
    cors::API.around(router.route("/assets/v1/{owner}/{*name}", named))
}

type Answer<'a> = std::pin::Pin<Box<dyn Future<Output = Result<Response>> + Send + 'a>>;

/// Finds the instance, runs the handler and shows its failure.
async fn answer(
    state: Arc<State>,
    request: Request,
    handler: impl for<'a> FnOnce(&'a State, Incoming, Body) -> Answer<'a> + Send,
) -> Response {
    let (parts, body) = request.into_parts();
    let connection = parts.extensions.get::<ConnectionInfo>();
    let asked = request_origin(&parts.headers, &parts.uri, connection);
    let host = RequestedHost::read(&parts.headers, &asked, &state.env.hosts);
    let instance = match state.gate.instance_by_host(&state.env, &mut state.env.db.snapshot(None), &host).await {
        Ok(instance) if instance.is_blocked => {
            let text = "This instance is blocked. Its operator can lift the block.\n";
            return (StatusCode::TOO_MANY_REQUESTS, text).into_response();
        }
        Ok(instance) => instance,
        Err(error) => return plain(&error, &[]),
    };
    let languages = failure::languages(Some(&instance.default_language), &parts.headers);
    let incoming = Incoming { instance, host, headers: parts.headers };
    handler(&state, incoming, body).await.unwrap_or_else(|error| plain(&error, &languages))
}

/// A failure as text. Whoever may not is told so with 401, whatever the reason (`spec: oauth.md 5.3`).
fn plain(error: &Error, languages: &[String]) -> Response {
    let status = match error.kind() {
        Kind::Unauthenticated | Kind::PermissionDenied => StatusCode::UNAUTHORIZED,
        kind => StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    if status.is_server_error() {
        tracing::error!(error = ?error, "a request for a file failed");
    }
    (status, failure::render(error, languages).message).into_response()
}

fn refused(text: impl Into<String>) -> Error {
    Error::bare(Kind::InvalidArgument, text.into())
}

impl Incoming {
    /// A context for whoever presents the credentials, if the permission is theirs in the organization in context.
    async fn admit(&self, state: &State, permission: Permission) -> Result<Arc<Caller>> {
        let mut snapshot = state.env.db.snapshot(Some(self.instance.id.as_str()));
        let caller =
            state.gate.authenticate(&state.env, &mut snapshot, &self.instance, &self.host, &self.headers).await?;
        caller.require_for_method(permission, None)?;
        Ok(caller)
    }

    fn context(&self, state: &State, caller: Arc<Caller>, writes: bool) -> Context {
        let origin = Arc::from(self.host.origin());
        Context::new(Arc::clone(&state.env), Arc::clone(&self.instance), caller, origin, writes)
    }
}

async fn upload(state: &State, incoming: Incoming, body: Body, level: Level, asset: Asset) -> Result<Response> {
    let caller = incoming.admit(state, level.write()).await?;
    let file = read(&incoming.headers, body).await?;
    if !asset.takes(&file.content_type) {
        let wanted = if asset == Asset::Font { "a font" } else { "a picture" };
        return Err(refused(format!("send {wanted} here; the file is {}", file.content_type)));
    }
    let owner = match level {
        Level::Instance => Owner::Instance,
        Level::Org => Owner::Org(caller.org.clone()),
    };
    let mut retry = Retry::new(&state.env.db);
    loop {
        let mut ctx = incoming.context(state, Arc::clone(&caller), true);
        let outcome = match label::upload(&mut ctx, &owner, asset, &file).await {
            Ok(_) => ctx.commit().await,
            Err(error) => {
                ctx.rollback();
                Err(error)
            }
        };
        match outcome {
            Err(error) if error.is_conflict() => {
                if !retry.again().await {
                    return Err(error);
                }
            }
            outcome => return outcome.map(|()| StatusCode::OK.into_response()),
        }
    }
}

/// The file of the form in the body.
async fn read(headers: &HeaderMap, body: Body) -> Result<File> {
    let body: Bytes = axum::body::to_bytes(body, MAX_FILE + MAX_FRAMING)
        .await
        .map_err(|_| refused(format!("the file is larger than {MAX_FILE} bytes, or was cut off")))?;
    let form = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let value = multipart::field(form, &body, "file")
        .ok_or_else(|| refused("send multipart/form-data with the file in the field file"))?;
    if value.len() > MAX_FILE {
        return Err(refused(format!("the file is larger than {MAX_FILE} bytes")));
    }
    Ok(File { content_type: content_type(value).to_owned(), value: value.to_vec() })
}

async fn show(state: &State, incoming: Incoming, level: Level, asset: Asset, is_preview: bool) -> Result<Response> {
    let caller = incoming.admit(state, level.read()).await?;
    let org = if level == Level::Org { caller.org.clone() } else { String::new() };
    let mut ctx = incoming.context(state, caller, false);
    let stored = if is_preview {
        label::api::preview(&mut ctx, &org).await?
    } else {
        policies::read::<LabelPolicy>(&mut ctx, &org).await?
    };
    let owner = stored.owner(&ctx.instance.id).to_owned();
    let file = find(ctx.read().await?, &owner, asset.key(&stored.value)).await?;
    // What this address shows may change at any time.
    Ok(file.map_or_else(not_found, |file| shown(file, HeaderValue::from_static("no-store"))))
}

async fn fetch(state: &State, incoming: Incoming, owner: &str, name: &str) -> Result<Response> {
    let mut ctx = incoming.context(state, Arc::new(Caller::anonymous()), false);
    let file = find(ctx.read().await?, owner, name).await?;
    // A name never stands for another file.
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    Ok(file.map_or_else(not_found, |file| shown(file, kept)))
}

fn shown(file: File, caching: HeaderValue) -> Response {
    let mut response = Body::from(file.value).into_response();
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&file.content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CACHE_CONTROL, caching);
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    response
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such file.\n").into_response()
}
