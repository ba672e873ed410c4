//! Who may call what: every served method with every kind of caller, and what strangers learn of other people's things.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use castellan_db::testing::TestDb;
use castellan_db::{Connection, statement};
use castellan_rpc::descriptor::{Auth, Contract, MethodInfo};
use castellan_server::wiring::registry;
use castellan_testkit::{Actor, Answer, Application, Fixture, Setup};

use common::requests::{names_a_thing, request, unknown_ids};
use common::table::check;

async fn fixture(db: &TestDb) -> Fixture {
    let setup = Setup { registry, ..Setup::default() };
    Fixture::on(Application::on((**db).clone(), setup)).await
}

/// The served methods, sorted, with whether they write.
fn served() -> Vec<(&'static MethodInfo, bool)> {
    let mut served: Vec<_> = registry()
        .methods()
        .filter_map(|(path, _, writes)| Contract::get().method(path).map(|method| (method, writes)))
        .collect();
    served.sort_by_key(|(method, _)| method.path);
    served
}

#[tokio::test]
async fn each_kind_of_caller_is_answered_as_the_table_says() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let callers = [
        ("anonymous", fixture.one.anonymous()),
        ("no role", fixture.no_role.clone()),
        ("other org's owner", fixture.other_owner.in_org(&fixture.acme)),
        ("org owner", fixture.org_owner.clone()),
        ("instance owner", fixture.one.owner.in_org(&fixture.acme)),
        ("system owner", fixture.app.system_user("superuser", &fixture.one.host)),
    ];
    let names: Vec<&str> = callers.iter().map(|(name, _)| *name).collect();
    let mut text =
        format!("# Every served method, asked about the things of one organization by: {}\n", names.join(" | "));
    let mut app = fixture.fork().await;
    for (method, writes) in served() {
        let message = request(method, &fixture);
        let mut codes = Vec::new();
        for (_, caller) in &callers {
            let answer = app.connect(caller, method.path, &message).await;
            codes.push(answer.code());
            if writes && answer.is_ok() {
                app = fixture.fork().await;
            }
        }
        let _ = writeln!(text, "{} | {}", method.path, codes.join(" | "));
    }
    check("access.snap", &text);
}

#[tokio::test]
async fn nobody_calls_a_method_that_is_not_public_without_credentials() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let forged = fixture.one.anonymous().with_token("eyJhbGciOiJub25lIn0.e30.");
    for (method, _) in served().into_iter().filter(|(method, _)| method.auth != Auth::None) {
        for caller in [&fixture.one.anonymous(), &forged] {
            let answer = fixture.app.connect(caller, method.path, &serde_json::json!({})).await;
            assert_eq!(answer.code(), "unauthenticated", "{}: {}", method.path, answer.text());
        }
    }
}

#[tokio::test]
async fn a_user_without_roles_is_denied_every_method_that_demands_a_permission() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    for (method, _) in served().into_iter().filter(|(method, _)| matches!(method.auth, Auth::Permission(_))) {
        let answer = fixture.app.connect(&fixture.no_role, method.path, &request(method, &fixture)).await;
        // Where the System API is called for no instance, it knows no users of instances at all.
        let is_system = method.path.starts_with("zitadel.system.v1.");
        let id = answer.error_id();
        let denied =
            matches!(id.as_str(), "AUTHZ-cdgFk" | "AUTH-5mWD2" | "AUTH-3jknH") || is_system && id == "AUTH-7fs1e";
        assert!(denied, "{}: {}", method.path, answer.text());
    }
}

/// Every id of acme, and the word that only its names and values contain.
fn secrets(fixture: &Fixture) -> Vec<String> {
    let ids = &fixture.ids;
    [
        &ids.user,
        &ids.human,
        &ids.group,
        &ids.user_key,
        &ids.token,
        &ids.project,
        &ids.api_app,
        &ids.oidc_app,
        &ids.app_key,
        &ids.project_grant,
        &ids.authorization,
        &ids.api_client_id,
        &ids.marker,
    ]
    .into_iter()
    .filter(|id| *id != "unknown")
    .cloned()
    .collect()
}

/// What the answer tells of acme beyond what the request itself said.
fn leaked(answer: &Answer, message: &serde_json::Value, secrets: &[String]) -> Vec<String> {
    let (told, asked) = (answer.text(), message.to_string());
    secrets.iter().filter(|secret| told.contains(*secret) && !asked.contains(*secret)).cloned().collect()
}

/// The tests below ask for the things of acme. Where a method takes an id that they cannot fill in, that must be said here.
#[tokio::test]
async fn every_id_that_a_served_method_takes_is_asked_for_or_listed_as_one_that_need_not_be() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let mut text = String::from(
        "# Ids in requests that are not tried across organizations and instances: choices for new things, filters, and ids of\n\
         # what this server does not keep. Everything else names a thing of another tenant in the tests of `access.rs`.\n",
    );
    for (method, _) in served() {
        let unknown = unknown_ids(method, &fixture);
        if !unknown.is_empty() {
            let _ = writeln!(text, "{} | {}", method.path, unknown.join(", "));
        }
    }
    check("ids.snap", &text);
}

async fn events(connection: &mut Connection, owner: Option<&str>) -> i64 {
    let row = match owner {
        Some(owner) => {
            let statement = statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1 AND owner = $2");
            connection.row(statement, &[owner.into()]).await
        }
        None => connection.row(statement!("SELECT COUNT(*) FROM events WHERE instance_id = $1"), &[]).await,
    };
    row.unwrap().unwrap().int(0).unwrap()
}

/// Asks every method about the things of acme as a stranger; returns what went wrong.
async fn ask_everything(fixture: &Fixture, stranger: &Actor, owner: Option<&str>) -> Vec<String> {
    let secrets = secrets(fixture);
    let mut wrong = Vec::new();
    let mut app = fixture.fork().await;
    for (method, writes) in served() {
        let message = request(method, fixture);
        let mut reads = app.env.db.single_reads(Some(fixture.one.id.as_str()));
        let before = events(&mut reads, owner).await;
        let answer = app.connect(stranger, method.path, &message).await;
        let after = events(&mut reads, owner).await;
        // Who proves an address by a code needs no right but the code; a wrong one is recorded, and voids it in the end.
        let proves_by_code = matches!(method.name, "VerifyEmail" | "VerifyPhone" | "VerifyInviteCode");
        if before != after && !(proves_by_code && answer.code() == "invalid_argument") {
            wrong.push(format!("{} changed something of another tenant: {}", method.path, answer.text()));
        }
        let leaked = leaked(&answer, &message, &secrets);
        if !leaked.is_empty() {
            wrong.push(format!("{} tells {leaked:?} of another tenant", method.path));
        }
        if answer.code() == "internal" || answer.code() == "unknown" {
            wrong.push(format!("{} breaks: {}", method.path, answer.text()));
        }
        let reads_one_thing = !writes && method.name.starts_with("Get") && names_a_thing(method, fixture);
        if reads_one_thing && answer.is_ok() && method.name.contains("ByID") {
            wrong.push(format!("{} finds a thing of another tenant: {}", method.path, answer.text()));
        }
        if writes && answer.is_ok() {
            app = fixture.fork().await;
        }
    }
    wrong
}

#[tokio::test]
async fn the_owner_of_another_organization_reads_and_changes_nothing_by_id() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    // With its own organization in context, and with the one it has no business in.
    for stranger in [fixture.other_owner.clone(), fixture.other_owner.in_org(&fixture.acme)] {
        let wrong = ask_everything(&fixture, &stranger, Some(&fixture.acme)).await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[tokio::test]
async fn the_owner_of_another_instance_reads_and_changes_nothing_by_id() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let wrong = ask_everything(&fixture, &fixture.two.owner, None).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The token of one instance is nothing at the host of another.
    let at_one = fixture.two.owner.at_host(&fixture.one.host);
    let answer = fixture.app.rest(&at_one, "GET", "/management/v1/orgs/me", serde_json::Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.error_id().as_str()), (401, "AUTH-7fs1e"));
}

#[tokio::test]
async fn a_user_without_roles_reads_and_changes_nothing_of_its_organization() {
    let db = TestDb::sqlite().await;
    let fixture = fixture(&db).await;
    let wrong = ask_everything(&fixture, &fixture.no_role, Some(&fixture.acme)).await;
    // What a user does to itself is its own business: those methods take no id.
    let wrong: Vec<String> = wrong.into_iter().filter(|line| !line.starts_with("zitadel.auth.v1.")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_method_that_demands_a_permission_demands_one_that_some_role_gives() {
    let table = castellan_kernel::RoleTable::default();
    let given: BTreeMap<&str, &str> = table
        .names()
        .flat_map(|role| {
            let permissions = table.permissions([role]);
            permissions
                .full
                .union(permissions.on_self)
                .iter()
                .map(move |permission| (permission.name(), role))
                .collect::<Vec<_>>()
        })
        .collect();
    for (method, _) in served() {
        if let Auth::Permission(permission) = method.auth {
            assert!(given.contains_key(permission.name()), "{}: no role gives {}", method.path, permission.name());
        }
    }
}
