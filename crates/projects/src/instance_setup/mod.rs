//! Making a new instance whole: its settings, organization, API project, console application, hosts, keys and owners, in
//! one transaction. Serves the first start and the System API's CreateInstance, AddInstance and AddDomain; instance v2 and v2beta
//! AddCustomDomain.
//! Facts: spec oauth.md 1.5 and 6.4.

mod api;
mod command;
mod event;
mod hosts;
mod owner;

use castellan_kernel::Timestamp;
use castellan_proto::methods::{instance_v2, instance_v2beta, system_v1 as system};
use castellan_rpc::Registry;
use castellan_settings::InstanceDefaults;
use castellan_settings::web_keys::WebKeyKind;

pub use command::{CreatedInstance, CreatedMachine, any_instance, create_instance};

/// What the configuration says of new instances; a service of the environment.
#[derive(Debug, Clone)]
pub struct InstanceTemplate {
    /// Settings to start with.
    pub defaults: InstanceDefaults,
    /// The kind of the first two signing keys.
    pub web_keys: WebKeyKind,
    /// The domain below which hosts and organization domains are generated.
    pub external_domain: String,
    /// `host[:port]` part after the domain in generated links, empty for the scheme's own port.
    pub external_port: Option<u16>,
    /// Whether the outside speaks https.
    pub external_secure: bool,
    /// Language of a new instance that names none.
    pub default_language: String,
    /// The name of a new instance that names none.
    pub instance_name: String,
    /// The owner that AddInstance (deprecated) merges its own values over.
    pub human: HumanOwner,
}

/// A person who shall own the instance.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct HumanOwner {
    pub user_name: String,
    pub first_name: String,
    pub last_name: String,
    pub nick_name: String,
    pub display_name: String,
    pub email: String,
    pub email_verified: bool,
    pub preferred_language: String,
    pub phone: String,
    pub phone_verified: bool,
    pub password: String,
    pub password_change_required: bool,
}

/// A service user, with the credentials to make for it.
#[derive(Debug, Clone, Default)]
pub struct MachineOwner {
    /// The user name.
    pub user_name: String,
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// Makes a key that expires then.
    pub key: Option<Timestamp>,
    /// Makes a personal access token that expires then, with these scopes.
    pub token: Option<(Timestamp, Vec<String>)>,
}

/// An instance to create.
#[derive(Debug, Clone, Default)]
pub struct NewInstance {
    /// Its name.
    pub name: String,
    /// Its default language (BCP 47).
    pub default_language: String,
    /// The name of its first organization.
    pub org_name: String,
    /// A host of its own, which becomes the primary one.
    pub custom_domain: Option<String>,
    /// Hosts that may be named as public hosts.
    pub trusted_domains: Vec<String>,
    /// The person who owns it.
    pub human: Option<HumanOwner>,
    /// The service user that owns it.
    pub machine: Option<MachineOwner>,
    /// The service user of a login application of its own.
    pub login_client: Option<MachineOwner>,
}

/// Registers the RPCs of this room.
pub fn register(registry: &mut Registry) {
    registry
        .room("projects/instance_setup")
        .command::<system::CreateInstance>(api::v1_create)
        .command::<system::AddInstance>(api::v1_add)
        .command::<system::AddDomain>(hosts::system_add)
        .command::<instance_v2::AddCustomDomain>(hosts::v2_add)
        .command::<instance_v2beta::AddCustomDomain>(hosts::v2beta_add);
}
