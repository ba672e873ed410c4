//! v2beta: the same commands under other field names; conversion only, no rules.

use castellan_kernel::{Fault, Kind, Result, TextMethod};
use castellan_proto::zitadel::org::v2beta;
use castellan_rpc::{Context, convert};
use castellan_settings::wire::twin;

use super::admins::{Admin, NewAdmin, Who, human_from_v2};
use super::create::create_with_admins;
use super::query::{Filter, Sorting};
use super::{Organization, command, query};

const QUERY_INVALID: Fault = Fault::invalid("ORG-vR9nC", "List.Query.Invalid");
const USER_TYPE: Fault =
    Fault::new(Kind::Unimplemented, "ORGv2-SL2r8", "userType oneOf %T in method AddOrganization not implemented");

pub(super) async fn create(
    ctx: &mut Context,
    request: v2beta::CreateOrganizationRequest,
) -> Result<v2beta::CreateOrganizationResponse> {
    use v2beta::create_organization_request::admin::UserType;
    use v2beta::organization_admin::OrganizationAdmin as Wire;
    let mut admins = Vec::with_capacity(request.admins.len());
    for admin in request.admins {
        let roles = admin.roles;
        let who = match admin.user_type {
            Some(UserType::UserId(user_id)) => Who::User(user_id),
            Some(UserType::Human(human)) => human_from_v2(twin(&human)?)?,
            None => return Err(USER_TYPE.into()),
        };
        admins.push(NewAdmin { who, roles });
    }
    let created = create_with_admins(ctx, request.id, &request.name, admins).await?;
    let shown = |admin| v2beta::OrganizationAdmin {
        organization_admin: Some(match admin {
            Admin::Assigned(user_id) => Wire::AssignedAdmin(v2beta::AssignedAdmin { user_id }),
            Admin::Created(human) => Wire::CreatedAdmin(v2beta::CreatedAdmin {
                user_id: human.user_id,
                email_code: human.email_code,
                phone_code: human.phone_code,
            }),
        }),
    };
    Ok(v2beta::CreateOrganizationResponse {
        creation_date: Some(convert::timestamp(created.receipt.changed_at)),
        id: created.id,
        organization_admins: created.admins.into_iter().map(shown).collect(),
    })
}

pub(super) async fn update(
    ctx: &mut Context,
    request: v2beta::UpdateOrganizationRequest,
) -> Result<v2beta::UpdateOrganizationResponse> {
    let receipt = command::rename(ctx, &request.id, &request.name).await?;
    Ok(v2beta::UpdateOrganizationResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn deactivate(
    ctx: &mut Context,
    request: v2beta::DeactivateOrganizationRequest,
) -> Result<v2beta::DeactivateOrganizationResponse> {
    let receipt = command::deactivate(ctx, &request.id).await?;
    Ok(v2beta::DeactivateOrganizationResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn activate(
    ctx: &mut Context,
    request: v2beta::ActivateOrganizationRequest,
) -> Result<v2beta::ActivateOrganizationResponse> {
    let receipt = command::reactivate(ctx, &request.id).await?;
    Ok(v2beta::ActivateOrganizationResponse { change_date: Some(convert::timestamp(receipt.changed_at)) })
}

pub(super) async fn delete(
    ctx: &mut Context,
    request: v2beta::DeleteOrganizationRequest,
) -> Result<v2beta::DeleteOrganizationResponse> {
    let receipt = command::remove(ctx, &request.id).await?;
    let deletion_date = receipt.map(|receipt| convert::timestamp(receipt.changed_at));
    Ok(v2beta::DeleteOrganizationResponse { deletion_date })
}

pub(super) async fn list(
    ctx: &mut Context,
    request: v2beta::ListOrganizationsRequest,
) -> Result<v2beta::ListOrganizationsResponse> {
    use v2beta::organization_search_filter::Filter as Wire;
    let sorting = match request.sorting_column() {
        v2beta::OrgFieldName::Name => Sorting::Name,
        v2beta::OrgFieldName::Unspecified | v2beta::OrgFieldName::CreationDate => Sorting::Created,
    };
    let pagination = request.pagination.as_ref().map(twin).transpose()?;
    let page = convert::page_filter_v2(ctx.env().page_limits, pagination.as_ref())?;
    let method = |number| TextMethod::from_number(number).ok_or(QUERY_INVALID);
    let filters = request
        .filter
        .into_iter()
        .map(|filter| {
            Ok(match filter.filter.ok_or(QUERY_INVALID)? {
                Wire::NameFilter(filter) => Filter::Name(filter.name, method(filter.method)?),
                Wire::DomainFilter(filter) => Filter::Domain(filter.domain, method(filter.method)?),
                Wire::StateFilter(filter) => Filter::State(filter.state),
                Wire::IdFilter(filter) => Filter::Id(filter.id),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    let list = query::list(ctx, filters, &sorting, page).await?;
    Ok(v2beta::ListOrganizationsResponse {
        pagination: convert::pagination_v2(list.total, &page).as_ref().map(twin).transpose()?,
        organizations: list.items.iter().map(wire).collect(),
    })
}

fn wire(organization: &Organization) -> v2beta::Organization {
    v2beta::Organization {
        id: organization.id.clone(),
        creation_date: Some(convert::timestamp(organization.created_at)),
        changed_date: Some(convert::timestamp(organization.changed_at)),
        state: query::state_number(organization.state),
        name: organization.name.clone(),
        primary_domain: organization.primary_domain.clone(),
    }
}
