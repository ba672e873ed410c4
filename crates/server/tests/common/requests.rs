//! Requests made from the contract alone: what its rules demand is filled in, ids are those of real things, the rest is left out.

use std::sync::LazyLock;

use castellan_rpc::descriptor::MethodInfo;
use castellan_testkit::Fixture;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, OneofDescriptor, Value as Proto,
};
use serde_json::{Map, Value, json};

pub(super) static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(castellan_proto::DESCRIPTORS).expect("the contract is compiled in"));

/// A request for the method that passes the rules of the contract, about the things of `acme`.
pub fn request(method: &MethodInfo, fixture: &Fixture) -> Value {
    let descriptor = POOL.get_message_by_name(method.request().full_name).expect("the request is in the contract");
    Value::Object(message(&descriptor, method, fixture, 0))
}

/// Whether the request names a thing by its id.
pub fn names_a_thing(method: &MethodInfo, fixture: &Fixture) -> bool {
    method.request().fields.iter().any(|field| known_id(field.proto_name, method, fixture).is_some())
}

fn message(descriptor: &MessageDescriptor, method: &MethodInfo, fixture: &Fixture, depth: usize) -> Map<String, Value> {
    let mut object = Map::new();
    if depth > 6 {
        return object;
    }
    for field in descriptor.fields().filter(|field| field.containing_oneof().is_none_or(|oneof| oneof.is_synthetic())) {
        let rules = Rules::of(&field);
        let id = known_id(field.name(), method, fixture).filter(|_| field.kind() == Kind::String);
        if let Some(value) = id.map(Value::from).map(|id| if field.is_list() { json!([id]) } else { id }) {
            object.insert(field.json_name().to_owned(), value);
        } else if rules.required() || worth_filling(&field, method) {
            object.insert(field.json_name().to_owned(), value(&field, &rules, method, fixture, depth));
        }
    }
    for oneof in descriptor.oneofs().filter(|oneof| !oneof.is_synthetic()) {
        let named = oneof
            .fields()
            .find(|field| field.kind() == Kind::String && known_id(field.name(), method, fixture).is_some());
        let Some(field) = named.or_else(|| wanted(&oneof, method).then(|| oneof.fields().next()).flatten()) else {
            continue;
        };
        let rules = Rules::of(&field);
        let content = match known_id(field.name(), method, fixture).filter(|_| field.kind() == Kind::String) {
            Some(id) => Value::from(id),
            None => value(&field, &rules, method, fixture, depth),
        };
        object.insert(field.json_name().to_owned(), content);
    }
    object
}

/// Some requests are only complete with things that no rule of the contract demands.
fn worth_filling(field: &FieldDescriptor, method: &MethodInfo) -> bool {
    let creates = ["Add", "Create", "Set", "Update", "Bulk", "Import"].iter().any(|verb| method.name.starts_with(verb));
    creates
        && !field.is_list()
        && (matches!(
            field.name(),
            "name"
                | "user_name"
                | "username"
                | "display_name"
                | "role_key"
                | "key"
                | "value"
                | "description"
                | "domain"
                | "expiration_date"
                | "email"
        ) || (matches!(field.kind(), Kind::Message(_))
            && matches!(field.name(), "resource" | "machine" | "human" | "profile")))
}

/// Whether one member of a oneof has to be there.
fn wanted(oneof: &OneofDescriptor, method: &MethodInfo) -> bool {
    let required = POOL
        .get_extension_by_name("validate.required")
        .is_some_and(|extension| oneof.options().get_extension(&extension).as_bool().unwrap_or_default());
    let creates = ["Add", "Create", "Set", "Update"].iter().any(|verb| method.name.starts_with(verb));
    required
        || (creates
            && matches!(oneof.name(), "resource" | "user_type" | "application_type" | "config" | "key" | "identifier"))
}

fn value(field: &FieldDescriptor, rules: &Rules, method: &MethodInfo, fixture: &Fixture, depth: usize) -> Value {
    if field.is_map() {
        return json!({});
    }
    let one = single(field, rules, method, fixture, depth);
    if field.is_list() { json!([one]) } else { one }
}

fn single(field: &FieldDescriptor, rules: &Rules, method: &MethodInfo, fixture: &Fixture, depth: usize) -> Value {
    match field.kind() {
        Kind::String => Value::from(text(field.name(), rules, fixture)),
        Kind::Bytes => Value::from("eHl6"),
        Kind::Bool => Value::from(true),
        Kind::Enum(table) => {
            let first = table.values().find(|value| value.number() != 0).or_else(|| table.values().next());
            Value::from(first.map(|value| value.name().to_owned()))
        }
        Kind::Message(inner) => match inner.full_name() {
            "google.protobuf.Timestamp" => Value::from("2036-01-01T00:00:00Z"),
            "google.protobuf.Duration" => Value::from("3600s"),
            name if name.starts_with("google.protobuf.") => json!({}),
            _ => Value::Object(message(&inner, method, fixture, depth + 1)),
        },
        _ => Value::from(rules.least.max(1)),
    }
}

fn text(name: &str, rules: &Rules, fixture: &Fixture) -> String {
    let text = match name {
        "email" => "someone@example.com".to_owned(),
        "language" | "preferred_language" | "default_language" => "en".to_owned(),
        "phone" => "+41791234567".to_owned(),
        "role_key" | "role" => fixture.ids.role_key.clone(),
        "roles" => "ORG_OWNER".to_owned(),
        "secret" | "password" => "Secret-Password-1!".to_owned(),
        name if name.contains("domain") => "new.example.com".to_owned(),
        name if name.contains("uri") || name.contains("url") || name.contains("endpoint") => {
            "https://example.com/path".to_owned()
        }
        name if name.contains("id") => "123456789012345678".to_owned(),
        _ => "newcomer".to_owned(),
    };
    let missing = usize::try_from(rules.min_length).unwrap_or(0).saturating_sub(text.chars().count());
    format!("{text}{}", "x".repeat(missing))
}

/// The id of a thing of `acme` that a field of this name stands for.
fn known_id(field: &str, method: &MethodInfo, fixture: &Fixture) -> Option<String> {
    let ids = &fixture.ids;
    let about = |word: &str| method.name.contains(word) || method.service.contains(&word.to_lowercase());
    // What a caller may choose for a new thing must not be an id that is taken.
    let new_thing = ["Add", "Create", "Import"].iter().any(|verb| method.name.starts_with(verb));
    let id = match field {
        "user_id" if new_thing && matches!(method.name, "CreateUser" | "AddMachineUser" | "AddHumanUser") => {
            return None;
        }
        "org_id" if new_thing && method.name.starts_with("AddOrganization") => return None,
        "project_id" if matches!(method.name, "CreateProject") => return None,
        "application_id" | "app_id" if matches!(method.name, "CreateApplication") => return None,
        "id" if method.service.contains("group") && method.name != "CreateGroup" => ids.group.clone(),
        "group_id" | "group_ids" => ids.group.clone(),
        "user_id" if concerns_people(method) => ids.human.clone(),
        "user_id" | "userid" => ids.user.clone(),
        "user_ids" => ids.user.clone(),
        "org_id" | "organization_id" | "organisation_id" | "resource_owner" | "organization" => fixture.acme.clone(),
        "granted_org_id" | "granted_organization_id" => ids.initech.clone(),
        "project_id" => ids.project.clone(),
        "app_id" | "application_id" => ids.api_app.clone(),
        "key_id" if about("App") => ids.app_key.clone(),
        "key_id" => ids.user_key.clone(),
        "token_id" => ids.token.clone(),
        "grant_id" if about("UserGrant") => ids.authorization.clone(),
        "grant_id" | "project_grant_id" => ids.project_grant.clone(),
        "authorization_id" | "user_grant_id" => ids.authorization.clone(),
        "instance_id" => fixture.one.id.clone(),
        "client_id" => ids.api_client_id.clone(),
        "id" if new_thing => return None,
        "id" if about("WebKey") => ids.web_key.clone(),
        "id" if about("Authorization") => ids.authorization.clone(),
        "id" if about("App") && !method.service.contains("user") => ids.api_app.clone(),
        "id" if about("Project") => ids.project.clone(),
        "id" if method.name.contains("Org") => fixture.acme.clone(),
        "id" if about("User") || about("Machine") || about("Human") || about("Metadata") => ids.user.clone(),
        _ => return None,
    };
    Some(id)
}

/// Whether the method is about people alone, so that a service user would do nothing but be refused.
fn concerns_people(method: &MethodInfo) -> bool {
    ["Human", "Email", "Phone", "Password", "Invite", "RecoveryCodes", "OTPSMS", "MFA"]
        .iter()
        .any(|part| method.name.contains(part))
}

/// The fields of a request that name something by its id and that no id of `acme` goes into.
pub fn unknown_ids(method: &MethodInfo, fixture: &Fixture) -> Vec<String> {
    let descriptor = POOL.get_message_by_name(method.request().full_name).expect("the request is in the contract");
    let mut unknown = Vec::new();
    find_unknown_ids(&descriptor, method, fixture, 0, &mut unknown);
    unknown.sort();
    unknown.dedup();
    unknown
}

fn find_unknown_ids(
    descriptor: &MessageDescriptor,
    method: &MethodInfo,
    fixture: &Fixture,
    depth: usize,
    unknown: &mut Vec<String>,
) {
    for field in descriptor.fields() {
        match field.kind() {
            Kind::String => {
                let name = field.name();
                let is_id = matches!(name, "id" | "ids") || name.ends_with("_id") || name.ends_with("_ids");
                if is_id && known_id(name, method, fixture).is_none() {
                    unknown.push(name.to_owned());
                }
            }
            // Filters of lists find nothing that is not visible, whatever they ask for.
            Kind::Message(inner) if depth < 4 && !field.is_list() => {
                find_unknown_ids(&inner, method, fixture, depth + 1, unknown);
            }
            _ => {}
        }
    }
}

/// What the contract's validation rules demand of a field.
#[derive(Default)]
struct Rules {
    required: bool,
    min_length: u64,
    least: i64,
}

impl Rules {
    fn of(field: &FieldDescriptor) -> Self {
        let mut rules = Self::default();
        let Some(extension) = POOL.get_extension_by_name("validate.rules") else { return rules };
        let options = field.options();
        if !options.has_extension(&extension) {
            return rules;
        }
        let Some(all) = options.get_extension(&extension).as_message().cloned() else { return rules };
        let part = |name: &str| -> Option<DynamicMessage> {
            all.has_field_by_name(name).then(|| all.get_field_by_name(name)?.as_message().cloned()).flatten()
        };
        if let Some(text) = part("string").or_else(|| part("bytes")) {
            rules.min_length = number(&text, "min_len").or_else(|| number(&text, "len")).unwrap_or(0).unsigned_abs();
            let formatted = ["email", "uri", "uuid", "hostname", "ip"].iter().any(|name| flag(&text, name));
            rules.required = (rules.min_length > 0 || formatted) && !flag(&text, "ignore_empty");
        }
        if let Some(list) = part("repeated") {
            rules.required |= number(&list, "min_items").unwrap_or(0) > 0;
        }
        if let Some(choice) = part("enum") {
            rules.required |= listed(&choice, "not_in").contains(&0)
                || (!listed(&choice, "in").is_empty() && !listed(&choice, "in").contains(&0));
        }
        for name in ["timestamp", "duration", "message"] {
            rules.required |= part(name).is_some_and(|part| flag(&part, "required"));
        }
        for name in ["int32", "int64", "uint32", "uint64"] {
            if let Some(part) = part(name) {
                rules.least = number(&part, "gte").or_else(|| number(&part, "gt").map(|n| n + 1)).unwrap_or(0);
                rules.required |= rules.least > 0;
            }
        }
        rules
    }

    fn required(&self) -> bool {
        self.required
    }
}

fn set(message: &DynamicMessage, field: &str) -> Option<Proto> {
    message
        .has_field_by_name(field)
        .then(|| message.get_field_by_name(field).map(std::borrow::Cow::into_owned))
        .flatten()
}

fn flag(message: &DynamicMessage, field: &str) -> bool {
    set(message, field).and_then(|value| value.as_bool()).unwrap_or(false)
}

fn number(message: &DynamicMessage, field: &str) -> Option<i64> {
    match set(message, field)? {
        Proto::I32(n) => Some(n.into()),
        Proto::I64(n) => Some(n),
        Proto::U32(n) => Some(n.into()),
        Proto::U64(n) => i64::try_from(n).ok(),
        _ => None,
    }
}

fn listed(message: &DynamicMessage, field: &str) -> Vec<i64> {
    set(message, field)
        .and_then(|value| {
            value.as_list().map(|list| list.iter().filter_map(|item| item.as_i32().map(i64::from)).collect())
        })
        .unwrap_or_default()
}
