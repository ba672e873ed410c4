use castellan_db::testing::on_each_engine;
use castellan_db::{statement, values};
use castellan_proto::zitadel::quota::v1::Notification;
use castellan_proto::zitadel::system::v1;
use castellan_rpc::{Context, convert};
use serde_json::{Value, json};

use super::api;
use crate::users::testing::{START, World, id};

fn terms() -> v1::SetQuotaRequest {
    let start = castellan_kernel::Timestamp::parse(START).unwrap();
    v1::SetQuotaRequest {
        instance_id: "i1".into(),
        unit: 1,
        from: Some(convert::timestamp(start)),
        reset_interval: Some(prost_types::Duration { seconds: 60, nanos: 0 }),
        amount: 100,
        limit: true,
        notifications: vec![Notification { percent: 50, repeat: false, call_url: "https://a.example/hook".into() }],
    }
}

fn added() -> v1::AddQuotaRequest {
    let set = terms();
    v1::AddQuotaRequest {
        instance_id: set.instance_id,
        unit: set.unit,
        from: set.from,
        reset_interval: set.reset_interval,
        amount: set.amount,
        limit: set.limit,
        notifications: set.notifications,
    }
}

async fn recorded(ctx: &mut Context) -> Vec<(String, Value)> {
    let statement = statement!(
        "SELECT event_type, payload FROM events WHERE instance_id = $1 AND aggregate_type = $2 ORDER BY position"
    );
    let rows = ctx.tx().await.unwrap().rows(statement, &values!["quota"]).await.unwrap();
    rows.iter().map(|row| (row.text(0).unwrap(), row.json(1).unwrap())).collect()
}

#[tokio::test]
async fn a_quota_is_recorded_with_what_changed_and_the_same_again_not_at_all() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal();
        api::set(&mut ctx, terms()).await.unwrap();
        api::set(&mut ctx, terms()).await.unwrap();
        api::set(&mut ctx, v1::SetQuotaRequest { amount: 200, ..terms() }).await.unwrap();
        api::remove(&mut ctx, v1::RemoveQuotaRequest { instance_id: "i1".into(), unit: 1 }).await.unwrap();
        let mut events = recorded(&mut ctx).await;
        assert!(events[0].1["notifications"][0]["id"].as_str().is_some_and(|id| !id.is_empty()));
        events[0].1["notifications"][0]["id"] = json!("n");
        let notification = json!({"id": "n", "percent": 50, "callUrl": "https://a.example/hook"});
        let first = json!({"unit": 1, "from": START, "interval": 60_000_000_000_i64, "amount": 100, "limit": true,
                           "notifications": [notification]});
        assert_eq!(
            events,
            [
                ("quota.set".into(), first),
                ("quota.set".into(), json!({"unit": 1, "amount": 200})),
                ("quota.removed".into(), json!({"unit": 1})),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_unit_has_one_quota_per_instance() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal();
        api::add(&mut ctx, added()).await.unwrap();
        assert_eq!(id(api::add(&mut ctx, added()).await), "COMMAND-WDfFf");
        api::add(&mut ctx, v1::AddQuotaRequest { unit: 2, ..added() }).await.unwrap();
        ctx.commit().await.unwrap();
        let remove = || v1::RemoveQuotaRequest { instance_id: "i1".into(), unit: 1 };
        let mut ctx = world.other_instance();
        let missing = api::remove(&mut ctx, remove()).await.unwrap_err();
        assert_eq!((missing.id(), missing.key()), ("COMMAND-WDfFf", "Errors.Quota.NotFound"));
        api::add(&mut ctx, added()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn terms_that_make_no_sense_are_refused() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let mut ctx = world.internal();
        let told = |percent, url: &str| v1::SetQuotaRequest {
            notifications: vec![Notification { percent, repeat: false, call_url: url.into() }],
            ..terms()
        };
        let short = Some(prost_types::Duration { seconds: 59, nanos: 999_999_999 });
        for (request, expected) in [
            (v1::SetQuotaRequest { unit: 3, ..terms() }, "QUOTA-OTeSh"),
            (v1::SetQuotaRequest { reset_interval: short, ..terms() }, "QUOTA-R5otd"),
            (told(0, "https://a.example"), "QUOTA-pBfjq"),
            (told(1, "a.example"), "QUOTA-HAYmN"),
            (told(1, "https:///path"), "QUOTA-HAYmN"),
            (told(1, "https://a.exa mple"), "QUOTA-bZ0Fj"),
        ] {
            assert_eq!(id(api::set(&mut ctx, request).await), expected);
        }
        assert!(recorded(&mut ctx).await.is_empty());
    })
    .await;
}
