-- Organizations, their domains, users and their credentials, administrators. state of an organization: 1 active, 2 inactive.
CREATE TABLE organizations (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    state BIGINT NOT NULL,
    primary_domain TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id)
);
CREATE UNIQUE INDEX organizations_name ON organizations (instance_id, name_lower);

CREATE TABLE org_domains (
    instance_id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    domain TEXT NOT NULL,
    domain_lower TEXT NOT NULL,
    is_verified BOOLEAN NOT NULL,
    is_primary BOOLEAN NOT NULL,
    validation_type BIGINT NOT NULL,
    validation_code TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, org_id, domain_lower),
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX org_domains_verified ON org_domains (instance_id, domain_lower) WHERE is_verified;

CREATE TABLE org_metadata (
    instance_id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    key TEXT NOT NULL,
    key_lower TEXT NOT NULL,
    value {{bytes}} NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, org_id, key),
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE
);

-- kind: 1 human, 2 machine. state: 1 active, 2 inactive, 4 locked, 6 initial. user_name_key is what must be unique:
-- the lower-cased name, followed by the organization's id where names are scoped by organization.
CREATE TABLE users (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    kind BIGINT NOT NULL,
    state BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    user_name_lower TEXT NOT NULL,
    user_name_key TEXT NOT NULL,
    -- machine
    name TEXT NOT NULL DEFAULT '',
    name_lower TEXT NOT NULL DEFAULT '',
    description TEXT NOT NULL DEFAULT '',
    access_token_type BIGINT NOT NULL DEFAULT 0,
    secret_hash TEXT,
    -- human
    first_name TEXT NOT NULL DEFAULT '',
    first_name_lower TEXT NOT NULL DEFAULT '',
    last_name TEXT NOT NULL DEFAULT '',
    last_name_lower TEXT NOT NULL DEFAULT '',
    nick_name TEXT NOT NULL DEFAULT '',
    nick_name_lower TEXT NOT NULL DEFAULT '',
    display_name TEXT NOT NULL DEFAULT '',
    display_name_lower TEXT NOT NULL DEFAULT '',
    preferred_language TEXT NOT NULL DEFAULT '',
    gender BIGINT NOT NULL DEFAULT 0,
    avatar_key TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    email_lower TEXT NOT NULL DEFAULT '',
    email_verified BOOLEAN NOT NULL DEFAULT FALSE,
    phone TEXT NOT NULL DEFAULT '',
    phone_verified BOOLEAN NOT NULL DEFAULT FALSE,
    password_hash TEXT,
    password_change_required BOOLEAN NOT NULL DEFAULT FALSE,
    password_changed_at BIGINT,
    password_failures BIGINT NOT NULL DEFAULT 0,
    mfa_init_skipped_at BIGINT,
    -- access tokens issued up to this time are void (deactivation, lock)
    tokens_void_until BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX users_user_name ON users (instance_id, user_name_key);
CREATE INDEX users_by_org ON users (instance_id, org_id);
CREATE INDEX users_by_creation ON users (instance_id, created_at);
CREATE INDEX users_by_name ON users (instance_id, user_name_lower);
CREATE INDEX users_by_email ON users (instance_id, email_lower);

-- Codes that a person got to prove an address or to set a password; at most one of each kind is pending. kind: 1 first sign-in,
-- 2 e-mail, 3 phone, 4 password, 5 invitation. failures counts wrong attempts.
CREATE TABLE user_codes (
    instance_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    kind BIGINT NOT NULL,
    sealed TEXT NOT NULL,
    url_template TEXT,
    application_name TEXT,
    is_returned BOOLEAN NOT NULL,
    failures BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (instance_id, user_id, kind),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
);

-- Every name a user can sign in with; is_primary marks the preferred one.
CREATE TABLE login_names (
    instance_id TEXT NOT NULL,
    login_name_lower TEXT NOT NULL,
    user_id TEXT NOT NULL,
    login_name TEXT NOT NULL,
    is_primary BOOLEAN NOT NULL,
    PRIMARY KEY (instance_id, login_name_lower, user_id),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX login_names_by_user ON login_names (instance_id, user_id);

CREATE TABLE user_keys (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    type BIGINT NOT NULL,
    public_key {{bytes}} NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX user_keys_by_user ON user_keys (instance_id, user_id);

CREATE TABLE personal_access_tokens (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX personal_access_tokens_by_user ON personal_access_tokens (instance_id, user_id);

CREATE TABLE user_metadata (
    instance_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    key TEXT NOT NULL,
    key_lower TEXT NOT NULL,
    value {{bytes}} NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, user_id, key),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX user_metadata_by_key ON user_metadata (instance_id, key_lower);
