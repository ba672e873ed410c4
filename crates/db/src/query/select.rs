//! List queries: fixed columns and tables, filters, order, page, and the total of all rows that pass the filters.

use castellan_kernel::{Page, Result};

use super::{Condition, Draft};
use crate::{Connection, DynamicStatement, EngineKind, Row, StatementScope, Value};

/// A page of rows, and how many there are on all pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List<T> {
    /// The page.
    pub items: Vec<T>,
    /// The number of rows that pass the filters, whatever the page.
    pub total: u64,
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
    label: &'static str,
    scope: StatementScope,
    columns: &'static str,
    from: &'static str,
    from_values: Vec<Value>,
    conditions: Vec<Condition>,
    order: &'static [&'static str],
    page: Page,
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
            conditions: Vec::new(),
            order: &[],
            page: Page { offset: 0, limit: None, ascending: true },
        }
    }

    /// The values of the `?` in the FROM text, in their order.
    #[must_use]
    pub fn with(mut self, values: impl Into<Vec<Value>>) -> Self {
        self.from_values = values.into();
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

    /// Which part to return, and in which direction.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page = page;
        self
    }

    /// The statement that returns the rows of the page.
    pub fn rows_statement(&self, engine: EngineKind) -> DynamicStatement {
        let mut draft = self.draft(engine, self.columns);
        for (position, column) in self.order.iter().enumerate() {
            draft.text(if position == 0 { " ORDER BY " } else { ", " }, &[]);
            draft.text(column, &[]);
            draft.text(if self.page.ascending { " ASC" } else { " DESC" }, &[]);
        }
        if self.page.limit.is_some() || self.page.offset > 0 {
            let limit = self.page.limit.unwrap_or(u64::MAX);
            draft.text(" LIMIT ? OFFSET ?", &[limit.into(), self.page.offset.into()]);
        }
        draft.finish(self.label)
    }

    /// The statement that returns the total.
    pub fn total_statement(&self, engine: EngineKind) -> DynamicStatement {
        self.draft(engine, "COUNT(*)").finish(self.label)
    }

    fn draft(&self, engine: EngineKind, columns: &str) -> Draft {
        let mut draft = Draft::new(engine, self.scope);
        draft.text("SELECT ", &[]);
        draft.text(columns, &[]);
        draft.text(" FROM ", &[]);
        draft.text(self.from, &self.from_values);
        for condition in &self.conditions {
            draft.text(" AND ", &[]);
            condition.write(&mut draft);
        }
        draft
    }
}

impl Connection {
    /// Runs a list query: the rows of the page, each read by `read`, and the total. Rows and total belong together on a
    /// consistent snapshot or a transaction.
    ///
    /// # Errors
    /// As [`Connection::rows`], and what `read` returns.
    pub async fn list<T>(&mut self, select: &Select, read: impl FnMut(&Row) -> Result<T>) -> Result<List<T>> {
        let engine = self.engine();
        let rows = self.rows_dynamic(&select.rows_statement(engine)).await?;
        let found = rows.len() as u64;
        let Page { offset, limit, .. } = select.page;
        // A page that is not full, unless it is empty because it lies beyond the end, tells the total itself.
        let total = if limit.is_none_or(|limit| found < limit) && (found > 0 || offset == 0) {
            offset + found
        } else {
            self.total(select).await?
        };
        let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(List { items, total })
    }

    /// The number of rows that pass the filters of a list query.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub async fn total(&mut self, select: &Select) -> Result<u64> {
        let rows = self.rows_dynamic(&select.total_statement(self.engine())).await?;
        rows.first().map_or(Ok(0), |row| row.unsigned(0))
    }

    /// Runs an UPDATE or DELETE on the rows of the instance that fulfil a condition; `head` is its text up to a WHERE with at
    /// least `instance_id = $1`, with a `?` for each of the values. Returns the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Connection::execute`].
    pub async fn execute_where(
        &mut self,
        label: &'static str,
        head: &'static str,
        values: &[Value],
        condition: &Condition,
    ) -> Result<u64> {
        let mut draft = Draft::new(self.engine(), StatementScope::Instance);
        draft.text(head, values);
        draft.text(" AND ", &[]);
        condition.write(&mut draft);
        self.execute_dynamic(&draft.finish(label)).await
    }
}
