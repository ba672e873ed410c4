//! From the contract's options to rules.

use std::fmt::Display;

use prost_reflect::{
    DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _, Value,
};

use super::range::{Moment, Number, Span};
use super::rules::{Bytes, Check, Enum, Format, Length, List, Map, Plan, Rules, Step, Text};
use crate::descriptor::{ContractError, FieldTable, OneofTable};

/// The rules of a message. `fields` and `oneofs` are its tables, to which the plan refers by index.
pub(crate) fn plan(
    message: &MessageDescriptor,
    fields: &[FieldTable],
    oneofs: &[OneofTable],
) -> Result<Plan, ContractError> {
    let pool = message.parent_pool();
    let extension = |name: &str| pool.get_extension_by_name(name);
    let flag = |options: &DynamicMessage, name: &str| {
        extension(name).is_some_and(|option| options.get_extension(&option).as_bool() == Some(true))
    };
    if message.descriptor_proto().options.is_some()
        && (flag(&message.options(), "validate.disabled") || flag(&message.options(), "validate.ignored"))
    {
        return Ok(Plan::default());
    }

    let mut rules = Vec::with_capacity(fields.len());
    for field in fields {
        let descriptor = message.get_field(field.number);
        let compiled = match (descriptor, extension("validate.rules")) {
            (Some(descriptor), Some(option)) => field_rules(&descriptor, &option)
                .map_err(|reason| ContractError::new(format!("the rules of {}: {reason}", descriptor.full_name())))?,
            _ => Rules::default(),
        };
        // Fields with nothing to check now may still hold messages that have rules.
        rules.push((compiled.bite() || field.kind.is_message()).then_some(compiled));
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
            .oneofs()
            .find(|oneof| oneof.name() == oneofs[index].proto_name)
            .is_some_and(|oneof| flag(&oneof.options(), "validate.required"));
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

fn field_rules(field: &FieldDescriptor, option: &ExtensionDescriptor) -> Result<Rules, String> {
    if field.field_descriptor_proto().options.is_none() {
        return Ok(Rules::default());
    }
    let options = field.options();
    if !options.has_extension(option) {
        return Ok(Rules::default());
    }
    let value = options.get_extension(option);
    let Some(rules) = value.as_message() else { return Ok(Rules::default()) };
    if field.is_map() {
        let Kind::Message(entry) = field.kind() else { return Ok(Rules::default()) };
        let map = Options::of(rules, "map").ok_or("a map takes map rules only")?;
        return Ok(Rules { check: Check::Map(Box::new(map_rules(&map, &entry)?)), ..Rules::default() });
    }
    if field.is_list() {
        let list = Options::of(rules, "repeated").ok_or("a list takes repeated rules only")?;
        let items = list.message("items").map_or(Ok(Rules::default()), |items| value_rules(&items, &field.kind()))?;
        let list = List {
            ignore_empty: list.flag("ignore_empty"),
            count: Length { exact: None, min: list.number("min_items"), max: list.number("max_items") },
            unique: list.flag("unique"),
            items,
        };
        return Ok(Rules { check: Check::List(Box::new(list)), ..Rules::default() });
    }
    value_rules(rules, &field.kind())
}

fn map_rules(map: &Options, entry: &MessageDescriptor) -> Result<Map, String> {
    let of =
        |name: &str, kind: Kind| map.message(name).map_or(Ok(Rules::default()), |rules| value_rules(&rules, &kind));
    Ok(Map {
        ignore_empty: map.flag("ignore_empty"),
        count: Length { exact: None, min: map.number("min_pairs"), max: map.number("max_pairs") },
        no_sparse: map.flag("no_sparse"),
        keys: of("keys", entry.map_entry_key_field().kind())?,
        values: of("values", entry.map_entry_value_field().kind())?,
    })
}

/// The rules for one value of a kind.
fn value_rules(rules: &DynamicMessage, kind: &Kind) -> Result<Rules, String> {
    let mut compiled = Rules::default();
    if let Some(message) = Options::of(rules, "message") {
        compiled.required = message.flag("required");
        compiled.skip = message.flag("skip");
    }
    let Some(name) = rules
        .descriptor()
        .oneofs()
        .find(|oneof| oneof.name() == "type")
        .and_then(|oneof| oneof.fields().find(|field| rules.has_field(field)).map(|field| field.name().to_owned()))
    else {
        return Ok(compiled);
    };
    let Some(options) = Options::of(rules, &name) else { return Ok(compiled) };
    compiled.required |= options.flag("required");
    compiled.check = match (name.as_str(), kind) {
        ("string", Kind::String) => Check::Text(Box::new(text_rules(&options)?)),
        ("bytes", Kind::Bytes) => Check::Bytes(Box::new(bytes_rules(&options)?)),
        ("bool", Kind::Bool) => {
            options.value("const").and_then(|value| value.as_bool()).map_or(Check::None, Check::Bool)
        }
        ("enum", Kind::Enum(_)) => Check::Enum(Enum {
            equal: options.value("const").and_then(|value| value.as_i32()),
            one_of: options.list("in", Value::as_i32),
            none_of: options.list("not_in", Value::as_i32),
            defined_only: options.flag("defined_only"),
        }),
        ("int32", Kind::Int32) => Check::Signed(number(&options, |value| value.as_i32().map(i64::from))?),
        ("int64", Kind::Int64) => Check::Signed(number(&options, Value::as_i64)?),
        ("uint32", Kind::Uint32) => Check::Unsigned(number(&options, |value| value.as_u32().map(u64::from))?),
        ("uint64", Kind::Uint64) => Check::Unsigned(number(&options, Value::as_u64)?),
        ("double", Kind::Double) => Check::Double(number(&options, Value::as_f64)?),
        ("float", Kind::Float) => Check::Single(number(&options, Value::as_f32)?),
        ("duration", Kind::Message(message)) if message.full_name() == "google.protobuf.Duration" => {
            Check::Duration(number(&options, |value| {
                let (seconds, nanos) = parts(value)?;
                Span::from_parts(seconds, nanos)
            })?)
        }
        ("timestamp", Kind::Message(message)) if message.full_name() == "google.protobuf.Timestamp" => {
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
        equal: options.text("const"),
        one_of: options.list("in", |value| value.as_str().map(str::to_owned)),
        none_of: options.list("not_in", |value| value.as_str().map(str::to_owned)),
        runes: Length { exact: options.number("len"), min: options.number("min_len"), max: options.number("max_len") },
        bytes: Length {
            exact: options.number("len_bytes"),
            min: options.number("min_bytes"),
            max: options.number("max_bytes"),
        },
        prefix: options.text("prefix"),
        suffix: options.text("suffix"),
        contains: options.text("contains"),
        not_contains: options.text("not_contains"),
        format: formats.into_iter().find(|(name, _)| options.flag(name)).map(|(_, format)| format),
        pattern: options.text("pattern").map(|pattern| regex::Regex::new(&pattern)).transpose().map_err(unusable)?,
    })
}

fn bytes_rules(options: &Options) -> Result<Bytes, String> {
    let bytes = |value: &Value| value.as_bytes().map(|bytes| bytes.to_vec());
    let one = |name: &str| options.value(name).as_ref().and_then(bytes);
    Ok(Bytes {
        ignore_empty: options.flag("ignore_empty"),
        equal: one("const"),
        one_of: options.list("in", bytes),
        none_of: options.list("not_in", bytes),
        length: Length { exact: options.number("len"), min: options.number("min_len"), max: options.number("max_len") },
        prefix: one("prefix"),
        suffix: one("suffix"),
        contains: one("contains"),
        pattern: options
            .text("pattern")
            .map(|pattern| regex::bytes::Regex::new(&pattern))
            .transpose()
            .map_err(unusable)?,
    })
}

fn unusable(error: impl Display) -> String {
    format!("the pattern is not usable: {error}")
}

fn number<T>(options: &Options, read: impl Fn(&Value) -> Option<T>) -> Result<Box<Number<T>>, String> {
    if let Some(name) = ["lt_now", "gt_now"].into_iter().find(|name| options.flag(name)) {
        return Err(format!("{name} is not supported, because rules know no clock"));
    }
    let one = |name: &str| match options.value(name) {
        Some(value) => read(&value).map(Some).ok_or_else(|| format!("{name} is out of range")),
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

fn parts(value: &Value) -> Option<(i64, i32)> {
    let message = value.as_message()?;
    let seconds = message.get_field_by_name("seconds")?.as_i64()?;
    let nanos = message.get_field_by_name("nanos")?.as_i32()?;
    Some((seconds, nanos))
}

/// The rules of one kind, such as `StringRules`.
struct Options(DynamicMessage);

impl Options {
    fn of(rules: &DynamicMessage, name: &str) -> Option<Self> {
        if !rules.has_field_by_name(name) {
            return None;
        }
        rules.get_field_by_name(name)?.as_message().cloned().map(Self)
    }

    fn value(&self, name: &str) -> Option<Value> {
        self.0
            .has_field_by_name(name)
            .then(|| self.0.get_field_by_name(name).map(std::borrow::Cow::into_owned))
            .flatten()
    }

    fn flag(&self, name: &str) -> bool {
        self.value(name).and_then(|value| value.as_bool()) == Some(true)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.value(name).and_then(|value| value.as_u64())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name).and_then(|value| value.as_str().map(str::to_owned))
    }

    fn message(&self, name: &str) -> Option<DynamicMessage> {
        self.value(name).and_then(|value| value.as_message().cloned())
    }

    fn list<T>(&self, name: &str, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
        let value = self.value(name);
        value.iter().filter_map(Value::as_list).flatten().filter_map(read).collect()
    }
}
