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

#[test]
fn organizations_move_from_one_database_to_another_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let at = |data: &str, arguments: &[&str]| {
        let first = ["--dataDir", data, "--set", &format!("FirstInstance.Org.Name=First of {data}")].map(str::to_owned);
        let all: Vec<&str> = arguments.iter().copied().chain(first.iter().map(String::as_str)).collect();
        let output = castellan(directory.path(), &all, &[]);
        let (shown, error) = printed(&output);
        (output.status.code(), shown, error)
    };
    let before = at("one", &["export", "x.json"]);
    assert!(before.2.contains("castellan setup"), "{}", before.2);
    assert_eq!(at("one", &["setup"]).0, Some(0));
    assert_eq!(at("two", &["setup"]).0, Some(0));
    let org = r#"{"orgs":[{"orgId":"acme","org":{"name":"Acme"},"humanUsers":[{"userId":"grace","user":{
        "userName":"grace","profile":{"firstName":"Grace","lastName":"Hopper"},"password":"Long-1-enough",
        "email":{"email":"grace@acme.example","isEmailVerified":true}}}],
        "orgMembers":[{"userId":"grace","roles":["ORG_OWNER"]}]}]}"#;
    std::fs::write(directory.path().join("acme.json"), org).unwrap();

    let (code, shown, error) = at("one", &["import", "acme.json"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(shown.contains("imported 1 organizations with 1 users and 0 projects, 1 grants and members"), "{shown}");
    let (code, _, error) = at("one", &["export", "--org", "acme", "--with-passwords", "moved.json"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(at("one", &["export", "moved.json"]).2.contains("--force"));
    assert!(at("one", &["export", "--org", "gone", "other.json"]).2.contains("no organization gone"));
    assert!(!directory.path().join("other.json").exists());

    assert_eq!(at("two", &["import", "moved.json"]).0, Some(0));
    let (code, again, error) = at("two", &["import", "moved.json"]);
    assert_eq!(code, Some(0), "a second run is no failure: {error}");
    assert!(again.contains("1 organizations were there already"), "{again}");
    let (_, exported, _) = at("two", &["export", "--org", "acme", "--with-passwords"]);
    assert_eq!(exported, std::fs::read_to_string(directory.path().join("moved.json")).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(directory.path().join("moved.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "hashes of passwords are for nobody else");
    }

    std::fs::write(directory.path().join("bad.json"), org.replace("acme", "other").replace("Grace", "")).unwrap();
    let (code, _, error) = at("two", &["import", "bad.json"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("org other:") && error.contains("FirstName"), "{error}");
}
