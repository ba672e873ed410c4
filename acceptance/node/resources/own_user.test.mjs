// What users see and do for themselves (Auth API): here a service user without any role, with a personal access token.

import assert from "node:assert/strict";
import { test } from "node:test";
import { freshInstance } from "../instance.mjs";
import { Code, refused, refuses } from "../refusals.mjs";

const instance = await freshInstance("own-user");
const { management } = instance.owner;
const { userId, auth, users, management: ofOrganization } = await instance.member(instance.orgId, "me", []);
const { id: projectId } = await management.addProject({ name: "Shop" });
await management.addProjectRole({ projectId, roleKey: "reader", displayName: "Reader" });

test("a user sees itself with both APIs", async () => {
  const { user } = await auth.getMyUser({});
  assert.deepEqual([user.id, user.userName, user.details.resourceOwner], [userId, "me", instance.orgId]);
  assert.equal((await users.getUserByID({ userId })).user.username, "me");
  assert.deepEqual((await users.listUsers({})).result.map((seen) => seen.userId), [userId]);
});

test("a user is told its changes, authorizations and memberships", async () => {
  const { result } = await auth.listMyUserChanges({});
  assert.ok(result.some(({ editorId }) => editorId === instance.ownerId));
  assert.deepEqual((await auth.listMyUserGrants({})).result, []);
  await management.addUserGrant({ userId, projectId, roleKeys: ["reader"] });
  const [grant] = (await auth.listMyUserGrants({})).result;
  assert.deepEqual([grant.projectId, grant.roleKeys], [projectId, ["reader"]]);
  assert.deepEqual((await auth.listMyMemberships({})).result, []);
  await management.addProjectMember({ projectId, userId, roles: ["PROJECT_OWNER_VIEWER"] });
  const memberships = (await auth.listMyMemberships({})).result;
  assert.deepEqual(memberships.map(({ roles }) => roles), [["PROJECT_OWNER_VIEWER"]]);
  assert.ok((await auth.listMyZitadelPermissions({})).result.some((permission) => permission.startsWith("project.read")));
  await management.removeProjectMember({ projectId, userId });
});

test("a user reads its own metadata and does not write them", async () => {
  const value = new TextEncoder().encode("value");
  await management.setUserMetadata({ id: userId, key: "key", value });
  assert.equal(new TextDecoder().decode((await auth.getMyMetadata({ key: "key" })).metadata.value), "value");
  assert.deepEqual((await auth.listMyMetadata({})).result.map(({ key }) => key), ["key"]);
  await refused(() => users.setUserMetadata({ userId, metadata: [{ key: "key", value }] }), Code.NotFound, "AUTHZ-cdgFk");
});

test("a user changes its own name", async () => {
  await auth.updateMyUserName({ userName: "myself" });
  assert.equal((await auth.getMyUser({})).user.userName, "myself");
  await refused(() => auth.updateMyUserName({ userName: "OWNER" }), Code.AlreadyExists, "V3-DKcYh");
  await auth.updateMyUserName({ userName: "me" });
});

refuses([
  ["a user without a role does not see others", Code.NotFound, "AUTHZ-cdgFk", () => users.getUserByID({ userId: instance.ownerId })],
  ["nor the organization", Code.NotFound, "AUTHZ-cdgFk", () => ofOrganization.getMyOrg({})],
  ["nor locks itself", Code.NotFound, "AUTHZ-cdgFk", () => users.lockUser({ userId })],
  ["nor removes itself", Code.NotFound, "AUTHZ-cdgFk", () => auth.removeMyUser({})],
]);

test("a user who may remove itself does so, and is gone at once", async () => {
  const leaving = await instance.member(instance.orgId, "leaving", ["ORG_USER_SELF_MANAGER"]);
  await leaving.auth.removeMyUser({});
  await refused(() => leaving.auth.getMyUser({}), Code.Unauthenticated, "AUTH-7fs1e");
  await refused(() => management.getUserByID({ id: leaving.userId }), Code.NotFound, "QUERY-Dfbg2");
});
