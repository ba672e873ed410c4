//! Every REST route of the contract, ready to be found by verb and path.

use std::fmt;
use std::sync::OnceLock;

use ::http::Method;

use crate::descriptor::{BodyRule, Cardinality, Contract, FieldKind, FieldTable, HttpBinding, MethodInfo};

use super::tree::{Captures, Found, RouteError, Tree};

/// One route.
pub struct Route {
    /// The RPC behind it.
    pub method: &'static MethodInfo,
    /// The request fields that the path variables give, in template order.
    pub variables: Vec<&'static FieldTable>,
    /// Where the rest of the request message is.
    pub body: Body,
}

/// Where the request message is, apart from the path.
pub enum Body {
    /// In the query.
    Query,
    /// The body is the whole message; the query is not read.
    Whole,
    /// The body is this message field; the query gives the others.
    Field(&'static FieldTable),
}

/// Why the contract cannot be served over REST.
#[derive(Debug)]
pub struct RoutesError(String);

impl fmt::Display for RoutesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RoutesError {}

/// All routes of a contract.
pub struct Routes {
    contract: &'static Contract,
    tree: Tree,
    entries: Vec<Entry>,
}

/// A route that is worked out when it is first taken.
struct Entry {
    path: &'static str,
    binding: &'static HttpBinding,
    route: OnceLock<Box<Route>>,
}

impl Routes {
    /// Lays out the routes of all methods of a contract.
    ///
    /// # Errors
    /// When a route cannot be served, or two routes shadow each other. The one shadowing that is allowed is a beta method
    /// with the route of its own stable successor: the stable one is served.
    pub fn new(contract: &'static Contract) -> Result<Self, RoutesError> {
        let mut routes = Self { contract, tree: Tree::default(), entries: Vec::with_capacity(contract.paths().len()) };
        for (path, bindings) in contract.bindings() {
            for binding in bindings {
                routes.add(path, binding)?;
            }
        }
        Ok(routes)
    }

    /// Whether any route has the first segment of the path.
    pub fn begins(&self, path: &str) -> bool {
        self.tree.begins(path)
    }

    fn add(&mut self, path: &'static str, binding: &'static HttpBinding) -> Result<(), RoutesError> {
        let number = self.entries.len();
        let wrong = |reason: &str| RoutesError(format!("{} {} of {path}: {reason}", binding.verb, binding.template));
        let entry = Entry { path, binding, route: OnceLock::new() };
        match self.tree.add(&binding.verb, &binding.template, number) {
            Ok(()) => self.entries.push(entry),
            Err(RouteError::Shadowed { by, .. }) => {
                let first = self.entries[by].path;
                if is_successor(path, first) {
                    self.entries[by] = entry;
                } else if !is_successor(first, path) {
                    return Err(wrong(&format!("{first} has the same route")));
                }
            }
            Err(error) => return Err(wrong(&error.to_string())),
        }
        Ok(())
    }

    /// The route of that number. One that cannot be served cannot be an error of the request that takes it, so a test takes
    /// every route of the contract.
    #[allow(clippy::panic, reason = "a test proves that every route can be taken")]
    fn route(&self, number: usize) -> &Route {
        let Entry { path, binding, route } = &self.entries[number];
        route.get_or_init(|| {
            let method = self.contract.method(path).ok_or_else(|| "there is no such method".to_owned());
            let route = method.and_then(|method| Self::work_out(method, binding));
            Box::new(route.unwrap_or_else(|reason| {
                panic!("{} {} of {path}: {reason}", binding.verb, binding.template);
            }))
        })
    }

    fn work_out(method: &'static MethodInfo, binding: &HttpBinding) -> Result<Route, String> {
        let field = |name: &str| {
            method
                .request()
                .field_named(name)
                .map(|(_, field)| field)
                .filter(|field| field.cardinality == Cardinality::Singular)
                .ok_or_else(|| format!("{name:?} is not a single value of {}", method.request().full_name))
        };
        let variables = variable_names(&binding.template).map(field).collect::<Result<Vec<_>, _>>()?;
        if let Some(message) = variables.iter().find(|field| matches!(field.kind, FieldKind::Message(_))) {
            return Err(format!("the path cannot give the message {}", message.proto_name));
        }
        let body = match &binding.body {
            BodyRule::None => Body::Query,
            BodyRule::Whole => Body::Whole,
            BodyRule::Field(name) => {
                let field = field(name)?;
                if field.kind.message().is_none() {
                    return Err(format!("the body cannot be {name:?}, which is not a message"));
                }
                Body::Field(field)
            }
        };
        Ok(Route { method, variables, body })
    }

    /// Finds the route of a request.
    pub fn find<'p>(&self, verb: &Method, path: &'p str) -> Lookup<'_, 'p> {
        match self.tree.find(verb, path) {
            Found::Route(number, captures) => Lookup::Route(self.route(number), captures),
            Found::OtherVerb => Lookup::OtherVerb,
            Found::Nothing => Lookup::Nothing,
        }
    }

    /// The verbs that a path takes, for an `Allow` header.
    pub fn allowed(&self, path: &str) -> String {
        let verbs = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];
        let allowed: Vec<_> = verbs
            .iter()
            .filter(|verb| matches!(self.tree.find(verb, path), Found::Route(..)))
            .map(Method::as_str)
            .collect();
        allowed.join(", ")
    }
}

/// What a request line leads to.
pub enum Lookup<'r, 'p> {
    /// A route, with the raw values of its variables.
    Route(&'r Route, Captures<'p>),
    /// The path exists with other verbs.
    OtherVerb,
    /// No such path.
    Nothing,
}

/// Whether `stable` is the `v2` method that replaced the `v2beta` method `beta` under the same name.
fn is_successor(stable: &str, beta: &str) -> bool {
    let (Some((stable, new_name)), Some((beta, name))) = (parts(stable), parts(beta)) else { return false };
    new_name == name && beta.strip_suffix(".v2beta").is_some_and(|package| stable.strip_suffix(".v2") == Some(package))
}

/// Package and name of an RPC.
fn parts(path: &str) -> Option<(&str, &str)> {
    let (service, name) = path.split_once('/')?;
    Some((service.rsplit_once('.')?.0, name))
}

fn variable_names(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|inner| inner.split_once('=').map_or(inner, |(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A path of the template's shape, with a value for every variable that no literal could be.
    fn example(template: &str) -> String {
        let segments = template.split('/').map(|segment| match segment.strip_prefix('{') {
            Some(inner) if inner.ends_with("=**}") => "value/of/many",
            Some(_) => "x-value",
            None => segment,
        });
        segments.collect::<Vec<_>>().join("/")
    }

    #[test]
    fn every_route_of_the_contract_leads_to_its_own_method() {
        let routes = Routes::new(Contract::get()).unwrap();
        let mut count = 0;
        for method in Contract::get().methods() {
            for binding in method.bindings() {
                let path = example(&binding.template);
                let Lookup::Route(route, captures) = routes.find(&binding.verb, &path) else {
                    panic!("{} {path} of {} leads nowhere", binding.verb, method.path);
                };
                assert!(
                    route.method.path == method.path || is_successor(route.method.path, method.path),
                    "{} {path} leads to {} instead of {}",
                    binding.verb,
                    route.method.path,
                    method.path
                );
                let names: Vec<_> = route.variables.iter().map(|field| field.proto_name).collect();
                assert_eq!(names, variable_names(&binding.template).collect::<Vec<_>>());
                assert_eq!(captures.values().len(), names.len());
                count += 1;
            }
        }
        assert!(count > 800, "only {count} routes");
    }

    #[test]
    fn a_stable_method_keeps_the_route_that_its_beta_claims() {
        let routes = Routes::new(Contract::get()).unwrap();
        let Lookup::Route(route, _) = routes.find(&Method::POST, "/v2/settings/organization") else {
            panic!("no route")
        };
        assert_eq!(route.method.path, "zitadel.settings.v2.SettingsService/SetOrganizationSettings");
    }

    #[test]
    fn the_allowed_verbs_of_a_path_are_listed() {
        let routes = Routes::new(Contract::get()).unwrap();
        assert_eq!(routes.allowed("/v2/users/7"), "GET, DELETE, PATCH");
        assert_eq!(routes.allowed("/nowhere"), "");
    }
}
