// Web keys, which sign tokens, and the features of an instance.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ECDSACurve, RSABits, RSAHasher, State } from "@zitadel/proto/zitadel/webkey/v2/key_pb.js";
import { Source } from "@zitadel/proto/zitadel/feature/v2/feature_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses } from "../refusals.mjs";
import { baseUrl } from "../setup.mjs";

const instance = await freshInstance("web-keys");
const { features, webKeys } = instance.owner;
const other = await instance.organization("Elsewhere");
const list = async () => (await webKeys.listWebKeys({})).webKeys;
const stateOf = async (id) => (await list()).find((key) => key.id === id)?.state;
const published = async () => {
  const response = await fetch(`${baseUrl}/oauth/v2/keys`, { headers: { "x-zitadel-instance-host": instance.domain } });
  return (await response.json()).keys.map(({ kid }) => kid);
};

test("a key of each kind is made, published, activated and removed", async () => {
  const [first] = (await list()).filter(({ state }) => state === State.ACTIVE);
  const made = [];
  for (const key of [
    { case: "rsa", value: { bits: RSABits.RSA_BITS_2048, hasher: RSAHasher.RSA_HASHER_SHA512 } },
    { case: "ecdsa", value: { curve: ECDSACurve.ECDSA_CURVE_P384 } },
    { case: "ed25519", value: {} },
  ]) {
    const { id } = await webKeys.createWebKey({ key });
    const stored = (await list()).find((seen) => seen.id === id);
    assert.deepEqual([stored.state, stored.key.case], [State.INITIAL, key.case]);
    made.push(id);
  }
  const kids = await published();
  assert.ok(made.every((id) => kids.includes(id)));
  for (const id of made) {
    await webKeys.activateWebKey({ id });
    await webKeys.activateWebKey({ id });
    assert.equal(await stateOf(id), State.ACTIVE);
    await refused(() => webKeys.deleteWebKey({ id }), Code.FailedPrecondition, "COMMAND-Chai1");
  }
  assert.equal(await stateOf(first.id), State.INACTIVE);
  await webKeys.activateWebKey({ id: first.id });
  for (const id of made) {
    await webKeys.deleteWebKey({ id });
    await webKeys.deleteWebKey({ id });
  }
  assert.ok((await published()).every((id) => !made.includes(id)));
});

test("features are set for the instance, told with their source, and reset", async () => {
  await features.setInstanceFeatures({ userSchema: true });
  await features.setInstanceFeatures({ userSchema: true });
  const seen = await features.getInstanceFeatures({ inheritance: true });
  assert.deepEqual([seen.userSchema.enabled, seen.userSchema.source], [true, Source.INSTANCE]);
  await features.resetInstanceFeatures({});
  const reset = await features.getInstanceFeatures({ inheritance: true });
  assert.equal(reset.userSchema?.enabled ?? false, false);
});

refuses([
  ["an unknown key is not activated", Code.NotFound, "COMMAND-teiG3", () => webKeys.activateWebKey({ id: unknownId })],
  ["a kind of RSA key that does not exist", Code.InvalidArgument, /Bits/, () => webKeys.createWebKey({ key: { case: "rsa", value: { bits: 99 } } })],
  ["no feature", Code.InvalidArgument, "COMMAND-Vigh1", () => features.setInstanceFeatures({})],
  ["an owner of an organization makes no key", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.webKeys.createWebKey({ key: { case: "ed25519", value: {} } })],
  ["nor lists them", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.webKeys.listWebKeys({})],
  ["nor sets features", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.features.setInstanceFeatures({ userSchema: true })],
]);
