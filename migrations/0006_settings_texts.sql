-- Uploaded pictures and fonts. owner_id is the organization's id or the instance's; org_id is null for the instance's, so that
-- an organization takes its files along when it is removed.
CREATE TABLE assets (
    instance_id TEXT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    owner_id TEXT NOT NULL,
    org_id TEXT,
    name TEXT NOT NULL,
    content_type TEXT NOT NULL,
    value {{bytes}} NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (instance_id, owner_id, name),
    FOREIGN KEY (instance_id, org_id) REFERENCES organizations (instance_id, id) ON DELETE CASCADE
);
CREATE INDEX assets_by_org ON assets (instance_id, org_id);
