//! Many commands at once: nothing is lost, nothing is seen half, and conflicts are told as such, on every engine at hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use castellan_db::testing::{TestDb, event, on_each_engine};
use castellan_db::{Db, DbErrorExt, global_statement, statement, values};
use castellan_kernel::{Result, Timestamp};

async fn append(db: &Db, aggregate: &str) -> Result<u64> {
    let mut tx = db.begin(Some("i1"));
    let mut last = 0;
    for _ in 0..2 {
        last = tx.append_event(event(aggregate)).await?.sequence;
    }
    tx.commit().await?;
    Ok(last)
}

/// Runs it again after conflicts, as the router does.
async fn append_retrying(db: &Db, aggregate: &str) -> u64 {
    loop {
        match append(db, aggregate).await {
            Err(error) if error.is_conflict() => tokio::task::yield_now().await,
            other => return other.unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sequences_of_an_aggregate_have_no_gaps_and_no_twins() {
    on_each_engine(|db| async move {
        let tasks: Vec<_> = (0..8)
            .map(|task| {
                let db = db.clone();
                tokio::spawn(async move {
                    for round in 0..5 {
                        append_retrying(&db, if (task + round) % 2 == 0 { "u1" } else { "u2" }).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let check = statement!(
            "SELECT aggregate_id, COUNT(*), MIN(sequence), MAX(sequence), COUNT(DISTINCT position) FROM events \
             WHERE instance_id = $1 GROUP BY aggregate_id ORDER BY aggregate_id"
        );
        for row in db.snapshot(Some("i1")).rows(check, &[]).await.unwrap() {
            let number = |column| row.int(column).unwrap();
            assert_eq!((number(1), number(2), number(3), number(4)), (40, 1, 40, 40), "{}", row.text(0).unwrap());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_never_sees_half_a_command() {
    on_each_engine(|db| async move {
        let writer = {
            let db = db.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    append_retrying(&db, "u1").await;
                }
            })
        };
        let count = statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1");
        let mut last = 0;
        while !writer.is_finished() {
            let mut snapshot = db.snapshot(Some("i1"));
            let first = snapshot.row(count, &[]).await.unwrap().unwrap().int(0).unwrap();
            tokio::task::yield_now().await;
            let second = snapshot.row(count, &[]).await.unwrap().unwrap().int(0).unwrap();
            assert_eq!(first, second, "one snapshot, one state");
            assert_eq!(first % 2, 0, "two events belong together");
            assert!(first >= last, "time does not run backwards");
            last = first;
        }
        writer.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_read_what_another_has_changed_is_told_to_run_again() {
    // The embedded engine runs one transaction at a time, so that this cannot happen there.
    let Some(db) = TestDb::postgres().await else { return };
    append(&db, "u1").await.unwrap();
    let read = statement!("SELECT editor FROM events WHERE instance_id = $1 AND sequence = $2");
    let write = statement!("UPDATE events SET editor = $3 WHERE instance_id = $1 AND sequence = $2");
    let mut first = db.begin(Some("i1"));
    let mut second = db.begin(Some("i1"));
    first.row(read, &values![1]).await.unwrap();
    second.row(read, &values![2]).await.unwrap();
    first.execute(write, &values![2, "x"]).await.unwrap();
    second.execute(write, &values![1, "x"]).await.unwrap();
    let outcomes = [first.commit().await, second.commit().await];
    let conflicts =
        outcomes.iter().filter(|outcome| outcome.as_ref().is_err_and(castellan_kernel::Error::is_conflict)).count();
    assert_eq!(conflicts, 1, "{outcomes:?}");
}

#[tokio::test]
async fn a_transaction_dropped_in_the_middle_of_a_statement_is_rolled_back() {
    on_each_engine(|db| async move {
        for _ in 0..20 {
            let mut tx = db.begin(Some("i1"));
            tx.append_outbox("lost", &serde_json::json!({}), Timestamp::from_micros(0)).await.unwrap();
            let more = global_statement!(
                "INSERT INTO outbox (instance_id, kind, payload, run_at) VALUES ('i', 'lost', '', 0)"
            );
            let waited = tokio::time::timeout(std::time::Duration::ZERO, tx.execute(more, &[])).await;
            drop(waited);
            drop(tx);
        }
        let count = global_statement!("SELECT COUNT(*) FROM outbox");
        assert_eq!(db.snapshot(None).row(count, &[]).await.unwrap().unwrap().int(0).unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_missing_parent_is_a_foreign_key_violation() {
    on_each_engine(|db| async move {
        let insert = statement!(
            "INSERT INTO trusted_domains (instance_id, domain, created_at, sequence) VALUES ($1, 'example.com', 0, 1)"
        );
        let error = db.begin(Some("nobody")).execute(insert, &[]).await.unwrap_err();
        assert!(error.foreign_key_violation().is_some(), "{error:?}");
        assert_eq!(error.unique_violation(), None);
    })
    .await;
}

#[tokio::test]
async fn values_of_every_type_are_read_back() {
    on_each_engine(|db| async move {
        let mut tx = db.begin(None);
        let row = tx
            .row(
                global_statement!(
                    "SELECT CAST($1 AS TEXT), CAST($2 AS BIGINT), $3 = $4, CAST($5 AS TEXT), CAST($6 AS BIGINT)"
                ),
                &values!["grüße 🙂", i64::MIN, "a", "a", None::<&str>, Timestamp::NEVER],
            )
            .await
            .unwrap()
            .unwrap();
        assert_eq!(row.str(0).unwrap(), "grüße 🙂");
        assert_eq!(row.int(1).unwrap(), i64::MIN);
        assert!(row.boolean(2).unwrap());
        assert_eq!(row.opt_text(3).unwrap(), None);
        assert_eq!(row.timestamp(4).unwrap(), Timestamp::NEVER);
    })
    .await;
}

#[tokio::test]
async fn a_database_answers_a_ping_until_it_is_closed() {
    on_each_engine(|db| async move {
        db.ping().await.unwrap();
        let again = db.clone();
        again.close().await.unwrap();
        assert!(append(&db, "u1").await.is_err());
    })
    .await;
}
