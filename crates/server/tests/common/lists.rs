//! Requests for every list and search of the contract: each with its defaults, from the middle, by each of its orders, and with
//! each of its filters. They are made from the descriptors, so that a new list or filter is among them without being named.

use castellan_rpc::descriptor::{Contract, MethodInfo};
use castellan_server::wiring::registry;
use castellan_testkit::{Crowd, Fixture};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::requests::{POOL, request};

/// How many rows a page has.
pub const PAGE: u64 = 20;

/// A list, asked for in one way.
pub struct Variant {
    /// `default`, `by user name`, `user name contains` …
    pub name: String,
    /// The request.
    pub message: Value,
}

/// The lists and searches that are served to people of an instance. Those of the system are asked for with other credentials.
pub fn lists() -> Vec<&'static MethodInfo> {
    let served = registry();
    let mut lists: Vec<_> = served
        .methods()
        .filter_map(|(path, _, _)| Contract::get().method(path))
        .filter(|method| method.name.starts_with("List") || method.name.starts_with("Search"))
        .filter(|method| !method.path.contains("zitadel.system."))
        .collect();
    lists.sort_by_key(|method| method.path);
    lists
}

/// The ways to ask for a list about the things of the first organization of the crowd.
pub fn variants(method: &MethodInfo, fixture: &Fixture) -> Vec<Variant> {
    let descriptor = POOL.get_message_by_name(method.request().full_name).expect("the request is in the contract");
    let mut base = about_the_crowd(&request(method, fixture), fixture);
    if let Some(page) = page_field(&descriptor) {
        base[page.json_name()] = json!({ "limit": PAGE });
    }
    let mut variants = vec![Variant { name: "default".to_owned(), message: base.clone() }];
    for field in descriptor.fields() {
        match field.kind() {
            Kind::Enum(columns) if field.name() == "sorting_column" => {
                for column in columns.values().filter(|column| column.number() != 0) {
                    let message = with(&base, field.json_name(), json!(column.name()));
                    variants.push(Variant { name: format!("by {}", words(column.name(), &columns)), message });
                }
            }
            Kind::Message(filter) if field.is_list() && matches!(field.name(), "queries" | "filters") => {
                for (name, filter) in filters(&filter) {
                    variants.push(Variant { name, message: with(&base, field.json_name(), json!([filter])) });
                }
            }
            _ => {}
        }
    }
    variants
}

/// The same request for a page that begins after so many rows; `None` if the list has no pages.
pub fn from_row(method: &MethodInfo, message: &Value, offset: u64) -> Option<Value> {
    let descriptor = POOL.get_message_by_name(method.request().full_name)?;
    let page = page_field(&descriptor)?;
    Some(with(message, page.json_name(), json!({ "limit": PAGE, "offset": offset.to_string() })))
}

fn with(message: &Value, field: &str, value: Value) -> Value {
    let mut message = message.clone();
    message[field] = value;
    message
}

/// The field that says which page.
fn page_field(descriptor: &MessageDescriptor) -> Option<FieldDescriptor> {
    descriptor.fields().find(|field| {
        let Kind::Message(message) = field.kind() else { return false };
        !field.is_list()
            && message.get_field_by_name("limit").is_some()
            && message.get_field_by_name("offset").is_some()
    })
}

/// Things of the fixture, exchanged for those of the crowd.
fn about_the_crowd(message: &Value, fixture: &Fixture) -> Value {
    let ids = &fixture.ids;
    let project = Crowd::project(0);
    let mut text = message.to_string();
    for (old, new) in [
        (&fixture.acme, Crowd::org(0)),
        (&ids.user, Crowd::user(0)),
        (&ids.project, project.clone()),
        (&ids.api_app, format!("a{project}")),
        (&ids.project_grant, format!("g{project}")),
        (&ids.initech, Crowd::org(1)),
    ] {
        text = text.replace(old.as_str(), &new);
    }
    serde_json::from_str(&text).expect("ids have nothing that JSON escapes")
}

/// Each filter with something to find, by name; filters of filters are left out.
fn filters(descriptor: &MessageDescriptor) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for field in descriptor.fields() {
        let name = field.name().trim_end_matches("_query").trim_end_matches("_filter").replace('_', " ");
        let Kind::Message(inner) = field.kind() else {
            let value = if field.is_list() { json!([sample(&field, descriptor)]) } else { sample(&field, descriptor) };
            found.push((name, json!({ field.json_name(): value })));
            continue;
        };
        if matches!(
            field.name(),
            "or_query" | "and_query" | "not_query" | "or_filter" | "and_filter" | "not_filter" | "or" | "and" | "not"
        ) || field.is_list()
        {
            continue;
        }
        let methods = inner.fields().find_map(|field| match field.kind() {
            Kind::Enum(methods) if field.name() == "method" => Some((field, methods)),
            _ => None,
        });
        let filled = fill(&inner);
        match methods {
            None => found.push((name, json!({ field.json_name(): filled }))),
            Some((method, methods)) => {
                for value in methods.values().filter(|value| is_told_apart(value.name())) {
                    let filter = with(&filled, method.json_name(), json!(value.name()));
                    let name = format!("{name} {}", words(value.name(), &methods));
                    found.push((name, json!({ field.json_name(): filter })));
                }
            }
        }
    }
    found
}

/// Not every method needs a look: those left out differ from another one in the column alone.
fn is_told_apart(method: &str) -> bool {
    let is_text = method.starts_with("TEXT_") && !method.contains("FILTER_METHOD_UNSPECIFIED");
    let is_like_another = method.ends_with("EQUALS_IGNORE_CASE") || method.contains("ENDS_WITH");
    let is_time = method.starts_with("TIMESTAMP_") && method.ends_with("AFTER");
    (is_text && !is_like_another) || is_time || method.contains("BYTE_FILTER")
}

fn fill(descriptor: &MessageDescriptor) -> Value {
    let mut object = Map::new();
    for field in descriptor.fields() {
        if matches!(field.kind(), Kind::Enum(_)) && field.name() == "method" {
            continue;
        }
        let value = sample(&field, descriptor);
        object.insert(field.json_name().to_owned(), if field.is_list() { json!([value]) } else { value });
    }
    Value::Object(object)
}

/// A value that stands for something in the crowd.
fn sample(field: &FieldDescriptor, of: &MessageDescriptor) -> Value {
    match field.kind() {
        Kind::Bool => json!(true),
        Kind::Bytes => json!("cHVibGlj"),
        Kind::Enum(values) => {
            json!(values.values().find(|value| value.number() == 1).map(|value| value.name().to_owned()))
        }
        Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => json!("1970-01-01T00:00:02Z"),
        Kind::Message(message) => fill(&message),
        Kind::String => json!(word(&format!("{} {}", of.name().to_lowercase(), field.name()))),
        _ => json!(1),
    }
}

/// What a text is about shows in the names of the field and of the message around it.
fn word(about: &str) -> String {
    let is = |words: &[&str]| words.iter().any(|word| about.contains(word));
    match about {
        _ if is(&["login"]) => "user-100000778@one.localhost".to_owned(),
        _ if is(&["email"]) => "user-100000778@example.com".to_owned(),
        _ if is(&["firstname", "first_name", "given"]) => "Ada".to_owned(),
        _ if is(&["lastname", "last_name", "family"]) => "Family1007919".to_owned(),
        _ if is(&["displayname", "display_name"]) => "Grace Family1007919".to_owned(),
        _ if is(&["username", "user_name"]) => "User-100000778".to_owned(),
        _ if is(&["role"]) => "reader".to_owned(),
        _ if is(&["domain"]) => "org100000778.example.com".to_owned(),
        _ if is(&["project"]) && is(&["id"]) => Crowd::project(0),
        _ if is(&["org", "owner"]) && is(&["id"]) => Crowd::org(0),
        _ if is(&["user"]) && is(&["id"]) => Crowd::user(778),
        _ if is(&["project"]) => "Venture 100000778".to_owned(),
        _ if is(&["org"]) => "Org 100000778".to_owned(),
        _ if is(&["key"]) && !is(&["id"]) => "Key7".to_owned(),
        _ if is(&["id"]) => Crowd::user(778),
        _ => "100000778".to_owned(),
    }
}

/// `USER_FIELD_NAME_FIRST_NAME` is `first name`: what all values of an enum begin with says nothing.
fn words(value: &str, values: &EnumDescriptor) -> String {
    let names: Vec<String> = values.values().map(|value| value.name().to_owned()).collect();
    let shared = names.first().map_or(0, |first| {
        let agree = |length: &usize| names.iter().all(|name| name.get(..*length) == first.get(..*length));
        (0..first.len()).take_while(agree).last().unwrap_or(0)
    });
    let start = value[..shared].rfind('_').map_or(0, |at| at + 1);
    value[start..].to_lowercase().replace('_', " ")
}
