//! The rules of sources, typos, masking, and the freshness of the documentation.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use super::catalog::CATALOG;
use super::*;

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn from_environment(variables: &[(&str, &str)]) -> Result<Loaded, Problems> {
    load(&Inputs { environment: environment(variables), ..Inputs::default() })
}

fn from_files(texts: &[&str]) -> Result<Loaded, Problems> {
    let directory = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let path = directory.path().join(format!("{at}.yaml"));
            std::fs::write(&path, text).unwrap();
            path
        })
        .collect();
    load(&Inputs { files, ..Inputs::default() })
}

fn problem(result: Result<Loaded, Problems>) -> String {
    result.expect_err("should be refused").to_string()
}

#[test]
fn without_any_input_the_defaults_hold() {
    let settings = load(&Inputs::default()).unwrap().settings;
    assert_eq!((settings.port, settings.external_port()), (8080, 8080));
    assert_eq!(settings.external_base_url(), "http://localhost:8080");
    assert_eq!(settings.database.engine, Engine::Sqlite);
    assert_eq!(settings.sqlite_path(), PathBuf::from("./castellan-data/castellan.db"));
    assert_eq!(settings.oidc.default_access_token_lifetime, Duration::from_secs(12 * 3600));
    assert_eq!(settings.system_defaults.password_hasher.hasher.cost, Some(14));
    assert_eq!(settings.system_defaults.secret_hasher.hasher.cost, Some(4));
    let generators = &settings.default_instance.secret_generators;
    assert_eq!((generators.client_secret.length, generators.otp_sms.include_upper_letters), (64, false));
    assert_eq!(settings.encryption_keys.oidc.encryption_key_id, "oidcKey");
    assert!(settings.first_instance.org.human.password.is_empty());
}

#[test]
fn every_default_can_be_read_and_every_key_has_a_help() {
    for key in &CATALOG.keys {
        let value = serde_json::Value::from(key.default);
        assert!((key.check)(&value).is_ok(), "{}: {:?}", key.path, (key.check)(&value));
        assert!(key.help.trim().len() > 3, "{} has no help", key.path);
    }
}

#[test]
fn no_two_keys_share_an_environment_name() {
    let names: BTreeSet<String> = CATALOG.keys.iter().map(key::Key::environment_name).collect();
    assert_eq!(names.len(), CATALOG.keys.len());
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_files() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("c.yaml");
    std::fs::write(&file, "Port: 1\nExternalPort: 1\nExternalDomain: file.example\nTLS:\n  Enabled: false\n").unwrap();
    let loaded = load(&Inputs {
        files: vec![file.clone()],
        environment: environment(&[("ZITADEL_PORT", "2"), ("ZITADEL_EXTERNALPORT", "2")]),
        flags: vec![("--port".to_owned(), "Port".to_owned(), "3".to_owned())],
    })
    .unwrap();
    let settings = &loaded.settings;
    assert_eq!((settings.port, settings.external_port()), (3, 2));
    assert_eq!(settings.external_domain, "file.example");
    let shown = show(&loaded, true, None);
    assert!(shown.contains("flag --port") && shown.contains("environment ZITADEL_EXTERNALPORT"), "{shown}");
    assert!(shown.contains(&format!("file {}", file.display())), "{shown}");
}

#[test]
fn the_own_prefix_wins_over_the_other_and_an_empty_variable_is_not_set() {
    let variables = [("CASTELLAN_PORT", "2"), ("ZITADEL_PORT", "1"), ("CASTELLAN_EXTERNALDOMAIN", "")];
    let settings = from_environment(&variables).unwrap().settings;
    assert_eq!((settings.port, settings.external_domain.as_str()), (2, "localhost"));
}

#[test]
fn a_later_file_replaces_single_keys_of_an_earlier_one_in_any_case() {
    let settings = from_files(&[
        "port: 1\nDATABASE:\n  SQLite:\n    path: /a\nLog: {Level: debug}\n",
        "PORT: 2\nfirstinstance:\n  org:\n    human:\n      username: root\n",
    ])
    .unwrap()
    .settings;
    assert_eq!((settings.port, settings.log.level), (2, Level::Debug));
    assert_eq!(settings.sqlite_path(), PathBuf::from("/a"));
    assert_eq!(settings.first_instance.org.human.user_name, "root");
}

#[test]
fn an_existing_deployments_environment_works() {
    let settings = from_environment(&[
        ("ZITADEL_DATABASE_POSTGRES_HOST", "db"),
        ("ZITADEL_DATABASE_POSTGRES_USER_USERNAME", "zitadel"),
        ("ZITADEL_DATABASE_POSTGRES_USER_PASSWORD", "secret"),
        ("ZITADEL_DATABASE_POSTGRES_USER_SSL_MODE", "disable"),
        ("ZITADEL_DATABASE_POSTGRES_ADMIN_USERNAME", "postgres"),
        ("ZITADEL_DATABASE_POSTGRES_MAXIDLECONNS", "5"),
        ("ZITADEL_EXTERNALSECURE", "false"),
        ("ZITADEL_TLS_ENABLED", "false"),
        ("ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINE_USERNAME", "admin"),
        ("ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINE_NAME", "Admin"),
        ("ZITADEL_FIRSTINSTANCE_ORG_MACHINE_PAT_EXPIRATIONDATE", "2099-01-01T00:00:00Z"),
        ("ZITADEL_FIRSTINSTANCE_PATPATH", "/out/pat"),
        ("ZITADEL_DEFAULTINSTANCE_FEATURES_LOGINV2_REQUIRED", "false"),
        ("ZITADEL_SYSTEMAPIUSERS", r#"{"superuser":{"Path":"/keys/superuser.pub"}}"#),
        ("ZITADEL_PROJECTIONS_CUSTOMIZATIONS_NOTIFICATIONS_MAXFAILURECOUNT", "3"),
        ("ZITADEL_MASTERKEY", "x"),
    ])
    .unwrap()
    .settings;
    assert_eq!(settings.database.engine, Engine::Postgres);
    assert_eq!(settings.first_instance.org.machine.pat.expiration_date.unwrap().to_rfc3339(), "2099-01-01T00:00:00Z");
    assert_eq!(settings.first_instance.pat_path, Some(PathBuf::from("/out/pat")));
    assert_eq!(settings.default_instance.features.login_v2.required, Some(false));
    assert_eq!(settings.system_api_users.0[0].name, "superuser");
}

#[test]
fn keys_without_effect_are_accepted_with_one_note_for_each_place() {
    let loaded = from_files(&["Projections:\n  A: 1\n  B: 2\nDatabase:\n  postgres:\n    Admin:\n      Username: x\n"]);
    let notes = loaded.unwrap().notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("Projections has no effect here"), "{notes:?}");
}

#[test]
fn a_misspelled_key_is_refused_with_its_place_and_the_nearest_key() {
    let message = problem(from_files(&["TLS:\n  KeyPaht: /x\n"]));
    assert!(message.contains("0.yaml") && message.contains("TLS.KeyPaht"), "{message}");
    assert!(message.contains("did you mean TLS.KeyPath?"), "{message}");
    let message = problem(from_files(&["Databse:\n  sqlite:\n    Path: x\n"]));
    assert!(message.contains("did you mean Database?"), "{message}");
    let message = problem(from_environment(&[("ZITADEL_EXTERNALDOMIAN", "x")]));
    assert!(message.contains("environment ZITADEL_EXTERNALDOMIAN"), "{message}");
    assert!(message.contains("did you mean ZITADEL_EXTERNALDOMAIN?"), "{message}");
}

#[test]
fn a_wrong_value_is_refused_with_its_place_and_how_to_write_it() {
    let message = problem(from_environment(&[("ZITADEL_OIDC_DEFAULTACCESSTOKENLIFETIME", "12")]));
    assert!(message.contains("environment ZITADEL_OIDC_DEFAULTACCESSTOKENLIFETIME"), "{message}");
    assert!(message.contains("OIDC.DefaultAccessTokenLifetime") && message.contains("12h30m"), "{message}");
    let message = problem(from_environment(&[("ZITADEL_PORT", "99999")]));
    assert!(message.contains("\"99999\" is not a number from 0 to 65535"), "{message}");
    let message = problem(from_files(&["Port: [1, 2]\n"]));
    assert!(message.contains("not a list"), "{message}");
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let Problems(problems) = from_files(&["Prt: 1\nTLS:\n  Enabled: maybe\n"]).err().unwrap();
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn a_wrong_secret_is_not_repeated_in_the_error() {
    let message = problem(from_environment(&[("ZITADEL_TLS_KEY", "p@ssw0rd-that-is-no-base64")]));
    assert!(message.contains("TLS.Key") && !message.contains("p@ssw0rd"), "{message}");
}

#[test]
fn secrets_are_masked_wherever_settings_are_shown() {
    let loaded = from_environment(&[
        ("CASTELLAN_DATABASE_POSTGRES_DSN", "postgresql://me:hunter2@db/x"),
        ("CASTELLAN_FIRSTINSTANCE_ORG_HUMAN_PASSWORD", "hunter2-Password1!"),
    ])
    .unwrap();
    let shown = show(&loaded, false, None);
    assert!(shown.contains("********") && !shown.contains("hunter2"), "{shown}");
    assert!(!format!("{:?}", loaded.settings).contains("hunter2"));
    assert_eq!(loaded.settings.database.postgres.dsn.expose(), "postgresql://me:hunter2@db/x");
}

#[test]
fn variables_that_kubernetes_sets_for_a_service_are_left_alone() {
    let loaded = from_environment(&[
        ("ZITADEL_PORT", "tcp://10.0.0.1:8080"),
        ("ZITADEL_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("ZITADEL_SERVICE_PORT_HTTP", "8080"),
        ("ZITADEL_DB_SERVICE_HOST", "10.0.0.2"),
    ])
    .unwrap();
    assert_eq!((loaded.settings.port, loaded.notes.len()), (8080, 4));
}

#[test]
fn what_the_server_may_not_connect_to_is_configured_in_the_place_of_the_default() {
    let denied = |loaded: &Loaded| loaded.settings.actions.http.deny_list.entries().join(",");
    assert_eq!(denied(&from_environment(&[]).unwrap()), castellan_outbound::DEFAULT_DENY_LIST.join(","));
    let loaded = from_environment(&[("ZITADEL_ACTIONS_HTTP_DENYLIST", "localhost,10.0.0.0/8")]).unwrap();
    assert_eq!(denied(&loaded), "localhost,10.0.0.0/8");
    let everything = from_files(&["Actions:\n  HTTP:\n    DenyList: []\n"]).unwrap();
    assert_eq!(denied(&everything), "");
    let text = problem(from_environment(&[("CASTELLAN_ACTIONS_HTTP_DENYLIST", "10.0.0.0/99")]));
    assert!(text.contains("10.0.0.0/99") && text.contains("network"), "{text}");
    let text = problem(from_environment(&[("CASTELLAN_OUTBOUND_NAMESERVERS", "ns.example")]));
    assert!(text.contains("192.0.2.1:53"), "{text}");
    let loaded = from_environment(&[("CASTELLAN_OUTBOUND_NAMESERVERS", "192.0.2.1,192.0.2.2:5353")]).unwrap();
    assert_eq!(loaded.settings.outbound.name_servers.0[0].to_string(), "192.0.2.1:53");
}

#[test]
fn tls_without_a_key_and_a_certificate_is_refused() {
    let message = problem(from_environment(&[("ZITADEL_TLS_ENABLED", "true")]));
    assert!(message.contains("TLS is enabled: please specify a key (path) and a cert (path)"), "{message}");
}

#[test]
fn both_databases_at_once_are_refused() {
    let variables = [("CASTELLAN_DATABASE_POSTGRES_HOST", "db"), ("CASTELLAN_DATABASE_SQLITE_PATH", "/x")];
    assert!(problem(from_environment(&variables)).contains("remove one of the two"));
}

#[test]
fn a_service_administrator_needs_both_names() {
    let message = problem(from_environment(&[("ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINE_NAME", "A")]));
    assert!(message.contains("FirstInstance.Org.Machine.Machine.Username: must be given too"), "{message}");
}

#[test]
fn a_file_that_is_missing_or_no_yaml_is_named() {
    let inputs = Inputs { files: vec!["/nowhere/c.yaml".into()], ..Inputs::default() };
    assert!(problem(load(&inputs)).contains("file /nowhere/c.yaml: cannot be read"));
    assert!(problem(from_files(&["a: [1\n"])).contains("is not valid YAML"));
    assert!(from_files(&["# nothing\n\n"]).is_ok());
}

#[test]
fn the_base_url_leaves_out_the_ports_that_go_without_saying() {
    let url = |port: &str, secure: &str| {
        let variables = [("CASTELLAN_EXTERNALPORT", port), ("CASTELLAN_EXTERNALSECURE", secure)];
        from_environment(&variables).unwrap().settings.external_base_url()
    };
    assert_eq!(url("443", "true"), "https://localhost");
    assert_eq!(url("80", "false"), "http://localhost");
    assert_eq!(url("443", "false"), "http://localhost:443");
    assert_eq!(url("0", "true"), "https://localhost");
}

#[test]
fn the_configuration_document_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(PathBuf::from(path).parent().unwrap()).unwrap();
        std::fs::write(path, markdown()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == markdown(), "docs/configuration.md is stale: run with UPDATE_DOCS=1 to write it");
}
