ALTER TABLE users ADD COLUMN has_domain_login_names BOOLEAN NOT NULL DEFAULT FALSE;

-- A user name is stored once where it can be. Names are unique, found and listed in the one index of their keys, which begin with
-- the lower-cased name and are compared byte by byte.
DROP INDEX users_by_name;
DROP INDEX users_user_name;
DO $$
BEGIN
    IF 'a' < 'B' THEN
        ALTER TABLE users ALTER COLUMN user_name_key TYPE TEXT COLLATE "C";
    END IF;
END
$$;
CREATE UNIQUE INDEX users_user_name ON users (instance_id, user_name_key) INCLUDE (id, org_id, user_name_lower, user_name, has_domain_login_names);

-- Login names with a domain, which users have or not as the domain policy says. Users without any sign in with their user name.
DELETE FROM login_names l USING users u
WHERE u.instance_id = l.instance_id AND u.id = l.user_id AND u.user_name_lower = l.login_name_lower;
ALTER TABLE login_names RENAME TO domain_login_names;
UPDATE users u SET has_domain_login_names = TRUE
WHERE EXISTS (SELECT 1 FROM domain_login_names d WHERE d.instance_id = u.instance_id AND d.user_id = u.id);
ALTER INDEX login_names_pkey RENAME TO domain_login_names_pkey;
ALTER INDEX login_names_by_user RENAME TO domain_login_names_by_user;
CREATE OR REPLACE FUNCTION remove_referrers_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM domain_login_names WHERE instance_id = OLD.instance_id AND user_id = OLD.id;
    DELETE FROM oidc_sessions WHERE instance_id = OLD.instance_id AND user_id = OLD.id;
    RETURN NULL;
END
$$;

-- Every name a user can sign in with; is_primary marks the preferred one, and the key begins with the lower-cased name.
CREATE VIEW login_names AS
SELECT d.instance_id AS instance_id, d.user_id AS user_id, d.login_name AS login_name, d.login_name_lower AS login_name_lower,
    d.login_name_lower AS login_name_key, d.is_primary AS is_primary
FROM domain_login_names d
UNION ALL
SELECT u.instance_id, u.id, u.user_name, u.user_name_lower, u.user_name_key, TRUE
FROM users u WHERE NOT u.has_domain_login_names;
