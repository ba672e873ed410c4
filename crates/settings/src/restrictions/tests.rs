use castellan_db::testing::on_each_engine;

use super::*;
use crate::testing::{World, events};

#[tokio::test]
async fn restrictions_are_set_one_by_one_and_keep_the_default_language() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let languages = |tags: &[&str]| Some(tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
        let refused =
            async |disallow, tags| set(&mut world.admin("i1"), disallow, tags).await.unwrap_err().id().to_owned();
        assert_eq!(refused(None, None).await, "COMMAND-oASwj");
        assert_eq!(refused(None, languages(&["en", "en"])).await, "LANG-3M9f2");
        assert_eq!(refused(None, languages(&["en", "xx"])).await, "LANG-lg4DP");
        assert_eq!(refused(None, languages(&["de"])).await, "COMMAND-L0m2u");
        for _ in 0..2 {
            let mut ctx = world.admin("i1");
            set(&mut ctx, None, languages(&["en", "de"])).await.unwrap();
            ctx.commit().await.unwrap();
        }
        let mut ctx = world.admin("i1");
        set(&mut ctx, Some(true), None).await.unwrap();
        ctx.commit().await.unwrap();
        let read = get(&mut world.admin("i1"), admin::GetRestrictionsRequest {}).await.unwrap();
        assert!(read.disallow_public_org_registration);
        assert_eq!(read.allowed_languages, ["en", "de"]);
        let recorded = events(&mut world.admin("i1"), "restrictions").await;
        assert_eq!(recorded.len(), 2);
        assert_eq!(recorded[1].1, serde_json::json!({"disallowPublicOrgRegistration": true}));
        let other = get(&mut world.admin("i2"), admin::GetRestrictionsRequest {}).await.unwrap();
        assert!(other.allowed_languages.is_empty());
    })
    .await;
}
