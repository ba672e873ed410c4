//! Lists at scale: how each of them is found, with every filter and in every order, and (when asked) how long that takes.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "what fails here fails the test")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use castellan_db::testing::TestDb;
use castellan_db::testing::plans::{self, Step};
use castellan_db::{DynamicStatement, EngineKind, StatementScope};
use castellan_server::wiring::registry;
use castellan_testkit::{Application, Crowd, Fixture, Setup};

use common::lists::{from_row, lists, variants};

/// Lists that may read more than an index tells them, and why that is well.
const MAY_WALK: &[(&str, &str)] = &[
    ("events", "a search through the audit trail goes back in time until the page is full"),
    ("owned and granted projects", "its pages are merged in order, but the total is that of a union"),
    ("instance domains", "an instance has few"),
    ("trusted domains", "an instance has few"),
];

async fn crowded(db: &TestDb, crowd: &Crowd) -> Fixture {
    let setup = Setup { registry, ..Setup::default() };
    let fixture = Fixture::on(Application::on((**db).clone(), setup)).await;
    fixture.app.crowd(&fixture.one, crowd).await;
    fixture
}

#[tokio::test]
async fn no_list_reads_a_whole_table_or_sorts_what_an_index_has_in_order() {
    let crowd = Crowd { orgs: 20, users: 200, projects: 40, authorizations: 100 };
    let mut wrong = Vec::new();
    // What is done where rows are few, and where they are many.
    for few in [1_000, 10] {
        plans::take_for_few(few);
        check_plans(&TestDb::sqlite().await, &crowd, &mut wrong).await;
        if let Some(db) = TestDb::postgres().await {
            check_plans(&db, &crowd, &mut wrong).await;
        }
    }
    assert!(wrong.is_empty(), "{} plans:\n{}", wrong.len(), wrong.join("\n"));
}

async fn check_plans(db: &TestDb, crowd: &Crowd, wrong: &mut Vec<String>) {
    let fixture = crowded(db, crowd).await;
    let actor = fixture.one.owner.in_org(&Crowd::org(0));
    let mut seen = BTreeSet::new();
    for method in lists() {
        for variant in variants(method, &fixture) {
            plans::start();
            let answer = fixture.app.connect(&actor, method.path, &variant.message).await;
            let statements = plans::stop();
            let expected: &[&str] = match variant.name.as_str() {
                "default" => &["ok", "not_found", "permission_denied"],
                _ => &["ok", "not_found", "permission_denied", "invalid_argument"],
            };
            let code = answer.code();
            if !expected.contains(&code.as_str()) {
                wrong.push(format!("{} {}: {}", method.path, variant.message, answer.text()));
            }
            if code == "invalid_argument" {
                println!("not asked: {} {}: {}", method.path, variant.message, answer.text());
            }
            for statement in statements.into_iter().filter(|statement| seen.insert(statement.sql.clone())) {
                let plan = plans::plan(&mut db.snapshot(Some(&fixture.one.id)), &statement).await.unwrap();
                if let Some(fault) = fault(db.engine(), &statement, &plan, variant.name == "default") {
                    let steps: Vec<&str> = plan.iter().map(|step| step.text.as_str()).collect();
                    wrong.push(format!("{} {}: {fault}: {}", method.path, variant.name, steps.join(" | ")));
                }
            }
        }
    }
    assert!(seen.len() > 150, "only {} statements were noted", seen.len());
}

/// What is wrong with a plan.
fn fault(engine: EngineKind, statement: &DynamicStatement, plan: &[Step], by_default: bool) -> Option<&'static str> {
    if engine == EngineKind::Postgres {
        return plan.iter().any(|step| step.text.contains("Seq Scan")).then_some("reads a whole table");
    }
    let made: BTreeSet<&str> = plan
        .iter()
        .filter_map(|step| step.text.strip_prefix("CO-ROUTINE ").or(step.text.strip_prefix("MATERIALIZE ")))
        .collect();
    // A view is scanned by the name that the statement gave it.
    let is_made = |name: &str| {
        let named = |view: &&str| statement.sql.contains(&format!("FROM {view} {name} "));
        made.contains(name) || made.iter().any(named)
    };
    // What is on the whole database has nothing to search by, but may still follow an index.
    let ordered = |what: &str| statement.scope == StatementScope::Global && what.contains(" INDEX ");
    let scans = |step: &Step| {
        step.text.strip_prefix("SCAN ").is_some_and(|what| {
            let name = what.split(' ').next().unwrap_or_default();
            !matches!(name, "json_each" | "CONSTANT") && !is_made(name) && !ordered(what)
        })
    };
    if plan.iter().any(scans) {
        return Some("reads a whole table");
    }
    if MAY_WALK.iter().any(|(label, _)| *label == statement.label) {
        return None;
    }
    // The first table of a query decides how many rows it goes through.
    let mut first: BTreeMap<i64, &str> = BTreeMap::new();
    for step in plan.iter().filter(|step| step.text.starts_with("SEARCH ") || step.text.starts_with("SCAN ")) {
        first.entry(step.level).or_insert(&step.text);
    }
    let walks = |text: &str| text.contains("(instance_id=?)");
    let covered = |text: &str| text.contains("COVERING INDEX");
    let sorts = |level: i64| plan.iter().any(|step| step.level == level && step.text == "USE TEMP B-TREE FOR ORDER BY");
    for (level, text) in first.into_iter().filter(|(_, text)| walks(text)) {
        if sorts(level) && by_default {
            return Some("sorts everything for a page");
        }
        if statement.sql.starts_with("SELECT COUNT(*)") && by_default && !covered(text) {
            return Some("reads every row to count them");
        }
    }
    None
}

/// `cargo test --release -p castellan-server --test lists -- --ignored --nocapture` prints how long each list takes; with `LIST_USERS`
/// among that many users instead of 100,000, with `LIST_ONLY` only those whose path or variant has one of these texts (separated by
/// commas) in it, with `LIST_CHANGED` each after a change that makes the server forget what it has counted.
#[tokio::test]
#[ignore = "takes minutes"]
async fn how_long_lists_take() {
    let users = std::env::var("LIST_USERS").ok().and_then(|users| users.parse().ok()).unwrap_or(100_000);
    let crowd = Crowd { orgs: 10_000, users, projects: 10_000, authorizations: 50_000 };
    let mut times: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    let mut engines = vec!["embedded"];
    measure(&TestDb::sqlite().await, &crowd, &mut times).await;
    if let Some(db) = TestDb::postgres().await {
        engines.push("PostgreSQL");
        measure(&db, &crowd, &mut times).await;
    }
    println!("| list | asked | {} |\n|---|---|{}", engines.join(" | "), "---|".repeat(engines.len()));
    for ((method, variant), times) in times {
        let times: Vec<String> = times.iter().map(|time| format!("{time:.1}")).collect();
        println!("| `{method}` | {variant} | {} |", times.join(" | "));
    }
}

async fn measure(db: &TestDb, crowd: &Crowd, times: &mut BTreeMap<(String, String), Vec<f64>>) {
    let fixture = crowded(db, crowd).await;
    vacuum(db).await;
    let actor = fixture.one.owner.in_org(&Crowd::org(0));
    let only = std::env::var("LIST_ONLY").unwrap_or_default();
    for method in lists() {
        let name = method.path.trim_start_matches("zitadel.").to_owned();
        for mut variant in variants(method, &fixture) {
            let asked = format!("{name} {}", variant.name);
            if !only.split(',').any(|text| asked.contains(text)) {
                continue;
            }
            let mut total = 0;
            for from in ["", " from the middle"] {
                if !from.is_empty() {
                    let Some(message) = from_row(method, &variant.message, total / 2).filter(|_| total > 2_000) else {
                        break;
                    };
                    variant.message = message;
                }
                let mut taken = Vec::new();
                for _ in 0..7 {
                    if std::env::var_os("LIST_CHANGED").is_some() {
                        change(db).await;
                    }
                    let start = std::time::Instant::now();
                    let answer = fixture.app.connect(&actor, method.path, &variant.message).await;
                    taken.push(start.elapsed().as_secs_f64() * 1_000.0);
                    total = total_of(&answer.json());
                }
                taken.sort_by(f64::total_cmp);
                times
                    .entry((name.clone(), format!("{}{from}", variant.name)))
                    .or_default()
                    .push(taken[taken.len() / 2]);
            }
        }
    }
}

/// A change of every table that lists read, though of no row.
async fn change(db: &TestDb) {
    const TABLES: [&str; 16] = [
        "organizations",
        "org_domains",
        "org_metadata",
        "users",
        "domain_login_names",
        "user_metadata",
        "user_keys",
        "personal_access_tokens",
        "projects",
        "project_roles",
        "project_grants",
        "applications",
        "application_keys",
        "authorizations",
        "administrators",
        "events",
    ];
    let texts: Vec<String> = match db.engine() {
        EngineKind::Sqlite => TABLES.iter().map(|table| format!("DELETE FROM {table} WHERE FALSE")).collect(),
        EngineKind::Postgres => vec!["SELECT txid_current()".to_owned()],
    };
    let mut tx = db.begin(None);
    for sql in texts {
        let statement = DynamicStatement { sql, values: Vec::new(), scope: StatementScope::Global, label: "a change" };
        tx.rows_dynamic(&statement).await.unwrap();
    }
    tx.commit().await.unwrap();
}

fn total_of(answer: &serde_json::Value) -> u64 {
    [&answer["details"]["totalResult"], &answer["pagination"]["totalResult"]]
        .into_iter()
        .find_map(|total| total.as_str()?.parse().ok())
        .unwrap_or_default()
}

/// Statistics and visibility as they are after a while; the embedded engine's statistics are fixed.
async fn vacuum(db: &TestDb) {
    if db.engine() == EngineKind::Postgres {
        let statement = DynamicStatement {
            sql: "VACUUM ANALYZE".to_owned(),
            values: Vec::new(),
            scope: StatementScope::Global,
            label: "statistics",
        };
        db.single_reads(None).rows_dynamic(&statement).await.unwrap();
    }
}
