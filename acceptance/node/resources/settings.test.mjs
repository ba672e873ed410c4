// Settings (policies): the default of the instance, the override of an organization, its reset, and the effective values.

import assert from "node:assert/strict";
import { test } from "node:test";
import { MultiFactorType, SecondFactorType } from "@zitadel/proto/zitadel/policy_pb.js";
import { ResourceOwnerType } from "@zitadel/proto/zitadel/settings/v2/settings_pb.js";
import { makeReqCtx } from "@zitadel/client/v2";
import { freshInstance, unknownId } from "../instance.mjs";
import { Code, refused, refuses } from "../refusals.mjs";

const instance = await freshInstance("settings");
const { admin, management, settings } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const { AlreadyExists: AE, FailedPrecondition: PRE, InvalidArgument: INV, NotFound: NF } = Code;

const login = {
  allowUsernamePassword: true,
  allowRegister: false,
  allowExternalIdp: true,
  allowDomainDiscovery: true,
  passwordlessType: 1,
  passwordCheckLifetime: { seconds: 864000n },
  externalLoginCheckLifetime: { seconds: 864000n },
  mfaInitSkipLifetime: { seconds: 2592000n },
  secondFactorCheckLifetime: { seconds: 64800n },
  multiFactorCheckLifetime: { seconds: 43200n },
};

// What each kind is called, two values of it, its documented errors, and how the effective value is read with v2.
const kinds = {
  PasswordComplexity: {
    one: { minLength: 10n, hasLowercase: true },
    two: { minLength: 12n, hasNumber: true },
    ids: ["Org-LdhbS", "ORG-Dgs3g", "Org-DAs21", "ORG-ADgs2", "INSTANCE-9jlsf"],
    effective: async (ctx) => (await settings.getPasswordComplexitySettings({ ctx })).settings,
    same: (effective, value) => assert.deepEqual([effective.minLength, effective.requiresNumber], [value.minLength, value.hasNumber ?? false]),
  },
  PasswordAge: {
    one: { maxAgeDays: 100, expireWarnDays: 10 },
    two: { maxAgeDays: 200, expireWarnDays: 20 },
    ids: ["ORG-Lk0dS", "ORG-0oPew", "Org-dsgjR", "ORG-Dgs1g", "INSTANCE-180sf"],
    effective: async (ctx) => (await settings.getPasswordExpirySettings({ ctx })).settings,
    same: (effective, value) => assert.equal(effective.maxAgeDays, BigInt(value.maxAgeDays)),
  },
  Lockout: {
    one: { maxPasswordAttempts: 5, maxOtpAttempts: 3 },
    two: { maxPasswordAttempts: 7, maxOtpAttempts: 4 },
    ids: ["ORG-0olDf", "ORG-ADfs1", "ORG-0JFSr", "ORG-D4zuz", "INSTANCE-0psjF"],
    effective: async (ctx) => (await settings.getLockoutSettings({ ctx })).settings,
    same: (effective, value) => assert.equal(effective.maxPasswordAttempts, BigInt(value.maxPasswordAttempts)),
  },
  Privacy: {
    one: { tosLink: "https://example.com/tos", supportEmail: "help@example.com" },
    two: { tosLink: "https://example.com/terms", docsLink: "https://example.com/docs" },
    ids: ["Org-0oLpd", "ORG-Ng8sf", "Org-4N9fs", "ORG-Ze9gs", "INSTANCE-9jJfs"],
    effective: async (ctx) => (await settings.getLegalAndSupportSettings({ ctx })).settings,
    same: (effective, value) => assert.equal(effective.tosLink, value.tosLink),
  },
  Notification: {
    one: { passwordChange: false },
    two: { passwordChange: true },
    ids: ["Org-xa08n2", "ORG-x029n3", "Org-ioqnxz", "ORG-x029n1s", "INSTANCE-29x02n"],
  },
  Label: {
    one: { primaryColor: "#111111", hideLoginNameSuffix: true },
    two: { primaryColor: "#222222", disableWatermark: true },
    ids: ["Org-2B0ps", "Org-0K9dq", "Org-8nfSr", "Org-3M9df", "INSTANCE-28fHe"],
  },
  Login: {
    one: login,
    two: { ...login, forceMfa: true },
    ids: ["Org-Dgfb2", "Org-M0sif", "Org-5M9vdd", "Org-GHB37", "INSTANCE-5M9vdd"],
    effective: async (ctx) => (await settings.getLoginSettings({ ctx })).settings,
    same: (effective, value) => assert.deepEqual([effective.allowRegister, effective.forceMfa], [false, value.forceMfa ?? false]),
  },
};

// Numbers of the contract are of several kinds, and durations have more fields when they are read.
const plain = (value) => (value?.seconds !== undefined ? Number(value.seconds) : typeof value === "bigint" ? Number(value) : value);
const holds = (policy, value) => {
  for (const [field, given] of Object.entries(value)) assert.deepEqual(plain(policy[field]), plain(given), field);
};

for (const [kind, { one, two, ids, effective, same }] of Object.entries(kinds)) {
  const [exists, noUpdate, unchanged, noReset, defaultUnchanged] = ids;
  const read = () => management[`get${kind}Policy`]({});
  // The published client has another kind of number here than in the calls of organizations.
  const ofInstance = (value) => ("minLength" in value ? { ...value, minLength: Number(value.minLength) } : value);
  const preview = async () => (kind === "Label" ? management.getPreviewLabelPolicy({}) : read());
  const add = (value) => management[`addCustom${kind}Policy`](value);
  const update = (value) => management[`updateCustom${kind}Policy`](value);
  const reset = () => management[`reset${kind}PolicyToDefault`]({});

  test(`${kind}: an organization overrides the default until it resets`, async () => {
    assert.equal((await read()).isDefault || (await read()).policy.isDefault, true);
    await refused(() => update(two), NF, noUpdate);
    await refused(reset, NF, noReset);
    await add(one);
    holds((await preview()).policy, one);
    await refused(() => add(one), AE, exists);
    await refused(() => update(one), PRE, unchanged);
    await update(two);
    const { policy } = await preview();
    holds(policy, two);
    assert.equal(policy.isDefault, false);
    if (effective) {
      const own = await effective(makeReqCtx(instance.orgId));
      same(own, two);
      assert.equal(own.resourceOwnerType, ResourceOwnerType.ORG);
      assert.equal((await effective(makeReqCtx(other.id))).resourceOwnerType, ResourceOwnerType.INSTANCE);
    }
    const theirs = await elsewhere[`get${kind}Policy`]({});
    assert.equal(theirs.isDefault || theirs.policy.isDefault, true);
    await reset();
    assert.equal((await read()).isDefault || (await read()).policy.isDefault, true);
  });

  test(`${kind}: the default of the instance is what organizations without an override have`, async () => {
    await admin[`update${kind}Policy`](ofInstance(one));
    await refused(() => admin[`update${kind}Policy`](ofInstance(one)), PRE, defaultUnchanged);
    if (kind === "Label") await admin.activateLabelPolicy({});
    holds((await elsewhere[`get${kind}Policy`]({})).policy, one);
    holds((await admin[`get${kind}Policy`]({})).policy, one);
    if (effective) {
      const inherited = await effective(makeReqCtx());
      same(inherited, one);
      assert.equal(inherited.resourceOwnerType, ResourceOwnerType.INSTANCE);
    }
  });
}

test("branding is shown once it is activated", async () => {
  await management.addCustomLabelPolicy({ primaryColor: "#abcdef" });
  const shown = async () => (await settings.getBrandingSettings({ ctx: makeReqCtx(instance.orgId) })).settings.lightTheme.primaryColor;
  assert.notEqual(await shown(), "#abcdef");
  await management.activateCustomLabelPolicy({});
  assert.equal(await shown(), "#abcdef");
  await management.resetLabelPolicyToDefault({});
});

test("domain settings are made for an organization by the owner of the instance, and change what login names are", async () => {
  const orgId = other.id;
  await refused(() => admin.updateCustomDomainPolicy({ orgId, userLoginMustBeDomain: true }), NF, "ORG-2N9sd");
  await admin.addCustomDomainPolicy({ orgId, userLoginMustBeDomain: true });
  await refused(() => admin.addCustomDomainPolicy({ orgId, userLoginMustBeDomain: true }), AE, "ORG-1M8ds");
  await refused(() => admin.updateCustomDomainPolicy({ orgId, userLoginMustBeDomain: true }), PRE, "ORG-3M9ds");
  assert.equal((await elsewhere.getDomainPolicy({})).policy.userLoginMustBeDomain, true);
  assert.equal((await settings.getDomainSettings({ ctx: makeReqCtx(orgId) })).settings.loginNameIncludesDomain, true);
  const { user } = await elsewhere.getUserByID({ id: other.owner.userId });
  assert.match(user.preferredLoginName, /^owner-of-\d+@elsewhere\./);
  await admin.resetCustomDomainPolicyToDefault({ orgId });
  await refused(() => admin.resetCustomDomainPolicyToDefault({ orgId }), NF, "ORG-Dvsh3");
  assert.equal((await elsewhere.getUserByID({ id: other.owner.userId })).user.preferredLoginName, user.userName);
  await refused(() => admin.updateDomainPolicy({}), PRE, "INSTANCE-pl9fN");
});

test("factors are added to a login policy and removed from it", async () => {
  await refused(() => management.addSecondFactorToLoginPolicy({ type: SecondFactorType.U2F }), NF, "Org-M0sif");
  await management.addCustomLoginPolicy({ ...login, secondFactors: [SecondFactorType.OTP], multiFactors: [] });
  const second = async () => (await management.listLoginPolicySecondFactors({})).result;
  assert.deepEqual(await second(), [SecondFactorType.OTP]);
  await management.addSecondFactorToLoginPolicy({ type: SecondFactorType.U2F });
  await refused(() => management.addSecondFactorToLoginPolicy({ type: SecondFactorType.U2F }), AE, "Org-2B0ps");
  await management.removeSecondFactorFromLoginPolicy({ type: SecondFactorType.OTP });
  await refused(() => management.removeSecondFactorFromLoginPolicy({ type: SecondFactorType.OTP }), NF, "Org-3M9od");
  assert.deepEqual(await second(), [SecondFactorType.U2F]);
  const type = MultiFactorType.U2F_WITH_VERIFICATION;
  await management.addMultiFactorToLoginPolicy({ type });
  await refused(() => management.addMultiFactorToLoginPolicy({ type }), AE, "Org-3M9od");
  assert.deepEqual((await management.listLoginPolicyMultiFactors({})).result, [type]);
  await management.removeMultiFactorFromLoginPolicy({ type });
  await refused(() => management.removeMultiFactorFromLoginPolicy({ type }), NF, "Org-3M9df");
  await management.resetLoginPolicyToDefault({});
});

test("token lifetimes and security settings are the instance's", async () => {
  const { settings: oidc } = await admin.getOIDCSettings({});
  assert.equal(oidc.accessTokenLifetime.seconds, 43200n);
  const changed = {
    accessTokenLifetime: { seconds: 60n },
    idTokenLifetime: { seconds: 60n },
    refreshTokenIdleExpiration: { seconds: 60n },
    refreshTokenExpiration: { seconds: 60n },
  };
  await refused(() => admin.addOIDCSettings(changed), AE, "INST-0aaj1o");
  await admin.updateOIDCSettings(changed);
  await refused(() => admin.updateOIDCSettings(changed), PRE, "COMMAND-0pk2nu");
  await refused(() => admin.updateOIDCSettings({ ...changed, idTokenLifetime: { seconds: 0n } }), INV, "INST-10sxks");
  assert.equal((await admin.getOIDCSettings({})).settings.accessTokenLifetime.seconds, 60n);
  await admin.setSecurityPolicy({ enableIframeEmbedding: true, allowedOrigins: ["https://example.com"] });
  const { settings: security } = await settings.getSecuritySettings({});
  assert.deepEqual([security.embeddedIframe.enabled, security.embeddedIframe.allowedOrigins], [true, ["https://example.com"]]);
  await settings.setSecuritySettings({ enableImpersonation: true });
  assert.equal((await admin.getSecurityPolicy({})).policy.enableImpersonation, true);
});

test("general settings tell the languages and the default organization", async () => {
  const general = await settings.getGeneralSettings({});
  assert.deepEqual([general.defaultOrgId, general.defaultLanguage], [instance.orgId, "en"]);
  assert.equal(general.supportedLanguages.length, 22);
});

test("a password must keep the rules of the organization of its user", async () => {
  await management.addCustomPasswordComplexityPolicy({ minLength: 4n });
  const person = {
    userName: "simple",
    profile: { firstName: "S", lastName: "P" },
    email: { email: "simple@example.com", isEmailVerified: true },
    initialPassword: "abcd",
  };
  const { userId } = await management.addHumanUser(person);
  await refused(() => management.setHumanPassword({ userId, password: "abc" }), INV, "DOMAIN-HuJf6");
  await management.resetPasswordComplexityPolicyToDefault({});
  await refused(() => management.setHumanPassword({ userId, password: "abcd" }), INV, "DOMAIN-HuJf6");
});

refuses([
  ["a password of no length", INV, "MODEL-Lsp0e", () => admin.updatePasswordComplexityPolicy({ minLength: 0 })],
  ["a password that is longer than can be hashed", INV, "MODEL-Lsp0e", () => admin.updatePasswordComplexityPolicy({ minLength: 73 })],
  ["a colour that is none", INV, "POLICY-391dG", () => management.addCustomLabelPolicy({ primaryColor: "red" })],
  ["a redirect that is none", INV, "Org-WSfdq", () => management.addCustomLoginPolicy({ ...login, defaultRedirectUri: "nowhere" })],
  ["settings of an unknown organization", Code.PermissionDenied, "AUTH-Bs7Ds", () => instance.in(unknownId).management.getLoginPolicy({})],
  ["an owner of an organization does not change the instance", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.admin.updateLockoutPolicy({ maxPasswordAttempts: 1 })],
  ["nor the domain settings of the own organization", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.admin.addCustomDomainPolicy({ orgId: other.id })],
  ["nor another organization", NF, "AUTHZ-cdgFk", () => instance.as(other.owner.token, instance.orgId).management.addCustomLockoutPolicy({})],
]);
