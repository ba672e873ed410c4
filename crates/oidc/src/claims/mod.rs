//! Claims about a user, assembled once for userinfo, introspection, ID tokens and JWT access tokens
//! (`spec: oauth.md 4.9, 4.10`).

mod roles;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use castellan_db::{Connection, Question, Recalled, Remember, Row, statement};
use castellan_kernel::{Fault, Result, Timestamp};
use serde_json::{Map, Value, json};

pub use roles::RoleQuestion;

use crate::scope::{METADATA, RESOURCE_OWNER, Scopes};

const USER_NOT_FOUND: Fault = Fault::not_found("OIDC-Usr01", "Errors.User.NotFound");

/// A set of claims.
pub type Claims = Map<String, Value>;

/// The first [`SUBJECT_COLUMNS`] columns of statements on users `u` and organizations `o` that [`Subject::of_row`] reads.
#[macro_export]
#[doc(hidden)]
macro_rules! subject_columns {
    () => {
        "u.id, u.org_id, o.name, o.primary_domain, u.kind,
         COALESCE((SELECT l.login_name FROM domain_login_names l WHERE l.instance_id = u.instance_id
                   AND l.user_id = u.id AND l.is_primary), u.user_name),
         u.name, u.first_name, u.last_name, u.nick_name, u.display_name, u.preferred_language, u.gender,
         u.avatar_key, u.email, u.email_verified, u.phone, u.phone_verified, u.changed_at"
    };
}

/// How many columns of a user there are.
pub(crate) const SUBJECT_COLUMNS: usize = 19;

/// The user that claims are about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The user's id, `sub`.
    pub id: String,
    /// The organization that owns the user.
    pub org_id: String,
    org_name: String,
    org_domain: String,
    is_machine: bool,
    /// The preferred login name.
    pub preferred_login_name: String,
    machine_name: String,
    first_name: String,
    last_name: String,
    nick_name: String,
    display_name: String,
    /// The preferred language; empty or `und` where none is set.
    pub(crate) language: String,
    gender: i64,
    avatar_key: String,
    email: String,
    email_verified: bool,
    phone: String,
    phone_verified: bool,
    changed_at: Timestamp,
}

impl Remember for Subject {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        size_of::<Self>() as u64 + 512
    }
}

impl Subject {
    /// Reads the user.
    ///
    /// # Errors
    /// `OIDC-Usr01` if it is gone.
    pub async fn read(connection: &mut Connection, user_id: &str) -> Result<Arc<Self>> {
        let key = connection.key(&[user_id]);
        let recording = match connection.recall::<Self>(key).await? {
            Recalled::Known(subject) => return Ok(subject),
            Recalled::Unknown(recording) => recording,
        };
        let row = connection.ask_one(&Self::question(user_id)).await?.ok_or(USER_NOT_FOUND)?;
        let subject = Self::of_row(&row)?;
        Ok(connection.keep(recording, subject))
    }

    /// What [`Subject::read`] asks, to be announced.
    pub fn question(user_id: &str) -> Question {
        let statement = statement!(concat!(
            "SELECT ",
            crate::subject_columns!(),
            " FROM users u JOIN organizations o ON o.instance_id = u.instance_id AND o.id = u.org_id
              WHERE u.instance_id = $1 AND u.id = $2"
        ));
        Question::new(statement, [user_id.into()])
    }

    /// From a row that begins with `subject_columns!()`.
    pub(crate) fn of_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.text(0)?,
            org_id: row.text(1)?,
            org_name: row.text(2)?,
            org_domain: row.text(3)?,
            is_machine: row.int(4)? == 2,
            preferred_login_name: row.text(5)?,
            machine_name: row.text(6)?,
            first_name: row.text(7)?,
            last_name: row.text(8)?,
            nick_name: row.text(9)?,
            display_name: row.text(10)?,
            language: row.text(11)?,
            gender: row.int(12)?,
            avatar_key: row.text(13)?,
            email: row.text(14)?,
            email_verified: row.boolean(15)?,
            phone: row.text(16)?,
            phone_verified: row.boolean(17)?,
            changed_at: row.timestamp(18)?,
        })
    }

    /// The primary domain of the user's organization.
    pub fn org_domain(&self) -> &str {
        &self.org_domain
    }

    /// The claims of scopes `profile`, `email` and `phone`; empty values are left out.
    pub fn standard_claims(&self, scopes: &Scopes, origin: &str) -> Claims {
        let mut claims = Claims::new();
        let mut text = |name: &str, value: &str| {
            if !value.is_empty() {
                claims.insert(name.to_owned(), Value::from(value));
            }
        };
        if scopes.contains("profile") {
            if self.is_machine {
                text("name", &self.machine_name);
            } else {
                text("name", &self.display_name);
                text("given_name", &self.first_name);
                text("family_name", &self.last_name);
                text("nickname", &self.nick_name);
                text(
                    "gender",
                    ["", "female", "male", "diverse"].get(self.gender.unsigned_abs() as usize).unwrap_or(&""),
                );
                text("locale", self.language.trim_start_matches("und"));
                if !self.avatar_key.is_empty() {
                    text("picture", &format!("{origin}/assets/v1/{}/{}", self.org_id, self.avatar_key));
                }
            }
            text("preferred_username", &self.preferred_login_name);
        }
        if scopes.contains("email") && !self.is_machine {
            text("email", &self.email);
        }
        if scopes.contains("phone") && !self.is_machine {
            text("phone_number", &self.phone);
        }
        if scopes.contains("profile") {
            claims.insert("updated_at".to_owned(), Value::from(self.changed_at.seconds()));
        }
        if claims.contains_key("email") && self.email_verified {
            claims.insert("email_verified".to_owned(), Value::from(true));
        }
        if claims.contains_key("phone_number") && self.phone_verified {
            claims.insert("phone_number_verified".to_owned(), Value::from(true));
        }
        claims
    }

    /// The claims that the reserved scopes ask for: metadata, resource owner, organization, roles.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn reserved_claims(
        &self,
        connection: &mut Connection,
        scopes: &Scopes,
        roles: &RoleQuestion<'_>,
    ) -> Result<Claims> {
        let mut claims = Claims::new();
        let projects = roles::projects(scopes, roles);
        if !projects.is_empty() {
            // Boxed, so that requests that ask for no roles need no room for reading them.
            Box::pin(roles::assert(connection, &self.id, scopes, roles, &projects, &mut claims)).await?;
        }
        if scopes.contains(METADATA) {
            let metadata = self.metadata(connection).await?;
            if !metadata.is_empty() {
                claims.insert(METADATA.to_owned(), Value::Object(metadata));
            }
        }
        let (org_id, org_domain) = scopes.org();
        if scopes.contains(RESOURCE_OWNER) || org_id.is_some() {
            for (suffix, value) in
                [("id", &self.org_id), ("name", &self.org_name), ("primary_domain", &self.org_domain)]
            {
                claims.insert(format!("{RESOURCE_OWNER}:{suffix}"), json!(value));
            }
        }
        if let Some(id) = org_id {
            claims.insert("urn:zitadel:iam:org:id".to_owned(), json!(id));
        }
        if let Some(domain) = org_domain {
            claims.insert("urn:zitadel:iam:org:domain:primary".to_owned(), json!(domain));
        }
        Ok(claims)
    }

    async fn metadata(&self, connection: &mut Connection) -> Result<Claims> {
        let statement =
            statement!("SELECT key, value FROM user_metadata WHERE instance_id = $1 AND user_id = $2 ORDER BY key");
        let rows = connection.rows(statement, &[self.id.as_str().into()]).await?;
        rows.iter().map(|row| Ok((row.text(0)?, Value::from(URL_SAFE_NO_PAD.encode(row.bytes(1)?))))).collect()
    }
}
