//! Values to parameters, columns to values.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use crate::row::{Origin, Row};
use crate::{DatabaseError, Value, sqlite::errors};

/// One statement with everything it needs to run. `instance` is `$1` where the statement has an instance.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) sql: &'a str,
    pub(crate) instance: Option<&'a str>,
    pub(crate) values: &'a [Value],
    pub(crate) origin: Origin,
}

/// A [`Call`] that can move to another thread.
pub(super) struct OwnedCall {
    sql: String,
    instance: Option<String>,
    values: Vec<Value>,
    origin: Origin,
}

impl OwnedCall {
    pub(super) fn as_call(&self) -> Call<'_> {
        Call { sql: &self.sql, instance: self.instance.as_deref(), values: &self.values, origin: self.origin }
    }
}

impl Call<'_> {
    pub(super) fn to_owned_call(self) -> OwnedCall {
        OwnedCall {
            sql: self.sql.to_owned(),
            instance: self.instance.map(str::to_owned),
            values: self.values.to_vec(),
            origin: self.origin,
        }
    }

    /// Runs it and collects the rows.
    pub(super) fn rows(&self, connection: &Connection) -> Result<Vec<Row>, DatabaseError> {
        self.collect(connection).map_err(|cause| errors::describe(connection, Some(self.origin), &cause))
    }

    /// Runs it and returns the number of rows that it changed.
    pub(super) fn execute(&self, connection: &Connection) -> Result<u64, DatabaseError> {
        let run = || -> rusqlite::Result<u64> {
            let mut statement = self.prepare(connection)?;
            if statement.column_count() == 0 {
                return statement.raw_execute().map(|changed| changed as u64);
            }
            let mut rows = statement.raw_query();
            let mut returned = 0;
            while rows.next()?.is_some() {
                returned += 1;
            }
            Ok(returned)
        };
        run().map_err(|cause| errors::describe(connection, Some(self.origin), &cause))
    }

    fn collect(&self, connection: &Connection) -> rusqlite::Result<Vec<Row>> {
        let mut statement = self.prepare(connection)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns);
            for column in 0..columns {
                values.push(read(column, row.get_ref(column)?)?);
            }
            found.push(Row::new(values, self.origin));
        }
        Ok(found)
    }

    fn prepare<'c>(&self, connection: &'c Connection) -> rusqlite::Result<CachedStatement<'c>> {
        let mut statement = connection.prepare_cached(self.sql)?;
        let given = self.values.len() + usize::from(self.instance.is_some());
        let mut wanted = 0;
        // SQLite numbers `$n` by first appearance; the name says which value it is.
        for index in 1..=statement.parameter_count() {
            let number = statement
                .parameter_name(index)
                .and_then(|name| name.strip_prefix('$')?.parse::<usize>().ok())
                .filter(|number| *number > 0)
                .ok_or(rusqlite::Error::InvalidParameterCount(given, index))?;
            wanted = wanted.max(number);
            let value = match self.instance {
                Some(instance) if number == 1 => ValueRef::Text(instance.as_bytes()),
                Some(_) => self.values.get(number - 2).map_or(ValueRef::Null, write),
                None => self.values.get(number - 1).map_or(ValueRef::Null, write),
            };
            statement.raw_bind_parameter(index, ToSqlOutput::Borrowed(value))?;
        }
        if wanted != given {
            return Err(rusqlite::Error::InvalidParameterCount(given, wanted));
        }
        Ok(statement)
    }
}

/// [`Call::rows`] for calls of any lifetime.
pub(super) fn rows(call: &Call<'_>, connection: &Connection) -> Result<Vec<Row>, DatabaseError> {
    call.rows(connection)
}

/// [`Call::execute`] for calls of any lifetime.
pub(super) fn execute(call: &Call<'_>, connection: &Connection) -> Result<u64, DatabaseError> {
    call.execute(connection)
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
        ValueRef::Text(text) => Value::Text(
            std::str::from_utf8(text).map_err(|cause| rusqlite::Error::Utf8Error(column, cause))?.to_owned(),
        ),
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
