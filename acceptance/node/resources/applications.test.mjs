// Applications: OIDC, API and SAML, with their secrets and keys, with v1 and the resource API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { timestampFromDate } from "@zitadel/client";
import { TextQueryMethod } from "@zitadel/proto/zitadel/object_pb.js";
import { TextFilterMethod } from "@zitadel/proto/zitadel/filter/v2/filter_pb.js";
import { KeyType } from "@zitadel/proto/zitadel/auth_n_key_pb.js";
import {
  APIAuthMethodType as ApiAuthV1,
  AppState as AppStateV1,
  OIDCAppType as OidcAppTypeV1,
  OIDCAuthMethodType as OidcAuthV1,
  OIDCGrantType as GrantTypeV1,
  OIDCResponseType as ResponseTypeV1,
} from "@zitadel/proto/zitadel/app_pb.js";
import { APIAuthMethodType } from "@zitadel/proto/zitadel/app/v2beta/api_pb.js";
import { AppSorting, AppState } from "@zitadel/proto/zitadel/app/v2beta/app_pb.js";
import { OIDCAppType, OIDCAuthMethodType, OIDCGrantType, OIDCResponseType } from "@zitadel/proto/zitadel/app/v2beta/oidc_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses, tooLong } from "../refusals.mjs";

const instance = await freshInstance("applications");
const { apps, management } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const { id: projectId } = await management.addProject({ name: "Shop" });

const web = {
  redirectUris: ["https://shop.example.com/back"],
  responseTypes: [OIDCResponseType.OIDC_RESPONSE_TYPE_CODE],
  grantTypes: [OIDCGrantType.OIDC_GRANT_TYPE_AUTHORIZATION_CODE],
};
const create = (name, kind, value, more = {}) =>
  apps.createApplication({ projectId, name, creationRequestType: { case: `${kind}Request`, value }, ...more });
const change = (id, kind, value) =>
  apps.updateApplication({ projectId, id, updateRequestType: { case: `${kind}ConfigurationRequest`, value } });
const read = async (id) => (await apps.getApplication({ id })).app;
const metadata = (entityId) =>
  new TextEncoder().encode(
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
      `<SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
      `<AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${entityId}/acs" index="0"/>` +
      `</SPSSODescriptor></EntityDescriptor>`,
  );

test("an OIDC application is made with the defaults, read, changed and removed", async () => {
  const { appId, creationResponseType } = await create("Web", "oidc", { redirectUris: web.redirectUris });
  assert.equal(creationResponseType.case, "oidcResponse");
  assert.equal(creationResponseType.value.clientSecret.length, 64);
  assert.deepEqual(creationResponseType.value.complianceProblems, []);
  const made = await read(appId);
  assert.deepEqual([made.name, made.state, made.config.case], ["Web", AppState.ACTIVE, "oidcConfig"]);
  const config = made.config.value;
  assert.equal(config.clientId, creationResponseType.value.clientId);
  assert.deepEqual(config.redirectUris, web.redirectUris);
  assert.deepEqual([config.responseTypes, config.grantTypes], [web.responseTypes, web.grantTypes]);
  const value = { ...web, redirectUris: ["https://shop.example.com/other"], postLogoutRedirectUris: ["https://shop.example.com/bye"], devMode: true };
  await change(appId, "oidc", value);
  const changed = (await read(appId)).config.value;
  assert.deepEqual([changed.redirectUris, changed.postLogoutRedirectUris, changed.devMode], [value.redirectUris, value.postLogoutRedirectUris, true]);
  await refused(() => change(appId, "oidc", value), Code.FailedPrecondition, "COMMAND-1m88i");
  await apps.updateApplication({ projectId, id: appId, name: "Web 2" });
  assert.equal((await read(appId)).name, "Web 2");
  await refused(() => apps.updateApplication({ projectId, id: appId, name: "Web 2" }), Code.FailedPrecondition, "COMMAND-2m8vx");
  const secret = await apps.regenerateClientSecret({ projectId, applicationId: appId, appType: { case: "isOidc", value: true } });
  assert.equal(secret.clientSecret.length, 64);
  await apps.deleteApplication({ projectId, id: appId });
  await refused(() => apps.deleteApplication({ projectId, id: appId }), Code.NotFound, "COMMAND-0po9s");
});

test("an application that cannot keep a secret gets none, and what does not comply is told", async () => {
  const value = { redirectUris: ["http://shop.example.com"], appType: OIDCAppType.OIDC_APP_TYPE_NATIVE, authMethodType: OIDCAuthMethodType.OIDC_AUTH_METHOD_TYPE_NONE };
  const { creationResponseType } = await create("Native", "oidc", value);
  assert.equal(creationResponseType.value.clientSecret, "");
  assert.equal(creationResponseType.value.noneCompliant, true);
  const keys = creationResponseType.value.complianceProblems.map(({ key }) => key);
  assert.equal(keys[0], "Application.OIDC.V1.NotCompliant");
  assert.ok(keys.includes("Application.OIDC.V1.Native.RedirectUris.MustBeHttpLocalhost"), keys.join());
});

test("an API application is made, read, changed, deactivated, reactivated and removed", async () => {
  const { appId, creationResponseType } = await create("API", "api", { authMethodType: APIAuthMethodType.API_AUTH_METHOD_TYPE_BASIC });
  assert.equal(creationResponseType.value.clientSecret.length, 64);
  await change(appId, "api", { authMethodType: APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT });
  assert.equal((await read(appId)).config.value.authMethodType, APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT);
  await refused(() => apps.reactivateApplication({ projectId, id: appId }), Code.FailedPrecondition, "COMMAND-1n8cM");
  await apps.deactivateApplication({ projectId, id: appId });
  assert.equal((await read(appId)).state, AppState.INACTIVE);
  await refused(() => apps.deactivateApplication({ projectId, id: appId }), Code.FailedPrecondition, "COMMAND-dsh35");
  await apps.reactivateApplication({ projectId, id: appId });
  await apps.deleteApplication({ projectId, id: appId });
});

test("a SAML application is made and changed, and its entity id is unique in the instance", async () => {
  const saml = (entityId) => ({ metadata: { case: "metadataXml", value: metadata(entityId) } });
  const { appId } = await create("SAML", "saml", saml("https://sp.example.com"));
  assert.equal((await read(appId)).config.case, "samlConfig");
  await refused(() => create("SAML 2", "saml", saml("https://sp.example.com")), Code.AlreadyExists, "V3-DKcYh");
  await change(appId, "saml", saml("https://sp2.example.com"));
  const { appId: second } = await management.addSAMLApp({ projectId, name: "SAML 2", ...saml("https://sp.example.com") });
  await management.removeApp({ projectId, appId: second });
});

test("v1: an OIDC application is made, read, changed, given a new secret and removed", async () => {
  const config = {
    redirectUris: ["https://v1.example.com/back"],
    responseTypes: [ResponseTypeV1.OIDC_RESPONSE_TYPE_CODE],
    grantTypes: [GrantTypeV1.OIDC_GRANT_TYPE_AUTHORIZATION_CODE],
    appType: OidcAppTypeV1.OIDC_APP_TYPE_WEB,
    authMethodType: OidcAuthV1.OIDC_AUTH_METHOD_TYPE_POST,
  };
  const { appId, clientId, clientSecret } = await management.addOIDCApp({ projectId, name: "V1 web", ...config });
  const ids = { projectId, appId };
  assert.equal(clientSecret.length, 64);
  const { app } = await management.getAppByID(ids);
  assert.deepEqual([app.name, app.config.value.clientId], ["V1 web", clientId]);
  await management.updateOIDCAppConfig({ ...ids, ...config, devMode: true });
  await refused(() => management.updateOIDCAppConfig({ ...ids, ...config, devMode: true }), Code.FailedPrecondition, "COMMAND-1m88i");
  await management.updateApp({ ...ids, name: "V1 renamed" });
  assert.notEqual((await management.regenerateOIDCClientSecret(ids)).clientSecret, clientSecret);
  await refused(() => management.updateAPIAppConfig({ ...ids, authMethodType: 1 }), Code.InvalidArgument, "COMMAND-Gnwt3");
  await management.deactivateApp(ids);
  assert.equal((await management.getAppByID(ids)).app.state, AppStateV1.INACTIVE);
  await management.reactivateApp(ids);
  await management.removeApp(ids);
  await refused(() => management.removeApp(ids), Code.NotFound, "COMMAND-0po9s");
});

test("v1: an API application is made, given a new secret, changed and removed", async () => {
  const { appId, clientSecret } = await management.addAPIApp({ projectId, name: "V1 api", authMethodType: ApiAuthV1.API_AUTH_METHOD_TYPE_BASIC });
  const ids = { projectId, appId };
  assert.notEqual((await management.regenerateAPIClientSecret(ids)).clientSecret, clientSecret);
  await refused(() => management.regenerateOIDCClientSecret(ids), Code.InvalidArgument, "COMMAND-Ghrh3");
  await management.updateAPIAppConfig({ ...ids, authMethodType: ApiAuthV1.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT });
  await management.removeApp(ids);
});

test("keys of an application are made, read, listed and removed with both APIs", async () => {
  const { appId } = await create("Keys", "api", { authMethodType: APIAuthMethodType.API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT });
  const expirationDate = timestampFromDate(new Date(Date.now() + 3_600_000));
  const made = await apps.createApplicationKey({ projectId, appId, expirationDate });
  const file = JSON.parse(new TextDecoder().decode(made.keyDetails));
  assert.deepEqual([file.type, file.keyId, file.appId], ["application", made.id, appId]);
  const v1 = await management.addAppKey({ projectId, appId, type: KeyType.JSON });
  const { expirationDate: seen } = await apps.getApplicationKey({ id: made.id, projectId, applicationId: appId });
  assert.equal(seen.seconds, expirationDate.seconds);
  assert.equal((await management.getAppKey({ projectId, appId, keyId: v1.id })).key.id, v1.id);
  const { keys } = await apps.listApplicationKeys({ resourceId: { case: "applicationId", value: appId } });
  assert.deepEqual(keys.map(({ id }) => id).sort(), [made.id, v1.id].sort());
  await management.removeAppKey({ projectId, appId, keyId: v1.id });
  await apps.deleteApplicationKey({ id: made.id, projectId, applicationId: appId });
  assert.deepEqual((await management.listAppKeys({ projectId, appId })).result, []);
  const again = () => apps.deleteApplicationKey({ id: made.id, projectId, applicationId: appId });
  await refused(again, Code.NotFound, "COMMAND-4m77G");
});

test("applications are found by name, state and kind, sorted and paged", async () => {
  const { id: project } = await management.addProject({ name: "Find" });
  for (const name of ["b", "c", "a"]) await create(name, "api", {}, { projectId: project });
  const { appId } = await create("oidc", "oidc", web, { projectId: project });
  await apps.deactivateApplication({ projectId: project, id: appId });
  const list = async (more, ...filters) => apps.listApplications({ projectId: project, sortingColumn: AppSorting.APP_SORT_BY_NAME, ...more, filters });
  const by = (name, value) => ({ filter: { case: name, value } });
  const names = async (...filters) => (await list({ pagination: { asc: true } }, ...filters)).applications.map(({ name }) => name);
  assert.deepEqual(await names(), ["a", "b", "c", "oidc"]);
  assert.deepEqual(await names(by("apiAppOnly", true)), ["a", "b", "c"]);
  assert.deepEqual(await names(by("oidcAppOnly", true)), ["oidc"]);
  assert.deepEqual(await names(by("stateFilter", AppState.INACTIVE)), ["oidc"]);
  assert.deepEqual(await names(by("nameFilter", { name: "B", method: TextFilterMethod.EQUALS_IGNORE_CASE })), ["b"]);
  const page = await list({ pagination: { offset: 1n, limit: 2 } });
  assert.deepEqual([page.applications.map(({ name }) => name), page.pagination.totalResult], [["c", "b"], 4n]);
  const queries = [{ query: { case: "nameQuery", value: { name: "o", method: TextQueryMethod.STARTS_WITH } } }];
  assert.deepEqual((await management.listApps({ projectId: project, queries })).result.map(({ name }) => name), ["oidc"]);
});

test("a name is unique in its project whatever its case, and free again after the removal", async () => {
  const { appId } = await create("Unique", "api", {});
  await refused(() => create("UNIQUE", "api", {}), Code.AlreadyExists, "V3-DKcYh");
  await apps.deleteApplication({ projectId, id: appId });
  await create("unique", "api", {});
});

const { appId: oidc } = await create("Refusals", "oidc", web);
const { appId: api } = await create("Refusals API", "api", {});
const INV = Code.InvalidArgument;
const PRE = Code.FailedPrecondition;
const NF = Code.NotFound;
const AE = Code.AlreadyExists;
const implicit = { responseTypes: [OIDCResponseType.OIDC_RESPONSE_TYPE_ID_TOKEN], grantTypes: web.grantTypes };
const ids = { projectId, appId: oidc };
const theirs = other.owner.apps;

refuses([
  ["v1: no name", INV, /AddOIDCAppRequest\.Name/, () => management.addOIDCApp({ projectId, name: "" })],
  ["v1: a name that is taken", AE, "V3-DKcYh", () => management.addAPIApp({ projectId, name: "refusals" })],
  ["v1: an unknown project", PRE, "COMMAND-EbFMN", () => management.addAPIApp({ projectId: unknownId, name: "X" })],
  ["v1: a project of another organization", PRE, "COMMAND-EbFMN", () => elsewhere.addAPIApp({ projectId, name: "X" })],
  ["v1: an application of another organization is not renamed", NF, "COMMAND-28di9", () => elsewhere.updateApp({ ...ids, name: "X" })],
  ["v1: nor changed", NF, "COMMAND-2n8uU", () => elsewhere.updateOIDCAppConfig({ ...ids })],
  ["v1: nor deactivated", NF, "COMMAND-ov9d3", () => elsewhere.deactivateApp(ids)],
  ["v1: nor removed", NF, "COMMAND-0po9s", () => elsewhere.removeApp(ids)],
  ["v1: nor given a secret", NF, "COMMAND-2g66f", () => elsewhere.regenerateOIDCClientSecret(ids)],
  ["no name", INV, /CreateApplicationRequest\.Name/, () => create("", "api", {})],
  ["a name that is too long", INV, /CreateApplicationRequest\.Name/, () => create(tooLong, "api", {})],
  ["no kind", INV, /CreateApplicationRequest/, () => apps.createApplication({ projectId, name: "X" })],
  ["a name that is taken", AE, "V3-DKcYh", () => create("REFUSALS", "api", {})],
  ["an id that is taken", PRE, "PROJECT-lxowmp", () => create("X", "oidc", web, { id: api })],
  ["an unknown project", PRE, "COMMAND-EbFMN", () => create("X", "api", {}, { projectId: unknownId })],
  ["an implicit response without the grant", INV, "PROJECT-1n8df", () => create("X", "oidc", { ...web, ...implicit })],
  ["an origin with a path", INV, "PROJECT-1n8df", () => create("X", "oidc", { ...web, additionalOrigins: ["https://example.com/path"] })],
  ["a clock skew that is too long", INV, /ClockSkew|PROJECT-1n8df/, () => create("X", "oidc", { ...web, clockSkew: { seconds: 6n } })],
  ["SAML metadata that are none", INV, "SAML-bquso", () => create("X", "saml", { metadata: { case: "metadataXml", value: new TextEncoder().encode("<no/>") } })],
  ["changing to an implicit response without the grant", INV, "COMMAND-5m9fs", () => change(oidc, "oidc", implicit)],
  ["changing an OIDC application as an API", INV, "COMMAND-Gnwt3", () => change(oidc, "api", { authMethodType: 1 })],
  ["changing an API as an OIDC application", INV, "COMMAND-GBr34", () => change(api, "oidc", web)],
  ["changing an API to what it is", PRE, "COMMAND-1m88i", () => change(api, "api", {})],
  ["an unknown application is not renamed", NF, "COMMAND-28di9", () => apps.updateApplication({ projectId, id: unknownId, name: "X" })],
  ["nor changed", NF, "COMMAND-2n8uU", () => change(unknownId, "oidc", web)],
  ["nor deactivated", NF, "COMMAND-ov9d3", () => apps.deactivateApplication({ projectId, id: unknownId })],
  ["nor reactivated", NF, "COMMAND-ov9d3", () => apps.reactivateApplication({ projectId, id: unknownId })],
  ["nor removed", NF, "COMMAND-0po9s", () => apps.deleteApplication({ projectId, id: unknownId })],
  ["nor given a secret", NF, "COMMAND-2g66f", () => apps.regenerateClientSecret({ projectId, applicationId: unknownId, appType: { case: "isOidc", value: true } })],
  ["nor a key", PRE, "COMMAND-sak25", () => apps.createApplicationKey({ projectId, appId: unknownId, expirationDate: timestampFromDate(new Date(Date.now() + 60_000)) })],
  ["a key for an application that has a secret", PRE, "COMMAND-Dff54", () => apps.createApplicationKey({ projectId, appId: api, expirationDate: timestampFromDate(new Date(Date.now() + 60_000)) })],
  ["someone of another organization makes no application", NF, "AUTHZ-cdgFk", () => theirs.createApplication({ projectId, name: "X", creationRequestType: { case: "apiRequest", value: {} } })],
  ["nor reads one", NF, "AUTHZ-cdgFk", () => theirs.getApplication({ id: oidc })],
  ["nor renames one", NF, "AUTHZ-cdgFk", () => theirs.updateApplication({ projectId, id: oidc, name: "X" })],
  ["nor deactivates one", NF, "AUTHZ-cdgFk", () => theirs.deactivateApplication({ projectId, id: oidc })],
  ["nor removes one", NF, "AUTHZ-cdgFk", () => theirs.deleteApplication({ projectId, id: oidc })],
  ["nor gets its secret", NF, "AUTHZ-cdgFk", () => theirs.regenerateClientSecret({ projectId, applicationId: oidc, appType: { case: "isOidc", value: true } })],
]);

test("what was refused changed nothing", async () => {
  const seen = await read(oidc);
  assert.deepEqual([seen.name, seen.state, seen.config.value.responseTypes], ["Refusals", AppState.ACTIVE, web.responseTypes]);
});
