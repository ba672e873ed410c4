//! A service user on a running Castellan, made through the published crate `zitadel`, and the token requests that the crate has
//! no function for. `BASE_URL` and `ADMIN_PAT` in the environment say where the server is.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use tonic::codegen::InterceptedService;
use tonic::transport::Channel;
use zitadel::api::clients::ClientBuilder;
use zitadel::api::interceptors::AccessTokenInterceptor;
use zitadel::api::zitadel::management::v1::management_service_client::ManagementServiceClient;
use zitadel::api::zitadel::management::v1::{
    AddMachineKeyRequest, AddMachineUserRequest, AddOrgMemberRequest, AddPersonalAccessTokenRequest,
    GenerateMachineSecretRequest,
};

/// The scope that opens the API.
pub const API_SCOPE: &str = "urn:zitadel:iam:org:project:id:zitadel:aud";

/// The management client with a fixed token.
pub type Management = ManagementServiceClient<InterceptedService<Channel, AccessTokenInterceptor>>;

/// The address of the server.
pub fn base_url() -> String {
    std::env::var("BASE_URL").expect("BASE_URL; run this with acceptance/lib/with-server")
}

/// The management client of the machine administrator.
pub async fn management() -> Management {
    let token = std::env::var("ADMIN_PAT").expect("ADMIN_PAT");
    let client = ClientBuilder::new(&base_url()).with_access_token(&token);
    client.build_management_client().await.expect("a connection")
}

/// A service user with the role `ORG_OWNER` and all three kinds of credentials.
pub struct ServiceUser {
    /// Its id.
    pub id: String,
    /// Its user name, which is the client id too.
    pub name: String,
    /// The key file, as the server gave it.
    pub key_file: String,
    /// The id of the key.
    pub key_id: String,
    /// The client secret.
    pub secret: String,
    /// The personal access token.
    pub token: String,
    /// The id of the personal access token.
    pub token_id: String,
}

impl ServiceUser {
    /// Makes one.
    pub async fn create(name: &str) -> Self {
        let mut management = management().await;
        let user = AddMachineUserRequest { user_name: name.into(), name: format!("The {name}"), ..Default::default() };
        let id = management.add_machine_user(user).await.expect("the user is made").into_inner().user_id;
        let member = AddOrgMemberRequest { user_id: id.clone(), roles: vec!["ORG_OWNER".into()] };
        management.add_org_member(member).await.expect("the role is given");
        let key = AddMachineKeyRequest { user_id: id.clone(), r#type: 1, ..Default::default() };
        let key = management.add_machine_key(key).await.expect("the key is made").into_inner();
        let secret = GenerateMachineSecretRequest { user_id: id.clone() };
        let secret = management.generate_machine_secret(secret).await.expect("the secret is made").into_inner();
        assert_eq!(secret.client_id, name);
        let token = AddPersonalAccessTokenRequest { user_id: id.clone(), expiration_date: None };
        let token = management.add_personal_access_token(token).await.expect("the token is made").into_inner();
        Self {
            id,
            name: name.into(),
            key_file: String::from_utf8(key.key_details).expect("the key file is text"),
            key_id: key.key_id,
            secret: secret.client_secret,
            token: token.token,
            token_id: token.token_id,
        }
    }

    /// Asks for a token by client credentials; status and JSON of the answer.
    pub async fn request_by_secret(&self, secret: &str) -> (u16, serde_json::Value) {
        let form = [("grant_type", "client_credentials"), ("scope", API_SCOPE)];
        let request = reqwest::Client::new().post(format!("{}/oauth/v2/token", base_url()));
        answer(request.basic_auth(&self.name, Some(secret)).form(&form)).await
    }

    /// Asks for a token with an assertion that ends in so many seconds; status and JSON of the answer.
    pub async fn request_by_key(&self, seconds: i64) -> (u16, serde_json::Value) {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &self.assertion(seconds)),
            ("scope", API_SCOPE),
        ];
        answer(reqwest::Client::new().post(format!("{}/oauth/v2/token", base_url())).form(&form)).await
    }

    fn assertion(&self, seconds: i64) -> String {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct KeyFile {
            key: String,
            key_id: String,
        }
        #[derive(Serialize)]
        struct Claims<'a> {
            iss: &'a str,
            sub: &'a str,
            aud: String,
            iat: i64,
            exp: i64,
        }
        let file: KeyFile = serde_json::from_str(&self.key_file).expect("the key file is JSON");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let iat = i64::try_from(now).expect("before the end of time");
        let claims = Claims { iss: &self.id, sub: &self.id, aud: base_url(), iat, exp: iat + seconds };
        let header = Header { kid: Some(file.key_id), ..Header::new(Algorithm::RS256) };
        let key = EncodingKey::from_rsa_pem(file.key.as_bytes()).expect("an RSA key");
        jsonwebtoken::encode(&header, &claims, &key).expect("an assertion")
    }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, serde_json::Value) {
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("JSON"))
}
