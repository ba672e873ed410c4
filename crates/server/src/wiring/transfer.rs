//! Import and export of organizations on the configured database itself.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use castellan_directory::instances;
use castellan_kernel::Caller;
use castellan_rpc::{Context, Environment, Instance};
use castellan_transfer::export::{LeftBehind, Selection, to_file, to_output};
use castellan_transfer::{DataOrg, ImportDataSuccessOrg, Listener, Refusal, Severity, Source};

use super::{Process, environment};
use crate::failure::{Failure, Result};

/// What to import.
#[derive(Debug)]
pub struct Import {
    /// The file.
    pub file: PathBuf,
    /// The instance; needed where there are several.
    pub instance: Option<String>,
    /// How long it may take.
    pub timeout: Option<Duration>,
}

/// What to export, and where to.
#[derive(Debug)]
pub struct Export {
    /// The file; standard output if there is none.
    pub file: Option<PathBuf>,
    /// Whether to replace a file that exists.
    pub force: bool,
    /// The instance; needed where there are several.
    pub instance: Option<String>,
    /// How long it may take.
    pub timeout: Option<Duration>,
    /// Only these organizations; empty: all.
    pub orgs: Vec<String>,
    /// Not these.
    pub excluded: Vec<String>,
    /// Whether to write the hashes of passwords.
    pub with_passwords: bool,
    /// Whether to write the secrets of one-time passwords.
    pub with_otp: bool,
}

/// Imports a file; what was refused stands on standard error.
///
/// # Errors
/// The file cannot be read, something of it was refused or left out, or the time limit is over.
pub async fn import(process: Process, import: Import) -> Result<()> {
    let env = environment::build(&process).await?;
    let instance = instance(&env, import.instance.as_deref()).await?;
    let mut ctx = Context::internal(Arc::clone(&env), Arc::new(instance), "IMPORT");
    let source = Source::file(import.file);
    let mut told = Told::default();
    let outcome = within(import.timeout, castellan_transfer::import(&mut ctx, &source, &mut told)).await;
    ctx.rollback();
    drop(ctx);
    told.progress.end();
    let Told { orgs, users, projects, rights, skipped, refused, .. } = told;
    println!("imported {orgs} organizations with {users} users and {projects} projects, {rights} grants and members");
    if skipped > 0 {
        println!("{skipped} organizations were there already and left as they are");
    }
    env.db.close().await?;
    outcome?;
    if refused > 0 {
        return Err(Failure::new(format!("{refused} items were refused or left out; the reasons stand above")));
    }
    Ok(())
}

/// Exports organizations.
///
/// # Errors
/// The file exists or cannot be written, an organization is not there, or the time limit is over.
pub async fn export(process: Process, export: Export) -> Result<()> {
    if let Some(file) = export.file.as_ref().filter(|file| file.exists() && !export.force) {
        return Err(Failure::new(format!("{} exists; choose another file, or add --force", file.display())));
    }
    let env = environment::build(&process).await?;
    let instance = Arc::new(instance(&env, export.instance.as_deref()).await?);
    let caller = Arc::new(Caller::internal("EXPORT"));
    let mut ctx = Context::new(Arc::clone(&env), instance, caller, Arc::from(""), false);
    let selection = Selection {
        org_ids: export.orgs,
        excluded_org_ids: export.excluded,
        with_passwords: export.with_passwords,
        with_otp: export.with_otp,
    };
    let mut progress = Progress::default();
    let (mut orgs, mut behind) = (0_u64, Vec::<LeftBehind>::new());
    let each = |_: &DataOrg, left: &[LeftBehind]| {
        orgs += 1;
        progress.show(|| format!("{orgs} organizations"));
        for left in left {
            match behind.iter_mut().find(|known| known.what == left.what) {
                Some(known) => known.count += left.count,
                None => behind.push(left.clone()),
            }
        }
    };
    let outcome = match &export.file {
        Some(file) => within(export.timeout, to_file(&mut ctx, &selection, file, each)).await,
        None => {
            let output = std::io::BufWriter::new(std::io::stdout());
            within(export.timeout, to_output(&mut ctx, &selection, output, each)).await
        }
    };
    drop(ctx);
    progress.end();
    outcome?;
    let file = export.file.map_or_else(String::new, |file| format!(" to {}", file.display()));
    eprintln!("exported {orgs} organizations{file}");
    for LeftBehind { what, count } in behind {
        eprintln!("left behind, because the format has no place for them: {count} {what}");
    }
    env.db.close().await?;
    Ok(())
}

async fn within<T>(limit: Option<Duration>, work: impl Future<Output = castellan_kernel::Result<T>>) -> Result<T> {
    let Some(limit) = limit else { return work.await.map_err(failure) };
    match tokio::time::timeout(limit, work).await {
        Ok(outcome) => outcome.map_err(failure),
        Err(_) => Err(Failure::new("it took longer than --timeout; run it again to go on where it ended")),
    }
}

/// A sentence for the operator where the error is one, and everything that is known where it is not.
fn failure(error: castellan_kernel::Error) -> Failure {
    if error.id().is_empty() { Failure::new(error.to_string()) } else { error.into() }
}

/// The named instance, or the only one.
async fn instance(env: &Environment, id: Option<&str>) -> Result<Instance> {
    let mut reads = env.db.single_reads(None);
    let id = match id {
        Some(id) => id.to_owned(),
        None => match instances::first_two(&mut reads).await?.as_slice() {
            [] => return Err(Failure::new("there is no instance yet; run `castellan setup` first")),
            [only] => only.clone(),
            _ => return Err(Failure::new("the database holds several instances; name one with --instance")),
        },
    };
    let found = instances::by_id(&mut reads, &id).await?;
    found.ok_or_else(|| Failure::new(format!("there is no instance {id}")))
}

/// A line on the terminal that is written over; where no terminal is, nothing.
struct Progress {
    shown: Option<Instant>,
    is_terminal: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self { shown: None, is_terminal: std::io::stderr().is_terminal() }
    }
}

impl Progress {
    /// Shows the text, at most ten times a second.
    fn show(&mut self, text: impl FnOnce() -> String) {
        let is_early = self.shown.is_some_and(|shown| shown.elapsed() < Duration::from_millis(100));
        if self.is_terminal && !is_early {
            self.shown = Some(Instant::now());
            let mut output = std::io::stderr().lock();
            let _ = write!(output, "\r\x1b[K{} …", text()).and_then(|()| output.flush());
        }
    }

    /// Makes room for a line that stays.
    fn end(&mut self) {
        if self.shown.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// What an import told so far.
#[derive(Default)]
struct Told {
    progress: Progress,
    steps: u64,
    orgs: u64,
    users: usize,
    projects: usize,
    rights: usize,
    skipped: u64,
    refused: u64,
}

impl Listener for Told {
    fn imported(&mut self, org: ImportDataSuccessOrg) {
        let rights = org.project_grants.len()
            + org.user_grants.len()
            + org.org_members.len()
            + org.project_members.len()
            + org.project_grant_members.len();
        // What crosses organizations comes on its own, after all organizations.
        if rights == 0 {
            self.orgs += 1;
        }
        self.rights += rights;
        self.users += org.human_user_ids.len() + org.machine_user_ids.len();
        self.projects += org.project_ids.len();
        self.step();
    }

    fn refused(&mut self, refusal: Refusal) {
        match refusal.severity {
            Severity::Skipped => self.skipped += 1,
            Severity::LeftOut | Severity::Failed => self.refused += 1,
        }
        self.progress.end();
        eprintln!("{} {}: {}", refusal.kind, refusal.id, refusal.message);
    }

    fn step(&mut self) {
        self.steps += 1;
        let Self { progress, steps, orgs, .. } = self;
        progress.show(|| format!("{orgs} organizations, {steps} items"));
    }
}
