//! The walkthrough by the crate `zitadel`, unmodified: its service account, its access token, its clients of v1 and v2.

use castellan_acceptance::{API_SCOPE, ServiceUser, base_url, management};
use tonic::Code;
use zitadel::api::clients::ClientBuilder;
use zitadel::api::zitadel::app::v1::ApiAuthMethodType;
use zitadel::api::zitadel::auth::v1::GetMyUserRequest;
use zitadel::api::zitadel::management::v1::{
    AddApiAppRequest, AddAppKeyRequest, AddProjectRequest, DeactivateUserRequest, GetMyOrgRequest,
    ReactivateUserRequest, RemoveMachineKeyRequest, RemoveMachineSecretRequest, RemovePersonalAccessTokenRequest,
};
use zitadel::api::zitadel::org::v2::ListOrganizationsRequest;
use zitadel::api::zitadel::user::v2::GetUserByIdRequest;
use zitadel::api::zitadel::user::v2::user::Type;
use zitadel::credentials::{Application, AuthenticationOptions, ServiceAccount};
use zitadel::oidc::discovery::discover;
use zitadel::oidc::introspection::{AuthorityAuthentication, introspect};

fn api_access() -> AuthenticationOptions {
    AuthenticationOptions { api_access: true, ..Default::default() }
}

fn account(user: &ServiceUser) -> ServiceAccount {
    ServiceAccount::load_from_json(&user.key_file).unwrap()
}

/// What the API says to this token; the id of the organization if it accepts it.
async fn organization(token: &str) -> Result<String, tonic::Status> {
    let mut client =
        ClientBuilder::new(&base_url()).with_access_token(token).build_management_client().await.unwrap();
    Ok(client.get_my_org(GetMyOrgRequest {}).await?.into_inner().org.unwrap().id)
}

async fn assert_refused(token: &str) {
    let status = organization(token).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "Errors.Token.Invalid (AUTH-7fs1e)"));
    assert!(!status.details().is_empty());
}

#[tokio::test]
async fn a_service_account_authenticates_and_calls_v1_and_v2() {
    let user = ServiceUser::create("rust-service-account").await;
    let account = account(&user);
    let build = || ClientBuilder::new(&base_url()).with_service_account(&account, Some(api_access()));

    let org = build().build_management_client().await.unwrap().get_my_org(GetMyOrgRequest {}).await.unwrap();
    let org_id = org.into_inner().org.unwrap().id;
    let me = build().build_auth_client().await.unwrap().get_my_user(GetMyUserRequest {}).await.unwrap();
    assert_eq!(me.into_inner().user.unwrap().id, user.id);
    let mut users = build().build_user_client().await.unwrap();
    let seen = users.get_user_by_id(GetUserByIdRequest { user_id: user.id.clone() }).await.unwrap().into_inner();
    let Some(Type::Machine(machine)) = seen.user.unwrap().r#type else { panic!("not a service user") };
    assert_eq!(machine.name, "The rust-service-account");
    let mut organizations = build().build_organization_client().await.unwrap();
    let found = organizations.list_organizations(ListOrganizationsRequest::default()).await.unwrap().into_inner();
    assert_eq!(found.result.iter().map(|org| org.id.as_str()).collect::<Vec<_>>(), [org_id.as_str()]);
}

#[tokio::test]
async fn client_credentials_and_a_personal_access_token_work() {
    let user = ServiceUser::create("rust-secret-and-token").await;
    let (status, answer) = user.request_by_secret(&user.secret).await;
    assert_eq!((status, answer["expires_in"].as_i64()), (200, Some(43199)));
    let by_secret = organization(answer["access_token"].as_str().unwrap()).await.unwrap();
    assert_eq!(by_secret, organization(&user.token).await.unwrap());
}

#[tokio::test]
async fn a_token_without_the_audience_of_the_api_is_refused() {
    let user = ServiceUser::create("rust-no-audience").await;
    let token = account(&user).authenticate(&base_url()).await.unwrap();
    assert_refused(&token).await;
    let options = AuthenticationOptions { scopes: vec![API_SCOPE.into()], ..Default::default() };
    let token = account(&user).authenticate_with_options(&base_url(), &options).await.unwrap();
    assert!(organization(&token).await.is_ok());
}

#[tokio::test]
async fn an_expired_assertion_and_a_wrong_secret_are_refused() {
    let user = ServiceUser::create("rust-wrong").await;
    assert_eq!(user.request_by_key(60).await.0, 200);
    let (status, answer) = user.request_by_key(-60).await;
    assert_eq!((status, &answer["error"]), (400, &"invalid_grant".into()));
    assert_eq!(answer["error_description"], "invalid assertion");
    let (status, answer) = user.request_by_secret("wrong").await;
    assert_eq!((status, &answer["error_description"]), (400, &"Errors.User.Machine.Secret.Invalid".into()));
}

#[tokio::test]
async fn a_deactivated_user_is_refused_at_once() {
    let user = ServiceUser::create("rust-deactivated").await;
    let token = account(&user).authenticate_with_options(&base_url(), &api_access()).await.unwrap();
    assert!(organization(&token).await.is_ok());
    let mut management = management().await;
    management.deactivate_user(DeactivateUserRequest { id: user.id.clone() }).await.unwrap();
    assert_refused(&token).await;
    assert_refused(&user.token).await;
    assert!(account(&user).authenticate_with_options(&base_url(), &api_access()).await.is_err());
    assert_eq!(user.request_by_key(60).await.1["error_description"], "Errors.User.NotActive");
    assert_eq!(user.request_by_secret(&user.secret).await.1["error_description"], "Errors.User.NotActive");
    management.reactivate_user(ReactivateUserRequest { id: user.id.clone() }).await.unwrap();
    assert!(organization(&user.token).await.is_ok());
}

#[tokio::test]
async fn removed_credentials_are_refused_at_once() {
    let user = ServiceUser::create("rust-removed").await;
    let user_id = user.id.clone();
    let mut management = management().await;
    let key = RemoveMachineKeyRequest { user_id: user_id.clone(), key_id: user.key_id.clone() };
    management.remove_machine_key(key).await.unwrap();
    assert_eq!(user.request_by_key(60).await.1["error"], "invalid_grant");
    management.remove_machine_secret(RemoveMachineSecretRequest { user_id: user_id.clone() }).await.unwrap();
    let (_, answer) = user.request_by_secret(&user.secret).await;
    assert_eq!(answer["error_description"], "Errors.User.Machine.Secret.NotExisting");
    let token = RemovePersonalAccessTokenRequest { user_id, token_id: user.token_id.clone() };
    management.remove_personal_access_token(token).await.unwrap();
    assert_refused(&user.token).await;
}

#[tokio::test]
async fn an_api_application_introspects_with_a_secret_and_with_a_key() {
    let user = ServiceUser::create("rust-introspected").await;
    let mut management = management().await;
    let project = AddProjectRequest { name: "Introspection by Rust".into(), ..Default::default() };
    let project_id = management.add_project(project).await.unwrap().into_inner().id;
    let app = |name: &str, method: ApiAuthMethodType| AddApiAppRequest {
        project_id: project_id.clone(),
        name: name.into(),
        auth_method_type: method as i32,
    };
    let basic = management.add_api_app(app("basic", ApiAuthMethodType::Basic)).await.unwrap().into_inner();
    let keyed = management.add_api_app(app("keyed", ApiAuthMethodType::PrivateKeyJwt)).await.unwrap().into_inner();
    let key = AddAppKeyRequest {
        project_id: project_id.clone(),
        app_id: keyed.app_id,
        r#type: 1,
        expiration_date: None,
    };
    let key = management.add_app_key(key).await.unwrap().into_inner().key_details;
    let methods = [
        AuthorityAuthentication::Basic { client_id: basic.client_id, client_secret: basic.client_secret },
        AuthorityAuthentication::JWTProfile {
            application: Application::load_from_json(str::from_utf8(&key).unwrap()).unwrap(),
        },
    ];
    let options = AuthenticationOptions {
        scopes: vec!["profile".into()],
        project_audiences: vec![project_id],
        ..Default::default()
    };
    let token = account(&user).authenticate_with_options(&base_url(), &options).await.unwrap();
    let foreign = account(&user).authenticate(&base_url()).await.unwrap();
    let metadata = discover(&base_url()).await.unwrap();
    let endpoint = metadata.additional_metadata().introspection_endpoint.clone().unwrap();
    use openidconnect::TokenIntrospectionResponse as _;
    for method in &methods {
        let seen = introspect(&endpoint, &base_url(), method, &token).await.unwrap();
        assert!(seen.active());
        assert_eq!(seen.sub(), Some(user.id.as_str()));
        assert_eq!(seen.username(), Some("rust-introspected"));
        assert!(introspect(&endpoint, &base_url(), method, &user.token).await.unwrap().active());
        assert!(!introspect(&endpoint, &base_url(), method, &foreign).await.unwrap().active());
    }
}
