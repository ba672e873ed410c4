//! The rules for granting projects to other organizations.

use castellan_db::DbResultExt as _;
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{GrantAdded, GrantCascadeChanged, GrantChanged, GrantDeactivated, GrantReactivated, GrantRemoved};
use super::{Grant, sql};
use crate::projects::{Created, ProjectHead, ProjectState, org_exists};
use crate::{authorizations, roles, wire};

const PROJECT_MISSING: Fault = Fault::invalid("COMMAND-FYRnWEzBzV", "Errors.Project.Grant.Invalid");
const ORG_MISSING: Fault = Fault::invalid("COMMAND-PPhHpWGRAE", "Errors.Project.Grant.Invalid");
const CREATE_PROJECT_NOT_FOUND: Fault = Fault::precondition("COMMAND-m9gsd", "Errors.Project.NotFound");
const ORG_NOT_FOUND: Fault = Fault::precondition("COMMAND-3m9gg", "Errors.Org.NotFound");
const ROLE_NOT_FOUND: Fault = Fault::precondition("COMMAND-6m9gd", "Errors.Project.Role.NotFound");
const TO_OWNER: Fault = Fault::precondition("PROJECT-ckUpbvboAH", "Errors.Project.Grant.Invalid");
const EXISTS: Fault = Fault::exists("V3-DKcYh", "Errors.Project.Grant.AlreadyExists");
const UPDATE_ID_MISSING: Fault = Fault::invalid("PROJECT-1j83s", "Errors.IDMissing");
const STATE_ID_MISSING: Fault = Fault::invalid("PROJECT-p0s4V", "Errors.IDMissing");
const PROJECT_NOT_FOUND: Fault = Fault::precondition("COMMAND-EbFMN", "Errors.Project.NotFound");
const NOT_FOUND: Fault = Fault::not_found("PROJECT-D8JxR", "Errors.Project.Grant.NotFound");

/// A project grant to create.
#[derive(Debug, Clone, Default)]
pub struct NewGrant {
    /// An id of the caller's choice (an import); else one is drawn.
    pub id: Option<String>,
    /// The project.
    pub project_id: String,
    /// The organization that gets it.
    pub granted_org_id: String,
    /// The roles that the organization may give to users; may be empty.
    pub role_keys: Vec<String>,
}

/// How callers name a grant: v1 by its id, v2 by the organization that has it.
#[derive(Debug, Clone)]
pub(super) enum Name {
    Id(String),
    Org(String),
}

impl Name {
    fn is_empty(&self) -> bool {
        let (Self::Id(name) | Self::Org(name)) = self;
        name.is_empty()
    }
}

/// Grants a project to an organization; the id is the grant's.
///
/// # Errors
/// An unknown project, organization or role; a grant to the owner or a second one; a caller without `project.grant.write` on
/// the project.
pub async fn create(ctx: &mut Context, reach: &Reach, grant: NewGrant) -> Result<Created> {
    if grant.project_id.is_empty() {
        return Err(PROJECT_MISSING.into());
    }
    if grant.granted_org_id.is_empty() {
        return Err(ORG_MISSING.into());
    }
    let project =
        ProjectHead::find(ctx.tx().await?, reach, &grant.project_id).await?.ok_or(CREATE_PROJECT_NOT_FOUND)?;
    ctx.require(Permission::ProjectGrantWrite, &project.org_id, Some(&project.id))?;
    let tx = ctx.tx().await?;
    if !org_exists(tx, &grant.granted_org_id).await? {
        return Err(ORG_NOT_FOUND.into());
    }
    if grant.granted_org_id == project.org_id {
        return Err(TO_OWNER.into());
    }
    check_roles(ctx, &project.id, &grant.role_keys).await?;
    let id = grant.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(|| ctx.new_id());
    let event = GrantAdded { grant_id: &id, granted_org_id: &grant.granted_org_id, role_keys: &grant.role_keys };
    let receipt = ctx.record(&project.aggregate(), &event).await?;
    sql::insert(ctx.tx().await?, &id, &grant, &receipt)
        .await
        .on_unique(sql::ONCE_INDEX, EXISTS)
        .on_unique(sql::ID_INDEX, EXISTS)?;
    Ok(Created { id, receipt })
}

async fn check_roles(ctx: &mut Context, project_id: &str, role_keys: &[String]) -> Result<()> {
    let known = roles::keys_of_project(ctx.tx().await?, project_id).await?;
    if role_keys.iter().all(|key| known.contains(key)) { Ok(()) } else { Err(ROLE_NOT_FOUND.into()) }
}

pub(super) async fn update(
    ctx: &mut Context,
    reach: &Reach,
    project_id: &str,
    name: &Name,
    role_keys: Vec<String>,
) -> Result<Receipt> {
    if name.is_empty() {
        return Err(UPDATE_ID_MISSING.into());
    }
    ctx.tx().await?;
    let grant = find(ctx, reach, project_id, name).await?.ok_or(NOT_FOUND)?;
    require(ctx, Permission::ProjectGrantWrite, &grant)?;
    check_roles(ctx, &grant.project_id, &role_keys).await?;
    if role_keys == grant.role_keys {
        return Ok(stored(&grant));
    }
    let event = GrantChanged { grant_id: &grant.id, role_keys: &role_keys };
    let receipt = ctx.record(&aggregate(&grant), &event).await?;
    sql::set_roles(ctx.tx().await?, &grant.id, &role_keys, &receipt).await?;
    let removed = wire::without(&grant.role_keys, &role_keys);
    authorizations::drop_roles(ctx, &grant.project_id, Some(&grant.id), &removed).await?;
    Ok(receipt)
}

/// Makes the grant active or inactive; nothing happens when it is already.
pub(super) async fn set_state(
    ctx: &mut Context,
    reach: &Reach,
    project_id: &str,
    name: &Name,
    state: ProjectState,
) -> Result<Receipt> {
    if project_id.is_empty() || name.is_empty() {
        return Err(STATE_ID_MISSING.into());
    }
    ProjectHead::find(ctx.tx().await?, reach, project_id).await?.ok_or(PROJECT_NOT_FOUND)?;
    let grant = find(ctx, reach, project_id, name).await?.ok_or(NOT_FOUND)?;
    require(ctx, Permission::ProjectGrantWrite, &grant)?;
    if grant.state == state {
        return Ok(stored(&grant));
    }
    let stream = aggregate(&grant);
    let receipt = match state {
        ProjectState::Active => ctx.record(&stream, &GrantReactivated { grant_id: &grant.id }).await?,
        ProjectState::Inactive => ctx.record(&stream, &GrantDeactivated { grant_id: &grant.id }).await?,
    };
    sql::set_state(ctx.tx().await?, &grant.id, state, &receipt).await?;
    Ok(receipt)
}

/// Takes the project back, and with it all authorizations of the grant; `None` when it was not granted.
pub(super) async fn remove(ctx: &mut Context, reach: &Reach, project_id: &str, name: &Name) -> Result<Option<Receipt>> {
    if name.is_empty() {
        return Err(UPDATE_ID_MISSING.into());
    }
    ctx.tx().await?;
    let Some(grant) = find(ctx, reach, project_id, name).await? else {
        // Nothing to remove; but only for callers who could have removed it.
        wire::require_somewhere(ctx, Permission::ProjectGrantDelete)?;
        return match reach {
            Reach::Instance => Ok(None),
            Reach::Org(_) => Err(NOT_FOUND.into()),
        };
    };
    require(ctx, Permission::ProjectGrantDelete, &grant)?;
    authorizations::remove_of_grant(ctx, &grant.id).await?;
    let receipt = ctx.record(&aggregate(&grant), &GrantRemoved { grant_id: &grant.id }).await?;
    sql::delete(ctx.tx().await?, &grant.id).await?;
    Ok(Some(receipt))
}

/// Takes removed roles of a project out of all its grants.
pub(crate) async fn drop_roles(ctx: &mut Context, project: &ProjectHead, removed: &[String]) -> Result<()> {
    for (grant_id, role_keys) in sql::roles_of_project(ctx.tx().await?, &project.id).await? {
        let kept = wire::without(&role_keys, removed);
        if kept != role_keys {
            let event = GrantCascadeChanged { grant_id: &grant_id, role_keys: &kept };
            let receipt = ctx.record(&project.aggregate(), &event).await?;
            sql::set_roles(ctx.tx().await?, &grant_id, &kept, &receipt).await?;
        }
    }
    Ok(())
}

async fn find(ctx: &mut Context, reach: &Reach, project_id: &str, name: &Name) -> Result<Option<Grant>> {
    let tx = ctx.tx().await?;
    let grant = match name {
        Name::Id(id) => sql::find_by_id(tx, project_id, id).await?,
        Name::Org(org) => sql::find_by_org(tx, project_id, org).await?,
    };
    Ok(grant.filter(|grant| match reach {
        Reach::Instance => true,
        Reach::Org(org) => grant.org_id == *org,
    }))
}

/// Rights on the grant alone suffice, or on the project.
fn require(ctx: &Context, permission: Permission, grant: &Grant) -> Result<()> {
    if ctx.caller.may(permission, &grant.org_id, Some(&grant.id)) {
        return Ok(());
    }
    ctx.require(permission, &grant.org_id, Some(&grant.project_id))
}

fn aggregate(grant: &Grant) -> Aggregate {
    Aggregate::new("project", &grant.project_id, &grant.org_id)
}

fn stored(grant: &Grant) -> Receipt {
    Receipt {
        sequence: grant.sequence,
        created_at: Some(grant.created_at),
        changed_at: grant.changed_at,
        owner: grant.org_id.clone(),
    }
}
