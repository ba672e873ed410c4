//! Hashing, key sizes, limits of lists, role tables, cookies.

use std::time::Duration;

use castellan_kernel::RoleTable;

use crate::config::key::section;
use crate::config::value::choice;

choice! {
    /// An algorithm of password hashes. New ones are made with bcrypt or, for every other name, Argon2id; all are verified.
    HashAlgorithm("bcrypt, argon2id, argon2i, scrypt, pbkdf2, sha2") {
        /// bcrypt with `Cost`.
        Bcrypt = "bcrypt",
        /// Argon2id with `Time`, `Memory` and `Threads`.
        Argon2id = "argon2id",
        /// Argon2i with the same.
        Argon2i = "argon2i",
        /// scrypt with `Cost` (the logarithm of N).
        Scrypt = "scrypt",
        /// PBKDF2 with `Rounds` and `Hash`.
        Pbkdf2 = "pbkdf2",
        /// SHA-2 crypt with `Rounds` and `Hash`.
        Sha2 = "sha2",
    }
}

section! {
    /// Values that hold for every instance.
    SystemDefaults {
        "SecretGenerators" => secret_generators: KeySizes;
        "PasswordHasher" => password_hasher: Hashing ["Cost" = "14"];
        "SecretHasher" => secret_hasher: Hashing ["Cost" = "4"];
        "Multifactors" => multifactors: Multifactors;
        /// Entries of a list when the request names no limit.
        "DefaultQueryLimit" => default_query_limit: u32 = "100";
        /// Entries of a list that a request may ask for.
        "MaxQueryLimit" => max_query_limit: u32 = "1000";
    }
}

section! {
    /// Sizes of generated RSA keys in bits.
    KeySizes {
        /// Bits of a generated key of a service user.
        "MachineKeySize" => machine_key_size: u32 = "2048";
        /// Bits of a generated key of an application.
        "ApplicationKeySize" => application_key_size: u32 = "2048";
    }
}

section! {
    /// How passwords or secrets are hashed.
    Hashing {
        /// Algorithms whose hashes are also accepted, beside the one for new hashes; empty: all that are known.
        "Verifiers" => verifiers: Vec<String> = "";
        "Hasher" => hasher: Hasher;
    }
}

section! {
    /// The algorithm for new hashes with its cost.
    Hasher {
        /// Algorithm for new hashes. A hash made otherwise is replaced at the next successful check.
        "Algorithm" => algorithm: HashAlgorithm = "argon2id";
        /// Cost of bcrypt or scrypt; each step doubles the work.
        "Cost" => cost: Option<u32> = "";
        /// Passes of Argon2.
        "Time" => time: Option<u32> = "";
        /// Memory of Argon2 in KiB.
        "Memory" => memory: Option<u32> = "";
        /// Threads of Argon2.
        "Threads" => threads: Option<u32> = "";
        /// Rounds of PBKDF2 or SHA-2 crypt.
        "Rounds" => rounds: Option<u32> = "";
        /// Hash function of PBKDF2 or SHA-2 crypt, such as `sha256`.
        "Hash" => hash: String = "";
    }
}

section! {
    /// Second factors.
    Multifactors {
        "OTP" => otp: OneTimePassword;
    }
}

section! {
    /// One-time passwords of an authenticator app.
    OneTimePassword {
        /// Name that authenticator apps show; empty: the domain of the request.
        "Issuer" => issuer: String = "";
    }
}

section! {
    /// The table of roles.
    Authorization {
        /// Roles and their permissions, as a list of entries with `Role` and `Permissions`; replaces the whole
        /// built-in table.
        "RolePermissionMappings" => role_permission_mappings: Option<RoleTable> = "";
    }
}

section! {
    /// The encryption keys in the database, which the master key protects. Missing ones are created at every start.
    EncryptionKeys {
        "DomainVerification" => domain_verification: KeyNames ["EncryptionKeyID" = "domainVerificationKey"];
        "IDPConfig" => idp_config: KeyNames ["EncryptionKeyID" = "idpConfigKey"];
        "OIDC" => oidc: OidcKeyNames ["EncryptionKeyID" = "oidcKey"];
        "SAML" => saml: KeyNames ["EncryptionKeyID" = "samlKey"];
        "OTP" => otp: KeyNames ["EncryptionKeyID" = "otpKey"];
        "SMS" => sms: KeyNames ["EncryptionKeyID" = "smsKey"];
        "SMTP" => smtp: KeyNames ["EncryptionKeyID" = "smtpKey"];
        "User" => user: KeyNames ["EncryptionKeyID" = "userKey"];
        "Target" => target: KeyNames ["EncryptionKeyID" = "targetKey"];
        /// Name of the key of anti-forgery cookies.
        "CSRFCookieKeyID" => csrf_cookie_key_id: String = "csrfCookieKey";
        /// Name of the key of browser cookies.
        "UserAgentCookieKeyID" => user_agent_cookie_key_id: String = "userAgentCookieKey";
    }
}

section! {
    /// Which keys protect one kind of secret.
    KeyNames {
        /// Name of the key that encrypts.
        "EncryptionKeyID" => encryption_key_id: String = "key";
        /// Names of keys that only decrypt what was encrypted earlier.
        "DecryptionKeyIDs" => decryption_key_ids: Vec<String> = "";
    }
}

section! {
    /// Which keys protect tokens.
    OidcKeyNames {
        /// Name of the key that encrypts.
        "EncryptionKeyID" => encryption_key_id: String = "key";
        /// Names of keys that only decrypt what was encrypted earlier.
        "DecryptionKeyIDs" => decryption_key_ids: Vec<String> = "";
        /// Whether tokens in the format before JWE are still accepted.
        "LegacyToken" => legacy_token: bool = "false";
    }
}

section! {
    /// The cookie that recognises a browser.
    UserAgentCookie {
        /// Name of the cookie.
        "Name" => name: String = "zitadel.useragent";
        /// How long browsers keep it.
        "MaxAge" => max_age: Duration = "8760h";
    }
}

section! {
    /// Quotas.
    Quotas {
        "Access" => access: QuotaSwitch;
    }
}

section! {
    /// A quota.
    QuotaSwitch {
        /// Whether authenticated requests are counted and limited.
        "Enabled" => enabled: bool = "false";
    }
}
