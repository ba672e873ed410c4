//! Who calls, and what the memberships of that caller allow (`spec: api.md 1.5 and 2.2`).

use crate::permission::{PermissionSet, RolePermissions};
use crate::{Error, Fault, Permission, Result};

const NO_MEMBERSHIP: Fault = Fault::not_found("AUTHZ-cdgFk", "membership not found");
const METHOD_DENIED: Fault = Fault::denied("AUTH-5mWD2", "No matching permissions found");
const METHOD_DENIED_ON_OTHER: Fault = Fault::denied("AUTH-3jknH", "No matching permissions found");
const RESOURCE_DENIED: Fault = Fault::denied("AUTH-AWfge", "No matching permissions found");
const RESOURCE_DENIED_ON_OTHER: Fault = Fault::denied("AUTH-Swrgg2", "No matching permissions found");

/// What kind of caller this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallerKind {
    /// No credentials were needed, and none were read.
    Anonymous,
    /// A person.
    Human,
    /// A service user.
    Machine,
    /// A user from the configuration (`SystemAPIUsers`).
    System,
    /// The server itself: setup, background jobs, the login pages. May do everything.
    Internal,
}

/// Where a membership holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All instances (system users only).
    System,
    /// The whole instance.
    Instance,
    /// One organization.
    Org(String),
    /// One project.
    Project {
        /// The organization that owns the project.
        owner: String,
        /// The project.
        project: String,
    },
    /// One project grant.
    ProjectGrant {
        /// The organization that owns the project.
        owner: String,
        /// The organization that the project is granted to.
        granted: String,
        /// The project.
        project: String,
        /// The grant.
        grant: String,
    },
}

impl Scope {
    /// Whether this membership counts when something of the organization `org` is at stake.
    fn counts_for(&self, org: &str) -> bool {
        match self {
            Self::System | Self::Instance => true,
            Self::Org(own) => own == org,
            Self::Project { owner, .. } => owner == org,
            Self::ProjectGrant { owner, granted, .. } => owner == org || granted == org,
        }
    }

    /// The resource that the permissions are limited to.
    fn resource(&self) -> Option<&str> {
        match self {
            Self::Project { project, .. } => Some(project),
            Self::ProjectGrant { grant, .. } => Some(grant),
            Self::System | Self::Instance | Self::Org(_) => None,
        }
    }
}

/// One manager role list of the caller, with the permissions that the role table gives it.
#[derive(Debug, Clone)]
pub struct Membership {
    /// Where it holds.
    pub scope: Scope,
    /// The role names as stored.
    pub roles: Vec<String>,
    /// What they give.
    pub permissions: RolePermissions,
}

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What kind of caller.
    pub kind: CallerKind,
    /// The user's id; the name of a system user; empty for anonymous callers. The editor of events.
    pub user_id: String,
    /// The organization the user belongs to; empty for system and internal callers.
    pub own_org: String,
    /// The organization in context: header `x-zitadel-orgid`, else the own one.
    pub org: String,
    /// The language the user prefers (BCP 47), if known.
    pub language: Option<String>,
    /// All memberships, on every level.
    pub memberships: Vec<Membership>,
}

/// Which rows of a list a caller may see. Statements filter by it, so that totals and pages are right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visibility {
    /// Everything in the instance.
    All,
    /// Only what belongs to these organizations, projects or project grants.
    Some {
        /// Organizations whose resources are all visible.
        orgs: Vec<String>,
        /// Single projects.
        projects: Vec<String>,
        /// Single project grants.
        grants: Vec<String>,
    },
}

impl Caller {
    /// A caller without credentials.
    pub fn anonymous() -> Self {
        Self::plain(CallerKind::Anonymous, "")
    }

    /// The server itself under a service name that events show as their editor (`SYSTEM`, `LOGIN`, `SETUP` …).
    pub fn internal(name: &str) -> Self {
        Self::plain(CallerKind::Internal, name)
    }

    fn plain(kind: CallerKind, name: &str) -> Self {
        Self {
            kind,
            user_id: name.to_owned(),
            own_org: String::new(),
            org: String::new(),
            language: None,
            memberships: Vec::new(),
        }
    }

    /// Whether this caller is that user.
    pub fn is_user(&self, user_id: &str) -> bool {
        matches!(self.kind, CallerKind::Human | CallerKind::Machine) && self.user_id == user_id
    }

    /// The door: does the caller have the method's permission in the context organization? `check` is the value of the
    /// request field that limits the permission to one resource, where the method names one.
    ///
    /// # Errors
    /// `AUTHZ-cdgFk` without any membership here, `AUTH-5mWD2` without the permission, `AUTH-3jknH` with it on another
    /// resource only; all untranslated.
    pub fn require_for_method(&self, permission: Permission, check: Option<&str>) -> Result<()> {
        self.decide(permission, &self.org, check, METHOD_DENIED, METHOD_DENIED_ON_OTHER, check.is_none())
            .map_err(Error::untranslated)
    }

    /// The resource check inside commands: the permission on something of organization `org` (empty for instance-level
    /// resources), `resource` being the project or project grant that a limited permission must name.
    ///
    /// # Errors
    /// `AUTHZ-cdgFk`, `AUTH-AWfge` or `AUTH-Swrgg2`.
    pub fn require(&self, permission: Permission, org: &str, resource: Option<&str>) -> Result<()> {
        self.decide(permission, org, resource, RESOURCE_DENIED, RESOURCE_DENIED_ON_OTHER, false)
    }

    /// Like [`Caller::require`], but users may do it to themselves.
    ///
    /// # Errors
    /// As [`Caller::require`].
    pub fn require_or_self(&self, permission: Permission, org: &str, user_id: &str) -> Result<()> {
        if self.is_user(user_id) { Ok(()) } else { self.require(permission, org, None) }
    }

    /// Whether [`Caller::require`] would pass.
    pub fn may(&self, permission: Permission, org: &str, resource: Option<&str>) -> bool {
        self.require(permission, org, resource).is_ok()
    }

    fn decide(
        &self,
        permission: Permission,
        org: &str,
        resource: Option<&str>,
        denied: Fault,
        denied_on_other: Fault,
        any_resource: bool,
    ) -> Result<()> {
        if self.kind == CallerKind::Internal {
            return Ok(());
        }
        let mut member = false;
        let mut elsewhere = false;
        for membership in self.memberships.iter().filter(|membership| membership.scope.counts_for(org)) {
            member = true;
            let RolePermissions { full, on_self } = membership.permissions;
            if full.contains(permission) {
                match membership.scope.resource() {
                    None => return Ok(()),
                    Some(own) if any_resource || resource == Some(own) => return Ok(()),
                    Some(_) => elsewhere = true,
                }
            } else if on_self.contains(permission) {
                if any_resource {
                    return Ok(());
                }
                elsewhere = true;
            }
        }
        Err(Error::from(if elsewhere {
            denied_on_other
        } else if member {
            denied
        } else if self.kind == CallerKind::System {
            METHOD_DENIED
        } else {
            NO_MEMBERSHIP
        }))
    }

    /// Which rows this permission lets the caller see across the instance.
    pub fn visibility(&self, permission: Permission) -> Visibility {
        let (mut orgs, mut projects, mut grants) = (Vec::new(), Vec::new(), Vec::new());
        if self.kind == CallerKind::Internal {
            return Visibility::All;
        }
        for membership in self.memberships.iter().filter(|held| held.permissions.full.contains(permission)) {
            match &membership.scope {
                Scope::System | Scope::Instance => return Visibility::All,
                Scope::Org(org) => orgs.push(org.clone()),
                Scope::Project { project, .. } => projects.push(project.clone()),
                Scope::ProjectGrant { grant, .. } => grants.push(grant.clone()),
            }
        }
        Visibility::Some { orgs, projects, grants }
    }

    /// The permissions in the context organization as the Auth API lists them: `user.read`, `project.read:<id>` …
    pub fn permissions_in_context(&self) -> Vec<String> {
        let mut names = std::collections::BTreeSet::new();
        for membership in self.memberships.iter().filter(|membership| membership.scope.counts_for(&self.org)) {
            let RolePermissions { full, on_self } = membership.permissions;
            for permission in PermissionSet::iter(full) {
                names.insert(match membership.scope.resource() {
                    Some(resource) => format!("{}:{resource}", permission.name()),
                    None => permission.name().to_owned(),
                });
            }
            names.extend(on_self.iter().map(|permission| format!("{}:self", permission.name())));
        }
        names.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RoleTable;

    fn member(scope: Scope, role: &str) -> Caller {
        let permissions = RoleTable::default().permissions([role]);
        Caller {
            kind: CallerKind::Machine,
            user_id: "u1".into(),
            own_org: "o1".into(),
            org: "o1".into(),
            language: None,
            memberships: vec![Membership { scope, roles: vec![role.into()], permissions }],
        }
    }

    #[test]
    fn an_organization_owner_has_no_rights_in_another_organization() {
        let caller = member(Scope::Org("o1".into()), "ORG_OWNER");
        assert!(caller.may(Permission::UserWrite, "o1", None));
        assert!(caller.require(Permission::UserWrite, "o2", None).unwrap_err().is(NO_MEMBERSHIP));
    }

    #[test]
    fn an_instance_owner_has_rights_in_every_organization() {
        assert!(member(Scope::Instance, "IAM_OWNER").may(Permission::UserWrite, "o2", None));
    }

    #[test]
    fn a_project_owner_is_limited_to_the_project() {
        let caller = member(Scope::Project { owner: "o1".into(), project: "p1".into() }, "PROJECT_OWNER");
        assert!(caller.may(Permission::ProjectWrite, "o1", Some("p1")));
        assert!(caller.require(Permission::ProjectWrite, "o1", Some("p2")).unwrap_err().is(RESOURCE_DENIED_ON_OTHER));
        assert!(caller.require_for_method(Permission::ProjectWrite, None).is_ok());
        assert!(
            caller.require_for_method(Permission::ProjectWrite, Some("p2")).unwrap_err().is(METHOD_DENIED_ON_OTHER)
        );
    }

    #[test]
    fn a_caller_without_memberships_is_told_so() {
        let mut caller = member(Scope::Instance, "IAM_OWNER");
        caller.memberships.clear();
        assert!(caller.require_for_method(Permission::UserRead, None).unwrap_err().is(NO_MEMBERSHIP));
        caller.kind = CallerKind::System;
        assert!(caller.require_for_method(Permission::UserRead, None).unwrap_err().is(METHOD_DENIED));
    }

    #[test]
    fn users_may_do_to_themselves_what_allows_it() {
        let mut caller = member(Scope::Instance, "IAM_OWNER");
        caller.memberships.clear();
        assert!(caller.require_or_self(Permission::UserWrite, "o1", "u1").is_ok());
        assert!(caller.require_or_self(Permission::UserWrite, "o1", "u2").is_err());
    }
}
