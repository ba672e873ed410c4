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

-- Users by what is looked up; then twice everything that users are searched and sorted by, for searches within texts and for the
-- other orders: once for a whole instance, once for an organization.
DROP INDEX users_by_creation;
CREATE INDEX users_by_creation ON users (instance_id, created_at, id, org_id);
DROP INDEX users_by_name;
CREATE INDEX users_by_name ON users (instance_id, user_name_lower, id, org_id);
DROP INDEX users_by_email;
CREATE INDEX users_by_email ON users (instance_id, email_lower, id, org_id);
CREATE INDEX users_searched ON users (instance_id, id, org_id, kind, state, created_at, user_name_lower, email_lower,
    display_name_lower, first_name_lower, last_name_lower, nick_name_lower);
CREATE INDEX users_searched_by_org ON users (instance_id, org_id, id, kind, state, created_at, user_name_lower, email_lower,
    display_name_lower, first_name_lower, last_name_lower, nick_name_lower);
-- Everything that is shown and searched of a login name.
DROP INDEX login_names_by_user;
CREATE INDEX login_names_by_user ON login_names (instance_id, user_id, is_primary, login_name_lower, login_name);
DROP INDEX user_metadata_by_key;
CREATE INDEX user_metadata_by_key ON user_metadata (instance_id, key_lower, user_id);
CREATE INDEX user_metadata_by_value ON user_metadata (instance_id, substr(value, 1, 64), user_id);

-- Without statistics the planner takes an instance for ten rows. They are fixed, so that plans do not change with the data: rows,
-- then rows per value of the first column (of some instances), of the first two, and so on. sz is how wide an
-- entry is.
DELETE FROM sqlite_stat1 WHERE tbl IN (
    'organizations', 'org_domains', 'users', 'login_names', 'user_metadata', 'user_keys', 'personal_access_tokens',
    'projects', 'project_roles', 'project_grants', 'applications', 'application_keys', 'authorizations', 'administrators',
    'user_groups', 'user_group_members', 'events');
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('organizations', 'sqlite_autoindex_organizations_1', '160000 10000 1'),
    ('organizations', 'organizations_name', '160000 10000 1'),
    ('organizations', 'organizations_by_creation', '160000 10000 2 1'),
    ('org_domains', 'sqlite_autoindex_org_domains_1', '160000 10000 2 1'),
    ('org_domains', 'org_domains_verified', '160000 10000 1'),
    ('users', 'sqlite_autoindex_users_1', '1600000 100000 1'),
    ('users', 'users_user_name', '1600000 100000 1'),
    ('users', 'users_by_org', '1600000 100000 10000 1'),
    ('users', 'users_by_creation', '1600000 100000 2 1 1'),
    ('users', 'users_by_name', '1600000 100000 2 1 1'),
    ('users', 'users_by_email', '1600000 100000 2 1 1'),
    ('users', 'users_searched', '1600000 100000 2 1 1 1 1 1 1 1 1 1 1 sz=180'),
    ('users', 'users_searched_by_org', '1600000 100000 10000 2 1 1 1 1 1 1 1 1 1 sz=240'),
    ('login_names', 'sqlite_autoindex_login_names_1', '1600000 100000 2 1'),
    ('login_names', 'login_names_by_user', '1600000 100000 2 2 1 1'),
    ('user_metadata', 'sqlite_autoindex_user_metadata_1', '1600000 100000 5 1'),
    ('user_metadata', 'user_metadata_by_key', '1600000 100000 1000 1'),
    ('user_metadata', 'user_metadata_by_value', '1600000 100000 100 1'),
    ('user_keys', 'sqlite_autoindex_user_keys_1', '160000 10000 1'),
    ('user_keys', 'user_keys_by_user', '160000 10000 2'),
    ('user_keys', 'user_keys_by_creation', '160000 10000 2 1'),
    ('personal_access_tokens', 'sqlite_autoindex_personal_access_tokens_1', '160000 10000 1'),
    ('personal_access_tokens', 'personal_access_tokens_by_user', '160000 10000 2'),
    ('personal_access_tokens', 'personal_access_tokens_by_creation', '160000 10000 2 1'),
    ('projects', 'sqlite_autoindex_projects_1', '160000 10000 1'),
    ('projects', 'projects_name', '160000 10000 10 1'),
    ('projects', 'projects_by_org', '160000 10000 10 1 1'),
    ('projects', 'projects_by_creation', '160000 10000 2 1'),
    ('project_roles', 'sqlite_autoindex_project_roles_1', '800000 50000 10 1'),
    ('project_roles', 'project_roles_key', '800000 50000 10 1'),
    ('project_grants', 'sqlite_autoindex_project_grants_1', '160000 10000 1'),
    ('project_grants', 'project_grants_once', '160000 10000 10 1'),
    ('project_grants', 'project_grants_by_granted_org', '160000 10000 10 2 1'),
    ('project_grants', 'project_grants_by_creation', '160000 10000 2 1'),
    ('applications', 'sqlite_autoindex_applications_1', '160000 10000 1'),
    ('applications', 'applications_name', '160000 10000 5 1'),
    ('applications', 'applications_client_id', '160000 10000 1'),
    ('applications', 'applications_entity_id', '160000 10000 1'),
    ('applications', 'applications_by_creation', '160000 10000 2 1'),
    ('application_keys', 'sqlite_autoindex_application_keys_1', '160000 10000 1'),
    ('application_keys', 'application_keys_by_application', '160000 10000 2'),
    ('authorizations', 'sqlite_autoindex_authorizations_1', '800000 50000 1'),
    ('authorizations', 'authorizations_once', '800000 50000 100 2 1 1'),
    ('authorizations', 'authorizations_by_org', '800000 50000 100 2 1'),
    ('authorizations', 'authorizations_by_user', '800000 50000 5 1 1'),
    ('authorizations', 'authorizations_by_project', '800000 50000 100 2 1'),
    ('authorizations', 'authorizations_by_creation', '800000 50000 2 1'),
    ('administrators', 'sqlite_autoindex_administrators_1', '320000 20000 5000 5 1'),
    ('administrators', 'administrators_by_user', '320000 20000 3 1'),
    ('administrators', 'administrators_by_org', '320000 20000 10 1'),
    ('administrators', 'administrators_by_project', '320000 20000 10'),
    ('administrators', 'administrators_by_grant', '320000 20000 10'),
    ('administrators', 'administrators_by_creation', '320000 20000 2 1 1 1'),
    ('user_groups', 'sqlite_autoindex_user_groups_1', '16000 1000 1'),
    ('user_groups', 'user_groups_name', '16000 1000 10 1'),
    ('user_groups', 'user_groups_by_creation', '16000 1000 2 1'),
    ('user_group_members', 'sqlite_autoindex_user_group_members_1', '320000 20000 50 1'),
    ('user_group_members', 'user_group_members_by_user', '320000 20000 2'),
    ('user_group_members', 'user_group_members_by_creation', '320000 20000 2 1 1'),
    ('events', 'events_aggregate', '16000000 1000000 100000 10 1'),
    ('events', 'events_created_at', '16000000 1000000 2');
ANALYZE sqlite_schema;
