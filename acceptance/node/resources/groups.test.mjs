// Groups of users. No published client has this service yet, so it is called as Connect with JSON.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses, tooLong } from "../refusals.mjs";
import { baseUrl } from "../setup.mjs";

const instance = await freshInstance("groups");
const { management } = instance.owner;
const other = await instance.organization("Elsewhere");
const organizationId = instance.orgId;
const groupsOf = (token) => async (method, request) => {
  const response = await fetch(`${baseUrl}/zitadel.group.v2.GroupService/${method}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "x-zitadel-instance-host": instance.domain },
    body: JSON.stringify(request),
  });
  const body = await response.json();
  if (response.ok) return body;
  throw new ConnectError(body.message, codeFromString(body.code));
};
const groups = groupsOf(instance.token);
const theirs = groupsOf(other.owner.token);
const read = async (id) => (await groups("GetGroup", { id })).group;
let people = 0;
const user = async () => (await management.addMachineUser({ userName: `user-${++people}`, name: `User ${people}` })).userId;
const members = async (id) => {
  const { groupUsers = [] } = await groups("ListGroupUsers", { filters: [{ groupIds: { ids: [id] } }] });
  return groupUsers.map(({ user }) => user.id);
};

test("a group is made, read, changed in part and removed", async () => {
  const { id } = await groups("CreateGroup", { organizationId, name: "Staff", description: "All who work" });
  const made = await read(id);
  assert.deepEqual([made.name, made.description, made.organizationId], ["Staff", "All who work", organizationId]);
  await groups("UpdateGroup", { id, name: "Team" });
  const changed = await read(id);
  assert.deepEqual([changed.name, changed.description], ["Team", "All who work"]);
  await groups("UpdateGroup", { id, name: "Team" });
  assert.equal((await read(id)).changeDate, changed.changeDate);
  await groups("DeleteGroup", { id });
  await groups("DeleteGroup", { id });
  await refused(() => read(id), Code.NotFound);
});

test("users join and leave a group, and leave with their removal", async () => {
  const { id } = await groups("CreateGroup", { organizationId, name: "Members", description: "M" });
  const [one, two] = [await user(), await user()];
  await groups("AddUsersToGroup", { id, userIds: [one, two] });
  await groups("AddUsersToGroup", { id, userIds: [one] });
  assert.deepEqual((await members(id)).sort(), [one, two].sort());
  await groups("RemoveUsersFromGroup", { id, userIds: [one] });
  await groups("RemoveUsersFromGroup", { id, userIds: [one] });
  assert.deepEqual(await members(id), [two]);
  await management.removeUser({ id: two });
  assert.deepEqual(await members(id), []);
});

test("groups are found by name, id and organization", async () => {
  const ids = [];
  for (const name of ["find-b", "find-a"]) ids.push((await groups("CreateGroup", { organizationId, name, description: "F" })).id);
  const found = async (...filters) => {
    const request = { filters, sortingColumn: "FIELD_NAME_NAME", pagination: { asc: true } };
    return ((await groups("ListGroups", request)).groups ?? []).map(({ name }) => name);
  };
  const named = { nameFilter: { name: "FIND-", method: "TEXT_FILTER_METHOD_STARTS_WITH_IGNORE_CASE" } };
  assert.deepEqual(await found(named), ["find-a", "find-b"]);
  assert.deepEqual(await found(named, { groupIds: { ids: [ids[0]] } }), ["find-b"]);
  assert.deepEqual(await found({ organizationId: { id: other.id } }), []);
  assert.deepEqual((await theirs("ListGroups", {})).groups ?? [], []);
});

const { id: group } = await groups("CreateGroup", { organizationId, name: "Refusals", description: "R" });
const stranger = other.owner.userId;
const create = (more) => () => groups("CreateGroup", { organizationId, name: "X", description: "X", ...more });
const { AlreadyExists: AE, FailedPrecondition: PRE, InvalidArgument: INV, NotFound: NF } = Code;

refuses([
  ["no name", INV, /CreateGroupRequest\.Name/, create({ name: "" })],
  ["a name that is too long", INV, /CreateGroupRequest\.Name/, create({ name: tooLong })],
  ["no organization", INV, /CreateGroupRequest\.OrganizationId/, create({ organizationId: "" })],
  ["an unknown organization", PRE, "CMDGRP-j1mH8l", create({ organizationId: unknownId })],
  ["a name that is taken", AE, "V3-DKcYh", create({ name: "REFUSALS" })],
  ["an id that is taken", AE, "CMDGRP-shRut3", create({ id: group })],
  ["an unknown group is not changed", NF, "CMDGRP-b33zly", () => groups("UpdateGroup", { id: unknownId, name: "X" })],
  ["nor joined", PRE, "CMDGRP-eQfeur", () => groups("AddUsersToGroup", { id: unknownId, userIds: [instance.ownerId] })],
  ["an unknown user does not join", PRE, "COMMAND-uXHNj", () => groups("AddUsersToGroup", { id: group, userIds: [unknownId] })],
  ["nor a user of another organization", PRE, "COMMAND-uXHNj", () => groups("AddUsersToGroup", { id: group, userIds: [stranger] })],
  ["someone of another organization makes no group here", NF, "AUTHZ-cdgFk", () => theirs("CreateGroup", { organizationId, name: "X", description: "X" })],
  ["nor changes one", NF, "AUTHZ-cdgFk", () => theirs("UpdateGroup", { id: group, name: "X" })],
  ["nor removes one", NF, "AUTHZ-cdgFk", () => theirs("DeleteGroup", { id: group })],
  ["nor adds members", NF, "AUTHZ-cdgFk", () => theirs("AddUsersToGroup", { id: group, userIds: [instance.ownerId] })],
]);

test("what was refused changed nothing", async () => {
  assert.equal((await read(group)).name, "Refusals");
  assert.deepEqual(await members(group), []);
});
