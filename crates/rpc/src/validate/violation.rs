//! What a request is refused with: the message and field, in Go spelling, and the rule that it breaks.

use std::borrow::Cow;
use std::fmt;

use crate::descriptor::wire::WireError;

/// The first rule that a message breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Inner {
    Malformed(WireError),
    Rule { message: String, field: String, of_key: bool, broken: Broken },
}

/// A broken rule, not yet placed at a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    reason: Cow<'static, str>,
    cause: Option<Cause>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Cause {
    Text(Cow<'static, str>),
    Inner(Violation),
}

impl Violation {
    /// The field as error texts name it, such as `Tags[3]`; `None` when the bytes themselves are malformed.
    pub fn field(&self) -> Option<&str> {
        match &*self.0 {
            Inner::Malformed(_) => None,
            Inner::Rule { field, .. } => Some(field),
        }
    }
}

impl From<WireError> for Violation {
    fn from(error: WireError) -> Self {
        Self(Box::new(Inner::Malformed(error)))
    }
}

impl Broken {
    /// A rule broken for a reason.
    pub(super) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self { reason: reason.into(), cause: None }
    }

    /// The same with what exactly is wrong.
    pub(super) fn because(mut self, cause: impl Into<Cow<'static, str>>) -> Self {
        self.cause = Some(Cause::Text(cause.into()));
        self
    }

    /// A message inside this one that breaks a rule of its own.
    pub(super) fn embedded(inner: Violation) -> Self {
        Self { reason: Cow::Borrowed("embedded message failed validation"), cause: Some(Cause::Inner(inner)) }
    }

    /// Places the broken rule at a field of a message.
    pub(super) fn at(self, message: String, field: impl Into<String>) -> Violation {
        Violation(Box::new(Inner::Rule { message, field: field.into(), of_key: false, broken: self }))
    }

    /// Places it at the key of a map entry.
    pub(super) fn at_key(self, message: String, field: impl Into<String>) -> Violation {
        Violation(Box::new(Inner::Rule { message, field: field.into(), of_key: true, broken: self }))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Inner::Malformed(error) => write!(f, "malformed request body: {error}"),
            Inner::Rule { message, field, of_key, broken } => {
                let key = if *of_key { "key for " } else { "" };
                write!(f, "invalid {key}{message}.{field}: {}", broken.reason)?;
                match &broken.cause {
                    Some(Cause::Text(text)) => write!(f, " | caused by: {text}"),
                    Some(Cause::Inner(inner)) => write!(f, " | caused by: {inner}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl std::error::Error for Violation {}
