//! User names and what follows from them: what must be unique, and the names that a user can sign in with
//! (`spec: api.md 4.1.11`). Tables `users.user_name_key` and `domain_login_names`; the view `login_names` has the names of both, since
//! users without a name on a domain sign in with their user name. Other rooms call [`refresh_org`] when domains change,
//! [`follow_policy`] and [`follow_default_policy`] when the domain policy does. Event `user.username.changed`.

use castellan_db::query::{Condition, NameColumns, Related};
use castellan_db::{Connection, DbResultExt, EventOfEach, Question, Recalled, Remember, Value, statement, values};
use castellan_kernel::{Fault, Result, TextMethod};
use castellan_rpc::Context;
use castellan_settings::store::{effective, effective_question};
use castellan_settings::{DomainPolicy, OrganizationSettings};

/// A user name is taken, whatever its case.
pub const USER_NAME_TAKEN: Fault = Fault::exists("V3-DKcYh", "Errors.User.AlreadyExists");

/// The unique index behind [`USER_NAME_TAKEN`].
pub(crate) const USER_NAME_INDEX: &str = "users_user_name";

/// The columns of the user name of users `n`.
const OTHER_USER_NAME: NameColumns =
    NameColumns { name: "n.user_name", lower: "n.user_name_lower", key: "n.user_name_key" };

/// The columns of the user name of users `u`.
pub const USER_NAME: NameColumns =
    NameColumns { name: "u.user_name", lower: "u.user_name_lower", key: "u.user_name_key" };

/// The columns of the login names `l` that have a domain.
pub(crate) const DOMAIN_LOGIN_NAME: NameColumns =
    NameColumns { name: "l.login_name", lower: "l.login_name_lower", key: "l.login_name_lower" };

/// User names that are login names, because their users have none with a domain; `exists` as in [`Related::rows`], on users `n`.
pub(crate) fn alone(exists: &'static str, method: TextMethod, value: &str) -> Related {
    const FIND: &str = "SELECT n.id FROM users n WHERE n.instance_id = $1 AND NOT n.has_domain_login_names";
    Related::rows(FIND, exists, Condition::named(OTHER_USER_NAME, method, value)).one()
}

/// The preferred login name of the user in `a.user_id` compares like this.
pub fn preferred_of_members(method: TextMethod, value: &str) -> Condition {
    let on_domains = Related::rows(
        "SELECT l.user_id FROM domain_login_names l WHERE l.instance_id = $1 AND l.is_primary",
        "EXISTS (SELECT 1 FROM domain_login_names l WHERE l.instance_id = $1 AND l.user_id = a.user_id AND l.is_primary",
        Condition::named(DOMAIN_LOGIN_NAME, method, value),
    );
    let alone = alone(
        "EXISTS (SELECT 1 FROM users n WHERE n.instance_id = $1 AND n.id = a.user_id AND NOT n.has_domain_login_names",
        method,
        value,
    );
    Condition::search_among("a.user_id", [on_domains, alone])
}

/// The name that is shown of the user `u` compares like this: of people it is the display name, of service users the name. `key` and
/// `find` as in [`Condition::searched_text`].
pub fn shown_name(key: &'static str, find: &'static str, method: TextMethod, value: &str) -> Condition {
    const NAME: &str = "CASE WHEN u.kind = 2 THEN u.name ELSE u.display_name END";
    const LOWER: &str = "CASE WHEN u.kind = 2 THEN u.name_lower ELSE u.display_name_lower END";
    Condition::searched_text(key, find, NAME, LOWER, method, value)
}

/// The columns of the login names `l`.
pub const LOGIN_NAME: NameColumns =
    NameColumns { name: "l.login_name", lower: "l.login_name_lower", key: "l.login_name_key" };

/// The ids of the users with a login name, for statements whose `$2` and `$3` are its [`range`].
#[macro_export]
#[doc(hidden)]
macro_rules! users_with_login_name {
    () => {
        "SELECT l.user_id FROM login_names l WHERE l.instance_id = $1 AND l.login_name_key >= $2 AND l.login_name_key < $3
         AND l.login_name_lower = $2"
    };
}

/// Between which keys a lower-cased login name stands.
pub fn range(login_name: &str) -> [Value; 2] {
    [login_name.into(), format!("{login_name} ").into()]
}

/// Between name and organization in the keys of scoped names; no request can carry it in a name that collides.
const SEPARATOR: char = '\u{1f}';

/// How the names of an organization's users work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NameRules {
    /// Login names are `<user name>@<verified domain>` instead of the bare user name.
    pub must_be_domain: bool,
    /// User names are unique within the organization only.
    pub scoped: bool,
}

impl Remember for NameRules {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        size_of::<Self>() as u64
    }
}

impl NameRules {
    /// The rules in force for an organization: its domain policy (else the instance's) and its own settings.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn of_org(connection: &mut Connection, org_id: &str) -> Result<Self> {
        let key = connection.key(&[org_id]);
        let recording = match connection.recall::<Self>(key).await? {
            Recalled::Known(rules) => return Ok(*rules),
            Recalled::Unknown(recording) => recording,
        };
        let policy = effective::<DomainPolicy>(connection, org_id).await?.value;
        let settings = effective::<OrganizationSettings>(connection, org_id).await?.value;
        let rules = Self {
            must_be_domain: policy.user_login_must_be_domain,
            scoped: policy.user_login_must_be_domain || settings.organization_scoped_usernames,
        };
        Ok(*connection.keep(recording, rules))
    }

    /// What [`NameRules::of_org`] asks.
    pub(crate) fn questions(org_id: &str) -> [Question; 2] {
        [effective_question::<DomainPolicy>(org_id), effective_question::<OrganizationSettings>(org_id)]
    }

    /// What must be unique in the instance for this user name in this organization.
    pub fn key(&self, user_name: &str, org_id: &str) -> String {
        user_name.to_lowercase() + &self.suffix(org_id)
    }

    fn suffix(&self, org_id: &str) -> String {
        if self.scoped { format!("{SEPARATOR}{org_id}") } else { String::new() }
    }
}

/// Writes the login names of one user anew.
///
/// # Errors
/// When storage does not answer.
pub async fn refresh(
    connection: &mut Connection,
    user_id: &str,
    user_name: &str,
    org_id: &str,
    rules: NameRules,
) -> Result<()> {
    let delete = statement!("DELETE FROM domain_login_names WHERE instance_id = $1 AND user_id = $2");
    connection.execute(delete, &values![user_id]).await?;
    add(connection, user_id, user_name, org_id, rules).await
}

/// Writes the login names of a user that has none yet.
///
/// # Errors
/// When storage does not answer.
pub async fn add(
    connection: &mut Connection,
    user_id: &str,
    user_name: &str,
    org_id: &str,
    rules: NameRules,
) -> Result<()> {
    if !rules.must_be_domain {
        return Ok(());
    }
    let insert = statement!(
        "INSERT INTO domain_login_names (instance_id, login_name_lower, user_id, login_name, is_primary)
         SELECT d.instance_id, $3 || '@' || d.domain_lower, $2, $4 || '@' || d.domain, d.is_primary
         FROM org_domains d WHERE d.instance_id = $1 AND d.org_id = $5 AND d.is_verified"
    );
    let values = values![user_id, user_name.to_lowercase(), user_name, org_id];
    connection.defer(insert, values.into(), &[]).await
}

/// Writes the unique keys and the login names of all users of an organization anew, after its domains, its domain policy
/// or its settings changed.
///
/// # Errors
/// [`USER_NAME_TAKEN`] when names that were scoped collide now.
pub async fn refresh_org(connection: &mut Connection, org_id: &str) -> Result<()> {
    let rules = NameRules::of_org(connection, org_id).await?;
    let keys = statement!(
        heavy "UPDATE users SET user_name_key = user_name_lower || $3, has_domain_login_names = $4
         WHERE instance_id = $1 AND org_id = $2
           AND (user_name_key <> user_name_lower || $3 OR has_domain_login_names <> $4)"
    );
    connection
        .execute(keys, &values![org_id, rules.suffix(org_id), rules.must_be_domain])
        .await
        .on_unique(USER_NAME_INDEX, USER_NAME_TAKEN)?;
    let delete = statement!(
        heavy "DELETE FROM domain_login_names WHERE instance_id = $1
         AND user_id IN (SELECT id FROM users WHERE instance_id = $1 AND org_id = $2)"
    );
    connection.execute(delete, &values![org_id]).await?;
    if !rules.must_be_domain {
        return Ok(());
    }
    let insert = statement!(
        heavy "INSERT INTO domain_login_names (instance_id, login_name_lower, user_id, login_name, is_primary)
         SELECT u.instance_id, u.user_name_lower || '@' || d.domain_lower, u.id, u.user_name || '@' || d.domain, d.is_primary
         FROM users u JOIN org_domains d ON d.instance_id = u.instance_id AND d.org_id = u.org_id
         WHERE u.instance_id = $1 AND u.org_id = $2 AND d.is_verified"
    );
    connection.execute(insert, &values![org_id]).await.map(|_| ())
}

/// Follows a change of the domain policy that is in force for an organization: each of its users gets an event of its name, which
/// is unique elsewhere now, and [`refresh_org`] the rest.
///
/// # Errors
/// [`USER_NAME_TAKEN`] when names that were scoped collide now.
pub async fn follow_policy(ctx: &mut Context, org_id: &str) -> Result<()> {
    let event = EventOfEach {
        aggregate_type: "user",
        from: "users u WHERE u.instance_id = $1 AND u.org_id = ?",
        values: vec![org_id.into()],
        id: "u.id",
        owner: "u.org_id",
        event_type: "user.username.changed",
        payload: ("userName", "u.user_name"),
    };
    let changed_at = ctx.record_of_each(&event).await?;
    let tx = ctx.tx().await?;
    let touch = statement!(
        heavy "UPDATE users SET changed_at = $3, sequence = (SELECT MAX(e.sequence) FROM events e
             WHERE e.instance_id = $1 AND e.aggregate_type = 'user' AND e.aggregate_id = users.id)
         WHERE instance_id = $1 AND org_id = $2"
    );
    tx.execute(touch, &values![org_id, changed_at]).await?;
    refresh_org(tx, org_id).await
}

/// [`follow_policy`] for every organization without a domain policy of its own, after the instance's changed.
///
/// # Errors
/// [`USER_NAME_TAKEN`] when names that were scoped collide now.
pub async fn follow_default_policy(ctx: &mut Context) -> Result<()> {
    let orgs = statement!(
        heavy "SELECT o.id FROM organizations o WHERE o.instance_id = $1 AND NOT EXISTS (
             SELECT 1 FROM settings s WHERE s.instance_id = $1 AND s.kind = 'domain_policy' AND s.org_id = o.id)"
    );
    for row in ctx.tx().await?.rows(orgs, &[]).await? {
        follow_policy(ctx, row.str(0)?).await?;
    }
    Ok(())
}

/// The name to show for a user: the login name on the primary domain, else any login name, else the user name.
///
/// # Errors
/// When storage does not answer.
pub async fn preferred(connection: &mut Connection, user_id: &str) -> Result<Option<String>> {
    let statement = statement!(
        "SELECT COALESCE((SELECT l.login_name FROM domain_login_names l WHERE l.instance_id = $1 AND l.user_id = $2
                          ORDER BY l.is_primary DESC, l.login_name LIMIT 1), u.user_name)
         FROM users u WHERE u.instance_id = $1 AND u.id = $2"
    );
    connection.row(statement, &values![user_id]).await?.map(|row| row.text(0)).transpose()
}

#[cfg(test)]
mod tests {
    use super::NameRules;

    #[test]
    fn names_are_unique_whatever_their_case_per_instance_or_per_organization() {
        let open = NameRules::default();
        assert_eq!(open.key("Robot", "1"), open.key("robot", "2"));
        let scoped = NameRules { must_be_domain: false, scoped: true };
        assert_ne!(scoped.key("robot", "1"), scoped.key("robot", "2"));
        assert_eq!(scoped.key("ROBOT", "1"), scoped.key("robot", "1"));
    }
}
