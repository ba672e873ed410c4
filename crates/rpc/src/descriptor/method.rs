//! What the contract says about one RPC: permission, routes, messages.

use castellan_kernel::Permission;
use castellan_proto::index::MethodDeclaration;
use http::Method as Verb;

use super::options::{self, Options, Value};
use super::schema::{Method, each};
use super::set::{Set, proven};
use super::table::{MessageLink, MessageTable};
use super::wire::Raw;
use super::{ContractError, field_value};

/// Who may call an RPC at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Anybody; nobody has to prove who they are.
    None,
    /// Anybody who proved who they are.
    Authenticated,
    /// Who has the permission in the context organization.
    Permission(Permission),
}

/// Where the request message of a REST call is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyRule {
    /// In the path and the query only.
    None,
    /// The body is the whole message; the path adds to it.
    Whole,
    /// The body is the value of one field; path and query give the others.
    Field(String),
}

/// One REST route of an RPC (`google.api.http`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpBinding {
    /// The HTTP method.
    pub verb: Verb,
    /// The whole path template, such as `/management/v1/users/{user_id}/machine`.
    pub template: String,
    /// Where the request message is.
    pub body: BodyRule,
}

/// One RPC of the contract.
#[derive(Debug)]
pub struct MethodInfo {
    /// `zitadel.user.v2.UserService/GetUserByID`.
    pub path: &'static str,
    /// The full name of the service.
    pub service: &'static str,
    /// The name of the RPC.
    pub name: &'static str,
    /// The package of the service, such as `zitadel.user.v2`.
    pub package: &'static str,
    /// Who may call it.
    pub auth: Auth,
    /// The request field, in Go spelling, whose value limits the permission to one resource.
    pub check_field: Option<&'static str>,
    /// The request field that names the organization whose permissions count.
    pub org_field: Option<&'static str>,
    /// The HTTP status of a good REST answer where it is not 200.
    pub success_code: Option<u16>,
    /// Whether the contract marks it as deprecated.
    pub deprecated: bool,
    request: MessageLink,
    response: MessageLink,
    number: usize,
    set: &'static Set,
}

impl MethodInfo {
    /// The request message.
    pub fn request(&self) -> &'static MessageTable {
        self.request.table()
    }

    /// The response message.
    pub fn response(&self) -> &'static MessageTable {
        self.response.table()
    }

    /// The REST routes.
    pub fn bindings(&self) -> &'static [HttpBinding] {
        proven(self.set.bindings()).get(self.number).map_or(&[], Vec::as_slice)
    }

    /// The value that limits the permission to one resource: `None` when the method has no check field, an empty text
    /// when it has one and the request leaves it out (so that an omitted id never widens a permission).
    pub fn check_value(&self, request: &[u8]) -> Option<String> {
        let field = self.check_field?;
        Some(field_value(self.request(), request, field).unwrap_or_default())
    }

    /// Whether the request has a field `instance_id`.
    pub fn takes_instance_id(&self) -> bool {
        self.request().field_named("instance_id").is_some()
    }

    /// The organization that the request itself names, where the method says that the permission is asked for there.
    pub fn named_organization(&self, request: &[u8]) -> Option<NamedOrganization> {
        let field = self.org_field?;
        let value = |name: &str| {
            field_value(self.request(), request, &format!("{field}.{name}")).filter(|value| !value.is_empty())
        };
        value("org_id").map(NamedOrganization::Id).or_else(|| value("org_domain").map(NamedOrganization::Domain))
    }

    /// The value of the request field `instance_id`, unless absent or empty.
    pub fn instance_id(&self, request: &[u8]) -> Option<String> {
        field_value(self.request(), request, "instance_id").filter(|id| !id.is_empty())
    }
}

/// How a request names an organization (`zitadel.object.v2.Organization`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedOrganization {
    /// By its id.
    Id(String),
    /// By one of its verified domains.
    Domain(String),
}

/// Where the REST routes of the first API generation live; later ones state absolute paths.
fn route_prefix(package: &str) -> &'static str {
    match package {
        "zitadel.admin.v1" => "/admin/v1",
        "zitadel.auth.v1" => "/auth/v1",
        "zitadel.management.v1" => "/management/v1",
        "zitadel.system.v1" => "/system/v1",
        _ => "",
    }
}

/// Service and name of a path, which has both.
pub(super) fn split(path: &'static str) -> (&'static str, &'static str) {
    path.split_once('/').unwrap_or((path, ""))
}

/// Reads one RPC with its options.
pub(super) fn read(set: &'static Set, number: usize) -> Result<MethodInfo, ContractError> {
    let (declared, method) = declaration(set, number)?;
    let path = declared.path;
    let message = |number: Option<usize>, name: &str| {
        number
            .and_then(|number| set.numbered(number))
            .ok_or_else(|| ContractError::new(format!("{path} uses the unknown message {name}")))
    };
    let option = |name: &str| options::extension(set, method.options, name).and_then(Value::as_message);

    let first = option("zitadel.v1.auth_option");
    let second = option("zitadel.protoc_gen_zitadel.v2.options");
    let second_auth = second.and_then(|options| options.message("auth_option"));
    let response = second.and_then(|options| options.message("http_response"));
    let permission =
        [&first, &second_auth].into_iter().flatten().find_map(|option| text(option, "permission")).unwrap_or_default();
    let auth = match permission {
        "" => Auth::None,
        "authenticated" => Auth::Authenticated,
        name => Auth::Permission(
            Permission::parse(name)
                .ok_or_else(|| ContractError::new(format!("{path} demands the unknown permission {name:?}")))?,
        ),
    };

    let request = message(declared.input, method.input)?;
    let check_field = first.and_then(|option| text(&option, "check_field_name"));
    let org_field = second_auth.and_then(|option| text(&option, "org_field"));
    for field in [check_field, org_field].into_iter().flatten() {
        if set.message(request.number)?.field_spelled(field).is_none() {
            return Err(ContractError::new(format!("{path} checks the field {field:?}, which its request has not")));
        }
    }
    let (service, name) = split(path);
    Ok(MethodInfo {
        path,
        service,
        name,
        package: declared.package,
        auth,
        check_field,
        org_field,
        success_code: response
            .and_then(|response| response.value("success_code")?.as_i32())
            .and_then(|code| u16::try_from(code).ok())
            .filter(|code| *code != 0),
        deprecated: is_deprecated(method.options),
        request,
        response: message(declared.output, method.output)?,
        number,
        set,
    })
}

/// The routes that one RPC states itself.
pub(super) fn stated_bindings(set: &'static Set, number: usize) -> Result<Vec<HttpBinding>, ContractError> {
    let (declared, method) = declaration(set, number)?;
    match options::extension(set, method.options, "google.api.http").and_then(Value::as_message) {
        Some(rule) => bindings(&rule, declared.path, route_prefix(declared.package)),
        None => Ok(Vec::new()),
    }
}

fn declaration(set: &'static Set, number: usize) -> Result<(MethodDeclaration, Method), ContractError> {
    let declared = set.index.method(number).ok_or_else(|| ContractError::unusable("an RPC is missing"))?;
    Ok((declared, Method::read(declared.wire).map_err(ContractError::unusable)?))
}

fn bindings(rule: &Options, path: &str, prefix: &str) -> Result<Vec<HttpBinding>, ContractError> {
    let verbs = [
        ("get", Verb::GET),
        ("put", Verb::PUT),
        ("post", Verb::POST),
        ("delete", Verb::DELETE),
        ("patch", Verb::PATCH),
    ];
    let (verb, template) = verbs
        .into_iter()
        .find_map(|(name, verb)| Some((verb, text(rule, name)?)))
        .ok_or_else(|| ContractError::new(format!("{path} has a route without a verb that is known")))?;
    if !template.starts_with('/') {
        return Err(ContractError::new(format!(
            "{path} has the route {template:?}, which does not begin with a slash"
        )));
    }
    let body = match text(rule, "body") {
        None => BodyRule::None,
        Some("*") => BodyRule::Whole,
        Some(field) => BodyRule::Field(field.to_owned()),
    };
    let mut all = vec![HttpBinding { verb, template: format!("{prefix}{template}"), body }];
    for rule in rule.list("additional_bindings", Value::as_message) {
        all.extend(bindings(&rule, path, prefix)?);
    }
    Ok(all)
}

/// `google.protobuf.MethodOptions.deprecated`.
fn is_deprecated(options: &'static [u8]) -> bool {
    let mut deprecated = false;
    let read = each(options, |number, raw| {
        deprecated |= number == 33 && raw == Raw::Varint(1);
        Ok(())
    });
    read.is_ok() && deprecated
}

/// A text field, unless empty.
fn text(options: &Options, field: &str) -> Option<&'static str> {
    options.text(field).filter(|text| !text.is_empty())
}
