//! Scopes: which ones are kept, which audience they ask for, which roles they select (`spec: oauth.md 4.8`).

use std::collections::HashSet;

use crate::texts::Texts;

/// Scopes of OpenID Connect Core 5.4 and offline access.
const STANDARD: &[&str] = &["openid", "profile", "email", "phone", "address", "offline_access"];

const PROJECT_ID: &str = "urn:zitadel:iam:org:project:id:";
const AUDIENCE: &str = ":aud";
const PROJECT_ROLE: &str = "urn:zitadel:iam:org:project:role:";
const ORG_ID: &str = "urn:zitadel:iam:org:id:";
const ORG_DOMAIN: &str = "urn:zitadel:iam:org:domain:primary:";
const ORG_ROLES: &str = "urn:zitadel:iam:org:roles:id:";
const IDP: &str = "urn:zitadel:iam:org:idp:id:";
const PROJECTS_ROLES: &str = "urn:zitadel:iam:org:projects:roles";
/// Asks for the metadata claim.
pub const METADATA: &str = "urn:zitadel:iam:user:metadata";
/// Asks for the three resource owner claims.
pub const RESOURCE_OWNER: &str = "urn:zitadel:iam:user:resourceowner";
/// The scopes that every personal access token made through the API has.
pub const PERSONAL_ACCESS_TOKEN: [&str; 4] = ["openid", "profile", METADATA, RESOURCE_OWNER];

/// A list of granted scopes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes(Texts);

impl Scopes {
    /// The scopes of a request that this server knows; others are dropped silently, repeated ones kept once.
    pub fn known(requested: &str) -> Self {
        // Room for what is usual; a request may be a megabyte of spaces.
        let most = (1 + requested.bytes().filter(|byte| *byte == b' ').count()).min(1_024);
        let mut seen = HashSet::with_capacity(most);
        let mut scopes = Texts::with_capacity(requested.len(), most);
        let known = requested.split_ascii_whitespace().filter(|scope| is_known(scope) && seen.insert(*scope));
        known.for_each(|scope| scopes.push(scope));
        Self(scopes)
    }

    /// Scopes as stored.
    pub fn stored(scopes: Texts) -> Self {
        Self(scopes)
    }

    /// Drops organization scopes that are not the user's own organization (machine grants).
    #[must_use]
    pub fn only_own_org(self, org_id: &str, org_domain: &str) -> Self {
        let stays = |scope: &&str| {
            scope.strip_prefix(ORG_ID).is_none_or(|id| id == org_id)
                && scope.strip_prefix(ORG_DOMAIN).is_none_or(|domain| domain.eq_ignore_ascii_case(org_domain))
        };
        if self.0.iter().all(|scope| stays(&scope)) {
            return self;
        }
        Self(self.0.iter().filter(stays).collect())
    }

    /// Whether the scope was granted.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// The project ids that `…:project:id:<id>:aud` scopes name, `zitadel` resolved to the instance's API project.
    pub fn audience(&self, api_project: &str) -> Vec<String> {
        let (mut ids, mut seen) = (Vec::new(), HashSet::new());
        for id in self.0.iter().filter_map(|scope| scope.strip_prefix(PROJECT_ID)?.strip_suffix(AUDIENCE)) {
            let id = if id == "zitadel" { api_project } else { id };
            if !id.is_empty() && seen.insert(id) {
                ids.push(id.to_owned());
            }
        }
        ids
    }

    /// The role keys that are asked for by name.
    pub fn role_keys(&self) -> Vec<&str> {
        self.0.iter().filter_map(|scope| scope.strip_prefix(PROJECT_ROLE)).collect()
    }

    /// Whether the roles of all projects in the audience are asked for.
    pub fn all_project_roles(&self) -> bool {
        self.contains(PROJECTS_ROLES)
    }

    /// The organizations that role claims are limited to; empty means all.
    pub fn role_orgs(&self) -> Vec<&str> {
        self.0.iter().filter_map(|scope| scope.strip_prefix(ORG_ROLES)).collect()
    }

    /// The organization id and the primary domain that sign-in was limited to, if it was.
    pub fn org(&self) -> (Option<&str>, Option<&str>) {
        let find = |prefix| self.0.iter().find_map(|scope| scope.strip_prefix(prefix));
        (find(ORG_ID), find(ORG_DOMAIN))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes, in order.
    pub fn as_texts(&self) -> &Texts {
        &self.0
    }

    /// Space-separated, as on the wire.
    pub fn to_text(&self) -> String {
        self.0.joined()
    }
}

fn is_known(scope: &str) -> bool {
    let names_something = |prefix: &str| scope.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty());
    STANDARD.contains(&scope)
        || matches!(scope, METADATA | RESOURCE_OWNER | PROJECTS_ROLES | "groups" | "urn:zitadel:iam:user:groups")
        || (names_something(PROJECT_ID) && scope.ends_with(AUDIENCE))
        || [PROJECT_ROLE, ORG_ID, ORG_DOMAIN, ORG_ROLES, IDP].into_iter().any(names_something)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_scopes_are_dropped_and_known_ones_kept_once() {
        let scopes = Scopes::known("openid evil openid urn:zitadel:iam:org:project:role:admin");
        assert_eq!(scopes.to_text(), "openid urn:zitadel:iam:org:project:role:admin");
        assert_eq!(scopes.role_keys(), ["admin"]);
    }

    #[test]
    fn the_audience_resolves_the_api_project() {
        let scopes = Scopes::known("urn:zitadel:iam:org:project:id:zitadel:aud urn:zitadel:iam:org:project:id:42:aud");
        assert_eq!(scopes.audience("7"), ["7", "42"]);
    }

    #[test]
    fn scopes_of_another_organization_are_dropped() {
        let scopes = Scopes::known("urn:zitadel:iam:org:id:1 urn:zitadel:iam:org:domain:primary:a.com openid");
        assert_eq!(scopes.only_own_org("2", "A.com").to_text(), "urn:zitadel:iam:org:domain:primary:a.com openid");
    }
}
