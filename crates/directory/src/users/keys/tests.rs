use castellan_crypto::jose::{Algorithm, SigningKey};
use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::{filter, management::v1, user::v2};
use castellan_rpc::Context;

use super::api;
use crate::users::testing::{START, World, events, id};

fn add(user: &str) -> v1::AddMachineKeyRequest {
    v1::AddMachineKeyRequest { user_id: user.into(), r#type: 1, expiration_date: None, public_key: Vec::new() }
}

async fn public_pem(ctx: &mut Context, user: &str) -> Vec<u8> {
    let key = api::v1_add(ctx, add(user)).await.unwrap();
    let now = ctx.now();
    super::verification_key(ctx.tx().await.unwrap(), user, &key.key_id, now).await.unwrap().unwrap().pem
}

#[tokio::test]
async fn a_made_key_comes_as_a_file_that_signs_for_the_stored_public_half() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let answer = api::v1_add(&mut ctx, add(&robot)).await.unwrap();
        let file: serde_json::Value = serde_json::from_slice(&answer.key_details).unwrap();
        let keys: Vec<_> = file.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["type", "keyId", "key", "expirationDate", "userId"]);
        assert_eq!(file["type"], "serviceaccount");
        assert_eq!(file["keyId"], answer.key_id.as_str());
        assert_eq!(file["userId"], robot.as_str());
        assert_eq!(file["expirationDate"], castellan_kernel::Timestamp::NEVER.to_rfc3339());
        let pem = file["key"].as_str().unwrap();
        SigningKey::from_pem(&answer.key_id, Algorithm::RS256, pem.as_bytes()).unwrap();
        let (name, payload) = events(&mut ctx, "user", &robot).await.remove(1);
        assert_eq!(name, "user.machine.key.added");
        assert_eq!(payload["keyId"], answer.key_id.as_str());
        assert_eq!(payload["type"], 1);
        assert!(payload["publicKey"].as_str().unwrap().starts_with("LS0tLS1CRUdJTi"));
    })
    .await;
}

#[tokio::test]
async fn an_own_public_key_is_kept_and_no_file_is_returned() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let pem = public_pem(&mut ctx, &robot).await;
        let answer = api::v1_add(&mut ctx, v1::AddMachineKeyRequest { public_key: pem, ..add(&robot) }).await.unwrap();
        assert!(answer.key_details.is_empty());
        let nonsense = v1::AddMachineKeyRequest { public_key: b"nonsense".to_vec(), ..add(&robot) };
        assert_eq!(id(api::v1_add(&mut ctx, nonsense).await), "COMMAND-5F3h1");
    })
    .await;
}

#[tokio::test]
async fn an_expired_key_is_refused_and_does_not_verify() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let now = castellan_kernel::Timestamp::parse(START).unwrap();
        let at = |seconds| Some(castellan_rpc::convert::timestamp(now.plus_seconds(seconds)));
        let past = v1::AddMachineKeyRequest { expiration_date: at(0), ..add(&robot) };
        assert_eq!(id(api::v1_add(&mut ctx, past).await), "DOMAIN-dv3t5");
        let soon = v1::AddMachineKeyRequest { expiration_date: at(60), ..add(&robot) };
        let key = api::v1_add(&mut ctx, soon).await.unwrap();
        let tx = ctx.tx().await.unwrap();
        assert!(super::verification_key(tx, &robot, &key.key_id, now.plus_seconds(59)).await.unwrap().is_some());
        assert!(super::verification_key(tx, &robot, &key.key_id, now.plus_seconds(60)).await.unwrap().is_none());
        assert!(super::verification_key(tx, "other", &key.key_id, now).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn keys_of_users_out_of_reach_read_as_absent() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let key = api::v1_add(&mut ctx, add(&robot)).await.unwrap();
        ctx.commit().await.unwrap();
        let get = || v1::GetMachineKeyByIDsRequest { user_id: robot.clone(), key_id: key.key_id.clone() };
        let remove = || v1::RemoveMachineKeyRequest { user_id: robot.clone(), key_id: key.key_id.clone() };
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(api::v1_add(&mut ctx, add(&robot)).await), "COMMAND-bnipwm1");
            assert_eq!(id(api::v1_get(&mut ctx, get()).await), "QUERY-Tha6f");
            assert_eq!(id(api::v1_remove(&mut ctx, remove()).await), "COMMAND-4g3xq");
        }
        let foreign = v2::RemoveKeyRequest { user_id: robot.clone(), key_id: key.key_id.clone() };
        assert_eq!(id(api::v2_remove(&mut world.org("o2", "ORG_OWNER"), foreign).await), "AUTHZ-cdgFk");
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert!(api::v1_get(&mut ctx, get()).await.unwrap().key.is_some());
        api::v1_remove(&mut ctx, remove()).await.unwrap();
        assert_eq!(id(api::v1_remove(&mut ctx, remove()).await), "COMMAND-4m77G");
    })
    .await;
}

#[tokio::test]
async fn lists_hold_what_the_caller_may_see_and_its_own() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut keys = Vec::new();
        for (org, name) in [("o1", "one"), ("o2", "two")] {
            let user = world.machine(org, name).await;
            let mut ctx = world.org(org, "ORG_OWNER");
            let pem = public_pem(&mut ctx, &user).await;
            ctx.rollback();
            let request = v2::AddKeyRequest {
                user_id: user.clone(),
                expiration_date: Some(castellan_rpc::convert::timestamp(castellan_kernel::Timestamp::NEVER)),
                public_key: pem,
            };
            let key = api::v2_add(&mut ctx, request).await.unwrap();
            ctx.commit().await.unwrap();
            keys.push((user, key.key_id));
        }
        let all = v2::ListKeysRequest::default;
        let ids = |answer: v2::ListKeysResponse| {
            let total = answer.pagination.unwrap().total_result;
            assert_eq!(total, answer.result.len() as u64);
            answer.result.into_iter().map(|key| key.id).collect::<Vec<_>>()
        };
        let newest_first = [keys[1].1.clone(), keys[0].1.clone()];
        assert_eq!(ids(api::v2_list(&mut world.iam("IAM_OWNER"), all()).await.unwrap()), newest_first);
        assert_eq!(ids(api::v2_list(&mut world.org("o1", "ORG_OWNER"), all()).await.unwrap()), [keys[0].1.clone()]);
        assert_eq!(ids(api::v2_list(&mut world.user(&keys[1].0, "o2"), all()).await.unwrap()), [keys[1].1.clone()]);
        assert!(ids(api::v2_list(&mut world.other_instance(), all()).await.unwrap()).is_empty());
        let of_one = v2::ListKeysRequest {
            filters: vec![v2::KeysSearchFilter {
                filter: Some(v2::keys_search_filter::Filter::UserIdFilter(filter::v2::IdFilter {
                    id: keys[0].0.clone(),
                })),
            }],
            ..all()
        };
        assert_eq!(ids(api::v2_list(&mut world.iam("IAM_OWNER"), of_one).await.unwrap()), [keys[0].1.clone()]);
    })
    .await;
}

#[tokio::test]
async fn a_key_may_bring_its_id_along_but_not_take_another_ones() {
    use super::{AddKey, KeyMaterial, create};
    use crate::users::head::Reach;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let pem = public_pem(&mut ctx, &robot).await;
        let command = |key_id: &str| AddKey {
            reach: Reach::Org("o1".into()),
            user_id: robot.clone(),
            key_id: Some(key_id.into()),
            expires_at: None,
            public_key: Some(pem.clone()),
        };
        let material = || KeyMaterial::Own(pem.clone());
        assert_eq!(create(&mut ctx, command("mine"), material()).await.unwrap().key_id, "mine");
        ctx.commit().await.unwrap();
        assert_eq!(id(create(&mut ctx, command("mine"), material()).await), "COMMAND-Mk3yT");
        ctx.rollback();
        let drawn = create(&mut ctx, command(""), material()).await.unwrap().key_id;
        assert!(!drawn.is_empty() && drawn != "mine");
    })
    .await;
}
