//! What every new instance starts with; the System API and the first start use it (`spec: oauth.md 1.5`).

use std::time::Duration;

use super::first_instance::OrgTemplate;
use super::policies::{
    DomainPolicy, LabelPolicy, LockoutPolicy, LoginPolicy, NotificationPolicy, PasswordAgePolicy,
    PasswordComplexityPolicy, PrivacyPolicy,
};
use crate::config::key::section;
use crate::config::value::choice;

section! {
    /// What a new instance starts with.
    DefaultInstance {
        /// Name of an instance for which the request names none.
        "InstanceName" => instance_name: String = "ZITADEL";
        /// Language where neither user nor request names one, as a BCP 47 tag.
        "DefaultLanguage" => default_language: String = "en";
        "Org" => org: OrgTemplate;
        "SecretGenerators" => secret_generators: SecretGenerators;
        "PasswordComplexityPolicy" => password_complexity_policy: PasswordComplexityPolicy;
        "PasswordAgePolicy" => password_age_policy: PasswordAgePolicy;
        "DomainPolicy" => domain_policy: DomainPolicy;
        "LoginPolicy" => login_policy: LoginPolicy;
        "PrivacyPolicy" => privacy_policy: PrivacyPolicy;
        "NotificationPolicy" => notification_policy: NotificationPolicy;
        "LabelPolicy" => label_policy: LabelPolicy;
        "LockoutPolicy" => lockout_policy: LockoutPolicy;
        "WebKeys" => web_keys: WebKeys;
        "OIDCSettings" => oidc_settings: OidcDefaults;
        "Features" => features: Features;
    }
}

section! {
    /// How codes and secrets are made.
    SecretGenerators {
        "ClientSecret" => client_secret: SecretGenerator ["Length" = "64", "IncludeLowerLetters" = "true"];
        "InitializeUserCode" => initialize_user_code: SecretGenerator ["Length" = "6", "Expiry" = "72h"];
        "EmailVerificationCode" => email_verification_code: SecretGenerator ["Length" = "6", "Expiry" = "1h"];
        "PhoneVerificationCode" => phone_verification_code: SecretGenerator ["Length" = "6", "Expiry" = "1h"];
        "PasswordVerificationCode" => password_verification_code: SecretGenerator ["Length" = "6", "Expiry" = "1h"];
        "PasswordlessInitCode" => passwordless_init_code: SecretGenerator
            ["Length" = "12", "Expiry" = "1h", "IncludeLowerLetters" = "true"];
        "DomainVerification" => domain_verification: SecretGenerator ["Length" = "32", "IncludeLowerLetters" = "true"];
        "OTPSMS" => otp_sms: SecretGenerator ["Length" = "8", "Expiry" = "5m", "IncludeUpperLetters" = "false"];
        "OTPEmail" => otp_email: SecretGenerator ["Length" = "8", "Expiry" = "5m", "IncludeUpperLetters" = "false"];
        "InviteCode" => invite_code: SecretGenerator ["Length" = "6", "Expiry" = "72h"];
        "SigningKey" => signing_key: SecretGenerator ["Length" = "36", "IncludeLowerLetters" = "true"];
    }
}

section! {
    /// How one kind of code or secret is made.
    SecretGenerator {
        /// Characters of the code.
        "Length" => length: u32 = "6";
        /// How long the code can be used; 0s: without end.
        "Expiry" => expiry: Duration = "0s";
        /// Whether it may contain a to z.
        "IncludeLowerLetters" => include_lower_letters: bool = "false";
        /// Whether it may contain A to Z.
        "IncludeUpperLetters" => include_upper_letters: bool = "true";
        /// Whether it may contain 0 to 9.
        "IncludeDigits" => include_digits: bool = "true";
        /// Whether it may contain symbols.
        "IncludeSymbols" => include_symbols: bool = "false";
    }
}

choice! {
    /// The kind of a signing key.
    WebKeyType("rsa, ecdsa, ed25519") {
        /// RSA with `Bits` and `Hasher`.
        Rsa = "rsa",
        /// ECDSA with `EllipticCurve`.
        Ecdsa = "ecdsa",
        /// Ed25519.
        Ed25519 = "ed25519",
    }
}

choice! {
    /// Bits of an RSA key.
    WebKeyBits("2048, 3072, 4096") {
        /// 2048 bits.
        Bits2048 = "2048",
        /// 3072 bits.
        Bits3072 = "3072",
        /// 4096 bits.
        Bits4096 = "4096",
    }
}

choice! {
    /// Hash function of RSA signatures.
    WebKeyHasher("sha256, sha384, sha512") {
        /// SHA-256 (RS256).
        Sha256 = "sha256",
        /// SHA-384 (RS384).
        Sha384 = "sha384",
        /// SHA-512 (RS512).
        Sha512 = "sha512",
    }
}

choice! {
    /// Curve of an ECDSA key.
    WebKeyCurve("P256, P384, P512") {
        /// P-256 (ES256).
        P256 = "p256",
        /// P-384 (ES384).
        P384 = "p384",
        /// P-521 (ES512); the contract calls it P512.
        P521 = "p512" | "p521",
    }
}

section! {
    /// The keys that sign a new instance's tokens; two are made.
    WebKeys {
        /// Kind of the keys.
        "Type" => kind: WebKeyType = "rsa";
        "Config" => config: WebKeyConfig;
    }
}

section! {
    /// Parameters of signing keys; which ones count depends on the kind.
    WebKeyConfig {
        /// Bits of an RSA key.
        "Bits" => bits: WebKeyBits = "2048";
        /// Hash function of RSA signatures.
        "Hasher" => hasher: WebKeyHasher = "sha256";
        /// Curve of an ECDSA key; `P512` stands for P-521.
        "EllipticCurve" => elliptic_curve: WebKeyCurve = "P256";
    }
}

section! {
    /// Lifetimes of a new instance's tokens.
    OidcDefaults {
        /// Lifetime of access tokens.
        "AccessTokenLifetime" => access_token_lifetime: Duration = "12h";
        /// Lifetime of ID tokens.
        "IdTokenLifetime" => id_token_lifetime: Duration = "12h";
        /// How long a refresh token lives without being used.
        "RefreshTokenIdleExpiration" => refresh_token_idle_expiration: Duration = "720h";
        /// How long a refresh token lives at most.
        "RefreshTokenExpiration" => refresh_token_expiration: Duration = "2160h";
    }
}

section! {
    /// Features of a new instance; empty: not set.
    Features {
        /// Whether a login without an organization in its request uses the default organization.
        "LoginDefaultOrg" => login_default_org: Option<bool> = "true";
        /// User schemas.
        "UserSchema" => user_schema: Option<bool> = "";
        /// Kinds of improved performance, as the API numbers them.
        "ImprovedPerformance" => improved_performance: Vec<String> = "";
        /// Whether OIDC errors carry the underlying one.
        "DebugOIDCParentError" => debug_oidc_parent_error: Option<bool> = "";
        /// Whether ending one session of the older login ends only that one.
        "OIDCSingleV1SessionTermination" => oidc_single_v1_session_termination: Option<bool> = "";
        "LoginV2" => login_v2: LoginV2Feature;
        /// Whether lists check permissions in the database.
        "PermissionCheckV2" => permission_check_v2: Option<bool> = "";
        /// Whether the console uses the v2 user API.
        "ConsoleUseV2UserApi" => console_use_v2_user_api: Option<bool> = "true";
        /// Relational tables.
        "EnableRelationalTables" => enable_relational_tables: Option<bool> = "";
    }
}

section! {
    /// The newer login pages.
    LoginV2Feature {
        /// Whether every login uses them, whatever the application says.
        "Required" => required: Option<bool> = "true";
        /// Where they are, when not on this server.
        "BaseURI" => base_uri: String = "";
    }
}
