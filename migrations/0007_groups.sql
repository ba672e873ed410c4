-- Groups of users of one organization, and who is in them. Groups give no rights.
CREATE TABLE user_groups (
    instance_id TEXT NOT NULL,
    id TEXT NOT NULL,
    org_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_lower TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, id),
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_groups_name ON user_groups (instance_id, org_id, name_lower);
CREATE INDEX user_groups_by_creation ON user_groups (instance_id, created_at, id);

CREATE TABLE user_group_members (
    instance_id TEXT NOT NULL,
    group_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (instance_id, group_id, user_id),
    FOREIGN KEY (instance_id, group_id) REFERENCES user_groups (instance_id, id) ON DELETE CASCADE,
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX user_group_members_by_user ON user_group_members (instance_id, user_id);
CREATE INDEX user_group_members_by_creation ON user_group_members (instance_id, created_at, group_id, user_id);
