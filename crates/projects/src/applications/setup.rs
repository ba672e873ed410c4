//! The applications that every new instance has: they stand for the APIs and for the console (spec: oauth.md 1.5).

use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_rpc::Context;

use super::command::{Added, NewApplication, create_api, create_oidc_as};
use super::{AppType, AuthMethod, GrantType, OidcConfig, ResponseType};

/// The console's application name.
const CONSOLE: &str = "Management Console";

/// Creates an API application that authenticates by key; nobody has a key yet.
///
/// # Errors
/// As [`create_api`].
pub async fn create_api_with_private_key(ctx: &mut Context, project_id: &str, name: &str) -> Result<Added> {
    let application = NewApplication { project_id: project_id.to_owned(), id: None, name: name.to_owned() };
    create_api(ctx, &Reach::Instance, application, AuthMethod::PrivateKeyJwt).await
}

/// Creates the console's application: it runs in the browser, is public and uses the code flow with PKCE. `origins` are the
/// hosts of the instance; `dev_mode` allows plain HTTP.
///
/// # Errors
/// As [`create_oidc`](super::create_oidc).
pub async fn create_console(
    ctx: &mut Context,
    project_id: &str,
    app_id: &str,
    client_id: &str,
    origins: &[String],
    dev_mode: bool,
) -> Result<Added> {
    let at = |path: &str| origins.iter().map(|origin| format!("{origin}{path}")).collect();
    let config = OidcConfig {
        redirect_uris: at("/ui/console/auth/callback"),
        response_types: vec![ResponseType::Code],
        grant_types: vec![GrantType::AuthorizationCode],
        app_type: AppType::UserAgent,
        post_logout_redirect_uris: at("/ui/console/signedout"),
        dev_mode,
        ..OidcConfig::default()
    };
    let application =
        NewApplication { project_id: project_id.to_owned(), id: Some(app_id.to_owned()), name: CONSOLE.to_owned() };
    let client_id = Some(client_id.to_owned());
    create_oidc_as(ctx, &Reach::Instance, application, client_id, AuthMethod::None, config).await
}
