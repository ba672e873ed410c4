-- Authorizations are listed by the organization of their users too, which users never change.
ALTER TABLE authorizations ADD COLUMN user_org_id TEXT NOT NULL DEFAULT '';
UPDATE authorizations SET user_org_id = COALESCE((
    SELECT u.org_id FROM users u WHERE u.instance_id = authorizations.instance_id AND u.id = authorizations.user_id), '');
CREATE INDEX authorizations_by_user_org ON authorizations (instance_id, user_org_id, id);
