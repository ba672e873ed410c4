// People: created, read, found, changed, put through their states and removed, with v1 and v2.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TextQueryMethod as TextQueryMethodV2 } from "@zitadel/proto/zitadel/object/v2/object_pb.js";
import { Gender, UserState as UserStateV1 } from "@zitadel/proto/zitadel/user_pb.js";
import { UserState } from "@zitadel/proto/zitadel/user/v2/user_pb.js";
import { freshInstance } from "../instance.mjs";
import { Code, refused } from "../refusals.mjs";
import { password, returnCode, v1Human, v2Human as v2HumanOf } from "./people.mjs";

const instance = await freshInstance("humans");
const { management, users } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;

const v2Human = (username, more) => v2HumanOf(instance.orgId, username, more);
const humanOf = async (userId) => (await users.getUserByID({ userId })).user.type.value;
const stateOf = async (userId) => (await users.getUserByID({ userId })).user.state;

test("a person made with v1 is read as given by both APIs", async () => {
  const profile = { nickName: "Countess", displayName: "Ada L.", preferredLanguage: "de", gender: Gender.FEMALE };
  const phone = { phone: "+41 79 123 45 67", isPhoneVerified: true };
  const { userId, details } = await management.addHumanUser(v1Human("ada", { profile, phone }));
  assert.equal(details.resourceOwner, instance.orgId);
  const { user } = await management.getUserByID({ id: userId });
  assert.equal(user.state, UserStateV1.ACTIVE);
  assert.equal(user.userName, "ada");
  assert.equal(user.preferredLoginName, "ada");
  const human = user.type.value;
  assert.equal(human.profile.displayName, "Ada L.");
  assert.equal(human.profile.gender, Gender.FEMALE);
  assert.equal(human.profile.preferredLanguage, "de");
  assert.deepEqual([human.email.email, human.email.isEmailVerified], ["ada@example.com", true]);
  assert.deepEqual([human.phone.phone, human.phone.isPhoneVerified], ["+41791234567", true]);
  const seen = await humanOf(userId);
  assert.deepEqual([seen.profile.givenName, seen.profile.nickName], ["Ada", "Countess"]);
  assert.equal(seen.passwordChangeRequired, true);
});

test("a person made with v2 is active, named after the given names, and known by v1", async () => {
  const { id } = await users.createUser(v2Human("grace"));
  const { user } = await users.getUserByID({ userId: id });
  assert.equal(user.state, UserState.ACTIVE);
  assert.equal(user.details.resourceOwner, instance.orgId);
  assert.deepEqual(user.loginNames, ["grace"]);
  assert.equal(user.type.value.profile.displayName, "Grace Hopper");
  assert.equal(user.type.value.email.isVerified, true);
  const { profile } = await management.getHumanProfile({ userId: id });
  assert.deepEqual([profile.firstName, profile.lastName], ["Grace", "Hopper"]);
  const found = await management.getUserByLoginNameGlobal({ loginName: "grace" });
  assert.equal(found.user.id, id);
});

test("a person without a username is named by the address, and keeps a given id", async () => {
  const request = v2Human(undefined, { email: { email: "Nameless@Example.com" } });
  const { id } = await users.createUser({ ...request, userId: "given-id" });
  assert.equal(id, "given-id");
  const { user } = await users.getUserByID({ userId: id });
  assert.equal(user.username, "Nameless@Example.com");
});

test("a person without a verified address is initial with v1, and can then only be removed", async () => {
  const request = v1Human("initial", { email: { email: "initial@example.com", isEmailVerified: false } });
  const { userId } = await management.addHumanUser({ ...request, initialPassword: "" });
  assert.equal((await management.getUserByID({ id: userId })).user.state, UserStateV1.INITIAL);
  await refused(() => users.deactivateUser({ userId }), Code.FailedPrecondition, "COMMAND-gvx4kct9r2");
  await refused(() => management.updateHumanEmail({ userId, email: "new@example.com" }), Code.FailedPrecondition, "COMMAND-J8dsk");
  await refused(() => users.setEmail({ userId, email: "new@example.com" }), Code.FailedPrecondition, "COMMAND-uz0Uu");
  await management.removeUser({ id: userId });
  await refused(() => management.getUserByID({ id: userId }), Code.NotFound, "QUERY-Dfbg2");
});

test("v1: a person is imported with what is known of them, and is active when that is enough to sign in", async () => {
  const request = (userName) => ({
    userName,
    profile: { firstName: "Im", lastName: "Ported" },
    email: { email: `${userName}@example.com`, isEmailVerified: true },
  });
  const { userId } = await management.importHumanUser({ ...request("imported"), password: "Password1!" });
  assert.equal(await stateOf(userId), UserState.ACTIVE);
  assert.equal((await humanOf(userId)).passwordChangeRequired, false);
  const forced = await management.importHumanUser({ ...request("forced"), password: "Password1!", passwordChangeRequired: true });
  assert.equal((await humanOf(forced.userId)).passwordChangeRequired, true);
  const bare = await management.importHumanUser(request("bare"));
  assert.equal((await management.getUserByID({ id: bare.userId })).user.state, UserStateV1.INITIAL);
  await refused(() => management.importHumanUser(request("IMPORTED")), Code.AlreadyExists, "V3-DKcYh");
  await refused(() => management.importHumanUser({ ...request("x"), password: "short" }), Code.InvalidArgument, "COMMA-HuJf6");
  await refused(() => management.importHumanUser({ ...request("x"), email: undefined }), Code.InvalidArgument, /Email/);
});

test("v2: username, profile, address, number and metadata change in one request, and an empty change is none", async () => {
  const { id: userId } = await users.createUser(v2Human("change-me"));
  const human = {
    profile: { givenName: "G.", displayName: "Admiral" },
    email: { email: "admiral@example.com", verification: { case: "isVerified", value: true } },
    phone: { phone: "+41791112233", verification: returnCode },
  };
  const metadata = [{ key: "rank", value: new TextEncoder().encode("admiral") }];
  const changed = await users.updateUser({ userId, username: "changed", userType: { case: "human", value: human }, metadata });
  assert.equal(changed.phoneCode.length, 6);
  const seen = (await users.getUserByID({ userId })).user;
  assert.equal(seen.username, "changed");
  assert.deepEqual([seen.type.value.profile.givenName, seen.type.value.profile.familyName], ["G.", "Hopper"]);
  assert.equal(seen.type.value.email.email, "admiral@example.com");
  assert.equal(seen.type.value.phone.isVerified, false);
  await users.verifyPhone({ userId, verificationCode: changed.phoneCode });
  assert.equal((await humanOf(userId)).phone.isVerified, true);
  const before = (await users.getUserByID({ userId })).user.details.sequence;
  await users.updateUser({ userId, username: "changed" });
  assert.equal((await users.getUserByID({ userId })).user.details.sequence, before);
  await users.updateUser({ userId, userType: { case: "human", value: { phone: { phone: "" } } } });
  assert.equal((await humanOf(userId)).phone?.phone ?? "", "");
});

test("v1: username, profile, address and number change one by one", async () => {
  const { userId } = await management.addHumanUser(v1Human("v1-change"));
  await management.updateUserName({ userId, userName: "  v1-changed  " });
  assert.equal((await management.getUserByID({ id: userId })).user.userName, "v1-changed");
  await management.updateHumanProfile({ userId, firstName: "A", lastName: "B", displayName: "AB" });
  assert.equal((await management.getHumanProfile({ userId })).profile.displayName, "AB");
  await management.updateHumanEmail({ userId, email: "ab@example.com" });
  assert.deepEqual((await management.getHumanEmail({ userId })).email.isEmailVerified, false);
  await management.updateHumanPhone({ userId, phone: "+41 79 123 45 67", isPhoneVerified: true });
  assert.equal((await management.getHumanPhone({ userId })).phone.phone, "+41791234567");
  await management.removeHumanPhone({ userId });
  await refused(() => management.removeHumanPhone({ userId }), Code.NotFound, "COMMAND-p6rsc");
  const same = Code.FailedPrecondition;
  await refused(() => management.updateUserName({ userId, userName: "v1-changed" }), same, "COMMAND-6m9gs");
  const profile = { userId, firstName: "A", lastName: "B", displayName: "AB" };
  await refused(() => management.updateHumanProfile(profile), same, "COMMAND-2M0fs");
  await refused(() => management.updateHumanEmail({ userId, email: "ab@example.com" }), same, "COMMAND-2b7fM");
});

for (const [generation, call, ids] of [
  ["v1", (name, id) => management[name]({ id }), { lock: "COMMAND-3NN8v", unlock: "COMMAND-4M0ds", deactivate: "COMMAND-5M0sf", reactivate: "COMMAND-6M0sf" }],
  ["v2", (name, userId) => users[name]({ userId }), { lock: "COMMAND-lgws8wtsqf", unlock: "COMMAND-olb9vb0oca", deactivate: "COMMAND-5gunjw0cd7", reactivate: "COMMAND-s5qqcz97hf" }],
]) {
  test(`${generation}: the states of a person, and what is refused in each`, async () => {
    const { id } = await users.createUser(v2Human(`states-${generation}`));
    const wrongState = (name) => refused(() => call(`${name}User`, id), Code.FailedPrecondition, ids[name]);
    await wrongState("unlock");
    await wrongState("reactivate");
    await call("lockUser", id);
    assert.equal(await stateOf(id), UserState.LOCKED);
    await wrongState("lock");
    await call("unlockUser", id);
    await call("lockUser", id);
    await call("deactivateUser", id);
    assert.equal(await stateOf(id), UserState.INACTIVE);
    await wrongState("deactivate");
    await wrongState("lock");
    await call("reactivateUser", id);
    assert.equal(await stateOf(id), UserState.ACTIVE);
  });
}

test("codes prove an address and a number; a wrong one does not", async () => {
  const { id: userId } = await users.createUser(v2Human("codes"));
  const { verificationCode } = await users.setEmail({ userId, email: "codes2@example.com", verification: returnCode });
  assert.match(verificationCode, /^[A-Z0-9]{6}$/);
  assert.equal((await humanOf(userId)).email.isVerified, false);
  await refused(() => users.verifyEmail({ userId, verificationCode: "wrong" }), Code.InvalidArgument, "COMMAND-eis9R");
  const again = await users.resendEmailCode({ userId, verification: returnCode });
  await users.verifyEmail({ userId, verificationCode: again.verificationCode });
  assert.equal((await humanOf(userId)).email.isVerified, true);
  await refused(() => users.resendEmailCode({ userId, verification: returnCode }), Code.FailedPrecondition, "EMAIL-5w5ilin4yt");
  const sent = await users.sendEmailCode({ userId, verification: returnCode });
  await users.verifyEmail({ userId, verificationCode: sent.verificationCode });
  const number = await users.setPhone({ userId, phone: "+41790000000", verification: returnCode });
  await refused(() => users.verifyPhone({ userId, verificationCode: "wrong" }), Code.InvalidArgument, "COMMAND-eis9R");
  await users.verifyPhone({ userId, verificationCode: number.verificationCode });
  assert.equal((await humanOf(userId)).phone.isVerified, true);
  await refused(() => users.resendPhoneCode({ userId, verification: returnCode }), Code.FailedPrecondition, "PHONE-5xrra88eq8");
  await users.removePhone({ userId });
  await refused(() => users.removePhone({ userId }), Code.FailedPrecondition, "COMMAND-ieJ2e");
});

test("a password is set, changed with the old one or a code, and must keep the rules", async () => {
  const { id: userId } = await users.createUser(v2Human("password", { human: password("Password1!") }));
  const set = (value, verification) => users.setPassword({ userId, newPassword: { password: value }, verification });
  await set("Password2!");
  await set("Password3!", { case: "currentPassword", value: "Password2!" });
  await refused(() => set("Password4!", { case: "currentPassword", value: "wrong" }), Code.InvalidArgument, "COMMAND-3M0fs");
  const { verificationCode } = await users.passwordReset({ userId, medium: returnCode });
  await refused(() => set("Password4!", { case: "verificationCode", value: "wrong" }), Code.InvalidArgument, "CODE-woT0xc");
  await set("Password4!", { case: "verificationCode", value: verificationCode });
  await refused(() => set("Password5!", { case: "verificationCode", value: verificationCode }), Code.FailedPrecondition, "COMMAND-2M9fs");
  for (const [value, id] of [
    ["Aa1!", "DOMAIN-HuJf6"],
    ["PASSWORD1!", "DOMAIN-co3Xw"],
    ["password1!", "DOMAIN-VoaRj"],
    ["Password!!", "DOMAIN-ZBv4H"],
    ["Password11", "DOMAIN-ZDLwA"],
  ]) {
    await refused(() => set(value), Code.InvalidArgument, id);
  }
  await management.setHumanInitialPassword({ userId, password: "Password6!" });
  assert.equal((await humanOf(userId)).passwordChangeRequired, true);
  await management.setHumanPassword({ userId, password: "Password7!", noChangeRequired: true });
  assert.equal((await humanOf(userId)).passwordChangeRequired, false);
  await set("Password8!", { case: "currentPassword", value: "Password7!" });
});

test("an invite code makes a person verify, and is void once they have a password", async () => {
  const { id: userId } = await users.createUser(v2Human("invited", { email: { email: "invited@example.com", verification: returnCode } }));
  const { inviteCode } = await users.createInviteCode({ userId, verification: returnCode });
  await refused(() => users.verifyInviteCode({ userId, verificationCode: "wrong" }), Code.InvalidArgument, "COMMAND-Wgn4q");
  await refused(() => users.resendInviteCode({ userId }), Code.FailedPrecondition, "COMMAND-Wr3gq");
  await users.verifyInviteCode({ userId, verificationCode: inviteCode });
  assert.equal((await humanOf(userId)).email.isVerified, true);
  await users.setPassword({ userId, newPassword: { password: "Password1!" } });
  await refused(() => users.createInviteCode({ userId, verification: returnCode }), Code.FailedPrecondition, "COMMAND-EF34g");
});

test("metadata of a person: set, read, listed and removed with both APIs", async () => {
  const { id } = await users.createUser(v2Human("metadata"));
  const bytes = (text) => new TextEncoder().encode(text);
  await management.setUserMetadata({ id, key: "one", value: bytes("1") });
  await management.bulkSetUserMetadata({ id, metadata: [{ key: "two", value: bytes("2") }] });
  await users.setUserMetadata({ userId: id, metadata: [{ key: "three", value: bytes("3") }, { key: "one", value: bytes("uno") }] });
  const { metadata } = await management.getUserMetadata({ id, key: "one" });
  assert.equal(new TextDecoder().decode(metadata.value), "uno");
  const keys = async () => (await users.listUserMetadata({ userId: id })).metadata.map(({ key }) => key).sort();
  assert.deepEqual(await keys(), ["one", "three", "two"]);
  const filters = [{ filter: { case: "keyFilter", value: { key: "t", method: TextQueryMethodV2.STARTS_WITH } } }];
  assert.equal((await users.listUserMetadata({ userId: id, filters })).pagination.totalResult, 2n);
  await refused(() => users.deleteUserMetadata({ userId: id, keys: ["one", "none"] }), Code.NotFound, "META-2nnds");
  assert.equal((await keys()).length, 3);
  await users.deleteUserMetadata({ userId: id, keys: ["one"] });
  await management.removeUserMetadata({ id, key: "two" });
  await management.bulkRemoveUserMetadata({ id, keys: ["three"] });
  assert.deepEqual(await keys(), []);
});

test("a username is unique in the instance whatever its case, and free again once its user is gone", async () => {
  const { id: userId } = await users.createUser(v2Human("only-one"));
  const twin = { ...v2Human("ONLY-ONE", { email: { email: "twin@example.com" } }), organizationId: other.id };
  await refused(() => users.createUser(twin), Code.AlreadyExists, "V3-DKcYh");
  assert.equal((await management.isUserUnique({ userName: "only-one" })).isUnique, false);
  await users.deleteUser({ userId });
  assert.equal((await management.isUserUnique({ userName: "only-one" })).isUnique, true);
  const { id } = await users.createUser(twin);
  await users.deleteUser({ userId: id });
});
