use castellan_db::testing::on_each_engine;

use super::{auth_v1, revoke_my_refresh_token, v2, v2_list};
use crate::users::testing::{World, id};

#[tokio::test]
async fn factors_are_listed_for_who_may_read_the_user_and_for_itself() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let robot = world.machine("o1", "robot").await;
        let list = |user: &str| v2::ListAuthenticationFactorsRequest { user_id: user.into(), ..Default::default() };
        for mut ctx in [world.org("o1", "ORG_OWNER"), world.user(&robot, "o1")] {
            assert!(v2_list(&mut ctx, list(&robot)).await.unwrap().result.is_empty());
        }
        assert_eq!(id(v2_list(&mut world.org("o2", "ORG_OWNER"), list(&robot)).await), "AUTHZ-cdgFk");
        assert_eq!(id(v2_list(&mut world.org("o1", "ORG_OWNER"), list("none")).await), "QUERY-Dfbg2");
        assert_eq!(id(v2_list(&mut world.other_instance(), list(&robot)).await), "QUERY-Dfbg2");
    })
    .await;
}

#[tokio::test]
async fn a_refresh_token_that_nobody_has_cannot_be_revoked() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let revoke = |id: &str| auth_v1::RevokeMyRefreshTokenRequest { id: id.into() };
        let mut ctx = world.user("u1", "o1");
        assert_eq!(id(revoke_my_refresh_token(&mut ctx, revoke("t1")).await), "COMMAND-BHt2w");
        assert_eq!(id(revoke_my_refresh_token(&mut ctx, revoke("")).await), "COMMAND-GVDgf");
    })
    .await;
}
