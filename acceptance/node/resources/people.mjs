// Requests for people, as the suites of people send them.

/** What v1 needs for a person. */
export const v1Human = (userName, more = {}) => ({
  userName,
  profile: { firstName: "Ada", lastName: "Lovelace", ...more.profile },
  email: { email: `${userName}@example.com`, isEmailVerified: true, ...more.email },
  ...("phone" in more ? { phone: more.phone } : {}),
  initialPassword: more.initialPassword ?? "Password1!",
});

/** What v2 needs for a person of this organization. */
export const v2Human = (organizationId, username, more = {}) => ({
  organizationId,
  username,
  userType: {
    case: "human",
    value: {
      profile: { givenName: "Grace", familyName: "Hopper", ...more.profile },
      email: { email: `${username}@example.com`, verification: { case: "isVerified", value: true }, ...more.email },
      ...more.human,
    },
  },
});

/** A password as v2 takes it. */
export const password = (value) => ({ passwordType: { case: "password", value: { password: value } } });
/** Has the code returned instead of sent. */
export const returnCode = { case: "returnCode", value: {} };
