//! Text files that stand for the state of things.

use std::fs;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tables").join(name)
}

/// Whether the tables shall be written anew.
pub fn update_wanted() -> bool {
    std::env::var_os("UPDATE_SNAPSHOTS").is_some_and(|value| value == "1")
}

/// The lines of a table without its comments; none when it does not exist.
pub fn lines(name: &str) -> Vec<String> {
    let text = fs::read_to_string(path(name)).unwrap_or_default();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Compares with the file, or writes it when that is wanted.
#[track_caller]
#[allow(clippy::panic, reason = "this is how a test fails")]
pub fn check(name: &str, text: &str) {
    let path = path(name);
    if update_wanted() {
        fs::write(&path, text).expect("the table can be written");
        return;
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    if stored == text {
        return;
    }
    let (old, new): (Vec<&str>, Vec<&str>) = (stored.lines().collect(), text.lines().collect());
    let gone = old.iter().filter(|line| !new.contains(line)).map(|line| format!("- {line}"));
    let come = new.iter().filter(|line| !old.contains(line)).map(|line| format!("+ {line}"));
    let difference: Vec<String> = gone.chain(come).take(60).collect();
    panic!(
        "{name} differs from what the binary does:\n{}\n\
         If that is wanted: UPDATE_SNAPSHOTS=1 cargo test -p castellan-server --tests, and read the diff.",
        difference.join("\n")
    );
}
