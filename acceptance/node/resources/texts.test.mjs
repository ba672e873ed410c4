// Texts of messages and of the login, languages, restrictions and the generators of codes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SecretGeneratorType } from "@zitadel/proto/zitadel/settings_pb.js";
import { freshInstance } from "../instance.mjs";
import { Code, refused, refuses } from "../refusals.mjs";

const instance = await freshInstance("texts");
const { admin, management } = instance.owner;
const other = await instance.organization("Elsewhere");
const elsewhere = instance.in(other.id).management;
const { FailedPrecondition: PRE, InvalidArgument: INV, NotFound: NF } = Code;
const language = "en";

// The name of the setter of an organization where it differs from the others.
const messages = {
  Init: {},
  PasswordReset: {},
  VerifyEmail: {},
  VerifyPhone: {},
  VerifySMSOTP: { onlyText: true },
  VerifyEmailOTP: {},
  DomainClaimed: { setter: "setCustomDomainClaimedMessageCustomText" },
  PasswordlessRegistration: { setter: "setCustomPasswordlessRegistrationMessageCustomText" },
  PasswordChange: { setter: "setCustomPasswordChangeMessageCustomText" },
  InviteUser: { setter: "setCustomInviteUserMessageCustomText" },
};

for (const [name, { onlyText, setter = `setCustom${name}MessageText` }] of Object.entries(messages)) {
  test(`the message ${name} is set for the instance and for an organization, and reset`, async () => {
    const texts = (text) => (onlyText ? { language, text } : { language, text, subject: `About ${text}`, buttonText: "Go" });
    const ofInstance = async () => (await admin[`getCustom${name}MessageText`]({ language })).customText;
    const ofOrganization = async (context = management) => (await context[`getCustom${name}MessageText`]({ language })).customText;
    const builtIn = (await admin[`getDefault${name}MessageText`]({ language })).customText;
    assert.ok(builtIn.text.length > 0);
    assert.equal((await ofInstance()).isDefault, true);
    await admin[`setDefault${name}MessageText`](texts("of the instance"));
    assert.deepEqual([(await ofInstance()).text, (await ofInstance()).isDefault], ["of the instance", false]);
    assert.equal((await ofOrganization()).text, "of the instance");
    await management[setter](texts("of the organization"));
    await management[setter](texts("of the organization"));
    assert.deepEqual([(await ofOrganization()).text, (await ofOrganization()).isDefault], ["of the organization", false]);
    assert.equal((await ofOrganization(elsewhere)).text, "of the instance");
    await management[`resetCustom${name}MessageTextToDefault`]({ language });
    assert.equal((await ofOrganization()).text, "of the instance");
    const again = () => management[`resetCustom${name}MessageTextToDefault`]({ language });
    await refused(again, NF, "Org-3b8Jf");
    await admin[`resetCustom${name}MessageTextToDefault`]({ language });
    assert.equal((await ofInstance()).text, builtIn.text);
    await refused(() => admin[`resetCustom${name}MessageTextToDefault`]({ language }), NF, "INSTANCE-fju90");
  });
}

test("texts of the login are set for the instance and for an organization, and reset", async () => {
  const title = async (context, call) => (await context[call]({ language })).customText.loginText.title;
  const builtIn = await title(admin, "getDefaultLoginTexts");
  await admin.setCustomLoginText({ language, loginText: { title: "Welcome" } });
  assert.equal(await title(admin, "getCustomLoginTexts"), "Welcome");
  await management.setCustomLoginText({ language, loginText: { title: "Hello" } });
  assert.equal(await title(management, "getCustomLoginTexts"), "Hello");
  assert.equal(await title(elsewhere, "getCustomLoginTexts"), "Welcome");
  await management.resetCustomLoginTextToDefault({ language });
  await refused(() => management.resetCustomLoginTextToDefault({ language }), NF, "Org-9ru44");
  await admin.resetCustomLoginTextToDefault({ language });
  await refused(() => admin.resetCustomLoginTextToDefault({ language }), NF, "INST-fru44");
  assert.equal(await title(management, "getCustomLoginTexts"), builtIn);
});

test("the hosted login is translated for the instance and for an organization", async () => {
  const { settings } = instance.owner;
  const ofInstance = { case: "instance", value: true };
  const ofOrganization = { case: "organizationId", value: instance.orgId };
  const title = async (level) => (await settings.getHostedLoginTranslation({ level, locale: "en" })).translations.common.back;
  const set = (level, back) => settings.setHostedLoginTranslation({ level, locale: "en", translations: { common: { back } } });
  const { etag } = await set(ofInstance, "Go back");
  assert.ok(etag.length > 0);
  assert.equal(await title(ofOrganization), "Go back");
  await set(ofOrganization, "Return");
  assert.deepEqual([await title(ofInstance), await title(ofOrganization)], ["Go back", "Return"]);
  await refused(() => settings.getHostedLoginTranslation({ locale: "en" }), INV, "QUERY-YB6Sri");
  await refused(() => settings.setHostedLoginTranslation({ locale: "en", translations: {} }), INV, "COMMA-YB6Sri");
  const byOrganization = () => other.owner.settings.setHostedLoginTranslation({ level: ofInstance, locale: "en", translations: {} });
  await refused(byOrganization, Code.PermissionDenied, "AUTH-5mWD2");
});

test("languages are restricted, and the default one must be allowed", async () => {
  assert.equal((await admin.getSupportedLanguages({})).languages.length, 22);
  assert.equal((await admin.getDefaultLanguage({})).language, "en");
  await admin.setDefaultLanguage({ language: "de" });
  await refused(() => admin.setDefaultLanguage({ language: "de" }), PRE, "INST-DS3rq");
  const allow = (...list) => () => admin.setRestrictions({ allowedLanguages: { list } });
  await refused(allow("en", "fr"), PRE, "COMMAND-L0m2u");
  await refused(allow("de", "de"), INV, "LANG-3M9f2");
  await allow("de", "en")();
  await allow("de", "en")();
  assert.deepEqual((await admin.getAllowedLanguages({})).languages.sort(), ["de", "en"]);
  await refused(() => admin.setDefaultLanguage({ language: "fr" }), PRE, "LANG-2M9fs");
  await admin.setDefaultLanguage({ language: "en" });
  await allow()();
  await admin.setRestrictions({ disallowPublicOrgRegistration: true });
  const { disallowPublicOrgRegistration, allowedLanguages } = await admin.getRestrictions({});
  assert.deepEqual([disallowPublicOrgRegistration, allowedLanguages], [true, []]);
  await refused(() => admin.setRestrictions({}), INV, "COMMAND-oASwj");
});

test("generators of codes are listed, read and changed, and make the codes", async () => {
  const { result } = await admin.listSecretGenerators({});
  const types = result.map(({ generatorType }) => generatorType);
  for (let type = SecretGeneratorType.INIT_CODE; type <= SecretGeneratorType.OTP_EMAIL; type += 1) assert.ok(types.includes(type), `${type}`);
  const generatorType = SecretGeneratorType.VERIFY_EMAIL_CODE;
  const { secretGenerator } = await admin.getSecretGenerator({ generatorType });
  assert.deepEqual([secretGenerator.length, secretGenerator.expiry.seconds, secretGenerator.includeDigits], [6, 3600n, true]);
  const changed = { generatorType, length: 9, expiry: { seconds: 60n }, includeDigits: true };
  await admin.updateSecretGenerator(changed);
  await refused(() => admin.updateSecretGenerator(changed), PRE, "COMMAND-m0o3f");
  const { emailCode } = await instance.owner.users.createUser({
    organizationId: instance.orgId,
    username: "codes",
    userType: { case: "human", value: { profile: { givenName: "C", familyName: "C" }, email: { email: "c@example.com", verification: { case: "returnCode", value: {} } } } },
  });
  assert.match(emailCode, /^\d{9}$/);
  const queries = [{ query: { case: "typeQuery", value: { generatorType } } }];
  assert.deepEqual((await admin.listSecretGenerators({ queries })).result.map(({ length }) => length), [9]);
});

refuses([
  ["a message without a language", INV, /LANG-3M9f2|Language/, () => management.setCustomVerifyEmailMessageText({ text: "X" })],
  ["a message in a language that is not supported", INV, "LANG-lg4DP", () => management.setCustomVerifyEmailMessageText({ language: "tlh", text: "X" })],
  ["a language that is not supported", PRE, "LANG-2M9fs", () => admin.setDefaultLanguage({ language: "tlh" })],
  ["a generator of no type", INV, /GeneratorType|COMMAND-33k9f/, () => admin.updateSecretGenerator({ length: 8 })],
  ["an owner of an organization sets no text of the instance", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.admin.setDefaultInitMessageText({ language, text: "X" })],
  ["nor one of another organization", NF, "AUTHZ-cdgFk", () => instance.as(other.owner.token, instance.orgId).management.setCustomInitMessageText({ language, text: "X" })],
  ["nor reads the generators", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.admin.listSecretGenerators({})],
  ["nor restricts languages", Code.PermissionDenied, "AUTH-5mWD2", () => other.owner.admin.setRestrictions({ disallowPublicOrgRegistration: false })],
]);
