use std::sync::Arc;

use castellan_db::testing::on_each_engine;
use castellan_db::{statement, values};
use castellan_outbound::testing::WebServer;
use castellan_proto::zitadel::quota::v1::Notification;
use castellan_proto::zitadel::system::v1;
use castellan_rpc::{Context, Meter as _, convert};
use serde_json::{Value, json};

use super::{RequestMeter, api, deliver_notifications};
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

/// A meter over quotas of `i1`; what is set through [`api`] reaches it with the next [`RequestMeter::refresh`].
async fn metered(world: &World, request: v1::SetQuotaRequest) -> RequestMeter {
    let mut ctx = world.internal();
    api::set(&mut ctx, request).await.unwrap();
    ctx.commit().await.unwrap();
    RequestMeter::new(Arc::clone(&world.env))
}

async fn admitted(meter: &RequestMeter, instance: &str, requests: usize) -> usize {
    let mut admitted = 0;
    for _ in 0..requests {
        admitted += usize::from(meter.admit(instance).await);
    }
    admitted
}

#[tokio::test]
async fn a_limit_holds_per_instance_and_period_and_across_processes() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let meter = metered(&world, v1::SetQuotaRequest { amount: 3, notifications: vec![], ..terms() }).await;
        assert_eq!(admitted(&meter, "i1", 2).await, 2);
        meter.store().await.unwrap();
        assert_eq!(admitted(&meter, "i1", 5).await, 1);
        assert_eq!(admitted(&meter, "i2", 5).await, 5);
        meter.store().await.unwrap();
        let restarted = RequestMeter::new(Arc::clone(&world.env));
        assert_eq!(admitted(&restarted, "i1", 5).await, 0);
        world.clock.advance_seconds(60);
        assert_eq!(admitted(&restarted, "i1", 5).await, 3);
    })
    .await;
}

#[tokio::test]
async fn a_quota_that_is_no_limit_refuses_nothing_and_a_removed_one_neither() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let open = v1::SetQuotaRequest { amount: 1, limit: false, notifications: vec![], ..terms() };
        let meter = metered(&world, open.clone()).await;
        assert_eq!(admitted(&meter, "i1", 4).await, 4);
        let mut ctx = world.internal();
        api::set(&mut ctx, v1::SetQuotaRequest { limit: true, ..open }).await.unwrap();
        ctx.commit().await.unwrap();
        meter.refresh().await.unwrap();
        assert_eq!(admitted(&meter, "i1", 1).await, 0);
        let mut ctx = world.internal();
        api::remove(&mut ctx, v1::RemoveQuotaRequest { instance_id: "i1".into(), unit: 1 }).await.unwrap();
        ctx.commit().await.unwrap();
        meter.store().await.unwrap();
        meter.refresh().await.unwrap();
        assert_eq!(admitted(&meter, "i1", 4).await, 4);
    })
    .await;
}

#[tokio::test]
async fn those_who_wanted_to_know_are_told_once_per_part_that_is_used() {
    on_each_engine(|db| async {
        let web = WebServer::start().await;
        let world = World::new(db).await;
        let tell = |percent, repeat| Notification { percent, repeat, call_url: web.url("/hook") };
        let notifications = vec![tell(50, false), tell(100, true)];
        let meter = metered(&world, v1::SetQuotaRequest { amount: 2, limit: false, notifications, ..terms() }).await;
        admitted(&meter, "i1", 5).await;
        meter.store().await.unwrap();
        meter.store().await.unwrap();
        assert_eq!(deliver_notifications(&world.env).await.unwrap(), 3);
        assert_eq!(web.requests().len(), 3);
        let body: Value = serde_json::from_str(&web.requests()[0].body).unwrap();
        let id = body["id"].as_str().unwrap();
        let expected = json!({"unit": 1, "id": id, "callURL": web.url("/hook"), "periodStart": START, "threshold": 50, "usage": 5});
        assert_eq!((web.requests()[0].line.as_str(), &body), ("POST /hook", &expected));
        let due: Vec<_> = recorded(&mut world.internal()).await.into_iter().filter(|(name, _)| name == "quota.notificationdue").collect();
        let thresholds: Vec<_> = due.iter().map(|(_, payload)| payload["threshold"].as_u64().unwrap()).collect();
        assert_eq!(thresholds, [50, 100, 200]);
        assert_eq!(due[0].1, expected);
    })
    .await;
}

#[tokio::test]
async fn a_call_that_fails_is_made_again_later_and_recorded_when_it_succeeds() {
    on_each_engine(|db| async {
        let web = WebServer::start().await;
        let world = World::new(db).await;
        let notifications = vec![Notification { percent: 50, repeat: false, call_url: web.url("/hook") }];
        let meter = metered(&world, v1::SetQuotaRequest { amount: 2, notifications, ..terms() }).await;
        admitted(&meter, "i1", 1).await;
        meter.store().await.unwrap();
        web.set("/hook", 503, "");
        assert_eq!(deliver_notifications(&world.env).await.unwrap(), 1);
        assert_eq!(deliver_notifications(&world.env).await.unwrap(), 0);
        world.clock.advance_seconds(10);
        web.set("/hook", 204, "");
        assert_eq!(deliver_notifications(&world.env).await.unwrap(), 1);
        world.clock.advance_seconds(3_600);
        assert_eq!(deliver_notifications(&world.env).await.unwrap(), 0);
        assert_eq!(web.requests().len(), 2);
        let (name, payload) = recorded(&mut world.internal()).await.pop().unwrap();
        assert_eq!(name, "quota.notified");
        assert_eq!((payload["threshold"].as_u64(), payload["dueEventID"].as_str()), (Some(50), Some("2")));
    })
    .await;
}

#[tokio::test]
async fn a_call_that_never_succeeds_is_given_up() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let notifications = vec![Notification { percent: 50, repeat: false, call_url: "http://127.0.0.1:1/".into() }];
        let meter = metered(&world, v1::SetQuotaRequest { amount: 1, notifications, ..terms() }).await;
        admitted(&meter, "i1", 1).await;
        meter.store().await.unwrap();
        let mut tries = 0;
        while deliver_notifications(&world.env).await.unwrap() > 0 {
            tries += 1;
            world.clock.advance_seconds(3_600);
        }
        assert_eq!(tries, 16);
        assert!(!recorded(&mut world.internal()).await.iter().any(|(name, _)| name == "quota.notified"));
    })
    .await;
}
