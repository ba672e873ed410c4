use castellan_db::testing::on_each_engine;

use super::*;
use crate::testing::{World, events};

#[tokio::test]
async fn the_event_shows_what_changed_and_the_same_again_records_nothing() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        for _ in 0..2 {
            let mut ctx = world.admin("i1");
            let request = admin::SetSecurityPolicyRequest { enable_impersonation: true, ..Default::default() };
            v1_set(&mut ctx, request).await.unwrap();
            ctx.commit().await.unwrap();
        }
        let recorded = events(&mut world.admin("i1"), "instance").await;
        assert_eq!(
            recorded,
            [("instance.policy.security.set".to_owned(), serde_json::json!({"enable_impersonation": true}))]
        );
        let read = async |instance: &str| {
            let request = settings::v2beta::GetSecuritySettingsRequest {};
            v2beta_get(&mut world.admin(instance), request).await.unwrap().settings.unwrap().enable_impersonation
        };
        assert!(read("i1").await && !read("i2").await);
    })
    .await;
}
