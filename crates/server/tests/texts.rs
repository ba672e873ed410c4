//! Every message key that the sources raise has a text, in every language of the catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use castellan_rpc::texts;

/// Keys that clients know as they are: raised before translation, or without a text since ever (`spec: api.md 1.8`,
/// `oauth.md 5.5, 5.6`).
const RAW: [&str; 2] = ["Errors.Token.Invalid", "Errors.Invalid.Argument"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The Rust sources of the product, without tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "tests" && name != "testing" {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" && name != "testing.rs" {
            found.push(path);
        }
    }
}

/// The keys in the sources, with one place each.
fn keys() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    for part in fs::read_dir(crates()).expect("the crates").flatten() {
        let source = part.path().join("src");
        if source.is_dir() && part.file_name() != "testkit" {
            sources(&source, &mut files);
        }
    }
    let mut keys = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (start, _) in product.match_indices("\"Errors.") {
            let rest = &product[start + 1..];
            let key = &rest[..rest.find('"').unwrap_or(0)];
            if key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_') {
                keys.entry(key.to_owned()).or_insert_with(|| file.display().to_string());
            }
        }
    }
    keys
}

fn catalogue(language: &str) -> BTreeMap<String, String> {
    let path = crates().join("rpc/src/texts").join(format!("{language}.json"));
    let text = fs::read_to_string(path).expect("the catalogue");
    let pairs: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).expect("an object of texts");
    let listed: Vec<&String> = pairs.keys().collect();
    assert!(listed.is_sorted(), "{language}.json: keep the keys sorted, so that additions are found");
    pairs.into_iter().map(|(key, text)| (key, text.as_str().expect("a text").to_owned())).collect()
}

/// The languages that have a catalogue.
fn languages() -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(crates().join("rpc/src/texts"))
        .expect("the texts")
        .flatten()
        .filter_map(|entry| entry.file_name().to_string_lossy().strip_suffix(".json").map(str::to_owned))
        .collect();
    found.sort();
    found
}

#[test]
fn every_key_that_the_sources_raise_has_an_english_text() {
    let keys = keys();
    assert!(keys.len() > 100, "only {} keys were found: is the search broken?", keys.len());
    let missing: Vec<String> = keys
        .iter()
        .filter(|(key, _)| !RAW.contains(&key.as_str()) && texts::lookup(key, &[]) == key.as_str())
        .map(|(key, file)| format!("{key} ({file})"))
        .collect();
    assert!(
        missing.is_empty(),
        "write what was wrong, in which field, and what to do, into crates/rpc/src/texts/en.json:\n{}",
        missing.join("\n")
    );
}

#[test]
fn keys_that_clients_know_as_they_are_have_no_text() {
    for key in RAW {
        assert_eq!(texts::lookup(key, &[]), key);
    }
}

#[test]
fn every_language_has_the_same_keys() {
    let english: BTreeSet<String> = catalogue("en").into_keys().collect();
    for language in languages() {
        let own: BTreeSet<String> = catalogue(&language).into_keys().collect();
        let missing: Vec<&String> = english.difference(&own).collect();
        let unknown: Vec<&String> = own.difference(&english).collect();
        assert!(
            missing.is_empty() && unknown.is_empty(),
            "{language}.json lacks {missing:?} and has beyond: {unknown:?}"
        );
    }
}

#[test]
fn every_catalogue_is_part_of_the_binary() {
    let english = catalogue("en");
    for language in languages() {
        let differs = catalogue(&language).iter().any(|(key, text)| {
            texts::lookup(key, std::slice::from_ref(&language)) == text && (language == "en" || english[key] != *text)
        });
        assert!(differs, "{language}.json is not read by texts/mod.rs");
    }
}

#[test]
fn texts_are_short_sentences() {
    for language in languages() {
        for (key, text) in catalogue(&language) {
            assert!(text.len() <= 220, "{language} {key}: too long");
            assert!(text.ends_with('.') && !text.contains("  "), "{language} {key}: {text:?}");
        }
    }
}
