//! What is in the tokens: spec oauth.md 4.5, 4.6, 4.8, 4.9.

use castellan_crypto::jose::{Algorithm, left_half_hash};
use castellan_testkit::{on_each_engine, read_jwt, verify_with_jwks};
use serde_json::{Value, json};

use crate::world::{KEYS, World, text};

#[tokio::test]
async fn an_opaque_access_token_tells_nothing() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let token = world.access_token(&world.robot, "openid").await;
        assert_eq!(token.split('.').count(), 5);
        let (header, _) = (token.split('.').next().unwrap(), ());
        use base64::Engine as _;
        let header = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(header).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!((&header["alg"], &header["enc"]), (&json!("A256GCMKW"), &json!("A256GCM")));
        assert!(!token.contains(&world.robot.id));
    })
    .await;
}

#[tokio::test]
async fn a_jwt_access_token_has_the_claims_of_the_contract_and_no_others() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let robot = world.jwt_robot().await;
        let token = world.access_token(&robot, "openid profile").await;
        let (header, claims) = read_jwt(&token);
        assert_eq!((&header["typ"], &header["alg"]), (&json!("JWT"), &json!("ES256")));
        let now = world.now();
        assert_eq!(claims["iss"], json!(world.one.origin()));
        assert_eq!(claims["sub"], json!(robot.id));
        assert_eq!(claims["aud"], json!([robot.name]), "without an audience scope, the client itself");
        assert_eq!(claims["client_id"], json!(robot.name));
        assert_eq!((&claims["iat"], &claims["nbf"], &claims["exp"]), (&json!(now), &json!(now), &json!(now + 43_200)));
        let id = claims["jti"].as_str().unwrap();
        assert!(id.starts_with("V2_") && id.contains("-at_"), "{id}");
        for absent in ["scope", "azp", "auth_time", "amr", "name", "email", "preferred_username"] {
            assert!(claims.get(absent).is_none(), "{absent}");
        }
        let jwks = world.app.get(&world.one.host, KEYS, None).await.ok();
        assert!(verify_with_jwks(&token, &jwks));
        let token = world.access_token(&robot, "urn:zitadel:iam:org:project:id:42:aud openid").await;
        assert_eq!(read_jwt(&token).1["aud"], json!(["42"]));
    })
    .await;
}

#[tokio::test]
async fn an_id_token_says_who_signed_in_and_how() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let jwks = world.app.get(&world.one.host, KEYS, None).await.ok();
        let scope = "openid profile email urn:zitadel:iam:user:resourceowner";
        for (answer, amr) in [
            (world.by_secret(&world.robot, scope).await.ok(), json!(["pwd"])),
            (world.by_key(&world.robot, scope).await.ok(), Value::Null),
        ] {
            let (id_token, access_token) = (text(&answer, "id_token"), text(&answer, "access_token"));
            assert!(verify_with_jwks(&id_token, &jwks));
            let (_, claims) = read_jwt(&id_token);
            let now = world.now();
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!(world.one.origin()), &json!(world.robot.id)));
            assert_eq!(claims["aud"], json!([world.robot.name]));
            assert_eq!((&claims["azp"], &claims["client_id"]), (&json!(world.robot.name), &json!(world.robot.name)));
            assert_eq!((&claims["iat"], &claims["auth_time"]), (&json!(now), &json!(now)));
            assert!(claims["exp"].as_i64().unwrap() > now, "an ID token that is born expired helps nobody");
            assert_eq!(claims["amr"], amr);
            assert_eq!(claims["at_hash"], json!(left_half_hash(Algorithm::ES256, &access_token)));
            assert_eq!(claims["urn:zitadel:iam:user:resourceowner:id"], json!(world.one.org_id));
            for absent in ["jti", "nbf", "acr", "sid", "name", "email", "nonce"] {
                assert!(claims.get(absent).is_none(), "{absent}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_scopes_and_those_of_another_organization_are_dropped() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let client = world.api_client().await;
        let other = world.app.new_org(&world.one, "Other").await;
        let scope = format!(
            "openid nonsense profile urn:zitadel:iam:org:id:{other} urn:zitadel:iam:org:id:{} \
             urn:zitadel:iam:org:project:id:{}:aud urn:zitadel:iam:org:project:role:any",
            world.one.org_id, client.project
        );
        let token = world.access_token(&world.robot, &scope).await;
        let told = world.introspect(&client, &token).await.ok();
        let expected = format!(
            "openid profile urn:zitadel:iam:org:id:{} urn:zitadel:iam:org:project:id:{}:aud \
             urn:zitadel:iam:org:project:role:any",
            world.one.org_id, client.project
        );
        assert_eq!(told["scope"], json!(expected));
        assert_eq!(told["urn:zitadel:iam:org:id"], json!(world.one.org_id));
    })
    .await;
}

#[tokio::test]
async fn roles_stand_in_the_tokens_that_ask_for_them() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let robot = world.jwt_robot().await;
        let client = world.api_client().await;
        world.give_role(&robot.id, &client.project, "reader").await;
        let audience = format!("urn:zitadel:iam:org:project:id:{}:aud", client.project);
        let roles = format!("urn:zitadel:iam:org:project:{}:roles", client.project);

        let all = format!("openid {audience} urn:zitadel:iam:org:projects:roles");
        let answer = world.by_key(&robot, &all).await.ok();
        let expected = json!({ "reader": { world.one.org_id.clone(): "castellan.localhost" } });
        for token in [text(&answer, "access_token"), text(&answer, "id_token")] {
            assert_eq!(read_jwt(&token).1[&roles], expected);
        }
        let named = format!("openid {audience} urn:zitadel:iam:org:project:role:writer");
        let token = world.access_token(&robot, &named).await;
        assert!(read_jwt(&token).1.get(&roles).is_none(), "a role that was not granted is not asserted");
        let unasked = world.access_token(&robot, &format!("openid {audience}")).await;
        assert!(read_jwt(&unasked).1.get(&roles).is_none());
    })
    .await;
}

#[tokio::test]
async fn the_lifetimes_of_the_instance_apply() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let settings = json!({
            "accessTokenLifetime": "600s", "idTokenLifetime": "300s",
            "refreshTokenIdleExpiration": "3600s", "refreshTokenExpiration": "7200s"
        });
        let rpc = "zitadel.admin.v1.AdminService/UpdateOIDCSettings";
        let answer = world.app.connect(&world.one.owner, rpc, &settings).await;
        assert!(answer.is_ok(), "{}", answer.text());
        let answer = world.by_key(&world.robot, "openid").await.ok();
        assert_eq!(answer["expires_in"], json!(599));
        assert_eq!(read_jwt(&text(&answer, "id_token")).1["exp"], json!(world.now() + 300));
        let token = text(&answer, "access_token");
        assert!(world.userinfo(&token).await.is_ok());
        world.app.clock.advance_seconds(600);
        assert_eq!(world.userinfo(&token).await.oauth_error().1, "access_denied");
    })
    .await;
}
