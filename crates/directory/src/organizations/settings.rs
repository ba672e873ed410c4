//! What an organization sets for itself besides policies. RPCs: settings v2 and v2beta Set-, Delete-, ListOrganizationSettings.
//! Document `organization_settings`. Events `settings.organization.set`, `.removed`. Rules: spec api.md 4.9.

use castellan_db::query::{Condition, Select, VisibleColumns};
use castellan_kernel::{Fault, Owner, Permission, Receipt, Result, Timestamp};
use castellan_proto::methods::{settings_v2, settings_v2beta};
use castellan_proto::zitadel::settings::{v2, v2beta};
use castellan_rpc::{Aggregate, AuditEvent, Context, Registry, convert};
use castellan_settings::wire::{twin, via};
use castellan_settings::{OrganizationSettings, store};
use serde::Serialize;

use super::sql;
use crate::users::login_names;

const INVALID: Fault = Fault::invalid("COMMAND-zI4z7cLLRJ", "Errors.Org.Settings.Invalid");
const NOT_FOUND: Fault = Fault::not_found("COMMAND-oDzwP5kmdP", "Errors.NotFound");
const ID_MISSING: Fault = Fault::invalid("COMMAND-eU5hkMy3Pf", "Errors.IDMissing");
const FILTER_INVALID: Fault = Fault::invalid("QUERY-qNPeOXlMwj", "Errors.Query.InvalidRequest");

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SettingsSet {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    organization_scoped_usernames: bool,
}

impl AuditEvent for SettingsSet {
    const TYPE: &'static str = "settings.organization.set";
}

#[derive(Serialize)]
struct SettingsRemoved {}

impl AuditEvent for SettingsRemoved {
    const TYPE: &'static str = "settings.organization.removed";
}

pub(super) fn register(registry: &mut Registry) {
    registry
        .room("directory/organizations/settings")
        .command::<settings_v2::SetOrganizationSettings>(v2_set)
        .command::<settings_v2::DeleteOrganizationSettings>(v2_delete)
        .query::<settings_v2::ListOrganizationSettings>(v2_list)
        .command::<settings_v2beta::SetOrganizationSettings>(v2beta_set)
        .command::<settings_v2beta::DeleteOrganizationSettings>(v2beta_delete)
        .query::<settings_v2beta::ListOrganizationSettings>(v2beta_list);
}

/// Sets whether user names are unique within the organization only; `None` when nothing is stored and nothing was to change.
async fn set(ctx: &mut Context, org_id: &str, scoped: Option<bool>) -> Result<Option<Timestamp>> {
    if org_id.is_empty() {
        return Err(INVALID.into());
    }
    ctx.require(Permission::IamPolicyWrite, org_id, None)?;
    let owner = Owner::Org(org_id.to_owned());
    let tx = ctx.tx().await?;
    if !sql::exists(tx, org_id).await? {
        return Err(NOT_FOUND.into());
    }
    let stored = store::get::<OrganizationSettings>(tx, &owner).await?;
    let held = stored.as_ref().map(|stored| stored.value.organization_scoped_usernames);
    let Some(organization_scoped_usernames) = scoped.filter(|scoped| held != Some(*scoped)) else {
        return Ok(stored.map(|stored| stored.changed_at));
    };
    let event = SettingsSet { organization_scoped_usernames };
    let receipt = ctx.record(&aggregate(org_id), &event).await?;
    let tx = ctx.tx().await?;
    store::put(tx, &owner, &OrganizationSettings { organization_scoped_usernames }, &receipt).await?;
    login_names::refresh_org(tx, org_id).await?;
    Ok(Some(receipt.changed_at))
}

/// `None` when nothing was stored.
async fn delete(ctx: &mut Context, org_id: &str) -> Result<Option<Receipt>> {
    if org_id.is_empty() {
        return Err(ID_MISSING.into());
    }
    ctx.require(Permission::IamPolicyDelete, org_id, None)?;
    if !store::reset::<OrganizationSettings>(ctx.tx().await?, &Owner::Org(org_id.to_owned())).await? {
        return Ok(None);
    }
    let receipt = ctx.record(&aggregate(org_id), &SettingsRemoved {}).await?;
    login_names::refresh_org(ctx.tx().await?, org_id).await?;
    Ok(Some(receipt))
}

fn aggregate(org_id: &str) -> Aggregate {
    Aggregate::new("organization_settings", org_id, org_id)
}

async fn v2_set(
    ctx: &mut Context,
    request: v2::SetOrganizationSettingsRequest,
) -> Result<v2::SetOrganizationSettingsResponse> {
    let set_at = set(ctx, &request.organization_id, request.organization_scoped_usernames).await?;
    Ok(v2::SetOrganizationSettingsResponse { set_date: set_at.map(convert::timestamp) })
}

async fn v2_delete(
    ctx: &mut Context,
    request: v2::DeleteOrganizationSettingsRequest,
) -> Result<v2::DeleteOrganizationSettingsResponse> {
    let receipt = delete(ctx, &request.organization_id).await?;
    let deletion_date = receipt.map(|receipt| convert::timestamp(receipt.changed_at));
    Ok(v2::DeleteOrganizationSettingsResponse { deletion_date })
}

async fn v2_list(
    ctx: &mut Context,
    request: v2::ListOrganizationSettingsRequest,
) -> Result<v2::ListOrganizationSettingsResponse> {
    use v2::organization_settings_search_filter::Filter;
    let page = convert::page_filter_v2(ctx.env().page_limits, request.pagination.as_ref())?;
    let visibility = ctx.caller.visibility(Permission::IamPolicyRead);
    let mut select = Select::instance(
        "organization settings",
        "s.org_id, s.value, s.created_at, s.changed_at",
        "settings s WHERE s.instance_id = $1 AND s.kind = 'organization_settings' AND s.org_id <> ''",
    )
    .and(Condition::visible(&visibility, &VisibleColumns::org("s.org_id")))
    .page(page);
    for filter in request.filters {
        select = select.and(match filter.filter.ok_or(FILTER_INVALID)? {
            Filter::InOrganizationIdsFilter(filter) if filter.ids.is_empty() => return Err(FILTER_INVALID.into()),
            Filter::InOrganizationIdsFilter(filter) => Condition::in_list("s.org_id", filter.ids),
            Filter::OrganizationScopedUsernamesFilter(filter) => {
                let organization_scoped_usernames = filter.organization_scoped_usernames;
                // The document has this one field, so its text tells the value.
                let text = serde_json::to_string(&OrganizationSettings { organization_scoped_usernames })
                    .map_err(castellan_kernel::Error::internal)?;
                Condition::equals("s.value", text)
            }
        });
    }
    let column = request.sorting_column.unwrap_or_default();
    let select = match v2::OrganizationSettingsFieldName::try_from(column) {
        Ok(v2::OrganizationSettingsFieldName::OrganizationId) => select.order_by(&["s.org_id"]),
        Ok(v2::OrganizationSettingsFieldName::ChangeDate) => select.order_by(&["s.changed_at", "s.org_id"]),
        _ => select.order_by(&["s.created_at", "s.org_id"]),
    };
    let list = ctx
        .read()
        .await?
        .list(&select, |row| {
            let value: OrganizationSettings = row.json(1)?;
            Ok(v2::OrganizationSettings {
                organization_id: row.text(0)?,
                creation_date: Some(convert::timestamp(row.timestamp(2)?)),
                change_date: Some(convert::timestamp(row.timestamp(3)?)),
                organization_scoped_usernames: value.organization_scoped_usernames,
            })
        })
        .await?;
    Ok(v2::ListOrganizationSettingsResponse {
        pagination: convert::pagination_v2(list.total, &page),
        organization_settings: list.items,
    })
}

async fn v2beta_set(
    ctx: &mut Context,
    request: v2beta::SetOrganizationSettingsRequest,
) -> Result<v2beta::SetOrganizationSettingsResponse> {
    via(v2_set(ctx, twin(&request)?).await)
}

async fn v2beta_delete(
    ctx: &mut Context,
    request: v2beta::DeleteOrganizationSettingsRequest,
) -> Result<v2beta::DeleteOrganizationSettingsResponse> {
    via(v2_delete(ctx, twin(&request)?).await)
}

async fn v2beta_list(
    ctx: &mut Context,
    request: v2beta::ListOrganizationSettingsRequest,
) -> Result<v2beta::ListOrganizationSettingsResponse> {
    via(v2_list(ctx, twin(&request)?).await)
}

#[cfg(test)]
mod tests {
    use castellan_db::testing::on_each_engine;

    use super::*;
    use crate::users::testing::{World, events, id};

    fn scoped(org: &str, scoped: bool) -> v2::SetOrganizationSettingsRequest {
        v2::SetOrganizationSettingsRequest { organization_id: org.into(), organization_scoped_usernames: Some(scoped) }
    }

    async fn listed(ctx: &mut Context, filter: Option<bool>) -> Vec<String> {
        use v2::organization_settings_search_filter::Filter;
        let filters = filter.into_iter().map(|organization_scoped_usernames| {
            let filter = v2::OrganizationScopedUsernamesFilter { organization_scoped_usernames };
            v2::OrganizationSettingsSearchFilter { filter: Some(Filter::OrganizationScopedUsernamesFilter(filter)) }
        });
        let request = v2::ListOrganizationSettingsRequest {
            filters: filters.collect(),
            sorting_column: Some(v2::OrganizationSettingsFieldName::OrganizationId as i32),
            ..Default::default()
        };
        let list = v2_list(ctx, request).await.unwrap();
        list.organization_settings.into_iter().map(|settings| settings.organization_id).collect()
    }

    #[tokio::test]
    async fn scoped_names_may_be_the_same_in_two_organizations() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            for _ in 0..2 {
                let mut ctx = world.iam("IAM_OWNER");
                assert!(v2_set(&mut ctx, scoped("o1", true)).await.unwrap().set_date.is_some());
                ctx.commit().await.unwrap();
            }
            world.machine("o1", "robot").await;
            world.machine("o2", "robot").await;
            let recorded = events(&mut world.internal(), "organization_settings", "o1").await;
            assert_eq!(recorded.len(), 1);
            assert_eq!(id(v2_set(&mut world.iam("IAM_OWNER"), scoped("o1", false)).await), "V3-DKcYh");
            let request = v2::DeleteOrganizationSettingsRequest { organization_id: "o1".into() };
            assert_eq!(id(v2_delete(&mut world.iam("IAM_OWNER"), request).await), "V3-DKcYh");
        })
        .await;
    }

    #[tokio::test]
    async fn settings_are_listed_and_removed_once() {
        on_each_engine(|db| async {
            let world = World::new(db).await;
            for (org, value) in [("o1", true), ("o2", false)] {
                let mut ctx = world.iam("IAM_OWNER");
                v2_set(&mut ctx, scoped(org, value)).await.unwrap();
                ctx.commit().await.unwrap();
            }
            assert_eq!(listed(&mut world.iam("IAM_OWNER"), None).await, ["o2", "o1"]);
            assert_eq!(listed(&mut world.iam("IAM_OWNER"), Some(true)).await, ["o1"]);
            assert!(listed(&mut world.other_instance(), None).await.is_empty());
            assert!(listed(&mut world.org("o1", "ORG_OWNER"), None).await.is_empty());
            for expected in [true, false] {
                let mut ctx = world.iam("IAM_OWNER");
                let request = v2::DeleteOrganizationSettingsRequest { organization_id: "o1".into() };
                assert_eq!(v2_delete(&mut ctx, request).await.unwrap().deletion_date.is_some(), expected);
                ctx.commit().await.unwrap();
            }
            assert_eq!(id(v2_set(&mut world.iam("IAM_OWNER"), scoped("gone", true)).await), "COMMAND-oDzwP5kmdP");
            assert_eq!(id(v2_set(&mut world.org("o1", "ORG_OWNER"), scoped("o1", true)).await), "AUTH-AWfge");
        })
        .await;
    }
}
