// @zitadel/client as published: its gRPC transport and its gRPC-Web transport, and its clients over Connect.

import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { before, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { NewAuthorizationBearerInterceptor, timestampFromDate } from "@zitadel/client";
import { createServerTransport, newSystemToken } from "@zitadel/client/node";
import { createAuthServiceClient, createManagementServiceClient, createSystemServiceClient } from "@zitadel/client/v1";
import { createOrganizationServiceClient, createUserServiceClient } from "@zitadel/client/v2";
import { createClientTransport } from "@zitadel/client/web";
import { readFileSync } from "node:fs";
import { importPKCS8, SignJWT } from "jose";
import { apiScope, baseUrl, jwtBearer, management, serviceUser } from "./setup.mjs";

/** The three ways in which a client of @zitadel/client reaches a server, and Connect with JSON. */
const transports = {
  gRPC: (token) => createServerTransport(token, { baseUrl }),
  "gRPC-Web": (token) => createClientTransport(token, { baseUrl }),
  Connect: (token) => connect(token, true),
  "Connect with JSON": (token) => connect(token, false),
};

function connect(token, useBinaryFormat) {
  const interceptors = [NewAuthorizationBearerInterceptor(token)];
  return createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat, interceptors });
}

async function post(parameters, headers = {}) {
  const body = new URLSearchParams(parameters);
  const response = await fetch(`${baseUrl}/oauth/v2/token`, { method: "POST", body, headers });
  return { status: response.status, body: await response.json() };
}

async function signedAssertion({ key, userId }, seconds = 60) {
  const pkcs8 = createPrivateKey(key.key).export({ type: "pkcs8", format: "pem" });
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: userId, sub: userId, aud: baseUrl, iat: now, exp: now + seconds })
    .setProtectedHeader({ alg: "RS256", kid: key.keyId })
    .sign(await importPKCS8(pkcs8, "RS256"));
}

async function byKey(user, scope = `openid ${apiScope}`) {
  return post({ grant_type: jwtBearer, assertion: await signedAssertion(user), scope });
}

async function bySecret(user, scope = `openid ${apiScope}`) {
  const credentials = `${encodeURIComponent(user.clientId)}:${encodeURIComponent(user.clientSecret)}`;
  const authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return post({ grant_type: "client_credentials", scope }, { authorization });
}

async function refusal(call) {
  const error = await call.then(() => assert.fail("the call was answered"), (error) => error);
  assert.ok(error instanceof ConnectError || error.name === "ConnectError", String(error));
  return error;
}

for (const [name, transport] of Object.entries(transports)) {
  test(name, async (suite) => {
    let user, orgId;
    before(async () => {
      user = await serviceUser(`node-${name.toLowerCase().replaceAll(" ", "-")}`);
      orgId = (await management.getMyOrg({})).org.id;
    });
    const clients = (token) => ({
      management: createManagementServiceClient(transport(token)),
      auth: createAuthServiceClient(transport(token)),
      users: createUserServiceClient(transport(token)),
      organizations: createOrganizationServiceClient(transport(token)),
    });
    const worksFor = async (token) => {
      const client = clients(token);
      assert.equal((await client.management.getMyOrg({})).org.id, orgId);
      const me = await client.auth.getMyUser({});
      assert.equal(me.user.id, user.userId);
      const { user: seen } = await client.users.getUserByID({ userId: user.userId });
      assert.equal(seen.type.case, "machine");
      assert.equal(seen.type.value.name, `The ${user.userName}`);
      const { result } = await client.organizations.listOrganizations({});
      assert.deepEqual(result.map((org) => org.id), [orgId]);
    };

    await suite.test("a token by private key works", async () => {
      const { status, body } = await byKey(user);
      assert.equal(status, 200);
      assert.deepEqual([body.token_type, body.expires_in], ["Bearer", 43199]);
      await worksFor(body.access_token);
    });
    await suite.test("a token by client credentials works", async () => {
      const { status, body } = await bySecret(user);
      assert.equal(status, 200);
      await worksFor(body.access_token);
    });
    await suite.test("a personal access token works", () => worksFor(user.token));
    await suite.test("a v2 user with its own credentials works", async () => {
      const { users } = clients(user.token);
      const username = `${user.userName}-v2`;
      const machine = { name: "Made by v2" };
      const { id } = await users.createUser({ organizationId: orgId, username, userType: { case: "machine", value: machine } });
      const expirationDate = timestampFromDate(new Date(Date.now() + 3_600_000));
      const key = await users.addKey({ userId: id, expirationDate });
      const { clientSecret } = await users.addSecret({ userId: id });
      const pat = await users.addPersonalAccessToken({ userId: id, expirationDate });
      const made = { userId: id, clientId: username, clientSecret, key: JSON.parse(new TextDecoder().decode(key.keyContent)) };
      assert.equal((await byKey(made)).status, 200);
      assert.equal((await bySecret(made)).status, 200);
      assert.equal((await createAuthServiceClient(transport(pat.token)).getMyUser({})).user.id, id);
      await users.deleteUser({ userId: id });
      assert.equal((await refusal(createAuthServiceClient(transport(pat.token)).getMyUser({}))).code, Code.Unauthenticated);
    });
    await suite.test("errors carry code, text and detail", async () => {
      const error = await refusal(clients("nonsense").management.getMyOrg({}));
      assert.equal(error.code, Code.Unauthenticated);
      assert.equal(error.rawMessage, "Errors.Token.Invalid (AUTH-7fs1e)");
      assert.equal(error.details.length, 1);
      assert.equal(error.details[0].type, "zitadel.v1.ErrorDetail");
      const taken = await refusal(management.addMachineUser({ userName: user.userName, name: "Twin" }));
      assert.equal(taken.code, Code.AlreadyExists);
      assert.match(taken.rawMessage, /\(V3-DKcYh\)$/);
      const invalid = await refusal(clients(user.token).management.addMachineUser({ name: "Nameless" }));
      assert.equal(invalid.code, Code.InvalidArgument);
      assert.match(invalid.rawMessage, /AddMachineUserRequest\.UserName/);
      const missing = await refusal(clients(user.token).users.getUserByID({ userId: "1" }));
      assert.equal(missing.code, Code.NotFound);
    });
    await suite.test("a token without the audience of the API is refused", async () => {
      const { body } = await byKey(user, "openid");
      assert.equal((await refusal(clients(body.access_token).management.getMyOrg({}))).code, Code.Unauthenticated);
    });
    await suite.test("an expired assertion and a wrong secret are refused", async () => {
      const expired = await post({ grant_type: jwtBearer, scope: "openid", assertion: await signedAssertion(user, -60) });
      assert.deepEqual(expired, { status: 400, body: { error: "invalid_grant", error_description: "invalid assertion" } });
      const wrong = await bySecret({ ...user, clientSecret: "wrong" });
      assert.deepEqual([wrong.status, wrong.body.error_description], [400, "Errors.User.Machine.Secret.Invalid"]);
    });
    await suite.test("a deactivated user is refused at once", async () => {
      const { body } = await byKey(user);
      await management.deactivateUser({ id: user.userId });
      for (const token of [body.access_token, user.token]) {
        assert.equal((await refusal(clients(token).management.getMyOrg({}))).code, Code.Unauthenticated);
      }
      assert.equal((await byKey(user)).body.error_description, "Errors.User.NotActive");
      assert.equal((await bySecret(user)).body.error_description, "Errors.User.NotActive");
      await management.reactivateUser({ id: user.userId });
      assert.equal((await clients(user.token).management.getMyOrg({})).org.id, orgId);
    });
    await suite.test("a removed key and a removed token are refused at once", async () => {
      await management.removeMachineKey({ userId: user.userId, keyId: user.keyId });
      assert.equal((await byKey(user)).body.error, "invalid_grant");
      await management.removePersonalAccessToken({ userId: user.userId, tokenId: user.tokenId });
      assert.equal((await refusal(clients(user.token).management.getMyOrg({}))).code, Code.Unauthenticated);
    });
  });
}

test("a system user signs its own token and calls the System API", { skip: !process.env.SYSTEM_KEY }, async () => {
  const key = readFileSync(process.env.SYSTEM_KEY, "utf8");
  const token = await newSystemToken({ audience: baseUrl, subject: "superuser", key });
  for (const transport of Object.values(transports)) {
    const { result } = await createSystemServiceClient(transport(token)).listInstances({});
    assert.ok(result.some((instance) => instance.name === "ZITADEL"));
  }
});
