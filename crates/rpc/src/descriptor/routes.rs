//! What the contract leaves open about REST routes, decided for all RPCs together.
//!
//! Second-generation RPCs that state no route get that of their beta twin under `/v2`, an addition of ours (`spec:
//! api.md`, "what is contract, what is not"): everything that the beta reached over REST stays reachable. The path
//! variables take the names that the newer request gives the same things.

use std::collections::HashSet;

use http::Method as Verb;

use super::ContractError;
use super::method::{BodyRule, HttpBinding, split, stated_bindings};
use super::set::Set;
use super::table::{Cardinality, FieldKind, MessageTable};

/// The resources whose second-generation services have no routes, with the package of their beta.
const PACKAGES: [(&str, &str); 6] = [
    ("zitadel.application.v2", "zitadel.app.v2beta"),
    ("zitadel.authorization.v2", "zitadel.authorization.v2beta"),
    ("zitadel.group.v2", "zitadel.group.v2beta"),
    ("zitadel.instance.v2", "zitadel.instance.v2beta"),
    ("zitadel.internal_permission.v2", "zitadel.internal_permission.v2beta"),
    ("zitadel.project.v2", "zitadel.project.v2beta"),
];

/// RPCs that were renamed on the way out of beta.
const RENAMED: [(&str, &str); 1] = [("GenerateClientSecret", "RegenerateClientSecret")];

/// An RPC with its routes.
struct Routed {
    name: &'static str,
    package: &'static str,
    input: Option<usize>,
    bindings: Vec<HttpBinding>,
}

/// The routes of every RPC, by its number.
pub(super) fn all(set: &'static Set) -> Result<Box<[Vec<HttpBinding>]>, ContractError> {
    let mut methods = Vec::with_capacity(set.index.methods());
    for (number, method) in (0..set.index.methods()).filter_map(|number| Some((number, set.index.method(number)?))) {
        let (_, name) = split(method.path);
        let bindings = stated_bindings(set, number)?;
        methods.push(Routed { name, package: method.package, input: method.input, bindings });
    }
    drop_shadowed(&mut methods);
    add_twins(set, &mut methods)?;
    Ok(methods.into_iter().map(|method| method.bindings).collect())
}

/// Takes from beta RPCs the routes that a released RPC has too: the contract gives three of them to both.
fn drop_shadowed(methods: &mut [Routed]) {
    let released: HashSet<(Verb, String)> =
        methods.iter().filter(|method| !is_beta(method)).flat_map(|method| &method.bindings).map(shape).collect();
    for method in methods.iter_mut().filter(|method| is_beta(method)) {
        method.bindings.retain(|binding| !released.contains(&shape(binding)));
    }
}

fn is_beta(method: &Routed) -> bool {
    method.package.ends_with("beta")
}

/// Adds the routes of beta twins; one that another RPC already has, or whose variables the request cannot take, is left out.
fn add_twins(set: &'static Set, methods: &mut [Routed]) -> Result<(), ContractError> {
    let mut taken: HashSet<(Verb, String)> = methods.iter().flat_map(|method| &method.bindings).map(shape).collect();
    let mut additions = Vec::new();
    for (index, method) in methods.iter().enumerate() {
        let Some((_, beta)) = PACKAGES.iter().find(|(package, _)| *package == method.package) else { continue };
        let Some(input) = method.input.filter(|_| method.bindings.is_empty()) else { continue };
        let old_name = RENAMED.iter().find(|(new, _)| *new == method.name).map_or(method.name, |(_, old)| old);
        let twin = methods.iter().find(|twin| twin.package == *beta && twin.name == old_name);
        for binding in twin.iter().flat_map(|twin| &twin.bindings) {
            let binding = translate(binding, set.message(input)?);
            additions.extend(binding.filter(|binding| taken.insert(shape(binding))).map(|binding| (index, binding)));
        }
    }
    for (index, binding) in additions {
        methods[index].bindings.push(binding);
    }
    Ok(())
}

fn translate(binding: &HttpBinding, request: &MessageTable) -> Option<HttpBinding> {
    let rest = binding.template.strip_prefix("/v2beta/")?;
    let mut template = String::from("/v2");
    let mut collection = "";
    for segment in rest.split('/') {
        template.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            Some(variable) => {
                template.push('{');
                template.push_str(variable_name(variable, collection, request)?);
                template.push('}');
            }
            None => {
                template.push_str(segment);
                collection = segment;
            }
        }
    }
    let takes_body = matches!(binding.verb, Verb::POST | Verb::PUT | Verb::PATCH);
    // The beta ignores the body of some searches; a client would not expect that.
    let body = if takes_body { BodyRule::Whole } else { binding.body.clone() };
    Some(HttpBinding { verb: binding.verb.clone(), template, body })
}

/// The request's field for a variable: the same name, or the longer one that says what the variable is
/// (`projects/{id}` is `project_id`, `custom-domains/{domain}` is `custom_domain`).
fn variable_name(variable: &str, collection: &str, request: &MessageTable) -> Option<&'static str> {
    let usable = |name: &str| {
        request
            .field_named(name)
            .map(|(_, field)| field)
            .filter(|field| field.cardinality == Cardinality::Singular && !matches!(field.kind, FieldKind::Message(_)))
    };
    if let Some(field) = usable(variable) {
        return Some(field.proto_name);
    }
    let singular = collection.replace('-', "_");
    let singular = singular.strip_suffix('s').unwrap_or(&singular);
    let full = format!("{singular}_{variable}");
    let ending = format!("_{variable}");
    request
        .fields
        .iter()
        .filter(|field| field.proto_name.ends_with(&ending) && usable(field.proto_name).is_some())
        .map(|field| field.proto_name)
        .find(|name| *name == singular || full == *name || full.ends_with(&format!("_{name}")))
}

/// Verb and template with every variable alike: two routes of one shape shadow each other.
fn shape(binding: &HttpBinding) -> (Verb, String) {
    let segments: Vec<&str> =
        binding.template.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment }).collect();
    (binding.verb.clone(), segments.join("/"))
}
