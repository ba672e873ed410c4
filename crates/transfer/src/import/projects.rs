//! Projects with roles, applications and keys of applications.

use std::collections::HashMap;

use castellan_directory::users::head::Reach;
use castellan_kernel::{Fault, Result};
use castellan_projects::applications::{self, AuthMethod, NewApplication, TakenOverKey};
use castellan_projects::projects::{self, NewProject};
use castellan_proto::methods::management_v1 as management;
use castellan_proto::zitadel::admin::v1::{DataOrg, ImportDataSuccessOrg};
use castellan_proto::zitadel::v1::v1::{DataApiApplication, DataOidcApplication, DataProject};
use castellan_rpc::{Context, convert};

use super::{Listener, Refused, unserved};
use crate::rooms;

const PROJECT_MISSING: Fault = Fault::invalid("ADMIN-Im9pP", "Errors.Import.ProjectNotDescribed");
const APP_MISSING: Fault = Fault::invalid("ADMIN-Im0pA", "Errors.Import.AppNotDescribed");

pub(super) async fn import(
    ctx: &mut Context,
    id: &str,
    org: &DataOrg,
    success: &mut ImportDataSuccessOrg,
    listener: &mut dyn Listener,
) -> Result<(), Refused> {
    let reach = Reach::Org(id.to_owned());
    for project in &org.projects {
        let added = add_project(ctx, id, project).await;
        success.project_ids.push(added.map_err(Refused::new("project", project.project_id.as_str()))?);
        listener.step();
    }
    for role in &org.project_roles {
        let name = format!("{} {}", role.project_id, role.role_key);
        rooms().call::<management::AddProjectRole>(ctx, role).await.map_err(Refused::new("project_role", &*name))?;
        success.project_roles.push(name);
        listener.step();
    }
    // The format names the client id of an application beside its keys only, whose assertions carry it.
    let client_ids: HashMap<&str, &str> =
        org.app_keys.iter().map(|key| (key.app_id.as_str(), key.client_id.as_str())).collect();
    let client_id =
        |app: &str| client_ids.get(app).filter(|client| !client.is_empty()).map(|client| (*client).to_owned());
    for app in &org.oidc_apps {
        let added = add_oidc(ctx, &reach, app, client_id(&app.app_id)).await;
        success.oidc_app_ids.push(added.map_err(Refused::new("oidc_app", app.app_id.as_str()))?);
        listener.step();
    }
    for app in &org.api_apps {
        let added = add_api(ctx, &reach, app, client_id(&app.app_id)).await;
        success.api_app_ids.push(added.map_err(Refused::new("api_app", app.app_id.as_str()))?);
        listener.step();
    }
    let now = ctx.now();
    for key in org.app_keys.iter().filter(|key| !unserved::is_expired(key.expiration_date.as_ref(), now)) {
        let taken_over = TakenOverKey {
            project_id: key.project_id.clone(),
            application_id: key.app_id.clone(),
            key_id: key.id.clone(),
            public_key: key.public_key.clone(),
            expires_at: key.expiration_date.as_ref().map(convert::from_timestamp),
        };
        let added = applications::take_over_key(ctx, &reach, taken_over).await;
        success.app_keys.push(added.map_err(Refused::new("app_key", key.id.as_str()))?);
        listener.step();
    }
    Ok(())
}

async fn add_project(ctx: &mut Context, org_id: &str, project: &DataProject) -> Result<String> {
    let request = project.project.clone().ok_or(PROJECT_MISSING)?;
    let new = NewProject {
        org_id: org_id.to_owned(),
        id: given(&project.project_id),
        name: request.name,
        role_assertion: request.project_role_assertion,
        role_check: request.project_role_check,
        has_project_check: request.has_project_check,
        private_labeling: request.private_labeling_setting,
    };
    Ok(projects::create(ctx, new).await?.id)
}

async fn add_oidc(
    ctx: &mut Context,
    reach: &Reach,
    app: &DataOidcApplication,
    client_id: Option<String>,
) -> Result<String> {
    let request = app.app.clone().ok_or(APP_MISSING)?;
    let new =
        NewApplication { project_id: request.project_id.clone(), id: given(&app.app_id), name: request.name.clone() };
    let (auth_method, config) = applications::new_oidc(request)?;
    Ok(applications::create_oidc_as(ctx, reach, new, client_id, auth_method, config).await?.id)
}

async fn add_api(
    ctx: &mut Context,
    reach: &Reach,
    app: &DataApiApplication,
    client_id: Option<String>,
) -> Result<String> {
    let request = app.app.clone().ok_or(APP_MISSING)?;
    let new = NewApplication { project_id: request.project_id, id: given(&app.app_id), name: request.name };
    let auth_method = AuthMethod::from_api_number(request.auth_method_type);
    Ok(applications::create_api_as(ctx, reach, new, client_id, auth_method).await?.id)
}

fn given(id: &str) -> Option<String> {
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}
