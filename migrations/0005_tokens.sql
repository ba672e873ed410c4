-- OpenID Connect sessions: what an access token stands for. Only the newest access token of a session is valid.
CREATE TABLE oidc_sessions (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    scopes TEXT NOT NULL,
    auth_methods TEXT NOT NULL,
    auth_time BIGINT NOT NULL,
    access_token_id TEXT NOT NULL,
    access_token_created_at BIGINT NOT NULL,
    access_token_expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX oidc_sessions_by_user ON oidc_sessions (instance_id, user_id);
CREATE INDEX oidc_sessions_by_expiry ON oidc_sessions (access_token_expires_at);
