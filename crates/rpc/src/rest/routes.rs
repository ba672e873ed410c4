//! Every REST route of the contract, ready to be found by verb and path.

use std::fmt;

use ::http::Method;

use crate::descriptor::{BodyRule, Cardinality, FieldKind, FieldTable, HttpBinding, MethodInfo};

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

/// All routes.
pub struct Routes {
    tree: Tree,
    routes: Vec<Route>,
}

impl Routes {
    /// Lays out the routes of all methods.
    ///
    /// # Errors
    /// When a route cannot be served, or two routes shadow each other. The one shadowing that is allowed is a beta method
    /// with the route of its own stable successor: the stable one is served.
    pub fn new(methods: impl Iterator<Item = &'static MethodInfo>) -> Result<Self, RoutesError> {
        let mut routes = Self { tree: Tree::default(), routes: Vec::new() };
        for method in methods {
            for binding in &method.bindings {
                routes.add(method, binding)?;
            }
        }
        Ok(routes)
    }

    /// Whether any route has the first segment of the path.
    pub fn begins(&self, path: &str) -> bool {
        self.tree.begins(path)
    }

    fn add(&mut self, method: &'static MethodInfo, binding: &HttpBinding) -> Result<(), RoutesError> {
        let number = self.routes.len();
        let wrong =
            |reason: &str| RoutesError(format!("{} {} of {}: {reason}", binding.verb, binding.template, method.path));
        let names = match self.tree.add(&binding.verb, &binding.template, number) {
            Ok(names) => names,
            Err(RouteError::Shadowed { by, .. }) => {
                let first = self.routes[by].method;
                if is_successor(first, method) {
                    return Ok(());
                }
                if !is_successor(method, first) {
                    return Err(wrong(&format!("{} has the same route", first.path)));
                }
                let route = Self::route(method, binding, &variable_names(&binding.template))
                    .map_err(|reason| wrong(&reason))?;
                self.routes[by] = route;
                return Ok(());
            }
            Err(error) => return Err(wrong(&error.to_string())),
        };
        let route = Self::route(method, binding, &names).map_err(|reason| wrong(&reason))?;
        self.routes.push(route);
        Ok(())
    }

    fn route(method: &'static MethodInfo, binding: &HttpBinding, names: &[&str]) -> Result<Route, String> {
        let field = |name: &str| {
            method
                .request
                .field_named(name)
                .map(|(_, field)| field)
                .filter(|field| field.cardinality == Cardinality::Singular)
                .ok_or_else(|| format!("{name:?} is not a single value of {}", method.request.full_name))
        };
        let variables = names.iter().map(|name| field(name)).collect::<Result<Vec<_>, _>>()?;
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
            Found::Route(number, captures) => Lookup::Route(&self.routes[number], captures),
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
fn is_successor(stable: &MethodInfo, beta: &MethodInfo) -> bool {
    stable.name == beta.name
        && beta
            .package
            .strip_suffix(".v2beta")
            .is_some_and(|package| stable.package.strip_suffix(".v2") == Some(package))
}

fn variable_names(template: &str) -> Vec<&str> {
    template
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
        .map(|inner| inner.split_once('=').map_or(inner, |(name, _)| name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::Contract;

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
        let routes = Routes::new(Contract::get().methods()).unwrap();
        let mut count = 0;
        for method in Contract::get().methods() {
            for binding in &method.bindings {
                let path = example(&binding.template);
                let Lookup::Route(route, captures) = routes.find(&binding.verb, &path) else {
                    panic!("{} {path} of {} leads nowhere", binding.verb, method.path);
                };
                assert!(
                    route.method.path == method.path || is_successor(route.method, method),
                    "{} {path} leads to {} instead of {}",
                    binding.verb,
                    route.method.path,
                    method.path
                );
                let names: Vec<_> = route.variables.iter().map(|field| field.proto_name).collect();
                assert_eq!(names, variable_names(&binding.template));
                assert_eq!(captures.values().len(), names.len());
                count += 1;
            }
        }
        assert!(count > 800, "only {count} routes");
    }

    #[test]
    fn a_stable_method_keeps_the_route_that_its_beta_claims() {
        let routes = Routes::new(Contract::get().methods()).unwrap();
        let Lookup::Route(route, _) = routes.find(&Method::POST, "/v2/settings/organization") else {
            panic!("no route")
        };
        assert_eq!(route.method.path, "zitadel.settings.v2.SettingsService/SetOrganizationSettings");
    }

    #[test]
    fn the_allowed_verbs_of_a_path_are_listed() {
        let routes = Routes::new(Contract::get().methods()).unwrap();
        assert_eq!(routes.allowed("/v2/users/7"), "GET, DELETE, PATCH");
        assert_eq!(routes.allowed("/nowhere"), "");
    }
}
