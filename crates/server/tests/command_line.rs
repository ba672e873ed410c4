//! The binary as its users meet it: what it prints, what it writes, how it ends.

#![allow(clippy::unwrap_used, reason = "a test ends where something unexpected happens")]

use std::path::Path;
use std::process::{Command, Output};

fn castellan(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_castellan"))
        .args(arguments)
        .current_dir(directory)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

fn printed(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_wrong_key_ends_every_command_before_anything_is_written() {
    let directory = tempfile::tempdir().unwrap();
    for command in [&["start"][..], &["setup"], &["keys", "list"], &["config", "check"], &[]] {
        let output = castellan(directory.path(), command, &[("CASTELLAN_EXTERNALDOMIAN", "x")]);
        let (_, error) = printed(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(error.contains("did you mean CASTELLAN_EXTERNALDOMAIN?"), "{error}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_master_key_ends_the_start_with_its_length() {
    let directory = tempfile::tempdir().unwrap();
    let output = castellan(directory.path(), &["start", "--masterkey", "short"], &[]);
    let (_, error) = printed(&output);
    assert!(error.contains("masterkey must be 32 bytes, but is 5"), "{error}");
    let both = castellan(directory.path(), &["start", "--masterkey", "x", "--masterkeyFromEnv"], &[]);
    assert!(printed(&both).1.contains("masterkey must either be provided by file path, value or environment variable"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn the_effective_configuration_is_shown_with_sources_and_without_secrets() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("c.yaml"), "database:\n  postgres:\n    dsn: postgres://u:hunter2@db/x\n")
        .unwrap();
    let arguments = ["config", "show", "--changed", "--config", "c.yaml", "--port", "9000"];
    let output = castellan(directory.path(), &arguments, &[("ZITADEL_LOG_LEVEL", "debug")]);
    let (shown, error) = printed(&output);
    assert!(output.status.success(), "{error}");
    let lines: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        lines,
        [
            vec!["Port", "9000", "flag", "--port"],
            vec!["Database.postgres.DSN", "********", "file", "c.yaml"],
            vec!["Log.Level", "debug", "environment", "ZITADEL_LOG_LEVEL"],
        ]
    );
}

#[test]
fn help_teaches_with_examples() {
    let directory = tempfile::tempdir().unwrap();
    let (help, _) = printed(&castellan(directory.path(), &["--help"], &[]));
    for part in ["Examples:", "castellan ready", "backup", "--config", "CASTELLAN_KEY"] {
        assert!(help.contains(part), "{part} is missing in {help}");
    }
    let (documentation, _) = printed(&castellan(directory.path(), &["config", "docs"], &[]));
    assert!(documentation.starts_with("# Configuration"));
}

#[test]
fn a_server_that_does_not_run_is_not_ready() {
    let directory = tempfile::tempdir().unwrap();
    let output = castellan(directory.path(), &["ready", "--port", "1"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output).1.contains("not ready: nothing listens on localhost:1"));
}
