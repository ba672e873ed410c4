//! What the tests share: data with everything that the format can hold, and servers to import it into.

mod failures;
mod files;
mod permissions;
mod round_trip;

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_crypto::jose::RsaBits;
use castellan_crypto::pem::RsaKeyPair;
use castellan_testkit::{Application, TestInstance};
use serde_json::{Value, json};

/// A hash as other systems export it.
const HASH: &str = "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";

/// The public half of a key, PEM in base64 as JSON carries it.
fn public_key() -> String {
    static PEM: LazyLock<String> = LazyLock::new(|| RsaKeyPair::generate(RsaBits::Rsa2048).unwrap().public_pem);
    STANDARD.encode(PEM.as_bytes())
}

fn person(id: &str, user_name: &str) -> Value {
    json!({"userId": id, "state": "USER_STATE_ACTIVE", "user": {
        "userName": user_name,
        "profile": {"firstName": "Grace", "lastName": "Hopper", "nickName": "Amazing", "displayName": "Grace H.",
            "preferredLanguage": "en", "gender": "GENDER_FEMALE"},
        "email": {"email": format!("{user_name}@acme.example"), "isEmailVerified": true},
        "phone": {"phone": "+41443332211", "isPhoneVerified": true},
        "hashedPassword": {"value": HASH},
        "passwordChangeRequired": true
    }})
}

/// An organization with something of everything. It grants a project to `partner`.
fn acme() -> Value {
    let mut people = vec![person("acme-grace", "grace")];
    for (id, state) in [("acme-inactive", "INACTIVE"), ("acme-locked", "LOCKED"), ("acme-initial", "INITIAL")] {
        let mut user = person(id, id);
        user["state"] = format!("USER_STATE_{state}").into();
        user["user"]["email"]["isEmailVerified"] = false.into();
        user["user"].as_object_mut().unwrap().retain(|name, _| !["phone", "hashedPassword"].contains(&name.as_str()));
        user["user"]["passwordChangeRequired"] = false.into();
        people.push(user);
    }
    json!({
        "orgId": "acme",
        "org": {"name": "Acme"},
        "orgState": "ORG_STATE_ACTIVE",
        "domains": [
            {"orgId": "acme", "domainName": "acme.example", "isVerified": true, "isPrimary": true},
            {"orgId": "acme", "domainName": "open.example"},
        ],
        "domainPolicy": {"orgId": "acme", "userLoginMustBeDomain": true, "validateOrgDomains": true},
        "labelPolicy": {"primaryColor": "#112233", "hideLoginNameSuffix": true, "themeMode": "THEME_MODE_DARK"},
        "lockoutPolicy": {"maxPasswordAttempts": 5, "maxOtpAttempts": 3},
        "loginPolicy": {"allowUsernamePassword": true, "forceMfa": true,
            "passwordlessType": "PASSWORDLESS_TYPE_ALLOWED", "passwordCheckLifetime": "864000s",
            "secondFactors": ["SECOND_FACTOR_TYPE_OTP"],
            "multiFactors": ["MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION"]},
        "passwordComplexityPolicy": {"minLength": "10", "hasNumber": true},
        "privacyPolicy": {"tosLink": "https://acme.example/tos", "supportEmail": "help@acme.example"},
        "loginTexts": [{"language": "en", "loginText": {"title": "Hello at Acme"}}],
        "initMessages": [{"language": "de", "title": "Willkommen", "subject": "Konto einrichten"}],
        "inviteUserMessages": [{"language": "en", "title": "Join us"}],
        "verifySmsOtpMessages": [{"language": "en", "text": "Your code"}],
        "humanUsers": people,
        "machineUsers": [{"userId": "acme-robot", "state": "USER_STATE_ACTIVE", "user": {"userName": "robot",
            "name": "Robot", "description": "deploys", "accessTokenType": "ACCESS_TOKEN_TYPE_JWT"}}],
        "userMetadata": [{"id": "acme-grace", "key": "badge", "value": "NDI="}],
        "machineKeys": [{"keyId": "acme-robot-key", "userId": "acme-robot", "type": "KEY_TYPE_JSON",
            "expirationDate": "2100-01-01T00:00:00Z", "publicKey": public_key()}],
        "projects": [{"projectId": "acme-shop", "project": {"name": "Shop", "projectRoleAssertion": true,
            "projectRoleCheck": true, "hasProjectCheck": true,
            "privateLabelingSetting": "PRIVATE_LABELING_SETTING_ENFORCE_PROJECT_RESOURCE_OWNER_POLICY"}}],
        "projectRoles": [
            {"projectId": "acme-shop", "roleKey": "buyer", "displayName": "Buyer", "group": "customers"},
            {"projectId": "acme-shop", "roleKey": "seller", "displayName": "Seller"},
        ],
        "oidcApps": [{"appId": "acme-web", "app": {"projectId": "acme-shop", "name": "Web",
            "redirectUris": ["https://shop.acme.example/callback"], "responseTypes": ["OIDC_RESPONSE_TYPE_CODE"],
            "grantTypes": ["OIDC_GRANT_TYPE_AUTHORIZATION_CODE"], "appType": "OIDC_APP_TYPE_USER_AGENT",
            "authMethodType": "OIDC_AUTH_METHOD_TYPE_NONE", "accessTokenType": "OIDC_TOKEN_TYPE_JWT",
            "idTokenRoleAssertion": true, "clockSkew": "1s"}}],
        "apiApps": [{"appId": "acme-api", "app": {"projectId": "acme-shop", "name": "API",
            "authMethodType": "API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT"}}],
        "appKeys": [{"id": "acme-api-key", "projectId": "acme-shop", "appId": "acme-api", "clientId": "acme-api-client",
            "type": "KEY_TYPE_JSON", "expirationDate": "2100-01-01T00:00:00Z", "publicKey": public_key()}],
        "projectGrants": [{"grantId": "acme-to-partner", "projectGrant": {"projectId": "acme-shop",
            "grantedOrgId": "partner", "roleKeys": ["buyer"]}}],
        "userGrants": [{"userId": "partner-paul", "projectId": "acme-shop", "roleKeys": ["seller"]}],
        "orgMembers": [{"userId": "acme-grace", "roles": ["ORG_OWNER"]}],
        "projectMembers": [{"projectId": "acme-shop", "userId": "acme-robot", "roles": ["PROJECT_OWNER"]}],
        "projectGrantMembers": [{"projectId": "acme-shop", "grantId": "acme-to-partner", "userId": "partner-paul",
            "roles": ["PROJECT_GRANT_OWNER"]}],
    })
}

/// An organization that uses the project of `acme`; its domain is made of its name.
fn partner() -> Value {
    let mut paul = person("partner-paul", "paul");
    paul["user"]["email"]["email"] = "paul@partner.example".into();
    json!({
        "orgId": "partner",
        "org": {"name": "Partner"},
        "orgState": "ORG_STATE_INACTIVE",
        "humanUsers": [paul],
        "userGrants": [{"userId": "partner-paul", "projectId": "acme-shop", "projectGrantId": "acme-to-partner",
            "roleKeys": ["buyer"]}],
    })
}

/// Sends the organizations in a request; the answer must be good.
async fn import(app: &Application, instance: &TestInstance, orgs: &[Value]) -> Value {
    let request = json!({"dataOrgs": {"orgs": orgs}, "timeout": "10m"});
    let answer = app.rest(&instance.owner, "POST", "/admin/v1/import", request).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    serde_json::from_slice(&answer.body).unwrap()
}

/// The organizations of an export of these ids.
async fn export(app: &Application, instance: &TestInstance, ids: &[&str]) -> Vec<Value> {
    let request = json!({"orgIds": ids, "withPasswords": true});
    let answer = app.rest(&instance.owner, "POST", "/admin/v1/export", request).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let answer: Value = serde_json::from_slice(&answer.body).unwrap();
    answer["orgs"].as_array().cloned().unwrap_or_default()
}

/// Kinds and ids of the errors of an import.
fn errors(answer: &Value) -> Vec<(String, String)> {
    let text = |error: &Value, member: &str| error[member].as_str().unwrap_or_default().to_owned();
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(error, "type"), text(error, "id"))).collect()
}

/// The message of the first error of a kind.
fn message(answer: &Value, kind: &str) -> String {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    let found = errors.iter().find(|error| error["type"] == kind).unwrap_or(&Value::Null);
    found["message"].as_str().unwrap_or_default().to_owned()
}
