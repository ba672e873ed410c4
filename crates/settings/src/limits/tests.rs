use castellan_db::testing::on_each_engine;

use super::*;
use crate::testing::{World, events};

fn limits(instance: &str, retention: Option<i64>, block: Option<bool>) -> v1::SetLimitsRequest {
    v1::SetLimitsRequest {
        instance_id: instance.into(),
        audit_log_retention: retention.map(|seconds| Span::from_seconds(seconds).to_proto()),
        block,
    }
}

#[tokio::test]
async fn an_absent_limit_stays_as_it_is() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let none = v1_set(&mut world.internal("i1"), limits("i1", None, None)).await.unwrap_err();
        assert_eq!(none.id(), "COMMAND-4M9vs");
        for request in [limits("i1", None, Some(true)), limits("i1", Some(60), None), limits("i1", Some(60), None)] {
            let mut ctx = world.internal("i1");
            v1_set(&mut ctx, request).await.unwrap();
            ctx.commit().await.unwrap();
        }
        assert!(is_blocked(&mut world.internal("i1").look()).await.unwrap());
        assert!(!is_blocked(&mut world.internal("i2").look()).await.unwrap());
        let recorded = events(&mut world.internal("i1"), "limits").await;
        let payloads: Vec<_> = recorded.into_iter().map(|(_, payload)| payload).collect();
        assert_eq!(
            payloads,
            [serde_json::json!({"block": true}), serde_json::json!({"auditLogRetention": 60_000_000_000_i64})]
        );
    })
    .await;
}

#[tokio::test]
async fn limits_of_several_instances_are_set_all_or_none_and_reset_once() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let bulk = |ids: &[&str]| v1::BulkSetLimitsRequest {
            limits: ids.iter().map(|id| limits(id, None, Some(true))).collect(),
        };
        let mut ctx = world.internal("");
        assert_eq!(v1_bulk_set(&mut ctx, bulk(&["i1", "gone"])).await.unwrap_err().id(), "COMMA-AE3GS");
        ctx.rollback();
        assert!(!is_blocked(&mut world.internal("i1").look()).await.unwrap());
        let mut ctx = world.internal("");
        let answer = v1_bulk_set(&mut ctx, bulk(&["i2", "i1"])).await.unwrap();
        ctx.commit().await.unwrap();
        let owners: Vec<_> = answer.target_details.into_iter().map(|details| details.resource_owner).collect();
        assert_eq!(owners, ["i2", "i1"]);
        assert!(is_blocked(&mut world.internal("i1").look()).await.unwrap());
        let mut ctx = world.internal("i1");
        v1_reset(&mut ctx, v1::ResetLimitsRequest { instance_id: "i1".into() }).await.unwrap();
        ctx.commit().await.unwrap();
        assert!(!is_blocked(&mut world.internal("i1").look()).await.unwrap());
        let again = v1_reset(&mut world.internal("i1"), v1::ResetLimitsRequest { instance_id: "i1".into() }).await;
        assert_eq!(again.unwrap_err().id(), "COMMAND-9JToT");
    })
    .await;
}
