use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::feature::v2;

use super::*;
use crate::testing::{World, events};

async fn set(world: &World, instance: &str, request: v2::SetInstanceFeaturesRequest) {
    let mut ctx = world.admin(instance);
    api::v2_set_instance(&mut ctx, request).await.unwrap();
    ctx.commit().await.unwrap();
}

async fn get(world: &World, instance: &str, inheritance: bool) -> v2::GetInstanceFeaturesResponse {
    api::v2_get_instance(&mut world.admin(instance), v2::GetInstanceFeaturesRequest { inheritance }).await.unwrap()
}

#[tokio::test]
async fn setting_nothing_is_refused_and_setting_the_same_again_records_nothing() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let nothing = v2::SetInstanceFeaturesRequest::default();
        let error = api::v2_set_instance(&mut world.admin("i1"), nothing).await.unwrap_err();
        assert_eq!(error.id(), "COMMAND-Vigh1");
        let request = v2::SetInstanceFeaturesRequest {
            user_schema: Some(true),
            login_v2: Some(v2::LoginV2 { required: true, base_uri: None }),
            ..Default::default()
        };
        set(&world, "i1", request.clone()).await;
        set(&world, "i1", request).await;
        let recorded = events(&mut world.admin("i1"), "feature").await;
        assert_eq!(
            recorded,
            [
                ("feature.instance.user_schema.set".to_owned(), serde_json::json!({"Value": true})),
                ("feature.instance.login_v2.set".to_owned(), serde_json::json!({"Value": {"required": true}})),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn an_instance_inherits_what_the_system_sets_and_says_where_it_comes_from() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.admin("i1");
        let system = v2::SetSystemFeaturesRequest {
            user_schema: Some(true),
            permission_check_v2: Some(true),
            ..Default::default()
        };
        api::v2_set_system(&mut ctx, system).await.unwrap();
        ctx.commit().await.unwrap();
        let own = v2::SetInstanceFeaturesRequest { permission_check_v2: Some(false), ..Default::default() };
        set(&world, "i1", own).await;

        let flag = |enabled, source: v2::Source| Some(v2::FeatureFlag { enabled, source: source as i32 });
        let alone = get(&world, "i1", false).await;
        assert_eq!(alone.user_schema, flag(false, v2::Source::Unspecified));
        let inherited = get(&world, "i1", true).await;
        assert_eq!(inherited.user_schema, flag(true, v2::Source::System));
        assert_eq!(inherited.permission_check_v2, flag(false, v2::Source::Instance));
        assert_eq!(get(&world, "i2", true).await.permission_check_v2, flag(true, v2::Source::System));
    })
    .await;
}

#[tokio::test]
async fn a_reset_removes_all_flags_and_a_second_one_nothing() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        set(&world, "i1", v2::SetInstanceFeaturesRequest { user_schema: Some(true), ..Default::default() }).await;
        for _ in 0..2 {
            let mut ctx = world.admin("i1");
            api::v2_reset_instance(&mut ctx, v2::ResetInstanceFeaturesRequest {}).await.unwrap();
            ctx.commit().await.unwrap();
        }
        let recorded = events(&mut world.admin("i1"), "feature").await;
        assert_eq!(recorded.iter().filter(|(name, _)| name == "feature.instance.reset").count(), 1);
        assert!(!get(&world, "i1", false).await.user_schema.unwrap().enabled);
    })
    .await;
}
