//! The promises of the embedded engine: grouping, durability, fairness, and what failures leave behind.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use castellan_kernel::{Fault, Kind};

use super::committer::{Log, SyncLog};
use super::*;
use crate::call::{Call, Cost};
use crate::deferred::Deferred;
use crate::row::Origin;
use crate::{Value, global_statement, values};

/// An engine of its own in a directory that is removed at the end.
struct Bench {
    engine: Engine,
    _directory: crate::testing::Directory,
}

impl Bench {
    fn open(durability: Durability, sync: SyncLog) -> Self {
        Self::open_with(durability, Log { settle: Box::new(|| Ok(())), sync })
    }

    fn open_with(durability: Durability, log: Log) -> Self {
        let directory = crate::testing::Directory::create().unwrap();
        let options = SqliteOptions { durability, ..SqliteOptions::new(directory.path().join("test.db")) };
        let engine = Engine::open_with(options, |_, _| Ok(log)).unwrap();
        Self { engine, _directory: directory }
    }

    fn quick() -> Self {
        Self::open(Durability::None, Box::new(|| Ok(())))
    }

    fn log_bytes(&self) -> u64 {
        let mut name = self.engine.path.as_os_str().to_owned();
        name.push("-wal");
        std::fs::metadata(Path::new(&name)).map_or(0, |file| file.len())
    }

    async fn kinds(&self) -> Vec<String> {
        let rows = self.engine.read(false).rows(call("SELECT kind FROM outbox ORDER BY id", &[])).await.unwrap();
        rows.iter().map(|row| row.text(0).unwrap()).collect()
    }
}

fn call<'a>(sql: &'a str, values: &'a [Value]) -> Call<'a> {
    Call { sql, instance: None, values, cost: Cost::Small, origin: Origin::Dynamic("test") }
}

const INSERT: &str = "INSERT INTO outbox (instance_id, kind, payload, run_at) VALUES ('i', $1, '{}', 0)";

async fn insert(session: &mut WriteSession, kind: &str) -> Result<u64> {
    session.execute(call(INSERT, &values![kind])).await
}

const EMPTY: Fault = Fault::invalid("TEST-Empty", "Errors.Empty");

/// [`INSERT`], to be kept back.
fn deferred(kind: &str) -> Deferred {
    let statement =
        global_statement!("INSERT INTO outbox (instance_id, kind, payload, run_at) VALUES ('i', $1, '{}', 0)");
    Deferred { statement, instance: None, values: values![kind].into(), refusals: &[("outbox.kind", EMPTY)] }
}

/// One that the schema refuses.
fn refused_write() -> Deferred {
    Deferred { values: values![None::<&str>].into(), ..deferred("") }
}

/// A sync that waits for a permit, and says when it begins.
fn gated() -> (SyncLog, mpsc::Receiver<()>, mpsc::Sender<std::io::Result<()>>) {
    let (begun, begins) = mpsc::channel();
    let (permit, permits) = mpsc::channel::<std::io::Result<()>>();
    let permits = Mutex::new(permits);
    let sync = move || {
        let _ = begun.send(());
        permits.lock().unwrap().recv().unwrap_or(Ok(()))
    };
    (Box::new(sync), begins, permit)
}

fn failed_disk() -> std::io::Error {
    std::io::Error::other("disk on fire")
}

#[tokio::test]
async fn after_the_opening_readers_do_not_wait_for_the_disk_but_acknowledgements_do() {
    for disk in [Ok(()), Err(failed_disk())] {
        let (settle, begins, permit) = gated();
        let bench = Bench::open_with(Durability::None, Log { settle, sync: Box::new(|| Ok(())) });
        tokio::task::spawn_blocking(move || begins.recv()).await.unwrap().unwrap();
        assert!(bench.kinds().await.is_empty());
        let mut command = bench.engine.write();
        insert(&mut command, "first").await.unwrap();
        let command = tokio::spawn(command.commit());
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!command.is_finished(), "nothing is acknowledged before what was there is durable");
        let works = disk.is_ok();
        permit.send(disk).unwrap();
        assert_eq!(command.await.unwrap().is_ok(), works);
        assert_eq!(bench.kinds().await.len(), usize::from(works));
        assert_eq!(insert(&mut bench.engine.write(), "second").await.is_ok(), works);
    }
}

#[tokio::test]
async fn commands_run_while_an_earlier_group_is_synced_and_are_acknowledged_after_their_own_sync() {
    let (sync, begins, permit) = gated();
    let bench = Bench::open(Durability::None, sync);
    let mut first = bench.engine.write();
    insert(&mut first, "first").await.unwrap();
    let first = tokio::spawn(first.commit());
    tokio::task::spawn_blocking(move || begins.recv().map(|()| begins)).await.unwrap().unwrap();
    // The first group is in its sync now.
    let mut second = bench.engine.write();
    insert(&mut second, "second").await.unwrap();
    let second = tokio::spawn(second.commit());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!first.is_finished() && !second.is_finished());
    permit.send(Ok(())).unwrap();
    first.await.unwrap().unwrap();
    assert!(!second.is_finished());
    permit.send(Ok(())).unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(bench.kinds().await, ["first", "second"]);
}

#[tokio::test]
async fn a_command_that_only_writes_has_no_turn_and_is_acknowledged_after_its_sync_or_refused_alone() {
    let (sync, begins, permit) = gated();
    let bench = Bench::open(Durability::None, sync);
    let mut first = bench.engine.write();
    insert(&mut first, "first").await.unwrap();
    // Others hold the lock meanwhile.
    let handed_over = ["second", "third"].map(|kind| {
        let mut session = bench.engine.write();
        assert_eq!(session.defer(deferred(kind)), 1);
        tokio::spawn(session.commit())
    });
    let mut refused = bench.engine.write();
    refused.defer(refused_write());
    let refused = tokio::spawn(refused.commit());
    let first = tokio::spawn(first.commit());
    // However they are spread over groups, each is told after a sync.
    tokio::task::spawn_blocking(move || begins.recv().map(|()| begins)).await.unwrap().unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!first.is_finished() && handed_over.iter().all(|command| !command.is_finished()));
    for _ in 0..3 {
        permit.send(Ok(())).unwrap();
    }
    first.await.unwrap().unwrap();
    for command in handed_over {
        command.await.unwrap().unwrap();
    }
    assert!(refused.await.unwrap().unwrap_err().is(EMPTY));
    assert_eq!(bench.kinds().await, ["first", "second", "third"]);
}

#[tokio::test]
async fn a_refused_command_that_only_writes_leaves_nothing_and_others_can_run_again() {
    let bench = Bench::quick();
    for _ in 0..3 {
        let mut refused = bench.engine.write();
        refused.defer(deferred("refused"));
        refused.defer(refused_write());
        let mut other = bench.engine.write();
        other.defer(deferred("kept"));
        let (refused, other) = tokio::join!(refused.commit(), other.commit());
        assert!(refused.unwrap_err().is(EMPTY));
        if let Err(error) = other {
            assert!(error.is_conflict(), "{error:?}");
            let mut again = bench.engine.write();
            again.defer(deferred("kept"));
            again.commit().await.unwrap();
        }
    }
    assert_eq!(bench.kinds().await, ["kept"; 3]);
}

#[tokio::test]
async fn deferred_writes_come_before_what_follows_them() {
    let bench = Bench::quick();
    let mut session = bench.engine.write();
    session.defer(deferred("first"));
    assert!(!session.has_turn());
    insert(&mut session, "second").await.unwrap();
    assert!(session.has_turn() && !session.has_deferred());
    session.commit().await.unwrap();
    let mut refused = bench.engine.write();
    refused.defer(deferred("third"));
    refused.defer(refused_write());
    assert!(insert(&mut refused, "fourth").await.unwrap_err().is(EMPTY));
    let mut dropped = bench.engine.write();
    dropped.defer(deferred("fifth"));
    drop(dropped);
    assert_eq!(bench.kinds().await, ["first", "second"]);
}

#[tokio::test]
async fn nothing_is_handed_over_to_a_closed_database() {
    let bench = Bench::quick();
    bench.engine.close().await.unwrap();
    let mut session = bench.engine.write();
    session.defer(deferred("late"));
    assert_eq!(session.commit().await.unwrap_err().kind(), Kind::Unavailable);
}

#[tokio::test]
async fn a_command_that_wrote_nothing_waits_for_the_sync_of_what_it_read() {
    let (sync, begins, permit) = gated();
    let bench = Bench::open(Durability::None, sync);
    let mut writer = bench.engine.write();
    insert(&mut writer, "first").await.unwrap();
    let writer = tokio::spawn(writer.commit());
    tokio::task::spawn_blocking(move || begins.recv().map(|()| begins)).await.unwrap().unwrap();
    let mut reader = bench.engine.write();
    let seen = reader.rows(call("SELECT kind FROM outbox", &[])).await.unwrap();
    assert_eq!(seen.len(), 1);
    let reader = tokio::spawn(reader.commit());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!reader.is_finished());
    permit.send(Ok(())).unwrap();
    writer.await.unwrap().unwrap();
    reader.await.unwrap().unwrap();
}

#[tokio::test]
async fn only_groups_that_wrote_are_synced() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let bench = Bench::open(
        Durability::None,
        Box::new(move || {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }),
    );
    let mut reader = bench.engine.write();
    reader.rows(call("SELECT 1", &[])).await.unwrap();
    reader.commit().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 0);
    let mut writer = bench.engine.write();
    insert(&mut writer, "a").await.unwrap();
    writer.commit().await.unwrap();
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_failed_sync_fails_its_group_and_everything_after_it() {
    let (sync, begins, permit) = gated();
    let bench = Bench::open(Durability::None, sync);
    let mut first = bench.engine.write();
    insert(&mut first, "first").await.unwrap();
    let first = tokio::spawn(first.commit());
    tokio::task::spawn_blocking(move || begins.recv().map(|()| begins)).await.unwrap().unwrap();
    let mut second = bench.engine.write();
    insert(&mut second, "second").await.unwrap();
    let second = tokio::spawn(second.commit());
    permit.send(Err(failed_disk())).unwrap();
    let error = first.await.unwrap().unwrap_err();
    assert!(format!("{error:?}").contains("disk on fire") && !error.is_conflict(), "{error:?}");
    assert!(second.await.unwrap().is_err());
    let mut third = bench.engine.write();
    assert_eq!(insert(&mut third, "third").await.unwrap_err().kind(), Kind::Unavailable);
    assert!(bench.engine.failure().is_some());
    // What happened before can still be read.
    bench.kinds().await;
}

/// Runs a command to its end, again after each conflict; says how often that was.
async fn insert_until_durable(bench: &Bench, kinds: &[&str]) -> u32 {
    let mut conflicts = 0;
    loop {
        let mut session = bench.engine.write();
        for kind in kinds {
            insert(&mut session, kind).await.unwrap();
            tokio::task::yield_now().await;
        }
        match session.commit().await {
            Ok(()) => return conflicts,
            Err(error) if error.is_conflict() => conflicts += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_command_that_fails_or_is_dropped_nothing_stays_and_the_others_of_its_group_get_through() {
    let bench = Arc::new(Bench::quick());
    let conflicts = Arc::new(AtomicU32::new(0));
    let command = |number: usize| {
        let (bench, conflicts) = (Arc::clone(&bench), Arc::clone(&conflicts));
        async move {
            if number % 4 > 1 {
                let (number, second) = (number.to_string(), number % 4 == 2);
                let kinds = if second { vec![number.as_str(), "second of two"] } else { vec![number.as_str()] };
                conflicts.fetch_add(insert_until_durable(&bench, &kinds).await, Ordering::SeqCst);
                return;
            }
            let mut session = bench.engine.write();
            insert(&mut session, &number.to_string()).await.unwrap();
            tokio::task::yield_now().await;
            if number.is_multiple_of(4) {
                drop(session);
            } else {
                assert!(session.execute(call("INSERT INTO outbox (id) VALUES (1)", &[])).await.is_err());
            }
        }
    };
    let started = std::time::Instant::now();
    let tasks: Vec<_> = (0..200).map(|number| tokio::spawn(command(number))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    let kinds = bench.kinds().await;
    let numbers: Vec<usize> = kinds.iter().filter_map(|kind| kind.parse().ok()).collect();
    assert_eq!(numbers.len(), 100);
    assert!(numbers.iter().all(|number| number % 4 > 1));
    assert_eq!(kinds.len(), 150);
    // A hundred failures take one group along each second, and no more.
    let groups = 1 + u32::try_from(started.elapsed().as_secs()).unwrap();
    assert!(conflicts.load(Ordering::SeqCst) <= groups * 100, "{conflicts:?}");
}

#[tokio::test]
async fn a_command_takes_its_group_along_once_and_the_next_fails_alone() {
    let (sync, begins, permit) = gated();
    let bench = Bench::open(Durability::None, sync);
    let mut holder = bench.engine.write();
    insert(&mut holder, "holder").await.unwrap();
    let holder = tokio::spawn(holder.commit());
    tokio::task::spawn_blocking(move || begins.recv().map(|()| begins)).await.unwrap().unwrap();
    // While the holder's group is synced, the others share the next one.
    let fail_beside = async |kind: &'static str| {
        let mut other = bench.engine.write();
        insert(&mut other, kind).await.unwrap();
        let other = tokio::spawn(other.commit());
        let mut failing = bench.engine.write();
        insert(&mut failing, "lost").await.unwrap();
        drop(failing);
        (kind, other)
    };
    let (_, first) = fail_beside("first").await;
    assert!(first.await.unwrap().unwrap_err().is_conflict());
    let (_, second) = fail_beside("second").await;
    for _ in 0..2 {
        permit.send(Ok(())).unwrap();
    }
    holder.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
    assert_eq!(bench.kinds().await, ["holder", "second"]);
}

#[tokio::test]
async fn a_panic_in_the_middle_of_a_command_leaves_the_engine_usable() {
    let bench = Arc::new(Bench::quick());
    let inner = Arc::clone(&bench);
    let panicked = tokio::spawn(async move {
        let mut session = inner.engine.write();
        insert(&mut session, "lost").await.unwrap();
        panic!("in the middle");
    });
    assert!(panicked.await.is_err());
    let mut session = bench.engine.write();
    insert(&mut session, "kept").await.unwrap();
    session.commit().await.unwrap();
    assert_eq!(bench.kinds().await, ["kept"]);
}

#[tokio::test]
async fn commands_get_their_turn_in_the_order_in_which_they_asked() {
    let bench = Arc::new(Bench::quick());
    let mut holder = bench.engine.write();
    insert(&mut holder, "holder").await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..20 {
        let inner = Arc::clone(&bench);
        tasks.push(tokio::spawn(async move {
            let mut session = inner.engine.write();
            insert(&mut session, &format!("{number:02}")).await.unwrap();
            session.commit().await.unwrap();
        }));
        tokio::task::yield_now().await;
    }
    holder.commit().await.unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    let kinds = bench.kinds().await;
    assert!(kinds[1..].is_sorted() && kinds.len() == 21, "{kinds:?}");
}

#[tokio::test]
async fn when_a_statement_takes_the_whole_transaction_down_all_its_commands_may_run_again() {
    let bench = Arc::new(Bench::quick());
    let mut holder = bench.engine.write();
    insert(&mut holder, "holder").await.unwrap();
    let start = |culprit: bool| {
        let inner = Arc::clone(&bench);
        tokio::spawn(async move {
            let mut session = inner.engine.write();
            insert(&mut session, "grouped").await?;
            if culprit {
                let sql = "INSERT OR ROLLBACK INTO outbox (id, instance_id, kind, payload, run_at) \
                           SELECT id, '', '', '', 0 FROM outbox LIMIT 1";
                session.execute(call(sql, &[])).await?;
            }
            session.commit().await
        })
    };
    // The committer is woken by the holder and queues first; both others queue behind it and share the next group.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let victim = start(false);
    tokio::task::yield_now().await;
    let culprit = start(true);
    tokio::task::yield_now().await;
    holder.commit().await.unwrap();
    assert!(!culprit.await.unwrap().unwrap_err().is_conflict());
    assert!(victim.await.unwrap().unwrap_err().is_conflict());
    assert_eq!(bench.kinds().await, ["holder"]);
    let mut session = bench.engine.write();
    insert(&mut session, "after").await.unwrap();
    session.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heavy_statement_that_nobody_waits_for_any_more_gives_its_connection_back() {
    let bench = Bench::quick();
    let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT MAX(i) FROM n";
    let mut session = bench.engine.write();
    let waited =
        tokio::time::timeout(Duration::from_millis(1), session.rows(Call { cost: Cost::Heavy, ..call(slow, &[]) }))
            .await;
    assert!(waited.is_err());
    drop(session);
    let mut session = bench.engine.write();
    insert(&mut session, "next").await.unwrap();
    session.commit().await.unwrap();
    let mut reader = bench.engine.read(true);
    let waited =
        tokio::time::timeout(Duration::from_millis(1), reader.rows(Call { cost: Cost::Heavy, ..call(slow, &[]) }))
            .await;
    assert!(waited.is_err());
    assert_eq!(bench.kinds().await, ["next"]);
}

#[tokio::test]
async fn requests_wait_for_a_free_reader_without_holding_up_others() {
    let directory = crate::testing::Directory::create().unwrap();
    let options = SqliteOptions {
        durability: Durability::None,
        readers: Some(1),
        ..SqliteOptions::new(directory.path().join("test.db"))
    };
    let engine = Engine::open(options).await.unwrap();
    let mut first = engine.read(true);
    first.rows(call("SELECT 1", &[])).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&done);
    let mut second = engine.read(true);
    let waiting = tokio::spawn(async move {
        second.rows(call("SELECT 1", &[])).await.unwrap();
        flag.store(true, Ordering::SeqCst);
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(!done.load(Ordering::SeqCst));
    drop(first);
    waiting.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_small_under_steady_writes_and_is_empty_after_closing() {
    let bench = Bench::quick();
    let large = "x".repeat(400_000);
    for round in 0..400 {
        let mut session = bench.engine.write();
        let sql = "INSERT OR REPLACE INTO outbox (id, instance_id, kind, payload, run_at) VALUES ($1, 'i', 'k', $2, 0)";
        session.execute(call(sql, &values![round % 5, large.as_str()])).await.unwrap();
        session.commit().await.unwrap();
    }
    // 160 MB were written.
    assert!(bench.log_bytes() < 80 << 20, "{} bytes", bench.log_bytes());
    bench.engine.close().await.unwrap();
    assert_eq!(bench.log_bytes(), 0);
    assert!(insert(&mut bench.engine.write(), "late").await.is_err());
}

#[tokio::test]
async fn a_list_that_takes_long_moves_to_the_blocking_pool_and_returns_all_its_rows() {
    let bench = Bench::quick();
    let numbers = |count: usize| {
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) SELECT i FROM n")
    };
    let mut session = bench.engine.read(true);
    for count in [10, 50_000] {
        let sql = numbers(count);
        let rows = session.rows(Call { cost: Cost::Unknown, ..call(&sql, &[]) }).await.unwrap();
        assert_eq!(rows.len(), count);
    }
    // The budget of a list does not limit the statement after it.
    assert_eq!(session.rows(call(&numbers(50_000), &[])).await.unwrap().len(), 50_000);
}

#[test]
fn a_statement_is_prepared_once_whatever_its_values() {
    let bench = Bench::quick();
    let connection = open::writer(&bench.engine.path, Durability::None).unwrap();
    let sql = "SELECT COUNT(*) FROM events WHERE instance_id = $1 AND aggregate_type = $2 AND aggregate_id LIKE $3";
    for round in 0..3 {
        super::convert::rows(&call(sql, &values!["i", "user", format!("{round}%")]), &connection).unwrap();
    }
    let statement = connection.prepare_cached(sql).unwrap();
    assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    assert_eq!(statement.get_status(rusqlite::StatementStatus::Run), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_database_and_its_backups() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::quick();
    let backup = bench.engine.path.with_extension("backup");
    bench.engine.backup_to(&backup).await.unwrap();
    let folder = bench.engine.path.parent().unwrap();
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap()) {
        let rights = file.metadata().unwrap().permissions().mode();
        let is_data = !file.path().to_string_lossy().ends_with(".lock");
        assert!(!is_data || rights & 0o077 == 0, "{}: {rights:o}", file.path().display());
    }
}

#[test]
fn users_are_found_by_the_index_that_narrows_most() {
    let bench = Bench::quick();
    let connection = open::reader(&bench.engine.path).unwrap();
    // A sign stands before the organization where it has many users, which lists look at first.
    for (condition, index) in [
        ("u.org_id = $2", "users_by_org (instance_id=? AND org_id=?)"),
        ("u.org_id = $2 AND u.user_name_key = $3", "users_user_name (instance_id=? AND user_name_key=?)"),
        (
            "u.org_id = $2 AND u.user_name_key >= $3 AND u.user_name_key < $4",
            "users_by_org (instance_id=? AND org_id=?)",
        ),
        ("u.org_id = $2 AND u.display_name_lower LIKE $3", "users_by_org (instance_id=? AND org_id=?)"),
        (
            "+u.org_id = $2 AND u.user_name_key >= $3 AND u.user_name_key < $4",
            "users_user_name (instance_id=? AND user",
        ),
        ("+u.org_id = $2 AND u.display_name_lower LIKE $3", "users_searched (instance_id=?)"),
        ("u.org_id = $2 AND u.email_lower = $3", "users_by_email (instance_id=? AND email_lower=?)"),
        ("u.org_id = $2 AND u.id = $3", "(instance_id=? AND id=?)"),
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT u.id FROM users u WHERE u.instance_id = $1 AND {condition} ORDER BY u.id LIMIT 20"
        );
        let mut statement = connection.prepare(&sql).unwrap();
        let plan: String = statement.raw_query().next().unwrap().unwrap().get(3).unwrap();
        assert!(plan.contains(index), "{condition}: {plan}");
    }
}

#[test]
fn a_row_is_found_by_its_key_only_when_all_of_a_unique_key_is_given() {
    let bench = Bench::quick();
    let by_key = |sql: &str| bench.engine.not_by_key(sql).unwrap().is_none();
    assert!(by_key("SELECT 1 FROM outbox WHERE id = $1"));
    assert!(by_key("SELECT 1 FROM users WHERE instance_id = $1 AND id = $2 AND state = $3"));
    assert!(!by_key("SELECT 1 FROM users WHERE instance_id = $1 AND user_name_lower = $2"));
    assert!(!by_key("SELECT 1 FROM users WHERE instance_id = $1"));
    let with_organization = |join: &str| {
        format!(
            "SELECT o.name FROM users u {join} organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
             WHERE u.instance_id = $1 AND u.id = $2"
        )
    };
    assert!(by_key(&with_organization("JOIN")));
    assert!(!by_key(&with_organization("LEFT JOIN")));
}

#[tokio::test]
async fn lower_case_is_that_of_all_scripts() {
    let db = crate::testing::TestDb::sqlite().await;
    let mut connection = db.single_reads(Some("i1"));
    let lower = crate::statement!("SELECT LOWER('ÁRVÍZTŰRŐ'), LOWER(NULL), $1");
    let row = connection.row(lower, &[]).await.unwrap().unwrap();
    assert_eq!((row.text(0).unwrap().as_str(), row.opt_text(1).unwrap()), ("árvíztűrő", None));
}

#[test]
fn users_keep_their_login_names_when_they_are_stored_once() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let apply = |versions: std::ops::RangeInclusive<u32>| {
        for migration in crate::migrations().iter().filter(|migration| versions.contains(&migration.version)) {
            connection.execute_batch(&migration.text(crate::EngineKind::Sqlite)).unwrap();
        }
    };
    apply(1..=16);
    connection
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO users (instance_id, id, org_id, kind, state, user_name, user_name_lower, user_name_key, created_at,
                 changed_at, sequence)
             VALUES ('i', 'bare', 'o1', 2, 1, 'Bare', 'bare', 'bare', 0, 0, 1),
                    ('i', 'dom', 'o2', 2, 1, 'Dom', 'dom', 'dom' || char(31) || 'o2', 0, 0, 1);
             INSERT INTO login_names (instance_id, login_name_lower, user_id, login_name, is_primary)
             VALUES ('i', 'bare', 'bare', 'Bare', 1),
                    ('i', 'dom@one.example', 'dom', 'Dom@one.example', 1),
                    ('i', 'dom@two.example', 'dom', 'Dom@two.example', 0);",
        )
        .unwrap();
    let names = || {
        let sql =
            "SELECT user_id, login_name, login_name_lower, is_primary FROM login_names ORDER BY user_id, login_name";
        let mut statement = connection.prepare(sql).unwrap();
        let names = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))).unwrap();
        names.collect::<rusqlite::Result<Vec<(String, String, String, bool)>>>().unwrap()
    };
    let before = names();
    assert_eq!(before.len(), 3);
    apply(17..=u32::MAX);
    assert_eq!(names(), before);
    let stored = "SELECT COUNT(*) FROM domain_login_names";
    assert_eq!(connection.query_row(stored, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
}

#[test]
fn a_command_is_told_though_the_runtime_that_opened_the_database_has_ended() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let opening = runtime();
    let bench = opening.block_on(async { Bench::quick() });
    drop(opening);
    runtime().block_on(async {
        for kind in ["with the lock", "handed over"] {
            let mut session = bench.engine.write();
            match kind {
                "handed over" => drop(session.defer(deferred(kind))),
                _ => drop(insert(&mut session, kind).await.unwrap()),
            }
            let told = tokio::time::timeout(Duration::from_secs(30), session.commit()).await;
            told.expect("it is told in time").unwrap();
        }
        assert_eq!(bench.kinds().await, ["with the lock", "handed over"]);
    });
}
