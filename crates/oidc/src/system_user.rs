//! System users: users from the configuration that sign their own bearer tokens (`spec: oauth.md 6`).

use std::sync::Arc;

use castellan_crypto::assertion::{self, Rules};
use castellan_crypto::jose::VerifyingKey;
use castellan_kernel::{Caller, CallerKind, Membership, RoleTable, Scope, Timestamp};

/// One membership of a system user as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemMembership {
    /// Everywhere, for the System API.
    System {
        /// Role names.
        roles: Vec<String>,
    },
    /// On one instance.
    Instance {
        /// The instance's id.
        id: String,
        /// Role names.
        roles: Vec<String>,
    },
    /// In one organization, when the request names it.
    Organization {
        /// The organization's id.
        id: String,
        /// Role names.
        roles: Vec<String>,
    },
}

/// A system user.
pub struct SystemUser {
    /// Lower-case name, `iss` and `sub` of its tokens.
    pub name: String,
    /// Gives the current verification key; certificates are read again when their file changes. `None`: no usable key.
    pub key: Box<dyn Fn(Timestamp) -> Option<Arc<VerifyingKey>> + Send + Sync>,
    /// Its memberships; none configured means `SYSTEM_OWNER`.
    pub memberships: Vec<SystemMembership>,
}

/// All system users, as a service of the environment.
pub struct SystemUsers {
    /// The users.
    pub users: Vec<SystemUser>,
    /// The only accepted audience: the external base URL.
    pub audience: String,
}

impl SystemUsers {
    /// Who presents this self-signed token, in the context of an instance and an organization (both may be empty).
    /// `None` when it is not a valid token of a system user.
    pub fn authenticate(
        &self,
        token: &str,
        now: Timestamp,
        instance_id: &str,
        org_id: &str,
        roles: &RoleTable,
    ) -> Option<Caller> {
        let peeked = assertion::peek(token).ok()?;
        let user = self.users.iter().find(|user| Some(user.name.as_str()) == peeked.issuer())?;
        let key = (user.key)(now)?;
        let rules = Rules { audience: &self.audience, issuer: Some(&user.name), now, offset_seconds: 1 };
        peeked.verify(&key, &rules).ok()?;
        let memberships = user
            .memberships
            .iter()
            .filter_map(|membership| {
                let (scope, names) = match membership {
                    SystemMembership::System { roles } => (Scope::System, roles),
                    SystemMembership::Instance { id, roles } if id == instance_id => (Scope::Instance, roles),
                    SystemMembership::Organization { id, roles } if id == org_id => (Scope::Org(id.clone()), roles),
                    SystemMembership::Instance { .. } | SystemMembership::Organization { .. } => return None,
                };
                let permissions = roles.permissions(names.iter().map(String::as_str));
                Some(Membership { scope, roles: names.clone(), permissions })
            })
            .collect();
        Some(Caller {
            kind: CallerKind::System,
            user_id: user.name.clone(),
            own_org: String::new(),
            org: org_id.to_owned(),
            language: None,
            memberships,
        })
    }
}
