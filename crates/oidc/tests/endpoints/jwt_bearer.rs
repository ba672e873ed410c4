//! RFC 7523 2.1, and what this server documents about it: spec oauth.md 4.3 and 4.5.4.

use castellan_crypto::jose::{Algorithm, SigningKey};
use castellan_testkit::{Assertion, KeyFile, on_each_engine};
use serde_json::json;

use crate::world::{JWT_BEARER, World};

fn invalid() -> (u16, String, String) {
    (400, "invalid_grant".into(), "invalid assertion".into())
}

#[tokio::test]
async fn a_service_user_gets_a_token_for_its_assertion() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let answer = world.by_key(&world.robot, "openid").await.ok();
        assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(43_199)));
        assert!(answer["access_token"].is_string() && answer["id_token"].is_string());
        let answer = world.by_key(&world.robot, "profile").await.ok();
        assert!(answer.get("id_token").is_none(), "an ID token needs the scope openid");
    })
    .await;
}

#[tokio::test]
async fn an_assertion_needs_each_of_its_claims() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let now = world.now();
        let good = || world.robot.key.assertion(&world.one.origin(), now);
        // The audience may be one text or a list that holds more.
        for audience in [json!(world.one.origin()), json!(["https://elsewhere.example", world.one.origin()])] {
            assert!(world.by_assertion(&good().with("aud", audience).sign(), "openid").await.is_ok());
        }
        let spoiled = [
            good().with("iss", json!("123")),
            good().with("iss", json!(null)),
            good().with("sub", json!("123")),
            good().with("sub", json!(null)),
            good().with("aud", json!("https://elsewhere.example")),
            good().with("aud", json!(format!("{}/", world.one.origin()))),
            good().with("aud", json!([])),
            good().with("aud", json!(null)),
            good().with("exp", json!(now)),
            good().with("exp", json!(now - 10)),
            good().with("exp", json!(null)),
            good().with("iat", json!(null)),
            good().with("iat", json!(now + 10)),
            good().with("iat", json!(now - 3_700)),
        ];
        for assertion in spoiled {
            let answer = world.by_assertion(&assertion.sign(), "openid").await;
            assert_eq!(answer.oauth_error(), invalid(), "{}", assertion.claims);
        }
    })
    .await;
}

#[tokio::test]
async fn only_a_registered_key_of_that_user_signs_for_it() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let (origin, now) = (world.one.origin(), world.now());
        let registered = world.robot.key.content["keyId"].as_str().unwrap();
        let sign = |key: &SigningKey| Assertion::new(key, &world.robot.id, &origin, now).sign();

        let foreign = SigningKey::generate(registered, Algorithm::ES256).unwrap();
        assert_eq!(world.by_assertion(&sign(&foreign), "openid").await.oauth_error(), invalid());
        let unknown = SigningKey::generate("999", Algorithm::ES256).unwrap();
        assert_eq!(world.by_assertion(&sign(&unknown), "openid").await.oauth_error(), invalid());

        // The key of another user, and the key of an application.
        let other = world.jwt_robot().await;
        let forged =
            other.key.assertion(&origin, now).with("iss", json!(world.robot.id)).with("sub", json!(world.robot.id));
        assert_eq!(world.by_assertion(&forged.sign(), "openid").await.oauth_error(), invalid());
        let project = world.manage("AddProject", json!({ "name": "P" })).await["id"].clone();
        let app =
            json!({ "projectId": project, "name": "A", "authMethodType": "API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT" });
        let app = world.manage("AddAPIApp", app).await["appId"].clone();
        let key = json!({ "projectId": project, "appId": app, "type": "KEY_TYPE_JSON" });
        let key = KeyFile::from_base64(world.manage("AddAppKey", key).await["keyDetails"].as_str().unwrap());
        assert_eq!(world.by_assertion(&key.assertion(&origin, now).sign(), "openid").await.oauth_error(), invalid());
    })
    .await;
}

#[tokio::test]
async fn unsigned_and_altered_assertions_are_refused() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let good = world.robot.key.assertion(&world.one.origin(), world.now()).sign();
        let (signed, signature) = good.rsplit_once('.').unwrap();
        let (header, payload) = signed.split_once('.').unwrap();
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let kid = world.robot.key.content["keyId"].as_str().unwrap();
        let none = encode(&json!({ "alg": "none", "kid": kid }).to_string());
        let hmac = encode(&json!({ "alg": "HS256", "kid": kid }).to_string());
        let cases = [
            format!("{none}.{payload}."),
            format!("{none}.{payload}.{signature}"),
            format!("{hmac}.{payload}.{signature}"),
            format!("{signed}."),
            signed.to_owned(),
            good[..good.len() - 4].to_owned(),
            format!("{header}.{}.{signature}", encode(r#"{"iss":"x"}"#)),
            format!("{good}.{signature}"),
            "garbage".to_owned(),
            "..".to_owned(),
        ];
        for case in cases {
            assert_eq!(world.by_assertion(&case, "openid").await.oauth_error(), invalid(), "{case}");
        }
        let missing = world.token(&[("grant_type", JWT_BEARER), ("scope", "openid")]).await.oauth_error();
        assert_eq!(missing, (400, "invalid_request".into(), "assertion missing".into()));
        let (_, code, description) =
            world.token(&[("grant_type", JWT_BEARER), ("assertion", &good)]).await.oauth_error();
        assert_eq!(code, "invalid_request");
        assert!(description.starts_with("The scope of your request is missing."), "{description}");
    })
    .await;
}

#[tokio::test]
async fn an_expired_or_removed_key_does_not_exist() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let soon = castellan_kernel::Timestamp::from_seconds(world.now() + 60).to_rfc3339();
        let key = json!({ "userId": world.robot.id, "type": "KEY_TYPE_JSON", "expirationDate": soon });
        let key = KeyFile::from_base64(world.manage("AddMachineKey", key).await["keyDetails"].as_str().unwrap());
        let sign = |world: &World| key.assertion(&world.one.origin(), world.now()).sign();
        assert!(world.by_assertion(&sign(&world), "openid").await.is_ok());
        world.app.clock.advance_seconds(61);
        assert_eq!(world.by_assertion(&sign(&world), "openid").await.oauth_error(), invalid());

        assert!(world.by_key(&world.robot, "openid").await.is_ok());
        let remove = json!({ "userId": world.robot.id, "keyId": world.robot.key.content["keyId"] });
        world.manage("RemoveMachineKey", remove).await;
        assert_eq!(world.by_key(&world.robot, "openid").await.oauth_error(), invalid());
    })
    .await;
}

#[tokio::test]
async fn an_uploaded_public_key_signs_with_the_algorithms_of_assertions_only() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        use base64::Engine as _;
        let base64 = base64::engine::general_purpose::STANDARD;
        for (algorithm, accepted) in [(Algorithm::ES256, true), (Algorithm::EdDSA, false), (Algorithm::ES384, false)] {
            let key = SigningKey::generate("", algorithm).unwrap();
            let der = base64.encode(key.public_key().to_spki_der());
            let pem = format!("-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n");
            let upload = json!({ "userId": world.robot.id, "type": "KEY_TYPE_JSON", "publicKey": base64.encode(pem) });
            let added = world.manage("AddMachineKey", upload).await;
            assert!(added.get("keyDetails").is_none(), "there is no private half to give back");
            let id = added["keyId"].as_str().unwrap();
            let named = SigningKey::from_pkcs8(id, algorithm, &key.to_pkcs8().unwrap()).unwrap();
            let assertion = Assertion::new(&named, &world.robot.id, &world.one.origin(), world.now()).sign();
            let answer = world.by_assertion(&assertion, "openid").await;
            assert_eq!(answer.is_ok(), accepted, "{algorithm:?}: {}", answer.text());
        }
    })
    .await;
}
