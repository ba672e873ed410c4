//! Importing organizations. First each organization in one transaction: all of it or nothing. Then, once all are there, what crosses
//! organizations: project grants, and after these user grants and administrators. Decisions: docs/decisions/0006-import.md.

mod crossing;
mod first;
mod people;
mod projects;
mod settings;
mod tries;
mod unserved;

use std::sync::Arc;

use castellan_kernel::{Caller, Error, Kind, Permission, Result};
use castellan_proto::zitadel::admin::v1::{DataOrg, ImportDataSuccessOrg};
use castellan_rpc::{Context, failure};

use crate::source::{Read, Source};
use crossing::Stage;

/// How bad it is that something was not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It is there already, from an earlier run or otherwise.
    Skipped,
    /// Castellan has no place for it, or it is out of date; the rest of its organization is there.
    LeftOut,
    /// A rule refused it.
    Failed,
}

/// Something that was not imported, and why.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What it is: `org`, `human_user`, `project_grant` …
    pub kind: &'static str,
    /// Its id in the data; where it has none, what names it.
    pub id: String,
    /// The reason, for the operator.
    pub message: String,
    /// How bad it is.
    pub severity: Severity,
}

/// Who follows an import.
pub trait Listener: Send {
    /// Something of an organization was imported and is durable; called again for what crosses organizations.
    fn imported(&mut self, org: ImportDataSuccessOrg);
    /// Something was not imported.
    fn refused(&mut self, refusal: Refusal);
    /// Another item was worked on.
    fn step(&mut self) {}
}

/// What became of an organization.
enum Fate {
    /// It is there under this id.
    There(String),
    /// It could not be imported.
    Failed,
}

/// A rule that an item of an organization broke.
struct Refused {
    kind: &'static str,
    id: String,
    error: Error,
}

impl Refused {
    fn new(kind: &'static str, id: impl Into<String>) -> impl FnOnce(Error) -> Self {
        let id = id.into();
        move |error| Self { kind, id, error }
    }
}

/// Imports organizations. What could not be imported is told to the listener; the rest stays, and a second run of the same data goes
/// on where the first one ended.
///
/// # Errors
/// A caller without `iam.write`, a source that cannot be read, and a storage that does not answer.
pub async fn import(ctx: &mut Context, source: &Source, listener: &mut dyn Listener) -> Result<()> {
    ctx.require(Permission::IamWrite, "", None)?;
    let caller = Arc::clone(&ctx.caller);
    let outcome = all_stages(ctx, source, listener).await;
    ctx.caller = caller;
    outcome
}

async fn all_stages(ctx: &mut Context, source: &Source, listener: &mut dyn Listener) -> Result<()> {
    let mut fates = Vec::new();
    let mut reading = source.open().await?;
    while let Some(read) = reading.next().await? {
        fates.push(first_stage(ctx, &read, listener).await?);
    }
    for stage in [Stage::Grants, Stage::Rights] {
        let mut reading = source.open().await?;
        let mut fates = fates.iter();
        while let (Some(read), Some(fate)) = (reading.next().await?, fates.next()) {
            if let Fate::There(id) = fate {
                enter(ctx, id);
                crossing::import(ctx, id, &read.org, stage, listener).await?;
            }
        }
    }
    Ok(())
}

async fn first_stage(ctx: &mut Context, read: &Read<'_>, listener: &mut dyn Listener) -> Result<Fate> {
    let org: &DataOrg = &read.org;
    if let Some(broken) = &read.broken {
        listener.refused(Refusal {
            kind: "org",
            id: org.org_id.clone(),
            message: format!("nothing of the organization was imported: {broken}"),
            severity: Severity::Failed,
        });
        return Ok(Fate::Failed);
    }
    let fate = first::import(ctx, org, listener).await?;
    if let Fate::There(id) = &fate {
        for name in &read.unknown {
            listener.refused(Refusal {
                kind: "org",
                id: id.clone(),
                message: format!("the member {name:?} is not part of the format and was left out"),
                severity: Severity::LeftOut,
            });
        }
    }
    Ok(fate)
}

/// Continues in the context of that organization, as a caller does with the header.
fn enter(ctx: &mut Context, org_id: &str) {
    if ctx.caller.org != org_id {
        ctx.caller = Arc::new(Caller { org: org_id.to_owned(), ..Caller::clone(&ctx.caller) });
    }
}

/// The text of an error as the caller would read it.
fn text(ctx: &Context, error: &Error) -> String {
    let languages: Vec<String> =
        ctx.caller.language.iter().cloned().chain([ctx.instance.default_language.clone()]).collect();
    failure::render(error, &languages).message
}

/// Whether an error says nothing about the data: then going on makes no sense.
fn ends_import(error: &Error) -> bool {
    matches!(error.kind(), Kind::Internal | Kind::Unknown | Kind::DataLoss | Kind::Unavailable | Kind::Aborted)
}
