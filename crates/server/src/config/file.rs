//! YAML files: every leaf must be a known key, whatever its case; a later file replaces single keys of an earlier one.

use std::path::Path;

use serde_json::Value;

use super::catalog::{CATALOG, Meaning};
use super::load::Layers;
use super::problem::Problem;
use super::values::Source;
use super::without_effect::Advice;

/// Reads one file into the layers.
pub(super) fn read(path: &Path, layers: &mut Layers) {
    let source = Source::File(path.to_owned());
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("cannot be read ({error}); check the path given with --config or --steps");
            return layers.problems.push(Problem::new(&source, "", message));
        }
    };
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return;
    }
    match serde_saphyr::from_str::<Value>(&text) {
        Ok(Value::Null) => {}
        Ok(Value::Object(map)) => {
            for (name, value) in map {
                walk(&name, value, &source, layers);
            }
        }
        Ok(_) => layers.problems.push(Problem::new(&source, "", "expects keys and values, such as `Port: 8080`")),
        Err(error) => layers.problems.push(Problem::new(&source, "", format!("is not valid YAML: {error}"))),
    }
}

fn walk(path: &str, value: Value, source: &Source, layers: &mut Layers) {
    if value.is_null() {
        if matches!(CATALOG.meaning(path), Meaning::Unknown) {
            unknown(path, source, layers);
        }
        return;
    }
    match (CATALOG.meaning(path), value) {
        (Meaning::Key(key), value) => layers.give(key, value, source.clone()),
        (Meaning::Section, Value::Object(map)) => {
            for (name, value) in map {
                walk(&format!("{path}.{name}"), value, source, layers);
            }
        }
        (Meaning::Section, _) => {
            let message = "is a section: put its keys below it, indented";
            layers.problems.push(Problem::new(source, path, message));
        }
        (Meaning::Other(name, Advice::NoEffect(reason)), _) => layers.note(source, name, reason),
        (Meaning::Other(_, Advice::Refused(advice)), _) => layers.problems.push(Problem::new(source, path, advice)),
        // A section that is not known may hold keys that are accepted, such as those of another database.
        (Meaning::Unknown, Value::Object(map)) if map.keys().any(|name| is_known(path, name)) => {
            for (name, value) in map {
                walk(&format!("{path}.{name}"), value, source, layers);
            }
        }
        (Meaning::Unknown, _) => unknown(path, source, layers),
    }
}

fn is_known(path: &str, name: &str) -> bool {
    !matches!(CATALOG.meaning(&format!("{path}.{name}")), Meaning::Unknown)
}

fn unknown(path: &str, source: &Source, layers: &mut Layers) {
    let advice = CATALOG.nearest(path).map_or_else(
        || "`castellan config docs` lists all keys".to_owned(),
        |nearest| format!("did you mean {nearest}?"),
    );
    layers.problems.push(Problem::new(source, path, format!("there is no such key; {advice}")));
}
