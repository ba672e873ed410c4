//! Environment variables: `ZITADEL_` or `CASTELLAN_` and the key in upper case with `_` for `.`; the latter wins.

use serde_json::Value;

use super::catalog::{CATALOG, Meaning};
use super::load::Layers;
use super::problem::Problem;
use super::values::Source;
use super::without_effect::{Advice, is_service_link};

/// The prefixes, the one that wins last.
const PREFIXES: [&str; 2] = ["ZITADEL_", "CASTELLAN_"];

/// Reads the variables into the layers. An empty variable counts as not set.
pub(super) fn read(variables: &[(String, String)], layers: &mut Layers) {
    for prefix in PREFIXES {
        for (full, value) in variables {
            let Some(name) = full.strip_prefix(prefix) else { continue };
            if !value.is_empty() {
                variable(full, name, value, layers);
            }
        }
    }
}

fn variable(full: &str, name: &str, value: &str, layers: &mut Layers) {
    let source = Source::Environment(full.to_owned());
    if is_service_link(name, value) {
        return layers.note(&source, full, "looks like a variable that Kubernetes sets for a service");
    }
    match CATALOG.environment_meaning(name) {
        Meaning::Key(key) => layers.give(key, Value::String(value.to_owned()), source),
        Meaning::Other(_, Advice::NoEffect("")) | Meaning::Section => {}
        Meaning::Other(known, Advice::NoEffect(reason)) => layers.note(&source, known, reason),
        Meaning::Other(known, Advice::Refused(advice)) => {
            layers.problems.push(Problem::new(&source, known, advice));
        }
        Meaning::Unknown => {
            let prefix = &full[..full.len() - name.len()];
            let advice = CATALOG.nearest_environment(name).map_or_else(
                || "`castellan config docs` lists all keys".to_owned(),
                |nearest| format!("did you mean {prefix}{nearest}?"),
            );
            layers.problems.push(Problem::new(&source, "", format!("there is no such key; {advice}")));
        }
    }
}
