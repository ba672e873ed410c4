//! Permissions, and the table that says which role carries which (`spec: roles.json`; configurable).

use std::collections::BTreeMap;

macro_rules! permissions {
    ($($variant:ident = $name:literal,)*) => {
        /// What a caller may do. The name is the wire form in method options, role tables and permission lists.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum Permission { $($variant,)* }

        impl Permission {
            /// Every permission, in the order of their names.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The wire name, such as `user.write`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The permission of that wire name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

permissions! {
    ActionExecutionRead = "action.execution.read",
    ActionExecutionWrite = "action.execution.write",
    ActionTargetDelete = "action.target.delete",
    ActionTargetRead = "action.target.read",
    ActionTargetWrite = "action.target.write",
    AdminImpersonation = "admin.impersonation",
    EventsRead = "events.read",
    GroupCreate = "group.create",
    GroupDelete = "group.delete",
    GroupRead = "group.read",
    GroupUserDelete = "group.user.delete",
    GroupUserRead = "group.user.read",
    GroupUserWrite = "group.user.write",
    GroupWrite = "group.write",
    IamActionDelete = "iam.action.delete",
    IamActionRead = "iam.action.read",
    IamActionWrite = "iam.action.write",
    IamDebugRead = "iam.debug.read",
    IamDebugWrite = "iam.debug.write",
    IamFeatureDelete = "iam.feature.delete",
    IamFeatureRead = "iam.feature.read",
    IamFeatureWrite = "iam.feature.write",
    IamFlowDelete = "iam.flow.delete",
    IamFlowRead = "iam.flow.read",
    IamFlowWrite = "iam.flow.write",
    IamIdpDelete = "iam.idp.delete",
    IamIdpRead = "iam.idp.read",
    IamIdpWrite = "iam.idp.write",
    IamMemberDelete = "iam.member.delete",
    IamMemberRead = "iam.member.read",
    IamMemberWrite = "iam.member.write",
    IamPolicyDelete = "iam.policy.delete",
    IamPolicyRead = "iam.policy.read",
    IamPolicyWrite = "iam.policy.write",
    IamRead = "iam.read",
    IamRestrictionsRead = "iam.restrictions.read",
    IamRestrictionsWrite = "iam.restrictions.write",
    IamWebKeyDelete = "iam.web_key.delete",
    IamWebKeyRead = "iam.web_key.read",
    IamWebKeyWrite = "iam.web_key.write",
    IamWrite = "iam.write",
    Impersonation = "impersonation",
    MilestonesRead = "milestones.read",
    OrgActionDelete = "org.action.delete",
    OrgActionRead = "org.action.read",
    OrgActionWrite = "org.action.write",
    OrgCreate = "org.create",
    OrgDelete = "org.delete",
    OrgFeatureDelete = "org.feature.delete",
    OrgFeatureRead = "org.feature.read",
    OrgFeatureWrite = "org.feature.write",
    OrgFlowDelete = "org.flow.delete",
    OrgFlowRead = "org.flow.read",
    OrgFlowWrite = "org.flow.write",
    OrgGlobalRead = "org.global.read",
    OrgIdpDelete = "org.idp.delete",
    OrgIdpRead = "org.idp.read",
    OrgIdpWrite = "org.idp.write",
    OrgMemberDelete = "org.member.delete",
    OrgMemberRead = "org.member.read",
    OrgMemberWrite = "org.member.write",
    OrgRead = "org.read",
    OrgWrite = "org.write",
    PolicyDelete = "policy.delete",
    PolicyRead = "policy.read",
    PolicyWrite = "policy.write",
    ProjectAppDelete = "project.app.delete",
    ProjectAppRead = "project.app.read",
    ProjectAppWrite = "project.app.write",
    ProjectCreate = "project.create",
    ProjectDelete = "project.delete",
    ProjectGrantDelete = "project.grant.delete",
    ProjectGrantMemberDelete = "project.grant.member.delete",
    ProjectGrantMemberRead = "project.grant.member.read",
    ProjectGrantMemberWrite = "project.grant.member.write",
    ProjectGrantRead = "project.grant.read",
    ProjectGrantUserGrantRead = "project.grant.user.grant.read",
    ProjectGrantWrite = "project.grant.write",
    ProjectMemberDelete = "project.member.delete",
    ProjectMemberRead = "project.member.read",
    ProjectMemberWrite = "project.member.write",
    ProjectRead = "project.read",
    ProjectRoleDelete = "project.role.delete",
    ProjectRoleRead = "project.role.read",
    ProjectRoleWrite = "project.role.write",
    ProjectWrite = "project.write",
    SessionDelete = "session.delete",
    SessionLink = "session.link",
    SessionRead = "session.read",
    SessionWrite = "session.write",
    SystemDebugDelete = "system.debug.delete",
    SystemDebugRead = "system.debug.read",
    SystemDebugWrite = "system.debug.write",
    SystemDomainDelete = "system.domain.delete",
    SystemDomainRead = "system.domain.read",
    SystemDomainWrite = "system.domain.write",
    SystemFeatureDelete = "system.feature.delete",
    SystemFeatureRead = "system.feature.read",
    SystemFeatureWrite = "system.feature.write",
    SystemIamMemberRead = "system.iam.member.read",
    SystemInstanceDelete = "system.instance.delete",
    SystemInstanceRead = "system.instance.read",
    SystemInstanceWrite = "system.instance.write",
    SystemLimitsDelete = "system.limits.delete",
    SystemLimitsWrite = "system.limits.write",
    SystemQuotaDelete = "system.quota.delete",
    SystemQuotaWrite = "system.quota.write",
    UserCredentialWrite = "user.credential.write",
    UserDelete = "user.delete",
    UserFeatureDelete = "user.feature.delete",
    UserFeatureRead = "user.feature.read",
    UserFeatureWrite = "user.feature.write",
    UserGlobalRead = "user.global.read",
    UserGrantDelete = "user.grant.delete",
    UserGrantRead = "user.grant.read",
    UserGrantWrite = "user.grant.write",
    UserMembershipRead = "user.membership.read",
    UserPasskeyWrite = "user.passkey.write",
    UserRead = "user.read",
    UserSelfDelete = "user.self.delete",
    UserWrite = "user.write",
    UserschemaDelete = "userschema.delete",
    UserschemaRead = "userschema.read",
    UserschemaWrite = "userschema.write",
}

/// A set of permissions; one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u128);

impl PermissionSet {
    /// Adds one.
    pub fn insert(&mut self, permission: Permission) {
        self.0 |= 1 << permission as u32;
    }

    /// Whether it is in the set.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// Everything in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The members, in the order of their names.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contains(*permission))
    }
}

const _: () = assert!(Permission::ALL.len() <= 128);

/// What one role gives: permissions, and those that it gives only on oneself (`project.read:self`), which satisfy a
/// method's permission but open no concrete resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RolePermissions {
    /// Given on everything within the membership's level.
    pub full: PermissionSet,
    /// Given with the literal context `self`.
    pub on_self: PermissionSet,
}

/// The mapping from role names to permissions.
#[derive(Debug, Clone)]
pub struct RoleTable {
    roles: BTreeMap<String, RolePermissions>,
    order: Vec<String>,
}

/// The built-in mapping, in the order in which role lists show it.
const DEFAULT_ROLES: &str = include_str!("../roles.json");

impl Default for RoleTable {
    #[allow(clippy::expect_used, reason = "a test reads the embedded table")]
    fn default() -> Self {
        let roles: Vec<(String, Vec<String>)> =
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(DEFAULT_ROLES)
                .expect("the embedded role table is JSON")
                .into_iter()
                .map(|(role, permissions)| (role, serde_json::from_value(permissions).expect("a list of names")))
                .collect();
        Self::new(roles).expect("the embedded role table names known permissions")
    }
}

impl RoleTable {
    /// A table from role names and permission names.
    ///
    /// # Errors
    /// The first permission name that is not known.
    pub fn new(roles: impl IntoIterator<Item = (String, Vec<String>)>) -> Result<Self, String> {
        let mut table = Self { roles: BTreeMap::new(), order: Vec::new() };
        for (role, names) in roles {
            let mut permissions = RolePermissions::default();
            for name in names {
                let (base, on_self) = name.strip_suffix(":self").map_or((name.as_str(), false), |base| (base, true));
                let permission =
                    Permission::parse(base).ok_or_else(|| format!("role {role}: there is no permission {name:?}"))?;
                if on_self {
                    permissions.on_self.insert(permission);
                } else {
                    permissions.full.insert(permission);
                }
            }
            if table.roles.insert(role.clone(), permissions).is_none() {
                table.order.push(role);
            }
        }
        Ok(table)
    }

    /// This table with only the roles that `keep` wants.
    #[must_use]
    pub fn only(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.roles.retain(|role, _| keep(role));
        self.order.retain(|role| keep(role));
        self
    }

    /// Whether the role exists.
    pub fn contains(&self, role: &str) -> bool {
        self.roles.contains_key(role)
    }

    /// All role names in the table's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }

    /// What a list of roles gives together; unknown roles give nothing.
    pub fn permissions<'a>(&self, roles: impl IntoIterator<Item = &'a str>) -> RolePermissions {
        let mut all = RolePermissions::default();
        for role in roles.into_iter().filter_map(|role| self.roles.get(role)) {
            all.full = all.full.union(role.full);
            all.on_self = all.on_self.union(role.on_self);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_table_gives_an_instance_owner_everything_that_an_organization_owner_has() {
        let table = RoleTable::default();
        let iam = table.permissions(["IAM_OWNER"]).full;
        assert!(table.permissions(["ORG_OWNER"]).full.iter().all(|permission| iam.contains(permission)));
        assert!(!table.permissions(["ORG_OWNER"]).full.contains(Permission::IamWrite));
    }

    #[test]
    fn a_permission_on_oneself_is_kept_apart() {
        let creator = RoleTable::default().permissions(["ORG_PROJECT_CREATOR"]);
        assert!(creator.on_self.contains(Permission::ProjectRead) && !creator.full.contains(Permission::ProjectRead));
    }

    #[test]
    fn an_unknown_permission_in_a_table_is_named() {
        let error = RoleTable::new([("X".to_owned(), vec!["user.fly".to_owned()])]).unwrap_err();
        assert!(error.contains("user.fly"), "{error}");
    }
}
