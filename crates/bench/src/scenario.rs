//! What is measured: each scenario prepares its own users and projects through the public API, then runs one iteration at a time.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use http::Method;
use http::header::AUTHORIZATION;
use serde_json::json;

use crate::api::{API_SCOPE, Api, ServiceUser, text};
use crate::assertion::Signer;
use crate::connection::{Connection, Prepared};
use crate::failure::Result;

/// How many assertions are signed before a run; they are used in turn.
const ASSERTIONS: usize = 512;

/// The scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Name {
    /// Exchange an assertion (signed before the run) for an access token.
    MachineJwtProfileGrant,
    /// Get a token by client credentials, then ask userinfo with it.
    MachineClientCredentialsLogin,
    /// Ask userinfo with a personal access token.
    MachinePatLogin,
    /// Ask userinfo with an access token.
    UserInfo,
    /// Introspect an access token that is meant for many projects.
    Introspect,
    /// Read the own organization over REST.
    OrgsMeRest,
    /// Read the own organization over gRPC (HTTP/2).
    OrgsMeGrpc,
    /// Create a service user.
    CreateMachineUser,
    /// Create, update, lock, unlock and remove a user.
    ManipulateUser,
    /// Search and page among many users.
    #[value(name = "list_users_100k")]
    ListUsers100k,
}

/// How large the prepared data is.
#[derive(Debug, Clone)]
pub struct Size {
    /// Projects in the audience of the introspected token.
    pub projects: usize,
    /// Users among which is searched.
    pub users: usize,
    /// The public base URL, which is the audience of assertions.
    pub url: String,
}

/// A scenario with everything it needs.
pub enum Scenario {
    /// Requests that are sent in turn.
    Fixed(Vec<Prepared>),
    /// A token request, whose token is then shown to userinfo.
    TokenThenUserinfo(Prepared),
    /// New users with names that begin so.
    CreateUsers { token: String, prefix: String },
    /// Users with names that begin so, from the cradle to the grave.
    ManipulateUsers { token: String, prefix: String },
}

/// A word that no earlier run used.
fn fresh() -> String {
    #[allow(clippy::disallowed_methods, reason = "a driver measures in real time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{:x}", now.map_or(0, |since| since.as_millis()))
}

fn basic(id: &str, secret: &str) -> String {
    let encode =
        |part: &str| serde_urlencoded::to_string([("", part)]).unwrap_or_default().trim_start_matches('=').to_owned();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

fn client_credentials(user: &ServiceUser, scope: &str) -> Prepared {
    Prepared::form("/oauth/v2/token", &[("grant_type", "client_credentials"), ("scope", scope)])
        .with(AUTHORIZATION, &basic(&user.name, &user.secret))
}

async fn access_token(connection: &mut Connection, user: &ServiceUser, scope: &str) -> Result<String> {
    let answer = connection.send(&client_credentials(user, scope)).await.map_err(crate::failure::Failure::new)?;
    answer.text("access_token").ok_or_else(|| {
        crate::failure::Failure::new(format!(
            "no token by client credentials: {}",
            String::from_utf8_lossy(&answer.body)
        ))
    })
}

impl Name {
    /// Whether the scenario only makes sense over HTTP/2.
    pub fn needs_http2(self) -> bool {
        self == Self::OrgsMeGrpc
    }

    /// Prepares the scenario; `connection` is a spare one over HTTP/1.1.
    pub async fn prepare(self, api: &mut Api, connection: &mut Connection, size: &Size) -> Result<Scenario> {
        let word = fresh();
        Ok(match self {
            Self::MachineJwtProfileGrant => {
                let user = api.service_user(&format!("bench-{word}")).await?;
                let signer = Signer::new(&user.key)?;
                let mut requests = Vec::with_capacity(ASSERTIONS);
                for number in 0..ASSERTIONS {
                    let assertion = signer.assertion(&size.url, number)?;
                    let form = [
                        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                        ("scope", API_SCOPE),
                        ("assertion", &assertion),
                    ];
                    requests.push(Prepared::form("/oauth/v2/token", &form));
                }
                Scenario::Fixed(requests)
            }
            Self::MachineClientCredentialsLogin => {
                let user = api.service_user(&format!("bench-{word}")).await?;
                Scenario::TokenThenUserinfo(client_credentials(&user, API_SCOPE))
            }
            Self::MachinePatLogin => {
                let user = api.service_user(&format!("bench-{word}")).await?;
                Scenario::Fixed(vec![Prepared::get("/oidc/v1/userinfo").bearer(&user.token)])
            }
            Self::UserInfo => {
                let user = api.service_user(&format!("bench-{word}")).await?;
                let token = access_token(connection, &user, API_SCOPE).await?;
                Scenario::Fixed(vec![Prepared::get("/oidc/v1/userinfo").bearer(&token)])
            }
            Self::Introspect => introspection(api, connection, size, &word).await?,
            Self::OrgsMeRest => Scenario::Fixed(vec![Prepared::get("/management/v1/orgs/me").bearer(api.token())]),
            Self::OrgsMeGrpc => {
                let call = Prepared::grpc("/zitadel.management.v1.ManagementService/GetMyOrg");
                Scenario::Fixed(vec![call.bearer(api.token())])
            }
            Self::CreateMachineUser => {
                Scenario::CreateUsers { token: api.token().to_owned(), prefix: format!("bench-{word}") }
            }
            Self::ManipulateUser => {
                Scenario::ManipulateUsers { token: api.token().to_owned(), prefix: format!("bench-{word}") }
            }
            Self::ListUsers100k => lists(api, size).await?,
        })
    }
}

async fn introspection(api: &mut Api, connection: &mut Connection, size: &Size, word: &str) -> Result<Scenario> {
    let user = api.service_user(&format!("bench-{word}")).await?;
    let mut scope = API_SCOPE.to_owned();
    let mut first = String::new();
    for number in 0..size.projects.max(1) {
        let made = api.post("/management/v1/projects", json!({"name": format!("bench-{word}-{number}")})).await?;
        let id = text(&made, "id")?;
        scope.push_str(&format!(" urn:zitadel:iam:org:project:id:{id}:aud"));
        if number == 0 {
            first = id;
        }
    }
    let app = json!({"name": "bench", "authMethodType": "API_AUTH_METHOD_TYPE_BASIC"});
    let app = api.post(&format!("/management/v1/projects/{first}/apps/api"), app).await?;
    let token = access_token(connection, &user, &scope).await?;
    let request = Prepared::form("/oauth/v2/introspect", &[("token", &token)])
        .with(AUTHORIZATION, &basic(&text(&app, "clientId")?, &text(&app, "clientSecret")?));
    Ok(Scenario::Fixed(vec![request]))
}

async fn lists(api: &mut Api, size: &Size) -> Result<Scenario> {
    const PREFIX: &str = "bench-list-";
    let search = |query: serde_json::Value| Prepared::json(Method::POST, "/management/v1/users/_search", &query);
    let named =
        |method: &str, name: String| json!({"queries": [{"userNameQuery": {"userName": name, "method": method}}]});
    let found =
        api.post("/management/v1/users/_search", named("TEXT_QUERY_METHOD_STARTS_WITH", PREFIX.to_owned())).await?;
    let there = found["details"]["totalResult"].as_str().and_then(|total| total.parse().ok()).unwrap_or(0_usize);
    for number in there..size.users {
        let name = format!("{PREFIX}{number:07}");
        api.post("/management/v1/users/machine", json!({"userName": name, "name": name})).await?;
    }
    let mut requests = Vec::new();
    for part in 0..16 {
        let number = size.users * part / 16;
        requests.push(search(named("TEXT_QUERY_METHOD_EQUALS", format!("{PREFIX}{number:07}"))));
        requests.push(search(named("TEXT_QUERY_METHOD_STARTS_WITH", format!("{PREFIX}{:06}", number / 10))));
        requests.push(search(json!({"query": {"offset": number.to_string(), "limit": 20, "asc": true}})));
    }
    Ok(Scenario::Fixed(requests.into_iter().map(|request| request.bearer(api.token())).collect()))
}

impl Scenario {
    /// One iteration. The error is a short name of what happened.
    pub async fn iterate(
        &self,
        connection: &mut Connection,
        worker: usize,
        number: u32,
    ) -> std::result::Result<(), String> {
        match self {
            Self::Fixed(requests) => {
                // Connections begin at different places, so that they do not all ask for the same at once.
                let request = &requests[(number as usize + worker * 7) % requests.len()];
                connection.send(request).await?.check()
            }
            Self::TokenThenUserinfo(request) => {
                let answer = connection.send(request).await?;
                answer.check()?;
                let token = answer.text("access_token").ok_or("no access_token")?;
                connection.send(&Prepared::get("/oidc/v1/userinfo").bearer(&token)).await?.check()
            }
            Self::CreateUsers { token, prefix } => {
                let name = format!("{prefix}-{worker}-{number}");
                let body = json!({"userName": name, "name": name});
                let request = Prepared::json(Method::POST, "/management/v1/users/machine", &body).bearer(token);
                connection.send(&request).await?.check()
            }
            Self::ManipulateUsers { token, prefix } => {
                let name = format!("{prefix}-{worker}-{number}");
                let create = Prepared::json(
                    Method::POST,
                    "/management/v1/users/machine",
                    &json!({"userName": name, "name": name}),
                );
                let answer = connection.send(&create.bearer(token)).await?;
                answer.check()?;
                let path = format!("/management/v1/users/{}", answer.text("userId").ok_or("no userId")?);
                let steps = [
                    Prepared::json(Method::PUT, format!("{path}/machine"), &json!({"name": "changed"})),
                    Prepared::json(Method::POST, format!("{path}/_lock"), &json!({})),
                    Prepared::json(Method::POST, format!("{path}/_unlock"), &json!({})),
                    Prepared::json(Method::DELETE, path.as_str(), &json!({})),
                ];
                for step in steps {
                    connection.send(&step.bearer(token)).await?.check()?;
                }
                Ok(())
            }
        }
    }
}
