// Wrong input as a table: one test per row.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ConnectError } from "@connectrpc/connect";
import { ErrorDetailSchema } from "@zitadel/proto/zitadel/message_pb.js";

export { Code } from "@connectrpc/connect";

/** A text that is longer than any name may be. */
export const tooLong = "x".repeat(201);

/** Checks that a call is refused with this code. `id` is the documented error id, a pattern of the message, or nothing. */
export async function refused(call, code, id) {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => assert.fail("the call was answered"),
      (error) => error,
    );
  assert.ok(error instanceof ConnectError || error.name === "ConnectError", String(error.stack));
  const told = `it was refused with ${error.message}`;
  assert.equal(error.code, code, told);
  if (id === undefined) return;
  if (id instanceof RegExp) {
    // What breaks a rule of the contract is told with the message and the field, and has no id.
    assert.match(error.rawMessage, id);
    assert.equal(error.details.length, 0, told);
    return;
  }
  assert.ok(error.rawMessage.endsWith(`(${id})`), told);
  const [detail] = error.findDetails(ErrorDetailSchema);
  if (detail) assert.equal(detail.id, id, told);
}

/** One test per row `[what is wrong, code, id, call]`. */
export function refuses(rows) {
  for (const [what, code, id, call] of rows) {
    test(`refused: ${what}`, () => refused(call, code, id));
  }
}
