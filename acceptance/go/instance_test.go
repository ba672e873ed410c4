// Package acceptance tests a running server with the published client for Go, over gRPC: the v1 services and v2beta.
//
// Run with: acceptance/lib/with-server sqlite go test -C acceptance/go ./...
package acceptance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client"
	"github.com/zitadel/zitadel-go/v3/pkg/client/middleware"
	systemclient "github.com/zitadel/zitadel-go/v3/pkg/client/system"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/auth"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/system"
	"github.com/zitadel/zitadel-go/v3/pkg/zitadel"
	"google.golang.org/grpc"
)

// unknown is an id that nothing has.
const unknown = "1"

var ctx = context.Background()

// world is an instance of one's own, made through the System API. Its owner, a service user, has the roles IAM_OWNER and ORG_OWNER.
type world struct {
	*client.Client
	id, domain, token, orgID, ownerID string
}

// answered gives the answer of a call that must succeed: answered(client.Call(ctx, request))(t).
func answered[T any](answer T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
}

// server is the address of the server under test.
func server(t *testing.T) *url.URL {
	t.Helper()
	address, err := url.Parse(os.Getenv("BASE_URL"))
	if err != nil || address.Host == "" || os.Getenv("SYSTEM_KEY") == "" {
		t.Fatal("run this with acceptance/lib/with-server sqlite go test -C acceptance/go ./...")
	}
	return address
}

// systemUser is the client of the System API for the user who signs its own tokens.
func systemUser(t *testing.T) *systemclient.Client {
	t.Helper()
	address := server(t)
	key := systemclient.JWTProfileFromPath(os.Getenv("SYSTEM_KEY"), "superuser")
	made := answered(systemclient.NewClient(ctx, address.String(), address.Host, key, systemclient.WithInsecure()))(t)
	t.Cleanup(func() { _ = made.Connection.Close() })
	return made
}

// freshDomain is a domain that no other instance has.
func freshDomain(name string) string {
	random := make([]byte, 6)
	_, _ = rand.Read(random)
	return fmt.Sprintf("%s-%s.localhost", name, hex.EncodeToString(random))
}

// freshInstance makes an instance.
func freshInstance(t *testing.T, name string) *world {
	t.Helper()
	owner := &system.CreateInstanceRequest_Machine{
		UserName:            "owner",
		Name:                "Owner",
		PersonalAccessToken: &system.CreateInstanceRequest_PersonalAccessToken{},
	}
	made := answered(systemUser(t).CreateInstance(ctx, &system.CreateInstanceRequest{
		InstanceName: name,
		FirstOrgName: "Home",
		CustomDomain: freshDomain(name),
		Owner:        &system.CreateInstanceRequest_Machine_{Machine: owner},
	}))(t)
	domains := answered(systemUser(t).ListDomains(ctx, &system.ListDomainsRequest{InstanceId: made.InstanceId}))(t)
	fresh := &world{id: made.InstanceId, token: made.Pat}
	for _, domain := range domains.Result {
		if domain.Primary {
			fresh.domain = domain.Domain
		}
	}
	fresh.Client = fresh.as(t, made.Pat)
	fresh.orgID = answered(fresh.ManagementService().GetMyOrg(ctx, &management.GetMyOrgRequest{}))(t).Org.Id
	fresh.ownerID = answered(fresh.AuthService().GetMyUser(ctx, &auth.GetMyUserRequest{}))(t).User.Id
	return fresh
}

// as gives clients that call the instance with this token, by its domain as the authority.
func (i *world) as(t *testing.T, token string) *client.Client {
	t.Helper()
	address := server(t)
	return answered(client.New(ctx, zitadel.New(address.Hostname(), zitadel.WithInsecure(address.Port())),
		client.WithAuth(client.PAT(token)), client.WithGRPCDialOptions(grpc.WithAuthority(i.domain))))(t)
}

// in is the context of another organization.
func in(orgID string) context.Context { return middleware.SetOrgID(ctx, orgID) }

// member makes a service user of an organization with these roles there, and gives its id and clients.
func (i *world) member(t *testing.T, orgID, name string, roles ...string) (string, *client.Client) {
	t.Helper()
	api := i.ManagementService()
	user := answered(api.AddMachineUser(in(orgID), &management.AddMachineUserRequest{UserName: name, Name: name}))(t).UserId
	if len(roles) > 0 {
		answered(api.AddOrgMember(in(orgID), &management.AddOrgMemberRequest{UserId: user, Roles: roles}))(t)
	}
	token := answered(api.AddPersonalAccessToken(in(orgID), &management.AddPersonalAccessTokenRequest{UserId: user}))(t).Token
	return user, i.as(t, token)
}

// organization makes another organization, and an owner of it who has no rights anywhere else.
func (i *world) organization(t *testing.T, name string) (string, *client.Client) {
	t.Helper()
	id := answered(i.ManagementService().AddOrg(ctx, &management.AddOrgRequest{Name: name}))(t).Id
	_, owner := i.member(t, id, "owner-of-"+id, "ORG_OWNER")
	return id, owner
}
