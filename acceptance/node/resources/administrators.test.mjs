// Administrators: members of the instance, of organizations, of projects and of granted projects, with v1 and the resource API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TextFilterMethod } from "@zitadel/proto/zitadel/filter/v2beta/filter_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses } from "../refusals.mjs";

const instance = await freshInstance("administrators");
const { admin, management, permissions, projects } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const { id: projectId } = await management.addProject({ name: "Shop" });
const { grantId } = await management.addProjectGrant({ projectId, grantedOrgId: other.id, roleKeys: [] });
let machines = 0;
const machine = async () => (await management.addMachineUser({ userName: `robot-${++machines}`, name: `Robot ${machines}` })).userId;

const levels = {
  instance: {
    resource: { resource: { case: "instance", value: true } },
    roles: ["IAM_OWNER_VIEWER", "IAM_USER_MANAGER"],
    errors: { noRole: "INSTANCE-4m0fS", badRole: "INSTANCE-4m0fS", badChange: "INSTANCE-3m9fs", noUser: "INSTA-GSXOn", twice: [Code.AlreadyExists, "INSTA-pFDwe"], missing: "INSTANCE-D8JxR" },
    v1: {
      add: (userId, roles) => admin.addIAMMember({ userId, roles }),
      update: (userId, roles) => admin.updateIAMMember({ userId, roles }),
      remove: (userId) => admin.removeIAMMember({ userId }),
      list: () => admin.listIAMMembers({}),
      roles: () => admin.listIAMMemberRoles({}),
    },
  },
  organization: {
    resource: { resource: { case: "organizationId", value: instance.orgId } },
    roles: ["ORG_OWNER_VIEWER", "ORG_USER_MANAGER"],
    errors: { noRole: "ORG-4Mlfs", badRole: "Org-4N8es", badChange: "INST-m9fG8", noUser: "ORG-GoXOn", twice: [Code.AlreadyExists, "ORG-poWwe"], missing: "Org-D8JxR" },
    v1: {
      add: (userId, roles) => management.addOrgMember({ userId, roles }),
      update: (userId, roles) => management.updateOrgMember({ userId, roles }),
      remove: (userId) => management.removeOrgMember({ userId }),
      list: () => management.listOrgMembers({}),
      roles: () => management.listOrgMemberRoles({}),
    },
  },
  project: {
    resource: { resource: { case: "projectId", value: projectId } },
    roles: ["PROJECT_OWNER", "PROJECT_OWNER_VIEWER"],
    errors: { noRole: "PROJECT-W8m4l", badRole: "PROJECT-3m9ds", badChange: "PROJECT-3m9d", noUser: "COMMAND-uXHNj", twice: [Code.AlreadyExists, "PROJECT-PtXi1"], missing: "PROJECT-D8JxR" },
    v1: {
      add: (userId, roles) => management.addProjectMember({ projectId, userId, roles }),
      update: (userId, roles) => management.updateProjectMember({ projectId, userId, roles }),
      remove: (userId) => management.removeProjectMember({ projectId, userId }),
      list: () => management.listProjectMembers({ projectId }),
      roles: () => management.listProjectMemberRoles({}),
    },
  },
  "project grant": {
    // The published v2beta client names a grant by an id that the contract no longer has; v1 does it.
    resource: undefined,
    roles: ["PROJECT_GRANT_OWNER", "PROJECT_GRANT_OWNER_VIEWER"],
    errors: { noRole: "PROJECT-8fi7G", badRole: "PROJECT-m9gKK", badChange: "PROJECT-m0sDf", noUser: "COMMAND-uXHNj", twice: [Code.NotFound, "PROJECT-37fug"], missing: "PROJECT-37fug" },
    v1: {
      add: (userId, roles) => management.addProjectGrantMember({ projectId, grantId, userId, roles }),
      update: (userId, roles) => management.updateProjectGrantMember({ projectId, grantId, userId, roles }),
      remove: (userId) => management.removeProjectGrantMember({ projectId, grantId, userId }),
      list: () => management.listProjectGrantMembers({ projectId, grantId }),
      roles: () => management.listProjectGrantMemberRoles({}),
    },
  },
};

for (const [level, { resource, roles, errors, v1 }] of Object.entries(levels)) {
  const [role, otherRole] = roles;
  const ofUser = async (userId) => {
    const filters = [{ filter: { case: "inUserIdsFilter", value: { ids: [userId] } } }];
    return (await permissions.listAdministrators({ filters })).administrators;
  };

  if (resource) test(`${level}: an administrator is made, listed, given other roles and removed`, async () => {
    const userId = await machine();
    await permissions.createAdministrator({ userId, resource, roles: [role] });
    const [made] = await ofUser(userId);
    assert.deepEqual([made.user.id, made.roles, made.resource.case], [userId, [role], resource.resource.case.replace(/Id$/, "")]);
    await permissions.updateAdministrator({ userId, resource, roles: [otherRole, role] });
    const [changed] = await ofUser(userId);
    assert.deepEqual(changed.roles, [otherRole, role]);
    await permissions.updateAdministrator({ userId, resource, roles: [otherRole, role] });
    assert.deepEqual((await ofUser(userId))[0].changeDate, changed.changeDate);
    await permissions.deleteAdministrator({ userId, resource });
    await permissions.deleteAdministrator({ userId, resource });
    assert.deepEqual(await ofUser(userId), []);
  });

  test(`${level}: v1 adds, lists, changes and removes the same members`, async () => {
    const userId = await machine();
    await v1.add(userId, [role]);
    const member = async () => (await v1.list()).result.find((member) => member.userId === userId);
    assert.deepEqual((await member()).roles, [role]);
    assert.match((await member()).displayName, /^Robot/);
    await v1.update(userId, [otherRole]);
    assert.deepEqual((await member()).roles, [otherRole]);
    const memberships = (await management.listUserMemberships({ userId })).result;
    assert.deepEqual(memberships.map(({ roles }) => roles), [[otherRole]]);
    const { roles: iamRoles, result = iamRoles } = await v1.roles();
    assert.ok(result.includes(role) || level === "project", result.join());
    await v1.remove(userId);
    assert.equal(await member(), undefined);
    await v1.remove(userId);
  });

  test(`${level}: what is refused`, async () => {
    const userId = await machine();
    const request = (more = {}) => ({ userId, resource, roles: [role], ...more });
    const v1Call = (call, { userId: id = userId, roles = [role] } = {}) => call(id, roles);
    const create = (more) => () => (resource ? permissions.createAdministrator(request(more)) : v1Call(v1.add, more));
    const update = (more) => () => (resource ? permissions.updateAdministrator(request(more)) : v1Call(v1.update, more));
    const { InvalidArgument, FailedPrecondition, NotFound } = Code;
    await refused(create({ roles: [] }), InvalidArgument, errors.noRole);
    await refused(create({ userId: "" }), InvalidArgument, /UserId/);
    await refused(create({ roles: ["NO_ROLE"] }), InvalidArgument, errors.badRole);
    const foreign = level === "organization" ? "IAM_OWNER" : "ORG_OWNER";
    await refused(create({ roles: [foreign] }), InvalidArgument, errors.badRole);
    await refused(create({ userId: unknownId }), FailedPrecondition, errors.noUser);
    await refused(update(), NotFound, errors.missing);
    await create()();
    await refused(create(), ...errors.twice);
    await refused(update({ roles: ["NO_ROLE"] }), InvalidArgument, errors.badChange);
    assert.deepEqual((await ofUser(userId)).map(({ roles }) => roles), [[role]]);
  });

  if (resource) test(`${level}: someone of another organization changes nothing`, async () => {
    const userId = await machine();
    const stranger = await instance.organization(`Stranger to the ${level}`);
    const { permissions: theirs } = stranger.owner;
    await refused(() => theirs.createAdministrator({ userId, resource, roles: [role] }), Code.NotFound, "AUTHZ-cdgFk");
    await permissions.createAdministrator({ userId, resource, roles: [role] });
    await refused(() => theirs.updateAdministrator({ userId, resource, roles: [otherRole] }), Code.NotFound, "AUTHZ-cdgFk");
    await refused(() => theirs.deleteAdministrator({ userId, resource }), Code.NotFound, "AUTHZ-cdgFk");
    const { administrators } = await theirs.listAdministrators({});
    assert.ok(administrators.every(({ user }) => user.id === stranger.owner.userId));
    assert.equal((await ofUser(userId)).length, 1);
  });
}

test("administrators are found by resource, role, name and organization, and by combinations", async () => {
  const userId = await machine();
  await management.addProjectMember({ projectId, userId, roles: ["PROJECT_OWNER"] });
  await management.addOrgMember({ userId, roles: ["ORG_OWNER_VIEWER"] });
  const by = (name, value) => ({ filter: { case: name, value } });
  const found = async (...filters) => {
    const scope = by("inUserIdsFilter", { ids: [userId] });
    return (await permissions.listAdministrators({ filters: [scope, ...filters] })).administrators.map(({ roles }) => roles[0]).sort();
  };
  const onProject = by("resource", { resource: { case: "projectId", value: projectId } });
  const viewer = by("role", { roleKey: "ORG_OWNER_VIEWER" });
  assert.deepEqual(await found(), ["ORG_OWNER_VIEWER", "PROJECT_OWNER"]);
  assert.deepEqual(await found(onProject), ["PROJECT_OWNER"]);
  assert.deepEqual(await found(viewer), ["ORG_OWNER_VIEWER"]);
  assert.deepEqual(await found(onProject, viewer), []);
  assert.deepEqual(await found(by("or", { queries: [onProject, viewer] })), ["ORG_OWNER_VIEWER", "PROJECT_OWNER"]);
  assert.deepEqual(await found(by("not", { query: viewer })), ["PROJECT_OWNER"]);
  assert.deepEqual(await found(by("userOrganizationId", { id: other.id })), []);
  const loginName = { preferredLoginName: `ROBOT-${machines}`, method: TextFilterMethod.EQUALS_IGNORE_CASE };
  assert.equal((await found(by("userPreferredLoginName", loginName))).length, 2);
});

test("a role gives what it names, and only where it is given", async () => {
  const reader = await instance.member(instance.orgId, "reader", ["ORG_OWNER_VIEWER"]);
  assert.equal((await reader.management.getMyOrg({})).org.id, instance.orgId);
  await refused(() => reader.management.addProject({ name: "X" }), Code.PermissionDenied, "AUTH-5mWD2");
  await refused(() => reader.projects.createProject({ organizationId: instance.orgId, name: "X" }), Code.PermissionDenied, "AUTH-AWfge");
  await refused(() => reader.admin.getMyInstance({}), Code.PermissionDenied, "AUTH-5mWD2");
  const nobody = await instance.member(instance.orgId, "nobody", []);
  await refused(() => nobody.management.getMyOrg({}), Code.NotFound, "AUTHZ-cdgFk");
  await management.addProjectMember({ projectId, userId: nobody.userId, roles: ["PROJECT_OWNER"] });
  await nobody.projects.updateProject({ id: projectId, name: "Shop 2" });
  const { id: another } = await management.addProject({ name: "Another" });
  await refused(() => nobody.projects.updateProject({ id: another, name: "X" }), Code.PermissionDenied, "AUTH-Swrgg2");
  await refused(() => nobody.management.updateProject({ id: another, name: "X" }), Code.PermissionDenied, "AUTH-3jknH");
});

test("the roles that may be given depend on the level, and in the default organization only the global ones of projects", async () => {
  const all = async (list) => (await list).result;
  assert.deepEqual(await all(management.listProjectMemberRoles({})), ["PROJECT_OWNER_GLOBAL", "PROJECT_OWNER_VIEWER_GLOBAL"]);
  assert.ok((await all(elsewhere.listProjectMemberRoles({}))).includes("PROJECT_OWNER"));
  assert.ok((await all(management.listOrgMemberRoles({}))).includes("SELF_MANAGEMENT_GLOBAL"));
  assert.ok(!(await all(elsewhere.listOrgMemberRoles({}))).includes("SELF_MANAGEMENT_GLOBAL"));
  const userId = await machine();
  await refused(() => management.addOrgMember({ userId, roles: ["SELF_MANAGEMENT_GLOBAL", "ORG_OWNER"] }), Code.InvalidArgument, "Org-4N8es");
  await management.addOrgMember({ userId, roles: ["SELF_MANAGEMENT_GLOBAL"] });
  await refused(() => management.updateOrgMember({ userId, roles: ["SELF_MANAGEMENT_GLOBAL"] }), Code.InvalidArgument, "INST-m9fG8");
});

test("a removed user is no administrator any more", async () => {
  const userId = await machine();
  await management.addOrgMember({ userId, roles: ["ORG_OWNER"] });
  await management.removeUser({ id: userId });
  assert.ok(!(await management.listOrgMembers({})).result.some((member) => member.userId === userId));
});

refuses([
  ["no resource", Code.InvalidArgument, "ADMIN-IbPp47HDP5", () => permissions.createAdministrator({ userId: instance.ownerId, roles: ["ORG_OWNER"], resource: undefined })],
  ["an unknown organization", Code.FailedPrecondition, "COMMAND-QXPGs", () => permissions.createAdministrator({ userId: instance.ownerId, roles: ["ORG_OWNER"], resource: { resource: { case: "organizationId", value: unknownId } } })],
  ["an unknown project", Code.FailedPrecondition, "COMMAND-EbFMN", () => permissions.createAdministrator({ userId: instance.ownerId, roles: ["PROJECT_OWNER"], resource: { resource: { case: "projectId", value: unknownId } } })],
  ["v1: a grant that is not there", Code.NotFound, "PROJECT-D8JxR", () => management.addProjectGrantMember({ projectId, grantId: unknownId, userId: instance.ownerId, roles: ["PROJECT_GRANT_OWNER"] })],
  ["v1: a project of another organization", Code.FailedPrecondition, "COMMAND-EbFMN", () => elsewhere.addProjectMember({ projectId, userId: other.owner.userId, roles: ["PROJECT_OWNER"] })],
]);
