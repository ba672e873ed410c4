//! Exporting organizations: everything of them that the format can hold, read from one snapshot, one organization at a time.

mod left_behind;
mod people;
mod projects;
mod rights;
mod settings;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use castellan_db::{statement, values};
use castellan_directory::organizations::{self, OrgState};
use castellan_kernel::{Caller, Error, Kind, Permission, Result};
use castellan_proto::zitadel::admin::v1::DataOrg;
use castellan_proto::zitadel::management::v1::AddOrgRequest;
use castellan_proto::zitadel::org::v1::{Domain, OrgState as WireState};
use castellan_rpc::Context;

use crate::json_file::{OrgWriter, Orgs, org_json};

pub use left_behind::{LeftBehind, left_behind};
pub(crate) use settings::login as login_policy;

/// What to export.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these organizations; empty: all.
    pub org_ids: Vec<String>,
    /// Not these.
    pub excluded_org_ids: Vec<String>,
    /// Whether the hashes of passwords come along.
    pub with_passwords: bool,
    /// Whether what else people sign in with comes along: the hashes of recovery codes. Secrets of one-time passwords are not
    /// stored yet.
    pub with_otp: bool,
}

/// The ids of the selected organizations, in order.
///
/// # Errors
/// A caller without `iam.read`, or without `iam.write` where secrets come along; an id that is no organization's.
pub async fn organizations(ctx: &mut Context, selection: &Selection) -> Result<Vec<String>> {
    ctx.require(Permission::IamRead, "", None)?;
    if selection.with_passwords || selection.with_otp {
        // Reading the instance is a right that clients of the login have as well.
        ctx.require(Permission::IamWrite, "", None)?;
    }
    let statement = statement!(heavy "SELECT id FROM organizations WHERE instance_id = $1");
    let rows = ctx.read().await?.rows(statement, &[]).await?;
    let all: BTreeSet<String> = rows.iter().map(|row| row.text(0)).collect::<Result<_>>()?;
    if let Some(unknown) = selection.org_ids.iter().find(|id| !all.contains(*id)) {
        let text = format!("there is no organization {unknown}; look at org_ids");
        return Err(Error::bare(Kind::NotFound, text));
    }
    let wanted = |id: &String| {
        (selection.org_ids.is_empty() || selection.org_ids.contains(id)) && !selection.excluded_org_ids.contains(id)
    };
    Ok(all.into_iter().filter(wanted).collect())
}

/// One organization with everything in it. Lists are sorted by id, whatever the engine.
///
/// # Errors
/// When there is no such organization, or storage does not answer.
pub async fn organization(ctx: &mut Context, id: &str, selection: &Selection) -> Result<DataOrg> {
    let caller = Arc::clone(&ctx.caller);
    ctx.caller = Arc::new(Caller { org: id.to_owned(), ..Caller::clone(&caller) });
    let read = read(ctx, id, selection).await;
    ctx.caller = caller;
    read
}

async fn read(ctx: &mut Context, id: &str, selection: &Selection) -> Result<DataOrg> {
    let connection = ctx.read().await?;
    let stored = organizations::find(connection, id)
        .await?
        .ok_or_else(|| Error::bare(Kind::NotFound, format!("there is no organization {id}")))?;
    let state = match stored.state {
        OrgState::Active => WireState::Active,
        OrgState::Inactive => WireState::Inactive,
    };
    let mut org = DataOrg {
        org_id: id.to_owned(),
        org: Some(AddOrgRequest { name: stored.name }),
        org_state: state.into(),
        domains: domains(ctx, id).await?,
        ..DataOrg::default()
    };
    settings::read(ctx, id, &mut org).await?;
    people::read(ctx, id, selection, &mut org).await?;
    projects::read(ctx, id, &mut org).await?;
    rights::read(ctx, id, &mut org).await?;
    Ok(org)
}

async fn domains(ctx: &mut Context, org_id: &str) -> Result<Vec<Domain>> {
    let statement =
        statement!("SELECT domain, is_verified, is_primary FROM org_domains WHERE instance_id = $1 AND org_id = $2");
    let rows = ctx.read().await?.rows(statement, &values![org_id]).await?;
    let domain = |row: &castellan_db::Row| -> Result<Domain> {
        Ok(Domain {
            org_id: org_id.to_owned(),
            domain_name: row.text(0)?,
            is_verified: row.boolean(1)?,
            is_primary: row.boolean(2)?,
            ..Domain::default()
        })
    };
    let mut domains: Vec<Domain> = rows.iter().map(domain).collect::<Result<_>>()?;
    domains.sort_by(|one, other| one.domain_name.cmp(&other.domain_name));
    Ok(domains)
}

/// Exports into a file, which has its name once it is complete. `each` hears of every organization that was written.
///
/// # Errors
/// As [`organizations`], and a file that cannot be written.
pub async fn to_file(
    ctx: &mut Context,
    selection: &Selection,
    path: &Path,
    mut each: impl FnMut(&DataOrg, &[LeftBehind]) + Send,
) -> Result<()> {
    let ids = organizations(ctx, selection).await?;
    let mut output = OrgWriter::create(path)?;
    for id in ids {
        let org = organization(ctx, &id, selection).await?;
        output.write(&org)?;
        each(&org, &left_behind(ctx, &id).await?);
    }
    output.finish()
}

/// Exports as a stream of text.
///
/// # Errors
/// As [`organizations`], and an output that does not take it.
pub async fn to_output(
    ctx: &mut Context,
    selection: &Selection,
    output: impl Write + Send,
    mut each: impl FnMut(&DataOrg, &[LeftBehind]) + Send,
) -> Result<()> {
    let failed = |cause: std::io::Error| {
        Error::bare(Kind::FailedPrecondition, format!("the output cannot be written ({cause})")).because(cause)
    };
    let ids = organizations(ctx, selection).await?;
    let mut output = Orgs::begin(output).map_err(failed)?;
    for id in ids {
        let org = organization(ctx, &id, selection).await?;
        output.add(&org_json(&org)?).map_err(failed)?;
        each(&org, &left_behind(ctx, &id).await?);
    }
    output.end().map(|_| ()).map_err(failed)
}
