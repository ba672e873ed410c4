//! The tree of REST paths: one node per path segment, literals before variables, verbs at the leaves.

use std::fmt;

use ::http::Method;

/// The most variables one template may have; the contract's longest has three.
pub const MAX_VARIABLES: usize = 6;

const VERBS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

/// A template that cannot be served, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteError {
    /// The verb is none of GET, POST, PUT, DELETE and PATCH.
    Verb(String),
    /// The template itself cannot be read.
    Template {
        /// The template.
        template: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Another template of the same shape and verb exists, so one of the two could never be reached.
    Shadowed {
        /// The template.
        template: String,
        /// The number that was registered first.
        by: usize,
    },
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verb(verb) => write!(f, "the verb {verb} is not served"),
            Self::Template { template, reason } => write!(f, "the path template {template} cannot be served: {reason}"),
            Self::Shadowed { template, by } => {
                write!(f, "the path template {template} has the same shape and verb as route {by}")
            }
        }
    }
}

impl std::error::Error for RouteError {}

#[derive(Default)]
struct Node {
    /// Sorted by literal.
    literals: Vec<(Box<str>, Node)>,
    variable: Option<Box<Node>>,
    leaf: Leaf,
    /// Where a variable that takes all remaining segments ends.
    remainder: Leaf,
}

type Leaf = [Option<usize>; VERBS.len()];

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'p> {
    /// The number of the route, and the raw (still percent-encoded) values of its variables in template order.
    Route(usize, Captures<'p>),
    /// The path exists, but not with this verb.
    OtherVerb,
    /// No template has this shape.
    Nothing,
}

/// The raw values of a route's variables, without an allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Captures<'p> {
    values: [&'p str; MAX_VARIABLES],
    count: usize,
}

impl<'p> Captures<'p> {
    fn push(&mut self, value: &'p str) {
        // Templates with more variables are refused when they are added.
        if let Some(slot) = self.values.get_mut(self.count) {
            *slot = value;
            self.count += 1;
        }
    }

    /// The values in template order.
    pub fn values(&self) -> &[&'p str] {
        &self.values[..self.count]
    }
}

/// All routes by path and verb.
#[derive(Default)]
pub struct Tree {
    root: Node,
}

impl Tree {
    /// Adds a route under its number.
    ///
    /// # Errors
    /// [`RouteError`] when the template cannot be read or would shadow another one.
    pub fn add(&mut self, verb: &Method, template: &str, number: usize) -> Result<(), RouteError> {
        let wrong = |reason| RouteError::Template { template: template.to_owned(), reason };
        let verb_index = verb_index(verb).ok_or_else(|| RouteError::Verb(verb.to_string()))?;
        let path = template.strip_prefix('/').ok_or_else(|| wrong("it must begin with a slash"))?;
        let mut variables = 0;
        let mut node = &mut self.root;
        let mut is_remainder = false;
        for segment in path.split('/') {
            if is_remainder {
                return Err(wrong("only the last variable may take several segments"));
            }
            match segment.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
                Some(inner) => {
                    let (name, pattern) = inner.split_once('=').unwrap_or((inner, "*"));
                    if name.is_empty() || name.contains('.') {
                        return Err(wrong("a variable must name a field of the request itself"));
                    }
                    if variables == MAX_VARIABLES {
                        return Err(wrong("it has too many variables"));
                    }
                    variables += 1;
                    match pattern {
                        "*" => node = &mut **node.variable.get_or_insert_default(),
                        "**" => is_remainder = true,
                        _ => return Err(wrong("a variable may match one segment or all the rest, nothing else")),
                    }
                }
                None if segment.is_empty() => return Err(wrong("it has an empty segment")),
                None if segment.contains(['{', '}', '*', '%']) => {
                    return Err(wrong("a segment is either a literal or one variable"));
                }
                None => node = node.literal_mut(segment),
            }
        }
        let leaf = if is_remainder { &mut node.remainder } else { &mut node.leaf };
        match leaf[verb_index] {
            Some(by) => Err(RouteError::Shadowed { template: template.to_owned(), by }),
            None => {
                leaf[verb_index] = Some(number);
                Ok(())
            }
        }
    }

    /// Whether any route has the first segment of a raw path.
    pub fn begins(&self, path: &str) -> bool {
        let first = path.strip_prefix('/').and_then(|path| path.split('/').next());
        first.is_some_and(|first| self.root.literal(first).is_some())
    }

    /// Finds the route of a raw path. Segments are compared as they came, so an encoded slash or letter never leads to
    /// another route, and an empty segment leads nowhere.
    pub fn find<'p>(&self, verb: &Method, path: &'p str) -> Found<'p> {
        let Some(path) = path.strip_prefix('/') else { return Found::Nothing };
        let mut search = Search { verb: verb_index(verb), captures: Captures::default(), path_exists: false };
        match search.walk(&self.root, Some(path)) {
            Some(number) => Found::Route(number, search.captures),
            None if search.path_exists => Found::OtherVerb,
            None => Found::Nothing,
        }
    }
}

impl Node {
    fn literal(&self, segment: &str) -> Option<&Self> {
        let at = self.literals.binary_search_by(|(literal, _)| (**literal).cmp(segment)).ok()?;
        Some(&self.literals[at].1)
    }

    fn literal_mut(&mut self, segment: &str) -> &mut Self {
        let at = match self.literals.binary_search_by(|(literal, _)| (**literal).cmp(segment)) {
            Ok(at) => at,
            Err(at) => {
                self.literals.insert(at, (segment.into(), Self::default()));
                at
            }
        };
        &mut self.literals[at].1
    }
}

struct Search<'p> {
    verb: Option<usize>,
    captures: Captures<'p>,
    path_exists: bool,
}

impl<'p> Search<'p> {
    /// `rest` is what follows the slash behind this node; `None` at the end of the path.
    fn walk(&mut self, node: &Node, rest: Option<&'p str>) -> Option<usize> {
        let Some(rest) = rest else { return self.end(&node.leaf) };
        let (segment, next) = match rest.split_once('/') {
            Some((segment, next)) => (segment, Some(next)),
            None => (rest, None),
        };
        if segment.is_empty() {
            return None;
        }
        let before = self.captures;
        if let Some(child) = node.literal(segment) {
            if let Some(number) = self.walk(child, next) {
                return Some(number);
            }
            self.captures = before;
        }
        if let Some(child) = &node.variable {
            self.captures.push(segment);
            if let Some(number) = self.walk(child, next) {
                return Some(number);
            }
            self.captures = before;
        }
        if node.remainder.iter().any(Option::is_some) && rest.split('/').all(|segment| !segment.is_empty()) {
            self.captures.push(rest);
            if let Some(number) = self.end(&node.remainder) {
                return Some(number);
            }
            self.captures = before;
        }
        None
    }

    fn end(&mut self, leaf: &Leaf) -> Option<usize> {
        self.path_exists |= leaf.iter().any(Option::is_some);
        leaf[self.verb?]
    }
}

fn verb_index(verb: &Method) -> Option<usize> {
    VERBS.iter().position(|known| known == verb)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(templates: &[&str]) -> Tree {
        let mut tree = Tree::default();
        for (number, template) in templates.iter().enumerate() {
            tree.add(&Method::GET, template, number).unwrap();
        }
        tree
    }

    fn route(tree: &Tree, path: &str) -> Option<(usize, Vec<String>)> {
        match tree.find(&Method::GET, path) {
            Found::Route(number, captures) => {
                Some((number, captures.values().iter().map(|&value| value.to_owned()).collect()))
            }
            _ => None,
        }
    }

    #[test]
    fn a_literal_wins_over_a_variable_and_a_dead_end_goes_back() {
        let tree = tree(&["/users/{id}", "/users/me", "/users/me/keys", "/users/{id}/tokens"]);
        assert_eq!(route(&tree, "/users/me"), Some((1, vec![])));
        assert_eq!(route(&tree, "/users/7"), Some((0, vec!["7".into()])));
        assert_eq!(route(&tree, "/users/me/tokens"), Some((3, vec!["me".into()])));
    }

    #[test]
    fn a_multi_segment_variable_takes_the_rest() {
        let tree = tree(&["/projects/{id}/roles/{role_key=**}", "/projects/{id}/roles/_all"]);
        assert_eq!(route(&tree, "/projects/1/roles/a/b%2Fc"), Some((0, vec!["1".into(), "a/b%2Fc".into()])));
        assert_eq!(route(&tree, "/projects/1/roles/_all"), Some((1, vec!["1".into()])));
        assert_eq!(route(&tree, "/projects/1/roles/"), None);
        assert_eq!(route(&tree, "/projects/1/roles/a//b"), None);
    }

    #[test]
    fn encoded_or_empty_segments_never_reach_another_route() {
        let tree = tree(&["/users/{id}", "/users/{id}/keys", "/admin/secrets"]);
        assert_eq!(route(&tree, "/users/1%2Fkeys"), Some((0, vec!["1%2Fkeys".into()])));
        for path in [
            "//users/1",
            "/users//1",
            "/users/1/",
            "/users/",
            "/Users/1",
            "/%75sers/1",
            "/users/../admin/secrets",
            "users/1",
            "/",
            "",
        ] {
            assert_eq!(route(&tree, path), None, "{path}");
        }
    }

    #[test]
    fn the_wrong_verb_on_a_known_path_is_told_apart_from_an_unknown_path() {
        let tree = tree(&["/users/{id}"]);
        assert_eq!(tree.find(&Method::POST, "/users/1"), Found::OtherVerb);
        assert_eq!(tree.find(&Method::HEAD, "/users/1"), Found::OtherVerb);
        assert_eq!(tree.find(&Method::POST, "/user/1"), Found::Nothing);
    }

    #[test]
    fn two_templates_of_one_shape_are_refused() {
        let mut tree = tree(&["/users/{id}"]);
        assert!(matches!(tree.add(&Method::GET, "/users/{user_id}", 1), Err(RouteError::Shadowed { by: 0, .. })));
        assert_eq!(tree.add(&Method::PUT, "/users/{user_id}", 1), Ok(()));
    }

    #[test]
    fn templates_outside_the_served_grammar_are_refused() {
        for template in ["users", "/users//x", "/{a.b}", "/{a=x/*}", "/{a=**}/b", "/x{a}", "/{}", "/"] {
            assert!(
                matches!(Tree::default().add(&Method::GET, template, 0), Err(RouteError::Template { .. })),
                "{template}"
            );
        }
    }
}
