//! From the contract's options to rules.

use std::fmt::Display;

use super::range::{Moment, Number, Span};
use super::rules::{Bytes, Check, Enum, Format, Length, List, Map, Plan, Rules, Step, Text};
use crate::descriptor::options::{self, Options, Value};
use crate::descriptor::schema::{Field, Message};
use crate::descriptor::set::Set;
use crate::descriptor::{Cardinality, ContractError, FieldKind, FieldTable, OneofTable, WellKnown};

/// The rules of a message. `fields` and `oneofs` are its tables, to which the plan refers by index.
pub(crate) fn plan(
    set: &'static Set,
    message: &Message,
    fields: &[FieldTable],
    oneofs: &[OneofTable],
) -> Result<Plan, ContractError> {
    let flag = |options: &'static [u8], name: &str| options::flag(set, options, name);
    if flag(message.options, "validate.disabled") || flag(message.options, "validate.ignored") {
        return Ok(Plan::default());
    }

    let mut rules = Vec::with_capacity(fields.len());
    for (table, field) in fields.iter().zip(&message.fields) {
        let compiled = field_rules(set, table, field).map_err(|reason| {
            ContractError::new(format!("the rules of {}.{}: {reason}", message.full_name, field.name))
        })?;
        // Fields with nothing to check now may still hold messages that have rules.
        rules.push((compiled.bite() || table.kind.is_message()).then_some(compiled));
    }

    let mut plan = Plan::default();
    let mut optional = Vec::new();
    let mut members: Vec<Vec<(usize, Rules)>> = oneofs.iter().map(|_| Vec::new()).collect();
    for (index, (field, rules)) in fields.iter().zip(rules).enumerate() {
        match (rules, field.oneof) {
            (Some(rules), Some(oneof)) => members[oneof].push((index, rules)),
            (Some(rules), None) if field.optional => optional.push(Step::Field(index, rules)),
            (Some(rules), None) => plan.steps.push(Step::Field(index, rules)),
            (None, _) => {}
        }
    }
    for (index, members) in members.into_iter().enumerate() {
        let required = message
            .oneofs
            .iter()
            .find(|oneof| oneof.name == oneofs[index].proto_name)
            .is_some_and(|oneof| flag(oneof.options, "validate.required"));
        if required || !members.is_empty() {
            plan.steps.push(Step::Oneof { oneof: index, required, members });
        }
    }
    plan.steps.extend(optional);
    Ok(plan)
}

impl Plan {
    /// Whether the message has rules of its own.
    pub(crate) fn bites(&self) -> bool {
        self.steps.iter().any(|step| match step {
            Step::Field(_, rules) => rules.bite(),
            Step::Oneof { required, members, .. } => *required || members.iter().any(|(_, rules)| rules.bite()),
        })
    }

    /// The fields whose messages are looked into.
    pub(crate) fn descends(&self) -> impl Iterator<Item = usize> {
        self.steps
            .iter()
            .flat_map(|step| match step {
                Step::Field(index, rules) => vec![(*index, rules)],
                Step::Oneof { members, .. } => members.iter().map(|(index, rules)| (*index, rules)).collect(),
            })
            .filter(|(_, rules)| !rules.skip)
            .map(|(index, _)| index)
    }
}

fn field_rules(set: &'static Set, table: &FieldTable, field: &Field) -> Result<Rules, String> {
    let Some(rules) = options::extension(set, field.options, "validate.rules").and_then(Value::as_message) else {
        return Ok(Rules::default());
    };
    if table.cardinality == Cardinality::Map {
        let map = rules.message("map").ok_or("a map takes map rules only")?;
        return Ok(Rules { check: Check::Map(Box::new(map_rules(&map, &table.kind)?)), ..Rules::default() });
    }
    let kind = &table.kind;
    if table.cardinality == Cardinality::Repeated {
        let list = rules.message("repeated").ok_or("a list takes repeated rules only")?;
        let items = list.message("items").map_or(Ok(Rules::default()), |items| value_rules(&items, kind))?;
        let list = List {
            ignore_empty: list.flag("ignore_empty"),
            count: Length { exact: None, min: list.number("min_items"), max: list.number("max_items") },
            unique: list.flag("unique"),
            items,
        };
        return Ok(Rules { check: Check::List(Box::new(list)), ..Rules::default() });
    }
    value_rules(&rules, kind)
}

fn map_rules(map: &Options, entry: &FieldKind) -> Result<Map, String> {
    let of = |name: &str, number: u32| match (map.message(name), entry.message()) {
        (Some(rules), Some(entry)) => match entry.index_of(number) {
            Some(index) => value_rules(&rules, &entry.fields[index].kind),
            None => Ok(Rules::default()),
        },
        _ => Ok(Rules::default()),
    };
    Ok(Map {
        ignore_empty: map.flag("ignore_empty"),
        count: Length { exact: None, min: map.number("min_pairs"), max: map.number("max_pairs") },
        no_sparse: map.flag("no_sparse"),
        keys: of("keys", 1)?,
        values: of("values", 2)?,
    })
}

/// The rules for one value of a field's type.
fn value_rules(rules: &Options, kind: &FieldKind) -> Result<Rules, String> {
    let mut compiled = Rules::default();
    if let Some(message) = rules.message("message") {
        compiled.required = message.flag("required");
        compiled.skip = message.flag("skip");
    }
    let Some(name) = rules.set_in("type") else { return Ok(compiled) };
    let Some(options) = rules.message(name) else { return Ok(compiled) };
    compiled.required |= options.flag("required");
    compiled.check = match (name, kind) {
        ("string", FieldKind::String) => Check::Text(Box::new(text_rules(&options)?)),
        ("bytes", FieldKind::Bytes) => Check::Bytes(Box::new(bytes_rules(&options)?)),
        ("bool", FieldKind::Bool) => options.value("const").and_then(Value::as_bool).map_or(Check::None, Check::Bool),
        ("enum", FieldKind::Enum(_)) => Check::Enum(Enum {
            equal: options.value("const").and_then(Value::as_i32),
            one_of: options.list("in", Value::as_i32),
            none_of: options.list("not_in", Value::as_i32),
            defined_only: options.flag("defined_only"),
        }),
        ("int32", FieldKind::Int32) => Check::Signed(number(&options, |value| value.as_i32().map(i64::from))?),
        ("int64", FieldKind::Int64) => Check::Signed(number(&options, Value::as_i64)?),
        ("uint32", FieldKind::Uint32) => Check::Unsigned(number(&options, |value| value.as_u32().map(u64::from))?),
        ("uint64", FieldKind::Uint64) => Check::Unsigned(number(&options, Value::as_u64)?),
        ("double", FieldKind::Double) => Check::Double(number(&options, Value::as_f64)?),
        ("float", FieldKind::Float) => Check::Single(number(&options, Value::as_f32)?),
        ("duration", FieldKind::Message(link)) if link.table().well_known == WellKnown::Duration => {
            Check::Duration(number(&options, |value| {
                let (seconds, nanos) = parts(value)?;
                Span::from_parts(seconds, nanos)
            })?)
        }
        ("timestamp", FieldKind::Message(link)) if link.table().well_known == WellKnown::Timestamp => {
            Check::Timestamp(number(&options, |value| {
                let (seconds, nanos) = parts(value)?;
                Moment::from_parts(seconds, nanos)
            })?)
        }
        (name, _) => return Err(format!("{name} rules do not fit the type of the field")),
    };
    Ok(compiled)
}

fn text_rules(options: &Options) -> Result<Text, String> {
    let formats = [
        ("email", Format::Email),
        ("hostname", Format::Hostname),
        ("ip", Format::Ip),
        ("ipv4", Format::Ipv4),
        ("ipv6", Format::Ipv6),
        ("uri", Format::Uri),
        ("uri_ref", Format::UriReference),
    ];
    Ok(Text {
        ignore_empty: options.flag("ignore_empty"),
        equal: options.text("const").map(str::to_owned),
        one_of: options.list("in", |value| value.as_str().map(str::to_owned)),
        none_of: options.list("not_in", |value| value.as_str().map(str::to_owned)),
        runes: Length { exact: options.number("len"), min: options.number("min_len"), max: options.number("max_len") },
        bytes: Length {
            exact: options.number("len_bytes"),
            min: options.number("min_bytes"),
            max: options.number("max_bytes"),
        },
        prefix: options.text("prefix").map(str::to_owned),
        suffix: options.text("suffix").map(str::to_owned),
        contains: options.text("contains").map(str::to_owned),
        not_contains: options.text("not_contains").map(str::to_owned),
        format: formats.into_iter().find(|(name, _)| options.flag(name)).map(|(_, format)| format),
        pattern: options.text("pattern").map(regex::Regex::new).transpose().map_err(unusable)?,
    })
}

fn bytes_rules(options: &Options) -> Result<Bytes, String> {
    let bytes = |value: Value| value.as_bytes().map(<[u8]>::to_vec);
    let one = |name: &str| options.value(name).and_then(bytes);
    Ok(Bytes {
        ignore_empty: options.flag("ignore_empty"),
        equal: one("const"),
        one_of: options.list("in", bytes),
        none_of: options.list("not_in", bytes),
        length: Length { exact: options.number("len"), min: options.number("min_len"), max: options.number("max_len") },
        prefix: one("prefix"),
        suffix: one("suffix"),
        contains: one("contains"),
        pattern: options.text("pattern").map(regex::bytes::Regex::new).transpose().map_err(unusable)?,
    })
}

fn unusable(error: impl Display) -> String {
    format!("the pattern is not usable: {error}")
}

fn number<T>(options: &Options, read: impl Fn(Value) -> Option<T>) -> Result<Box<Number<T>>, String> {
    if let Some(name) = ["lt_now", "gt_now"].into_iter().find(|name| options.flag(name)) {
        return Err(format!("{name} is not supported, because rules know no clock"));
    }
    let one = |name: &str| match options.value(name) {
        Some(value) => read(value).map(Some).ok_or_else(|| format!("{name} is out of range")),
        None => Ok(None),
    };
    Ok(Box::new(Number {
        ignore_empty: options.flag("ignore_empty"),
        equal: one("const")?,
        below: one("lt")?,
        at_most: one("lte")?,
        above: one("gt")?,
        at_least: one("gte")?,
        one_of: options.list("in", &read),
        none_of: options.list("not_in", &read),
    }))
}

fn parts(value: Value) -> Option<(i64, i32)> {
    let message = value.as_message()?;
    let seconds = message.value("seconds").map_or(Some(0), Value::as_i64)?;
    let nanos = message.value("nanos").map_or(Some(0), Value::as_i32)?;
    Some((seconds, nanos))
}
