package acceptance

import (
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/org"
)

func TestOrganizations(t *testing.T) {
	home := freshInstance(t, "go-organizations")
	api, adm := home.ManagementService(), home.AdminService()
	other, theirs := home.organization(t, "Elsewhere")

	t.Run("an organization is made, read, renamed, deactivated, reactivated and removed", func(t *testing.T) {
		id := answered(api.AddOrg(ctx, &management.AddOrgRequest{Name: "Acme Corp"}))(t).Id
		read := func() *org.Org { return answered(adm.GetOrgByID(ctx, &admin.GetOrgByIDRequest{Id: id}))(t).Org }
		equal(t, read().PrimaryDomain, "acme-corp."+home.domain)
		answered(api.UpdateOrg(in(id), &management.UpdateOrgRequest{Name: "Acme 2"}))(t)
		equal(t, read().Name, "Acme 2")
		_, err := api.UpdateOrg(in(id), &management.UpdateOrgRequest{Name: "Acme 2"})
		refused(t, precondition, "ORG-4VSdf", err)
		answered(api.DeactivateOrg(in(id), &management.DeactivateOrgRequest{}))(t)
		equal(t, read().State, org.OrgState_ORG_STATE_INACTIVE)
		_, err = api.DeactivateOrg(in(id), &management.DeactivateOrgRequest{})
		refused(t, precondition, "EVENT-Dbs2g", err)
		answered(api.ReactivateOrg(in(id), &management.ReactivateOrgRequest{}))(t)
		answered(adm.RemoveOrg(ctx, &admin.RemoveOrgRequest{OrgId: id}))(t)
		_, err = adm.RemoveOrg(ctx, &admin.RemoveOrgRequest{OrgId: id})
		refused(t, notFound, "COMMA-aps2n", err)
	})

	t.Run("organizations are found by name, state and domain", func(t *testing.T) {
		for _, name := range []string{"find b", "find a"} {
			answered(api.AddOrg(ctx, &management.AddOrgRequest{Name: name}))(t)
		}
		list := func(queries ...*org.OrgQuery) []string {
			request := &admin.ListOrgsRequest{Queries: queries, SortingColumn: org.OrgFieldName_ORG_FIELD_NAME_NAME, Query: &object.ListQuery{Asc: true}}
			return names(answered(adm.ListOrgs(ctx, request))(t).Result, (*org.Org).GetName)
		}
		named := &org.OrgQuery{Query: &org.OrgQuery_NameQuery{NameQuery: &org.OrgNameQuery{Name: "FIND", Method: object.TextQueryMethod_TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE}}}
		domain := &org.OrgQuery{Query: &org.OrgQuery_DomainQuery{DomainQuery: &org.OrgDomainQuery{Domain: "find-a." + home.domain}}}
		inactive := &org.OrgQuery{Query: &org.OrgQuery_StateQuery{StateQuery: &org.OrgStateQuery{State: org.OrgState_ORG_STATE_INACTIVE}}}
		same(t, list(named), []string{"find a", "find b"})
		same(t, list(named, domain), []string{"find a"})
		same(t, list(named, inactive), nil)
	})

	t.Run("domains are added, made primary and removed", func(t *testing.T) {
		answered(api.AddOrgDomain(in(other), &management.AddOrgDomainRequest{Domain: "go.example.com"}))(t)
		answered(api.SetPrimaryOrgDomain(in(other), &management.SetPrimaryOrgDomainRequest{Domain: "go.example.com"}))(t)
		_, err := api.RemoveOrgDomain(in(other), &management.RemoveOrgDomainRequest{Domain: "go.example.com"})
		refused(t, precondition, "ORG-Sjdi3", err)
		answered(api.RemoveOrgDomain(in(other), &management.RemoveOrgDomainRequest{Domain: "elsewhere." + home.domain}))(t)
		left := answered(api.ListOrgDomains(in(other), &management.ListOrgDomainsRequest{}))(t).Result
		same(t, names(left, (*org.Domain).GetDomainName), []string{"go.example.com"})
	})

	t.Run("metadata are set, read and removed", func(t *testing.T) {
		answered(api.SetOrgMetadata(in(other), &management.SetOrgMetadataRequest{Key: "key", Value: []byte("value")}))(t)
		read := answered(api.GetOrgMetadata(in(other), &management.GetOrgMetadataRequest{Key: "key"}))(t)
		equal(t, string(read.Metadata.Value), "value")
		answered(api.RemoveOrgMetadata(in(other), &management.RemoveOrgMetadataRequest{Key: "key"}))(t)
		_, err := api.RemoveOrgMetadata(in(other), &management.RemoveOrgMetadataRequest{Key: "key"})
		refused(t, notFound, "META-mcnw3", err)
	})

	add := func(name string) func() error {
		return failing(func() (*management.AddOrgResponse, error) {
			return api.AddOrg(ctx, &management.AddOrgRequest{Name: name})
		})
	}
	refuses(t, []refusal{
		{"no name", invalid, "AddOrgRequest.Name", add("")},
		{"a name of blanks", invalid, "EVENT-Mf9sd", add("  ")},
		{"a name that is too long", invalid, "AddOrgRequest.Name", add(tooLong)},
		{"a name that is taken", exists, "V3-DKcYh", add("elseWHERE")},
		{"an unknown organization", denied, "AUTH-Bs7Ds", failing(func() (*management.GetMyOrgResponse, error) {
			return api.GetMyOrg(in(unknown), &management.GetMyOrgRequest{})
		})},
		{"the default organization is not removed", precondition, "COMMA-wG9p1", failing(func() (*admin.RemoveOrgResponse, error) {
			return adm.RemoveOrg(ctx, &admin.RemoveOrgRequest{OrgId: home.orgID})
		})},
		{"an owner does not get into another organization", notFound, "AUTHZ-cdgFk", failing(func() (*management.UpdateOrgResponse, error) {
			return theirs.ManagementService().UpdateOrg(in(home.orgID), &management.UpdateOrgRequest{Name: "X"})
		})},
		{"nor removes it", denied, "AUTH-5mWD2", failing(func() (*admin.RemoveOrgResponse, error) {
			return theirs.AdminService().RemoveOrg(ctx, &admin.RemoveOrgRequest{OrgId: home.orgID})
		})},
	})
}
