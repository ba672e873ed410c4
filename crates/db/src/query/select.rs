//! List queries: fixed columns and tables, filters, order and page.

use castellan_kernel::Page;

use super::Condition;
use crate::{StatementScope, Value};

/// A table that a list shows something of beside its own.
///
/// Lists leave it out where neither a filter nor the order asks for it, when they count and when they look for the rows of a
/// page. So it must have exactly one row for each row of the list (which foreign keys guarantee), or be a `LEFT JOIN` on what is
/// unique.
#[derive(Debug, Clone, Copy)]
pub struct Join {
    /// The name under which columns are asked for.
    pub alias: &'static str,
    /// `JOIN projects p ON p.instance_id = a.instance_id AND p.id = a.project_id`.
    pub sql: &'static str,
}

/// The rows of a list that have the same value in the column that it is sorted by, or that come after all of those.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Which rows these are, by columns of the list's own table: `u.kind = 1`.
    pub condition: &'static str,
    /// In which order they are among themselves.
    pub order: &'static [&'static str],
}

/// When no index of the embedded engine has the rows of a list in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scatter {
    /// One always has.
    #[default]
    Never,
    /// One has, but nothing that filters ask for other than whose a row is.
    Filtered,
    /// None has.
    Always,
}

/// A list query.
///
/// ```
/// # use castellan_db::query::{Condition, Select};
/// # use castellan_kernel::{Page, TextMethod};
/// let orgs = Select::instance("organizations", "o.id, o.name", "orgs o WHERE o.instance_id = $1")
///     .and(Condition::text("o.name", "o.name_lower", TextMethod::ContainsIgnoreCase, "acme"))
///     .order_by(&["o.name", "o.id"])
///     .page(Page::unbounded(0, 20, true));
/// ```
#[derive(Debug, Clone)]
pub struct Select {
    pub(super) label: &'static str,
    pub(super) scope: StatementScope,
    pub(super) columns: &'static str,
    pub(super) from: &'static str,
    pub(super) from_values: Vec<Value>,
    pub(super) joins: &'static [Join],
    pub(super) key: &'static str,
    pub(super) conditions: Vec<Condition>,
    pub(super) order: &'static [&'static str],
    pub(super) parts: &'static [Part],
    /// Whether PostgreSQL has an index of the whole order, so that the parts are those of the embedded engine alone.
    pub(super) is_whole_on_postgres: bool,
    pub(super) scatter: Scatter,
    pub(super) page: Page,
}

impl Select {
    /// A list of the rows of one instance. `label` names it in messages; `from` is the text between FROM and the filters and
    /// ends in a WHERE with at least `instance_id = $1`.
    pub fn instance(label: &'static str, columns: &'static str, from: &'static str) -> Self {
        debug_assert!(
            crate::statement::mentions_first_parameter(from),
            "{label}: $1 must be the instance id in {from}"
        );
        Self::new(label, StatementScope::Instance, columns, from)
    }

    /// A list of rows of the whole database; `from` ends in a WHERE with at least `TRUE`.
    pub fn global(label: &'static str, columns: &'static str, from: &'static str) -> Self {
        Self::new(label, StatementScope::Global, columns, from)
    }

    fn new(label: &'static str, scope: StatementScope, columns: &'static str, from: &'static str) -> Self {
        debug_assert!(from.contains("WHERE"), "{label}: the filters need a WHERE to follow in {from}");
        Self {
            label,
            scope,
            columns,
            from,
            from_values: Vec::new(),
            joins: &[],
            key: "",
            conditions: Vec::new(),
            order: &[],
            parts: &[],
            is_whole_on_postgres: false,
            scatter: Scatter::Never,
            page: Page { offset: 0, limit: None, ascending: true },
        }
    }

    /// The values of the `?` in the FROM text, in their order.
    #[must_use]
    pub fn with(mut self, values: impl Into<Vec<Value>>) -> Self {
        self.from_values = values.into();
        self
    }

    /// Tables to join before the WHERE; each may use those before it.
    #[must_use]
    pub fn joined(mut self, joins: &'static [Join]) -> Self {
        debug_assert!(self.from_values.is_empty(), "{}: joins go before the values of a FROM", self.label);
        self.joins = joins;
        self
    }

    /// The columns that tell a row from all others, such as `a.id` or `(m.group_id, m.user_id)`. Pages are then found by these
    /// alone, in an index that holds all that filters and order ask for, and only the rows of the page are read as a whole.
    #[must_use]
    pub fn keyed(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// One more filter that rows must pass.
    #[must_use]
    pub fn and(mut self, condition: Condition) -> Self {
        self.conditions.push(condition);
        self
    }

    /// The columns to sort by, in the page's direction. End with one that is unique, or pages may overlap; columns that can be NULL
    /// sort differently on the engines.
    #[must_use]
    pub fn order_by(mut self, columns: &'static [&'static str]) -> Self {
        self.order = columns;
        self
    }

    /// The parts that the order consists of, in this order, each row in exactly one of them. Where many rows share a value, a page
    /// lies within one or two parts, so that the others need not be sorted.
    #[must_use]
    pub fn in_parts(mut self, parts: &'static [Part]) -> Self {
        self.parts = parts;
        self
    }

    /// The same for an order that an index of PostgreSQL has as a whole.
    #[must_use]
    pub fn in_parts_if_embedded(self, parts: &'static [Part]) -> Self {
        Self { is_whole_on_postgres: true, ..self.in_parts(parts) }
    }

    /// Says when no index of the embedded engine has the rows in the order, which must be that of a column (a text or a number) and
    /// of the key: pages in the middle are then found without sorting all that lies before them.
    #[must_use]
    pub fn scattered(mut self, scatter: Scatter) -> Self {
        let is_ordered = self.order.len() == 2 && self.order[1] == self.key;
        debug_assert!(scatter == Scatter::Never || is_ordered, "{}", self.label);
        self.scatter = scatter;
        self
    }

    /// Which part to return, and in which direction.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }
}
