//! The rows that a caller may see, as a condition.

use castellan_kernel::Visibility;

use super::Condition;
use super::condition::Through;

/// Which columns say to whom a row belongs.
#[derive(Debug, Clone)]
pub struct VisibleColumns<'a> {
    org: &'static str,
    project: Option<&'static str>,
    grant: Option<&'static str>,
    own: Option<(&'static str, &'a str)>,
    of: Option<(&'static str, Through)>,
}

impl<'a> VisibleColumns<'a> {
    /// The column with the id of the organization that owns the row.
    pub const fn org(column: &'static str) -> Self {
        Self { org: column, project: None, grant: None, own: None, of: None }
    }

    /// The query for such rows, where an organization may have few of them or nearly all (see [`Condition::owner`]).
    #[must_use]
    pub const fn of(mut self, of: &'static str) -> Self {
        self.of = Some((of, Through::Everything));
        self
    }

    /// The same as in [`Condition::owner_by_index`].
    #[must_use]
    pub const fn of_indexed(mut self, of: &'static str) -> Self {
        self.of = Some((of, Through::Index));
        self
    }

    /// The column with the project's id, for rows that someone with rights on a single project may see.
    #[must_use]
    pub const fn project(mut self, column: &'static str) -> Self {
        self.project = Some(column);
        self
    }

    /// The column with the project grant's id, for rows that someone with rights on a single grant may see.
    #[must_use]
    pub const fn grant(mut self, column: &'static str) -> Self {
        self.grant = Some(column);
        self
    }

    /// The column with the user's id, for rows that users always see when they are their own.
    #[must_use]
    pub const fn own(mut self, column: &'static str, user_id: &'a str) -> Self {
        self.own = Some((column, user_id));
        self
    }
}

impl Condition {
    /// The row is visible to a caller with this visibility.
    pub fn visible(visibility: &Visibility, columns: &VisibleColumns<'_>) -> Self {
        let Visibility::Some { orgs, projects, grants } = visibility else { return Self::always() };
        let mut ways = Vec::new();
        if !orgs.is_empty() {
            ways.push(match columns.of {
                Some((of, Through::Everything)) => Self::owner(columns.org, orgs.clone(), of),
                Some((of, Through::Index)) => Self::owner_by_index(columns.org, orgs.clone(), of),
                None => Self::in_list(columns.org, orgs.clone()),
            });
        }
        if let (Some(column), false) = (columns.project, projects.is_empty()) {
            ways.push(Self::in_list(column, projects.clone()));
        }
        if let (Some(column), false) = (columns.grant, grants.is_empty()) {
            ways.push(Self::in_list(column, grants.clone()));
        }
        if let Some((column, user_id)) = columns.own
            && !user_id.is_empty()
        {
            ways.push(Self::equals(column, user_id));
        }
        Self::any(ways)
    }
}
