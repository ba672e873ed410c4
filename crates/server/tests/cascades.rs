//! What is removed is gone whole: no row of any table still names it, and none of its tokens, keys and secrets opens anything.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeMap;

use castellan_db::testing::TestDb;
use castellan_server::wiring::registry;
use castellan_testkit::{Actor, Application, Fixture, KeyFile, Setup};
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

const MANAGEMENT: &str = "zitadel.management.v1.ManagementService";

/// The trail and the queue outlive what they tell of.
const KEPT: [&str; 2] = ["events", "outbox"];

/// Tables in which an organization has nothing: those of instances and of the whole database.
const NOT_OF_ORGANIZATIONS: [&str; 9] = [
    "encryption_keys",
    "instance_domains",
    "instances",
    "quota_usage",
    "quotas",
    "schema_migrations",
    "system_settings",
    "trusted_domains",
    "web_keys",
];

async fn fixture(db: &TestDb) -> Fixture {
    let setup = Setup { registry, ..Setup::default() };
    Fixture::on(Application::on((**db).clone(), setup)).await
}

/// The rows of every table as text.
async fn rows(app: &Application) -> BTreeMap<String, Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("copy.db");
    app.env.db.backup_to(&path).await.unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name")
        .unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut all = BTreeMap::new();
    for name in names.into_iter().filter(|name| !KEPT.contains(&name.as_str())) {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let read = |row: &rusqlite::Row<'_>| {
            let cells = (0..columns).map(|column| match row.get_unwrap::<_, Cell>(column) {
                Cell::Text(text) => text,
                Cell::Integer(number) => number.to_string(),
                Cell::Blob(_) | Cell::Null | Cell::Real(_) => String::new(),
            });
            Ok(cells.collect::<Vec<_>>().join(" | "))
        };
        let rows = statement.query_map([], read).unwrap().map(Result::unwrap).collect();
        all.insert(name, rows);
    }
    all
}

/// The tables with a row that names one of the ids, with that row.
async fn traces(app: &Application, ids: &[&str]) -> BTreeMap<String, String> {
    let names = |row: &String| ids.iter().any(|id| row.contains(id));
    rows(app).await.into_iter().filter_map(|(table, rows)| Some((table, rows.into_iter().find(names)?))).collect()
}

async fn call(app: &Application, actor: &Actor, rpc: &str, message: Value) -> Value {
    let answer = app.connect(actor, rpc, &message).await;
    assert!(answer.is_ok(), "{rpc}: {}", answer.text());
    answer.json()
}

fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap().to_owned()
}

/// Everything that opens something for the robot and the API application of acme.
struct Credentials {
    personal_token: Actor,
    access_token: Actor,
    user_key: KeyFile,
    secret: (String, String),
    application_key: KeyFile,
}

/// Gives acme one row at least in every table that organizations have something in; returns the credentials made on the way.
async fn fill(fixture: &Fixture) -> Credentials {
    let (app, ids, owner) = (&fixture.app, &fixture.ids, &fixture.org_owner);
    let instance_owner = fixture.one.owner.in_org(&fixture.acme);
    let policy = json!({ "orgId": fixture.acme, "userLoginMustBeDomain": true });
    call(app, &instance_owner, "zitadel.admin.v1.AdminService/AddCustomDomainPolicy", policy).await;
    call(app, owner, &format!("{MANAGEMENT}/SetOrgMetadata"), json!({ "key": "place", "value": "eHl6" })).await;
    call(app, owner, &format!("{MANAGEMENT}/AddCustomPrivacyPolicy"), json!({ "tosLink": "https://acme.example.com" }))
        .await;
    let codes = json!({ "userId": ids.human, "count": 2 });
    call(app, owner, "zitadel.user.v2.UserService/GenerateRecoveryCodes", codes).await;
    let logo = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"logo.png\"\r\nContent-Type: image/png\r\n\r\n";
    let mut body = logo.as_bytes().to_vec();
    body.extend([0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0]);
    body.extend(b"\r\n--x--\r\n");
    call(app, owner, &format!("{MANAGEMENT}/AddCustomLabelPolicy"), json!({ "primaryColor": "#123456" })).await;
    let upload = http::Request::post("/assets/v1/org/policy/label/logo")
        .header("host", &owner.host)
        .header("authorization", format!("Bearer {}", owner.token.as_deref().unwrap()))
        .header("content-type", "multipart/form-data; boundary=x")
        .body(axum::body::Body::from(body))
        .unwrap();
    let uploaded = app.send(upload).await;
    assert!(uploaded.is_ok(), "{}", uploaded.text());

    let key = json!({ "userId": ids.user, "type": "KEY_TYPE_JSON" });
    let user_key = call(app, owner, &format!("{MANAGEMENT}/AddMachineKey"), key).await;
    let key = json!({ "projectId": ids.project, "appId": ids.api_app, "type": "KEY_TYPE_JSON" });
    let application_key = call(app, owner, &format!("{MANAGEMENT}/AddAppKey"), key).await;
    let token = json!({ "userId": ids.user });
    let token = call(app, owner, &format!("{MANAGEMENT}/AddPersonalAccessToken"), token).await;
    let secret = json!({ "userId": ids.user });
    let secret = call(app, owner, &format!("{MANAGEMENT}/GenerateMachineSecret"), secret).await;
    let secret = (text(&secret, "clientId"), text(&secret, "clientSecret"));
    // The robot is known to other organizations too.
    let member = json!({ "userId": ids.user, "roles": ["IAM_OWNER_VIEWER"] });
    call(app, &instance_owner, "zitadel.admin.v1.AdminService/AddIAMMember", member).await;
    let member = json!({ "userId": ids.user, "roles": ["ORG_OWNER"] });
    let in_globex = fixture.one.owner.in_org(&fixture.globex);
    call(app, &in_globex, &format!("{MANAGEMENT}/AddOrgMember"), member).await;

    let granted = exchange_secret(fixture, &secret).await;
    let access_token = text(&granted.expect("an access token"), "access_token");
    Credentials {
        personal_token: fixture.one.anonymous().with_token(&text(&token, "token")),
        access_token: fixture.one.anonymous().with_token(&access_token),
        user_key: KeyFile::from_base64(&text(&user_key, "keyDetails")),
        secret,
        application_key: KeyFile::from_base64(&text(&application_key, "keyDetails")),
    }
}

const SCOPE: &str = "openid urn:zitadel:iam:org:project:id:zitadel:aud";

async fn exchange_secret(fixture: &Fixture, (client_id, client_secret): &(String, String)) -> Option<Value> {
    let pairs = [
        ("grant_type", "client_credentials"),
        ("scope", SCOPE),
        ("client_id", client_id.as_str()),
        ("client_secret", client_secret.as_str()),
    ];
    let answer = fixture.app.form(&fixture.one.host, "/oauth/v2/token", &pairs, None).await;
    answer.is_ok().then(|| answer.json())
}

/// What of the credentials still opens something.
async fn useful(fixture: &Fixture, credentials: &Credentials) -> Vec<&'static str> {
    let (app, host) = (&fixture.app, fixture.one.host.as_str());
    let now = castellan_kernel::Clock::now(&*app.clock).seconds();
    let mut useful = Vec::new();
    let my_user = "zitadel.auth.v1.AuthService/GetMyUser";
    if app.connect(&credentials.personal_token, my_user, &json!({})).await.is_ok() {
        useful.push("personal access token");
    }
    if app.connect(&credentials.access_token, my_user, &json!({})).await.is_ok() {
        useful.push("access token");
    }
    let assertion = credentials.user_key.assertion(&fixture.one.origin(), now).sign();
    let grant = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("scope", "openid"),
        ("assertion", assertion.as_str()),
    ];
    if app.form(host, "/oauth/v2/token", &grant, None).await.is_ok() {
        useful.push("key of the user");
    }
    if exchange_secret(fixture, &credentials.secret).await.is_some() {
        useful.push("client secret");
    }
    let assertion = credentials.application_key.assertion(&fixture.one.origin(), now).sign();
    let asked = [
        ("token", "anything"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    if app.form(host, "/oauth/v2/introspect", &asked, None).await.is_ok() {
        useful.push("key of the application");
    }
    useful
}

const ALL: [&str; 5] =
    ["personal access token", "access token", "key of the user", "client secret", "key of the application"];

#[tokio::test]
async fn of_a_removed_organization_nothing_is_left() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let credentials = fill(&fixture).await;
    assert_eq!(useful(&fixture, &credentials).await, ALL);
    let ids = &fixture.ids;
    let gone: [&str; 9] = [
        &fixture.acme,
        &ids.user,
        &ids.human,
        &ids.group,
        &ids.project,
        &ids.api_app,
        &ids.project_grant,
        &ids.authorization,
        &fixture.org_owner.user_id,
    ];
    let all: Vec<String> = rows(&fixture.app).await.into_keys().collect();
    let before = traces(&fixture.app, &gone).await;
    let untried: Vec<&String> = all
        .iter()
        .filter(|table| !before.contains_key(*table) && !NOT_OF_ORGANIZATIONS.contains(&table.as_str()))
        .collect();
    assert!(
        untried.is_empty(),
        "acme has nothing in these tables, so this test proves nothing about them: {untried:?}"
    );

    let removal = json!({ "orgId": fixture.acme });
    call(&fixture.app, &fixture.one.owner, "zitadel.admin.v1.AdminService/RemoveOrg", removal).await;
    assert_eq!(traces(&fixture.app, &gone).await, BTreeMap::new());
    assert!(useful(&fixture, &credentials).await.is_empty());
    let answer = fixture.app.connect(&fixture.org_owner, "zitadel.auth.v1.AuthService/GetMyUser", &json!({})).await;
    assert_eq!(answer.code(), "unauthenticated");
}

#[tokio::test]
async fn of_a_removed_user_nothing_is_left() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let credentials = fill(&fixture).await;
    for user in [&fixture.ids.user, &fixture.ids.human] {
        let removal = json!({ "userId": user });
        call(&fixture.app, &fixture.org_owner, "zitadel.user.v2.UserService/DeleteUser", removal).await;
        assert_eq!(traces(&fixture.app, &[user]).await, BTreeMap::new());
    }
    assert_eq!(traces(&fixture.app, &[&fixture.ids.authorization]).await, BTreeMap::new());
    assert_eq!(useful(&fixture, &credentials).await, ["key of the application"]);
}

#[tokio::test]
async fn of_a_removed_project_nothing_is_left() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let credentials = fill(&fixture).await;
    let removal = json!({ "id": fixture.ids.project });
    call(&fixture.app, &fixture.org_owner, &format!("{MANAGEMENT}/RemoveProject"), removal).await;
    let ids = &fixture.ids;
    let gone: [&str; 7] = [
        &ids.project,
        &ids.api_app,
        &ids.oidc_app,
        &ids.api_client_id,
        &ids.app_key,
        &ids.project_grant,
        &ids.authorization,
    ];
    assert_eq!(traces(&fixture.app, &gone).await, BTreeMap::new());
    assert_eq!(useful(&fixture, &credentials).await, ALL[..4]);
}

#[tokio::test]
async fn of_a_removed_instance_nothing_is_left_and_the_others_stay() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let credentials = fill(&fixture).await;
    let system = fixture.app.system_user("superuser", &fixture.two.host);
    let removal = json!({ "instanceId": fixture.one.id });
    call(&fixture.app, &system, "zitadel.system.v1.SystemService/RemoveInstance", removal).await;
    assert_eq!(traces(&fixture.app, &[&fixture.one.id, &fixture.acme]).await, BTreeMap::new());
    assert!(useful(&fixture, &credentials).await.is_empty());
    let moved = fixture.one.owner.at_host(&fixture.two.host);
    let my_user = "zitadel.auth.v1.AuthService/GetMyUser";
    assert_eq!(fixture.app.connect(&moved, my_user, &json!({})).await.code(), "unauthenticated");
    assert!(fixture.app.connect(&fixture.two.owner, my_user, &json!({})).await.is_ok());
}
