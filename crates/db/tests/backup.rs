//! Backups of the embedded database, and what is refused when one is put back.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::path::{Path, PathBuf};

use castellan_db::{Db, DbOptions, Durability, SqliteOptions, global_statement, restore, values};
use castellan_kernel::{Kind, Timestamp};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("castellan-backup-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn open(path: &Path) -> Db {
    let options = SqliteOptions { durability: Durability::None, ..SqliteOptions::new(path) };
    Db::open(DbOptions::Sqlite(options)).await.unwrap()
}

async fn add(db: &Db, kind: &str) {
    let mut tx = db.begin(Some("i1"));
    tx.append_outbox(kind, &serde_json::json!({}), Timestamp::from_micros(0)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn kinds(db: &Db) -> Vec<String> {
    let rows = db.snapshot(None).rows(global_statement!("SELECT kind FROM outbox ORDER BY id"), &[]).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap()).collect()
}

#[tokio::test]
async fn a_backup_of_a_running_database_brings_its_state_back() {
    let folder = Folder::new("roundtrip");
    let (live, backup) = (folder.file("live.db"), folder.file("backup.db"));
    let db = open(&live).await;
    add(&db, "before").await;
    db.backup_to(&backup).await.unwrap();
    assert_eq!(db.backup_to(&backup).await.unwrap_err().kind(), Kind::AlreadyExists);
    add(&db, "after").await;

    let error = restore(&backup, &live).await.unwrap_err();
    assert!(error.to_string().contains("stop the server"), "{error}");
    db.close().await.unwrap();
    drop(db);
    restore(&backup, &live).await.unwrap();
    let db = open(&live).await;
    assert_eq!(kinds(&db).await, ["before"]);
    add(&db, "again").await;
    assert_eq!(kinds(&db).await, ["before", "again"]);
}

#[tokio::test]
async fn a_backup_starts_a_new_database() {
    let folder = Folder::new("fresh");
    let (live, backup) = (folder.file("live.db"), folder.file("backup.db"));
    let db = open(&live).await;
    add(&db, "kept").await;
    db.backup_to(&backup).await.unwrap();
    restore(&backup, &folder.file("new.db")).await.unwrap();
    assert_eq!(kinds(&open(&folder.file("new.db")).await).await, ["kept"]);
}

#[tokio::test]
async fn a_damaged_or_newer_backup_is_refused_and_the_database_stays() {
    let folder = Folder::new("refused");
    let (live, backup, broken) = (folder.file("live.db"), folder.file("backup.db"), folder.file("broken.db"));
    let db = open(&live).await;
    add(&db, "kept").await;
    let mut tx = db.begin(None);
    let future = global_statement!("INSERT INTO schema_migrations VALUES ($1, 'future', '', 0)");
    tx.execute(future, &values![9_999]).await.unwrap();
    tx.commit().await.unwrap();
    db.backup_to(&backup).await.unwrap();
    let mut tx = db.begin(None);
    tx.execute(global_statement!("DELETE FROM schema_migrations WHERE version = 9999"), &[]).await.unwrap();
    tx.commit().await.unwrap();
    db.close().await.unwrap();
    drop(db);

    let error = restore(&backup, &live).await.unwrap_err();
    assert!(error.to_string().contains("newer than this version"), "{error}");
    let mut bytes = std::fs::read(&backup).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].fill(0xff);
    std::fs::write(&broken, bytes).unwrap();
    let error = restore(&broken, &live).await.unwrap_err();
    assert!(error.to_string().contains("not an intact backup"), "{error}");
    assert!(restore(&folder.file("missing.db"), &live).await.is_err());
    assert_eq!(kinds(&open(&live).await).await, ["kept"]);
}

#[tokio::test]
async fn several_servers_may_open_a_new_database_at_once() {
    let folder = Folder::new("together");
    let live = folder.file("live.db");
    let opened = (0..4).map(|_| {
        let live = live.clone();
        tokio::spawn(async move { open(&live).await })
    });
    for (number, db) in opened.collect::<Vec<_>>().into_iter().enumerate() {
        add(&db.await.unwrap(), &number.to_string()).await;
    }
    assert_eq!(kinds(&open(&live).await).await.len(), 4);
}
