//! Every SQL statement of the binary is known, and both engines take every one of them.

use castellan_db::testing::{TestDb, concealing_statements, refused_statements, statements_without_key};
use castellan_db::{StatementScope, all_statements};

/// Links the whole binary, so that the list of statements is complete.
fn linked() -> usize {
    castellan_server::wiring::registry().methods().count()
}

#[tokio::test]
async fn the_embedded_engine_prepares_every_statement() {
    assert!(linked() > 0);
    let db = TestDb::sqlite().await;
    let refused = refused_statements(&db).await;
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[tokio::test]
async fn every_statement_tells_by_its_text_which_tables_it_touches() {
    assert!(linked() > 0);
    let db = TestDb::sqlite().await;
    let concealing = concealing_statements(&db);
    assert!(concealing.is_empty(), "{}", concealing.join("\n"));
}

#[tokio::test]
async fn every_keyed_statement_finds_its_rows_by_whole_unique_keys() {
    assert!(linked() > 0);
    assert!(all_statements().any(|statement| statement.keyed));
    let db = TestDb::sqlite().await;
    let without = statements_without_key(&db);
    assert!(without.is_empty(), "{}", without.join("\n"));
}

#[tokio::test]
async fn postgresql_prepares_every_statement() {
    assert!(linked() > 0);
    let Some(db) = TestDb::postgres().await else { return };
    let refused = refused_statements(&db).await;
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn every_statement_of_an_instance_is_limited_to_it() {
    assert!(linked() > 0);
    let mut wrong = Vec::new();
    for statement in all_statements().filter(|statement| statement.scope == StatementScope::Instance) {
        let sql = statement.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let uses_first =
            sql.match_indices("$1").any(|(at, _)| !sql[at + 2..].starts_with(|next: char| next.is_ascii_digit()));
        // Bound is not enough: the value must meet a column that holds instances.
        let compares = sql.contains("instance_id = $1")
            || sql.to_ascii_uppercase().starts_with("INSERT INTO")
            || sql.contains("id = $1");
        if !uses_first || !compares {
            wrong.push(format!("{}:{}: {sql}", statement.file, statement.line));
        }
    }
    assert!(wrong.is_empty(), "these statements are not limited to an instance:\n{}", wrong.join("\n"));
}

#[test]
fn statements_come_from_every_crate_that_keeps_data() {
    assert!(linked() > 0);
    for part in ["crates/db/", "crates/settings/", "crates/directory/", "crates/projects/", "crates/oidc/"] {
        assert!(
            all_statements().any(|statement| statement.file.contains(part)),
            "no statement of {part} is registered"
        );
    }
}
