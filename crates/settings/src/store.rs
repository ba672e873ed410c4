//! One JSON document per owner and kind in table `settings`: the instance's own, an organization's override, and what is in
//! force for an organization (its override, else the instance's, else what the server was built with).

use castellan_db::{Connection, Question, Row, statement};
use castellan_kernel::{Owner, Receipt, Result, Timestamp};
use castellan_proto::zitadel::v1::ObjectDetails;
use castellan_rpc::convert;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A kind of settings document. Its `Default` is what holds where nothing is stored.
pub trait Document: Serialize + DeserializeOwned + Default + Clone + PartialEq + Send + Sync + 'static {
    /// The name of the kind in storage, such as `login_policy`.
    const KIND: &'static str;
}

/// A document with where it comes from and when it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<T> {
    /// The document.
    pub value: T,
    /// The organization whose override it is; empty for the instance's own and for built-in defaults.
    pub org_id: String,
    /// When it was stored first; the epoch for built-in defaults.
    pub created_at: Timestamp,
    /// When it changed last.
    pub changed_at: Timestamp,
    /// The sequence of the event that changed it last; 0 for built-in defaults.
    pub sequence: u64,
}

impl<T> Stored<T> {
    /// Whether it is what the organization inherits rather than its own override.
    pub fn is_default(&self) -> bool {
        self.org_id.is_empty()
    }

    /// The resource owner that answers show: the organization, or the instance.
    pub fn owner<'a>(&'a self, instance_id: &'a str) -> &'a str {
        if self.is_default() { instance_id } else { &self.org_id }
    }

    /// The v1 details of a read.
    pub fn details(&self, instance_id: &str) -> Option<ObjectDetails> {
        convert::read(self.sequence, self.created_at, self.changed_at, self.owner(instance_id))
    }

    /// What holds where nothing is stored.
    pub(crate) fn built_in(value: T) -> Self {
        Self {
            value,
            org_id: String::new(),
            created_at: Timestamp::default(),
            changed_at: Timestamp::default(),
            sequence: 0,
        }
    }
}

/// The document of exactly this owner; `None` when it has none of its own.
///
/// # Errors
/// When storage does not answer.
pub async fn get<T: Document>(connection: &mut Connection, owner: &Owner) -> Result<Option<Stored<T>>> {
    get_as(connection, owner, T::KIND).await
}

/// What is in force for an organization; with an empty id, for the instance.
///
/// # Errors
/// When storage does not answer.
pub async fn effective<T: Document>(connection: &mut Connection, org_id: &str) -> Result<Stored<T>> {
    let row = connection.ask_one(&effective_question::<T>(org_id)).await?;
    row.map_or_else(|| Ok(Stored::built_in(T::default())), |row| read(&row))
}

/// What [`effective`] asks, to be announced.
pub fn effective_question<T: Document>(org_id: &str) -> Question {
    let statement = statement!(
        "SELECT value, org_id, created_at, changed_at, sequence FROM settings
         WHERE instance_id = $1 AND kind = $2 AND org_id IN ('', $3) ORDER BY org_id DESC LIMIT 1"
    );
    Question::new(statement, [T::KIND.into(), org_id.into()])
}

/// What is in force for the whole instance.
///
/// # Errors
/// When storage does not answer.
pub async fn of_instance<T: Document>(connection: &mut Connection) -> Result<Stored<T>> {
    effective(connection, "").await
}

/// Stores the document of this owner, replacing an earlier one. `receipt` is that of the event recorded for it.
///
/// # Errors
/// When storage does not answer.
pub async fn put<T: Document>(connection: &mut Connection, owner: &Owner, value: &T, receipt: &Receipt) -> Result<()> {
    put_as(connection, owner, T::KIND, value, receipt).await
}

/// Removes the document of this owner; says whether there was one.
///
/// # Errors
/// When storage does not answer.
pub async fn reset<T: Document>(connection: &mut Connection, owner: &Owner) -> Result<bool> {
    reset_as(connection, owner, T::KIND).await
}

/// As [`get`], for kinds whose name carries a parameter.
pub(crate) async fn get_as<T: DeserializeOwned>(
    connection: &mut Connection,
    owner: &Owner,
    kind: &str,
) -> Result<Option<Stored<T>>> {
    let statement = statement!(
        "SELECT value, org_id, created_at, changed_at, sequence FROM settings
         WHERE instance_id = $1 AND org_id = $2 AND kind = $3"
    );
    let org_id = owner.org().unwrap_or_default();
    let row = connection.row(statement, &[org_id.into(), kind.into()]).await?;
    row.map(|row| read(&row)).transpose()
}

/// As [`put`], for kinds whose name carries a parameter.
pub(crate) async fn put_as<T: Serialize + Sync>(
    connection: &mut Connection,
    owner: &Owner,
    kind: &str,
    value: &T,
    receipt: &Receipt,
) -> Result<()> {
    let statement = statement!(
        "INSERT INTO settings (instance_id, org_id, kind, value, created_at, changed_at, sequence)
         VALUES ($1, $2, $3, $4, $5, $5, $6)
         ON CONFLICT (instance_id, org_id, kind)
         DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at, sequence = excluded.sequence"
    );
    let values = [
        owner.org().unwrap_or_default().into(),
        kind.into(),
        serde_json::to_string(value).map_err(castellan_kernel::Error::internal)?.into(),
        receipt.changed_at.into(),
        receipt.sequence.into(),
    ];
    connection.execute(statement, &values).await.map(|_| ())
}

/// As [`reset`], for kinds whose name carries a parameter.
pub(crate) async fn reset_as(connection: &mut Connection, owner: &Owner, kind: &str) -> Result<bool> {
    let statement = statement!("DELETE FROM settings WHERE instance_id = $1 AND org_id = $2 AND kind = $3");
    let org_id = owner.org().unwrap_or_default();
    Ok(connection.execute(statement, &[org_id.into(), kind.into()]).await? > 0)
}

fn read<T: DeserializeOwned>(row: &Row) -> Result<Stored<T>> {
    Ok(Stored {
        value: row.json(0)?,
        org_id: row.text(1)?,
        created_at: row.timestamp(2)?,
        changed_at: row.timestamp(3)?,
        sequence: row.unsigned(4)?,
    })
}
