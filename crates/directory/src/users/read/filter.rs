//! The filter language of user lists: what v1 and v2 queries have in common, as conditions (`spec: api.md 1.7`).

use castellan_db::Value;
use castellan_db::query::Condition;
use castellan_kernel::{Fault, Result, TextMethod};

use crate::users::head::UserKind;

const TOO_DEEP: Fault = Fault::invalid("USER-zsQ97", "Errors.Query.TooManyNestingLevels");
const INVALID: Fault = Fault::invalid("USER-Fil01", "List.Query.Invalid");

/// How deep `or`, `and` and `not` may nest.
const MAX_LEVELS: u8 = 20;

/// One query of a request, freed of its API generation.
pub(super) enum Filter<Q> {
    /// A comparison of the user's own row.
    Row(Condition),
    /// A comparison of a metadata pair; those that stand side by side must hold for the same pair.
    Metadata(Pair),
    Any(Vec<Q>),
    All(Vec<Q>),
    Not(Q),
}

/// What a metadata pair must fulfil.
pub(super) enum Pair {
    Key(TextMethod, String),
    Value { equal: bool, value: Vec<u8> },
}

/// Turns the queries of a request, which must all hold, into one condition. `read` reads a single query.
pub(super) fn all<Q>(queries: Vec<Q>, read: &impl Fn(Q) -> Result<Filter<Q>>) -> Result<Condition> {
    join_all(queries, read, 0)
}

fn join_all<Q>(queries: Vec<Q>, read: &impl Fn(Q) -> Result<Filter<Q>>, level: u8) -> Result<Condition> {
    let (mut conditions, mut pairs) = (Vec::new(), Vec::new());
    for query in queries {
        match read(query)? {
            Filter::Metadata(pair) => pairs.push(pair),
            other => conditions.push(condition(other, read, level)?),
        }
    }
    if !pairs.is_empty() {
        conditions.push(metadata(pairs));
    }
    Ok(Condition::all(conditions))
}

fn condition<Q>(filter: Filter<Q>, read: &impl Fn(Q) -> Result<Filter<Q>>, level: u8) -> Result<Condition> {
    let level = level + 1;
    if level > MAX_LEVELS + 1 {
        return Err(TOO_DEEP.into());
    }
    match filter {
        Filter::Row(condition) => Ok(condition),
        Filter::Metadata(pair) => Ok(metadata(vec![pair])),
        Filter::Any(queries) | Filter::All(queries) if queries.is_empty() => Err(INVALID.into()),
        Filter::Any(queries) => {
            let conditions = queries.into_iter().map(|query| condition(read(query)?, read, level));
            Ok(Condition::any(conditions.collect::<Result<Vec<_>>>()?))
        }
        Filter::All(queries) => join_all(queries, read, level),
        Filter::Not(query) => Ok(!condition(read(query)?, read, level)?),
    }
}

/// The text method of that number.
pub(super) fn method(number: i32) -> Result<TextMethod> {
    TextMethod::from_number(number).ok_or_else(|| INVALID.into())
}

/// The fault for a query that names nothing to compare.
pub(super) fn invalid() -> castellan_kernel::Error {
    INVALID.into()
}

/// A comparison of a text column with a lower-cased twin. Equality and prefixes ask the twin too, because that is the one with an
/// index.
pub(super) fn text(column: &'static str, lower: &'static str, method: TextMethod, value: &str) -> Condition {
    let compared = Condition::text(column, lower, method, value);
    match method {
        TextMethod::Equals => Condition::all([Condition::equals(lower, value.to_lowercase()), compared]),
        // A sigma is lower-cased by what follows it, so a prefix of a text may not be one of its twin.
        TextMethod::StartsWith if !value.contains('Σ') => {
            Condition::all([Condition::text(column, lower, TextMethod::StartsWithIgnoreCase, value), compared])
        }
        _ => compared,
    }
}

/// The id is one of these.
pub(super) fn id_in(ids: Vec<String>) -> Result<Condition> {
    if ids.is_empty() { Err(INVALID.into()) } else { Ok(Condition::in_list("u.id", ids)) }
}

/// The state has this number, as storage keeps it.
pub(super) fn state(number: i32) -> Condition {
    Condition::equals("u.state", number)
}

/// The e-mail address is one of these.
pub(super) fn email_in(emails: Vec<String>) -> Result<Condition> {
    if emails.is_empty() {
        return Err(INVALID.into());
    }
    let lower = emails.iter().map(|email| email.to_lowercase()).collect();
    Ok(Condition::all([Condition::in_list("u.email_lower", lower), Condition::in_list("u.email", emails)]))
}

/// The user is a person (1) or a service user (2).
pub(super) fn kind(number: i32) -> Condition {
    match number {
        1 => Condition::equals("u.kind", UserKind::Human as i64),
        2 => Condition::equals("u.kind", UserKind::Machine as i64),
        _ => Condition::never(),
    }
}

macro_rules! has_login_name {
    ($comparison:literal) => {
        concat!("u.id IN (SELECT n.user_id FROM login_names n WHERE n.instance_id = $1 AND ", $comparison, ")")
    };
}

/// One of the user's login names compares like this.
pub(super) fn login_name(method: TextMethod, value: &str) -> Condition {
    let lower = value.to_lowercase();
    match method {
        TextMethod::Equals => Condition::sql(
            has_login_name!("n.login_name_lower = ? AND n.login_name = ?"),
            [lower.into(), Value::from(value)],
        ),
        TextMethod::EqualsIgnoreCase => Condition::sql(has_login_name!("n.login_name_lower = ?"), [Value::from(lower)]),
        TextMethod::StartsWith | TextMethod::Contains | TextMethod::EndsWith => {
            Condition::sql(has_login_name!("n.login_name LIKE ? ESCAPE '\\'"), [pattern(method, value)])
        }
        _ => Condition::sql(has_login_name!("n.login_name_lower LIKE ? ESCAPE '\\'"), [pattern(method, &lower)]),
    }
}

macro_rules! has_pair {
    ($($comparison:literal),*) => {
        concat!("u.id IN (SELECT m.user_id FROM user_metadata m WHERE m.instance_id = $1", $(" AND ", $comparison,)* ")")
    };
}

/// The user has metadata like this; a key and a value that stand side by side must be those of one pair.
fn metadata(pairs: Vec<Pair>) -> Condition {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for pair in pairs {
        match pair {
            Pair::Key(method, key) => keys.push((method, key)),
            Pair::Value { equal, value } => values.push((equal, value)),
        }
    }
    let mut conditions = Vec::new();
    let mut values = values.into_iter();
    for (method, key) in keys {
        let (lower, value) = (key.to_lowercase(), values.next());
        let (exact, like, compared) = match method {
            TextMethod::Equals => (true, false, Value::from(key)),
            TextMethod::EqualsIgnoreCase => (false, false, Value::from(lower)),
            TextMethod::StartsWith | TextMethod::Contains | TextMethod::EndsWith => (true, true, pattern(method, &key)),
            _ => (false, true, pattern(method, &lower)),
        };
        let text = match (exact, like, value.as_ref().map(|(equal, _)| *equal)) {
            (true, false, None) => has_pair!("m.key = ?"),
            (true, false, Some(true)) => has_pair!("m.key = ?", "m.value = ?"),
            (true, false, Some(false)) => has_pair!("m.key = ?", "m.value <> ?"),
            (false, false, None) => has_pair!("m.key_lower = ?"),
            (false, false, Some(true)) => has_pair!("m.key_lower = ?", "m.value = ?"),
            (false, false, Some(false)) => has_pair!("m.key_lower = ?", "m.value <> ?"),
            (true, true, None) => has_pair!("m.key LIKE ? ESCAPE '\\'"),
            (true, true, Some(true)) => has_pair!("m.key LIKE ? ESCAPE '\\'", "m.value = ?"),
            (true, true, Some(false)) => has_pair!("m.key LIKE ? ESCAPE '\\'", "m.value <> ?"),
            (false, true, None) => has_pair!("m.key_lower LIKE ? ESCAPE '\\'"),
            (false, true, Some(true)) => has_pair!("m.key_lower LIKE ? ESCAPE '\\'", "m.value = ?"),
            (false, true, Some(false)) => has_pair!("m.key_lower LIKE ? ESCAPE '\\'", "m.value <> ?"),
        };
        let mut bound = vec![compared];
        bound.extend(value.map(|(_, value)| Value::from(value)));
        conditions.push(Condition::sql(text, bound));
    }
    for (equal, value) in values {
        let text = if equal { has_pair!("m.value = ?") } else { has_pair!("m.value <> ?") };
        conditions.push(Condition::sql(text, [Value::from(value)]));
    }
    Condition::all(conditions)
}

fn pattern(method: TextMethod, value: &str) -> Value {
    let mut escaped = String::with_capacity(value.len() + 2);
    if !matches!(method, TextMethod::StartsWith | TextMethod::StartsWithIgnoreCase) {
        escaped.push('%');
    }
    for character in value.chars() {
        if matches!(character, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    if !matches!(method, TextMethod::EndsWith | TextMethod::EndsWithIgnoreCase) {
        escaped.push('%');
    }
    Value::from(escaped)
}
