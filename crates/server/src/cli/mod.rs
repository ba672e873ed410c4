//! The command line: what can be said, with help that teaches; `run` does it.
//! Flags keep ZITADEL's spelling so that existing scripts work; each has a spelling with dashes too.

mod ready;
mod run;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use zeroize::Zeroizing;

use crate::config::Inputs;
use crate::master_key::KeySource;

pub use run::run;

const ABOUT: &str = "\
Castellan is an identity platform in one binary: it speaks the ZITADEL APIs (gRPC, gRPC-Web, Connect, REST), is an
OAuth 2 and OpenID Connect provider, and keeps its data in an embedded database or in PostgreSQL.

Without a command it starts the server. The first start creates the data directory, a master key and the first
instance, and prints the address and the administrator's password.

Examples:
  castellan                                  start with defaults on http://localhost:8080
  castellan start --config castellan.yaml    start with a configuration file
  castellan config show --changed            what is configured, and where it comes from
  castellan ready                            exit code 0 when the server on this machine can serve
  castellan backup nightly.db                copy the embedded database while the server runs
  castellan export --with-passwords all.json write organizations to a file, to import them elsewhere
";

const AFTER: &str = "\
Every key of the configuration can be given as a flag (--set Key=value), in the environment (CASTELLAN_KEY, ZITADEL_KEY)
or in a file (--config); the first of these that has it wins. `castellan config docs` explains all keys.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "castellan", version, about = "The Castellan identity platform", long_about = ABOUT)]
#[command(after_help = AFTER, propagate_version = true)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: SettingsFlags,
    #[command(flatten)]
    master_key: MasterKeyFlags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server; this is also what happens without a command.
    ///
    /// Tables are brought up to date first, and an empty database gets its first instance. A second start finds
    /// everything in place. SIGTERM or SIGINT ends the server after the requests in flight.
    #[command(aliases = ["start-from-init", "start-from-setup"])]
    Start,
    /// Bring the database up to date and create the first instance, without serving.
    ///
    /// `start` does the same; use this in a job that runs before several servers start on one PostgreSQL.
    Setup {
        #[command(subcommand)]
        step: Option<SetupStep>,
    },
    /// Accepted for compatibility: nothing needs to be initialised.
    ///
    /// The embedded database is created at the first start. For PostgreSQL create the database and its user yourself
    /// (createuser castellan; createdb -O castellan castellan) and name them in Database.postgres.
    Init {
        /// The single step of other installations: user, database, grant, schema, zitadel.
        #[arg(hide = true)]
        step: Option<String>,
    },
    /// Ask the server on this machine whether it can serve; exit code 0 means yes.
    ///
    /// It requests /debug/ready on localhost at the configured Port, over HTTPS when TLS.Enabled is set (the
    /// certificate
    /// is not checked). Useful as the health check of a container.
    #[command(alias = "healthcheck")]
    Ready,
    /// Manage the encryption keys in the database.
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Look at the configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Copy the embedded database to a file; the server may run meanwhile.
    ///
    /// The copy is consistent: it contains every write acknowledged before the command began. Keep the master key
    /// with it, in another place. PostgreSQL has its own tools (pg_dump).
    Backup {
        /// File to write.
        file: PathBuf,
        /// Replace the file if it exists.
        #[arg(long)]
        force: bool,
    },
    /// Replace the embedded database by a copy made with `backup`; the server must not run.
    Restore {
        /// File to read.
        file: PathBuf,
        /// Replace a database that exists. It is kept beside the new one with the ending `.before-restore`.
        #[arg(long)]
        force: bool,
    },
    /// Import organizations from a file that `export` or another server's ExportData made.
    ///
    /// Works on the configured database itself, embedded or PostgreSQL, with the server running or not; nobody has to sign
    /// in. Each organization is imported as a whole or not at all; then follow project grants, user grants and
    /// administrators. The same file can be imported again after an interruption: what is there is left as it is.
    /// While an organization is written into the embedded database, other writers wait.
    ///
    /// The exit code is 1 when something was refused or left out; each reason is a line on standard error.
    ///
    /// Example: castellan import organizations.json --timeout 30m
    Import {
        /// File to read: JSON with the list `orgs`.
        file: PathBuf,
        #[command(flatten)]
        transfer: TransferFlags,
    },
    /// Export organizations to a file, from which `import` or another server's ImportData reads them.
    ///
    /// Works on the configured database itself, embedded or PostgreSQL, with the server running or not; everything is read
    /// from one snapshot. The format has no place for some things, client secrets and personal access tokens among them:
    /// what stays behind is listed on standard error. To move everything, use `backup`, or pg_dump.
    ///
    /// Example: castellan export --org 318840512345 --with-passwords organizations.json
    Export {
        /// File to write; without one, standard output.
        file: Option<PathBuf>,
        /// Only this organization; may be repeated.
        #[arg(long = "org", value_name = "ID")]
        orgs: Vec<String>,
        /// Not this organization; may be repeated.
        #[arg(long = "exclude-org", value_name = "ID")]
        excluded: Vec<String>,
        /// Write the hashes of passwords too; keep the file secret then.
        #[arg(long)]
        with_passwords: bool,
        /// Write the secrets of one-time passwords too; this version stores none.
        #[arg(long)]
        with_otp: bool,
        /// Replace the file if it exists.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        transfer: TransferFlags,
    },
    /// Facts about the API.
    Api {
        #[command(subcommand)]
        command: ApiCommand,
    },
}

/// Flags of import and export.
#[derive(Debug, Args)]
struct TransferFlags {
    /// Id of the instance; needed only where the database holds several.
    #[arg(long, value_name = "ID")]
    instance: Option<String>,
    /// End with a failure when it takes longer, such as 90s, 30m or 1h30m; what is done by then stays.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<std::time::Duration>,
}

#[derive(Debug, Subcommand)]
enum SetupStep {
    /// Accepted for compatibility: a setup that was interrupted leaves nothing half-finished.
    Cleanup,
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Add encryption keys: `ID=KEY` with a key of 32 bytes, or `ID` alone to have one generated.
    ///
    /// To rotate, add a key, name it in EncryptionKeys.<section>.EncryptionKeyID, and move the name that stood there
    /// to DecryptionKeyIDs.
    ///
    /// Example: castellan keys new oidcKey2
    New {
        /// `ID` or `ID=KEY`.
        keys: Vec<String>,
        /// YAML file with a map from ids to keys.
        #[arg(short, long)]
        file: Option<PathBuf>,
    },
    /// List the ids of the encryption keys; the keys themselves are never shown.
    List,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Print every effective value with the place it comes from; secrets are masked.
    Show {
        /// Only keys whose name contains this text, such as `TLS`.
        filter: Option<String>,
        /// Only keys that are not at their default.
        #[arg(long)]
        changed: bool,
    },
    /// Check the configuration and say what is wrong, without starting anything.
    Check,
    /// Print the documentation of all keys (Markdown).
    Docs,
}

#[derive(Debug, Subcommand)]
enum ApiCommand {
    /// List the methods of the contract, and which of them this server serves.
    Coverage,
}

/// Flags that set keys of the configuration.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
struct SettingsFlags {
    /// Configuration file (YAML); may be repeated, a later one wins.
    #[arg(long, global = true, value_name = "FILE")]
    config: Vec<PathBuf>,
    /// File with keys of FirstInstance (YAML); may be repeated. They may stand in --config as well.
    #[arg(long, global = true, value_name = "FILE")]
    steps: Vec<PathBuf>,
    /// Any key, such as `OIDC.DefaultAccessTokenLifetime=1h`; may be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
    /// Directory for the embedded database and the master key [default: ./castellan-data].
    #[arg(long = "dataDir", alias = "data-dir", global = true, value_name = "DIRECTORY")]
    data_dir: Option<String>,
    /// Port of the listener [default: 8080].
    #[arg(long, global = true)]
    port: Option<String>,
    /// Domain under which clients reach the server [default: localhost].
    #[arg(long = "externalDomain", alias = "external-domain", global = true, value_name = "DOMAIN")]
    external_domain: Option<String>,
    /// Port under which clients reach the server [default: the listener's].
    #[arg(long = "externalPort", alias = "external-port", global = true, value_name = "PORT")]
    external_port: Option<String>,
    /// `enabled`: the server does TLS; `external`: a proxy in front does; `disabled`: nobody does.
    #[arg(long = "tlsMode", alias = "tls-mode", global = true, value_name = "MODE", value_parser = tls_mode)]
    tls_mode: Option<TlsMode>,
    /// Accepted for compatibility: there are no projections.
    #[arg(long = "init-projections", global = true, hide = true, num_args = 0..=1, default_missing_value = "true")]
    _init_projections: Option<String>,
    /// Create no first instance (the same as FirstInstance.Skip).
    #[arg(long = "for-mirror", global = true, hide = true)]
    for_mirror: bool,
}

/// Flags that give the master key.
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Master key (at most one; without any, master.key in the data directory is used or made)"
)]
struct MasterKeyFlags {
    /// The master key itself: 32 characters. Other users of this machine can see it; prefer a file.
    #[arg(long = "masterkey", alias = "master-key", global = true, value_name = "KEY")]
    value: Option<String>,
    /// File whose whole content is the master key.
    // An id of its own: commands have arguments named `file`, and ids are shared with them.
    #[arg(
        id = "master_key_file",
        short = 'm',
        long = "masterkeyFile",
        alias = "master-key-file",
        global = true,
        value_name = "FILE"
    )]
    file: Option<PathBuf>,
    /// Take the master key from CASTELLAN_MASTERKEY or ZITADEL_MASTERKEY.
    #[arg(long = "masterkeyFromEnv", alias = "master-key-from-env", global = true)]
    from_environment: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TlsMode {
    Enabled,
    External,
    Disabled,
}

fn tls_mode(text: &str) -> Result<TlsMode, String> {
    match text {
        "enabled" => Ok(TlsMode::Enabled),
        "external" => Ok(TlsMode::External),
        "disabled" => Ok(TlsMode::Disabled),
        _ => Err("value must either be `enabled`, `external` or `disabled`".to_owned()),
    }
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    castellan_kernel::parse_duration(text)
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "write a duration such as 90s, 30m or 1h30m".to_owned())
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

impl SettingsFlags {
    /// All sources of the configuration.
    fn inputs(&self, environment: Vec<(String, String)>) -> Inputs {
        let mut flags: Vec<(String, String, String)> = Vec::new();
        let mut flag = |name: &str, key: &str, value: &str| {
            flags.push((name.to_owned(), key.to_owned(), value.to_owned()));
        };
        for (key, value) in &self.set {
            flag("--set", key, value);
        }
        let single = [
            ("--dataDir", "DataDir", &self.data_dir),
            ("--port", "Port", &self.port),
            ("--externalDomain", "ExternalDomain", &self.external_domain),
            ("--externalPort", "ExternalPort", &self.external_port),
        ];
        for (name, key, value) in single {
            if let Some(value) = value {
                flag(name, key, value);
            }
        }
        if let Some(mode) = self.tls_mode {
            let (own, external) = match mode {
                TlsMode::Enabled => ("true", "true"),
                TlsMode::External => ("false", "true"),
                TlsMode::Disabled => ("false", "false"),
            };
            flag("--tlsMode", "TLS.Enabled", own);
            flag("--tlsMode", "ExternalSecure", external);
        }
        if self.for_mirror {
            flag("--for-mirror", "FirstInstance.Skip", "true");
        }
        Inputs { files: self.config.iter().chain(&self.steps).cloned().collect(), environment, flags }
    }
}

impl MasterKeyFlags {
    fn source(&self) -> Result<KeySource, crate::Failure> {
        match (&self.value, &self.file, self.from_environment) {
            (None, None, false) => Ok(KeySource::Unstated),
            (Some(value), None, false) => Ok(KeySource::Value(Zeroizing::new(value.clone()))),
            (None, Some(path), false) => Ok(KeySource::File(path.clone())),
            (None, None, true) => Ok(KeySource::Environment),
            _ => Err(crate::Failure::new(
                "masterkey must either be provided by file path, value or environment variable: give at most one of \
                 --masterkey, --masterkeyFile and --masterkeyFromEnv",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> CommandLine {
        CommandLine::try_parse_from([&["castellan"], arguments].concat()).unwrap()
    }

    #[test]
    fn the_command_line_is_sound() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn no_command_and_the_older_names_of_start_all_mean_start() {
        assert!(parse(&["--port", "9"]).command.is_none());
        for name in ["start", "start-from-init", "start-from-setup"] {
            let line = parse(&["--config", "a", name, "--config", "b", "--tlsMode", "external"]);
            assert!(matches!(line.command, Some(Command::Start)));
            assert_eq!(line.settings.tls_mode, Some(TlsMode::External));
        }
    }

    #[test]
    fn flags_become_keys_with_their_names() {
        let line =
            parse(&["start", "--externalDomain", "id.example", "--set", "Log.Level=debug", "--tlsMode", "enabled"]);
        let inputs = line.settings.inputs(Vec::new());
        assert!(inputs.flags.contains(&("--set".into(), "Log.Level".into(), "debug".into())));
        assert!(inputs.flags.contains(&("--externalDomain".into(), "ExternalDomain".into(), "id.example".into())));
        assert!(inputs.flags.contains(&("--tlsMode".into(), "ExternalSecure".into(), "true".into())));
    }

    #[test]
    fn at_most_one_master_key_may_be_given() {
        let line = parse(&["start", "--masterkey", "x", "-m", "file"]);
        let failure = line.master_key.source().unwrap_err().to_string();
        assert!(failure.starts_with("masterkey must either be provided by file path, value or environment variable"));
        assert!(matches!(parse(&["start", "-m", "file"]).master_key.source(), Ok(KeySource::File(_))));
    }

    #[test]
    fn time_limits_are_durations_that_are_longer_than_nothing() {
        let limit = |text: &str| CommandLine::try_parse_from(["castellan", "import", "f", "--timeout", text]);
        assert!(limit("1h30m").is_ok());
        for wrong in ["0s", "10", "-1m"] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_file_of_a_command_is_not_the_master_key_file() {
        for arguments in [&["import", "f"][..], &["export", "f"], &["backup", "f"], &["keys", "new", "-f", "f"]] {
            let line = parse(arguments);
            assert!(matches!(line.master_key.source(), Ok(KeySource::Unstated)), "{arguments:?}");
            let with_key = parse(&[arguments, &["-m", "key"]].concat());
            assert!(matches!(with_key.master_key.source(), Ok(KeySource::File(path)) if path.ends_with("key")));
        }
    }

    #[test]
    fn a_wrong_tls_mode_is_refused_with_the_choices() {
        let error = CommandLine::try_parse_from(["castellan", "start", "--tlsMode", "on"]).unwrap_err().to_string();
        assert!(error.contains("value must either be `enabled`, `external` or `disabled`"), "{error}");
    }
}
