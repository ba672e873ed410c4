//! Values to parameters, columns to values.

use bytes::{BufMut, BytesMut};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::{DatabaseError, Refusal, Row, Value, row::Origin};

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// One parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parameter<'a> {
    /// The instance's id.
    Instance(&'a str),
    /// One of the caller's.
    Value(&'a Value),
}

impl Parameter<'_> {
    /// The type to announce when the statement is not prepared; the server finds out that of a NULL.
    pub(super) fn announced_type(&self) -> Type {
        match self {
            Self::Instance(_) | Self::Value(Value::Text(_)) => Type::TEXT,
            Self::Value(Value::Null) => Type::UNKNOWN,
            Self::Value(Value::Bool(_)) => Type::BOOL,
            Self::Value(Value::Int(_)) => Type::INT8,
            Self::Value(Value::Bytes(_)) => Type::BYTEA,
        }
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let value = match self {
            Self::Instance(id) => return write_text(id, ty, out),
            Self::Value(value) => value,
        };
        match (value, ty) {
            (Value::Null, _) => return Ok(IsNull::Yes),
            (Value::Text(text), _) => return write_text(text, ty, out),
            (Value::Bool(value), &Type::BOOL) => out.put_u8(u8::from(*value)),
            (Value::Int(number), &Type::INT8) => out.put_i64(*number),
            (Value::Int(number), &Type::INT4) => out.put_i32(i32::try_from(*number)?),
            (Value::Int(number), &Type::INT2) => out.put_i16(i16::try_from(*number)?),
            (Value::Bytes(bytes), &Type::BYTEA) => out.extend_from_slice(bytes),
            (value, _) => return Err(unfit(value.type_name(), ty)),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn write_text(text: &str, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
    match *ty {
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => {}
        // The binary form of jsonb is its version and the text.
        Type::JSONB => out.put_u8(1),
        _ => return Err(unfit("a text", ty)),
    }
    out.extend_from_slice(text.as_bytes());
    Ok(IsNull::No)
}

fn unfit(given: &str, ty: &Type) -> Failure {
    format!("a parameter is {given}, but the statement takes {ty} there").into()
}

/// A column as a value.
struct Column(Value);

impl<'a> FromSql<'a> for Column {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let text = |raw: &[u8]| -> Result<Value, Failure> { Ok(Value::Text(std::str::from_utf8(raw)?.into())) };
        Ok(Self(match *ty {
            Type::BOOL => Value::Bool(raw.first().is_some_and(|byte| *byte != 0)),
            Type::INT8 => Value::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Value::Int(i32::from_be_bytes(raw.try_into()?).into()),
            Type::INT2 => Value::Int(i16::from_be_bytes(raw.try_into()?).into()),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => text(raw)?,
            Type::JSONB => text(raw.get(1..).unwrap_or_default())?,
            Type::BYTEA => Value::Bytes(raw.to_vec()),
            _ => return Err(format!("columns of type {ty} are not read; cast it to BIGINT or TEXT").into()),
        }))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Failure> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Rows of the driver as rows of ours.
pub(super) fn rows(found: &[tokio_postgres::Row], origin: Origin) -> Result<Vec<Row>, DatabaseError> {
    let read = |row: &tokio_postgres::Row| {
        let values = (0..row.len()).map(|column| row.try_get::<_, Column>(column).map(|column| column.0));
        values.collect::<Result<Vec<_>, _>>().map(|values| Row::new(values, origin))
    };
    found
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|cause| DatabaseError::new(Refusal::Other, Some(origin), super::errors::words(&cause)))
}
