//! What whole requests cost without sockets, on the embedded store: from one that needs nothing to one that needs a caller,
//! a permission and a row. Nothing is written between them, so after the first they find remembered what was read before.
#![allow(clippy::unwrap_used, reason = "a benchmark stops at the first surprise")]

use castellan_db::testing::TestDb;
use castellan_testkit::{Application, Setup, TestInstance};
use divan::Bencher;
use serde_json::Value;

fn main() {
    divan::main();
}

fn measure(bencher: Bencher<'_, '_>, path: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    // The database goes with its handle, so that is kept.
    let (_database, application, instance): (TestDb, Application, TestInstance) = runtime.block_on(async {
        let database = TestDb::sqlite().await;
        let application = Application::on(database.clone(), Setup::default());
        let instance = application.new_instance("bench").await;
        (database, application, instance)
    });
    let call = || async {
        let answer = application.rest(&instance.owner, "GET", path, Value::Null).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
    };
    bencher.bench(|| runtime.block_on(call()));
}

#[divan::bench]
fn without_a_caller(bencher: Bencher<'_, '_>) {
    measure(bencher, "/management/v1/healthz");
}

#[divan::bench]
fn own_organization(bencher: Bencher<'_, '_>) {
    measure(bencher, "/management/v1/orgs/me");
}

#[divan::bench]
fn userinfo(bencher: Bencher<'_, '_>) {
    measure(bencher, "/oidc/v1/userinfo");
}
