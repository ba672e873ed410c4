//! Language tags as far as texts need them (RFC 5646, 2.1).

use castellan_kernel::{Fault, Result};

use crate::restrictions::SUPPORTED_LANGUAGES;

const UNDEFINED: Fault = Fault::invalid("LANG-3M9f2", "Errors.Language.Undefined");
const NOT_SUPPORTED: Fault = Fault::invalid("LANG-lg4DP", "Errors.Language.NotSupported");

/// The language of a tag without region and script.
pub(crate) fn base(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(language, _)| language)
}

/// Whether it has the form of a tag: a language of two, three or five to eight letters, then subtags of letters and digits.
pub(crate) fn is_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    matches!(language.len(), 2 | 3 | 5..=8)
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !language.eq_ignore_ascii_case("und")
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether texts can be stored in this language.
///
/// # Errors
/// `LANG-3M9f2` for what is no language tag, `LANG-lg4DP` for a language that the server does not support.
pub(crate) fn check(tag: &str) -> Result<()> {
    if !is_tag(tag) {
        return Err(UNDEFINED.into());
    }
    if !SUPPORTED_LANGUAGES.contains(&tag) {
        return Err(NOT_SUPPORTED.into());
    }
    Ok(())
}
