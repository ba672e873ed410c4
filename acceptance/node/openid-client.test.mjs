// openid-client as published: discovery, the machine grants, userinfo, introspection.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { before, test } from "node:test";
import { SignJWT } from "jose";
import * as client from "openid-client";
import { apiScope, baseUrl, jwtBearer, management, serviceUser } from "./setup.mjs";

const insecure = { execute: [client.allowInsecureRequests] };
const discover = (id, authentication) => client.discovery(new URL(baseUrl), id, undefined, authentication, insecure);

/** An RSA key file's key as Web Crypto wants it. */
async function cryptoKey(pem) {
  const der = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  return crypto.subtle.importKey("pkcs8", der, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, false, ["sign"]);
}

async function assertion(user, seconds = 60) {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: user.userId, sub: user.userId, aud: baseUrl, iat: now, exp: now + seconds })
    .setProtectedHeader({ alg: "RS256", kid: user.key.keyId })
    .sign(await cryptoKey(user.key.key));
}

const organization = (config, token) =>
  client.fetchProtectedResource(config, token, new URL("/management/v1/orgs/me", baseUrl), "GET");

async function refusal(call) {
  return call.then(() => assert.fail("the request was answered"), (error) => error);
}

let user, config;
before(async () => {
  user = await serviceUser("openid client: ümlaut");
  config = await discover(user.clientId, client.ClientSecretBasic(user.clientSecret));
  // ID tokens are verified against the published keys too.
  client.enableNonRepudiationChecks(config);
});

const byKey = async (scope = `openid profile ${apiScope}`, seconds = 60) =>
  client.genericGrantRequest(config, jwtBearer, { assertion: await assertion(user, seconds), scope });
const bySecret = (scope = `openid profile ${apiScope}`) => client.clientCredentialsGrant(config, { scope });

test("the discovery document names this issuer", () => {
  assert.equal(config.serverMetadata().issuer, baseUrl);
  assert.equal(config.serverMetadata().token_endpoint, `${baseUrl}/oauth/v2/token`);
});

for (const [name, request] of Object.entries({ "private key": byKey, "client credentials": bySecret })) {
  test(`a token by ${name} works at the API and at userinfo`, async () => {
    const tokens = await request();
    assert.deepEqual([tokens.token_type, tokens.expires_in], ["bearer", 43199]);
    assert.equal(tokens.claims().sub, user.userId);
    assert.equal(tokens.refresh_token, undefined);
    assert.equal((await organization(config, tokens.access_token)).status, 200);
    const info = await client.fetchUserInfo(config, tokens.access_token, user.userId);
    assert.equal(info.name, `The ${user.userName}`);
    assert.equal(info.preferred_username, user.userName);
  });
}

test("a personal access token works at the API and at userinfo", async () => {
  assert.equal((await organization(config, user.token)).status, 200);
  assert.equal((await client.fetchUserInfo(config, user.token, user.userId)).sub, user.userId);
});

test("an API application introspects tokens, with a secret and with a key", async () => {
  const { id: projectId } = await management.addProject({ name: "Introspection" });
  const basic = await management.addAPIApp({ projectId, name: "basic", authMethodType: 0 });
  const keyed = await management.addAPIApp({ projectId, name: "keyed", authMethodType: 1 });
  const { keyDetails } = await management.addAppKey({ projectId, appId: keyed.appId, type: 1 });
  const key = JSON.parse(new TextDecoder().decode(keyDetails));
  assert.deepEqual([key.type, key.clientId], ["application", keyed.clientId]);
  const methods = [
    await discover(basic.clientId, client.ClientSecretBasic(basic.clientSecret)),
    await discover(basic.clientId, client.ClientSecretPost(basic.clientSecret)),
    await discover(keyed.clientId, client.PrivateKeyJwt({ key: await cryptoKey(key.key), kid: key.keyId })),
  ];
  const aimed = await bySecret(`openid profile urn:zitadel:iam:org:project:id:${projectId}:aud`);
  const foreign = await bySecret();
  for (const api of methods) {
    const seen = await client.tokenIntrospection(api, aimed.access_token);
    assert.deepEqual([seen.active, seen.sub, seen.username], [true, user.userId, user.userName]);
    assert.equal((await client.tokenIntrospection(api, user.token)).active, true);
    assert.deepEqual(await client.tokenIntrospection(api, foreign.access_token), { active: false });
    assert.deepEqual(await client.tokenIntrospection(api, "nonsense"), { active: false });
  }
  const wrong = await discover(basic.clientId, client.ClientSecretBasic("wrong"));
  const error = await refusal(client.tokenIntrospection(wrong, aimed.access_token));
  assert.equal(error.error, "unauthorized_client");
});

test("a token without the audience of the API is refused there", async () => {
  const tokens = await byKey("openid");
  const error = await refusal(organization(config, tokens.access_token).then((response) => assert.equal(response.status, 200)));
  assert.match(String(error.response?.status ?? error.actual), /401/);
});

test("a wrong secret and an expired assertion are refused", async () => {
  const wrong = await discover(user.clientId, client.ClientSecretBasic("wrong"));
  const error = await refusal(client.clientCredentialsGrant(wrong, { scope: "openid" }));
  assert.deepEqual([error.status, error.error], [400, "invalid_request"]);
  assert.equal(error.error_description, "Errors.User.Machine.Secret.Invalid");
  const expired = await refusal(byKey("openid", -60));
  assert.deepEqual([expired.error, expired.error_description], ["invalid_grant", "invalid assertion"]);
});

test("what was removed, and who was deactivated, is refused at once", async () => {
  const { access_token: running } = await byKey();
  await management.deactivateUser({ id: user.userId });
  assert.equal((await refusal(bySecret())).error_description, "Errors.User.NotActive");
  const answer = await fetch(`${baseUrl}/oidc/v1/userinfo`, { headers: { authorization: `Bearer ${running}` } });
  assert.equal(answer.status, 401);
  await management.reactivateUser({ id: user.userId });
  await management.removeMachineKey({ userId: user.userId, keyId: user.keyId });
  assert.equal((await refusal(byKey())).error, "invalid_grant");
  await management.removeMachineSecret({ userId: user.userId });
  assert.equal((await refusal(bySecret())).error_description, "Errors.User.Machine.Secret.NotExisting");
  await management.removePersonalAccessToken({ userId: user.userId, tokenId: user.tokenId });
  const removed = await fetch(`${baseUrl}/management/v1/orgs/me`, { headers: { authorization: `Bearer ${user.token}` } });
  assert.equal(removed.status, 401);
});
