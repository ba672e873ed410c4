-- Lists at scale: pages are found in indexes that hold everything that filters and order ask for; rows are read for the page alone.

-- The order of creation, which lists have unless asked otherwise.
CREATE INDEX settings_by_kind ON settings (instance_id, kind, created_at, org_id);
CREATE INDEX instances_by_creation ON instances (created_at, id);
CREATE INDEX organizations_by_creation ON organizations (instance_id, created_at, id);
CREATE INDEX projects_by_org ON projects (instance_id, org_id, created_at, id);
CREATE INDEX project_grants_by_creation ON project_grants (instance_id, created_at, id);
DROP INDEX project_grants_by_granted_org;
CREATE INDEX project_grants_by_granted_org ON project_grants (instance_id, granted_org_id, created_at, id);
CREATE INDEX applications_by_creation ON applications (instance_id, created_at, id);
CREATE INDEX user_keys_by_creation ON user_keys (instance_id, created_at, id);
CREATE INDEX personal_access_tokens_by_creation ON personal_access_tokens (instance_id, created_at, id);

-- Users by what they are mostly searched and sorted by; states, kinds and nick names are not worth what they would cost every
-- write. Texts are compared byte by byte, whatever the language of the database, because an index serves the search for a prefix
-- only then.
DROP INDEX users_by_creation;
CREATE INDEX users_by_creation ON users (instance_id, created_at, id, org_id);
DROP INDEX users_by_name;
CREATE INDEX users_by_name ON users (instance_id, user_name_lower, id, org_id);
DROP INDEX users_by_email;
CREATE INDEX users_by_email ON users (instance_id, email_lower, id, org_id);
CREATE INDEX users_by_display_name ON users (instance_id, display_name_lower, id, org_id);
CREATE INDEX users_by_first_name ON users (instance_id, first_name_lower, id, org_id);
CREATE INDEX users_by_last_name ON users (instance_id, last_name_lower, id, org_id);
DROP INDEX user_metadata_by_key;
CREATE INDEX user_metadata_by_key ON user_metadata (instance_id, key_lower, user_id);
CREATE INDEX user_metadata_by_value ON user_metadata (instance_id, substr(value, 1, 64), user_id);

-- The embedded engine compares byte by byte, and only so an index finds what begins with a text. Databases that sort by the rules
-- of a language ('a' before 'B') need to be told.
DO $$
DECLARE
    place RECORD;
BEGIN
    IF 'a' < 'B' THEN
        FOR place IN
            SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = current_schema()
              AND (table_name, column_name) IN (
                  ('users', 'user_name_lower'), ('users', 'email_lower'), ('users', 'display_name_lower'),
                  ('users', 'first_name_lower'), ('users', 'last_name_lower'), ('users', 'nick_name_lower'),
                  ('login_names', 'login_name_lower'), ('organizations', 'name_lower'), ('org_domains', 'domain_lower'),
                  ('projects', 'name_lower'), ('applications', 'name_lower'), ('user_groups', 'name_lower'),
                  ('user_metadata', 'key_lower'))
        LOOP
            EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE TEXT COLLATE "C"', place.table_name, place.column_name);
        END LOOP;
    END IF;
END
$$;
