use castellan_crypto::opaque::{OpaqueKey, open_token};
use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::{management::v1, user::v2};
use serde_json::json;

use super::api;
use crate::users::head::Reach;
use crate::users::state::{RemoveUser, remove};
use crate::users::testing::{START, World, events, id};

fn add(user: &str) -> v1::AddPersonalAccessTokenRequest {
    v1::AddPersonalAccessTokenRequest { user_id: user.into(), expiration_date: None }
}

#[tokio::test]
async fn a_token_opens_to_its_id_and_user_and_stops_with_the_user() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let added = api::v1_add(&mut ctx, add(&robot)).await.unwrap();
        let key = ctx.service::<OpaqueKey>().unwrap();
        assert_eq!(open_token(&key, &added.token), Some(format!("{}:{robot}", added.token_id)));
        let (name, payload) = events(&mut ctx, "user", &robot).await.remove(1);
        assert_eq!(name, "user.pat.added");
        let never = castellan_kernel::Timestamp::NEVER.to_rfc3339();
        assert_eq!(payload, json!({"tokenId": added.token_id, "expiration": never, "scopes": super::SCOPES}));
        let now = ctx.now();
        let usable = super::usable(ctx.tx().await.unwrap(), &added.token_id, &robot, now).await.unwrap().unwrap();
        assert_eq!(usable.scopes, super::SCOPES);
        assert!(super::usable(ctx.tx().await.unwrap(), &added.token_id, "other", now).await.unwrap().is_none());
        let not_found = castellan_kernel::Fault::not_found("X", "X");
        remove(&mut ctx, RemoveUser { reach: Reach::Instance, not_found, user_id: robot.clone() }).await.unwrap();
        assert!(super::usable(ctx.tx().await.unwrap(), &added.token_id, &robot, now).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_expired_token_is_refused_and_not_usable() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let now = castellan_kernel::Timestamp::parse(START).unwrap();
        let at = |seconds| Some(castellan_rpc::convert::timestamp(now.plus_seconds(seconds)));
        let past = v1::AddPersonalAccessTokenRequest { expiration_date: at(0), ..add(&robot) };
        assert_eq!(id(api::v1_add(&mut ctx, past).await), "DOMAIN-dv3t5");
        let soon = v1::AddPersonalAccessTokenRequest { expiration_date: at(60), ..add(&robot) };
        let added = api::v1_add(&mut ctx, soon).await.unwrap();
        let tx = ctx.tx().await.unwrap();
        assert!(super::usable(tx, &added.token_id, &robot, now.plus_seconds(59)).await.unwrap().is_some());
        assert!(super::usable(tx, &added.token_id, &robot, now.plus_seconds(60)).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn tokens_of_users_out_of_reach_read_as_absent() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let added = api::v1_add(&mut ctx, add(&robot)).await.unwrap();
        ctx.commit().await.unwrap();
        let get =
            || v1::GetPersonalAccessTokenByIDsRequest { user_id: robot.clone(), token_id: added.token_id.clone() };
        let remove =
            || v1::RemovePersonalAccessTokenRequest { user_id: robot.clone(), token_id: added.token_id.clone() };
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(api::v1_add(&mut ctx, add(&robot)).await), "COMMAND-Dggw2");
            assert_eq!(id(api::v1_get(&mut ctx, get()).await), "QUERY-fRunu");
            assert_eq!(id(api::v1_remove(&mut ctx, remove()).await), "COMMAND-4g3xq");
            let list = v2::ListPersonalAccessTokensRequest::default();
            assert!(api::v2_list(&mut ctx, list).await.unwrap().result.is_empty());
        }
        let mut ctx = world.user(&robot, "o1");
        let list = v2::ListPersonalAccessTokensRequest::default();
        assert_eq!(api::v2_list(&mut ctx, list).await.unwrap().result[0].id, added.token_id);
        ctx.rollback();
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert_eq!(api::v1_get(&mut ctx, get()).await.unwrap().token.unwrap().scopes, super::SCOPES);
        api::v1_remove(&mut ctx, remove()).await.unwrap();
        assert_eq!(id(api::v1_remove(&mut ctx, remove()).await), "COMMAND-4m77G");
    })
    .await;
}
