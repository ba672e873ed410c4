//! Conditions on rows, nested with AND, OR and NOT.

use std::borrow::Cow;

use castellan_kernel::{TextMethod, TimeMethod, Timestamp};

use super::Draft;
use crate::{DynamicStatement, EngineKind, StatementScope, Value};

/// What a row must fulfil. Column names are written by the room, values come from requests.
#[derive(Debug, Clone)]
pub struct Condition(Node);

#[derive(Debug, Clone)]
enum Node {
    Constant(bool),
    Sql {
        text: Cow<'static, str>,
        values: Vec<Value>,
    },
    Prefix {
        column: &'static str,
        value: String,
    },
    Texts {
        column: &'static str,
        values: Vec<String>,
    },
    Numbers {
        column: &'static str,
        values: Vec<i64>,
    },
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Among {
        head: Cow<'static, str>,
        inner: Box<Condition>,
    },
    Few(Box<Condition>),
    /// Fulfilled by many rows, and whether PostgreSQL has no index for it.
    Many(Box<Condition>, bool),
    Owner {
        column: &'static str,
        of: &'static str,
        ids: Vec<String>,
        through: Through,
        is_large: bool,
    },
    Search(Box<Search>),
    /// Fulfilled by many rows of another table, which find those of the list.
    Found(Box<Found>),
}

/// The columns of a name that is stored, lower-cased, at the beginning of a key that has an index: what may follow it there sorts
/// before every character that a name has.
#[derive(Debug, Clone, Copy)]
pub struct NameColumns {
    /// As it was written.
    pub name: &'static str,
    /// In lower case.
    pub lower: &'static str,
    /// The key.
    pub key: &'static str,
}

/// What another table's rows must fulfil, and the query for the keys of the list's rows that they belong to.
#[derive(Debug, Clone)]
pub(super) struct Found {
    related: Vec<Related>,
    /// Of a row of the list that is looked at.
    itself: Condition,
}

impl Found {
    /// Appends the query for the keys, each once.
    pub(super) fn write(&self, draft: &mut Draft) {
        for (position, related) in self.related.iter().enumerate() {
            draft.text(if position == 0 { "SELECT " } else { " UNION ALL SELECT " }, &[]);
            draft.text(if related.is_one { "" } else { "DISTINCT " }, &[]);
            draft.text(related.find.trim_start_matches("SELECT "), &[]);
            draft.text(" AND ", &[]);
            related.fulfil.write(draft);
        }
    }
}

/// Rows of another table, each of which belongs to one of the list's.
#[derive(Debug, Clone)]
pub struct Related {
    find: &'static str,
    /// What they must fulfil.
    fulfil: Condition,
    /// That one of few rows of the list has such a row, and one of many.
    few: Condition,
    many: Condition,
    /// Whether there is no more than one for a row of the list.
    is_one: bool,
}

impl Related {
    /// Rows that fulfil a condition. `find` is the query for the keys of the list's rows that they belong to, up to a WHERE with at
    /// least one condition, such as `SELECT l.user_id FROM login_names l WHERE l.instance_id = $1`; `exists` that for the row that
    /// is looked at, such as `EXISTS (SELECT 1 FROM login_names l WHERE l.instance_id = $1 AND l.user_id = u.id`.
    pub fn rows(find: &'static str, exists: &'static str, fulfil: Condition) -> Self {
        let few = Condition::among(exists, fulfil.clone());
        let many = Condition::among(exists, fulfil.clone().row_by_row());
        Self { find, fulfil, few, many, is_one: false }
    }

    /// The same where a row of the list has at most one.
    #[must_use]
    pub fn one(self) -> Self {
        Self { is_one: true, ..self }
    }
}

/// How a list goes through the many rows of a large organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    /// In the order of the list, leaving out those of others.
    Everything,
    /// By an index of the organization, as the engine sees fit.
    Index,
}

/// A condition that other rows than those of the list, or an index that is not that of their order, tell best.
#[derive(Debug, Clone)]
struct Search {
    key: &'static str,
    find: &'static str,
    loose: Condition,
    /// Rows of other tables that find those of the list.
    related: Vec<Related>,
    /// Where it is one of several ways to be shown, or may be anything.
    plain: Condition,
    /// Of each of few rows.
    few: Condition,
    /// Of each of many.
    many: Condition,
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

    /// The same for columns whose lower-cased one is in an index, but seldom at its beginning, so that a comparison takes a look at
    /// all rows. Lists first look for those that it is true of whatever their case, by `find`, a query for keys up to a WHERE with
    /// at least one condition, such as `SELECT u.id FROM users u WHERE u.instance_id = $1`; where these are few, only rows that
    /// have one of them in the column `key` are compared.
    pub fn searched_text(
        key: &'static str,
        find: &'static str,
        column: &'static str,
        lower: &'static str,
        method: TextMethod,
        value: &str,
    ) -> Self {
        let compared = Self::indexed_text(column, lower, method, value);
        let loose = Self::text(column, lower, loosened(method), value);
        Self::searched(key, find, method, value, compared, loose)
    }

    /// A comparison by this method, and the same without regard to case.
    fn searched(
        key: &'static str,
        find: &'static str,
        method: TextMethod,
        value: &str,
        compared: Self,
        loose: Self,
    ) -> Self {
        // How a sigma is lower-cased depends on what stands around it.
        let loose = if value.contains('Σ') { compared.clone() } else { loose };
        let is_within = matches!(loosened(method), TextMethod::ContainsIgnoreCase | TextMethod::EndsWithIgnoreCase);
        Self::search(key, find, loose, compared, is_within)
    }

    /// The name compares by this method.
    pub fn named(columns: NameColumns, method: TextMethod, value: &str) -> Self {
        let NameColumns { name, lower, key } = columns;
        let compared = Self::text(name, lower, method, value);
        let lower_value = value.to_lowercase();
        let found = match loosened(method) {
            TextMethod::EqualsIgnoreCase => Self::all([
                Self::compare(key, ">=", lower_value.clone()),
                Self::compare(key, "<", lower_value + FIRST_OF_A_NAME),
            ]),
            // How a sigma is lower-cased depends on what stands around it.
            TextMethod::StartsWithIgnoreCase if !value.contains('Σ') => {
                let found = Self(Node::Prefix { column: key, value: lower_value });
                // What no name has, what follows names in their keys might.
                if method == TextMethod::StartsWithIgnoreCase && !value.contains(|letter| letter < ' ') {
                    return found;
                }
                found
            }
            _ => return compared,
        };
        Self::all([found, compared])
    }

    /// The same, searched as in [`Condition::searched_text`].
    pub fn searched_name(
        key: &'static str,
        find: &'static str,
        columns: NameColumns,
        method: TextMethod,
        value: &str,
    ) -> Self {
        let compared = Self::named(columns, method, value);
        let loose = Self::named(columns, loosened(method), value);
        Self::searched(key, find, method, value, compared, loose)
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
        Self(Node::Among { head: Cow::Borrowed(head), inner: Box::new(inner) })
    }

    /// The row belongs to one of these organizations. `of` is the query for rows like it, up to a WHERE with at least one
    /// condition, such as `users u WHERE u.instance_id = $1`: whether the organizations have many of them decides how a list
    /// is gone through. Alike and yet quicker than [`Condition::in_list`] where an organization may have anything from few rows
    /// to nearly all.
    pub fn owner(column: &'static str, ids: Vec<String>, of: &'static str) -> Self {
        Self(Node::Owner { column, of, ids, through: Through::Everything, is_large: false })
    }

    /// The same for rows that an index has by organization and in the usual order: a large organization is no reason to go
    /// through the rows of others, a small one saves the search in all.
    pub fn owner_by_index(column: &'static str, ids: Vec<String>, of: &'static str) -> Self {
        Self(Node::Owner { column, of, ids, through: Through::Index, is_large: false })
    }

    /// The same condition, to be checked row by row: for comparisons that no index serves, of which PostgreSQL would take it that
    /// hardly any row fulfils them.
    #[must_use]
    pub fn row_by_row(self) -> Self {
        Self(Node::Many(Box::new(self), true))
    }

    /// All rows that fulfil the condition itself must fulfil `loose`, which should need nothing but an index.
    fn search(key: &'static str, find: &'static str, loose: Self, itself: Self, is_within: bool) -> Self {
        let many = Self(Node::Many(Box::new(itself.clone()), is_within));
        Self(Node::Search(Box::new(Search {
            key,
            find,
            loose,
            plain: itself.clone(),
            related: Vec::new(),
            few: itself,
            many,
        })))
    }

    /// The row has one of these rows of other tables, of which no two belong to the same row of the list unless they are of the same
    /// table; `key` as in [`Condition::searched_text`], and foreign keys guarantee that all that is found is there.
    pub fn search_among(key: &'static str, related: impl IntoIterator<Item = Related>) -> Self {
        let related: Vec<Related> = related.into_iter().collect();
        let among = |related: &Related| {
            let head = Cow::Owned(format!("{key} IN ({}", related.find));
            Self(Node::Among { head, inner: Box::new(related.fulfil.clone()) })
        };
        let plain = Self::any(related.iter().map(among));
        let few = Self::any(related.iter().map(|related| related.few.clone()));
        let many = Self::any(related.iter().map(|related| related.many.clone()));
        Self(Node::Search(Box::new(Search { key, find: "", loose: Self::always(), related, plain, few, many })))
    }

    /// Whether its size decides by itself how a list is gone through, without a search beside it.
    pub(super) fn decides(&self) -> bool {
        matches!(self.0, Node::Owner { through: Through::Everything, .. })
    }

    /// Whether there are any for [`Condition::unsettled`] to find.
    pub(super) fn is_unsettled(&self) -> bool {
        match &self.0 {
            Node::Owner { .. } | Node::Search(_) => true,
            Node::All(conditions) => conditions.iter().any(Self::is_unsettled),
            Node::Any(conditions) => conditions.len() == 1 && conditions.iter().any(Self::is_unsettled),
            _ => false,
        }
    }

    /// The conditions of that kind that every row must fulfil.
    pub(super) fn unsettled(&mut self) -> Vec<&mut Self> {
        if matches!(self.0, Node::Owner { .. } | Node::Search(_)) {
            return vec![self];
        }
        match &mut self.0 {
            Node::All(conditions) => conditions.iter_mut().flat_map(Self::unsettled).collect(),
            Node::Any(conditions) if conditions.len() == 1 => conditions.iter_mut().flat_map(Self::unsettled).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it is an owner's rather than a search.
    pub(super) fn is_owner(&self) -> bool {
        matches!(self.0, Node::Owner { .. })
    }

    /// The query that settles it, which finds at most so many rows: of an owner their number, of a search their keys.
    pub(super) fn settling(&self, engine: EngineKind, limit: u64) -> Option<DynamicStatement> {
        let mut draft = Draft::new(engine, StatementScope::Instance);
        match &self.0 {
            Node::Owner { of, .. } => {
                draft.text("SELECT COUNT(*) FROM (SELECT 1 FROM ", &[]);
                draft.text(of, &[]);
                draft.text(" AND ", &[]);
                self.write(&mut draft);
                draft.text(" LIMIT ?) counted", &[limit.into()]);
            }
            Node::Search(search) => {
                let own = [(search.find, &search.loose)];
                let related = search.related.iter().map(|related| (related.find, &related.fulfil));
                let own = own.into_iter().filter(|_| search.related.is_empty());
                for (position, (find, fulfil)) in own.chain(related).enumerate() {
                    draft.text(if position == 0 { "" } else { " UNION ALL " }, &[]);
                    draft.text(find, &[]);
                    draft.text(" AND ", &[]);
                    fulfil.write(&mut draft);
                }
                draft.text(" LIMIT ?", &[limit.into()]);
            }
            _ => return None,
        }
        Some(draft.finish("what a list has to go through"))
    }

    /// Settles an owner's: whether it has few rows.
    pub(super) fn settle_owner(&mut self, is_small: bool) {
        if is_small {
            let condition = std::mem::replace(self, Self::never());
            self.0 = Node::Few(Box::new(condition));
        } else if let Node::Owner { is_large, .. } = &mut self.0 {
            *is_large = true;
        }
    }

    /// Settles a search: by the keys that it found, unless these are too many.
    pub(super) fn settle_search(&mut self, keys: Option<Vec<String>>) {
        let Node::Search(search) = std::mem::replace(&mut self.0, Node::Constant(false)) else { return };
        *self = match keys {
            Some(keys) => Self(Node::Few(Box::new(Self::all([Self::in_list(search.key, keys), search.few])))),
            None if search.related.is_empty() => search.many,
            None => {
                let Search { related, many, .. } = *search;
                Self(Node::Found(Box::new(Found { related, itself: many })))
            }
        };
    }

    /// What must all be fulfilled, without what always is.
    fn musts(&self) -> Vec<&Self> {
        match &self.0 {
            _ if self.is_always() => Vec::new(),
            Node::All(conditions) => conditions.iter().flat_map(Self::musts).collect(),
            Node::Any(conditions) if conditions.len() == 1 => conditions.iter().flat_map(Self::musts).collect(),
            _ => vec![self],
        }
    }

    /// What another table's rows must fulfil, if there is nothing else to it.
    pub(super) fn found_alone(conditions: &[Self]) -> Option<&Found> {
        match conditions.iter().flat_map(Self::musts).collect::<Vec<_>>().as_slice() {
            [Self(Node::Found(found))] => Some(found),
            _ => None,
        }
    }

    /// Whether it is plain that every row fulfils it.
    pub(super) fn is_always(&self) -> bool {
        match &self.0 {
            Node::Constant(value) => *value,
            Node::All(conditions) => conditions.iter().all(Self::is_always),
            Node::Any(conditions) => conditions.iter().any(Self::is_always),
            _ => false,
        }
    }

    /// Settles a search where something else leaves few rows to compare.
    pub(super) fn settle_among_few(&mut self) {
        if let Node::Search(search) = &mut self.0 {
            *self = std::mem::replace(&mut search.few, Self::never());
        }
    }

    /// Whether rows that fulfil it are few, so that they are found first and sorted then.
    pub(super) fn is_few(&self) -> bool {
        match &self.0 {
            Node::Prefix { .. } | Node::Few(_) => true,
            Node::All(conditions) => conditions.iter().any(Self::is_few),
            Node::Any(conditions) => !conditions.is_empty() && conditions.iter().all(Self::is_few),
            _ => false,
        }
    }

    /// Whether it says nothing but to whom rows belong.
    pub(super) fn is_only_owner(&self) -> bool {
        match &self.0 {
            _ if self.is_always() => true,
            Node::Owner { .. } => true,
            Node::Few(condition) => condition.is_only_owner(),
            Node::All(conditions) => conditions.iter().all(Self::is_only_owner),
            Node::Any(conditions) => conditions.len() == 1 && conditions.iter().all(Self::is_only_owner),
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
            Node::Texts { column, values } => write_texts(draft, column, values),
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
            Node::Few(condition) => condition.write(draft),
            Node::Many(condition, true) if draft.engine() == EngineKind::Postgres => {
                write_unseen(draft, |draft| condition.write(draft));
            }
            Node::Many(condition, _) => condition.write(draft),
            Node::Owner { column, ids, through, is_large, .. } => {
                let is_left_out = *is_large && *through == Through::Everything && draft.follows_the_order();
                if is_left_out { write_unindexed(draft, column, ids) } else { write_texts(draft, column, ids) }
            }
            Node::Search(search) => search.plain.write(draft),
            Node::Found(found) => found.itself.write(draft),
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

/// The least character of names; a name and this end the range of all keys of the name.
const FIRST_OF_A_NAME: &str = " ";

/// The same method without regard to case.
fn loosened(method: TextMethod) -> TextMethod {
    match method {
        TextMethod::Contains | TextMethod::ContainsIgnoreCase => TextMethod::ContainsIgnoreCase,
        TextMethod::EndsWith | TextMethod::EndsWithIgnoreCase => TextMethod::EndsWithIgnoreCase,
        TextMethod::StartsWith | TextMethod::StartsWithIgnoreCase => TextMethod::StartsWithIgnoreCase,
        TextMethod::Equals | TextMethod::EqualsIgnoreCase => TextMethod::EqualsIgnoreCase,
    }
}

fn write_texts(draft: &mut Draft, column: &str, values: &[String]) {
    match values {
        [] => draft.text("FALSE", &[]),
        [one] => draft.text(&format!("{column} = ?"), &[one.into()]),
        many => write_list(draft, column, "", &serde_json::json!(many)),
    }
}

/// The same where the index of that column would lead through all of its rows to sort them: the sign keeps the embedded engine from
/// it, and PostgreSQL does not see through a CASE.
fn write_unindexed(draft: &mut Draft, column: &str, values: &[String]) {
    if draft.engine() == EngineKind::Sqlite {
        return write_texts(draft, &format!("+{column}"), values);
    }
    write_unseen(draft, |draft| write_texts(draft, column, values));
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

/// PostgreSQL takes a pattern that it does not know for one that hardly any row matches; what it cannot see through, it takes for
/// true of every second row.
fn write_unseen(draft: &mut Draft, condition: impl FnOnce(&mut Draft)) {
    draft.text("CASE WHEN ", &[]);
    condition(draft);
    draft.text(" THEN TRUE ELSE FALSE END", &[]);
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
