//! The rules for giving, changing and taking roles of a project.

use castellan_db::DbResultExt as _;
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Kind, Permission, Receipt, Result};
use castellan_rpc::{Aggregate, Context};

use super::event::{GrantAdded, GrantCascadeChanged, GrantChanged, GrantDeactivated, GrantReactivated, GrantRemoved};
use super::{Authorization, AuthorizationState, sql};
use crate::grants::{self, Grant};
use crate::projects::{Created, ProjectHead};
use crate::{roles, wire};

const INVALID: Fault = Fault::invalid("COMMAND-kVfMa", "Errors.UserGrant.Invalid");
const USER_NOT_FOUND: Fault = Fault::precondition("COMMAND-4f8sg", "Errors.User.NotFound");
const PROJECT_NOT_FOUND: Fault = Fault::precondition("COMMAND-3n77S", "Errors.Project.NotFound");
const GRANT_NOT_FOUND: Fault = Fault::precondition("COMMAND-4m9ff", "Errors.Project.Grant.NotFound");
const ROLE_NOT_FOUND: Fault = Fault::precondition("COMMAND-mm9F4", "Errors.Project.Role.NotFound");
const EXISTS: Fault = Fault::exists("V3-DKcYh", "Errors.UserGrant.AlreadyExists");
const UPDATE_ID_MISSING: Fault = Fault::invalid("COMMAND-3M0sd", "Errors.UserGrant.Invalid");
const NOT_FOUND: Fault = Fault::not_found("COMMAND-3M9sd", "Errors.UserGrant.NotFound");
const NOT_CHANGED: Fault = Fault::precondition("COMMAND-Rs8fy", "Errors.UserGrant.NotChanged");
const DEACTIVATE_ID_MISSING: Fault = Fault::invalid("COMMAND-N2OhG", "Errors.UserGrant.IDMissing");
const ACTIVATE_ID_MISSING: Fault = Fault::invalid("COMMAND-Qxy8v", "Errors.UserGrant.IDMissing");
const ACTIVATE_NOT_FOUND: Fault = Fault::not_found("COMMAND-Lp0gs", "Errors.UserGrant.NotFound");
const REMOVE_ID_MISSING: Fault = Fault::invalid("COMMAND-J9sc5", "Errors.UserGrant.IDMissing");
const REMOVE_NOT_FOUND: Fault = Fault::not_found("COMMAND-1My0t", "Errors.UserGrant.NotFound");
const BULK_EMPTY: Fault = Fault::invalid("COMMAND-5M0sd", "Errors.UserGrant.IDMissing");
const NOT_FOR_PROJECT: Fault = Fault::denied("EVENT-Shu7e", "Errors.UserGrant.NoPermissionForProject");

/// An authorization to create.
#[derive(Debug, Clone, Default)]
pub struct NewAuthorization {
    /// The organization that gives it; `None` for the owner of the project.
    pub org_id: Option<String>,
    /// The user, of any organization.
    pub user_id: String,
    /// The project.
    pub project_id: String,
    /// The grant by which the project is the organization's, where the caller names it (v1); else it is found.
    pub grant_id: Option<String>,
    /// The roles; may be empty.
    pub role_keys: Vec<String>,
}

/// Which API asks: they reach differently, and answer unchanged roles differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asker {
    /// v1, inside this organization.
    Context(String),
    /// v2, for any organization.
    Anyone,
}

impl Asker {
    fn permit(&self, ctx: &Context, permission: Permission, org: &str, resource: Option<&str>) -> Result<()> {
        ctx.require(permission, org, resource).map_err(|error| match self {
            // The door let the caller in, so what is missing is the right on this project.
            Self::Context(_) if error.kind() == Kind::PermissionDenied => NOT_FOR_PROJECT.into(),
            Self::Context(_) | Self::Anyone => error,
        })
    }

    fn reaches(&self, authorization: &Authorization) -> bool {
        match self {
            Self::Context(org) => authorization.org_id == *org,
            Self::Anyone => true,
        }
    }
}

/// Gives a user roles of a project, by the rules of the API.
///
/// # Errors
/// An unknown user, project, grant or role; an authorization that is there already; a caller without `user.grant.write` on the
/// giving organization.
pub async fn create(ctx: &mut Context, new: NewAuthorization) -> Result<Created> {
    add(ctx, &Asker::Anyone, new).await
}

pub(super) async fn add(ctx: &mut Context, asker: &Asker, new: NewAuthorization) -> Result<Created> {
    if new.user_id.is_empty() || new.project_id.is_empty() {
        return Err(INVALID.into());
    }
    let project =
        ProjectHead::find(ctx.tx().await?, &Reach::Instance, &new.project_id).await?.ok_or(PROJECT_NOT_FOUND)?;
    let org_id = new.org_id.unwrap_or_else(|| project.org_id.clone());
    let grant = grant_for(ctx, &project, &org_id, new.grant_id.as_deref()).await?;
    let resource = grant.as_ref().map_or(project.id.as_str(), |grant| &grant.id);
    asker.permit(ctx, Permission::UserGrantWrite, &org_id, Some(resource))?;
    check(ctx, &new.user_id, &project, grant.as_ref(), &new.role_keys).await?;
    let authorization = sql::NewRow {
        id: ctx.new_id(),
        org_id,
        user_id: new.user_id,
        project_id: project.id,
        grant_id: grant.map(|grant| grant.id).unwrap_or_default(),
        role_keys: new.role_keys,
    };
    let stream = Aggregate::new("usergrant", &authorization.id, &authorization.org_id);
    let event = GrantAdded {
        user_id: &authorization.user_id,
        project_id: &authorization.project_id,
        grant_id: &authorization.grant_id,
        role_keys: &authorization.role_keys,
    };
    let receipt = ctx.record(&stream, &event).await?;
    sql::insert(ctx.tx().await?, &authorization, &receipt).await.on_unique(sql::ONCE_INDEX, EXISTS)?;
    Ok(Created { id: authorization.id, receipt })
}

/// The grant by which the organization may give roles of the project; none for the owner.
async fn grant_for(
    ctx: &mut Context,
    project: &ProjectHead,
    org_id: &str,
    grant_id: Option<&str>,
) -> Result<Option<Grant>> {
    let tx = ctx.tx().await?;
    match grant_id {
        None | Some("") if project.org_id == org_id => Ok(None),
        // v1 names the grant; without one only the owner's own projects exist.
        Some("") => Err(PROJECT_NOT_FOUND.into()),
        Some(grant_id) => {
            let grant = grants::find_by_id(tx, &project.id, grant_id).await?;
            grant.filter(|grant| grant.granted_org_id == org_id).map(Some).ok_or_else(|| GRANT_NOT_FOUND.into())
        }
        None => grants::find_by_org(tx, &project.id, org_id).await?.map(Some).ok_or_else(|| GRANT_NOT_FOUND.into()),
    }
}

/// The user exists, and the roles are those that may be given.
async fn check(
    ctx: &mut Context,
    user_id: &str,
    project: &ProjectHead,
    grant: Option<&Grant>,
    role_keys: &[String],
) -> Result<()> {
    let tx = ctx.tx().await?;
    if !sql::user_exists(tx, user_id).await? {
        return Err(USER_NOT_FOUND.into());
    }
    let known = match grant {
        Some(grant) => grant.role_keys.clone(),
        None => roles::keys_of_project(tx, &project.id).await?,
    };
    if role_keys.iter().all(|key| known.contains(key)) { Ok(()) } else { Err(ROLE_NOT_FOUND.into()) }
}

/// Replaces the roles.
pub(super) async fn update(
    ctx: &mut Context,
    asker: &Asker,
    user_id: Option<&str>,
    id: &str,
    role_keys: Vec<String>,
) -> Result<Receipt> {
    if id.is_empty() {
        return Err(UPDATE_ID_MISSING.into());
    }
    let authorization = permitted(ctx, asker, user_id, id, Permission::UserGrantWrite, NOT_FOUND).await?;
    if role_keys == authorization.role_keys {
        return match asker {
            Asker::Context(_) => Err(NOT_CHANGED.into()),
            Asker::Anyone => Ok(authorization.receipt()),
        };
    }
    let project = ProjectHead::find(ctx.tx().await?, &Reach::Instance, &authorization.project_id)
        .await?
        .ok_or(PROJECT_NOT_FOUND)?;
    let grant = grant_for(ctx, &project, &authorization.org_id, Some(authorization.grant_id.as_str())).await?;
    check(ctx, &authorization.user_id, &project, grant.as_ref(), &role_keys).await?;
    let stream = authorization.aggregate();
    let receipt = match asker {
        Asker::Context(_) => {
            let event = GrantChanged { user_id: &authorization.user_id, role_keys: &role_keys };
            ctx.record(&stream, &event).await?
        }
        Asker::Anyone => ctx.record(&stream, &GrantCascadeChanged { role_keys: &role_keys }).await?,
    };
    sql::set_roles(ctx.tx().await?, &authorization.id, &role_keys, &receipt).await?;
    Ok(receipt)
}

/// Makes the authorization active or inactive; nothing happens when it is already.
pub(super) async fn set_state(
    ctx: &mut Context,
    asker: &Asker,
    user_id: Option<&str>,
    id: &str,
    state: AuthorizationState,
) -> Result<Receipt> {
    let (id_missing, not_found) = match state {
        AuthorizationState::Active => (ACTIVATE_ID_MISSING, ACTIVATE_NOT_FOUND),
        AuthorizationState::Inactive => (DEACTIVATE_ID_MISSING, NOT_FOUND),
    };
    if id.is_empty() {
        return Err(id_missing.into());
    }
    let authorization = permitted(ctx, asker, user_id, id, Permission::UserGrantWrite, not_found).await?;
    if authorization.state == state {
        return Ok(authorization.receipt());
    }
    let stream = authorization.aggregate();
    let receipt = match state {
        AuthorizationState::Active => ctx.record(&stream, &GrantReactivated {}).await?,
        AuthorizationState::Inactive => ctx.record(&stream, &GrantDeactivated {}).await?,
    };
    sql::set_state(ctx.tx().await?, &authorization.id, state, &receipt).await?;
    Ok(receipt)
}

/// Takes the roles from the user; `None` when the authorization was not there (v2 only).
pub(super) async fn remove(
    ctx: &mut Context,
    asker: &Asker,
    user_id: Option<&str>,
    id: &str,
) -> Result<Option<Receipt>> {
    if id.is_empty() {
        return Err(REMOVE_ID_MISSING.into());
    }
    if *asker == Asker::Anyone && sql::find(ctx.tx().await?, id).await?.is_none() {
        wire::require_somewhere(ctx, Permission::UserGrantDelete)?;
        return Ok(None);
    }
    let authorization = permitted(ctx, asker, user_id, id, Permission::UserGrantDelete, REMOVE_NOT_FOUND).await?;
    let event = GrantRemoved {
        user_id: &authorization.user_id,
        project_id: &authorization.project_id,
        grant_id: &authorization.grant_id,
    };
    let receipt = ctx.record(&authorization.aggregate(), &event).await?;
    sql::delete(ctx.tx().await?, &authorization.id).await?;
    Ok(Some(receipt))
}

/// Removes all of them or none.
pub(super) async fn remove_many(ctx: &mut Context, asker: &Asker, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Err(BULK_EMPTY.into());
    }
    for id in ids {
        remove(ctx, asker, None, id).await?;
    }
    Ok(())
}

async fn permitted(
    ctx: &mut Context,
    asker: &Asker,
    user_id: Option<&str>,
    id: &str,
    permission: Permission,
    not_found: Fault,
) -> Result<Authorization> {
    let authorization = sql::find(ctx.tx().await?, id)
        .await?
        .filter(|found| asker.reaches(found) && user_id.is_none_or(|user_id| found.user_id == user_id))
        .ok_or(not_found)?;
    asker.permit(ctx, permission, &authorization.org_id, authorization.permission_resource())?;
    Ok(authorization)
}
