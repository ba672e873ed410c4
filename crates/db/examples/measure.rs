//! Measures the data layer on this machine: `cargo run --release -p castellan-db --example measure --features testing [file]`.
//! With `TEST_POSTGRES` set, measures that server as well. Prints operations per second, and the time and processor time of each.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a tool for developers stops at the first surprise")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use castellan_db::testing::TestDb;
use castellan_db::{Db, DbOptions, Event, SqliteOptions, global_statement, statement, values};
use castellan_kernel::Timestamp;

/// How long each measurement lasts.
const SPAN: Duration = Duration::from_secs(2);

/// How many keys are read.
const KEYS: usize = 500;

fn event(aggregate: String) -> Event {
    Event {
        aggregate_type: "user".into(),
        aggregate_id: aggregate.into(),
        event_type: "user.human.added".into(),
        payload: Some(serde_json::json!({"userName": "ann", "firstName": "Ann", "lastName": "Example"}).to_string()),
        editor: "editor".into(),
        owner: "org".into(),
        created_at: Timestamp::from_micros(1),
        is_new: false,
    }
}

/// Appends one event per command from so many tasks; returns commands per second, and how many had to run again.
async fn write(db: &Db, tasks: usize) -> (f64, usize) {
    let started = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                let (mut done, mut again) = (0_usize, 0_usize);
                while started.elapsed() < SPAN {
                    let mut tx = db.begin(Some("i1"));
                    let appended = tx.append_event(event(format!("{tasks}-{task}-{done}"))).await;
                    let outcome = match appended {
                        Ok(_) => tx.commit().await,
                        Err(error) => Err(error),
                    };
                    match outcome {
                        Ok(()) => done += 1,
                        Err(error) if error.is_conflict() => again += 1,
                        Err(error) => panic!("{error:?}"),
                    }
                }
                (done, again)
            })
        })
        .collect();
    let (mut done, mut again) = (0, 0);
    for task in running {
        let (own, repeated) = task.await.unwrap();
        done += own;
        again += repeated;
    }
    (done as f64 / started.elapsed().as_secs_f64(), again)
}

/// Selects single rows by key from so many tasks; returns selects per second.
async fn read(db: &Db, tasks: usize, consistent: bool) -> f64 {
    let select = statement!(
        "SELECT event_type, payload, editor, created_at FROM events WHERE instance_id = $1 AND aggregate_type = $2 AND \
         aggregate_id = $3 AND sequence = $4"
    );
    let started = Instant::now();
    let running: Vec<_> = (0..tasks)
        .map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut done = 0_usize;
                while started.elapsed() < SPAN {
                    let key = values!["user", format!("key-{}", (done * 7 + task) % KEYS), 1];
                    let mut snapshot = if consistent { db.snapshot(Some("i1")) } else { db.single_reads(Some("i1")) };
                    assert!(snapshot.row(select, &key).await.unwrap().is_some());
                    done += 1;
                    // As a server does between requests.
                    tokio::task::yield_now().await;
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in running {
        done += task.await.unwrap();
    }
    done as f64 / started.elapsed().as_secs_f64()
}

/// The processor time that this process has used; zero where the system does not tell.
fn processor_time() -> f64 {
    let status = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = |field: usize| status.split_whitespace().nth(field).and_then(|text| text.parse::<f64>().ok());
    // The kernel counts in hundredths of a second.
    (ticks(13).unwrap_or_default() + ticks(14).unwrap_or_default()) / 100.0
}

/// One line of the result: `before` is the processor time at the start.
fn report(tasks: usize, what: &str, rate: f64, before: f64, more: &str) {
    let used = (processor_time() - before) / (rate * SPAN.as_secs_f64()) * 1e6;
    println!(
        "  {tasks:>2} tasks, {what:<28} {rate:>9.0} per second, {:>7.1} µs each, {used:>6.1} µs CPU{more}",
        1e6 / rate
    );
}

async fn measure(db: &Db) {
    println!("{:?}", db.engine());
    for number in 0..KEYS {
        let mut tx = db.begin(Some("i1"));
        tx.append_event(event(format!("key-{number}"))).await.unwrap();
        tx.commit().await.unwrap();
    }
    for tasks in [1, 8, 64] {
        let before = processor_time();
        let (rate, again) = write(db, tasks).await;
        report(tasks, "one event per command:", rate, before, &format!(", {again} run again"));
    }
    for (name, consistent) in [("point select (snapshot):", true), ("point select (single read):", false)] {
        for tasks in [1, 8] {
            let before = processor_time();
            let rate = read(db, tasks, consistent).await;
            report(tasks, name, rate, before, "");
        }
    }
    let size = global_statement!("SELECT COUNT(*) FROM events");
    let rows = db.snapshot(None).row(size, &[]).await.unwrap().unwrap().int(0).unwrap();
    println!("  {rows} events at the end");
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let path = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("castellan-measure.db"), PathBuf::from);
    let db = Db::open(DbOptions::Sqlite(SqliteOptions::new(&path))).await.unwrap();
    measure(&db).await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("Rss")) {
        println!("  {line}");
    }
    db.close().await.unwrap();
    drop(db);
    for ending in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(format!("{}{ending}", path.display()));
    }
    if let Some(db) = TestDb::postgres().await {
        measure(&db).await;
    }
}
