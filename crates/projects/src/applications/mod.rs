//! Applications: what signs users in (OIDC, SAML) or checks tokens (API), and the secrets and keys that prove which one it is.
//! RPCs: Management …App…, application v2, app v2beta. Tables `applications`, `application_keys`. Events `project.application.*`
//! in the project's stream. Rules: spec api.md 4.4, oauth.md 3.4, 4.0, 4.3.

mod api_v1;
mod api_v2;
mod api_v2beta;
mod client;
mod command;
mod compliance;
mod config;
mod event;
mod keys;
mod number;
mod oidc;
mod query;
mod saml;
mod secret;
mod setup;
mod sql;
#[cfg(test)]
mod tests;
mod v1_config;
mod v2_config;

use castellan_kernel::{Receipt, Timestamp};
use castellan_proto::methods::{app_v2beta as v2beta, application_v2 as v2, management_v1 as management};
use castellan_rpc::{Aggregate, Registry};

pub use client::{Client, client_by_id, client_question, verification_key, verification_question};
pub use command::{Added, NewApplication, create_api, create_api_as, create_oidc, create_oidc_as};
pub use config::{AppType, AuthMethod, ClientKind, GrantType, LoginVersion, OidcConfig, ResponseType, TokenType};
pub use keys::{TakenOverKey, take_over_key};
pub use saml::SamlConfig;
pub use setup::{add_console_origin, create_api_with_private_key, create_console};
pub use v1_config::new_oidc;

use config::ClientKind as Kind;

/// The state of an application that exists; the number is the wire value of every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ApplicationState {
    Active = 1,
    Inactive = 2,
}

/// A stored application.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub id: String,
    pub project_id: String,
    /// The organization that owns the project.
    pub org_id: String,
    pub name: String,
    pub state: ApplicationState,
    pub kind: Kind,
    /// Empty for SAML applications.
    pub client_id: String,
    pub auth_method: AuthMethod,
    /// Defaults for other kinds.
    pub oidc: OidcConfig,
    /// Empty for other kinds.
    pub saml: SamlConfig,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub sequence: u64,
}

impl Application {
    /// The event stream of the application: its project's.
    fn aggregate(&self) -> Aggregate {
        Aggregate::new("project", &self.project_id, &self.org_id)
    }

    fn is_in(&self, project_id: &str) -> bool {
        self.project_id == project_id
    }

    /// The receipt of the change that made the application what it is.
    fn receipt(&self) -> Receipt {
        Receipt {
            sequence: self.sequence,
            created_at: Some(self.created_at),
            changed_at: self.changed_at,
            owner: self.org_id.clone(),
        }
    }
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("projects/applications")
        .command::<management::AddAPIApp>(api_v1::add_api)
        .command::<management::AddOIDCApp>(api_v1::add_oidc)
        .command::<management::AddSAMLApp>(api_v1::add_saml)
        .command::<management::UpdateApp>(api_v1::rename)
        .command::<management::UpdateAPIAppConfig>(api_v1::update_api)
        .command::<management::UpdateOIDCAppConfig>(api_v1::update_oidc)
        .command::<management::UpdateSAMLAppConfig>(api_v1::update_saml)
        .command::<management::DeactivateApp>(api_v1::deactivate)
        .command::<management::ReactivateApp>(api_v1::reactivate)
        .command::<management::RemoveApp>(api_v1::remove)
        .command::<management::RegenerateAPIClientSecret>(api_v1::regenerate_api_secret)
        .command::<management::RegenerateOIDCClientSecret>(api_v1::regenerate_oidc_secret)
        .query::<management::GetAppByID>(api_v1::get)
        .query::<management::ListApps>(api_v1::list)
        .command::<v2::CreateApplication>(api_v2::create)
        .command::<v2::UpdateApplication>(api_v2::update)
        .command::<v2::DeactivateApplication>(api_v2::deactivate)
        .command::<v2::ReactivateApplication>(api_v2::reactivate)
        .command::<v2::DeleteApplication>(api_v2::delete)
        .command::<v2::GenerateClientSecret>(api_v2::generate_secret)
        .query::<v2::GetApplication>(api_v2::get)
        .query::<v2::ListApplications>(api_v2::list)
        .command::<v2beta::CreateApplication>(api_v2beta::create)
        .command::<v2beta::UpdateApplication>(api_v2beta::update)
        .command::<v2beta::DeactivateApplication>(api_v2beta::deactivate)
        .command::<v2beta::ReactivateApplication>(api_v2beta::reactivate)
        .command::<v2beta::DeleteApplication>(api_v2beta::delete)
        .command::<v2beta::RegenerateClientSecret>(api_v2beta::regenerate_secret)
        .query::<v2beta::GetApplication>(api_v2beta::get)
        .query::<v2beta::ListApplications>(api_v2beta::list);
    keys::register(registry);
}
