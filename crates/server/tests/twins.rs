//! v2beta beside v2: where both say the same on the wire and to whom, they answer the same.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::collections::BTreeSet;

use castellan_db::testing::TestDb;
use castellan_rpc::descriptor::{Contract, FieldTable, MessageTable, MethodInfo};
use castellan_server::wiring::registry;
use castellan_testkit::{Application, Fixture, Setup};
use serde_json::Value;

use common::requests::request;

/// Whether the messages have the same fields under the same numbers. Names of types may differ, those of fields may not.
fn alike(one: &'static MessageTable, other: &'static MessageTable, seen: &mut BTreeSet<&'static str>) -> bool {
    if !seen.insert(one.full_name) {
        return true;
    }
    let twin = |field: &FieldTable| other.fields.iter().find(|found| found.number == field.number);
    one.fields.len() == other.fields.len()
        && one.fields.iter().all(|field| {
            let Some(found) = twin(field) else { return false };
            let same_inside = match (field.kind.message(), found.kind.message()) {
                (Some(one), Some(other)) => alike(one, other, seen),
                (None, None) => true,
                _ => false,
            };
            same_inside
                && field.proto_name == found.proto_name
                && field.kind.wire_type() == found.kind.wire_type()
                && field.cardinality == found.cardinality
        })
}

/// The methods of v2beta with those of v2 that take and answer the same and demand the same permission.
fn twins() -> Vec<(&'static MethodInfo, &'static MethodInfo)> {
    let contract = Contract::get();
    let mut twins: Vec<_> = contract
        .methods()
        .filter(|beta| beta.path.contains(".v2beta."))
        .filter_map(|beta| Some((beta, contract.method(&beta.path.replace(".v2beta.", ".v2."))?)))
        .filter(|(beta, method)| {
            beta.auth == method.auth
                && alike(beta.request(), method.request(), &mut BTreeSet::new())
                && alike(beta.response(), method.response(), &mut BTreeSet::new())
        })
        .collect();
    twins.sort_by_key(|(beta, _)| beta.path);
    twins
}

/// What an answer looks like, whatever the values in it.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), shape(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(shape).collect()),
        _ => Value::Null,
    }
}

#[test]
fn twins_are_served_together_and_by_the_same_room() {
    let registry = registry();
    let room =
        |path: &str| registry.methods().find(|(served, ..)| *served == path).map(|(_, room, writes)| (room, writes));
    let twins = twins();
    assert!(twins.len() > 60, "{}", twins.len());
    let apart: Vec<&str> =
        twins.iter().filter(|(beta, method)| room(beta.path) != room(method.path)).map(|(beta, _)| beta.path).collect();
    assert!(apart.is_empty(), "{apart:#?}");
}

#[tokio::test]
async fn twins_answer_the_same_to_everybody() {
    let db = TestDb::sqlite().await;
    let setup = Setup { registry, ..Setup::default() };
    let fixture = Fixture::on(Application::on((*db).clone(), setup)).await;
    let served: BTreeSet<&str> = registry().methods().map(|(path, ..)| path).collect();
    let callers = [
        fixture.no_role.clone(),
        fixture.other_owner.clone(),
        fixture.org_owner.clone(),
        fixture.one.owner.in_org(&fixture.acme),
    ];
    let mut differences = Vec::new();
    for (beta, method) in twins().into_iter().filter(|(beta, _)| served.contains(beta.path)) {
        // One request for both: only the names in it tell them apart.
        let message = request(method, &fixture);
        for caller in &callers {
            let one = fixture.fork().await.connect(caller, beta.path, &message).await;
            let other = fixture.fork().await.connect(caller, method.path, &message).await;
            let told = |answer: &castellan_testkit::Answer| {
                let body = if answer.is_ok() { shape(&answer.json()) } else { Value::Null };
                (answer.code(), answer.error_id(), body)
            };
            if told(&one) != told(&other) {
                differences.push(format!("{}: {} but {}", beta.path, one.text(), other.text()));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
