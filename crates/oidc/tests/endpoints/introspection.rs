//! RFC 7662, as spec oauth.md 4.11 has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use castellan_testkit::{KeyFile, on_each_engine};
use serde_json::json;

use crate::world::{INTROSPECT, World};

const ASSERTION_TYPE: (&str, &str) =
    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");

#[tokio::test]
async fn a_client_of_the_audience_learns_what_the_token_is() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        world.give_role(&world.robot.id, &client.project, "reader").await;
        let scope = format!("openid profile urn:zitadel:iam:org:project:id:{}:aud", client.project);
        let answer = world.by_secret(&world.robot, &scope).await.ok();
        let token = answer["access_token"].as_str().unwrap();
        let told = world.introspect(&client, token).await.ok();
        let now = world.now();
        assert_eq!(told["active"], json!(true));
        assert_eq!((&told["sub"], &told["client_id"]), (&json!(world.robot.id), &json!(world.robot.name)));
        assert_eq!((&told["username"], &told["name"]), (&json!(world.robot.name), &json!("A robot")));
        assert_eq!((&told["iss"], &told["token_type"]), (&json!(world.one.origin()), &json!("Bearer")));
        assert_eq!((&told["iat"], &told["exp"]), (&json!(now), &json!(now + 43_200)));
        assert_eq!((&told["aud"], &told["amr"]), (&json!([client.project]), &json!(["pwd"])));
        assert_eq!(told["scope"], json!(scope));
        // The roles of the caller's own project are told whether asked for or not.
        let roles = json!({ "reader": { world.one.org_id.clone(): "castellan.localhost" } });
        assert_eq!(told["urn:zitadel:iam:org:project:roles"], roles);
        assert_eq!(told[format!("urn:zitadel:iam:org:project:{}:roles", client.project)], roles);
    })
    .await;
}

#[tokio::test]
async fn a_personal_access_token_is_active_for_every_client() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        world.give_role(&world.robot.id, &client.project, "reader").await;
        let told = world.introspect(&client, &world.robot.personal_token).await.ok();
        assert_eq!((&told["active"], &told["sub"]), (&json!(true), &json!(world.robot.id)));
        assert_eq!(told["aud"], json!([client.id, client.project]));
        assert!(told["urn:zitadel:iam:org:project:roles"]["reader"].is_object());
        assert!(told.get("client_id").is_none());
    })
    .await;
}

#[tokio::test]
async fn what_is_not_for_the_caller_is_just_inactive() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        let foreign = world.access_token(&world.robot, "openid").await;
        for token in [foreign.as_str(), "garbage", &world.robot.personal_token[1..], "a.b.c"] {
            let answer = world.introspect(&client, token).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "active": false })), "{token}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_must_prove_who_it_is() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        let (host, token) = (&world.one.host, ("token", world.robot.personal_token.as_str()));
        let post =
            async |pairs: &[(&str, &str)], header: Option<&str>| world.app.form(host, INTROSPECT, pairs, header).await;
        let nobody = post(&[token], None).await.oauth_error();
        assert_eq!((nobody.0, nobody.1.as_str()), (400, "invalid_client"));
        for (id, secret) in
            [(client.id.as_str(), "wrong"), (client.id.as_str(), ""), ("nobody", client.secret.as_str())]
        {
            // The client's error wins over a bad token.
            for token in [token, ("token", "garbage")] {
                let answer = post(&[token, ("client_id", id), ("client_secret", secret)], None).await;
                assert_eq!((answer.oauth_error().0, answer.oauth_error().1.as_str()), (400, "unauthorized_client"));
            }
        }
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", client.id, client.secret)));
        assert_eq!(post(&[token], Some(&basic)).await.ok()["active"], json!(true));
        assert_eq!(
            post(&[], Some(&basic)).await.oauth_error(),
            (400, "invalid_request".into(), "token missing".into())
        );
        // A service user is no client here.
        let pairs = [token, ("client_id", world.robot.name.as_str()), ("client_secret", world.robot.secret.as_str())];
        assert_eq!(post(&pairs, None).await.oauth_error().1, "unauthorized_client");
        // A deactivated application is none either.
        world.manage("DeactivateApp", json!({ "projectId": client.project, "appId": client.app_id })).await;
        assert_eq!(post(&[token], Some(&basic)).await.oauth_error().1, "unauthorized_client");
    })
    .await;
}

#[tokio::test]
async fn a_client_may_sign_instead() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let project = world.manage("AddProject", json!({ "name": "Signed" })).await["id"].clone();
        let app =
            json!({ "projectId": project, "name": "A", "authMethodType": "API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT" });
        let app = world.manage("AddAPIApp", app).await;
        let key = json!({ "projectId": project, "appId": app["appId"], "type": "KEY_TYPE_JSON" });
        let key = KeyFile::from_base64(world.manage("AddAppKey", key).await["keyDetails"].as_str().unwrap());
        assert_eq!(key.content["type"], json!("application"));
        assert!(key.content.get("expirationDate").is_none());

        let token = ("token", world.robot.personal_token.as_str());
        let post = async |assertion: &str| {
            let pairs = [token, ASSERTION_TYPE, ("client_assertion", assertion)];
            world.app.form(&world.one.host, INTROSPECT, &pairs, None).await
        };
        let good = key.assertion(&world.one.origin(), world.now());
        assert_eq!(post(&good.sign()).await.ok()["active"], json!(true));
        let wrong = good.with("aud", json!("https://elsewhere.example")).sign();
        assert_eq!(post(&wrong).await.oauth_error().1, "unauthorized_client");
        assert_eq!(post("no token at all").await.ok(), json!({ "active": false }));
        // The key of a service user does not stand for an application.
        let robot = world.robot.key.assertion(&world.one.origin(), world.now()).sign();
        assert_eq!(post(&robot).await.oauth_error().1, "unauthorized_client");
    })
    .await;
}
