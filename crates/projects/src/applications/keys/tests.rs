//! The rules of this room on every engine.

use castellan_crypto::jose::VerifyingKey;
use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::app::v2beta;
use castellan_proto::zitadel::application::v2;
use castellan_proto::zitadel::authn;
use castellan_proto::zitadel::management::v1;
use castellan_rpc::Context;
use serde_json::Value;

use super::api;
use crate::applications::{self, Added, AuthMethod, NewApplication, create_api_with_private_key, verification_key};
use crate::testing::{World, done, events, id};

async fn application(world: &World, project_id: &str) -> Added {
    done!(world.internal(), create_api_with_private_key(project_id, "gate")).unwrap()
}

fn add(project_id: &str, app_id: &str) -> v1::AddAppKeyRequest {
    v1::AddAppKeyRequest {
        project_id: project_id.into(),
        app_id: app_id.into(),
        r#type: authn::v1::KeyType::Json as i32,
        expiration_date: None,
    }
}

#[tokio::test]
async fn a_key_file_signs_what_the_stored_key_verifies() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let app = application(&world, &shop).await;
        let added = done!(world.org("o1", "ORG_OWNER"), api::v1_add(add(&shop, &app.id))).unwrap();
        let file: Value = serde_json::from_slice(&added.key_details).unwrap();
        let names: Vec<&String> = file.as_object().unwrap().keys().collect();
        assert_eq!(names, ["type", "keyId", "key", "appId", "clientId"]);
        assert_eq!((&file["type"], &file["keyId"]), (&Value::from("application"), &Value::from(added.id.as_str())));
        assert_eq!(
            (&file["appId"], &file["clientId"]),
            (&Value::from(app.id.as_str()), &Value::from(app.client_id.as_str()))
        );
        assert!(file["key"].as_str().unwrap().starts_with("-----BEGIN RSA PRIVATE KEY-----"));
        let mut ctx = world.internal();
        let now = ctx.now();
        let read = ctx.tx().await.unwrap();
        let stored = verification_key(read, &app.client_id, &added.id, now).await.unwrap().unwrap();
        assert!(VerifyingKey::from_pem(&stored.pem).is_ok());
        assert!(verification_key(read, "other client", &added.id, now).await.unwrap().is_none());
        drop(ctx);
        let (kind, payload) = events(&world, "project", &shop).await.pop().unwrap();
        assert_eq!(kind, "project.application.oidc.key.added");
        assert_eq!(payload["expirationDate"], "9999-01-01T00:00:00Z");
        assert_eq!(payload["clientId"], Value::from(app.client_id));
    })
    .await;
}

#[tokio::test]
async fn an_expired_or_removed_key_does_not_exist_for_verification() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let app = application(&world, &shop).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let expires = |seconds: i64| {
            let at = castellan_kernel::Timestamp::parse("2026-06-01T00:00:00Z").unwrap().plus_seconds(seconds);
            Some(castellan_rpc::convert::timestamp(at))
        };
        let create = |seconds| v2::CreateApplicationKeyRequest {
            application_id: app.id.clone(),
            project_id: shop.clone(),
            expiration_date: expires(seconds),
        };
        assert_eq!(id(done!(owner(), api::v2_create(create(-1)))), "DOMAIN-dv3t5");
        let short = done!(owner(), api::v2_create(create(10))).unwrap().key_id;
        let long = done!(owner(), api::v2_create(create(1_000))).unwrap().key_id;
        let known = async |key: &str| {
            let mut ctx = world.internal();
            let now = ctx.now();
            verification_key(ctx.tx().await.unwrap(), &app.client_id, key, now).await.unwrap().is_some()
        };
        assert!(known(&short).await && known(&long).await);
        world.clock.advance_seconds(10);
        assert!(!known(&short).await && known(&long).await);
        let delete = || v2::DeleteApplicationKeyRequest {
            key_id: long.clone(),
            application_id: app.id.clone(),
            project_id: shop.clone(),
        };
        assert!(done!(owner(), api::v2_delete(delete())).unwrap().deletion_date.is_some());
        assert!(!known(&long).await);
        assert_eq!(id(done!(owner(), api::v2_delete(delete()))), "COMMAND-4m77G");
    })
    .await;
}

#[tokio::test]
async fn only_applications_that_authenticate_by_key_have_keys() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let new = NewApplication { project_id: shop.clone(), id: None, name: "basic".into() };
        let reach = castellan_directory::users::head::Reach::Instance;
        let app = done!(world.internal(), applications::create_api(&reach, new, AuthMethod::Basic)).unwrap();
        let owner = || world.org("o1", "ORG_OWNER");
        assert_eq!(id(done!(owner(), api::v1_add(add(&shop, &app.id)))), "COMMAND-Dff54");
        assert_eq!(id(done!(owner(), api::v1_add(add(&shop, "none")))), "COMMAND-sak25");
        assert_eq!(id(done!(owner(), api::v1_add(add("", &app.id)))), "COMMAND-55m9fs");
    })
    .await;
}

#[tokio::test]
async fn keys_of_other_organizations_and_instances_are_out_of_reach() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let app = application(&world, &shop).await;
        let key = done!(world.org("o1", "ORG_OWNER"), api::v1_add(add(&shop, &app.id))).unwrap().id;
        let stranger = || world.org("o2", "ORG_OWNER");
        let other = || world.other_instance();
        let delete = || v2::DeleteApplicationKeyRequest {
            key_id: key.clone(),
            application_id: app.id.clone(),
            project_id: shop.clone(),
        };
        let remove =
            || v1::RemoveAppKeyRequest { project_id: shop.clone(), app_id: app.id.clone(), key_id: key.clone() };
        let v1_get = || v1::GetAppKeyRequest { project_id: shop.clone(), app_id: app.id.clone(), key_id: key.clone() };
        let v2_get = || v2::GetApplicationKeyRequest { key_id: key.clone() };
        assert_eq!(id(done!(stranger(), api::v1_add(add(&shop, &app.id)))), "COMMAND-sak25");
        assert_eq!(id(done!(stranger(), api::v1_remove(remove()))), "COMMAND-4m77G");
        assert_eq!(id(done!(stranger(), api::v1_get(v1_get()))), "QUERY-Dgr3g");
        assert_eq!(id(done!(stranger(), api::v2_get(v2_get()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api::v2_delete(delete()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(world.project("other", "PROJECT_OWNER"), api::v2_get(v2_get()))), "AUTH-Swrgg2");
        assert_eq!(id(done!(other(), api::v2_get(v2_get()))), "QUERY-Dgr3g");
        assert_eq!(id(done!(other(), api::v2_delete(delete()))), "COMMAND-4m77G");
        let count = async |ctx: Context| {
            let list = done!(ctx, api::v2_list(v2::ListApplicationKeysRequest::default())).unwrap();
            assert_eq!(list.pagination.unwrap().total_result, list.keys.len() as u64);
            list.keys.len()
        };
        assert_eq!(count(world.org("o1", "ORG_OWNER")).await, 1);
        assert_eq!(count(world.project(&shop, "PROJECT_OWNER_VIEWER")).await, 1);
        assert_eq!(count(stranger()).await, 0);
        assert_eq!(count(other()).await, 0);
        let list = v1::ListAppKeysRequest { project_id: shop.clone(), app_id: app.id.clone(), query: None };
        assert_eq!(done!(world.org("o1", "ORG_OWNER"), api::v1_list(list.clone())).unwrap().result.len(), 1);
        assert_eq!(done!(stranger(), api::v1_list(list)).unwrap().result.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn v2beta_speaks_of_the_same_keys() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let app = application(&world, &shop).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let create = v2beta::CreateApplicationKeyRequest {
            app_id: app.id.clone(),
            project_id: shop.clone(),
            expiration_date: None,
        };
        let created = done!(owner(), api::beta_create(create)).unwrap();
        assert!(!created.key_details.is_empty());
        let list = v2beta::ListApplicationKeysRequest {
            resource_id: Some(v2beta::list_application_keys_request::ResourceId::ProjectId(shop.clone())),
            ..Default::default()
        };
        assert_eq!(done!(owner(), api::beta_list(list)).unwrap().keys[0].id, created.id);
        let get = v2beta::GetApplicationKeyRequest { id: created.id.clone(), ..Default::default() };
        assert_eq!(done!(owner(), api::beta_get(get)).unwrap().id, created.id);
        let delete = v2beta::DeleteApplicationKeyRequest {
            id: created.id.clone(),
            project_id: shop.clone(),
            application_id: app.id.clone(),
            organization_id: String::new(),
        };
        assert!(done!(owner(), api::beta_delete(delete)).unwrap().deletion_date.is_some());
    })
    .await;
}
