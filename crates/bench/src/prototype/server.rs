//! The server around a prototype, and what each does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::answers::{Created, Details, EMPTY, IdToken, Introspection, TokenAnswer, User, Userinfo};
use super::body::Piece;
use super::kind::Kind;
use super::signing::{ClientKey, WebKey};
use super::store::Store;
use super::tokens::Tokens;
use crate::client;
use crate::failure::{Failure, Result};

const ISSUER: &str = "http://prototype.localhost";
const USER: &str = "341234567890123000";
const SECRET: &str = "a secret of sixty-four characters, as servers make them at random";
const ASSERTIONS: usize = 256;
const GRPC: &str = "/zitadel.management.v1.ManagementService/GetMyOrg";

/// What a prototype knows.
struct Prototype {
    kind: Kind,
    tokens: Tokens,
    users: HashMap<String, User>,
    audience: Vec<String>,
    scopes: Vec<String>,
    client: ClientKey,
    web_key: WebKey,
    secret: Vec<u8>,
    store: Option<Store>,
    next_id: AtomicU64,
}

#[derive(Deserialize)]
struct Form<'a> {
    #[serde(borrow)]
    grant_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    assertion: Option<Cow<'a, str>>,
    #[serde(borrow)]
    token: Option<Cow<'a, str>>,
    #[serde(borrow)]
    client_assertion: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewUser<'a> {
    #[serde(borrow)]
    user_name: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// Takes a port; 0 takes a free one.
///
/// # Errors
/// When it is taken.
pub async fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|cause| Failure::of(&format!("port {port}"), cause))
}

/// Serves until the process is ended.
///
/// # Errors
/// When the directory cannot be written.
pub async fn serve(kind: Kind, listener: TcpListener, directory: &Path) -> Result<()> {
    let prototype = Arc::new(Prototype::new(kind, directory)?);
    while let Ok((stream, _)) = listener.accept().await {
        // Without it the floor would be that of delayed packets.
        let _ = stream.set_nodelay(true);
        let prototype = Arc::clone(&prototype);
        let answer = service_fn(move |request| {
            let prototype = Arc::clone(&prototype);
            async move { Ok::<_, Infallible>(prototype.answer(request).await) }
        });
        tokio::spawn(async move {
            // A client that goes away in the middle of a request is no failure of the prototype.
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
        });
    }
    Ok(())
}

fn ok(body: impl Into<Bytes>) -> Response<Piece> {
    let mut response = Response::new(Piece::new(body.into()));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

fn in_json(value: &impl serde::Serialize) -> Option<Response<Piece>> {
    serde_json::to_vec(value).ok().map(ok)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

impl Prototype {
    fn new(kind: Kind, directory: &Path) -> Result<Self> {
        let ids = (0..600_u64).map(|number| (341_234_567_890_124_000 + number).to_string());
        let audience: Vec<String> = ids.collect();
        let scopes = audience.iter().map(|id| format!("urn:zitadel:iam:org:project:id:{id}:aud")).collect();
        let is_ecdsa = matches!(kind, Kind::JwtProfileEs256 | Kind::ClientCredentialsEs256);
        Ok(Self {
            kind,
            tokens: Tokens::new()?,
            users: HashMap::from([(USER.to_owned(), User { name: "bench-19f0a1b2c3d".to_owned() })]),
            audience,
            scopes,
            client: ClientKey::new(USER)?,
            web_key: if is_ecdsa { WebKey::ecdsa()? } else { WebKey::rsa()? },
            secret: digest(&SHA256, SECRET.as_bytes()).as_ref().to_vec(),
            store: kind.has_store().then(|| Store::create(directory)).transpose()?,
            next_id: AtomicU64::new(341_234_567_891_000_000),
        })
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Piece> {
        let (parts, body) = request.into_parts();
        let answer = match parts.uri.path() {
            "/sample" => self.sample().ok().map(|sample| ok(sample.to_string())),
            _ if self.kind == Kind::Empty => Some(ok(EMPTY)),
            "/oidc/v1/userinfo" => self.userinfo(&parts.headers),
            path => match body.collect().await {
                Ok(body) => self.post(path, &parts.headers, &body.to_bytes()).await,
                Err(_) => None,
            },
        };
        answer.unwrap_or_else(|| {
            let mut refused = Response::new(Piece::new(Bytes::new()));
            *refused.status_mut() = StatusCode::BAD_REQUEST;
            refused
        })
    }

    async fn post(&self, path: &str, headers: &HeaderMap, body: &[u8]) -> Option<Response<Piece>> {
        match path {
            "/oauth/v2/token" => self.token(headers, body).await,
            "/oauth/v2/introspect" => self.introspect(body),
            GRPC => self.grpc(headers),
            _ => self.create_user(headers, body).await,
        }
    }

    /// The user that a token belongs to.
    fn user(&self, token: &str) -> Option<(&str, &User)> {
        let text = self.tokens.open(token)?;
        let (id, user) = self.users.get_key_value(text.rsplit_once(':')?.1)?;
        Some((id, user))
    }

    fn userinfo(&self, headers: &HeaderMap) -> Option<Response<Piece>> {
        let (id, user) = self.user(bearer(headers)?)?;
        in_json(&Userinfo::of(id, user))
    }

    fn grpc(&self, headers: &HeaderMap) -> Option<Response<Piece>> {
        let (id, user) = self.user(bearer(headers)?)?;
        // Two fields with texts, as a short message has.
        let field = |tag: u8, text: &str| [&[tag, u8::try_from(text.len()).unwrap_or(127)], text.as_bytes()].concat();
        let filling = "x".repeat(120);
        let message = [field(0x0a, id), field(0x12, &user.name), field(0x1a, &filling)];
        let mut response = Response::new(Piece::grpc(&message.concat()));
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/grpc"));
        Some(response)
    }

    fn introspect(&self, body: &[u8]) -> Option<Response<Piece>> {
        let form: Form<'_> = serde_urlencoded::from_bytes(body).ok()?;
        self.client.verify(&form.client_assertion?, ISSUER)?;
        let (id, user) = self.user(&form.token?)?;
        in_json(&Introspection::of(id, user, &self.audience, &self.scopes, ISSUER))
    }

    async fn token(&self, headers: &HeaderMap, body: &[u8]) -> Option<Response<Piece>> {
        let form: Form<'_> = serde_urlencoded::from_bytes(body).ok()?;
        let user = match form.grant_type?.as_ref() {
            "client_credentials" => {
                let basic = headers.get("authorization")?.to_str().ok()?.strip_prefix("Basic ")?;
                let pair = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
                let (user, secret) = pair.split_once(':')?;
                let given = digest(&SHA256, secret.as_bytes());
                aws_lc_rs::constant_time::verify_slices_are_equal(given.as_ref(), &self.secret).ok()?;
                user.to_owned()
            }
            _ => self.client.verify(&form.assertion?, ISSUER)?,
        };
        let session = self.next_id.fetch_add(1, Ordering::Relaxed).to_string();
        let access_token = self.tokens.seal(&format!("V2_{session}-at_{session}:{user}")).ok()?;
        let hash = digest(&SHA256, access_token.as_bytes());
        let at_hash = URL_SAFE_NO_PAD.encode(hash.as_ref().get(..16)?);
        let now = crate::assertion::now();
        let claims = IdToken {
            iss: ISSUER,
            sub: &user,
            aud: [&user, "341234567890123001"],
            exp: now + 43_200,
            iat: now,
            auth_time: now,
            amr: ["user"],
            azp: &user,
            client_id: &user,
            at_hash: &at_hash,
            sid: &session,
        };
        let id_token = self.web_key.sign(&serde_json::to_vec(&claims).ok()?)?;
        let payload = "x".repeat(200);
        let rows = vec![(session.clone(), payload.clone()), (session.clone(), payload.clone()), (session, payload)];
        if !self.store.as_ref()?.commit(rows).await {
            return None;
        }
        let (access_token, id_token) = (access_token.as_str(), id_token.as_str());
        in_json(&TokenAnswer { access_token, token_type: "Bearer", expires_in: 43_199, id_token })
    }

    /// As many rows as a service user takes: the user, its login name, the event.
    async fn create_user(&self, headers: &HeaderMap, body: &[u8]) -> Option<Response<Piece>> {
        self.user(bearer(headers)?)?;
        let new: NewUser<'_> = serde_json::from_slice(body).ok()?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed).to_string();
        let payload = "x".repeat(200);
        let rows = vec![
            (new.user_name.into_owned(), payload.clone()),
            (new.name.into_owned(), payload.clone()),
            (id.clone(), payload),
        ];
        if !self.store.as_ref()?.commit(rows).await {
            return None;
        }
        let details = Details {
            sequence: "1",
            creation_date: "2026-11-28T20:00:00.000000Z",
            resource_owner: "341234567890123002",
        };
        in_json(&Created { user_id: &id, details })
    }

    /// What it is to be driven with.
    fn sample(&self) -> Result<Value> {
        let token = self.tokens.seal(&format!("V2_1-at_1:{USER}"))?;
        let step = |requests: Vec<client::Request>, takes: Value| json!({"requests": requests.iter().map(client::Request::write).collect::<Vec<_>>(), "takes": takes});
        let userinfo = |token: &str| client::Request::get("/oidc/v1/userinfo").bearer(token);
        let scope = crate::api::API_SCOPE;
        let steps = match self.kind {
            Kind::Empty | Kind::Userinfo => vec![step(vec![userinfo(&token)], json!([]))],
            Kind::Grpc => vec![step(vec![client::Request::grpc(GRPC).bearer(&token)], json!([]))],
            Kind::Introspect => {
                let assertion = self.client.assertions(ISSUER, 1)?.concat();
                let form = [
                    ("token", token.as_str()),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", &assertion),
                ];
                vec![step(vec![client::Request::form("/oauth/v2/introspect", &form)], json!([]))]
            }
            Kind::JwtProfileRs256 | Kind::JwtProfileEs256 => {
                let request = |assertion: String| {
                    let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
                    let form = [("grant_type", grant), ("scope", scope), ("assertion", assertion.as_str())];
                    client::Request::form("/oauth/v2/token", &form)
                };
                let assertions = self.client.assertions(ISSUER, ASSERTIONS)?;
                vec![step(assertions.into_iter().map(request).collect(), json!([]))]
            }
            Kind::ClientCredentialsRs256 | Kind::ClientCredentialsEs256 => {
                let form = [("grant_type", "client_credentials"), ("scope", scope)];
                let basic = format!("Basic {}", STANDARD.encode(format!("{USER}:{SECRET}")));
                let request = client::Request::form("/oauth/v2/token", &form).with("authorization", &basic);
                vec![step(vec![request], json!([["access_token", 1]])), step(vec![userinfo("*1*")], json!([]))]
            }
            Kind::CreateUser => {
                let user = json!({"userName": "*0*", "name": "*0*"});
                let create = client::Request::json(http::Method::POST, "/management/v1/users/machine", &user);
                vec![step(vec![create.bearer(&token)], json!([]))]
            }
        };
        Ok(json!({"steps": steps}))
    }
}
