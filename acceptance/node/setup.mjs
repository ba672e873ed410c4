// What both suites share: the server under test, and a service user with a key, a secret and a token.

import assert from "node:assert/strict";
import { createServerTransport } from "@zitadel/client/node";
import { createManagementServiceClient } from "@zitadel/client/v1";
import { KeyType } from "@zitadel/proto/zitadel/auth_n_key_pb.js";

export const baseUrl = process.env.BASE_URL;
export const adminToken = process.env.ADMIN_PAT;
assert.ok(baseUrl && adminToken, "run this with acceptance/lib/with-server sqlite npm test --prefix acceptance/node");

export const apiScope = "urn:zitadel:iam:org:project:id:zitadel:aud";
export const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

export const adminTransport = createServerTransport(adminToken, { baseUrl });
export const management = createManagementServiceClient(adminTransport);

/** A new service user with the role ORG_OWNER and all three kinds of credentials. */
export async function serviceUser(userName) {
  const { userId } = await management.addMachineUser({ userName, name: `The ${userName}` });
  await management.addOrgMember({ userId, roles: ["ORG_OWNER"] });
  const { keyDetails, keyId } = await management.addMachineKey({ userId, type: KeyType.JSON });
  const { clientId, clientSecret } = await management.generateMachineSecret({ userId });
  const { token, tokenId } = await management.addPersonalAccessToken({ userId });
  const key = JSON.parse(new TextDecoder().decode(keyDetails));
  assert.deepEqual(Object.keys(key).sort(), ["expirationDate", "key", "keyId", "type", "userId"]);
  return { userId, userName, key, keyId, clientId, clientSecret, token, tokenId };
}
