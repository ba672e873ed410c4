//! RFC 6749 4.4, and what this server documents about it: spec oauth.md 4.3 and 4.5.3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_testkit::on_each_engine;
use serde_json::json;

use crate::world::{TOKEN, World};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

#[tokio::test]
async fn a_service_user_gets_a_token_for_its_name_and_secret() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let answer = world.by_secret(&world.robot, "openid profile offline_access").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("pragma"), "no-cache");
        assert_eq!(answer.header("content-type"), "application/json");
        let answer = answer.json();
        assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(43_199)));
        assert!(answer["access_token"].is_string() && answer["id_token"].is_string());
        assert!(answer.get("refresh_token").is_none() && answer.get("scope").is_none());
    })
    .await;
}

#[tokio::test]
async fn the_credentials_may_stand_in_the_header_the_form_or_the_query() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let (robot, host) = (&world.robot, &world.one.host);
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", robot.name, robot.secret)));
        let pairs = [GRANT, ("scope", "profile")];
        assert!(world.app.form(host, TOKEN, &pairs, Some(&basic)).await.is_ok());
        // The header wins over what the form says.
        let pairs = [GRANT, ("scope", "profile"), ("client_id", "robot"), ("client_secret", "wrong")];
        assert!(world.app.form(host, TOKEN, &pairs, Some(&basic)).await.is_ok());
        let query = format!(
            "{TOKEN}?grant_type=client_credentials&scope=profile&client_id={}&client_secret={}",
            robot.name, robot.secret
        );
        assert!(world.app.get(host, &query, None).await.is_ok());
        // Login names are the same in any case.
        let pairs = [GRANT, ("scope", "profile"), ("client_id", "ROBOT"), ("client_secret", robot.secret.as_str())];
        assert!(world.token(&pairs).await.is_ok());
    })
    .await;
}

/// The form, and the status, error and description that it is answered with.
type Refusal<'a> = (&'a [(&'a str, &'a str)], u16, &'a str, &'a str);

#[tokio::test]
async fn every_refusal_says_what_was_wrong() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let robot = &world.robot;
        world.manage("AddMachineUser", json!({ "userName": "bare", "name": "Without a secret" })).await;
        let (id, secret) = (("client_id", robot.name.as_str()), ("client_secret", robot.secret.as_str()));
        let scope = ("scope", "openid");
        let cases: [Refusal<'_>; 9] = [
            (&[id, secret, scope], 400, "invalid_request", "grant_type missing"),
            (&[("grant_type", "magic"), id, secret, scope], 400, "unsupported_grant_type", "magic not supported"),
            (&[GRANT, scope], 400, "invalid_request", "client_id"),
            (&[GRANT, ("client_id", "nobody"), secret, scope], 400, "invalid_client", "client not found"),
            (
                &[GRANT, ("client_id", "bare"), secret, scope],
                400,
                "invalid_request",
                "Errors.User.Machine.Secret.NotExisting",
            ),
            (
                &[GRANT, id, ("client_secret", "wrong"), scope],
                400,
                "invalid_request",
                "Errors.User.Machine.Secret.Invalid",
            ),
            (&[GRANT, id, scope], 400, "invalid_request", "Errors.User.Machine.Secret.Invalid"),
            (&[GRANT, id, secret], 400, "invalid_request", "The scope of your request is missing."),
            (&[GRANT, id, secret, scope, ("scope", "profile")], 400, "invalid_request", "scope"),
        ];
        for (pairs, status, code, description) in cases {
            let answer = world.token(pairs).await;
            let (own_status, own_code, own_description) = answer.oauth_error();
            assert_eq!((own_status, own_code.as_str()), (status, code), "{pairs:?}: {}", answer.text());
            assert!(own_description.contains(description), "{pairs:?}: {own_description}");
            assert!(answer.headers.get("www-authenticate").is_none(), "the token endpoint never asks for a login");
        }
    })
    .await;
}

#[tokio::test]
async fn a_header_or_form_that_cannot_be_decoded_is_refused() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let pairs = [GRANT, ("scope", "openid")];
        for broken in [
            "Basic !!!",
            "Basic",
            &format!("Basic {}", STANDARD.encode("no colon")),
            &format!("Basic {}", STANDARD.encode("a%zz:b")),
        ] {
            let answer = world.app.form(&world.one.host, TOKEN, &pairs, Some(broken)).await;
            let (status, code, _) = answer.oauth_error();
            assert_eq!(status, 400, "{broken}");
            assert!(code == "invalid_client" || broken == "Basic" && code == "invalid_request", "{broken}: {code}");
        }
        let request = axum::http::Request::post(TOKEN)
            .header("host", &world.one.host)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=%zz".into())
            .unwrap();
        let answer = world.app.send(request).await;
        assert_eq!(answer.oauth_error(), (400, "invalid_request".into(), "error decoding form".into()));
    })
    .await;
}

#[tokio::test]
async fn an_assertion_is_no_credential_of_this_grant() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let assertion = world.robot.key.assertion(&world.one.origin(), world.now()).sign();
        let pairs = [
            GRANT,
            ("scope", "openid"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
        ];
        assert_eq!(world.token(&pairs).await.oauth_error().1, "invalid_request");
        let wrong_type = [GRANT, ("scope", "openid"), ("client_assertion_type", "x"), ("client_assertion", "y")];
        let (_, code, description) = world.token(&wrong_type).await.oauth_error();
        assert_eq!((code.as_str(), description.as_str()), ("invalid_request", "invalid client_assertion_type x"));
    })
    .await;
}

#[tokio::test]
async fn an_application_has_no_business_with_this_grant() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        let pairs =
            [GRANT, ("scope", "openid"), ("client_id", client.id.as_str()), ("client_secret", client.secret.as_str())];
        let (status, code, description) = world.token(&pairs).await.oauth_error();
        assert_eq!((status, code.as_str(), description.as_str()), (400, "invalid_client", "client not found"));
    })
    .await;
}

#[tokio::test]
async fn a_new_secret_replaces_the_old_one_and_a_removed_one_is_gone() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let robot = &world.robot;
        let fresh = world.manage("GenerateMachineSecret", json!({ "userId": robot.id })).await;
        let old = world.by_secret(robot, "openid").await.oauth_error();
        assert_eq!(old, (400, "invalid_request".into(), "Errors.User.Machine.Secret.Invalid".into()));
        let pairs = [
            GRANT,
            ("scope", "openid"),
            ("client_id", "robot"),
            ("client_secret", fresh["clientSecret"].as_str().unwrap()),
        ];
        assert!(world.token(&pairs).await.is_ok());
        world.manage("RemoveMachineSecret", json!({ "userId": robot.id })).await;
        let gone = world.token(&pairs).await.oauth_error();
        assert_eq!(gone, (400, "invalid_request".into(), "Errors.User.Machine.Secret.NotExisting".into()));
    })
    .await;
}
