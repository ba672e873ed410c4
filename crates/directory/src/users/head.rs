//! The head of a user: what every command on a user must know before it acts (kind, state, organization).

use castellan_db::{Connection, Question, Recalled, Remember, Row, statement};
use castellan_kernel::{Fault, Receipt, Result, Timestamp};
use castellan_rpc::{Aggregate, Context};

use super::login_names::NameRules;

const NAMED_ORG_NOT_FOUND: Fault = Fault::denied("AUTH-Bs7Ds", "Organisation doesn't exist");
const ORG_NOT_FOUND: Fault = Fault::precondition("COMMAND-QXPGs", "Errors.Org.NotFound");

/// Person or service user; fixed at creation. The number is what storage keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UserKind {
    Human = 1,
    Machine = 2,
}

/// The state of a user that exists; the number is the v1 wire value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum UserState {
    Active = 1,
    Inactive = 2,
    Locked = 4,
    Initial = 6,
}

impl UserState {
    /// From the stored number; unknown numbers read as inactive, the safe side.
    pub fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Active,
            4 => Self::Locked,
            6 => Self::Initial,
            _ => Self::Inactive,
        }
    }
}

/// Whether a command may act on users of every organization, or only on those of the context (v1 Management: users of
/// other organizations read as absent).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Any organization; the permission is checked on the user's own one.
    Instance,
    /// Only this organization.
    Org(String),
}

impl Reach {
    /// The reach of v1 Management: the organization in context.
    pub fn context(ctx: &Context) -> Self {
        Self::Org(ctx.caller.org.clone())
    }
}

/// The head of a user.
#[derive(Debug, Clone)]
pub struct UserHead {
    /// The user's id.
    pub id: String,
    /// The organization that owns the user.
    pub org_id: String,
    /// Person or service user.
    pub kind: UserKind,
    /// The state.
    pub state: UserState,
    /// The user name as stored.
    pub user_name: String,
    /// When the user was created.
    pub created_at: Timestamp,
    /// When its own data changed last.
    pub changed_at: Timestamp,
    /// The sequence of the event that changed it last.
    pub sequence: u64,
}

impl UserHead {
    /// The user of that id, if it exists within reach.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn find(connection: &mut Connection, reach: &Reach, user_id: &str) -> Result<Option<Self>> {
        let statement = statement!(
            "SELECT id, org_id, kind, state, user_name, created_at, changed_at, sequence FROM users
             WHERE instance_id = $1 AND id = $2"
        );
        let user = connection.row(statement, &[user_id.into()]).await?.map(|row| Self::read(&row)).transpose()?;
        Ok(user.filter(|user| match reach {
            Reach::Instance => true,
            Reach::Org(org) => user.org_id == *org,
        }))
    }

    /// The service user of that id, if it exists within reach and is one.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn find_machine(connection: &mut Connection, reach: &Reach, user_id: &str) -> Result<Option<Self>> {
        Ok(Self::find(connection, reach, user_id).await?.filter(|user| user.kind == UserKind::Machine))
    }

    /// The person of that id, if it exists within reach and is one.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn find_human(connection: &mut Connection, reach: &Reach, user_id: &str) -> Result<Option<Self>> {
        Ok(Self::find(connection, reach, user_id).await?.filter(|user| user.kind == UserKind::Human))
    }

    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.text(0)?,
            org_id: row.text(1)?,
            kind: if row.int(2)? == UserKind::Machine as i64 { UserKind::Machine } else { UserKind::Human },
            state: UserState::from_number(row.int(3)?),
            user_name: row.text(4)?,
            created_at: row.timestamp(5)?,
            changed_at: row.timestamp(6)?,
            sequence: row.unsigned(7)?,
        })
    }

    /// The receipt of a command that found nothing to change: the stored state.
    pub fn unchanged(&self) -> Receipt {
        Receipt {
            sequence: self.sequence,
            created_at: Some(self.created_at),
            changed_at: self.changed_at,
            owner: self.org_id.clone(),
        }
    }

    /// Notes on the user's row that its own data changed with this receipt.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn touch(&self, connection: &mut Connection, receipt: &Receipt) -> Result<()> {
        let statement =
            statement!("UPDATE users SET changed_at = $3, sequence = $4 WHERE instance_id = $1 AND id = $2");
        let values = [(&self.id).into(), receipt.changed_at.into(), receipt.sequence.into()];
        connection.execute(statement, &values).await.map(|_| ())
    }

    /// The event stream of this user.
    pub fn aggregate(&self) -> Aggregate {
        Aggregate::new("user", &self.id, &self.org_id)
    }
}

/// Refuses to go on when there is no such organization; an inactive one will do.
///
/// # Errors
/// `COMMAND-QXPGs`.
pub(crate) async fn require_org(connection: &mut Connection, org_id: &str) -> Result<()> {
    let key = connection.key(&[org_id]);
    let recording = match connection.recall::<KnownOrganization>(key).await? {
        Recalled::Known(_) => return Ok(()),
        Recalled::Unknown(recording) => recording,
    };
    connection.ask_one(&org_question(org_id)).await?.ok_or(ORG_NOT_FOUND)?;
    connection.keep(recording, KnownOrganization);
    Ok(())
}

/// What [`require_org`] asks.
pub(crate) fn org_question(org_id: &str) -> Question {
    let statement = statement!(keyed "SELECT 1 FROM organizations WHERE instance_id = $1 AND id = $2");
    Question::new(statement, [org_id.into()])
}

/// What commands that create a user ask of its organization, to be announced.
pub(super) fn questions_of_new_user(org_id: &str) -> impl Iterator<Item = Question> {
    NameRules::questions(org_id).into_iter().chain([org_question(org_id)])
}

/// The aggregate of a user to be created, whose id somebody wanted or was drawn just now.
pub(super) fn new_user(is_id_wanted: bool, user_id: &str, org_id: &str) -> Aggregate {
    // A removed user may have had an id that is wanted.
    if is_id_wanted { Aggregate::new("user", user_id, org_id) } else { Aggregate::of_new_id("user", user_id, org_id) }
}

/// An organization that exists.
struct KnownOrganization;

impl Remember for KnownOrganization {
    const BUDGET: u64 = 1 << 20;

    fn weight(&self) -> u64 {
        0
    }
}

/// The organization that a request names by id, as the header for the organization in context does.
///
/// # Errors
/// `AUTH-Bs7Ds`, untranslated.
pub async fn named_org(connection: &mut Connection, org_id: &str) -> Result<String> {
    let statement = statement!(keyed "SELECT id FROM organizations WHERE instance_id = $1 AND id = $2");
    named(connection, statement, org_id).await
}

/// The organization that a request names by a verified domain.
///
/// # Errors
/// `AUTH-Bs7Ds`, untranslated.
pub async fn org_of_domain(connection: &mut Connection, domain: &str) -> Result<String> {
    let statement =
        statement!("SELECT org_id FROM org_domains WHERE instance_id = $1 AND domain_lower = $2 AND is_verified");
    named(connection, statement, &domain.to_lowercase()).await
}

async fn named(connection: &mut Connection, statement: &'static castellan_db::Statement, name: &str) -> Result<String> {
    let row = connection.row(statement, &[name.into()]).await?;
    row.map_or_else(|| Err(castellan_kernel::Error::from(NAMED_ORG_NOT_FOUND).untranslated()), |row| row.text(0))
}
