//! Running list queries: the rows of a page, and the total of all rows that pass the filters.

use castellan_kernel::{Page, Result};

use super::{Condition, Draft, Select};
use crate::{Connection, Row, StatementScope, Value};

/// A page of rows, and how many there are on all pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List<T> {
    /// The page.
    pub items: Vec<T>,
    /// The number of rows that pass the filters, whatever the page.
    pub total: u64,
}

/// From how many rows before the page on it is worth counting first, to come from the nearer end.
const DEEP: u64 = 1_000;

impl Connection {
    /// Runs a list query: the rows of the page, each read by `read`, and the total. Rows and total belong together on a
    /// consistent snapshot or a transaction.
    ///
    /// # Errors
    /// As [`Connection::rows`], and what `read` returns.
    pub async fn list<T>(&mut self, select: &Select, read: impl FnMut(&Row) -> Result<T>) -> Result<List<T>> {
        let (rows, total) = match select.page {
            Page { offset, limit: Some(limit), .. } if offset >= DEEP && limit > 0 => {
                self.deep_page(select, offset, limit).await?
            }
            page => self.near_page(select, page).await?,
        };
        let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(List { items, total })
    }

    async fn near_page(&mut self, select: &Select, page: Page) -> Result<(Vec<Row>, u64)> {
        let rows = self.rows_dynamic(&select.page_statement(self.engine(), page)).await?;
        let found = rows.len() as u64;
        // A page that is not full tells the total itself; one that lies beyond the end tells of nothing.
        let is_last = page.limit.is_none_or(|limit| found < limit);
        let total = match found {
            0 => 0,
            _ if is_last => page.offset + found,
            _ => self.total(select).await?,
        };
        Ok((rows, total))
    }

    /// A page with many rows before it: with the total, it can be reached from the end, if that is nearer.
    async fn deep_page(&mut self, select: &Select, offset: u64, limit: u64) -> Result<(Vec<Row>, u64)> {
        let total = self.total(select).await?;
        let length = limit.min(total.saturating_sub(offset));
        if length == 0 {
            return Ok((Vec::new(), 0));
        }
        let after = total - offset - length;
        let from_the_end = after < offset;
        let page = Page {
            offset: if from_the_end { after } else { offset },
            limit: Some(length),
            ascending: select.page.ascending != from_the_end,
        };
        let mut rows = self.rows_dynamic(&select.page_statement(self.engine(), page)).await?;
        if from_the_end {
            rows.reverse();
        }
        Ok((rows, total))
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
