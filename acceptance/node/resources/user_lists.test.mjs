// Finding users: every filter of v1 and v2, their combinations, order and pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TextQueryMethod } from "@zitadel/proto/zitadel/object_pb.js";
import { TextQueryMethod as TextQueryMethodV2 } from "@zitadel/proto/zitadel/object/v2/object_pb.js";
import { Type, UserFieldName } from "@zitadel/proto/zitadel/user/v2/query_pb.js";
import { UserState } from "@zitadel/proto/zitadel/user/v2/user_pb.js";
import { freshInstance } from "../instance.mjs";
import { Code, refuses } from "../refusals.mjs";
import { v2Human as v2HumanOf } from "./people.mjs";

const instance = await freshInstance("user-lists");
const { management, users } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const v2Human = (username, more) => v2HumanOf(instance.orgId, username, more);
const by = (name, value) => ({ query: { case: name, value } });

test("people are found by every filter, sorted and paged", async () => {
  for (const name of ["find-b", "Find-C", "find-a"]) {
    const profile = { givenName: `Given ${name}`, familyName: "Findable", nickName: `nick ${name}` };
    await users.createUser(v2Human(name, { profile, human: { phone: { phone: "+41791239999", verification: { case: "isVerified", value: true } } } }));
  }
  const found = async (...queries) => {
    const scope = { query: { case: "lastNameQuery", value: { lastName: "Findable" } } };
    const { result } = await users.listUsers({ queries: [scope, ...queries], sortingColumn: UserFieldName.USER_NAME, query: { asc: true } });
    return result.map((user) => user.username);
  };
  const method = TextQueryMethodV2.STARTS_WITH_IGNORE_CASE;
  assert.deepEqual(await found(), ["find-a", "find-b", "Find-C"]);
  assert.deepEqual(await found(by("userNameQuery", { userName: "FIND", method })), ["find-a", "find-b", "Find-C"]);
  assert.deepEqual(await found(by("userNameQuery", { userName: "FIND", method: TextQueryMethodV2.STARTS_WITH })), []);
  assert.deepEqual(await found(by("firstNameQuery", { firstName: "Given find-a" })), ["find-a"]);
  assert.deepEqual(await found(by("nickNameQuery", { nickName: "-B", method: TextQueryMethodV2.ENDS_WITH_IGNORE_CASE })), ["find-b"]);
  assert.deepEqual(await found(by("displayNameQuery", { displayName: "d-a F", method: TextQueryMethodV2.CONTAINS })), ["find-a"]);
  assert.deepEqual(await found(by("emailQuery", { emailAddress: "find-b@example.com" })), ["find-b"]);
  assert.deepEqual(await found(by("loginNameQuery", { loginName: "find-c", method: TextQueryMethodV2.EQUALS_IGNORE_CASE })), ["Find-C"]);
  assert.deepEqual(await found(by("inUserEmailsQuery", { userEmails: ["find-a@example.com"] })), ["find-a"]);
  assert.deepEqual(await found(by("organizationIdQuery", { organizationId: other.id })), []);
  assert.deepEqual((await found(by("phoneQuery", { number: "+41791239999" }))).length, 3);
  assert.deepEqual((await found(by("stateQuery", { state: UserState.LOCKED }))).length, 0);
  assert.deepEqual((await found(by("typeQuery", { type: Type.MACHINE }))).length, 0);
  assert.deepEqual((await found(by("typeQuery", { type: Type.HUMAN }))).length, 3);
  const a = by("userNameQuery", { userName: "find-a" });
  const b = by("userNameQuery", { userName: "find-b" });
  assert.deepEqual(await found(by("orQuery", { queries: [a, b] })), ["find-a", "find-b"]);
  assert.deepEqual(await found(by("andQuery", { queries: [a, b] })), []);
  assert.deepEqual(await found(by("notQuery", { query: a })), ["find-b", "Find-C"]);
  assert.deepEqual(await found(by("userNameQuery", { userName: "find%", method })), []);
  const page = await users.listUsers({
    queries: [by("lastNameQuery", { lastName: "Findable" })],
    sortingColumn: UserFieldName.USER_NAME,
    query: { offset: 1n, limit: 1 },
  });
  assert.deepEqual([page.result.map((user) => user.username), page.details.totalResult], [["find-b"], 3n]);
  const v1 = await management.listUsers({
    queries: [by("emailQuery", { emailAddress: "FIND-", method: TextQueryMethod.STARTS_WITH_IGNORE_CASE })],
  });
  assert.equal(v1.details.totalResult, 3n);
  assert.deepEqual((await elsewhere.listUsers({ queries: [by("lastNameQuery", { lastName: "Findable" })] })).result, []);
});

test("users are sorted by each column, downwards unless asked otherwise", async () => {
  const queries = [by("lastNameQuery", { lastName: "Findable" })];
  const names = async (sortingColumn, asc) => {
    const { result } = await users.listUsers({ queries, sortingColumn, query: { asc } });
    return result.map((user) => user.username);
  };
  const up = ["find-a", "find-b", "Find-C"];
  for (const column of ["USER_NAME", "FIRST_NAME", "NICK_NAME", "DISPLAY_NAME", "EMAIL"]) {
    assert.deepEqual(await names(UserFieldName[column], true), up, column);
    assert.deepEqual(await names(UserFieldName[column], false), [...up].reverse(), column);
  }
  assert.deepEqual(await names(UserFieldName.CREATION_DATE, true), ["find-b", "Find-C", "find-a"]);
});

test("a page beyond the end is empty, and no limit means all", async () => {
  const queries = [by("lastNameQuery", { lastName: "Findable" })];
  assert.deepEqual((await users.listUsers({ queries, query: { offset: 10n, limit: 5 } })).result, []);
  assert.equal((await users.listUsers({ queries, query: { limit: 0 } })).result.length, 3);
});

const nested = (levels) => (levels === 0 ? by("userNameQuery", { userName: "x" }) : by("notQuery", { query: nested(levels - 1) }));

refuses([
  ["queries that are nested too deep", Code.InvalidArgument, "USER-zsQ97", () => users.listUsers({ queries: [nested(25)] })],
  ["a query of nothing", Code.InvalidArgument, /SearchQuery/, () => users.listUsers({ queries: [{}] })],
  ["a way to compare that does not exist", Code.InvalidArgument, /Method/, () => users.listUsers({ queries: [by("userNameQuery", { userName: "x", method: 99 })] })],
]);
