//! Admin v1: where the data comes from and goes to, and the time limit. The rules are those of [`crate::import`] and
//! [`crate::export`].

use std::collections::HashMap;
use std::time::Duration;

use castellan_kernel::{Error, Fault, Kind, Permission, Result, parse_duration};
use castellan_proto::zitadel::admin::v1::{self as wire, import_data_request::Data};
use castellan_rpc::Context;

use crate::export::{self, Selection};
use crate::import::{self, Listener, Refusal};
use crate::{files, json_file, older, source::Source};

const SOURCE_MISSING: Fault = Fault::invalid("ADMIN-Im1pS", "Errors.Import.SourceMissing");
const TIMEOUT_INVALID: Fault = Fault::invalid("ADMIN-Im2pT", "Errors.Import.TimeoutInvalid");
const OBJECT_STORES: Fault = Fault::precondition("ADMIN-Im3pO", "Errors.Import.ObjectStore");
const TIMED_OUT: Fault = Fault::new(Kind::DeadlineExceeded, "ADMIN-Im4pD", "Errors.Import.TimedOut");

pub(crate) async fn import_data(
    ctx: &mut Context,
    request: wire::ImportDataRequest,
) -> Result<wire::ImportDataResponse> {
    ctx.require(Permission::IamWrite, "", None)?;
    let source = match request.data.ok_or(SOURCE_MISSING)? {
        Data::DataOrgs(data) => Source::inline(data.orgs),
        Data::DataOrgsv1(data) => Source::inline(data.orgs.into_iter().map(older::org).collect()),
        Data::DataOrgsLocal(input) | Data::DataOrgsv1Local(input) => Source::file(files::to_read(ctx, &input.path)?),
        Data::DataOrgsS3(_) | Data::DataOrgsv1S3(_) | Data::DataOrgsGcs(_) | Data::DataOrgsv1Gcs(_) => {
            return Err(OBJECT_STORES.into());
        }
    };
    let mut answer = Answer::default();
    within(&request.timeout, import::import(ctx, &source, &mut answer)).await?;
    Ok(answer.response)
}

pub(crate) async fn export_data(
    ctx: &mut Context,
    request: wire::ExportDataRequest,
) -> Result<wire::ExportDataResponse> {
    if request.s3_output.is_some() || request.gcs_output.is_some() {
        return Err(OBJECT_STORES.into());
    }
    let selection = Selection {
        org_ids: request.org_ids,
        excluded_org_ids: request.excluded_org_ids,
        with_passwords: request.with_passwords,
        with_otp: request.with_otp,
    };
    // Who may only read the instance may not write files on its server.
    let file = match &request.local_output {
        Some(output) => {
            ctx.require(Permission::IamWrite, "", None)?;
            Some(files::to_write(ctx, &output.path)?)
        }
        None => None,
    };
    let in_answer = file.is_none() || request.response_output;
    within(&request.timeout, async {
        let mut orgs = Vec::new();
        let mut output = file.as_deref().map(json_file::OrgWriter::create).transpose()?;
        for id in export::organizations(ctx, &selection).await? {
            let org = export::organization(ctx, &id, &selection).await?;
            if let Some(output) = &mut output {
                output.write(&org)?;
            }
            if in_answer {
                orgs.push(org);
            }
        }
        if let Some(output) = output {
            output.finish()?;
        }
        Ok(wire::ExportDataResponse { orgs })
    })
    .await
}

/// Runs to the end or to the time limit of the request; without one there is none.
async fn within<T>(timeout: &str, work: impl Future<Output = Result<T>> + Send) -> Result<T> {
    if timeout.is_empty() {
        return work.await;
    }
    let limit = parse_duration(timeout).filter(|limit| *limit > Duration::ZERO).ok_or(TIMEOUT_INVALID)?;
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(Error::from(TIMED_OUT)))
}

/// Gathers the answer.
#[derive(Default)]
struct Answer {
    response: wire::ImportDataResponse,
    /// Where in the answer an organization stands.
    places: HashMap<String, usize>,
}

impl Listener for Answer {
    fn imported(&mut self, org: wire::ImportDataSuccessOrg) {
        let orgs = &mut self.response.success.get_or_insert_default().orgs;
        // What crosses organizations comes later than the organization itself.
        match self.places.get(&org.org_id).and_then(|place| orgs.get_mut(*place)) {
            Some(known) => {
                known.project_grants.extend(org.project_grants);
                known.user_grants.extend(org.user_grants);
                known.org_members.extend(org.org_members);
                known.project_members.extend(org.project_members);
                known.project_grant_members.extend(org.project_grant_members);
            }
            None => {
                self.places.insert(org.org_id.clone(), orgs.len());
                orgs.push(org);
            }
        }
    }

    fn refused(&mut self, refusal: Refusal) {
        let Refusal { kind, id, message, .. } = refusal;
        self.response.errors.push(wire::ImportDataError { r#type: kind.to_owned(), id, message });
    }
}
