//! The four levels and what differs between them: permissions, role names, faults.

use castellan_kernel::{Fault, Permission, RoleTable};

/// Where an administrator's roles hold; the number is what storage keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Level {
    Instance = 1,
    Org = 2,
    Project = 3,
    ProjectGrant = 4,
}

/// What the commands of one level answer when they refuse (spec: api.md 2.3).
pub(super) struct Faults {
    pub add_incomplete: Fault,
    pub add_roles_invalid: Fault,
    pub add_no_resource: Fault,
    pub add_no_user: Fault,
    pub exists: Fault,
    pub update_incomplete: Fault,
    pub update_roles_invalid: Fault,
    pub update_no_resource: Fault,
    pub no_member: Fault,
    pub remove_incomplete: Fault,
}

const INSTANCE: Faults = Faults {
    add_incomplete: Fault::invalid("INSTA-SDSfs", "Errors.Invalid.Argument"),
    add_roles_invalid: Fault::invalid("INSTANCE-4m0fS", "Errors.Instance.MemberInvalid"),
    add_no_resource: Fault::not_found("INSTANCE-D8JxR", "Errors.NotFound"),
    add_no_user: Fault::precondition("INSTA-GSXOn", "Errors.User.NotFound"),
    exists: Fault::exists("INSTA-pFDwe", "Errors.Instance.Member.AlreadyExists"),
    update_incomplete: Fault::invalid("INSTANCE-LiaZi", "Errors.Instance.MemberInvalid"),
    update_roles_invalid: Fault::invalid("INSTANCE-3m9fs", "Errors.Instance.MemberInvalid"),
    update_no_resource: Fault::not_found("INSTANCE-D8JxR", "Errors.NotFound"),
    no_member: Fault::not_found("INSTANCE-D8JxR", "Errors.NotFound"),
    remove_incomplete: Fault::invalid("INSTANCE-LiaZi", "Errors.IDMissing"),
};

const ORG: Faults = Faults {
    add_incomplete: Fault::invalid("ORG-4Mlfs", "Errors.Invalid.Argument"),
    add_roles_invalid: Fault::invalid("Org-4N8es", "Errors.Org.MemberInvalid"),
    add_no_resource: Fault::precondition("COMMAND-QXPGs", "Errors.Org.NotFound"),
    add_no_user: Fault::precondition("ORG-GoXOn", "Errors.User.NotFound"),
    exists: Fault::exists("ORG-poWwe", "Errors.Org.Member.AlreadyExists"),
    update_incomplete: Fault::invalid("Org-LiaZi", "Errors.Org.MemberInvalid"),
    update_roles_invalid: Fault::invalid("INST-m9fG8", "Errors.Org.MemberInvalid"),
    update_no_resource: Fault::not_found("Org-D8JxR", "Errors.NotFound"),
    no_member: Fault::not_found("Org-D8JxR", "Errors.NotFound"),
    remove_incomplete: Fault::invalid("Org-LiaZi", "Errors.Org.MemberInvalid"),
};

const PROJECT: Faults = Faults {
    add_incomplete: Fault::invalid("PROJECT-W8m4l", "Errors.Project.Member.Invalid"),
    add_roles_invalid: Fault::invalid("PROJECT-3m9ds", "Errors.Project.Member.Invalid"),
    add_no_resource: Fault::precondition("COMMAND-EbFMN", "Errors.Project.NotFound"),
    add_no_user: Fault::precondition("COMMAND-uXHNj", "Errors.User.NotFound"),
    exists: Fault::exists("PROJECT-PtXi1", "Errors.Project.Member.AlreadyExists"),
    update_incomplete: Fault::invalid("PROJECT-LiaZi", "Errors.Project.Member.Invalid"),
    update_roles_invalid: Fault::invalid("PROJECT-3m9d", "Errors.Project.Member.Invalid"),
    update_no_resource: Fault::not_found("PROJECT-D8JxR", "Errors.NotFound"),
    no_member: Fault::not_found("PROJECT-D8JxR", "Errors.NotFound"),
    remove_incomplete: Fault::invalid("PROJECT-66mHd", "Errors.Project.Member.Invalid"),
};

const PROJECT_GRANT: Faults = Faults {
    add_incomplete: Fault::invalid("PROJECT-8fi7G", "Errors.Project.Grant.Member.Invalid"),
    add_roles_invalid: Fault::invalid("PROJECT-m9gKK", "Errors.Project.Grant.Member.Invalid"),
    add_no_resource: Fault::not_found("PROJECT-D8JxR", "Errors.Project.Grant.NotFound"),
    add_no_user: Fault::precondition("COMMAND-uXHNj", "Errors.User.NotFound"),
    // The documented code, though the text says that it exists.
    exists: Fault::not_found("PROJECT-37fug", "Errors.AlreadyExists"),
    update_incomplete: Fault::invalid("PROJECT-109fs", "Errors.Project.Grant.Member.Invalid"),
    update_roles_invalid: Fault::invalid("PROJECT-m0sDf", "Errors.Project.Grant.Member.Invalid"),
    update_no_resource: Fault::not_found("PROJECT-D8JxR", "Errors.Project.Grant.NotFound"),
    no_member: Fault::not_found("PROJECT-37fug", "Errors.NotFound"),
    remove_incomplete: Fault::invalid("PROJECT-66mHd", "Errors.Project.Member.Invalid"),
};

impl Level {
    /// From the stored number.
    pub(super) fn from_number(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::Instance,
            2 => Self::Org,
            3 => Self::Project,
            4 => Self::ProjectGrant,
            _ => return None,
        })
    }

    pub(super) fn number(self) -> i64 {
        self as i64
    }

    pub(super) fn faults(self) -> &'static Faults {
        match self {
            Self::Instance => &INSTANCE,
            Self::Org => &ORG,
            Self::Project => &PROJECT,
            Self::ProjectGrant => &PROJECT_GRANT,
        }
    }

    pub(super) fn read(self) -> Permission {
        match self {
            Self::Instance => Permission::IamMemberRead,
            Self::Org => Permission::OrgMemberRead,
            Self::Project => Permission::ProjectMemberRead,
            Self::ProjectGrant => Permission::ProjectGrantMemberRead,
        }
    }

    pub(super) fn write(self) -> Permission {
        match self {
            Self::Instance => Permission::IamMemberWrite,
            Self::Org => Permission::OrgMemberWrite,
            Self::Project => Permission::ProjectMemberWrite,
            Self::ProjectGrant => Permission::ProjectGrantMemberWrite,
        }
    }

    pub(super) fn delete(self) -> Permission {
        match self {
            Self::Instance => Permission::IamMemberDelete,
            Self::Org => Permission::OrgMemberDelete,
            Self::Project => Permission::ProjectMemberDelete,
            Self::ProjectGrant => Permission::ProjectGrantMemberDelete,
        }
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::Instance => "IAM",
            Self::Org => "ORG",
            Self::Project => "PROJECT",
            Self::ProjectGrant => "PROJECT_GRANT",
        }
    }

    /// Whether the list may be stored on this level: at least one role, each of them known and of the level.
    /// `adding` also lets the one role through that every user of the default organization may be given.
    pub(super) fn accepts(self, roles: &[String], adding: bool, table: &RoleTable) -> bool {
        if self == Self::Org && adding && roles.len() == 1 && roles[0] == SELF_MANAGEMENT {
            return table.contains(SELF_MANAGEMENT);
        }
        !roles.is_empty() && roles.iter().all(|role| role.starts_with(self.prefix()) && table.contains(role))
    }

    /// The names that role lists show on this level, in the table's order.
    pub(super) fn role_names(self, table: &RoleTable, in_default_org: bool) -> Vec<String> {
        let shown = |role: &str| match self {
            Self::Instance | Self::ProjectGrant => role.starts_with(self.prefix()),
            Self::Org => role.starts_with(self.prefix()) || (in_default_org && role == SELF_MANAGEMENT),
            Self::Project => {
                role.starts_with(self.prefix())
                    && !role.starts_with(Self::ProjectGrant.prefix())
                    && (!in_default_org || role.ends_with("_GLOBAL"))
            }
        };
        table.names().filter(|role| shown(role)).map(str::to_owned).collect()
    }
}

const SELF_MANAGEMENT: &str = "SELF_MANAGEMENT_GLOBAL";

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(level: Level, roles: &[&str], adding: bool) -> bool {
        let roles: Vec<String> = roles.iter().map(|role| (*role).to_owned()).collect();
        level.accepts(&roles, adding, &RoleTable::default())
    }

    #[test]
    fn a_role_belongs_to_one_level_and_must_be_known() {
        assert!(accepts(Level::Instance, &["IAM_OWNER", "IAM_USER_MANAGER"], true));
        assert!(!accepts(Level::Instance, &["ORG_OWNER"], true));
        assert!(!accepts(Level::Instance, &["IAM_KING"], true));
        assert!(!accepts(Level::Org, &[], true));
        assert!(accepts(Level::ProjectGrant, &["PROJECT_GRANT_OWNER"], true));
        assert!(!accepts(Level::ProjectGrant, &["PROJECT_OWNER"], true));
    }

    #[test]
    fn the_self_management_role_can_be_added_to_an_organization_alone_and_not_updated_to() {
        assert!(accepts(Level::Org, &["SELF_MANAGEMENT_GLOBAL"], true));
        assert!(!accepts(Level::Org, &["SELF_MANAGEMENT_GLOBAL"], false));
        assert!(!accepts(Level::Org, &["ORG_OWNER", "SELF_MANAGEMENT_GLOBAL"], true));
    }

    #[test]
    fn the_default_organization_shows_its_own_role_names() {
        let table = RoleTable::default();
        assert!(Level::Org.role_names(&table, true).contains(&"SELF_MANAGEMENT_GLOBAL".to_owned()));
        assert!(!Level::Org.role_names(&table, false).contains(&"SELF_MANAGEMENT_GLOBAL".to_owned()));
        let global = Level::Project.role_names(&table, true);
        assert_eq!(global, ["PROJECT_OWNER_GLOBAL", "PROJECT_OWNER_VIEWER_GLOBAL"]);
        assert_eq!(Level::Project.role_names(&table, false).len(), 4);
        assert_eq!(Level::ProjectGrant.role_names(&table, false).len(), 2);
    }
}
