//! Every kind of signing key: what is signed with it verifies with what is published of it (spec oauth.md 4.14).

use castellan_testkit::{Application, Setup, on_each_engine, read_jwt, verify_with_jwks};
use serde_json::{Value, json};

use crate::world::{API_SCOPE, KEYS, World};

const WEB_KEYS: &str = "zitadel.webkey.v2.WebKeyService";

async fn call(world: &World, rpc: &str, message: Value) -> Value {
    world.app.connect(&world.one.owner, &format!("{WEB_KEYS}/{rpc}"), &message).await.ok()
}

async fn jwks(world: &World) -> Value {
    world.app.get(&world.one.host, KEYS, None).await.ok()
}

#[tokio::test]
async fn tokens_verify_with_the_published_key_whatever_its_kind() {
    // Key generation and signatures do not touch the engine beyond a blob: one engine is enough.
    let db = castellan_db::testing::TestDb::sqlite().await;
    let world = World::on(Application::on((*db).clone(), Setup::default())).await;
    let robot = world.jwt_robot().await;
    let kinds = [
        (json!({ "rsa": { "bits": "RSA_BITS_2048", "hasher": "RSA_HASHER_SHA256" } }), "RSA", "RS256", 342),
        (json!({ "rsa": { "bits": "RSA_BITS_3072", "hasher": "RSA_HASHER_SHA384" } }), "RSA", "RS384", 512),
        (json!({ "rsa": { "bits": "RSA_BITS_4096", "hasher": "RSA_HASHER_SHA512" } }), "RSA", "RS512", 683),
        (json!({ "ecdsa": { "curve": "ECDSA_CURVE_P256" } }), "EC", "ES256", 43),
        (json!({ "ecdsa": { "curve": "ECDSA_CURVE_P384" } }), "EC", "ES384", 64),
        (json!({ "ecdsa": { "curve": "ECDSA_CURVE_P512" } }), "EC", "ES512", 88),
        (json!({ "ed25519": {} }), "OKP", "EdDSA", 43),
    ];
    for (kind, family, algorithm, length) in kinds {
        let id = call(&world, "CreateWebKey", kind).await["id"].clone();
        call(&world, "ActivateWebKey", json!({ "id": id })).await;
        let published = jwks(&world).await;
        let key = published["keys"].as_array().unwrap().iter().find(|key| key["kid"] == id).unwrap().clone();
        assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&json!(family), &json!(algorithm), &json!("sig")));
        let material = key["n"].as_str().or(key["x"].as_str()).unwrap();
        assert_eq!(material.len(), length, "{algorithm}");
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{algorithm}: a private part is published");
        }

        let answer = world.by_key(&robot, &format!("openid profile {API_SCOPE}")).await.ok();
        for field in ["access_token", "id_token"] {
            let token = answer[field].as_str().unwrap();
            assert_eq!((&read_jwt(token).0["kid"], &read_jwt(token).0["alg"]), (&id, &json!(algorithm)));
            assert!(verify_with_jwks(token, &published), "{algorithm} {field}");
        }
        let token = answer["access_token"].as_str().unwrap();
        assert!(world.userinfo(token).await.is_ok(), "{algorithm}");
        assert!(world.call_api(token).await.is_ok(), "{algorithm}");
    }
}

#[tokio::test]
async fn a_key_that_was_replaced_stays_published_until_it_is_removed() {
    on_each_engine(async |app| {
        let world = World::on(app).await;
        let robot = world.jwt_robot().await;
        let answer = world.app.get(&world.one.host, KEYS, None).await;
        assert_eq!(answer.header("cache-control"), "max-age=300, must-revalidate");
        assert_eq!(answer.json()["keys"].as_array().unwrap().len(), 2, "a new instance has two keys");

        let token = world.access_token(&robot, "openid").await;
        let old = read_jwt(&token).0["kid"].clone();
        let new = call(&world, "CreateWebKey", json!({ "ed25519": {} })).await["id"].clone();
        call(&world, "ActivateWebKey", json!({ "id": new })).await;
        assert!(world.userinfo(&token).await.is_ok());
        assert!(verify_with_jwks(&token, &jwks(&world).await));
        assert_eq!(read_jwt(&world.access_token(&robot, "openid").await).0["kid"], new);

        let active = format!("{WEB_KEYS}/DeleteWebKey");
        let refused = world.app.connect(&world.one.owner, &active, &json!({ "id": new })).await;
        assert_eq!((refused.code().as_str(), refused.error_id().as_str()), ("failed_precondition", "COMMAND-Chai1"));
        call(&world, "DeleteWebKey", json!({ "id": old })).await;
        assert_eq!(world.userinfo(&token).await.status, 401, "what a removed key signed is void");
        assert!(!verify_with_jwks(&token, &jwks(&world).await));
    })
    .await;
}
