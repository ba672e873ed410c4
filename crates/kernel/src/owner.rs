//! Whose settings these are: the instance's defaults or one organization's own.

/// The owner of a policy, text, domain or provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// The instance: what every organization inherits.
    Instance,
    /// One organization, by id.
    Org(String),
}

impl Owner {
    /// The organization's id, or nothing for the instance.
    pub fn org(&self) -> Option<&str> {
        match self {
            Self::Instance => None,
            Self::Org(id) => Some(id),
        }
    }
}
