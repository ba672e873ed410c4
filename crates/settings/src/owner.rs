//! Owners of settings that a request of the v2 API names.

use castellan_db::{Connection, statement};
use castellan_kernel::{Fault, Owner, Result};
use castellan_proto::zitadel::object::v2::{RequestContext, request_context};
use castellan_rpc::Context;

const ORG_NOT_FOUND: Fault = Fault::not_found("SETTINGS-Org1n", "Errors.Org.NotFound");
const PROJECT_NOT_FOUND: Fault = Fault::not_found("SETTINGS-Prj1n", "Errors.Project.NotFound");
const APPLICATION_NOT_FOUND: Fault = Fault::not_found("SETTINGS-App1n", "Errors.Project.App.NotFound");

/// Whose settings are asked for: the instance's or an organization's, and those of the organization in context where the
/// request names neither.
pub(crate) fn asked(ctx: &Context, asked: Option<&RequestContext>) -> Owner {
    use request_context::ResourceOwner;
    match asked.and_then(|asked| asked.resource_owner.as_ref()) {
        Some(ResourceOwner::Instance(true)) => Owner::Instance,
        Some(ResourceOwner::OrgId(org)) if !org.is_empty() => Owner::Org(org.clone()),
        _ if ctx.caller.org.is_empty() => Owner::Instance,
        _ => Owner::Org(ctx.caller.org.clone()),
    }
}

/// Settings belong to an organization of this instance or to the instance itself.
///
/// # Errors
/// `SETTINGS-Org1n` when there is no such organization.
pub(crate) async fn require_known(connection: &mut Connection, owner: &Owner) -> Result<()> {
    let Some(org) = owner.org() else { return Ok(()) };
    let statement = statement!("SELECT 1 FROM organizations WHERE instance_id = $1 AND id = $2");
    if connection.row(statement, &[org.into()]).await?.is_none() {
        return Err(ORG_NOT_FOUND.into());
    }
    Ok(())
}

/// The organization that owns a project.
///
/// # Errors
/// `SETTINGS-Prj1n` when there is no such project.
pub(crate) async fn owner_of_project(connection: &mut Connection, id: &str) -> Result<Owner> {
    let statement = statement!("SELECT org_id FROM projects WHERE instance_id = $1 AND id = $2");
    let row = connection.row(statement, &[id.into()]).await?.ok_or(PROJECT_NOT_FOUND)?;
    Ok(Owner::Org(row.text(0)?))
}

/// The organization that owns the project of an application.
///
/// # Errors
/// `SETTINGS-App1n` when there is no such application.
pub(crate) async fn owner_of_application(connection: &mut Connection, id: &str) -> Result<Owner> {
    let statement = statement!(
        "SELECT p.org_id FROM applications a
         JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
         WHERE a.instance_id = $1 AND a.id = $2"
    );
    let row = connection.row(statement, &[id.into()]).await?.ok_or(APPLICATION_NOT_FOUND)?;
    Ok(Owner::Org(row.text(0)?))
}
