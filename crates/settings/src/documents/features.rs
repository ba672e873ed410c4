//! Feature flags: what the system sets, and what an instance sets over it (`spec: api.md 1.11 and 4.14`).

use castellan_db::{Connection, global_statement};
use castellan_kernel::{Error, Receipt, Result, Timestamp};
use serde::{Deserialize, Serialize};

use crate::store::{Document, Stored};

/// The newer login pages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LoginV2 {
    /// Whether every login uses them, whatever the application says.
    pub required: bool,
    /// Where they are, when not on this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_uri: Option<String>,
}

/// The flags that are set on one level; what is absent is inherited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Features {
    /// Whether a login without an organization in its request uses the default organization.
    pub login_default_org: Option<bool>,
    /// User schemas.
    pub user_schema: Option<bool>,
    /// Kinds of improved performance, as the contract numbers them.
    pub improved_performance: Option<Vec<i32>>,
    /// Whether OIDC errors carry the underlying one; instance only.
    pub debug_oidc_parent_error: Option<bool>,
    /// Whether ending one session of the older login ends only that one.
    pub oidc_single_v1_session_termination: Option<bool>,
    /// The newer login pages.
    pub login_v2: Option<LoginV2>,
    /// Whether lists check permissions in the database; lists here always do.
    pub permission_check_v2: Option<bool>,
    /// Whether the console uses the v2 user API; instance only.
    pub console_use_v2_user_api: Option<bool>,
    /// Relational tables; there is nothing else here.
    pub enable_relational_tables: Option<bool>,
}

impl Document for Features {
    const KIND: &'static str = "features";
}

impl Features {
    /// What a new instance sets.
    pub fn of_new_instance() -> Self {
        Self {
            login_default_org: Some(true),
            login_v2: Some(LoginV2 { required: true, base_uri: None }),
            console_use_v2_user_api: Some(true),
            ..Self::default()
        }
    }

    /// Every flag by its event name with the value that events carry; `None` where the flag is not set here.
    pub fn values(&self) -> [(&'static str, Option<serde_json::Value>); 9] {
        let flag = |value: Option<bool>| value.map(serde_json::Value::from);
        [
            ("login_default_org", flag(self.login_default_org)),
            ("user_schema", flag(self.user_schema)),
            ("improved_performance", self.improved_performance.clone().map(serde_json::Value::from)),
            ("debug_oidc_parent_error", flag(self.debug_oidc_parent_error)),
            ("oidc_single_v1_session_termination", flag(self.oidc_single_v1_session_termination)),
            ("login_v2", self.login_v2.as_ref().and_then(|value| serde_json::to_value(value).ok())),
            ("permission_check_v2", flag(self.permission_check_v2)),
            ("console_use_v2_user_api", flag(self.console_use_v2_user_api)),
            ("enable_relational_tables", flag(self.enable_relational_tables)),
        ]
    }

    /// These flags with those of `other` over them: what `other` sets wins.
    #[must_use]
    pub fn overlaid_with(&self, other: &Self) -> Self {
        Self {
            login_default_org: other.login_default_org.or(self.login_default_org),
            user_schema: other.user_schema.or(self.user_schema),
            improved_performance: other.improved_performance.clone().or_else(|| self.improved_performance.clone()),
            debug_oidc_parent_error: other.debug_oidc_parent_error.or(self.debug_oidc_parent_error),
            oidc_single_v1_session_termination: other
                .oidc_single_v1_session_termination
                .or(self.oidc_single_v1_session_termination),
            login_v2: other.login_v2.clone().or_else(|| self.login_v2.clone()),
            permission_check_v2: other.permission_check_v2.or(self.permission_check_v2),
            console_use_v2_user_api: other.console_use_v2_user_api.or(self.console_use_v2_user_api),
            enable_relational_tables: other.enable_relational_tables.or(self.enable_relational_tables),
        }
    }
}

/// The flags that the system sets for every instance.
///
/// # Errors
/// When storage does not answer.
pub async fn system(connection: &mut Connection) -> Result<Stored<Features>> {
    let statement = global_statement!("SELECT value, changed_at, sequence FROM system_settings WHERE kind = $1");
    let Some(row) = connection.row(statement, &[Features::KIND.into()]).await? else {
        return Ok(Stored {
            value: Features::default(),
            org_id: String::new(),
            created_at: Timestamp::default(),
            changed_at: Timestamp::default(),
            sequence: 0,
        });
    };
    let changed_at = row.timestamp(1)?;
    Ok(Stored {
        value: row.json(0)?,
        org_id: String::new(),
        created_at: changed_at,
        changed_at,
        sequence: row.unsigned(2)?,
    })
}

/// Stores the flags that the system sets for every instance.
///
/// # Errors
/// When storage does not answer.
pub async fn put_system(connection: &mut Connection, features: &Features, receipt: &Receipt) -> Result<()> {
    let statement = global_statement!(
        "INSERT INTO system_settings (kind, value, changed_at, sequence) VALUES ($1, $2, $3, $4)
         ON CONFLICT (kind) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at,
         sequence = excluded.sequence"
    );
    let value = serde_json::to_string(features).map_err(Error::internal)?;
    let values = [Features::KIND.into(), value.into(), receipt.changed_at.into(), receipt.sequence.into()];
    connection.execute(statement, &values).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_instance_sets_wins_over_what_the_system_sets() {
        let system = Features { user_schema: Some(true), login_default_org: Some(false), ..Features::default() };
        let merged = system.overlaid_with(&Features { login_default_org: Some(true), ..Features::default() });
        assert_eq!((merged.user_schema, merged.login_default_org), (Some(true), Some(true)));
    }
}
