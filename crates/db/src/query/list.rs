//! Running list queries: the rows of a page, and the total of all rows that pass the filters.

use std::sync::Arc;

use castellan_kernel::{Page, Result};

use super::{Condition, Draft, Select};
use crate::{Connection, DynamicStatement, Recalled, Remember, Row, StatementScope, Value};

/// A page of rows, and how many there are on all pages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List<T> {
    /// The page.
    pub items: Vec<T>,
    /// The number of rows that pass the filters, whatever the page.
    pub total: u64,
}

/// How many rows are few: found and sorted sooner than an index is gone through.
const FEW: u64 = 1_000;

#[cfg(not(feature = "testing"))]
fn few() -> u64 {
    FEW
}

#[cfg(feature = "testing")]
fn few() -> u64 {
    crate::testing::plans::few().unwrap_or(FEW)
}

/// From how many rows before the page on it is worth counting first, to come from the nearer end.
const DEEP: u64 = 1_000;

/// Numbers that were counted.
struct Numbers(Box<[u64]>);

impl Remember for Numbers {
    const BUDGET: u64 = 256 << 10;

    fn weight(&self) -> u64 {
        (size_of::<Self>() + size_of_val(&*self.0)) as u64
    }
}

/// The keys of the few rows that a search found, or that it found many.
struct Searched(Option<Vec<String>>);

impl Remember for Searched {
    const BUDGET: u64 = 256 << 10;

    fn weight(&self) -> u64 {
        let keys = self.0.iter().flatten().map(|key| size_of_val(key) + key.capacity());
        (size_of::<Self>() + keys.sum::<usize>()) as u64
    }
}

impl Connection {
    /// Runs a list query: the rows of the page, each read by `read`, and the total. Rows and total belong together on a
    /// consistent snapshot or a transaction.
    ///
    /// # Errors
    /// As [`Connection::rows`], and what `read` returns.
    pub async fn list<T>(&mut self, select: &Select, read: impl FnMut(&Row) -> Result<T>) -> Result<List<T>> {
        let settled = self.settled(select).await?;
        let select = settled.as_ref().unwrap_or(select);
        let (rows, total) = match select.page {
            Page { offset, limit: Some(limit), .. } if limit > 0 && select.goes_by_parts(self.engine()) => {
                self.page_of_parts(select, offset, limit).await?
            }
            Page { offset, limit: Some(limit), .. } if offset >= DEEP && limit > 0 => {
                self.deep_page(select, offset, limit).await?
            }
            page => {
                let rows = self.rows_dynamic(&select.page_statement(self.engine(), page)).await?;
                let total = self.total_beside(select, rows.len() as u64).await?;
                (rows, total)
            }
        };
        let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(List { items, total })
    }

    /// The rows of the page alone, where nobody asks for the total.
    ///
    /// # Errors
    /// As [`Connection::rows`], and what `read` returns.
    pub async fn items<T>(&mut self, select: &Select, read: impl FnMut(&Row) -> Result<T>) -> Result<Vec<T>> {
        let rows = self.rows_dynamic(&select.rows_statement(self.engine())).await?;
        rows.iter().map(read).collect()
    }

    /// The same list, gone through in a way that fits what it has to go through; `None` if there is but one way.
    async fn settled(&mut self, select: &Select) -> Result<Option<Select>> {
        if !select.conditions.iter().any(Condition::is_unsettled) {
            return Ok(None);
        }
        let mut settled = select.clone();
        let mut open: Vec<&mut Condition> = settled.conditions.iter_mut().flat_map(Condition::unsettled).collect();
        let engine = self.engine();
        if !open.iter().any(|condition| condition.decides() || !condition.is_owner()) {
            return Ok(None);
        }
        let few = few();
        for at in (0..open.len()).filter(|at| open[*at].is_owner()).collect::<Vec<_>>() {
            let Some(statement) = open[at].settling(engine, few + 1) else { continue };
            let is_small = self.number(&statement).await? <= few;
            open[at].settle_owner(is_small);
            if is_small {
                open.iter_mut().for_each(|search| search.settle_among_few());
                return Ok(Some(settled));
            }
        }
        for search in open.into_iter().filter(|condition| !condition.is_owner()) {
            let Some(statement) = search.settling(engine, few + 1) else { continue };
            search.settle_search(self.searched(&statement, few).await?);
        }
        Ok(Some(settled))
    }

    /// The keys that the statement of a search finds, unless these are too many. Whoever goes through the pages of what was searched
    /// for asks for the same, so they are kept until rows come, change or go.
    async fn searched(&mut self, statement: &DynamicStatement, few: u64) -> Result<Option<Vec<String>>> {
        let recording = match self.recall::<Searched>(self.key_of(statement)).await? {
            Recalled::Known(searched) => return Ok(searched.0.clone()),
            Recalled::Unknown(recording) => recording,
        };
        let rows = self.rows_dynamic(statement).await?;
        let is_few = rows.len() as u64 <= few;
        let keys = is_few.then(|| rows.iter().map(|row| row.text(0)).collect::<Result<_>>()).transpose()?;
        Ok(self.keep(recording, Searched(keys)).0.clone())
    }

    /// The total, with so many rows found on the page.
    async fn total_beside(&mut self, select: &Select, found: u64) -> Result<u64> {
        // A page that is not full tells the total itself; one that lies beyond the end tells of nothing.
        let is_last = select.page.limit.is_none_or(|limit| found < limit);
        match found {
            0 => Ok(0),
            _ if is_last => Ok(select.page.offset + found),
            _ => self.count(select).await,
        }
    }

    /// A page with many rows before it: with the total, it can be reached from the end, if that is nearer.
    async fn deep_page(&mut self, select: &Select, offset: u64, limit: u64) -> Result<(Vec<Row>, u64)> {
        let total = self.count(select).await?;
        let length = limit.min(total.saturating_sub(offset));
        if length == 0 {
            return Ok((Vec::new(), 0));
        }
        let rows = self.rows_from_the_nearer_end(select, offset, length, total).await?;
        Ok((rows, total))
    }

    /// So many rows after so many others, out of so many in total.
    async fn rows_from_the_nearer_end(
        &mut self,
        select: &Select,
        offset: u64,
        length: u64,
        total: u64,
    ) -> Result<Vec<Row>> {
        let after = total - offset - length;
        let from_the_end = after < offset;
        let page = Page {
            offset: if from_the_end { after } else { offset },
            limit: Some(length),
            ascending: select.page.ascending != from_the_end,
        };
        let mut rows = match select.middle_statement(self.engine(), page, total) {
            Some(statement) => self.rows_dynamic(&statement).await?,
            None => Vec::new(),
        };
        // Without such a statement, or where it misses the page.
        if (rows.len() as u64) < length {
            rows = self.rows_dynamic(&select.page_statement(self.engine(), page)).await?;
        }
        if from_the_end {
            rows.reverse();
        }
        Ok(rows)
    }

    /// A page of a list that consists of parts.
    async fn page_of_parts(&mut self, select: &Select, offset: u64, limit: u64) -> Result<(Vec<Row>, u64)> {
        let mut parts: Vec<(Select, Option<u64>)> = select.parts.iter().map(|part| (select.part(part), None)).collect();
        if offset >= DEEP {
            let sizes = self.numbers(&select.sizes_statement(self.engine()), parts.len()).await?;
            for ((_, size), counted) in parts.iter_mut().zip(&sizes.0) {
                *size = Some(*counted);
            }
        }
        let counted: Option<u64> = parts.iter().map(|(_, size)| *size).sum();
        if !select.page.ascending {
            parts.reverse();
        }
        let (mut rows, mut before) = (Vec::new(), offset);
        for (part, size) in parts {
            let wanted = limit - rows.len() as u64;
            if wanted == 0 {
                break;
            }
            let found = match size {
                Some(size) if size <= before => Vec::new(),
                Some(size) => self.rows_from_the_nearer_end(&part, before, wanted.min(size - before), size).await?,
                None => {
                    let page = Page { offset: before, limit: Some(wanted), ascending: select.page.ascending };
                    self.rows_dynamic(&part.page_statement(self.engine(), page)).await?
                }
            };
            if found.is_empty() && before > 0 {
                let size = match size {
                    Some(size) => size,
                    None => self.count(&part).await?,
                };
                before = before.saturating_sub(size);
            } else {
                before = 0;
            }
            rows.extend(found);
        }
        let total = match counted {
            Some(counted) if !rows.is_empty() => counted,
            _ => self.total_beside(select, rows.len() as u64).await?,
        };
        Ok((rows, total))
    }

    /// The number of rows that pass the filters of a list query.
    ///
    /// # Errors
    /// As [`Connection::rows`].
    pub async fn total(&mut self, select: &Select) -> Result<u64> {
        let settled = self.settled(select).await?;
        self.count(settled.as_ref().unwrap_or(select)).await
    }

    async fn count(&mut self, select: &Select) -> Result<u64> {
        let statement = select.total_statement(self.engine());
        self.number(&statement).await
    }

    /// The number that a statement finds.
    async fn number(&mut self, statement: &DynamicStatement) -> Result<u64> {
        Ok(self.numbers(statement, 1).await?.0.first().copied().unwrap_or_default())
    }

    /// So many numbers that a statement finds side by side, counted once until rows come, change or go.
    async fn numbers(&mut self, statement: &DynamicStatement, count: usize) -> Result<Arc<Numbers>> {
        let recording = match self.recall::<Numbers>(self.key_of(statement)).await? {
            Recalled::Known(numbers) => return Ok(numbers),
            Recalled::Unknown(recording) => recording,
        };
        let rows = self.rows_dynamic(statement).await?;
        let read = |row: &Row| (0..count).map(|position| row.unsigned(position)).collect::<Result<_>>();
        let numbers = rows.first().map_or_else(|| Ok(Box::default()), read)?;
        Ok(self.keep(recording, Numbers(numbers)))
    }

    /// Under what is kept that a statement found: its text and its values.
    fn key_of(&self, statement: &DynamicStatement) -> Vec<u8> {
        let values: Vec<String> = statement.values.iter().map(|value| format!("{value:?}")).collect();
        let parts: Vec<&str> =
            std::iter::once(statement.sql.as_str()).chain(values.iter().map(String::as_str)).collect();
        self.key(&parts)
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
