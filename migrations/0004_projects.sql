-- Projects, roles, grants, applications, authorizations. States: 1 active, 2 inactive.
CREATE TABLE projects (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    state BIGINT NOT NULL,
    role_assertion BOOLEAN NOT NULL,
    role_check BOOLEAN NOT NULL,
    has_project_check BOOLEAN NOT NULL,
    private_labeling BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX projects_name ON projects (instance_id, org_id, name_lower);
CREATE INDEX projects_by_creation ON projects (instance_id, created_at, id);

CREATE TABLE project_roles (
    instance_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    key TEXT NOT NULL,
    key_lower TEXT NOT NULL,
    display_name TEXT NOT NULL,
    group_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, project_id, key),
    FOREIGN KEY (instance_id, project_id) REFERENCES projects (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX project_roles_key ON project_roles (instance_id, project_id, key_lower);

CREATE TABLE project_grants (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    granted_org_id TEXT NOT NULL,
    role_keys TEXT NOT NULL,
    state BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, project_id) REFERENCES projects (instance_id, id) ON DELETE CASCADE,
    FOREIGN KEY (instance_id, granted_org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX project_grants_once ON project_grants (instance_id, project_id, granted_org_id);
CREATE INDEX project_grants_by_granted_org ON project_grants (instance_id, granted_org_id);

-- kind: 1 OIDC, 2 API, 3 SAML. config holds what only that kind has, as JSON.
CREATE TABLE applications (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    state BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    client_id TEXT,
    secret_hash TEXT,
    auth_method BIGINT NOT NULL,
    config TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, project_id) REFERENCES projects (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX applications_name ON applications (instance_id, project_id, name_lower);
CREATE UNIQUE INDEX applications_client_id ON applications (instance_id, client_id);

CREATE TABLE application_keys (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    application_id TEXT NOT NULL,
    type BIGINT NOT NULL,
    public_key {{bytes}} NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, application_id) REFERENCES applications (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX application_keys_by_application ON application_keys (instance_id, application_id);

-- Authorizations (user grants): which roles of a project a user has. grant_id is empty for the owning organization.
CREATE TABLE authorizations (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    grant_id TEXT NOT NULL,
    role_keys TEXT NOT NULL,
    state BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE,
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE,
    FOREIGN KEY (instance_id, project_id) REFERENCES projects (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX authorizations_once ON authorizations (instance_id, org_id, user_id, project_id, grant_id);
CREATE INDEX authorizations_by_org ON authorizations (instance_id, org_id, created_at, id);
CREATE INDEX authorizations_by_user ON authorizations (instance_id, user_id, created_at, id);
CREATE INDEX authorizations_by_project ON authorizations (instance_id, project_id, created_at, id);
CREATE INDEX authorizations_by_creation ON authorizations (instance_id, created_at, id);

-- Managers on four levels. level: 1 instance, 2 organization, 3 project, 4 project grant. aggregate_id is the instance,
-- organization, project or grant; the nullable columns carry the cascades of the level.
CREATE TABLE administrators (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    level BIGINT NOT NULL,
    aggregate_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    org_id TEXT,
    project_id TEXT,
    grant_id TEXT,
    roles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, level, aggregate_id, user_id),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE,
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE,
    FOREIGN KEY (instance_id, project_id) REFERENCES projects (instance_id, id) ON DELETE CASCADE,
    FOREIGN KEY (instance_id, grant_id) REFERENCES project_grants (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX administrators_by_user ON administrators (instance_id, user_id, created_at);
CREATE INDEX administrators_by_org ON administrators (instance_id, org_id, created_at);
CREATE INDEX administrators_by_project ON administrators (instance_id, project_id);
CREATE INDEX administrators_by_grant ON administrators (instance_id, grant_id);
CREATE INDEX administrators_by_creation ON administrators (instance_id, created_at, level, aggregate_id, user_id);
