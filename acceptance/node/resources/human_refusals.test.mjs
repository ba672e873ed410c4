// What is refused about people, with v1 and v2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { UserState } from "@zitadel/proto/zitadel/user/v2/user_pb.js";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refuses, tooLong } from "../refusals.mjs";
import { password, returnCode, v1Human, v2Human as v2HumanOf } from "./people.mjs";

const instance = await freshInstance("people");
const { management, users } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const v2Human = (username, more) => v2HumanOf(instance.orgId, username, more);

const { id: person } = await users.createUser(v2Human("refusals"));
const { userId: machine } = await management.addMachineUser({ userName: "machine", name: "Machine" });
const INV = Code.InvalidArgument;
const PRE = Code.FailedPrecondition;
const NF = Code.NotFound;
const update = (value) => () => users.updateUser({ userId: person, userType: { case: "human", value } });

refuses([
  ["v1: no username", INV, /AddHumanUserRequest\.UserName/, () => management.addHumanUser(v1Human(""))],
  ["v1: no profile", INV, /AddHumanUserRequest\.Profile/, () => management.addHumanUser({ ...v1Human("x"), profile: undefined })],
  ["v1: a first name that is too long", INV, /FirstName/, () => management.addHumanUser(v1Human("x", { profile: { firstName: tooLong } }))],
  ["v1: an address that is none", INV, "EMAIL-599BI", () => management.addHumanUser(v1Human("x", { email: { email: "nobody" } }))],
  ["v1: a password that is too simple", INV, "COMMA-HuJf6", () => management.addHumanUser(v1Human("x", { initialPassword: "short" }))],
  ["v1: a username that is taken", Code.AlreadyExists, "V3-DKcYh", () => management.addHumanUser(v1Human("refusals"))],
  ["v1: an unknown user", NF, "QUERY-Dfbg2", () => management.getUserByID({ id: unknownId })],
  ["v1: a user of another organization is not seen", NF, "QUERY-Dfbg2", () => elsewhere.getUserByID({ id: person })],
  ["v1: nor renamed", NF, "COMMAND-5N9ds", () => elsewhere.updateUserName({ userId: person, userName: "stolen" })],
  ["v1: nor removed", NF, "COMMAND-m9od", () => elsewhere.removeUser({ id: person })],
  ["v1: nor given another name", PRE, "COMMAND-3M9sd", () => elsewhere.updateHumanProfile({ userId: person, firstName: "S", lastName: "T", displayName: "ST" })],
  ["v1: nor another address", PRE, "COMMAND-0Pe4r", () => elsewhere.updateHumanEmail({ userId: person, email: "s@example.com" })],
  ["v1: nor given metadata", PRE, "COMMAND-uXHNj", () => elsewhere.setUserMetadata({ id: person, key: "k", value: new Uint8Array([1]) })],
  ["v1: metadata that is not there", NF, "META-ncnw3", () => management.removeUserMetadata({ id: person, key: "none" })],
  ["v1: an id that is too long", INV, /RemoveUserRequest\.Id/, () => management.removeUser({ id: tooLong })],
  ["v2: no type of user", INV, /CreateUserRequest/, () => users.createUser({ organizationId: instance.orgId, username: "x" })],
  ["v2: no organization", INV, /CreateUserRequest\.OrganizationId/, () => users.createUser({ ...v2Human("x"), organizationId: "" })],
  ["v2: an unknown organization", PRE, "COMMAND-QXPGs", () => users.createUser(v2HumanOf(unknownId, "x"))],
  ["v2: a given name that is too long", INV, /GivenName/, () => users.createUser(v2Human("x", { profile: { givenName: tooLong } }))],
  ["v2: a name of blanks", INV, "USER-UCej2", () => users.createUser(v2Human("x", { profile: { givenName: "  " } }))],
  ["v2: a family name of blanks", INV, "USER-4hB7d", () => users.createUser(v2Human("x", { profile: { familyName: "  " } }))],
  ["v2: an address that is none", INV, /Email/, () => users.createUser(v2Human("x", { email: { email: "nobody" } }))],
  ["v2: a number that is none", INV, "PHONE-so0wa", () => users.createUser(v2Human("x", { human: { phone: { phone: "number" } } }))],
  ["v2: a password that is too simple", INV, "COMMA-co3Xw", () => users.createUser(v2Human("x", { human: password("PASSWORD1!") }))],
  ["v2: a hash that is none", INV, "CRYPT-2xK7d", () => users.createUser(v2Human("x", { human: { passwordType: { case: "hashedPassword", value: { hash: "hash" } } } }))],
  ["v2: an id that is taken", PRE, "COMMAND-7yiox1isql", () => users.createUser({ ...v2Human("x"), userId: person })],
  ["v2: an unknown user is not seen", NF, "QUERY-Dfbg2", () => users.getUserByID({ userId: unknownId })],
  ["v2: nor changed", NF, "COMMAND-ugjs0upun6", () => users.updateUser({ userId: unknownId, userType: { case: "human", value: { profile: { givenName: "N" } } } })],
  ["v2: nor locked", NF, "COMMAND-450yxuqrh1", () => users.lockUser({ userId: unknownId })],
  ["v2: nor unlocked", NF, "COMMAND-x377t913pw", () => users.unlockUser({ userId: unknownId })],
  ["v2: nor deactivated", NF, "COMMAND-5gp2p62iin", () => users.deactivateUser({ userId: unknownId })],
  ["v2: nor reactivated", NF, "COMMAND-9hy5kzbuk6", () => users.reactivateUser({ userId: unknownId })],
  ["v2: nor removed", NF, "COMMAND-bd4ir1mblj", () => users.deleteUser({ userId: unknownId })],
  ["v2: nor given an address", NF, "COMMAND-ieJ2e", () => users.setEmail({ userId: unknownId, email: "n@example.com" })],
  ["v2: nor a password", PRE, "COMMAND-G8dh3", () => users.setPassword({ userId: unknownId, newPassword: { password: "Password1!" } })],
  ["v2: nor a reset", NF, "COMMAND-SAF4f", () => users.passwordReset({ userId: unknownId, medium: returnCode })],
  ["v2: nor invited", PRE, "COMMAND-Wgvn4", () => users.createInviteCode({ userId: machine, verification: returnCode })],
  ["v2: nor metadata", PRE, "COMMAND-uXHNj", () => users.setUserMetadata({ userId: unknownId, metadata: [{ key: "k", value: new Uint8Array([1]) }] })],
  ["v2: a person cannot be changed as a machine", NF, "COMMAND-ugjs0upun6", () => users.updateUser({ userId: person, userType: { case: "machine", value: { name: "M" } } })],
  ["v2: a machine has no address", NF, "COMMAND-ieJ2e", () => users.setEmail({ userId: machine, email: "m@example.com" })],
  ["v2: an empty given name", INV, /GivenName/, update({ profile: { givenName: "" } })],
  ["v2: the same address", PRE, "COMMAND-Uch5e", () => users.setEmail({ userId: person, email: "refusals@example.com" })],
  ["v2: a number is not removed and verified", INV, "USERv2-4f3d6", update({ phone: { phone: "", verification: { case: "isVerified", value: true } } })],
  ["v2: no code", INV, /VerificationCode/, () => users.verifyEmail({ userId: person, verificationCode: "" })],
  ["v2: someone of another organization does not see a person", NF, "AUTHZ-cdgFk", () => other.owner.users.getUserByID({ userId: person })],
  ["v2: nor change one", NF, "AUTHZ-cdgFk", () => other.owner.users.updateUser({ userId: person, username: "stolen" })],
  ["v2: nor lock one", NF, "AUTHZ-cdgFk", () => other.owner.users.lockUser({ userId: person })],
  ["v2: nor remove one", NF, "AUTHZ-cdgFk", () => other.owner.users.deleteUser({ userId: person })],
  ["v2: nor create one", NF, "AUTHZ-cdgFk", () => other.owner.users.createUser(v2Human("x"))],
]);

test("someone of another organization finds nobody of this one", async () => {
  const { result, details } = await other.owner.users.listUsers({});
  assert.deepEqual([result.map((user) => user.userId), details.totalResult], [[other.owner.userId], 1n]);
});

test("what was refused changed nothing", async () => {
  const { user } = await users.getUserByID({ userId: person });
  assert.deepEqual([user.username, user.state, user.details.sequence], ["refusals", UserState.ACTIVE, 2n]);
});
