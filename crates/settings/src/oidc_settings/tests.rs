use castellan_db::testing::on_each_engine;
use castellan_proto::zitadel::admin::v1;

use super::*;
use crate::Span;
use crate::testing::{World, events};

fn add(hours: i64) -> v1::AddOidcSettingsRequest {
    let span = Some(Span::from_hours(hours).to_proto());
    v1::AddOidcSettingsRequest {
        access_token_lifetime: span,
        id_token_lifetime: span,
        refresh_token_idle_expiration: span,
        refresh_token_expiration: span,
    }
}

fn update(access: i64, others: i64) -> v1::UpdateOidcSettingsRequest {
    let span = |hours| Some(Span::from_hours(hours).to_proto());
    v1::UpdateOidcSettingsRequest {
        access_token_lifetime: span(access),
        id_token_lifetime: span(others),
        refresh_token_idle_expiration: span(others),
        refresh_token_expiration: span(others),
    }
}

#[tokio::test]
async fn lifetimes_are_added_once_and_then_changed() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let id = |error: castellan_kernel::Error| error.id().to_owned();
        assert_eq!(id(api::update(&mut world.admin("i1"), update(1, 1)).await.unwrap_err()), "INST-90s32oj");
        assert_eq!(id(api::add(&mut world.admin("i1"), add(0)).await.unwrap_err()), "INST-10s82j");
        let mut ctx = world.admin("i1");
        api::add(&mut ctx, add(2)).await.unwrap();
        ctx.commit().await.unwrap();
        assert_eq!(id(api::add(&mut world.admin("i1"), add(2)).await.unwrap_err()), "INST-0aaj1o");
        assert_eq!(id(api::update(&mut world.admin("i1"), update(0, 1)).await.unwrap_err()), "INST-10sxks");
        assert_eq!(id(api::update(&mut world.admin("i1"), update(2, 2)).await.unwrap_err()), "COMMAND-0pk2nu");

        let mut ctx = world.admin("i1");
        api::update(&mut ctx, update(3, 2)).await.unwrap();
        let (name, payload) = events(&mut ctx, "instance").await.pop().unwrap();
        assert_eq!(name, "instance.oidc.settings.changed");
        assert_eq!(payload, serde_json::json!({"accessTokenLifetime": 10_800_000_000_000_i64}));
        ctx.commit().await.unwrap();
        let held = lifetimes(&mut world.admin("i1").look()).await.unwrap().unwrap();
        assert_eq!((held.access_token, held.id_token), (10_800, 7_200));
        assert!(lifetimes(&mut world.admin("i2").look()).await.unwrap().is_none());
    })
    .await;
}
