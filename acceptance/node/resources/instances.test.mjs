// Instances, their domains, limits and quotas, with the System API, v2beta and the Admin API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Unit } from "@zitadel/proto/zitadel/quota_pb.js";
import { timestampFromDate } from "@zitadel/client";
import { freshDomain, freshInstance, systemUser, unknownId } from "../instance.mjs";
import { Code, refused, refuses, tooLong } from "../refusals.mjs";

const instance = await freshInstance("instances");
const { admin, instances, management } = instance.owner;
const { system, instances: everyInstance } = systemUser;
const neighbour = await freshInstance("neighbour");
const instanceId = instance.id;

test("a new instance has its name, its domains and all it needs", async () => {
  const { instance: seen } = await instances.getInstance({ instanceId });
  assert.deepEqual([seen.id, seen.name], [instanceId, "instances"]);
  const primary = seen.domains.filter(({ primary }) => primary).map(({ domain }) => domain);
  assert.deepEqual(primary, [instance.domain]);
  assert.deepEqual((await admin.getMyInstance({})).instance.id, instanceId);
  assert.deepEqual((await management.listProjects({})).result.map(({ name }) => name), ["ZITADEL"]);
  const { webKeys } = await instance.owner.webKeys.listWebKeys({});
  assert.equal(webKeys.length, 2);
  assert.equal((await admin.getDefaultOrg({})).org.name, "Home");
});

test("an instance may be owned by a person, who must have an address", async () => {
  const human = { userName: "boss", email: { email: "boss@example.com", isEmailVerified: true }, profile: { firstName: "The", lastName: "Boss" } };
  const request = (value) => ({ instanceName: "with a person", customDomain: freshDomain("person"), owner: { case: "human", value } });
  const { instanceId: id } = await system.createInstance(request(human));
  const { result } = await system.listIAMMembers({ instanceId: id });
  assert.deepEqual(result.map(({ email, roles }) => [email, roles]), [["boss@example.com", ["IAM_OWNER"]]]);
  await refused(() => system.createInstance(request({ userName: "boss" })), Code.InvalidArgument, /Email/);
  await system.removeInstance({ instanceId: id });
});

test("instances are found by id and by domain", async () => {
  const queries = [{ query: { case: "idQuery", value: { ids: [instanceId, neighbour.id] } } }];
  const { result } = await system.listInstances({ queries });
  assert.deepEqual(result.map(({ id }) => id).sort(), [instanceId, neighbour.id].sort());
  const byDomain = [{ query: { case: "domainQuery", value: { domains: [neighbour.domain] } } }];
  const { instances: found } = await everyInstance.listInstances({ queries: byDomain });
  assert.deepEqual(found.map(({ id }) => id), [neighbour.id]);
  assert.equal((await system.getInstance({ instanceId })).instance.name, "instances");
  assert.equal((await system.existsDomain({ domain: neighbour.domain })).exists, true);
  assert.equal((await system.existsDomain({ domain: freshDomain("none") })).exists, false);
});

test("an instance is renamed by its owner and by the operator", async () => {
  await instances.updateInstance({ instanceId, instanceName: "by the owner" });
  assert.equal((await instances.getInstance({ instanceId })).instance.name, "by the owner");
  await instances.updateInstance({ instanceId, instanceName: "by the owner" });
  await system.updateInstance({ instanceId, instanceName: "by the operator" });
  assert.equal((await instances.getInstance({ instanceId })).instance.name, "by the operator");
});

test("custom domains lead to the instance from their addition to their removal", async () => {
  const [one, two] = [freshDomain("custom"), freshDomain("custom")];
  await everyInstance.addCustomDomain({ instanceId, domain: one });
  await system.addDomain({ instanceId, domain: two });
  const { domains } = await instances.listCustomDomains({ instanceId });
  assert.ok([one, two, instance.domain].every((domain) => domains.some((seen) => seen.domain === domain)));
  assert.ok((await admin.listInstanceDomains({})).result.some(({ domain }) => domain === two));
  await system.setPrimaryDomain({ instanceId, domain: two });
  const generated = domains.find((seen) => seen.generated).domain;
  await refused(() => everyInstance.removeCustomDomain({ instanceId, domain: generated }), Code.FailedPrecondition, "INSTANCE-9hn3n");
  await refused(() => everyInstance.addCustomDomain({ instanceId, domain: one }), Code.AlreadyExists, "INST-i2nl");
  await refused(() => everyInstance.addCustomDomain({ instanceId: neighbour.id, domain: one }), Code.AlreadyExists, "V3-DKcYh");
  await system.setPrimaryDomain({ instanceId, domain: instance.domain });
  await everyInstance.removeCustomDomain({ instanceId, domain: one });
  await everyInstance.removeCustomDomain({ instanceId, domain: one });
  await system.removeDomain({ instanceId, domain: two });
  await refused(() => system.removeDomain({ instanceId, domain: two }), Code.NotFound, "INSTANCE-8ls9f");
  await refused(() => system.setPrimaryDomain({ instanceId, domain: two }), Code.NotFound, "INSTANCE-9nkWf");
  await everyInstance.addCustomDomain({ instanceId: neighbour.id, domain: one });
});

test("trusted domains are added, listed and removed", async () => {
  await instances.addTrustedDomain({ instanceId, domain: "proxy.example.com" });
  await admin.addInstanceTrustedDomain({ domain: "other.example.com" });
  const { trustedDomain } = await instances.listTrustedDomains({ instanceId });
  assert.deepEqual(trustedDomain.map(({ domain }) => domain).sort(), ["other.example.com", "proxy.example.com"]);
  await refused(() => instances.addTrustedDomain({ instanceId, domain: "proxy.example.com" }), Code.FailedPrecondition, "COMMA-hg42a");
  await instances.removeTrustedDomain({ instanceId, domain: "proxy.example.com" });
  await instances.removeTrustedDomain({ instanceId, domain: "proxy.example.com" });
  await admin.removeInstanceTrustedDomain({ domain: "other.example.com" });
  await refused(() => admin.removeInstanceTrustedDomain({ domain: "other.example.com" }), Code.NotFound, "COMMA-de3z9");
  assert.deepEqual((await admin.listInstanceTrustedDomains({})).result, []);
});

test("a blocked instance answers nothing but the System API, until the limits are reset", async () => {
  const blocked = await freshInstance("blocked");
  await system.setLimits({ instanceId: blocked.id, block: true });
  await refused(() => blocked.owner.management.getMyOrg({}), Code.ResourceExhausted, "LIMITS-molsj");
  assert.equal((await system.getInstance({ instanceId: blocked.id })).instance.name, "blocked");
  await system.resetLimits({ instanceId: blocked.id });
  await blocked.owner.management.getMyOrg({});
  await refused(() => system.resetLimits({ instanceId: blocked.id }), Code.NotFound, "COMMAND-9JToT");
  await refused(() => system.setLimits({ instanceId: blocked.id }), Code.InvalidArgument, "COMMAND-4M9vs");
  await system.bulkSetLimits({ limits: [{ instanceId: blocked.id, block: true }] });
  await refused(() => blocked.owner.management.getMyOrg({}), Code.ResourceExhausted, "LIMITS-molsj");
  await system.removeInstance({ instanceId: blocked.id });
});

test("a quota is added once, replaced and removed", async () => {
  const quota = {
    instanceId,
    unit: Unit.REQUESTS_ALL_AUTHENTICATED,
    from: timestampFromDate(new Date()),
    resetInterval: { seconds: 3600n },
    amount: 1_000_000n,
    limit: false,
    notifications: [],
  };
  const notified = (notification) => () => system.addQuota({ ...quota, notifications: [{ percent: 50, callUrl: "https://example.com", ...notification }] });
  await refused(notified({ callUrl: "nowhere" }), Code.InvalidArgument, "QUOTA-HAYmN");
  await refused(notified({ percent: 0 }), Code.InvalidArgument, /Notification\.Percent/);
  await refused(() => system.addQuota({ ...quota, resetInterval: { seconds: 59n } }), Code.InvalidArgument, "QUOTA-R5otd");
  await refused(() => system.addQuota({ ...quota, unit: Unit.UNIMPLEMENTED }), Code.InvalidArgument, /AddQuotaRequest\.Unit/);
  await system.addQuota(quota);
  await refused(() => system.addQuota(quota), Code.AlreadyExists, "COMMAND-WDfFf");
  await system.setQuota({ ...quota, amount: 2_000_000n });
  await system.removeQuota({ instanceId, unit: quota.unit });
  await refused(() => system.removeQuota({ instanceId, unit: quota.unit }), Code.NotFound, "COMMAND-WDfFf");
});

test("an instance that is removed is gone, and its domain free again", async () => {
  const doomed = await freshInstance("doomed");
  await everyInstance.deleteInstance({ instanceId: doomed.id });
  await everyInstance.deleteInstance({ instanceId: doomed.id });
  await refused(() => system.removeInstance({ instanceId: doomed.id }), Code.NotFound, /no such instance/);
  await refused(() => doomed.owner.management.getMyOrg({}), Code.NotFound);
  await system.addDomain({ instanceId, domain: doomed.domain });
  await system.removeDomain({ instanceId, domain: doomed.domain });
});

test("an instance knows nothing of another: neither tokens, nor users, nor names", async () => {
  const intruder = instance.as(neighbour.token);
  await refused(() => intruder.management.getMyOrg({}), Code.Unauthenticated, "AUTH-7fs1e");
  const { userId } = await neighbour.owner.management.addMachineUser({ userName: "unique", name: "Unique" });
  await management.addMachineUser({ userName: "unique", name: "Unique here too" });
  await refused(() => management.getUserByID({ id: userId }), Code.NotFound, "QUERY-Dfbg2");
  await refused(() => instance.owner.users.deleteUser({ userId }), Code.NotFound, "COMMAND-bd4ir1mblj");
  await refused(() => instance.in(neighbour.orgId).management.getMyOrg({}), Code.PermissionDenied, "AUTH-Bs7Ds");
  await refused(() => instances.deleteInstance({ instanceId }), Code.PermissionDenied, "AUTH-5mWD2");
});

const owner = { case: "machine", value: { userName: "owner", name: "Owner" } };
const make = (more) => () => system.createInstance({ instanceName: "X", customDomain: freshDomain("x"), owner, ...more });
const { InvalidArgument: INV, NotFound: NF } = Code;

refuses([
  ["an instance without a name", INV, /CreateInstanceRequest\.InstanceName/, make({ instanceName: "" })],
  ["a name that is too long", INV, /CreateInstanceRequest\.InstanceName/, make({ instanceName: tooLong })],
  ["an instance without an owner", INV, /CreateInstanceRequest/, make({ owner: undefined })],
  ["a domain that is taken", Code.AlreadyExists, "V3-DKcYh", make({ customDomain: neighbour.domain })],
  ["a domain with other characters", INV, "INST-S3v3w", () => everyInstance.addCustomDomain({ instanceId, domain: "no domain" })],
  ["a trusted domain with other characters", INV, "COMMA-S3v3w", () => instances.addTrustedDomain({ instanceId, domain: "no domain" })],
  ["an unknown instance is not renamed", NF, /no such instance/, () => system.updateInstance({ instanceId: unknownId, instanceName: "X" })],
  ["nor removed", NF, /no such instance/, () => system.removeInstance({ instanceId: unknownId })],
  ["an empty name", INV, /UpdateInstanceRequest\.InstanceName/, () => instances.updateInstance({ instanceId, instanceName: "" })],
  ["an owner makes no instance", Code.Unauthenticated, "AUTH-7fs1e", () => instance.owner.system.createInstance({ instanceName: "X", owner })],
  ["nor lists them", Code.Unauthenticated, "AUTH-7fs1e", () => instance.owner.system.listInstances({})],
  ["nor adds a custom domain", Code.PermissionDenied, "AUTH-5mWD2", () => instances.addCustomDomain({ instanceId, domain: freshDomain("own") })],
  ["nor sets limits", Code.PermissionDenied, "AUTH-5mWD2", () => instance.owner.system.setLimits({ instanceId, block: false })],
]);
