//! The policies that a new instance starts with (`spec: oauth.md 1.5`).

use std::time::Duration;

use crate::config::key::section;

section! {
    /// What passwords must contain.
    PasswordComplexityPolicy {
        /// Characters at least.
        "MinLength" => min_length: u32 = "8";
        /// Whether a lower-case letter is required.
        "HasLowercase" => has_lowercase: bool = "true";
        /// Whether an upper-case letter is required.
        "HasUppercase" => has_uppercase: bool = "true";
        /// Whether a digit is required.
        "HasNumber" => has_number: bool = "true";
        /// Whether a symbol is required.
        "HasSymbol" => has_symbol: bool = "true";
    }
}

section! {
    /// How long passwords last.
    PasswordAgePolicy {
        /// Days before the end at which users are warned; 0: never.
        "ExpireWarnDays" => expire_warn_days: u32 = "0";
        /// Days after which a password must be changed; 0: never.
        "MaxAgeDays" => max_age_days: u32 = "0";
    }
}

section! {
    /// Rules of login names and domains.
    DomainPolicy {
        /// Whether login names end in a domain of the organization.
        "UserLoginMustBeDomain" => user_login_must_be_domain: bool = "false";
        /// Whether organizations must prove that a domain is theirs.
        "ValidateOrgDomains" => validate_org_domains: bool = "false";
        /// Whether mails must be sent from a domain of the instance.
        "SMTPSenderAddressMatchesInstanceDomain" => smtp_sender_address_matches_instance_domain: bool = "false";
    }
}

section! {
    /// How users sign in.
    LoginPolicy {
        /// Whether user name and password are offered.
        "AllowUsernamePassword" => allow_username_password: bool = "true";
        /// Whether users may register themselves.
        "AllowRegister" => allow_register: bool = "true";
        /// Whether external identity providers are offered.
        "AllowExternalIDP" => allow_external_idp: bool = "true";
        /// Whether a second factor is required.
        "ForceMFA" => force_mfa: bool = "false";
        /// Whether it is required of local users only.
        "ForceMFALocalOnly" => force_mfa_local_only: bool = "false";
        /// Whether the link to reset a password is hidden.
        "HidePasswordReset" => hide_password_reset: bool = "false";
        /// Whether the password is asked for even if the user does not exist.
        "IgnoreUnknownUsernames" => ignore_unknown_usernames: bool = "false";
        /// Whether the domain of a login name selects the organization.
        "AllowDomainDiscovery" => allow_domain_discovery: bool = "true";
        /// Whether passkeys are offered: 0 no, 1 yes.
        "PasswordlessType" => passwordless_type: u8 = "1";
        /// Where to go when a login was not started by an application.
        "DefaultRedirectURI" => default_redirect_uri: String = "";
        /// Whether signing in with the e-mail address is off.
        "DisableLoginWithEmail" => disable_login_with_email: bool = "false";
        /// Whether signing in with the phone number is off.
        "DisableLoginWithPhone" => disable_login_with_phone: bool = "false";
        /// How long a checked password counts.
        "PasswordCheckLifetime" => password_check_lifetime: Duration = "240h";
        /// How long a sign-in at an external provider counts.
        "ExternalLoginCheckLifetime" => external_login_check_lifetime: Duration = "240h";
        /// How long the offer to set up a second factor stays away once skipped.
        "MfaInitSkipLifetime" => mfa_init_skip_lifetime: Duration = "720h";
        /// How long a checked second factor counts.
        "SecondFactorCheckLifetime" => second_factor_check_lifetime: Duration = "18h";
        /// How long a checked multi factor counts.
        "MultiFactorCheckLifetime" => multi_factor_check_lifetime: Duration = "12h";
    }
}

section! {
    /// Links on the pages.
    PrivacyPolicy {
        /// Terms of service.
        "TOSLink" => tos_link: String = "";
        /// Privacy policy.
        "PrivacyLink" => privacy_link: String = "";
        /// Help page.
        "HelpLink" => help_link: String = "";
        /// Address of the support.
        "SupportEmail" => support_email: String = "";
        /// Documentation.
        "DocsLink" => docs_link: String = "https://zitadel.com/docs";
        /// A link of your own.
        "CustomLink" => custom_link: String = "";
        /// Its text.
        "CustomLinkText" => custom_link_text: String = "";
    }
}

section! {
    /// What users are told by mail.
    NotificationPolicy {
        /// Whether users are told that their password changed.
        "PasswordChange" => password_change: bool = "true";
    }
}

section! {
    /// Colours of the pages, each as `#rrggbb`.
    LabelPolicy {
        /// Primary colour.
        "PrimaryColor" => primary_color: String = "#5469d4";
        /// Background.
        "BackgroundColor" => background_color: String = "#fafafa";
        /// Warnings.
        "WarnColor" => warn_color: String = "#cd3d56";
        /// Text.
        "FontColor" => font_color: String = "#000000";
        /// Primary colour in the dark mode.
        "PrimaryColorDark" => primary_color_dark: String = "#2073c4";
        /// Background in the dark mode.
        "BackgroundColorDark" => background_color_dark: String = "#111827";
        /// Warnings in the dark mode.
        "WarnColorDark" => warn_color_dark: String = "#ff3b5b";
        /// Text in the dark mode.
        "FontColorDark" => font_color_dark: String = "#ffffff";
        /// Whether the domain of a login name is hidden.
        "HideLoginNameSuffix" => hide_login_name_suffix: bool = "false";
        /// Whether errors pop up.
        "ErrorMsgPopup" => error_message_popup: bool = "false";
        /// Whether the mark of the product is hidden.
        "DisableWatermark" => disable_watermark: bool = "false";
        /// Mode of the pages: 0 not stated, 1 automatic, 2 dark, 3 light.
        "ThemeMode" => theme_mode: u8 = "0";
    }
}

section! {
    /// When users are locked out.
    LockoutPolicy {
        /// Failed passwords in a row; 0: no limit.
        "MaxPasswordAttempts" => max_password_attempts: u32 = "0";
        /// Failed one-time passwords in a row; 0: no limit.
        "MaxOTPAttempts" => max_otp_attempts: u32 = "0";
        /// Whether users see the number of failed attempts.
        "ShouldShowLockoutFailure" => should_show_lockout_failure: bool = "true";
    }
}
