// Projects with their roles and their grants to other organizations, with v1 and the resource API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProjectState as ProjectStateV1, ProjectGrantState as GrantStateV1 } from "@zitadel/proto/zitadel/project_pb.js";
import { TextQueryMethod } from "@zitadel/proto/zitadel/object_pb.js";
import { TextFilterMethod } from "@zitadel/proto/zitadel/filter/v2beta/filter_pb.js";
import {
  PrivateLabelingSetting,
  ProjectFieldName,
  ProjectGrantState,
  ProjectRoleFieldName,
  ProjectState,
} from "@zitadel/proto/zitadel/project/v2beta/query_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses, tooLong } from "../refusals.mjs";

const instance = await freshInstance("projects");
const { management, projects } = instance.owner;
const organizationId = instance.orgId;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const by = (name, value) => ({ filter: { case: name, value } });
const make = async (name, more = {}) => (await projects.createProject({ organizationId, name, ...more })).id;
const withRoles = async (name, ...keys) => {
  const projectId = await make(name);
  for (const roleKey of keys) await projects.addProjectRole({ projectId, roleKey, displayName: `The ${roleKey}` });
  return projectId;
};
const rolesOf = async (projectId) => {
  const { projectRoles } = await projects.listProjectRoles({ projectId, sortingColumn: ProjectRoleFieldName.KEY, pagination: { asc: true } });
  return projectRoles.map(({ key }) => key);
};

test("a project is made, read, changed in part, deactivated, activated and removed", async () => {
  const settings = {
    projectRoleAssertion: true,
    authorizationRequired: true,
    privateLabelingSetting: PrivateLabelingSetting.ENFORCE_PROJECT_RESOURCE_OWNER_POLICY,
  };
  const id = await make("Shop", settings);
  const read = async () => (await projects.getProject({ id })).project;
  const made = await read();
  assert.deepEqual([made.name, made.organizationId, made.state], ["Shop", organizationId, ProjectState.ACTIVE]);
  assert.deepEqual([made.projectRoleAssertion, made.authorizationRequired, made.projectAccessRequired], [true, true, false]);
  await projects.updateProject({ id, name: "Shop 2", hasProjectCheck: true });
  const changed = await read();
  assert.deepEqual([changed.name, changed.projectRoleAssertion, changed.projectAccessRequired], ["Shop 2", true, true]);
  assert.equal(changed.privateLabelingSetting, settings.privateLabelingSetting);
  const unchanged = await projects.updateProject({ id, name: "Shop 2" });
  assert.deepEqual(unchanged.changeDate, changed.changeDate);
  await refused(() => projects.activateProject({ id }), Code.FailedPrecondition, "COMMAND-5M9bs");
  await projects.deactivateProject({ id });
  assert.equal((await read()).state, ProjectState.INACTIVE);
  await refused(() => projects.deactivateProject({ id }), Code.FailedPrecondition, "COMMAND-mki55");
  await projects.activateProject({ id });
  await projects.deleteProject({ id });
  await projects.deleteProject({ id });
  await refused(read, Code.NotFound);
});

test("v1: a project is made, read, changed, deactivated, activated and removed", async () => {
  const { id } = await management.addProject({ name: "V1", projectRoleCheck: true, hasProjectCheck: true });
  const read = async () => (await management.getProjectByID({ id })).project;
  assert.deepEqual([(await read()).projectRoleCheck, (await read()).hasProjectCheck], [true, true]);
  await management.updateProject({ id, name: "V1" });
  assert.deepEqual([(await read()).projectRoleCheck, (await read()).hasProjectCheck], [false, false]);
  await management.updateProject({ id, name: "V1" });
  await management.deactivateProject({ id });
  assert.equal((await read()).state, ProjectStateV1.INACTIVE);
  await management.reactivateProject({ id });
  await management.removeProject({ id });
  await refused(() => management.removeProject({ id }), Code.NotFound, "COMMAND-3M9sd");
});

test("a name is unique in its organization whatever its case, and free again after the removal", async () => {
  const id = await make("Unique");
  await refused(() => make("UNIQUE"), Code.AlreadyExists, "V3-DKcYh");
  await elsewhere.addProject({ name: "unique" });
  await projects.deleteProject({ id });
  await make("unique");
});

test("projects are found by name, id and owner, sorted and paged", async () => {
  for (const name of ["find-b", "find-c", "find-a"]) await make(name);
  const method = TextFilterMethod.STARTS_WITH;
  const list = (more, ...filters) =>
    projects.listProjects({ filters: [by("projectNameFilter", { projectName: "find-", method }), ...filters], sortingColumn: ProjectFieldName.NAME, ...more });
  const names = async (...filters) => (await list({ pagination: { asc: true } }, ...filters)).projects.map(({ name }) => name);
  assert.deepEqual(await names(), ["find-a", "find-b", "find-c"]);
  assert.deepEqual(await names(by("projectResourceOwnerFilter", { id: other.id })), []);
  assert.equal((await names(by("projectResourceOwnerFilter", { id: organizationId }))).length, 3);
  const page = await list({ pagination: { offset: 1n, limit: 1 } });
  assert.deepEqual(page.projects.map(({ name }) => name), ["find-b"]);
  assert.deepEqual([page.pagination.totalResult, page.pagination.appliedLimit], [3n, 1n]);
  assert.deepEqual(await names(by("inProjectIdsFilter", { ids: [page.projects[0].id] })), ["find-b"]);
  const query = { query: { case: "nameQuery", value: { name: "FIND-", method: TextQueryMethod.STARTS_WITH_IGNORE_CASE } } };
  assert.equal((await management.listProjects({ queries: [query] })).details.totalResult, 3n);
  assert.equal((await elsewhere.listProjects({ queries: [query] })).result.length, 0);
  await refused(() => projects.listProjects({ pagination: { limit: 1001 } }), Code.InvalidArgument, "QUERY-4M0fs");
});

test("roles are added, found, changed and removed with both APIs", async () => {
  const projectId = await make("Roles");
  await projects.addProjectRole({ projectId, roleKey: "admin", displayName: "Admin", group: "staff" });
  await management.addProjectRole({ projectId, roleKey: "reader", displayName: "Reader" });
  await management.bulkAddProjectRoles({ projectId, roles: [{ key: "a", displayName: "A" }, { key: "b", displayName: "B" }] });
  assert.deepEqual(await rolesOf(projectId), ["a", "admin", "b", "reader"]);
  const filters = [by("roleKeyFilter", { key: "a", method: TextFilterMethod.STARTS_WITH })];
  assert.equal((await projects.listProjectRoles({ projectId, filters })).pagination.totalResult, 2n);
  const named = { query: { case: "displayNameQuery", value: { displayName: "Admin" } } };
  const { result } = await management.listProjectRoles({ projectId, queries: [named] });
  assert.deepEqual(result.map(({ key, group }) => [key, group]), [["admin", "staff"]]);
  await projects.updateProjectRole({ projectId, roleKey: "reader", displayName: "Reads", group: "all" });
  await management.updateProjectRole({ projectId, roleKey: "admin", displayName: "Boss", group: "" });
  const key = { filter: { case: "roleKeyFilter", value: { key: "reader" } } };
  const [reader] = (await projects.listProjectRoles({ projectId, filters: [key] })).projectRoles;
  assert.deepEqual([reader.displayName, reader.group], ["Reads", "all"]);
  await refused(() => projects.addProjectRole({ projectId, roleKey: "ADMIN", displayName: "X" }), Code.AlreadyExists, "V3-DKcYh");
  await projects.removeProjectRole({ projectId, roleKey: "a" });
  await management.removeProjectRole({ projectId, roleKey: "b" });
  await projects.removeProjectRole({ projectId, roleKey: "a" });
  assert.deepEqual(await rolesOf(projectId), ["admin", "reader"]);
});

test("a project is granted, the grant changed, deactivated, activated and removed", async () => {
  const projectId = await withRoles("Granted", "admin", "reader");
  const grant = { projectId, grantedOrganizationId: other.id };
  await projects.createProjectGrant({ ...grant, roleKeys: ["reader"] });
  const read = async () => (await projects.listProjectGrants({ filters: [by("inProjectIdsFilter", { ids: [projectId] })] })).projectGrants[0];
  const made = await read();
  assert.deepEqual([made.grantedOrganizationName, made.grantedRoleKeys, made.state], ["Elsewhere", ["reader"], ProjectGrantState.ACTIVE]);
  await projects.updateProjectGrant({ ...grant, roleKeys: ["reader", "admin"] });
  assert.deepEqual((await read()).grantedRoleKeys, ["reader", "admin"]);
  await projects.deactivateProjectGrant(grant);
  await projects.deactivateProjectGrant(grant);
  assert.equal((await read()).state, ProjectGrantState.INACTIVE);
  await projects.activateProjectGrant(grant);
  await projects.removeProjectRole({ projectId, roleKey: "admin" });
  assert.deepEqual((await read()).grantedRoleKeys, ["reader"]);
  const queries = [{ query: { case: "nameQuery", value: { name: "Granted" } } }];
  const { result } = await elsewhere.listGrantedProjects({ queries });
  assert.deepEqual(result.map(({ projectName, projectOwnerId }) => [projectName, projectOwnerId]), [["Granted", organizationId]]);
  assert.ok((await other.owner.projects.listProjects({})).projects.some(({ id }) => id === projectId));
  await projects.deleteProjectGrant(grant);
  await projects.deleteProjectGrant(grant);
  assert.equal(await read(), undefined);
});

test("v1: a project is granted, the grant read, changed, deactivated, activated and removed", async () => {
  const projectId = await withRoles("Granted by v1", "admin");
  const { grantId } = await management.addProjectGrant({ projectId, grantedOrgId: other.id, roleKeys: [] });
  const ids = { projectId, grantId };
  const read = async () => (await management.getProjectGrantByID(ids)).projectGrant;
  assert.equal((await read()).grantedOrgName, "Elsewhere");
  await management.updateProjectGrant({ ...ids, roleKeys: ["admin"] });
  assert.deepEqual((await read()).grantedRoleKeys, ["admin"]);
  await management.deactivateProjectGrant(ids);
  assert.equal((await read()).state, GrantStateV1.INACTIVE);
  await management.reactivateProjectGrant(ids);
  assert.equal((await elsewhere.getGrantedProjectByID(ids)).grantedProject.projectName, "Granted by v1");
  assert.deepEqual((await elsewhere.listGrantedProjectRoles(ids)).result.map(({ key }) => key), ["admin"]);
  assert.equal((await management.listProjectGrants({ projectId })).details.totalResult, 1n);
  await management.removeProjectGrant(ids);
  await refused(() => management.removeProjectGrant(ids), Code.NotFound, "PROJECT-D8JxR");
});

const project = await withRoles("Refusals", "admin");
await projects.createProjectGrant({ projectId: project, grantedOrganizationId: other.id, roleKeys: [] });
const third = await instance.organization("Third");
const INV = Code.InvalidArgument;
const PRE = Code.FailedPrecondition;
const NF = Code.NotFound;
const grantTo = (grantedOrganizationId, roleKeys = [], projectId = project) => ({ projectId, grantedOrganizationId, roleKeys });

refuses([
  ["v1: no name", INV, /AddProjectRequest\.Name/, () => management.addProject({ name: "" })],
  ["v1: a name that is too long", INV, /AddProjectRequest\.Name/, () => management.addProject({ name: tooLong })],
  ["v1: a name that is taken", Code.AlreadyExists, "V3-DKcYh", () => management.addProject({ name: "REFUSALS" })],
  ["v1: a project of another organization is not changed", NF, "COMMAND-3M9sd", () => elsewhere.updateProject({ id: project, name: "X" })],
  ["v1: nor deactivated", NF, "COMMAND-112M9", () => elsewhere.deactivateProject({ id: project })],
  ["v1: nor removed", NF, "COMMAND-3M9sd", () => elsewhere.removeProject({ id: project })],
  ["v1: nor given a role", PRE, "COMMAND-EbFMN", () => elsewhere.addProjectRole({ projectId: project, roleKey: "x", displayName: "X" })],
  ["v1: nor granted", PRE, "COMMAND-m9gsd", () => elsewhere.addProjectGrant({ projectId: project, grantedOrgId: third.id })],
  ["v1: a role that is not there is not changed", NF, "COMMAND-vv8M9", () => management.updateProjectRole({ projectId: project, roleKey: "none", displayName: "X" })],
  ["v1: a grant that is not there is not changed", NF, "PROJECT-D8JxR", () => management.updateProjectGrant({ projectId: project, grantId: unknownId })],
  ["no name", INV, /CreateProjectRequest\.Name/, () => make("")],
  ["a name that is too long", INV, /CreateProjectRequest\.Name/, () => make(tooLong)],
  ["no organization", INV, /CreateProjectRequest\.OrganizationId/, () => projects.createProject({ name: "X" })],
  ["an id that is taken", Code.AlreadyExists, "COMMAND-opamwu", () => make("X", { id: project })],
  ["an unknown project is not changed", NF, "COMMAND-3M9sd", () => projects.updateProject({ id: unknownId, name: "X" })],
  ["nor deactivated", NF, "COMMAND-112M9", () => projects.deactivateProject({ id: unknownId })],
  ["nor activated", NF, "COMMAND-3M9sd", () => projects.activateProject({ id: unknownId })],
  ["nor given a role", PRE, "COMMAND-EbFMN", () => projects.addProjectRole({ projectId: unknownId, roleKey: "x", displayName: "X" })],
  ["nor granted", PRE, "COMMAND-m9gsd", () => projects.createProjectGrant(grantTo(third.id, [], unknownId))],
  ["a role without a key", INV, /AddProjectRoleRequest\.RoleKey/, () => projects.addProjectRole({ projectId: project, displayName: "X" })],
  ["a role without a name", INV, /AddProjectRoleRequest\.DisplayName/, () => projects.addProjectRole({ projectId: project, roleKey: "x" })],
  ["a role that is not there", NF, "COMMAND-vv8M9", () => projects.updateProjectRole({ projectId: project, roleKey: "none", displayName: "X" })],
  ["a grant to an unknown organization", PRE, "COMMAND-3m9gg", () => projects.createProjectGrant(grantTo(unknownId))],
  ["a grant to the owner", PRE, "PROJECT-ckUpbvboAH", () => projects.createProjectGrant(grantTo(organizationId))],
  ["a grant with a role that is not there", PRE, "COMMAND-6m9gd", () => projects.createProjectGrant(grantTo(third.id, ["none"]))],
  ["a grant for the second time", Code.AlreadyExists, "V3-DKcYh", () => projects.createProjectGrant(grantTo(other.id))],
  ["changing a grant to a role that is not there", PRE, "COMMAND-6m9gd", () => projects.updateProjectGrant(grantTo(other.id, ["none"]))],
  ["changing a grant that is not there", NF, "PROJECT-D8JxR", () => projects.updateProjectGrant(grantTo(third.id))],
  ["deactivating a grant that is not there", NF, "PROJECT-D8JxR", () => projects.deactivateProjectGrant(grantTo(third.id))],
  ["someone of a third organization makes no project here", NF, "AUTHZ-cdgFk", () => third.owner.projects.createProject({ organizationId, name: "X" })],
  ["nor changes one", NF, "AUTHZ-cdgFk", () => third.owner.projects.updateProject({ id: project, name: "X" })],
  ["nor deactivates one", NF, "AUTHZ-cdgFk", () => third.owner.projects.deactivateProject({ id: project })],
  ["nor removes one", NF, "AUTHZ-cdgFk", () => third.owner.projects.deleteProject({ id: project })],
  ["nor adds a role", NF, "AUTHZ-cdgFk", () => third.owner.projects.addProjectRole({ projectId: project, roleKey: "x", displayName: "X" })],
  ["nor grants one", NF, "AUTHZ-cdgFk", () => third.owner.projects.createProjectGrant(grantTo(third.id))],
]);

test("what was refused changed nothing", async () => {
  const { project: seen } = await projects.getProject({ id: project });
  assert.deepEqual([seen.name, seen.state], ["Refusals", ProjectState.ACTIVE]);
  assert.deepEqual(await rolesOf(project), ["admin"]);
  assert.deepEqual((await third.owner.projects.listProjects({})).projects, []);
});
