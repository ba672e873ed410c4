//! OpenID Connect Discovery 3, as spec oauth.md 4.2 has it.

use castellan_testkit::on_each_engine;
use serde_json::json;

use crate::world::{INTROSPECT, KEYS, REVOKE, TOKEN, USERINFO, World};

#[tokio::test]
async fn the_document_names_this_host_and_every_endpoint() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let answer = world.app.get(&world.one.host, "/.well-known/openid-configuration", None).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/json"));
        let (document, origin) = (answer.json(), world.one.origin());
        assert_eq!(document["issuer"], json!(origin));
        for (field, path) in [
            ("token_endpoint", TOKEN),
            ("introspection_endpoint", INTROSPECT),
            ("userinfo_endpoint", USERINFO),
            ("revocation_endpoint", REVOKE),
            ("jwks_uri", KEYS),
            ("authorization_endpoint", "/oauth/v2/authorize"),
            ("end_session_endpoint", "/oidc/v1/end_session"),
            ("device_authorization_endpoint", "/oauth/v2/device_authorization"),
        ] {
            assert_eq!(document[field], json!(format!("{origin}{path}")), "{field}");
        }
        let grants = document["grant_types_supported"].as_array().unwrap();
        assert!(grants.contains(&json!("client_credentials")));
        assert!(grants.contains(&json!("urn:ietf:params:oauth:grant-type:jwt-bearer")));
        assert!(document["scopes_supported"].as_array().unwrap().contains(&json!("openid")));
        assert_eq!(document["subject_types_supported"], json!(["public"]));
    })
    .await;
}

#[tokio::test]
async fn the_issuer_follows_the_host_that_is_asked() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let path = "/.well-known/openid-configuration";
        let unknown = world.app.get("nowhere.example.com", path, None).await;
        assert_eq!(unknown.status, 404);
        assert!(unknown.text().contains("nowhere.example.com"), "{}", unknown.text());
        let request = axum::http::Request::get(path)
            .header("host", "internal:9000")
            .header("x-zitadel-instance-host", &world.one.host)
            .header("x-forwarded-proto", "https")
            .body(axum::body::Body::empty())
            .unwrap();
        let document = world.app.send(request).await.ok();
        assert_eq!(document["issuer"], json!(format!("https://{}", world.one.host)));
        // A public host must be trusted before anything is built from it.
        let request = axum::http::Request::get(path)
            .header("host", &world.one.host)
            .header("x-zitadel-public-host", "evil.example.com")
            .body(axum::body::Body::empty())
            .unwrap();
        assert_eq!(world.app.send(request).await.status, 404);
    })
    .await;
}
