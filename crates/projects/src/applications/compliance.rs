//! What about an OIDC configuration departs from good practice. It is told in answers and never refused (spec: api.md 4.4).

use super::{AppType, AuthMethod, GrantType, OidcConfig};

/// The keys of all problems; the first says that there is one that matters.
pub(super) fn problems(config: &OidcConfig, auth_method: AuthMethod) -> Vec<String> {
    let mut found = Vec::new();
    check_grants(config, &mut found);
    check_redirects(config, &mut found);
    match config.app_type {
        AppType::Native if auth_method != AuthMethod::None => found.push("Native.AuthMethodType.NotNone"),
        AppType::UserAgent if auth_method != AuthMethod::None => found.push("UserAgent.AuthMethodType.NotNone"),
        AppType::Web | AppType::UserAgent | AppType::Native => {}
    }
    found.dedup();
    if found.iter().any(|problem| *problem != WARNING) {
        found.insert(0, "NotCompliant");
    }
    found.into_iter().map(|problem| format!("Application.OIDC.V1.{problem}")).collect()
}

/// A problem that alone does not make a configuration non-compliant.
const WARNING: &str = "NotAllCombinationsAreAllowed";

/// Whether a list of problems says that the configuration is not compliant.
pub(super) fn is_non_compliant(problems: &[String]) -> bool {
    problems.first().is_some_and(|problem| problem.ends_with(".NotCompliant"))
}

fn check_grants(config: &OidcConfig, found: &mut Vec<&'static str>) {
    let code = config.allows(GrantType::AuthorizationCode);
    if config.allows(GrantType::RefreshToken) && !code && !config.allows(GrantType::DeviceCode) {
        found.push("GrantType.Refresh.NoAuthCode");
    }
}

fn check_redirects(config: &OidcConfig, found: &mut Vec<&'static str>) {
    let code = config.allows(GrantType::AuthorizationCode);
    let implicit = config.allows(GrantType::Implicit);
    if config.redirect_uris.is_empty() {
        if code || implicit {
            found.push("NoRedirectUris");
        }
        return;
    }
    let mut add = |problem| {
        if !found.contains(&problem) {
            found.push(problem);
        }
    };
    for uri in &config.redirect_uris {
        let custom = !uri.starts_with("https://") && !uri.starts_with("http://");
        let plain = uri.starts_with("http://");
        if plain && config.app_type == AppType::Native && !is_local(uri) {
            add("Native.RedirectUris.MustBeHttpLocalhost");
        }
        if code {
            if plain && config.app_type == AppType::UserAgent {
                add("Code.RedirectUris.HttpOnlyForWeb");
            }
            if custom && config.app_type != AppType::Native {
                add("Code.RedirectUris.CustomOnlyForNative");
            }
        }
        if implicit && !code {
            if custom {
                add("Implicit.RedirectUris.CustomNotAllowed");
            }
            if plain && config.app_type != AppType::Native {
                add("Implicit.RedirectUris.HttpNotAllowed");
            }
        }
        if implicit && code && (custom || plain) {
            add(WARNING);
        }
    }
}

/// Whether an `http://` address is on the machine itself.
fn is_local(uri: &str) -> bool {
    let host = uri.trim_start_matches("http://");
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let name = host.strip_prefix('[').map_or_else(
        || host.split(':').next().unwrap_or_default(),
        |address| address.split(']').next().unwrap_or_default(),
    );
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(app_type: AppType, uris: &[&str], grants: &[GrantType], auth_method: AuthMethod) -> Vec<String> {
        let config = OidcConfig {
            app_type,
            redirect_uris: uris.iter().map(|uri| (*uri).to_owned()).collect(),
            grant_types: grants.to_vec(),
            ..OidcConfig::default()
        };
        problems(&config, auth_method)
            .into_iter()
            .map(|problem| problem.trim_start_matches("Application.OIDC.V1.").to_owned())
            .collect()
    }

    #[test]
    fn a_web_application_with_a_secret_and_https_complies() {
        let problems = of(AppType::Web, &["https://a.example/cb"], &[GrantType::AuthorizationCode], AuthMethod::Basic);
        assert!(problems.is_empty(), "{problems:?}");
    }

    #[test]
    fn a_native_application_may_call_back_to_the_machine_itself_only() {
        let code = [GrantType::AuthorizationCode];
        for good in ["http://localhost:4000/cb", "http://127.0.0.1/cb", "http://[::1]:80/", "app:/cb"] {
            assert!(of(AppType::Native, &[good], &code, AuthMethod::None).is_empty(), "{good}");
        }
        let problems = of(AppType::Native, &["http://a.example/cb"], &code, AuthMethod::None);
        assert_eq!(problems, ["NotCompliant", "Native.RedirectUris.MustBeHttpLocalhost"]);
    }

    #[test]
    fn missing_redirects_are_fine_for_devices_only() {
        assert!(of(AppType::Native, &[], &[GrantType::DeviceCode], AuthMethod::None).is_empty());
        let problems = of(AppType::Web, &[], &[GrantType::AuthorizationCode], AuthMethod::Basic);
        assert_eq!(problems, ["NotCompliant", "NoRedirectUris"]);
    }

    #[test]
    fn mixing_implicit_and_code_is_a_warning() {
        let both = [GrantType::AuthorizationCode, GrantType::Implicit];
        let problems = of(AppType::Web, &["http://a.example/cb"], &both, AuthMethod::Basic);
        assert_eq!(problems, ["NotAllCombinationsAreAllowed"]);
    }

    #[test]
    fn applications_in_browsers_have_no_secret() {
        let problems =
            of(AppType::UserAgent, &["http://a.example/"], &[GrantType::AuthorizationCode], AuthMethod::Basic);
        assert_eq!(problems, ["NotCompliant", "Code.RedirectUris.HttpOnlyForWeb", "UserAgent.AuthMethodType.NotNone"]);
    }
}
