//! Statements are written where they are used and known to the whole binary, so that a test can prepare every one of
//! them on both engines.

use crate::Value;

/// Whose rows a statement touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementScope {
    /// One instance: `$1` is always the instance id of the connection; the caller's parameters start at `$2`.
    Instance,
    /// The whole database (instances themselves, background jobs): the caller's parameters start at `$1`.
    Global,
}

/// A fixed SQL text; made by [`statement!`](macro@crate::statement) and [`global_statement!`](crate::global_statement).
#[derive(Debug)]
pub struct Statement {
    /// The text, with parameters `$1`, `$2`, …
    pub sql: &'static str,
    /// Whose rows it touches.
    pub scope: StatementScope,
    /// Whether it may read many rows; the embedded engine then leaves the async worker for it.
    pub heavy: bool,
    /// Whether it finds its only row by a whole unique key of every table that it reads, so that no other row can take its place.
    pub keyed: bool,
    /// Whether its parameters first appear in the order of their numbers.
    pub in_order: bool,
    /// The source file that holds it.
    pub file: &'static str,
    /// The line in it.
    pub line: u32,
}

impl Statement {
    /// Used by the macros; an instance statement that never mentions `$1` does not compile.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(sql: &'static str, scope: StatementScope, file: &'static str, line: u32) -> Self {
        assert!(
            matches!(scope, StatementScope::Global) || mentions_first_parameter(sql),
            "a statement of one instance must use $1, the instance id; if it is meant for all, use global_statement!"
        );
        Self { sql, scope, heavy: false, keyed: false, in_order: appear_in_order(sql), file, line }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn heavy(self) -> Self {
        Self { heavy: true, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn keyed(self) -> Self {
        Self { keyed: true, ..self }
    }

    /// Where it stands in the source, for messages.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Whether the text has a parameter `$1` (and not merely `$10`).
pub(crate) const fn mentions_first_parameter(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        let ends = at + 2 == bytes.len() || !bytes[at + 2].is_ascii_digit();
        if bytes[at] == b'$' && bytes[at + 1] == b'1' && ends {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether the parameters first appear as `$1`, `$2`, `$3` … (some perhaps again later), as `SQLite` would number them.
pub(crate) const fn appear_in_order(sql: &str) -> bool {
    let bytes = sql.as_bytes();
    let (mut at, mut seen) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'$' {
            at += 1;
            continue;
        }
        at += 1;
        let mut number = 0;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            number = number * 10 + (bytes[at] - b'0') as usize;
            at += 1;
        }
        if number == 0 || number > seen + 1 {
            return false;
        }
        if number > seen {
            seen = number;
        }
    }
    true
}

/// A text that was built from parts (list filters). Its values are bound from `$1`, or from `$2` in an instance's scope.
#[derive(Debug, Clone)]
pub struct DynamicStatement {
    /// The text.
    pub sql: String,
    /// The values of its parameters.
    pub values: Vec<Value>,
    /// Whose rows it touches.
    pub scope: StatementScope,
    /// What it lists, for messages.
    pub label: &'static str,
}

/// The entry of one statement in the list of all; made by the macros.
#[doc(hidden)]
pub struct Registered(pub &'static Statement);

inventory::collect!(Registered);

/// Every statement that is linked into this binary.
pub fn all_statements() -> impl Iterator<Item = &'static Statement> {
    inventory::iter::<Registered>.into_iter().map(|registered| registered.0)
}

/// A statement on the rows of one instance: `statement!("SELECT name FROM orgs WHERE instance_id = $1 AND id = $2")` is a
/// `&'static Statement`. The connection supplies `$1`; callers give `$2` and up. Write `statement!(heavy "…")` for one that
/// may read many rows, and `statement!(keyed "…")` for one that finds its only row by a whole unique key of every table that it
/// reads: what is remembered of it stays when other rows come.
#[macro_export]
macro_rules! statement {
    (heavy $sql:expr) => {
        $crate::__statement!(Instance, $sql, heavy)
    };
    (keyed $sql:expr) => {
        $crate::__statement!(Instance, $sql, keyed)
    };
    ($sql:expr) => {
        $crate::__statement!(Instance, $sql)
    };
}

/// A statement that is not limited to one instance; callers give `$1` and up. `global_statement!(heavy "…")` as in
/// [`statement!`](macro@crate::statement).
#[macro_export]
macro_rules! global_statement {
    (heavy $sql:expr) => {
        $crate::__statement!(Global, $sql, heavy)
    };
    ($sql:expr) => {
        $crate::__statement!(Global, $sql)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __statement {
    ($scope:ident, $sql:expr $(, $kind:ident)?) => {{
        static STATEMENT: $crate::Statement =
            $crate::Statement::new($sql, $crate::StatementScope::$scope, file!(), line!())$(.$kind())?;
        $crate::__inventory::submit! { $crate::Registered(&STATEMENT) }
        &STATEMENT
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_parameter_counts_as_the_instance() {
        assert!(mentions_first_parameter("SELECT $1"));
        assert!(mentions_first_parameter("WHERE instance_id = $1 AND id = $2"));
        assert!(!mentions_first_parameter("SELECT $10, $2"));
    }

    #[test]
    fn parameters_are_in_order_when_each_new_one_has_the_next_number() {
        for sql in [
            "SELECT 1",
            "SELECT $1",
            "SELECT $1, $2, $1, $3",
            "WHERE a = $1 AND b IN ($2, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        ] {
            assert!(appear_in_order(sql), "{sql}");
        }
        for sql in ["SELECT $2, $1", "SELECT $1, $3", "SELECT $1, '$.key'", "SELECT $x"] {
            assert!(!appear_in_order(sql), "{sql}");
        }
    }

    #[test]
    fn a_statement_written_in_a_function_is_known_to_the_binary() {
        let own = crate::global_statement!("SELECT 'known to the binary'");
        assert!(all_statements().any(|statement| std::ptr::eq(statement, own)));
    }
}
