//! What differs by kind of policy: event types, errors, validation.

use castellan_kernel::{Fault, Owner, Result};

use super::event::Names;
use super::{Faults, Policy};
use crate::documents::{
    DomainPolicy, LabelPolicy, LockoutPolicy, LoginPolicy, NotificationPolicy, PasswordAgePolicy,
    PasswordComplexityPolicy, PrivacyPolicy,
};

macro_rules! names {
    ($name:literal) => {
        Names {
            instance_added: concat!("instance.policy.", $name, ".added"),
            instance_changed: concat!("instance.policy.", $name, ".changed"),
            org_added: concat!("org.policy.", $name, ".added"),
            org_changed: concat!("org.policy.", $name, ".changed"),
            org_removed: concat!("org.policy.", $name, ".removed"),
        }
    };
}

const MIN_LENGTH: Fault = Fault::invalid("MODEL-Lsp0e", "Errors.User.PasswordComplexityPolicy.MinLengthNotAllowed");

impl Policy for DomainPolicy {
    const EVENTS: Names = names!("domain");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("ORG-1M8ds", "Errors.Org.DomainPolicy.AlreadyExists"),
        org_missing: Fault::not_found("ORG-2N9sd", "Errors.Org.DomainPolicy.NotFound"),
        org_unchanged: Fault::precondition("ORG-3M9ds", "Errors.Org.LabelPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("ORG-Dvsh3", "Errors.Org.DomainPolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-0Pl0d", "Errors.Instance.DomainPolicy.NotFound"),
        instance_unchanged: Fault::precondition("INSTANCE-pl9fN", "Errors.Instance.DomainPolicy.NotChanged"),
    };
}

impl Policy for PasswordComplexityPolicy {
    const EVENTS: Names = names!("password.complexity");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("Org-LdhbS", "Errors.Org.PasswordComplexityPolicy.AlreadyExists"),
        org_missing: Fault::not_found("ORG-Dgs3g", "Errors.Org.PasswordComplexityPolicy.NotFound"),
        org_unchanged: Fault::precondition("Org-DAs21", "Errors.Org.PasswordComplexityPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("ORG-ADgs2", "Errors.Org.PasswordComplexityPolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-0oPew", "Errors.Instance.PasswordComplexityPolicy.NotFound"),
        instance_unchanged: Fault::precondition(
            "INSTANCE-9jlsf",
            "Errors.Instance.PasswordComplexityPolicy.NotChanged",
        ),
    };

    fn validate(&self, _owner: &Owner, _adding: bool) -> Result<()> {
        if (1..=72).contains(&self.min_length) { Ok(()) } else { Err(MIN_LENGTH.into()) }
    }
}

impl Policy for PasswordAgePolicy {
    const EVENTS: Names = names!("password.age");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("ORG-Lk0dS", "Errors.Org.PasswordAgePolicy.AlreadyExists"),
        org_missing: Fault::not_found("ORG-0oPew", "Errors.Org.PasswordAgePolicy.NotFound"),
        org_unchanged: Fault::precondition("Org-dsgjR", "Errors.ORg.LabelPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("ORG-Dgs1g", "Errors.Org.PasswordAgePolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-0oPew", "Errors.Instance.PasswordAgePolicy.NotFound"),
        instance_unchanged: Fault::precondition("INSTANCE-180sf", "Errors.Instance.PasswordAgePolicy.NotChanged"),
    };
}

impl Policy for LockoutPolicy {
    const EVENTS: Names = names!("lockout");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("ORG-0olDf", "Errors.ORG.LockoutPolicy.AlreadyExists"),
        org_missing: Fault::not_found("ORG-ADfs1", "Errors.Org.LockoutPolicy.NotFound"),
        org_unchanged: Fault::precondition("ORG-0JFSr", "Errors.Org.LockoutPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("ORG-D4zuz", "Errors.Org.LockoutPolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-0oPew", "Errors.Instance.LockoutPolicy.NotFound"),
        instance_unchanged: Fault::precondition("INSTANCE-0psjF", "Errors.Instance.LockoutPolicy.NotChanged"),
    };
}

impl Policy for PrivacyPolicy {
    const EVENTS: Names = names!("privacy");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("Org-0oLpd", "Errors.Org.PrivacyPolicy.AlreadyExists"),
        org_missing: Fault::not_found("ORG-Ng8sf", "Errors.Org.PrivacyPolicy.NotFound"),
        org_unchanged: Fault::precondition("Org-4N9fs", "Errors.Org.PrivacyPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("ORG-Ze9gs", "Errors.Org.PrivacyPolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-0oPew", "Errors.Instance.PrivacyPolicy.NotFound"),
        instance_unchanged: Fault::precondition("INSTANCE-9jJfs", "Errors.Instance.PrivacyPolicy.NotChanged"),
    };
}

impl Policy for NotificationPolicy {
    const EVENTS: Names = names!("notification");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("Org-xa08n2", "Errors.Org.NotificationPolicy.AlreadyExists"),
        org_missing: Fault::not_found("ORG-x029n3", "Errors.Org.NotificationPolicy.NotFound"),
        org_unchanged: Fault::precondition("Org-ioqnxz", "Errors.Org.NotificationPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("ORG-x029n1s", "Errors.Org.NotificationPolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-x891na", "Errors.Instance.NotificationPolicy.NotFound"),
        instance_unchanged: Fault::precondition("INSTANCE-29x02n", "Errors.Instance.NotificationPolicy.NotChanged"),
    };
}

const ADD_REDIRECT: Fault = Fault::invalid("Org-WSfdq", "Errors.Org.LoginPolicy.RedirectURIInvalid");
const CHANGE_REDIRECT: Fault = Fault::invalid("Org-Sfd21", "Errors.Org.LoginPolicy.RedirectURIInvalid");
const INSTANCE_REDIRECT: Fault = Fault::invalid("INST-SFdqd", "Errors.Instance.LoginPolicy.RedirectURIInvalid");
const SECOND_FACTOR: Fault = Fault::invalid("Org-SFeea", "Errors.Org.LoginPolicy.MFA.Unspecified");
const MULTI_FACTOR: Fault = Fault::invalid("Org-WSfrg", "Errors.Org.LoginPolicy.MFA.Unspecified");

impl Policy for LoginPolicy {
    const EVENTS: Names = names!("login");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("Org-Dgfb2", "Errors.Org.LoginPolicy.AlreadyExists"),
        org_missing: Fault::not_found("Org-M0sif", "Errors.Org.LoginPolicy.NotFound"),
        org_unchanged: Fault::precondition("Org-5M9vdd", "Errors.Org.LoginPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("Org-GHB37", "Errors.Org.LoginPolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-M0sif", "Errors.Instance.LoginPolicy.NotFound"),
        instance_unchanged: Fault::precondition("INSTANCE-5M9vdd", "Errors.Instance.LoginPolicy.NotChanged"),
    };
    const NOT_IN_EVENTS: &'static [&'static str] = &["secondFactors", "multiFactors", "idps"];

    fn validate(&self, owner: &Owner, adding: bool) -> Result<()> {
        if !redirect_is_valid(&self.default_redirect_uri) {
            return Err(match (owner, adding) {
                (Owner::Instance, _) => INSTANCE_REDIRECT,
                (Owner::Org(_), true) => ADD_REDIRECT,
                (Owner::Org(_), false) => CHANGE_REDIRECT,
            }
            .into());
        }
        if self.second_factors.contains(&0) {
            return Err(SECOND_FACTOR.into());
        }
        if self.multi_factors.contains(&0) {
            return Err(MULTI_FACTOR.into());
        }
        Ok(())
    }
}

/// Empty, or a URI with a scheme, and with a host for http and https. Schemes that run script in the page are never followed.
fn redirect_is_valid(uri: &str) -> bool {
    if uri.is_empty() {
        return true;
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return false };
    let scheme = scheme.to_ascii_lowercase();
    let mut letters = scheme.bytes();
    let well_formed = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !well_formed || matches!(scheme.as_str(), "javascript" | "data" | "vbscript" | "blob") {
        return false;
    }
    if scheme == "http" || scheme == "https" {
        return rest.strip_prefix("//").is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']));
    }
    !uri.bytes().any(|byte| byte.is_ascii_control() || byte == b' ')
}

impl Policy for LabelPolicy {
    const EVENTS: Names = names!("label");
    const FAULTS: Faults = Faults {
        org_exists: Fault::exists("Org-2B0ps", "Errors.Org.LabelPolicy.AlreadyExists"),
        org_missing: Fault::not_found("Org-0K9dq", "Errors.Org.LabelPolicy.NotFound"),
        org_unchanged: Fault::precondition("Org-8nfSr", "Errors.Org.LabelPolicy.NotChanged"),
        org_reset_missing: Fault::not_found("Org-3M9df", "Errors.Org.LabelPolicy.NotFound"),
        instance_missing: Fault::not_found("INSTANCE-0K9dq", "Errors.Instance.LabelPolicy.NotFound"),
        instance_unchanged: Fault::precondition("INSTANCE-28fHe", "Errors.Instance.LabelPolicy.NotChanged"),
    };
    const NOT_IN_EVENTS: &'static [&'static str] = &["logoKey", "iconKey", "logoKeyDark", "iconKeyDark", "fontKey"];
    const ADDED_NAMES: &'static [(&'static str, &'static str)] = &[("disableWatermark", "disableMsgPopup")];

    fn validate(&self, _owner: &Owner, _adding: bool) -> Result<()> {
        let colors = [
            (&self.primary_color, "POLICY-391dG", "Errors.Policy.Label.Invalid.PrimaryColor"),
            (&self.background_color, "POLICY-502F1", "Errors.Policy.Label.Invalid.BackgroundColor"),
            (&self.warn_color, "POLICY-nvw33", "Errors.Policy.Label.Invalid.WarnColor"),
            (&self.font_color, "POLICY-93mSf", "Errors.Policy.Label.Invalid.FontColor"),
            (&self.primary_color_dark, "POLICY-391dG", "Errors.Policy.Label.Invalid.PrimaryColorDark"),
            (&self.background_color_dark, "POLICY-llsp2", "Errors.Policy.Label.Invalid.BackgroundColorDark"),
            (&self.warn_color_dark, "POLICY-2b6sf", "Errors.Policy.Label.Invalid.WarnColorDark"),
            (&self.font_color_dark, "POLICY-3M0fs", "Errors.Policy.Label.Invalid.FontColorDark"),
        ];
        match colors.into_iter().find(|(color, _, _)| !is_color(color)) {
            Some((_, id, key)) => Err(Fault::invalid(id, key).into()),
            None => Ok(()),
        }
    }
}

/// Empty, `#rgb` or `#rrggbb`.
fn is_color(color: &str) -> bool {
    color.is_empty()
        || color
            .strip_prefix('#')
            .is_some_and(|digits| matches!(digits.len(), 3 | 6) && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::redirect_is_valid;

    #[test]
    fn a_default_redirect_needs_a_scheme_and_over_http_a_host() {
        for uri in ["", "https://a.example/x", "com.example.app:/callback"] {
            assert!(redirect_is_valid(uri), "{uri}");
        }
        for uri in ["a.example", "https://", "https:///x", ":x", "javascript:alert(1)", "JavaScript:alert(1)", "1a:b"] {
            assert!(!redirect_is_valid(uri), "{uri}");
        }
    }
}
