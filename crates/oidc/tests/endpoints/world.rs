//! One instance with a service user that has all three credentials, and an application that may introspect.

use castellan_kernel::Clock as _;
use castellan_testkit::{Actor, Answer, Application, KeyFile, TestInstance};
use serde_json::{Value, json};

pub const TOKEN: &str = "/oauth/v2/token";
pub const USERINFO: &str = "/oidc/v1/userinfo";
pub const INTROSPECT: &str = "/oauth/v2/introspect";
pub const REVOKE: &str = "/oauth/v2/revoke";
pub const KEYS: &str = "/oauth/v2/keys";
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
pub const API_SCOPE: &str = "urn:zitadel:iam:org:project:id:zitadel:aud";
const MANAGEMENT: &str = "zitadel.management.v1.ManagementService";

pub struct World {
    pub app: Application,
    pub one: TestInstance,
    pub robot: Robot,
}

/// A service user and its credentials.
pub struct Robot {
    pub id: String,
    pub name: String,
    pub key: KeyFile,
    pub secret: String,
    pub personal_token: String,
}

/// An application that authenticates with a secret.
pub struct Client {
    pub id: String,
    pub secret: String,
    pub app_id: String,
    pub project: String,
}

impl World {
    pub async fn on(app: Application) -> Self {
        let one = app.new_instance("one").await;
        let robot = Robot::make(&app, &one.owner, "robot", "ACCESS_TOKEN_TYPE_BEARER").await;
        Self { app, one, robot }
    }

    /// A second service user, whose access tokens are JWTs.
    pub async fn jwt_robot(&self) -> Robot {
        Robot::make(&self.app, &self.one.owner, "jwt-robot", "ACCESS_TOKEN_TYPE_JWT").await
    }

    pub fn now(&self) -> i64 {
        self.app.clock.now().seconds()
    }

    /// Calls the Management API as the instance's owner.
    pub async fn manage(&self, rpc: &str, message: Value) -> Value {
        manage(&self.app, &self.one.owner, rpc, message).await
    }

    /// Posts to the token endpoint.
    pub async fn token(&self, pairs: &[(&str, &str)]) -> Answer {
        self.app.form(&self.one.host, TOKEN, pairs, None).await
    }

    /// The answer to `client_credentials` with good credentials.
    pub async fn by_secret(&self, robot: &Robot, scope: &str) -> Answer {
        let pairs = [
            ("grant_type", "client_credentials"),
            ("client_id", robot.name.as_str()),
            ("client_secret", robot.secret.as_str()),
            ("scope", scope),
        ];
        self.token(&pairs).await
    }

    /// The answer to `jwt-bearer` with a good assertion.
    pub async fn by_key(&self, robot: &Robot, scope: &str) -> Answer {
        let assertion = robot.key.assertion(&self.one.origin(), self.now()).sign();
        self.by_assertion(&assertion, scope).await
    }

    /// The answer to `jwt-bearer` with this assertion.
    pub async fn by_assertion(&self, assertion: &str, scope: &str) -> Answer {
        self.token(&[("grant_type", JWT_BEARER), ("assertion", assertion), ("scope", scope)]).await
    }

    /// An access token by key.
    pub async fn access_token(&self, robot: &Robot, scope: &str) -> String {
        let answer = self.by_key(robot, scope).await.ok();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        self.app.get(&self.one.host, USERINFO, Some(&format!("Bearer {token}"))).await
    }

    /// A call of an API that every user may make.
    pub async fn call_api(&self, token: &str) -> Answer {
        let caller = self.one.anonymous().with_token(token);
        self.app.connect(&caller, "zitadel.auth.v1.AuthService/GetMyUser", &json!({})).await
    }

    /// A project with an API application that has a secret.
    pub async fn api_client(&self) -> Client {
        let project = text(&self.manage("AddProject", json!({ "name": "Shop" })).await, "id");
        let app = json!({ "projectId": project, "name": "API", "authMethodType": "API_AUTH_METHOD_TYPE_BASIC" });
        let app = self.manage("AddAPIApp", app).await;
        Client { id: text(&app, "clientId"), secret: text(&app, "clientSecret"), app_id: text(&app, "appId"), project }
    }

    /// A project with an OIDC application that has a secret.
    pub async fn oidc_client(&self) -> Client {
        let project = text(&self.manage("AddProject", json!({ "name": "Web shop" })).await, "id");
        let app = json!({
            "projectId": project, "name": "Web", "redirectUris": ["https://app.example.com/back"],
            "responseTypes": ["OIDC_RESPONSE_TYPE_CODE"], "grantTypes": ["OIDC_GRANT_TYPE_AUTHORIZATION_CODE"],
            "appType": "OIDC_APP_TYPE_WEB", "authMethodType": "OIDC_AUTH_METHOD_TYPE_BASIC"
        });
        let app = self.manage("AddOIDCApp", app).await;
        Client { id: text(&app, "clientId"), secret: text(&app, "clientSecret"), app_id: text(&app, "appId"), project }
    }

    pub async fn introspect(&self, client: &Client, token: &str) -> Answer {
        let pairs = [("token", token), ("client_id", client.id.as_str()), ("client_secret", client.secret.as_str())];
        self.app.form(&self.one.host, INTROSPECT, &pairs, None).await
    }

    /// Gives a service user a role of a project, which is made first.
    pub async fn give_role(&self, user_id: &str, project: &str, role: &str) {
        self.manage("AddProjectRole", json!({ "projectId": project, "roleKey": role, "displayName": role })).await;
        self.manage("AddUserGrant", json!({ "userId": user_id, "projectId": project, "roleKeys": [role] })).await;
    }
}

impl Robot {
    async fn make(app: &Application, owner: &Actor, name: &str, token_type: &str) -> Self {
        let user = json!({ "userName": name, "name": "A robot", "accessTokenType": token_type });
        let id = text(&manage(app, owner, "AddMachineUser", user).await, "userId");
        let key = manage(app, owner, "AddMachineKey", json!({ "userId": id, "type": "KEY_TYPE_JSON" })).await;
        let secret = manage(app, owner, "GenerateMachineSecret", json!({ "userId": id })).await;
        let personal = manage(app, owner, "AddPersonalAccessToken", json!({ "userId": id })).await;
        Self {
            key: KeyFile::from_base64(key["keyDetails"].as_str().unwrap()),
            secret: text(&secret, "clientSecret"),
            personal_token: text(&personal, "token"),
            name: text(&secret, "clientId"),
            id,
        }
    }
}

async fn manage(app: &Application, owner: &Actor, rpc: &str, message: Value) -> Value {
    let answer = app.connect(owner, &format!("{MANAGEMENT}/{rpc}"), &message).await;
    assert!(answer.is_ok(), "{rpc}: {}", answer.text());
    answer.json()
}

pub fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_else(|| panic!("no {field} in {answer}")).to_owned()
}
