//! Masks secrets in the lines of the log: those of the configuration, and what follows `Bearer` or `Basic`.

use std::borrow::Cow;
use std::sync::Arc;

use super::line::Rewrite;
use crate::config::Settings;

const STARS: &str = "********";

/// Words after which a credential stands in HTTP headers.
const SCHEMES: [&str; 4] = ["Bearer ", "bearer ", "Basic ", "basic "];

/// Shorter secrets would also match innocent text.
const SHORTEST: usize = 6;

/// What to mask.
#[derive(Debug, Clone, Default)]
pub(super) struct Mask(Arc<[zeroize::Zeroizing<String>]>);

impl Mask {
    /// The secrets of a configuration.
    pub fn of(settings: &Settings) -> Self {
        let postgres = &settings.database.postgres;
        let secrets = [
            &postgres.dsn,
            &postgres.user.password,
            &settings.first_instance.org.human.password,
            &settings.default_instance.org.human.password,
        ];
        let long = secrets.into_iter().map(crate::config::Secret::expose).filter(|text| text.len() >= SHORTEST);
        Self(long.map(|text| zeroize::Zeroizing::new(text.to_owned())).collect())
    }
}

impl Rewrite for Mask {
    /// The line without secrets.
    fn rewrite<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let mut line = Cow::Borrowed(line);
        for secret in self.0.iter() {
            if line.contains(secret.as_str()) {
                line = Cow::Owned(line.replace(secret.as_str(), STARS));
            }
        }
        for scheme in SCHEMES {
            if line.contains(scheme) {
                line = Cow::Owned(without_credentials(&line, scheme));
            }
        }
        line
    }
}

fn without_credentials(line: &str, scheme: &str) -> String {
    let mut parts = line.split(scheme);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_credential = |c: char| c.is_ascii_alphanumeric() || "-._~+/=:%".contains(c);
        let end = part.find(|c| !is_credential(c)).unwrap_or(part.len());
        masked.push_str(scheme);
        masked.push_str(if end > 0 { STARS } else { "" });
        masked.push_str(&part[end..]);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_cut_out_and_the_rest_stays() {
        let mask = Mask::default();
        assert_eq!(mask.rewrite("a Bearer x.y-z, b Basic cXk= c"), "a Bearer ********, b Basic ******** c");
        assert_eq!(mask.rewrite("a bearer: none"), "a bearer: none");
        assert!(matches!(mask.rewrite("nothing here"), Cow::Borrowed(_)));
    }
}
