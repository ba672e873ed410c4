use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::{filter, management::v1, metadata, user::v2};
use serde_json::json;

use super::api;
use crate::users::testing::{World, events, id};

fn set(user: &str, key: &str, value: &[u8]) -> v1::SetUserMetadataRequest {
    v1::SetUserMetadataRequest { id: user.into(), key: key.into(), value: value.to_vec() }
}

fn set_all(user: &str, pairs: &[(&str, &[u8])]) -> v2::SetUserMetadataRequest {
    let metadata =
        pairs.iter().map(|(key, value)| v2::Metadata { key: (*key).into(), value: value.to_vec() }).collect();
    v2::SetUserMetadataRequest { user_id: user.into(), metadata }
}

fn delete(user: &str, keys: &[&str]) -> v2::DeleteUserMetadataRequest {
    v2::DeleteUserMetadataRequest { user_id: user.into(), keys: keys.iter().map(|key| (*key).into()).collect() }
}

fn get(user: &str, key: &str) -> v1::GetUserMetadataRequest {
    v1::GetUserMetadataRequest { id: user.into(), key: key.into() }
}

#[tokio::test]
async fn a_pair_is_set_read_and_set_again_without_an_event() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::v1_set(&mut ctx, set(&robot, "color", b"red")).await.unwrap();
        api::v1_set(&mut ctx, set(&robot, "color", b"red")).await.unwrap();
        let recorded = events(&mut ctx, "user", &robot).await;
        assert_eq!(recorded.len(), 2);
        assert_eq!(recorded[1], ("user.metadata.set".into(), json!({"key": "color", "value": "cmVk"})));
        let pair = api::v1_get(&mut ctx, get(&robot, "color")).await.unwrap().metadata.unwrap();
        assert_eq!((pair.value, pair.details.unwrap().sequence), (b"red".to_vec(), 2));
        assert_eq!(id(api::v1_get(&mut ctx, get(&robot, "size")).await), "QUERY-Rgh32");
        assert_eq!(id(api::v1_set(&mut ctx, set(&robot, "", b"x")).await), "META-2m00f");
    })
    .await;
}

#[tokio::test]
async fn an_empty_value_in_a_list_removes_the_key() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::v2_set(&mut ctx, set_all(&robot, &[("a", b"1"), ("b", b"2")])).await.unwrap();
        api::v2_set(&mut ctx, set_all(&robot, &[("a", b""), ("c", b"")])).await.unwrap();
        assert_eq!(events(&mut ctx, "user", &robot).await[3], ("user.metadata.removed".into(), json!({"key": "a"})));
        assert_eq!(id(api::v2_set(&mut ctx, set_all(&robot, &[])).await), "META-9mm2d");
    })
    .await;
}

#[tokio::test]
async fn keys_are_removed_all_or_none() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::v2_set(&mut ctx, set_all(&robot, &[("a", b"1"), ("b", b"2")])).await.unwrap();
        ctx.commit().await.unwrap();
        assert_eq!(id(api::v2_delete(&mut ctx, delete(&robot, &["a", "x"])).await), "META-2nnds");
        ctx.rollback();
        let one = v1::RemoveUserMetadataRequest { id: robot.clone(), key: "x".into() };
        assert_eq!(id(api::v1_remove(&mut ctx, one).await), "META-ncnw3");
        api::v2_delete(&mut ctx, delete(&robot, &["a", "b"])).await.unwrap();
        assert_eq!(id(api::v2_delete(&mut ctx, delete(&robot, &[])).await), "META-9mm2d");
    })
    .await;
}

#[tokio::test]
async fn users_read_their_own_metadata_but_do_not_write_it() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::v2_set(&mut ctx, set_all(&robot, &[("Ab", b"1"), ("b", b"2")])).await.unwrap();
        ctx.commit().await.unwrap();
        let mut own = world.user(&robot, "o1");
        assert_eq!(id(api::v2_set(&mut own, set_all(&robot, &[("a", b"2")])).await), "AUTHZ-cdgFk");
        let filters = vec![metadata::v2::MetadataSearchFilter {
            filter: Some(metadata::v2::metadata_search_filter::Filter::KeyFilter(metadata::v2::MetadataKeyFilter {
                key: "aB".into(),
                method: filter::v2::TextFilterMethod::EqualsIgnoreCase.into(),
            })),
        }];
        let list = v2::ListUserMetadataRequest { user_id: robot.clone(), pagination: None, filters };
        let answer = api::v2_list(&mut own, list).await.unwrap();
        assert_eq!(answer.metadata.len(), 1);
        assert_eq!(answer.pagination.unwrap().applied_limit, 100);
        let mine = castellan_proto::zitadel::auth::v1::ListMyMetadataRequest::default();
        assert_eq!(api::v1_list_my(&mut own, mine).await.unwrap().result.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn metadata_of_users_out_of_reach_reads_as_absent() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        api::v1_set(&mut ctx, set(&robot, "a", b"1")).await.unwrap();
        ctx.commit().await.unwrap();
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(api::v1_set(&mut ctx, set(&robot, "a", b"2")).await), "COMMAND-uXHNj");
            assert_eq!(id(api::v1_get(&mut ctx, get(&robot, "a")).await), "QUERY-Rgh32");
        }
        let list = v2::ListUserMetadataRequest { user_id: robot.clone(), ..Default::default() };
        let mut foreign = world.org("o2", "ORG_OWNER");
        assert_eq!(id(api::v2_delete(&mut foreign, delete(&robot, &["a"])).await), "AUTHZ-cdgFk");
        assert_eq!(id(api::v2_list(&mut foreign, list.clone()).await), "AUTHZ-cdgFk");
        foreign.rollback();
        assert_eq!(id(api::v2_list(&mut world.other_instance(), list).await), "QUERY-Dfbg2");
    })
    .await;
}
