//! Who sends a request, and to which host.

/// A caller: its bearer token, the host it calls and the organization it names in the header.
#[derive(Debug, Clone, Default)]
pub struct Actor {
    /// The bearer token; `None` calls without credentials.
    pub token: Option<String>,
    /// The host with its port, as in the `Host` header.
    pub host: String,
    /// The user's id; empty for anonymous callers and system users.
    pub user_id: String,
    /// The organization of the user; empty as above.
    pub org_id: String,
    /// What the header `x-zitadel-orgid` names, if it is sent.
    pub in_org: Option<String>,
}

impl Actor {
    /// The same caller in the context of that organization.
    #[must_use]
    pub fn in_org(&self, org_id: &str) -> Self {
        Self { in_org: Some(org_id.to_owned()), ..self.clone() }
    }

    /// The same caller with another bearer token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same caller at another host.
    #[must_use]
    pub fn at_host(&self, host: &str) -> Self {
        Self { host: host.to_owned(), ..self.clone() }
    }
}
