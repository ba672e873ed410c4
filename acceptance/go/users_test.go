package acceptance

import (
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	objectv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object/v2beta"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user"
	userv2 "github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user/v2beta"
)

func human(name string) *management.AddHumanUserRequest {
	return &management.AddHumanUserRequest{
		UserName:        name,
		Profile:         &management.AddHumanUserRequest_Profile{FirstName: "Ada", LastName: "Lovelace"},
		Email:           &management.AddHumanUserRequest_Email{Email: name + "@example.com", IsEmailVerified: true},
		InitialPassword: "Password1!",
	}
}

func humanV2(orgID, name string) *userv2.AddHumanUserRequest {
	return &userv2.AddHumanUserRequest{
		Organization: &objectv2.Organization{Org: &objectv2.Organization_OrgId{OrgId: orgID}},
		Username:     &name,
		Profile:      &userv2.SetHumanProfile{GivenName: "Grace", FamilyName: "Hopper"},
		Email: &userv2.SetHumanEmail{
			Email:        name + "@example.com",
			Verification: &userv2.SetHumanEmail_ReturnCode{ReturnCode: &userv2.ReturnEmailVerificationCode{}},
		},
	}
}

func TestPeople(t *testing.T) {
	home := freshInstance(t, "go-people")
	api, v2 := home.ManagementService(), home.UserService()
	other, theirs := home.organization(t, "Elsewhere")
	read := func(t *testing.T, id string) *user.User {
		return answered(api.GetUserByID(ctx, &management.GetUserByIDRequest{Id: id}))(t).User
	}

	t.Run("v1: a person is made, read, changed and removed", func(t *testing.T) {
		id := answered(api.AddHumanUser(ctx, human("ada")))(t).UserId
		equal(t, read(t, id).PreferredLoginName, "ada")
		equal(t, read(t, id).GetHuman().Profile.DisplayName, "Ada Lovelace")
		answered(api.UpdateUserName(ctx, &management.UpdateUserNameRequest{UserId: id, UserName: "countess"}))(t)
		profile := &management.UpdateHumanProfileRequest{UserId: id, FirstName: "A", LastName: "L", DisplayName: "AL"}
		answered(api.UpdateHumanProfile(ctx, profile))(t)
		answered(api.UpdateHumanEmail(ctx, &management.UpdateHumanEmailRequest{UserId: id, Email: "al@example.com"}))(t)
		answered(api.UpdateHumanPhone(ctx, &management.UpdateHumanPhoneRequest{UserId: id, Phone: "+41 79 123 45 67"}))(t)
		seen := read(t, id)
		equal(t, seen.UserName, "countess")
		equal(t, seen.GetHuman().Profile.DisplayName, "AL")
		equal(t, seen.GetHuman().Email.IsEmailVerified, false)
		equal(t, seen.GetHuman().Phone.Phone, "+41791234567")
		_, err := api.UpdateHumanProfile(ctx, profile)
		refused(t, precondition, "COMMAND-2M0fs", err)
		answered(api.RemoveUser(ctx, &management.RemoveUserRequest{Id: id}))(t)
		_, err = api.RemoveUser(ctx, &management.RemoveUserRequest{Id: id})
		refused(t, notFound, "COMMAND-m9od", err)
	})

	t.Run("v2beta: a person is made, proves the address, is changed and removed", func(t *testing.T) {
		made := answered(v2.AddHumanUser(ctx, humanV2(home.orgID, "grace")))(t)
		id := made.UserId
		equal(t, len(made.GetEmailCode()), 6)
		_, err := v2.VerifyEmail(ctx, &userv2.VerifyEmailRequest{UserId: id, VerificationCode: "wrong"})
		refused(t, invalid, "COMMAND-eis9R", err)
		answered(v2.VerifyEmail(ctx, &userv2.VerifyEmailRequest{UserId: id, VerificationCode: made.GetEmailCode()}))(t)
		name := "admiral"
		answered(v2.UpdateHumanUser(ctx, &userv2.UpdateHumanUserRequest{UserId: id, Username: &name}))(t)
		seen := answered(v2.GetUserByID(ctx, &userv2.GetUserByIDRequest{UserId: id}))(t).User
		equal(t, seen.Username, "admiral")
		equal(t, seen.GetHuman().Email.IsVerified, true)
		number := answered(v2.SetPhone(ctx, &userv2.SetPhoneRequest{
			UserId: id, Phone: "+41790000000", Verification: &userv2.SetPhoneRequest_ReturnCode{ReturnCode: &userv2.ReturnPhoneVerificationCode{}},
		}))(t)
		answered(v2.VerifyPhone(ctx, &userv2.VerifyPhoneRequest{UserId: id, VerificationCode: number.GetVerificationCode()}))(t)
		answered(v2.RemovePhone(ctx, &userv2.RemovePhoneRequest{UserId: id}))(t)
		_, err = v2.RemovePhone(ctx, &userv2.RemovePhoneRequest{UserId: id})
		refused(t, precondition, "COMMAND-ieJ2e", err)
		reset := answered(v2.PasswordReset(ctx, &userv2.PasswordResetRequest{
			UserId: id, Medium: &userv2.PasswordResetRequest_ReturnCode{ReturnCode: &userv2.ReturnPasswordResetCode{}},
		}))(t)
		password := func(value, code string) error {
			_, err := v2.SetPassword(ctx, &userv2.SetPasswordRequest{
				UserId:       id,
				NewPassword:  &userv2.Password{Password: value},
				Verification: &userv2.SetPasswordRequest_VerificationCode{VerificationCode: code},
			})
			return err
		}
		refused(t, invalid, "CODE-woT0xc", password("Password1!", "wrong"))
		equal(t, password("Password1!", reset.GetVerificationCode()), nil)
		answered(v2.DeleteUser(ctx, &userv2.DeleteUserRequest{UserId: id}))(t)
		_, err = v2.DeleteUser(ctx, &userv2.DeleteUserRequest{UserId: id})
		refused(t, notFound, "COMMAND-bd4ir1mblj", err)
	})

	t.Run("the states of a person, and what is refused in each", func(t *testing.T) {
		id := answered(api.AddHumanUser(ctx, human("states")))(t).UserId
		lock := func() error { _, err := api.LockUser(ctx, &management.LockUserRequest{Id: id}); return err }
		unlock := func() error { _, err := api.UnlockUser(ctx, &management.UnlockUserRequest{Id: id}); return err }
		deactivate := func() error { _, err := v2.DeactivateUser(ctx, &userv2.DeactivateUserRequest{UserId: id}); return err }
		reactivate := func() error { _, err := v2.ReactivateUser(ctx, &userv2.ReactivateUserRequest{UserId: id}); return err }
		refused(t, precondition, "COMMAND-4M0ds", unlock())
		equal(t, lock(), nil)
		equal(t, read(t, id).State, user.UserState_USER_STATE_LOCKED)
		refused(t, precondition, "COMMAND-3NN8v", lock())
		equal(t, unlock(), nil)
		refused(t, precondition, "COMMAND-s5qqcz97hf", reactivate())
		equal(t, deactivate(), nil)
		equal(t, read(t, id).State, user.UserState_USER_STATE_INACTIVE)
		refused(t, precondition, "COMMAND-5gunjw0cd7", deactivate())
		equal(t, reactivate(), nil)
	})

	t.Run("people are found, sorted and paged", func(t *testing.T) {
		for _, name := range []string{"find-b", "find-c", "find-a"} {
			answered(api.AddHumanUser(ctx, human(name)))(t)
		}
		named := &user.SearchQuery{Query: &user.SearchQuery_UserNameQuery{UserNameQuery: &user.UserNameQuery{
			UserName: "FIND-", Method: object.TextQueryMethod_TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE,
		}}}
		list := func(query *object.ListQuery) *management.ListUsersResponse {
			request := &management.ListUsersRequest{Query: query, Queries: []*user.SearchQuery{named}, SortingColumn: user.UserFieldName_USER_FIELD_NAME_USER_NAME}
			return answered(api.ListUsers(ctx, request))(t)
		}
		same(t, names(list(&object.ListQuery{Asc: true}).Result, (*user.User).GetUserName), []string{"find-a", "find-b", "find-c"})
		page := list(&object.ListQuery{Offset: 1, Limit: 1})
		same(t, names(page.Result, (*user.User).GetUserName), []string{"find-b"})
		equal(t, page.Details.TotalResult, 3)
		foreign := answered(theirs.ManagementService().ListUsers(ctx, &management.ListUsersRequest{Queries: []*user.SearchQuery{named}}))(t)
		equal(t, len(foreign.Result), 0)
	})

	t.Run("metadata of a person are set, read and removed", func(t *testing.T) {
		id := answered(api.AddHumanUser(ctx, human("metadata")))(t).UserId
		answered(api.SetUserMetadata(ctx, &management.SetUserMetadataRequest{Id: id, Key: "key", Value: []byte("value")}))(t)
		read := answered(api.GetUserMetadata(ctx, &management.GetUserMetadataRequest{Id: id, Key: "key"}))(t)
		equal(t, string(read.Metadata.Value), "value")
		answered(api.RemoveUserMetadata(ctx, &management.RemoveUserMetadataRequest{Id: id, Key: "key"}))(t)
		equal(t, len(answered(api.ListUserMetadata(ctx, &management.ListUserMetadataRequest{Id: id}))(t).Result), 0)
	})

	person := answered(api.AddHumanUser(ctx, human("refusals")))(t).UserId
	add := func(change func(*management.AddHumanUserRequest)) func() error {
		request := human("someone")
		change(request)
		return failing(func() (*management.AddHumanUserResponse, error) { return api.AddHumanUser(ctx, request) })
	}
	addV2 := func(change func(*userv2.AddHumanUserRequest)) func() error {
		request := humanV2(home.orgID, "someone")
		change(request)
		return failing(func() (*userv2.AddHumanUserResponse, error) { return v2.AddHumanUser(ctx, request) })
	}
	refuses(t, []refusal{
		{"no username", invalid, "AddHumanUserRequest.UserName", add(func(r *management.AddHumanUserRequest) { r.UserName = "" })},
		{"no profile", invalid, "AddHumanUserRequest.Profile", add(func(r *management.AddHumanUserRequest) { r.Profile = nil })},
		{"a username that is too long", invalid, "AddHumanUserRequest.UserName", add(func(r *management.AddHumanUserRequest) { r.UserName = tooLong })},
		{"a username that is taken", exists, "V3-DKcYh", add(func(r *management.AddHumanUserRequest) { r.UserName = "REFUSALS" })},
		{"an address that is none", invalid, "EMAIL-599BI", add(func(r *management.AddHumanUserRequest) { r.Email.Email = "nobody" })},
		{"a password that is too simple", invalid, "COMMA-HuJf6", add(func(r *management.AddHumanUserRequest) { r.InitialPassword = "x" })},
		{"v2beta: a name of blanks", invalid, "USER-UCej2", addV2(func(r *userv2.AddHumanUserRequest) { r.Profile.GivenName = "  " })},
		{"v2beta: a number that is none", invalid, "PHONE-so0wa", addV2(func(r *userv2.AddHumanUserRequest) { r.Phone = &userv2.SetHumanPhone{Phone: "number"} })},
		{"v2beta: an id that is taken", precondition, "COMMAND-7yiox1isql", addV2(func(r *userv2.AddHumanUserRequest) { r.UserId = &person })},
		{"an unknown person", notFound, "QUERY-Dfbg2", failing(func() (*management.GetUserByIDResponse, error) {
			return api.GetUserByID(ctx, &management.GetUserByIDRequest{Id: unknown})
		})},
		{"a person of another organization is not seen", notFound, "QUERY-Dfbg2", failing(func() (*management.GetUserByIDResponse, error) {
			return api.GetUserByID(in(other), &management.GetUserByIDRequest{Id: person})
		})},
		{"nor removed", notFound, "COMMAND-m9od", failing(func() (*management.RemoveUserResponse, error) {
			return theirs.ManagementService().RemoveUser(ctx, &management.RemoveUserRequest{Id: person})
		})},
		{"v2beta: nor seen", notFound, "AUTHZ-cdgFk", failing(func() (*userv2.GetUserByIDResponse, error) {
			return theirs.UserService().GetUserByID(ctx, &userv2.GetUserByIDRequest{UserId: person})
		})},
		{"v2beta: nor locked", notFound, "AUTHZ-cdgFk", failing(func() (*userv2.LockUserResponse, error) {
			return theirs.UserService().LockUser(ctx, &userv2.LockUserRequest{UserId: person})
		})},
		{"v2beta: nor removed", notFound, "AUTHZ-cdgFk", failing(func() (*userv2.DeleteUserResponse, error) {
			return theirs.UserService().DeleteUser(ctx, &userv2.DeleteUserRequest{UserId: person})
		})},
	})
	equal(t, read(t, person).Details.Sequence, 2)
}
