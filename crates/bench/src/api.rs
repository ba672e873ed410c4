//! The public API of the server, for preparing scenarios.

use http::Method;
use serde_json::{Value, json};

use crate::connection::{Connection, Prepared, Target};
use crate::failure::{Failure, Result};

/// The scope that makes a token good for the API.
pub const API_SCOPE: &str = "openid profile urn:zitadel:iam:org:project:id:zitadel:aud";

/// An administrator at work.
pub struct Api {
    connection: Connection,
    token: String,
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
        let mut api = Self { connection: target.over(false).connect().await?, token: token.trim().to_owned() };
        let answer = api.get("/management/v1/orgs/me").await;
        answer
            .map_err(|cause| Failure::of("the administrator's token is not good for /management/v1/orgs/me", cause))?;
        Ok(api)
    }

    /// The administrator's token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Reads.
    pub async fn get(&mut self, path: &str) -> Result<Value> {
        self.send(Prepared::get(path)).await
    }

    /// Creates or searches.
    pub async fn post(&mut self, path: &str, body: Value) -> Result<Value> {
        self.send(Prepared::json(Method::POST, path, &body)).await
    }

    /// Replaces.
    pub async fn put(&mut self, path: &str, body: Value) -> Result<Value> {
        self.send(Prepared::json(Method::PUT, path, &body)).await
    }

    async fn send(&mut self, request: Prepared) -> Result<Value> {
        let request = request.bearer(&self.token);
        let answer = self.connection.send(&request).await.map_err(Failure::new)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        answer.check().map_err(|error| Failure::new(format!("{error}: {text}")))?;
        serde_json::from_slice(&answer.body).map_err(|cause| Failure::of("an answer is not JSON", cause))
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
        let key = crate::assertion::read_key_file(&text(&made, "keyDetails")?)?;
        Ok(ServiceUser { name: name.to_owned(), secret, token, key })
    }
}

/// A text field that must be there.
pub fn text(value: &Value, field: &str) -> Result<String> {
    let found = value.get(field).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| Failure::new(format!("an answer has no field {field}: {value}")))
}
