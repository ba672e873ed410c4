// The audit trail: events of the instance, and the changes of users, organizations, projects, applications and grants.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MilestoneType } from "@zitadel/proto/zitadel/milestone/v1/milestone_pb.js";
import { freshInstance, systemUser, unknownId } from "../instance.mjs";
import { Code, refuses } from "../refusals.mjs";

const instance = await freshInstance("audit");
const { admin, auth, management } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const typesOf = (result) => result.map(({ eventType }) => eventType.key);
const { userId } = await management.addMachineUser({ userName: "robot", name: "Robot" });
await management.updateMachine({ userId, name: "Robot 2" });
await management.deactivateUser({ id: userId });
const history = ["user.machine.added", "user.machine.changed", "user.deactivated"];
const events = async (request) => (await admin.listEvents(request)).events;

test("every change of a user is told, with who made it, newest first", async () => {
  const { result } = await management.listUserChanges({ userId });
  assert.deepEqual(typesOf(result).map((key) => key.replace(/^EventTypes\./, "")), [...history].reverse());
  assert.ok(result.every(({ editorId, resourceOwnerId }) => editorId === instance.ownerId && resourceOwnerId === instance.orgId));
  assert.deepEqual(result.map(({ sequence }) => sequence), [3n, 2n, 1n]);
  const asc = await management.listUserChanges({ userId, query: { asc: true, limit: 1, sequence: 1n } });
  assert.deepEqual(asc.result.map(({ sequence }) => sequence), [2n]);
});

test("events carry editor, thing, number, time and what changed", async () => {
  const [added, changed] = await events({ aggregateId: userId, aggregateTypes: ["user"], asc: true });
  assert.deepEqual([added.type.type, added.aggregate.id, added.aggregate.type.type], [history[0], userId, "user"]);
  assert.deepEqual([added.editor.userId, added.editor.displayName, added.editor.service], [instance.ownerId, "Owner", "zitadel"]);
  assert.equal(added.aggregate.resourceOwner, instance.orgId);
  assert.equal(changed.payload.name, "Robot 2");
  assert.ok(Math.abs(Number(added.creationDate.seconds) - Date.now() / 1000) < 300);
});

test("events are found by kind, thing, editor, owner, number and time", async () => {
  const types = async (request) => (await events({ aggregateId: userId, asc: true, ...request })).map(({ type }) => type.type);
  assert.deepEqual(await types({}), history);
  assert.deepEqual(await types({ eventTypes: [history[1]] }), [history[1]]);
  assert.deepEqual(await types({ editorUserId: unknownId }), []);
  assert.deepEqual(await types({ resourceOwner: other.id }), []);
  assert.deepEqual(await types({ sequence: 1n, aggregateTypes: ["user"] }), history.slice(1));
  assert.deepEqual(await types({ limit: 2 }), history.slice(0, 2));
  assert.deepEqual(await types({ asc: false, limit: 1 }), [history[2]]);
  const future = { seconds: BigInt(Math.floor(Date.now() / 1000) + 3600) };
  assert.deepEqual(await types({ creationDateFilter: { case: "from", value: future } }), []);
  const past = { seconds: BigInt(Math.floor(Date.now() / 1000) - 3600) };
  assert.deepEqual(await types({ creationDateFilter: { case: "range", value: { since: past, until: future } } }), history);
});

test("no secret is in any event", async () => {
  const { token } = await management.addPersonalAccessToken({ userId });
  const { clientSecret } = await management.generateMachineSecret({ userId });
  const text = JSON.stringify(await events({}), (_, value) => (typeof value === "bigint" ? String(value) : value));
  assert.ok(!text.includes(token) && !text.includes(clientSecret));
});

test("organizations, projects, applications and grants have a history of their own", async () => {
  const { id: projectId } = await management.addProject({ name: "Shop" });
  const { appId } = await management.addAPIApp({ projectId, name: "API" });
  const { grantId } = await management.addProjectGrant({ projectId, grantedOrgId: other.id, roleKeys: [] });
  const keys = async (call, request) => typesOf((await management[call](request)).result).map((key) => key.replace(/^EventTypes\./, ""));
  const project = await keys("listProjectChanges", { projectId });
  assert.equal(project.at(-1), "project.added");
  assert.equal(project[0], "project.grant.added");
  assert.ok((await keys("listAppChanges", { projectId, appId })).every((key) => key.startsWith("project.application.")));
  assert.deepEqual(await keys("listProjectGrantChanges", { projectId, grantId }), ["project.grant.added"]);
  assert.ok((await keys("listOrgChanges", {})).includes("org.added"));
  assert.ok((await auth.listMyUserChanges({})).result.length > 0);
  assert.deepEqual((await elsewhere.listProjectChanges({ projectId })).result, []);
  assert.deepEqual((await elsewhere.listUserChanges({ userId })).result, []);
  assert.deepEqual((await management.listUserChanges({ userId: unknownId })).result, []);
});

test("the kinds of events and of things are listed, and milestones", async () => {
  const { eventTypes } = await admin.listEventTypes({});
  for (const type of history) assert.ok(eventTypes.some((known) => known.type === type), type);
  const { aggregateTypes } = await admin.listAggregateTypes({});
  assert.ok(["user", "org", "project", "instance"].every((type) => aggregateTypes.some((known) => known.type === type)));
  const { result } = await admin.listMilestones({});
  const reached = result.filter(({ reachedDate }) => reachedDate).map(({ type }) => type);
  assert.ok(reached.includes(MilestoneType.INSTANCE_CREATED));
});

test("an event belongs to one instance", async () => {
  const neighbour = await freshInstance("neighbour");
  assert.deepEqual(await neighbour.owner.admin.listEvents({ aggregateId: userId }).then(({ events }) => events), []);
});

test("older events than the audit retention of the instance are not told", async () => {
  await systemUser.system.setLimits({ instanceId: instance.id, auditLogRetention: { seconds: 0n, nanos: 1000 } });
  assert.deepEqual(await events({ aggregateId: userId }), []);
  await systemUser.system.resetLimits({ instanceId: instance.id });
  assert.equal((await events({ aggregateId: userId, eventTypes: [history[0]] })).length, 1);
});

refuses([
  ["an owner of an organization lists no events of the instance", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.admin.listEvents({})],
  ["nor the history of another organization", Code.NotFound, "AUTHZ-cdgFk", () => instance.as(other.owner.token, instance.orgId).management.listOrgChanges({})],
  ["nor milestones", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.admin.listMilestones({})],
]);
