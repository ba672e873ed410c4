//! How scenarios get their users, projects and tokens: through the public API, as any client would.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::{Name, Scenario, Size, Step};
use crate::api::{API_SCOPE, Api, ServiceUser, text};
use crate::assertion::{Signer, read_key_file};
use crate::client::{Request, Target};
use crate::failure::Result;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const CLIENT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A word that no earlier run used.
pub fn fresh_word() -> String {
    #[allow(clippy::disallowed_methods, reason = "a driver measures in real time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{:x}", now.map_or(0, |since| since.as_millis()))
}

fn basic(id: &str, secret: &str) -> String {
    let encode =
        |part: &str| serde_urlencoded::to_string([("", part)]).unwrap_or_default().trim_start_matches('=').to_owned();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

fn client_credentials(user: &ServiceUser, scope: &str) -> Request {
    Request::form("/oauth/v2/token", &[("grant_type", "client_credentials"), ("scope", scope)])
        .with("authorization", &basic(&user.name, &user.secret))
}

async fn access_token(api: &mut Api, user: &ServiceUser, scope: &str) -> Result<String> {
    text(&api.send(client_credentials(user, scope)).await?, "access_token")
}

fn userinfo(token: &str) -> Request {
    Request::get("/oidc/v1/userinfo").bearer(token)
}

impl Name {
    /// Prepares the scenario for a server.
    ///
    /// # Errors
    /// When the API does not do what it needs.
    pub async fn prepare(self, api: &mut Api, target: &Target, size: &Size) -> Result<Scenario> {
        if let Some(kind) = size.web_key {
            api.sign_with(kind).await?;
        }
        let word = fresh_word();
        let name = format!("bench-{word}");
        let (steps, prefix) = match self {
            Self::MachineJwtProfileGrant => (vec![jwt_profile(api, &name, size.assertions).await?], None),
            Self::MachineClientCredentialsLogin => {
                let user = api.service_user(&name).await?;
                let token = Step::one(client_credentials(&user, API_SCOPE)).taking("access_token", 1);
                (vec![token, Step::one(userinfo("*1*"))], None)
            }
            Self::MachinePatLogin => (vec![Step::one(userinfo(&api.service_user(&name).await?.token))], None),
            Self::UserInfo => {
                let user = api.service_user(&name).await?;
                (vec![Step::one(userinfo(&access_token(api, &user, API_SCOPE).await?))], None)
            }
            Self::Introspect => (vec![introspection(api, &name, size.projects).await?], None),
            Self::OrgsMeRest => (vec![Step::one(Request::get("/management/v1/orgs/me").bearer(api.token()))], None),
            Self::OrgsMeGrpc => {
                let call = Request::grpc("/zitadel.management.v1.ManagementService/GetMyOrg");
                (vec![Step::one(call.bearer(api.token()))], None)
            }
            Self::CreateMachineUser => {
                let create = json!({"userName": "*0*", "name": "*0*"});
                let create = Request::json(Method::POST, "/management/v1/users/machine", &create);
                (vec![Step::one(create.bearer(api.token()))], Some(name))
            }
            Self::ManipulateUser => (manipulation(api.token(), size.password.as_deref()), Some(name)),
            Self::ListUsers100k => (vec![lists(api, size.users).await?], None),
        };
        Ok(Scenario::new(steps, prefix, target))
    }
}

async fn jwt_profile(api: &mut Api, name: &str, assertions: usize) -> Result<Step> {
    let user = api.service_user(name).await?;
    let signed = Signer::new(&user.key)?.assertions(&api.issuer, assertions.max(1))?;
    let request = |assertion: String| {
        let form = [("grant_type", JWT_BEARER), ("scope", API_SCOPE), ("assertion", assertion.as_str())];
        Request::form("/oauth/v2/token", &form)
    };
    Ok(Step::of(signed.into_iter().map(request).collect()))
}

/// The client authenticates with one assertion of its key, signed once and sent again and again.
async fn introspection(api: &mut Api, name: &str, projects: usize) -> Result<Step> {
    let user = api.service_user(name).await?;
    let mut scope = API_SCOPE.to_owned();
    let mut first = String::new();
    for number in 0..projects.max(1) {
        let made = api.post("/management/v1/projects", json!({"name": format!("{name}-{number}")})).await?;
        let id = text(&made, "id")?;
        scope.push_str(&format!(" urn:zitadel:iam:org:project:id:{id}:aud"));
        if number == 0 {
            first = id;
        }
    }
    let app = json!({"name": "bench", "authMethodType": "API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT"});
    let app = text(&api.post(&format!("/management/v1/projects/{first}/apps/api"), app).await?, "appId")?;
    let keys = format!("/management/v1/projects/{first}/apps/{app}/keys");
    let key = text(&api.post(&keys, json!({"type": "KEY_TYPE_JSON"})).await?, "keyDetails")?;
    let assertion = Signer::new(&read_key_file(&key)?)?.assertion(&api.issuer, 0)?;
    let token = access_token(api, &user, &scope).await?;
    let form =
        [("token", token.as_str()), ("client_assertion_type", CLIENT_ASSERTION), ("client_assertion", &assertion)];
    Ok(Step::one(Request::form("/oauth/v2/introspect", &form)))
}

fn manipulation(token: &str, password: Option<&str>) -> Vec<Step> {
    let profile = |nick: &str| json!({"givenName": "Ada", "familyName": "Lovelace", "nickName": nick});
    let mut create = json!({
        "username": "*0*", "profile": profile("ada"), "email": {"email": "*0*@example.com", "isVerified": true},
    });
    if let Some(password) = password {
        create["password"] = json!({"password": password});
    }
    let step = |method, path: &str, body: &Value| Request::json(method, path, body).bearer(token);
    vec![
        Step::one(step(Method::POST, "/v2/users/human", &create)).taking("userId", 1),
        Step::one(step(Method::PUT, "/v2/users/human/*1*", &json!({"profile": profile("countess")}))),
        Step::one(step(Method::POST, "/v2/users/*1*/lock", &json!({}))),
        Step::one(step(Method::POST, "/v2/users/*1*/unlock", &json!({}))),
        Step::one(Request::get("/v2/users/*1*").with_method(Method::DELETE).bearer(token)),
    ]
}

async fn lists(api: &mut Api, users: usize) -> Result<Step> {
    const PREFIX: &str = "bench-list-";
    let search = |query: Value| Request::json(Method::POST, "/management/v1/users/_search", &query);
    let named =
        |method: &str, name: String| json!({"queries": [{"userNameQuery": {"userName": name, "method": method}}]});
    let found =
        api.post("/management/v1/users/_search", named("TEXT_QUERY_METHOD_STARTS_WITH", PREFIX.to_owned())).await?;
    let there = found["details"]["totalResult"].as_str().and_then(|total| total.parse().ok()).unwrap_or(0_usize);
    for number in there..users {
        let name = format!("{PREFIX}{number:07}");
        api.post("/management/v1/users/machine", json!({"userName": name, "name": name})).await?;
    }
    let mut requests = Vec::new();
    for part in 0..16 {
        let number = users * part / 16;
        requests.push(search(named("TEXT_QUERY_METHOD_EQUALS", format!("{PREFIX}{number:07}"))));
        requests.push(search(named("TEXT_QUERY_METHOD_STARTS_WITH", format!("{PREFIX}{:06}", number / 10))));
        requests.push(search(json!({"query": {"offset": number.to_string(), "limit": 20, "asc": true}})));
    }
    Ok(Step::of(requests.into_iter().map(|request| request.bearer(api.token())).collect()))
}
