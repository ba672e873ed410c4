//! The kinds of settings documents with the values of a new instance (`spec: oauth.md 1.5`, `api.md 4.9`). Field names are those
//! of the events that record them.

mod features;
mod generator;
mod label;
mod login;
mod simple;

pub use features::{Features, LoginV2, put_system, system};
pub use generator::{GeneratorKind, SecretGenerator, generator, put_generator, stored_generator};
pub use label::{LabelPolicy, LabelPreview};
pub use login::{IdpLink, LoginPolicy};
pub use simple::{
    DomainPolicy, Limits, LockoutPolicy, NotificationPolicy, OidcSettings, OrganizationSettings, PasswordAgePolicy,
    PasswordComplexityPolicy, PrivacyPolicy, Restrictions, SecurityPolicy,
};
