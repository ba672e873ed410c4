// Authorizations (user grants): who has which roles of a project, with v1 and the resource API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { AuthorizationFieldName, State } from "@zitadel/proto/zitadel/authorization/v2beta/authorization_pb.js";
import { TextFilterMethod } from "@zitadel/proto/zitadel/filter/v2beta/filter_pb.js";
import { UserGrantState } from "@zitadel/proto/zitadel/user_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses } from "../refusals.mjs";

const instance = await freshInstance("authorizations");
const { authorizations, management } = instance.owner;
const organizationId = instance.orgId;
const other = await instance.organization("Elsewhere");
const stranger = await instance.organization("Stranger");
const elsewhere = instance.in(other.id).management;

const { id: projectId } = await management.addProject({ name: "Shop" });
for (const roleKey of ["admin", "reader"]) await management.addProjectRole({ projectId, roleKey, displayName: `The ${roleKey}` });
const { grantId: projectGrantId } = await management.addProjectGrant({ projectId, grantedOrgId: other.id, roleKeys: ["reader"] });

let people = 0;
const user = async (context = management) => (await context.addMachineUser({ userName: `user-${++people}`, name: `User ${people}` })).userId;
const by = (name, value) => ({ filter: { case: name, value } });
const read = async (id) =>
  (await authorizations.listAuthorizations({ filters: [by("authorizationIds", { ids: [id] })] })).authorizations[0];

test("an authorization is made, read, given other roles, deactivated, activated and removed", async () => {
  const userId = await user();
  const { id } = await authorizations.createAuthorization({ userId, projectId, organizationId, roleKeys: ["admin"] });
  const made = await read(id);
  assert.deepEqual([made.user.id, made.projectName, made.organizationId], [userId, "Shop", organizationId]);
  assert.deepEqual([made.roles, made.state], [["admin"], State.ACTIVE]);
  await authorizations.updateAuthorization({ id, roleKeys: ["reader", "admin"] });
  const changed = await read(id);
  assert.deepEqual(changed.roles, ["reader", "admin"]);
  const same = await authorizations.updateAuthorization({ id, roleKeys: ["reader", "admin"] });
  assert.deepEqual(same.changeDate, changed.changeDate);
  await authorizations.deactivateAuthorization({ id });
  await authorizations.deactivateAuthorization({ id });
  assert.equal((await read(id)).state, State.INACTIVE);
  await authorizations.activateAuthorization({ id });
  assert.equal((await read(id)).state, State.ACTIVE);
  await authorizations.deleteAuthorization({ id });
  await authorizations.deleteAuthorization({ id });
  assert.equal(await read(id), undefined);
});

test("v1: an authorization is made, read, given other roles, deactivated, reactivated and removed", async () => {
  const userId = await user();
  const { userGrantId: grantId } = await management.addUserGrant({ userId, projectId, roleKeys: ["admin"] });
  const ids = { userId, grantId };
  const seen = async () => (await management.getUserGrantByID(ids)).userGrant;
  assert.deepEqual([(await seen()).roleKeys, (await seen()).projectName], [["admin"], "Shop"]);
  await refused(() => management.updateUserGrant({ ...ids, roleKeys: ["admin"] }), Code.FailedPrecondition, "COMMAND-Rs8fy");
  await management.updateUserGrant({ ...ids, roleKeys: [] });
  await management.deactivateUserGrant(ids);
  assert.equal((await seen()).state, UserGrantState.INACTIVE);
  await management.reactivateUserGrant(ids);
  await management.removeUserGrant(ids);
  await refused(() => management.removeUserGrant(ids), Code.NotFound, "COMMAND-1My0t");
});

test("an organization that a project is granted to gives the roles of its grant", async () => {
  const userId = await user(elsewhere);
  const { id } = await other.owner.authorizations.createAuthorization({ userId, projectId, organizationId: other.id, roleKeys: ["reader"] });
  assert.deepEqual([(await read(id)).projectGrantId, (await read(id)).organizationId], [projectGrantId, other.id]);
  const more = () => other.owner.authorizations.updateAuthorization({ id, roleKeys: ["admin"] });
  await refused(more, Code.FailedPrecondition, "COMMAND-mm9F4");
  const { userGrantId } = await elsewhere.addUserGrant({ userId: await user(elsewhere), projectId, projectGrantId, roleKeys: [] });
  const { result } = await elsewhere.listUserGrants({});
  assert.deepEqual(result.map(({ id }) => id).sort(), [id, userGrantId].sort());
  await elsewhere.bulkRemoveUserGrant({ grantId: [id, userGrantId] });
  assert.deepEqual((await elsewhere.listUserGrants({})).result, []);
});

test("authorizations are found by every filter, sorted and paged", async () => {
  const [first, second] = [await user(), await user()];
  const one = await authorizations.createAuthorization({ userId: first, projectId, organizationId, roleKeys: ["admin"] });
  const two = await authorizations.createAuthorization({ userId: second, projectId, organizationId, roleKeys: ["reader"] });
  await authorizations.deactivateAuthorization({ id: two.id });
  const list = (more, ...filters) =>
    authorizations.listAuthorizations({ sortingColumn: AuthorizationFieldName.CREATED_DATE, ...more, filters: [by("authorizationIds", { ids: [one.id, two.id] }), ...filters] });
  const found = async (...filters) => (await list({ pagination: { asc: true } }, ...filters)).authorizations.map(({ id }) => id);
  assert.deepEqual(await found(), [one.id, two.id]);
  assert.deepEqual(await found(by("roleKey", { key: "ADMIN", method: TextFilterMethod.EQUALS_IGNORE_CASE })), [one.id]);
  assert.deepEqual(await found(by("state", { state: State.INACTIVE })), [two.id]);
  assert.deepEqual(await found(by("userId", { id: first })), [one.id]);
  assert.deepEqual(await found(by("projectId", { id: unknownId })), []);
  assert.deepEqual(await found(by("projectName", { name: "Sh", method: TextFilterMethod.STARTS_WITH })), [one.id, two.id]);
  assert.deepEqual(await found(by("userOrganizationId", { id: other.id })), []);
  assert.deepEqual(await found(by("organizationId", { id: organizationId })), [one.id, two.id]);
  assert.deepEqual(await found(by("userDisplayName", { displayName: `User ${people}` })), [two.id]);
  const page = await list({ pagination: { offset: 1n, limit: 1 } });
  assert.deepEqual([page.authorizations.map(({ id }) => id), page.pagination.totalResult], [[one.id], 2n]);
  const queries = [{ query: { case: "userIdQuery", value: { userId: second } } }];
  assert.deepEqual((await management.listUserGrants({ queries })).result.map(({ id }) => id), [two.id]);
});

test("roles, users and projects that go take their authorizations along", async () => {
  const { id: shop } = await management.addProject({ name: "Going" });
  for (const roleKey of ["a", "b"]) await management.addProjectRole({ projectId: shop, roleKey, displayName: roleKey });
  const [userId, goes] = [await user(), await user()];
  const make = async (userId) => (await authorizations.createAuthorization({ userId, projectId: shop, organizationId, roleKeys: ["a", "b"] })).id;
  const [stays, ofUser] = [await make(userId), await make(goes)];
  await management.removeProjectRole({ projectId: shop, roleKey: "a" });
  assert.deepEqual((await read(stays)).roles, ["b"]);
  await management.removeUser({ id: goes });
  assert.equal(await read(ofUser), undefined);
  await management.removeProject({ id: shop });
  assert.equal(await read(stays), undefined);
});

const userId = await user();
const { id } = await authorizations.createAuthorization({ userId, projectId, organizationId, roleKeys: ["admin"] });
const INV = Code.InvalidArgument;
const PRE = Code.FailedPrecondition;
const NF = Code.NotFound;
const create = (more) => () => authorizations.createAuthorization({ userId, projectId, organizationId, roleKeys: [], ...more });
const theirs = stranger.owner.authorizations;

refuses([
  ["no user", INV, /CreateAuthorizationRequest\.UserId/, create({ userId: "" })],
  ["no project", INV, /CreateAuthorizationRequest\.ProjectId/, create({ projectId: "" })],
  ["an unknown user", PRE, "COMMAND-4f8sg", create({ userId: unknownId })],
  ["an unknown project", PRE, "COMMAND-3n77S", create({ projectId: unknownId })],
  ["an organization that the project is not granted to", PRE, "COMMAND-4m9ff", create({ organizationId: stranger.id })],
  ["an unknown role", PRE, "COMMAND-mm9F4", create({ roleKeys: ["none"] })],
  ["the same for the second time", Code.AlreadyExists, "V3-DKcYh", create({ roleKeys: ["reader"] })],
  ["an unknown authorization is not changed", NF, "COMMAND-3M9sd", () => authorizations.updateAuthorization({ id: unknownId, roleKeys: [] })],
  ["nor deactivated", NF, "COMMAND-3M9sd", () => authorizations.deactivateAuthorization({ id: unknownId })],
  ["nor activated", NF, "COMMAND-Lp0gs", () => authorizations.activateAuthorization({ id: unknownId })],
  ["changing to an unknown role", PRE, "COMMAND-mm9F4", () => authorizations.updateAuthorization({ id, roleKeys: ["none"] })],
  ["v1: an unknown user", PRE, "COMMAND-4f8sg", () => management.addUserGrant({ userId: unknownId, projectId })],
  ["v1: an unknown project", PRE, "COMMAND-3n77S", () => management.addUserGrant({ userId, projectId: unknownId })],
  ["v1: nothing to remove", INV, "COMMAND-5M0sd", () => management.bulkRemoveUserGrant({ grantId: [] })],
  ["v1: one of another organization is not removed", NF, "COMMAND-1My0t", () => elsewhere.removeUserGrant({ userId, grantId: id })],
  ["someone of another organization authorizes nobody", NF, "AUTHZ-cdgFk", () => theirs.createAuthorization({ userId: stranger.owner.userId, projectId, organizationId, roleKeys: [] })],
  ["nor changes an authorization", NF, "AUTHZ-cdgFk", () => theirs.updateAuthorization({ id, roleKeys: [] })],
  ["nor deactivates one", NF, "AUTHZ-cdgFk", () => theirs.deactivateAuthorization({ id })],
  ["nor removes one", NF, "AUTHZ-cdgFk", () => theirs.deleteAuthorization({ id })],
]);

test("what was refused changed nothing", async () => {
  const { state, roles } = await read(id);
  assert.deepEqual([state, roles], [State.ACTIVE, ["admin"]]);
  assert.deepEqual((await theirs.listAuthorizations({})).authorizations, []);
});
