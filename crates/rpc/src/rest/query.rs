//! Query parameters as fields of the request message, by the rules of grpc-gateway: dotted paths, lists by repetition,
//! names in either spelling, unknown ones ignored.

use std::borrow::Cow;

use crate::descriptor::wire::{MAX_DEPTH, put_bytes};
use crate::descriptor::{Cardinality, FieldTable, MessageTable};

use super::value::put_value;

/// A message under construction: one part per field that was named.
struct Draft {
    table: &'static MessageTable,
    parts: Vec<(&'static FieldTable, Part)>,
}

enum Part {
    /// Finished records.
    Records(Vec<u8>),
    Nested(Draft),
}

/// Appends the fields that a query string names to a message in wire form. Fields in `elsewhere` (path and body) are left out.
///
/// # Errors
/// Which parameter is wrong, and why.
pub fn put_query(
    table: &'static MessageTable,
    query: &str,
    elsewhere: &dyn Fn(&FieldTable) -> bool,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        serde_urlencoded::from_str(query).map_err(|_| "the query string is malformed".to_owned())?;
    let mut draft = Draft { table, parts: Vec::new() };
    for (name, value) in &pairs {
        if name.split('.').count() > MAX_DEPTH as usize {
            return Err(format!("the parameter {:?}… names a field that lies too deep", head(name)));
        }
        draft.set(name, name, value, elsewhere)?;
    }
    draft.write(out);
    Ok(())
}

impl Draft {
    fn set(
        &mut self,
        path: &str,
        whole: &str,
        value: &str,
        elsewhere: &dyn Fn(&FieldTable) -> bool,
    ) -> Result<(), String> {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let Some((_, field)) = self.table.field_named(name) else { return Ok(()) };
        if elsewhere(field) {
            return Ok(());
        }
        let at = self.parts.iter().position(|(known, _)| known.number == field.number);
        let is_other_member =
            |(known, _): &(&FieldTable, Part)| known.oneof == field.oneof && known.number != field.number;
        if field.oneof.is_some() && self.parts.iter().any(is_other_member) {
            return Err(format!("the parameter {whole:?} excludes another one: only one of them may be given"));
        }
        match rest {
            Some(rest) => {
                let nested = field.kind.message().filter(|_| field.cardinality == Cardinality::Singular);
                let table = nested.ok_or_else(|| format!("invalid path: {name:?} is not a message"))?;
                let at = at.unwrap_or_else(|| {
                    self.parts.push((field, Part::Nested(Self { table, parts: Vec::new() })));
                    self.parts.len() - 1
                });
                match &mut self.parts[at].1 {
                    Part::Nested(draft) => draft.set(rest, whole, value, &|_| false),
                    Part::Records(_) => Err(format!("the parameter {whole:?} is given twice, as a whole and in parts")),
                }
            }
            None => {
                let wrong = |reason: String| format!("parsing field {whole:?}: {reason}");
                match (field.cardinality, at) {
                    (Cardinality::Map, _) => Err(wrong("a map cannot be given in the query".to_owned())),
                    (Cardinality::Singular, Some(_)) => Err(format!("too many values for field {whole:?}")),
                    (_, at) => {
                        let at = at.unwrap_or_else(|| {
                            self.parts.push((field, Part::Records(Vec::new())));
                            self.parts.len() - 1
                        });
                        match &mut self.parts[at].1 {
                            Part::Records(records) => put_value(field, value, records).map_err(wrong),
                            Part::Nested(_) => Err(wrong("it is given in parts, too".to_owned())),
                        }
                    }
                }
            }
        }
    }

    fn write(self, out: &mut Vec<u8>) {
        for (field, part) in self.parts {
            match part {
                Part::Records(records) => out.extend_from_slice(&records),
                Part::Nested(draft) => {
                    let mut nested = Vec::new();
                    draft.write(&mut nested);
                    put_bytes(field.number, &nested, out);
                }
            }
        }
    }
}

/// The first characters of a name that may be very long.
fn head(name: &str) -> &str {
    name.char_indices().nth(40).map_or(name, |(end, _)| &name[..end])
}
