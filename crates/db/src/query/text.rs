//! The texts of list queries.
//!
//! A page by key is a query for the keys of its rows around which stands the query for what the rows show: the inner one is
//! answered from an index, however many rows lie before the page, and the joins are made for the rows of the page alone.

use castellan_kernel::Page;

use super::{Condition, Draft, Part, Scatter, Select};
use crate::{DynamicStatement, EngineKind};

/// Which of the joins a query needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joins {
    /// Those that its columns may come from: all.
    All,
    /// Those that filters or order ask for.
    Asked,
    /// Those that filters ask for.
    Filtered,
}

impl Select {
    /// The statement that returns the rows of the page.
    pub fn rows_statement(&self, engine: EngineKind) -> DynamicStatement {
        self.page_statement(engine, self.page)
    }

    /// The same for another page.
    pub(super) fn page_statement(&self, engine: EngineKind, page: Page) -> DynamicStatement {
        let mut draft = Draft::new(engine, self.scope);
        if self.order.len() > 1 || !self.is_only_owner() {
            draft.follow_the_order();
        }
        let leading = self.leading(engine);
        self.write_from(&mut draft, self.columns, Joins::All);
        if self.key.is_empty() || page.limit.is_none() {
            self.write_part(&mut draft, page);
        } else {
            draft.text(&format!(" AND {} IN (", self.key), &[]);
            let key = self.key.trim_matches(['(', ')']);
            if let (Some(found), [order]) = (Condition::found_alone(&self.conditions), self.order)
                && *order == key
            {
                found.write(&mut draft);
                write_order(&mut draft, &["1"], page, "");
                write_limit(&mut draft, page);
            } else {
                match leading {
                    Some(from) => draft.text(&format!("SELECT {key} FROM {from}"), &[]),
                    None => self.write_from(&mut draft, key, Joins::Asked),
                }
                self.write_part(&mut draft, page);
            }
            draft.text(")", &[]);
            // The sign keeps the embedded engine from walking an index in this order to find the few rows of the page.
            write_order(&mut draft, self.order, page, if engine == EngineKind::Sqlite { "+" } else { "" });
        }
        draft.finish(self.label)
    }

    /// The statement that returns the rows of a page in the middle of an order that no index of the embedded engine has, out of so
    /// many in total, or none if it must be sorted.
    pub(super) fn middle_statement(&self, engine: EngineKind, page: Page, total: u64) -> Option<DynamicStatement> {
        let (EngineKind::Sqlite, true, [column, key], Some(limit)) =
            (engine, self.is_scattered(), self.order, page.limit)
        else {
            return None;
        };
        let mut draft = Draft::new(engine, self.scope);
        draft.follow_the_order();
        self.write_from(&mut draft, self.columns, Joins::All);
        draft.text(&format!(" AND {key} IN (SELECT value FROM json_each(("), &[]);
        let first = if page.ascending { page.offset } else { total.checked_sub(page.offset + limit)? };
        let range = [first.into(), limit.into(), total.into()];
        draft.text(&format!("SELECT rows_between({column}, {key}, ?, ?, ?) FROM "), &range);
        self.write_tables(&mut draft, Joins::Asked);
        self.write_conditions(&mut draft);
        draft.text(")))", &[]);
        write_order(&mut draft, self.order, page, "+");
        Some(draft.finish(self.label))
    }

    /// The statement that returns the total.
    pub fn total_statement(&self, engine: EngineKind) -> DynamicStatement {
        let mut draft = Draft::new(engine, self.scope);
        if let Some(found) = Condition::found_alone(&self.conditions) {
            draft.text("SELECT COUNT(*) FROM (", &[]);
            found.write(&mut draft);
            draft.text(") found", &[]);
            return draft.finish(self.label);
        }
        if !self.is_only_owner() {
            draft.follow_the_order();
        }
        self.write_from(&mut draft, "COUNT(*)", Joins::Filtered);
        self.write_conditions(&mut draft);
        draft.finish(self.label)
    }

    /// The statement that returns how many rows each of the parts has.
    pub(super) fn sizes_statement(&self, engine: EngineKind) -> DynamicStatement {
        let mut draft = Draft::new(engine, self.scope);
        draft.follow_the_order();
        let sizes: Vec<String> =
            self.parts.iter().map(|part| format!("COUNT(*) FILTER (WHERE {})", part.condition)).collect();
        self.write_from(&mut draft, &sizes.join(", "), Joins::Filtered);
        self.write_conditions(&mut draft);
        draft.finish(self.label)
    }

    /// The list of the rows of a part, which an index has in order if it has those of all parts.
    pub(super) fn part(&self, part: &Part) -> Self {
        let mut select = self.clone().and(Condition::sql(part.condition, [])).order_by(part.order);
        select.parts = &[];
        select.scatter = if self.is_scattered() { Scatter::Always } else { Scatter::Never };
        select
    }

    /// Whether no index of the embedded engine has the rows that pass the filters in their order.
    fn is_scattered(&self) -> bool {
        match self.scatter {
            Scatter::Never => false,
            Scatter::Filtered => !self.is_only_owner(),
            Scatter::Always => true,
        }
    }

    /// Whether to go through the list part by part. Few rows are found and sorted sooner.
    pub(super) fn goes_by_parts(&self, engine: EngineKind) -> bool {
        let is_whole = self.parts.is_empty() || (self.is_whole_on_postgres && engine == EngineKind::Postgres);
        !is_whole && !self.conditions.iter().any(Condition::is_few)
    }

    /// The tables of a list of everything in the order of a joined table, that one first: the embedded engine would join first and
    /// sort then. `None` for other lists.
    fn leading(&self, engine: EngineKind) -> Option<String> {
        let is_all = engine == EngineKind::Sqlite && self.conditions.iter().all(Condition::is_always);
        let first = self.order.first().filter(|_| is_all)?;
        let join = self.joins.iter().find(|join| mentions(first, join.alias))?;
        if self.joins.iter().any(|other| other.alias != join.alias && mentions(join.sql, other.alias)) {
            return None;
        }
        let (table, on) = join.sql.strip_prefix("JOIN ")?.split_once(" ON ")?;
        let (from, rest) = self.from.split_once("WHERE")?;
        Some(format!("{table} CROSS JOIN {from}ON {on} WHERE{rest}"))
    }

    fn is_only_owner(&self) -> bool {
        self.conditions.iter().all(Condition::is_only_owner)
    }

    fn write_from(&self, draft: &mut Draft, columns: &str, joins: Joins) {
        draft.text("SELECT ", &[]);
        draft.text(columns, &[]);
        draft.text(" FROM ", &[]);
        self.write_tables(draft, joins);
    }

    fn write_tables(&self, draft: &mut Draft, joins: Joins) {
        let Some((table, rest)) = self.from.split_once("WHERE").filter(|_| !self.joins.is_empty()) else {
            return draft.text(self.from, &self.from_values);
        };
        draft.text(table, &[]);
        for (join, needed) in self.joins.iter().zip(self.needed(draft.engine(), joins)) {
            if needed {
                draft.text(join.sql, &[]);
                draft.text(" ", &[]);
            }
        }
        draft.text("WHERE", &[]);
        draft.text(rest, &[]);
    }

    /// For each join, whether the query needs it: it is asked for, or a needed one after it builds on it.
    fn needed(&self, engine: EngineKind, joins: Joins) -> Vec<bool> {
        let mut asking = Draft::new(engine, self.scope);
        self.write_conditions(&mut asking);
        let mut asking = vec![asking.sql];
        if joins != Joins::Filtered {
            asking.extend(self.order.iter().map(|&column| column.to_owned()));
        }
        let mut needed = vec![joins == Joins::All; self.joins.len()];
        for (position, join) in self.joins.iter().enumerate().rev() {
            needed[position] |= asking.iter().any(|text| mentions(text, join.alias));
            if needed[position] {
                asking.push(join.sql.to_owned());
            }
        }
        needed
    }

    /// Filters, order and limit.
    fn write_part(&self, draft: &mut Draft, page: Page) {
        self.write_conditions(draft);
        // What is few (and what begins with a text is taken for few) an index finds; without the sign, the embedded engine
        // would rather look through everything in the order asked for.
        let is_few = draft.engine() == EngineKind::Sqlite && self.conditions.iter().any(Condition::is_few);
        write_order(draft, self.order, page, if is_few { "+" } else { "" });
        write_limit(draft, page);
    }

    fn write_conditions(&self, draft: &mut Draft) {
        for condition in &self.conditions {
            draft.text(" AND ", &[]);
            condition.write(draft);
        }
    }
}

fn write_order(draft: &mut Draft, columns: &[&str], page: Page, sign: &str) {
    for (position, column) in columns.iter().enumerate() {
        draft.text(if position == 0 { " ORDER BY " } else { ", " }, &[]);
        draft.text(sign, &[]);
        draft.text(column, &[]);
        draft.text(if page.ascending { " ASC" } else { " DESC" }, &[]);
    }
}

fn write_limit(draft: &mut Draft, page: Page) {
    if page.limit.is_some() || page.offset > 0 {
        let limit = page.limit.unwrap_or(u64::MAX);
        draft.text(" LIMIT ? OFFSET ?", &[limit.into(), page.offset.into()]);
    }
}

/// Whether a text asks for a column of that alias.
fn mentions(text: &str, alias: &str) -> bool {
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(alias)
        .any(|(start, _)| !text[..start].ends_with(is_name) && text[start + alias.len()..].starts_with('.'))
}

#[cfg(test)]
mod tests {
    use castellan_kernel::Page;

    use super::*;
    use crate::query::{Condition, Join};

    const JOINS: &[Join] = &[
        Join { alias: "a", sql: "JOIN applications a ON a.id = k.application_id" },
        Join { alias: "p", sql: "JOIN projects p ON p.id = a.project_id" },
        Join { alias: "o", sql: "JOIN organizations o ON o.id = p.org_id" },
    ];

    fn keys() -> Select {
        Select::instance("keys", "k.id, p.name", "keys k WHERE k.instance_id = $1").joined(JOINS).keyed("k.id")
    }

    #[test]
    fn a_total_joins_only_what_filters_ask_for_and_what_that_builds_on() {
        let total = |select: Select| select.total_statement(EngineKind::Sqlite).sql;
        assert_eq!(total(keys()), "SELECT COUNT(*) FROM keys k WHERE k.instance_id = $1");
        assert_eq!(total(keys().order_by(&["p.name"])), "SELECT COUNT(*) FROM keys k WHERE k.instance_id = $1");
        assert_eq!(
            total(keys().and(Condition::equals("p.name", "x"))),
            "SELECT COUNT(*) FROM keys k JOIN applications a ON a.id = k.application_id \
             JOIN projects p ON p.id = a.project_id WHERE k.instance_id = $1 AND (p.name = $2)"
        );
    }

    #[test]
    fn a_page_by_key_joins_for_its_own_rows_only() {
        let select = keys().order_by(&["k.created_at", "k.id"]).page(Page::unbounded(40, 20, false));
        let statement = select.rows_statement(EngineKind::Sqlite);
        assert_eq!(
            statement.sql,
            "SELECT k.id, p.name FROM keys k JOIN applications a ON a.id = k.application_id \
             JOIN projects p ON p.id = a.project_id JOIN organizations o ON o.id = p.org_id \
             WHERE k.instance_id = $1 AND k.id IN (SELECT k.id FROM keys k WHERE k.instance_id = $1 \
             ORDER BY k.created_at DESC, k.id DESC LIMIT $2 OFFSET $3) ORDER BY +k.created_at DESC, +k.id DESC"
        );
    }

    #[test]
    fn a_list_of_everything_in_the_order_of_another_table_begins_with_that_one() {
        let select = keys().order_by(&["a.name", "k.id"]).page(Page::unbounded(0, 20, false));
        let inner = |select: &Select| {
            let sql = select.rows_statement(EngineKind::Sqlite).sql;
            sql.split_once("IN (").map(|(_, inner)| inner.split_once(" ORDER").unwrap_or_default().0.to_owned())
        };
        assert_eq!(
            inner(&select).as_deref(),
            Some(
                "SELECT k.id FROM applications a CROSS JOIN keys k ON a.id = k.application_id WHERE k.instance_id = $1"
            )
        );
        let filtered = select.and(Condition::equals("k.id", "x"));
        assert!(inner(&filtered).is_some_and(|inner| inner.contains("FROM keys k JOIN applications a")));
    }

    #[test]
    fn an_alias_is_a_whole_word() {
        assert!(mentions("(p.name = ?)", "p"));
        assert!(mentions("LOWER(o.name)", "o"));
        assert!(!mentions("op.name", "p"));
        assert!(!mentions("p2.name, p", "p"));
    }
}
