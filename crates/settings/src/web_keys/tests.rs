use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::webkey::v2;

use super::*;
use crate::testing::{World, events};

async fn create(world: &World, instance: &str, key: Option<v2::create_web_key_request::Key>) -> String {
    let mut ctx = world.admin(instance);
    let id = api::v2_create(&mut ctx, v2::CreateWebKeyRequest { key }).await.unwrap().id;
    ctx.commit().await.unwrap();
    id
}

async fn list(world: &World, instance: &str) -> Vec<v2::WebKey> {
    api::v2_list(&mut world.admin(instance), v2::ListWebKeysRequest {}).await.unwrap().web_keys
}

#[tokio::test]
async fn a_new_instance_has_two_published_keys_and_signs_with_the_first() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal("i1");
        create_initial(&mut ctx, WebKeyKind::Ecdsa(Curve::P256), 2).await.unwrap();
        let types: Vec<_> = events(&mut ctx, "web_key").await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(types, ["web_key.added", "web_key.added", "web_key.activated"]);
        ctx.commit().await.unwrap();

        let keys = list(&world, "i1").await;
        assert_eq!(keys.iter().map(|key| key.state).collect::<Vec<_>>(), [2, 1]);
        let mut look = world.admin("i1").look();
        let signer = active_key(&mut look).await.unwrap().open(&world.env).unwrap();
        assert_eq!(signer.kid(), keys[0].id);
        let published = public_keys(&mut look).await.unwrap();
        assert_eq!(published.len(), 2);
        assert_eq!(published[0], signer.public_jwk());
    })
    .await;
}

#[tokio::test]
async fn private_halves_never_stand_in_events() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        create(&world, "i1", Some(v2::create_web_key_request::Key::Ed25519(v2::Ed25519 {}))).await;
        let (_, payload) = events(&mut world.admin("i1"), "web_key").await.remove(0);
        assert_eq!(payload["privateKey"], serde_json::json!({"KeyID": "oidcKey"}));
        assert_eq!(payload["configType"], 3);
        assert_eq!(payload["publicKey"]["crv"], "Ed25519");
    })
    .await;
}

#[tokio::test]
async fn only_the_first_key_signs_at_once_and_activation_moves_on() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let ecdsa = |curve| Some(v2::create_web_key_request::Key::Ecdsa(v2::Ecdsa { curve }));
        let first = create(&world, "i1", ecdsa(1)).await;
        let second = create(&world, "i1", ecdsa(3)).await;
        let state = |keys: &[v2::WebKey], id: &str| keys.iter().find(|key| key.id == id).unwrap().state;
        let keys = list(&world, "i1").await;
        assert_eq!((state(&keys, &first), state(&keys, &second)), (2, 1));

        for _ in 0..2 {
            let mut ctx = world.admin("i1");
            api::v2_activate(&mut ctx, v2::ActivateWebKeyRequest { id: second.clone() }).await.unwrap();
            ctx.commit().await.unwrap();
        }
        let keys = list(&world, "i1").await;
        assert_eq!((state(&keys, &first), state(&keys, &second)), (3, 2));
        let activations = events(&mut world.admin("i1"), "web_key").await;
        assert_eq!(activations.iter().filter(|(name, _)| name == "web_key.activated").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_active_key_cannot_be_deleted_and_a_missing_one_is_no_error() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let ed25519 = || Some(v2::create_web_key_request::Key::Ed25519(v2::Ed25519 {}));
        let active = create(&world, "i1", ed25519()).await;
        let spare = create(&world, "i1", ed25519()).await;
        let delete = |id: String| v2::DeleteWebKeyRequest { id };

        let error = api::v2_delete(&mut world.admin("i1"), delete(active)).await.unwrap_err();
        assert_eq!(error.id(), "COMMAND-Chai1");
        let mut ctx = world.admin("i1");
        assert!(api::v2_delete(&mut ctx, delete(spare.clone())).await.unwrap().deletion_date.is_some());
        ctx.commit().await.unwrap();
        assert_eq!(list(&world, "i1").await.len(), 1);
        assert!(api::v2_delete(&mut world.admin("i1"), delete(spare)).await.unwrap().deletion_date.is_none());
    })
    .await;
}

#[tokio::test]
async fn keys_of_another_instance_do_not_exist() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let ed25519 = || Some(v2::create_web_key_request::Key::Ed25519(v2::Ed25519 {}));
        create(&world, "i1", ed25519()).await;
        let spare = create(&world, "i1", ed25519()).await;
        assert!(list(&world, "i2").await.is_empty());
        let request = v2::ActivateWebKeyRequest { id: spare.clone() };
        let error = api::v2_activate(&mut world.admin("i2"), request).await.unwrap_err();
        assert_eq!(error.id(), "COMMAND-teiG3");
        let mut ctx = world.admin("i2");
        let deleted = api::v2_delete(&mut ctx, v2::DeleteWebKeyRequest { id: spare }).await.unwrap();
        ctx.commit().await.unwrap();
        assert!(deleted.deletion_date.is_none());
        assert_eq!(list(&world, "i1").await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn the_beta_answers_what_its_successor_answers() {
    on_each_engine(|db| async {
        use castellan_proto::zitadel::webkey::v2beta;
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        let key = v2beta::create_web_key_request::Key::Ecdsa(v2beta::Ecdsa { curve: 2 });
        let request = v2beta::CreateWebKeyRequest { key: Some(key) };
        let id = api::v2beta_create(&mut ctx, request).await.unwrap().id;
        ctx.commit().await.unwrap();
        let keys = api::v2beta_list(&mut world.admin("i1"), v2beta::ListWebKeysRequest {}).await.unwrap().web_keys;
        assert_eq!(keys[0].id, id);
        assert_eq!(keys[0].key, Some(v2beta::web_key::Key::Ecdsa(v2beta::Ecdsa { curve: 2 })));
    })
    .await;
}
