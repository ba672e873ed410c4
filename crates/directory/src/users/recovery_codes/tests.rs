use castellan_db::testing::on_each_engine;

use super::*;
use crate::users::human::{self, AddHuman, NewAddress};
use crate::users::testing::{World, events, id};

async fn person(world: &World, org: &str) -> String {
    let mut ctx = world.internal();
    let command = AddHuman {
        org_id: org.into(),
        user_name: Some("ada".into()),
        first_name: "Ada".into(),
        last_name: "Lovelace".into(),
        email: NewAddress { address: "ada@example.com".into(), ..NewAddress::default() },
        ..AddHuman::default()
    };
    let added = human::add(&mut ctx, command).await.unwrap();
    ctx.commit().await.unwrap();
    added.user_id
}

fn some(user: &str, count: i32) -> v2::GenerateRecoveryCodesRequest {
    v2::GenerateRecoveryCodesRequest { user_id: user.into(), count }
}

fn none(user: &str) -> v2::RemoveRecoveryCodesRequest {
    v2::RemoveRecoveryCodesRequest { user_id: user.into() }
}

#[tokio::test]
async fn codes_are_shown_once_kept_as_hashes_and_good_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let user = person(&world, "o1").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let codes = v2_generate(&mut ctx, some(&user, 3)).await.unwrap().recovery_codes;
        assert_eq!(codes.len(), 3);
        assert!(codes.iter().all(|code| code.len() == 11 && code.as_bytes()[5] == b'-'), "{codes:?}");
        let (name, payload) = events(&mut ctx, "user", &user).await.pop().unwrap();
        assert_eq!((name.as_str(), payload), ("user.human.mfa.recoverycode.added", serde_json::Value::Null));
        for (_, sealed) in stored(ctx.tx().await.unwrap(), &user).await.unwrap() {
            assert!(codes.iter().all(|code| !sealed.contains(code)), "{sealed}");
        }
        assert!(!redeem(&mut ctx, &user, "wrong-codes").await.unwrap());
        assert!(redeem(&mut ctx, &user, &codes[1]).await.unwrap());
        assert!(!redeem(&mut ctx, &user, &codes[1]).await.unwrap());
        assert!(!redeem(&mut ctx, "other", &codes[0]).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_person_has_at_most_ten_codes_and_none_after_their_removal() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let user = person(&world, "o1").await;
        let mut ctx = world.user(&user, "o1");
        for count in [0, -1] {
            assert_eq!(id(v2_generate(&mut ctx, some(&user, count)).await), "COMMAND-7c0nx");
        }
        v2_generate(&mut ctx, some(&user, 8)).await.unwrap();
        assert_eq!(id(v2_generate(&mut ctx, some(&user, 3)).await), "COMMAND-8f2k9");
        v2_generate(&mut ctx, some(&user, 2)).await.unwrap();
        v2_remove(&mut ctx, none(&user)).await.unwrap();
        v2_remove(&mut ctx, none(&user)).await.unwrap();
        let recorded = events(&mut ctx, "user", &user).await;
        let removed = recorded.iter().filter(|(name, _)| name == "user.human.mfa.recoverycode.removed").count();
        assert_eq!(removed, 1);
        assert!(!has_any(ctx.tx().await.unwrap(), &user).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn codes_of_a_locked_person_cannot_be_removed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let user = person(&world, "o1").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let lock = statement!("UPDATE users SET state = 4 WHERE instance_id = $1 AND id = $2");
        ctx.tx().await.unwrap().execute(lock, &values![&user]).await.unwrap();
        assert_eq!(id(v2_remove(&mut ctx, none(&user)).await), "COMMAND-d9u8q");
    })
    .await;
}

#[tokio::test]
async fn people_out_of_reach_and_service_users_have_no_recovery_codes() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let user = person(&world, "o1").await;
        let robot = world.machine("o1", "robot").await;
        let callers = [
            (world.org("o2", "ORG_OWNER"), "AUTHZ-cdgFk"),
            (world.org("o1", "ORG_OWNER_VIEWER"), "AUTH-AWfge"),
            (world.other_instance(), "COMMAND-4g3xq"),
        ];
        for (mut ctx, fault) in callers {
            assert_eq!(id(v2_generate(&mut ctx, some(&user, 1)).await), fault);
            assert_eq!(id(v2_remove(&mut ctx, none(&user)).await), fault);
        }
        assert_eq!(id(v2_generate(&mut world.org("o1", "ORG_OWNER"), some(&robot, 1)).await), "COMMAND-4g3xq");
    })
    .await;
}
