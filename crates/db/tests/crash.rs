//! A server that is killed at any moment has kept every command that it acknowledged.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use castellan_db::{Db, DbOptions, SqliteOptions, global_statement, statement, values};
use castellan_kernel::{Result, Timestamp};

/// Names the database for the child process; without it the child's "test" does nothing.
const DATABASE: &str = "CASTELLAN_CRASH_TEST_DATABASE";

async fn open(path: &Path) -> Db {
    Db::open(DbOptions::Sqlite(SqliteOptions::new(path))).await.unwrap()
}

/// Two rows, of which a torn command would leave one; written in its turn, or handed over whole.
async fn write(db: &Db, name: &str, handed_over: bool) -> Result<()> {
    let mut tx = db.begin(Some("i1"));
    for part in ["a", "b"] {
        let kind = format!("{name}/{part}");
        if handed_over {
            let insert = statement!("INSERT INTO outbox (instance_id, kind, payload, run_at) VALUES ($1, $2, '{}', 0)");
            tx.defer(insert, values![kind].into(), &[]).await?;
        } else {
            tx.append_outbox(&kind, &serde_json::json!({}), Timestamp::from_micros(0)).await?;
        }
    }
    tx.commit().await
}

/// The child: eight tasks write, and say what was acknowledged, until the process is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other side of the crash test"]
async fn child_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(DATABASE).map(PathBuf::from) else { return };
    let db = open(&path).await;
    let round = std::process::id();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let db = db.clone();
            tokio::spawn(async move {
                for number in 0.. {
                    let name = format!("{round}-{task}-{number}");
                    write(&db, &name, number % 2 == 1).await.unwrap();
                    writeln!(std::io::stdout(), "acknowledged {name}").unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn run_child_until(path: &Path, acknowledgements: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["child_writes_until_it_is_killed", "--exact", "--ignored", "--nocapture"])
        .env(DATABASE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acknowledged = Vec::new();
    let mut killed = false;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((_, name)) = line.split_once("acknowledged ") else { continue };
        acknowledged.push(name.to_owned());
        if acknowledged.len() >= acknowledgements && !killed {
            child.kill().unwrap();
            killed = true;
        }
    }
    child.wait().unwrap();
    // The last line may have been torn by the kill.
    if acknowledged.last().is_some_and(|name| name.matches('-').count() != 2) {
        acknowledged.pop();
    }
    acknowledged
}

#[tokio::test]
async fn every_acknowledged_command_is_whole_after_a_kill() {
    let directory = std::env::temp_dir().join(format!("castellan-crash-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("crash.db");
    let mut acknowledged = Vec::new();
    for count in [1, 50, 333] {
        acknowledged.extend(run_child_until(&path, count));
    }
    let db = open(&path).await;
    let mut snapshot = db.snapshot(None);
    let find = global_statement!("SELECT COUNT(*) FROM outbox WHERE kind = $1 OR kind = $2");
    for name in &acknowledged {
        // A number cut short by the kill would name an earlier command, which was acknowledged as well.
        let parts = values![format!("{name}/a"), format!("{name}/b")];
        assert_eq!(snapshot.row(find, &parts).await.unwrap().unwrap().int(0).unwrap(), 2, "{name}");
    }
    let torn = global_statement!("SELECT COUNT(*) % 2 FROM outbox");
    assert_eq!(snapshot.row(torn, &[]).await.unwrap().unwrap().int(0).unwrap(), 0);
    let intact = snapshot.row(global_statement!("PRAGMA integrity_check"), &[]).await.unwrap().unwrap();
    assert_eq!(intact.str(0).unwrap(), "ok");
    drop(snapshot);
    db.close().await.unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
}
