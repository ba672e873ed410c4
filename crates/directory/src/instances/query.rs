//! Reading instances with their domains.

use std::collections::HashMap;

use castellan_db::query::{Condition, List};
use castellan_kernel::{Fault, Page, Result};
use castellan_rpc::Context;

use super::domains::{self, InstanceDomain};
use super::{StoredInstance, sql};

const NOT_FOUND: Fault = Fault::not_found("QUERY-n0wng", "Errors.Instance.NotFound");
const QUERY_INVALID: Fault = Fault::invalid("INST-3m0se", "List.Query.Invalid");

/// What a list of instances can be narrowed by.
pub(super) enum Filter {
    Ids(Vec<String>),
    Domains(Vec<String>),
}

#[derive(Clone, Copy)]
pub(super) enum Sorting {
    Created,
    Id,
    Name,
}

/// The context's instance.
pub(super) async fn get(ctx: &mut Context) -> Result<(StoredInstance, Vec<InstanceDomain>)> {
    let id = ctx.instance.id.clone();
    let connection = ctx.read().await?;
    let stored = sql::find(connection, &id).await?.ok_or(NOT_FOUND)?;
    let domains = domains::of_instances(connection, vec![id]).await?;
    Ok((stored, domains))
}

/// Instances of the whole system. The door has checked a permission of the system.
pub(super) async fn list(
    ctx: &mut Context,
    filters: Vec<Filter>,
    sorting: Sorting,
    page: Page,
) -> Result<List<(StoredInstance, Vec<InstanceDomain>)>> {
    let mut select = sql::select().page(page);
    for filter in filters {
        select = select.and(match filter {
            Filter::Ids(ids) if ids.is_empty() => return Err(QUERY_INVALID.into()),
            Filter::Domains(domains) if domains.is_empty() => return Err(QUERY_INVALID.into()),
            Filter::Ids(ids) => Condition::in_list("i.id", ids),
            Filter::Domains(domains) => Condition::any(domains.into_iter().map(|domain| {
                Condition::sql(
                    "i.id IN (SELECT instance_id FROM instance_domains WHERE domain = ?)",
                    [domain.to_lowercase().into()],
                )
            })),
        });
    }
    let select = match sorting {
        Sorting::Created => select.order_by(&["i.created_at", "i.id"]),
        Sorting::Id => select.order_by(&["i.id"]),
        Sorting::Name => select.order_by(&["i.name_lower", "i.id"]),
    };
    let connection = ctx.read().await?;
    let list = connection.list(&select, sql::read).await?;
    let ids = list.items.iter().map(|stored| stored.instance.id.clone()).collect();
    let mut domains: HashMap<String, Vec<InstanceDomain>> = HashMap::new();
    for domain in domains::of_instances(connection, ids).await? {
        domains.entry(domain.instance_id.clone()).or_default().push(domain);
    }
    let with_domains = |stored: StoredInstance| {
        let own = domains.remove(&stored.instance.id).unwrap_or_default();
        (stored, own)
    };
    Ok(List { items: list.items.into_iter().map(with_domains).collect(), total: list.total })
}
