//! Faults are the contract's errors: kind, id and message key. An [`Error`] is a fault that happened, with its cause.

use std::borrow::Cow;
use std::fmt;

/// The result of everything that can fail for a reason the caller may see.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The sixteen gRPC status codes that a failure can have; the number is the wire code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
#[repr(i32)]
pub enum Kind {
    Canceled = 1,
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}

impl Kind {
    /// The HTTP status of REST answers (`spec: api.md 1.8`); Connect uses the same ones.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Canceled => 499,
            Self::InvalidArgument | Self::FailedPrecondition | Self::OutOfRange => 400,
            Self::DeadlineExceeded => 504,
            Self::NotFound => 404,
            Self::AlreadyExists | Self::Aborted => 409,
            Self::PermissionDenied => 403,
            Self::ResourceExhausted => 429,
            Self::Unimplemented => 501,
            Self::Unavailable => 503,
            Self::Unauthenticated => 401,
            Self::Unknown | Self::Internal | Self::DataLoss => 500,
        }
    }
}

/// One documented failure. Rooms state theirs as constants, because id and key are part of the wire contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The status code.
    pub kind: Kind,
    /// The stable id that clients match on, such as `COMMAND-4m77G`.
    pub id: &'static str,
    /// The message key, such as `Errors.User.NotFound`; the catalogue turns it into a text.
    pub key: &'static str,
}

impl Fault {
    /// A fault of any kind.
    pub const fn new(kind: Kind, id: &'static str, key: &'static str) -> Self {
        Self { kind, id, key }
    }
    /// A value of the request is wrong.
    pub const fn invalid(id: &'static str, key: &'static str) -> Self {
        Self::new(Kind::InvalidArgument, id, key)
    }
    /// The object is not there, or not for this caller.
    pub const fn not_found(id: &'static str, key: &'static str) -> Self {
        Self::new(Kind::NotFound, id, key)
    }
    /// A unique value is taken.
    pub const fn exists(id: &'static str, key: &'static str) -> Self {
        Self::new(Kind::AlreadyExists, id, key)
    }
    /// The state of the object does not allow the operation.
    pub const fn precondition(id: &'static str, key: &'static str) -> Self {
        Self::new(Kind::FailedPrecondition, id, key)
    }
    /// The caller may not do this.
    pub const fn denied(id: &'static str, key: &'static str) -> Self {
        Self::new(Kind::PermissionDenied, id, key)
    }
    /// The caller did not prove who it is.
    pub const fn unauthenticated(id: &'static str, key: &'static str) -> Self {
        Self::new(Kind::Unauthenticated, id, key)
    }
    /// Something of ours broke.
    pub const fn internal(id: &'static str, key: &'static str) -> Self {
        Self::new(Kind::Internal, id, key)
    }
}

/// What stands beside the message of an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Detail {
    /// `zitadel.v1.ErrorDetail`.
    #[default]
    Standard,
    /// No detail: a bare status such as a validation failure.
    Bare,
    /// `zitadel.v1.CredentialsCheckError` with the number of failed attempts.
    CredentialsCheck(i32),
}

/// A failure on its way to the caller. The cause goes to the log and never to the caller.
pub struct Error {
    kind: Kind,
    id: Cow<'static, str>,
    key: Cow<'static, str>,
    detail: Detail,
    translated: bool,
    conflict: bool,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// A status whose message is final text, without id, detail or translation (validation, missing header).
    pub fn bare(kind: Kind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            id: Cow::Borrowed(""),
            key: message.into(),
            detail: Detail::Bare,
            translated: false,
            conflict: false,
            cause: None,
        }
    }

    /// An unexpected failure of ours: the caller sees `Errors.Internal`, the log sees the cause.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::from(Fault::internal("INTERNAL", "Errors.Internal")).because(cause)
    }

    /// A transaction that lost against another and may be run again.
    pub fn conflict(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let mut error = Self::from(Fault::new(Kind::Aborted, "DB-Conf1", "Errors.Conflict")).because(cause);
        error.conflict = true;
        error
    }

    /// Adds the cause, for the log.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Replaces the detail.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.detail = detail;
        self
    }

    /// Marks an error that is raised before translation: the key itself is the message (`spec: oauth.md 5.5`).
    #[must_use]
    pub fn untranslated(mut self) -> Self {
        self.translated = false;
        self
    }

    /// The status code.
    pub fn kind(&self) -> Kind {
        self.kind
    }
    /// The stable id; empty for bare statuses.
    pub fn id(&self) -> &str {
        &self.id
    }
    /// The message key, or the final text of a bare status.
    pub fn key(&self) -> &str {
        &self.key
    }
    /// What stands beside the message.
    pub fn detail(&self) -> &Detail {
        &self.detail
    }
    /// Whether the key is looked up in the catalogue.
    pub fn is_translated(&self) -> bool {
        self.translated
    }
    /// Whether running the same transaction again may succeed.
    pub fn is_conflict(&self) -> bool {
        self.conflict
    }
    /// The cause, for the log.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.cause.as_deref()
    }
    /// Whether this is that fault.
    pub fn is(&self, fault: Fault) -> bool {
        self.kind == fault.kind && self.id == fault.id
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self {
            kind: fault.kind,
            id: Cow::Borrowed(fault.id),
            key: Cow::Borrowed(fault.key),
            detail: Detail::Standard,
            translated: true,
            conflict: false,
            cause: None,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind)?;
        self.cause.as_ref().map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.id.is_empty() { f.write_str(&self.key) } else { write!(f, "{} ({})", self.key, self.id) }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_shows_its_key_and_id_and_keeps_its_cause_apart() {
        let error = Error::from(Fault::not_found("COMMAND-4m77G", "Errors.User.NotFound")).because("disk on fire");
        assert_eq!(error.to_string(), "Errors.User.NotFound (COMMAND-4m77G)");
        assert!(format!("{error:?}").contains("disk on fire"));
    }
}
