use castellan_db::testing::on_each_engine;
use castellan_kernel::Result;
use castellan_proto::zitadel::{management::v1, org::v2};
use castellan_rpc::Context;

use super::*;
use crate::users::testing::{World, events, id};

async fn commit<T>(mut ctx: Context, answer: impl AsyncFnOnce(&mut Context) -> Result<T>) -> T {
    let answer = answer(&mut ctx).await.unwrap();
    ctx.commit().await.unwrap();
    answer
}

fn owner(world: &World) -> Context {
    world.org("o1", "ORG_OWNER")
}

fn set(org: &str, pairs: &[(&str, &[u8])]) -> v2::SetOrganizationMetadataRequest {
    let metadata = pairs.iter().map(|(key, value)| v2::Metadata { key: (*key).into(), value: value.to_vec() });
    v2::SetOrganizationMetadataRequest { organization_id: org.into(), metadata: metadata.collect() }
}

fn delete(org: &str, keys: &[&str]) -> v2::DeleteOrganizationMetadataRequest {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    v2::DeleteOrganizationMetadataRequest { organization_id: org.into(), keys }
}

async fn keys(ctx: &mut Context) -> Vec<String> {
    let request = v2::ListOrganizationMetadataRequest { organization_id: "o1".into(), ..Default::default() };
    let mut keys: Vec<_> =
        api::v2_list(ctx, request).await.unwrap().metadata.into_iter().map(|pair| pair.key).collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn an_empty_value_removes_and_an_equal_one_records_nothing() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        for _ in 0..2 {
            commit(owner(&world), async |ctx| api::v2_set(ctx, set("o1", &[("a", b"1"), ("b", b"2")])).await).await;
        }
        commit(owner(&world), async |ctx| api::v2_set(ctx, set("o1", &[("b", b""), ("c", b"")])).await).await;
        assert_eq!(keys(&mut owner(&world)).await, ["a"]);
        let recorded = events(&mut world.internal(), "org", "o1").await;
        assert_eq!(
            recorded,
            [
                ("org.metadata.set".to_owned(), serde_json::json!({"key": "a", "value": "MQ=="})),
                ("org.metadata.set".to_owned(), serde_json::json!({"key": "b", "value": "Mg=="})),
                ("org.metadata.removed".to_owned(), serde_json::json!({"key": "b"})),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn keys_are_removed_all_or_none() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        commit(owner(&world), async |ctx| api::v2_set(ctx, set("o1", &[("a", b"1"), ("b", b"2")])).await).await;
        let mut ctx = owner(&world);
        assert_eq!(id(api::v2_delete(&mut ctx, delete("o1", &["a", "x"])).await), "META-2npds");
        ctx.rollback();
        assert_eq!(keys(&mut owner(&world)).await, ["a", "b"]);
        assert_eq!(id(api::v2_delete(&mut owner(&world), delete("o1", &[])).await), "META-9mw2d");
        assert_eq!(id(api::v2_set(&mut owner(&world), set("o1", &[])).await), "META-9mm2d");
        let one = v1::RemoveOrgMetadataRequest { key: "x".into() };
        assert_eq!(id(api::v1_remove(&mut owner(&world), one).await), "META-mcnw3");
        commit(owner(&world), async |ctx| api::v2_delete(ctx, delete("o1", &["a", "b"])).await).await;
        assert!(keys(&mut owner(&world)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn metadata_is_read_by_key_within_the_context_organization() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let request = v1::SetOrgMetadataRequest { key: "a".into(), value: b"1".to_vec() };
        commit(owner(&world), async |ctx| api::v1_set(ctx, request).await).await;
        let get = || v1::GetOrgMetadataRequest { key: "a".into() };
        let pair = api::v1_get(&mut owner(&world), get()).await.unwrap().metadata.unwrap();
        assert_eq!((pair.key.as_str(), pair.value.as_slice()), ("a", b"1".as_slice()));
        assert_eq!(id(api::v1_get(&mut world.org("o2", "ORG_OWNER"), get()).await), "QUERY-Rph32");
        assert_eq!(id(api::v1_get(&mut world.other_instance(), get()).await), "QUERY-Rph32");
    })
    .await;
}

#[tokio::test]
async fn metadata_of_other_organizations_and_instances_is_out_of_reach() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        commit(owner(&world), async |ctx| api::v2_set(ctx, set("o1", &[("a", b"1")])).await).await;
        assert_eq!(id(api::v2_set(&mut world.org("o2", "ORG_OWNER"), set("o1", &[("a", b"2")])).await), "AUTHZ-cdgFk");
        assert!(keys(&mut world.org("o2", "ORG_OWNER")).await.is_empty());
        assert!(keys(&mut world.other_instance()).await.is_empty());
        assert_eq!(id(api::v2_set(&mut world.iam("IAM_OWNER"), set("gone", &[("a", b"2")])).await), "COMMAND-QXPGs");
        assert_eq!(id(api::v2_delete(&mut world.other_instance(), delete("o1", &["a"])).await), "META-2npds");
    })
    .await;
}
