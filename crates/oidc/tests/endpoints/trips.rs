//! How often the requests that come most wait for PostgreSQL, once its connections know the statements.

use castellan_db::EngineKind;
use castellan_testkit::on_each_engine;

use crate::world::{API_SCOPE, World};

/// The fewest trips of some calls: connections of the pool that meet a statement for the first time need more, and so does who
/// forgets because others write on the same server.
async fn trips(world: &World, call: impl AsyncFn()) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..40 {
        let before = world.app.env.db.round_trips();
        call().await;
        fewest = fewest.min(world.app.env.db.round_trips() - before);
    }
    fewest
}

#[tokio::test]
async fn a_token_is_granted_in_three_trips() {
    on_each_engine(async |app| {
        if app.env.db.engine() == EngineKind::Sqlite {
            return;
        }
        let world = World::on(app).await;
        let scope = format!("openid profile {API_SCOPE}");
        let granted = trips(&world, async || drop(world.by_key(&world.robot, &scope).await.ok())).await;
        assert_eq!(granted, 3, "the instance; all that is read; all that is written, with the commit");
        let granted = trips(&world, async || drop(world.by_secret(&world.robot, &scope).await.ok())).await;
        assert_eq!(granted, 3);
    })
    .await;
}

#[tokio::test]
async fn what_is_remembered_takes_one_trip_and_what_is_not_takes_few() {
    on_each_engine(async |app| {
        if app.env.db.engine() == EngineKind::Sqlite {
            return;
        }
        let world = World::on(app).await;
        let scope = format!("openid profile {API_SCOPE}");
        let token = world.access_token(&world.robot, &scope).await;
        let client = world.api_client().await;
        let userinfo = async || drop(world.userinfo(&token).await.ok());
        let introspect = async || drop(world.introspect(&client, &token).await.ok());
        assert_eq!(trips(&world, userinfo).await, 1, "whether anything has changed");
        assert_eq!(trips(&world, introspect).await, 1);

        // Something else changes before each of them.
        let changed = trips(&world, async || drop(world.by_key(&world.robot, &scope).await.ok())).await;
        let read = trips(&world, async || {
            drop(world.by_key(&world.robot, &scope).await.ok());
            userinfo().await;
        });
        let read = read.await - changed;
        assert!(read <= 3, "{read}: the instance; the token and its user; the client");
        let read = trips(&world, async || {
            drop(world.by_key(&world.robot, &scope).await.ok());
            introspect().await;
        });
        let read = read.await - changed;
        assert!(read <= 3, "{read}: the instance; all that was announced; roles");
    })
    .await;
}

#[tokio::test]
async fn a_service_user_is_created_in_few_trips() {
    on_each_engine(async |app| {
        if app.env.db.engine() == EngineKind::Sqlite {
            return;
        }
        let world = World::on(app).await;
        let number = std::sync::atomic::AtomicU64::new(0);
        let created = trips(&world, async || {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            world.manage("AddMachineUser", serde_json::json!({ "userName": format!("n{number}"), "name": "N" })).await;
        })
        .await;
        assert!(created <= 5, "{created}: instance, caller, reads, writes with the commit");
    })
    .await;
}
