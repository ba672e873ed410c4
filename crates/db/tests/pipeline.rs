//! Statements that travel together: announced reads and deferred writes mean the same on every engine, and save trips.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use castellan_db::testing::{TestDb, on_each_engine};
use castellan_db::{Db, Event, Question, Refusals, Statement, statement, values};
use castellan_kernel::Fault;

const TAKEN: Fault = Fault::exists("TEST-taken", "taken");
const EMPTY: Fault = Fault::invalid("TEST-empty", "empty");
const REFUSALS: Refusals = &[("events_aggregate", TAKEN), ("events.editor", EMPTY)];

fn insert() -> &'static Statement {
    statement!(
        "INSERT INTO events (instance_id, aggregate_type, aggregate_id, sequence, event_type, editor, owner, created_at,
                             in_tx_order) VALUES ($1, 'user', $2, $3, 'changed', $4, '', 1, 0)"
    )
}

fn editor(aggregate: &str) -> Question {
    let statement = statement!("SELECT editor FROM events WHERE instance_id = $1 AND aggregate_id = $2");
    Question::new(statement, values![aggregate])
}

fn event(aggregate: &str, is_new: bool) -> Event {
    Event { is_new, ..castellan_db::testing::event(aggregate) }
}

async fn count(db: &Db) -> i64 {
    let count = statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1");
    db.snapshot(Some("i1")).row(count, &[]).await.unwrap().unwrap().int(0).unwrap()
}

#[tokio::test]
async fn a_deferred_write_is_seen_by_later_reads_and_kept_by_the_commit() {
    on_each_engine(|db| async move {
        let mut tx = db.begin(Some("i1"));
        tx.defer(insert(), values!["u1", 1, "ann"].into(), &[]).await.unwrap();
        assert_eq!(tx.ask_one(&editor("u1")).await.unwrap().unwrap().str(0).unwrap(), "ann");
        tx.defer(insert(), values!["u2", 1, "ann"].into(), &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&db).await, 2);
        let mut tx = db.begin(Some("i1"));
        tx.defer(insert(), values!["u3", 1, "ann"].into(), &[]).await.unwrap();
        tx.rollback();
        assert_eq!(count(&db).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_refused_deferred_write_is_the_fault_of_the_transaction_and_undoes_all_of_it() {
    on_each_engine(|db| async move {
        for (last, fault) in [(values!["u1", 1, "ann"], TAKEN), (values!["u1", 2, None::<&str>], EMPTY)] {
            let run = async {
                let mut tx = db.begin(Some("i1"));
                tx.defer(insert(), values!["u1", 1, "ann"].into(), REFUSALS).await?;
                tx.defer(insert(), last.into(), REFUSALS).await?;
                tx.defer(insert(), values!["u1", 3, "ann"].into(), REFUSALS).await?;
                tx.commit().await
            };
            let error = run.await.unwrap_err();
            assert!(error.is(fault), "{error:?}");
            assert_eq!(count(&db).await, 0);
        }
    })
    .await;
}

#[tokio::test]
async fn of_writes_that_are_the_same_statement_each_has_refusals_of_its_own() {
    const OTHER: Fault = Fault::exists("TEST-other", "other");
    const OTHERS: Refusals = &[("events_aggregate", OTHER)];
    on_each_engine(|db| async move {
        let mut tx = db.begin(Some("i1"));
        tx.defer(insert(), values!["u1", 1, "ann"].into(), REFUSALS).await.unwrap();
        tx.defer(
            insert(),
            values!["u1", 2, "a longer value in between, which the next one must not keep"].into(),
            REFUSALS,
        )
        .await
        .unwrap();
        tx.defer(insert(), values!["u2", 1, "bob"].into(), OTHERS).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.snapshot(Some("i1")).ask_one(&editor("u2")).await.unwrap().unwrap().str(0).unwrap(), "bob");
        let mut tx = db.begin(Some("i1"));
        tx.defer(insert(), values!["u3", 1, "ann"].into(), REFUSALS).await.unwrap();
        tx.defer(insert(), values!["u2", 1, "ann"].into(), OTHERS).await.unwrap();
        assert!(tx.commit().await.unwrap_err().is(OTHER));
        assert_eq!(count(&db).await, 3);
    })
    .await;
}

#[tokio::test]
async fn who_settles_is_told_of_a_refusal_at_once() {
    on_each_engine(|db| async move {
        let mut tx = db.begin(Some("i1"));
        tx.settle().await.unwrap();
        tx.defer(insert(), values!["u1", 1, "ann"].into(), REFUSALS).await.unwrap();
        tx.settle().await.unwrap();
        let again = async {
            tx.defer(insert(), values!["u1", 1, "ann"].into(), REFUSALS).await?;
            tx.settle().await
        };
        assert!(again.await.unwrap_err().is(TAKEN));
        assert!(tx.settle().await.is_err(), "the transaction is lost");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_sent_keeps_the_commit_from_being_sent() {
    on_each_engine(|db| async move {
        let run = async {
            let mut tx = db.begin(Some("i1"));
            tx.defer(insert(), values!["u1", 1, "ann"].into(), &[]).await?;
            tx.defer(insert(), values!["u1"].into(), &[]).await?;
            tx.commit().await
        };
        assert!(run.await.is_err(), "two values are missing");
        let run = async {
            let mut tx = db.begin(Some("i1"));
            tx.defer(insert(), values!["u1", 1, "ann"].into(), &[]).await?;
            tx.defer(insert(), values!["u1", vec![1_u8], 7].into(), &[]).await?;
            tx.commit().await
        };
        // The embedded engine takes any value in any column.
        if db.engine() == castellan_db::EngineKind::Postgres {
            assert!(run.await.is_err(), "bytes are no number");
        }
        assert_eq!(count(&db).await, 0);
    })
    .await;
}

#[tokio::test]
async fn announced_reads_answer_what_they_would_have_answered_and_see_own_writes() {
    on_each_engine(|db| async move {
        let mut tx = db.begin(Some("i1"));
        tx.announce(|| [editor("u1"), editor("u2")]);
        assert!(tx.ask_one(&editor("u1")).await.unwrap().is_none());
        tx.execute(insert(), &values!["u2", 1, "ann"]).await.unwrap();
        assert!(tx.ask_one(&editor("u2")).await.unwrap().is_some(), "a write forgets what was announced");
        tx.announce(|| [editor("u1")]);
        tx.defer(insert(), values!["u1", 1, "bob"].into(), &[]).await.unwrap();
        assert_eq!(tx.ask_one(&editor("u1")).await.unwrap().unwrap().str(0).unwrap(), "bob");
        tx.commit().await.unwrap();
        let mut other = db.snapshot(Some("i2"));
        other.announce(|| [editor("u1")]);
        assert!(other.ask_one(&editor("u1")).await.unwrap().is_none(), "another instance");
        let mut snapshot = db.snapshot(Some("i2"));
        snapshot.announce(|| [editor("u1"), editor("u2")]);
        assert!(snapshot.ask_one(&editor("u2")).await.unwrap().is_none());
        snapshot.scope("i1");
        assert!(snapshot.ask_one(&editor("u1")).await.unwrap().is_some(), "announced in another scope");
    })
    .await;
}

#[tokio::test]
async fn a_new_aggregate_counts_its_events_without_asking_and_an_old_one_goes_on() {
    on_each_engine(|db| async move {
        for (is_new, sequences) in [(true, [1, 2]), (false, [3, 4])] {
            let mut tx = db.begin(Some("i1"));
            let first = tx.append_event(event("u1", is_new)).await.unwrap().sequence;
            let second = tx.append_event(event("u1", is_new)).await.unwrap().sequence;
            assert_eq!([first, second], sequences);
            tx.commit().await.unwrap();
        }
        assert_eq!(count(&db).await, 4);
    })
    .await;
}

#[tokio::test]
async fn who_was_overtaken_on_an_aggregate_runs_again() {
    let Some(db) = TestDb::postgres().await else { return };
    let mut tx = db.begin(Some("i1"));
    tx.append_event(event("u1", false)).await.unwrap();
    let mut winner = db.begin(Some("i1"));
    winner.append_event(event("u1", false)).await.unwrap();
    winner.commit().await.unwrap();
    assert!(tx.commit().await.unwrap_err().is_conflict());
    assert_eq!(count(&db).await, 1);
}

#[tokio::test]
async fn what_travels_together_takes_one_trip() {
    let Some(db) = TestDb::postgres().await else { return };
    for warm in [false, true] {
        let before = db.round_trips();
        let mut tx = db.begin(Some("i1"));
        tx.announce(|| [editor("u1"), editor("u2")]);
        tx.ask_one(&editor("u2")).await.unwrap();
        tx.ask_one(&editor("u1")).await.unwrap();
        tx.append_event(event(if warm { "u2" } else { "u1" }, true)).await.unwrap();
        tx.commit().await.unwrap();
        if warm {
            assert_eq!(db.round_trips() - before, 2, "one for the reads, one for the writes and the commit");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_of_new_aggregates_are_not_in_each_others_way() {
    let Some(test) = TestDb::postgres().await else { return };
    let db = (*test).clone();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                for round in 0..20 {
                    let mut tx = db.begin(Some("i1"));
                    let aggregate = format!("u{round}-{task}");
                    tx.append_event(event(&aggregate, true)).await.unwrap();
                    tx.append_event(event(&aggregate, true)).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(count(&db).await, 320);
}

#[tokio::test]
async fn many_deferred_writes_are_sent_in_portions() {
    on_each_engine(|db| async move {
        let mut tx = db.begin(Some("i1"));
        for number in 1..=250 {
            tx.defer(insert(), values!["u1", number, "ann"].into(), &[]).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(count(&db).await, 250);
    })
    .await;
}
