//! The rules for creating, changing and removing projects.

use castellan_db::DbResultExt as _;
use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Permission, Receipt, Result};
use castellan_rpc::Context;

use super::event::{ProjectAdded, ProjectChanged, ProjectDeactivated, ProjectReactivated, ProjectRemoved};
use super::{ProjectHead, ProjectState, sql};
use crate::authorizations;
use crate::wire::require_somewhere;

const ORG_MISSING: Fault = Fault::invalid("COMMAND-fmq7bqQX1s", "Errors.ResourceOwnerMissing");
const ORG_NOT_FOUND: Fault = Fault::not_found("PROJECT-Org1n", "Errors.Org.NotFound");
const NAME_MISSING: Fault = Fault::invalid("PROJECT-IOVCC", "Errors.Project.Invalid");
const ID_TAKEN: Fault = Fault::exists("COMMAND-opamwu", "Errors.Project.AlreadyExisting");
const NAME_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.Project.AlreadyExists");
const CHANGE_INVALID: Fault = Fault::invalid("COMMAND-4m9vS", "Errors.Project.Invalid");
const NOT_FOUND: Fault = Fault::not_found("COMMAND-3M9sd", "Errors.Project.NotFound");
const DEACTIVATE_ID_MISSING: Fault = Fault::invalid("COMMAND-88iF0", "Errors.Project.ProjectIDMissing");
const DEACTIVATE_NOT_FOUND: Fault = Fault::not_found("COMMAND-112M9", "Errors.Project.NotFound");
const NOT_ACTIVE: Fault = Fault::precondition("COMMAND-mki55", "Errors.Project.NotActive");
const REACTIVATE_ID_MISSING: Fault = Fault::invalid("COMMAND-3ihsF", "Errors.Project.ProjectIDMissing");
const NOT_INACTIVE: Fault = Fault::precondition("COMMAND-5M9bs", "Errors.Project.NotInactive");
const REMOVE_ID_MISSING: Fault = Fault::invalid("COMMAND-obqos2l3no", "Errors.IDMissing");

/// A project to create. The name is kept as it is, blanks included.
#[derive(Debug, Clone, Default)]
pub struct NewProject {
    /// The organization that will own it.
    pub org_id: String,
    /// An id of the caller's choice; else one is drawn.
    pub id: Option<String>,
    /// The name, unique within the organization whatever its case.
    pub name: String,
    /// See [`ProjectHead::role_assertion`].
    pub role_assertion: bool,
    /// See [`ProjectHead::role_check`].
    pub role_check: bool,
    /// See [`ProjectHead::has_project_check`].
    pub has_project_check: bool,
    /// See [`ProjectHead::private_labeling`].
    pub private_labeling: i32,
}

/// A created resource.
#[derive(Debug, Clone)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// The receipt of the creation.
    pub receipt: Receipt,
}

/// What can be changed about a project; `None` stays as it is.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub name: Option<String>,
    pub role_assertion: Option<bool>,
    pub role_check: Option<bool>,
    pub has_project_check: Option<bool>,
    pub private_labeling: Option<i32>,
}

/// What is stored after a change.
pub(super) struct Settings {
    pub name: String,
    pub role_assertion: bool,
    pub role_check: bool,
    pub has_project_check: bool,
    pub private_labeling: i32,
}

/// Creates a project, by the rules of the API; setup calls it with its own context.
///
/// # Errors
/// A missing name or organization, a name or id that is taken, a caller without `project.create` on the organization.
pub async fn create(ctx: &mut Context, project: NewProject) -> Result<Created> {
    if project.org_id.is_empty() {
        return Err(ORG_MISSING.into());
    }
    if project.name.is_empty() {
        return Err(NAME_MISSING.into());
    }
    ctx.require(Permission::ProjectCreate, &project.org_id, None)?;
    let tx = ctx.tx().await?;
    if !sql::org_exists(tx, &project.org_id).await? {
        return Err(ORG_NOT_FOUND.into());
    }
    let id = match &project.id {
        Some(id) if sql::exists(tx, id).await? => return Err(ID_TAKEN.into()),
        Some(id) => id.clone(),
        None => ctx.new_id(),
    };
    let head = castellan_rpc::Aggregate::new("project", &id, &project.org_id);
    let event = ProjectAdded {
        name: &project.name,
        project_role_assertion: project.role_assertion,
        project_role_check: project.role_check,
        has_project_check: project.has_project_check,
        private_labeling_setting: project.private_labeling,
    };
    let receipt = ctx.record(&head, &event).await?;
    sql::insert(ctx.tx().await?, &id, &project, &receipt)
        .await
        .on_unique(sql::NAME_INDEX, NAME_TAKEN)
        .on_unique(sql::ID_INDEX, ID_TAKEN)?;
    Ok(Created { id, receipt })
}

pub(super) async fn update(ctx: &mut Context, reach: &Reach, project_id: &str, change: Change) -> Result<Receipt> {
    if project_id.is_empty() || change.name.as_ref().is_some_and(String::is_empty) {
        return Err(CHANGE_INVALID.into());
    }
    let project = ProjectHead::find(ctx.tx().await?, reach, project_id).await?.ok_or(NOT_FOUND)?;
    ctx.require(Permission::ProjectWrite, &project.org_id, Some(&project.id))?;
    let settings = Settings {
        name: change.name.unwrap_or_else(|| project.name.clone()),
        role_assertion: change.role_assertion.unwrap_or(project.role_assertion),
        role_check: change.role_check.unwrap_or(project.role_check),
        has_project_check: change.has_project_check.unwrap_or(project.has_project_check),
        private_labeling: change.private_labeling.unwrap_or(project.private_labeling),
    };
    let event = ProjectChanged {
        name: changed(&settings.name, &project.name).map(String::as_str),
        project_role_assertion: changed(&settings.role_assertion, &project.role_assertion).copied(),
        project_role_check: changed(&settings.role_check, &project.role_check).copied(),
        has_project_check: changed(&settings.has_project_check, &project.has_project_check).copied(),
        private_labeling_setting: changed(&settings.private_labeling, &project.private_labeling).copied(),
    };
    if let ProjectChanged {
        name: None,
        project_role_assertion: None,
        project_role_check: None,
        has_project_check: None,
        private_labeling_setting: None,
    } = event
    {
        return Ok(project.receipt());
    }
    let receipt = ctx.record(&project.aggregate(), &event).await?;
    sql::update(ctx.tx().await?, &project.id, &settings, &receipt).await.on_unique(sql::NAME_INDEX, NAME_TAKEN)?;
    Ok(receipt)
}

fn changed<'a, T: PartialEq>(new: &'a T, old: &T) -> Option<&'a T> {
    (new != old).then_some(new)
}

pub(super) async fn deactivate(ctx: &mut Context, reach: &Reach, project_id: &str) -> Result<Receipt> {
    if project_id.is_empty() {
        return Err(DEACTIVATE_ID_MISSING.into());
    }
    let project = ProjectHead::find(ctx.tx().await?, reach, project_id).await?.ok_or(DEACTIVATE_NOT_FOUND)?;
    ctx.require(Permission::ProjectWrite, &project.org_id, Some(&project.id))?;
    if project.state != ProjectState::Active {
        return Err(NOT_ACTIVE.into());
    }
    let receipt = ctx.record(&project.aggregate(), &ProjectDeactivated {}).await?;
    sql::set_state(ctx.tx().await?, &project.id, ProjectState::Inactive, &receipt).await?;
    Ok(receipt)
}

pub(super) async fn activate(ctx: &mut Context, reach: &Reach, project_id: &str) -> Result<Receipt> {
    if project_id.is_empty() {
        return Err(REACTIVATE_ID_MISSING.into());
    }
    let project = ProjectHead::find(ctx.tx().await?, reach, project_id).await?.ok_or(NOT_FOUND)?;
    ctx.require(Permission::ProjectWrite, &project.org_id, Some(&project.id))?;
    if project.state != ProjectState::Inactive {
        return Err(NOT_INACTIVE.into());
    }
    let receipt = ctx.record(&project.aggregate(), &ProjectReactivated {}).await?;
    sql::set_state(ctx.tx().await?, &project.id, ProjectState::Active, &receipt).await?;
    Ok(receipt)
}

/// Removes the project with all its roles, grants, applications and authorizations; `None` when it was not there.
pub(super) async fn remove(ctx: &mut Context, reach: &Reach, project_id: &str) -> Result<Option<Receipt>> {
    if project_id.is_empty() {
        return Err(REMOVE_ID_MISSING.into());
    }
    let Some(project) = ProjectHead::find(ctx.tx().await?, reach, project_id).await? else {
        // Nothing to remove; but only for callers who could have removed it.
        require_somewhere(ctx, Permission::ProjectDelete)?;
        return match reach {
            Reach::Instance => Ok(None),
            Reach::Org(_) => Err(NOT_FOUND.into()),
        };
    };
    ctx.require(Permission::ProjectDelete, &project.org_id, Some(&project.id))?;
    authorizations::remove_of_project(ctx, &project.id).await?;
    let receipt = ctx.record(&project.aggregate(), &ProjectRemoved {}).await?;
    sql::delete(ctx.tx().await?, &project.id).await?;
    Ok(Some(receipt))
}
