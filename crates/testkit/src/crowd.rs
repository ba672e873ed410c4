//! Many organizations, users, projects and authorizations at once, written straight into the tables: through the commands it
//! would take minutes. What commands would record beside the rows (the audit trail) is left out, but for one event per user.

use castellan_db::{DynamicStatement, StatementScope, Tx, Value};

use crate::{Application, TestInstance};

/// How many there are of each. Half of the users are in the first organization, the others spread evenly over all.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Organizations with a verified domain each.
    pub orgs: i64,
    /// Users, a twentieth of them service users with a key and a token, all with a pair of metadata.
    pub users: i64,
    /// Projects with a role and an application with a key each, every fifth of them granted to another organization.
    pub projects: i64,
    /// Authorizations, one per user in turn.
    pub authorizations: i64,
}

impl Crowd {
    /// The id of an organization; the first is the one with half of the users.
    pub fn org(number: i64) -> String {
        (200_000_000_000_000_000 + number).to_string()
    }

    /// The id of a user, whose name is `User-` and nine digits that begin with 1.
    pub fn user(number: i64) -> String {
        (300_000_000_000_000_000 + number).to_string()
    }

    /// The id of a project.
    pub fn project(number: i64) -> String {
        (400_000_000_000_000_000 + number).to_string()
    }
}

/// Numbers from 0 to below the first value.
const NUMBERS: &str = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)";

/// Each fills a table; `$2` is how many rows, `$3` and `$4` what the text says.
const ORGS: &str = "INSERT INTO organizations
    (instance_id, id, name, name_lower, state, primary_domain, created_at, changed_at, sequence)
    {numbers} SELECT $1, CAST(200000000000000000 + i AS TEXT), 'Org ' || CAST(100000000 + i AS TEXT),
        'org ' || CAST(100000000 + i AS TEXT), 1, 'org' || CAST(100000000 + i AS TEXT) || '.example.com', 1000000 + i, 1000000 + i, 1
    FROM n";
const DOMAINS: &str = "INSERT INTO org_domains (instance_id, org_id, domain, domain_lower, is_verified, is_primary,
        validation_type, created_at, changed_at, sequence)
    SELECT instance_id, id, primary_domain, primary_domain, TRUE, TRUE, 0, created_at, changed_at, 1
    FROM organizations WHERE instance_id = $1 AND name LIKE 'Org 1%'";
/// `$3`: organizations.
const USERS: &str = "INSERT INTO users (instance_id, id, org_id, kind, state, user_name, user_name_lower, user_name_key,
        name, name_lower, first_name, first_name_lower, last_name, last_name_lower, display_name, display_name_lower,
        preferred_language, email, email_lower, email_verified, created_at, changed_at, sequence, has_domain_login_names)
    {numbers}, m AS (SELECT i, CAST(100000000 + i AS TEXT) AS number, (i * 7919) % 1000003 AS shuffled,
        CASE i % 7 WHEN 0 THEN 'Ada' WHEN 1 THEN 'Grace' WHEN 2 THEN 'Alan' WHEN 3 THEN 'Edsger' WHEN 4 THEN 'Barbara'
                   WHEN 5 THEN 'Donald' ELSE 'Margaret' END AS first FROM n)
    SELECT $1, CAST(300000000000000000 + i AS TEXT),
        CAST(200000000000000000 + CASE WHEN i % 2 = 0 THEN 0 ELSE i % $3 END AS TEXT),
        1 + (i % 20) / 19, CASE WHEN i % 50 = 1 THEN 2 ELSE 1 END, 'User-' || number, 'user-' || number, 'user-' || number,
        CASE WHEN i % 20 = 19 THEN 'Robot ' || number ELSE '' END, CASE WHEN i % 20 = 19 THEN 'robot ' || number ELSE '' END,
        first, LOWER(first), 'Family' || CAST(1000000 + shuffled AS TEXT), 'family' || CAST(1000000 + shuffled AS TEXT),
        first || ' Family' || CAST(1000000 + shuffled AS TEXT), LOWER(first) || ' family' || CAST(1000000 + shuffled AS TEXT),
        'en', 'user-' || number || '@example.com', 'user-' || number || '@example.com', TRUE, 2000000 + i, 2000000 + i, 1,
        i % 2 <> 0 AND i % $3 <> 0
    FROM m";
const LOGIN_NAMES: &str =
    "INSERT INTO domain_login_names (instance_id, login_name_lower, user_id, login_name, is_primary)
    SELECT instance_id, user_name_lower || '@one.localhost', id, user_name || '@one.localhost', TRUE
    FROM users WHERE instance_id = $1 AND user_name LIKE 'User-%' AND org_id <> '200000000000000000'";
const METADATA: &str =
    "INSERT INTO user_metadata (instance_id, user_id, key, key_lower, value, created_at, changed_at, sequence)
    SELECT instance_id, id, 'Key' || CAST(created_at % 10 AS TEXT), 'key' || CAST(created_at % 10 AS TEXT), $2,
           created_at, changed_at, 1
    FROM users WHERE instance_id = $1 AND user_name LIKE 'User-%'";
const KEYS: &str =
    "INSERT INTO user_keys (instance_id, id, user_id, type, public_key, expires_at, created_at, sequence)
    SELECT instance_id, 'k' || id, id, 1, $2, created_at + 1, created_at, 1
    FROM users WHERE instance_id = $1 AND user_name LIKE 'User-%' AND kind = 2";
const TOKENS: &str =
    "INSERT INTO personal_access_tokens (instance_id, id, user_id, scopes, expires_at, created_at, sequence)
    SELECT instance_id, 't' || id, id, '[]', created_at + 1, created_at, 1
    FROM users WHERE instance_id = $1 AND user_name LIKE 'User-%' AND kind = 2";
const EVENTS: &str =
    "INSERT INTO events (instance_id, aggregate_type, aggregate_id, sequence, event_type, editor, owner,
        created_at, in_tx_order)
    SELECT instance_id, 'user', id, 1, 'user.human.added', id, org_id, created_at, 0
    FROM users WHERE instance_id = $1 AND user_name LIKE 'User-%'";
/// `$3`: organizations.
const PROJECTS: &str =
    "INSERT INTO projects (instance_id, id, org_id, name, name_lower, state, role_assertion, role_check,
        has_project_check, private_labeling, created_at, changed_at, sequence)
    {numbers} SELECT $1, CAST(400000000000000000 + i AS TEXT), CAST(200000000000000000 + i % $3 AS TEXT),
        'Venture ' || CAST(100000000 + i AS TEXT), 'venture ' || CAST(100000000 + i AS TEXT), 1, FALSE, FALSE, FALSE, 0,
        3000000 + i, 3000000 + i, 1
    FROM n";
const ROLES: &str = "INSERT INTO project_roles (instance_id, project_id, key, key_lower, display_name, group_name,
        created_at, changed_at, sequence)
    SELECT instance_id, id, 'reader', 'reader', 'Reader', '', created_at, changed_at, 1
    FROM projects WHERE instance_id = $1 AND name LIKE 'Venture %'";
/// `$2`: organizations.
const GRANTS: &str = "INSERT INTO project_grants (instance_id, id, project_id, granted_org_id, role_keys, state, created_at,
        changed_at, sequence)
    SELECT instance_id, 'g' || id, id, CAST(200000000000000000 + (created_at + 1) % $2 AS TEXT), '[\"reader\"]', 1, created_at,
           changed_at, 1
    FROM projects WHERE instance_id = $1 AND name LIKE 'Venture %' AND created_at % 5 = 0";
const APPLICATIONS: &str =
    "INSERT INTO applications (instance_id, id, project_id, name, name_lower, state, kind, client_id,
        auth_method, config, created_at, changed_at, sequence)
    SELECT instance_id, 'a' || id, id, 'App of ' || name, 'app of ' || name_lower, 1, 2, 'c' || id, 1, '{}', created_at,
           changed_at, 1
    FROM projects WHERE instance_id = $1 AND name LIKE 'Venture %'";
const APPLICATION_KEYS: &str =
    "INSERT INTO application_keys (instance_id, id, application_id, type, public_key, expires_at,
        created_at, sequence)
    SELECT instance_id, 'k' || id, id, 1, $2, created_at + 1, created_at, 1
    FROM applications WHERE instance_id = $1 AND name LIKE 'App of %'";
const ADMINISTRATORS: &str =
    "INSERT INTO administrators (instance_id, level, aggregate_id, user_id, org_id, roles, created_at,
        changed_at, sequence)
    SELECT instance_id, 2, org_id, id, org_id, '[\"ORG_OWNER\"]', created_at, changed_at, 1
    FROM users WHERE instance_id = $1 AND user_name LIKE 'User-%' AND kind = 2";
/// `$3`: organizations, `$4`: users, `$5`: projects.
const AUTHORIZATIONS: &str =
    "INSERT INTO authorizations (instance_id, id, org_id, user_id, project_id, grant_id, role_keys,
        state, created_at, changed_at, sequence, user_org_id)
    {numbers} SELECT $1, CAST(500000000000000000 + i AS TEXT), CAST(200000000000000000 + i % $3 AS TEXT),
        CAST(300000000000000000 + i % $4 AS TEXT), CAST(400000000000000000 + i % $5 AS TEXT), '', '[\"reader\"]', 1,
        4000000 + i, 4000000 + i, 1,
        CAST(200000000000000000 + CASE WHEN i % $4 % 2 = 0 THEN 0 ELSE i % $4 % $3 END AS TEXT)
    FROM n";

impl Application {
    /// Fills an instance, which must not have a crowd yet.
    pub async fn crowd(&self, instance: &TestInstance, crowd: &Crowd) {
        let bytes = || Value::from(b"public".to_vec());
        let mut tx = self.env.db.begin(Some(&instance.id));
        for (text, values) in [
            (ORGS, vec![crowd.orgs.into()]),
            (DOMAINS, vec![]),
            (USERS, vec![crowd.users.into(), crowd.orgs.into()]),
            (LOGIN_NAMES, vec![]),
            (METADATA, vec![bytes()]),
            (KEYS, vec![bytes()]),
            (TOKENS, vec![]),
            (EVENTS, vec![]),
            (PROJECTS, vec![crowd.projects.into(), crowd.orgs.into()]),
            (ROLES, vec![]),
            (GRANTS, vec![crowd.orgs.into()]),
            (APPLICATIONS, vec![]),
            (APPLICATION_KEYS, vec![bytes()]),
            (ADMINISTRATORS, vec![]),
            (
                AUTHORIZATIONS,
                vec![crowd.authorizations.into(), crowd.orgs.into(), crowd.users.into(), crowd.projects.into()],
            ),
        ] {
            run(&mut tx, text, values).await;
        }
        tx.commit().await.unwrap();
    }
}

async fn run(tx: &mut Tx, text: &str, values: Vec<Value>) {
    let sql = text.replace("{numbers}", NUMBERS);
    let statement = DynamicStatement { sql, values, scope: StatementScope::Instance, label: "a crowd" };
    tx.execute_dynamic(&statement).await.unwrap();
}
