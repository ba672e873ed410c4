ALTER TABLE users ADD COLUMN has_domain_login_names BOOLEAN NOT NULL DEFAULT FALSE;

-- A user name is stored once where it can be. Names are unique, found and listed in the one index of their keys, which begin with
-- the lower-cased name; users are searched by names and keys too, to find login names and to go through pages in the order of names.
DROP INDEX users_by_name;
DROP INDEX users_searched;
CREATE INDEX users_searched ON users (instance_id, id, org_id, kind, state, created_at, user_name_lower, email_lower,
    display_name_lower, first_name_lower, last_name_lower, nick_name_lower, name_lower, phone, first_name, user_name_key,
    user_name, has_domain_login_names);

-- Login names with a domain, which users have or not as the domain policy says. Users without any sign in with their user name.
CREATE TABLE domain_login_names (
    instance_id TEXT NOT NULL,
    login_name_lower TEXT NOT NULL,
    user_id TEXT NOT NULL,
    login_name TEXT NOT NULL,
    is_primary BOOLEAN NOT NULL,
    PRIMARY KEY (instance_id, login_name_lower, user_id),
    FOREIGN KEY (instance_id, user_id) REFERENCES users (instance_id, id) ON DELETE CASCADE
) {{clustered}};
INSERT INTO domain_login_names (instance_id, login_name_lower, user_id, login_name, is_primary)
SELECT l.instance_id, l.login_name_lower, l.user_id, l.login_name, l.is_primary
FROM login_names l JOIN users u ON u.instance_id = l.instance_id AND u.id = l.user_id
WHERE l.login_name_lower <> u.user_name_lower;
DROP TABLE login_names;
UPDATE users SET has_domain_login_names = TRUE
WHERE EXISTS (SELECT 1 FROM domain_login_names d WHERE d.instance_id = users.instance_id AND d.user_id = users.id);
CREATE INDEX domain_login_names_by_user ON domain_login_names
    (instance_id, user_id, is_primary, login_name_lower, login_name);

-- Every name a user can sign in with; is_primary marks the preferred one, and the key begins with the lower-cased name.
CREATE VIEW login_names AS
SELECT d.instance_id AS instance_id, d.user_id AS user_id, d.login_name AS login_name, d.login_name_lower AS login_name_lower,
    d.login_name_lower AS login_name_key, d.is_primary AS is_primary
FROM domain_login_names d
UNION ALL
SELECT u.instance_id, u.id, u.user_name, u.user_name_lower, u.user_name_key, TRUE
FROM users u WHERE NOT u.has_domain_login_names;

DELETE FROM sqlite_stat1 WHERE idx IN ('users_by_name', 'users_searched') OR tbl = 'login_names';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('users', 'users_searched', '1600000 100000 2 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 sz=180'),
    ('domain_login_names', 'domain_login_names', '1600000 100000 2 1'),
    ('domain_login_names', 'domain_login_names_by_user', '1600000 100000 2 2 1 1');
ANALYZE sqlite_schema;
