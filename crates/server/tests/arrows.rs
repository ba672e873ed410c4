//! Which crate of the workspace may know which: `ARCHITECTURE.md`, "The arrows". Any other edge fails here.
//! Only what the product is made of counts: crates that help tests may look at everything they test.

use std::collections::BTreeSet;
use std::process::Command;

/// Every crate with the crates it may use.
const ARROWS: [(&str, &[&str]); 12] = [
    ("proto", &[]),
    ("kernel", &[]),
    ("outbound", &[]),
    ("allocator", &[]),
    ("crypto", &["kernel"]),
    ("db", &["kernel"]),
    ("rpc", &["proto", "kernel", "db"]),
    ("settings", &["proto", "kernel", "crypto", "db", "rpc"]),
    ("directory", &["proto", "kernel", "outbound", "crypto", "db", "rpc", "settings"]),
    ("projects", &["proto", "kernel", "outbound", "crypto", "db", "rpc", "settings", "directory"]),
    ("transfer", &["proto", "kernel", "db", "rpc", "settings", "directory", "projects"]),
    ("oidc", &["proto", "kernel", "crypto", "db", "rpc", "settings", "directory", "projects"]),
];

/// These may use every crate of the product: the binary, and the helpers that tests share.
const USE_EVERYTHING: [&str; 2] = ["server", "testkit"];

/// Crates that are no part of the product: named by tests only, and by each other.
const ONLY_FOR_TESTS: [&str; 1] = ["testkit"];

struct Edge {
    from: String,
    to: String,
    /// Whether it is a dependency of tests.
    for_tests: bool,
}

fn edges() -> Vec<Edge> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo is at hand");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo writes JSON");
    let short =
        |name: &serde_json::Value| name.as_str().and_then(|name| name.strip_prefix("castellan-")).map(str::to_owned);
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().expect("packages") {
        let Some(from) = short(&package["name"]) else { continue };
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let Some(to) = short(&dependency["name"]) else { continue };
            edges.push(Edge { from: from.clone(), to, for_tests: dependency["kind"] == "dev" });
        }
    }
    edges
}

#[test]
fn every_crate_uses_only_what_its_place_allows() {
    let mut wrong = BTreeSet::new();
    for Edge { from, to, for_tests } in edges() {
        let allowed = if ONLY_FOR_TESTS.contains(&to.as_str()) {
            for_tests || ONLY_FOR_TESTS.contains(&from.as_str())
        } else if for_tests || USE_EVERYTHING.contains(&from.as_str()) {
            true
        } else {
            ARROWS.iter().any(|(own, uses)| *own == from && uses.contains(&to.as_str()))
        };
        if !allowed {
            wrong.insert(format!("{from} → {to}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "these edges are not in the map of ARCHITECTURE.md (\"The arrows\"): {wrong:?}\n\
         Move the code to the crate that owns it, or, if the map itself is wrong, change the map and this test together."
    );
}

#[test]
fn a_crate_without_a_place_in_the_map_is_noticed() {
    let placed: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).chain(USE_EVERYTHING).collect();
    let unplaced: BTreeSet<String> =
        edges().into_iter().map(|edge| edge.from).filter(|name| !placed.contains(name.as_str())).collect();
    assert!(unplaced.is_empty(), "give these crates a place in the map (ARCHITECTURE.md and this test): {unplaced:?}");
}

#[test]
fn the_map_itself_has_no_circles() {
    for (index, (name, uses)) in ARROWS.iter().enumerate() {
        for used in *uses {
            let position = ARROWS.iter().position(|(other, _)| other == used);
            assert!(position.is_some_and(|position| position < index), "{name} may use {used}, which stands after it");
        }
    }
}
