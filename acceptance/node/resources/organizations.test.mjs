// Organizations with their domains and metadata, with v1, v2 and v2beta (the published v2 client only adds and lists).

import assert from "node:assert/strict";
import { test } from "node:test";
import { TextQueryMethod } from "@zitadel/proto/zitadel/object_pb.js";
import { TextQueryMethod as TextQueryMethodV2 } from "@zitadel/proto/zitadel/object/v2/object_pb.js";
import { OrgState } from "@zitadel/proto/zitadel/org_pb.js";
import { OrganizationState } from "@zitadel/proto/zitadel/org/v2/org_pb.js";
import { OrganizationFieldName } from "@zitadel/proto/zitadel/org/v2/query_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses, tooLong } from "../refusals.mjs";

const instance = await freshInstance("organizations");
const { admin, auth, management, organizations, organizationsBeta: beta } = instance.owner;
const theirs = () => other.owner.organizationsBeta;
const other = await instance.organization("Elsewhere");
const bytes = (text) => new TextEncoder().encode(text);
const by = (name, value) => ({ query: { case: name, value } });
const one = async (id) => (await organizations.listOrganizations({ queries: [by("idQuery", { id })] })).result[0];
const make = async (name) => (await organizations.addOrganization({ name, admins: [] })).organizationId;

test("v2: an organization is made, read, renamed, deactivated, activated and removed", async () => {
  const { organizationId, details } = await organizations.addOrganization({ name: "Acme Corp", admins: [] });
  assert.equal(details.resourceOwner, organizationId);
  const made = await one(organizationId);
  assert.deepEqual([made.name, made.state, made.primaryDomain], ["Acme Corp", OrganizationState.ACTIVE, `acme-corp.${instance.domain}`]);
  await beta.updateOrganization({ id: organizationId, name: "Acme 2" });
  const renamed = await one(organizationId);
  assert.deepEqual([renamed.name, renamed.primaryDomain], ["Acme 2", `acme-2.${instance.domain}`]);
  const same = () => beta.updateOrganization({ id: organizationId, name: "Acme 2" });
  await refused(same, Code.FailedPrecondition, "ORG-4VSdf");
  await refused(() => beta.activateOrganization({ id: organizationId }), Code.FailedPrecondition, "EVENT-bfnrh");
  await beta.deactivateOrganization({ id: organizationId });
  assert.equal((await one(organizationId)).state, OrganizationState.INACTIVE);
  await refused(() => beta.deactivateOrganization({ id: organizationId }), Code.FailedPrecondition, "EVENT-Dbs2g");
  await beta.activateOrganization({ id: organizationId });
  await beta.deleteOrganization({ id: organizationId });
  assert.equal(await one(organizationId), undefined);
  await beta.deleteOrganization({ id: organizationId });
});

test("v1: an organization is made, read, renamed, deactivated, activated and removed", async () => {
  const { id } = await management.addOrg({ name: "By v1" });
  const inside = instance.in(id).management;
  assert.equal((await inside.getMyOrg({})).org.name, "By v1");
  assert.deepEqual((await inside.listOrgMembers({})).result.map(({ userId }) => userId), [instance.ownerId]);
  await inside.updateOrg({ name: "Renamed by v1" });
  assert.equal((await admin.getOrgByID({ id })).org.name, "Renamed by v1");
  await refused(() => inside.updateOrg({ name: "Renamed by v1" }), Code.FailedPrecondition, "ORG-4VSdf");
  await inside.deactivateOrg({});
  assert.equal((await admin.getOrgByID({ id })).org.state, OrgState.INACTIVE);
  await refused(() => inside.deactivateOrg({}), Code.FailedPrecondition, "EVENT-Dbs2g");
  await inside.reactivateOrg({});
  const found = await management.getOrgByDomainGlobal({ domain: `renamed-by-v1.${instance.domain}` });
  assert.equal(found.org.id, id);
  await admin.removeOrg({ orgId: id });
  await refused(() => admin.removeOrg({ orgId: id }), Code.NotFound, "COMMA-aps2n");
});

test("an organization is set up with a person who owns it, in both APIs", async () => {
  const human = {
    userName: "boss",
    profile: { firstName: "The", lastName: "Boss" },
    email: { email: "boss@example.com", isEmailVerified: true },
    password: "Password1!",
  };
  const v1 = await admin.setUpOrg({ org: { name: "Set up" }, user: { case: "human", value: human }, roles: ["ORG_OWNER"] });
  const members = (await instance.in(v1.orgId).management.listOrgMembers({})).result;
  assert.deepEqual(members.map(({ userId, roles }) => [userId, roles]), [[v1.userId, ["ORG_OWNER"]]]);
  const person = {
    username: "v2-boss",
    profile: { givenName: "The", familyName: "Boss" },
    email: { email: "v2@example.com", verification: { case: "returnCode", value: {} } },
  };
  const admins = [{ userType: { case: "human", value: person } }, { userType: { case: "userId", value: v1.userId }, roles: ["ORG_OWNER_VIEWER"] }];
  const v2 = await organizations.addOrganization({ name: "Set up by v2", admins });
  assert.equal(v2.createdAdmins.length, 1);
  assert.equal(v2.createdAdmins[0].emailCode.length, 6);
  const roles = (await instance.in(v2.organizationId).management.listOrgMembers({})).result.map((member) => [member.userId, member.roles[0]]);
  assert.deepEqual(new Map(roles), new Map([[v2.createdAdmins[0].userId, "ORG_OWNER"], [v1.userId, "ORG_OWNER_VIEWER"]]));
});

test("organizations are found by every filter, sorted and paged", async () => {
  const ids = [];
  for (const name of ["find b", "Find C", "find a"]) ids.push(await make(name));
  await beta.deactivateOrganization({ id: ids[0] });
  const method = TextQueryMethodV2.STARTS_WITH_IGNORE_CASE;
  const list = (more, ...queries) =>
    organizations.listOrganizations({ queries: [by("nameQuery", { name: "FIND", method }), ...queries], sortingColumn: OrganizationFieldName.NAME, ...more });
  const names = async (...queries) => (await list({ query: { asc: true } }, ...queries)).result.map(({ name }) => name);
  assert.deepEqual(await names(), ["find a", "find b", "Find C"]);
  assert.deepEqual(await names(by("stateQuery", { state: OrganizationState.INACTIVE })), ["find b"]);
  assert.deepEqual(await names(by("idQuery", { id: ids[2] })), ["find a"]);
  assert.deepEqual(await names(by("domainQuery", { domain: `find-c.${instance.domain}` })), ["Find C"]);
  assert.deepEqual(await names(by("defaultQuery", {})), []);
  const page = await list({ query: { offset: 1n, limit: 1 } });
  assert.deepEqual([page.result.map(({ name }) => name), page.details.totalResult], [["find b"], 3n]);
  const v1 = await admin.listOrgs({ queries: [by("nameQuery", { name: "find", method: TextQueryMethod.STARTS_WITH })] });
  assert.deepEqual(v1.result.map(({ name }) => name).sort(), ["find a", "find b"]);
  assert.equal((await admin.isOrgUnique({ name: "find a", domain: "" })).isUnique, false);
  assert.deepEqual((await auth.listMyProjectOrgs({})).result.some(({ id }) => id === instance.orgId), true);
});

test("there is one default organization, which can be changed and is not removed", async () => {
  assert.equal((await admin.getDefaultOrg({})).org.id, instance.orgId);
  await refused(() => admin.setDefaultOrg({ orgId: instance.orgId }), Code.FailedPrecondition, "INST-SDfw2");
  await refused(() => admin.setDefaultOrg({ orgId: unknownId }), Code.FailedPrecondition, "INSTA-Wfe21");
  await admin.setDefaultOrg({ orgId: other.id });
  const { result } = await organizations.listOrganizations({ queries: [by("defaultQuery", {})] });
  assert.deepEqual(result.map(({ id }) => id), [other.id]);
  await refused(() => beta.deleteOrganization({ id: other.id }), Code.FailedPrecondition, "COMMA-wG9p1");
  const own = () => beta.deleteOrganization({ id: instance.orgId });
  await refused(own, Code.FailedPrecondition, "COMMA-AF3JW");
  await admin.setDefaultOrg({ orgId: instance.orgId });
});

test("domains are added, listed, made primary and removed", async () => {
  const organizationId = await make("Domains");
  const inside = instance.in(organizationId).management;
  await beta.addOrganizationDomain({ organizationId, domain: "v2.example.com" });
  await inside.addOrgDomain({ domain: "v1.example.com" });
  const { domains } = await beta.listOrganizationDomains({ organizationId });
  const generated = `domains.${instance.domain}`;
  assert.deepEqual(domains.map(({ domainName }) => domainName).sort(), [generated, "v1.example.com", "v2.example.com"]);
  assert.ok(domains.every(({ isVerified }) => isVerified));
  await inside.setPrimaryOrgDomain({ domain: "v1.example.com" });
  assert.equal((await one(organizationId)).primaryDomain, "v1.example.com");
  await refused(() => inside.addOrgDomain({ domain: "v1.example.com" }), Code.AlreadyExists, "V2-e1wse");
  const taken = () => beta.addOrganizationDomain({ organizationId: other.id, domain: "V1.example.com" });
  await refused(taken, Code.AlreadyExists, "V3-DKcYh");
  await refused(() => inside.removeOrgDomain({ domain: "v1.example.com" }), Code.FailedPrecondition, "ORG-Sjdi3");
  await refused(() => inside.setPrimaryOrgDomain({ domain: "none.example.com" }), Code.NotFound, "ORG-GDfA3");
  await refused(() => inside.removeOrgDomain({ domain: "none.example.com" }), Code.NotFound, "ORG-GDfA3");
  await beta.deleteOrganizationDomain({ organizationId, domain: "v2.example.com" });
  await inside.removeOrgDomain({ domain: generated });
  const left = (await inside.listOrgDomains({})).result;
  assert.deepEqual(left.map(({ domainName, isPrimary }) => [domainName, isPrimary]), [["v1.example.com", true]]);
});

test("metadata is set, read, listed and removed with both APIs", async () => {
  const organizationId = await make("Metadata");
  const inside = instance.in(organizationId).management;
  await inside.setOrgMetadata({ key: "one", value: bytes("1") });
  await inside.bulkSetOrgMetadata({ metadata: [{ key: "two", value: bytes("2") }] });
  await beta.setOrganizationMetadata({ organizationId, metadata: [{ key: "one", value: bytes("uno") }, { key: "three", value: bytes("3") }] });
  const { metadata } = await inside.getOrgMetadata({ key: "one" });
  assert.equal(new TextDecoder().decode(metadata.value), "uno");
  const list = async () => (await beta.listOrganizationMetadata({ organizationId })).metadata.map(({ key }) => key).sort();
  assert.deepEqual(await list(), ["one", "three", "two"]);
  const remove = (...keys) => () => beta.deleteOrganizationMetadata({ organizationId, keys });
  await refused(remove("one", "none"), Code.NotFound, "META-2npds");
  await remove("one")();
  await inside.removeOrgMetadata({ key: "two" });
  await inside.bulkRemoveOrgMetadata({ keys: ["three"] });
  assert.deepEqual(await list(), []);
  await refused(() => inside.removeOrgMetadata({ key: "two" }), Code.NotFound, "META-mcnw3");
  assert.deepEqual((await instance.in(other.id).management.listOrgMetadata({})).result, []);
});

test("a name is free again once its organization is gone, and so are its users' names", async () => {
  const organizationId = await make("Gone");
  await instance.in(organizationId).management.addMachineUser({ userName: "gone-user", name: "Gone" });
  await beta.deleteOrganization({ id: organizationId });
  await make("gone");
  await management.addMachineUser({ userName: "gone-user", name: "Again" });
});

const INV = Code.InvalidArgument;
const PRE = Code.FailedPrecondition;
const NF = Code.NotFound;

refuses([
  ["v1: no name", INV, /AddOrgRequest\.Name/, () => management.addOrg({ name: "" })],
  ["v1: a name of blanks", INV, "EVENT-Mf9sd", () => management.addOrg({ name: "   " })],
  ["v1: a name that is too long", INV, /AddOrgRequest\.Name/, () => management.addOrg({ name: tooLong })],
  ["v1: a name that is taken", Code.AlreadyExists, "V3-DKcYh", () => management.addOrg({ name: "ELSEWHERE" })],
  ["v1: the context of an unknown organization", Code.PermissionDenied, "AUTH-Bs7Ds", () => instance.in(unknownId).management.getMyOrg({})],
  ["v1: removing an unknown organization", NF, "COMMA-aps2n", () => admin.removeOrg({ orgId: unknownId })],
  ["v1: a domain of blanks", INV, /Domain|ORG-r3h4J/, () => management.addOrgDomain({ domain: "" })],
  ["v2: no name", INV, /AddOrganizationRequest\.Name/, () => organizations.addOrganization({ name: "" })],
  ["v2: a name of blanks", INV, "ORG-mruNY", () => organizations.addOrganization({ name: "   " })],
  ["v2: a name that is too long", INV, /AddOrganizationRequest\.Name/, () => organizations.addOrganization({ name: tooLong })],
  ["v2: a name that is taken", Code.AlreadyExists, "V3-DKcYh", () => organizations.addOrganization({ name: "elseWHERE" })],
  ["v2: a name that makes no domain", INV, "ORG-RrfXY", () => organizations.addOrganization({ name: "!!!" })],
  ["v2: an owner who does not exist", PRE, "ORG-GoXOn", () => organizations.addOrganization({ name: "X", admins: [{ userType: { case: "userId", value: unknownId } }] })],
  ["v2: a role that does not exist", INV, "Org-4N8es", () => organizations.addOrganization({ name: "X", admins: [{ userType: { case: "userId", value: instance.ownerId }, roles: ["NO_ROLE"] }] })],
  ["v2: an unknown organization is not renamed", NF, "ORG-1MRds", () => beta.updateOrganization({ id: unknownId, name: "X" })],
  ["v2: nor deactivated", NF, "ORG-oL9nT", () => beta.deactivateOrganization({ id: unknownId })],
  ["v2: nor activated", NF, "ORG-Dgf3g", () => beta.activateOrganization({ id: unknownId })],
  ["v2: nor given a domain", PRE, "COMMAND-QXPGs", () => beta.addOrganizationDomain({ organizationId: unknownId, domain: "x.example.com" })],
  ["v2: nor metadata", PRE, "COMMAND-QXPGs", () => beta.setOrganizationMetadata({ organizationId: unknownId, metadata: [{ key: "k", value: bytes("v") }] })],
  ["v2: an owner of another organization makes none", NF, "AUTHZ-cdgFk", () => other.owner.organizations.addOrganization({ name: "X" })],
  ["v2: nor renames one", NF, "AUTHZ-cdgFk", () => theirs().updateOrganization({ id: instance.orgId, name: "X" })],
  ["v2: nor deactivates one", NF, "AUTHZ-cdgFk", () => theirs().deactivateOrganization({ id: instance.orgId })],
  ["v2: nor removes one", NF, "AUTHZ-cdgFk", () => theirs().deleteOrganization({ id: instance.orgId })],
  ["v2: nor adds a domain", NF, "AUTHZ-cdgFk", () => theirs().addOrganizationDomain({ organizationId: instance.orgId, domain: "x.example.com" })],
  ["v2: nor metadata", NF, "AUTHZ-cdgFk", () => theirs().setOrganizationMetadata({ organizationId: instance.orgId, metadata: [{ key: "k", value: bytes("v") }] })],
  ["v1: an owner of another organization does not get in by naming this one", NF, "AUTHZ-cdgFk", () => instance.as(other.owner.token, instance.orgId).management.getMyOrg({})],
]);

test("an owner sees only the own organization", async () => {
  const { result } = await other.owner.organizations.listOrganizations({});
  assert.deepEqual(result.map(({ id }) => id), [other.id]);
});
