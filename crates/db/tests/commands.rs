//! Transactions: what is kept, what is undone, and what others see of it, on every engine at hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use castellan_db::testing::on_each_engine;
use castellan_db::{Db, DbErrorExt, Event, global_statement, statement, values};
use castellan_kernel::Timestamp;

fn event(aggregate: &str, micros: i64) -> Event {
    Event {
        aggregate_type: "user".into(),
        aggregate_id: aggregate.into(),
        event_type: "user.human.added".into(),
        payload: Some(serde_json::json!({"userName": "ann"}).to_string()),
        editor: "editor".into(),
        owner: "org".into(),
        created_at: Timestamp::from_micros(micros),
        is_new: false,
    }
}

async fn count(db: &Db, instance: &str) -> i64 {
    let count = statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1");
    db.snapshot(Some(instance)).row(count, &[]).await.unwrap().unwrap().int(0).unwrap()
}

#[tokio::test]
async fn a_committed_event_is_read_back_by_its_instance_only() {
    on_each_engine(|db| async move {
        let mut tx = db.begin(Some("i1"));
        let first = tx.append_event(event("u1", 5)).await.unwrap();
        let second = tx.append_event(event("u1", 9)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((first.sequence, second.sequence), (1, 2));
        assert_eq!(second.changed_at, Timestamp::from_micros(5), "one transaction, one time");
        assert_eq!(count(&db, "i1").await, 2);
        assert_eq!(count(&db, "i2").await, 0);
        let read = statement!("SELECT payload, created_at FROM events WHERE instance_id = $1 AND sequence = $2");
        let row = db.snapshot(Some("i1")).row(read, &values![1]).await.unwrap().unwrap();
        assert_eq!(row.json::<serde_json::Value>(0).unwrap(), serde_json::json!({"userName": "ann"}));
        assert_eq!(row.timestamp(1).unwrap(), Timestamp::from_micros(5));
    })
    .await;
}

#[tokio::test]
async fn what_is_dropped_or_rolled_back_leaves_nothing() {
    on_each_engine(|db| async move {
        let mut tx = db.begin(Some("i1"));
        tx.append_event(event("u1", 1)).await.unwrap();
        drop(tx);
        let mut tx = db.begin(Some("i1"));
        tx.append_event(event("u2", 1)).await.unwrap();
        tx.rollback();
        assert_eq!(count(&db, "i1").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_taken_value_names_its_index_and_ends_the_transaction() {
    on_each_engine(|db| async move {
        let insert = statement!(
            "INSERT INTO events (instance_id, aggregate_type, aggregate_id, sequence, event_type, editor, owner, created_at, \
             in_tx_order) VALUES ($1, 'user', 'u1', 1, 'user.human.added', '', '', 1, 0)"
        );
        let mut tx = db.begin(Some("i1"));
        tx.execute(insert, &[]).await.unwrap();
        let error = tx.execute(insert, &[]).await.unwrap_err();
        assert_eq!(error.unique_violation(), Some("events_aggregate"), "{error:?}");
        assert!(tx.execute(insert, &[]).await.is_err());
        assert!(tx.commit().await.is_err());
        assert_eq!(count(&db, "i1").await, 0);
        let twice = global_statement!(
            "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (1, 'again', '', 0)"
        );
        let error = db.begin(None).execute(twice, &[]).await.unwrap_err();
        assert_eq!(error.unique_violation(), Some("schema_migrations_pkey"), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_stays_at_the_state_that_it_first_saw() {
    on_each_engine(|db| async move {
        let all = statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1");
        let mut snapshot = db.snapshot(Some("i1"));
        assert_eq!(snapshot.row(all, &[]).await.unwrap().unwrap().int(0).unwrap(), 0);
        let mut tx = db.begin(Some("i1"));
        tx.append_event(event("u1", 1)).await.unwrap();
        assert_eq!(count(&db, "i1").await, 0, "nobody sees what is not committed");
        tx.commit().await.unwrap();
        assert_eq!(snapshot.row(all, &[]).await.unwrap().unwrap().int(0).unwrap(), 0);
        assert_eq!(count(&db, "i1").await, 1, "a read after an acknowledged write sees it");
    })
    .await;
}

#[tokio::test]
async fn an_instance_statement_needs_an_instance_and_a_snapshot_only_reads() {
    on_each_engine(|db| async move {
        let all = statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1");
        assert!(db.snapshot(None).row(all, &[]).await.is_err());
        let delete = global_statement!("DELETE FROM events");
        assert!(db.snapshot(None).execute(delete, &[]).await.is_err());
        assert!(db.snapshot(None).rows(delete, &[]).await.is_err());
        assert!(db.snapshot(None).row(global_statement!("SELECT $1"), &[]).await.is_err(), "a value is missing");
    })
    .await;
}

#[tokio::test]
async fn an_outbox_item_is_claimed_once_until_its_lease_ends() {
    on_each_engine(|db| async move {
        let at = Timestamp::from_seconds;
        let mut tx = db.begin(Some("i1"));
        tx.append_outbox("call", &serde_json::json!({}), at(9)).await.unwrap();
        tx.append_outbox("mail", &serde_json::json!({"to": "ann"}), at(10)).await.unwrap();
        tx.commit().await.unwrap();
        let claim = |now: i64| {
            let db = db.clone();
            async move {
                let mut tx = db.begin(None);
                let items = tx.claim_outbox("mail", at(now), at(now + 60), 10).await.unwrap();
                tx.commit().await.unwrap();
                items
            }
        };
        assert!(claim(9).await.is_empty());
        let items = claim(10).await;
        assert_eq!((items.len(), items[0].kind.as_str(), items[0].attempts), (1, "mail", 1));
        assert!(claim(11).await.is_empty());
        assert_eq!(claim(70).await[0].attempts, 2);
        let mut tx = db.begin(None);
        tx.finish_outbox(items[0].id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(claim(999).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn every_statement_of_this_crate_is_understood() {
    on_each_engine(|db| async move {
        assert_eq!(castellan_db::testing::refused_statements(&db).await, Vec::<String>::new());
    })
    .await;
}
