//! Puts the layers together: files, environment, flags; checks every value and the rules across keys.

use std::path::PathBuf;

use serde_json::Value;

use super::catalog::{CATALOG, Meaning};
use super::key::{Key, Section};
use super::problem::{Problem, Problems};
use super::settings::{Engine, Settings};
use super::values::{Source, Values};
use super::{environment, file};

/// Where a configuration comes from.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Files in the order given; a later one wins.
    pub files: Vec<PathBuf>,
    /// Variables of the environment.
    pub environment: Vec<(String, String)>,
    /// Flags: the flag with its dashes, the key, the value.
    pub flags: Vec<(String, String, String)>,
}

/// A configuration that has been checked.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings.
    pub settings: Settings,
    /// What was given and has no effect, for the log: one line each.
    pub notes: Vec<String>,
    pub(super) values: Values,
}

/// The layers while they are read.
#[derive(Default)]
pub(super) struct Layers {
    values: Values,
    notes: Vec<String>,
    pub problems: Vec<Problem>,
}

impl Layers {
    /// Takes a value if it can be read as the key's type.
    pub fn give(&mut self, key: &Key, value: Value, source: Source) {
        match (key.check)(&value) {
            Ok(_) => self.values.set(&key.path, value, source),
            Err(message) => self.problems.push(Problem::new(&source, key.path.as_str(), message)),
        }
    }

    /// Remembers that something has no effect, once for each place.
    pub fn note(&mut self, source: &Source, name: &str, reason: &str) {
        let note = format!("{source}: {name} has no effect here: {reason}");
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

/// Reads and checks a configuration. Nothing is written anywhere.
///
/// # Errors
/// Everything that is wrong: unreadable files, unknown keys with the nearest known one, values that cannot be read,
/// and settings that contradict each other.
pub fn load(inputs: &Inputs) -> Result<Loaded, Problems> {
    let mut layers = Layers::default();
    for path in &inputs.files {
        file::read(path, &mut layers);
    }
    environment::read(&inputs.environment, &mut layers);
    for (flag, path, value) in &inputs.flags {
        let source = Source::Flag(flag.clone());
        match CATALOG.meaning(path) {
            Meaning::Key(key) => layers.give(key, Value::String(value.clone()), source),
            _ => {
                let advice = CATALOG.nearest(path).map_or_else(String::new, |near| format!("; did you mean {near}?"));
                let message = format!("there is no such key{advice}");
                layers.problems.push(Problem::new(&source, path.as_str(), message));
            }
        }
    }
    let Layers { values, notes, mut problems } = layers;
    match Settings::read("", &[], &values) {
        Ok(mut settings) => {
            settings.database.engine = engine(&values, &mut problems);
            rules(&settings, &values, &mut problems);
            if problems.is_empty() { Ok(Loaded { settings, notes, values }) } else { Err(Problems(problems)) }
        }
        Err(problem) => {
            problems.push(problem);
            Err(Problems(problems))
        }
    }
}

/// PostgreSQL as soon as one of its connection keys is given.
fn engine(values: &Values, problems: &mut Vec<Problem>) -> Engine {
    let connection = ["DSN", "Host", "Port", "Database", "User.Username", "User.Password"];
    let given = connection.iter().map(|key| format!("Database.postgres.{key}")).find(|path| values.is_set(path));
    match (given, values.given("Database.sqlite.Path")) {
        (None, _) => Engine::Sqlite,
        (Some(path), Some((_, source))) if values.is_set("Database.sqlite.Path") => {
            let message = format!("{path} is given too, which selects PostgreSQL: remove one of the two");
            problems.push(Problem::new(source, "Database.sqlite.Path", message));
            Engine::Postgres
        }
        (Some(_), _) => Engine::Postgres,
    }
}

/// Rules that look at several keys, or at more than the form of a value.
fn rules(settings: &Settings, values: &Values, problems: &mut Vec<Problem>) {
    let mut refuse = |path: &str, message: &str| {
        let place = values.given(path).map_or_else(String::new, |(_, source)| source.to_string());
        problems.push(Problem { place, key: path.to_owned(), message: message.to_owned() });
    };
    let domain = &settings.external_domain;
    if domain.is_empty() || domain.contains(['/', ':', ' ', '@', '?', '#']) {
        refuse("ExternalDomain", "is a domain alone, such as login.example.com, without scheme, port or path");
    }
    let tls = &settings.tls;
    let key = tls.key_path.is_some() || !tls.key.is_empty();
    let certificate = tls.cert_path.is_some() || !tls.cert.0.is_empty();
    if tls.enabled && !(key && certificate) {
        refuse(
            "TLS.Enabled",
            "TLS is enabled: please specify a key (path) and a cert (path), or disable TLS if needed \
             (by flag --tlsMode external|disabled, environment or file)",
        );
    }
    if settings.data_dir.as_os_str().is_empty() {
        refuse("DataDir", "must not be empty");
    }
    let endpoints = &settings.oidc.custom_endpoints;
    for (name, endpoint) in endpoints.all() {
        if !endpoint.path.starts_with('/') || endpoint.path.len() < 2 {
            refuse(&format!("OIDC.CustomEndpoints.{name}.Path"), "must begin with / and go on");
        }
    }
    let defaults = &settings.system_defaults;
    if defaults.default_query_limit == 0 || defaults.default_query_limit > defaults.max_query_limit {
        refuse("SystemDefaults.DefaultQueryLimit", "must be at least 1 and at most SystemDefaults.MaxQueryLimit");
    }
    for (path, bits) in [
        ("MachineKeySize", defaults.secret_generators.machine_key_size),
        ("ApplicationKeySize", defaults.secret_generators.application_key_size),
    ] {
        if ![2048, 3072, 4096].contains(&bits) {
            refuse(&format!("SystemDefaults.SecretGenerators.{path}"), "must be 2048, 3072 or 4096");
        }
    }
    for prefix in ["FirstInstance", "DefaultInstance"] {
        let (language, org) = if prefix == "FirstInstance" {
            (&settings.first_instance.default_language, &settings.first_instance.org)
        } else {
            (&settings.default_instance.default_language, &settings.default_instance.org)
        };
        if !is_language(language) {
            refuse(&format!("{prefix}.DefaultLanguage"), LANGUAGE);
        }
        if !is_language(&org.human.preferred_language) {
            refuse(&format!("{prefix}.Org.Human.PreferredLanguage"), LANGUAGE);
        }
        if org.machine.machine_key.kind.is_some_and(|kind| kind != 1) {
            refuse(&format!("{prefix}.Org.Machine.MachineKey.Type"), "must be 1 (a JSON file)");
        }
        if org.machine.machine_key.kind.is_none() && org.machine.machine_key.expiration_date.is_some() {
            let key = format!("{prefix}.Org.Machine.MachineKey.ExpirationDate");
            refuse(&key, "needs MachineKey.Type: 1 beside it");
        }
        for (name, wanted, names) in [
            ("Machine", org.machine.is_set(), &org.machine.machine),
            ("LoginClient", org.login_client.is_set(), &org.login_client.machine),
        ] {
            if wanted && (names.user_name.is_empty() || names.name.is_empty()) {
                let missing = if names.user_name.is_empty() { "Username" } else { "Name" };
                let key = format!("{prefix}.Org.{name}.Machine.{missing}");
                refuse(&key, "must be given too: a service user has both a Username and a Name");
            }
        }
    }
}

const LANGUAGE: &str = "is not a language: write a BCP 47 tag such as en or pt-BR";

/// Whether a text has the form of a BCP 47 tag.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
