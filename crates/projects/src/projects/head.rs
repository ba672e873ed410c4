//! The head of a project: what every command below a project must know before it acts.

use castellan_db::{Connection, Row, statement};
use castellan_directory::users::head::Reach;
use castellan_kernel::{Receipt, Result, Timestamp};
use castellan_rpc::Aggregate;

/// The state of a project that exists; the number is the wire value of every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProjectState {
    Active = 1,
    Inactive = 2,
}

impl ProjectState {
    /// From the stored number; unknown numbers read as inactive, the safe side.
    pub(crate) fn from_number(number: i64) -> Self {
        if number == Self::Active as i64 { Self::Active } else { Self::Inactive }
    }
}

/// A project without what hangs on it.
#[derive(Debug, Clone)]
pub struct ProjectHead {
    /// The project's id.
    pub id: String,
    /// The organization that owns the project.
    pub org_id: String,
    /// The name, unique within the organization.
    pub name: String,
    /// The state.
    pub state: ProjectState,
    /// Roles are put into tokens without being asked for.
    pub role_assertion: bool,
    /// Users need an authorization to sign in.
    pub role_check: bool,
    /// The user's organization must own the project or have it granted.
    pub has_project_check: bool,
    /// Whose branding the login shows; the wire value of `PrivateLabelingSetting`.
    pub private_labeling: i32,
    /// When the project was created.
    pub created_at: Timestamp,
    /// When the project itself changed last.
    pub changed_at: Timestamp,
    /// The sequence of that change.
    pub sequence: u64,
}

pub(super) const COLUMNS: &str = "p.id, p.org_id, p.name, p.state, p.role_assertion, p.role_check, p.has_project_check,
    p.private_labeling, p.created_at, p.changed_at, p.sequence";

impl ProjectHead {
    /// The project of that id, if it exists within reach.
    ///
    /// # Errors
    /// When storage does not answer.
    pub async fn find(connection: &mut Connection, reach: &Reach, project_id: &str) -> Result<Option<Self>> {
        let statement = statement!(
            "SELECT p.id, p.org_id, p.name, p.state, p.role_assertion, p.role_check, p.has_project_check,
                    p.private_labeling, p.created_at, p.changed_at, p.sequence
             FROM projects p WHERE p.instance_id = $1 AND p.id = $2"
        );
        let row = connection.row(statement, &[project_id.into()]).await?;
        let project = row.map(|row| Self::read(&row)).transpose()?;
        Ok(project.filter(|project| match reach {
            Reach::Instance => true,
            Reach::Org(org) => project.org_id == *org,
        }))
    }

    pub(super) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.text(0)?,
            org_id: row.text(1)?,
            name: row.text(2)?,
            state: ProjectState::from_number(row.int(3)?),
            role_assertion: row.boolean(4)?,
            role_check: row.boolean(5)?,
            has_project_check: row.boolean(6)?,
            private_labeling: row.small(7)?,
            created_at: row.timestamp(8)?,
            changed_at: row.timestamp(9)?,
            sequence: row.unsigned(10)?,
        })
    }

    /// The event stream of the project, its roles, grants and applications.
    pub fn aggregate(&self) -> Aggregate {
        Aggregate::new("project", &self.id, &self.org_id)
    }

    /// The receipt of the change that made the project what it is.
    pub(super) fn receipt(&self) -> Receipt {
        Receipt {
            sequence: self.sequence,
            created_at: Some(self.created_at),
            changed_at: self.changed_at,
            owner: self.org_id.clone(),
        }
    }
}
