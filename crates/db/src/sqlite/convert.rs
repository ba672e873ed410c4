//! Values to parameters, columns to values.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use super::errors;
use crate::call::{Call, Cost};
use crate::row::{Origin, Row};
use crate::{DatabaseError, Value};

/// A [`Call`] that can move to another thread.
pub(super) struct OwnedCall {
    sql: String,
    instance: Option<String>,
    values: Vec<Value>,
    cost: Cost,
    origin: Origin,
}

impl OwnedCall {
    pub(super) fn as_call(&self) -> Call<'_> {
        Call {
            sql: &self.sql,
            instance: self.instance.as_deref(),
            values: &self.values,
            cost: self.cost,
            origin: self.origin,
        }
    }
}

impl From<Call<'_>> for OwnedCall {
    fn from(call: Call<'_>) -> Self {
        Self {
            sql: call.sql.to_owned(),
            instance: call.instance.map(str::to_owned),
            values: call.values.to_vec(),
            cost: call.cost,
            origin: call.origin,
        }
    }
}

/// Runs a statement and collects its rows.
pub(super) fn rows(call: &Call<'_>, connection: &Connection) -> Result<Vec<Row>, DatabaseError> {
    collect(call, connection).map_err(|cause| errors::describe(connection, Some(call.origin), &cause))
}

/// Runs a statement and returns the number of rows that it changed.
pub(super) fn execute(call: &Call<'_>, connection: &Connection) -> Result<u64, DatabaseError> {
    let run = || change(&mut prepare(call, connection)?);
    run().map_err(|cause| errors::describe(connection, Some(call.origin), &cause))
}

/// Runs calls of one statement, one after the other.
pub(super) fn execute_each<'a>(
    calls: impl IntoIterator<Item = Call<'a>>,
    connection: &Connection,
) -> Result<(), (usize, DatabaseError)> {
    let mut ready: Option<CachedStatement<'_>> = None;
    for (place, call) in calls.into_iter().enumerate() {
        let mut run = || match &mut ready {
            Some(statement) => bind(&call, statement).and_then(|()| change(statement)),
            None => change(ready.insert(prepare(&call, connection)?)),
        };
        run().map_err(|cause| (place, errors::describe(connection, Some(call.origin), &cause)))?;
    }
    Ok(())
}

fn change(statement: &mut CachedStatement<'_>) -> rusqlite::Result<u64> {
    if statement.column_count() == 0 {
        return statement.raw_execute().map(|changed| changed as u64);
    }
    let mut rows = statement.raw_query();
    let mut returned = 0;
    while rows.next()?.is_some() {
        returned += 1;
    }
    Ok(returned)
}

fn collect(call: &Call<'_>, connection: &Connection) -> rusqlite::Result<Vec<Row>> {
    let mut statement = prepare(call, connection)?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for column in 0..columns {
            values.push(read(column, row.get_ref(column)?)?);
        }
        found.push(Row::new(values, call.origin));
    }
    Ok(found)
}

fn prepare<'c>(call: &Call<'_>, connection: &'c Connection) -> rusqlite::Result<CachedStatement<'c>> {
    let mut statement = connection.prepare_cached(call.sql)?;
    bind(call, &mut statement)?;
    Ok(statement)
}

/// Gives every parameter its value.
fn bind(call: &Call<'_>, statement: &mut CachedStatement<'_>) -> rusqlite::Result<()> {
    let given = call.values.len() + usize::from(call.instance.is_some());
    let value_of = |number: usize| match call.instance {
        Some(instance) if number == 1 => ValueRef::Text(instance.as_bytes()),
        Some(_) => call.values.get(number - 2).map_or(ValueRef::Null, write),
        None => call.values.get(number - 1).map_or(ValueRef::Null, write),
    };
    let count = statement.parameter_count();
    let in_order = matches!(call.origin, Origin::Statement(known) if known.in_order);
    let mut wanted = if in_order { count } else { 0 };
    for index in 1..=count {
        let number = if in_order { index } else { number_of(statement, index, given)? };
        wanted = wanted.max(number);
        statement.raw_bind_parameter(index, ToSqlOutput::Borrowed(value_of(number)))?;
    }
    if wanted != given {
        return Err(rusqlite::Error::InvalidParameterCount(given, wanted));
    }
    Ok(())
}

/// Which value a parameter takes: `SQLite` numbers `$n` by first appearance, but its name says it.
fn number_of(statement: &CachedStatement<'_>, index: usize, given: usize) -> rusqlite::Result<usize> {
    let name = statement.parameter_name(index).and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok());
    name.filter(|number| *number > 0).ok_or(rusqlite::Error::InvalidParameterCount(given, index))
}

fn write(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Null,
        Value::Bool(value) => ValueRef::Integer(i64::from(*value)),
        Value::Int(number) => ValueRef::Integer(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Bytes(bytes) => ValueRef::Blob(bytes),
    }
}

fn read(column: usize, value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => {
            Value::Text(std::str::from_utf8(text).map_err(|cause| rusqlite::Error::Utf8Error(column, cause))?.into())
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => {
            return Err(rusqlite::Error::InvalidColumnType(
                column,
                "a fraction, which no column holds".to_owned(),
                rusqlite::types::Type::Real,
            ));
        }
    })
}
