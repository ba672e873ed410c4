//! Errors as callers read them: the text of a key in their language, the id behind it, and one detail message.

use ::http::HeaderMap;
use bytes::Bytes;
use castellan_kernel::{Detail, Error};
use castellan_proto::zitadel::v1::{CredentialsCheckError, ErrorDetail};
use prost::Message as _;

use crate::call::{Failure, FailureDetail};
use crate::texts;

/// The languages to try: the caller's or the instance's first, then what `Accept-Language` asks for.
pub fn languages(preferred: Option<&str>, headers: &HeaderMap) -> Vec<String> {
    let mut languages: Vec<String> = preferred.map(str::to_owned).into_iter().collect();
    if let Some(accepted) = headers.get(::http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()) {
        languages.extend(
            accepted
                .split(',')
                .map(|part| part.split(';').next().unwrap_or_default().trim().to_owned())
                .filter(|tag| !tag.is_empty() && tag != "*"),
        );
    }
    languages
}

/// Renders an error for the caller. The cause stays behind.
pub fn render(error: &Error, languages: &[String]) -> Failure {
    let text = if error.is_translated() { texts::lookup(error.key(), languages) } else { error.key() };
    let (message, detail) = match error.detail() {
        Detail::Bare => (text.to_owned(), None),
        Detail::Standard => {
            let detail = ErrorDetail { id: error.id().to_owned(), message: text.to_owned() };
            (with_id(text, error.id()), Some(("zitadel.v1.ErrorDetail", detail.encode_to_vec())))
        }
        Detail::CredentialsCheck(failed_attempts) => {
            let detail = CredentialsCheckError {
                id: error.id().to_owned(),
                message: text.to_owned(),
                failed_attempts: *failed_attempts,
            };
            (with_id(text, error.id()), Some(("zitadel.v1.CredentialsCheckError", detail.encode_to_vec())))
        }
    };
    let detail = detail.map(|(type_name, value)| FailureDetail { type_name, value: Bytes::from(value) });
    Failure { kind: error.kind(), message, detail }
}

fn with_id(text: &str, id: &str) -> String {
    format!("{text} ({id})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use castellan_kernel::Fault;

    #[test]
    fn the_message_ends_with_the_id_and_the_cause_is_not_shown() {
        let error = Error::from(Fault::not_found("X-1", "Errors.No.Such.Key")).because("secret cause");
        let failure = render(&error, &[]);
        assert_eq!(failure.message, "Errors.No.Such.Key (X-1)");
        assert!(failure.detail.is_some());
    }
}
