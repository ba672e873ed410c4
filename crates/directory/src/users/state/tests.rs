use castellan_db::testing::on_each_engine;
use castellan_db::{statement, values};
use castellan_kernel::Timestamp;
use castellan_proto::zitadel::{management::v1, user::v2};

use super::api;
use crate::users::sign_in;
use crate::users::testing::{START, World, events, id};

fn v1_id(user: &str) -> v1::LockUserRequest {
    v1::LockUserRequest { id: user.into() }
}

fn deactivate(user: &str) -> v2::DeactivateUserRequest {
    v2::DeactivateUserRequest { user_id: user.into() }
}

fn reactivate(user: &str) -> v2::ReactivateUserRequest {
    v2::ReactivateUserRequest { user_id: user.into() }
}

fn lock(user: &str) -> v2::LockUserRequest {
    v2::LockUserRequest { user_id: user.into() }
}

fn unlock(user: &str) -> v2::UnlockUserRequest {
    v2::UnlockUserRequest { user_id: user.into() }
}

fn delete(user: &str) -> v2::DeleteUserRequest {
    v2::DeleteUserRequest { user_id: user.into() }
}

#[tokio::test]
async fn users_walk_through_their_states_and_each_step_is_possible_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        assert_eq!(id(api::v2_unlock(&mut ctx, unlock(&robot)).await), "COMMAND-olb9vb0oca");
        assert_eq!(id(api::v2_reactivate(&mut ctx, reactivate(&robot)).await), "COMMAND-s5qqcz97hf");
        api::v2_lock(&mut ctx, lock(&robot)).await.unwrap();
        assert_eq!(id(api::v2_lock(&mut ctx, lock(&robot)).await), "COMMAND-lgws8wtsqf");
        assert_eq!(id(api::v1_lock(&mut ctx, v1_id(&robot)).await), "COMMAND-3NN8v");
        api::v2_deactivate(&mut ctx, deactivate(&robot)).await.unwrap();
        assert_eq!(id(api::v2_deactivate(&mut ctx, deactivate(&robot)).await), "COMMAND-5gunjw0cd7");
        api::v2_reactivate(&mut ctx, reactivate(&robot)).await.unwrap();
        assert_eq!(id(api::v2_unlock(&mut ctx, unlock(&robot)).await), "COMMAND-olb9vb0oca");
        let types: Vec<_> = events(&mut ctx, "user", &robot).await.into_iter().map(|(name, _)| name).collect();
        assert_eq!(types, ["user.machine.added", "user.locked", "user.deactivated", "user.reactivated"]);
    })
    .await;
}

#[tokio::test]
async fn locking_and_deactivating_void_the_tokens_issued_so_far() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        world.clock.advance_seconds(60);
        let mut ctx = world.org("o1", "ORG_OWNER");
        let locked_at = Timestamp::parse(START).unwrap().plus_seconds(60);
        api::v2_lock(&mut ctx, lock(&robot)).await.unwrap();
        let user = sign_in::token_user(ctx.tx().await.unwrap(), &robot).await.unwrap().unwrap();
        assert_eq!(user.tokens_void_until, locked_at);
        ctx.commit().await.unwrap();
        world.clock.advance_seconds(60);
        api::v2_unlock(&mut ctx, unlock(&robot)).await.unwrap();
        let user = sign_in::token_user(ctx.tx().await.unwrap(), &robot).await.unwrap().unwrap();
        assert_eq!(user.tokens_void_until, locked_at);
        ctx.commit().await.unwrap();
        world.clock.advance_seconds(60);
        api::v2_deactivate(&mut ctx, deactivate(&robot)).await.unwrap();
        let user = sign_in::token_user(ctx.tx().await.unwrap(), &robot).await.unwrap().unwrap();
        assert_eq!(user.tokens_void_until, locked_at.plus_seconds(120));
    })
    .await;
}

#[tokio::test]
async fn nobody_changes_users_out_of_reach_or_its_own_state() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        for mut ctx in [world.org("o2", "ORG_OWNER"), world.other_instance()] {
            assert_eq!(id(api::v1_lock(&mut ctx, v1_id(&robot)).await), "COMMAND-5M9fs");
        }
        assert_eq!(id(api::v2_lock(&mut world.org("o2", "ORG_OWNER"), lock(&robot)).await), "AUTHZ-cdgFk");
        assert_eq!(id(api::v2_lock(&mut world.other_instance(), lock(&robot)).await), "COMMAND-450yxuqrh1");
        assert_eq!(id(api::v2_deactivate(&mut world.other_instance(), deactivate(&robot)).await), "COMMAND-5gp2p62iin");
        assert_eq!(id(api::v2_delete(&mut world.other_instance(), delete(&robot)).await), "COMMAND-bd4ir1mblj");
        assert_eq!(id(api::v2_lock(&mut world.user(&robot, "o1"), lock(&robot)).await), "AUTHZ-cdgFk");
        assert_eq!(id(api::v2_delete(&mut world.user(&robot, "o1"), delete(&robot)).await), "AUTHZ-cdgFk");
    })
    .await;
}

#[tokio::test]
async fn removal_takes_authorizations_and_memberships_along_and_says_so() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let tx = ctx.tx().await.unwrap();
        let project = statement!(
            "INSERT INTO projects (instance_id, id, org_id, name, name_lower, state, role_assertion, role_check,
             has_project_check, private_labeling, created_at, changed_at, sequence)
             VALUES ($1, $2, 'o2', 'P', 'p', 1, FALSE, FALSE, FALSE, 0, 0, 0, 1)"
        );
        tx.execute(project, &values!["p1"]).await.unwrap();
        let authorization = statement!(
            "INSERT INTO authorizations (instance_id, id, org_id, user_id, project_id, grant_id, role_keys, state,
             created_at, changed_at, sequence) VALUES ($1, 'a1', 'o1', $2, 'p1', '', '[]', 1, 0, 0, 1)"
        );
        tx.execute(authorization, &values![robot.as_str()]).await.unwrap();
        let member = statement!(
            "INSERT INTO administrators (instance_id, level, aggregate_id, user_id, org_id, project_id, roles, created_at,
             changed_at, sequence) VALUES ($1, $2, $3, $4, $5, $6, '[]', 0, 0, 1)"
        );
        let none = None::<&str>;
        tx.execute(member, &values![1, "i1", robot.as_str(), none, none]).await.unwrap();
        tx.execute(member, &values![2, "o1", robot.as_str(), "o1", none]).await.unwrap();
        tx.execute(member, &values![3, "p1", robot.as_str(), none, "p1"]).await.unwrap();

        let details = api::v2_delete(&mut ctx, delete(&robot)).await.unwrap().details.unwrap();
        assert_eq!(details.sequence, 2);
        assert_eq!(events(&mut ctx, "user", &robot).await[1].0, "user.removed");
        assert_eq!(events(&mut ctx, "usergrant", "a1").await[0].0, "user.grant.cascade.removed");
        assert_eq!(events(&mut ctx, "instance", "i1").await[0].0, "instance.member.cascade.removed");
        assert_eq!(events(&mut ctx, "org", "o1").await[0].1["userId"], robot.as_str());
        assert_eq!(events(&mut ctx, "project", "p1").await[0].0, "project.member.cascade.removed");
        let left = statement!("SELECT 1 FROM authorizations WHERE instance_id = $1");
        assert!(ctx.tx().await.unwrap().row(left, &[]).await.unwrap().is_none());
        assert_eq!(id(api::v2_delete(&mut ctx, delete(&robot)).await), "COMMAND-bd4ir1mblj");
    })
    .await;
}

#[tokio::test]
async fn a_removed_user_frees_its_name_and_may_remove_itself_with_the_right_to() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_USER_SELF_MANAGER");
        let mut caller = (*ctx.caller).clone();
        caller.user_id.clone_from(&robot);
        ctx.caller = std::sync::Arc::new(caller);
        let request = castellan_proto::zitadel::auth::v1::RemoveMyUserRequest {};
        api::v1_remove_my(&mut ctx, request).await.unwrap();
        ctx.commit().await.unwrap();
        world.machine("o2", "ROBOT").await;
    })
    .await;
}

#[tokio::test]
async fn the_beta_answers_like_its_twin() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let mut ctx = world.org("o1", "ORG_OWNER");
        let request = castellan_proto::zitadel::user::v2beta::LockUserRequest { user_id: robot.clone() };
        let details = api::v2beta_lock(&mut ctx, request).await.unwrap().details.unwrap();
        assert_eq!((details.sequence, details.resource_owner.as_str()), (2, "o1"));
        assert!(details.change_date.is_some());
    })
    .await;
}
