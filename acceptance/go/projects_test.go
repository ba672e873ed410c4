package acceptance

import (
	"testing"

	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/management"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/member"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/object"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/project"
	"github.com/zitadel/zitadel-go/v3/pkg/client/zitadel/user"
)

func TestProjects(t *testing.T) {
	home := freshInstance(t, "go-projects")
	api := home.ManagementService()
	other, theirs := home.organization(t, "Elsewhere")
	make := func(t *testing.T, name string) string {
		return answered(api.AddProject(ctx, &management.AddProjectRequest{Name: name}))(t).Id
	}
	addRole := func(id, key string) error {
		_, err := api.AddProjectRole(ctx, &management.AddProjectRoleRequest{ProjectId: id, RoleKey: key, DisplayName: "The " + key})
		return err
	}

	t.Run("a project is made, read, changed, deactivated, reactivated and removed", func(t *testing.T) {
		id := make(t, "Shop")
		read := func() *project.Project {
			return answered(api.GetProjectByID(ctx, &management.GetProjectByIDRequest{Id: id}))(t).Project
		}
		answered(api.UpdateProject(ctx, &management.UpdateProjectRequest{Id: id, Name: "Shop 2", ProjectRoleCheck: true}))(t)
		equal(t, read().Name, "Shop 2")
		equal(t, read().ProjectRoleCheck, true)
		before := read().Details.Sequence
		answered(api.UpdateProject(ctx, &management.UpdateProjectRequest{Id: id, Name: "Shop 2", ProjectRoleCheck: true}))(t)
		equal(t, read().Details.Sequence, before)
		_, err := api.ReactivateProject(ctx, &management.ReactivateProjectRequest{Id: id})
		refused(t, precondition, "COMMAND-5M9bs", err)
		answered(api.DeactivateProject(ctx, &management.DeactivateProjectRequest{Id: id}))(t)
		equal(t, read().State, project.ProjectState_PROJECT_STATE_INACTIVE)
		_, err = api.DeactivateProject(ctx, &management.DeactivateProjectRequest{Id: id})
		refused(t, precondition, "COMMAND-mki55", err)
		answered(api.ReactivateProject(ctx, &management.ReactivateProjectRequest{Id: id}))(t)
		answered(api.RemoveProject(ctx, &management.RemoveProjectRequest{Id: id}))(t)
		_, err = api.RemoveProject(ctx, &management.RemoveProjectRequest{Id: id})
		refused(t, notFound, "COMMAND-3M9sd", err)
	})

	t.Run("roles are added, found, changed and removed", func(t *testing.T) {
		id := make(t, "Roles")
		for _, key := range []string{"admin", "reader"} {
			equal(t, addRole(id, key), nil)
		}
		refused(t, exists, "V3-DKcYh", addRole(id, "ADMIN"))
		answered(api.UpdateProjectRole(ctx, &management.UpdateProjectRoleRequest{ProjectId: id, RoleKey: "reader", DisplayName: "Reads", Group: "all"}))(t)
		named := &project.RoleQuery{Query: &project.RoleQuery_DisplayNameQuery{DisplayNameQuery: &project.RoleDisplayNameQuery{
			DisplayName: "read", Method: object.TextQueryMethod_TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE,
		}}}
		found := answered(api.ListProjectRoles(ctx, &management.ListProjectRolesRequest{ProjectId: id, Queries: []*project.RoleQuery{named}}))(t)
		same(t, names(found.Result, (*project.Role).GetKey), []string{"reader"})
		answered(api.RemoveProjectRole(ctx, &management.RemoveProjectRoleRequest{ProjectId: id, RoleKey: "admin"}))(t)
		equal(t, answered(api.ListProjectRoles(ctx, &management.ListProjectRolesRequest{ProjectId: id}))(t).Details.TotalResult, 1)
	})

	t.Run("a project is granted, and what the grant gives", func(t *testing.T) {
		id := make(t, "Granted")
		equal(t, addRole(id, "admin"), nil)
		equal(t, addRole(id, "reader"), nil)
		grant := answered(api.AddProjectGrant(ctx, &management.AddProjectGrantRequest{ProjectId: id, GrantedOrgId: other, RoleKeys: []string{"reader"}}))(t).GrantId
		read := func() *project.GrantedProject {
			return answered(api.GetProjectGrantByID(ctx, &management.GetProjectGrantByIDRequest{ProjectId: id, GrantId: grant}))(t).ProjectGrant
		}
		equal(t, read().GrantedOrgName, "Elsewhere")
		granted := answered(theirs.ManagementService().ListGrantedProjects(ctx, &management.ListGrantedProjectsRequest{}))(t).Result
		same(t, names(granted, (*project.GrantedProject).GetProjectName), []string{"Granted"})
		answered(api.DeactivateProjectGrant(ctx, &management.DeactivateProjectGrantRequest{ProjectId: id, GrantId: grant}))(t)
		equal(t, read().State, project.ProjectGrantState_PROJECT_GRANT_STATE_INACTIVE)
		answered(api.ReactivateProjectGrant(ctx, &management.ReactivateProjectGrantRequest{ProjectId: id, GrantId: grant}))(t)

		robot, _ := home.member(t, other, "robot")
		mine := theirs.ManagementService()
		give := func(roles ...string) (*management.AddUserGrantResponse, error) {
			return mine.AddUserGrant(ctx, &management.AddUserGrantRequest{UserId: robot, ProjectId: id, ProjectGrantId: grant, RoleKeys: roles})
		}
		_, err := give("admin")
		refused(t, precondition, "COMMAND-mm9F4", err)
		given := answered(give("reader"))(t).UserGrantId
		_, err = give()
		refused(t, exists, "V3-DKcYh", err)
		answered(api.UpdateProjectGrant(ctx, &management.UpdateProjectGrantRequest{ProjectId: id, GrantId: grant}))(t)
		seen := answered(mine.GetUserGrantByID(ctx, &management.GetUserGrantByIDRequest{UserId: robot, GrantId: given}))(t).UserGrant
		equal(t, len(seen.RoleKeys), 0)
		answered(api.RemoveProjectGrant(ctx, &management.RemoveProjectGrantRequest{ProjectId: id, GrantId: grant}))(t)
		equal(t, len(answered(mine.ListUserGrants(ctx, &management.ListUserGrantRequest{}))(t).Result), 0)
	})

	t.Run("authorizations are made, changed, deactivated and removed", func(t *testing.T) {
		id := make(t, "Authorizations")
		equal(t, addRole(id, "admin"), nil)
		robot, _ := home.member(t, home.orgID, "authorized")
		given := answered(api.AddUserGrant(ctx, &management.AddUserGrantRequest{UserId: robot, ProjectId: id}))(t).UserGrantId
		change := func() error {
			_, err := api.UpdateUserGrant(ctx, &management.UpdateUserGrantRequest{UserId: robot, GrantId: given, RoleKeys: []string{"admin"}})
			return err
		}
		equal(t, change(), nil)
		refused(t, precondition, "COMMAND-Rs8fy", change())
		answered(api.DeactivateUserGrant(ctx, &management.DeactivateUserGrantRequest{UserId: robot, GrantId: given}))(t)
		list := answered(api.ListUserGrants(ctx, &management.ListUserGrantRequest{}))(t).Result
		same(t, names(list, (*user.UserGrant).GetState), []user.UserGrantState{user.UserGrantState_USER_GRANT_STATE_INACTIVE})
		answered(api.RemoveUserGrant(ctx, &management.RemoveUserGrantRequest{UserId: robot, GrantId: given}))(t)
		_, err := api.RemoveUserGrant(ctx, &management.RemoveUserGrantRequest{UserId: robot, GrantId: given})
		refused(t, notFound, "COMMAND-1My0t", err)
	})

	t.Run("members of a project are added, listed, changed and removed", func(t *testing.T) {
		id := make(t, "Members")
		robot, mine := home.member(t, home.orgID, "member")
		answered(api.AddProjectMember(ctx, &management.AddProjectMemberRequest{ProjectId: id, UserId: robot, Roles: []string{"PROJECT_OWNER_VIEWER"}}))(t)
		change := func() error {
			_, err := mine.ManagementService().UpdateProject(ctx, &management.UpdateProjectRequest{Id: id, Name: "By its member"})
			return err
		}
		refused(t, denied, "AUTH-5mWD2", change())
		answered(api.UpdateProjectMember(ctx, &management.UpdateProjectMemberRequest{ProjectId: id, UserId: robot, Roles: []string{"PROJECT_OWNER"}}))(t)
		equal(t, change(), nil)
		list := answered(api.ListProjectMembers(ctx, &management.ListProjectMembersRequest{ProjectId: id}))(t).Result
		same(t, names(list, (*member.Member).GetUserId), []string{robot})
		answered(api.RemoveProjectMember(ctx, &management.RemoveProjectMemberRequest{ProjectId: id, UserId: robot}))(t)
		refused(t, notFound, "AUTHZ-cdgFk", change())
	})

	shop := make(t, "Refusals")
	refuses(t, []refusal{
		{"no name", invalid, "AddProjectRequest.Name", failing(func() (*management.AddProjectResponse, error) {
			return api.AddProject(ctx, &management.AddProjectRequest{})
		})},
		{"a name that is too long", invalid, "AddProjectRequest.Name", failing(func() (*management.AddProjectResponse, error) {
			return api.AddProject(ctx, &management.AddProjectRequest{Name: tooLong})
		})},
		{"a name that is taken", exists, "V3-DKcYh", failing(func() (*management.AddProjectResponse, error) {
			return api.AddProject(ctx, &management.AddProjectRequest{Name: "REFUSALS"})
		})},
		{"an unknown project", precondition, "COMMAND-EbFMN", func() error { return addRole(unknown, "x") }},
		{"a role without a key", invalid, "AddProjectRoleRequest.RoleKey", func() error { return addRole(shop, "") }},
		{"a grant to an unknown organization", precondition, "COMMAND-3m9gg", failing(func() (*management.AddProjectGrantResponse, error) {
			return api.AddProjectGrant(ctx, &management.AddProjectGrantRequest{ProjectId: shop, GrantedOrgId: unknown})
		})},
		{"a grant with an unknown role", precondition, "COMMAND-6m9gd", failing(func() (*management.AddProjectGrantResponse, error) {
			return api.AddProjectGrant(ctx, &management.AddProjectGrantRequest{ProjectId: shop, GrantedOrgId: other, RoleKeys: []string{"none"}})
		})},
		{"a project of another organization is not removed", notFound, "COMMAND-3M9sd", failing(func() (*management.RemoveProjectResponse, error) {
			return theirs.ManagementService().RemoveProject(ctx, &management.RemoveProjectRequest{Id: shop})
		})},
		{"a member without a role", invalid, "PROJECT-W8m4l", failing(func() (*management.AddProjectMemberResponse, error) {
			return api.AddProjectMember(ctx, &management.AddProjectMemberRequest{ProjectId: shop, UserId: home.ownerID})
		})},
		{"a member with a role of another kind", invalid, "PROJECT-3m9ds", failing(func() (*management.AddProjectMemberResponse, error) {
			return api.AddProjectMember(ctx, &management.AddProjectMemberRequest{ProjectId: shop, UserId: home.ownerID, Roles: []string{"ORG_OWNER"}})
		})},
	})
}
