//! Projects with roles, applications and keys of applications. The project that stands for the APIs stays: every server has its own.

use castellan_db::{Row, statement, values};
use castellan_kernel::Result;
use castellan_proto::methods::management_v1 as management;
use castellan_proto::zitadel::admin::v1::DataOrg;
use castellan_proto::zitadel::app::v1::{App, OidcConfig, app::Config};
use castellan_proto::zitadel::management::v1 as wire;
use castellan_proto::zitadel::v1::v1::{DataApiApplication, DataAppKey, DataOidcApplication, DataProject};
use castellan_rpc::{Context, convert};

use crate::rooms;

pub(super) async fn read(ctx: &mut Context, org_id: &str, org: &mut DataOrg) -> Result<()> {
    let now = ctx.now();
    let api_project = ctx.instance.project_id.clone();
    let connection = ctx.read().await?;
    let projects = statement!(
        heavy "SELECT id, name, role_assertion, role_check, has_project_check, private_labeling
         FROM projects WHERE instance_id = $1 AND org_id = $2 AND id <> $3"
    );
    let rows = connection.rows(projects, &values![org_id, &api_project]).await?;
    org.projects = rows.iter().map(project).collect::<Result<_>>()?;
    org.projects.sort_by(|one, other| one.project_id.cmp(&other.project_id));

    let roles = statement!(
        heavy "SELECT r.project_id, r.key, r.display_name, r.group_name FROM project_roles r
         JOIN projects p ON p.instance_id = r.instance_id AND p.id = r.project_id
         WHERE r.instance_id = $1 AND p.org_id = $2 AND p.id <> $3"
    );
    let rows = connection.rows(roles, &values![org_id, &api_project]).await?;
    org.project_roles = rows.iter().map(role).collect::<Result<_>>()?;
    org.project_roles.sort_by(|one, other| (&one.project_id, &one.role_key).cmp(&(&other.project_id, &other.role_key)));

    let keys = statement!(
        heavy "SELECT k.id, a.project_id, a.id, a.client_id, k.type, k.expires_at, k.public_key FROM application_keys k
         JOIN applications a ON a.instance_id = k.instance_id AND a.id = k.application_id
         JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id
         WHERE k.instance_id = $1 AND p.org_id = $2 AND p.id <> $3 AND k.expires_at > $4"
    );
    let rows = connection.rows(keys, &values![org_id, &api_project, now]).await?;
    org.app_keys = rows.iter().map(key).collect::<Result<_>>()?;
    org.app_keys.sort_by(|one, other| one.id.cmp(&other.id));

    for project_id in org.projects.iter().map(|project| project.project_id.clone()).collect::<Vec<_>>() {
        let request = wire::ListAppsRequest { project_id, ..wire::ListAppsRequest::default() };
        let apps = rooms().call::<management::ListApps>(ctx, &request).await?.result;
        for app in apps {
            add_app(&request.project_id, app, org);
        }
    }
    org.oidc_apps.sort_by(|one, other| one.app_id.cmp(&other.app_id));
    org.api_apps.sort_by(|one, other| one.app_id.cmp(&other.app_id));
    Ok(())
}

fn project(row: &Row) -> Result<DataProject> {
    Ok(DataProject {
        project_id: row.text(0)?,
        project: Some(wire::AddProjectRequest {
            name: row.text(1)?,
            project_role_assertion: row.boolean(2)?,
            project_role_check: row.boolean(3)?,
            has_project_check: row.boolean(4)?,
            private_labeling_setting: row.small(5)?,
        }),
    })
}

fn role(row: &Row) -> Result<wire::AddProjectRoleRequest> {
    let (role_key, display_name) = (row.text(1)?, row.text(2)?);
    Ok(wire::AddProjectRoleRequest {
        project_id: row.text(0)?,
        // The format does not take an empty one.
        display_name: if display_name.is_empty() { role_key.clone() } else { display_name },
        role_key,
        group: row.text(3)?,
    })
}

fn key(row: &Row) -> Result<DataAppKey> {
    Ok(DataAppKey {
        id: row.text(0)?,
        project_id: row.text(1)?,
        app_id: row.text(2)?,
        client_id: row.opt_text(3)?.unwrap_or_default(),
        r#type: row.small(4)?,
        expiration_date: Some(convert::timestamp(row.timestamp(5)?)),
        public_key: row.bytes(6)?,
    })
}

fn add_app(project_id: &str, app: App, org: &mut DataOrg) {
    let project_id = project_id.to_owned();
    match app.config {
        Some(Config::OidcConfig(config)) => org.oidc_apps.push(DataOidcApplication {
            app_id: app.id,
            app: Some(wire::AddOidcAppRequest { project_id, name: app.name, ..oidc(config) }),
        }),
        Some(Config::ApiConfig(config)) => org.api_apps.push(DataApiApplication {
            app_id: app.id,
            app: Some(wire::AddApiAppRequest { project_id, name: app.name, auth_method_type: config.auth_method_type }),
        }),
        // The format has no place for SAML applications.
        Some(Config::SamlConfig(_)) | None => {}
    }
}

fn oidc(config: OidcConfig) -> wire::AddOidcAppRequest {
    wire::AddOidcAppRequest {
        redirect_uris: config.redirect_uris,
        response_types: config.response_types,
        grant_types: config.grant_types,
        app_type: config.app_type,
        auth_method_type: config.auth_method_type,
        post_logout_redirect_uris: config.post_logout_redirect_uris,
        version: config.version,
        dev_mode: config.dev_mode,
        access_token_type: config.access_token_type,
        access_token_role_assertion: config.access_token_role_assertion,
        id_token_role_assertion: config.id_token_role_assertion,
        id_token_userinfo_assertion: config.id_token_userinfo_assertion,
        clock_skew: config.clock_skew,
        additional_origins: config.additional_origins,
        skip_native_app_success_page: config.skip_native_app_success_page,
        back_channel_logout_uri: config.back_channel_logout_uri,
        login_version: config.login_version,
        ..wire::AddOidcAppRequest::default()
    }
}
