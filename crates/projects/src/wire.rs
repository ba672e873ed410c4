//! What several rooms need at the edge: messages of two API versions with the same wire form, lists, role lists.

use castellan_db::query::Condition;
use castellan_kernel::{Error, Fault, Page, Permission, Receipt, Result, TextMethod, Timestamp, Visibility};
use castellan_proto::zitadel::{filter, v1::ObjectDetails};
use castellan_rpc::{Context, convert};
use prost::Message;

/// A filter of a list request makes no sense.
pub(crate) const QUERY_INVALID: Fault = Fault::invalid("QUERY-Prj1n", "Errors.Query.InvalidRequest");

/// The message of another API version that has the same fields under the same numbers.
pub(crate) fn recast<A: Message, B: Message + Default>(message: &A) -> Result<B> {
    B::decode(message.encode_to_vec().as_slice()).map_err(Error::internal)
}

/// The ids of a filter of any version: a list that asks for none of them is a mistake, not a question.
pub(crate) fn some_ids(ids: Vec<String>) -> Result<Vec<String>> {
    if ids.is_empty() { Err(QUERY_INVALID.into()) } else { Ok(ids) }
}

/// The comparison method of a text filter of any version.
pub(crate) fn method(number: i32) -> Result<TextMethod> {
    TextMethod::from_number(number).ok_or_else(|| QUERY_INVALID.into())
}

/// The page of a `filter.v2` list.
pub(crate) fn page(ctx: &Context, page: Option<&filter::v2::PaginationRequest>) -> Result<Page> {
    convert::page_filter_v2(ctx.env().page_limits, page)
}

/// The page of a `filter.v2beta` list.
pub(crate) fn beta_page(ctx: &Context, page: Option<&filter::v2beta::PaginationRequest>) -> Result<Page> {
    let page = page.map(recast).transpose()?;
    convert::page_filter_v2(ctx.env().page_limits, page.as_ref())
}

/// The time of a change as v2 answers show it.
pub(crate) fn changed_at(receipt: &Receipt) -> Option<prost_types::Timestamp> {
    Some(convert::timestamp(receipt.changed_at))
}

/// A stored time as answers show it.
pub(crate) fn time(time: Timestamp) -> Option<prost_types::Timestamp> {
    Some(convert::timestamp(time))
}

/// v1 details of something removed that was not there: the owner only.
pub(crate) fn removed(receipt: Option<Receipt>, owner: &str) -> Option<ObjectDetails> {
    match receipt {
        Some(receipt) => convert::changed(&receipt),
        None => Some(ObjectDetails { resource_owner: owner.to_owned(), ..ObjectDetails::default() }),
    }
}

/// One of the names in a stored JSON list compares by this method. The quotes of the list delimit the names.
pub(crate) fn listed(column: &'static str, lower: &'static str, method: TextMethod, name: &str) -> Condition {
    use TextMethod as By;
    let quoted = serde_json::Value::from(name).to_string();
    let inner = &quoted[1..quoted.len() - 1];
    let (method, pattern) = match method {
        By::Equals => (By::Contains, quoted.clone()),
        By::EqualsIgnoreCase => (By::ContainsIgnoreCase, quoted.clone()),
        By::StartsWith => (By::Contains, format!("\"{inner}")),
        By::StartsWithIgnoreCase => (By::ContainsIgnoreCase, format!("\"{inner}")),
        By::Contains | By::ContainsIgnoreCase => (method, inner.to_owned()),
        By::EndsWith => (By::Contains, format!("{inner}\"")),
        By::EndsWithIgnoreCase => (By::ContainsIgnoreCase, format!("{inner}\"")),
    };
    if method != By::ContainsIgnoreCase {
        return Condition::text(column, lower, method, &pattern);
    }
    // Most keys are in lower case, and looking at these first saves that of the others.
    Condition::any([
        Condition::text(column, column, method, &pattern),
        Condition::text(column, lower, method, &pattern),
    ])
    .row_by_row()
}

/// The names that are in `all` and not in `removed`, in their order.
pub(crate) fn without(all: &[String], removed: &[String]) -> Vec<String> {
    all.iter().filter(|name| !removed.contains(name)).cloned().collect()
}

/// Something that is to be removed is not there: that is as good as removed, but only for callers who may remove such things
/// somewhere.
pub(crate) fn require_somewhere(ctx: &Context, permission: Permission) -> Result<()> {
    match ctx.caller.visibility(permission) {
        Visibility::Some { orgs, projects, grants } if orgs.is_empty() && projects.is_empty() && grants.is_empty() => {
            ctx.require(permission, &ctx.caller.org, None)
        }
        Visibility::All | Visibility::Some { .. } => Ok(()),
    }
}
