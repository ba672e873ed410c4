package acceptance

import (
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/auth"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/authn"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestServiceUsers(t *testing.T) {
	home := freshInstance(t, "go-service-users")
	api := home.ManagementService()
	other, _ := home.organization(t, "Elsewhere")
	make := func(t *testing.T, name string) string {
		return answered(api.AddMachineUser(ctx, &management.AddMachineUserRequest{UserName: name, Name: "The " + name}))(t).UserId
	}

	t.Run("a service user is made, read and changed", func(t *testing.T) {
		id := make(t, "robot")
		answered(api.UpdateMachine(ctx, &management.UpdateMachineRequest{UserId: id, Name: "Robot", Description: "Works"}))(t)
		seen := answered(api.GetUserByID(ctx, &management.GetUserByIDRequest{Id: id}))(t).User.GetMachine()
		equal(t, seen.Name+" "+seen.Description, "Robot Works")
		_, err := api.UpdateMachine(ctx, &management.UpdateMachineRequest{UserId: id, Name: "Robot", Description: "Works"})
		refused(t, precondition, "COMMAND-2n8vs", err)
	})

	t.Run("keys, tokens and secrets are made, read and removed", func(t *testing.T) {
		id := make(t, "credentials")
		key := answered(api.AddMachineKey(ctx, &management.AddMachineKeyRequest{UserId: id, Type: authn.KeyType_KEY_TYPE_JSON}))(t)
		seen := answered(api.GetMachineKeyByIDs(ctx, &management.GetMachineKeyByIDsRequest{UserId: id, KeyId: key.KeyId}))(t)
		equal(t, seen.Key.Id, key.KeyId)
		answered(api.RemoveMachineKey(ctx, &management.RemoveMachineKeyRequest{UserId: id, KeyId: key.KeyId}))(t)
		_, err := api.RemoveMachineKey(ctx, &management.RemoveMachineKeyRequest{UserId: id, KeyId: key.KeyId})
		refused(t, notFound, "COMMAND-4m77G", err)
		token := answered(api.AddPersonalAccessToken(ctx, &management.AddPersonalAccessTokenRequest{UserId: id}))(t)
		mine := home.as(t, token.Token)
		equal(t, answered(mine.AuthService().GetMyUser(ctx, &auth.GetMyUserRequest{}))(t).User.Id, id)
		answered(api.RemovePersonalAccessToken(ctx, &management.RemovePersonalAccessTokenRequest{UserId: id, TokenId: token.TokenId}))(t)
		_, err = mine.AuthService().GetMyUser(ctx, &auth.GetMyUserRequest{})
		refused(t, codes.Unauthenticated, "AUTH-7fs1e", err)
		secret := answered(api.GenerateMachineSecret(ctx, &management.GenerateMachineSecretRequest{UserId: id}))(t)
		equal(t, len(secret.ClientSecret), 64)
		answered(api.RemoveMachineSecret(ctx, &management.RemoveMachineSecretRequest{UserId: id}))(t)
		_, err = api.RemoveMachineSecret(ctx, &management.RemoveMachineSecretRequest{UserId: id})
		refused(t, precondition, "COMMAND-coi82n", err)
	})

	robot := make(t, "refusals")
	key := func(user string, expiry *timestamppb.Timestamp) func() error {
		return failing(func() (*management.AddMachineKeyResponse, error) {
			return api.AddMachineKey(ctx, &management.AddMachineKeyRequest{UserId: user, Type: authn.KeyType_KEY_TYPE_JSON, ExpirationDate: expiry})
		})
	}
	add := func(name, display string) func() error {
		return failing(func() (*management.AddMachineUserResponse, error) {
			return api.AddMachineUser(ctx, &management.AddMachineUserRequest{UserName: name, Name: display})
		})
	}
	refuses(t, []refusal{
		{"no username", invalid, "AddMachineUserRequest.UserName", add("", "X")},
		{"no name", invalid, "AddMachineUserRequest.Name", add("x", "")},
		{"a name that is too long", invalid, "AddMachineUserRequest.Name", add("x", tooLong)},
		{"a username that is taken", exists, "V3-DKcYh", add("Refusals", "X")},
		{"a key that ended", invalid, "DOMAIN-dv3t5", key(robot, &timestamppb.Timestamp{Seconds: 1})},
		{"a key for an unknown user", precondition, "COMMAND-bnipwm1", key(unknown, nil)},
		{"a token for an unknown user", precondition, "COMMAND-Dggw2", failing(func() (*management.AddPersonalAccessTokenResponse, error) {
			return api.AddPersonalAccessToken(ctx, &management.AddPersonalAccessTokenRequest{UserId: unknown})
		})},
		{"a secret for a user of another organization", precondition, "COMMAND-x8910n", failing(func() (*management.GenerateMachineSecretResponse, error) {
			return api.GenerateMachineSecret(in(other), &management.GenerateMachineSecretRequest{UserId: robot})
		})},
	})
}
