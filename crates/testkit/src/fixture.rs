//! A small world: two instances, three organizations in the first, callers by role, and one of each resource in `acme`.

use serde_json::{Value, json};

use crate::{Actor, Application, Role, TestInstance};

/// The world. The organization `acme` has the resources; `globex` is a stranger to it; the project is granted to `initech`.
pub struct Fixture {
    /// The server.
    pub app: Application,
    /// The instance of all three organizations.
    pub one: TestInstance,
    /// An instance of its own.
    pub two: TestInstance,
    /// The id of `acme`.
    pub acme: String,
    /// The id of `globex`.
    pub globex: String,
    /// A user of `acme` without any role.
    pub no_role: Actor,
    /// The owner of `acme`.
    pub org_owner: Actor,
    /// The owner of `globex`.
    pub other_owner: Actor,
    /// What `acme` has.
    pub ids: Resources,
}

/// The ids of one of each resource of `acme`; `unknown` for those that this server cannot make.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Resources {
    pub user: String,
    pub human: String,
    pub group: String,
    pub user_key: String,
    pub token: String,
    pub project: String,
    pub role_key: String,
    pub api_app: String,
    pub api_client_id: String,
    pub oidc_app: String,
    pub app_key: String,
    pub project_grant: String,
    pub initech: String,
    pub authorization: String,
    pub web_key: String,
    /// A word that stands in names and values of `acme` and nowhere else.
    pub marker: String,
}

impl Fixture {
    /// Fills the server.
    pub async fn on(app: Application) -> Self {
        let one = app.new_instance("one").await;
        let two = app.new_instance("two").await;
        let acme = app.new_org(&one, "Acme").await;
        let globex = app.new_org(&one, "Globex").await;
        let initech = app.new_org(&one, "Initech").await;
        let no_role = app.new_machine(&one, &acme, "no-role", &[]).await;
        let org_owner = app.new_machine(&one, &acme, "org-owner", &[Role::Org(&acme, "ORG_OWNER")]).await;
        let other_owner = app.new_machine(&one, &globex, "other-owner", &[Role::Org(&globex, "ORG_OWNER")]).await;
        let mut ids = Resources { initech, marker: "xyzzy".to_owned(), ..Resources::default() };
        fill(&app, &org_owner, &one.owner, &mut ids).await;
        Self { app, one, two, acme, globex, no_role, org_owner, other_owner, ids }
    }

    /// The same world on another server, which holds a copy of the data.
    pub async fn fork(&self) -> Application {
        self.app.fork().await
    }
}

async fn fill(app: &Application, owner: &Actor, instance_owner: &Actor, ids: &mut Resources) {
    let call = async |rpc: &str, message: Value| {
        let answer = app.connect(owner, &format!("zitadel.management.v1.ManagementService/{rpc}"), &message).await;
        if answer.code() == "unimplemented" {
            return Value::Null;
        }
        assert!(answer.is_ok(), "{rpc}: {}", answer.text());
        answer.json()
    };
    let id = |answer: &Value, field: &str| answer[field].as_str().unwrap_or("unknown").to_owned();
    let marker = ids.marker.clone();

    let user = call("AddMachineUser", json!({ "userName": format!("robot-{marker}"), "name": marker })).await;
    ids.user = id(&user, "userId");
    let key = call("AddMachineKey", json!({ "userId": ids.user, "type": "KEY_TYPE_JSON" })).await;
    ids.user_key = id(&key, "keyId");
    call("GenerateMachineSecret", json!({ "userId": ids.user })).await;
    ids.token = id(&call("AddPersonalAccessToken", json!({ "userId": ids.user })).await, "tokenId");
    call("SetUserMetadata", json!({ "id": ids.user, "key": marker, "value": "eHl6enk=" })).await;
    call("AddOrgMember", json!({ "userId": ids.user, "roles": ["ORG_OWNER_VIEWER"] })).await;

    let human = json!({
        "organizationId": owner.org_id, "username": format!("person-{marker}"),
        "human": {
            "profile": { "givenName": marker, "familyName": marker },
            "email": { "email": format!("{marker}@example.com"), "sendCode": {} },
            "phone": { "phone": "+41791112233", "sendCode": {} }
        }
    });
    let human = app.connect(owner, "zitadel.user.v2.UserService/CreateUser", &human).await;
    assert!(human.is_ok() || human.code() == "unimplemented", "CreateUser: {}", human.text());
    ids.human = id(&human.json(), "id");
    let group = json!({ "organizationId": owner.org_id, "name": format!("Group {marker}") });
    ids.group = id(&app.connect(owner, "zitadel.group.v2.GroupService/CreateGroup", &group).await.json(), "id");
    let members = json!({ "id": ids.group, "userIds": [ids.user] });
    app.connect(owner, "zitadel.group.v2.GroupService/AddUsersToGroup", &members).await;

    ids.project = id(&call("AddProject", json!({ "name": format!("Project {marker}") })).await, "id");
    ids.role_key = "reader".to_owned();
    let role = json!({ "projectId": ids.project, "roleKey": ids.role_key, "displayName": marker });
    call("AddProjectRole", role).await;
    let member = json!({ "projectId": ids.project, "userId": ids.user, "roles": ["PROJECT_OWNER_VIEWER"] });
    call("AddProjectMember", member).await;

    let api = json!({
        "projectId": ids.project, "name": format!("API {marker}"), "authMethodType": "API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT"
    });
    let api = call("AddAPIApp", api).await;
    (ids.api_app, ids.api_client_id) = (id(&api, "appId"), id(&api, "clientId"));
    let key = json!({ "projectId": ids.project, "appId": ids.api_app, "type": "KEY_TYPE_JSON" });
    ids.app_key = id(&call("AddAppKey", key).await, "id");
    let oidc = json!({
        "projectId": ids.project, "name": format!("OIDC {marker}"), "redirectUris": ["https://app.example.com/back"],
        "responseTypes": ["OIDC_RESPONSE_TYPE_CODE"], "grantTypes": ["OIDC_GRANT_TYPE_AUTHORIZATION_CODE"],
        "appType": "OIDC_APP_TYPE_WEB", "authMethodType": "OIDC_AUTH_METHOD_TYPE_BASIC"
    });
    ids.oidc_app = id(&call("AddOIDCApp", oidc).await, "appId");

    let grant = json!({ "projectId": ids.project, "grantedOrgId": ids.initech, "roleKeys": [ids.role_key] });
    ids.project_grant = id(&call("AddProjectGrant", grant).await, "grantId");
    let member = json!({
        "projectId": ids.project, "grantId": ids.project_grant, "userId": ids.user, "roles": ["PROJECT_GRANT_OWNER"]
    });
    // Administrators of a grant are the business of the organization that it was made to.
    let in_initech = instance_owner.in_org(&ids.initech);
    let answer =
        app.connect(&in_initech, "zitadel.management.v1.ManagementService/AddProjectGrantMember", &member).await;
    assert!(answer.is_ok() || answer.code() == "not_found", "AddProjectGrantMember: {}", answer.text());
    let authorization = json!({ "userId": ids.user, "projectId": ids.project, "roleKeys": [ids.role_key] });
    ids.authorization = id(&call("AddUserGrant", authorization).await, "userGrantId");

    let keys = app.connect(instance_owner, "zitadel.webkey.v2.WebKeyService/ListWebKeys", &json!({})).await.ok();
    let inactive = |key: &&Value| key["state"] == "STATE_INITIAL";
    let key = keys["webKeys"].as_array().and_then(|keys| keys.iter().find(inactive));
    ids.web_key = key.map_or_else(|| "unknown".to_owned(), |key| id(key, "id"));
}
