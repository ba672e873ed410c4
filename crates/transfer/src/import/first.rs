//! An organization with everything in it, in one transaction.

use castellan_directory::organizations::{self, domains};
use castellan_kernel::{Fault, Permission, Result};
use castellan_proto::methods::management_v1 as management;
use castellan_proto::zitadel::admin::v1::{DataOrg, ImportDataSuccessOrg};
use castellan_proto::zitadel::management::v1 as wire;
use castellan_proto::zitadel::org::v1::OrgState;
use castellan_rpc::Context;

use super::people::{self, Passwords};
use super::tries::Tries;
use super::{Fate, Listener, Refusal, Refused, Severity, ends_import, enter, projects, settings, text, unserved};
use crate::rooms;

const NOT_THERE: Fault = Fault::not_found("ADMIN-Im5pN", "Errors.Import.OrgNotDescribed");
const STATE_INVALID: Fault = Fault::invalid("ADMIN-Im6pS", "Errors.Import.OrgState");

/// Imports an organization that is not there yet.
pub(super) async fn import(ctx: &mut Context, org: &DataOrg, listener: &mut dyn Listener) -> Result<Fate> {
    let id = if org.org_id.trim().is_empty() { ctx.new_id() } else { org.org_id.trim().to_owned() };
    if organizations::exists(&mut ctx.look(), &id).await? {
        if org.org.is_some() {
            listener.refused(Refusal {
                kind: "org",
                id: id.clone(),
                message: "the organization exists already; what it holds was left as it is".to_owned(),
                severity: Severity::Skipped,
            });
        }
        return Ok(Fate::There(id));
    }
    enter(ctx, &id);
    let outcome = match people::hash_passwords(ctx, org, listener).await {
        Ok(passwords) => write(ctx, &id, org, &passwords, listener).await,
        Err(refused) => Err(refused),
    };
    match outcome {
        Ok(success) => {
            listener.imported(success);
            unserved::report(ctx, &id, org, listener);
            Ok(Fate::There(id))
        }
        Err(refused) if ends_import(&refused.error) => Err(refused.error),
        Err(refused) => {
            let reason = text(ctx, &refused.error);
            listener.refused(Refusal {
                kind: refused.kind,
                id: refused.id.clone(),
                message: reason.clone(),
                severity: Severity::Failed,
            });
            if refused.kind != "org" {
                let message =
                    format!("nothing of the organization was imported, because of {} {}", refused.kind, refused.id);
                listener.refused(Refusal { kind: "org", id, message, severity: Severity::Failed });
            }
            Ok(Fate::Failed)
        }
    }
}

async fn write(
    ctx: &mut Context,
    id: &str,
    org: &DataOrg,
    passwords: &Passwords,
    listener: &mut dyn Listener,
) -> Result<ImportDataSuccessOrg, Refused> {
    let mut tries = Tries::default();
    loop {
        let outcome = match content(ctx, id, org, passwords, listener).await {
            Ok(success) => ctx.commit().await.map(|()| success).map_err(Refused::new("org", id)),
            Err(refused) => Err(refused),
        };
        match outcome {
            Ok(success) => return Ok(success),
            Err(refused) => {
                if !tries.again(ctx, &refused.error).await {
                    return Err(refused);
                }
            }
        }
    }
}

async fn content(
    ctx: &mut Context,
    id: &str,
    org: &DataOrg,
    passwords: &Passwords,
    listener: &mut dyn Listener,
) -> Result<ImportDataSuccessOrg, Refused> {
    let mut success = ImportDataSuccessOrg { org_id: id.to_owned(), ..ImportDataSuccessOrg::default() };
    create(ctx, id, org, &mut success).await?;
    settings::import(ctx, id, org).await?;
    people::import(ctx, id, org, passwords, &mut success, listener).await?;
    projects::import(ctx, id, org, &mut success, listener).await?;
    // Last, because nothing more is added to it in this transaction.
    match org.org_state() {
        OrgState::Unspecified | OrgState::Active => {}
        OrgState::Inactive => {
            let request = wire::DeactivateOrgRequest {};
            rooms().call::<management::DeactivateOrg>(ctx, &request).await.map_err(Refused::new("org", id))?;
        }
        OrgState::Removed => return Err(Refused::new("org", id)(STATE_INVALID.into())),
    }
    Ok(success)
}

/// The organization with its domains. A primary domain in the data takes the place of the one that is made of the name.
async fn create(ctx: &mut Context, id: &str, org: &DataOrg, success: &mut ImportDataSuccessOrg) -> Result<(), Refused> {
    let refused = || Refused::new("org", id);
    let name = &org.org.as_ref().ok_or_else(|| refused()(NOT_THERE.into()))?.name;
    ctx.require(Permission::OrgWrite, id, None).map_err(refused())?;
    let external_domain = ctx.env().hosts.external_domain.clone();
    let generated = if org.domains.iter().any(|domain| domain.is_primary) {
        organizations::create_without_domain(ctx, id, name).await.map_err(refused())?;
        None
    } else {
        organizations::create_with_id(ctx, id, name, &external_domain).await.map_err(refused())?;
        organizations::generated_domain(name, &external_domain).ok()
    };
    let is_there = |domain: &str| generated.as_ref().is_some_and(|there| there.eq_ignore_ascii_case(domain));
    for domain in org.domains.iter().filter(|domain| !is_there(domain.domain_name.trim())) {
        let name = domain.domain_name.as_str();
        domains::take_over(ctx, id, name, domain.is_verified, domain.is_primary)
            .await
            .map_err(Refused::new("domain", name))?;
        success.domains.push(name.to_owned());
    }
    Ok(())
}
