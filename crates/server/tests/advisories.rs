//! Published weaknesses of comparable servers, tried against this one. Each test names its advisory; those about features that
//! do not exist here yet are missing.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use axum::body::Body;
use castellan_db::global_statement;
use castellan_db::testing::TestDb;
use castellan_server::wiring::registry;
use castellan_testkit::{Actor, Answer, Application, Fixture, Setup};
use http::{Request, header};
use serde_json::{Value, json};

async fn fixture(db: &TestDb) -> Fixture {
    let setup = Setup { registry, ..Setup::default() };
    Fixture::on(Application::on((**db).clone(), setup)).await
}

async fn get(app: &Application, caller: &Actor, path: &str) -> Answer {
    app.rest(caller, "GET", path, Value::Null).await
}

/// CVE-2026-32130: encoded path segments reached the handler and skipped authorization.
#[tokio::test]
async fn no_spelling_of_a_path_gets_around_the_door() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let user = &fixture.ids.user;
    let plain = [
        "/management/v1/orgs/me".to_owned(),
        format!("/management/v1/users/{user}"),
        "/admin/v1/orgs/default".to_owned(),
        format!("/v2/users/{user}"),
    ];
    let mut paths = Vec::new();
    for path in &plain {
        let inner = &path[1..];
        let encoded: String = inner.bytes().map(|byte| format!("%{byte:02x}")).collect();
        paths.extend([
            path.clone(),
            format!("/{path}"),
            format!("{path}/"),
            format!("{path}//"),
            format!("{path};x=y"),
            format!("{path}%00"),
            format!("{path}%20"),
            format!("{path}?x=%zz"),
            format!("/.{path}"),
            format!("/x/..{path}"),
            format!("/%2e{path}"),
            format!("/x/%2e%2e{path}"),
            format!("/x/%2E%2E%2F{inner}"),
            format!("/{}", inner.replacen('/', "//", 1)),
            format!("/{}", inner.replacen('/', "%2f", 1)),
            format!("/{}", inner.replace('/', "%2F")),
            format!("/{}", inner.replacen('/', "%5c", 1)),
            format!("/{}", inner.replacen('/', "/./", 1)),
            format!("/{}", inner.replacen('/', "/x/../", 1)),
            format!("/{}", inner.replace('/', "%252f")),
            format!("/{}", inner.to_uppercase()),
            format!("/%{:02x}{}", inner.as_bytes()[0], &inner[1..]),
            format!("/{encoded}"),
        ]);
    }
    for path in &paths {
        for caller in [fixture.one.anonymous(), fixture.no_role.clone(), fixture.other_owner.in_org(&fixture.acme)] {
            let answer = get(&fixture.app, &caller, path).await;
            assert!(!answer.is_ok(), "{path}: {}", answer.text());
            assert!(answer.status.as_u16() < 500, "{path}: {} {}", answer.status, answer.text());
            assert!(!answer.text().contains(&fixture.ids.marker), "{path}: {}", answer.text());
        }
    }
    // Ids with encoded slashes are ids, and never a way to another route.
    for id in ["..%2f..%2forgs%2fme", "%2e%2e%2fme", "me%2f..", "%00", "..%5cme"] {
        let path = format!("/management/v1/users/{id}");
        let answer = get(&fixture.app, &fixture.org_owner, &path).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {} {}", answer.status, answer.text());
    }
}

/// The same for RPC paths, and for verbs that a route does not have.
#[tokio::test]
async fn no_spelling_of_a_method_gets_around_the_door() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let caller = fixture.one.anonymous();
    for rpc in [
        "zitadel.management.v1.ManagementService/GetMyOrg",
        "zitadel.management.v1.ManagementService/getMyOrg",
        "zitadel.management.v1.ManagementService//GetMyOrg",
        "zitadel.management.v1.ManagementService/GetMyOrg/",
        "zitadel.management.v1.ManagementService%2FGetMyOrg",
        "Zitadel.Management.V1.ManagementService/GetMyOrg",
        "/zitadel.management.v1.ManagementService/GetMyOrg",
        "zitadel.management.v1.ManagementService/GetMyOrg%00",
        "x/../zitadel.management.v1.ManagementService/GetMyOrg",
    ] {
        let answer = fixture.app.connect(&caller, rpc, &json!({})).await;
        assert!(
            !answer.is_ok() && answer.status.as_u16() < 500 || answer.code() == "unimplemented",
            "{rpc}: {}",
            answer.text()
        );
    }
    for verb in ["HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "FOO"] {
        let answer = fixture.app.rest(&caller, verb, "/management/v1/orgs/me", Value::Null).await;
        assert!(!answer.is_ok(), "{verb}: {}", answer.text());
    }
    // A header that asks for another verb is not listened to.
    let request = Request::post("/management/v1/orgs/me")
        .header(header::HOST, &fixture.one.host)
        .header("x-http-method-override", "GET")
        .header(header::AUTHORIZATION, format!("Bearer {}", fixture.org_owner.token.clone().unwrap()))
        .body(Body::from("{}"))
        .unwrap();
    let answer = fixture.app.send(request).await;
    assert!(!answer.text().contains(&fixture.acme), "{}", answer.text());
}

/// CVE-2023-49097, GHSA-93m4-mfpg-c3xf, CVE-2025-64101: links were built from headers that anybody can send.
#[tokio::test]
async fn no_header_puts_a_foreign_host_into_an_answer() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let headers = [
        "x-zitadel-instance-host",
        "x-zitadel-public-host",
        "x-zitadel-forwarded",
        "forwarded",
        "x-forwarded-host",
        "x-forwarded-for",
        "x-forwarded-server",
        "x-original-host",
        "x-host",
        "x-forwarded-prefix",
        "origin",
        "referer",
    ];
    let values = [
        "evil.example.com",
        "evil.example.com:8080",
        "host=evil.example.com",
        "host=\"evil.example.com\";proto=https",
        "for=1.2.3.4;host=evil.example.com",
        "one.localhost:@evil.example.com",
        "one.localhost:8080, evil.example.com",
        "one.localhost#evil.example.com",
        "one.localhost/evil.example.com",
        "one.localhost\\evil.example.com",
        "evil.example.com%00.one.localhost",
        "one.localhost.evil.example.com",
    ];
    for name in headers {
        for value in values {
            let request = Request::get("/.well-known/openid-configuration")
                .header(header::HOST, &fixture.one.host)
                .header(name, value)
                .body(Body::empty())
                .unwrap();
            let answer = fixture.app.send(request).await;
            let tells_of_it = answer.text().contains("evil.example.com");
            // An unknown host is named in the refusal, as plain text for whoever set up the proxy; never in a document.
            let refused = answer.status == 404 && answer.json().is_null();
            assert!(refused || !tells_of_it, "{name}: {value}: {} {}", answer.status, answer.text());
            if refused {
                assert!(answer.header("content-type").starts_with("text/plain"), "{name}: {value}");
            }
        }
    }
}

/// CVE-2024-32967: the database's own words reached the caller.
#[tokio::test]
async fn what_breaks_inside_is_not_told_outside() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let mut tx = fixture.app.env.db.begin(None);
    tx.execute(global_statement!("ALTER TABLE user_metadata RENAME TO gone"), &[]).await.unwrap();
    tx.commit().await.unwrap();
    let rpc = "zitadel.management.v1.ManagementService/ListUserMetadata";
    let message = json!({ "id": fixture.ids.user });
    let token = fixture.org_owner.token.clone().unwrap();
    let mut answers = vec![fixture.app.connect(&fixture.org_owner, rpc, &message).await];
    let path = format!("/management/v1/users/{}/metadata/_search", fixture.ids.user);
    answers.push(fixture.app.rest(&fixture.org_owner, "POST", &path, json!({})).await);
    // The scopes of a personal access token ask for metadata.
    answers.push(fixture.app.get(&fixture.one.host, "/oidc/v1/userinfo", Some(&format!("Bearer {token}"))).await);
    let mut grpc = Request::post(format!("/{rpc}"))
        .header(header::HOST, &fixture.one.host)
        .header(header::CONTENT_TYPE, "application/grpc")
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    grpc = grpc.header("te", "trailers");
    let mut frame = vec![0, 0, 0, 0, 2 + u8::try_from(fixture.ids.user.len()).unwrap(), 10];
    frame.push(u8::try_from(fixture.ids.user.len()).unwrap());
    frame.extend(fixture.ids.user.bytes());
    answers.push(fixture.app.send(grpc.body(Body::from(frame)).unwrap()).await);
    for answer in answers {
        let told = format!("{:?} {}", answer.headers, answer.text()).to_lowercase();
        for word in ["user_metadata", "select", "no such table", "sqlite", "rusqlite", ".rs:", "sql"] {
            assert!(!told.contains(word), "{word:?} in {told}");
        }
    }
    let rest = fixture.app.rest(&fixture.org_owner, "POST", &path, json!({})).await;
    assert_eq!((rest.status.as_u16(), rest.json()["code"].clone()), (500, json!(13)));
}

/// CVE-2026-55670: a user id that was used again landed in the organization of its former owner.
#[tokio::test]
async fn a_user_id_that_is_used_again_belongs_to_its_new_organization() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let manage = async |caller: &Actor, rpc: &str, message: Value| {
        fixture.app.connect(caller, &format!("zitadel.management.v1.ManagementService/{rpc}"), &message).await
    };
    let user = json!({ "userId": "chosen", "userName": "chosen", "name": "Chosen" });
    assert!(manage(&fixture.org_owner, "AddMachineUser", user.clone()).await.is_ok());
    let token = manage(&fixture.org_owner, "AddPersonalAccessToken", json!({ "userId": "chosen" })).await.ok();
    let old_token = token["token"].as_str().unwrap();
    assert!(
        manage(&fixture.org_owner, "AddOrgMember", json!({ "userId": "chosen", "roles": ["ORG_OWNER"] })).await.is_ok()
    );
    // While it exists, nobody else gets it.
    let taken = manage(&fixture.other_owner, "AddMachineUser", user.clone()).await;
    assert!(!taken.is_ok(), "{}", taken.text());
    assert!(manage(&fixture.org_owner, "RemoveUser", json!({ "id": "chosen" })).await.is_ok());

    assert!(manage(&fixture.other_owner, "AddMachineUser", user).await.is_ok());
    assert_eq!(manage(&fixture.org_owner, "GetUserByID", json!({ "id": "chosen" })).await.code(), "not_found");
    let seen = manage(&fixture.other_owner, "GetUserByID", json!({ "id": "chosen" })).await.ok();
    assert_eq!(seen["user"]["details"]["resourceOwner"], json!(fixture.globex));
    // Neither the token nor the role of the former user came along.
    let caller = fixture.one.anonymous().with_token(old_token);
    assert_eq!(manage(&caller, "GetMyOrg", json!({})).await.code(), "unauthenticated");
    let fresh = manage(&fixture.other_owner, "AddPersonalAccessToken", json!({ "userId": "chosen" })).await.ok();
    let caller = fixture.one.anonymous().with_token(fresh["token"].as_str().unwrap()).in_org(&fixture.acme);
    assert_eq!(manage(&caller, "GetMyOrg", json!({})).await.error_id(), "AUTHZ-cdgFk");
}

/// CVE-2024-39683: an empty filter value was taken for "all".
#[tokio::test]
async fn an_empty_filter_is_no_wildcard_for_strangers() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    for (rpc, message) in [
        ("zitadel.user.v2.UserService/ListKeys", json!({ "filters": [{ "userIdFilter": { "id": "" } }] })),
        (
            "zitadel.user.v2.UserService/ListPersonalAccessTokens",
            json!({ "filters": [{ "userIdFilter": { "id": "" } }] }),
        ),
        (
            "zitadel.user.v2.UserService/ListUsers",
            json!({ "queries": [{ "organizationIdQuery": { "organizationId": "" } }] }),
        ),
        ("zitadel.user.v2.UserService/ListUsers", json!({ "queries": [{ "inUserIdsQuery": { "userIds": [] } }] })),
        ("zitadel.org.v2.OrganizationService/ListOrganizations", json!({ "queries": [{ "idQuery": { "id": "" } }] })),
    ] {
        for caller in [&fixture.no_role, &fixture.other_owner] {
            let answer = fixture.app.connect(caller, rpc, &message).await;
            let told = answer.text();
            assert!(!told.contains(&fixture.ids.user) && !told.contains(&fixture.ids.marker), "{rpc}: {told}");
        }
    }
}

/// CVE-2026-27945, CVE-2026-55671: requests of the server itself reached its own network, by address, by name and by redirect.
#[tokio::test]
async fn addresses_of_the_servers_own_network_are_not_fetched_from() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let web = castellan_outbound::testing::WebServer::start().await;
    let metadata = r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="urn:inside"/>"#;
    web.set("/metadata", 200, metadata);
    let port = web.address.port();
    let inside =
        ["127.0.0.1", "localhost", "a.localhost", "[::1]", "[::ffff:7f00:1]", "2130706433", "0x7f000001", "0.0.0.0"];
    let mut addresses: Vec<String> = inside.iter().map(|host| format!("http://{host}:{port}/metadata")).collect();
    addresses.extend(
        ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "gopher://127.0.0.1/"].map(String::from),
    );
    for address in addresses {
        let app = json!({ "projectId": fixture.ids.project, "name": address, "metadataUrl": address });
        let rpc = "zitadel.management.v1.ManagementService/AddSAMLApp";
        let answer = fixture.app.connect(&fixture.org_owner, rpc, &app).await;
        assert_eq!(answer.error_id(), "SAML-wmqlo1", "{address}: {}", answer.text());
    }
    let add = json!({ "organizationId": fixture.acme, "domain": "localhost" });
    let ask = json!({ "organizationId": fixture.acme, "domain": "localhost", "type": "DOMAIN_VALIDATION_TYPE_HTTP" });
    let policy = json!({ "validateOrgDomains": true, "userLoginMustBeDomain": false });
    let (owner, organizations) = (&fixture.org_owner, "zitadel.org.v2.OrganizationService");
    for (caller, rpc, message) in [
        (&fixture.one.owner, "zitadel.admin.v1.AdminService/UpdateDomainPolicy".to_owned(), policy),
        (owner, format!("{organizations}/AddOrganizationDomain"), add.clone()),
        (owner, format!("{organizations}/GenerateOrganizationDomainValidation"), ask),
    ] {
        let answer = fixture.app.connect(caller, &rpc, &message).await;
        assert!(answer.is_ok(), "{rpc}: {}", answer.text());
    }
    let refused = fixture.app.connect(owner, &format!("{organizations}/VerifyOrganizationDomain"), &add).await;
    assert_eq!(refused.error_id(), "HTTP-BH42h", "{}", refused.text());
    assert!(web.requests().is_empty());
}
