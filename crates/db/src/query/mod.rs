//! SQL that is put together from filters: conditions, visibility, order, page and total of list queries. It owns the dialect of
//! both engines; the text of a filter varies with its shape only, never with its values.

mod condition;
mod list;
mod select;
mod text;
mod visible;

pub use condition::{Condition, NameColumns, Related};
pub use list::List;
pub use select::{Join, Part, Scatter, Select};
pub use visible::VisibleColumns;

use crate::{DynamicStatement, EngineKind, StatementScope, Value};

/// A statement in the making: text with numbered parameters, and their values.
pub(crate) struct Draft {
    engine: EngineKind,
    scope: StatementScope,
    sql: String,
    values: Vec<Value>,
    follows_the_order: bool,
}

impl Draft {
    pub(crate) fn new(engine: EngineKind, scope: StatementScope) -> Self {
        Self { engine, scope, sql: String::with_capacity(256), values: Vec::new(), follows_the_order: false }
    }

    pub(crate) fn engine(&self) -> EngineKind {
        self.engine
    }

    /// Says that rows should rather be gone through in the order of the list than by whom they belong to.
    pub(crate) fn follow_the_order(&mut self) {
        self.follows_the_order = true;
    }

    pub(crate) fn follows_the_order(&self) -> bool {
        self.follows_the_order
    }

    /// Appends a text; each `?` outside of quotes takes the next of the values.
    pub(crate) fn text(&mut self, text: &str, values: &[Value]) {
        let mut values = values.iter();
        let mut quoted = false;
        for character in text.chars() {
            quoted ^= character == '\'';
            match character {
                '?' if !quoted => self.value(values.next().cloned().unwrap_or_default()),
                _ => self.sql.push(character),
            }
        }
        debug_assert!(values.next().is_none(), "more values than question marks in {text}");
    }

    /// Appends a parameter with its value.
    pub(crate) fn value(&mut self, value: Value) {
        self.values.push(value);
        let first = if self.scope == StatementScope::Instance { 2 } else { 1 };
        self.sql.push('$');
        self.sql.push_str(&(self.values.len() + first - 1).to_string());
    }

    pub(crate) fn finish(self, label: &'static str) -> DynamicStatement {
        DynamicStatement { sql: self.sql, values: self.values, scope: self.scope, label }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values;

    #[test]
    fn question_marks_become_the_parameters_after_the_instance() {
        let mut draft = Draft::new(EngineKind::Sqlite, StatementScope::Instance);
        draft.text("a = ? AND b = '?' AND c = ?", &values!["x", 2]);
        let statement = draft.finish("test");
        assert_eq!(statement.sql, "a = $2 AND b = '?' AND c = $3");
        assert_eq!(statement.values, values!["x", 2]);
    }
}
