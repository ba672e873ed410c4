//! Conditions on rows, nested with AND, OR and NOT.

use std::borrow::Cow;

use castellan_kernel::{TextMethod, TimeMethod, Timestamp};

use super::Draft;
use crate::{EngineKind, Value};

/// What a row must fulfil. Column names are written by the room, values come from requests.
#[derive(Debug, Clone)]
pub struct Condition(Node);

#[derive(Debug, Clone)]
enum Node {
    Constant(bool),
    Sql { text: Cow<'static, str>, values: Vec<Value> },
    Prefix { column: &'static str, value: String },
    Texts { column: &'static str, values: Vec<String> },
    Numbers { column: &'static str, values: Vec<i64> },
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Among { head: &'static str, inner: Box<Condition> },
}

impl Condition {
    /// Fulfilled by every row.
    pub const fn always() -> Self {
        Self(Node::Constant(true))
    }

    /// Fulfilled by no row.
    pub const fn never() -> Self {
        Self(Node::Constant(false))
    }

    /// Any SQL expression; each `?` in it takes the next of the values.
    pub fn sql(text: &'static str, values: impl Into<Vec<Value>>) -> Self {
        Self(Node::Sql { text: Cow::Borrowed(text), values: values.into() })
    }

    fn compare(column: &str, operator: &str, value: impl Into<Value>) -> Self {
        Self(Node::Sql { text: Cow::Owned(format!("{column} {operator} ?")), values: vec![value.into()] })
    }

    /// The column has this value.
    pub fn equals(column: &'static str, value: impl Into<Value>) -> Self {
        Self::compare(column, "=", value)
    }

    /// The column is one of these texts; no row fulfils it when there are none.
    pub fn in_list(column: &'static str, values: Vec<String>) -> Self {
        Self(Node::Texts { column, values })
    }

    /// The column is one of these numbers; no row fulfils it when there are none.
    pub fn in_numbers(column: &'static str, values: Vec<i64>) -> Self {
        Self(Node::Numbers { column, values })
    }

    /// The text compares by this method. `lower` is the column that holds the same text in lower case, for the methods that
    /// ignore case; `%`, `_` and `\` in the value stand for themselves.
    pub fn text(column: &'static str, lower: &'static str, method: TextMethod, value: &str) -> Self {
        let (column, value) = match method {
            TextMethod::Equals | TextMethod::StartsWith | TextMethod::Contains | TextMethod::EndsWith => {
                (column, value.to_owned())
            }
            TextMethod::EqualsIgnoreCase
            | TextMethod::StartsWithIgnoreCase
            | TextMethod::ContainsIgnoreCase
            | TextMethod::EndsWithIgnoreCase => (lower, value.to_lowercase()),
        };
        let after = match method {
            TextMethod::Equals | TextMethod::EqualsIgnoreCase => return Self::compare(column, "=", value),
            TextMethod::StartsWith | TextMethod::StartsWithIgnoreCase => return Self(Node::Prefix { column, value }),
            TextMethod::Contains | TextMethod::ContainsIgnoreCase => "%",
            TextMethod::EndsWith | TextMethod::EndsWithIgnoreCase => "",
        };
        let pattern = format!("%{}{after}", escape_like(&value));
        Self(Node::Sql { text: Cow::Owned(format!("{column} LIKE ? ESCAPE '\\'")), values: vec![pattern.into()] })
    }

    /// The same for columns of which the lower-cased one alone has an index: what compares with regard to case asks both.
    pub fn indexed_text(column: &'static str, lower: &'static str, method: TextMethod, value: &str) -> Self {
        let compared = Self::text(column, lower, method, value);
        let loosely = match method {
            TextMethod::Equals => TextMethod::EqualsIgnoreCase,
            TextMethod::StartsWith => TextMethod::StartsWithIgnoreCase,
            _ => return compared,
        };
        // A sigma is lower-cased by what follows it, so a prefix of a text may not be one of its twin.
        if method == TextMethod::StartsWith && value.contains('Σ') {
            return compared;
        }
        Self::all([Self::text(column, lower, loosely, value), compared])
    }

    /// The time compares by this method.
    pub fn time(column: &'static str, method: TimeMethod, time: Timestamp) -> Self {
        let operator = match method {
            TimeMethod::Equals => "=",
            TimeMethod::Greater => ">",
            TimeMethod::GreaterOrEquals => ">=",
            TimeMethod::Less => "<",
            TimeMethod::LessOrEquals => "<=",
        };
        Self::compare(column, operator, time)
    }

    /// All of them; every row fulfils an empty list.
    pub fn all(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::All(conditions.into_iter().collect()))
    }

    /// At least one of them; no row fulfils an empty list.
    pub fn any(conditions: impl IntoIterator<Item = Self>) -> Self {
        Self(Node::Any(conditions.into_iter().collect()))
    }

    /// A query within: `head` is its text up to a WHERE with at least one condition, to which the inner one is added, such as
    /// `u.id IN (SELECT n.user_id FROM login_names n WHERE n.instance_id = $1`.
    pub fn among(head: &'static str, inner: Self) -> Self {
        Self(Node::Among { head, inner: Box::new(inner) })
    }

    /// Whether every row that fulfils it begins with a certain text in some column.
    pub(super) fn has_prefix(&self) -> bool {
        match &self.0 {
            Node::Prefix { .. } => true,
            Node::All(conditions) => conditions.iter().any(Self::has_prefix),
            _ => false,
        }
    }

    /// Appends it to a statement.
    pub(super) fn write(&self, draft: &mut Draft) {
        match &self.0 {
            Node::Constant(value) => draft.text(if *value { "TRUE" } else { "FALSE" }, &[]),
            Node::Sql { text, values } => {
                draft.text("(", &[]);
                draft.text(text, values);
                draft.text(")", &[]);
            }
            Node::Prefix { column, value } => write_prefix(draft, column, value),
            Node::Texts { column, values } => match values.as_slice() {
                [] => draft.text("FALSE", &[]),
                [one] => draft.text(&format!("{column} = ?"), &[one.into()]),
                many => write_list(draft, column, "", &serde_json::json!(many)),
            },
            Node::Numbers { column, values } => match values.as_slice() {
                [] => draft.text("FALSE", &[]),
                [one] => draft.text(&format!("{column} = ?"), &[(*one).into()]),
                many => write_list(draft, column, "::bigint", &serde_json::json!(many)),
            },
            Node::All(conditions) => write_joined(draft, conditions, " AND ", "TRUE"),
            Node::Any(conditions) => write_joined(draft, conditions, " OR ", "FALSE"),
            Node::Among { head, inner } => {
                draft.text(head, &[]);
                draft.text(" AND ", &[]);
                inner.write(draft);
                draft.text(")", &[]);
            }
            Node::Not(condition) => {
                draft.text("NOT (", &[]);
                condition.write(draft);
                draft.text(")", &[]);
            }
        }
    }
}

impl std::ops::Not for Condition {
    type Output = Self;
    fn not(self) -> Self {
        Self(Node::Not(Box::new(self)))
    }
}

/// One parameter for the whole list, so that the text is the same for lists of all lengths.
fn write_list(draft: &mut Draft, column: &str, cast: &str, list: &serde_json::Value) {
    let text = match draft.engine() {
        EngineKind::Sqlite => format!("{column} IN (SELECT value FROM json_each(?))"),
        EngineKind::Postgres => format!("{column} = ANY (ARRAY(SELECT jsonb_array_elements_text(?::jsonb){cast}))"),
    };
    draft.text(&text, &[list.into()]);
}

/// PostgreSQL finds the index for LIKE by itself; SQLite cannot when the pattern is a parameter, but it compares texts byte by
/// byte, so that a prefix is a range.
fn write_prefix(draft: &mut Draft, column: &str, prefix: &str) {
    match (draft.engine(), successor(prefix)) {
        (EngineKind::Sqlite, Some(end)) => {
            draft.text(&format!("({column} >= ? AND {column} < ?)"), &[prefix.into(), end.into()]);
        }
        _ => draft.text(&format!("({column} LIKE ? ESCAPE '\\')"), &[format!("{}%", escape_like(prefix)).into()]),
    }
}

/// The least text that is greater than all texts with this prefix; `None` if there is none. The order of UTF-8 bytes is that of
/// code points.
fn successor(prefix: &str) -> Option<String> {
    let mut end: Vec<char> = prefix.chars().collect();
    while let Some(last) = end.pop() {
        // The range steps over the surrogates.
        if let Some(next) = (last..=char::MAX).nth(1) {
            end.push(next);
            return Some(end.into_iter().collect());
        }
    }
    None
}

fn write_joined(draft: &mut Draft, conditions: &[Condition], operator: &str, empty: &str) {
    let Some((first, others)) = conditions.split_first() else { return draft.text(empty, &[]) };
    draft.text("(", &[]);
    first.write(draft);
    for condition in others {
        draft.text(operator, &[]);
        condition.write(draft);
    }
    draft.text(")", &[]);
}

fn escape_like(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len() + 2);
    for character in value.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::successor;

    #[test]
    fn the_successor_of_a_prefix_ends_its_range() {
        assert_eq!(successor("ab").as_deref(), Some("ac"));
        assert_eq!(successor("a\u{d7ff}").as_deref(), Some("a\u{e000}"));
        assert_eq!(successor("a\u{10ffff}\u{10ffff}").as_deref(), Some("b"));
        assert_eq!(successor("\u{10ffff}"), None);
        assert_eq!(successor(""), None);
    }
}
