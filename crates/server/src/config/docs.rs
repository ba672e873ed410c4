//! `docs/configuration.md`, written from the table of keys; a test fails when the file is stale.

use super::catalog::CATALOG;
use super::key::Key;

const INTRODUCTION: &str = "\
# Configuration

<!-- Generated from the table of keys: run `UPDATE_DOCS=1 cargo test -p castellan-server configuration` to write it. -->

Nothing needs to be configured to start. What is configured comes from these places; the first that has a key wins:

1. a flag: `--port 9000`, or any key with `--set Key=value`
2. the environment: `CASTELLAN_` and the key in upper case with `_` for `.` (`CASTELLAN_TLS_KEYPATH`), then
   `ZITADEL_` likewise
3. the files given with `--config` and `--steps`, the last one first
4. the default

Keys are read in any case. `castellan config show` prints every effective value with its source. An unknown key or a
wrong value ends the start with a message, before anything is written. Keys that ZITADEL knows and that have no effect
here are accepted with a note in the log.

| kind | how to write it |
|---|---|
| duration | `12h`, `12h30m`, `5m`, `30s`, `0s` |
| time | RFC 3339: `2099-01-01T00:00:00Z` |
| list | `a,b,c`, or a list in YAML |
| base64 | standard alphabet, with padding |
| map or JSON, list or JSON | YAML in a file, JSON in the environment |

The master key is not a setting: give it with `--masterkey`, `--masterkeyFile` or `--masterkeyFromEnv`
(`CASTELLAN_MASTERKEY`, `ZITADEL_MASTERKEY`). Without one the server makes `master.key` in `DataDir` and keeps it.
";

/// The whole document.
pub fn markdown() -> String {
    let mut text = INTRODUCTION.to_owned();
    let top = |key: &Key| key.path.split_once('.').map_or("", |(section, _)| section).to_owned();
    let mut current = None;
    let (plain, sections): (Vec<&Key>, Vec<&Key>) = CATALOG.keys.iter().partition(|key| top(key).is_empty());
    for key in plain.into_iter().chain(sections) {
        let section = top(key);
        if current.as_ref() != Some(&section) {
            let title = if section.is_empty() { "General" } else { &section };
            text.push_str(&format!("\n## {title}\n\n| key | kind | default | meaning |\n|---|---|---|---|\n"));
            current = Some(section);
        }
        let default = if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        let secret = if key.secret { " Never shown." } else { "" };
        let (path, kind, help) = (&key.path, key.kind, key.help.trim().replace('|', "\\|"));
        text.push_str(&format!("| `{path}` | {kind} | {default} | {help}{secret} |\n"));
    }
    text
}
