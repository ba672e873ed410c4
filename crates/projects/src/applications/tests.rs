//! The rules of this room on every engine.

use std::sync::Arc;

use castellan_crypto::secrets;
use castellan_db::testing::on_each_engine;
use castellan_db::{statement, values};
use castellan_directory::users::head::Reach;
use castellan_proto::zitadel::app::v2beta;
use castellan_proto::zitadel::application::v2;
use castellan_proto::zitadel::management::v1;
use castellan_rpc::Context;
use serde_json::json;

use super::{
    AuthMethod, Client, ClientKind, GrantType, LoginVersion, NewApplication, api_v1, api_v2, api_v2beta, client_by_id,
    create_api, create_api_with_private_key, create_console,
};
use crate::testing::{World, done, event, events, id};

fn api(project_id: &str, name: &str) -> v1::AddApiAppRequest {
    v1::AddApiAppRequest { project_id: project_id.into(), name: name.into(), auth_method_type: 0 }
}

fn oidc(project_id: &str, name: &str) -> v1::AddOidcAppRequest {
    v1::AddOidcAppRequest {
        project_id: project_id.into(),
        name: name.into(),
        redirect_uris: vec![" https://a.example/cb ".into()],
        ..Default::default()
    }
}

async fn client(world: &World, client_id: &str) -> Option<Arc<Client>> {
    let mut ctx = world.internal();
    client_by_id(ctx.tx().await.unwrap(), client_id).await.unwrap()
}

#[tokio::test]
async fn an_api_application_gets_a_secret_that_only_its_hash_remembers() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let added = done!(world.org("o1", "ORG_OWNER"), api_v1::add_api(api(&shop, "gate"))).unwrap();
        assert_eq!(added.client_secret.len(), 64);
        let found = client(&world, &added.client_id).await.unwrap();
        assert_eq!((found.kind, found.auth_method, found.active), (ClientKind::Api, AuthMethod::Basic, true));
        assert_eq!((found.app_id.as_str(), found.project_id.as_str()), (added.app_id.as_str(), shop.as_str()));
        let hash = found.secret_hash.clone().unwrap();
        assert!(secrets::verify_secret(&hash, &added.client_secret).unwrap());
        let recorded = events(&world, "project", &shop).await;
        let config = json!({"appId": added.app_id, "clientId": added.client_id, "hashedSecret": hash});
        assert_eq!(
            recorded[1..],
            [
                event("project.application.added", json!({"appId": added.app_id, "name": "gate"})),
                event("project.application.config.api.added", config),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_created_is_refused() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        assert_eq!(id(done!(owner(), api_v1::add_api(api("", "gate")))), "PROJECT-5m9E");
        assert_eq!(id(done!(owner(), api_v1::add_api(api(&shop, " ")))), "PROJECT-Bff2g");
        assert_eq!(id(done!(owner(), api_v1::add_api(api("none", "gate")))), "COMMAND-EbFMN");
        assert_eq!(id(done!(owner(), api_v1::add_oidc(oidc("", "web")))), "PROJECT-34Fm0");
        assert_eq!(id(done!(owner(), api_v1::add_oidc(oidc(&shop, "")))), "PROJECT-1n8df");
        let implicit = v1::AddOidcAppRequest { response_types: vec![1], ..oidc(&shop, "web") };
        assert_eq!(id(done!(owner(), api_v1::add_oidc(implicit))), "PROJECT-1n8df");
        let logout = v1::AddOidcAppRequest { back_channel_logout_uri: "nowhere".into(), ..oidc(&shop, "web") };
        assert_eq!(id(done!(owner(), api_v1::add_oidc(logout))), "PROJECT-iZL2Ac");
        done!(owner(), api_v1::add_api(api(&shop, "gate"))).unwrap();
        let taken = done!(owner(), api_v1::add_oidc(oidc(&shop, "GATE"))).unwrap_err();
        assert_eq!((taken.id(), taken.key()), ("V3-DKcYh", "Errors.Project.App.AlreadyExists"));
        let chosen =
            |name: &str| NewApplication { project_id: shop.clone(), id: Some("mine".into()), name: name.into() };
        done!(owner(), create_api(&Reach::Instance, chosen("a"), AuthMethod::Basic)).unwrap();
        assert_eq!(id(done!(owner(), create_api(&Reach::Instance, chosen("b"), AuthMethod::Basic))), "PROJECT-mabu12");
        let nothing = v2::CreateApplicationRequest { project_id: shop.clone(), ..Default::default() };
        assert_eq!(id(done!(owner(), api_v2::create(nothing))), "APP-0iiN46");
    })
    .await;
}

#[tokio::test]
async fn an_oidc_application_starts_with_the_code_flow_and_tells_what_does_not_comply() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let added = done!(owner(), api_v1::add_oidc(oidc(&shop, "web"))).unwrap();
        assert!(!added.none_compliant && added.client_secret.len() == 64);
        let found = client(&world, &added.client_id).await.unwrap();
        assert!(found.oidc.allows(GrantType::AuthorizationCode) && !found.is_public());
        assert_eq!(found.oidc.redirect_uris, ["https://a.example/cb"]);
        let native = v1::AddOidcAppRequest { app_type: 2, auth_method_type: 2, ..oidc(&shop, "phone") };
        let native = v1::AddOidcAppRequest { redirect_uris: vec!["http://a.example/".into()], ..native };
        let added = done!(owner(), api_v1::add_oidc(native)).unwrap();
        assert!(added.none_compliant && added.client_secret.is_empty());
        assert_eq!(added.compliance_problems.len(), 2);
        assert!(client(&world, &added.client_id).await.unwrap().is_public());
        let get = v1::GetAppByIdRequest { project_id: shop.clone(), app_id: added.app_id };
        let read = done!(owner(), api_v1::get(get)).unwrap().app.unwrap();
        let Some(castellan_proto::zitadel::app::v1::app::Config::OidcConfig(config)) = read.config else { panic!() };
        assert_eq!((config.app_type, config.auth_method_type, config.response_types), (2, 2, vec![0]));
    })
    .await;
}

fn v2_update(project_id: &str, id: &str, name: &str, uris: &[&str]) -> v2::UpdateApplicationRequest {
    use v2::update_application_request::ApplicationType;
    let change = v2::UpdateOidcApplicationConfigurationRequest {
        redirect_uris: uris.iter().map(|uri| (*uri).into()).collect(),
        ..Default::default()
    };
    v2::UpdateApplicationRequest {
        application_id: id.into(),
        project_id: project_id.into(),
        name: name.into(),
        application_type: (!uris.is_empty()).then_some(ApplicationType::OidcConfiguration(change)),
    }
}

#[tokio::test]
async fn name_and_configuration_change_together_or_not_at_all() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let wanted = v1::AddOidcAppRequest { grant_types: vec![0, 2], dev_mode: true, ..oidc(&shop, "web") };
        let app = done!(owner(), api_v1::add_oidc(wanted)).unwrap();
        let same_uri = ["https://a.example/cb"];
        let failing = v2_update(&shop, &app.app_id, "shop", &same_uri);
        // The grant types fall back to their default, so this is a change.
        done!(owner(), api_v2::update(failing.clone())).unwrap();
        let found = client(&world, &app.client_id).await.unwrap();
        assert_eq!((found.name.as_str(), found.oidc.grant_types.len(), found.oidc.dev_mode), ("shop", 1, true));
        let renamed = v2_update(&shop, &app.app_id, "other", &same_uri);
        assert_eq!(id(done!(owner(), api_v2::update(renamed))), "COMMAND-1m88i");
        assert_eq!(client(&world, &app.client_id).await.unwrap().name, "shop", "the name stays");
        assert_eq!(id(done!(owner(), api_v2::update(failing))), "COMMAND-2m8vx");
        let changed = events(&world, "project", &shop).await.pop().unwrap();
        assert_eq!(
            changed,
            event("project.application.config.oidc.changed", json!({"appId": app.app_id, "grantTypes": [0]}))
        );
        assert_eq!(id(done!(owner(), api_v2::update(v2_update(&shop, &app.app_id, "", &[])))), "APP-0iiN46");
        assert_eq!(id(done!(owner(), api_v2::update(v2_update(&shop, "none", "x", &[])))), "COMMAND-28di9");
        assert_eq!(id(done!(owner(), api_v2::update(v2_update(&shop, "none", "", &same_uri)))), "COMMAND-2n8uU");
        assert_eq!(id(done!(owner(), api_v2::update(v2_update("other", &app.app_id, "x", &[])))), "COMMAND-28di9");
    })
    .await;
}

#[tokio::test]
async fn a_configuration_fits_the_kind_of_the_application() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let app = done!(owner(), api_v1::add_api(api(&shop, "gate"))).unwrap();
        let web = done!(owner(), api_v1::add_oidc(oidc(&shop, "web"))).unwrap();
        let update_api = |app: &str, auth_method_type| v1::UpdateApiAppConfigRequest {
            project_id: shop.clone(),
            app_id: app.into(),
            auth_method_type,
        };
        assert_eq!(id(done!(owner(), api_v1::update_api(update_api(&web.app_id, 1)))), "COMMAND-Gnwt3");
        assert_eq!(id(done!(owner(), api_v1::update_api(update_api(&app.app_id, 0)))), "COMMAND-1m88i");
        done!(owner(), api_v1::update_api(update_api(&app.app_id, 1))).unwrap();
        assert!(client(&world, &app.client_id).await.unwrap().uses_private_key());
        let changed = events(&world, "project", &shop).await.pop().unwrap();
        let payload = json!({"appId": app.app_id, "authMethodType": 1});
        assert_eq!(changed, event("project.application.config.api.changed", payload));
        let wrong = v2_update(&shop, &app.app_id, "", &["https://b.example/"]);
        assert_eq!(id(done!(owner(), api_v2::update(wrong))), "COMMAND-GBr34");
        let secret = |app: &str| v1::RegenerateOidcClientSecretRequest { project_id: shop.clone(), app_id: app.into() };
        assert_eq!(id(done!(owner(), api_v1::regenerate_oidc_secret(secret(&app.app_id)))), "COMMAND-Ghrh3");
        let made = done!(owner(), api_v1::regenerate_oidc_secret(secret(&web.app_id))).unwrap().client_secret;
        let hash = client(&world, &web.client_id).await.unwrap().secret_hash.clone().unwrap();
        assert!(secrets::verify_secret(&hash, &made).unwrap());
        assert!(!secrets::verify_secret(&hash, &web.client_secret).unwrap(), "the old secret is void");
        let any = v2::GenerateClientSecretRequest { application_id: app.app_id.clone(), project_id: shop.clone() };
        assert_eq!(done!(owner(), api_v2::generate_secret(any)).unwrap().client_secret.len(), 64);
        let any = v2::GenerateClientSecretRequest { application_id: "none".into(), project_id: shop.clone() };
        assert_eq!(id(done!(owner(), api_v2::generate_secret(any))), "COMMAND-Kd92s");
    })
    .await;
}

#[tokio::test]
async fn a_client_is_active_only_with_its_project_and_organization() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let app = done!(owner(), api_v1::add_api(api(&shop, "gate"))).unwrap();
        let active = async || client(&world, &app.client_id).await.unwrap().active;
        let off = || v2::DeactivateApplicationRequest { application_id: app.app_id.clone(), project_id: shop.clone() };
        let on = || v2::ReactivateApplicationRequest { application_id: app.app_id.clone(), project_id: shop.clone() };
        assert_eq!(id(done!(owner(), api_v2::reactivate(on()))), "COMMAND-1n8cM");
        done!(owner(), api_v2::deactivate(off())).unwrap();
        assert_eq!(id(done!(owner(), api_v2::deactivate(off()))), "COMMAND-dsh35");
        assert!(!active().await);
        done!(owner(), api_v2::reactivate(on())).unwrap();
        assert!(active().await);
        for table in [
            statement!("UPDATE projects SET state = $2 WHERE instance_id = $1"),
            statement!("UPDATE organizations SET state = $2 WHERE instance_id = $1"),
        ] {
            for (state, expected) in [(2, false), (1, true)] {
                let mut ctx = world.internal();
                ctx.tx().await.unwrap().execute(table, &values![state]).await.unwrap();
                ctx.commit().await.unwrap();
                assert_eq!(active().await, expected);
            }
        }
        let none = v2::DeactivateApplicationRequest { application_id: "none".into(), project_id: shop.clone() };
        assert_eq!(id(done!(owner(), api_v2::deactivate(none))), "COMMAND-ov9d3");
    })
    .await;
}

#[tokio::test]
async fn a_removed_application_frees_its_name_and_cannot_be_removed_again() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let project_owner = || world.project(&shop, "PROJECT_OWNER");
        let app = done!(project_owner(), api_v1::add_api(api(&shop, "gate"))).unwrap();
        let delete = || v2::DeleteApplicationRequest { application_id: app.app_id.clone(), project_id: shop.clone() };
        // Only project owners and instance managers may remove applications (spec: roles.json).
        assert_eq!(id(done!(world.org("o1", "ORG_OWNER"), api_v2::delete(delete()))), "AUTH-AWfge");
        assert!(done!(project_owner(), api_v2::delete(delete())).unwrap().deletion_date.is_some());
        assert_eq!(id(done!(project_owner(), api_v2::delete(delete()))), "COMMAND-0po9s");
        assert!(client(&world, &app.client_id).await.is_none());
        done!(project_owner(), api_v1::add_api(api(&shop, "gate"))).unwrap();
    })
    .await;
}

#[tokio::test]
async fn applications_of_other_organizations_and_instances_are_out_of_reach() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let app = done!(world.org("o1", "ORG_OWNER"), api_v1::add_api(api(&shop, "gate"))).unwrap();
        let stranger = || world.org("o2", "ORG_OWNER");
        let (project_id, app_id) = (|| shop.clone(), || app.app_id.clone());
        let v1_get = || v1::GetAppByIdRequest { project_id: project_id(), app_id: app_id() };
        let v2_get = || v2::GetApplicationRequest { application_id: app_id() };
        let off = || v2::DeactivateApplicationRequest { application_id: app_id(), project_id: project_id() };
        let secret = || v2::GenerateClientSecretRequest { application_id: app_id(), project_id: project_id() };
        let v1_secret = || v1::RegenerateApiClientSecretRequest { project_id: project_id(), app_id: app_id() };
        let v1_remove = || v1::RemoveAppRequest { project_id: project_id(), app_id: app_id() };
        assert_eq!(id(done!(stranger(), api_v1::get(v1_get()))), "QUERY-pCP8P");
        assert_eq!(id(done!(stranger(), api_v2::get(v2_get()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api_v2::deactivate(off()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api_v2::generate_secret(secret()))), "AUTHZ-cdgFk");
        assert_eq!(id(done!(stranger(), api_v1::regenerate_api_secret(v1_secret()))), "COMMAND-2g66f");
        assert_eq!(id(done!(stranger(), api_v1::remove(v1_remove()))), "COMMAND-0po9s");
        assert_eq!(id(done!(stranger(), api_v1::add_api(api(&shop, "x")))), "COMMAND-EbFMN");
        let other_project = || world.project("other", "PROJECT_OWNER");
        assert_eq!(id(done!(other_project(), api_v2::get(v2_get()))), "AUTH-Swrgg2");
        assert_eq!(id(done!(other_project(), api_v2::generate_secret(secret()))), "AUTH-Swrgg2");
        let other = || world.other_instance();
        assert_eq!(id(done!(other(), api_v2::get(v2_get()))), "QUERY-pCP8P");
        assert_eq!(id(done!(other(), api_v2::deactivate(off()))), "COMMAND-ov9d3");
        assert_eq!(id(done!(other(), api_v2::generate_secret(secret()))), "COMMAND-Kd92s");
        let list = async |ctx: Context| {
            let list = done!(ctx, api_v2::list(v2::ListApplicationsRequest::default())).unwrap();
            (list.applications.len(), list.pagination.unwrap().total_result)
        };
        assert_eq!(list(world.org("o1", "ORG_OWNER")).await, (1, 1));
        assert_eq!(list(world.project(&shop, "PROJECT_OWNER_VIEWER")).await, (1, 1));
        assert_eq!(list(stranger()).await, (0, 0));
        assert_eq!(list(other()).await, (0, 0));
    })
    .await;
}

#[tokio::test]
async fn v2beta_speaks_of_the_same_applications() {
    use v2beta::create_application_request::CreationRequestType as Wanted;
    use v2beta::create_application_response::CreationResponseType as Made;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let request = v2beta::CreateApplicationRequest {
            project_id: shop.clone(),
            name: "gate".into(),
            creation_request_type: Some(Wanted::ApiRequest(v2beta::CreateApiApplicationRequest::default())),
            ..Default::default()
        };
        let created = done!(owner(), api_v2beta::create(request)).unwrap();
        let Some(Made::ApiResponse(made)) = created.creation_response_type else { panic!() };
        assert_eq!(made.client_secret.len(), 64);
        let request = v2beta::UpdateApplicationRequest {
            project_id: shop.clone(),
            id: created.app_id.clone(),
            name: "door".into(),
            ..Default::default()
        };
        done!(owner(), api_v2beta::update(request)).unwrap();
        let get = v2beta::GetApplicationRequest { id: created.app_id.clone() };
        assert_eq!(done!(owner(), api_v2beta::get(get)).unwrap().app.unwrap().name, "door");
        let list = async |filter| {
            let request = v2beta::ListApplicationsRequest {
                project_id: shop.clone(),
                filters: vec![v2beta::ApplicationSearchFilter { filter: Some(filter) }],
                ..Default::default()
            };
            done!(owner(), api_v2beta::list(request)).unwrap().applications.len()
        };
        assert_eq!(list(v2beta::application_search_filter::Filter::ApiAppOnly(true)).await, 1);
        assert_eq!(list(v2beta::application_search_filter::Filter::OidcAppOnly(true)).await, 0);
        let secret = |app_type| v2beta::RegenerateClientSecretRequest {
            project_id: shop.clone(),
            application_id: created.app_id.clone(),
            app_type: Some(app_type),
        };
        use v2beta::regenerate_client_secret_request::AppType;
        assert_eq!(id(done!(owner(), api_v2beta::regenerate_secret(secret(AppType::IsOidc(true))))), "COMMAND-Ghrh3");
        done!(owner(), api_v2beta::regenerate_secret(secret(AppType::IsApi(true)))).unwrap();
        let off = v2beta::DeactivateApplicationRequest { project_id: shop.clone(), id: created.app_id.clone() };
        assert!(done!(owner(), api_v2beta::deactivate(off)).unwrap().deactivation_date.is_some());
    })
    .await;
}

#[tokio::test]
async fn filters_find_applications_by_name_kind_state_and_client() {
    use v2::application_search_filter::Filter;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let gate = done!(owner(), api_v1::add_api(api(&shop, "gate"))).unwrap();
        done!(owner(), api_v1::add_oidc(oidc(&shop, "web"))).unwrap();
        let names = async |filter| {
            let request = v2::ListApplicationsRequest {
                filters: vec![v2::ApplicationSearchFilter { filter: Some(filter) }],
                ..Default::default()
            };
            let list = done!(owner(), api_v2::list(request)).unwrap();
            list.applications.into_iter().map(|application| application.name).collect::<Vec<_>>()
        };
        let by_name = v2::ApplicationNameFilter { name: "WE".into(), method: 3 };
        assert_eq!(names(Filter::NameFilter(by_name)).await, ["web"]);
        assert_eq!(names(Filter::TypeFilter(2)).await, ["gate"]);
        assert_eq!(names(Filter::StateFilter(1)).await.len(), 2);
        assert_eq!(names(Filter::StateFilter(2)).await.len(), 0);
        let by_client = v2::ClientIdFilter { client_id: gate.client_id };
        assert_eq!(names(Filter::ClientIdFilter(by_client)).await, ["gate"]);
        let by_entity = v2::EntityIdFilter { entity_id: "https://unknown.example".into() };
        assert!(names(Filter::EntityIdFilter(by_entity)).await.is_empty());
        let listed = v1::ListAppsRequest { project_id: shop.clone(), ..Default::default() };
        assert_eq!(done!(owner(), api_v1::list(listed)).unwrap().result.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn setup_creates_the_applications_of_a_new_instance() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let project = world.project_with_roles("o1", "ZITADEL", &[]).await;
        let gate = done!(world.internal(), create_api_with_private_key(&project, "Admin-API")).unwrap();
        assert!(client(&world, &gate.client_id).await.unwrap().uses_private_key());
        let hosts = ["http://localhost:8080".to_owned()];
        done!(world.internal(), create_console(&project, "app", "client", &hosts, true)).unwrap();
        let console = client(&world, "client").await.unwrap();
        assert!(console.is_public() && console.oidc.dev_mode && console.app_id == "app");
        assert_eq!(console.oidc.redirect_uris, ["http://localhost:8080/ui/console/auth/callback"]);
        assert_eq!(console.oidc.login_version, LoginVersion::Unspecified);
    })
    .await;
}

fn metadata(entity_id: &str) -> Vec<u8> {
    format!(r#"<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}"/>"#).into()
}

fn saml(project_id: &str, name: &str, xml: Vec<u8>) -> v1::AddSamlAppRequest {
    let metadata = Some(v1::add_saml_app_request::Metadata::MetadataXml(xml));
    v1::AddSamlAppRequest { project_id: project_id.into(), name: name.into(), metadata, login_version: None }
}

#[tokio::test]
async fn a_saml_application_is_known_by_the_entity_id_of_its_metadata() {
    use base64::Engine as _;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let xml = metadata("https://sp.example/Meta");
        let added = done!(owner(), api_v1::add_saml(saml(&shop, "sp", xml.clone()))).unwrap();
        let encoded = base64::engine::general_purpose::STANDARD.encode(&xml);
        let config = json!({"appId": added.app_id, "entityId": "https://sp.example/Meta", "metadata": encoded});
        assert_eq!(events(&world, "project", &shop).await[2], event("project.application.config.saml.added", config));
        let get = v2::GetApplicationRequest { application_id: added.app_id.clone() };
        let read = done!(owner(), api_v2::get(get)).unwrap().application.unwrap();
        let Some(v2::application::Configuration::SamlConfiguration(config)) = read.configuration else { panic!() };
        assert_eq!(config.metadata_xml, xml);
        let by_entity = v2::EntityIdFilter { entity_id: "HTTPS://SP.example/meta".into() };
        let list = v2::ListApplicationsRequest {
            filters: vec![v2::ApplicationSearchFilter {
                filter: Some(v2::application_search_filter::Filter::EntityIdFilter(by_entity)),
            }],
            ..Default::default()
        };
        let found = done!(owner(), api_v2::list(list)).unwrap().applications;
        assert_eq!(found.into_iter().map(|found| found.application_id).collect::<Vec<_>>(), [added.app_id]);
    })
    .await;
}

#[tokio::test]
async fn an_entity_id_is_free_again_when_its_application_is_gone() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let other = world.project_with_roles("o2", "Other", &[]).await;
        let owner = |org: &str| world.org(org, "ORG_OWNER");
        let added = done!(owner("o1"), api_v1::add_saml(saml(&shop, "sp", metadata("urn:a")))).unwrap();
        let taken = done!(owner("o2"), api_v1::add_saml(saml(&other, "sp", metadata("URN:A")))).unwrap_err();
        assert_eq!((taken.id(), taken.key()), ("V3-DKcYh", "Errors.Project.App.SAMLEntityIDAlreadyExists"));
        let remove = v1::RemoveAppRequest { project_id: shop.clone(), app_id: added.app_id };
        done!(world.internal(), api_v1::remove(remove)).unwrap();
        done!(owner("o2"), api_v1::add_saml(saml(&other, "sp", metadata("URN:A")))).unwrap();
    })
    .await;
}

#[tokio::test]
async fn metadata_must_come_along_and_be_that_of_one_entity() {
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let good = || metadata("urn:a");
        assert_eq!(id(done!(owner(), api_v1::add_saml(saml("", "sp", good())))), "PROJECT-35Fn0");
        assert_eq!(id(done!(owner(), api_v1::add_saml(saml(&shop, " ", good())))), "PROJECT-1n9df");
        assert_eq!(id(done!(owner(), api_v1::add_saml(saml(&shop, "sp", Vec::new())))), "SAML-wmqlo1");
        assert_eq!(id(done!(owner(), api_v1::add_saml(saml(&shop, "sp", b"<a/>".into())))), "SAML-bquso");
        assert_eq!(id(done!(owner(), api_v1::add_saml(saml("none", "sp", good())))), "COMMAND-EbFMN");
        assert_eq!(
            id(done!(world.org("o2", "ORG_OWNER"), api_v1::add_saml(saml(&shop, "sp", good())))),
            "COMMAND-EbFMN"
        );
    })
    .await;
}

#[tokio::test]
async fn new_metadata_replaces_the_old_and_the_same_is_no_change() {
    use v1::update_saml_app_config_request::Metadata;
    on_each_engine(|db| async {
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let added = done!(owner(), api_v1::add_saml(saml(&shop, "sp", metadata("urn:a")))).unwrap();
        let gate = done!(owner(), api_v1::add_api(api(&shop, "gate"))).unwrap();
        let change = |app: &str, xml: Vec<u8>| v1::UpdateSamlAppConfigRequest {
            project_id: shop.clone(),
            app_id: app.into(),
            metadata: Some(Metadata::MetadataXml(xml)),
            login_version: None,
        };
        let app = added.app_id.as_str();
        assert_eq!(id(done!(owner(), api_v1::update_saml(change(app, metadata("urn:a"))))), "COMMAND-1m88i");
        assert_eq!(id(done!(owner(), api_v1::update_saml(change(app, Vec::new())))), "SAML-J3kg3");
        assert_eq!(id(done!(owner(), api_v1::update_saml(change(app, b"<a/>".into())))), "SAML-3fk2b");
        assert_eq!(id(done!(owner(), api_v1::update_saml(change("none", metadata("urn:b"))))), "COMMAND-2n8uU");
        assert_eq!(id(done!(owner(), api_v1::update_saml(change(&gate.app_id, metadata("urn:b"))))), "COMMAND-GBr35");
        done!(owner(), api_v1::update_saml(change(app, metadata("urn:b")))).unwrap();
        let last = events(&world, "project", &shop).await.pop().unwrap();
        assert_eq!(
            (last.0.as_str(), last.1["entityId"].as_str()),
            ("project.application.config.saml.changed", Some("urn:b"))
        );
        done!(owner(), api_v1::add_saml(saml(&shop, "again", metadata("urn:a")))).unwrap();
    })
    .await;
}

fn at(url: String) -> Option<v1::add_saml_app_request::Metadata> {
    Some(v1::add_saml_app_request::Metadata::MetadataUrl(url))
}

#[tokio::test]
async fn metadata_at_an_address_is_fetched_when_it_is_written() {
    use v1::update_saml_app_config_request::Metadata;
    on_each_engine(|db| async {
        let web = castellan_outbound::testing::WebServer::start().await;
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let text = |id: &str| String::from_utf8(metadata(id)).unwrap();
        web.set("/metadata", 200, &text("urn:a"));
        let by_url = |url: String| v1::AddSamlAppRequest { metadata: at(url), ..saml(&shop, "sp", Vec::new()) };
        let added = done!(owner(), api_v1::add_saml(by_url(web.url("/metadata")))).unwrap();
        let get = v2::GetApplicationRequest { application_id: added.app_id.clone() };
        let read = done!(owner(), api_v2::get(get)).unwrap().application.unwrap();
        let Some(v2::application::Configuration::SamlConfiguration(config)) = read.configuration else { panic!() };
        assert_eq!(config.metadata_xml, metadata("urn:a"));
        let change = |url: String| v1::UpdateSamlAppConfigRequest {
            project_id: shop.clone(),
            app_id: added.app_id.clone(),
            metadata: Some(Metadata::MetadataUrl(url)),
            login_version: None,
        };
        assert_eq!(id(done!(owner(), api_v1::update_saml(change(web.url("/metadata"))))), "COMMAND-1m88i");
        web.set("/metadata", 200, &text("urn:b"));
        done!(owner(), api_v1::update_saml(change(web.url("/metadata")))).unwrap();
        assert_eq!(events(&world, "project", &shop).await.pop().unwrap().1["entityId"], "urn:b");
        assert_eq!(id(done!(owner(), api_v1::update_saml(change(web.url("/gone"))))), "SAML-J3kg3");
        web.set("/page", 200, "<html/>");
        assert_eq!(id(done!(owner(), api_v1::update_saml(change(web.url("/page"))))), "SAML-3fk2b");
    })
    .await;
}

#[tokio::test]
async fn nothing_is_fetched_for_those_who_may_not_write_or_from_what_is_no_web_address() {
    on_each_engine(|db| async {
        let web = castellan_outbound::testing::WebServer::start().await;
        let world = World::new(db).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let gate = done!(world.org("o1", "ORG_OWNER"), api_v1::add_api(api(&shop, "gate"))).unwrap();
        web.set("/metadata", 200, &String::from_utf8(metadata("urn:a")).unwrap());
        let by_url =
            |project: &str, url: String| v1::AddSamlAppRequest { metadata: at(url), ..saml(project, "sp", Vec::new()) };
        let url = || web.url("/metadata");
        let stranger = || world.org("o2", "ORG_OWNER");
        let owner = || world.org("o1", "ORG_OWNER");
        assert_eq!(id(done!(stranger(), api_v1::add_saml(by_url(&shop, url())))), "COMMAND-EbFMN");
        assert_eq!(id(done!(world.other_instance(), api_v1::add_saml(by_url(&shop, url())))), "COMMAND-EbFMN");
        assert_ne!(id(done!(world.user("u", "o1"), api_v1::add_saml(by_url(&shop, url())))), "no error");
        for app in [gate.app_id.as_str(), "none"] {
            let change = v1::UpdateSamlAppConfigRequest {
                project_id: shop.clone(),
                app_id: app.into(),
                metadata: Some(v1::update_saml_app_config_request::Metadata::MetadataUrl(url())),
                login_version: None,
            };
            let expected = if app == "none" { "COMMAND-2n8uU" } else { "COMMAND-GBr35" };
            assert_eq!(id(done!(owner(), api_v1::update_saml(change))), expected);
        }
        for address in ["", "file:///etc/passwd", "sp.example/metadata"] {
            assert_eq!(id(done!(owner(), api_v1::add_saml(by_url(&shop, address.into())))), "SAML-wmqlo1");
        }
        assert!(web.requests().is_empty());
    })
    .await;
}

#[tokio::test]
async fn notices_of_logouts_do_not_go_to_where_this_server_may_not_reach() {
    use castellan_outbound::testing::{Known, NameServer};
    on_each_engine(|db| async {
        let names = NameServer::start().await;
        names.set("app.example", Known::Addresses(vec!["192.0.2.7".parse().unwrap()]));
        names.set("inside.example", Known::Addresses(vec!["10.0.0.7".parse().unwrap()]));
        let options = castellan_outbound::Options { name_servers: vec![names.address], ..Default::default() };
        let world = World::reaching(db, castellan_outbound::Client::new(&options).unwrap()).await;
        let shop = world.project_with_roles("o1", "Shop", &[]).await;
        let owner = || world.org("o1", "ORG_OWNER");
        let add =
            |uri: &str, name: &str| v1::AddOidcAppRequest { back_channel_logout_uri: uri.into(), ..oidc(&shop, name) };
        let denied = ["http://127.0.0.1/out", " https://inside.example/out ", "http://localhost", "http://[::1]:8080/"];
        for uri in denied {
            let refused = done!(owner(), api_v1::add_oidc(add(uri, "web"))).unwrap_err();
            assert_eq!(
                (refused.id(), refused.key()),
                ("PROJECT-msNebo", "Errors.Project.App.Blocked.BackchannelLogoutURL")
            );
        }
        assert_eq!(id(done!(world.org("o2", "ORG_OWNER"), api_v1::add_oidc(add(denied[0], "web")))), "COMMAND-EbFMN");
        let app = done!(owner(), api_v1::add_oidc(add("https://app.example/out", "web"))).unwrap();
        done!(owner(), api_v1::add_oidc(add("https://not.yet.example/out", "later"))).unwrap();
        let change = |uri: &str| v1::UpdateOidcAppConfigRequest {
            project_id: shop.clone(),
            app_id: app.app_id.clone(),
            response_types: vec![0],
            grant_types: vec![0],
            back_channel_logout_uri: uri.into(),
            ..Default::default()
        };
        assert_eq!(id(done!(owner(), api_v1::update_oidc(change(denied[1])))), "PROJECT-msNebo");
        assert_eq!(id(done!(world.org("o2", "ORG_OWNER"), api_v1::update_oidc(change(denied[1])))), "COMMAND-2n8uU");
        done!(owner(), api_v1::update_oidc(change(""))).unwrap();
    })
    .await;
}
