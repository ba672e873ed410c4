//! Quotas at the door: authenticated requests of an instance are counted, and refused when nothing is left.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use castellan_server::wiring::registry;
use castellan_testkit::{Application, Setup, TestInstance, on_each_engine_with};
use serde_json::{Value, json};

const SETUP: fn() -> Setup = || Setup { registry, quotas: true, ..Setup::default() };

/// Grants the instance so many requests per hour from now on.
async fn grant(app: &Application, instance: &TestInstance, amount: u64, limit: bool) {
    let superuser = app.system_user("superuser", &instance.host);
    let quota = json!({
        "instanceId": instance.id, "unit": "UNIT_REQUESTS_ALL_AUTHENTICATED", "from": "2026-01-01T00:00:00Z",
        "resetInterval": "3600s", "amount": amount.to_string(), "limit": limit
    });
    let set = app.connect(&superuser, "zitadel.system.v1.SystemService/SetQuota", &quota).await;
    assert!(set.is_ok(), "{}", set.text());
}

#[tokio::test]
async fn the_request_after_the_last_granted_one_is_refused_until_the_next_period() {
    on_each_engine_with(SETUP(), |app| async move {
        let (one, two) = (app.new_instance("one").await, app.new_instance("two").await);
        let me = "zitadel.auth.v1.AuthService/GetMyUser";
        let call = async |instance: &TestInstance| app.connect(&instance.owner, me, &json!({})).await;
        assert!(call(&one).await.is_ok());
        grant(&app, &one, 2, true).await;
        assert!(call(&one).await.is_ok() && call(&one).await.is_ok());
        let refused = call(&one).await;
        assert_eq!((refused.status.as_u16(), refused.error_id().as_str()), (429, "QUOTA-vjAy8"));
        assert!(refused.text().contains("Quota.Access.Exhausted"), "{}", refused.text());
        assert!(call(&two).await.is_ok(), "another instance is not concerned");
        app.clock.advance_seconds(3_600);
        assert!(call(&one).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn strangers_public_methods_and_system_users_are_not_counted() {
    on_each_engine_with(SETUP(), |app| async move {
        let one = app.new_instance("one").await;
        grant(&app, &one, 1, true).await;
        let me = "/auth/v1/users/me";
        for _ in 0..3 {
            assert_eq!(app.rest(&one.anonymous(), "GET", me, Value::Null).await.status.as_u16(), 401);
            assert!(app.rest(&one.anonymous(), "GET", "/admin/v1/healthz", Value::Null).await.is_ok());
            grant(&app, &one, 1, true).await;
        }
        assert!(app.rest(&one.owner, "GET", me, Value::Null).await.is_ok());
        let refused = app.rest(&one.owner, "GET", me, Value::Null).await;
        assert_eq!((refused.status.as_u16(), refused.error_id().as_str()), (429, "QUOTA-vjAy8"));
        assert!(refused.header("set-cookie").starts_with("zitadel.quota.exhausted=true"));
        let everywhere = app.system_user("everywhere", &one.host);
        assert!(app.rest(&everywhere, "GET", "/admin/v1/orgs/default", Value::Null).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn what_was_counted_outlives_the_process_and_nothing_is_refused_without_a_limit() {
    on_each_engine_with(SETUP(), |app| async move {
        let one = app.new_instance("one").await;
        grant(&app, &one, 1, false).await;
        let me = "/auth/v1/users/me";
        for _ in 0..3 {
            assert!(app.rest(&one.owner, "GET", me, Value::Null).await.is_ok());
        }
        app.meter.as_ref().unwrap().store().await.unwrap();
        let used = castellan_db::statement!("SELECT used FROM quota_usage WHERE instance_id = $1");
        let row = app.env.db.snapshot(Some(one.id.as_str())).row(used, &[]).await.unwrap().unwrap();
        assert_eq!(row.int(0).unwrap(), 3);
        grant(&app, &one, 1, true).await;
        assert_eq!(app.rest(&one.owner, "GET", me, Value::Null).await.status.as_u16(), 429);
    })
    .await;
}

#[tokio::test]
async fn without_requests_left_the_provider_answers_discovery_and_keys_alone() {
    on_each_engine_with(SETUP(), |app| async move {
        let one = app.new_instance("one").await;
        grant(&app, &one, 1, true).await;
        assert!(app.rest(&one.owner, "GET", "/auth/v1/users/me", Value::Null).await.is_ok());
        for path in ["/oidc/v1/userinfo", "/oauth/v2/token", "/oauth/v2/introspect", "/oauth/v2/revoke"] {
            assert_eq!(app.get(&one.host, path, None).await.status.as_u16(), 429, "{path}");
        }
        for path in ["/.well-known/openid-configuration", "/oauth/v2/keys"] {
            assert!(app.get(&one.host, path, None).await.is_ok(), "{path}");
        }
    })
    .await;
}
