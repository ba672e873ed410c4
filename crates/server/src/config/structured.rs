//! Values with structure: system users and role mappings. A map, a list, or JSON in a text are all accepted.

use std::path::PathBuf;

use castellan_kernel::RoleTable;
use serde_json::{Map, Value};

use super::value::{Bytes, Setting};

/// Users that may call every instance with tokens they sign themselves (`spec: oauth.md 6.1`), in the order given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemUsers(pub Vec<SystemUser>);

/// One system user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemUser {
    /// The name, lower-cased; issuer and subject of its tokens.
    pub name: String,
    /// Where its public key is.
    pub key: SystemUserKey,
    /// What it may do; never empty.
    pub memberships: Vec<SystemMembership>,
}

/// The public key or certificate of a system user, in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemUserKey {
    /// A file, read when it is needed.
    Path(PathBuf),
    /// The PEM text itself.
    Data(Vec<u8>),
}

/// Roles of a system user at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemMembership {
    /// On which level the roles count.
    pub kind: MemberKind,
    /// The instance or organization; empty for the system. A membership of another level without it never counts.
    pub aggregate_id: String,
    /// The roles, looked up in `SystemAuthZ.RolePermissionMappings`.
    pub roles: Vec<String>,
}

/// The level of a system user's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberKind {
    /// Counts everywhere.
    System,
    /// Counts on one instance.
    Instance,
    /// Counts in one organization.
    Organization,
}

/// Structured values in a text are JSON.
fn structured(value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) if text.trim().is_empty() => Ok(Value::Null),
        Value::String(text) => serde_json::from_str(text).map_err(|error| {
            format!("is not valid JSON (line {}, column {}): {:?}", error.line(), error.column(), error.classify())
        }),
        other => Ok(other.clone()),
    }
}

/// A member of a map, whatever the case of its name.
fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null()).map(|(_, value)| value)
}

/// Refuses members that mean nothing.
fn only(map: &Map<String, Value>, place: &str, known: &[&str]) -> Result<(), String> {
    match map.keys().find(|key| !known.iter().any(|name| name.eq_ignore_ascii_case(key))) {
        Some(key) => Err(format!("{place}: there is no {key:?}; use {}", known.join(", "))),
        None => Ok(()),
    }
}

impl Setting for SystemUsers {
    const KIND: &'static str = "map or JSON";

    fn parse(value: &Value) -> Result<Self, String> {
        let maps = match structured(value)? {
            Value::Null => Vec::new(),
            Value::Object(map) => vec![map],
            Value::Array(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::Object(map) => Ok(map),
                    _ => Err("expects a list of maps from a name to its settings".to_owned()),
                })
                .collect::<Result<_, _>>()?,
            _ => return Err("expects a map from names to their settings".to_owned()),
        };
        let mut users: Vec<SystemUser> = Vec::new();
        for (name, settings) in maps.into_iter().flatten() {
            let user = system_user(&name.to_lowercase(), &settings)?;
            if users.iter().any(|other| other.name == user.name) {
                return Err(format!("{}: is given twice", user.name));
            }
            users.push(user);
        }
        Ok(Self(users))
    }

    fn show(&self) -> String {
        self.0.iter().map(|user| user.name.as_str()).collect::<Vec<_>>().join(",")
    }
}

fn system_user(name: &str, settings: &Value) -> Result<SystemUser, String> {
    let Value::Object(map) = settings else { return Err(format!("{name}: expects Path or KeyData")) };
    only(map, name, &["Path", "KeyData", "Memberships"])?;
    let path = member(map, "Path").map(PathBuf::parse).transpose()?.filter(|path| !path.as_os_str().is_empty());
    let data = member(map, "KeyData").map(Bytes::parse).transpose().map_err(|error| format!("{name}: KeyData {error}"));
    let key = match (path, data?) {
        (Some(path), _) => SystemUserKey::Path(path),
        (None, Some(Bytes(data))) if !data.is_empty() => SystemUserKey::Data(data),
        _ => return Err(format!("{name}: expects Path (a file with the public key) or KeyData (its base64)")),
    };
    let mut memberships = Vec::new();
    match member(map, "Memberships") {
        None => {}
        Some(Value::Array(items)) => {
            for item in items {
                memberships.push(membership(name, item)?);
            }
        }
        Some(_) => return Err(format!("{name}: Memberships expects a list")),
    }
    if memberships.is_empty() {
        let roles = vec!["SYSTEM_OWNER".to_owned()];
        memberships.push(SystemMembership { kind: MemberKind::System, aggregate_id: String::new(), roles });
    }
    Ok(SystemUser { name: name.to_owned(), key, memberships })
}

fn membership(name: &str, item: &Value) -> Result<SystemMembership, String> {
    let Value::Object(map) = item else { return Err(format!("{name}: a membership has MemberType and Roles")) };
    only(map, name, &["MemberType", "Roles", "AggregateID"])?;
    let kind = match member(map, "MemberType").map(String::parse).transpose()?.as_deref() {
        Some(kind) if kind.eq_ignore_ascii_case("system") => MemberKind::System,
        Some(kind) if kind.eq_ignore_ascii_case("iam") => MemberKind::Instance,
        Some(kind) if kind.eq_ignore_ascii_case("organization") => MemberKind::Organization,
        other => {
            return Err(format!(
                "{name}: for system users, only the membership types System, IAM and Organization are supported, \
                 not {:?}",
                other.unwrap_or_default()
            ));
        }
    };
    let aggregate_id = member(map, "AggregateID").map(String::parse).transpose()?.unwrap_or_default();
    let roles = member(map, "Roles").map(Vec::parse).transpose()?.unwrap_or_default();
    Ok(SystemMembership { kind, aggregate_id, roles })
}

/// A list of `{Role, Permissions}`; it replaces the built-in table.
impl Setting for RoleTable {
    const KIND: &'static str = "list or JSON";

    fn parse(value: &Value) -> Result<Self, String> {
        let Value::Array(items) = structured(value)? else {
            return Err("expects a list of entries with Role and Permissions".to_owned());
        };
        let mut roles = Vec::with_capacity(items.len());
        for item in &items {
            let Value::Object(map) = item else {
                return Err("expects entries with Role and Permissions".to_owned());
            };
            only(map, "an entry", &["Role", "Permissions"])?;
            let role = member(map, "Role").map(String::parse).transpose()?.unwrap_or_default();
            if role.is_empty() {
                return Err("an entry has no Role".to_owned());
            }
            let permissions = member(map, "Permissions").map(Vec::parse).transpose()?.unwrap_or_default();
            roles.push((role, permissions));
        }
        Self::new(roles)
    }

    fn show(&self) -> String {
        self.names().collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn system_users_are_a_map_a_list_of_maps_or_json() {
        let map = json!({"SuperUser": {"path": "/keys/a.pub"}});
        let forms = [map.clone(), json!([map]), Value::from(map.to_string())];
        for form in forms {
            let SystemUsers(users) = SystemUsers::parse(&form).unwrap();
            assert_eq!(users[0].name, "superuser");
            assert_eq!(users[0].key, SystemUserKey::Path("/keys/a.pub".into()));
            assert_eq!(users[0].memberships[0].roles, ["SYSTEM_OWNER"]);
        }
    }

    #[test]
    fn roles_of_a_system_user_are_a_list_or_a_text_with_commas() {
        let users = json!({"limited": {"KeyData": "cGVt", "Memberships": [
            {"MemberType": "IAM", "AggregateID": "341", "Roles": "IAM_OWNER,IAM_OWNER_VIEWER"}
        ]}});
        let SystemUsers(users) = SystemUsers::parse(&users).unwrap();
        assert_eq!(users[0].key, SystemUserKey::Data(b"pem".to_vec()));
        assert_eq!(users[0].memberships[0].kind, MemberKind::Instance);
        assert_eq!(users[0].memberships[0].roles, ["IAM_OWNER", "IAM_OWNER_VIEWER"]);
    }

    #[test]
    fn a_system_user_of_a_project_is_refused() {
        let users = json!({"x": {"Path": "k", "Memberships": [{"MemberType": "Project", "Roles": ["A"]}]}});
        let error = SystemUsers::parse(&users).unwrap_err();
        assert!(error.contains("only the membership types System, IAM and Organization are supported"), "{error}");
    }

    #[test]
    fn a_misspelled_member_of_a_system_user_is_named() {
        let error = SystemUsers::parse(&json!({"x": {"Pfad": "k"}})).unwrap_err();
        assert!(error.contains("Pfad") && error.contains("KeyData"), "{error}");
    }

    #[test]
    fn a_role_mapping_with_an_unknown_permission_is_refused() {
        let table = RoleTable::parse(&json!([{"Role": "R", "Permissions": ["user.read", "user.fly"]}]));
        assert!(table.unwrap_err().contains("user.fly"));
        let table = RoleTable::parse(&Value::from(r#"[{"role":"R","permissions":["user.read"]}]"#)).unwrap();
        assert!(table.contains("R") && !table.contains("IAM_OWNER"));
    }
}
