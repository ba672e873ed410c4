//! The public API of the server, for preparing scenarios.

use http::Method;
use serde_json::{Value, json};

use crate::assertion::{Signer, read_key_file};
use crate::client::{Connection, Request, Target, Trouble};
use crate::failure::{Failure, Result};
use crate::scenario::WebKey;

/// The scope that makes a token good for the API.
pub const API_SCOPE: &str = "openid profile urn:zitadel:iam:org:project:id:zitadel:aud";

/// An administrator at work.
pub struct Api {
    connection: Connection,
    target: Target,
    token: String,
    /// The issuer, which is the audience of assertions.
    pub issuer: String,
}

/// A service user with everything it can authenticate with.
#[derive(Debug, Clone)]
pub struct ServiceUser {
    /// Its user name, which is its client id.
    pub name: String,
    /// Its client secret.
    pub secret: String,
    /// Its personal access token.
    pub token: String,
    /// Its key file.
    pub key: Value,
}

impl Api {
    /// Connects with an administrator's personal access token, and tries it.
    pub async fn connect(target: &Target, token: &str) -> Result<Self> {
        let target = target.over(false);
        let (token, issuer) = (token.trim().to_owned(), String::new());
        let mut api = Self { connection: target.connect().await?, target, token, issuer };
        let answer = api.get("/management/v1/orgs/me").await;
        answer
            .map_err(|cause| Failure::of("the administrator's token is not good for /management/v1/orgs/me", cause))?;
        let discovery = api.send(Request::get("/.well-known/openid-configuration")).await?;
        api.issuer = text(&discovery, "issuer")?;
        Ok(api)
    }

    /// Connects with a token that is not tried.
    pub async fn with_token(target: &Target, token: String) -> Result<Self> {
        let target = target.over(false);
        Ok(Self { connection: target.connect().await?, target, token, issuer: String::new() })
    }

    /// The administrator's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Reads.
    pub async fn get(&mut self, path: &str) -> Result<Value> {
        let request = Request::get(path).bearer(&self.token);
        self.send(request).await
    }

    /// Creates or searches.
    pub async fn post(&mut self, path: &str, body: Value) -> Result<Value> {
        self.change(Method::POST, path, &body).await
    }

    /// Replaces.
    pub async fn put(&mut self, path: &str, body: Value) -> Result<Value> {
        self.change(Method::PUT, path, &body).await
    }

    /// Removes.
    pub async fn delete(&mut self, path: &str) -> Result<Value> {
        let request = Request::get(path).with_method(Method::DELETE).bearer(&self.token);
        self.send(request).await
    }

    async fn change(&mut self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = Request::json(method, path, body).bearer(&self.token);
        self.send(request).await
    }

    /// Sends a request as it is, without the administrator's token.
    pub async fn send(&mut self, request: Request) -> Result<Value> {
        let what = request.path().to_owned();
        let request = request.prepare(&self.target);
        let answer = match self.connection.send(&request, &[]).await {
            Err(Trouble::Broken(_)) => {
                // A connection that waited while a scenario ran may have been closed.
                self.connection = self.target.connect().await?;
                self.connection.send(&request, &[]).await
            }
            answer => answer,
        };
        let answer = answer.map_err(|trouble| Failure::of(&what, trouble))?;
        let text = String::from_utf8_lossy(answer.body);
        answer.check().map_err(|trouble| Failure::new(format!("{what}: {trouble}: {text}")))?;
        serde_json::from_slice(answer.body).map_err(|cause| Failure::of(&format!("{what} did not answer JSON"), cause))
    }

    /// Makes a service user with the role `ORG_OWNER`, a secret, a key and a personal access token.
    pub async fn service_user(&mut self, name: &str) -> Result<ServiceUser> {
        let body = json!({"userName": name, "name": name});
        let id = text(&self.post("/management/v1/users/machine", body).await?, "userId")?;
        let path = format!("/management/v1/users/{id}");
        self.post("/management/v1/orgs/me/members", json!({"userId": id, "roles": ["ORG_OWNER"]})).await?;
        let secret = text(&self.put(&format!("{path}/secret"), json!({})).await?, "clientSecret")?;
        let token = text(&self.post(&format!("{path}/pats"), json!({})).await?, "token")?;
        let made = self.post(&format!("{path}/keys"), json!({"type": "KEY_TYPE_JSON"})).await?;
        let key = read_key_file(&text(&made, "keyDetails")?)?;
        Ok(ServiceUser { name: name.to_owned(), secret, token, key })
    }

    /// Has the server sign with a web key of this kind.
    pub async fn sign_with(&mut self, kind: WebKey) -> Result<()> {
        const SERVICE: &str = "/zitadel.webkey.v2.WebKeyService";
        let (field, new) = match kind {
            WebKey::Rs256 => ("rsa", json!({"rsa": {"bits": "RSA_BITS_2048", "hasher": "RSA_HASHER_SHA256"}})),
            WebKey::Es256 => ("ecdsa", json!({"ecdsa": {"curve": "ECDSA_CURVE_P256"}})),
        };
        let found = self.post(&format!("{SERVICE}/ListWebKeys"), json!({})).await?;
        let keys = found["webKeys"].as_array().cloned().unwrap_or_default();
        let is_fit = |key: &&Value| {
            key.get(field).is_some()
                && new[field].as_object().is_some_and(|wanted| {
                    // Values that are the default may be left out.
                    wanted.iter().all(|(name, value)| key[field].get(name).is_none_or(|own| own == value))
                })
        };
        let mut fit = keys.iter().filter(is_fit);
        if fit.clone().any(|key| key["state"] == "STATE_ACTIVE") {
            return Ok(());
        }
        let id = match fit.find(|key| key["state"] == "STATE_INITIAL") {
            Some(key) => text(key, "id")?,
            None => text(&self.post(&format!("{SERVICE}/CreateWebKey"), new).await?, "id")?,
        };
        self.post(&format!("{SERVICE}/ActivateWebKey"), json!({"id": id})).await.map(drop)
    }
}

/// An instance that was made for a run.
pub struct OwnInstance {
    system: Api,
    id: String,
    /// The server, asked for this instance.
    pub target: Target,
    /// A personal access token of its administrator.
    pub token: String,
}

impl OwnInstance {
    /// Makes an instance as a user of the System API, which signs its own token.
    pub async fn create(target: &Target, signer: &Signer, word: &str) -> Result<Self> {
        let mut system = Api::with_token(target, signer.assertion(&target.url(), 0)?).await?;
        let domain = format!("bench-{word}.localhost");
        let made = system
            .post(
                "/system/v1/instances/_create",
                json!({
                    "instanceName": format!("bench {word}"),
                    "customDomain": domain,
                    "machine": {"userName": "bench-admin", "name": "bench-admin", "personalAccessToken": {}},
                }),
            )
            .await?;
        let (id, token) = (text(&made, "instanceId")?, text(&made, "pat")?);
        Ok(Self { system, id, target: target.named(&domain), token })
    }

    /// Removes the instance with everything in it.
    pub async fn remove(mut self) -> Result<()> {
        self.system.delete(&format!("/system/v1/instances/{}", self.id)).await.map(drop)
    }
}

/// A text field that must be there.
pub fn text(value: &Value, field: &str) -> Result<String> {
    let found = value.get(field).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("an answer has no field {field}: {value}")))
}
