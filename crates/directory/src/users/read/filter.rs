//! The filter language of user lists: what v1 and v2 queries have in common, as conditions (`spec: api.md 1.7`).

use castellan_db::query::{Condition, Related};
use castellan_kernel::{Fault, Result, TextMethod};

use crate::users::head::UserKind;
use crate::users::login_names::{self, DOMAIN_LOGIN_NAME, USER_NAME};

const TOO_DEEP: Fault = Fault::invalid("USER-zsQ97", "Errors.Query.TooManyNestingLevels");
const INVALID: Fault = Fault::invalid("USER-Fil01", "List.Query.Invalid");

/// What a search is among.
const FIND: &str = "SELECT u.id FROM users u WHERE u.instance_id = $1";
/// The users of an organization are among these.
pub(super) const ALL: &str = "users u WHERE u.instance_id = $1";

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

/// A comparison of a text column of the user's own row with a lower-cased twin.
pub(super) fn text(column: &'static str, lower: &'static str, method: TextMethod, value: &str) -> Condition {
    Condition::searched_text("u.id", FIND, column, lower, method, value)
}

/// The same for a column that has an index of its own, in which what is equal is found at once.
pub(super) fn name(column: &'static str, lower: &'static str, method: TextMethod, value: &str) -> Condition {
    match method {
        TextMethod::Equals | TextMethod::EqualsIgnoreCase => Condition::indexed_text(column, lower, method, value),
        _ => text(column, lower, method, value),
    }
}

/// A comparison of the user name.
pub(super) fn user_name(method: TextMethod, value: &str) -> Condition {
    match method {
        TextMethod::Equals | TextMethod::EqualsIgnoreCase => Condition::named(USER_NAME, method, value),
        _ => Condition::searched_name("u.id", FIND, USER_NAME, method, value),
    }
}

/// The id is one of these.
pub(super) fn id_in(ids: Vec<String>) -> Result<Condition> {
    if ids.is_empty() { Err(INVALID.into()) } else { Ok(Condition::in_list("u.id", ids)) }
}

/// The user is one of this organization.
pub(super) fn org(id: String) -> Condition {
    Condition::owner("u.org_id", vec![id], ALL)
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

/// One of the user's login names compares like this.
pub(super) fn login_name(method: TextMethod, value: &str) -> Condition {
    let on_domains = Related::rows(
        "SELECT l.user_id FROM domain_login_names l WHERE l.instance_id = $1",
        "EXISTS (SELECT 1 FROM domain_login_names l WHERE l.instance_id = $1 AND l.user_id = u.id",
        Condition::named(DOMAIN_LOGIN_NAME, method, value),
    );
    let alone = login_names::alone(
        "EXISTS (SELECT 1 FROM users n WHERE n.instance_id = $1 AND n.id = u.id AND NOT n.has_domain_login_names",
        method,
        value,
    );
    Condition::search_among("u.id", [on_domains, alone])
}

/// The user has metadata like this; a key and a value that stand side by side must be those of one pair.
fn metadata(pairs: Vec<Pair>) -> Condition {
    const ALL: &str = "SELECT m.user_id FROM user_metadata m WHERE m.instance_id = $1";
    const ONE: &str = "EXISTS (SELECT 1 FROM user_metadata m WHERE m.instance_id = $1 AND m.user_id = u.id";
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for pair in pairs {
        match pair {
            Pair::Key(method, key) => keys.push(Condition::indexed_text("m.key", "m.key_lower", method, &key)),
            // The index holds the beginning of a value, since values may be long.
            Pair::Value { equal: true, value } if value.len() < 64 => {
                values.push(Condition::sql("m.value_start = ?", [value.into()]));
            }
            Pair::Value { equal: true, value } => {
                let both = [value[..value.len().min(64)].to_vec().into(), value.into()];
                values.push(Condition::sql("m.value_start = ? AND m.value = ?", both));
            }
            Pair::Value { equal: false, value } if value.len() < 64 => {
                values.push(Condition::sql("m.value_start <> ?", [value.into()]));
            }
            Pair::Value { equal: false, value } => values.push(!Condition::equals("m.value", value)),
        }
    }
    let mut values = values.into_iter();
    let pairs: Vec<Condition> =
        keys.into_iter().map(|key| Condition::all(std::iter::once(key).chain(values.next()))).collect();
    let conditions =
        pairs.into_iter().chain(values).map(|pair| Condition::search_among("u.id", [Related::rows(ALL, ONE, pair)]));
    Condition::all(conditions)
}
