package acceptance

import (
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/admin"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/event"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/instance"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/member"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings"
	settingsv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/settings/v2beta"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/system"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestInstances(t *testing.T) {
	home, neighbour := freshInstance(t, "go-instances"), freshInstance(t, "go-neighbour")
	sys, adm, api := systemUser(t), home.AdminService(), home.ManagementService()

	t.Run("an instance is read, renamed and found", func(t *testing.T) {
		answered(sys.UpdateInstance(ctx, &system.UpdateInstanceRequest{InstanceId: home.id, InstanceName: "renamed"}))(t)
		equal(t, answered(adm.GetMyInstance(ctx, &admin.GetMyInstanceRequest{}))(t).Instance.Name, "renamed")
		ids := &instance.Query{Query: &instance.Query_IdQuery{IdQuery: &instance.IdsQuery{Ids: []string{home.id}}}}
		found := answered(sys.ListInstances(ctx, &system.ListInstancesRequest{Queries: []*instance.Query{ids}}))(t).Result
		same(t, names(found, (*instance.Instance).GetName), []string{"renamed"})
	})

	t.Run("a domain leads to the instance from its addition to its removal", func(t *testing.T) {
		domain := freshDomain("custom")
		answered(sys.AddDomain(ctx, &system.AddDomainRequest{InstanceId: home.id, Domain: domain}))(t)
		moved := *home
		moved.domain = domain
		call := func() error {
			_, err := moved.as(t, home.token).ManagementService().GetMyOrg(ctx, &management.GetMyOrgRequest{})
			return err
		}
		equal(t, call(), nil)
		_, err := sys.AddDomain(ctx, &system.AddDomainRequest{InstanceId: neighbour.id, Domain: domain})
		refused(t, exists, "V3-DKcYh", err)
		answered(sys.RemoveDomain(ctx, &system.RemoveDomainRequest{InstanceId: home.id, Domain: domain}))(t)
		_, err = sys.RemoveDomain(ctx, &system.RemoveDomainRequest{InstanceId: home.id, Domain: domain})
		refused(t, notFound, "INSTANCE-8ls9f", err)
		if call() == nil {
			t.Fatal("a removed domain still leads to the instance")
		}
	})

	t.Run("a blocked instance answers nothing", func(t *testing.T) {
		block := true
		answered(sys.SetLimits(ctx, &system.SetLimitsRequest{InstanceId: neighbour.id, Block: &block}))(t)
		_, err := neighbour.ManagementService().GetMyOrg(ctx, &management.GetMyOrgRequest{})
		refused(t, codes.ResourceExhausted, "LIMITS-molsj", err)
		answered(sys.ResetLimits(ctx, &system.ResetLimitsRequest{InstanceId: neighbour.id}))(t)
		answered(neighbour.ManagementService().GetMyOrg(ctx, &management.GetMyOrgRequest{}))(t)
	})

	t.Run("administrators of the instance are added, listed, changed and removed", func(t *testing.T) {
		robot, mine := home.member(t, home.orgID, "robot")
		read := func() error {
			_, err := mine.AdminService().GetMyInstance(ctx, &admin.GetMyInstanceRequest{})
			return err
		}
		refused(t, notFound, "AUTHZ-cdgFk", read())
		answered(adm.AddIAMMember(ctx, &admin.AddIAMMemberRequest{UserId: robot, Roles: []string{"IAM_OWNER_VIEWER"}}))(t)
		equal(t, read(), nil)
		_, err := adm.AddIAMMember(ctx, &admin.AddIAMMemberRequest{UserId: robot, Roles: []string{"IAM_OWNER"}})
		refused(t, exists, "INSTA-pFDwe", err)
		_, err = adm.UpdateIAMMember(ctx, &admin.UpdateIAMMemberRequest{UserId: robot, Roles: []string{"ORG_OWNER"}})
		refused(t, invalid, "INSTANCE-3m9fs", err)
		list := answered(adm.ListIAMMembers(ctx, &admin.ListIAMMembersRequest{}))(t).Result
		equal(t, len(names(list, (*member.Member).GetUserId)), 2)
		answered(adm.RemoveIAMMember(ctx, &admin.RemoveIAMMemberRequest{UserId: robot}))(t)
		refused(t, notFound, "AUTHZ-cdgFk", read())
	})

	t.Run("an organization overrides a setting of the instance until it resets", func(t *testing.T) {
		answered(adm.UpdateLockoutPolicy(ctx, &admin.UpdateLockoutPolicyRequest{MaxPasswordAttempts: 9}))(t)
		_, err := adm.UpdateLockoutPolicy(ctx, &admin.UpdateLockoutPolicyRequest{MaxPasswordAttempts: 9})
		refused(t, precondition, "INSTANCE-0psjF", err)
		effective := func() uint64 {
			return answered(home.SettingsService().GetLockoutSettings(ctx, &settingsv2.GetLockoutSettingsRequest{}))(t).Settings.MaxPasswordAttempts
		}
		equal(t, effective(), 9)
		_, err = api.UpdateCustomLockoutPolicy(ctx, &management.UpdateCustomLockoutPolicyRequest{MaxPasswordAttempts: 5})
		refused(t, notFound, "ORG-ADfs1", err)
		answered(api.AddCustomLockoutPolicy(ctx, &management.AddCustomLockoutPolicyRequest{MaxPasswordAttempts: 5}))(t)
		equal(t, effective(), 5)
		_, err = api.AddCustomLockoutPolicy(ctx, &management.AddCustomLockoutPolicyRequest{MaxPasswordAttempts: 5})
		refused(t, exists, "ORG-0olDf", err)
		answered(api.ResetLockoutPolicyToDefault(ctx, &management.ResetLockoutPolicyToDefaultRequest{}))(t)
		_, err = api.ResetLockoutPolicyToDefault(ctx, &management.ResetLockoutPolicyToDefaultRequest{})
		refused(t, notFound, "ORG-D4zuz", err)
		equal(t, effective(), 9)
	})

	t.Run("texts and generators of codes are changed and read", func(t *testing.T) {
		answered(adm.SetDefaultInitMessageText(ctx, &admin.SetDefaultInitMessageTextRequest{Language: "en", Text: "Welcome"}))(t)
		text := answered(api.GetCustomInitMessageText(ctx, &management.GetCustomInitMessageTextRequest{Language: "en"}))(t).CustomText
		equal(t, text.Text, "Welcome")
		answered(adm.ResetCustomInitMessageTextToDefault(ctx, &admin.ResetCustomInitMessageTextToDefaultRequest{Language: "en"}))(t)
		_, err := adm.ResetCustomInitMessageTextToDefault(ctx, &admin.ResetCustomInitMessageTextToDefaultRequest{Language: "en"})
		refused(t, notFound, "INSTANCE-fju90", err)
		request := &admin.UpdateSecretGeneratorRequest{
			GeneratorType: settings.SecretGeneratorType_SECRET_GENERATOR_TYPE_OTP_SMS, Length: 6, Expiry: durationpb.New(60e9), IncludeDigits: true,
		}
		answered(adm.UpdateSecretGenerator(ctx, request))(t)
		_, err = adm.UpdateSecretGenerator(ctx, request)
		refused(t, precondition, "COMMAND-m0o3f", err)
	})

	t.Run("events tell what happened, with who did it", func(t *testing.T) {
		robot, _ := home.member(t, home.orgID, "observed")
		list := answered(adm.ListEvents(ctx, &admin.ListEventsRequest{AggregateId: robot, AggregateTypes: []string{"user"}, Asc: true}))(t).Events
		same(t, names(list, func(e *event.Event) string { return e.Type.Type }), []string{"user.machine.added", "user.pat.added"})
		equal(t, list[0].Editor.UserId, home.ownerID)
		changes := answered(api.ListUserChanges(ctx, &management.ListUserChangesRequest{UserId: robot}))(t).Result
		equal(t, len(changes), 2)
	})

	t.Run("an instance that is removed is gone", func(t *testing.T) {
		answered(sys.RemoveInstance(ctx, &system.RemoveInstanceRequest{InstanceId: neighbour.id}))(t)
		if _, err := neighbour.ManagementService().GetMyOrg(ctx, &management.GetMyOrgRequest{}); err == nil {
			t.Fatal("a removed instance still answers")
		}
	})

	owner := &system.CreateInstanceRequest_Machine_{Machine: &system.CreateInstanceRequest_Machine{UserName: "owner", Name: "Owner"}}
	make := func(name, domain string) func() error {
		return failing(func() (*system.CreateInstanceResponse, error) {
			return sys.CreateInstance(ctx, &system.CreateInstanceRequest{InstanceName: name, CustomDomain: domain, Owner: owner})
		})
	}
	refuses(t, []refusal{
		{"an instance without a name", invalid, "CreateInstanceRequest.InstanceName", make("", freshDomain("x"))},
		{"a name that is too long", invalid, "CreateInstanceRequest.InstanceName", make(tooLong, freshDomain("x"))},
		{"a domain that is taken", exists, "V3-DKcYh", make("X", home.domain)},
		{"limits of nothing", invalid, "COMMAND-4M9vs", failing(func() (*system.SetLimitsResponse, error) {
			return sys.SetLimits(ctx, &system.SetLimitsRequest{InstanceId: home.id})
		})},
		{"limits that are not set", notFound, "COMMAND-9JToT", failing(func() (*system.ResetLimitsResponse, error) {
			return sys.ResetLimits(ctx, &system.ResetLimitsRequest{InstanceId: home.id})
		})},
		{"a token of another instance", codes.Unauthenticated, "AUTH-7fs1e", failing(func() (*management.GetMyOrgResponse, error) {
			return home.as(t, neighbour.token).ManagementService().GetMyOrg(ctx, &management.GetMyOrgRequest{})
		})},
	})
}
