//! What the first start creates: the instance, its organization and its administrators (`spec: oauth.md 1.5`).

use std::path::PathBuf;

use castellan_kernel::Timestamp;

use crate::config::key::section;
use crate::config::secret::Secret;

section! {
    /// The first instance; created once, when the database is empty.
    FirstInstance {
        /// Create no instance at all.
        "Skip" => skip: bool = "false";
        /// Name of the instance.
        "InstanceName" => instance_name: String = "ZITADEL";
        /// Language where neither user nor request names one, as a BCP 47 tag.
        "DefaultLanguage" => default_language: String = "en";
        "Org" => org: OrgTemplate;
        /// File for the JSON key of the service administrator; empty: standard output.
        "MachineKeyPath" => machine_key_path: Option<PathBuf> = "";
        /// File for the personal access token of the service administrator; empty: standard output.
        "PatPath" => pat_path: Option<PathBuf> = "";
        /// File for the personal access token of the login client; empty: standard output.
        "LoginClientPatPath" => login_client_pat_path: Option<PathBuf> = "";
        /// Domains that may stand in the public host header.
        "TrustedDomains" => trusted_domains: Vec<String> = "";
    }
}

section! {
    /// The organization of a new instance with its administrators.
    OrgTemplate {
        /// Name of the organization; its domain is made of it and `ExternalDomain`.
        "Name" => name: String = "ZITADEL";
        "Human" => human: HumanTemplate;
        "Machine" => machine: MachineTemplate;
        "LoginClient" => login_client: LoginClientTemplate;
    }
}

section! {
    /// The administrator who signs in.
    HumanTemplate {
        /// User name; without an `@` the organization's domain is appended.
        "UserName" => user_name: String = "zitadel-admin";
        /// First name.
        "FirstName" => first_name: String = "ZITADEL";
        /// Last name.
        "LastName" => last_name: String = "Admin";
        /// Nick name.
        "NickName" => nick_name: String = "";
        /// Name shown; empty: first and last name.
        "DisplayName" => display_name: String = "";
        "Email" => email: Email;
        /// Language of the user, as a BCP 47 tag.
        "PreferredLanguage" => preferred_language: String = "en";
        /// Gender as the API numbers it: 0 not stated, 1 female, 2 male, 3 diverse.
        "Gender" => gender: u8 = "0";
        "Phone" => phone: Phone;
        /// Initial password; empty: one is generated and shown once.
        "Password" => password: Secret = "";
        /// Whether the user must choose a new password when signing in for the first time.
        "PasswordChangeRequired" => password_change_required: bool = "true";
    }
}

section! {
    /// An e-mail address.
    Email {
        /// Address; empty: the user name.
        "Address" => address: String = "";
        /// Whether the address counts as verified.
        "Verified" => verified: bool = "true";
    }
}

section! {
    /// A phone number.
    Phone {
        /// Number in international form; empty: none.
        "Number" => number: String = "";
        /// Whether the number counts as verified.
        "Verified" => verified: bool = "false";
    }
}

section! {
    /// The administrator that is a program. It is created when its user name or name is set.
    MachineTemplate {
        "Machine" => machine: MachineName;
        "MachineKey" => machine_key: MachineKeyTemplate;
        "Pat" => pat: PatTemplate;
    }
}

section! {
    /// The names of a service user.
    MachineName {
        /// User name; needed when a service user is wanted.
        "Username" => user_name: String = "";
        /// Name; needed when a service user is wanted.
        "Name" => name: String = "";
        /// Description.
        "Description" => description: String = "";
    }
}

section! {
    /// A key for the service user.
    MachineKeyTemplate {
        /// Type of the key; 1: a JSON file. Empty: no key is made.
        "Type" => kind: Option<u8> = "";
        /// When the key expires; empty: 9999-12-31T23:59:59Z.
        "ExpirationDate" => expiration_date: Option<Timestamp> = "";
    }
}

section! {
    /// A personal access token for the service user.
    PatTemplate {
        /// When the token expires; setting it makes a token.
        "ExpirationDate" => expiration_date: Option<Timestamp> = "";
        /// Scopes of the token.
        "Scopes" => scopes: Vec<String> = "";
    }
}

section! {
    /// The service user that login pages use. It is created when any of its values is set.
    LoginClientTemplate {
        "Machine" => machine: MachineName;
        "Pat" => pat: PatTemplate;
    }
}

impl MachineName {
    /// Whether the service user is wanted.
    pub fn is_set(&self) -> bool {
        !self.user_name.is_empty() || !self.name.is_empty()
    }
}

impl MachineTemplate {
    /// Whether the service administrator is wanted.
    pub fn is_set(&self) -> bool {
        self.machine.is_set()
    }
}

impl LoginClientTemplate {
    /// Whether the login client is wanted.
    pub fn is_set(&self) -> bool {
        self.machine.is_set() || self.pat.expiration_date.is_some()
    }
}
