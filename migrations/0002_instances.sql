-- Instances (tenants), their hosts, and everything that is kept as one document per owner and kind.
CREATE TABLE encryption_keys (
    id TEXT PRIMARY KEY,
    sealed TEXT NOT NULL
);

CREATE TABLE instances (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    default_language TEXT NOT NULL,
    default_org_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    console_app_id TEXT NOT NULL,
    console_client_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL
);

-- A host belongs to one instance in the whole database; domains are stored in lower case.
CREATE TABLE instance_domains (
    domain TEXT PRIMARY KEY,
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    is_generated BOOLEAN NOT NULL,
    is_primary BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL
);
CREATE INDEX instance_domains_by_instance ON instance_domains (instance_id);

CREATE TABLE trusted_domains (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, domain)
);

-- Settings: one JSON document per owner and kind; org_id is empty for the instance's own.
CREATE TABLE settings (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    org_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, org_id, kind)
);

-- Signing keys of the OpenID provider. state: 1 initial, 2 active, 3 inactive.
CREATE TABLE web_keys (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    state BIGINT NOT NULL,
    kind TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id)
);
CREATE UNIQUE INDEX web_keys_one_active ON web_keys (instance_id) WHERE state = 2;

-- Settings of the whole system, one JSON document per kind.
CREATE TABLE system_settings (
    kind TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL
);
