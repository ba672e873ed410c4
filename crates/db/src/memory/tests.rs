//! What is remembered is never older than what was acknowledged before the question.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::testing::{Directory, on_each_engine};
use crate::{Connection, Db, DbOptions, Durability, SqliteOptions, StatementScope, global_statement, values};

/// How many outbox items of a kind there are.
struct Count(i64);

impl Remember for Count {
    const BUDGET: u64 = 1 << 16;

    fn weight(&self) -> u64 {
        8
    }
}

/// How often [`count`] had to look.
static READINGS: AtomicU64 = AtomicU64::new(0);

async fn count(connection: &mut Connection, kind: &str) -> i64 {
    match connection.recall::<Count>(kind.as_bytes().to_vec()).await.unwrap() {
        Recalled::Known(count) => count.0,
        Recalled::Unknown(recording) => {
            READINGS.fetch_add(1, Ordering::SeqCst);
            let statement = global_statement!("SELECT COUNT(*) FROM outbox WHERE kind = $1");
            let row = connection.row(statement, &values![kind]).await.unwrap().unwrap();
            connection.keep(recording, Count(row.int(0).unwrap())).0
        }
    }
}

async fn add(db: &Db, kind: &str) {
    let mut tx = db.begin(None);
    let statement =
        global_statement!("INSERT INTO outbox (instance_id, kind, payload, run_at) VALUES ('i', $1, '{}', 0)");
    tx.execute(statement, &values![kind]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn touch_another_table(db: &Db) {
    let mut tx = db.begin(None);
    let statement = global_statement!("DELETE FROM encryption_keys WHERE id = 'nobody'");
    tx.execute(statement, &[]).await.unwrap();
    tx.commit().await.unwrap();
}

/// Asks in a request of its own; says what was found and whether it had to be read.
async fn ask(db: &Db, kind: &str) -> (i64, bool) {
    let before = READINGS.load(Ordering::SeqCst);
    let count = count(&mut db.snapshot(None), kind).await;
    (count, READINGS.load(Ordering::SeqCst) > before)
}

/// What is remembered, asked for until nobody has written meanwhile: PostgreSQL counts the transactions of a whole server, so
/// there the tests of other databases make it forget.
async fn ask_in_peace(db: &Db, kind: &str) -> (i64, bool) {
    let tries = if db.engine() == crate::EngineKind::Postgres { 1_000 } else { 1 };
    for _ in 1..tries {
        let (count, read) = ask(db, kind).await;
        if !read {
            return (count, read);
        }
    }
    ask(db, kind).await
}

#[tokio::test]
async fn a_value_is_read_once_and_again_after_a_table_of_it_changed() {
    // The counter of readings belongs to this test alone: others of this file must not call `count`.
    on_each_engine(|db| async move {
        assert_eq!(ask(&db, "a").await, (0, true));
        assert_eq!(ask_in_peace(&db, "a").await, (0, false));
        add(&db, "a").await;
        assert_eq!(ask(&db, "a").await, (1, true));
        assert_eq!(ask_in_peace(&db, "a").await, (1, false));
        if db.engine() == crate::EngineKind::Sqlite {
            touch_another_table(&db).await;
            assert_eq!(ask(&db, "a").await, (1, false), "another table does not matter");
        }

        // A transaction sees what it wrote, and does not spread it.
        let mut tx = db.begin(None);
        let statement = global_statement!("DELETE FROM outbox");
        tx.execute(statement, &[]).await.unwrap();
        assert_eq!(count(&mut tx, "a").await, 0);
        tx.rollback();
        assert_eq!(ask(&db, "a").await.0, 1);
    })
    .await;
}

struct Payload(String);

impl Remember for Payload {
    const BUDGET: u64 = 1 << 16;

    fn weight(&self) -> u64 {
        8
    }
}

/// The payload of an outbox item, and whether it had to be read.
async fn payload(db: &Db, id: i64) -> (Option<String>, bool) {
    let mut look = db.snapshot(None);
    match look.recall::<Payload>(id.to_be_bytes().to_vec()).await.unwrap() {
        Recalled::Known(payload) => (Some(payload.0.clone()).filter(|text| !text.is_empty()), false),
        Recalled::Unknown(recording) => {
            let row = look.row(payload_by_id(), &values![id]).await.unwrap();
            let found = row.map(|row| row.text(0).unwrap());
            look.keep(recording, Payload(found.clone().unwrap_or_default()));
            (found, true)
        }
    }
}

fn payload_by_id() -> &'static crate::Statement {
    // Not `statement!`, which needs an instance.
    static BY_ID: crate::Statement =
        crate::Statement::new("SELECT payload FROM outbox WHERE id = $1", StatementScope::Global, file!(), line!())
            .keyed();
    &BY_ID
}

#[tokio::test]
async fn a_row_found_by_its_key_is_read_again_only_when_it_may_have_changed() {
    on_each_engine(|db| async move {
        let reads_again = |changed: bool| changed || db.engine() == crate::EngineKind::Postgres;
        assert_eq!(payload(&db, 2).await, (None, true));
        add(&db, "a").await;
        assert_eq!(payload(&db, 1).await, (Some("{}".to_owned()), true));
        assert_eq!(payload(&db, 2).await.0, None);
        add(&db, "a").await;
        assert_eq!(payload(&db, 2).await, (Some("{}".to_owned()), true), "what was not there may have come");
        assert_eq!(payload(&db, 1).await, (Some("{}".to_owned()), reads_again(false)), "another row came");

        let mut tx = db.begin(None);
        let statement = global_statement!("UPDATE outbox SET payload = '[]' WHERE id = 2");
        tx.execute(statement, &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(payload(&db, 2).await, (Some("[]".to_owned()), true));

        let mut tx = db.begin(None);
        let statement = global_statement!("DELETE FROM outbox WHERE id = 1");
        tx.execute(statement, &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(payload(&db, 1).await, (None, true));
    })
    .await;
}

/// Adds an item and foresees its payload; not committed yet.
async fn adding(db: &Db, moment: crate::Moment) -> crate::Tx {
    let mut tx = db.begin(None);
    let statement =
        global_statement!("INSERT INTO outbox (instance_id, kind, payload, run_at) VALUES ('i', 'a', '{}', 0)");
    tx.execute(statement, &[]).await.unwrap();
    tx.foresee(moment, 1_i64.to_be_bytes().to_vec(), payload_by_id(), || Payload("{}".to_owned()));
    tx
}

async fn change_another_item(db: &Db) {
    let mut tx = db.begin(None);
    let statement = global_statement!("UPDATE outbox SET payload = '[]' WHERE id = 7");
    tx.execute(statement, &[]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_foreseen_is_known_once_it_is_committed_and_until_rows_change() {
    let known = async |db: &Db| {
        let known = db.snapshot(None).foreseen::<Payload>(&1_i64.to_be_bytes()).await.unwrap();
        known.map(|payload| payload.0.clone())
    };
    let moment = async |db: &Db| {
        let mut look = db.snapshot(None);
        look.foreseen::<Payload>(b"nothing").await.unwrap();
        look.moment()
    };
    on_each_engine(|db| async move {
        let remembers = db.engine() == crate::EngineKind::Sqlite;
        adding(&db, moment(&db).await).await.rollback();
        assert_eq!(known(&db).await, None, "what was not committed never is");

        let tx = adding(&db, moment(&db).await).await;
        if remembers {
            assert_eq!(known(&db).await, None, "nor is it before");
        }
        tx.commit().await.unwrap();
        add(&db, "a").await;
        assert_eq!(known(&db).await, remembers.then(|| "{}".to_owned()), "another row came");
        assert_eq!(known(&db).await, None, "it had its use");

        adding(&db, moment(&db).await).await.commit().await.unwrap();
        change_another_item(&db).await;
        assert_eq!(known(&db).await, None, "a row changed");

        let before = moment(&db).await;
        change_another_item(&db).await;
        adding(&db, before).await.commit().await.unwrap();
        assert_eq!(known(&db).await, None, "a row changed after the moment");
    })
    .await;
}

struct Outer(i64);

impl Remember for Outer {
    const BUDGET: u64 = 1 << 16;

    fn weight(&self) -> u64 {
        8
    }
}

struct Inner(i64);

impl Remember for Inner {
    const BUDGET: u64 = 1 << 16;

    fn weight(&self) -> u64 {
        8
    }
}

async fn inner(connection: &mut Connection) -> i64 {
    match connection.recall::<Inner>(Vec::new()).await.unwrap() {
        Recalled::Known(inner) => inner.0,
        Recalled::Unknown(recording) => {
            let statement = global_statement!("SELECT COUNT(*) FROM outbox");
            let row = connection.row(statement, &[]).await.unwrap().unwrap();
            connection.keep(recording, Inner(row.int(0).unwrap())).0
        }
    }
}

async fn outer(connection: &mut Connection) -> i64 {
    match connection.recall::<Outer>(Vec::new()).await.unwrap() {
        Recalled::Known(outer) => outer.0,
        Recalled::Unknown(recording) => {
            let value = inner(connection).await;
            connection.keep(recording, Outer(value)).0
        }
    }
}

#[tokio::test]
async fn a_value_made_of_remembered_ones_changes_with_them() {
    on_each_engine(|db| async move {
        assert_eq!(inner(&mut db.snapshot(None)).await, 0);
        // What it is made of comes from memory here, and still counts.
        assert_eq!(outer(&mut db.snapshot(None)).await, 0);
        add(&db, "b").await;
        assert_eq!(outer(&mut db.snapshot(None)).await, 1);
    })
    .await;
}

#[tokio::test]
async fn many_writers_and_readers_never_see_less_than_was_acknowledged() {
    on_each_engine(|db| async move {
        let acknowledged = Arc::new(AtomicU64::new(0));
        let writer = tokio::spawn({
            let (db, acknowledged) = (db.clone(), Arc::clone(&acknowledged));
            async move {
                for _ in 0..200 {
                    add(&db, "c").await;
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        let mut readers = Vec::new();
        for _ in 0..12 {
            let (db, acknowledged) = (db.clone(), Arc::clone(&acknowledged));
            readers.push(tokio::spawn(async move {
                while acknowledged.load(Ordering::SeqCst) < 200 {
                    let before = acknowledged.load(Ordering::SeqCst);
                    let seen = outer(&mut db.snapshot(None)).await;
                    assert!(seen.unsigned_abs() >= before, "{before} were acknowledged, {seen} seen");
                    tokio::task::yield_now().await;
                }
            }));
        }
        writer.await.unwrap();
        for reader in readers {
            reader.await.unwrap();
        }
    })
    .await;
}

/// The fewest trips that so many readers take who begin at the same time and find what they want remembered.
async fn trips_together(db: &Db, readers: usize) -> u64 {
    let mut fewest = u64::MAX;
    for _ in 0..100 {
        let before = db.round_trips();
        let tasks: Vec<_> = (0..readers)
            .map(|_| {
                let db = db.clone();
                tokio::spawn(async move { outer(&mut db.snapshot(None)).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        fewest = fewest.min(db.round_trips() - before);
    }
    fewest
}

#[tokio::test]
async fn readers_who_come_together_ask_the_server_once() {
    on_each_engine(|db| async move {
        if db.engine() == crate::EngineKind::Postgres {
            outer(&mut db.snapshot(None)).await;
            let trips = trips_together(&db, 40).await;
            assert!(trips <= 2, "{trips} trips: one for the first, one for all who came while it was under way");
        }
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_gives_up_leaves_nobody_waiting() {
    on_each_engine(|db| async move {
        for _ in 0..20 {
            let impatient: Vec<_> = (0..5)
                .map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move { outer(&mut db.snapshot(None)).await })
                })
                .collect();
            tokio::task::yield_now().await;
            impatient.iter().for_each(tokio::task::JoinHandle::abort);
            let mut look = db.snapshot(None);
            assert_eq!(tokio::time::timeout(std::time::Duration::from_secs(10), outer(&mut look)).await, Ok(0));
        }
    })
    .await;
}

#[tokio::test]
async fn a_commit_of_another_process_is_seen() {
    let directory = Directory::create().unwrap();
    let options = || {
        let path = directory.path().join("shared.db");
        DbOptions::Sqlite(SqliteOptions { durability: Durability::None, ..SqliteOptions::new(path) })
    };
    let owner = Db::open(options()).await.unwrap();
    let guest = Db::open(options()).await.unwrap();
    assert_eq!(outer(&mut owner.snapshot(None)).await, 0);
    add(&guest, "d").await;
    assert_eq!(outer(&mut owner.snapshot(None)).await, 1);
    // The guest remembers nothing: nobody tells it of the owner's commits.
    assert_eq!(outer(&mut guest.snapshot(None)).await, 1);
    add(&owner, "d").await;
    assert_eq!(outer(&mut guest.snapshot(None)).await, 2);
}

#[test]
fn statements_tell_what_they_read_and_write() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE TABLE parents (id TEXT PRIMARY KEY);
             CREATE TABLE children (id TEXT PRIMARY KEY, parent TEXT REFERENCES parents (id) ON DELETE CASCADE);
             CREATE TABLE toys (id TEXT PRIMARY KEY, child TEXT REFERENCES children (id) ON DELETE CASCADE);
             CREATE TABLE others (id TEXT);",
        )
        .unwrap();
    let tables = Tables::read(&connection).unwrap();
    let set = |names: &[&str]| names.iter().fold(TableSet::EMPTY, |set, name| set.with(tables.named(name)));
    let read = |sql: &str| tables.of(sql).read;
    let written = |sql: &str| tables.of(sql).written;

    assert_eq!(read("SELECT p.id FROM parents p JOIN Others o ON o.id = 'toys'"), set(&["parents", "others"]));
    assert_eq!(written("SELECT 1 FROM parents FOR UPDATE"), TableSet::EMPTY);
    let upsert = "INSERT INTO parents (id) VALUES ('x') ON CONFLICT DO UPDATE SET id = 'y'";
    assert_eq!(written(upsert), set(&["parents"]));
    assert_eq!(written("INSERT INTO parents (id) VALUES ('x') ON CONFLICT DO NOTHING"), set(&["parents"]).coming());
    assert_eq!(written("INSERT INTO others SELECT id FROM parents"), set(&["others"]).coming());
    let replaced = set(&["parents"]).with(set(&["children", "toys"]).present());
    assert_eq!(written("INSERT OR REPLACE INTO parents (id) VALUES ('x')"), replaced);
    assert_eq!(written("DELETE FROM parents WHERE id = 'x'"), set(&["parents", "children", "toys"]).present());
    assert_eq!(written("UPDATE children SET id = 'x'"), set(&["children", "toys"]).present());
    assert_eq!(written("DELETE FROM somewhere"), TableSet::EVERYTHING);
}

#[test]
fn other_parts_give_another_key_whatever_they_contain() {
    assert_ne!(key(&[b"a", b"bc"]), key(&[b"ab", b"c"]));
    assert_ne!(key(&[b"a\0b"]), key(&[b"a", b"b"]));
    assert_ne!(key(&[b"a"]), key(&[b"a", b""]));
}

/// A value that is used once, soon after it came.
struct Passing;

impl Remember for Passing {
    const BUDGET: u64 = 1 << 16;
    const PART_FOR_NEW: f64 = 0.8;

    fn weight(&self) -> u64 {
        1 << 10
    }
}

#[test]
fn what_had_its_use_gives_way_to_what_waits_for_it() {
    let shelf = super::shelf::Shelf::<Passing>::new();
    let entry = || super::shelf::Entry { value: Arc::new(Passing), tables: TableSet::EMPTY, moment: 0 };
    for number in 0..1_000_u64 {
        shelf.put(number.to_be_bytes().to_vec(), entry());
        // Twenty others come before it is used.
        if let Some(used) = number.checked_sub(20) {
            assert!(shelf.get(&used.to_be_bytes()).is_some(), "{used}");
        }
    }
}
