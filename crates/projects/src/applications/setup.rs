//! The applications that every new instance has: they stand for the APIs and for the console (spec: oauth.md 1.5).

use castellan_db::statement;
use castellan_directory::users::head::Reach;
use castellan_kernel::Result;
use castellan_rpc::Context;

use super::command::{Added, NewApplication, change_oidc, create_api, create_oidc_as};
use super::oidc::OidcChange;
use super::{AppType, AuthMethod, GrantType, OidcConfig, ResponseType, sql};

/// The console's application name.
const CONSOLE: &str = "Management Console";

/// Where below an origin the console takes people back to.
const SIGNED_IN: &str = "/ui/console/auth/callback";
const SIGNED_OUT: &str = "/ui/console/signedout";

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
        redirect_uris: at(SIGNED_IN),
        response_types: vec![ResponseType::Code],
        grant_types: vec![GrantType::AuthorizationCode],
        app_type: AppType::UserAgent,
        post_logout_redirect_uris: at(SIGNED_OUT),
        dev_mode,
        ..OidcConfig::default()
    };
    let application =
        NewApplication { project_id: project_id.to_owned(), id: Some(app_id.to_owned()), name: CONSOLE.to_owned() };
    let client_id = Some(client_id.to_owned());
    create_oidc_as(ctx, &Reach::Instance, application, client_id, AuthMethod::None, config).await
}

/// Lets the console of the context's instance take people back to one more origin. Nothing happens where it may already, or where
/// the console's application was removed.
///
/// # Errors
/// When storage does not answer.
pub async fn add_console_origin(ctx: &mut Context, origin: &str) -> Result<()> {
    let statement = statement!("SELECT console_app_id FROM instances WHERE id = $1");
    let Some(row) = ctx.tx().await?.row(statement, &[]).await? else { return Ok(()) };
    let Some(console) = sql::find(ctx.tx().await?, &Reach::Instance, row.str(0)?).await? else { return Ok(()) };
    let old = &console.oidc;
    let with = |uris: &[String], path: &str| {
        let uri = format!("{origin}{path}");
        let added = (!uris.contains(&uri)).then_some(uri);
        uris.iter().cloned().chain(added).collect::<Vec<_>>()
    };
    let (redirect_uris, post_logout_redirect_uris) =
        (with(&old.redirect_uris, SIGNED_IN), with(&old.post_logout_redirect_uris, SIGNED_OUT));
    if redirect_uris == old.redirect_uris && post_logout_redirect_uris == old.post_logout_redirect_uris {
        return Ok(());
    }
    let change = OidcChange {
        redirect_uris: Some(redirect_uris),
        post_logout_redirect_uris: Some(post_logout_redirect_uris),
        response_types: old.response_types.clone(),
        grant_types: old.grant_types.clone(),
        clock_skew_nanos: old.clock_skew_nanos,
        ..OidcChange::default()
    };
    change_oidc(ctx, &console, change).await.map(|_| ())
}
