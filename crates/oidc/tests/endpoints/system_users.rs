//! Users from the configuration, who sign their own tokens: spec oauth.md 6.

use castellan_crypto::jose::{Algorithm, SigningKey};
use castellan_testkit::{Application, Assertion, on_each_engine};
use serde_json::{Value, json};

use crate::world::World;

const AUDIENCE: &str = "http://localhost:8080";

async fn list_members(app: &Application, world: &World, token: &str) -> castellan_testkit::Answer {
    let path = format!("/system/v1/instances/{}/members/_search", world.one.id);
    app.rest(&world.one.anonymous().with_token(token), "POST", &path, json!({})).await
}

#[tokio::test]
async fn a_system_user_signs_in_with_its_own_token() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let system = world.app.system_user("superuser", "any.example.com");
        let answer = list_members(&world.app, &world, system.token.as_deref().unwrap()).await;
        assert!(answer.is_ok(), "{}", answer.text());
        // The System API needs no host that is known.
        let created = json!({
            "instanceName": "Third", "customDomain": "third.localhost",
            "machine": { "userName": "owner", "name": "Owner", "personalAccessToken": {} }
        });
        let created = world.app.connect(&system, "zitadel.system.v1.SystemService/CreateInstance", &created).await.ok();
        let owner = world.one.anonymous().at_host("third.localhost:8080").with_token(created["pat"].as_str().unwrap());
        let org = world.app.rest(&owner, "GET", "/management/v1/orgs/me", Value::Null).await;
        assert!(org.is_ok(), "{}", org.text());
    })
    .await;
}

#[tokio::test]
async fn every_part_of_the_token_is_checked() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let (key, now) = (world.app.system_key(), world.now());
        let good = || Assertion::new(key, "superuser", AUDIENCE, now);
        assert!(list_members(&world.app, &world, &good().sign()).await.is_ok());
        let spoiled = [
            good().with("aud", json!(world.one.origin())),
            good().with("aud", json!(null)),
            good().with("iss", json!("nobody")),
            good().with("sub", json!("somebody")),
            good().with("exp", json!(now)),
            good().with("iat", json!(now - 3_700)),
            good().with("iat", json!(now + 60)),
            good().with("iat", json!(null)),
        ];
        for token in spoiled {
            let answer = list_members(&world.app, &world, &token.sign()).await;
            assert_eq!((answer.status.as_u16(), answer.error_id().as_str()), (401, "AUTH-7fs1e"), "{}", token.claims);
        }
        let foreign = SigningKey::generate("system", Algorithm::ES256).unwrap();
        let forged = Assertion::new(&foreign, "superuser", AUDIENCE, now).sign();
        assert_eq!(list_members(&world.app, &world, &forged).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn its_roles_say_what_it_may_do() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let system = world.app.system_user("superuser", &world.one.host);
        let denied = world.app.rest(&system, "GET", "/management/v1/orgs/me", Value::Null).await;
        assert_eq!((denied.status.as_u16(), denied.error_id().as_str()), (403, "AUTH-5mWD2"));

        let everywhere = world.app.system_user("everywhere", &world.one.host).in_org(&world.one.org_id);
        let org = world.app.rest(&everywhere, "GET", "/management/v1/orgs/me", Value::Null).await.ok();
        assert_eq!(org["org"]["id"], json!(world.one.org_id));
        let unknown = world.app.rest(&everywhere.in_org("123"), "GET", "/management/v1/orgs/me", Value::Null).await;
        assert_eq!((unknown.status.as_u16(), unknown.error_id().as_str()), (403, "AUTH-Bs7Ds"));

        // It is no user of the instance.
        let me = world.app.rest(&everywhere, "GET", "/auth/v1/users/me", Value::Null).await;
        assert!(!me.is_ok(), "{}", me.text());
        assert_eq!(world.userinfo(everywhere.token.as_deref().unwrap()).await.status, 401);
    })
    .await;
}

#[tokio::test]
async fn an_owner_of_an_instance_has_no_rights_over_the_installation() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let answer = list_members(&world.app, &world, world.one.owner.token.as_deref().unwrap()).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
    })
    .await;
}
