use castellan_crypto::secrets::verify_secret;
use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::{management::v1, user::v2};

use crate::users::sign_in::machine_by_login_name;
use crate::users::testing::{World, events, id};

fn generate(user: &str) -> v1::GenerateMachineSecretRequest {
    v1::GenerateMachineSecretRequest { user_id: user.into() }
}

fn remove(user: &str) -> v2::RemoveSecretRequest {
    v2::RemoveSecretRequest { user_id: user.into() }
}

#[tokio::test]
async fn a_secret_signs_in_under_the_login_name_until_it_is_replaced() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "Robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let first = super::v1_generate(&mut ctx, generate(&robot)).await.unwrap();
        assert_eq!((first.client_id.as_str(), first.client_secret.len()), ("Robot", 64));
        let user = machine_by_login_name(ctx.tx().await.unwrap(), "ROBOT").await.unwrap().unwrap();
        assert!(user.may_sign_in() && user.user_id == robot);
        assert_eq!(verify_secret(&user.secret_hash.unwrap(), &first.client_secret), Ok(true));
        super::v1_generate(&mut ctx, generate(&robot)).await.unwrap();
        let user = machine_by_login_name(ctx.tx().await.unwrap(), "robot").await.unwrap().unwrap();
        assert_eq!(verify_secret(&user.secret_hash.unwrap(), &first.client_secret), Ok(false));
        let recorded = events(&mut ctx, "user", &robot).await;
        assert_eq!(recorded[1], ("user.machine.secret.set".to_owned(), serde_json::Value::Null));
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_removed_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert_eq!(id(super::v2_remove(&mut ctx, remove(&robot)).await), "COMMAND-coi82n");
        super::v2_add(&mut ctx, v2::AddSecretRequest { user_id: robot.clone() }).await.unwrap();
        super::v2_remove(&mut ctx, remove(&robot)).await.unwrap();
        assert_eq!(id(super::v2_remove(&mut ctx, remove(&robot)).await), "COMMAND-coi82n");
    })
    .await;
}

#[tokio::test]
async fn secrets_of_users_out_of_reach_stay_untouched() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(super::v1_generate(&mut ctx, generate(&robot)).await), "COMMAND-x8910n");
        }
        assert_eq!(id(super::v2_remove(&mut world.other_instance(), remove(&robot)).await), "COMMAND-x7s802");
        assert_eq!(id(super::v2_remove(&mut world.org("o2", "ORG_OWNER"), remove(&robot)).await), "AUTHZ-cdgFk");
        assert!(super::v1_generate(&mut world.user(&robot, "o1"), generate(&robot)).await.is_ok());
    })
    .await;
}
