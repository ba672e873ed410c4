//! Does what the command line says.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use castellan_kernel::SystemRng;
use clap::Parser;

use super::{ApiCommand, Command, CommandLine, ConfigCommand, KeysCommand, SetupStep, ready};
use crate::config::{self, Loaded};
use crate::failure::{Failure, Result};
use crate::{logging, master_key, wiring};

/// Reads the command line and runs it to its end.
///
/// Returns 0, or 1 after printing why not; clap itself answers help, version and wrong usage (exit code 2).
pub fn run(arguments: impl IntoIterator<Item = OsString>, environment: Vec<(String, String)>) -> ExitCode {
    let line = CommandLine::parse_from(arguments);
    match dispatch(&line, environment) {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "castellan: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(line: &CommandLine, environment: Vec<(String, String)>) -> Result<ExitCode> {
    if matches!(line.command, Some(Command::Config { command: ConfigCommand::Docs })) {
        return print(&config::markdown());
    }
    if let Some(Command::Api { command: ApiCommand::Coverage }) = &line.command {
        return print(&wiring::api_coverage()?);
    }
    let inputs = line.settings.inputs(environment);
    let loaded = config::load(&inputs)?;
    match line.command.as_ref().unwrap_or(&Command::Start) {
        Command::Start => served(line, loaded, &inputs.environment, wiring::serve),
        Command::Setup { step: Some(SetupStep::Cleanup) } => {
            print("Nothing to clean up: setup runs in transactions and leaves nothing half-finished.\n")
        }
        Command::Setup { step: None } => served(line, loaded, &inputs.environment, wiring::setup),
        Command::Init { .. } => print(
            "Nothing to initialise: the embedded database is created at the first start, and in PostgreSQL the \
             server creates its tables itself.\nNext: castellan start\n",
        ),
        Command::Ready => ready::check(&loaded.settings).map(|()| ExitCode::SUCCESS),
        Command::Keys { command: KeysCommand::New { keys, file } } => {
            let keys = new_keys(keys, file.as_deref())?;
            served(line, loaded, &inputs.environment, |process| wiring::keys_new(process, keys))
        }
        Command::Keys { command: KeysCommand::List } => served(line, loaded, &inputs.environment, wiring::keys_list),
        Command::Config { command: ConfigCommand::Show { filter, changed } } => {
            print(&config::show(&loaded, *changed, filter.as_deref()))
        }
        Command::Config { command: _ } => {
            let notes: String = loaded.notes.iter().map(|note| format!("note: {note}\n")).collect();
            print(&format!("{notes}The configuration is good.\n"))
        }
        Command::Backup { file, force } => {
            block_on(wiring::backup(loaded.settings, file.clone(), *force))?;
            print(&format!("The database was copied to {}. Keep the master key too.\n", file.display()))
        }
        Command::Restore { file, force } => {
            block_on(wiring::restore(loaded.settings, file.clone(), *force))?;
            print("The database was restored. Start the server with the master key that belongs to it.\n")
        }
        Command::Import { file, transfer } => {
            let import =
                wiring::Import { file: file.clone(), instance: transfer.instance.clone(), timeout: transfer.timeout };
            served(line, loaded, &inputs.environment, |process| wiring::import(process, import))
        }
        Command::Export { file, orgs, excluded, with_passwords, with_otp, force, transfer } => {
            let export = wiring::Export {
                file: file.clone(),
                force: *force,
                instance: transfer.instance.clone(),
                timeout: transfer.timeout,
                orgs: orgs.clone(),
                excluded: excluded.clone(),
                with_passwords: *with_passwords,
                with_otp: *with_otp,
            };
            served(line, loaded, &inputs.environment, |process| wiring::export(process, export))
        }
        Command::Api { .. } => Ok(ExitCode::SUCCESS),
    }
}

/// Runs what needs the log and the master key.
fn served<F, W>(line: &CommandLine, loaded: Loaded, environment: &[(String, String)], work: W) -> Result<ExitCode>
where
    W: FnOnce(wiring::Process) -> F,
    F: Future<Output = Result<()>>,
{
    let key_source = line.master_key.source()?;
    let tracing = logging::start(&loaded.settings)?;
    for note in &loaded.notes {
        tracing::info!("{note}");
    }
    let master_key = master_key::load(&key_source, &loaded.settings, environment, &SystemRng::default())?;
    let done = block_on(work(wiring::Process { settings: loaded.settings, master_key }));
    tracing.stop();
    done.map(|()| ExitCode::SUCCESS)
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("the system gives no threads").because(error))?
        .block_on(work)
}

fn print(text: &str) -> Result<ExitCode> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // Whoever reads may stop early (`castellan config docs | head`).
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new("the output cannot be written").because(error))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// The keys of `keys new`: an id, and its 32 bytes unless they are to be generated.
fn new_keys(arguments: &[String], file: Option<&std::path::Path>) -> Result<Vec<wiring::NewKey>> {
    let mut keys: Vec<(String, Option<String>)> = Vec::new();
    if let Some(path) = file {
        let wrong = |cause: String| {
            Failure::new(format!("{}: expects a map from key ids to keys of 32 bytes ({cause})", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        let map: std::collections::BTreeMap<String, String> =
            serde_saphyr::from_str(&text).map_err(|_| wrong("it is no such YAML".to_owned()))?;
        keys.extend(map.into_iter().map(|(id, key)| (id, Some(key))));
    }
    for argument in arguments {
        keys.push(match argument.split_once('=') {
            Some((id, key)) => (id.to_owned(), Some(key.to_owned())),
            None => (argument.clone(), None),
        });
    }
    if keys.is_empty() {
        return Err(Failure::new("no key was given; example: castellan keys new oidcKey2"));
    }
    keys.into_iter()
        .map(|(id, key)| {
            let key = key.map(|key| {
                <[u8; 32]>::try_from(key.as_bytes())
                    .map_err(|_| Failure::new(format!("key {id}: must be 32 bytes, but is {}", key.len())))
            });
            Ok(wiring::NewKey { id, key: key.transpose()?.map(zeroize::Zeroizing::new) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_keys_are_given_or_generated_and_have_32_bytes() {
        let keys = new_keys(&["a".to_owned(), format!("b={}", "k".repeat(32))], None).unwrap();
        assert!(keys[0].key.is_none() && keys[1].key.as_ref().is_some_and(|key| key[0] == b'k'));
        let failure = new_keys(&["c=short".to_owned()], None).err().unwrap().to_string();
        assert_eq!(failure, "key c: must be 32 bytes, but is 5");
        assert!(new_keys(&[], None).is_err());
    }
}
