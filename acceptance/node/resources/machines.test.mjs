// Service users with their keys, tokens and secrets, with v1 and v2.

import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { timestampFromDate } from "@zitadel/client";
import { KeyType } from "@zitadel/proto/zitadel/auth_n_key_pb.js";
import { AccessTokenType, UserState } from "@zitadel/proto/zitadel/user/v2/user_pb.js";
import { AccessTokenType as AccessTokenTypeV1 } from "@zitadel/proto/zitadel/user_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses, tooLong } from "../refusals.mjs";

const instance = await freshInstance("machines");
const { management, users } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;

const inAnHour = timestampFromDate(new Date(Date.now() + 3_600_000));
const anHourAgo = timestampFromDate(new Date(Date.now() - 3_600_000));
const v2Machine = (username, more = {}) => ({
  organizationId: instance.orgId,
  username,
  userType: { case: "machine", value: { name: `The ${username}`, ...more } },
});
const machineOf = async (userId) => (await users.getUserByID({ userId })).user.type.value;
const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = new TextEncoder().encode(publicKey.export({ type: "spki", format: "pem" }));

test("v1: a service user is made, read, changed and removed", async () => {
  const request = { userName: "robot", name: "Robot", description: "Does things", accessTokenType: AccessTokenTypeV1.JWT };
  const { userId } = await management.addMachineUser(request);
  const { user } = await management.getUserByID({ id: userId });
  assert.equal(user.userName, "robot");
  assert.deepEqual([user.type.case, user.type.value.name, user.type.value.description], ["machine", "Robot", "Does things"]);
  assert.equal(user.type.value.accessTokenType, AccessTokenTypeV1.JWT);
  await management.updateMachine({ userId, name: "Robot 2", description: "", accessTokenType: AccessTokenTypeV1.BEARER });
  const seen = await machineOf(userId);
  assert.deepEqual([seen.name, seen.description, seen.accessTokenType], ["Robot 2", "", AccessTokenType.BEARER]);
  await refused(() => management.updateMachine({ userId, name: "Robot 2" }), Code.FailedPrecondition, "COMMAND-2n8vs");
  await management.updateUserName({ userId, userName: "robot-2" });
  await management.deactivateUser({ id: userId });
  await management.reactivateUser({ id: userId });
  await management.removeUser({ id: userId });
  await refused(() => management.removeUser({ id: userId }), Code.NotFound, "COMMAND-m9od");
});

test("v2: a service user is made, read, changed and removed", async () => {
  const { id: userId } = await users.createUser(v2Machine("v2-robot", { description: "Works" }));
  assert.deepEqual((await machineOf(userId)).name, "The v2-robot");
  const value = { name: "Renamed" };
  await users.updateUser({ userId, username: "v2-renamed", userType: { case: "machine", value } });
  const { user } = await users.getUserByID({ userId });
  assert.deepEqual([user.username, user.type.value.name, user.type.value.description], ["v2-renamed", "Renamed", "Works"]);
  await users.updateUser({ userId, userType: { case: "machine", value } });
  assert.equal((await users.getUserByID({ userId })).user.details.sequence, user.details.sequence);
  await users.lockUser({ userId });
  assert.equal((await users.getUserByID({ userId })).user.state, UserState.LOCKED);
  await users.unlockUser({ userId });
  await users.deleteUser({ userId });
  await refused(() => users.getUserByID({ userId }), Code.NotFound, "QUERY-Dfbg2");
});

test("v2: a service user without a username is named by its id", async () => {
  const { id } = await users.createUser(v2Machine(undefined));
  assert.equal((await users.getUserByID({ userId: id })).user.username, id);
});

test("keys are made, read, listed and removed with both APIs", async () => {
  const { id: userId } = await users.createUser(v2Machine("keys"));
  const made = await management.addMachineKey({ userId, type: KeyType.JSON });
  const file = JSON.parse(new TextDecoder().decode(made.keyDetails));
  assert.deepEqual([file.type, file.keyId, file.userId], ["serviceaccount", made.keyId, userId]);
  assert.equal(createPublicKey(file.key).asymmetricKeyDetails.modulusLength, 2048);
  const v2 = await users.addKey({ userId, expirationDate: inAnHour });
  assert.ok(JSON.parse(new TextDecoder().decode(v2.keyContent)).key);
  const own = await users.addKey({ userId, expirationDate: inAnHour, publicKey: publicPem });
  assert.equal(own.keyContent.length, 0);
  const { key } = await management.getMachineKeyByIDs({ userId, keyId: own.keyId });
  assert.deepEqual([key.id, key.expirationDate.seconds], [own.keyId, inAnHour.seconds]);
  const filters = [{ filter: { case: "userIdFilter", value: { id: userId } } }];
  const { result, pagination } = await users.listKeys({ filters, pagination: { asc: true } });
  assert.deepEqual(result.map(({ id }) => id), [made.keyId, v2.keyId, own.keyId]);
  assert.equal(pagination.totalResult, 3n);
  const byId = { filter: { case: "keyIdFilter", value: { id: own.keyId } } };
  assert.equal((await users.listKeys({ filters: [...filters, byId] })).result.length, 1);
  await users.removeKey({ userId, keyId: own.keyId });
  await management.removeMachineKey({ userId, keyId: v2.keyId });
  assert.deepEqual((await management.listMachineKeys({ userId })).result.map(({ id }) => id), [made.keyId]);
  await refused(() => users.removeKey({ userId, keyId: own.keyId }), Code.NotFound, "COMMAND-4m77G");
  await refused(() => management.removeMachineKey({ userId, keyId: own.keyId }), Code.NotFound, "COMMAND-4m77G");
});

test("personal access tokens are made, used, listed and removed with both APIs", async () => {
  const { id: userId } = await users.createUser(v2Machine("tokens"));
  const v1 = await management.addPersonalAccessToken({ userId });
  const v2 = await users.addPersonalAccessToken({ userId, expirationDate: inAnHour });
  for (const { token } of [v1, v2]) {
    assert.equal((await instance.as(token).auth.getMyUser({})).user.id, userId);
  }
  const { token } = await management.getPersonalAccessTokenByIDs({ userId, tokenId: v2.tokenId });
  assert.equal(token.id, v2.tokenId);
  const filters = [{ filter: { case: "userIdFilter", value: { id: userId } } }];
  const listed = await users.listPersonalAccessTokens({ filters, pagination: { asc: true } });
  assert.deepEqual(listed.result.map(({ id }) => id), [v1.tokenId, v2.tokenId]);
  await users.removePersonalAccessToken({ userId, tokenId: v1.tokenId });
  await refused(() => instance.as(v1.token).auth.getMyUser({}), Code.Unauthenticated, "AUTH-7fs1e");
  assert.equal((await management.listPersonalAccessTokens({ userId })).details.totalResult, 1n);
  await management.removePersonalAccessToken({ userId, tokenId: v2.tokenId });
  const again = () => users.removePersonalAccessToken({ userId, tokenId: v2.tokenId });
  await refused(again, Code.NotFound, "COMMAND-4m77G");
});

test("a secret is made, replaced and removed with both APIs", async () => {
  const { id: userId } = await users.createUser(v2Machine("secrets"));
  assert.equal((await machineOf(userId)).hasSecret, false);
  const { clientSecret } = await users.addSecret({ userId });
  const replaced = await management.generateMachineSecret({ userId });
  assert.deepEqual([clientSecret.length, replaced.clientId], [64, "secrets"]);
  assert.notEqual(replaced.clientSecret, clientSecret);
  assert.equal((await machineOf(userId)).hasSecret, true);
  await users.removeSecret({ userId });
  assert.equal((await machineOf(userId)).hasSecret, false);
  await refused(() => users.removeSecret({ userId }), Code.FailedPrecondition, "COMMAND-coi82n");
  await refused(() => management.removeMachineSecret({ userId }), Code.FailedPrecondition, "COMMAND-coi82n");
});

const { id: machine } = await users.createUser(v2Machine("refusals"));
const { id: person } = await users.createUser({
  organizationId: instance.orgId,
  username: "person",
  userType: { case: "human", value: { profile: { givenName: "P", familyName: "P" }, email: { email: "p@example.com" } } },
});
const { keyId } = await users.addKey({ userId: machine, expirationDate: inAnHour, publicKey: publicPem });
const INV = Code.InvalidArgument;
const PRE = Code.FailedPrecondition;
const NF = Code.NotFound;
const keyFor = (userId, more = {}) => () => users.addKey({ userId, expirationDate: inAnHour, ...more });
const tokenFor = (userId, more = {}) => () => users.addPersonalAccessToken({ userId, expirationDate: inAnHour, ...more });

refuses([
  ["v1: no username", INV, /AddMachineUserRequest\.UserName/, () => management.addMachineUser({ name: "X" })],
  ["v1: no name", INV, /AddMachineUserRequest\.Name/, () => management.addMachineUser({ userName: "x" })],
  ["v1: a name that is too long", INV, /AddMachineUserRequest\.Name/, () => management.addMachineUser({ userName: "x", name: tooLong })],
  ["v1: a username that is taken", Code.AlreadyExists, "V3-DKcYh", () => management.addMachineUser({ userName: "REFUSALS", name: "X" })],
  ["v1: changing an unknown service user", NF, "COMMAND-5M0od", () => management.updateMachine({ userId: unknownId, name: "X" })],
  ["v1: one of another organization is not changed", NF, "COMMAND-5M0od", () => elsewhere.updateMachine({ userId: machine, name: "X" })],
  ["v1: nor given a key", PRE, "COMMAND-bnipwm1", () => elsewhere.addMachineKey({ userId: machine, type: KeyType.JSON })],
  ["v1: nor a token", PRE, "COMMAND-Dggw2", () => elsewhere.addPersonalAccessToken({ userId: machine })],
  ["v1: nor a secret", PRE, "COMMAND-x8910n", () => elsewhere.generateMachineSecret({ userId: machine })],
  ["v1: a key that is no JSON", INV, /AddMachineKeyRequest\.Type/, () => management.addMachineKey({ userId: machine })],
  ["v2: no name", INV, /Name/, () => users.createUser(v2Machine("x", { name: "" }))],
  ["v2: a username that is too long", INV, /CreateUserRequest\.Username/, () => users.createUser(v2Machine(tooLong, { name: "X" }))],
  ["v2: an id that is taken", PRE, "COMMAND-k2una", () => users.createUser({ ...v2Machine("x"), userId: machine })],
  ["v2: an unknown organization", PRE, "COMMAND-QXPGs", () => users.createUser({ ...v2Machine("x"), organizationId: unknownId })],
  ["v2: changing an unknown service user", NF, "COMMAND-ugjs0upun6", () => users.updateUser({ userId: unknownId, userType: { case: "machine", value: { name: "X" } } })],
  ["v2: changing a service user as a person", NF, "COMMAND-ugjs0upun6", () => users.updateUser({ userId: machine, userType: { case: "human", value: { profile: { givenName: "X" } } } })],
  ["a key without an end", INV, /AddKeyRequest\.ExpirationDate/, () => users.addKey({ userId: machine })],
  ["a key that ended", INV, "DOMAIN-dv3t5", keyFor(machine, { expirationDate: anHourAgo })],
  ["a public key that is none", INV, "COMMAND-5F3h1", keyFor(machine, { publicKey: new TextEncoder().encode("no key") })],
  ["a key for an unknown user", PRE, "COMMAND-bnipwm1", keyFor(unknownId)],
  ["a key for a person", PRE, "COMMAND-bnipwm1", keyFor(person)],
  ["a token without an end", INV, /AddPersonalAccessTokenRequest\.ExpirationDate/, () => users.addPersonalAccessToken({ userId: machine })],
  ["a token that ended", INV, "DOMAIN-dv3t5", tokenFor(machine, { expirationDate: anHourAgo })],
  ["a token for an unknown user", PRE, "COMMAND-Dggw2", tokenFor(unknownId)],
  ["a token for a person", PRE, "COMMAND-Df2f1", tokenFor(person)],
  ["a secret for an unknown user", PRE, "COMMAND-x8910n", () => users.addSecret({ userId: unknownId })],
  ["a secret for a person", PRE, "COMMAND-x8910n", () => users.addSecret({ userId: person })],
  ["removing the secret of an unknown user", PRE, "COMMAND-x7s802", () => users.removeSecret({ userId: unknownId })],
  ["removing an unknown token", NF, "COMMAND-4m77G", () => users.removePersonalAccessToken({ userId: machine, tokenId: unknownId })],
  ["someone of another organization makes no key", NF, "AUTHZ-cdgFk", () => other.owner.users.addKey({ userId: machine, expirationDate: inAnHour, publicKey: publicPem })],
  ["nor removes one", NF, "AUTHZ-cdgFk", () => other.owner.users.removeKey({ userId: machine, keyId })],
  ["nor makes a token", NF, "AUTHZ-cdgFk", () => other.owner.users.addPersonalAccessToken({ userId: machine, expirationDate: inAnHour })],
  ["nor a secret", NF, "AUTHZ-cdgFk", () => other.owner.users.addSecret({ userId: machine })],
]);

test("someone of another organization lists only what is theirs", async () => {
  assert.deepEqual((await other.owner.users.listKeys({})).result, []);
  const { result } = await other.owner.users.listPersonalAccessTokens({});
  assert.deepEqual([...new Set(result.map(({ userId }) => userId))], [other.owner.userId]);
});

test("the key is there after all of that", async () => {
  assert.deepEqual((await management.listMachineKeys({ userId: machine })).result.map(({ id }) => id), [keyId]);
});
